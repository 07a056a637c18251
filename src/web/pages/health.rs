//! Whether everything works: the listener, the archive copies, the messages. Asks no provider; `doctor` does.

use askama::Template;

use super::Failed;
use super::watched::Watched;
use crate::app::overview::Overview;
use crate::app::responder;
use crate::store::{ArchiveState, OutboxState};
use crate::web::session::Visitor;

#[derive(Template)]
#[template(path = "health.html")]
pub(in crate::web) struct Health {
    parts: Vec<Part>,
}

/// One part of the site, and how it is.
struct Part {
    name: &'static str,
    is_well: bool,
    words: String,
}

impl Part {
    /// How a part is, and what is said of it when it is not well.
    fn new(name: &'static str, fault: Option<String>, well: &str) -> Self {
        Self { name, is_well: fault.is_none(), words: fault.unwrap_or_else(|| well.to_owned()) }
    }
}

fn answering(health: responder::Health) -> Part {
    let fault = match health {
        responder::Health::Live => None,
        responder::Health::NotDrawn => Some("The names are not drawn yet: type xchange draw."),
        responder::Health::NotReady => Some("Nobody is answered before the archive copy of the draw is confirmed."),
        responder::Health::Replaced => Some("Database and archive disagree about the draw: type xchange doctor."),
        responder::Health::Broken => Some("The database does not answer."),
    };
    Part::new("Texts", fault.map(str::to_owned), "Whoever texts is answered.")
}

fn archive(overview: &Overview) -> Part {
    let names = |state| overview.archived(state).map(|line| line.name.as_str()).collect::<Vec<_>>().join(", ");
    let (occupied, pending) = (names(ArchiveState::Occupied), names(ArchiveState::Pending));
    let fault = match (occupied.as_str(), pending.as_str()) {
        ("", "") => None,
        ("", pending) => Some(format!("Not confirmed yet: {pending}.")),
        (occupied, _) => Some(format!("Something else stands in the place of: {occupied}. Type xchange verify.")),
    };
    Part::new("Archive", fault, "Every draw has its second copy.")
}

fn sending(overview: &Overview) -> Part {
    let failed = overview.messages(OutboxState::Failed);
    let waiting = overview.messages(OutboxState::Waiting);
    let have = if failed == 1 { "message has" } else { "messages have" };
    let fault = (failed > 0).then(|| format!("{failed} {have} failed; the outbox says why."));
    Part::new(
        "Messages",
        fault,
        &match waiting {
            0 => "None has failed, and none waits.".to_owned(),
            1 => "None has failed, and 1 waits.".to_owned(),
            waiting => format!("None has failed, and {waiting} wait."),
        },
    )
}

impl Watched for Health {
    const TITLE: &'static str = "Health";
    const PATH: &'static str = "/health";

    async fn now(visitor: &Visitor) -> Result<Self, Failed> {
        let overview = visitor.read(|tx, reach| Ok(Overview::of(tx, reach)?)).await?;
        let mut parts = Vec::new();
        if visitor.who.keeper {
            parts.push(answering(visitor.door.shared.listener.responder.health().await));
        }
        parts.push(archive(&overview));
        parts.push(sending(&overview));
        Ok(Self { parts })
    }
}
