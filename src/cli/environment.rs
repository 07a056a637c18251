//! The environment's variables, each also readable from a file (`NAME_FILE`), as containers hand secrets over.

use std::collections::HashMap;

use secrecy::SecretString;

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
    #[must_use]
    pub fn of_process() -> Self {
        Self(std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?))).collect())
    }

    /// A variable that is set and not empty.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// A secret: `NAME` itself, or the first line of the file that `NAME_FILE` names.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn secret(&self, name: &str) -> Result<Option<SecretString>, Failure> {
        if let Some(value) = self.variable(name) {
            return Ok(Some(SecretString::from(value.to_owned())));
        }
        let Some(path) = self.variable(&format!("{name}_FILE")) else { return Ok(None) };
        let text = std::fs::read_to_string(path)
            .map_err(|e| Failure::error(format!("cannot read {path}, the file that {name}_FILE names")).because(e))?;
        Ok(text.lines().next().filter(|line| !line.is_empty()).map(|line| SecretString::from(line.to_owned())))
    }
}
