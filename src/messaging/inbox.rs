//! Where messages to simulated phones and mail boxes arrive: the demo's stand-in for the air.

use std::sync::{Arc, Mutex, PoisonError};

use super::envelope::{Address, Body};

/// A message that reached a simulated phone or mail box. Its words never print.
#[derive(Clone)]
pub struct Arrival {
    /// Counted from 1 over all of them.
    pub number: u64,
    /// The phone or mail box it reached.
    pub to: Address,
    /// Its words.
    pub body: Body,
}

impl std::fmt::Debug for Arrival {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Arrival").field("number", &self.number).finish_non_exhaustive()
    }
}

/// The messages that reached the simulated phones and mail boxes, shared by whoever sends and whoever shows them.
#[derive(Clone, Default)]
pub struct Inbox(Arc<Mutex<Vec<Arrival>>>);

impl std::fmt::Debug for Inbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Inbox(..)")
    }
}

impl Inbox {
    /// Delivers a message.
    pub fn deliver(&self, to: Address, body: Body) {
        let mut arrivals = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let number = arrivals.len() as u64 + 1;
        arrivals.push(Arrival { number, to, body });
    }

    /// What arrived after the given number.
    #[must_use]
    pub fn since(&self, number: u64) -> Vec<Arrival> {
        let arrivals = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        arrivals.iter().filter(|a| a.number > number).cloned().collect()
    }
}
