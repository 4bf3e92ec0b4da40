//! Presync: brings the index's written pages to the disk while commits go on, so that a checkpoint
//! has little left to wait for. It has no meaning for durability: pages may reach the disk at any
//! time.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use super::disk::Open;
use super::index;
use super::shared::Shared;

/// Starts syncs on the presync thread, and ends the thread when dropped.
#[derive(Debug)]
pub(crate) struct Presync {
    ask: SyncSender<()>,
}

impl Presync {
    /// Starts the thread.
    pub(crate) fn start(shared: &Arc<Shared>) -> std::io::Result<Presync> {
        let (ask, asked) = sync_channel(1);
        let shared = Arc::downgrade(shared);
        std::thread::Builder::new().name("presync".into()).spawn(move || run(&asked, &shared))?;
        Ok(Presync { ask })
    }

    /// Begins a sync, unless one is waiting to begin.
    pub(crate) fn begin(&self) {
        let _ = self.ask.try_send(());
    }
}

fn run(asked: &Receiver<()>, shared: &std::sync::Weak<Shared>) {
    while asked.recv().is_ok() {
        let Some(shared) = shared.upgrade() else { return };
        // The checkpoint will get the same error: the operating system reports it to each open
        // file.
        let _ = shared.disk.open(index::FILE, Open::Write).and_then(|file| file.sync_data());
    }
}
