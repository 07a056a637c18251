//! TwiML, the XML Twilio reads: one message, or nothing.

use quick_xml::events::Event;

use crate::app::responder::Answer;

/// The document's type.
pub(super) const MEDIA_TYPE: &str = "application/xml";

/// Writes an answer. Characters that XML 1.0 cannot carry (section 2.2, production 2) are left out.
pub(super) fn write(answer: &Answer) -> String {
    const HEAD: &str = r#"<?xml version="1.0" encoding="UTF-8"?>"#;
    match answer {
        Answer::Silence => format!("{HEAD}<Response/>"),
        Answer::Words(words) => {
            let words: String = words.chars().filter(|c| is_legal(*c)).collect();
            format!("{HEAD}<Response><Message>{}</Message></Response>", quick_xml::escape::escape(words.as_str()))
        }
    }
}

/// Reads an answer back, as a phone would show it; `None` where it is not TwiML.
pub(super) fn read(document: &str) -> Option<Answer> {
    let mut reader = quick_xml::Reader::from_str(document);
    let (mut words, mut answered, mut response) = (String::new(), false, false);
    loop {
        match reader.read_event().ok()? {
            Event::Start(tag) if tag.name().0 == "Message" => answered = true,
            Event::Start(tag) | Event::Empty(tag) if tag.name().0 == "Response" => response = true,
            Event::Text(text) => words.push_str(&text),
            Event::GeneralRef(name) => words.push_str(&resolve(&name)?),
            Event::Eof => break,
            _ => {}
        }
    }
    response.then_some(if answered { Answer::Words(words) } else { Answer::Silence })
}

/// The character an entity stands for.
fn resolve(name: &quick_xml::events::BytesRef<'_>) -> Option<String> {
    if let Some(c) = name.resolve_char_ref().ok()? {
        return Some(c.into());
    }
    quick_xml::escape::resolve_predefined_entity(name).map(str::to_owned)
}

/// Whether XML 1.0 can carry a character.
fn is_legal(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = r#"<?xml version="1.0" encoding="UTF-8"?>"#;

    #[test]
    fn words_are_escaped_and_silence_is_empty() {
        let document = write(&Answer::Words("Zoë & <Ben> \"O'Brien\" 🎁".to_owned()));
        assert_eq!(
            document,
            format!("{HEAD}<Response><Message>Zoë &amp; &lt;Ben&gt; &quot;O&apos;Brien&quot; 🎁</Message></Response>")
        );
        assert_eq!(write(&Answer::Silence), format!("{HEAD}<Response/>"));
    }

    // A6
    #[test]
    fn any_words_can_be_read_back() {
        for words in ["Ben", "", "a < b && c > \"d\"", "two\nlines", "O'Brien <script>alert(1)</script>", "]]> &amp;"] {
            let answer = Answer::Words(words.to_owned());
            assert!(read(&write(&answer)) == Some(answer), "{words}");
        }
        assert!(read(&write(&Answer::Silence)) == Some(Answer::Silence));
        assert!(read("<html>not found</html>").is_none());
        assert!(read("<Response><Mess").is_none());
    }

    #[test]
    fn characters_xml_cannot_carry_are_left_out() {
        let document = write(&Answer::Words("a\0b\u{1}c\u{b}d\u{1f}e\u{fffe}f\u{ffff}g\u{7f}".to_owned()));
        assert_eq!(document, format!("{HEAD}<Response><Message>abcdefg\u{7f}</Message></Response>"));
    }
}
