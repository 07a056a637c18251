//! Who may give to whom, as a matrix: in the terminal for small rosters, as an SVG for any that fits a page.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr;

use crate::model::Exchange;

/// How many people fit a terminal.
pub(super) const MOST_IN_TERMINAL: usize = 40;

/// How many people fit a page.
pub(super) const MOST_IN_PICTURE: usize = 500;

/// Why a giver may not give to a receiver, or that they may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cell {
    Allowed,
    Themselves,
    Household,
    Exclusion,
}

fn cells(exchange: &Exchange) -> Vec<Vec<Cell>> {
    let household = |i: usize| exchange.people[i].household.as_deref();
    let cell = |giver: usize, receiver: usize| match (household(giver), household(receiver)) {
        _ if giver == receiver => Cell::Themselves,
        (Some(one), Some(other)) if one == other => Cell::Household,
        _ => Cell::Allowed,
    };
    let people = exchange.people.len();
    let mut cells: Vec<Vec<Cell>> =
        (0..people).map(|giver| (0..people).map(|receiver| cell(giver, receiver)).collect()).collect();
    for exclusion in &exchange.exclusions {
        let (giver, receiver) = (exclusion.giver.index(), exclusion.receiver.index());
        let ways = [(giver, receiver), (receiver, giver)];
        for (giver, receiver) in ways.into_iter().take(if exclusion.both_ways { 2 } else { 1 }) {
            if cells[giver][receiver] == Cell::Allowed {
                cells[giver][receiver] = Cell::Exclusion;
            }
        }
    }
    cells
}

/// The matrix in characters: givers down, receivers across in the same order.
pub(super) fn in_characters(exchange: &Exchange) -> String {
    let width = exchange.people.iter().map(|person| person.name.width()).max().unwrap_or(0);
    let mut text = String::new();
    for (number, (person, row)) in (1..).zip(exchange.people.iter().zip(cells(exchange))) {
        let pad = " ".repeat(width - person.name.width());
        let _infallible = write!(text, "{number:>3} {}{pad} ", person.name);
        for cell in row {
            text.push_str(match cell {
                Cell::Allowed => " ·",
                Cell::Themselves => " \\",
                Cell::Household => " H",
                Cell::Exclusion => " x",
            });
        }
        text.push('\n');
    }
    text.push_str("givers down, receivers across in the same order: · may give, H household, x exclusion");
    text
}

/// The matrix as a picture.
pub(super) fn as_svg(exchange: &Exchange) -> String {
    const CELL: usize = 16;
    let people = exchange.people.len();
    let longest = exchange.people.iter().map(|person| person.name.width()).max().unwrap_or(0).min(40);
    let margin = 16 + longest * 7;
    let size = margin + people * CELL + 16;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{size}\" height=\"{size}\" viewBox=\"0 0 {size} {size}\" \
         font-family=\"system-ui, sans-serif\" font-size=\"11\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
         <title>Who may give to whom: {}</title>\n",
        escape(&exchange.name)
    );
    for (row, (person, cells)) in exchange.people.iter().zip(cells(exchange)).enumerate() {
        let (at, name) = (margin + row * CELL, escape(&person.name));
        let middle = at + CELL - 4;
        let _infallible = writeln!(svg, "<text x=\"{}\" y=\"{middle}\" text-anchor=\"end\">{name}</text>", margin - 6);
        let _infallible =
            writeln!(svg, "<text transform=\"translate({middle} {}) rotate(-90)\">{name}</text>", margin - 6);
        for (column, cell) in cells.into_iter().enumerate() {
            let colour = match cell {
                Cell::Allowed => "#e8f3ec",
                Cell::Themselves => "#c9c9c9",
                Cell::Household => "#e9b44c",
                Cell::Exclusion => "#c8553d",
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
        let text = in_characters(&exchange);
        assert!(text.starts_with("  1 Ada    \\ H ·\n  2 Ben    H \\ ·\n  3 Cy <3  x · \\\n"), "{text}");
        let svg = as_svg(&exchange);
        assert!(svg.contains("Cy &lt;3") && svg.matches("<rect").count() == 10, "{svg}");
    }
}
