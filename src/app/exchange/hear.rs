//! A text of somebody of an exchange: what they want, what it does, which words go back.
//!
//! What is stored is the outcome, which shows no pairing; the words are made from it and the open draw, at once and
//! again for every repeated delivery.

use jiff::Timestamp;

mod relaying;

use super::announcement;
use super::messages::local;
use super::open_draws::{Live, OpenDraw};
use super::own_link;
use super::relays::{self, Relay, Source};
use super::secrets::Secrets;
use super::served::Standing;
use crate::app::responder::{Answer, Heard, Incoming};
use crate::conversation::exchange::{
    Intent, LastTold, Outcome, Verb, View, asks_for_another, said_before, speaker, understand, wish_meant, words,
};
use crate::model::{MAX_WISHES, Person, PersonId, PersonIndex};
use crate::store::{DrawId, StoreError, StoredText, Tx};

/// Does what a text of one of these people asks for.
pub(super) fn hear(
    tx: &Tx<'_>,
    standing: &Standing<'_>,
    heard: Incoming<'_>,
    now: Timestamp,
) -> Result<Heard, StoreError> {
    let Incoming { text, people, .. } = heard;
    let mut intent = understand(&text.body, standing.vocabulary());
    let everybodys = match &intent {
        Intent::Menu => Some(Outcome::Menu),
        Intent::Budget => Some(Outcome::Budget),
        Intent::Date => Some(Outcome::Date),
        Intent::Empty | Intent::Other => Some(Outcome::Nudge),
        Intent::Unfinished(verb) => Some(Outcome::Unfinished(*verb)),
        Intent::Oversized(verb) => Some(Outcome::Oversized(*verb)),
        _ => None,
    };
    let sharers: Vec<(Speaker<'_>, &str)> = speakers(standing, people)
        .map(|(id, place)| {
            let person = standing.exchange().person(place);
            (Speaker { id, place, person }, person.name.as_str())
        })
        .collect();
    let me = speaker(&mut intent, &sharers);
    let (is_about_relays, mut relay) = (relays::is_about(&intent), None);
    let outcome = match (everybodys, me, intent.verb()) {
        (Some(outcome), ..) => outcome,
        (None, Some(me), Some(verb)) => act(tx, standing, Asked { me, verb, relay: &mut relay }, intent, now)?,
        (None, None, Some(verb)) => Outcome::WhichPerson { verb },
        (None, _, None) => Outcome::Nudge,
    };
    let logged = StoredText {
        topic: Some(standing.served().topic().id),
        person: me.map(|me| me.id),
        draw: standing.open().map(|open| open.id),
        told: matches!(outcome, Outcome::Told | Outcome::ToldAfter(_)),
        outcome: serde_json::to_string(&outcome).map_err(|e| StoreError::damaged("outcome", e))?,
    };
    let answer = say(tx, standing, (people, heard.label), logged.person, &outcome)?;
    let draws = standing.served().draws();
    if is_about_relays && relays::keep(tx, draws, Source::of(text), (&logged, relay), now)? {
        return Ok(Heard { logged: None, answer });
    }
    let answer = announcement::behind(tx, standing, (people, &text.sid), answer, now)?;
    Ok(Heard { logged: Some(logged), answer })
}

/// What was decided about a text that comes again, unless it would now be said to somebody else.
pub(super) fn again(
    tx: &Tx<'_>,
    standing: &Standing<'_>,
    heard: Incoming<'_>,
    logged: &StoredText,
) -> Result<Answer, StoreError> {
    let people = heard.people;
    if people.is_empty() || logged.person.is_some_and(|person| !people.contains(&person)) {
        return Ok(Answer::Silence);
    }
    // What was decided under another draw may not hold any more.
    let answer = if logged.draw == standing.open().map(|open| open.id) {
        let outcome = serde_json::from_str(&logged.outcome).map_err(|e| StoreError::damaged("log of texts", e))?;
        say(tx, standing, (people, heard.label), logged.person, &outcome)?
    } else {
        say(tx, standing, (people, heard.label), None, &Outcome::Nudge)?
    };
    announcement::behind_again(tx, standing, (people, &heard.text.sid), answer)
}

/// Those of a phone who have a place in what is answered from.
pub(super) fn speakers<'a>(
    standing: &'a Standing<'_>,
    people: &'a [PersonId],
) -> impl Iterator<Item = (PersonId, PersonIndex)> + 'a {
    people.iter().filter_map(|id| Some((*id, standing.place(*id)?)))
}

/// Who is texting.
#[derive(Clone, Copy)]
pub(super) struct Speaker<'a> {
    pub(super) id: PersonId,
    pub(super) place: PersonIndex,
    pub(super) person: &'a Person,
}

/// What one known person asked for.
pub(super) struct Asked<'a> {
    pub(super) me: Speaker<'a>,
    pub(super) verb: Verb,
    /// What is to be passed on.
    pub(super) relay: &'a mut Option<Relay>,
}

/// Does what one known person asked for, by a text or on their own page.
pub(super) fn act(
    tx: &Tx<'_>,
    standing: &Standing<'_>,
    asked: Asked<'_>,
    intent: Intent,
    now: Timestamp,
) -> Result<Outcome, StoreError> {
    let me = asked.me;
    match intent {
        Intent::Wish(wish) => {
            let wishes = tx.wishes(me.id, &me.person.wishes)?;
            let before = wishes.len();
            if said_before(&wish, wishes.iter().map(String::as_str)) {
                return Ok(Outcome::WishAdded { count: count(before) });
            }
            if before >= MAX_WISHES {
                return Ok(Outcome::WishListFull { count: count(before) });
            }
            tx.add_wish(me.id, &wish, now)?;
            Ok(Outcome::WishAdded { count: count(before + 1) })
        }
        Intent::Wishes { .. } => Ok(Outcome::WishList),
        Intent::Unwish { who } => unwish(tx, me, &who.unwrap_or_default(), now),
        other => match &standing.live {
            Live::NotDrawn => Ok(Outcome::NotDrawnYet),
            Live::NotReady | Live::Replaced => Ok(Outcome::NotReadyYet),
            Live::Open(open) => from_the_draw(tx, standing, open, asked, other, now),
        },
    }
}

fn unwish(tx: &Tx<'_>, me: Speaker<'_>, said: &str, now: Timestamp) -> Result<Outcome, StoreError> {
    let wishes = tx.wishes(me.id, &me.person.wishes)?;
    let meant = wish_meant(said, &me.person.name, &wishes);
    let Some(wish) = meant else { return Ok(Outcome::NoSuchWish { count: count(wishes.len()) }) };
    tx.withdraw_wish(me.id, wish, now)?;
    Ok(Outcome::Unwished { left: count(wishes.len() - 1) })
}

fn from_the_draw(
    tx: &Tx<'_>,
    standing: &Standing<'_>,
    open: &OpenDraw,
    asked: Asked<'_>,
    intent: Intent,
    now: Timestamp,
) -> Result<Outcome, StoreError> {
    match intent {
        Intent::Name { .. } if asks_for_another(&intent, &asked.me.person.name, &open.vocabulary) => {
            Ok(Outcome::NotYours)
        }
        Intent::Name { .. } => told(tx, open, asked.me.id),
        Intent::Report { report, .. } => {
            tx.add_report(open.id, asked.me.id, report.word(), now)?;
            Ok(Outcome::Reported(report))
        }
        Intent::Proof { .. } => Ok(Outcome::Proof),
        Intent::Link { .. } => {
            own_link::renew(tx, standing.served().draws(), open, asked.me.id, now)?;
            Ok(Outcome::Link)
        }
        Intent::Ask { text: words, insist } | Intent::Tell { text: words, insist } => {
            relaying::relay(tx, standing, open, asked, (words, insist), now)
        }
        _ => Ok(Outcome::Nudge),
    }
}

/// After an update who was told before hears once whether it is another name; then, and without an update, the plain reply.
fn told(tx: &Tx<'_>, open: &OpenDraw, me: PersonId) -> Result<Outcome, StoreError> {
    if open.document.about().updates.is_none() || tx.was_told(open.id, me)? {
        return Ok(Outcome::Told);
    }
    Ok(tx.last_draw_told(me, open.id)?.map_or(Outcome::Told, |draw| Outcome::ToldAfter(draw.number())))
}

/// Puts what was decided into words, from what its person may see and nothing else. `people` are those of the phone, and
/// `label` says which exchange is meant, where there are several.
pub(super) fn say(
    tx: &Tx<'_>,
    standing: &Standing<'_>,
    (people, label): (&[PersonId], Option<&str>),
    person: Option<PersonId>,
    outcome: &Outcome,
) -> Result<Answer, StoreError> {
    let exchange = standing.exchange();
    let sharers: Vec<&str> =
        speakers(standing, people).map(|(_, place)| exchange.person(place).name.as_str()).collect();
    let me = person.and_then(|id| Some((id, standing.place(id)?)));
    let wishes = match (outcome, me) {
        (Outcome::WishList, Some((id, place))) => tx.wishes(id, &exchange.person(place).wishes)?,
        _ => Vec::new(),
    };
    let view =
        View { me: me.map(|(_, place)| place), sharers: &sharers, label, wishes: &wishes, ..View::stranger(exchange) };
    match (outcome, standing.open(), me) {
        (Outcome::Told, Some(open), Some((_, me))) => {
            let secrets = Secrets::of(tx, open, me)?;
            Ok(words(outcome, &View { receivers: &secrets.receivers(open), ..view }).into())
        }
        (Outcome::ToldAfter(draw), Some(open), Some((id, me))) => {
            let secrets = Secrets::of(tx, open, me)?;
            let draws = standing.served().draws();
            let Some(earlier) = draws.earlier(tx, DrawId::of_number(*draw))? else {
                let view = View { receivers: &secrets.receivers(open), ..view };
                return Ok(words(&Outcome::Told, &view).into());
            };
            let before = earlier.receivers_beside(open, id, me);
            let view = View { receivers: &secrets.receivers(open), before: before.as_deref(), ..view };
            Ok(words(outcome, &view).into())
        }
        (Outcome::Proof, Some(open), Some((id, me))) => {
            let openings = tx.count_openings(open.series, open.document.about().draw)?;
            let receipts = open.receipts_of(me);
            let fingerprint = open.document.fingerprint().to_string();
            let told = last_told(tx, open, id)?;
            let own = open.own_changes.iter().filter(|(person, _)| *person == id);
            let own: Vec<_> = own.map(|(_, at)| local(exchange, *at).date()).collect();
            let view = View {
                draws: tx.count_draws(standing.served().topic().id)?,
                address_changes: open.address_changes,
                own_address_changes: &own,
                ..View { receipts: &receipts, fingerprint: &fingerprint, openings, told, ..view }
            };
            Ok(words(outcome, &view).into())
        }
        (Outcome::Link, Some(open), Some((id, _))) => {
            let served = standing.served();
            let link = served.page_at(own_link::current(tx, served.draws(), open, id)?);
            Ok(words(outcome, &View { link: &link, ..view }).into())
        }
        _ => Ok(words(outcome, &view).into()),
    }
}

/// When somebody was last told whom they give to, and how.
pub(super) fn last_told(tx: &Tx<'_>, open: &OpenDraw, person: PersonId) -> Result<Option<LastTold>, StoreError> {
    let told = tx.last_telling(open.id, person)?;
    Ok(told.map(|(at, by)| LastTold { at: local(open.roster(), at), by }))
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
