//! Folds the database's write-ahead log back while texts are answered. It waits for the disk, so it has a thread and a
//! connection of its own: whoever texts at that moment must not wait with it.

use std::path::PathBuf;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;

use crate::causes::in_full;
use crate::store::{Durability, Store};

/// How many commits may be logged before the log is folded back: 64 to 128 MiB of it, thousands of texts.
const COMMITS: usize = 16_384;

/// Counts commits and has the log folded back from time to time.
pub(super) struct Folding {
    tell: SyncSender<()>,
    thread: JoinHandle<()>,
    commits: usize,
}

impl Folding {
    /// Starts the thread.
    pub(super) fn start(database: PathBuf) -> std::io::Result<Self> {
        // One call waiting is enough: the fold that follows it folds everything.
        let (tell, told) = sync_channel(1);
        let fold = move || {
            while told.recv().is_ok() {
                let folded = Store::open(&database, Durability::Kill).and_then(|store| store.fold_log());
                if let Err(error) = folded {
                    tracing::warn!(problem = in_full(&error), "the write-ahead log could not be folded back yet");
                }
            }
        };
        let thread = std::thread::Builder::new().name("folding".to_owned()).spawn(fold)?;
        Ok(Self { tell, thread, commits: 0 })
    }

    /// Takes note of a commit.
    pub(super) fn count(&mut self) {
        self.commits += 1;
        if self.commits >= COMMITS {
            self.commits = 0;
            // Busy folding, it will be told again.
            let _busy = self.tell.try_send(());
        }
    }

    /// Waits until a fold under way is done.
    pub(super) fn end(self) {
        drop(self.tell);
        let _panicked = self.thread.join();
    }
}
