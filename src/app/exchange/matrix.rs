//! Who may give to whom, as a matrix: in the terminal for small rosters, as an SVG for any that fits a page.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr;

use crate::matcher::{Cell, Matrix};
use crate::model::{Exchange, Person, PersonIndex};

/// How many people fit a terminal.
pub const MOST_IN_TERMINAL: usize = 40;

/// How many people fit a page.
pub const MOST_IN_PICTURE: usize = 500;

/// How every picture begins, so that an earlier one is recognised.
pub const SVG_START: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" data-made-by=\"xchange\"";

/// The cells of the matrix, a row for each giver. The matcher knows one household a person and takes others for exclusions.
fn rows<'e>(exchange: &'e Exchange, matrix: &'e Matrix) -> impl Iterator<Item = Vec<Cell>> + 'e {
    let cell = |giver: u32, receiver: u32| match matrix.cell(giver, receiver) {
        Cell::Exclusion if person(exchange, giver).lives_with(person(exchange, receiver)) => Cell::Household,
        other => other,
    };
    (0..matrix.people()).map(move |giver| (0..matrix.people()).map(|receiver| cell(giver, receiver)).collect())
}

fn person(exchange: &Exchange, place: u32) -> &Person {
    exchange.person(PersonIndex(place))
}

/// The matrix in characters: givers down, receivers across in the same order.
pub fn in_characters(exchange: &Exchange, matrix: &Matrix) -> String {
    let width = exchange.people.iter().map(|person| person.name.width()).max().unwrap_or(0);
    let mut text = String::new();
    for (number, (person, row)) in (1..).zip(exchange.people.iter().zip(rows(exchange, matrix))) {
        let pad = " ".repeat(width - person.name.width());
        let _infallible = write!(text, "{number:>3} {}{pad} ", person.name);
        for cell in row {
            text.push_str(match cell {
                Cell::Open => " ·",
                Cell::Oneself => " \\",
                Cell::Household => " H",
                Cell::Exclusion => " x",
            });
        }
        text.push('\n');
    }
    text.push_str("givers down, receivers across in the same order: · may give, H household, x exclusion");
    text
}

const OPEN: &str = "#e8f3ec";
const ONESELF: &str = "#c9c9c9";
const HOUSEHOLD: &str = "#e9b44c";
const EXCLUSION: &str = "#c8553d";

/// What the colours mean, in a line below the title.
fn legend() -> String {
    let mut line = "<text x=\"16\" y=\"40\">givers down, receivers across:</text>\n".to_owned();
    let colours = [(OPEN, "may give"), (HOUSEHOLD, "household"), (EXCLUSION, "exclusion"), (ONESELF, "oneself")];
    for (place, (colour, meaning)) in colours.into_iter().enumerate() {
        let x = 176 + place * 60 + usize::from(place > 0) * 4;
        let _infallible = writeln!(
            line,
            "<circle cx=\"{x}\" cy=\"36\" r=\"5\" fill=\"{colour}\" stroke=\"#999\"/><text x=\"{}\" y=\"40\" font-size=\"10\">{meaning}</text>",
            x + 8
        );
    }
    line
}

/// The matrix as a picture.
pub fn as_svg(exchange: &Exchange, matrix: &Matrix) -> String {
    const CELL: usize = 16;
    let people = exchange.people.len();
    let longest = exchange.people.iter().map(|person| person.name.width()).max().unwrap_or(0).min(40);
    // Above: the title and the legend.
    let margin = 64 + longest * 7;
    let size = (margin + people * CELL + 16).max(420);
    let title = format!("Who may give to whom: {}", escape(&exchange.name));
    let mut svg = format!(
        "{SVG_START} width=\"{size}\" height=\"{size}\" viewBox=\"0 0 {size} {size}\" \
         font-family=\"system-ui, sans-serif\" font-size=\"11\">\n<title>{title}</title>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
         <text x=\"16\" y=\"20\" font-size=\"14\" font-weight=\"bold\">{title}</text>\n{}",
        legend()
    );
    for (row, (person, cells)) in exchange.people.iter().zip(rows(exchange, matrix)).enumerate() {
        let (at, name) = (margin + row * CELL, escape(&person.name));
        let middle = at + CELL - 4;
        let _infallible = writeln!(svg, "<text x=\"{}\" y=\"{middle}\" text-anchor=\"end\">{name}</text>", margin - 6);
        let _infallible =
            writeln!(svg, "<text transform=\"translate({middle} {}) rotate(-90)\">{name}</text>", margin - 6);
        for (column, cell) in cells.into_iter().enumerate() {
            let colour = match cell {
                Cell::Open => OPEN,
                Cell::Oneself => ONESELF,
                Cell::Household => HOUSEHOLD,
                Cell::Exclusion => EXCLUSION,
            };
            let x = margin + column * CELL;
            let side = CELL - 1;
            let _infallible =
                writeln!(svg, "<rect x=\"{x}\" y=\"{at}\" width=\"{side}\" height=\"{side}\" fill=\"{colour}\"/>");
        }
    }
    svg.push_str("</svg>\n");
    svg
}

fn escape(text: &str) -> String {
    quick_xml::escape::escape(text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    // X3
    #[test]
    fn the_matrix_shows_households_both_ways_and_exclusions_one_way() {
        let roster = "[exchange]\nname = \"x\"\n\
            [[people]]\nname = \"Ada\"\nemail = \"a@example.org\"\nhousehold = \"n\"\n\
            [[people]]\nname = \"Ben\"\nemail = \"b@example.org\"\nhousehold = \"n\"\n\
            [[people]]\nname = \"Cy <3\"\nemail = \"c@example.org\"\n\
            [[exclusions]]\ngiver = \"Cy <3\"\nreceiver = \"Ada\"\n";
        let exchange = crate::roster::parse(roster, std::path::Path::new("x.toml")).expect("sound").exchange;
        let matrix = crate::app::exchange::check::matrix(&exchange).expect("sound");
        let text = in_characters(&exchange, &matrix);
        assert!(text.starts_with("  1 Ada    \\ H ·\n  2 Ben    H \\ ·\n  3 Cy <3  x · \\\n"), "{text}");
        let svg = as_svg(&exchange, &matrix);
        assert!(svg.contains("Cy &lt;3") && svg.matches("<rect").count() == 10, "{svg}");
    }
}
