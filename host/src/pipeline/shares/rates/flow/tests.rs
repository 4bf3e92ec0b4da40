use super::*;

fn after(start: Instant, millis: u64) -> Instant {
    start + Duration::from_millis(millis)
}

#[test]
fn requests_come_at_their_rate_after_the_burst() {
    let start = Instant::now();
    let rate = Rate { requests_per_second: Some(10), requests_burst: Some(3), ..Rate::default() };
    let mut flow = Flow::new(rate, start);
    let admitted = |flow: &mut Flow, at| (0..100).filter(|_| flow.request(after(start, at)).is_ok()).count();
    assert_eq!(admitted(&mut flow, 0), 3);
    assert_eq!(flow.request(start), Err(("requests_per_second", Duration::from_millis(100))));
    assert_eq!(admitted(&mut flow, 101), 1);
    assert_eq!(admitted(&mut flow, 60_000), 3);
    assert!(!flow.is_full(after(start, 60_000)));
    assert!(flow.is_full(after(start, 90_000)));
}

#[test]
fn bytes_are_owed_and_then_requests_wait() {
    let start = Instant::now();
    let rate = Rate { bytes_out_per_second: Some(1000), ..Rate::default() };
    let mut flow = Flow::new(rate, start);
    assert_eq!(flow.pass(Way::In, 1 << 30, start), Duration::ZERO);
    assert_eq!(flow.pass(Way::Out, 1000, start), Duration::ZERO);
    assert_eq!(flow.pass(Way::Out, 500, start), Duration::from_millis(500));
    assert_eq!(flow.request(start), Ok(()));
    assert_eq!(flow.pass(Way::Out, 2500, start), Duration::from_secs(3));
    assert_eq!(flow.request(start), Err(("bytes_out_per_second", Duration::from_secs(2))));
    assert_eq!(flow.request(after(start, 2000)), Ok(()));
}

#[test]
fn a_changed_rate_holds_at_once() {
    let start = Instant::now();
    let mut flow = Flow::new(Rate { requests_per_second: Some(1000), ..Rate::default() }, start);
    assert!(flow.request(start).is_ok());
    flow.change(Rate { requests_per_second: Some(1), ..Rate::default() }, start);
    assert!(flow.request(start).is_ok());
    assert_eq!(flow.request(start), Err(("requests_per_second", Duration::from_secs(1))));
    flow.change(Rate { bytes_in_per_second: Some(100), ..Rate::default() }, start);
    assert!(flow.request(start).is_ok());
    assert_eq!(flow.pass(Way::In, 150, start), Duration::from_millis(500));
}
