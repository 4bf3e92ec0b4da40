use super::*;
use crate::config::{Rate, RateEntry};
use crate::pipeline::bindings::calls::{Identity, IdentityKind, Principal, Target};
use crate::pipeline::call::Facts;
use crate::telemetry::metrics::TextForm;

struct Bench {
    shares: Rc<Shares>,
    watch: Rc<Watch>,
}

impl Bench {
    fn new(places: usize, rates: &[RateEntry]) -> Bench {
        let (metrics, rates) = (Arc::new(Metrics::new(1)), Arc::new(Rates::new(rates)));
        let shares = Shares::new(&Limits::default(), places, 1, &metrics, &rates);
        let (_, watch) = shares.crowd.enter(Some(Party::V4(1)));
        Bench { shares, watch }
    }

    fn admit(&self, address: &str, signed: bool) -> Result<Rc<Pass>, Refused> {
        let remote = SocketAddr::new(address.parse().unwrap(), 1);
        self.shares.admit(signed, remote, &self.watch, None)
    }

    /// Those of so many requests that are admitted, which then wait for their clients.
    fn waiting(&self, count: usize, signed: bool) -> Vec<Rc<Pass>> {
        let admitted = (0..count).filter_map(|_| self.admit("10.0.0.1", signed).ok());
        let waits = admitted.filter(|pass| {
            let goes_on = pass.establish(&facts(if signed { "000000000001" } else { "" }, "photos"));
            pass.receiving(std::task::Waker::noop());
            goes_on
        });
        waits.collect()
    }

    fn after(&self, seconds: u64) {
        self.shares.clock.set(self.shares.clock.now() + Duration::from_secs(seconds));
    }
}

/// The facts of a request that an account signed, or of an anonymous one.
fn facts(account: &str, name: &str) -> Facts {
    let identity = Identity {
        kind: IdentityKind::Root,
        account: account.to_owned(),
        canonical_id: String::new(),
        display_name: String::new(),
        user: String::new(),
        unique_id: String::new(),
        arn: String::new(),
        access_key_id: format!("KEY-{account}"),
    };
    let principal =
        if account.is_empty() { Principal::Anonymous } else { Principal::Authenticated(identity) };
    let target = Target { operation: String::new(), bucket: Some(name.to_owned()), key: None };
    Facts { principal: Some(principal), target: Some(target), ..Facts::default() }
}

fn limit(refused: Result<Rc<Pass>, Refused>) -> Refusal {
    refused.unwrap_err().limit
}

#[test]
fn requests_that_nobody_signed_leave_places_for_verified_ones_of_the_same_address() {
    let bench = Bench::new(64, &[]);
    let unverified = bench.waiting(1000, false);
    assert_eq!(unverified.len(), 32);
    assert_eq!(limit(bench.admit("10.0.0.1", false)), Refusal::Unverified);
    assert!(bench.admit("10.0.0.2", false).is_ok());
    assert_eq!(bench.waiting(1000, true).len(), 32);
    drop(unverified);
    assert_eq!(bench.waiting(1000, true).len(), 64);
}

#[test]
fn a_signature_that_is_not_verified_is_none() {
    let bench = Bench::new(64, &[]);
    let _unverified = bench.waiting(1000, false);
    // It brings something like a signature, and verifying that finds no account.
    let pass = bench.admit("10.0.0.1", true).unwrap();
    assert!(!pass.establish(&facts("", "photos")));
    assert_eq!(pass.refused().unwrap().limit, Refusal::Unverified);
    assert!(!pass.establish(&facts("000000000001", "photos")), "what is refused stays so");
    let pass = bench.admit("10.0.0.1", true).unwrap();
    assert!(pass.establish(&facts("000000000001", "photos")));
}

#[test]
fn so_many_requests_at_most_say_that_they_are_signed_and_are_not_verified_yet() {
    let bench = Bench::new(64, &[]);
    let arriving: Vec<_> = (0..1000).filter_map(|_| bench.admit("10.0.0.1", true).ok()).collect();
    assert_eq!(arriving.len(), 64);
    drop(arriving);
    assert_eq!(bench.waiting(1000, true).len(), 64);
}

#[test]
fn where_places_are_short_the_longest_stalled_is_ended_first() {
    let bench = Bench::new(64, &[]);
    let first = bench.waiting(1, false);
    bench.after(1);
    let rest = bench.waiting(31, false);
    assert!(bench.admit("10.0.0.1", false).is_ok());
    assert_eq!(first[0].ended(), Some(Failure::Overloaded));
    assert!(rest.iter().all(|pass| pass.ended().is_none()));
    assert_eq!(bench.waiting(1000, false).len(), 1, "the others have not waited for long");
    bench.after(2);
    assert_eq!(bench.waiting(32, false).len(), 32);
    assert!(rest.iter().all(|pass| pass.ended().is_some()));
}

#[test]
fn verified_requests_end_unverified_ones_and_not_the_other_way_round() {
    let bench = Bench::new(64, &[]);
    let unverified = bench.waiting(32, false);
    bench.after(2);
    let verified = bench.waiting(1000, true);
    assert_eq!(verified.len(), 64);
    assert!(unverified.iter().all(|pass| pass.ended().is_some()));
    assert!(bench.shares.take(Party::V4(7)).is_ok(), "a spare place");
    bench.after(60);
    let ended = |passes: &[Rc<Pass>]| passes.iter().filter(|pass| pass.ended().is_some()).count();
    for _ in 0..100 {
        let _ = bench.shares.take(Party::V4(7));
    }
    assert_eq!(ended(&verified), 0);
}

#[test]
fn a_search_in_vain_for_who_has_much_is_none_for_who_has_little() {
    let bench = Bench::new(64, &[]);
    let passes = bench.waiting(32, false);
    // Others take the spare places, so that there is nothing but what somebody gives up.
    let (few, none) = (Party::V4(7), Party::V4(8));
    let others = (100..200).filter(|number| bench.shares.take(Party::V4(*number)).is_ok()).count();
    assert_eq!(others, 8);
    bench.after(2);
    for _ in 0..31 {
        bench.shares.places.borrow_mut().force(few);
    }
    assert!(bench.shares.take(few).is_err(), "nobody has more than one place more");
    assert!(bench.shares.take(none).is_ok(), "in the same tick");
    assert_eq!(passes.iter().filter(|pass| pass.ended().is_some()).count(), 1);
    assert!(bench.shares.take(few).is_err());
}

#[test]
fn an_unverified_body_that_drips_is_ended_and_a_verified_one_is_not() {
    let bench = Bench::new(64, &[]);
    let (dripping, steady, verified) = (
        bench.waiting(1, false).remove(0),
        bench.waiting(1, false).remove(0),
        bench.waiting(1, true).remove(0),
    );
    for _ in 0..30 {
        bench.after(1);
        dripping.received(1);
        steady.received(2048);
        verified.received(1);
        for pass in [&dripping, &steady, &verified] {
            pass.receiving(std::task::Waker::noop());
        }
        bench.shares.sweep();
    }
    assert_eq!(dripping.ended(), Some(Failure::BodyTimeout));
    let counted = "portcullis_refused_total{limit=\"slow_body\"} 1";
    assert!(bench.shares.metrics.render(TextForm::Plain).lines().any(|line| line == counted), "once");
    assert_eq!((steady.ended(), verified.ended()), (None, None));
    bench.after(300);
    steady.received(1 << 30);
    steady.receiving(std::task::Waker::noop());
    bench.shares.sweep();
    assert_eq!(steady.ended(), Some(Failure::BodyTimeout), "it has a total time");
}

#[test]
fn bodies_under_way_take_bounded_memory() {
    let bench = Bench::new(1024, &[]);
    let (unverified, verified) = (bench.waiting(400, false), bench.waiting(400, true));
    for pass in unverified.iter().chain(&verified) {
        pass.received(1 << 20);
        pass.receiving(std::task::Waker::noop());
    }
    bench.shares.sweep();
    let ended = |passes: &[Rc<Pass>]| passes.iter().filter(|pass| pass.ended().is_some()).count();
    assert_eq!(ended(&unverified) + ended(&verified), 0, "nobody has waited for long");
    bench.after(2);
    bench.shares.sweep();
    assert_eq!(ended(&unverified), 400, "these first");
    let left = verified.len() - ended(&verified);
    assert!(left as u64 <= GATHERED_BYTES_MAX / GATHERED_EACH_MAX && left > 200, "{left}");
}

#[test]
fn rates_are_counted_once_for_each_subject() {
    let rate = Rate { requests_per_second: Some(2), requests_burst: Some(2), ..Rate::default() };
    for (subject, name, limit) in [
        (Subject::Account, "000000000001", Refusal::RateAccount),
        (Subject::AccessKey, "KEY-000000000001", Refusal::RateAccessKey),
        (Subject::Bucket, "photos", Refusal::RateBucket),
    ] {
        let bench = Bench::new(64, &[RateEntry { subject, name: name.to_owned(), allowance: rate }]);
        let ask = |account: &str, name: &str| {
            let pass = bench.admit("10.0.0.1", true).unwrap();
            let goes_on = [(); 3].map(|()| pass.establish(&facts(account, name)));
            assert!(goes_on.iter().all(|again| *again == goes_on[0]));
            pass.refused().map(|refused| refused.limit)
        };
        assert_eq!([(); 3].map(|()| ask("000000000001", "photos")), [None, None, Some(limit)]);
        assert_eq!(ask("000000000002", "music"), None);
    }
    let rates = [RateEntry { subject: Subject::Address, name: "*".to_owned(), allowance: rate }];
    let bench = Bench::new(64, &rates);
    assert!(bench.admit("10.0.0.1", true).is_ok() && bench.admit("10.0.0.1", false).is_ok());
    assert_eq!(limit(bench.admit("10.0.0.1", true)), Refusal::RateAddress);
    assert!(bench.admit("10.0.0.2", true).is_ok());
}

#[test]
fn places_come_back_whatever_becomes_of_their_requests() {
    let bench = Bench::new(8, &[]);
    for round in 0..200 {
        let signed = round % 2 == 0;
        let passes = bench.waiting(20, signed);
        assert!(!passes.is_empty(), "{round}");
        if round % 3 == 0 {
            bench.after(7);
            drop(bench.waiting(20, true));
        }
    }
    assert_eq!(bench.waiting(100, true).len(), 8);
    assert_eq!(bench.shares.arriving.get(), 0);
}

#[test]
fn answers_that_nobody_takes_keep_further_ones_out_and_end_where_nobody_has_signed() {
    const LONG: usize = 1 << 20;
    let bench = Bench::new(64, &[]);
    let answering = |signed: bool| {
        let pass = bench.waiting(1, signed).remove(0);
        pass.has_room_for(LONG).then(|| {
            pass.responding(0);
            (pass, lent::lend_made(bytes::Bytes::from(vec![1; LONG])))
        })
    };
    let signed = answering(true).unwrap();
    let taken: Vec<_> = (0..32).map_while(|_| answering(false)).collect();
    assert_eq!(taken.len(), 16, "the bound, and one");
    let late = bench.waiting(1, false).remove(0);
    assert!(late.has_room_for(lent::SMALL_RESPONSE_BYTES) && late.refused().is_none());
    assert!(!late.has_room_for(LONG));
    assert_eq!(late.refused().map(|refused| refused.limit), Some(Refusal::Answers));
    assert!(answering(true).is_some());
    bench.shares.sweep();
    assert!(!taken.iter().any(|(pass, _)| pass.is_ended()));
    bench.after(1);
    taken[0].0.responding(1);
    bench.shares.sweep();
    let ended: Vec<bool> = taken.iter().map(|(pass, _)| pass.is_ended()).collect();
    assert!(!ended[0] && ended[1..].iter().all(|ended| *ended), "all that stand still");
    assert!(!signed.0.is_ended());
    drop(taken);
    assert!(answering(false).is_some());
}
