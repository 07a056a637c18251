//! How text is laid out: tables and facts that fit the terminal, long lines folded between words, the words that matter
//! in colour. Where nobody looks on, tabs and nothing else.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// What is printed on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Page {
    /// Its columns; `None` where it is a file or a pipe.
    pub(super) width: Option<usize>,
    /// Whether it shows colours.
    pub(super) colour: bool,
}

const RED: &str = "1;31";
const GREEN: &str = "32";
const YELLOW: &str = "33";
const CYAN: &str = "36";

/// Between two columns.
const GAP: usize = 2;

/// The least room for the last column of a table, whose texts may be folded.
const LEAST_LAST: usize = 20;

/// A table; where it does not fit, a block of facts for each row. No cell but the last of a row is ever broken.
pub(super) fn table(page: Page, header: &[&str], rows: &[Vec<String>]) -> String {
    let Some(room) = page.width else {
        let lines = std::iter::once(header.join("\t")).chain(rows.iter().map(|row| row.join("\t")));
        return lines.collect::<Vec<_>>().join("\n");
    };
    let widest = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.width());
        cells.chain([header[column].width()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..header.len()).map(widest).collect();
    let Some((last, others)) = widths.split_last() else { return String::new() };
    let before: usize = others.iter().map(|width| width + GAP).sum();
    if before + last.min(&LEAST_LAST) > room {
        // Where the first column only marks the rows, a row is the mark, what it is about, and what is said below it.
        let marked = header.first().is_some_and(|word| word.is_empty());
        return rows.iter().map(|row| block(page, header, row)).collect::<Vec<_>>().join(if marked {
            "\n"
        } else {
            "\n\n"
        });
    }
    let line = |cells: Vec<&str>| {
        let (last, others) = cells.split_last().map_or(("", &[][..]), |(last, others)| (*last, others));
        let mut line = String::new();
        for (cell, width) in others.iter().zip(&widths) {
            line += &painted(page, colour_of(cell), cell);
            line += &" ".repeat(width - cell.width() + GAP);
        }
        put_beside(line, &broken(last, room.saturating_sub(before)), before, room)
    };
    let rule = "─".repeat(room.min(before + last));
    let rows = rows.iter().map(|row| line(row.iter().map(String::as_str).collect()));
    [line(header.to_vec()), rule].into_iter().chain(rows).collect::<Vec<_>>().join("\n")
}

/// A row of a table that does not fit.
fn block(page: Page, header: &[&str], row: &[String]) -> String {
    match (header, row) {
        (["", ..], [mark, about, said @ ..]) => {
            let head = format!("{}  {about}", painted(page, colour_of(mark), mark));
            let indent = mark.width() + GAP;
            let below = said.iter().filter(|said| !said.is_empty());
            let room = page.width.unwrap_or(usize::MAX);
            let beside = |said: &String| broken(said, room.saturating_sub(indent));
            let below = below.map(|said| put_beside(" ".repeat(indent), &beside(said), indent, room));
            std::iter::once(head).chain(below).collect::<Vec<_>>().join("\n")
        }
        _ => {
            let known = header.iter().zip(row).filter(|(_, cell)| !cell.is_empty());
            facts(page, &known.map(|(word, cell)| (*word, cell.clone())).collect::<Vec<_>>())
        }
    }
}

/// What is known about one thing, a line each: the word, and what it is. Further lines of a fact stand under its first.
pub(super) fn facts(page: Page, facts: &[(&str, String)]) -> String {
    let Some(room) = page.width else {
        let line = |(word, fact): &(&str, String)| format!("{word}\t{}", fact.replace('\n', "\n\t"));
        return facts.iter().map(line).collect::<Vec<_>>().join("\n");
    };
    let column = facts.iter().map(|(word, _)| word.width()).max().unwrap_or(0) + GAP;
    let line = |(word, fact): &(&str, String)| {
        put_beside(format!("{word}{}", " ".repeat(column - word.width())), fact, column, room)
    };
    facts.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// A text whose words too wide for the room are cut, at a mark inside them where there is one: a key, a path.
fn broken(text: &str, room: usize) -> String {
    let cut = |word: &str| {
        let mut parts = vec![String::new()];
        for piece in word.split_inclusive(['/', '-', ' ']).filter(|_| room > 0) {
            if parts.last().is_some_and(|part| !part.is_empty() && part.width() + piece.trim_end().width() > room) {
                parts.push(String::new());
            }
            for letter in piece.chars() {
                let part = parts.last().map_or(0, |part| part.width());
                if part > 0 && part + letter.width().unwrap_or(0) > room && letter != ' ' {
                    parts.push(String::new());
                }
                parts.last_mut().expect("one is there").push(letter);
            }
        }
        parts.join("\n")
    };
    let words = text.split_inclusive([' ', '\n']);
    words.map(|word| if word.trim_end().width() > room { cut(word) } else { word.to_owned() }).collect()
}

/// Puts a text beside the `before` columns of a line that are taken; what is too wide for the rest gets a line of its own.
fn put_beside(mut line: String, text: &str, before: usize, room: usize) -> String {
    let left = room.saturating_sub(before);
    for (number, part) in text.lines().flat_map(|part| folded(part, left)).enumerate() {
        if part.width() > left {
            line.truncate(line.trim_end().len());
            line += if line.is_empty() { "" } else { "\n" };
            line += &part;
        } else if number == 0 {
            line += &part;
        } else {
            line = format!("{line}\n{}{part}", " ".repeat(before));
        }
    }
    line.trim_end().to_owned()
}

/// A text with its long lines folded, the words in front in colour.
pub(super) fn text(page: Page, text: &str) -> String {
    let fold = |line: &str| match page.width {
        Some(room) if line.width() > room => {
            let indent = line.len() - line.trim_start().len();
            let pad = " ".repeat(indent.min(room / 2));
            folded(line.trim_start(), room - pad.len()).iter().map(|part| format!("{pad}{part}")).collect()
        }
        _ => vec![line.to_owned()],
    };
    let lines: Vec<String> = text.split('\n').flat_map(fold).map(|line| with_front_painted(page, &line)).collect();
    lines.join("\n")
}

/// Cuts a line between words so that each part fits. A word wider than the room stays whole, and so does a command between
/// backticks as long as it fits.
fn folded(line: &str, room: usize) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in line.split_inclusive(' ') {
        match words.last_mut() {
            Some(open) if open.matches('`').count() % 2 == 1 && open.width() + word.trim_end().width() <= room => {
                open.push_str(word);
            }
            _ => words.push(word.to_owned()),
        }
    }
    let mut parts = vec![String::new()];
    for word in words {
        let part = parts.last().map_or(0, |part| part.width());
        if part > 0 && part + word.trim_end().width() > room {
            parts.push(String::new());
        }
        if let Some(part) = parts.last_mut() {
            part.push_str(&word);
        }
    }
    parts.iter().map(|part| part.trim_end().to_owned()).collect()
}

/// `error:`, `warning:` and `hint:` where a line begins with them, or a place in the roster does.
fn with_front_painted(page: Page, line: &str) -> String {
    if !page.colour {
        return line.to_owned();
    }
    for (word, code) in [("error:", RED), ("warning:", YELLOW), ("hint:", CYAN), ("Next:", GREEN)] {
        let at = match line.split_once(": warning: ") {
            Some((place, _)) if word == "warning:" && place.ends_with(|c: char| c.is_ascii_digit()) => place.len() + 2,
            _ => line.len() - line.trim_start().len(),
        };
        if let Some(rest) = line[at..].strip_prefix(word) {
            return format!("{}{}{rest}", &line[..at], painted(page, Some(code), word));
        }
    }
    line.to_owned()
}

/// The colour of a cell that says how something is.
fn colour_of(cell: &str) -> Option<&'static str> {
    match cell {
        "ok" => Some(GREEN),
        "NO" | "broken" | "failed" => Some(RED),
        "not set up" | "waiting" => Some(YELLOW),
        _ => None,
    }
}

fn painted(page: Page, colour: Option<&str>, text: &str) -> String {
    match colour {
        Some(code) if page.colour => format!("\x1b[{code}m{text}\x1b[0m"),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FINGERPRINT: &str = "R8ZC-8M0Q-FA2Y-Q80C-1XFT-EVQW-W1GP-KVJR";

    fn page(width: usize) -> Page {
        Page { width: Some(width), colour: false }
    }

    fn draws() -> Vec<Vec<String>> {
        let row = |number: &str, reason: &str| {
            [number, "Okafor-Lindqvist Christmas 2026", "2026-11-21 11:24", "8", FINGERPRINT, reason]
                .map(str::to_owned)
                .to_vec()
        };
        vec![row("1", ""), row("2", "a new cousin joined us and wants to take part this year as well")]
    }

    const HEADER: [&str; 6] = ["draw", "exchange", "drawn", "people", "fingerprint", "reason"];

    #[test]
    fn no_width_breaks_a_fingerprint_or_a_name() {
        for width in 39..200 {
            let shown = table(page(width), &HEADER, &draws());
            assert_eq!(shown.matches(FINGERPRINT).count(), 2, "{width}:\n{shown}");
            let widest = shown.lines().map(UnicodeWidthStr::width).max().unwrap_or(0);
            assert!(widest <= width, "{width}:\n{shown}");
            if width >= 60 {
                assert_eq!(shown.matches("Okafor-Lindqvist Christmas 2026").count(), 2, "{width}:\n{shown}");
            }
        }
    }

    #[test]
    fn a_table_that_does_not_fit_becomes_a_block_for_each_row() {
        let rows = [["1", "Ada Hill", "not yet"], ["2", "田中 さくら", ""]].map(|row| row.map(str::to_owned).to_vec());
        insta::assert_snapshot!(table(page(40), &["no.", "person", "asked"], &rows), @r"
        no.  person       asked
        ─────────────────────────
        1    Ada Hill     not yet
        2    田中 さくら
        ");
        insta::assert_snapshot!(table(page(20), &["no.", "person", "asked"], &rows), @r"
        no.     1
        person  Ada Hill
        asked   not yet

        no.     2
        person  田中 さくら
        ");
    }

    #[test]
    fn marked_rows_that_do_not_fit_have_what_is_said_below_them() {
        let row = |mark: &str, about: &str, said: &str| [mark, about, said].map(str::to_owned).to_vec();
        let rows = [
            row("ok", "draw 1: fingerprint", FINGERPRINT),
            row("NO", "archive", "a/very-long-place-in-the-archive is missing"),
        ];
        insta::assert_snapshot!(table(page(43), &["", "checked", "found"], &rows), @r"
        ok  draw 1: fingerprint
            R8ZC-8M0Q-FA2Y-Q80C-1XFT-EVQW-W1GP-KVJR
        NO  archive
            a/very-long-place-in-the-archive is
            missing
        ");
        assert_eq!(
            facts(page(30), &[("archive", "confirmed, a/very-long-place-in-the-archive".to_owned())]),
            "archive  confirmed,\na/very-long-place-in-the-archive"
        );
    }

    #[test]
    fn words_too_long_for_their_column_stay_in_it() {
        let row = |cells: [&str; 2]| cells.map(str::to_owned).to_vec();
        let rows = [
            row(["key", "exchange.key, age1abcdefghijklmnopqrstuvwxyz"]),
            row(["archive", "sealed/hill-family/draw-0001.age is missing"]),
        ];
        insta::assert_snapshot!(table(page(30), &["part", "found"], &rows), @r"
        part     found
        ──────────────────────────────
        key      exchange.key,
                 age1abcdefghijklmnopq
                 rstuvwxyz
        archive  sealed/hill-family/
                 draw-0001.age is
                 missing
        ");
    }

    #[test]
    fn piped_there_are_tabs_and_neither_rules_nor_padding_nor_colour() {
        let pipe = Page { width: None, colour: false };
        let rows = [["ok", "a"], ["NO", "b c"]].map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(table(pipe, &["", "checked"], &rows), "\tchecked\nok\ta\nNO\tb c");
        assert_eq!(facts(pipe, &[("draw", "1".to_owned()), ("told", "a\nb".to_owned())]), "draw\t1\ntold\ta\n\tb");
        let long = "a word and ".repeat(50);
        assert_eq!(text(pipe, &long), long);
    }

    #[test]
    fn long_lines_are_folded_between_words_and_keep_their_indent() {
        assert_eq!(text(page(20), "  one two three four five six"), "  one two three four\n  five six");
        assert_eq!(text(page(20), FINGERPRINT), FINGERPRINT);
        assert_eq!(text(page(12), "a\n\nb  c"), "a\n\nb  c");
        assert_eq!(text(page(20), "Next: run `xchange draw` now"), "Next: run\n`xchange draw` now");
    }

    #[test]
    fn the_words_in_front_are_in_colour_on_a_terminal_only() {
        let colours = Page { width: Some(80), colour: true };
        assert_eq!(text(colours, "error: no\nhint: do"), "\x1b[1;31merror:\x1b[0m no\n\x1b[36mhint:\x1b[0m do");
        let place = text(colours, "x.toml:3:8: warning: the day\n  hint: write");
        assert_eq!(place, "x.toml:3:8: \x1b[33mwarning:\x1b[0m the day\n  \x1b[36mhint:\x1b[0m write");
        assert_eq!(text(page(80), "error: no"), "error: no");
        assert!(table(colours, &["", "x"], &[vec!["NO".to_owned(), "y".to_owned()]]).contains("\x1b[1;31mNO\x1b[0m"));
    }
}
