//! What the threads of a volume share.

use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::blobs::{self, Location};
use super::commit::queue::Queue;
use super::disk::Disk;
use super::errors::VolumeError;
use super::hold::Holds;
use super::index::{Index, IndexSlot};
use super::log::segment;
use super::log::writer::Tail;
use super::options::{Durability, Options};
use super::pending::Received;
use super::reclaim::Reclaim;
use super::sealing::Root;
use super::segments::Segments;
use super::sequence::Sequence;
use super::snapshot::{Snapshot, Views};
use super::space::Space;
use super::stats::Counters;

/// Beyond so many waiting bytes the committer is asked to write them, commit or not.
const FLUSH_BYTES: usize = 4 << 20;

/// What the threads of a volume share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) options: Options,
    /// What bodies without a data key are sealed under.
    pub(crate) root: Option<Arc<Root>>,
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) index: IndexSlot,
    pub(crate) tail: Arc<Tail>,
    pub(crate) segments: Arc<Segments>,
    pub(crate) queue: Queue,
    pub(crate) sequence: Sequence,
    pub(crate) views: Views,
    pub(crate) reclaim: Arc<Reclaim>,
    pub(crate) received: Arc<Received>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) space: Space,
    pub(crate) holds: Holds,
    /// The volume's number.
    pub(crate) volume: u64,
    /// Which folders of `files` are durably there, by the last byte of the ids in them.
    folders: Vec<AtomicBool>,
    /// The log before this segment is not needed for a replay.
    checkpointed: AtomicU64,
    /// The index failed: nothing is committed until it is recovered.
    failed: AtomicBool,
    /// Held as long as the volume is in use.
    _lock: Box<dyn Debug + Send + Sync>,
}

/// What `Shared` is made of, as far as it differs from volume to volume.
pub(crate) struct Parts {
    pub(crate) options: Options,
    pub(crate) root: Option<Arc<Root>>,
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) index: Index,
    pub(crate) tail: Arc<Tail>,
    pub(crate) segments: Arc<Segments>,
    pub(crate) sequence: Sequence,
    pub(crate) volume: u64,
    pub(crate) lock: Box<dyn Debug + Send + Sync>,
}

impl Shared {
    pub(crate) fn new(parts: Parts, generation: u64) -> Shared {
        let views = Views::default();
        views.publish(generation);
        let reclaim = Arc::new(Reclaim::default());
        let received = Received::new(Arc::clone(&parts.segments), Arc::clone(&reclaim));
        Shared {
            queue: Queue::new(parts.options.commit_queue_max),
            space: Space::open(&*parts.disk, parts.options.dir.clone(), parts.options.reserve_bytes),
            root: parts.root,
            options: parts.options,
            disk: parts.disk,
            index: IndexSlot::new(parts.index),
            tail: parts.tail,
            segments: parts.segments,
            sequence: parts.sequence,
            views,
            reclaim,
            received: Arc::new(received),
            counters: Arc::default(),
            holds: Holds::default(),
            volume: parts.volume,
            folders: (0..256).map(|_| AtomicBool::new(false)).collect(),
            checkpointed: AtomicU64::new(0),
            failed: AtomicBool::new(false),
            _lock: parts.lock,
        }
    }

    pub(crate) fn snapshot(&self) -> Result<Snapshot, VolumeError> {
        self.views.snapshot(&self.index)
    }

    pub(crate) fn next_sequence(&self) -> u64 {
        let (next, low) = self.sequence.next();
        if low {
            self.queue.request(|work| work.reserve = true);
        }
        next
    }

    /// Appends a body, built with room for its header, to the log's tail, where it counts as
    /// pending.
    pub(crate) fn append_body(&self, id: u64, built: Vec<u8>, crc: u64) -> Result<Location, VolumeError> {
        let bytes = built.len() as u64;
        let at = self.tail.append_body(id, built, crc)?;
        self.segments.pending_began(at.segment, bytes);
        if self.tail.bytes() > FLUSH_BYTES {
            self.queue.request(|work| work.flush = true);
        }
        Ok(Location::Log { segment: at.segment, offset: at.offset })
    }

    /// Looks at the free space again, and refuses a body that would eat into the reserve.
    pub(crate) fn check_space(&self, wanted: u64) -> Result<(), VolumeError> {
        self.space.check(&*self.disk, wanted)
    }

    /// The log before this segment is not needed for a replay any more.
    pub(crate) fn set_checkpointed(&self, segment: u64) {
        self.checkpointed.fetch_max(segment, Ordering::AcqRel);
    }

    /// The first segment that a replay would need.
    pub(crate) fn checkpointed(&self) -> u64 {
        self.checkpointed.load(Ordering::Acquire)
    }

    pub(crate) fn is_failed(&self) -> bool {
        self.failed.load(Ordering::Acquire)
    }

    pub(crate) fn set_failed(&self, failed: bool) {
        self.failed.store(failed, Ordering::Release);
    }

    /// Makes the folder of a blob's file, if need be.
    pub(crate) fn ensure_folder(&self, id: u64) -> Result<(), VolumeError> {
        if !self.folder(id).is_some_and(|durable| durable.load(Ordering::Acquire)) {
            self.disk.create_folder(&blobs::file_folder(id))?;
        }
        Ok(())
    }

    /// Makes the name of a blob's file durable.
    pub(crate) fn sync_file_name(&self, id: u64) -> Result<(), VolumeError> {
        self.disk.sync_folder(&blobs::file_folder(id))?;
        if let Some(durable) = self.folder(id)
            && !durable.load(Ordering::Acquire)
        {
            self.disk.sync_folder(blobs::FOLDER)?;
            durable.store(true, Ordering::Release);
        }
        Ok(())
    }

    fn folder(&self, id: u64) -> Option<&AtomicBool> {
        self.folders.get(usize::try_from(id & 0xff).ok()?)
    }

    /// The file of a segment, in which a blob is said to be.
    pub(crate) fn segment_file(
        &self,
        number: u64,
        blob: u64,
    ) -> Result<Arc<dyn super::disk::DiskFile>, VolumeError> {
        match self.segments.file(number) {
            Ok(Some(file)) => Ok(file),
            Ok(None) => Err(VolumeError::not_there(blob, segment::path(number))),
            Err(error) => Err(VolumeError::of_read(blob, segment::path(number), error)),
        }
    }

    /// Waits until everything that is visible is durable, too; `false` when it is not.
    pub(crate) fn sync_visible(&self) -> bool {
        if self.options.durability == Durability::Synced {
            return true;
        }
        let (send, receive) = std::sync::mpsc::sync_channel(1);
        self.queue.request(|work| {
            work.sync.push(Box::new(move |synced| {
                let _ = send.send(synced);
            }));
        });
        receive.recv().unwrap_or(false)
    }

    /// Whether compaction would have no room for its copies. It may use half of the reserve: it
    /// frees more.
    pub(crate) fn is_space_low_for_compaction(&self) -> bool {
        self.disk.space().map_or(true, |space| space.free < self.options.reserve_bytes / 2)
    }
}
