//! The key file's passphrase: from `XCHANGE_PASSPHRASE` (or `..._FILE`), or typed at the terminal without echo.

use std::io::{IsTerminal, stdin};
use std::path::Path;
use std::sync::OnceLock;

use secrecy::{ExposeSecret, SecretString};

use super::{Context, Failure};
use crate::app::keys::AskPassphrase;
use crate::seal::{Identity, KeyError};

/// The shortest passphrase of a new key, in characters; whoever finds the file can try as many as they like.
const SHORTEST: usize = 8;

/// How often somebody at a terminal may type it.
const TRIES: usize = 3;

/// The variable it may stand in.
const VARIABLE: &str = "XCHANGE_PASSPHRASE";

/// Gives the passphrase of a key file that has one; `None` when nobody is there to be asked. Asks at the terminal once:
/// whoever wants it again, in the middle of serving, gets what was typed then.
pub(super) fn existing(context: &Context, key_file: &Path) -> AskPassphrase {
    let (environment, ui, key_file) = (context.environment.clone(), context.ui, key_file.to_owned());
    let typed: OnceLock<Option<SecretString>> = OnceLock::new();
    Box::new(move || match environment.secret(VARIABLE) {
        Ok(Some(secret)) => Some(secret),
        Ok(None) if stdin().is_terminal() => {
            let ask = || rpassword::prompt_password("Passphrase of the key file: ").ok().map(SecretString::from);
            let is_wrong = |typed: &SecretString| {
                let wrong =
                    matches!(Identity::load(&key_file, || Some(typed.clone())), Err(KeyError::WrongPassphrase { .. }));
                wrong.then(|| ui.always("This is not the passphrase.")).is_some()
            };
            typed.get_or_init(|| first_right(ask, is_wrong)).clone()
        }
        Ok(None) => None,
        Err(failure) => {
            ui.always(&failure.to_string());
            None
        }
    })
}

/// What is typed first that is not wrong, or last.
fn first_right(
    ask: impl Fn() -> Option<SecretString>,
    is_wrong: impl Fn(&SecretString) -> bool,
) -> Option<SecretString> {
    for _ in 1..TRIES {
        let typed = ask()?;
        if !is_wrong(&typed) {
            return Some(typed);
        }
    }
    ask()
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

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn a_passphrase_is_asked_for_up_to_three_times() {
        let typed_until = |right: usize| {
            let count = Cell::new(0);
            let ask = || {
                count.set(count.get() + 1);
                Some(SecretString::from(count.get().to_string()))
            };
            let found = first_right(ask, |typed| typed.expose_secret() != right.to_string());
            (count.get(), found.expect("typed").expose_secret().to_owned())
        };
        assert_eq!([1, 2, 3, 4].map(|right| typed_until(right).0), [1, 2, 3, 3]);
        assert_eq!(typed_until(2).1, "2");
        assert!(first_right(|| None, |_| true).is_none());
    }
}
