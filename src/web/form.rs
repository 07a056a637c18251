//! A form body taken apart into bytes. Twilio signs the bytes as sent, so nothing is repaired before the signature
//! has been checked; only then is a field read as text.

use std::ops::Range;

/// The fields of an `application/x-www-form-urlencoded` body, in order, percent-decoded.
pub(super) struct Form {
    /// All names and values, one after another.
    decoded: Vec<u8>,
    fields: Vec<(Range<usize>, Range<usize>)>,
}

/// A field that is not UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NotUtf8;

impl Form {
    /// Takes a body apart. Never fails: what is no escape stands for itself (WHATWG URL, "urlencoded parsing").
    pub(super) fn parse(body: &[u8]) -> Self {
        let mut decoded = Vec::with_capacity(body.len());
        let fields = body.split(|b| *b == b'&').filter(|field| !field.is_empty()).map(|field| {
            let equals = field.iter().position(|b| *b == b'=').unwrap_or(field.len());
            let name = decode(&field[..equals], &mut decoded);
            (name, decode(field.get(equals + 1..).unwrap_or_default(), &mut decoded))
        });
        Self { fields: fields.collect(), decoded }
    }

    /// All fields, for the signature.
    pub(super) fn fields(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.fields.iter().map(|(name, value)| (&self.decoded[name.clone()], &self.decoded[value.clone()]))
    }

    /// The first field of a name.
    pub(super) fn text(&self, name: &str) -> Result<Option<&str>, NotUtf8> {
        let Some((_, value)) = self.fields().find(|(key, _)| *key == name.as_bytes()) else { return Ok(None) };
        std::str::from_utf8(value).map(Some).map_err(|_invalid| NotUtf8)
    }
}

/// Undoes `+` and `%41`, and says where the result stands.
fn decode(raw: &[u8], decoded: &mut Vec<u8>) -> Range<usize> {
    let start = decoded.len();
    let mut rest = raw;
    while let [first, tail @ ..] = rest {
        rest = tail;
        decoded.push(match (*first, tail) {
            (b'+', _) => b' ',
            (b'%', [high, low, after @ ..]) => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => {
                    rest = after;
                    high << 4 | low
                }
                _ => b'%',
            },
            (byte, _) => byte,
        });
    }
    start..decoded.len()
}

/// The value of a hexadecimal digit.
fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_taken_apart_as_the_url_standard_says() {
        let form =
            Form::parse(b"From=%2B447700900123&Body=Merry+Christmas%21%21&&Empty=&Bare&Odd=100%&Bad=%zz%4&%C3%A9=1");
        assert_eq!(form.text("From"), Ok(Some("+447700900123")));
        assert_eq!(form.text("Body"), Ok(Some("Merry Christmas!!")));
        assert_eq!(form.text("Empty"), Ok(Some("")));
        assert_eq!(form.text("Bare"), Ok(Some("")));
        assert_eq!(form.text("Odd"), Ok(Some("100%")));
        assert_eq!(form.text("Bad"), Ok(Some("%zz%4")));
        assert_eq!(form.text("é"), Ok(Some("1")));
        assert_eq!(form.text("Missing"), Ok(None));
        assert_eq!(form.fields().count(), 7);
    }

    #[test]
    fn what_is_not_utf8_is_said_and_not_repaired() {
        let form = Form::parse(b"Body=%ff%fe&From=x");
        assert_eq!(form.text("Body"), Err(NotUtf8));
        assert!(form.fields().next().is_some_and(|(_, value)| value == [0xff, 0xfe]));
        assert_eq!(form.text("From"), Ok(Some("x")));
    }

    // The standard's own parser agrees wherever the text is UTF-8.
    #[test]
    fn any_text_survives_the_standard_serializer() {
        for text in ["", "a b+c", "100% & more = 4", "Zoë 🎁 <script>", "line\r\nbreak\0nul"] {
            let body = url::form_urlencoded::Serializer::new(String::new()).append_pair("Body", text).finish();
            assert_eq!(Form::parse(body.as_bytes()).text("Body"), Ok(Some(text)));
        }
    }
}
