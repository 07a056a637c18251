//! Why nothing was drawn.

use crate::app::exchange::addresses::RecordError;
use crate::app::exchange::archive_copy::Copy;
use crate::app::exchange::audit::AuditError;
use crate::app::exchange::question::HistoryClosed;
use crate::app::keys::BadAuditor;
use crate::archive::ArchiveError;
use crate::matcher;
use crate::seal::{KeyError, SealError};
use crate::store::StoreError;

/// Why nothing was drawn.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DrawError {
    #[error("{exchange} has been drawn already")]
    AlreadyDrawn {
        exchange: String,
        number: u32,
        /// Who has asked already.
        asked: Vec<String>,
        /// Its archive copy, after another attempt if it was pending.
        archive: Copy,
    },
    #[error("{exchange} has not been drawn yet")]
    NothingToRedraw { exchange: String },
    #[error("{exchange} has {}; an exchange needs at least two", if *people == 0 { "nobody yet" } else { "one person" })]
    TooFew { exchange: String, people: usize },
    #[error("no draw can follow these rules")]
    Impossible {
        /// Why, in words.
        why: Vec<String>,
    },
    /// There are draws that follow the rules, and earlier ones of the series stand in the way of them all, or may do so.
    /// Names no draw and nobody.
    #[error("history leaves no draw")]
    History,
    /// History leaves no draw, and that it was asked could not be written down.
    #[error("nothing is drawn, and why is told only when it can be written down")]
    Unrecorded(#[source] AuditError),
    /// There may be a draw, but it was not found.
    #[error("no draw was found within {budget} steps, and none was proved impossible")]
    NotFound { budget: u64 },
    #[error("these rules make no sense together")]
    Malformed(#[source] matcher::Malformed),
    /// An earlier draw of the series cannot be relied on, so its pairings cannot be avoided.
    #[error(transparent)]
    HistoryClosed(#[from] HistoryClosed),
    #[error("the archive already holds draw {number} of this series, which this database does not know")]
    ArchiveAhead {
        /// The newest number there.
        number: u32,
    },
    #[error("the archive keeps the series {found:?} where the draws of {wanted:?} would be")]
    OtherSeries {
        /// Whose draws are there.
        found: String,
        /// Whose were to be put there.
        wanted: String,
    },
    #[error("the archive cannot be used")]
    Archive(#[from] ArchiveError),
    /// An update waits, and has to be seen through first.
    #[error("an update still waits for its archive copy")]
    UpdateWaits,
    /// A changed address could not be put into the chain.
    #[error(transparent)]
    Moved(#[from] RecordError),
    #[error("another process drew at the same moment")]
    Raced,
    #[error("this machine's key cannot be used")]
    Key(#[from] KeyError),
    /// An auditor's key cannot be used.
    #[error(transparent)]
    Auditor(#[from] BadAuditor),
    #[error("the draw could not be sealed")]
    Seal(#[from] SealError),
    #[error("the draw could not be kept")]
    Store(#[from] StoreError),
}
