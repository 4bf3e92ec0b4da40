//! What a call does a second time.

use super::*;
use crate::pipeline::bindings::calls::Put;

fn commit(value: &str) -> Work {
    let put = Put { table: "objects".to_owned(), key: b"k".to_vec(), value: value.as_bytes().to_vec() };
    Work::Commit(Batch {
        require: vec![],
        put: vec![put],
        delete: vec![],
        keep: vec![1],
        free: vec![],
        usage: None,
        essential: false,
    })
}

fn ingest(length_max: u64) -> Work {
    Work::Ingest(Ingest { length_max, digests: vec![], key: None, source: IngestSource::Sent })
}

/// A journal of work that was done.
fn journal(done: Vec<(Work, Outcome)>) -> Journal {
    let mut journal = Journal::default();
    for (work, outcome) in done {
        journal.waits(&work, &mut Draws::default(), None);
        journal.done(&outcome);
    }
    journal
}

#[derive(Clone, Debug, PartialEq)]
struct Number(u64);
#[derive(Clone, Debug, PartialEq)]
struct Name(String);

#[test]
fn a_step_draws_again_what_it_drew_and_then_something_new() {
    let mut draws = Draws::default();
    draws.begin(Vec::new());
    let draw = |draws: &mut Draws, number| draws.draw(|| Ok::<_, ()>(Number(number))).unwrap();
    assert_eq!((draw(&mut draws, 1), draw(&mut draws, 2)), (Number(1), Number(2)));
    draws.note(Name("x".to_owned()));
    let mut journal = Journal::default();
    journal.waits(&Work::Collect(1), &mut draws, None);

    // A second and a third time: other kinds drawn in between change nothing.
    for _ in 0..2 {
        draws.begin(journal.step(0).draws);
        assert_eq!(draws.again(), Some(Name("x".to_owned())));
        assert_eq!((draw(&mut draws, 7), draw(&mut draws, 8)), (Number(1), Number(2)));
        assert_eq!((draw(&mut draws, 9), draws.again::<Name>()), (Number(9), None));
    }
}

#[test]
fn an_outcome_is_given_again_for_the_same_work_only() {
    let mut journal = journal(vec![(ingest(5), Outcome::None), (commit("a"), Outcome::Committed(7))]);
    assert!(matches!(journal.outcome(0, &ingest(5)), Some(Outcome::None)));
    assert!(journal.outcome(0, &ingest(6)).is_none());
    assert!(journal.outcome(0, &commit("a")).is_none());
    assert!(matches!(journal.outcome(1, &commit("a")), Some(Outcome::Committed(7))));
    assert!(journal.outcome(1, &commit("b")).is_none());
    assert!(journal.outcome(2, &commit("a")).is_none() && journal.diverge(2));
}

#[test]
fn a_commit_that_was_in_vain_is_in_vain_again_whatever_it_says() {
    let journal = journal(vec![(commit("a"), Outcome::Conflict), (commit("b"), Outcome::Committed(7))]);
    assert!(matches!(journal.outcome(0, &commit("b")), Some(Outcome::Conflict)));
    assert!(journal.outcome(0, &ingest(5)).is_none());
    assert!(matches!(journal.outcome(1, &commit("b")), Some(Outcome::Committed(7))));
}

#[test]
fn what_cannot_be_done_twice_is_not_forgotten() {
    let check = |work: Work, outcome: Outcome, forgets: bool, leaves_a_change: bool| {
        let mut journal = journal(vec![(work, outcome)]);
        assert_eq!(journal.has_commit_from(0), leaves_a_change);
        assert_eq!(journal.diverge(0), forgets);
        assert_eq!(journal.0.len(), usize::from(!forgets));
    };
    check(Work::Collect(5), Outcome::None, false, false);
    check(ingest(5), Outcome::None, false, false);
    check(Work::Digest(vec![], vec![]), Outcome::None, true, false);
    check(commit("a"), Outcome::Committed(7), false, true);
    check(commit("a"), Outcome::Failed(Failure::StorageFailed), false, true);
    check(commit("a"), Outcome::Failed(Failure::StorageFull), true, false);
    check(commit("a"), Outcome::Conflict, true, false);
}
