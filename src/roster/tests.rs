//! The roster as a whole: files that are accepted, files that are refused and in which words.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::*;

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

fn problems(text: &str) -> Vec<Problem> {
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
