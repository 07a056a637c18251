//! E-mails as subject, text and HTML, made from one template.
//!
//! A template's paragraphs are separated by blank lines. A paragraph whose placeholders all come out empty is left
//! out; one that is a lone placeholder marked as big is set in large type. The HTML names no picture, no script and no
//! address outside the mail, and every value in it is escaped.

use super::spelling::clean;
use super::template::Template;
use super::wording::{Wording, WordingContext, value};

/// An e-mail without its addresses.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    /// Subject, one line.
    pub subject: String,
    /// The text part.
    pub text: String,
    /// The HTML part, a whole document.
    pub html: String,
    /// Where whoever gets it can leave at a click, where that is a page of ours (RFC 8058).
    pub leave: Option<String>,
    /// An entry for their calendar, as a file (RFC 5545).
    pub calendar: Option<String>,
}

/// One paragraph, filled in.
struct Paragraph {
    text: String,
    big: bool,
}

/// Writes an e-mail from the wording of its subject and of its body. `big` names the placeholder that is set in large
/// type where it makes a paragraph of its own.
pub(super) fn write(
    context: &impl WordingContext,
    subject: Wording,
    body: Wording,
    values: &[(&str, &str)],
    big: &str,
) -> Mail {
    let subject = clean(&subject.say(context, values));
    let paragraphs = paragraphs(context, body, values, big);
    Mail { text: as_text(&paragraphs), html: as_html(&subject, &paragraphs), subject, leave: None, calendar: None }
}

/// Writes an e-mail of one paragraph that is already in words.
pub(super) fn write_plain(context: &impl WordingContext, subject: Wording, text: &str) -> Mail {
    let subject = clean(&subject.say(context, &[]));
    let paragraphs = [Paragraph { text: text.to_owned(), big: false }];
    Mail { text: as_text(&paragraphs), html: as_html(&subject, &paragraphs), subject, leave: None, calendar: None }
}

/// Puts a line in front of an e-mail and its subject.
pub(super) fn put_in_front(mail: &Mail, line: &str) -> Mail {
    let line = clean(line);
    let paragraph = format!("<p>{}</p>\n", escaped(&line));
    Mail {
        subject: format!("{line} {}", mail.subject),
        text: format!("{line}\n\n{}", mail.text),
        html: mail.html.replacen(BODY, &format!("{BODY}{paragraph}"), 1),
        leave: mail.leave.clone(),
        calendar: mail.calendar.clone(),
    }
}

fn paragraphs(context: &impl WordingContext, body: Wording, values: &[(&str, &str)], big: &str) -> Vec<Paragraph> {
    let allowed = body.allowed();
    let mut paragraphs = Vec::new();
    for source in body.source(context).split("\n\n").filter(|source| !source.trim().is_empty()) {
        // The whole has been parsed, so its paragraphs are sound: no placeholder reaches over a blank line.
        let Ok(template) = Template::parse(source, &allowed) else { continue };
        let empty =
            template.values().next().is_some() && template.values().all(|name| value(context, values, name).is_empty());
        if !empty {
            let text = template.fill(|name| value(context, values, name));
            let alone = source.trim().strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
            paragraphs.push(Paragraph { text: text.trim().to_owned(), big: alone == Some(big) });
        }
    }
    paragraphs
}

fn as_text(paragraphs: &[Paragraph]) -> String {
    let indented = paragraphs.iter().map(|p| if p.big { format!("    {}", p.text) } else { p.text.clone() });
    indented.collect::<Vec<_>>().join("\n\n") + "\n"
}

/// Where the body of the HTML starts.
const BODY: &str = "<div style=\"max-width:34em;margin:0 auto;padding:1.5em;font:16px/1.5 sans-serif\">\n";

fn as_html(subject: &str, paragraphs: &[Paragraph]) -> String {
    let mut html = String::from("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    html.push_str("<meta name=\"viewport\" content=\"width=device-width\">\n<title>");
    html.push_str(&escaped(subject));
    html.push_str("</title>\n</head>\n<body>\n");
    html.push_str(BODY);
    for paragraph in paragraphs {
        html.push_str(if paragraph.big {
            "<p dir=\"auto\" style=\"font-size:1.6em;font-weight:bold\">"
        } else {
            "<p dir=\"auto\">"
        });
        html.push_str(&escaped(&paragraph.text).replace('\n', "<br>\n"));
        html.push_str("</p>\n");
    }
    html.push_str("</div>\n</body>\n</html>\n");
    html
}

/// A text as HTML shows it literally: the five characters with a meaning are written as references, control
/// characters other than line breaks and tabs are dropped.
fn escaped(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).fold(String::new(), |mut html, c| {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            _ => html.push(c),
        }
        html
    })
}
