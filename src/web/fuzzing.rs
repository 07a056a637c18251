//! The entry point of the fuzz target `form`; see [`crate::fuzzing`].

use secrecy::SecretString;
use url::Url;

use super::form::Form;
use super::signature::{self, SignatureCheck};
use super::{texts, twiml};
use crate::app::responder::Answer;

/// The body of a webhook: taken apart, its signature checked, its text read and echoed as TwiML.
///
/// # Panics
/// Where an invariant of the room does not hold.
pub fn form(body: &[u8]) {
    let form = Form::parse(body);
    let token = SecretString::from("12345");
    let public_url = Url::parse("https://xmas.example.org").expect("a sound URL");
    let fields: Vec<_> = form.fields().collect();
    let signature = signature::sign(&token, &signature::webhook_url(&public_url, "/sms"), &fields);
    let check = SignatureCheck::new(&[token], &public_url);
    assert!(check.passes("/sms", form.fields(), signature.as_bytes()), "what was signed passes");
    assert!(!check.passes("/sms", form.fields(), body), "what was not signed does not pass");
    let _ = texts::delivery_status(&form);
    if let Some(Some(text)) = texts::text(&form) {
        let document = twiml::write(&Answer::Words(text.body));
        assert!(twiml::read(&document).is_some(), "any words make well-formed XML");
    }
}
