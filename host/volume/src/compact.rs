//! Compaction: moves what is still live out of log segments that are mostly dead, so that they can
//! go.
//!
//! A move is an ordinary commit that changes a blob's location, if the blob is still where it was.

use std::collections::HashSet;
use std::sync::Arc;

use super::blobs::Location;
use super::commit::batch::{Move, encode_moves};
use super::commit::queue::Queued;
use super::errors::VolumeError;
use super::log::Position;
use super::log::record::{self, Header, Kind};
use super::log::replay::Scan;
use super::log::segment;
use super::shared::Shared;
use super::stats::count;

/// Blobs that one commit moves at most.
const MOVES_MAX: usize = 256;

/// How far compaction is.
#[derive(Debug, Default)]
pub(crate) struct Compaction {
    /// The segment being emptied, and where in it to go on.
    at: Option<Position>,
    /// Segments that hold damaged bodies. They stay as they are, so that they can be repaired.
    damaged: HashSet<u64>,
}

impl Compaction {
    /// Goes on for about `budget` bytes.
    pub(crate) fn round(&mut self, shared: &Arc<Shared>, budget: u64) -> Result<(), VolumeError> {
        if budget == 0 || shared.is_failed() || shared.is_space_low_for_compaction() {
            return Ok(());
        }
        let Some(at) = self.at.or_else(|| self.choose(shared)) else { return Ok(()) };
        self.at = self.empty(shared, at, budget)?;
        Ok(())
    }

    /// The segment with the least that is live, among those that are worth it.
    fn choose(&self, shared: &Shared) -> Option<Position> {
        let before = shared.checkpointed();
        let below = u64::from(shared.options.compact_below_percent);
        let worth = shared.segments.usages().into_iter().filter(|usage| {
            let settled = usage.number < before && !usage.pending && !self.damaged.contains(&usage.number);
            settled && usage.live > 0 && usage.live_percent() < below
        });
        let chosen = worth.min_by_key(super::segments::SegmentUsage::live_percent)?;
        Some(Position { segment: chosen.number, offset: segment::HEADER_BYTES })
    }

    /// Moves live bodies from `at` on; answers where to go on, if the segment is not done.
    fn empty(
        &mut self,
        shared: &Arc<Shared>,
        at: Position,
        budget: u64,
    ) -> Result<Option<Position>, VolumeError> {
        let file = shared.segments.file(at.segment)?;
        let file =
            file.ok_or_else(|| VolumeError::Failed(format!("log segment {} is not there", at.segment)))?;
        let mut scan = Scan::new(&*file, at, None)?;
        let mut moves = Vec::new();
        let mut pending = Vec::new();
        let mut spent = 0;
        let mut done = true;
        while let Some(header) = scan.header()? {
            if spent >= budget || moves.len() >= MOVES_MAX {
                done = false;
                break;
            }
            let body_at = scan.at.offset + record::HEADER_BYTES as u64;
            spent += record::HEADER_BYTES as u64;
            if header.kind == Kind::Body && is_live(shared, &header, (at.segment, body_at))? {
                let mut built = record::with_room(usize::try_from(header.length).unwrap_or(0));
                built.extend_from_slice(scan.read(body_at, header.length)?);
                let body = built.get(record::HEADER_BYTES..).unwrap_or_default();
                if crc_fast::crc64_nvme(body) == header.crc {
                    let Location::Log { segment, offset } =
                        shared.append_body(header.id, built, header.crc)?
                    else {
                        break;
                    };
                    pending.push(PendingMove {
                        shared,
                        segment,
                        bytes: header.length + record::HEADER_BYTES as u64,
                    });
                    moves.push(Move { blob: header.id, from: (at.segment, body_at), to: (segment, offset) });
                } else {
                    tracing::error!(blob = header.id, segment = at.segment, "a stored body is damaged");
                    self.damaged.insert(at.segment);
                }
                spent += header.length * 2;
            }
            scan.skip(&header);
        }
        let next = scan.at;
        commit(shared, &moves)?;
        count(&shared.counters.compacted_bytes, pending.iter().map(|one| one.bytes).sum());
        Ok((!done).then_some(next))
    }
}

/// A body that was copied and whose move is not committed.
struct PendingMove<'a> {
    shared: &'a Shared,
    segment: u64,
    bytes: u64,
}

impl Drop for PendingMove<'_> {
    fn drop(&mut self) {
        self.shared.segments.pending_ended(self.segment, self.bytes);
    }
}

fn is_live(shared: &Shared, header: &Header, at: (u64, u64)) -> Result<bool, VolumeError> {
    let row = shared.snapshot()?.blob(header.id)?;
    Ok(row.is_some_and(|row| row.location == Location::Log { segment: at.0, offset: at.1 }))
}

fn commit(shared: &Shared, moves: &[Move]) -> Result<(), VolumeError> {
    if moves.is_empty() {
        return Ok(());
    }
    let (send, receive) = std::sync::mpsc::sync_channel(1);
    shared.queue.push(Queued {
        add: Vec::new(),
        essential: false,
        require: Vec::new(),
        record: encode_moves(moves),
        received: Vec::new(),
        done: Box::new(move |result| {
            let _ = send.send(result);
        }),
    });
    match receive.recv() {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(VolumeError::Failed(format!("compaction: {error}"))),
        Err(_) => Err(VolumeError::Failed("compaction: the volume is closed".into())),
    }
}
