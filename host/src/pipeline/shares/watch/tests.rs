use super::*;

fn watch_at(seconds: u64) -> (Rc<Clock>, Watch) {
    let clock = Rc::new(Clock::new());
    clock.set(Duration::from_secs(seconds));
    let watch = Watch::new(&clock, Some(Party::V4(1)), &Rc::default());
    (clock, watch)
}

fn after(clock: &Clock, seconds: u64) {
    clock.set(clock.now() + Duration::from_secs(seconds));
}

#[test]
fn a_head_has_its_time_from_the_first_byte_on() {
    let (clock, watch) = watch_at(1000);
    let limits = Limits::default();
    after(&clock, 100);
    assert_eq!(watch.next_order(&limits), Order::Serve);
    watch.received(1);
    after(&clock, 29);
    watch.received(1);
    assert_eq!(watch.next_order(&limits), Order::Serve);
    after(&clock, 2);
    assert_eq!(watch.next_order(&limits), Order::Close);
    watch.request_began();
    assert_eq!(watch.next_order(&limits), Order::Serve);
}

#[test]
fn a_connection_without_requests_is_finished_and_then_closed() {
    let (clock, watch) = watch_at(0);
    let limits = Limits::default();
    watch.request_began();
    after(&clock, 10_000);
    assert_eq!(
        watch.next_order(&limits),
        Order::Serve,
        "a request that works for long is no idle connection"
    );
    watch.request_ended();
    after(&clock, 121);
    assert_eq!(watch.next_order(&limits), Order::Finish);
    after(&clock, 5);
    assert_eq!(watch.next_order(&limits), Order::Close);
}

#[test]
fn a_response_that_nobody_takes_is_given_up_and_a_slow_one_is_not() {
    let (clock, watch) = watch_at(0);
    let limits = Limits::default();
    watch.request_began();
    after(&clock, 200);
    watch.response_began();
    for _ in 0..10 {
        after(&clock, 59);
        assert_eq!(watch.next_order(&limits), Order::Serve);
        watch.taken();
    }
    after(&clock, 61);
    assert_eq!(watch.next_order(&limits), Order::Close);
}

#[test]
fn pings_of_http2_are_no_request_head_that_is_late() {
    let (clock, watch) = watch_at(0);
    watch.received(1);
    watch.multiplex();
    watch.received(1);
    after(&clock, 60);
    assert_eq!(watch.next_order(&Limits::default()), Order::Serve);
}

#[test]
fn an_order_is_never_taken_back() {
    let (_, watch) = watch_at(0);
    watch.give(Order::Close);
    watch.give(Order::Finish);
    assert_eq!(watch.order(), Order::Close);
}
