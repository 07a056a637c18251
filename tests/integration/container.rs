//! The container's files against the binary and the sources they speak of. No engine is needed, and none builds it here.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use crate::support::house::House;

// X14
#[test]
fn the_container_says_what_the_binary_understands() {
    let (dockerfile, compose) = (include_str!("../../Dockerfile"), include_str!("../../compose.yaml"));
    assert!(dockerfile.contains("CMD [\"serve\", \"--bind\", \"0.0.0.0:5050\"]") && dockerfile.contains("EXPOSE 5050"));
    assert!(dockerfile.contains("USER xchange") && dockerfile.contains("VOLUME /data"));
    assert!(compose.contains("127.0.0.1:5050:5050") && compose.contains("read_only: true"));
    assert!(compose.contains("\"doctor\", \"--listener\", \"http://127.0.0.1:5050\""));
    // Set to nothing they would hide what a file or the roster says; a name alone is handed on only where it is set.
    assert!(compose.contains("- TWILIO_AUTH_TOKEN\n") && !compose.contains(":-}"), "{compose}");
    let ignored = include_str!("../../.dockerignore");
    assert!(ignored.lines().any(|line| line == "*"), "only what is named goes to the builder");

    let house = House::family();
    house.run(&["draw"]).expect(0);
    let serving = house.serve();
    let address = format!("http://{}", serving.address);
    house.run(&["doctor", "--listener", &address]).expect(0);
    serving.stop();
    house.run(&["doctor", "--listener", &address]).expect(1);
}

/// What `.dockerignore` lets through, at the top of the repository.
fn let_through() -> BTreeSet<&'static str> {
    include_str!("../../.dockerignore").lines().filter_map(|line| line.strip_prefix('!')).collect()
}

fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        if entry.is_dir() {
            sources(&entry, into);
        } else if entry.extension().is_some_and(|ending| ending == "rs") {
            into.push(entry);
        }
    }
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
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    for needed in ["Cargo.toml", "Cargo.lock", "src", "benches"] {
        assert!(let_through.contains(needed), "{needed} is missing among {let_through:?}");
    }
    let mut all = Vec::new();
    sources(&top.join("src"), &mut all);
    let mut found = 0;
    for source in all {
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
