//! Folds the database's write-ahead log back while texts are answered. It waits for the disk, so it has a thread and a
//! connection of its own: whoever texts at that moment must not wait with it.

use std::path::PathBuf;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;

use crate::causes::in_full;
use crate::store::{Durability, Store};

/// How many texts may be logged before the log is folded back: some 50 MiB of it.
const TEXTS: usize = 4096;

/// Counts texts and has the log folded back from time to time.
pub(super) struct Folding {
    tell: SyncSender<()>,
    thread: JoinHandle<()>,
    texts: usize,
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
        Ok(Self { tell, thread, texts: 0 })
    }

    /// Takes note of texts that were logged.
    pub(super) fn count(&mut self, texts: usize) {
        self.texts += texts;
        if self.texts >= TEXTS {
            self.texts = 0;
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
