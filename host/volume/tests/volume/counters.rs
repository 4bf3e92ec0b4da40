//! Counters: sums that many batches add to, and their limits.

use volume::{Add, Amounts, Batch, CommitError, Excess, Volume, check};

use super::{options, put};

fn add(counter: &str, amounts: Amounts) -> Add {
    Add { counter: counter.to_owned(), amounts, at_most: [None; 3] }
}

fn adding(add: Vec<Add>) -> Batch {
    Batch { add, ..Batch::default() }
}

fn counter(volume: &Volume, name: &str) -> Option<Amounts> {
    volume.snapshot().unwrap().counter(name).unwrap()
}

#[test]
fn what_many_writers_add_at_once_is_all_there_also_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let volume = Volume::open(options(dir.path())).unwrap();
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let volume = &volume;
            scope.spawn(move || {
                for _ in 0..50 {
                    let own = format!("writer-{writer}");
                    let batch = adding(vec![add("all", [0, 1, 100]), add(&own, [1, 1, -7])]);
                    volume.commit_blocking(batch).unwrap();
                }
            });
        }
    });
    let mut volume = volume;
    for _ in 0..2 {
        assert_eq!(counter(&volume, "all"), Some([0, 200, 20_000]));
        assert_eq!(counter(&volume, "writer-3"), Some([50, 50, -350]));
        assert_eq!(counter(&volume, "nobody"), None);
        let names: Vec<_> =
            volume.snapshot().unwrap().counters().unwrap().into_iter().map(|one| one.0).collect();
        assert_eq!(names, ["all", "writer-0", "writer-1", "writer-2", "writer-3"]);
        drop(volume);
        let report = check(&options(dir.path()), None).unwrap();
        assert_eq!(report.counters.get("all"), Some(&[0, 200, 20_000]));
        volume = Volume::open(options(dir.path())).unwrap();
    }
}

#[test]
fn a_counter_that_comes_to_nothing_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let volume = Volume::open(options(dir.path())).unwrap();
    volume.commit_blocking(adding(vec![add("one", [1, 2, 3])])).unwrap();
    volume.commit_blocking(adding(vec![add("one", [-1, -2, -3])])).unwrap();
    assert_eq!(counter(&volume, "one"), None);
    assert_eq!(volume.snapshot().unwrap().counters().unwrap(), []);
}

#[test]
fn a_limit_holds_for_what_is_added_and_never_for_what_is_taken_away() {
    let dir = tempfile::tempdir().unwrap();
    let volume = Volume::open(options(dir.path())).unwrap();
    let limited = |amounts| Add { at_most: [None, Some(2), Some(100)], ..add("one", amounts) };
    let commit = |amounts| volume.commit_blocking(adding(vec![limited(amounts)])).map(|_| ());
    let refused = |amount, before| {
        Err(CommitError::Exceeded(Excess { add: 0, amount, before, most: [0, 2, 100][amount] }))
    };
    commit([9, 1, 60]).unwrap();
    assert_eq!(commit([0, 1, 41]), refused(2, 60));
    commit([0, 1, 40]).unwrap();
    assert_eq!(commit([0, 1, 0]), refused(1, 2));
    assert_eq!(
        volume.snapshot().unwrap().excess(&[limited([0, 1, 0])]).unwrap().map(|excess| excess.before),
        Some(2)
    );
    // Beyond the limit by what has none: less is always possible, and more is not.
    volume.commit_blocking(adding(vec![add("one", [0, 3, 500])])).unwrap();
    commit([0, -1, 0]).unwrap();
    commit([0, 0, -10]).unwrap();
    assert_eq!(commit([0, 0, 1]), refused(2, 590));
    assert_eq!(counter(&volume, "one"), Some([9, 4, 590]));
}

#[test]
fn a_batch_beyond_a_limit_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let volume = Volume::open(options(dir.path())).unwrap();
    let small = Add { at_most: [None, Some(0), None], ..add("small", [0, 1, 0]) };
    let batch = Batch {
        put: vec![put("t", b"k", b"v")],
        add: vec![add("large", [0, 1, 0]), small],
        ..Batch::default()
    };
    let excess = Excess { add: 1, amount: 1, before: 0, most: 0 };
    assert_eq!(volume.commit_blocking(batch), Err(CommitError::Exceeded(excess)));
    assert_eq!(volume.snapshot().unwrap().get("t", b"k").unwrap(), None);
    assert_eq!(counter(&volume, "large"), None);
}

#[test]
fn a_batch_names_each_counter_once_and_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let volume = Volume::open(options(dir.path())).unwrap();
    let long = "x".repeat(256);
    for names in [vec!["b", "a"], vec!["a", "a"], vec![""], vec![long.as_str()]] {
        let batch = adding(names.iter().map(|name| add(name, [1, 1, 1])).collect());
        assert_eq!(volume.commit_blocking(batch), Err(CommitError::Failed), "{names:?}");
    }
    volume.commit_blocking(adding(vec![add(&long[1..], [1, 1, 1])])).unwrap();
}

#[test]
fn a_folder_of_an_earlier_format_is_raised_and_counts() {
    let dir = tempfile::tempdir().unwrap();
    drop(Volume::open(options(dir.path())).unwrap());
    let path = dir.path().join("FORMAT");
    let newest = std::fs::read_to_string(&path).unwrap();
    assert!(newest.starts_with("portcullis-volume 3 "));
    for version in ["1", "2"] {
        std::fs::write(&path, newest.replacen(" 3 ", &format!(" {version} "), 1)).unwrap();
        let volume = Volume::open(options(dir.path())).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), newest);
        volume.commit_blocking(adding(vec![add("one", [1, 1, 1])])).unwrap();
    }
}

#[test]
fn a_check_compares_counters_with_what_was_counted() {
    let dir = tempfile::tempdir().unwrap();
    let volume = Volume::open(options(dir.path())).unwrap();
    volume.commit_blocking(adding(vec![add("a", [1, 1, 1]), add("b", [0, 2, 2])])).unwrap();
    drop(volume);
    let mut report = check(&options(dir.path()), None).unwrap();
    report.compare_counters(&[("a".to_owned(), [1, 1, 1]), ("b".to_owned(), [0, 2, 2])].into());
    assert!(report.is_clean(), "{report:?}");
    report.compare_counters(&[("a".to_owned(), [1, 1, 2]), ("c".to_owned(), [0, 1, 0])].into());
    let problems: Vec<_> = report.problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        problems,
        [
            "counter \"a\": [1, 1, 1] are noted, [1, 1, 2] were counted",
            "counter \"b\": [0, 2, 2] are noted, [0, 0, 0] were counted",
            "counter \"c\": [0, 0, 0] are noted, [0, 1, 0] were counted",
        ]
    );
}
