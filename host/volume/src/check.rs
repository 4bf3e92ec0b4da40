//! Offline check: index ↔ blobs ↔ files and segments, and the checksum of every byte.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::io::ErrorKind;
use std::sync::Arc;

use super::blobs::{self, BlobRow, Location};
use super::counters::Amounts;
use super::disk::{Disk, DiskFile, Open, RealDisk};
use super::errors::{OpenError, VolumeError};
use super::format;
use super::index::{Found, Index, RowVisitor};
use super::log::Position;
use super::log::record::{self, Header, Kind};
use super::log::replay::{self, body_crc};
use super::log::segment;
use super::open;
use super::options::Options;
use super::sealing::Root;

/// Problems that a report lists; further ones are only counted.
const LISTED_MAX: usize = 1000;

/// Something that is not as it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// Pages of the index had wrong checksums.
    IndexDamaged,
    /// A blob's row cannot be read.
    RowUnreadable(u64),
    /// A blob without references was not removed.
    Unreferenced(u64),
    /// The blob's file or segment is not there, or is too short.
    Missing(u64),
    /// The blob's bytes do not have their checksum.
    Corrupt(u64),
    /// The disk does not give the blob's bytes; and what it says.
    Unreadable(u64, String),
    /// There is no record of this blob where its row says.
    RecordMismatch(u64),
    /// Two blobs claim the same bytes.
    Overlap(u64, u64),
    /// The stored live bytes of a segment are wrong: segment, stored, counted.
    LiveBytes(u64, u64, u64),
    /// A blob's references are not as many as the rows hold: blob, stored, counted.
    References(u64, u64, u64),
    /// No row refers to the blob, so nothing will ever free it.
    Orphan(u64),
    /// A row refers to a blob that is not there.
    Dangling(u64, RowKey),
    /// A row cannot be read by the component that wrote it; and why.
    RowNotUnderstood(RowKey, String),
    /// A counter has other numbers than rows say: counter, stored, counted.
    Counter(String, Amounts, Amounts),
    /// The folder key is not the one that bodies are sealed under; and why.
    Key(String),
}

/// Which row it is, so that it can be found again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowKey {
    /// The table.
    pub table: String,
    /// The key.
    pub key: Vec<u8>,
}

impl fmt::Display for RowKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "row \"{}\" of {}", self.key.escape_ascii(), self.table)
    }
}

impl Problem {
    /// The blobs whose bytes are damaged or lost. None where only figures are wrong.
    pub fn damaged(&self) -> Vec<u64> {
        match self {
            Problem::RowUnreadable(id)
            | Problem::Missing(id)
            | Problem::Corrupt(id)
            | Problem::Unreadable(id, _)
            | Problem::RecordMismatch(id)
            | Problem::Dangling(id, _) => vec![*id],
            Problem::Overlap(one, other) => vec![*one, *other],
            Problem::IndexDamaged
            | Problem::Unreferenced(_)
            | Problem::LiveBytes(..)
            | Problem::References(..)
            | Problem::Orphan(_)
            | Problem::Counter(..)
            | Problem::Key(_)
            | Problem::RowNotUnderstood(..) => Vec::new(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Problem::IndexDamaged => write!(f, "the index has damaged pages"),
            Problem::RowUnreadable(id) => write!(f, "blob {id:016x}: its row is unreadable"),
            Problem::Unreferenced(id) => write!(f, "blob {id:016x}: has no references"),
            Problem::Missing(id) => write!(f, "blob {id:016x}: its bytes are missing"),
            Problem::Corrupt(id) => write!(f, "blob {id:016x}: its bytes do not have their checksum"),
            Problem::Unreadable(id, why) => write!(f, "blob {id:016x}: its bytes cannot be read: {why}"),
            Problem::RecordMismatch(id) => write!(f, "blob {id:016x}: there is no record of it at its place"),
            Problem::Overlap(one, other) => {
                write!(f, "blobs {one:016x} and {other:016x} claim the same bytes")
            }
            Problem::LiveBytes(segment, stored, counted) => {
                write!(f, "segment {segment}: {stored} live bytes are noted, {counted} were counted")
            }
            Problem::References(id, stored, counted) => {
                write!(f, "blob {id:016x}: {stored} references are noted, {counted} were counted")
            }
            Problem::Orphan(id) => write!(f, "blob {id:016x}: no row refers to it"),
            Problem::Dangling(id, row) => {
                write!(f, "{row}: blob {id:016x}, to which it refers, is not there")
            }
            Problem::RowNotUnderstood(row, why) => write!(f, "{row}: it cannot be read: {why}"),
            Problem::Counter(counter, stored, counted) => {
                write!(f, "counter \"{counter}\": {stored:?} are noted, {counted:?} were counted")
            }
            Problem::Key(why) => f.write_str(why),
        }
    }
}

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Rows of all tables.
    pub rows: u64,
    /// Blobs.
    pub blobs: u64,
    /// Bytes of all blobs.
    pub bytes: u64,
    /// Log segments.
    pub segments: u64,
    /// Files that belong to no blob. Harmless: the next start removes them.
    pub orphans: u64,
    /// The counters, as they are stored.
    pub counters: BTreeMap<String, Amounts>,
    /// How many problems there are.
    pub problem_count: u64,
    /// The first problems.
    pub problems: Vec<Problem>,
}

impl Report {
    /// Whether everything is as it must be.
    pub fn is_clean(&self) -> bool {
        self.problem_count == 0
    }

    /// Compares the counters with what they have to be.
    pub fn compare_counters(&mut self, counted: &BTreeMap<String, Amounts>) {
        let stored = std::mem::take(&mut self.counters);
        for counter in stored.keys().chain(counted.keys().filter(|name| !stored.contains_key(*name))) {
            let of =
                |counters: &BTreeMap<String, Amounts>| counters.get(counter).copied().unwrap_or_default();
            if of(&stored) != of(counted) {
                self.add(Problem::Counter(counter.clone(), of(&stored), of(counted)));
            }
        }
        self.counters = stored;
    }

    fn add(&mut self, problem: Problem) {
        self.problem_count += 1;
        if self.problems.len() < LISTED_MAX {
            self.problems.push(problem);
        }
    }
}

/// Which blobs a row (table, key, value) refers to, once for each reference; the reason when it
/// cannot be read.
pub type References<'a> = &'a mut dyn FnMut(&str, &[u8], &[u8]) -> Result<Vec<u64>, String>;

/// Checks the data folder of a volume that is not open. The index is brought up to date with the
/// log first, as a start would do. References are compared only when `references` says what rows
/// hold.
pub fn check(options: &Options, references: Option<References<'_>>) -> Result<Report, OpenError> {
    check_on(Arc::new(RealDisk::existing(&options.dir)?), options, references)
}

/// As `check`, on a disk of the caller's.
pub fn check_on(
    disk: Arc<dyn Disk>,
    options: &Options,
    references: Option<References<'_>>,
) -> Result<Report, OpenError> {
    let _lock = disk.lock(format::LOCK_FILE)?.ok_or(OpenError::Locked)?;
    let volume = format::read(&*disk)?.ok_or(OpenError::NotAVolume)?.volume;
    let mut report = Report::default();
    if open::is_new(&*disk, options)? {
        // The creation of the folder was cut short, and nothing was ever stored.
        return Ok(report);
    }
    let mut index = open::open_index(&*disk, options)?;
    let Some(state) = index.state()? else { return Ok(report) };
    let headers = replay::chain(&*disk, volume)?;
    report.segments = headers.len() as u64;
    let (_, _, live) = open::bring_up(&*disk, &index, state, &headers)?;
    if !index.verify()? {
        report.add(Problem::IndexDamaged);
    }
    if let Some(why) = wrong_key(&index, volume, options)? {
        report.add(Problem::Key(why.to_string()));
    }
    report.counters = index.counters()?.into_iter().collect();
    let rows = collect(&index, references, &mut report)?;
    check_live(&rows, &live, &mut report);
    check_overlaps(&rows, &mut report);
    check_bodies(&*disk, &rows, &mut report)?;
    report.orphans = count_orphans(&*disk, &rows)?;
    Ok(report)
}

/// Why a start would refuse the folder key, where the caller has one.
fn wrong_key(index: &Index, volume: u64, options: &Options) -> Result<Option<OpenError>, OpenError> {
    let (Some(noted), Some(source)) = (index.sealing()?, &options.key) else { return Ok(None) };
    Ok(match source.folder_key(false) {
        Ok(Some(key)) => (noted != Root::new(&key).check_value(volume)).then_some(OpenError::WrongKey),
        Ok(None) => Some(OpenError::NoKey),
        Err(error) => Some(OpenError::Key(error)),
    })
}

/// Goes over the rows (table, key, value) of a volume that is not open and was just checked.
pub fn visit_rows(options: &Options, visit: RowVisitor<'_>) -> Result<(), OpenError> {
    let disk = RealDisk::existing(&options.dir)?;
    let _lock = disk.lock(format::LOCK_FILE)?.ok_or(OpenError::Locked)?;
    if open::is_new(&disk, options)? {
        return Ok(());
    }
    let index = open::open_index(&disk, options)?;
    index.walk(&mut |found| {
        if let Found::Row(table, key, value) = found {
            visit(table, key, value);
        }
    })?;
    Ok(())
}

fn collect(
    index: &Index,
    mut references: Option<References<'_>>,
    report: &mut Report,
) -> Result<BTreeMap<u64, BlobRow>, VolumeError> {
    let mut blobs = BTreeMap::new();
    let mut unreadable = HashSet::new();
    let mut counted: HashMap<u64, u64> = HashMap::new();
    let counts = references.is_some();
    // Blobs come first, so that a row's blobs can be looked up.
    index.walk(&mut |found| match found {
        Found::Blob(id, Some(row)) => {
            report.blobs += 1;
            report.bytes += row.length;
            if row.references == 0 {
                report.add(Problem::Unreferenced(id));
            }
            blobs.insert(id, row);
        }
        Found::Blob(id, None) => {
            unreadable.insert(id);
            report.add(Problem::RowUnreadable(id));
        }
        Found::Row(table, key, value) => {
            report.rows += 1;
            let Some(references) = references.as_mut() else { return };
            let named = || RowKey { table: table.to_owned(), key: key.to_vec() };
            match references(table, key, value) {
                Ok(ids) => {
                    for id in ids {
                        if blobs.contains_key(&id) {
                            *counted.entry(id).or_default() += 1;
                        } else if !unreadable.contains(&id) {
                            report.add(Problem::Dangling(id, named()));
                        }
                    }
                }
                Err(why) => report.add(Problem::RowNotUnderstood(named(), why)),
            }
        }
    })?;
    if counts {
        for (id, row) in &blobs {
            match (u64::from(row.references), counted.remove(id).unwrap_or(0)) {
                (stored, found) if stored == found => {}
                (_, 0) => report.add(Problem::Orphan(*id)),
                (stored, found) => report.add(Problem::References(*id, stored, found)),
            }
        }
    }
    Ok(blobs)
}

fn check_live(rows: &BTreeMap<u64, BlobRow>, live: &BTreeMap<u64, u64>, report: &mut Report) {
    let mut counted: BTreeMap<u64, u64> = BTreeMap::new();
    for row in rows.values() {
        if let Some((segment, bytes)) = row.in_log() {
            *counted.entry(segment).or_default() += bytes;
        }
    }
    let numbers: HashSet<u64> = counted.keys().chain(live.keys()).copied().collect();
    for number in numbers {
        let (stored, found) =
            (live.get(&number).copied().unwrap_or(0), counted.get(&number).copied().unwrap_or(0));
        if stored != found {
            report.add(Problem::LiveBytes(number, stored, found));
        }
    }
}

fn check_overlaps(rows: &BTreeMap<u64, BlobRow>, report: &mut Report) {
    let mut spans: Vec<(u64, u64, u64, u64)> = rows
        .iter()
        .filter_map(|(id, row)| match row.location {
            Location::Log { segment, offset } => {
                Some((segment, offset, offset.saturating_add(row.length), *id))
            }
            Location::File => None,
        })
        .collect();
    spans.sort_unstable();
    for pair in spans.windows(2) {
        if let [(segment, _, end, one), (next_segment, start, _, other)] = pair
            && segment == next_segment
            && start < end
        {
            report.add(Problem::Overlap(*one, *other));
        }
    }
}

fn check_bodies(
    disk: &dyn Disk,
    rows: &BTreeMap<u64, BlobRow>,
    report: &mut Report,
) -> Result<(), OpenError> {
    let mut open_segments: HashMap<u64, Option<Arc<dyn DiskFile>>> = HashMap::new();
    for (id, row) in rows {
        let problem = match row.location {
            Location::Log { segment, offset } => {
                let file = match open_segments.get(&segment) {
                    Some(file) => file.clone(),
                    None => {
                        let file = open_if_there(disk, &segment::path(segment))?;
                        open_segments.insert(segment, file.clone());
                        file
                    }
                };
                check_in_log(*id, row, Position { segment, offset }, file.as_deref())?
            }
            Location::File => match open_if_there(disk, &blobs::file_path(*id))? {
                Some(file) => check_bytes(*id, row, &*file, 0, file.len()?)?,
                None => Some(Problem::Missing(*id)),
            },
        };
        if let Some(problem) = problem {
            report.add(problem);
        }
    }
    Ok(())
}

fn open_if_there(disk: &dyn Disk, path: &str) -> Result<Option<Arc<dyn DiskFile>>, OpenError> {
    match disk.open(path, Open::Read) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn check_in_log(
    id: u64,
    row: &BlobRow,
    at: Position,
    file: Option<&dyn DiskFile>,
) -> Result<Option<Problem>, OpenError> {
    let Some(file) = file else { return Ok(Some(Problem::Missing(id))) };
    let length = file.len()?;
    let header_bytes = record::HEADER_BYTES as u64;
    if at.offset < segment::HEADER_BYTES + header_bytes || at.offset > length {
        return Ok(Some(Problem::RecordMismatch(id)));
    }
    let start = Position { segment: at.segment, offset: at.offset - header_bytes };
    let mut bytes = [0; record::HEADER_BYTES];
    if let Err(error) = file.read_at(start.offset, &mut bytes) {
        return Ok(Some(Problem::Unreadable(id, error.to_string())));
    }
    let expected = |header: &Header| {
        header.kind == Kind::Body && header.id == id && header.length == row.length && header.crc == row.crc
    };
    if !Header::read(start, &bytes).is_some_and(|header| expected(&header)) {
        return Ok(Some(Problem::RecordMismatch(id)));
    }
    check_bytes(id, row, file, at.offset, length)
}

fn check_bytes(
    id: u64,
    row: &BlobRow,
    file: &dyn DiskFile,
    offset: u64,
    file_bytes: u64,
) -> Result<Option<Problem>, OpenError> {
    if offset.checked_add(row.length).is_none_or(|end| end > file_bytes) {
        return Ok(Some(Problem::Missing(id)));
    }
    Ok(match body_crc(file, offset, row.length) {
        Ok(crc) if crc == row.crc => None,
        Ok(_) => Some(Problem::Corrupt(id)),
        Err(error) => Some(Problem::Unreadable(id, error.to_string())),
    })
}

fn count_orphans(disk: &dyn Disk, rows: &BTreeMap<u64, BlobRow>) -> Result<u64, OpenError> {
    let mut orphans = 0;
    for folder in disk.list(blobs::FOLDER)? {
        let names = disk.list(&format!("{}/{folder}", blobs::FOLDER)).unwrap_or_default();
        let ids = names.iter().filter_map(|name| blobs::file_id(name));
        orphans +=
            ids.filter(|id| rows.get(id).is_none_or(|row| row.location != Location::File)).count() as u64;
    }
    Ok(orphans)
}
