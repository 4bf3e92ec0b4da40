//! The end of the log that is written: a tail in memory, to which any thread may append, and one
//! writer that brings it to the disk.

use std::sync::{Arc, Mutex, PoisonError};

use super::Position;
use super::record::{self, Header, Kind};
use super::segment::{self, Segment, SegmentHeader};
use crate::disk::{Disk, DiskFile, Open};
use crate::errors::VolumeError;
use crate::segments::Segments;

/// Records for one segment, in order, without a gap.
#[derive(Debug)]
struct Part {
    /// Present when the part is the first of its segment.
    opens: Option<SegmentHeader>,
    start: Position,
    end: u64,
    records: Vec<Vec<u8>>,
}

/// Why nothing can be appended at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Broken {
    Full,
    Failed,
}

/// What was appended and is not written yet.
#[derive(Debug)]
struct Waiting {
    /// Where the next record goes.
    next: Position,
    /// The number of the next record.
    record: u64,
    parts: Vec<Part>,
    /// Bytes in memory, those being written included.
    bytes: usize,
    broken: Option<Broken>,
    /// Stretches of the log that were given out and then lost with a failed write.
    lost: Vec<(Position, Position)>,
}

/// The tail of the log.
#[derive(Debug)]
pub(crate) struct Tail {
    volume: u64,
    segment_bytes: u64,
    bytes_max: usize,
    waiting: Mutex<Waiting>,
}

impl Tail {
    /// A tail that goes on at `next` with record number `record`.
    pub(crate) fn new(
        volume: u64,
        segment_bytes: u64,
        bytes_max: usize,
        next: Position,
        record: u64,
    ) -> Tail {
        let waiting = Waiting { next, record, parts: Vec::new(), bytes: 0, broken: None, lost: Vec::new() };
        Tail { volume, segment_bytes, bytes_max, waiting: Mutex::new(waiting) }
    }

    /// Appends a body, which was built with `record::with_room`; answers the position of its first
    /// byte.
    pub(crate) fn append_body(&self, id: u64, body: Vec<u8>, crc: u64) -> Result<Position, VolumeError> {
        let mut waiting = self.lock();
        if waiting.bytes.saturating_add(body.len()) > self.bytes_max {
            return Err(VolumeError::Overloaded);
        }
        self.append(&mut waiting, Kind::Body, id, body, crc)
    }

    /// Appends a record that is not a body, whatever waits already: the queue of commits has a
    /// bound of its own.
    pub(crate) fn append_record(&self, kind: Kind, id: u64, built: Vec<u8>) -> Result<Position, VolumeError> {
        let crc = built.get(record::HEADER_BYTES..).map_or(0, crc_fast::crc64_nvme);
        self.append(&mut self.lock(), kind, id, built, crc)
    }

    fn append(
        &self,
        waiting: &mut Waiting,
        kind: Kind,
        id: u64,
        mut built: Vec<u8>,
        crc: u64,
    ) -> Result<Position, VolumeError> {
        match waiting.broken {
            Some(Broken::Full) => return Err(VolumeError::Full),
            Some(Broken::Failed) => return Err(VolumeError::Failed("the log cannot be written".into())),
            None => {}
        }
        let size = built.len() as u64;
        if waiting.next.offset + size > self.segment_bytes && waiting.next.offset > segment::HEADER_BYTES {
            self.roll(waiting);
        }
        let at = waiting.next;
        let payload = size.saturating_sub(record::HEADER_BYTES as u64);
        Header { kind, length: payload, number: waiting.record, id, crc }.write(at, &mut built);
        waiting.record += 1;
        waiting.next.offset += size;
        waiting.bytes += built.len();
        match waiting.parts.last_mut() {
            Some(part) if part.start.segment == at.segment => {
                part.end += size;
                part.records.push(built);
            }
            _ => waiting.parts.push(Part {
                opens: None,
                start: at,
                end: at.offset + size,
                records: vec![built],
            }),
        }
        Ok(Position { segment: at.segment, offset: at.offset + record::HEADER_BYTES as u64 })
    }

    /// Goes on in a new segment.
    fn roll(&self, waiting: &mut Waiting) {
        let header = SegmentHeader {
            number: waiting.next.segment + 1,
            previous: waiting.next.segment,
            previous_length: waiting.next.offset,
            first_record: waiting.record,
            volume: self.volume,
        };
        waiting.next = Position { segment: header.number, offset: segment::HEADER_BYTES };
        waiting.parts.push(Part {
            opens: Some(header),
            start: waiting.next,
            end: segment::HEADER_BYTES,
            records: Vec::new(),
        });
    }

    /// Where the log ends when everything that waits is written, and the number of the record after
    /// it.
    pub(crate) fn end(&self) -> (Position, u64) {
        let waiting = self.lock();
        (waiting.next, waiting.record)
    }

    /// Bytes that wait in memory.
    pub(crate) fn bytes(&self) -> usize {
        self.lock().bytes
    }

    /// Whether appending fails at the moment, and how.
    pub(crate) fn broken(&self) -> Option<VolumeError> {
        self.lock().broken.map(|broken| match broken {
            Broken::Full => VolumeError::Full,
            Broken::Failed => VolumeError::Failed("the log cannot be written".into()),
        })
    }

    /// Whether what was appended at this position was lost with a failed write.
    pub(crate) fn is_lost(&self, at: Position) -> bool {
        self.lock().lost.iter().any(|(from, to)| *from <= at && at < *to)
    }

    fn take(&self) -> Vec<Part> {
        std::mem::take(&mut self.lock().parts)
    }

    fn written(&self, bytes: usize) {
        let mut waiting = self.lock();
        waiting.bytes = waiting.bytes.saturating_sub(bytes);
    }

    /// Gives up everything after `good`; nothing is appended until `resume`.
    fn break_off(&self, good: Position, error: &VolumeError) {
        let mut waiting = self.lock();
        waiting.broken = Some(if matches!(error, VolumeError::Full) { Broken::Full } else { Broken::Failed });
        waiting.parts.clear();
        waiting.bytes = 0;
        let to = Position { segment: waiting.next.segment + 1, offset: segment::HEADER_BYTES };
        match waiting.lost.last_mut() {
            Some(last) if last.1 >= good => last.1 = to,
            _ => waiting.lost.push((good, to)),
        }
    }

    /// The header of the segment to go on with after a failure.
    fn repair_header(&self, good: Position) -> SegmentHeader {
        let waiting = self.lock();
        SegmentHeader {
            number: waiting.next.segment + 1,
            previous: good.segment,
            previous_length: good.offset,
            first_record: waiting.record,
            volume: self.volume,
        }
    }

    fn resume(&self, next: Position) {
        let mut waiting = self.lock();
        waiting.next = next;
        waiting.broken = None;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a flush ends with a sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sync {
    Yes,
    No,
}

/// The one who writes the tail. Owned by the committer.
#[derive(Debug)]
pub(crate) struct Writer {
    disk: Arc<dyn Disk>,
    tail: Arc<Tail>,
    segments: Arc<Segments>,
    active: Segment,
    allocate_bytes: u64,
    allocated: u64,
    /// Where what was written ends.
    written: Position,
    /// Where what was acknowledged ends: after a failure the log is good up to here.
    good: Position,
    /// Where what was synced ends.
    durable: Position,
    unsynced: bool,
}

impl Writer {
    /// A writer that goes on at `end` of the open segment `active`, whose file ends there too.
    pub(crate) fn new(
        disk: Arc<dyn Disk>,
        tail: Arc<Tail>,
        segments: Arc<Segments>,
        active: Segment,
        allocate_bytes: u64,
    ) -> Writer {
        let (end, _) = tail.end();
        Writer {
            disk,
            tail,
            segments,
            active,
            allocate_bytes: allocate_bytes.max(1),
            allocated: end.offset,
            written: end,
            good: end,
            durable: end,
            unsynced: false,
        }
    }

    /// Writes everything that waits. After an error the log is broken until `repair`, and
    /// everything after the last acknowledged group is lost.
    pub(crate) fn flush(&mut self, sync: Sync) -> Result<u64, VolumeError> {
        match self.write_waiting(sync) {
            Ok(bytes) => Ok(bytes),
            Err(error) => {
                self.tail.break_off(self.good, &error);
                Err(error)
            }
        }
    }

    /// Everything written so far is acknowledged: a later failure leaves it alone.
    pub(crate) fn acknowledge(&mut self) {
        self.good = self.written;
    }

    fn write_waiting(&mut self, sync: Sync) -> Result<u64, VolumeError> {
        let mut total = 0;
        for part in self.tail.take() {
            if let Some(header) = &part.opens {
                self.close_active()?;
                self.open_segment(header)?;
            }
            if part.end > self.allocated {
                // The end of a segment is cut off when it is closed: whole steps do not need to
                // fit.
                let wanted = part.end.next_multiple_of(self.allocate_bytes);
                self.allocated = allocate(&*self.active.file, wanted, part.end)?;
            }
            self.unsynced = true;
            self.active.file.write_parts_at(part.start.offset, &part.records)?;
            self.written = Position { segment: part.start.segment, offset: part.end };
            self.segments.grew(part.start.segment, part.end);
            let bytes: usize = part.records.iter().map(Vec::len).sum();
            self.tail.written(bytes);
            total += bytes as u64;
        }
        if sync == Sync::Yes && self.unsynced {
            self.active.file.sync_data()?;
            self.synced();
        }
        Ok(total)
    }

    /// A segment is complete on the disk before the next one exists: replay depends on it.
    fn close_active(&mut self) -> Result<(), VolumeError> {
        self.active.file.set_len(self.written.offset)?;
        self.active.file.sync_data()?;
        self.synced();
        Ok(())
    }

    fn synced(&mut self) {
        self.durable = self.written;
        self.unsynced = false;
    }

    /// Where what was synced ends.
    pub(crate) fn durable(&self) -> Position {
        self.durable
    }

    fn open_segment(&mut self, header: &SegmentHeader) -> Result<(), VolumeError> {
        self.active = create_segment(&*self.disk, header, self.allocate_bytes)?;
        self.allocated = segment::HEADER_BYTES;
        self.written = Position { segment: header.number, offset: segment::HEADER_BYTES };
        self.segments.opened(&self.active, segment::HEADER_BYTES);
        Ok(())
    }

    /// Tries to make a broken log writable again, in a new segment that says where the good part of
    /// the log ends.
    pub(crate) fn repair(&mut self) -> Result<(), VolumeError> {
        if self.tail.broken().is_none() {
            return Ok(());
        }
        let header = self.tail.repair_header(self.good);
        self.open_segment(&header)?;
        self.synced();
        self.good = self.written;
        self.tail.resume(self.written);
        Ok(())
    }

    /// Where what was written ends.
    pub(crate) fn position(&self) -> Position {
        self.written
    }

    /// Cuts off reserved space, so that the file ends where the log does, and syncs.
    pub(crate) fn close(&mut self) -> Result<(), VolumeError> {
        self.flush(Sync::Yes)?;
        self.close_active()
    }
}

/// Reserves space up to `wanted`; where there is not as much, up to `needed`: what frees space is a
/// short record. Answers how much it was.
fn allocate(file: &dyn DiskFile, wanted: u64, needed: u64) -> Result<u64, VolumeError> {
    let reserved = file.allocate(wanted).map_err(VolumeError::from);
    match reserved {
        Ok(()) => Ok(wanted),
        Err(VolumeError::Full) if needed < wanted => Ok(file.allocate(needed).map(|()| needed)?),
        Err(error) => Err(error),
    }
}

/// Makes a segment's file, and makes its header and its name durable before anything else is
/// written: a segment with records and without a header is a damaged one.
pub(crate) fn create_segment(
    disk: &dyn Disk,
    header: &SegmentHeader,
    allocate_bytes: u64,
) -> Result<Segment, VolumeError> {
    let file = disk.open(&segment::path(header.number), Open::Create)?;
    if !file.is_empty()? {
        // Left over from an attempt that failed; nothing in it was ever acknowledged.
        file.set_len(0)?;
        file.sync_data()?;
    }
    allocate(&*file, allocate_bytes.max(segment::HEADER_BYTES), segment::HEADER_BYTES)?;
    file.write_at(0, &header.encode())?;
    file.sync_data()?;
    disk.sync_folder(segment::FOLDER)?;
    Ok(Segment { number: header.number, file })
}
