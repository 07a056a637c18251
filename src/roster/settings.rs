//! `[listener]`, `[archive]`, `[seal]` and `[site]`.

use std::collections::HashSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Component, Path, PathBuf};

use url::Url;

use super::exchange::{read_country, read_timezone};
use super::findings::Findings;
use super::keys;
use super::names;
use super::secrets;
use super::section::{LONGEST_TEXT, Section, Spanned};
use super::source::Span;
use crate::model::{
    ArchiveSettings, ListenerSettings, Organizers, SealSettings, Settings, SignInSettings, SiteSettings,
    is_this_machine,
};

/// The longest public key of an auditor, in characters: an RSA key of 16,384 bits with its comment.
const LONGEST_KEY: usize = 4_000;

/// Where relative paths start: the roster file and its folder.
#[derive(Debug, Clone, Copy)]
pub(super) struct Base<'p> {
    pub(super) file: &'p Path,
}

impl Base<'_> {
    pub(super) fn join(self, path: &str) -> PathBuf {
        self.file.parent().map_or_else(|| PathBuf::from(path), |folder| folder.join(path))
    }

    /// A path from the file, or the default.
    pub(super) fn path(
        self,
        section: Option<&Section<'_, '_>>,
        key: &'static str,
        default: &str,
        findings: &mut Findings,
    ) -> PathBuf {
        let found = section.and_then(|section| section.line(key, LONGEST_TEXT, findings));
        let Some(found) = found else { return self.join(default) };
        if found.value.starts_with('~') {
            findings
                .error(found.at, format!("`{key}` starts with ~, which only a shell understands"))
                .hint("write the whole path, or one relative to this file");
        }
        let path = self.join(found.value);
        if is_same(&path, self.file) {
            findings.error(found.at, format!("`{key}` is the roster file itself"));
        }
        path
    }
}

/// Whether two paths are the same after `.` is taken out; links are not followed.
pub(super) fn is_same(a: &Path, b: &Path) -> bool {
    let tidy = |path: &Path| -> PathBuf { path.components().filter(|c| *c != Component::CurDir).collect() };
    tidy(a) == tidy(b)
}

pub(super) fn read_listener(root: &Section<'_, '_>, findings: &mut Findings) -> ListenerSettings {
    let section = root.table("listener", &keys::LISTENER, findings);
    let bind = section.as_ref().and_then(|section| section.line("bind", LONGEST_TEXT, findings));
    let public_url = section.as_ref().and_then(|section| section.line("public_url", LONGEST_TEXT, findings));
    ListenerSettings {
        bind: bind.and_then(|found| read_bind(found, findings)).unwrap_or((Ipv4Addr::LOCALHOST, 5050).into()),
        public_url: public_url.and_then(|found| read_url(found, "public_url", findings)),
    }
}

fn read_bind(found: Spanned<&str>, findings: &mut Findings) -> Option<SocketAddr> {
    let address = found.value.parse().ok();
    if address.is_none() {
        let hint = match found.value.rsplit_once(':') {
            Some(("localhost", port)) => format!("write \"127.0.0.1:{port}\""),
            Some(("" | "*", port)) => format!("write \"0.0.0.0:{port}\" to listen everywhere"),
            _ => "write an address and a port: \"127.0.0.1:5050\"".to_owned(),
        };
        findings.error(found.at, "`bind` is not an address with a port").hint(hint);
    }
    address
}

/// Reads an http or https address. A path is kept without its trailing slash, since ours are appended to it.
///
/// # Errors
/// What is wrong with it, to be put behind its name.
pub fn web_address(text: &str) -> Result<Url, &'static str> {
    let Ok(mut url) = Url::parse(text) else {
        return Err(if text.contains("://") { "is not a web address" } else { "must start with https:// or http://" });
    };
    if !matches!(url.scheme(), "http" | "https") {
        return Err("must start with https:// or http://");
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err("has no host");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must not carry a user name or password");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("must end after its path");
    }
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
    Ok(url)
}

pub(super) fn read_url(found: Spanned<&str>, key: &str, findings: &mut Findings) -> Option<Url> {
    match web_address(found.value) {
        Ok(url) => Some(url),
        Err(fault) => {
            findings.error(found.at, format!("`{key}` {fault}")).hint("an example: https://xmas.example.org");
            None
        }
    }
}

pub(super) fn read_archive(root: &Section<'_, '_>, base: Base<'_>, findings: &mut Findings) -> ArchiveSettings {
    let Some(section) = root.table("archive", &keys::ARCHIVE, findings) else {
        return ArchiveSettings::Folder { path: base.join("sealed"), prefix: String::new() };
    };
    let prefix = section.line("prefix", 200, findings).and_then(|found| read_prefix(found, findings));
    let prefix = prefix.unwrap_or_default();
    let bucket = section.line("bucket", 255, findings);
    if bucket.is_some() && section.has("folder") {
        findings
            .error(section.key_at("folder"), "`bucket` and `folder` cannot both be the archive")
            .hint("keep the one the sealed draw should go to");
    }
    let region = section.line("region", 64, findings);
    let endpoint = section.line("endpoint", LONGEST_TEXT, findings);
    let path_style = section.flag("path_style", findings).unwrap_or(false);
    let endpoint = endpoint.and_then(|found| read_url(found, "endpoint", findings));
    let Some(bucket) = bucket else {
        for key in ["region", "endpoint", "path_style"].into_iter().filter(|key| section.has(key)) {
            if !section.has("bucket") {
                findings.error(section.key_at(key), format!("`{key}` needs a `bucket`"));
            }
        }
        let path = base.path(Some(&section), "folder", "sealed", findings);
        return ArchiveSettings::Folder { path, prefix };
    };
    check_bucket(bucket, findings);
    let region = region.and_then(|found| read_region(found, findings));
    ArchiveSettings::S3 { bucket: bucket.value.to_owned(), prefix, region, endpoint, path_style }
}

/// Bucket names by the widest rules in use: S3's own, and the underscores and capitals of older and other stores.
fn check_bucket(found: Spanned<&str>, findings: &mut Findings) {
    let name = found.value;
    if let Some(rest) = name.strip_prefix("s3://") {
        let bucket = rest.split('/').next().unwrap_or(rest);
        findings
            .error(found.at, "`bucket` is a name, not an address")
            .hint(format!("write bucket = {}, and what follows as prefix", names::quoted(bucket)));
    } else if name.len() < 3 || !name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_')) {
        findings
            .error(found.at, "this is not a bucket name")
            .hint("bucket names have at least 3 characters: lower-case letters, digits, hyphens and dots");
    }
}

fn read_region(found: Spanned<&str>, findings: &mut Findings) -> Option<String> {
    if found.value.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')) {
        return Some(found.value.to_owned());
    }
    findings.error(found.at, "this is not a region").hint("an example: \"eu-west-2\"");
    None
}

/// What stands before every key of the archive. It may not leave the archive's folder.
fn read_prefix(found: Spanned<&str>, findings: &mut Findings) -> Option<String> {
    let prefix = found.value;
    let climbs = prefix.split('/').any(|part| part == "..");
    let empty_part = prefix.trim_end_matches('/').split('/').any(str::is_empty);
    if climbs || empty_part || prefix.contains('\\') {
        findings
            .error(found.at, "`prefix` must be a plain path without a leading slash")
            .hint("an example: \"xchange/\"");
        return None;
    }
    Some(prefix.to_owned())
}

/// Reads `[seal]`; also tells where each auditor stands.
pub(super) fn read_seal(root: &Section<'_, '_>, base: Base<'_>, findings: &mut Findings) -> (SealSettings, Vec<Span>) {
    let section = root.table("seal", &keys::SEAL, findings);
    let key_file = base.path(section.as_ref(), "key_file", "exchange.key", findings);
    let (auditors, places) = read_auditors(section.as_ref(), findings);
    (SealSettings { auditors, key_file }, places)
}

/// Reads `auditors` of `[seal]`; also tells where each stands.
pub(super) fn read_auditors(section: Option<&Section<'_, '_>>, findings: &mut Findings) -> (Vec<String>, Vec<Span>) {
    let found = section.map_or_else(Vec::new, |section| section.lines("auditors", LONGEST_KEY, findings));
    let (mut auditors, mut places, mut seen) = (Vec::new(), Vec::new(), HashSet::new());
    for auditor in found {
        check_auditor(auditor, findings);
        // The comment after an ssh key does not make it another key.
        let key: Vec<&str> = auditor.value.split_whitespace().take(2).collect();
        if !seen.insert(key) {
            findings.warning(auditor.at, "this auditor is named twice");
            continue;
        }
        auditors.push(auditor.value.to_owned());
        places.push(auditor.at);
    }
    (auditors, places)
}

/// Whether an auditor looks like a public key the sealed draw can be written for; the seal checks the key itself.
fn check_auditor(found: Spanned<&str>, findings: &mut Findings) {
    let key = found.value;
    if secrets::is_private_key(key) {
        findings
            .error(found.at, "this is a private key; an auditor is named by the public one")
            .hint("write the key that starts with age1, ssh-ed25519 or ssh-rsa, and treat this one as disclosed");
        return;
    }
    let known = key.starts_with("age1") && !key.contains(char::is_whitespace)
        || key.starts_with("ssh-ed25519 ")
        || key.starts_with("ssh-rsa ");
    if !known {
        let what = if key.starts_with("ecdsa-") || key.starts_with("sk-") {
            "a sealed draw cannot be written for this kind of ssh key"
        } else {
            "this is no public key of an auditor"
        };
        findings.error(found.at, what).hint("write age1..., ssh-ed25519 ... or ssh-rsa ...");
    }
}

/// Reads `[site]`.
pub(super) fn read_site(root: &Section<'_, '_>, findings: &mut Findings) -> SiteSettings {
    const MOST_PROXIES: u32 = 16;
    let Some(section) = root.table("site", &keys::SITE, findings) else { return SiteSettings::default() };
    let organizers = section.line("organizers", LONGEST_TEXT, findings).and_then(|found| match found.value {
        "accounts" => Some(Organizers::Accounts),
        "local" => Some(Organizers::Local),
        "off" => Some(Organizers::Off),
        other => {
            findings.error(found.at, format!("`organizers` cannot be {}", names::quoted(other))).hint(
                "write \"accounts\" (on as soon as somebody has one), \"local\" (on this machine only) or \"off\"",
            );
            None
        }
    });
    SiteSettings {
        name: section.name("name", findings).map(|found| names::tidy(found.value)),
        trusted_proxies: section.whole("trusted_proxies", 0..=MOST_PROXIES, findings).map_or(0, |found| found.value),
        organizers: organizers.unwrap_or_default(),
        timezone: read_timezone(&section, findings),
        country: read_country(&section, findings).known(),
    }
}

/// Reads `[sign_in]`. A secret goes to the issuer, so its address is https, but on this machine.
pub(super) fn read_sign_in(root: &Section<'_, '_>, findings: &mut Findings) -> Option<SignInSettings> {
    let section = root.table("sign_in", &keys::SIGN_IN, findings)?;
    let (issuer, client_id) =
        (section.line("issuer", LONGEST_TEXT, findings), section.line("client_id", LONGEST_TEXT, findings));
    if issuer.is_none() && !section.has("issuer") && (client_id.is_some() || section.has("client_id")) {
        findings
            .error(root.key_at("sign_in"), "`issuer` is missing")
            .hint("an example: issuer = \"https://accounts.google.com\"");
    }
    let issuer = issuer?;
    let url = read_url(issuer, "issuer", findings)?;
    if url.scheme() != "https" && !url.host_str().is_some_and(is_this_machine) {
        findings.error(issuer.at, "`issuer` must start with https://").hint("what is said there has to stay secret");
    }
    if client_id.is_none() && !section.has("client_id") {
        findings
            .error(root.key_at("sign_in"), "`client_id` is missing")
            .hint("the issuer gives you one when you register the site there");
    }
    Some(SignInSettings {
        issuer: issuer.value.to_owned(),
        client_id: client_id?.value.to_owned(),
        client_secret: None,
    })
}

/// Refuses one path for two things.
pub(super) fn refuse_shared_files(root: &Section<'_, '_>, settings: &Settings, findings: &mut Findings) {
    if settings.database.is_file(|path| is_same(path, &settings.seal.key_file)) {
        let section = if root.has("store") { "store" } else { "seal" };
        findings
            .error(root.key_at(section), "the database and the key file are one file")
            .hint("give [store] path and [seal] key_file different names");
    }
}
