//! Loading a roster for use: the file's own problems first, then what only other rooms can judge.

use std::path::Path;

use crate::conversation::exchange::{WORDINGS, check_wording};
use crate::roster::{self, Diagnostic, Roster, RosterError, Severity, Spot};
use crate::seal::Auditor;

/// Loads a roster and judges its message texts and its auditors' keys as well.
///
/// # Errors
/// [`RosterError`], with every problem at once.
pub fn load(path: &Path) -> Result<Roster, RosterError> {
    let roster = roster::load(path)?;
    let problems: Vec<Diagnostic> = wordings(&roster).chain(auditors(&roster)).collect();
    if problems.is_empty() { Ok(roster) } else { Err(RosterError::Problems(problems)) }
}

fn wordings(roster: &Roster) -> impl Iterator<Item = Diagnostic> + '_ {
    roster.exchange.messages.iter().filter_map(|(name, text)| {
        let fault = check_wording(name, text).err()?;
        let known = WORDINGS.iter().any(|wording| wording.name == name);
        let spot = if known { Spot::MessageText(name, fault.offset) } else { Spot::Message(name) };
        Some(roster.diagnostic(Severity::Error, spot, fault.message, fault.hint))
    })
}

fn auditors(roster: &Roster) -> impl Iterator<Item = Diagnostic> + '_ {
    roster.settings.seal.auditors.iter().enumerate().filter_map(|(index, text)| {
        let fault = text.parse::<Auditor>().err()?;
        let hint = "auditors are public keys: age1..., ssh-ed25519 ... or ssh-rsa ...".to_owned();
        Some(roster.diagnostic(Severity::Error, Spot::Auditor(index), fault.to_string(), Some(hint)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(more: &str) -> String {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("exchange.toml");
        let people = "[[people]]\nname = \"Ada\"\nemail = \"a@example.org\"\n[[people]]\nname = \"Ben\"\nemail = \"b@example.org\"\n";
        std::fs::write(&path, format!("[exchange]\nname = \"x\"\n{people}{more}")).expect("written");
        match load(&path) {
            Ok(_) => String::new(),
            Err(RosterError::Problems(problems)) => roster::render_all(&problems),
            Err(other) => panic!("{other}"),
        }
    }

    // A4
    #[test]
    fn unknown_messages_and_placeholders_are_refused_at_their_place() {
        assert_eq!(problems("[messages]\nmenu = \"Text {keyword}.\"\n"), "");
        let unknown = problems("[messages]\nmenu = \"Text {keywrod}.\"\n");
        assert!(unknown.contains(":10:14:") && unknown.contains("keyword"), "{unknown}");
        let unknown = problems("[messages]\nremindr = \"Text {keyword}.\"\n");
        assert!(unknown.contains(":10:1:") && unknown.contains("reminder"), "{unknown}");
    }

    // H9
    #[test]
    fn an_auditor_that_is_no_key_is_refused_at_its_place() {
        let broken =
            problems("[seal]\nauditors = [\"age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq\"]\n");
        assert!(broken.contains(":10:13:"), "{broken}");
    }
}
