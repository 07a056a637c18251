//! What is written to many at once: an audience becomes a plan that holds the words of each and says who is left out and
//! why, how much it costs and when it is done; a provider's code becomes what follows from it. Pure: no database, no clock.
//!
//! What does not belong here: who agreed to what, what is kept, how a message travels.

use crate::conversation::{Template, TemplateProblem};
use crate::model::{Email, PersonId, Phone, words};

mod dear;
mod planner;
mod results;
mod schedule;
mod window;
mod zones;

pub use dear::Dearest;
#[cfg(test)]
use dear::cheaper;
use planner::Planner;
pub use results::{Class, FILTERED};
pub use schedule::{Pace, Stretch, schedule};
pub use window::Window;
pub use zones::possible_zones;

/// The most segments of one text: what is longer arrives in pieces, late, and is dear.
pub const MOST_SEGMENTS: usize = 10;

/// What may stand in a text in braces.
pub const FIELDS: [&str; 3] = ["first_name", "last_name", "name"];

/// How somebody stands on one channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// They agreed to it.
    Agreed,
    /// They were asked, and have not said yes.
    Asked,
    /// Nobody asked them yet.
    NotAsked,
    /// They do not want it any more.
    Withdrawn,
    /// They have never written, and only who has is texted.
    NeverWrote,
    /// Their phone is a landline.
    Landline,
}

/// Somebody of an audience.
#[derive(Debug, Clone)]
pub struct Somebody {
    /// Their row.
    pub id: PersonId,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// Where they are texted, and how they stand there.
    pub phone: Option<(Phone, Standing)>,
    /// Where they are written to, and how they stand there.
    pub email: Option<(Email, Standing)>,
    /// Whether nothing was sent to their phone before, so that a text says first who writes.
    pub is_first: bool,
}

/// How one message goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum By {
    /// As a text.
    Text,
    /// As an e-mail.
    Mail,
}

/// How a broadcast goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ways {
    /// As a text to whoever can be texted, otherwise as an e-mail.
    Either,
    /// As texts alone.
    Sms,
    /// As e-mails alone.
    Email,
    /// As a text and an e-mail.
    Both,
}

words!(Ways { Either "either" Sms "sms" Email "email" Both "both" });

/// Why somebody gets nothing on a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// They do not want it any more.
    OptedOut,
    /// They have not said yes.
    Unconfirmed,
    /// They have no address for it.
    NoAddress,
    /// This one has the same address and reads the same words.
    SameAddress(String),
    /// It is a landline.
    Landline,
    /// They have never written to this number.
    NeverWrote,
    /// With what is put in for them it takes so many segments.
    TooLong(usize),
}

impl Why {
    /// In a few words.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::OptedOut => "has opted out".to_owned(),
            Self::Unconfirmed => "has not confirmed".to_owned(),
            Self::NoAddress => "has no address for it".to_owned(),
            Self::SameAddress(name) => format!("same address and same words as {name}"),
            Self::Landline => "the phone is a landline".to_owned(),
            Self::NeverWrote => "has never texted this number".to_owned(),
            Self::TooLong(segments) => format!("would get {segments} segments, more than {MOST_SEGMENTS}"),
        }
    }
}

/// One message of a plan, its words fixed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// To whom.
    pub person: PersonId,
    /// As a text or an e-mail.
    pub by: By,
    /// What they read.
    pub words: String,
    /// How many segments that takes; none as an e-mail.
    pub segments: usize,
}

/// Who gets which words, and who nothing.
#[derive(Debug, Default)]
pub struct Plan {
    /// Everything that goes out.
    pub messages: Vec<Planned>,
    /// Who is left out of what, and why.
    pub left_out: Vec<(PersonId, By, Why)>,
}

/// Why there is no plan.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// The text is empty or too long, or a brace in it is wrong.
    #[error("column {column}: {problem}")]
    Text {
        /// The character of the text, counted from 1.
        column: usize,
        /// What is wrong.
        problem: TemplateProblem,
    },
    /// Nobody would get anything, and somebody's text takes too many segments.
    #[error("the text to {name} takes {segments} segments of the {MOST_SEGMENTS} at most that one message has")]
    TooManySegments {
        /// Whose.
        name: String,
        /// How many.
        segments: usize,
    },
    /// Nobody would get anything.
    #[error("nobody would get it: {0}")]
    Nobody(String),
}

/// Reads a text with fields in braces.
pub fn parse(text: &str) -> Result<Template<'_>, PlanError> {
    Template::with_fallbacks(text, &FIELDS).map_err(|problem| {
        let column = text.get(..problem.offset).map_or(1, |before| before.chars().count() + 1);
        PlanError::Text { column, problem }
    })
}

impl Somebody {
    fn name(&self) -> String {
        [&*self.first_name, &*self.last_name].join(" ").trim().to_owned()
    }

    fn field(&self, field: &str) -> String {
        match field {
            "first_name" => self.first_name.clone(),
            "last_name" => self.last_name.clone(),
            _ => self.name(),
        }
    }
}

/// Plans a text to an audience: every message with its words, and everybody who is left out with the reason.
///
/// # Errors
/// [`PlanError`]; nobody is planned for then.
pub fn plan(text: &str, sender: &str, ways: Ways, audience: &[Somebody]) -> Result<Plan, PlanError> {
    let template = parse(text)?;
    let mut planner = Planner::default();
    for somebody in audience {
        let words = template.fill(|field| somebody.field(field));
        let texted = match ways {
            Ways::Email => false,
            _ => planner.by_sms(somebody, &words, sender, ways == Ways::Either),
        };
        if matches!(ways, Ways::Email | Ways::Both) || (ways == Ways::Either && !texted) {
            planner.by_mail(somebody, &words);
        }
    }
    let plan = planner.plan;
    if plan.messages.is_empty() {
        let too_long = plan.left_out.iter().find_map(|(id, _, why)| match why {
            Why::TooLong(segments) => Some((*id, *segments)),
            _ => None,
        });
        if let Some((id, segments)) = too_long {
            let name = audience.iter().find(|somebody| somebody.id == id).map(Somebody::name).unwrap_or_default();
            return Err(PlanError::TooManySegments { name, segments });
        }
        return Err(PlanError::Nobody(nobody(audience, &plan.left_out)));
    }
    Ok(plan)
}

/// Why nobody gets anything, in a line.
fn nobody(audience: &[Somebody], left_out: &[(PersonId, By, Why)]) -> String {
    let mut counts: Vec<(String, usize)> = Vec::new();
    for (.., why) in left_out {
        let words = why.words();
        match counts.iter_mut().find(|(known, _)| *known == words) {
            Some((_, count)) => *count += 1,
            None => counts.push((words, 1)),
        }
    }
    if audience.is_empty() {
        return "there is nobody on it".to_owned();
    }
    counts.into_iter().map(|(words, count)| format!("{count} {words}")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
