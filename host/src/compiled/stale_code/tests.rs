use std::fs::File;

use super::*;

const DAY: Duration = Duration::from_secs(24 * 3600);

fn add(folder: &Path, name: &str, unused: Duration) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, "code").unwrap();
    File::open(&path).unwrap().set_modified(SystemTime::now() - unused).unwrap();
    path
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn what_nothing_used_for_long_is_stale_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path();
    assert_eq!(find(&cache.join("none"), &[]), StaleCode::default());
    let old = add(cache, "pipeline-a-1.cwasm", 31 * DAY);
    add(cache, "pipeline-b-1.cwasm", 29 * DAY);
    add(cache, "pipeline-c-1.7.partial", DAY);
    add(cache, "pipeline-d-1.8.partial", Duration::ZERO);
    add(cache, "notes.txt", 300 * DAY);
    add(cache, "photo.cwasm", 300 * DAY);
    fs::create_dir(cache.join("pipeline-e-1.cwasm")).unwrap();
    assert_eq!(find(cache, std::slice::from_ref(&old)).files.len(), 1, "what is in use is not stale");
    let found = find(cache, &[]);
    assert_eq!((found.files.len(), found.bytes), (2, 8));
    // Who uses it in time saves it.
    note_use(&old);
    assert_eq!(find(cache, &[]).files.len(), 1);
    File::open(&old).unwrap().set_modified(SystemTime::now() - 31 * DAY).unwrap();
    assert_eq!(remove(cache).files.len(), 2);
    let kept =
        ["notes.txt", "photo.cwasm", "pipeline-b-1.cwasm", "pipeline-d-1.8.partial", "pipeline-e-1.cwasm"];
    assert_eq!(names(cache), kept);
    assert_eq!(remove(cache), StaleCode::default());
}

#[test]
fn only_so_many_files_are_kept_and_those_used_last() {
    let folder = tempfile::tempdir().unwrap();
    for number in 0..KEPT_MAX[0] + 3 {
        let unused = Duration::from_secs(60 * number as u64);
        add(folder.path(), &format!("pipeline-{number:02}-1.cwasm"), unused);
    }
    remove(folder.path());
    let kept = names(folder.path());
    assert_eq!(kept.len(), KEPT_MAX[0]);
    assert_eq!(kept.last().unwrap(), &format!("pipeline-{:02}-1.cwasm", KEPT_MAX[0] - 1));
}

#[test]
fn code_has_a_bound_in_bytes_and_what_is_used_stays() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path();
    let oldest = add(cache, "transform-a-1.cwasm", 3 * DAY);
    add(cache, "transform-b-1.cwasm", 2 * DAY);
    add(cache, "transform-c-1.cwasm", DAY);
    add(cache, "pipeline-d-1.cwasm", 9 * DAY);
    assert_eq!(trim(cache, CodeFor::Transforms, 12, &[]), 12);
    assert_eq!(trim(cache, CodeFor::Transforms, 8, std::slice::from_ref(&oldest)), 8);
    assert_eq!(names(cache), ["pipeline-d-1.cwasm", "transform-a-1.cwasm", "transform-c-1.cwasm"]);
    assert_eq!(trim(cache, CodeFor::Transforms, 0, std::slice::from_ref(&oldest)), 4);
    assert!(oldest.exists());
}

#[test]
fn what_was_tried_by_a_process_that_ended_is_stale() {
    let folder = tempfile::tempdir().unwrap();
    let tried = folder.path().join(TRIED);
    for (name, unused) in [("old", DAY), ("new", Duration::ZERO)] {
        fs::create_dir_all(tried.join(name)).unwrap();
        add(&tried.join(name), "transform-a-1.cwasm", unused);
        File::open(tried.join(name)).unwrap().set_modified(SystemTime::now() - unused).unwrap();
    }
    let removed = remove(folder.path());
    assert_eq!((removed.files.len(), removed.bytes), (1, 4));
    assert_eq!(names(&tried), ["new"]);
}
