//! What people text about their own gifts: wishes, and BOUGHT, SENT, GOT.

use jiff::Timestamp;

use super::{DrawId, StoreError, Tx, values};
use crate::model::PersonId;

impl Tx<'_> {
    /// Adds a wish.
    pub fn add_wish(&self, person: PersonId, body: &str, at: Timestamp) -> Result<(), StoreError> {
        self.execute("INSERT INTO wish (person, body, at) VALUES ($1, $2, $3)", values![person, body, at])
    }

    /// A person's wishes, best first: those `written` in the roster that were not taken back, then those texted.
    pub fn wishes(&self, person: PersonId, written: &[String]) -> Result<Vec<String>, StoreError> {
        let rows: Vec<(String, bool)> =
            self.all("SELECT body, withdrawn FROM wish WHERE person = $1 ORDER BY id", values![person])?;
        let withdrawn = |wish: &&String| rows.iter().any(|(body, withdrawn)| *withdrawn && body == *wish);
        let kept = written.iter().filter(|wish| !withdrawn(wish)).cloned();
        let texted = rows.iter().filter(|(_, withdrawn)| !withdrawn).map(|(body, _)| body.clone());
        Ok(kept.chain(texted).collect())
    }

    /// Takes a wish back, whether it was texted or stands in the roster.
    pub fn withdraw_wish(&self, person: PersonId, body: &str, at: Timestamp) -> Result<(), StoreError> {
        let texted = self.changed(
            "DELETE FROM wish WHERE id = (SELECT max(id) FROM wish WHERE person = $1 AND body = $2 AND withdrawn = 0)",
            values![person, body],
        )?;
        if texted == 0 {
            self.execute(
                "INSERT INTO wish (person, body, withdrawn, at) VALUES ($1, $2, 1, $3)",
                values![person, body, at],
            )?;
        }
        Ok(())
    }

    /// Records a report (`bought`, `sent`, `got`) of a person in a draw; the first one counts.
    ///
    /// # Errors
    /// [`StoreError::Statement`], also for a report of another kind.
    pub fn add_report(&self, draw: DrawId, person: PersonId, kind: &str, at: Timestamp) -> Result<(), StoreError> {
        self.execute(
            "INSERT INTO report (draw, person, kind, at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (draw, person, kind) DO NOTHING",
            values![draw, person, kind, at],
        )
    }

    /// Who reported a kind in a draw.
    pub fn reported(&self, draw: DrawId, kind: &str) -> Result<Vec<PersonId>, StoreError> {
        self.all("SELECT person FROM report WHERE draw = $1 AND kind = $2 ORDER BY person", values![draw, kind])
    }
}
