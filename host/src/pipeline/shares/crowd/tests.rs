use super::*;

const ONE: Party = Party::V4(1);
const OTHER: Party = Party::V4(2);

fn crowd() -> Crowd {
    Crowd::new(Rc::new(Clock::new()), 1)
}

fn closed(watches: &[(u64, Rc<Watch>)]) -> Vec<usize> {
    let is_closed = |(_, (_, watch)): &(usize, &(u64, Rc<Watch>))| watch.order() == Order::Close;
    watches.iter().enumerate().filter(is_closed).map(|(index, _)| index).collect()
}

#[test]
fn whoever_has_most_connections_loses_the_longest_idle_one() {
    let crowd = crowd();
    let few = crowd.enter(Some(OTHER));
    let many: Vec<_> = (0..10).map(|_| crowd.enter(Some(ONE))).collect();
    many[0].1.request_began();
    many[1].1.verified();
    many[2].1.request_began();
    many[2].1.request_ended();
    assert!(crowd.make_room());
    assert_eq!(few.1.order(), Order::Serve);
    assert_eq!(closed(&many), [2], "it has had its answer");
    // What was told to close makes room once.
    for _ in 0..8 {
        assert!(crowd.make_room());
    }
    assert_eq!(closed(&many), (2..10).collect::<Vec<_>>());
    assert_eq!(few.1.order(), Order::Close);
    assert!(crowd.make_room());
    assert_eq!(many[1].1.order(), Order::Close, "the one with a verified signature is the last");
    assert!(!crowd.make_room(), "the last one is in the middle of a request");
    many[0].1.request_ended();
    assert!(crowd.make_room());
}

#[test]
fn many_are_closed_at_once_and_counted_one_by_one() {
    let crowd = crowd();
    let all: Vec<_> = (0..640).map(|_| crowd.enter(Some(ONE))).collect();
    assert!(crowd.make_room());
    assert_eq!(closed(&all).len(), 10);
    for _ in 0..9 {
        assert!(crowd.make_room());
    }
    assert_eq!(closed(&all).len(), 10);
    for (number, _) in &all {
        crowd.leave(*number);
    }
    assert!(crowd.addresses.borrow().is_empty() && crowd.idle() == 0);
}

#[test]
fn room_of_connections_that_have_left_is_not_promised_again() {
    let crowd = crowd();
    let all: Vec<_> = (0..640).map(|_| crowd.enter(Some(ONE))).collect();
    assert!(crowd.make_room());
    crowd.sweep();
    assert_eq!(crowd.credit.get(), 9, "they are still here");
    for (number, _) in all.iter().filter(|(_, watch)| watch.order() == Order::Close).take(7) {
        crowd.leave(*number);
    }
    crowd.sweep();
    assert_eq!(crowd.credit.get(), 3);
}

#[test]
fn long_heads_take_bounded_memory() {
    let crowd = crowd();
    let all: Vec<_> = (0..1000).map(|_| crowd.enter(Some(ONE))).collect();
    for (_, watch) in &all {
        assert!(!watch.received(8000));
        if watch.received(8000) {
            crowd.shorten_heads();
        }
    }
    let left = all.len() - closed(&all).len();
    assert!(left <= LONG_HEADS_BYTES_MAX / LONG_HEAD_BYTES, "{left}");
    assert_eq!(all[999].1.order(), Order::Serve);
    all[999].1.request_began();
    for (number, _) in &all {
        crowd.leave(*number);
    }
    assert_eq!(crowd.long_heads.get(), 0);
}

#[test]
fn connections_with_buffers_are_bounded_and_silent_ones_are_not_touched() {
    let crowd = crowd();
    let all: Vec<_> = (0..8192).map(|_| crowd.enter(Some(ONE))).collect();
    all.iter().skip(1000).for_each(|(_, watch)| watch.set_up());
    all.iter().skip(8000).for_each(|(_, watch)| watch.verified());
    crowd.sweep();
    assert_eq!(all.len() - 1000 - closed(&all).len(), BUFFERS_BYTES_MAX / BUFFERS_BYTES);
    assert!(closed(&all).iter().all(|index| (1000..8000).contains(index)));
}

#[test]
fn connections_beyond_the_limit_are_few() {
    let crowd = crowd();
    let all: Vec<_> = (0..1000).map(|_| crowd.enter(Some(ONE))).collect();
    all.iter().for_each(|(_, watch)| crowd.narrow(watch));
    assert!(all.len() - closed(&all).len() <= NARROW_MAX + NARROW_MAX / 8);
    for (number, _) in &all {
        crowd.leave(*number);
    }
    assert_eq!(crowd.narrow.get(), 0);
}

#[test]
fn a_proxy_is_no_party_until_it_says_whose_connection_it_is() {
    let crowd = crowd();
    let proxied: Vec<_> = (0..10).map(|_| crowd.enter(None)).collect();
    let two = [crowd.enter(Some(ONE)), crowd.enter(Some(ONE))];
    assert!(crowd.make_room());
    assert_eq!(
        (closed(&proxied), closed(&two)),
        (vec![], vec![0]),
        "ten connections of a proxy are ten parties'"
    );
    for (_, watch) in &proxied[..3] {
        crowd.introduce(watch, Some(OTHER));
    }
    assert!(crowd.make_room());
    assert_eq!((closed(&proxied), closed(&two)), (vec![0], vec![0]), "three of them are of one party");
    for (number, _) in proxied.iter().chain(&two) {
        crowd.leave(*number);
    }
    assert!(crowd.addresses.borrow().is_empty());
}
