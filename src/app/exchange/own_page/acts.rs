//! What a press does: the same as the text that means it, or what only a page has.

use jiff::Timestamp;

use super::{Answered, Press, from};
use crate::app::exchange::hear::{self, Asked, Speaker};
use crate::app::exchange::open_draws::OpenDraw;
use crate::app::exchange::relays::{self, Source};
use crate::app::exchange::served::Standing;
use crate::app::responder::Answer;
use crate::conversation::exchange::{GiftReport, Intent, MAX_RELAY, Outcome, Verb, typed};
use crate::model::{MAX_WISH_CHARS, Person};
use crate::store::{StoreError, StoredText, Tx};

/// Does what is pressed on a page that counts.
pub(super) fn done(
    tx: &Tx<'_>,
    standing: &Standing<'_>,
    open: &OpenDraw,
    me: Speaker<'_>,
    press: &Press,
    now: Timestamp,
) -> Result<Answered, StoreError> {
    let intent = match press {
        Press::Show => Intent::Name { who: None, asked: None },
        Press::Proof => Intent::Proof { who: None },
        Press::Report(report) => Intent::Report { report: *report, who: None },
        Press::Wish(wish) => typed(Verb::Wish, wish, false),
        Press::Relay { verb, text, insist, once } => {
            let outcome = pass_on(tx, standing, me, (typed(*verb, text, *insist), *verb), once, now)?;
            let held_back = matches!(outcome, Outcome::RelayHeldBack(_)).then(|| (*verb, text.clone()));
            return Ok(Answered { held_back, ..said(&outcome) });
        }
        Press::Wishes | Press::Unwish(_) | Press::Up(_) => {
            change_wishes(tx, me, press, now)?;
            return Ok(Answered { wishes: Some(tx.wishes(me.id, &me.person.wishes)?), ..Answered::default() });
        }
        Press::Renew => return Ok(refused("Text LINK: another comes back, and this one ends.")),
        Press::Quiet | Press::MailAgain => return quiet(tx, me.person, *press == Press::Quiet, now),
    };
    let outcome = take(tx, standing, me, intent, &mut None, now)?;
    let tells = matches!(outcome, Outcome::Told | Outcome::ToldAfter(_));
    if tells || outcome == Outcome::Proof {
        let answer = hear::say(tx, standing, (&[me.id], None), Some(me.id), &outcome)?;
        if tells {
            tx.insert_told_by_page(open.id, me.id, now)?;
        }
        let Answer::Words(words) = answer else { return Ok(Answered::default()) };
        return Ok(Answered { words, tells, ..Answered::default() });
    }
    let wishes = matches!(press, Press::Wish(_)).then(|| tx.wishes(me.id, &me.person.wishes)).transpose()?;
    Ok(Answered { wishes, ..said(&outcome) })
}

/// Does what a text of the same meaning would do.
fn take(
    tx: &Tx<'_>,
    standing: &Standing<'_>,
    me: Speaker<'_>,
    intent: Intent,
    relay: &mut Option<relays::Relay>,
    now: Timestamp,
) -> Result<Outcome, StoreError> {
    match (&intent, intent.verb()) {
        (Intent::Unfinished(verb), _) => Ok(Outcome::Unfinished(*verb)),
        (Intent::Oversized(verb), _) => Ok(Outcome::Oversized(*verb)),
        (_, Some(verb)) => hear::act(tx, standing, Asked { me, verb, relay }, intent, now),
        (_, None) => Ok(Outcome::Nudge),
    }
}

/// Has a question or an answer passed on, kept sealed like a text.
fn pass_on(
    tx: &Tx<'_>,
    standing: &Standing<'_>,
    me: Speaker<'_>,
    (intent, verb): (Intent, Verb),
    once: &str,
    now: Timestamp,
) -> Result<Outcome, StoreError> {
    let damaged = |e| StoreError::damaged("outcome", e);
    let (served, from) = (standing.served(), from(me.id));
    let source = Source { sid: &format!("{from} {verb:?} {once}"), from: &from };
    if let Some((before, true)) = relays::heard(tx, served.draws(), source)? {
        return serde_json::from_str(&before.outcome).map_err(damaged);
    }
    let mut relay = None;
    let outcome = take(tx, standing, me, intent, &mut relay, now)?;
    let logged = StoredText {
        topic: Some(served.topic().id),
        person: Some(me.id),
        draw: standing.open().map(|open| open.id),
        told: false,
        outcome: serde_json::to_string(&outcome).map_err(damaged)?,
    };
    relays::keep(tx, served.draws(), source, (&logged, relay), now)?;
    Ok(outcome)
}

fn change_wishes(tx: &Tx<'_>, me: Speaker<'_>, press: &Press, now: Timestamp) -> Result<(), StoreError> {
    let mut wishes = tx.wishes(me.id, &me.person.wishes)?;
    let place = |wish: &String| wishes.iter().position(|other| other == wish);
    match press {
        Press::Unwish(wish) if place(wish).is_some() => tx.withdraw_wish(me.id, wish, now),
        Press::Up(wish) => {
            let Some(above) = place(wish).and_then(|place| place.checked_sub(1)) else { return Ok(()) };
            wishes.swap(above, above + 1);
            // What is added comes last, so all from there on are.
            for wish in &wishes[above..] {
                tx.withdraw_wish(me.id, wish, now)?;
                tx.add_wish(me.id, wish, now)?;
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

fn quiet(tx: &Tx<'_>, me: &Person, is_quiet: bool, now: Timestamp) -> Result<Answered, StoreError> {
    if let Some(email) = &me.email {
        tx.set_mail_opt_out(email, is_quiet, now)?;
    }
    if let Some(phone) = me.phone.as_ref().filter(|_| is_quiet) {
        tx.opt_out(phone, now)?;
    }
    let words = match (is_quiet, &me.phone) {
        (true, Some(_)) => "Nothing more is sent to you. To be texted again, text START.",
        (true, None) => "Nothing more is mailed to you. This page stays.",
        (false, _) => "You are written to by e-mail again.",
    };
    Ok(Answered { words: words.to_owned(), ..Answered::default() })
}

fn refused(words: &str) -> Answered {
    Answered { words: words.to_owned(), refused: true, ..Answered::default() }
}

/// What was decided, as the page says it.
fn said(outcome: &Outcome) -> Answered {
    let (words, refused) = match outcome {
        Outcome::WishAdded { .. } => ("Noted.".to_owned(), false),
        Outcome::WishListFull { count } => (format!("Your list is full with {count}: take one off first."), true),
        Outcome::Oversized(Verb::Wish) => {
            (format!("That is too long to keep: {MAX_WISH_CHARS} characters at most."), true)
        }
        Outcome::Oversized(_) => (format!("That is too long to pass on: {MAX_RELAY} characters at most."), true),
        Outcome::Relayed(Verb::Ask) => ("Passed on, without your name. You will be told the answer.".to_owned(), false),
        Outcome::RelayWaits(Verb::Ask) => ("Noted. They get it once they first text us.".to_owned(), false),
        Outcome::RelayUnreachable(Verb::Ask) => {
            ("They cannot be reached here, so no answer is coming.".to_owned(), true)
        }
        // As little as by text: whether a giver can be reached would help to guess who they are.
        Outcome::Relayed(_) | Outcome::RelayWaits(_) | Outcome::RelayUnreachable(_) => {
            ("Noted, and on its way to whoever has you.".to_owned(), false)
        }
        Outcome::RelayHeldBack(_) => ("Not passed on: it would tell who you are.".to_owned(), true),
        Outcome::Reported(GiftReport::Bought) => ("Noted: you have bought it.".to_owned(), false),
        Outcome::Reported(GiftReport::Sent) => ("Noted: it is on its way.".to_owned(), false),
        Outcome::Reported(GiftReport::Got) => ("Noted: yours has arrived. Enjoy it!".to_owned(), false),
        _ => ("Please write something first.".to_owned(), true),
    };
    Answered { words, refused, ..Answered::default() }
}
