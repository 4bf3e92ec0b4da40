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
        ("000000000001/".to_owned(), [3, 4, 117]),
        ("000000000001/backup".to_owned(), [1, 2, 107]),
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
