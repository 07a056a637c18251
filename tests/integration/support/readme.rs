//! Sections of the README whose commands are run as they stand.

/// What the first block of a kind in a section says.
pub(crate) fn block(section: &str, kind: &str) -> String {
    let readme = include_str!("../../../README.md");
    let (_, section) = readme.split_once(&format!("\n## {section}\n")).expect("the section");
    let (_, block) = section.split_once(&format!("```{kind}\n")).expect("a block");
    block.split("```").next().expect("its end").to_owned()
}

/// The commands of a section, without the remarks behind them: not more than seven.
pub(crate) fn script(section: &str) -> Vec<String> {
    let block = block(section, "sh");
    let script: Vec<_> = block.lines().map(|line| line.split("  #").next().unwrap_or("").trim().to_owned()).collect();
    assert!((2..=7).contains(&script.len()), "{script:?}");
    script
}

/// The words of a command behind `xchange`, of which some stand in quotes.
pub(crate) fn words(command: &str) -> Vec<String> {
    let parts = command.split('"').enumerate();
    let split = parts.flat_map(|(at, part)| match at % 2 {
        0 => part.split_whitespace().map(str::to_owned).collect(),
        _ => vec![part.to_owned()],
    });
    split.skip(1).collect()
}
