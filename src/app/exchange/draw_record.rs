//! A draw as it stands in the database, read: its roster, its clear header, and its pairings once they have been held
//! against the published fingerprint.

use std::collections::HashMap;

use crate::model::{Exchange, Person, PersonId, PersonIndex};
use crate::seal::{self, Difference, DrawDocument, Header, Identity, SealError};
use crate::store::{StoreError, StoredDraw};

/// Why a stored draw is not the draw it should be.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotTheDraw {
    #[error("the sealed draw does not open")]
    Closed(#[source] SealError),
    #[error("the draw's header cannot be read")]
    Header(#[source] SealError),
    /// It opens, but is not the one that was published.
    #[error("it is not the draw whose fingerprint was published")]
    Different(#[source] Difference),
    /// It is sound in itself, and another draw of the series by its number or by the draw that follows it.
    #[error("another draw has been put in its place")]
    Exchanged,
}

/// The roster a draw was made from.
pub fn roster_of(draw: &StoredDraw) -> Result<Exchange, StoreError> {
    serde_json::from_str(&draw.roster).map_err(|e| StoreError::damaged(format!("roster of draw {}", draw.number), e))
}

/// The exchange of a draw as it is today, as far as the clear tells.
pub fn roster_today(draw: &StoredDraw) -> Result<Exchange, StoreError> {
    match &draw.revised {
        Some(json) => serde_json::from_str(json)
            .map_err(|e| StoreError::damaged(format!("changes since draw {}", draw.number), e)),
        None => roster_of(draw),
    }
}

/// A draw as far as the clear tells: its row, and its exchange as it is today.
pub struct Drawn {
    pub draw: StoredDraw,
    pub roster: Exchange,
    places: HashMap<PersonId, PersonIndex>,
}

impl Drawn {
    /// Reads a row's roster.
    pub fn read(draw: StoredDraw) -> Result<Self, StoreError> {
        let roster = roster_today(&draw)?;
        let places = draw.people.iter().copied().zip((0..).map(PersonIndex)).collect();
        Ok(Self { draw, roster, places })
    }

    /// Everybody who was drawn, in the roster's order.
    pub fn people(&self) -> impl Iterator<Item = (PersonId, &Person)> {
        self.draw.people.iter().copied().zip(&self.roster.people)
    }

    /// Somebody who was drawn.
    pub fn person(&self, id: PersonId) -> Option<&Person> {
        self.roster.people.get(self.places.get(&id)?.index())
    }
}

/// The clear header of a draw.
pub fn header_of(draw: &StoredDraw) -> Result<Header, StoreError> {
    Header::from_json(draw.header.as_bytes())
        .map_err(|e| StoreError::damaged(format!("header of draw {}", draw.number), e))
}

/// Opens a stored draw and checks it against the fingerprint that was published with it. Anybody who knows the public
/// key can seal a draw; only the published one counts.
pub fn open_checked(draw: &StoredDraw, identity: &Identity) -> Result<DrawDocument, NotTheDraw> {
    let header = Header::from_json(draw.header.as_bytes()).map_err(NotTheDraw::Header)?;
    header.verify_sealed(&draw.sealed).map_err(NotTheDraw::Different)?;
    let document = seal::open(&draw.sealed, identity).map_err(NotTheDraw::Closed)?;
    header.verify_document(&document).map_err(NotTheDraw::Different)?;
    let row = (draw.series.as_str(), draw.exchange.as_str(), draw.number);
    let (roster, about) = (document.roster(), document.about());
    if row != (roster.series.as_str(), roster.name.as_str(), about.draw) {
        return Err(NotTheDraw::Exchanged);
    }
    Ok(document)
}
