//! Opening a volume: lock, format, index, replay.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::sync::{Arc, Mutex};

use super::Volume;
use super::commit::apply::{self, Effects};
use super::commit::batch::Changes;
use super::commit::committer::Committer;
use super::disk::{Disk, Open};
use super::errors::{OpenError, VolumeError};
use super::format::{self, LOCK_FILE};
use super::index::{self, Index, Rows, State, write_state};
use super::log::Position;
use super::log::record::{Header, Kind};
use super::log::replay::{self, End};
use super::log::segment::{self, SegmentHeader};
use super::log::writer::{Tail, Writer, create_segment};
use super::maintain::Background;
use super::options::Options;
use super::presync::Presync;
use super::sealing::Root;
use super::segments::Segments;
use super::sequence::Sequence;
use super::shared::{Parts, Shared};
use super::wire::u64_at;

/// Records that a replay applies in one transaction.
const REPLAY_GROUP: u64 = 4096;

/// What a start on a full file system asks for where nothing is kept in reserve.
const START_BYTES: u64 = 64 << 20;

/// Opens the volume on `disk`.
pub(crate) fn open(disk: Arc<dyn Disk>, options: Options) -> Result<Arc<Volume>, OpenError> {
    let (asked, reserve) = (Arc::clone(&disk), options.reserve_bytes);
    open_locked(disk, options).map_err(|error| match error {
        OpenError::Index(VolumeError::Full) => {
            let free = asked.space().map_or(0, |space| space.free);
            // A quota may leave less than is free.
            let wanted = reserve.max(START_BYTES);
            let missing = if free < wanted { wanted - free } else { wanted };
            OpenError::NoSpace { free, missing }
        }
        error => error,
    })
}

fn open_locked(disk: Arc<dyn Disk>, options: Options) -> Result<Arc<Volume>, OpenError> {
    let lock = disk.lock(LOCK_FILE)?.ok_or(OpenError::Locked)?;
    let found = match format::read(&*disk)? {
        Some(found) => found,
        None => format::create(&*disk)?,
    };
    let volume = found.volume;
    if is_new(&*disk, &options)? {
        // Nothing was ever acknowledged here. So the folder is made again, whatever an interrupted
        // creation has left.
        begin(&*disk, volume, &options)?;
    }
    let index = open_index(&*disk, &options)?;
    let state = index.state()?.ok_or_else(|| OpenError::Damaged("the index is empty".into()))?;
    let headers = replay::chain(&*disk, volume)?;
    let (state, end, live) = bring_up(&*disk, &index, state, &headers)?;
    let root = open_root(&index, volume, &options)?;
    let segments = Arc::new(open_segments(&disk, &headers, &end, &live)?);
    // Everything above reads an older folder as it is. Everything below may write what only this
    // version has.
    format::raise(&*disk, found)?;
    // Behind the log's end there may be pieces of records that were never acknowledged. They must
    // not be read as records later.
    end.segment.file.set_len(end.position.offset)?;
    end.segment.file.sync_data()?;
    let tail =
        Arc::new(Tail::new(volume, options.segment_bytes, options.tail_bytes_max, end.position, end.record));
    let writer = Writer::new(
        Arc::clone(&disk),
        Arc::clone(&tail),
        Arc::clone(&segments),
        end.segment,
        options.allocate_bytes,
    );
    let sequence = Sequence::new(state.sequence_high);
    let oldest_new = state.sequence_high;
    let parts = Parts { options, root, disk, index, tail, segments, sequence, volume, lock };
    let shared = Arc::new(Shared::new(parts, state.commit));
    shared.set_checkpointed(state.position.segment);
    start(shared, writer, state.commit, oldest_new)
}

/// The folder key, under which bodies are sealed. Any key but the one that was noted is refused.
/// The first one is noted before anything is sealed under it.
pub(crate) fn open_root(
    index: &Index,
    volume: u64,
    options: &Options,
) -> Result<Option<Arc<Root>>, OpenError> {
    let noted = index.sealing()?;
    let key = match &options.key {
        Some(source) => source.folder_key(noted.is_none()).map_err(OpenError::Key)?,
        None => None,
    };
    let root = key.as_ref().map(Root::new);
    match (noted, root.as_ref().map(|root| root.check_value(volume))) {
        (None, None) => {}
        (None, Some(given)) => index.note_sealing(&given)?,
        (Some(noted), Some(given)) if noted == given => {}
        (Some(_), Some(_)) => return Err(OpenError::WrongKey),
        (Some(_), None) => return Err(OpenError::NoKey),
    }
    Ok(root.map(Arc::new))
}

fn start(shared: Arc<Shared>, writer: Writer, last: u64, oldest_new: u64) -> Result<Arc<Volume>, OpenError> {
    let presync = if shared.options.background { Some(Presync::start(&shared)?) } else { None };
    let mut committer = Committer::new(Arc::clone(&shared), writer, last, presync);
    committer.reserve();
    let committing = std::thread::Builder::new().name("committer".into()).spawn(move || committer.run())?;
    let background = Background::new(Arc::clone(&shared), oldest_new);
    let mut threads = vec![committing];
    if shared.options.background {
        let working = background.clone();
        threads.push(std::thread::Builder::new().name("maintenance".into()).spawn(move || working.run())?);
    }
    Ok(Arc::new(Volume { shared, background, threads: Mutex::new(threads) }))
}

/// Whether no commit can ever have been acknowledged here: there is no segment with a whole header.
pub(crate) fn is_new(disk: &dyn Disk, options: &Options) -> Result<bool, OpenError> {
    for number in segment::list(disk)? {
        if SegmentHeader::read(&*segment::open(disk, number, Open::Read)?.file)?.is_some() {
            return Ok(false);
        }
    }
    // The first segment may just as well have been lost: then the index knows better.
    let known = match disk.open(index::FILE, Open::Write) {
        Ok(file) if !file.is_empty()? => {
            Index::open(file, options.index_cache_bytes).and_then(|index| index.state())
        }
        _ => Ok(None),
    };
    match known {
        Ok(Some(state)) if state.commit > 0 => {
            Err(OpenError::Damaged("there is an index, but no log".into()))
        }
        _ => Ok(true),
    }
}

/// Makes the index and then, when it is durable, the first segment. So where there is a segment,
/// there is an index.
pub(crate) fn begin(disk: &dyn Disk, volume: u64, options: &Options) -> Result<(), OpenError> {
    match disk.remove(index::FILE) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    for number in segment::list(disk)? {
        disk.remove(&segment::path(number))?;
    }
    let index = Index::open(disk.open(index::FILE, Open::Create)?, options.index_cache_bytes)?;
    let position = Position { segment: 1, offset: segment::HEADER_BYTES };
    let state = State { position, record: 1, ..State::default() };
    let transaction = index.begin()?;
    index::write_empty(&transaction, &state)?;
    transaction.commit().map_err(VolumeError::from)?;
    index.checkpoint(&BTreeMap::new(), 0)?;
    drop(index);
    disk.sync_folder("")?;
    let header = SegmentHeader { number: 1, previous: 0, previous_length: 0, first_record: 1, volume };
    create_segment(disk, &header, options.allocate_bytes)?;
    Ok(())
}

pub(crate) fn open_index(disk: &dyn Disk, options: &Options) -> Result<Index, OpenError> {
    let file = disk.open(index::FILE, Open::Write).map_err(|error| match error.kind() {
        ErrorKind::NotFound => OpenError::Damaged("there is a log, but no index".into()),
        _ => OpenError::Io(error),
    })?;
    Ok(Index::open(file, options.index_cache_bytes)?)
}

/// Opens the index of a running volume anew, and brings it up to `end`, where the log was written
/// to.
pub(crate) fn reopen_index(
    disk: &dyn Disk,
    options: &Options,
    end: Position,
) -> Result<(Index, State, BTreeMap<u64, u64>), OpenError> {
    let volume = format::read(disk)?.ok_or(OpenError::NotAVolume)?.volume;
    let index = open_index(disk, options)?;
    let state = index.state()?.ok_or_else(|| OpenError::Damaged("the index is empty".into()))?;
    let headers = replay::chain(disk, volume)?;
    let (state, found, live) = bring_up(disk, &index, state, &headers)?;
    if found.position != end {
        return Err(OpenError::Damaged(format!("the log ends at {:?} instead of {end:?}", found.position)));
    }
    Ok((index, state, live))
}

/// Replays the log behind the index's state, and checkpoints if there was anything.
pub(crate) fn bring_up(
    disk: &dyn Disk,
    index: &Index,
    stored: State,
    headers: &[SegmentHeader],
) -> Result<(State, End, BTreeMap<u64, u64>), OpenError> {
    let mut live = index.live(&stored)?;
    let mut commits: Vec<Commit> = Vec::new();
    let mut state = stored;
    let mut visit = |header: &Header, payload: &[u8], end: Position| {
        match header.kind {
            Kind::Body => {}
            Kind::Reserve => state.sequence_high = state.sequence_high.max(u64_at(payload, 0)),
            Kind::Commit => commits.push(Commit {
                number: header.id,
                payload: payload.to_vec(),
                end,
                next_record: header.number + 1,
            }),
        }
        if commits.len() as u64 >= REPLAY_GROUP {
            replay_group(index, &mut state, &mut commits, &mut live)?;
        }
        Ok(())
    };
    let end = replay::replay(disk, headers, stored.position, stored.record, &mut visit)?;
    replay_group(index, &mut state, &mut commits, &mut live)?;
    if end.position != stored.position {
        state = State { position: end.position, record: end.record, counted: state.commit, ..state };
        let transaction = index.begin()?;
        write_state(&transaction, &state)?;
        transaction.commit().map_err(VolumeError::from)?;
        state = index.checkpoint(&live, state.sequence_high)?;
    }
    Ok((state, end, live))
}

/// A commit found in the log.
struct Commit {
    number: u64,
    payload: Vec<u8>,
    /// Where its record ends.
    end: Position,
    next_record: u64,
}

/// Applies commits in one transaction, which also says how far the index is now: whatever ends this
/// start, the next one goes on from there.
fn replay_group(
    index: &Index,
    state: &mut State,
    commits: &mut Vec<Commit>,
    live: &mut BTreeMap<u64, u64>,
) -> Result<(), OpenError> {
    if commits.is_empty() {
        return Ok(());
    }
    let contradiction =
        |number: u64| OpenError::Damaged(format!("the log's commit {number} cannot be applied"));
    let transaction = index.begin()?;
    let mut effects = Effects::default();
    let mut rows = Rows::new(&transaction)?;
    for Commit { number, payload, end, next_record } in commits.drain(..) {
        let changes = Changes::decode(&payload).ok_or_else(|| contradiction(number))?;
        if number <= state.commit {
            return Err(contradiction(number));
        }
        let blobs = apply::plan_blobs(&rows, &changes, None)?.ok_or_else(|| contradiction(number))?;
        apply::apply(&mut rows, &changes, &blobs, number, &mut effects)?;
        state.commit = number;
        state.position = end;
        state.record = next_record;
        state.sequence_high = state.sequence_high.max(changes.stamp.sequence_high);
    }
    rows.finish(state)?;
    transaction.commit().map_err(VolumeError::from)?;
    for (segment, change) in effects.live {
        let bytes = live.entry(segment).or_default();
        *bytes = bytes.saturating_add_signed(change);
    }
    Ok(())
}

fn open_segments(
    disk: &Arc<dyn Disk>,
    headers: &[SegmentHeader],
    end: &End,
    live: &BTreeMap<u64, u64>,
) -> Result<Segments, OpenError> {
    let segments = Segments::new(Arc::clone(disk));
    for number in segment::list(&**disk)? {
        let is_live = live.get(&number).is_some_and(|bytes| *bytes > 0);
        if number == end.segment.number {
            segments.opened(&end.segment, end.position.offset);
        } else if is_live || headers.iter().any(|header| header.number == number) {
            segments.found(number, segment::open(&**disk, number, Open::Read)?.file.len()?);
        } else {
            // Its creation failed; nothing was ever in it.
            disk.remove(&segment::path(number))?;
        }
    }
    segments.set_live(live);
    for (number, _) in live.iter().filter(|(_, bytes)| **bytes > 0) {
        if segments.file(*number)?.is_none() {
            return Err(OpenError::Damaged(format!("{} is missing", segment::path(*number))));
        }
    }
    Ok(segments)
}
