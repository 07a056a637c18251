//! Another sealed draw in a draw's place: what somebody could do who knows the public key and may write.

use rusqlite::{Connection, params};
use xchange::seal::{self, DrawDocument, Identity};

use super::house::House;

/// A draw made anew from a sealed one, with a header that fits it.
pub(crate) struct Forged {
    number: u32,
    header: String,
    sealed: Vec<u8>,
}

impl Forged {
    /// Opens a draw, changes it, and seals what came out.
    pub(crate) fn of(house: &House, number: u32, change: impl FnOnce(&DrawDocument) -> DrawDocument) -> Self {
        let document = change(&house.open_draw(number));
        let identity = Identity::load(&house.path("exchange.key"), || None).expect("a key").identity;
        let (header, sealed) = seal::seal(&document, &identity.public_key(), &[]).expect("sealed");
        Self { number, header: String::from_utf8(header.to_json()).expect("text"), sealed }
    }

    /// Puts the sealed file into the database, and leaves the header that was published.
    pub(crate) fn without_header(&self, house: &House) {
        self.update(house, "UPDATE draw SET sealed = ?1 WHERE number = ?3 AND ?2 IS NOT NULL");
    }

    /// Puts sealed file and header into the database.
    pub(crate) fn with_header(&self, house: &House) {
        self.update(house, "UPDATE draw SET sealed = ?1, header = ?2 WHERE number = ?3");
    }

    /// Puts sealed file and header into the archive.
    pub(crate) fn replace_in_archive(&self, house: &House) {
        let path = |ending| house.path(&format!("sealed/hill-family/draw-{:04}.{ending}", self.number));
        std::fs::write(path("age"), &self.sealed).expect("written");
        std::fs::write(path("json"), &self.header).expect("written");
    }

    fn update(&self, house: &House, statement: &str) {
        let database = Connection::open(house.path("exchange.db")).expect("opens");
        let rows = database.execute(statement, params![self.sealed, self.header, self.number]).expect("runs");
        assert_eq!(rows, 1);
    }
}
