//! The roster as a whole: files that are accepted, files that are refused and in which words.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::*;

/// Reads a roster beside which there is one spreadsheet; empty: none.
pub(super) fn with_sheet(text: &str, path: &Path, sheet: &[u8], draft: bool) -> Result<Roster, RosterError> {
    let files = |_path: &Path| if sheet.is_empty() { Err(RosterError::NoFolder) } else { Ok(sheet.to_vec()) };
    with_exchange(parse_site(text, path, Around { files: &files, draft })?, path)
}

/// Reads a roster that may want people still.
pub(super) fn draft(text: &str, sheet: &[u8]) -> Result<Roster, RosterError> {
    with_sheet(text, Path::new("exchange.toml"), sheet, true)
}

fn configs(kind: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/configs").join(kind);
    let entries = fs::read_dir(folder).expect("the folder is there").map(|entry| entry.expect("readable").path());
    let mut files: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|end| end == "toml")).collect();
    files.sort();
    assert!(!files.is_empty());
    files
}

fn named(path: &Path) -> PathBuf {
    PathBuf::from(path.file_name().expect("a file"))
}

fn problems(text: &str) -> Vec<Diagnostic> {
    match parse(text, Path::new("exchange.toml")) {
        Err(RosterError::Problems(problems)) => problems,
        other => panic!("expected problems, not {other:?}"),
    }
}

fn snapshot(kind: &str, path: &Path, rendered: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/configs").join(kind));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
    settings.bind(|| insta::assert_snapshot!(name, rendered));
}

// X18 X19: unknown key, unknown person, same name, same phone, self-exclusion, one person, nobody reachable, a date that
// is none, a time zone that is none, control characters, and all the rest, each in its own file beside its snapshot.
#[test]
fn every_invalid_file_is_refused_with_all_its_problems() {
    for path in configs("invalid") {
        let text = fs::read_to_string(&path).expect("readable");
        let Err(RosterError::Problems(problems)) = parse(&text, &named(&path)) else {
            panic!("{} is not refused with problems", path.display());
        };
        let rendered = render_all(&problems);
        assert!(problems.iter().any(|problem| problem.severity == Severity::Error));
        assert!(!rendered.contains("hunter2"), "{} echoes a secret:\n{rendered}", path.display());
        let json = serde_json::to_string(&problems).expect("plain data");
        assert!(!json.contains("hunter2"));
        snapshot("invalid", &path, &rendered);
    }
}

#[test]
fn every_valid_file_is_accepted() {
    for path in configs("valid") {
        let roster = load(&path).unwrap_or_else(|why| panic!("{}: {why:?}", path.display()));
        let text = fs::read_to_string(&path).expect("readable");
        let renamed = parse(&text, &named(&path)).expect("accepted by its other name, too");
        if !roster.warnings.is_empty() {
            snapshot("valid", &path, &render_all(&renamed.warnings));
        }
    }
}

// X19
#[test]
fn a_name_of_five_megabytes_is_refused_without_being_shown() {
    let name = "x".repeat(5_000_000);
    let text = format!(
        "[exchange]\nname = \"y\"\n[[people]]\nname = \"{name}\"\nphone = \"+44 7700 900123\"\n\
         [[people]]\nname = \"Ben\"\nphone = \"+44 7700 900124\"\n"
    );
    let problems = problems(&text);
    let message = "`name` is 5000000 characters long; at most 100 are allowed";
    assert_eq!(problems.iter().map(Diagnostic::render).collect::<Vec<_>>(), [format!("exchange.toml:4:8: {message}")]);
}

#[test]
fn files_that_are_no_roster_are_refused_before_they_are_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("exchange.toml");
    let words =
        |path: &Path| load(path).expect_err("refused").to_string().replace(&folder.path().display().to_string(), "");
    assert_eq!(words(&path), "cannot read /exchange.toml");
    assert_eq!(words(folder.path()), " is a folder, not a file");
    for empty in ["", " \n\t\r\n", "\u{feff}\n"] {
        fs::write(&path, empty).expect("written");
        assert_eq!(words(&path), "/exchange.toml is empty");
    }
    fs::write(&path, b"[exchange]\nname = \"Zo\xc3\xab\" # na\xefve\n").expect("written");
    assert_eq!(words(&path), "/exchange.toml:2:18: this is not UTF-8 text");
    fs::write(&path, [0xff, 0xfe, b'[', 0]).expect("written");
    assert_eq!(words(&path), "/exchange.toml:1:1: this is not UTF-8 text");
    let sparse = fs::File::create(&path).expect("created");
    sparse.set_len(LARGEST_FILE + 1).expect("a sparse file");
    assert_eq!(words(&path), "/exchange.toml is larger than 64 MiB");
}

#[cfg(unix)]
#[test]
fn a_socket_is_refused_and_not_waited_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("exchange.toml");
    let _listening = std::os::unix::net::UnixListener::bind(&path).expect("a socket");
    assert!(matches!(load(&path), Err(RosterError::NotAFile(_))));
    assert!(matches!(load(Path::new("/dev/null")), Err(RosterError::NotAFile(_))));
}

#[test]
fn problems_are_counted_after_the_first_twenty() {
    let unknown: String = (0..30).map(|n| format!("zzz{n} = 1\n")).collect();
    let rendered = render_all(&problems(&unknown));
    assert_eq!(rendered.matches("unknown key").count(), SHOWN_PROBLEMS - 2);
    // Thirty keys, no [exchange] and no people.
    assert!(rendered.ends_with("\n\nand 12 more problems"), "{rendered}");
    assert_eq!(RosterError::Problems(problems(&unknown)).to_string(), "exchange.toml has 32 problems");
}

#[test]
fn a_file_that_is_wrong_as_a_whole_ends_soon() {
    let problems = problems(&"zzz = { a = 1 }\n[[exclusions]]\n".repeat(2_000));
    assert!(problems.len() <= findings::MOST_FINDINGS + 1);
    let people: String = (0..3_000).map(|n| format!("[[people]]\nname = \"P{n}\"\nemail = \"p{n}@x.org\"\n")).collect();
    let exclusions = "[[exclusions]]\ngiver = \"Nobody\"\nreceiver = \"Ever\"\n".repeat(1_000);
    let problems = self::problems(&format!("[exchange]\nname = \"x\"\n{people}{exclusions}"));
    assert_eq!(problems.len(), findings::MOST_FINDINGS + 1);
    assert_eq!(problems.last().map(|last| last.message.as_str()), Some("1000 more problems are not listed"));
}

/// The template with every line that is a key or section after its `#`.
fn uncommented(template: &str) -> String {
    let is_code = |rest: &str| {
        let key = rest.split(" = ").next().unwrap_or("");
        rest.starts_with('[') || rest.contains(" = ") && key.chars().all(|c| c.is_ascii_lowercase() || c == '_')
    };
    let open = |line: &str| line.strip_prefix("# ").filter(|rest| is_code(rest)).unwrap_or(line).to_owned();
    template.lines().map(open).collect::<Vec<_>>().join("\n")
}

// H13: what the carriers answer, what the tool itself is asked by, and digits; nothing else.
#[test]
fn a_keyword_is_refused_only_where_it_has_a_meaning_already() {
    let with = |keyword: &str| {
        let people = "[[people]]\nname = \"Ada\"\nemail = \"a@example.org\"\n[[people]]\nname = \"Ben\"\nemail = \"b@example.org\"\n";
        parse(&format!("[exchange]\nname = \"x\"\nkeyword = \"{keyword}\"\n{people}"), Path::new("exchange.toml"))
    };
    let ours = "WHO wish ask tell bought sent got proof menu link yes no Maybe probably ok out".split(' ');
    for refused in ours.chain(crate::model::carriers::words()).chain(["2026", "7"]) {
        assert!(with(refused).is_err(), "{refused}");
    }
    for accepted in ["wishes", "unwish", "budget", "when", "date", "receipt", "xmas2026", "santa", "stopped"] {
        assert!(with(accepted).is_ok(), "{accepted}");
    }
}

// X3 X20
#[test]
fn the_template_is_sound_as_it_is_and_with_every_key() {
    let path = Path::new("there/exchange.toml");
    let short = parse(TEMPLATE, path).unwrap_or_else(|why| panic!("{why:?}"));
    let open = uncommented(TEMPLATE);
    let long = with_sheet(&open, path, b"Name\n", false).unwrap_or_else(|why| panic!("{why:?}"));
    assert!(short.warnings.is_empty() && long.warnings.is_empty());
    assert_eq!((short.exchange.people.len(), short.exchange.exclusions.len()), (5, 1));
    for shape in keys::ALL {
        for key in shape.keys {
            assert!(open.contains(key), "the template does not show `{key}` of {}", shape.title);
        }
    }
    // What the template calls a default is one.
    assert_eq!(long.exchange.rules, short.exchange.rules);
    assert_eq!(
        (&long.exchange.keyword, &long.exchange.reply, &long.exchange.timezone, &long.exchange.series),
        (&short.exchange.keyword, &short.exchange.reply, &short.exchange.timezone, &short.exchange.series)
    );
    assert_eq!(long.exchange.exclusions, short.exchange.exclusions);
    let (long, short) = (long.settings, short.settings);
    assert_eq!((long.listener.bind, &long.seal), (short.listener.bind, &short.seal));
    assert_eq!(
        (long.database.to_string(), &long.messaging.folder),
        (short.database.to_string(), &short.messaging.folder)
    );
    assert_eq!(long.messaging.mode, short.messaging.mode);
    assert_eq!(long.messaging.daily_segments, short.messaging.daily_segments);
    assert_eq!(long.smtp.expect("uncommented").port, 587);
    let twilio = long.twilio.expect("uncommented");
    assert_eq!((twilio.base_url.as_str(), twilio.per_second), ("https://api.twilio.com/", 1.0));
    assert!(short.database.is_file(|path| path == Path::new("there/exchange.db")));
    assert_eq!(
        short.archive,
        crate::model::ArchiveSettings::Folder { path: "there/sealed".into(), prefix: String::new() }
    );
}

#[test]
fn every_value_is_meant_as_it_is_written() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/configs/valid/everything.toml");
    let text = fs::read_to_string(path).expect("readable");
    let Roster { exchange, settings, .. } = parse(&text, Path::new("everything.toml")).expect("sound");
    insta::assert_debug_snapshot!("everything_means", (exchange, settings));
}

// X3 X18 X20
#[test]
fn every_example_is_a_sound_roster() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    for (name, people, warnings) in
        [("family", 8, 0), ("office", 24, 0), ("club", 10, 0), ("impossible", 6, 0), ("shared-phone", 4, 1)]
    {
        let roster = load(&folder.join(name).with_extension("toml")).unwrap_or_else(|why| panic!("{name}: {why:?}"));
        assert_eq!((roster.exchange.people.len(), roster.warnings.len()), (people, warnings), "{name}");
        assert!(roster.settings.twilio.is_none() && roster.settings.smtp.is_none(), "{name} needs no account");
    }
}

// X3
#[test]
fn problems_can_be_made_about_what_was_read() {
    let text =
        "[exchange]\nname = \"Two\"\ndate = 2026-12-24\n[messages]\naudit = \"Hello {givr}\"\nodd = \"a\\tb {x}\"\n\
                [[people]]\nname = \"Ada\"\nphone = \"+44 7700 900123\"\n[[people]]\nname = \"Ben\"\n\
                email = \"ben@example.org\"\n[[exclusions]]\ngiver = \"Ada\"\nreceiver = \"Ben\"\n"
            .replace("\\t", " ");
    let roster = parse(&text, Path::new("exchange.toml")).unwrap_or_else(|why| panic!("{why:?}"));
    let spots = [Spot::Date, Spot::MessageText("audit", 6), Spot::Message("odd"), Spot::Auditor(7), Spot::Message("?")];
    let problems = spots.map(|spot| roster.diagnostic(Severity::Warning, spot, "look here", None).render());
    insta::assert_snapshot!(problems.join("\n"), @r#"
    exchange.toml:3:8: warning: look here
      3 | date = 2026-12-24
        |        ^^^^^^^^^^
    exchange.toml:5:16: warning: look here
      5 | audit = …
        |         ^
    exchange.toml:6:1: warning: look here
      6 | odd = …
        | ^^^
    exchange.toml:1:1: warning: look here
      1 | [exchange]
        | ^
    exchange.toml:1:1: warning: look here
      1 | [exchange]
        | ^
    "#);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_without_a_panic(text in "\\PC{0,200}|[\\[\\]a-z\"'=.\n#{},0-9 \\\\-]{0,200}") {
        if let Err(RosterError::Problems(problems)) = parse(&text, Path::new("x")) {
            let _rendered = render_all(&problems);
        }
    }

    #[test]
    fn a_damaged_template_is_read_without_a_panic(
        damages in prop::collection::vec((0usize..6000, 0usize..40, "[\\PC\\x00-\\x1f]{0,6}"), 1..6),
    ) {
        let mut text: Vec<char> = uncommented(TEMPLATE).chars().collect();
        for (at, length, new) in damages {
            let at = at.min(text.len());
            let end = (at + length).min(text.len());
            text.splice(at..end, new.chars());
        }
        let text: String = text.into_iter().collect();
        match parse(&text, Path::new("x")) {
            Err(RosterError::Problems(problems)) => drop(render_all(&problems)),
            Ok(roster) => prop_assert!(roster.exchange.people.len() >= 2),
            Err(_) => {}
        }
    }

    // X11
    #[test]
    fn no_slip_of_the_pen_shows_an_address(at in 0usize..6000, slip in "[^=]{1,4}") {
        let mut text: Vec<char> = uncommented(TEMPLATE).chars().collect();
        text.splice(at.min(text.len())..at.min(text.len()), slip.chars());
        let text: String = text.into_iter().collect();
        if let Err(RosterError::Problems(problems)) = parse(&text, Path::new("x")) {
            let rendered = render_all(&problems);
            prop_assert!(!rendered.contains("00123") && !rendered.contains("ada@example"), "{}", rendered);
        }
    }

    #[test]
    fn a_position_counts_lines_and_characters(text in "([a-zé家\n ]{0,80})", at in 0usize..120) {
        let source = Source::new(&text, Path::new("x"));
        let boundary = (0..=at.min(text.len())).rev().find(|n| text.is_char_boundary(*n)).unwrap_or(0);
        let before: Vec<&str> = text[..boundary].split('\n').collect();
        let Position { line, column } = source.position(boundary);
        prop_assert_eq!((line as usize, column as usize), (before.len(), before[before.len() - 1].chars().count() + 1));
    }
}
