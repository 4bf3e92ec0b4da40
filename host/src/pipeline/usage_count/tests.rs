//! What rows say, added up.

use super::*;

fn count(rows: Vec<Counted>) -> Vec<(String, Amounts)> {
    let mut count = UsageCount::default();
    rows.into_iter().for_each(|row| count.add(row));
    count.sums().into_iter().collect()
}

#[test]
fn rows_are_added_up_in_whatever_order_they_come() {
    let bucket = |number, name: &str| Counted::Bucket((number, name.to_owned(), "000000000001".to_owned()));
    let mut rows = vec![
        Counted::Part((50, 7)),
        Counted::Object((1, 10)),
        Counted::Object((2, 100)),
        Counted::Object((1, 0)),
        bucket(1, "photos"),
        bucket(2, "backup"),
        bucket(3, "empty"),
        Counted::Upload((50, 2)),
        // A bucket that is not there, and an upload that is not there, belong to nobody.
        Counted::Object((9, 1)),
        Counted::Part((99, 1)),
    ];
    let expected = [
        ("000000000001/".to_owned(), [3, 5, 117]),
        ("000000000001/backup".to_owned(), [1, 3, 107]),
        ("000000000001/empty".to_owned(), [1, 0, 0]),
        ("000000000001/photos".to_owned(), [1, 2, 10]),
    ];
    assert_eq!(count(rows.clone()), expected);
    rows.reverse();
    assert_eq!(count(rows), expected);
}

#[test]
fn nothing_adds_up_to_nothing() {
    assert_eq!(count(Vec::new()), []);
}

fn sums(pairs: &[(&str, Amounts)]) -> BTreeMap<String, Amounts> {
    pairs.iter().map(|(name, amounts)| ((*name).to_owned(), *amounts)).collect()
}

#[test]
fn counters_become_what_they_have_to_be_in_several_commits() {
    let folder = tempfile::tempdir().unwrap();
    let volume =
        Volume::open(volume::Options { background: false, ..volume::Options::new(folder.path()) }).unwrap();
    let first = sums(&[("1/", [3, 3, 3]), ("1/a", [1, 1, 1]), ("1/b", [1, 1, 1]), ("1/c", [1, 1, 1])]);
    // One is cut short after the first commit: no mark says that it is right.
    let begun: BTreeMap<_, _> = first.clone().into_iter().take(2).collect();
    let add = |(counter, amounts)| Add { counter, amounts, at_most: [None; AMOUNTS] };
    volume.commit_blocking(Batch { add: begun.into_iter().map(add).collect(), ..Batch::default() }).unwrap();
    let noted = |volume: &Volume| volume.snapshot().unwrap().counters().unwrap();
    let counted = |wanted: &BTreeMap<String, Amounts>, mark: &[u8]| {
        let before = volume.generation();
        write(&volume, differences(&noted(&volume), wanted.clone()), mark, 2).unwrap();
        assert_eq!(noted(&volume).into_iter().collect::<BTreeMap<_, _>>(), *wanted);
        assert_eq!(volume.snapshot().unwrap().get(TABLE, KEY).unwrap().unwrap().value, mark);
        volume.generation() - before
    };
    assert_eq!(counted(&first, b"one"), 1, "two are there already, two fit into one commit");
    let second = sums(&[
        ("1/", [2, 5, 9]),
        ("1/a", [1, 1, 1]),
        ("1/b", [1, 4, 8]),
        ("2/", [1, 0, 0]),
        ("2/x", [1, 0, 0]),
    ]);
    assert_eq!(counted(&second, b"other"), 3, "five differ");
    assert_eq!(counted(&second, b"other"), 1, "the mark alone");
}

#[test]
fn a_mark_says_who_has_counted() {
    let [one, other] = [&b"one"[..], b"other"].map(mark_of);
    assert!(one != other && one.len() == 33 && one[0] == RULES);
}

#[test]
fn a_full_disk_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    // More than any disk has.
    let options =
        volume::Options { background: false, reserve_bytes: u64::MAX, ..volume::Options::new(folder.path()) };
    let volume = Volume::open(options).unwrap();
    let why = write(&volume, sums(&[("1/", [1, 1, 1])]), b"mark", 10).unwrap_err();
    assert!(format!("{why:#}").contains("make room"), "{why:#}");
    assert!(volume.snapshot().unwrap().get(TABLE, KEY).unwrap().is_none());
}
