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

#[derive(Debug, Subcommand)]
enum Command {
    Init(init::Args),
    Exchange(exchange::Args),
    People(people::Args),
    Check(check::Args),
    Draw(draw::Args),
    Serve(serve::Args),
    Update(update::Args),
    Audit(audit::Args),
    Status(status::Args),
    Verify(verify::Args),
    Backup(backup::Args),
    Restore(restore::Args),
    Archive(archive::Args),
    Send(send::Args),
    Announce(announce::Args),
    Outbox(outbox::Args),
    History(history::Args),
    Expire(expire::Args),
    Forget(forget::Args),
    Messages(messages::Args),
    Contact(contact::Args),
    Event(event::Args),
    Desk(desk::Args),
    List(list::Args),
    Broadcast(broadcast::Args),
    Account(account::Args),
    Token(token::Args),
    Openapi(openapi::Args),
    Doctor(doctor::Args),
    Demo(demo::Args),
    Rehearse(rehearse::Args),
    Completions(completions::Args),
    Man(man::Args),
}

/// How a verb ended when it did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Exit code 0.
    Done,
    /// Exit code 1: a well-formed no, already explained.
    No,
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
    match dispatch(cli.command, &context) {
        Ok(Ending::Done) => ExitCode::SUCCESS,
        Ok(Ending::No) => ExitCode::from(1),
        Err(failure) => context.ui.failure(&failure),
    }
}

fn dispatch(command: Command, context: &Context) -> Result<Ending, Failure> {
    match command {
        Command::Init(args) => init::run(&args, context),
        Command::Exchange(args) => exchange::run(&args, context),
        Command::People(args) => people::run(&args, context),
        Command::Check(args) => check::run(&args, context),
        Command::Draw(args) => draw::run(&args, context),
        Command::Serve(args) => serve::run(&args, context),
        Command::Audit(args) => audit::run(&args, context),
        Command::Status(args) => status::run(&args, context),
        Command::Verify(args) => verify::run(&args, context),
        Command::Backup(args) => backup::run(&args, context),
        Command::Restore(args) => restore::run(&args, context),
        Command::Archive(args) => archive::run(&args, context),
        Command::Send(args) => send::run(&args, context),
        Command::Update(args) => update::run(&args, context),
        Command::Announce(args) => announce::run(&args, context),
        Command::Outbox(args) => outbox::run(&args, context),
        Command::History(args) => history::run(&args, context),
        Command::Expire(args) => expire::run(&args, context),
        Command::Forget(args) => forget::run(&args, context),
        Command::Messages(args) => messages::run(&args, context),
        Command::Contact(args) => contact::run(&args, context),
        Command::Event(args) => event::run(&args, context),
        Command::Desk(args) => desk::run(&args, context),
        Command::List(args) => list::run(&args, context),
        Command::Broadcast(args) => broadcast::run(&args, context),
        Command::Account(args) => account::run(&args, context),
        Command::Token(args) => token::run(&args, context),
        Command::Openapi(args) => openapi::run(&args, context),
        Command::Doctor(args) => doctor::run(&args, context),
        Command::Demo(args) => demo::run(&args, context),
        Command::Rehearse(args) => rehearse::run(&args, context),
        Command::Completions(args) => completions::run(&args, context),
        Command::Man(args) => man::run(&args, context),
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
