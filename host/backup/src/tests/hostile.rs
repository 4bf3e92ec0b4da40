//! Targets that lost objects or grew them, and restores beside each other.

use super::*;

fn filled() -> (World, Arc<Volume>) {
    let world = World::new();
    let volume = world.volume();
    for number in 0..5 {
        store(&volume, &format!("{number}"), &body(number, 70_000));
    }
    world.create(&volume).unwrap();
    (world, volume)
}

#[test]
fn what_a_target_has_lost_is_copied_anew_and_said_so() {
    for folder in [PACKS, CHUNKS, INDEXES] {
        for is_short in [false, true] {
            let (world, volume) = filled();
            assert!(world.create(&volume).unwrap().unsound.is_empty());
            let object = world.objects(folder).remove(0);
            let bytes = fs::read(&object).unwrap();
            match is_short {
                true => fs::write(&object, &bytes[..bytes.len() / 2]).unwrap(),
                false => fs::remove_file(&object).unwrap(),
            }
            let created = world.create(&volume).unwrap();
            // A pack without an index is nothing.
            let is_told = folder != INDEXES || is_short;
            assert_eq!(created.unsound.len(), usize::from(is_told), "{folder}: {created:?}");
            assert!(created.written_bytes > 0, "{folder}");
            let restored = world.restore("restored", None).unwrap();
            assert_eq!((restored.blobs, restored.lost), (5, 0), "{folder}");
            prune(&world.repository(), 1).unwrap();
            assert!(verify(&world.repository()).unwrap().is_clean(), "{folder}");
        }
    }
}

#[test]
fn nothing_is_pruned_where_a_backup_that_is_kept_has_lost_objects() {
    for is_short in [false, true] {
        let (world, volume) = filled();
        store(&volume, "new", &body(9, 70_000));
        let before = world.objects(PACKS);
        world.create(&volume).unwrap();
        let object = world.objects(PACKS).into_iter().find(|pack| !before.contains(pack)).unwrap();
        let bytes = fs::read(&object).unwrap();
        match is_short {
            true => fs::write(&object, &bytes[..bytes.len() / 2]).unwrap(),
            false => fs::remove_file(&object).unwrap(),
        }
        let refused = prune(&world.repository(), 1).unwrap_err().to_string();
        assert!(refused.starts_with("nothing was removed"), "{refused}");
        assert_eq!(world.objects(MANIFESTS).len(), 2);
        let first = world.repository().manifest_ids().unwrap().remove(0);
        assert_eq!(world.restore("restored", Some(&first)).unwrap().blobs, 5);
        world.create(&volume).unwrap();
        assert_eq!(prune(&world.repository(), 1).unwrap().kept, 1);
        assert!(verify(&world.repository()).unwrap().is_clean());
    }
    let (world, _volume) = filled();
    fs::remove_file(world.objects(CHUNKS).remove(0)).unwrap();
    assert!(prune(&world.repository(), 1).is_err());
}

#[test]
fn an_object_that_is_longer_than_any_that_was_written_is_not_read() {
    let (world, _volume) = filled();
    for folder in [MANIFESTS, CHUNKS, PACKS, INDEXES] {
        let object = world.objects(folder).remove(0);
        let sound = fs::read(&object).unwrap();
        fs::OpenOptions::new().write(true).open(&object).unwrap().set_len(1 << 40).unwrap();
        let problems = verify(&world.repository()).unwrap().problems;
        assert!(
            problems.iter().any(|problem| problem.contains("it is longer than")),
            "{folder}: {problems:?}"
        );
        fs::write(&object, sound).unwrap();
    }
    let format = fs::OpenOptions::new().write(true).open(world.path("backups/format")).unwrap();
    format.set_len(1 << 40).unwrap();
    let refused = Repository::open(world.target(), &KEY, "key").unwrap_err().to_string();
    assert!(refused.contains("format is damaged: it is longer than 4096 bytes"), "{refused}");
}

#[test]
fn one_restore_at_a_time_fills_a_folder() {
    let (world, _volume) = filled();
    let repository = world.repository();
    let manifest = repository.manifest_of(None).unwrap();
    let folder = world.path("restored");
    // What a killed one has left is in nobody's way.
    fs::create_dir_all(world.path(".restored.restoring/left")).unwrap();
    let restored = restore(&repository, &manifest, &folder, "", |beside| {
        let second = world.restore("restored", None).unwrap_err();
        assert!(matches!(second, BackupError::Busy(_)), "{second}");
        World::options(beside)
    });
    assert_eq!(restored.unwrap().blobs, 5);
    assert!(!folder.join("left").exists());
    assert!(check(&World::options(&folder), None).unwrap().problems.is_empty());
}

#[test]
fn nothing_is_restored_into_the_repository() {
    let (world, _volume) = filled();
    for name in ["backups/restored", "backups/packs/restored", "backups/a/b"] {
        let refused = world.restore(name, None).unwrap_err();
        assert!(matches!(refused, BackupError::InRepository { .. }), "{refused}");
        assert!(!world.path(name).exists());
    }
    assert!(!world.path("backups/a").exists());
}
