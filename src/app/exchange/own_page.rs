//! A participant's own page, found by its link: what can be texted can be pressed there, also by who has no phone. It is one
//! more front of what answers texts ([`super::hear`]), not another answerer.
//!
//! Following a link changes nothing and shows nothing but whose page it is, and when the name was last shown: what is behind
//! it is shown to who presses a button.

use jiff::Timestamp;

mod acts;

use super::hear::{self, Speaker};
use super::notices;
use super::open_draws::OpenDraw;
use super::own_link;
use super::relays;
use super::served::Standing;
use super::served_exchanges::ServedExchanges;
use crate::app::limits::Limit;
use crate::conversation::Period;
use crate::conversation::exchange::{GiftReport, Verb, View, in_words, last_told};
use crate::model::{Person, PersonId};
use crate::store::{OwnLink, StoreError, Tx};

/// How often a page may be pressed.
const PRESSES: Limit = Limit::new("own page", 120, 60);

/// How many links somebody may have mailed.
const LINKS: Limit = Limit::new("own link", 3, 24 * 60);

/// Where a link leads.
#[derive(Debug)]
pub enum Leads {
    /// To a page.
    Page(OwnPage),
    /// Nowhere any more.
    Ended,
    /// To a page that has to wait for its draw.
    NotReady,
}

/// What anybody sees who follows a link: nothing of a pairing.
#[derive(Debug, Clone)]
pub struct OwnPage {
    pub exchange: String,
    /// Whose page it is.
    pub name: String,
    /// When the name was last told, and how, in words.
    pub last_told: String,
    /// The day, in words.
    pub date: Option<String>,
    /// What it may cost.
    pub budget: Option<String>,
    /// Whether they have a phone.
    pub has_phone: bool,
    /// Whether they are written to by e-mail; `None` without an address.
    pub mailed: Option<bool>,
}

/// What is pressed.
#[derive(Clone, PartialEq, Eq)]
pub enum Press {
    /// Who do I have?
    Show,
    /// Receipt and fingerprint, openings.
    Proof,
    /// A report.
    Report(GiftReport),
    /// The own wishes.
    Wishes,
    /// One more.
    Wish(String),
    /// One less.
    Unwish(String),
    /// One further up.
    Up(String),
    /// A question, or an answer.
    Relay {
        /// [`Verb::Ask`] or [`Verb::Tell`].
        verb: Verb,
        /// The words.
        text: String,
        /// Whether it is passed on though it says who asks.
        insist: bool,
        /// What tells it from another of the same words; sent twice, it is passed on once.
        once: String,
    },
    /// Nothing more by text or e-mail.
    Quiet,
    /// E-mail again.
    MailAgain,
    /// Another link, in the place of this one.
    Renew,
}

/// What comes of it.
pub enum Pressed {
    /// This.
    Done(OwnPage, Answered),
    /// The link has ended; another is on its way to the address that is known, if there is one.
    Mailed,
    /// The link had ended before.
    Ended,
    /// The draw is not ready.
    NotReady,
    /// Too much was pressed, until then.
    TooMany(Timestamp),
}

/// What goes back, for the one who pressed.
#[derive(Default)]
pub struct Answered {
    pub words: String,
    /// Whether it was not done.
    pub refused: bool,
    /// Whether the words tell the name.
    pub tells: bool,
    /// Their wishes, where they asked for them.
    pub wishes: Option<Vec<String>>,
    /// What was not passed on, for it tells who wrote it.
    pub held_back: Option<(Verb, String)>,
}

impl ServedExchanges {
    /// Where a link leads; `None`: nowhere, ever.
    pub fn own_page(&self, tx: &Tx<'_>, token: &str) -> Result<Option<Leads>, StoreError> {
        let Some(link) = own_link::find(tx, self.draws(), token)? else { return Ok(None) };
        let Some(served) = self.one(tx, link.topic)? else { return Ok(Some(Leads::Ended)) };
        let standing = served.exchange.standing(tx)?;
        Ok(Some(match standing.open() {
            None => Leads::NotReady,
            Some(open) => match speaker(open, &link) {
                Some(me) => Leads::Page(page(tx, open, me)?),
                None => Leads::Ended,
            },
        }))
    }

    /// Does what is pressed on the page of a link; `None` where it leads nowhere.
    pub fn press(
        &self,
        tx: &Tx<'_>,
        token: &str,
        press: &Press,
        now: Timestamp,
    ) -> Result<Option<Pressed>, StoreError> {
        let Some(link) = own_link::find(tx, self.draws(), token)? else { return Ok(None) };
        let Some(served) = self.one(tx, link.topic)? else { return Ok(Some(Pressed::Ended)) };
        let standing = served.exchange.standing(tx)?;
        let Some(open) = standing.open() else { return Ok(Some(Pressed::NotReady)) };
        let me = speaker(open, &link);
        Ok(Some(match (press, me) {
            // Without an address this link stays, until its person texts for another.
            (Press::Renew, me) if me.is_none_or(|me| me.person.email.is_some()) => {
                renew(tx, &standing, (open, &link), me.is_some(), now)?
            }
            (_, None) => Pressed::Ended,
            (_, Some(me)) => {
                if let Some(until) = too_many(tx, &standing, me.id, press, now)? {
                    return Ok(Some(Pressed::TooMany(until)));
                }
                let page = page(tx, open, me)?;
                Pressed::Done(page, acts::done(tx, &standing, open, me, press, now)?)
            }
        }))
    }
}

/// Whose page a link leads to, while it counts.
fn speaker<'a>(open: &'a OpenDraw, link: &OwnLink) -> Option<Speaker<'a>> {
    let place = open.place(link.person).filter(|_| own_link::counts(link, open))?;
    Some(Speaker { id: link.person, place, person: open.roster().person(place) })
}

fn page(tx: &Tx<'_>, open: &OpenDraw, me: Speaker<'_>) -> Result<OwnPage, StoreError> {
    let roster = open.roster();
    let view = View { told: hear::last_told(tx, open, me.id)?, ..View::stranger(roster) };
    let Person { name, phone, email, .. } = me.person;
    let refuses = email.as_ref().map(|email| tx.has_opted_out_of_mail(email)).transpose()?;
    Ok(OwnPage {
        exchange: roster.name.clone(),
        name: name.clone(),
        last_told: last_told(&view),
        date: roster.date.map(|day| in_words(roster, day)),
        budget: roster.budget.clone(),
        has_phone: phone.is_some(),
        mailed: refuses.map(|refuses| !refuses),
    })
}

/// Until when nothing more is done for somebody. What is asked and answered is counted where it is kept: sealed.
fn too_many(
    tx: &Tx<'_>,
    standing: &Standing<'_>,
    me: PersonId,
    press: &Press,
    now: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    if !matches!(press, Press::Relay { .. }) {
        return PRESSES.count(tx, &me.0.to_string(), now);
    }
    for (period, seconds) in [(Period::Day, 24 * 60 * 60), (Period::Minute, 60)] {
        let sent = relays::count(tx, standing.served().draws(), &from(me), period, now)?;
        if sent >= period.most() {
            let until = period.start(now.as_second()) + seconds;
            return Ok(Some(Timestamp::from_second(until).unwrap_or(now)));
        }
    }
    Ok(None)
}

/// What stands for the phone of somebody who writes on their page.
fn from(me: PersonId) -> String {
    format!("page {}", me.0)
}

/// Has the link to somebody's page mailed to them: the one they have or, where this one still counted or none does, a new
/// one. Nothing that is said depends on whether there is an address.
fn renew(
    tx: &Tx<'_>,
    standing: &Standing<'_>,
    (open, link): (&OpenDraw, &OwnLink),
    counts: bool,
    now: Timestamp,
) -> Result<Pressed, StoreError> {
    if let Some(until) = LINKS.count(tx, &link.person.0.to_string(), now)? {
        return Ok(Pressed::TooMany(until));
    }
    if open.place(link.person).is_some_and(|place| open.roster().person(place).email.is_some()) {
        let draws = standing.served().draws();
        match counts {
            true => own_link::renew(tx, draws, open, link.person, now)?,
            false => own_link::or_new(tx, draws, open, link.person, now)?,
        };
        notices::queue_own_link(tx, link.topic, (open.id, link.person), now)?;
    }
    Ok(Pressed::Mailed)
}
