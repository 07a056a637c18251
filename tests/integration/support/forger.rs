//! Another sealed draw in a draw's place: what somebody could do who knows the public key and may write.

use rusqlite::{Connection, params};
use xchange::seal::{self, DrawDetails, DrawDocument, Identity};

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

    /// Makes the newest draw a year old, everywhere.
    pub(crate) fn age(house: &House, number: u32) {
        let year = jiff::SignedDuration::from_hours(365 * 24);
        let aged = Self::of(house, number, |document| {
            let about = document.about().clone();
            let drawn_at = about.drawn_at.checked_sub(year).expect("a time");
            let about = DrawDetails { drawn_at, ..about };
            DrawDocument::new(document.roster().clone(), about, document.all_pairings()).expect("a draw")
        });
        aged.with_header(house);
        aged.replace_in_archive(house);
        let millis = i64::try_from(year.as_millis()).expect("short");
        aged.update(house, &format!("UPDATE draw SET drawn_at = drawn_at - {millis} WHERE number = ?3 AND ?1 <> ?2"));
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
