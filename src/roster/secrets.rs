//! What looks like a secret. Secrets never stand in the file, and one that does is never echoed.

/// Parts of key names that mean a secret, and where the secret belongs instead.
const SECRET_KEYS: [(&str, &str); 14] = [
    ("auth_token", "TWILIO_AUTH_TOKEN (or TWILIO_AUTH_TOKEN_FILE)"),
    ("account_sid", "TWILIO_ACCOUNT_SID (or TWILIO_ACCOUNT_SID_FILE)"),
    ("api_key", "the environment"),
    ("apikey", "the environment"),
    ("session_token", "AWS_SESSION_TOKEN, or an AWS profile"),
    ("access_key", "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or an AWS profile"),
    ("token", "TWILIO_AUTH_TOKEN (or TWILIO_AUTH_TOKEN_FILE)"),
    ("passphrase", "XCHANGE_PASSPHRASE (or XCHANGE_PASSPHRASE_FILE)"),
    ("password", "SMTP_PASSWORD (or SMTP_PASSWORD_FILE)"),
    ("passwd", "SMTP_PASSWORD (or SMTP_PASSWORD_FILE)"),
    ("secret", "the environment"),
    ("credential", "the environment"),
    ("private_key", "a key file named by [seal] key_file"),
    ("identity", "a key file named by [seal] key_file"),
];

/// Where the secret of a key belongs, if the key looks like one for a secret.
pub(super) fn secret_home(key: &str) -> Option<&'static str> {
    let key = key.to_lowercase().replace(['-', ' ', '.'], "_");
    SECRET_KEYS.iter().find(|(part, _)| key.contains(part)).map(|(_, home)| *home)
}

/// Where the secret of a key belongs, if the key looks like a mistyped one for a secret.
pub(super) fn near_secret(key: &str) -> Option<&'static str> {
    let key: String = key.to_lowercase().replace(['-', ' '], "_").chars().take(40).collect();
    let near = |(part, _): &&(&str, &str)| strsim::normalized_damerau_levenshtein(&key, part) >= 0.75;
    SECRET_KEYS.iter().find(near).map(|(_, home)| *home)
}

/// Whether a text is a private key of age, OpenSSH or PEM.
pub(super) fn is_private_key(text: &str) -> bool {
    let text = text.to_ascii_uppercase();
    text.contains("AGE-SECRET-KEY-") || text.contains("AGE-PLUGIN-") || text.contains("PRIVATE KEY")
}

/// Whether an unbroken run of characters is more likely a token than a word: long, with digits in it.
pub(super) fn is_opaque(run: &str) -> bool {
    run.len() >= 20 && run.bytes().any(|byte| byte.is_ascii_digit()) || is_private_key(run)
}

/// Whether a value may hold an address, a token, a comment or another key's value, and so is not to be shown.
pub(super) fn is_suspicious(value: &str) -> bool {
    let mut runs = value.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | '[' | ']' | '{' | '}'));
    let has_phone = value.contains('+') && value.bytes().filter(u8::is_ascii_digit).count() >= 7;
    let has_query = value.contains("://") && value.contains('?');
    let has_token = is_private_key(value) || runs.any(|run| !run.contains("://") && is_opaque(run));
    value.contains(['@', '=', '#']) || has_phone || has_query || has_token
}
