//! The topics of a running site as one side of it needs them: as texts are about them, or as messages go out for them.

use std::sync::Arc;

use crate::model::TopicId;
use crate::store::{StoreError, Tx};

/// Topics, some of which may come or go while the site runs.
pub trait Topics<T: ?Sized>: Send + Sync {
    /// All that are served here.
    fn all(&self, tx: &Tx<'_>) -> Result<Vec<Arc<T>>, StoreError>;

    /// That of a row, if it is served here.
    fn of(&self, tx: &Tx<'_>, id: TopicId) -> Result<Option<Arc<T>>, StoreError>;
}
