//! `[store]`: a file, or a database of a PostgreSQL server by its address.

use std::borrow::Cow;

use url::{Url, form_urlencoded};

use super::findings::Findings;
use super::keys;
use super::section::{LONGEST_TEXT, Section, Spanned};
use super::settings::Base;
use crate::model::{DatabaseServer, DatabaseSettings, ServerTls, is_this_machine};

const EXAMPLE: &str = "an example: \"postgres://xchange@db.example.org/xchange\"";

/// What may follow the `?`, as libpq spells it.
const KEYS: [&str; 6] = ["sslmode", "sslrootcert", "host", "port", "user", "options"];

/// Reads `[store]`.
pub(super) fn read_store(root: &Section<'_, '_>, base: Base<'_>, findings: &mut Findings) -> DatabaseSettings {
    let section = root.table("store", &keys::STORE, findings);
    let path = base.path(section.as_ref(), "path", "exchange.db", findings);
    let Some(section) = section.filter(|section| section.has("url")) else { return DatabaseSettings::File(path) };
    if section.has("path") {
        findings
            .error(section.key_at("url"), "`path` and `url` cannot both be the database")
            .hint("keep `url` for PostgreSQL, `path` for a file");
    }
    let url = section.line("url", LONGEST_TEXT, findings);
    let server = url.and_then(|found| match server(found.value, base) {
        Ok(server) => Some(server),
        Err((fault, hint)) => {
            complain(found, &fault, hint, findings);
            None
        }
    });
    server.map_or(DatabaseSettings::File(path), DatabaseSettings::Server)
}

fn complain(found: Spanned<&str>, fault: &str, hint: Option<&'static str>, findings: &mut Findings) {
    findings.error(found.at, format!("`url` {fault}")).hint(hint.unwrap_or(EXAMPLE));
}

type Fault = (Cow<'static, str>, Option<&'static str>);

/// The server that an address names.
fn server(text: &str, base: Base<'_>) -> Result<DatabaseServer, Fault> {
    let Ok(url) = Url::parse(text) else { return Err(("is not an address".into(), None)) };
    if !matches!(url.scheme(), "postgres" | "postgresql") {
        return Err(("must start with postgres://".into(), None));
    }
    if url.password().is_some() {
        let hint = "set XCHANGE_DATABASE_PASSWORD (or XCHANGE_DATABASE_PASSWORD_FILE), and treat this one as disclosed";
        return Err(("carries a password, which never stands in the file".into(), Some(hint)));
    }
    if let Some((key, _)) = url.query_pairs().find(|(key, _)| !KEYS.contains(&key.as_ref())) {
        let fault = format!("carries `{key}`, which means nothing here");
        return Err((fault.into(), Some("known are sslmode, sslrootcert, host, port, user and options")));
    }
    let given = |wanted: &str| url.query_pairs().find(|(key, _)| key == wanted).map(|(_, value)| value.into_owned());
    let host = given("host").or_else(|| url.host_str().filter(|host| !host.is_empty()).map(decoded));
    let user = given("user").or_else(|| Some(url.username()).filter(|user| !user.is_empty()).map(decoded));
    let name = decoded(url.path().trim_start_matches('/'));
    let Some(host) = host else {
        let hint = "the folder of a socket is written ?host=/run/postgresql";
        return Err(("names no host".into(), Some(hint)));
    };
    let Some(user) = user else { return Err(("names no user".into(), None)) };
    if name.is_empty() || name.contains('/') {
        return Err(("names no database".into(), None));
    }
    let port = match given("port") {
        Some(port) => port.parse().map_err(|_no_port| (Cow::from("names a port that is none"), None))?,
        None => url.port().unwrap_or(5432),
    };
    let is_near = host.starts_with('/') || is_this_machine(&host);
    let tls = match given("sslmode").as_deref() {
        None if is_near => ServerTls::Prefer,
        None | Some("verify-full") => ServerTls::VerifyFull,
        Some("disable") => ServerTls::Disable,
        Some("prefer") => ServerTls::Prefer,
        Some("require") if given("sslrootcert").is_none() => ServerTls::Require,
        Some("require" | "verify-ca") => ServerTls::VerifyCa,
        Some(_) => {
            let hint = "it is disable, prefer, require, verify-ca or verify-full";
            return Err(("carries an sslmode that is none".into(), Some(hint)));
        }
    };
    let authority = given("sslrootcert").filter(|path| path != "system").map(|path| base.join(&path));
    Ok(DatabaseServer { host, port, user, name, tls, authority, options: given("options"), password: None })
}

fn decoded(part: &str) -> String {
    let pair = format!("part={}", part.replace('+', "%2B").replace('&', "%26"));
    form_urlencoded::parse(pair.as_bytes()).map(|(_, value)| value.into_owned()).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn read(url: &str) -> Result<DatabaseServer, Fault> {
        server(url, Base { file: Path::new("there/exchange.toml") })
    }

    // G11
    #[test]
    fn an_address_is_read_as_libpq_reads_it() {
        let far = read("postgres://xchange@db.example.org/xmas").expect("sound");
        assert_eq!((far.host.as_str(), far.port, far.user.as_str()), ("db.example.org", 5432, "xchange"));
        assert_eq!((far.name.as_str(), far.tls), ("xmas", ServerTls::VerifyFull));
        assert_eq!(far.to_string(), "postgres://xchange@db.example.org:5432/xmas");
        let near = read("postgresql:///xmas?host=/run/postgresql&user=a%40b&port=6000").expect("sound");
        assert_eq!((near.host.as_str(), near.port, near.user.as_str()), ("/run/postgresql", 6000, "a@b"));
        assert_eq!(near.tls, ServerTls::Prefer);
        assert_eq!(read("postgres://a%40b@[::1]:6000/x%2By").expect("sound").name, "x+y");
        for (written, meant) in [
            ("sslmode=disable", ServerTls::Disable),
            ("sslmode=prefer", ServerTls::Prefer),
            ("sslmode=require", ServerTls::Require),
            ("sslmode=require&sslrootcert=ca.pem", ServerTls::VerifyCa),
            ("sslmode=verify-ca", ServerTls::VerifyCa),
            ("sslmode=verify-full&sslrootcert=system", ServerTls::VerifyFull),
        ] {
            let server = read(&format!("postgres://x@db.example.org/x?{written}")).expect("sound");
            assert_eq!(server.tls, meant, "{written}");
            let named = server.authority.as_deref();
            assert_eq!(named, written.contains("ca.pem").then_some(Path::new("there/ca.pem")));
        }
    }

    // G11 X3
    #[test]
    fn what_is_no_address_of_a_database_is_refused_in_words() {
        for (written, said) in [
            ("db.example.org", "is not an address"),
            ("https://x@db.example.org/x", "must start with postgres://"),
            ("postgres://x:hunter2@db.example.org/x", "carries a password"),
            ("postgres://db.example.org/x", "names no user"),
            ("postgres://x@db.example.org", "names no database"),
            ("postgres:///x?user=x", "names no host"),
            ("postgres://x@db.example.org/x?sslmode=yes", "sslmode that is none"),
            ("postgres://x@db.example.org/x?port=http", "a port that is none"),
            ("postgres://x@db.example.org/x?password=hunter2", "carries `password`"),
        ] {
            let (fault, hint) = read(written).expect_err(written);
            assert!(fault.contains(said) && !fault.contains("hunter2"), "{written}: {fault}");
            assert!(hint.is_none_or(|hint| !hint.contains("hunter2")));
        }
    }
}
