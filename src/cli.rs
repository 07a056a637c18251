//! Front door 1: the verbs. This file says what can be typed; each verb's file says what it then does.
//!
//! Data goes to stdout, talk to stderr. Exit codes: 0 done, 1 a well-formed no, 2 an error or wrong usage.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use secrecy::SecretString;
use tokio::runtime::Runtime;

use crate::app::exchange::archive_copy::Copy;
use crate::app::exchange::differences::{Difference, REMEDY};
use crate::app::exchange::words::reason;
use crate::app::outbox::providers::Accounts;
use crate::clock::Clock;
use crate::error_chain::sentence;
use crate::messaging::twilio::Credentials;

mod account;
mod announce;
mod archive;
mod at_hand;
mod audit;
mod backup;
mod broadcast;
mod check;
mod completions;
mod contact;
mod demo;
mod desk;
mod doctor;
mod draw;
mod environment;
mod event;
mod exchange;
mod expire;
mod failure;
mod forget;
mod history;
mod init;
mod list;
mod listen;
mod man;
mod manual;
mod messages;
mod next;
mod openapi;
mod outbox;
mod passphrase;
mod people;
mod rehearse;
mod restore;
mod send;
mod serve;
mod status;
mod token;
mod ui;
mod update;
mod verify;

pub use environment::Environment;
pub use failure::Failure;
pub use ui::Ui;

/// Draw a gift exchange without anyone, even the organizer, seeing who gives to whom
///
/// You write who takes part and who may not give to whom. xchange draws, seals the draw and keeps it twice. Everybody texts
/// one number, or gets an e-mail, and learns the one name they give to.
#[derive(Debug, Parser)]
#[command(name = "xchange", version, propagate_version = true, arg_required_else_help = true)]
#[command(after_long_help = manual::WHOLE)]
pub struct Cli {
    /// The roster [default: `$XCHANGE_FILE`, or `exchange.toml`]
    #[arg(short, long, global = true, value_name = "FILE", help_heading = "Everywhere")]
    file: Option<PathBuf>,
    /// The exchange, by its name or its number, where it is not that of the roster file
    #[arg(short = 'x', long, global = true, value_name = "NAME", help_heading = "Everywhere")]
    exchange: Option<String>,
    /// Print one JSON document on stdout
    #[arg(long, global = true, help_heading = "Everywhere")]
    json: bool,
    /// Say on stderr what is done meanwhile, where there is something to say: drawing, sending, copying
    #[arg(short, long, global = true, action = clap::ArgAction::Count, help_heading = "Everywhere")]
    verbose: u8,
    /// Say nothing on stderr but failures
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = "Everywhere")]
    quiet: bool,
    #[command(subcommand)]
    command: Command,
}

/// What can be typed, in the order of the help. The file of a verb holds its arguments, and what it does.
macro_rules! verbs {
    ($($verb:ident: $file:ident,)+) => {
        #[derive(Debug, Subcommand)]
        enum Command {
            $($verb($file::Args),)+
        }

        impl Command {
            fn run(&self, context: &Context) -> Result<(), Failure> {
                match self {
                    $(Self::$verb(args) => $file::run(args, context),)+
                }
            }
        }
    };
}

verbs! {
    Init: init,
    Exchange: exchange,
    People: people,
    Check: check,
    Draw: draw,
    Serve: serve,
    Update: update,
    Audit: audit,
    Status: status,
    Verify: verify,
    Backup: backup,
    Restore: restore,
    Archive: archive,
    Send: send,
    Announce: announce,
    Outbox: outbox,
    History: history,
    Expire: expire,
    Forget: forget,
    Messages: messages,
    Contact: contact,
    Event: event,
    Desk: desk,
    List: list,
    Broadcast: broadcast,
    Account: account,
    Token: token,
    Openapi: openapi,
    Doctor: doctor,
    Demo: demo,
    Rehearse: rehearse,
    Completions: completions,
    Man: man,
}

/// What every verb is given.
#[derive(Debug)]
pub struct Context {
    file: Option<PathBuf>,
    exchange: Option<String>,
    /// The only printer.
    pub ui: Ui,
    /// The environment's variables.
    pub environment: Environment,
    /// What the calendar says.
    pub clock: Clock,
    database_password: Option<SecretString>,
    /// By which another site knows us that says who somebody is.
    sign_in_secret: Option<SecretString>,
}

impl Context {
    /// The roster file as it was typed, for commands that are shown to be typed next.
    fn typed_file(&self) -> Option<&Path> {
        let preset = self.environment.variable("XCHANGE_FILE").map(Path::new);
        self.given_file().filter(|file| Some(*file) != preset)
    }

    /// The roster file: as typed, or `exchange.toml` here.
    pub fn file(&self) -> &Path {
        self.given_file().unwrap_or(Path::new("exchange.toml"))
    }

    /// The roster file, if one was named.
    pub fn given_file(&self) -> Option<&Path> {
        self.file.as_deref()
    }
}

impl Context {
    /// Warns of what the file says and the live draw does not, each by name, and says what to do.
    fn say_differences(&self, differences: &[Difference]) {
        if differences.is_empty() {
            return;
        }
        let lines: Vec<String> = differences.iter().map(|difference| format!("  {difference}")).collect();
        self.ui.talk(&format!(
            "warning: the file is not as it was when it was drawn:\n{}\nhint: {}",
            lines.join("\n"),
            sentence(REMEDY)
        ));
    }

    /// The accounts at the providers, from the environment. Without a Twilio account nothing is sent by SMS; the rows
    /// wait, and `outbox` says so.
    ///
    /// # Errors
    /// When one of them is no such thing.
    pub fn accounts(&self) -> Result<Accounts, Failure> {
        let account = self.environment.variable("TWILIO_ACCOUNT_SID");
        let twilio = account.map(|_| self.twilio_credentials()).transpose()?;
        Ok(Accounts { twilio, smtp_password: self.environment.secret("SMTP_PASSWORD")? })
    }

    /// The Twilio account and its token, from the environment.
    ///
    /// # Errors
    /// When one of them is missing or no such thing.
    pub fn twilio_credentials(&self) -> Result<Credentials, Failure> {
        let account = self.environment.variable("TWILIO_ACCOUNT_SID").map(str::trim);
        let token = self.environment.auth_token()?;
        let (Some(account), Some(token)) = (account, token) else {
            return Err(Failure::error("TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN are needed for this")
                .hint("Copy both from the Twilio console; TWILIO_AUTH_TOKEN_FILE may name a file instead."));
        };
        Ok(Credentials::new(account, token)?)
    }

    /// A runtime on this thread, for verbs that ask one service after the other.
    fn runtime(&self) -> Result<Runtime, Failure> {
        built(tokio::runtime::Builder::new_current_thread().enable_all().build())
    }

    /// A runtime with threads, for verbs that serve.
    fn multi_threaded(&self) -> Result<Runtime, Failure> {
        built(tokio::runtime::Builder::new_multi_thread().enable_all().build())
    }

    /// Runs one future on a runtime of its own.
    fn block_on<T>(&self, future: impl Future<Output = T>) -> Result<T, Failure> {
        Ok(self.runtime()?.block_on(future))
    }
}

fn built(runtime: std::io::Result<Runtime>) -> Result<Runtime, Failure> {
    runtime.map_err(|e| Failure::error("cannot start the runtime").because(e))
}

/// An archive copy as JSON.
fn copy_as_json(copy: &Copy) -> serde_json::Value {
    serde_json::json!({"state": copy.state.word(), "location": copy.location, "problem": copy.problem})
}

/// Parses the command line, runs the verb, prints a failure once.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return ui::usage(&error),
    };
    let environment = Environment::of_process();
    let ui = Ui::new(cli.json, cli.quiet, cli.verbose);
    let database_password = match environment.secret("XCHANGE_DATABASE_PASSWORD") {
        Ok(password) => password,
        Err(failure) => return ui.failure(&failure),
    };
    let sign_in_secret = match environment.secret("XCHANGE_OIDC_CLIENT_SECRET") {
        Ok(secret) => secret,
        Err(failure) => return ui.failure(&failure),
    };
    let context = Context {
        file: cli.file.or_else(|| environment.variable("XCHANGE_FILE").map(PathBuf::from)),
        exchange: cli.exchange,
        ui,
        environment,
        clock: Clock::system(),
        database_password,
        sign_in_secret,
    };
    match cli.command.run(&context) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => context.ui.failure(&failure),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }
}
