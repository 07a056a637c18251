//! The new draw of an update, made and sealed, not yet kept.

use std::collections::HashMap;

use super::UpdateError;
use super::plan::{Plan, Redrawn};
use crate::app::exchange::draw::{self, Before, DrawError, pairings};
use crate::app::exchange::draw_record::{header_of, open_checked};
use crate::app::exchange::people;
use crate::app::exchange::question::{self, Past};
use crate::app::keys;
use crate::app::site::Site;
use crate::archive::Archive;
use crate::matcher::{self, Drawn, NoDraw, NoUpdate};
use crate::model::{Exchange, PersonId, PersonIndex, Repeats};
use crate::seal::{self, DrawDetails, DrawDocument, Header, Seed};
use crate::store::{StoreError, StoredDraw};

/// What an update's draw says of how it was drawn and how equally likely it was: the same for all, for the ways of the matcher
/// depend on the draw before it, and so would the length of the sealed file.
pub const UNIFORMITY: &str = "fewest changes";

/// A new draw, ready to be kept.
pub(super) struct Made {
    pub(super) header: Header,
    pub(super) sealed: Vec<u8>,
    /// The exchange it was made from.
    pub(super) roster: Exchange,
    /// Everybody's row, in its order.
    pub(super) people: Vec<PersonId>,
    /// Where its archive copy belongs.
    pub(super) location: String,
}

impl Made {
    pub(super) fn number(&self) -> u32 {
        self.header.draw
    }
}

/// Makes the new draw that joiners and leavers need.
pub(super) async fn make(
    site: &Site,
    archive: &Archive,
    before: &Before,
    (live, plan): (&StoredDraw, &Plan),
    reason: Option<String>,
) -> Result<Made, UpdateError> {
    let number = before.next_number();
    draw::refuse_if_archive_is_ahead(site, archive, number).await?;
    let identity = site.keys.identity()?;
    let now = site.clock.now();
    let rows = enter(site, live, plan).await?;
    let roster = people::with_rows(&plan.roster, &rows);
    let history = before.history(&roster, &identity, now).map_err(DrawError::from)?;
    if !history.is_empty() && roster.rules.repeats == Repeats::Never {
        archive.list(&site.folder()).await?;
    }
    let document = open_checked(live, &identity)?;
    let seed = Seed::random().map_err(DrawError::from)?;
    let drawn = match drawn(&roster, &rows, plan.redrawn, (&document, &live.people), (&history, &seed)) {
        Err(DrawError::History) => {
            return Err(draw::refused(site, archive, live.series_id, number).await.into());
        }
        drawn => drawn?,
    };
    let (uniformity, method) = match plan.redrawn {
        Redrawn::Fewest => (UNIFORMITY.to_owned(), UNIFORMITY.to_owned()),
        _ => (drawn.uniformity.to_string(), drawn.method.clone()),
    };
    let about = DrawDetails {
        draw: number,
        drawn_at: now,
        uniformity,
        method,
        seed,
        reason: Some(reason.unwrap_or_else(|| in_words(plan))),
        previous: before.earlier.last().and_then(|draw| header_of(draw).ok()).map(|header| header.fingerprint),
        avoided: Some(history.iter().map(|past| past.number).collect()),
        updates: Some(live.number),
    };
    let auditors = keys::auditors(&site.settings).map_err(DrawError::from)?;
    let document = DrawDocument::new(roster.clone(), about, pairings(&drawn)).map_err(DrawError::from)?;
    let (header, sealed) = seal::seal(&document, &identity.public_key(), &auditors).map_err(DrawError::from)?;
    let location = archive.location(&crate::app::exchange::archive_copy::draw_key(&site.folder(), number));
    Ok(Made { header, sealed, roster, people: rows, location })
}

/// Who joined and who left, as a reason.
fn in_words(plan: &Plan) -> String {
    let part = |names: &[String], what: &str| (!names.is_empty()).then(|| format!("{} {what}", names.join(", ")));
    let parts = [part(&plan.joined, "joined"), part(&plan.left, "left")];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

/// Everybody's row: those who stay have one, and so may somebody who comes back.
async fn enter(site: &Site, live: &StoredDraw, plan: &Plan) -> Result<Vec<PersonId>, StoreError> {
    let (topic, roster) = (live.topic, plan.roster.clone());
    let stay: Vec<Option<PersonId>> =
        plan.places.iter().map(|place| place.and_then(|place| live.people.get(place)).copied()).collect();
    let drawn = live.people.clone();
    let entered = site.store.run(move |tx| {
        let known = people::known(tx, topic, &roster)?;
        let free = |id: &PersonId| !drawn.contains(id);
        let ids: Vec<Option<PersonId>> =
            stay.iter().zip(known).map(|(stays, known)| stays.or(known.filter(free))).collect();
        people::enter_missing(tx, topic, &roster, ids)
    });
    entered.await
}

fn drawn(
    roster: &Exchange,
    people: &[PersonId],
    redrawn: Redrawn,
    before: (&DrawDocument, &[PersonId]),
    (history, seed): (&[Past], &Seed),
) -> Result<Drawn, DrawError> {
    if redrawn != Redrawn::Fewest {
        return draw::matched(roster, history, seed);
    }
    let updated = fewest(&question::problem(roster, history), people, before, seed);
    if updated.is_err() && !history.is_empty() {
        // What the rules alone do not allow has nothing to do with history, and is explained as always.
        return drawn(roster, people, redrawn, before, (&[], seed)).and(Err(DrawError::History));
    }
    match updated {
        Ok(updated) => Ok(updated.drawn),
        Err(NoUpdate::NoDraw(why)) => Err(draw::no_draw(why, roster)),
        // The plan has looked at how many there are.
        Err(NoUpdate::TooMany) => Err(draw::no_draw(NoDraw::NotFound { budget: 0 }, roster)),
    }
}

/// The live draw, changed as little as can be.
fn fewest(
    problem: &matcher::Problem,
    people: &[PersonId],
    (document, drawn): (&DrawDocument, &[PersonId]),
    seed: &Seed,
) -> Result<matcher::Updated, NoUpdate> {
    let places: HashMap<PersonId, u32> = people.iter().copied().zip(0..).collect();
    let today = |person: PersonIndex| drawn.get(person.index()).and_then(|id| places.get(id)).copied();
    let gifts = document.roster().rules.gifts_each as usize;
    let mut rounds = vec![Vec::new(); gifts];
    for (giver, _) in document.roster().ids() {
        for (round, to) in rounds.iter_mut().zip(document.receivers_of(giver)) {
            round.extend(today(giver).zip(today(to)));
        }
    }
    let stay: std::collections::HashSet<PersonId> = drawn.iter().copied().collect();
    let joiners: Vec<u32> = (0..).zip(people).filter(|(_, id)| !stay.contains(id)).map(|(place, _)| place).collect();
    matcher::update(problem, &rounds, &joiners, seed.expose())
}

/// Draws an update's draw again, as far as it changed another one as little as can be; the same pairings, if they are what
/// the seed gives.
pub(in crate::app::exchange) fn again(
    (document, people): (&DrawDocument, &[PersonId]),
    before: (&DrawDocument, &[PersonId]),
    history: &[Past],
) -> Result<Drawn, NoDraw> {
    let problem = question::problem(document.roster(), history);
    let seed = &document.about().seed;
    if document.about().uniformity != UNIFORMITY {
        return matcher::draw(&problem, seed.expose());
    }
    match fewest(&problem, people, before, seed) {
        Ok(updated) => Ok(updated.drawn),
        Err(NoUpdate::NoDraw(why)) => Err(why),
        Err(NoUpdate::TooMany) => Err(NoDraw::NotFound { budget: 0 }),
    }
}
