//! Spreadsheets as programs write them, as people damage them, and as nobody should send them.

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};
use std::path::Path;

use proptest::prelude::*;
use zip::write::SimpleFileOptions;

use super::super::people_file::COLUMNS;
use super::*;
use crate::model::{Email, Person, Phone};
use crate::roster::tests::with_sheet;
use crate::roster::{Diagnostic, Roster, RosterError, render_all};

fn fixture(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/people").join(name);
    std::fs::read(&path).unwrap_or_else(|why| panic!("{}: {why}", path.display()))
}

/// A roster of these bytes' people and of what is in `more`.
fn roster(name: &str, bytes: &[u8], more: &str) -> Result<Roster, Vec<Diagnostic>> {
    let text = format!("[exchange]\nname = \"x\"\ncountry = \"GB\"\npeople = \"{name}\"\n{more}");
    let bytes = if bytes.is_empty() { b"\n" } else { bytes };
    with_sheet(&text, Path::new("there/exchange.toml"), bytes, false).map_err(|error| match error {
        RosterError::Problems(problems) => problems,
        other => panic!("{other:?}"),
    })
}

#[track_caller]
fn refused(name: &str, bytes: &[u8], more: &str) -> String {
    match roster(name, bytes, more) {
        Ok(_) => panic!("accepted"),
        Err(problems) => render_all(&problems),
    }
}

/// Everybody in a line: name, phone and e-mail, households, wishes.
fn people(roster: &Roster) -> Vec<String> {
    let line = |person: &Person| {
        let address = [person.phone.as_ref().map(Phone::expose), person.email.as_ref().map(Email::expose)];
        let address: Vec<&str> = address.into_iter().flatten().collect();
        let lists = [&person.households, &person.wishes].map(|list| list.join("|"));
        format!("{} <{}> [{}] ({})", person.name, address.join(" "), lists[0], lists[1])
    };
    roster.exchange.people.iter().map(line).collect()
}

#[track_caller]
fn read(name: &str, bytes: &[u8]) -> (Vec<String>, String) {
    let roster = roster(name, bytes, "").unwrap_or_else(|problems| panic!("{}", render_all(&problems)));
    (people(&roster), render_all(&roster.warnings))
}

// G14: an empty sheet first, a title above the headings, first and last names apart, phones that have lost their zero or
// their plus, two columns of households, numbers, an empty row, formatted rows below.
#[test]
fn an_offices_workbook_is_understood() {
    let (people, warnings) = read("awkward.xlsx", &fixture("awkward.xlsx"));
    assert_eq!(
        people,
        [
            "Ada Hill <+447700900123 ada@example.org> [Sales|Blue] (wool socks|a good mystery)",
            "Zoë O'Brien <+447700900124> [Sales|7] (tea; any kind|not green)",
            "Cleo Marsh <+447700900125 CLEO@example.org> [] ()",
            "Edith Wood <+447700900126> [Post|Blue] ()",
        ]
    );
    insta::assert_snapshot!(warnings, @r#"
    there/awkward.xlsx, sheet "Staff 2026", row 3, column A: warning: left out, for nobody knows what it is: "Employee ID", "Started"
      A3 | "Employee ID"
    "#);
}

// G14: comments, repeated empty rows and cells, and a number's fraction.
#[test]
fn libreoffices_own_format_is_understood() {
    let (people, warnings) = read("members.ods", &fixture("members.ods"));
    assert_eq!(
        people,
        [
            "Ada Hill <+447700900123> [north] (wool socks|a good mystery)",
            "Ben & Co <+447700900124> [north|south] ()",
            "Cleo Marsh <+447700900125> [] ()",
        ]
    );
    assert_eq!(warnings, "");
}

// G2 G14: every problem at once, at its cell, with addresses masked; nothing is taken.
#[test]
fn everything_that_is_wrong_is_told_at_its_cell() {
    let more = "[[people]]\nname = \"Edith Wood\"\nphone = \"+44 7700 900199\"\n\
                [[exclusions]]\ngiver = \"Cleo Marsh\"\nreceiver = \"Nobody\"\n";
    insta::assert_snapshot!(refused("wrong.xlsx", &fixture("wrong.xlsx"), more), @r##"
    there/exchange.toml:10:12: there is no person called "Nobody"
      10 | receiver = "Nobody"
         |            ^^^^^^^^

    there/wrong.xlsx, sheet "Staff", row 2, column B (Phone): the spreadsheet has made a rounded number of this phone
      B2 | 447…34
      hint: format the column as text and type it again

    there/wrong.xlsx, sheet "Staff", row 3, column A (Name): the spreadsheet has made a date of this
      hint: format the column as text and type it again

    there/wrong.xlsx, sheet "Staff", row 4, column B (Phone): this is not a valid phone number
      B4 | 077…12
      hint: write it as it is dialled in GB, or with a plus and the country code

    there/wrong.xlsx, sheet "Staff", row 5, column A (Name): this is true or false, not text
      hint: format the column as text and type it again

    there/wrong.xlsx, sheet "Staff", row 6, column A (Name): "Ada  HILL" is in the roster already, at row 2 of wrong.xlsx
      A6 | "Ada  HILL"
      hint: each name must be unique: add a surname or an initial

    there/wrong.xlsx, sheet "Staff", row 6, column C (Email): this is not an e-mail address
      C6 | not…ss
      hint: write it as name@example.org

    there/wrong.xlsx, sheet "Staff", row 7, column A (Name): this is the error #N/A
      A7 | "#N/A"
      hint: mend the formula, or type the value

    there/wrong.xlsx, sheet "Staff", row 8: "Dev Marsh" has neither a phone nor an email
      hint: add one of them

    there/wrong.xlsx, sheet "Staff", row 8, column D (Team): the spreadsheet has made a date of this
      hint: format the column as text and type it again

    there/wrong.xlsx, sheet "Staff", row 9, column A (Name): this is a number, not a name
      A9 | "42"
      hint: format the column as text and type it again

    there/wrong.xlsx, sheet "Staff", row 9, column B (Phone): the spreadsheet has made a rounded number of this phone
      B9 | 4.4…11
      hint: format the column as text and type it again

    there/wrong.xlsx, sheet "Staff", row 10, column A (Name): "Edith Wood" is in the roster already, at line 5
      A10 | "Edith Wood"
      hint: each name must be unique: add a surname or an initial

    there/wrong.xlsx, sheet "Staff", row 10, column B (Phone): the spreadsheet has made a rounded number of this phone
      B10 | 447….5
      hint: format the column as text and type it again
    "##);
    let problems = roster("wrong.xlsx", &fixture("wrong.xlsx"), more).expect_err("refused");
    let phone = problems.iter().find(|problem| problem.line == 2).expect("told");
    let json = serde_json::to_value(phone).expect("plain data");
    assert_eq!((&json["line"], &json["sheet"], &json["heading"]), (&2.into(), &"Staff".into(), &"Phone".into()));
}

// G2: also where the columns were mixed up.
#[test]
fn an_address_in_a_wrong_column_is_masked_as_well() {
    let cell = |at: &str, value: &str| format!("<c r=\"{at}\"><v>{value}</v></c>");
    let headings = format!("<row r=\"1\">{}{}</row>", text_cell("A1", "Name"), text_cell("B1", "Email"));
    let row = format!("<row r=\"2\">{}{}</row>", cell("A2", "447700900123"), text_cell("B2", "ada@example.org"));
    let number = refused("x.xlsx", &xlsx(&(headings + &row)), "");
    assert!(number.contains("A2 | 447…23") && !number.contains("447700900123"), "{number}");
}

// G14
#[test]
fn csv_is_understood_however_it_is_written() {
    let expected = ["Ada Hill <+447700900123> [north] ()", "Ben \"B\" Hill <+447700900124> [a, b] ()"];
    for text in [
        "name,phone,team\nAda Hill,07700 900123,north\n\"Ben \"\"B\"\" Hill\",07700900124,\"a, b\"\n",
        "\u{feff}Name;Tel.;Group\r\nAda Hill;\"07700\r\n 900123\";north\r\n\r\nBen \"B\" Hill;7700900124;a, b",
        "sep=|\r\nTEAM|NAME|Mobile Number\rnorth|Ada Hill|+447700900123\ra, b|\"Ben \"\"B\"\" Hill\"|447700900124.0\r",
        "Full name\tcell phone\tdept.\n  Ada Hill\t'+447700900123\t north \n\"Ben \"\"B\"\" Hill\"\t00447700900124\ta, b\t\t\n\t\t\n",
    ] {
        let text = text.replace("\"07700\r\n 900123\"", "\"07700 900123\"");
        assert_eq!(read("x.csv", text.as_bytes()), (expected.map(str::to_owned).to_vec(), String::new()), "{text:?}");
    }
}

// G2 G14
#[test]
fn what_is_no_sheet_is_refused_in_plain_words() {
    let latin = b"Name,Phone\nAda,07700 900123\nZo\xeb,07700 900124\n";
    let head = |text: &str| text.lines().next().unwrap_or("").to_owned();
    for (bytes, words) in [
        (&latin[..], "there/x.csv, row 3: this is not UTF-8 text"),
        (b"\xff\xfeN\0a\0", "there/x.csv: its text is UTF-16, not UTF-8"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "there/x.csv: it is an old Excel file, or one with a password"),
        (b"PK\x03\x04 and more", "there/x.csv: it cannot be read: it is damaged, has a password, or is no spreadsheet"),
        (b"%PDF-1.4\n\0\n", "there/x.csv: it is no text, and no XLSX or ODS file either"),
        (b"", "there/x.csv: there is nothing in it"),
        (b"\n\n,,\nWhat,Where\n", "there/x.csv, row 4: no column is headed Name"),
        (b"Name,Phone\n\"Ada,07700 900123\n", "there/x.csv, row 2: a quote is opened here and never closed"),
        (b"Name,Phone,Mobile\n", "there/x.csv, row 1, column C: \"Phone\" and \"Mobile\" mean the same"),
        (b"Name,Phone\nAda,+44 7700 900123\n", "there/exchange.toml:1:1: one person alone cannot exchange gifts"),
    ] {
        assert_eq!(head(&refused("x.csv", bytes, "")), words);
    }
    let long = format!("Name,Phone\n{}", "Ada,1\n".repeat(MOST_ROWS + 1));
    assert!(refused("x.csv", long.as_bytes(), "").contains("row 20002: it has more than 20000 rows"));
    let wide = format!("Name,Phone\nAda{}\n", ",x".repeat(MOST_COLUMNS));
    assert!(refused("x.csv", wide.as_bytes(), "").contains("row 2: it has more than 256 columns"));
    assert!(refused("x.csv", &vec![b'x'; 6_000_000], "").contains("it is larger than 5 MiB"));
}

// G14: rows are numbered as the spreadsheet shows them, over empty rows and texts of several lines.
#[test]
fn rows_of_a_csv_are_counted_as_a_spreadsheet_counts_them() {
    let text = "Name,Phone,Wishes\n\nAda,07700 900123,\"a\nb\r\nc\"\n\n\nBen,12,\n";
    assert!(refused("x.csv", text.as_bytes(), "").contains("there/x.csv, row 6, column B (Phone): this is not"));
}

// G1 X19
#[test]
fn the_file_and_the_roster_are_one_list() {
    let text = "Name,Phone,Team\nAda Hill,07700 900123,north\nBen Hill,07700 900124,NORTH\n";
    let more = "[[people]]\nname = \"ada  hill\"\nphone = \"+44 7700 900125\"\nhousehold = \"North\"\n";
    let twice = refused("x.csv", text.as_bytes(), more);
    assert!(twice.contains("row 2, column A (Name): \"Ada Hill\" is in the roster already, at line 5"), "{twice}");
    let more = more.replace("ada  hill", "Cleo").replace("900125", "900124")
        + "[[exclusions]]\ngiver = \"Cleo\"\nhousehold = \"north\"\n";
    let roster = roster("x.csv", text.as_bytes(), &more).unwrap_or_else(|problems| panic!("{}", render_all(&problems)));
    let homes: Vec<&[String]> = roster.exchange.people.iter().map(|person| &person.households[..]).collect();
    assert_eq!(homes, [["North"], ["North"], ["North"]]);
    assert!(render_all(&roster.warnings).contains("\"Ben Hill\" shares the phone +44…24 with \"Cleo\" (line 5)"));
    assert_eq!(roster.exchange.exclusions.len(), 2);
    assert_eq!(roster.people_file(), Some(Path::new("there/x.csv")));
    assert_eq!(roster.exchange.people.iter().filter(|person| person.place.is_none()).count(), 2);
}

// G2: what a file is missing for is said once, and not once more for everybody whom it names.
#[test]
fn a_file_that_cannot_be_read_is_one_problem() {
    let more =
        "[[exclusions]]\ngiver = \"Ada\"\nreceiver = \"Ben\"\n[[past]]\nyear = 2024\npairings = [[\"Ada\", \"Ben\"]]\n";
    assert_eq!(refused("x.csv", b"PK\x03\x04", more).lines().filter(|line| line.starts_with("there/")).count(), 1);
    let text = format!("[exchange]\nname = \"x\"\npeople = \"staff.csv\"\n{more}");
    let Err(RosterError::Problems(problems)) = crate::roster::parse(&text, Path::new("x.toml")) else {
        panic!("accepted")
    };
    insta::assert_snapshot!(render_all(&problems), @r#"
    x.toml:3:10: a roster that is kept in no folder cannot name a file
      3 | people = "staff.csv"
        |          ^^^^^^^^^^^
      hint: take the people over: `xchange people import FILE`
    "#);
}

/// An XLSX of one sheet, as small as one can be.
fn xlsx(sheet_data: &str) -> Vec<u8> {
    const REL: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    zipped(&[
        (
            "[Content_Types].xml",
            "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"/>".to_owned(),
        ),
        (
            "_rels/.rels",
            format!(
                "<Relationships><Relationship Id=\"r\" Type=\"{REL}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            format!(
                "<Relationships><Relationship Id=\"r\" Type=\"{REL}/worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/workbook.xml",
            format!(
                "<workbook xmlns=\"{MAIN}\" xmlns:r=\"{REL}\"><sheets><sheet name=\"S\" sheetId=\"1\" r:id=\"r\"/></sheets></workbook>"
            ),
        ),
        (
            "xl/worksheets/sheet1.xml",
            format!("<worksheet xmlns=\"{MAIN}\"><sheetData>{sheet_data}</sheetData></worksheet>"),
        ),
    ])
}

fn ods(rows: &str) -> Vec<u8> {
    zipped(&[("content.xml", format!("<c><table:table table:name=\"S\">{rows}</table:table></c>"))])
}

fn zipped(parts: &[(&str, String)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in parts {
        zip.start_file(*name, SimpleFileOptions::default()).expect("begun");
        zip.write_all(text.as_bytes()).expect("written");
    }
    zip.finish().expect("finished").into_inner()
}

fn text_cell(at: &str, text: &str) -> String {
    format!("<c r=\"{at}\" t=\"inlineStr\"><is><t>{text}</t></is></c>")
}

// G2: small files that are large inside, far apart or repeated a million times.
#[test]
fn a_file_made_to_be_large_inside_is_refused_soon() {
    let far = xlsx(&format!(
        "<row r=\"1\">{}{}</row><row r=\"1048576\"><c r=\"XFD1048576\"><v>1</v></c></row>",
        text_cell("A1", "Name"),
        text_cell("B1", "Phone")
    ));
    assert!(refused("x.xlsx", &far, "").contains("row 1048576: it has more than 256 columns"));
    let cell =
        "<table:table-cell table:number-columns-repeated=\"16384\" office:value-type=\"float\" office:value=\"1\"/>";
    let wide = ods(&format!("<table:table-row table:number-rows-repeated=\"4294967295\">{cell}</table:table-row>"));
    assert!(refused("x.ods", &wide, "").contains("row 1: it has more than 256 columns"));
    let long = ods(&format!(
        "<table:table-row table:number-rows-repeated=\"4294967295\">{}</table:table-row>",
        cell.replace("16384", "1")
    ));
    assert!(refused("x.ods", &long, "").contains("it has more than 20000 rows"));
    let text = "x".repeat(256 * 1024);
    let cell =
        format!("<table:table-cell table:number-columns-repeated=\"200\"><text:p>{text}</text:p></table:table-cell>");
    let deep = ods(&format!("<table:table-row table:number-rows-repeated=\"3\">{cell}</table:table-row>"));
    assert!(refused("x.ods", &deep, "").contains("it is far larger inside than it looks"));
    let bomb = ods(&" ".repeat(130 * 1024 * 1024));
    assert!(bomb.len() < 1024 * 1024);
    assert!(refused("x.ods", &bomb, "").contains("it is far larger inside than it looks"));
}

/// As many colleagues, with a phone and an e-mail each.
fn crowd(count: usize) -> String {
    let mut text = "Name,Phone,Email,Team,Wishes\n".to_owned();
    for n in 0..count {
        let _infallible = writeln!(text, "Person {n},+44770{:07},p{n}@example.org,team {},socks; tea {n}", n, n % 500);
    }
    text
}

// G2: as CSV and as XLSX.
#[test]
fn twenty_thousand_rows_are_read() {
    let text = crowd(MOST_ROWS);
    let mut rows = String::new();
    for (number, line) in (1..).zip(text.lines()) {
        let _infallible = write!(rows, "<row r=\"{number}\">");
        for (letter, cell) in "ABCDE".chars().zip(line.split(',')) {
            rows += &text_cell(&format!("{letter}{number}"), cell);
        }
        rows += "</row>";
    }
    for (name, bytes) in [("x.csv", text.into_bytes()), ("x.xlsx", xlsx(&rows))] {
        let roster = roster(name, &bytes, "").unwrap_or_else(|problems| panic!("{}", render_all(&problems)));
        assert_eq!(roster.exchange.people.len(), MOST_ROWS);
        assert_eq!(roster.exchange.people[MOST_ROWS - 1].wishes, ["socks", "tea 19999"]);
    }
}

/// Reads a file as people, and shows whatever is wrong with it.
fn survives(bytes: &[u8]) {
    if let Err(problems) = roster("x", bytes, "") {
        assert!(!render_all(&problems).is_empty());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    // G2
    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        survives(&bytes);
        survives(&[b"PK\x03\x04", &bytes[..]].concat());
    }

    #[test]
    fn any_table_is_read_without_a_panic(text in "(Name|First name|Phone|Team|\\PC{0,9})([,;\t](Name|Tel|Wish 1|e-mail|\\PC{0,9})){0,4}\n([\\PC,;\"\r\n\t]{0,200})") {
        survives(text.as_bytes());
    }

    #[test]
    fn a_damaged_workbook_is_read_without_a_panic(
        which in 0usize..3,
        damages in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut bytes = fixture(["awkward.xlsx", "members.ods", "wrong.xlsx"][which]);
        for (at, byte) in damages {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        survives(&bytes);
    }

    /// The parts themselves damaged, and packed again: what is inside is looked at, and not only the ZIP's checksums.
    #[test]
    fn damaged_parts_are_read_without_a_panic(
        ods_file in any::<bool>(),
        damages in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), "[<>/\"=&;:a-zA-Z0-9 -]{0,6}"), 1..6),
    ) {
        let bytes = fixture(if ods_file { "members.ods" } else { "awkward.xlsx" });
        let mut parts = xlsx::unpack(&bytes).expect("sound");
        let names: Vec<String> = parts.file_names().map(|name| name.expect("sound").into_owned()).collect();
        let mut texts: Vec<(&str, String)> = names.iter().map(|name| {
            (name.as_str(), xlsx::text(&mut parts, name).unwrap_or_default())
        }).collect();
        for (part, at, new) in damages {
            let index = part.index(texts.len());
            let text = &mut texts[index].1;
            let at = (0..=at.index(text.len() + 1)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
            let end = (at..=text.len()).find(|end| *end >= at + new.len() && text.is_char_boundary(*end)).unwrap_or(text.len());
            text.replace_range(at..end, &new);
        }
        survives(&zipped(&texts));
    }

    // G2: what is written is read back, and no cell begins as a formula does.
    #[test]
    fn cells_are_written_so_that_they_are_read_back(cells in prop::collection::vec("[=+@'\"a-c0-9 ,;\n-]{0,12}", 1..5)) {
        let cells: Vec<String> = cells.iter().map(|cell| cell.trim().to_owned()).collect();
        let headings: Vec<String> = (0..cells.len()).map(|n| format!("h{n}")).collect();
        let text = write_csv([&headings[..], &cells[..]]);
        let grid = Grid::read(text.as_bytes()).expect("sound");
        let row = grid.rows.get(1).map_or(&[][..], |(_, cells)| cells);
        for (at, cell) in cells.iter().enumerate() {
            let back = row.get(at).unwrap_or(&Cell::Empty);
            let shown = back.shown();
            let is_phone = cell.len() > 2 && cell.starts_with('+') && cell[1..].bytes().all(|b| b.is_ascii_digit());
            prop_assert!(is_phone || !shown.starts_with(['=', '+', '-', '@']), "{shown:?}");
            prop_assert_eq!(back.meant(Kind::Email).ok(), Some(cell.clone()));
        }
    }
}

#[test]
fn every_heading_means_one_column() {
    for column in &COLUMNS {
        for heading in column.headings {
            let knowing = COLUMNS.iter().filter(|other| other.is_headed(heading));
            assert_eq!(knowing.count(), 1, "{heading}");
        }
    }
    assert_eq!([1, 26, 27, 256].map(letters), ["A", "Z", "AA", "IV"]);
}
