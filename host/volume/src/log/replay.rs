//! Reads the log back: every record from a position on, up to where the log ends.

use std::io;

use super::Position;
use super::record::{self, Header};
use super::segment::{self, Segment, SegmentHeader};
use crate::commit::batch::Stamp;
use crate::disk::{Disk, DiskFile, Open};
use crate::errors::OpenError;
use crate::wire::Taker;

/// Bytes read at once.
const WINDOW_BYTES: usize = 1 << 20;

/// Bytes looked through at once for what stands behind the log's end.
const LOOK_BYTES: u64 = 64 << 10;

/// Where the log was found to end.
#[derive(Debug)]
pub(crate) struct End {
    pub(crate) position: Position,
    /// The number of the next record.
    pub(crate) record: u64,
    /// The last segment, open for writing.
    pub(crate) segment: Segment,
}

/// The headers of the segments in order. A segment without a whole header is left out when nothing
/// is in it: its creation was cut short.
pub(crate) fn chain(disk: &dyn Disk, volume: u64) -> Result<Vec<SegmentHeader>, OpenError> {
    let mut headers: Vec<SegmentHeader> = Vec::new();
    for number in segment::list(disk)? {
        let segment = segment::open(disk, number, Open::Read)?;
        match SegmentHeader::read(&*segment.file)? {
            Some(header) if header.number == number && header.volume == volume => headers.push(header),
            Some(_) => return Err(damaged(number, 0, "is not a segment of this volume")),
            None => {
                let at = Position { segment: number, offset: segment::HEADER_BYTES };
                if Scan::new(&*segment.file, at, None)?.header()?.is_some() {
                    return Err(damaged(number, 0, "has lost its header"));
                }
            }
        }
    }
    Ok(headers)
}

/// Takes a record's header, its payload and where it ends.
type Visit<'a> = &'a mut dyn FnMut(&Header, &[u8], Position) -> Result<(), OpenError>;

/// Reads on from `from`, where the record number `record` is expected, and gives every sound record
/// to `visit`: its header, its payload (empty for bodies, whose checksum was verified) and where it
/// ends.
pub(crate) fn replay(
    disk: &dyn Disk,
    headers: &[SegmentHeader],
    from: Position,
    record: u64,
    visit: Visit<'_>,
) -> Result<End, OpenError> {
    let mut end = None;
    let mut at = from;
    let mut expected = record;
    let path = path_from(headers, from.segment)?;
    for (index, header) in path.iter().enumerate() {
        if header.number != from.segment {
            at = Position { segment: header.number, offset: segment::HEADER_BYTES };
            if header.first_record < expected {
                return Err(damaged(header.number, 0, "begins with a record that was there before"));
            }
            expected = header.first_record;
        }
        let limit = path.get(index + 1).map(|next| next.previous_length);
        let segment = segment::open(disk, header.number, Open::Write)?;
        let mut scan = Scan::new(&*segment.file, at, limit)?;
        let mut begins = scan.at;
        while let Some((found, payload)) = scan.next(expected)? {
            expected += 1;
            begins.offset += record::HEADER_BYTES as u64 + found.length;
            visit(&found, payload, begins)?;
        }
        let whole = match limit {
            Some(limit) => scan.at.offset == limit,
            None => scan.is_end()?,
        };
        if !whole {
            return Err(damaged(header.number, scan.at.offset, "has a broken record"));
        }
        end = Some(End { position: scan.at, record: expected, segment });
    }
    end.ok_or_else(|| damaged(from.segment, from.offset, "is missing, and the index stands on it"))
}

/// The segments from `first` to the last, each following the one that its header names. A segment
/// that no header names was given up after a failed write, with nothing acknowledged in it.
fn path_from(headers: &[SegmentHeader], first: u64) -> Result<Vec<SegmentHeader>, OpenError> {
    let mut path: Vec<SegmentHeader> = Vec::new();
    let mut wanted = headers.last().map_or(first, |header| header.number);
    for header in headers.iter().rev().filter(|header| header.number >= first) {
        if header.number == wanted {
            path.push(*header);
            wanted = header.previous;
        }
    }
    path.reverse();
    match path.first() {
        Some(header) if header.number == first => Ok(path),
        _ => Err(damaged(first, 0, "is missing, or the next one is; the index stands on it")),
    }
}

fn damaged(segment: u64, offset: u64, what: &str) -> OpenError {
    OpenError::Damaged(format!("{} {what} (at byte {offset})", segment::path(segment)))
}

/// Walks over the records of one segment.
pub(crate) struct Scan<'a> {
    file: &'a dyn DiskFile,
    /// Where the next record begins.
    pub(crate) at: Position,
    end: u64,
    window: Vec<u8>,
    window_at: u64,
}

impl<'a> Scan<'a> {
    /// From `at` to `limit`, or to the end of the file.
    pub(crate) fn new(file: &'a dyn DiskFile, at: Position, limit: Option<u64>) -> io::Result<Scan<'a>> {
        let len = file.len()?;
        let end = limit.map_or(len, |limit| limit.min(len));
        Ok(Scan { file, at, end, window: Vec::new(), window_at: 0 })
    }

    /// The next record if it is sound and has this number.
    pub(crate) fn next(&mut self, number: u64) -> io::Result<Option<(Header, &[u8])>> {
        let Some(header) = self.header()? else { return Ok(None) };
        if header.number != number {
            return Ok(None);
        }
        let start = self.at.offset + record::HEADER_BYTES as u64;
        let whole = if header.kind == record::Kind::Body {
            body_crc(self.file, start, header.length)? == header.crc
        } else {
            let payload = self.read(start, header.length)?;
            crc_fast::crc64_nvme(payload) == header.crc
        };
        if !whole {
            return Ok(None);
        }
        self.at.offset = start + header.length;
        let payload = if header.kind == record::Kind::Body { &[] } else { self.read(start, header.length)? };
        Ok(Some((header, payload)))
    }

    /// The header of the next record, whose payload lies within the segment; does not move on.
    pub(crate) fn header(&mut self) -> io::Result<Option<Header>> {
        let at = self.at;
        if at.offset + record::HEADER_BYTES as u64 > self.end {
            return Ok(None);
        }
        let found = Header::read(at, self.read(at.offset, record::HEADER_BYTES as u64)?);
        let room = self.end - at.offset - record::HEADER_BYTES as u64;
        Ok(found.filter(|header| header.length <= room))
    }

    /// Whether nothing acknowledged can stand behind the record that was not sound: no later commit
    /// says that the log was durable beyond it.
    fn is_end(&mut self) -> io::Result<bool> {
        let stop = self.at;
        let header_bytes = record::HEADER_BYTES as u64;
        let mut offset = stop.offset;
        while offset + header_bytes <= self.end {
            let count = LOOK_BYTES.min(self.end - offset);
            let window = self.read(offset, count)?;
            let mut offsets: Vec<u64> = Vec::new();
            // Reserved space is all zeros, and there is much of it.
            if window.iter().any(|byte| *byte != 0) {
                let starts = (offset..).zip(window.windows(record::HEADER_BYTES));
                offsets
                    .extend(starts.filter(|(_, bytes)| Header::may_begin(bytes)).map(|(offset, _)| offset));
            }
            for offset in offsets {
                let at = Position { offset, ..stop };
                if let Some(header) = Header::read(at, self.read(offset, header_bytes)?)
                    && self.durable_at(at, &header)?.is_some_and(|durable| durable > stop)
                {
                    return Ok(false);
                }
            }
            offset += count - (header_bytes - 1);
        }
        Ok(true)
    }

    /// Up to where the log was durable when a commit was written; `None` for what is not a sound
    /// commit.
    fn durable_at(&mut self, at: Position, header: &Header) -> io::Result<Option<Position>> {
        let start = at.offset + record::HEADER_BYTES as u64;
        if header.kind != record::Kind::Commit || header.length > self.end - start {
            return Ok(None);
        }
        let payload = self.read(start, header.length)?;
        let sound = crc_fast::crc64_nvme(payload) == header.crc;
        Ok(Stamp::take(&mut Taker::new(payload)).filter(|_| sound).map(|stamp| stamp.durable))
    }

    /// Moves over the record that `header` announced.
    pub(crate) fn skip(&mut self, header: &Header) {
        self.at.offset += record::HEADER_BYTES as u64 + header.length;
    }

    /// Bytes of the segment.
    pub(crate) fn read(&mut self, offset: u64, length: u64) -> io::Result<&[u8]> {
        let count = usize::try_from(length).map_err(|_| io::ErrorKind::InvalidData)?;
        let inside = offset >= self.window_at && offset + length <= self.window_at + self.window.len() as u64;
        if !inside {
            let rest = usize::try_from(self.end - offset).unwrap_or(usize::MAX);
            let wanted = rest.min(WINDOW_BYTES.max(count));
            if self.window.len() != wanted {
                self.window = vec![0; wanted];
            }
            self.file.read_at(offset, &mut self.window)?;
            self.window_at = offset;
        }
        let from = usize::try_from(offset - self.window_at).unwrap_or(usize::MAX);
        self.window.get(from..from + count).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }
}

/// The CRC-64/NVME of a stretch of a file.
pub(crate) fn body_crc(file: &dyn DiskFile, mut offset: u64, length: u64) -> io::Result<u64> {
    let mut digest = crc_fast::Digest::new(crc_fast::CrcAlgorithm::Crc64Nvme);
    let mut left = length;
    let mut buffer = vec![0; usize::try_from(length).unwrap_or(usize::MAX).min(WINDOW_BYTES)];
    while left > 0 {
        let count = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        let Some(step) = buffer.get_mut(..count) else { break };
        file.read_at(offset, step)?;
        digest.update(step);
        offset += count as u64;
        left -= count as u64;
    }
    Ok(digest.finalize())
}
