//! The container's files against the binary and the sources they speak of. No engine is needed, and none builds it here.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};
use std::process::Command;

use crate::support::house::House;
use crate::support::sources;

const DOCKERFILE: &str = include_str!("../../Dockerfile");
const COMPOSE: &str = include_str!("../../compose.yaml");

/// A list of words as both files write them: `CMD ["serve", ...]`, `test: ["CMD", ...]`.
fn words_after(beginning: &str, text: &str) -> Vec<String> {
    let line = text.lines().find_map(|line| line.trim_start().strip_prefix(beginning));
    serde_json::from_str(line.expect("the line is there")).expect("a list of words")
}

// X14
#[test]
fn the_binary_understands_what_the_container_starts() {
    let mut command = words_after("CMD ", DOCKERFILE);
    command.push("--help".to_owned());
    let command: Vec<_> = command.iter().map(String::as_str).collect();
    House::family().run(&command).expect(0);
}

// X14
#[test]
fn the_health_check_tells_a_listener_that_answers_from_one_that_does_not() {
    let house = House::family();
    house.run(&["draw"]).expect(0);
    let serving = house.serve();
    let check = words_after("test: ", COMPOSE);
    assert_eq!(check[..2], ["CMD", "xchange"]);
    let check: Vec<_> = check[2..].iter().map(|word| word.replace("127.0.0.1:5050", &serving.address)).collect();
    assert!(check.iter().any(|word| word.contains(&serving.address)), "{check:?}");
    let check: Vec<_> = check.iter().map(String::as_str).collect();
    house.run(&check).expect(0);
    serving.stop();
    house.run(&check).expect(1);
}

// X14: set to nothing, a variable would hide what a file or the roster says; and a secret's value does not belong here.
#[test]
fn variables_are_handed_on_by_name_alone() {
    let variables: Vec<_> = COMPOSE
        .lines()
        .skip_while(|line| line.trim() != "environment:")
        .skip(1)
        .map_while(|line| line.trim().strip_prefix("- "))
        .collect();
    assert!(variables.contains(&"TWILIO_AUTH_TOKEN"), "{variables:?}");
    for name in variables {
        assert!(name.chars().all(|c| c.is_ascii_uppercase() || c == '_'), "{name}");
    }
}

// X14: empty files stand in for the sources while the dependencies are built; without one of them Cargo refuses.
#[test]
fn the_stand_ins_are_all_that_cargo_asks_for() {
    let (_, dependencies) = DOCKERFILE.split_once("COPY Cargo.toml Cargo.lock ./\nRUN ").expect("a layer of their own");
    let (script, _) = dependencies.split_once("&& cargo build").expect("built there");
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["Cargo.toml", "Cargo.lock"] {
        std::fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join(name), folder.path().join(name)).expect("copied");
    }
    let script = script.replace("\\\n", " ");
    let made = Command::new("sh").args(["-c", &script]).current_dir(folder.path()).status().expect("a shell");
    assert!(made.success(), "{script}");
    let read = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version=1"])
        .current_dir(folder.path())
        .output()
        .expect("cargo runs");
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
}

// X14
#[test]
fn the_image_is_built_with_the_declared_rust() {
    let image = DOCKERFILE.lines().find_map(|line| line.strip_prefix("FROM rust:")).expect("a builder");
    assert_eq!(image.split('-').next(), Some(env!("CARGO_PKG_RUST_VERSION")));
}

/// What `.dockerignore` lets through, at the top of the repository.
fn let_through() -> BTreeSet<&'static str> {
    let ignored = include_str!("../../.dockerignore");
    assert!(ignored.lines().any(|line| line == "*"), "only what is named goes to the builder, above all no key");
    ignored.lines().filter_map(|line| line.strip_prefix('!')).collect()
}

/// The file a source includes, from the repository's top.
fn included(source: &Path, quoted: &str) -> PathBuf {
    let mut path = source.parent().expect("a folder").to_owned();
    for part in Path::new(quoted).components() {
        match part {
            Component::ParentDir => drop(path.pop()),
            part => path.push(part),
        }
    }
    path.strip_prefix(env!("CARGO_MANIFEST_DIR")).expect("of this repository").to_owned()
}

// X14: what the build reads goes to the builder, or the build would only fail on somebody's machine.
#[test]
fn the_builder_gets_every_file_that_the_build_reads() {
    let let_through = let_through();
    for needed in ["Cargo.toml", "Cargo.lock", "src", "benches"] {
        assert!(let_through.contains(needed), "{needed} is missing among {let_through:?}");
    }
    let mut found = 0;
    for source in sources::below("src") {
        let text = std::fs::read_to_string(&source).expect("readable");
        // Tests are not built there; beside the code they stand at a file's end, or in files of their own.
        let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let is_test = source.components().any(|part| part.as_os_str().to_string_lossy().starts_with("tests"));
        for quoted in text.split("include_str!(\"").skip(1).filter(|_| !is_test) {
            let path = included(&source, quoted.split('"').next().expect("a path"));
            let first = path.iter().next().and_then(|first| first.to_str()).expect("a name");
            assert!(let_through.contains(first), "{} includes {}", source.display(), path.display());
            found += 1;
        }
    }
    assert!(found > 3, "includes are found at all");
}
