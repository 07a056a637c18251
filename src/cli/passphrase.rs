//! The key file's passphrase: from `XCHANGE_PASSPHRASE` (or `..._FILE`), or typed at the terminal without echo.

use std::io::{IsTerminal, stdin};
use std::sync::OnceLock;

use secrecy::{ExposeSecret, SecretString};

use super::{Context, Failure};
use crate::app::keys::AskPassphrase;

/// The shortest passphrase of a new key, in characters; whoever finds the file can try as many as they like.
const SHORTEST: usize = 8;

/// The variable it may stand in.
const VARIABLE: &str = "XCHANGE_PASSPHRASE";

/// Gives the passphrase of a key file that has one; `None` when nobody is there to be asked. Asks at the terminal once:
/// whoever wants it again, in the middle of serving, gets what was typed then.
pub(super) fn existing(context: &Context) -> AskPassphrase {
    let (environment, ui) = (context.environment.clone(), context.ui);
    let typed: OnceLock<Option<SecretString>> = OnceLock::new();
    Box::new(move || match environment.secret(VARIABLE) {
        Ok(Some(secret)) => Some(secret),
        Ok(None) if stdin().is_terminal() => {
            let ask = || rpassword::prompt_password("Passphrase of the key file: ").ok().map(SecretString::from);
            typed.get_or_init(ask).clone()
        }
        Ok(None) => None,
        Err(failure) => {
            ui.always(&failure.to_string());
            None
        }
    })
}

/// The passphrase for a new key file: from the variable, for whoever sets it means the key to need it, or typed where
/// `wanted`.
pub(super) fn for_new_key(context: &Context, wanted: bool) -> Result<Option<SecretString>, Failure> {
    let passphrase = match context.environment.secret(VARIABLE)? {
        None if wanted => Some(typed_twice()?),
        set_or_not => set_or_not,
    };
    match &passphrase {
        Some(typed) if typed.expose_secret().chars().count() < SHORTEST => {
            Err(Failure::error(format!("a passphrase has at least {SHORTEST} characters; nothing was drawn"))
                .hint("Four or five words that have nothing to do with each other are good."))
        }
        _ => Ok(passphrase),
    }
}

fn typed_twice() -> Result<SecretString, Failure> {
    if !stdin().is_terminal() {
        return Err(Failure::error("a passphrase was asked for, and there is no terminal to type it at")
            .hint(format!("Set {VARIABLE}, or {VARIABLE}_FILE to a file that holds it.")));
    }
    let ask = |prompt| {
        rpassword::prompt_password(prompt)
            .map(SecretString::from)
            .map_err(|e| Failure::error("cannot read the passphrase").because(e))
    };
    let first = ask("Passphrase for the new key file: ")?;
    let second = ask("Once more: ")?;
    if first.expose_secret() == second.expose_secret() {
        Ok(first)
    } else {
        Err(Failure::error("the two passphrases differ; nothing was drawn"))
    }
}
