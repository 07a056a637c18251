//! An exchange apart from its site: read where it is kept in a database, taken out of a file, and a file for a site alone.

use std::path::Path;

use toml_edit::{DocumentMut, Item};

use super::reading::{parsed, read_exchange};
use super::{Around, Diagnostic, Roster, RosterError, SiteFile, TEMPLATE, channels, keys, settings, with_exchange};
use crate::model::Settings;

/// Reads the roster of an exchange that is kept in a database, where `called` is what its problems are said of. It has the
/// sections of a roster file that are about the exchange, and may have fewer than two people yet; everything else is as in
/// its site's file.
///
/// # Errors
/// As [`super::parse`].
pub fn parse_kept(text: &str, called: &str, site: &Settings) -> Result<Roster, RosterError> {
    let path = Path::new(called);
    let file = parsed(text, path, &keys::KEPT, |root, source, findings| {
        let seal = root.table("seal", &keys::KEPT_SEAL, findings);
        let (auditors, places) = settings::read_auditors(seal.as_ref(), findings);
        let (exchange, heading, mut spots) =
            read_exchange(root, &site.site, Around { draft: true, ..Around::NOTHING }, source, findings);
        spots.auditors = places;
        let reminders = channels::read_reminders(root, &heading, findings);
        let mut settings = Settings { reminders, ..site.clone() };
        settings.seal.auditors = auditors;
        (exchange, settings, spots)
    })?;
    with_exchange(file, path)
}

/// What of a roster file's text is about the exchange and not about its site, comments and all; a text that is no TOML stays
/// as it is.
#[must_use]
pub fn exchange_part(text: &str) -> String {
    let Ok(mut document) = text.parse::<DocumentMut>() else { return text.to_owned() };
    document.retain(|key, _| keys::KEPT.keys.contains(&key));
    let seal = document.get_mut("seal").and_then(Item::as_table_like_mut);
    if let Some(seal) = seal {
        seal.remove("key_file");
        if seal.is_empty() {
            document.remove("seal");
        }
    }
    document.set_trailing("");
    document.to_string()
}

/// A commented file for a site whose exchanges are kept in its database.
#[must_use]
pub fn site_template() -> String {
    let sections = [keys::SITE.title, keys::LISTENER.title, keys::TWILIO.title, keys::MESSAGING.title];
    let parts = TEMPLATE.split("\n\n").filter(|part| {
        let header = part.trim_start_matches("# ");
        sections.iter().any(|title| header.starts_with(title))
    });
    let heading = "# A site whose exchanges are kept in its database: `xchange exchange new NAME` makes one.\n\
                   # A line that starts with \"#\" and a key shows its default, or an example where there is none.";
    std::iter::once(heading).chain(parts).collect::<Vec<_>>().join("\n\n") + "\n"
}

impl SiteFile {
    /// What the organizer should know though the file is accepted.
    #[must_use]
    pub fn warnings(&self) -> &[Diagnostic] {
        match self {
            Self::Exchange(roster) => &roster.warnings,
            Self::Site { warnings, .. } => warnings,
        }
    }

    /// Everything around an exchange.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        match self {
            Self::Exchange(roster) => &roster.settings,
            Self::Site { settings, .. } => settings,
        }
    }

    /// The same, for what does not stand in the file: its secrets.
    pub fn settings_mut(&mut self) -> &mut Settings {
        match self {
            Self::Exchange(roster) => &mut roster.settings,
            Self::Site { settings, .. } => settings,
        }
    }

    /// The exchange of the file, if it has one.
    #[must_use]
    pub fn roster(self) -> Option<Roster> {
        match self {
            Self::Exchange(roster) => Some(*roster),
            Self::Site { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Organizers;
    use crate::roster::reading::parse_site;
    use crate::roster::render_all;

    const PEOPLE: &str = "[[people]]\nname = \"Ada\"\nphone = \"07700 900123\"\n\n[[people]]\nname = \"Ben\"\nemail = \"b@example.org\"\n";

    fn site(text: &str) -> Settings {
        match parse_site(text, Path::new("exchange.toml"), Around::NOTHING) {
            Ok(SiteFile::Site { settings, .. }) => *settings,
            other => panic!("not a site alone: {other:?}"),
        }
    }

    // G8
    #[test]
    fn a_file_may_describe_a_site_alone() {
        let said = "[site]\nname = \"Hill  house\"\ntrusted_proxies = 1\norganizers = \"local\"\ntimezone = \"europe/london\"\ncountry = \"gb\"\n";
        let settings = site(said).site;
        assert_eq!((settings.name.as_deref(), settings.trusted_proxies), (Some("Hill house"), 1));
        assert_eq!(settings.organizers, Organizers::Local);
        assert_eq!((settings.timezone.as_deref(), settings.country.as_deref()), (Some("Europe/London"), Some("GB")));
        assert_eq!(site("[listener]\n").site, crate::model::SiteSettings::default());
        let template = site(&site_template());
        assert!(template.twilio.is_none() && template.site.name.is_none());
        assert!(matches!(super::super::parse(said, Path::new("x.toml")), Err(RosterError::NoExchange(_))));
        // Something of an exchange without its heading is no site.
        assert!(parse_site(&format!("{said}{PEOPLE}"), Path::new("x.toml"), Around::NOTHING).is_err());
        let uncommented = site_template().replace("# ", "");
        assert!(["[site]", "organizers =", "[twilio]", "[messaging]"].iter().all(|it| uncommented.contains(it)));
    }

    // G8: what the site says of all its exchanges holds where one says nothing.
    #[test]
    fn an_exchange_takes_zone_and_country_from_its_site() {
        let around = "[site]\ntimezone = \"Europe/London\"\ncountry = \"GB\"\n";
        let in_file = |heading: &str| {
            let text = format!("{around}\n[exchange]\nname = \"x\"\n{heading}\n{PEOPLE}");
            super::super::parse(&text, Path::new("x.toml")).expect("sound").exchange
        };
        assert_eq!(in_file("").timezone, "Europe/London");
        assert_eq!(in_file("").people[0].phone.as_ref().map(crate::model::Phone::expose), Some("+447700900123"));
        assert_eq!(in_file("timezone = \"UTC\"").timezone, "UTC");
        let text = format!("[exchange]\nname = \"x\"\n{PEOPLE}");
        let kept = parse_kept(&text, "x", &site(around)).expect("sound");
        let file = in_file("");
        assert_eq!((&kept.exchange.timezone, &kept.exchange.country), (&file.timezone, &file.country));
        assert_eq!(kept.exchange.people[0].phone, file.people[0].phone);
    }

    // G8 G19
    #[test]
    fn what_is_about_the_site_is_refused_in_an_exchange_of_its_own() {
        let text = format!(
            "[exchange]\nname = \"Office\"\n\n[seal]\nauditors = []\nkey_file = \"x\"\n\n[store]\npath = \"x\"\n\n{PEOPLE}"
        )
        .replace("07700", "+44 7700");
        let Err(RosterError::Problems(problems)) = parse_kept(&text, "Office", &site("[site]\n")) else {
            panic!("accepted");
        };
        insta::assert_snapshot!(render_all(&problems), @r#"
        Office:6:1: unknown key "key_file" in [seal]
          6 | key_file = "x"
            | ^^^^^^^^
          hint: it is about the site, and stands in the site's file

        Office:8:2: unknown key "store" in an exchange kept in the database
          8 | [store]
            |  ^^^^^
          hint: it is about the site, and stands in the site's file
        "#);
        let part = exchange_part(&text);
        let settings = site("[seal]\nkey_file = \"own.key\"\n\n[store]\npath = \"own.db\"\n");
        let kept = parse_kept(&part, "Office", &settings).expect("sound");
        assert_eq!(
            (kept.settings.seal.key_file.as_path(), kept.settings.database.to_string().as_str()),
            (Path::new("own.key"), "own.db")
        );
    }
}
