//! Loading a roster for use: the file's own problems first, then what only other rooms can judge.

use std::path::Path;

use crate::conversation::exchange::{WORDINGS, check_reply, check_wording, reply_names_receiver};
use crate::roster::{self, Diagnostic, Roster, RosterError, Severity, SiteFile, Spot};
use crate::seal::Auditor;

/// Loads a file and judges the reply, the message texts and the auditors' keys of its exchange as well.
///
/// # Errors
/// [`RosterError`], with every problem at once.
pub fn load_site(path: &Path) -> Result<SiteFile, RosterError> {
    Ok(match roster::load_site(path)? {
        SiteFile::Exchange(roster) => SiteFile::Exchange(Box::new(judged(*roster)?)),
        site @ SiteFile::Site { .. } => site,
    })
}

/// Judges the reply, the message texts and the auditors' keys of a roster.
///
/// # Errors
/// [`RosterError::Problems`], with every problem at once.
pub fn judged(mut roster: Roster) -> Result<Roster, RosterError> {
    let problems: Vec<Diagnostic> = reply(&roster).chain(wordings(&roster)).chain(auditors(&roster)).collect();
    if !problems.is_empty() {
        return Err(RosterError::Problems(problems));
    }
    if !reply_names_receiver(&roster.exchange.reply) {
        let hint = Some("put {receiver} where the name should stand".to_owned());
        let warning = roster.diagnostic(Severity::Warning, Spot::Reply, "the reply never names the receiver", hint);
        roster.warnings.push(warning);
        roster.warnings.sort_by_key(|problem| (problem.line, problem.column));
    }
    Ok(roster)
}

fn reply(roster: &Roster) -> impl Iterator<Item = Diagnostic> + '_ {
    check_reply(&roster.exchange.reply)
        .into_iter()
        .map(|fault| roster.diagnostic(Severity::Error, Spot::ReplyText(fault.offset), fault.message, fault.hint))
}

fn wordings(roster: &Roster) -> impl Iterator<Item = Diagnostic> + '_ {
    roster.exchange.messages.iter().flat_map(move |(name, text)| {
        let known = WORDINGS.iter().any(|wording| wording.name == name);
        check_wording(name, text).into_iter().map(move |fault| {
            let spot = if known { Spot::MessageText(name, fault.offset) } else { Spot::Message(name) };
            roster.diagnostic(Severity::Error, spot, fault.message, fault.hint)
        })
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
        loaded("", more).map_or_else(|problems| roster::render_all(&problems), |_| String::new())
    }

    fn loaded(heading: &str, more: &str) -> Result<Roster, Vec<Diagnostic>> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("exchange.toml");
        let people = "[[people]]\nname = \"Ada\"\nemail = \"a@example.org\"\n[[people]]\nname = \"Ben\"\nemail = \"b@example.org\"\n";
        std::fs::write(&path, format!("[exchange]\nname = \"x\"\n{heading}{people}{more}")).expect("written");
        load_site(&path).map(|file| file.roster().expect("an exchange")).map_err(|error| match error {
            RosterError::Problems(mut problems) => {
                problems.iter_mut().for_each(|problem| problem.file = "exchange.toml".into());
                problems
            }
            other => panic!("{other}"),
        })
    }

    // X6
    #[test]
    fn a_reply_that_could_not_be_said_is_refused_at_every_place() {
        let refused = |reply: &str| match loaded(&format!("reply = {reply}\n"), "") {
            Ok(_) => String::new(),
            Err(problems) => roster::render_all(&problems),
        };
        insta::assert_snapshot!(refused("\"You give to {reciever}, {name} and {{x}} }. {date\""), @r#"
        exchange.toml:3:22: unknown placeholder {reciever}
          3 | reply = "You give to {reciever}, {name} and {{x}} }. {date"
            |                      ^^^^^^^^^^
          hint: did you mean {receiver}?

        exchange.toml:3:34: unknown placeholder {name}
          3 | reply = "You give to {reciever}, {name} and {{x}} }. {date"
            |                                  ^^^^^^
          hint: possible here: {receiver} {giver} {wishes} {budget} {date}

        exchange.toml:3:51: this brace closes nothing
          3 | reply = "You give to {reciever}, {name} and {{x}} }. {date"
            |                                                   ^
          hint: }} stands for a brace

        exchange.toml:3:54: this brace is not closed
          3 | reply = "You give to {reciever}, {name} and {{x}} }. {date"
            |                                                      ^
          hint: {{ stands for a brace
        "#);
        insta::assert_snapshot!(refused("\"\"\"\nYou have {receiver}.\nSpend {bugdet}!\"\"\""), @r"
        exchange.toml:5:7: unknown placeholder {bugdet}
          hint: did you mean {budget}?
        ");
        assert!(refused(&format!("\"{}\"", "x".repeat(1_601))).contains("longer than 1600 characters"));
        assert_eq!(refused(&format!("\"{{receiver}}{}\"", "x".repeat(1_590))), "");
    }

    // X6
    #[test]
    fn a_reply_without_the_receiver_is_worth_a_warning() {
        let warned = |reply: &str| loaded(&format!("reply = \"{reply}\"\n"), "").expect("accepted").warnings;
        assert_eq!(warned("Merry Christmas, {{receiver}}!").len(), 1);
        assert_eq!(warned("{receiver}"), []);
        assert_eq!(loaded("", "").expect("accepted").warnings, []);
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

    // H20
    #[test]
    fn the_template_shows_every_text_as_it_is_by_itself() {
        let (_, section) = roster::TEMPLATE.split_once("\n[messages]").expect("the section");
        let lines: Vec<&str> = section.lines().filter_map(|line| line.strip_prefix("# ")).collect();
        let shown: toml::Table = lines.join("\n").parse().expect("TOML");
        let shown: Vec<(&str, &str)> =
            shown.iter().filter_map(|(name, text)| Some((name.as_str(), text.as_str()?))).collect();
        let mut all: Vec<(&str, &str)> = WORDINGS.iter().map(|wording| (wording.name, wording.text)).collect();
        all.sort_unstable();
        assert_eq!(shown, all);
    }

    // H9
    #[test]
    fn an_auditor_that_is_no_key_is_refused_at_its_place() {
        let broken =
            problems("[seal]\nauditors = [\"age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq\"]\n");
        assert!(broken.contains(":10:13:"), "{broken}");
    }
}
