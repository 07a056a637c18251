//! The environment's variables, each also readable from a file (`NAME_FILE`), as containers hand secrets over.

use std::collections::HashMap;

use secrecy::{ExposeSecret, SecretString};

use super::Failure;

/// The variables xchange may read. Tests make their own instead of changing the process's.
#[derive(Clone, Default)]
pub struct Environment(HashMap<String, String>);

impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Environment(..)")
    }
}

impl Environment {
    /// The process's variables; those that are not Unicode are left out.
    pub fn of_process() -> Self {
        Self(std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?))).collect())
    }

    /// A variable that is set and not empty.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// A secret: the first line of `NAME` itself, or of the file that `NAME_FILE` names. A passphrase may begin or end with
    /// a space, so only line ends are dropped.
    ///
    /// # Errors
    /// When the file cannot be read, or there is nothing but space.
    pub fn secret(&self, name: &str) -> Result<Option<SecretString>, Failure> {
        let variable = if self.variable(name).is_some() { name.to_owned() } else { format!("{name}_FILE") };
        let Some(value) = self.variable(&variable) else { return Ok(None) };
        let text = if variable == name {
            value.to_owned()
        } else {
            std::fs::read_to_string(value).map_err(|e| {
                Failure::error(format!("cannot read {value}, the file that {variable} names")).because(e)
            })?
        };
        match text.trim_matches(['\r', '\n']).lines().next().filter(|line| !line.trim().is_empty()) {
            None => Err(Failure::error(format!("there is no secret in {variable}, only space"))
                .hint(format!("Put it there, or unset {variable}."))),
            Some(secret) => Ok(Some(SecretString::from(secret.to_owned()))),
        }
    }

    /// The token that signs webhooks, without the space that copying brings along. Whoever guesses it is told names, so one
    /// too short to be Twilio's is refused.
    ///
    /// # Errors
    /// As [`Environment::secret`], and when it is too short.
    pub fn auth_token(&self) -> Result<Option<SecretString>, Failure> {
        const SHORTEST: usize = 16;
        let token = self.secret("TWILIO_AUTH_TOKEN")?.map(|token| SecretString::from(token.expose_secret().trim()));
        match token.as_ref().map(|token| token.expose_secret().chars().count()) {
            Some(length) if length < SHORTEST => Err(Failure::error(format!(
                "TWILIO_AUTH_TOKEN has {length} characters, so it is not Twilio's and could be guessed"
            ))
            .hint("Copy the whole auth token from the Twilio console; it has 32 characters.")),
            _ => Ok(token),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use secrecy::ExposeSecret;

    use super::Environment;

    const TOKEN: &str = "0123456789abcdef0123456789abcdef";

    fn with(name: &str, value: &str) -> Environment {
        Environment(HashMap::from([(name.to_owned(), value.to_owned())]))
    }

    fn told(environment: &Environment) -> Result<Option<String>, String> {
        let token = environment.auth_token();
        token.map(|token| token.map(|token| token.expose_secret().to_owned())).map_err(|failure| failure.to_string())
    }

    // H1
    #[test]
    fn space_around_a_secret_is_dropped_in_a_variable_and_in_a_file_alike() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("token");
        for written in [TOKEN.to_owned(), format!("{TOKEN}\n"), format!("  {TOKEN} \r\n"), format!("\n{TOKEN}\nmore\n")]
        {
            assert_eq!(told(&with("TWILIO_AUTH_TOKEN", &written)), Ok(Some(TOKEN.to_owned())), "{written:?}");
            std::fs::write(&path, &written).expect("written");
            let file = with("TWILIO_AUTH_TOKEN_FILE", &path.display().to_string());
            assert_eq!(told(&file), Ok(Some(TOKEN.to_owned())), "{written:?}");
        }
        assert_eq!(told(&with("TWILIO_AUTH_TOKEN", "")), Ok(None));
    }

    // H1
    #[test]
    fn a_token_that_could_be_guessed_is_refused_and_not_repeated() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("token");
        for written in [" ", "\n", "\u{a0}", "fifteen-letters", "  sixteen-less "] {
            std::fs::write(&path, written).expect("written");
            let file = with("TWILIO_AUTH_TOKEN_FILE", &path.display().to_string());
            for environment in [with("TWILIO_AUTH_TOKEN", written), file] {
                let refused = told(&environment).expect_err("refused");
                assert!(refused.contains("TWILIO_AUTH_TOKEN") && refused.contains("hint: "), "{refused}");
                assert!(!refused.contains("fifteen-letters") && !refused.contains("sixteen"), "{refused}");
            }
        }
        let path = folder.path().join("empty");
        std::fs::write(&path, "").expect("written");
        assert!(told(&with("TWILIO_AUTH_TOKEN_FILE", &path.display().to_string())).is_err());
    }
}
