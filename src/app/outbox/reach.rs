//! Whether somebody can be reached now, and how. Opt-outs are looked up here, at the moment of sending.

use crate::messaging::envelope::Address;
use crate::messaging::sender::Means;
use crate::model::{Email, Phone};
use crate::store::{Basis, Channel, StoreError, Tx};

/// Why nothing goes to a phone that has never written.
pub(super) const FIRST_TEXT: &str = "waits until this person texts for the first time";

/// Why what is read behind an answer does not go by itself.
pub(in crate::app) const WITH_AN_ANSWER: &str = "is read behind the answer to their next text";

/// Which ways a message may go.
#[derive(Debug, Clone, Copy)]
pub struct Way {
    /// What the row says.
    pub channel: Channel,
    /// Why a phone may be texted.
    pub basis: Basis,
    /// What can be sent at all.
    pub means: Means,
}

/// Whether somebody can be reached.
#[derive(Debug, PartialEq, Eq)]
pub enum Reach {
    /// Here.
    At(Address),
    /// Not now, for a reason that may pass.
    NotYet(&'static str),
    /// Not at all.
    Never {
        why: &'static str,
        /// Whether that is because their phone has opted out.
        opted_out: bool,
    },
}

/// Finds the way to somebody: a text to a phone that has written to us and not opted out, or else an e-mail, as far as
/// the channel allows.
pub fn reach(tx: &Tx<'_>, phone: Option<&Phone>, email: Option<&Email>, way: Way) -> Result<Reach, StoreError> {
    let by_sms = by_sms(tx, phone, way)?;
    let by_email = match email {
        // Whoever runs the topic writes; what somebody has just asked for is another matter.
        Some(email) if matches!(way.basis, Basis::Wrote | Basis::Invitation) && tx.has_opted_out_of_mail(email)? => {
            Reach::Never { why: "the e-mail address wants no more", opted_out: true }
        }
        Some(email) if way.means.email => Reach::At(Address::Email(email.clone())),
        Some(_) => Reach::NotYet("no way to send e-mails is set up"),
        None => Reach::Never { why: "there is no e-mail address", opted_out: false },
    };
    Ok(match way.channel {
        Channel::Sms => by_sms,
        Channel::Email => by_email,
        Channel::Either => match (by_sms, by_email) {
            (at @ Reach::At(_), _) | (_, at @ Reach::At(_)) => at,
            (Reach::NotYet(why), _) | (_, Reach::NotYet(why)) => Reach::NotYet(why),
            (never, _) => never,
        },
    })
}

fn by_sms(tx: &Tx<'_>, phone: Option<&Phone>, way: Way) -> Result<Reach, StoreError> {
    let Some(phone) = phone else {
        return Ok(Reach::Never { why: "there is no phone", opted_out: false });
    };
    if tx.is_opted_out(phone)? {
        return Ok(Reach::Never { why: "the phone has opted out", opted_out: true });
    }
    let may_be_texted = match way.basis {
        Basis::Wrote => tx.has_written(phone)?,
        Basis::Invitation | Basis::Confirmation | Basis::Subscriber | Basis::Host | Basis::Visitor => true,
    };
    if !may_be_texted {
        return Ok(Reach::NotYet(FIRST_TEXT));
    }
    if !way.means.sms {
        return Ok(Reach::NotYet("no way to send texts is set up"));
    }
    Ok(Reach::At(Address::Phone(phone.clone())))
}
