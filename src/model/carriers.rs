//! The words that carriers and Twilio act on by themselves: kept once, for whoever understands texts and for whoever
//! refuses them as keywords.
//!
//! Source: help.twilio.com, "Twilio support for opt-out keywords (SMS STOP filtering)".

/// Stop messages to a number.
pub const OPT_OUT: [&str; 8] = ["stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"];

/// Let them through again, and are no answer to anything else.
pub const OPT_IN: [&str; 2] = ["start", "unstop"];

/// Lets them through again, and is what people answer to an invitation.
pub const YES: &str = "yes";

/// Twilio answers these.
pub const HELP: [&str; 2] = ["help", "info"];

/// All of them, in lower case.
pub fn words() -> impl Iterator<Item = &'static str> {
    OPT_OUT.into_iter().chain(OPT_IN).chain([YES]).chain(HELP)
}
