//! Who gets a message, message by message: on which channel, in which words, or why not.

use std::collections::HashMap;

use super::{By, MOST_SEGMENTS, Plan, Planned, Somebody, Standing, Why};
use crate::conversation::MAX_SMS;
use crate::messaging::length;

/// A plan, and what it holds already.
#[derive(Default)]
pub(super) struct Planner {
    /// As far as it has come.
    pub(super) plan: Plan,
    /// Who reads which words at which address already.
    seen: HashMap<(String, String), String>,
}

impl Planner {
    /// Plans a text, or says why not; where an e-mail would do as well it is left to that to say so. Tells whether there is
    /// one.
    pub(super) fn by_sms(&mut self, to: &Somebody, words: &str, sender: &str, or_mail: bool) -> bool {
        let why = match &to.phone {
            None => Some(Why::NoAddress),
            Some((_, Standing::Withdrawn)) => Some(Why::OptedOut),
            Some((_, Standing::Asked | Standing::NotAsked)) => Some(Why::Unconfirmed),
            Some((_, Standing::NeverWrote)) => Some(Why::NeverWrote),
            Some((_, Standing::Landline)) => Some(Why::Landline),
            Some((_, Standing::Agreed)) => None,
        };
        let words =
            if to.is_first && !words.starts_with(sender) { format!("{sender}: {words}") } else { words.to_owned() };
        let measured = length::measure(&words);
        let is_too_long = measured.segments > MOST_SEGMENTS || words.chars().count() > MAX_SMS;
        let why = why.or_else(|| is_too_long.then_some(Why::TooLong(measured.segments)));
        let why = why.or_else(|| self.same(to.phone.as_ref().map(|(phone, _)| phone.expose()), to, &words));
        // Whoever reads it at another's phone needs no e-mail; whoever has an address for it is left out there, if at all.
        if let Some(why) = why {
            let is_read = matches!(why, Why::SameAddress(_));
            if !or_mail || is_read || to.email.is_none() {
                self.plan.left_out.push((to.id, By::Text, why));
            }
            return is_read || (or_mail && to.email.is_none());
        }
        self.plan.messages.push(Planned { person: to.id, by: By::Text, words, segments: measured.segments });
        true
    }

    pub(super) fn by_mail(&mut self, to: &Somebody, words: &str) {
        let why = match &to.email {
            None => Some(Why::NoAddress),
            Some((_, Standing::Withdrawn)) => Some(Why::OptedOut),
            Some((_, Standing::Agreed)) => None,
            Some(_) => Some(Why::Unconfirmed),
        };
        let address = to.email.as_ref().map(|(email, _)| email.expose().to_lowercase());
        match why.or_else(|| self.same(address.as_deref(), to, words)) {
            Some(why) => self.plan.left_out.push((to.id, By::Mail, why)),
            None => {
                self.plan.messages.push(Planned { person: to.id, by: By::Mail, words: words.to_owned(), segments: 0 });
            }
        }
    }

    /// Whether somebody else reads the same words at this address.
    fn same(&mut self, address: Option<&str>, to: &Somebody, words: &str) -> Option<Why> {
        let key = (address?.to_owned(), words.to_owned());
        match self.seen.get(&key) {
            Some(name) => Some(Why::SameAddress(name.clone())),
            None => {
                self.seen.insert(key, to.name());
                None
            }
        }
    }
}
