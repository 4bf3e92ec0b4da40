use super::*;

#[test]
fn what_is_lent_is_counted_until_it_is_dropped() {
    let loan = Loan::default();
    let context = Context::from_waker(Waker::noop());
    assert_eq!(loan.poll_returned(&context), Poll::Ready(()));
    let (one, small) = (loan.lend(Bytes::from(vec![1; 9000])), loan.lend(Bytes::from(vec![1; 500])));
    assert_eq!(loan.poll_returned(&context), Poll::Pending);
    let part = one.slice(8000..);
    drop(one);
    assert_eq!((part.len(), loan.poll_returned(&context)), (1000, Poll::Pending));
    drop(part);
    assert_eq!(loan.poll_returned(&context), Poll::Ready(()));
    drop(small);
}

#[test]
fn a_worker_that_has_lent_much_is_tight_until_it_comes_back() {
    let loan = Loan::default();
    let mut lent: Vec<Bytes> = (0..20).map(|_| loan.lend(Bytes::from(vec![1; 1 << 20]))).collect();
    assert!(is_tight() && !is_over());
    lent.push(loan.lend(Bytes::from(vec![1; 16 << 20])));
    assert!(is_over());
    drop(lent);
    assert!(!is_tight());
}

#[test]
fn answers_in_memory_have_a_bound_of_their_own_and_verified_ones_a_higher_one() {
    let stored = Loan::default().lend(Bytes::from(vec![1; LENT_BYTES_MAX + 1]));
    assert!(is_tight() && has_room(false), "what is read in steps leaves room for answers");
    let answer = || lend_made(Bytes::from(vec![1; 1 << 20]));
    let mut lent: Vec<Bytes> = (0..16).map(|_| answer()).collect();
    assert!(has_room(false));
    lent.push(answer());
    assert!(!has_room(false) && has_room(true));
    lent.extend((0..32).map(|_| answer()));
    assert!(!has_room(true));
    let part = lent.pop().map(|last| last.slice(..1));
    drop((lent, stored));
    assert!(has_room(false) && part.is_some_and(|part| part.len() == 1));
}

#[test]
fn short_answers_do_not_count_among_those_that_need_room() {
    let lent: Vec<Bytes> = (0..4096).map(|_| lend_made(Bytes::from(vec![1; SMALL_RESPONSE_BYTES]))).collect();
    assert!(is_over() && has_room(false));
    drop(lent);
}
