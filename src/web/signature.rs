//! Twilio's request signature: who may speak to the listener at all.
//!
//! `X-Twilio-Signature` is base64 of HMAC-SHA1, keyed with the account's auth token, over the exact URL Twilio called
//! followed by every form field, name and value, sorted by name (Twilio, "Webhooks security"). Behind a tunnel or a
//! proxy the listener cannot see that URL, so it is put together from the configured public one.

use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha1::Sha1;
use url::Url;

/// The header that carries the signature.
pub const HEADER: &str = "x-twilio-signature";

/// Signs a request as Twilio does: `fields` are the decoded form fields in any order.
pub fn sign<K: AsRef<[u8]>, V: AsRef<[u8]>>(token: &SecretString, url: &str, fields: &[(K, V)]) -> String {
    let fields = in_order(fields.iter().map(|(name, value)| (name.as_ref(), value.as_ref())));
    BASE64.encode(&mac(keyed(token), [url], &fields).finalize().into_bytes())
}

/// The URL that Twilio calls for a path of the listener (`/sms`), and signs.
#[must_use]
pub fn webhook_url(public_url: &Url, path: &str) -> String {
    format!("{}{path}", public_url.as_str().trim_end_matches('/'))
}

/// An HMAC keyed with a token, with nothing in it yet.
fn keyed(token: &SecretString) -> Hmac<Sha1> {
    Hmac::new_from_slice(token.expose_secret().as_bytes()).expect("HMAC takes keys of any length")
}

/// Fields as they are signed: sorted by name, those of one name by value; equal ones count once, as in Twilio's own
/// libraries.
pub(super) fn in_order<'a>(fields: impl Iterator<Item = (&'a [u8], &'a [u8])>) -> Vec<(&'a [u8], &'a [u8])> {
    let mut fields: Vec<_> = fields.collect();
    fields.sort_unstable();
    fields.dedup();
    fields
}

/// The state of an HMAC after the pieces of a URL and its ordered fields.
fn mac<const N: usize>(mut mac: Hmac<Sha1>, url: [&str; N], fields: &[(&[u8], &[u8])]) -> Hmac<Sha1> {
    for piece in url {
        mac.update(piece.as_bytes());
    }
    for (name, value) in fields {
        mac.update(name);
        mac.update(value);
    }
    mac
}

/// Knows the tokens and every way Twilio may write the public URL.
pub(super) struct SignatureCheck {
    /// One for each token; making it costs as much as using it.
    keyed: Vec<Hmac<Sha1>>,
    bases: Vec<String>,
    shown: String,
}

impl SignatureCheck {
    /// Prepares to check requests to `public_url`. With no token every check fails.
    pub(super) fn new(tokens: &[SecretString], public_url: &Url) -> Self {
        let host = public_url.host_str().unwrap_or_default();
        let path = public_url.path().trim_end_matches('/');
        let user = match (public_url.username(), public_url.password()) {
            ("", None) => String::new(),
            (user, None) => format!("{user}@"),
            (user, Some(password)) => format!("{user}:{password}@"),
        };
        let scheme = public_url.scheme();
        // Twilio's libraries accept a URL with and without its port, since either side may have normalised it away.
        let mut bases = vec![format!("{scheme}://{user}{host}{path}")];
        if let Some(port) = public_url.port_or_known_default() {
            bases.push(format!("{scheme}://{user}{host}:{port}{path}"));
        }
        let port = public_url.port().map(|port| format!(":{port}")).unwrap_or_default();
        let keyed = tokens.iter().map(keyed).collect();
        Self { keyed, bases, shown: format!("{scheme}://{host}{port}{path}") }
    }

    /// The URL a request to a path is checked against, for log lines: without user and password, and at most 200
    /// characters of what the request named.
    pub(super) fn url(&self, path_and_query: &str) -> String {
        format!("{}{path_and_query:.200}", self.shown)
    }

    /// Whether Twilio signed this. Compares in constant time.
    pub(super) fn passes<'a>(
        &self,
        path_and_query: &str,
        fields: impl Iterator<Item = (&'a [u8], &'a [u8])>,
        signature: &[u8],
    ) -> bool {
        let Ok(signature) = BASE64.decode(signature) else { return false };
        let fields = in_order(fields);
        // The root is also written without its slash.
        let bare = path_and_query.strip_prefix('/').filter(|rest| rest.is_empty() || rest.starts_with('?'));
        let endings = std::iter::once(path_and_query).chain(bare);
        let mut spellings = endings.flat_map(|ending| self.bases.iter().map(move |base| [base.as_str(), ending]));
        spellings
            .any(|url| self.keyed.iter().any(|keyed| mac(keyed.clone(), url, &fields).verify_slice(&signature).is_ok()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // The request that Twilio's helper libraries test with, and the token they use.
    const FIELDS: [(&str, &str); 5] = [
        ("CallSid", "CA1234567890ABCDE"),
        ("Digits", "1234"),
        ("From", "+14158675309"),
        ("To", "+18005551212"),
        ("Caller", "+14158675309"),
    ];

    fn token() -> SecretString {
        SecretString::from("12345")
    }

    fn fields() -> impl Iterator<Item = (&'static [u8], &'static [u8])> {
        FIELDS.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes()))
    }

    fn passes(public_url: &str, signature: &str) -> bool {
        let check = SignatureCheck::new(&[token()], &public_url.parse().expect("a URL"));
        check.passes("/myapp.php?foo=1&bar=2", fields(), signature.as_bytes())
    }

    // H1: twilio-python tests/unit/test_request_validator.py, test_compute_signature; the same in twilio-node and -go
    #[test]
    fn signs_the_example_of_twilios_libraries() {
        let url = "https://mycompany.com/myapp.php?foo=1&bar=2";
        assert_eq!(sign(&token(), url, &FIELDS), "RSOYDt4T1cUTdK1PDd93/VVr8B8=");
    }

    // H1: the worked example of Twilio's "Webhooks security" page
    #[test]
    fn signs_the_example_of_twilios_documentation() {
        let fields = FIELDS.map(|(k, v)| (k, if v == "+14158675309" { "+12349013030" } else { v }));
        let url = "https://mycompany.com/myapp.php?foo=1&bar=2";
        assert_eq!(sign(&token(), url, &fields), "0/KCTR6DLpKmkAf8muzZqo1nDgQ=");
    }

    // H1: twilio-python, test_compute_signature_duplicate_multi_dict
    #[test]
    fn fields_of_one_name_are_sorted_and_equal_ones_count_once() {
        let url = "https://mycompany.com/myapp.php?foo=1&bar=2";
        let fields = [("Sid", "CA123"), ("SidAccount", "AC123"), ("Digits", "5678"), ("Digits", "1234")];
        assert_eq!(sign(&token(), url, &fields), "IK+Dwps556ElfBT0I3Rgjkr1wJU=");
        let repeated = [&fields[..], &fields[2..]].concat();
        assert_eq!(sign(&token(), url, &repeated), "IK+Dwps556ElfBT0I3Rgjkr1wJU=");
    }

    // H1: twilio-python, test_validation_{removes,adds}_port_on_{https,http}
    #[test]
    fn a_port_more_or_less_does_not_matter() {
        assert!(passes("https://mycompany.com", "RSOYDt4T1cUTdK1PDd93/VVr8B8="));
        assert!(passes("https://mycompany.com:443/", "RSOYDt4T1cUTdK1PDd93/VVr8B8="));
        assert!(passes("https://mycompany.com:1234", "RSOYDt4T1cUTdK1PDd93/VVr8B8="));
        assert!(passes("https://mycompany.com", "kvajT1Ptam85bY51eRf/AJRuM3w="));
        assert!(passes("http://mycompany.com", "0ZXoZLH/DfblKGATFgpif+LLRf4="));
        assert!(passes("http://mycompany.com:1234", "Zmvh+3yNM1Phv2jhDCwEM3q5ebU="));
        assert!(!passes("https://mycompany.com:1234", "kvajT1Ptam85bY51eRf/AJRuM3w="), "another port's signature");
        assert!(!passes("http://mycompany.com", "RSOYDt4T1cUTdK1PDd93/VVr8B8="), "another scheme's signature");
    }

    // H1
    #[test]
    fn anything_else_fails() {
        for signature in ["", "RSOYDt4T1cUTdK1PDd93/VVr8B8", "RSOYDt4T1cUTdK1PDd93/VVr8B9=", "not base64!", "AAAA"] {
            assert!(!passes("https://mycompany.com", signature), "{signature}");
        }
        let none = SignatureCheck::new(&[], &"https://mycompany.com".parse().expect("a URL"));
        assert!(
            !none.passes("/myapp.php?foo=1&bar=2", fields(), b"RSOYDt4T1cUTdK1PDd93/VVr8B8="),
            "no token, no entry"
        );
        assert!(!passes("https://mycompany.com/prefix", "RSOYDt4T1cUTdK1PDd93/VVr8B8="));
    }

    // H1
    #[test]
    fn a_prefix_a_bare_root_and_a_password_are_part_of_the_url() {
        let check = |public: &str, path: &str, signed: &str| {
            let check = SignatureCheck::new(&["old".into(), token()], &public.parse().expect("a URL"));
            check.passes(path, fields(), sign(&token(), signed, &FIELDS).as_bytes())
        };
        assert!(check("https://x.org/pre/", "/sms", "https://x.org/pre/sms"));
        assert!(check("https://x.org", "/", "https://x.org/"));
        assert!(check("https://x.org", "/", "https://x.org"));
        assert!(check("https://x.org/pre", "/?a=1", "https://x.org/pre?a=1"));
        assert!(check("https://user:pass@x.org", "/sms", "https://user:pass@x.org/sms"));
        assert!(!check("https://x.org", "/sms", "https://x.org/"));
        assert!(!check("https://x.org", "/sms", "https://x.orgsms"));
        let shown = SignatureCheck::new(&[], &"https://user:pass@x.org:8443/pre".parse().expect("a URL")).url("/sms");
        assert_eq!(shown, "https://x.org:8443/pre/sms");
    }
}
