//! The README and the pages of `docs/`: every command they show is one, every link inside the repository leads somewhere.

use std::path::{Path, PathBuf};

use crate::support::house::House;

/// The pages with their words.
fn pages() -> Vec<(PathBuf, String)> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let docs = std::fs::read_dir(top.join("docs")).expect("docs").map(|entry| entry.expect("an entry").path());
    std::iter::once(top.join("README.md"))
        .chain(docs.filter(|path| path.extension().is_some_and(|ending| ending == "md")))
        .map(|path| (path.clone(), std::fs::read_to_string(path).expect("readable")))
        .collect()
}

/// Every second piece of a text between two marks.
fn between<'a>(text: &'a str, mark: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(mark).skip(1).step_by(2)
}

/// The words of a command; what stands in quotes is one.
fn words(command: &str) -> Vec<&str> {
    let pieces = command.split('"').enumerate();
    pieces.flat_map(|(i, piece)| if i % 2 == 1 { vec![piece] } else { piece.split_whitespace().collect() }).collect()
}

/// The commands of a page: the lines of its blocks of shell that begin with `xchange`, and such words between backticks.
fn commands(page: &str) -> Vec<Vec<&str>> {
    let blocks = between(page, "```").filter_map(|block| block.strip_prefix("sh\n")).flat_map(str::lines);
    let blocks = blocks.map(|line| line.split("  #").next().unwrap_or(line));
    // Where the output goes is the shell's business.
    let blocks = blocks.map(|line| line.split(" > ").next().unwrap_or(line));
    let inline = page.split("```").step_by(2).flat_map(|prose| between(prose, "`"));
    blocks.chain(inline).filter_map(|command| command.trim().strip_prefix("xchange ")).map(words).collect()
}

#[test]
fn every_command_shown_is_one() {
    let house = House::family();
    let mut found = 0;
    for (path, page) in pages() {
        for mut command in commands(&page) {
            found += 1;
            command.push("--help");
            let run = house.run(&command);
            assert_eq!(run.code, 0, "{}: xchange {command:?}\n{}", path.display(), run.stderr);
        }
    }
    assert!(found > 30, "commands are found at all: {found}");
}

/// A heading as an anchor: lower case, hyphens for spaces, no punctuation.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().to_lowercase();
    kept.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c)).collect::<String>().replace(' ', "-")
}

#[test]
fn every_link_inside_the_repository_leads_somewhere() {
    let mut found = 0;
    for (path, page) in pages() {
        let links = page.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for link in links.filter(|link| !link.contains("://")) {
            found += 1;
            let (file, place) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() { path.clone() } else { path.with_file_name(file) };
            assert!(target.exists(), "{}: {link}", path.display());
            if !place.is_empty() {
                let there = std::fs::read_to_string(&target).expect("readable");
                let headings = there
                    .lines()
                    .filter_map(|line| line.strip_prefix('#'))
                    .map(|line| anchor(line.trim_start_matches('#')));
                assert!(headings.into_iter().any(|heading| heading == place), "{}: {link}", path.display());
            }
        }
    }
    assert!(found > 10, "links are found at all");
}
