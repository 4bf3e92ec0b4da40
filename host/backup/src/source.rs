//! Sources: who hands out what a volume has acknowledged at one moment.

use std::sync::Arc;

use volume::{Exported, Hold, HoldEnd, Volume};

use super::errors::BackupError;

/// What is backed up: a volume that this process has open, or one of a server that runs.
pub trait Source {
    /// Hands out everything, as `volume::Hold::export` does.
    ///
    /// # Errors
    /// The source is gone, or `each` does not take any more.
    fn export(
        &mut self,
        each: &mut dyn FnMut(Exported) -> Result<(), BackupError>,
    ) -> Result<(), BackupError>;

    /// Shows that this backup goes on. To be called often: it costs little.
    fn progress(&mut self) {}

    /// Whether what was handed out is still held. With `Surely::Yes`, waits until that is certain.
    ///
    /// # Errors
    /// It is not held any more, and why.
    fn check(&mut self, surely: Surely) -> Result<(), BackupError>;
}

/// How certain an answer has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Surely {
    /// As far as is known.
    No,
    /// It is asked again.
    Yes,
}

/// A volume that this process has open.
#[derive(Debug)]
pub struct LocalSource {
    hold: Hold,
}

impl LocalSource {
    /// Holds what is stored now.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn new(volume: &Arc<Volume>) -> Result<LocalSource, BackupError> {
        Ok(LocalSource { hold: volume.hold()? })
    }
}

impl Source for LocalSource {
    fn progress(&mut self) {
        self.hold.holder().progress();
    }

    fn export(
        &mut self,
        each: &mut dyn FnMut(Exported) -> Result<(), BackupError>,
    ) -> Result<(), BackupError> {
        self.hold.export(each)
    }

    fn check(&mut self, _surely: Surely) -> Result<(), BackupError> {
        match self.hold.ended() {
            None => Ok(()),
            Some(HoldEnd::Space) => {
                Err(BackupError::Interrupted("space runs short in the data folder".to_owned()))
            }
            Some(HoldEnd::Idle) => Err(BackupError::Interrupted("the backup made no progress".to_owned())),
        }
    }
}
