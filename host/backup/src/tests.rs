//! Backups into folders, with real volumes.

mod hostile;
mod load;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;
use volume::{Batch, DataKey, KeySource, Options, Put, Span, Volume, check};

use super::*;
use crate::names::{CHUNKS, INDEXES, MANIFESTS, PACKS};

const KEY: BackupKey = BackupKey::new([9; 32]);

/// A data folder, and a folder of backups.
struct World {
    folder: TempDir,
}

impl World {
    fn new() -> World {
        World { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn options(folder: &Path) -> Options {
        let key = Some(KeySource::fixed(DataKey::new([7; 32])));
        Options { key, background: false, free_grace: std::time::Duration::ZERO, ..Options::new(folder) }
    }

    fn volume(&self) -> Arc<Volume> {
        fs::create_dir_all(self.path("data")).unwrap();
        Volume::open(World::options(&self.path("data"))).unwrap()
    }

    fn target(&self) -> Box<FolderTarget> {
        Box::new(FolderTarget::new(&self.path("backups")))
    }

    fn repository(&self) -> Repository {
        Repository::open_or_begin(self.target(), &KEY, "key").unwrap()
    }

    fn create(&self, volume: &Arc<Volume>) -> Result<Created, BackupError> {
        let mut source = LocalSource::new(volume).unwrap();
        self.create_from(&mut source)
    }

    fn create_from(&self, source: &mut dyn Source) -> Result<Created, BackupError> {
        self.create_at(source, 0)
    }

    fn create_at(&self, source: &mut dyn Source, bytes_per_second: u64) -> Result<Created, BackupError> {
        let (data_dir, cache_dir) = (self.path("data"), self.path("data/cache"));
        let options =
            CreateOptions { data_dir: &data_dir, cache_dir: &cache_dir, bytes_per_second, remade: "remade" };
        create(&self.repository(), source, &options)
    }

    fn restore(&self, name: &str, id: Option<&str>) -> Result<Restored, BackupError> {
        let repository = self.repository();
        restore(&repository, &repository.manifest_of(id)?, &self.path(name), "", World::options)
    }

    /// The objects of one folder of the repository.
    fn objects(&self, folder: &str) -> Vec<PathBuf> {
        let listed = fs::read_dir(self.path("backups").join(folder)).map(|entries| {
            let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
            paths.sort();
            paths
        });
        listed.unwrap_or_default()
    }
}

fn store(volume: &Volume, key: &str, body: &[u8]) -> u64 {
    let mut receiver = volume.receive(Some(body.len() as u64), None);
    body.chunks(100_000).for_each(|piece| receiver.write(piece).unwrap());
    let pending = receiver.finish_blocking().unwrap();
    let id = pending.id();
    let put = Put { table: "objects".into(), key: key.into(), value: id.to_be_bytes().to_vec() };
    volume.commit_blocking(Batch { put: vec![put], keep: vec![id], ..Batch::default() }).unwrap();
    id
}

fn load(volume: &Volume, key: &str) -> Option<Vec<u8>> {
    let row = volume.snapshot().unwrap().get("objects", key.as_bytes()).unwrap()?;
    let blob = u64::from_be_bytes(row.value.try_into().unwrap());
    let length = [10, 70_000, 40 << 20].into_iter().find(|length| {
        let span = Span { blob, offset: 0, length: *length };
        volume.reader(&[span], None).is_ok()
            && volume.reader(&[Span { length: length + 1, ..span }], None).is_err()
    })?;
    let mut reader = volume.reader(&[Span { blob, offset: 0, length }], None).unwrap();
    let mut body = Vec::new();
    while let Some(bytes) = reader.next_blocking(usize::MAX).unwrap() {
        body.extend_from_slice(&bytes);
    }
    Some(body)
}

fn body(seed: u8, length: usize) -> Vec<u8> {
    let mut state = u64::from(seed).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let next = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    };
    (0..length).map(next).collect()
}

#[test]
fn a_restored_folder_has_every_row_every_byte_and_every_file() {
    let world = World::new();
    let volume = world.volume();
    for (key, length) in [("short", 10), ("middle", 70_000), ("long", 40 << 20)] {
        store(&volume, key, &body(1, length));
    }
    fs::create_dir_all(world.path("data/kms/1")).unwrap();
    fs::create_dir_all(world.path("data/cache")).unwrap();
    for (name, text) in [("sealing-key", "secret"), ("kms/1/photos", "master"), ("cache/big", "compiled")] {
        fs::write(world.path("data").join(name), text).unwrap();
    }
    let created = world.create(&volume).unwrap();
    assert_eq!((created.manifest.row_count, created.manifest.blob_count), (3, 3));
    let restored = world.restore("restored", None).unwrap();
    assert_eq!((restored.rows, restored.blobs, restored.lost), (3, 3, 0));
    let again = Volume::open(World::options(&world.path("restored"))).unwrap();
    for (key, length) in [("short", 10), ("middle", 70_000), ("long", 40 << 20)] {
        assert!(load(&again, key) == Some(body(1, length)), "{key}");
    }
    let read = |name: &str| fs::read_to_string(world.path("restored").join(name)).ok();
    assert_eq!(read("sealing-key").as_deref(), Some("secret"));
    assert_eq!(read("kms/1/photos").as_deref(), Some("master"));
    assert_eq!(read("cache/big"), None, "what is made anew is not copied");
    // Nothing of it can be read without the key.
    for folder in [CHUNKS, PACKS, INDEXES, MANIFESTS] {
        assert!(!world.objects(folder).is_empty(), "{folder}");
        for object in world.objects(folder) {
            let bytes = fs::read(&object).unwrap();
            assert!(!bytes.windows(6).any(|window| [&b"secret"[..], b"master", b"middle"].contains(&window)));
        }
    }
    assert!(matches!(world.restore("restored", None), Err(BackupError::NotEmpty(_))));
}

#[test]
fn a_second_backup_copies_what_is_new_and_each_can_be_restored() {
    let world = World::new();
    let volume = world.volume();
    for number in 0..20 {
        store(&volume, &format!("{number}"), &body(number, 70_000));
    }
    let first = world.create(&volume).unwrap();
    assert_eq!((first.reused_blobs, world.objects(PACKS).len()), (0, 1));
    store(&volume, "new", &body(100, 10));
    let second = world.create(&volume).unwrap();
    assert_eq!(second.reused_blobs, 20);
    assert_eq!(second.copied_bytes, 10 + 16 + 16, "the body, its salt and its tag");
    let third = world.create(&volume).unwrap();
    assert_eq!((third.copied_bytes, world.objects(PACKS).len()), (0, 2));
    assert_eq!(third.manifest.rows, second.manifest.rows);
    world.restore("one", Some(&first.manifest.id)).unwrap();
    world.restore("two", Some(&second.manifest.id)).unwrap();
    let one = Volume::open(World::options(&world.path("one"))).unwrap();
    let two = Volume::open(World::options(&world.path("two"))).unwrap();
    assert_eq!((load(&one, "new"), load(&two, "new")), (None, Some(body(100, 10))));
    assert_eq!(load(&one, "3"), Some(body(3, 70_000)));
    assert!(matches!(world.restore("x", Some("other")), Err(BackupError::NoSuchBackup(_))));
    // A folder that was restored is backed up beside the other: numbers may be the same.
    drop((one, volume));
    fs::rename(world.path("data"), world.path("old")).unwrap();
    fs::rename(world.path("one"), world.path("data")).unwrap();
    let volume = world.volume();
    store(&volume, "other", &body(101, 70_000));
    assert_eq!(world.create(&volume).unwrap().reused_blobs, 20);
}

/// A source that is gone after so many blobs.
struct Failing {
    source: LocalSource,
    left: u32,
}

impl Source for Failing {
    fn export(
        &mut self,
        each: &mut dyn FnMut(volume::Exported) -> Result<(), BackupError>,
    ) -> Result<(), BackupError> {
        self.source.export(each)
    }

    fn check(&mut self, _surely: Surely) -> Result<(), BackupError> {
        self.left = self.left.checked_sub(1).ok_or_else(|| BackupError::Interrupted("gone".to_owned()))?;
        Ok(())
    }
}

#[test]
fn an_interrupted_backup_is_none_and_the_next_one_uses_what_it_copied() {
    let world = World::new();
    let volume = world.volume();
    store(&volume, "long", &body(1, 40 << 20));
    for number in 0..5 {
        store(&volume, &format!("{number}"), &body(number, 70_000));
    }
    let mut failing = Failing { source: LocalSource::new(&volume).unwrap(), left: 2 };
    assert!(matches!(world.create_from(&mut failing), Err(BackupError::Interrupted(_))));
    drop(failing);
    assert!(world.repository().manifests().unwrap().is_empty());
    assert_eq!(world.objects(PACKS).len(), 1, "of the long one, what filled a pack");
    let created = world.create(&volume).unwrap();
    assert_eq!(created.reused_blobs, 0);
    assert!(created.copied_bytes < 12 << 20, "{}", created.copied_bytes);
    world.restore("restored", None).unwrap();
    let again = Volume::open(World::options(&world.path("restored"))).unwrap();
    assert!(load(&again, "long") == Some(body(1, 40 << 20)));
    assert!(verify(&world.repository()).unwrap().is_clean());
}

#[test]
fn damage_is_found_and_named_and_not_restored() {
    let world = World::new();
    let volume = world.volume();
    for number in 0..5 {
        store(&volume, &format!("{number}"), &body(number, 70_000));
    }
    world.create(&volume).unwrap();
    assert!(verify(&world.repository()).unwrap().is_clean());
    for folder in [PACKS, INDEXES, CHUNKS, MANIFESTS] {
        let object = world.objects(folder).remove(0);
        let sound = fs::read(&object).unwrap();
        for at in [0, 20, sound.len() / 2, sound.len() - 1] {
            let mut bytes = sound.clone();
            bytes[at] ^= 1;
            fs::write(&object, &bytes).unwrap();
            let verified = verify(&world.repository()).unwrap();
            let name = object.file_name().unwrap().to_str().unwrap();
            assert!(verified.problems.iter().any(|problem| problem.contains(name)), "{folder}: {verified:?}");
            let error = world.restore("restored", None).unwrap_err();
            assert!(error.to_string().contains(name), "{folder}: {error}");
            assert!(!world.path("restored").exists() && !world.path(".restored.restoring").exists());
        }
        fs::remove_file(&object).unwrap();
        assert!(folder == MANIFESTS || !verify(&world.repository()).unwrap().is_clean(), "{folder}");
        fs::write(&object, &sound).unwrap();
    }
    assert!(verify(&world.repository()).unwrap().is_clean());
}

#[test]
fn a_damaged_body_is_left_out_and_said_so_and_everything_else_is_restored() {
    let world = World::new();
    let volume = world.volume();
    let long = store(&volume, "long", &body(1, 40 << 20));
    store(&volume, "short", &body(2, 10));
    let file = world.path(&format!("data/files/{:02x}/{long:016x}.blob", long & 0xff));
    let mut bytes = fs::read(&file).unwrap();
    let end = bytes.len() - 5;
    bytes[end] ^= 1;
    fs::write(&file, &bytes).unwrap();
    for _ in 0..2 {
        let created = world.create(&volume).unwrap();
        assert_eq!(created.manifest.damaged, [long], "what was copied of it never becomes a whole");
    }
    assert!(verify(&world.repository()).unwrap().is_clean());
    let restored = world.restore("restored", None).unwrap();
    assert_eq!((restored.blobs, restored.lost), (2, 1));
    let again = Volume::open(World::options(&world.path("restored"))).unwrap();
    assert_eq!(load(&again, "short"), Some(body(2, 10)));
    drop(again);
    let report = check(&World::options(&world.path("restored")), None).unwrap();
    assert_eq!(report.problems, [volume::Problem::Missing(long)]);
}

#[test]
fn pruning_removes_what_only_old_backups_need() {
    let world = World::new();
    let volume = world.volume();
    let old = store(&volume, "old", &body(1, 70_000));
    world.create(&volume).unwrap();
    let batch =
        Batch { delete: vec![("objects".into(), b"old".to_vec())], free: vec![old], ..Batch::default() };
    volume.commit_blocking(batch).unwrap();
    store(&volume, "new", &body(2, 70_000));
    world.create(&volume).unwrap();
    let last = world.create(&volume).unwrap();
    let repository = world.repository();
    assert_eq!(prune(&repository, 5).unwrap(), Pruned { kept: 3, ..Pruned::default() });
    // As an interrupted one leaves it: a pack whose index is gone.
    fs::write(world.path("backups/packs/left-over"), "x").unwrap();
    let pruned = prune(&repository, 1).unwrap();
    assert_eq!((pruned.kept, pruned.backups, pruned.packs), (1, 2, 2));
    assert!(pruned.chunks > 0);
    assert_eq!(world.objects(PACKS).len(), 1);
    assert!(verify(&repository).unwrap().is_clean());
    assert_eq!(repository.manifest_of(None).unwrap(), last.manifest);
    world.restore("restored", None).unwrap();
    // Where a backup that is kept cannot be read, nothing is removed.
    let manifest = world.objects(MANIFESTS).remove(0);
    fs::write(manifest, "x").unwrap();
    assert!(matches!(prune(&repository, 1), Err(BackupError::Damaged { .. })));
    assert_eq!(world.objects(PACKS).len(), 1);
}

#[test]
fn packs_of_which_little_is_needed_are_written_anew() {
    let world = World::new();
    let volume = world.volume();
    for number in 0..20 {
        store(&volume, &format!("{number}"), &body(number, 70_000));
    }
    world.create(&volume).unwrap();
    let full = fs::metadata(world.objects(PACKS).remove(0)).unwrap().len();
    let first: Vec<(Vec<u8>, u64)> = (0..14)
        .map(|number| {
            let key = format!("{number}").into_bytes();
            let row = volume.snapshot().unwrap().get("objects", &key).unwrap().unwrap();
            (key, u64::from_be_bytes(row.value.try_into().unwrap()))
        })
        .collect();
    let batch = Batch {
        delete: first.iter().map(|(key, _)| ("objects".into(), key.clone())).collect(),
        free: first.iter().map(|(_, id)| *id).collect(),
        ..Batch::default()
    };
    volume.commit_blocking(batch).unwrap();
    world.create(&volume).unwrap();
    let repository = world.repository();
    assert_eq!(prune(&repository, 2).unwrap().rewritten_bytes, 0, "the first backup needs all of it");
    let pruned = prune(&repository, 1).unwrap();
    assert_eq!(pruned.packs, 1);
    let packs = world.objects(PACKS);
    assert_eq!((packs.len(), world.objects(INDEXES).len()), (1, 1));
    let rewritten = fs::metadata(&packs[0]).unwrap().len();
    assert!(rewritten < full / 3 && pruned.rewritten_bytes > rewritten, "{rewritten} of {full}");
    assert!(verify(&repository).unwrap().is_clean());
    assert_eq!(world.create(&volume).unwrap().copied_bytes, 0);
    world.restore("restored", None).unwrap();
    let again = Volume::open(World::options(&world.path("restored"))).unwrap();
    assert_eq!((load(&again, "3"), load(&again, "17")), (None, Some(body(17, 70_000))));
}

#[test]
fn a_repository_has_one_key_one_writer_and_nothing_else_in_it() {
    let world = World::new();
    let volume = world.volume();
    world.create(&volume).unwrap();
    let other = Repository::open(world.target(), &BackupKey::new([8; 32]), "other.key").unwrap_err();
    assert_eq!(
        other.to_string(),
        "the key in other.key is not the one that these backups are sealed under: name the file of theirs (--key-file)"
    );
    let held = world.target().lock().unwrap();
    assert!(matches!(world.target().lock(), Err(BackupError::Busy(_))));
    drop(held);
    let format = world.path("backups/format");
    let text = fs::read_to_string(&format).unwrap();
    fs::write(&format, text.replacen(" 1 ", " 2 ", 1)).unwrap();
    let newer = Repository::open(world.target(), &KEY, "key").unwrap_err().to_string();
    assert!(newer.starts_with("the backups have format 2; this version reads up to 1"), "{newer}");
    fs::remove_file(&format).unwrap();
    let foreign = Repository::open_or_begin(world.target(), &KEY, "key").unwrap_err();
    assert!(matches!(foreign, BackupError::NotARepository(_)), "{foreign}");
}

#[test]
fn the_file_of_a_key_is_made_once_and_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::new();
    let file = world.path("backup.key");
    assert!(BackupKey::load(&file).unwrap().is_none());
    BackupKey::make(&file).unwrap();
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(BackupKey::load(&file).unwrap().is_some());
    assert!(BackupKey::make(&file).is_err());
    for text in ["", "00", &"g".repeat(64), &"0".repeat(65), "\u{e9}"] {
        fs::write(&file, text).unwrap();
        assert!(matches!(BackupKey::load(&file), Err(BackupError::BadKey(_))), "{text}");
    }
    assert_eq!(format!("{KEY:?}"), "BackupKey([redacted])");
}

#[test]
fn chunks_that_did_not_change_are_stored_once() {
    let world = World::new();
    let volume = world.volume();
    let rows = |range: std::ops::Range<u32>, value: &str| {
        let put = |number| Put {
            table: "t".into(),
            key: format!("{number:08}").into_bytes(),
            value: value.repeat(10).into_bytes(),
        };
        volume.commit_blocking(Batch { put: range.map(put).collect(), ..Batch::default() }).unwrap();
    };
    for start in (0..60_000).step_by(5_000) {
        rows(start..start + 5_000, "value");
    }
    let first = world.create(&volume).unwrap().manifest;
    assert!(first.rows.len() > 10, "{}", first.rows.len());
    rows(30_000..30_001, "other");
    let second = world.create(&volume).unwrap().manifest;
    let new = second.rows.iter().filter(|name| !first.rows.contains(name)).count();
    assert_eq!((new, second.rows.len()), (1, first.rows.len()));
}
