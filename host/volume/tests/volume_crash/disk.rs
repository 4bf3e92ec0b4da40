//! A disk in memory that keeps apart what is durable and what is merely written, and that fails
//! when it is told to.
//!
//! It promises no more than POSIX does: a file's bytes and length are durable after `sync_data`, a
//! name after `sync_folder` of its folder. After a crash, everything else may be there, in parts or
//! not at all.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::io::{self, ErrorKind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use volume::disk::{Disk, DiskFile, DiskSpace, Open};

/// What a disk writes at once, or not at all.
const SECTOR: usize = 512;
/// Free bytes of a new disk.
const FREE: u64 = 1 << 40;

/// What happens to unsynced changes in a crash.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Loss {
    /// The process dies, the machine goes on: nothing is lost.
    Nothing,
    /// All of them are lost.
    Everything,
    /// Each file keeps its changes up to some point; the change at that point is torn between
    /// sectors.
    Tear(u64),
    /// Each sector of each change is kept or lost, whatever the order of the changes.
    Reorder(u64),
}

/// What happens at a chosen operation.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    /// It and everything after it fails: the machine is gone.
    Crash,
    /// So many operations fail with this error; then the disk is well again.
    Fail(ErrorKind, u64),
}

/// A fault that is to come.
#[derive(Clone, Debug)]
struct Planned {
    /// Operations that succeed before it.
    after: u64,
    fault: Fault,
    /// Only operations on files whose path begins like this count.
    path: &'static str,
}

#[derive(Clone, Debug)]
enum Change {
    Write(usize, Vec<u8>),
    Length(usize),
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Change::Length(length) => {
                bytes.truncate(*length);
                grow(bytes, *length);
            }
            Change::Write(offset, new) => {
                grow(bytes, offset + new.len());
                bytes[*offset..offset + new.len()].copy_from_slice(new);
            }
        }
    }

    /// The pieces between sector borders.
    fn sectors(&self) -> Vec<Change> {
        let Change::Write(offset, bytes) = self else { return vec![self.clone()] };
        let mut pieces = Vec::new();
        let mut done = 0;
        while done < bytes.len() {
            let at = offset + done;
            let count = (SECTOR - at % SECTOR).min(bytes.len() - done);
            pieces.push(Change::Write(at, bytes[done..done + count].to_vec()));
            done += count;
        }
        pieces
    }
}

/// Many times as fast as `Vec::resize` where nothing is optimised.
fn grow(bytes: &mut Vec<u8>, length: usize) {
    if bytes.len() < length {
        bytes.extend_from_slice(&vec![0; length - bytes.len()]);
    }
}

#[derive(Clone, Debug, Default)]
struct Content {
    durable: Vec<u8>,
    current: Vec<u8>,
    unsynced: Vec<Change>,
}

#[derive(Clone, Debug)]
enum Naming {
    Add(String, usize),
    Remove(String),
}

#[derive(Debug, Default)]
struct World {
    contents: Vec<Content>,
    names: BTreeMap<String, usize>,
    durable_names: BTreeMap<String, usize>,
    namings: Vec<Naming>,
    folders: BTreeSet<String>,
    operations: u64,
    fault: Option<Planned>,
    crashed: bool,
    locked: bool,
    /// Bytes that are said to be taken.
    taken: u64,
}

/// The disk. Clones are the same disk.
#[derive(Clone, Debug, Default)]
pub(crate) struct SimulatedDisk {
    world: Arc<Mutex<World>>,
}

/// A small generator of pseudo-random numbers.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 >> 11
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

impl SimulatedDisk {
    /// The operation with this number, counted from 1 and from now, meets the fault.
    pub(crate) fn fault_at(&self, operation: u64, fault: Fault) {
        self.fault_on("", operation, fault);
    }

    /// As `fault_at`, among the operations on files whose path begins with `path`.
    pub(crate) fn fault_on(&self, path: &'static str, operation: u64, fault: Fault) {
        self.lock_world().fault = Some(Planned { after: operation.saturating_sub(1), fault, path });
    }

    /// So many bytes are said to be free.
    pub(crate) fn set_free(&self, bytes: u64) {
        self.lock_world().taken = FREE - bytes;
    }

    /// The disk has no fault any more.
    pub(crate) fn heal(&self) {
        self.lock_world().fault = None;
    }

    /// How many operations there were so far.
    pub(crate) fn operations(&self) -> u64 {
        self.lock_world().operations
    }

    /// Whether there is a file of this name.
    pub(crate) fn has_file(&self, path: &str) -> bool {
        self.lock_world().names.contains_key(path)
    }

    /// Whether the crash has come.
    pub(crate) fn has_crashed(&self) -> bool {
        self.lock_world().crashed
    }

    /// The disk as it is found after the machine comes back.
    pub(crate) fn after_crash(&self, loss: Loss) -> SimulatedDisk {
        let world = self.lock_world();
        let mut random = Random::new(match loss {
            Loss::Tear(seed) | Loss::Reorder(seed) => seed,
            Loss::Nothing | Loss::Everything => 0,
        });
        let contents = world.contents.iter().map(|content| survive(content, loss, &mut random)).collect();
        let mut names = world.durable_names.clone();
        for naming in &world.namings {
            let kept = match loss {
                Loss::Nothing => true,
                Loss::Everything => false,
                Loss::Tear(_) | Loss::Reorder(_) => random.below(2) == 0,
            };
            match naming {
                Naming::Add(path, content) if kept => drop(names.insert(path.clone(), *content)),
                Naming::Remove(path) if kept => drop(names.remove(path)),
                _ => {}
            }
        }
        let folders = world.folders.clone();
        let found = World { contents, durable_names: names.clone(), names, folders, ..World::default() };
        SimulatedDisk { world: Arc::new(Mutex::new(found)) }
    }

    fn lock_world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts an operation that changes something; an error is what it comes to.
    fn operate(&self, path: &str) -> io::Result<MutexGuard<'_, World>> {
        let mut world = self.lock_world();
        world.operations += 1;
        if world.crashed {
            return Err(gone());
        }
        let Some(planned) = world.fault.as_mut().filter(|planned| path.starts_with(planned.path)) else {
            return Ok(world);
        };
        if planned.after > 0 {
            planned.after -= 1;
            return Ok(world);
        }
        match &mut planned.fault {
            Fault::Crash => {
                world.crashed = true;
                Err(gone())
            }
            Fault::Fail(_, 0) => Ok(world),
            Fault::Fail(kind, left) => {
                *left -= 1;
                Err((*kind).into())
            }
        }
    }

    fn look(&self) -> io::Result<MutexGuard<'_, World>> {
        let world = self.lock_world();
        if world.crashed { Err(gone()) } else { Ok(world) }
    }
}

fn survive(content: &Content, loss: Loss, random: &mut Random) -> Content {
    let mut bytes = content.durable.clone();
    let count = content.unsynced.len();
    match loss {
        Loss::Nothing => bytes = content.current.clone(),
        Loss::Everything => {}
        Loss::Tear(_) => {
            let whole = random.below(count as u64 + 1) as usize;
            content.unsynced[..whole].iter().for_each(|change| change.apply(&mut bytes));
            if let Some(torn) = content.unsynced.get(whole) {
                let pieces = torn.sectors();
                let kept = random.below(pieces.len() as u64 + 1) as usize;
                pieces[..kept].iter().for_each(|piece| piece.apply(&mut bytes));
            }
        }
        Loss::Reorder(_) => {
            let keep_in_eight = random.below(9);
            for piece in content.unsynced.iter().flat_map(Change::sectors) {
                if random.below(8) < keep_in_eight {
                    piece.apply(&mut bytes);
                }
            }
        }
    }
    Content { current: bytes.clone(), durable: bytes, unsynced: Vec::new() }
}

fn gone() -> io::Error {
    io::Error::other("the machine is gone")
}

fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

impl Disk for SimulatedDisk {
    fn open(&self, path: &str, open: Open) -> io::Result<Arc<dyn DiskFile>> {
        let known = self.look()?.names.get(path).copied();
        let content = match (known, open) {
            (Some(_), Open::New) => return Err(ErrorKind::AlreadyExists.into()),
            (Some(content), _) => content,
            (None, Open::Read | Open::Write) => return Err(ErrorKind::NotFound.into()),
            (None, Open::Create | Open::New) => {
                let mut world = self.operate(path)?;
                if !folder_of(path).is_empty() && !world.folders.contains(folder_of(path)) {
                    return Err(ErrorKind::NotFound.into());
                }
                world.contents.push(Content::default());
                let content = world.contents.len() - 1;
                world.names.insert(path.into(), content);
                world.namings.push(Naming::Add(path.into(), content));
                content
            }
        };
        Ok(Arc::new(SimulatedFile { disk: self.clone(), path: path.into(), content }))
    }

    fn remove(&self, path: &str) -> io::Result<()> {
        let mut world = self.operate(path)?;
        world.names.remove(path).ok_or(ErrorKind::NotFound)?;
        world.namings.push(Naming::Remove(path.into()));
        Ok(())
    }

    fn list(&self, folder: &str) -> io::Result<Vec<String>> {
        let world = self.look()?;
        let inside = |path: &&String| folder_of(path) == folder && !path.is_empty();
        let last = |path: &String| path.rsplit('/').next().unwrap_or_default().to_owned();
        let mut names: Vec<String> = world.names.keys().filter(inside).map(last).collect();
        names.extend(world.folders.iter().filter(inside).map(last));
        Ok(names)
    }

    fn create_folder(&self, folder: &str) -> io::Result<()> {
        // Folders are durable at once: losing one loses the names in it, which is lost anyhow.
        self.operate(folder)?.folders.insert(folder.into());
        Ok(())
    }

    fn sync_folder(&self, folder: &str) -> io::Result<()> {
        let mut world = self.operate(folder)?;
        let namings = std::mem::take(&mut world.namings);
        for naming in namings {
            let (Naming::Add(path, _) | Naming::Remove(path)) = &naming;
            if folder_of(path) != folder {
                world.namings.push(naming);
                continue;
            }
            match naming {
                Naming::Add(path, content) => drop(world.durable_names.insert(path, content)),
                Naming::Remove(path) => drop(world.durable_names.remove(&path)),
            }
        }
        Ok(())
    }

    fn space(&self) -> io::Result<DiskSpace> {
        Ok(DiskSpace { free: FREE - self.look()?.taken, total: FREE, files_left: None })
    }

    fn lock(&self, _path: &str) -> io::Result<Option<Box<dyn Debug + Send + Sync>>> {
        let mut world = self.lock_world();
        if std::mem::replace(&mut world.locked, true) {
            return Ok(None);
        }
        Ok(Some(Box::new(Unlock(self.clone()))))
    }
}

#[derive(Debug)]
struct Unlock(SimulatedDisk);

impl Drop for Unlock {
    fn drop(&mut self) {
        self.0.lock_world().locked = false;
    }
}

#[derive(Debug)]
struct SimulatedFile {
    disk: SimulatedDisk,
    path: String,
    content: usize,
}

impl SimulatedFile {
    fn change(&self, change: Change) -> io::Result<()> {
        let mut world = self.disk.operate(&self.path)?;
        let content = &mut world.contents[self.content];
        change.apply(&mut content.current);
        content.unsynced.push(change);
        Ok(())
    }
}

impl DiskFile for SimulatedFile {
    fn len(&self) -> io::Result<u64> {
        Ok(self.disk.look()?.contents[self.content].current.len() as u64)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let world = self.disk.look()?;
        let from = usize::try_from(offset).map_err(io::Error::other)?;
        let found = world.contents[self.content].current.get(from..from + buffer.len());
        buffer.copy_from_slice(found.ok_or(ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn read_now(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.read_at(offset, buffer)?;
        Ok(buffer.len())
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.change(Change::Write(usize::try_from(offset).map_err(io::Error::other)?, bytes.to_vec()))
    }

    fn write_parts_at(&self, offset: u64, parts: &[Vec<u8>]) -> io::Result<()> {
        self.write_at(offset, &parts.concat())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.change(Change::Length(usize::try_from(len).map_err(io::Error::other)?))
    }

    fn allocate(&self, len: u64) -> io::Result<()> {
        if self.len()? < len { self.set_len(len) } else { Ok(()) }
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut world = self.disk.operate(&self.path)?;
        let content = &mut world.contents[self.content];
        for change in std::mem::take(&mut content.unsynced) {
            change.apply(&mut content.durable);
        }
        Ok(())
    }
}
