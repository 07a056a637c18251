//! Whether the database has changed, for whoever shows it live: one look a second for all of them together, and none
//! while nobody watches.

use std::time::Duration;

use tokio::sync::watch;

use crate::error_chain::in_full;
use crate::store::Store;

/// How often it is looked.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Tells of changes until it is time to stop; clones tell the same.
#[derive(Debug, Clone)]
pub struct Changes {
    changed: watch::Receiver<()>,
    stopped: watch::Receiver<bool>,
}

impl Changes {
    /// Begins to watch a database; has to be called on a runtime.
    pub fn watch(store: Store, stopped: watch::Receiver<bool>) -> Self {
        let (tell, changed) = watch::channel(());
        tokio::spawn(look(store, tell, stopped.clone()));
        Self { changed, stopped }
    }

    /// Waits for the next change; `None` when it is time to stop.
    pub async fn next(&mut self) -> Option<()> {
        tokio::select! {
            biased;
            _ = self.stopped.wait_for(|stopped| *stopped) => None,
            changed = self.changed.changed() => changed.ok(),
        }
    }
}

async fn look(store: Store, tell: watch::Sender<()>, mut stopped: watch::Receiver<bool>) {
    let mut last = None;
    loop {
        tokio::select! {
            biased;
            _ = stopped.wait_for(|stopped| *stopped) => return,
            () = tell.closed() => return,
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
        // The first of them belongs to whoever hands out clones.
        if tell.receiver_count() < 2 {
            continue;
        }
        match store.change_mark().await {
            Ok(mark) if last.as_ref() == Some(&mark) => {}
            Ok(mark) => {
                last = Some(mark);
                tell.send_replace(());
            }
            Err(error) => tracing::warn!(problem = in_full(&error), "live pages cannot tell whether anything changed"),
        }
    }
}
