use super::*;
use crate::pipeline::rules::By;

fn rate(requests_per_second: u32) -> Rate {
    Rate { requests_per_second: Some(requests_per_second), ..Rate::default() }
}

fn entry(subject: Subject, name: &str, rate: Rate) -> RateEntry {
    RateEntry { subject, name: name.to_owned(), allowance: rate }
}

/// How many of many requests at once are admitted.
fn flood(rates: &Rates, subject: Subject, name: &str) -> usize {
    (0..200).filter(|_| rates.request(subject, name, &mut Meters::default()).is_ok()).count()
}

#[test]
fn each_has_its_own_limit_or_that_of_everybody() {
    let rates = Rates::new(&[
        entry(Subject::Account, "*", rate(5)),
        entry(Subject::Account, "000000000001", rate(20)),
    ]);
    assert_eq!(flood(&rates, Subject::Account, "000000000001"), 20);
    assert_eq!(flood(&rates, Subject::Account, "000000000002"), 5);
    assert_eq!(flood(&rates, Subject::Account, "000000000003"), 5);
    assert_eq!(flood(&rates, Subject::Bucket, "photos"), 200);
}

#[test]
fn calls_change_limits_at_once() {
    let rates = Rates::default();
    assert!(!rates.is_any());
    assert_eq!(flood(&rates, Subject::Bucket, "photos"), 200);
    rates.set(Subject::Bucket, "photos", rate(7));
    assert!(rates.is_any());
    assert_eq!(flood(&rates, Subject::Bucket, "photos"), 7);
    rates.set(Subject::Bucket, "photos", Rate { bytes_in_per_second: Some(1 << 20), ..Rate::default() });
    assert_eq!(flood(&rates, Subject::Bucket, "photos"), 200);
    assert_eq!(rates.list().len(), 1);
    assert_eq!(rates.list()[0].2.by, By::Call);
    assert!(rates.clear(Subject::Bucket, "photos"));
    assert!(!rates.clear(Subject::Bucket, "photos"));
    assert!(!rates.is_any() && rates.list().is_empty());
}

#[test]
fn what_is_under_way_goes_on_at_the_new_rate() {
    let rates = Rates::default();
    let slow = Rate { bytes_out_per_second: Some(64 << 10), ..Rate::default() };
    rates.set(Subject::AccessKey, "KEY", slow);
    let mut meters = Meters::default();
    rates.request(Subject::AccessKey, "KEY", &mut meters).unwrap();
    assert!(meters.pass(Way::Out, 1 << 20) > Duration::from_secs(10));
    rates.clear(Subject::AccessKey, "KEY");
    assert_eq!(meters.pass(Way::Out, 1 << 20), Duration::ZERO);
}

#[test]
fn addresses_of_ipv6_share_what_their_network_has() {
    let rates = Rates::new(&[entry(Subject::Address, "*", rate(3))]);
    let ask = |text: &str| rates.address(text.parse().unwrap(), &mut Meters::default()).is_ok();
    assert!(ask("2001:db8::1") && ask("2001:db8::2") && ask("2001:db8::3") && !ask("2001:db8::4"));
    assert!(ask("2001:db8:0:1::1") && ask("10.0.0.1"));
    let exceeded = rates.address("2001:db8::5".parse().unwrap(), &mut Meters::default()).unwrap_err();
    assert_eq!(exceeded.subject, Subject::Address);
    assert!(exceeded.wait <= Duration::from_millis(334));
}

#[test]
fn many_subjects_take_bounded_memory() {
    let rates = Rates::new(&[entry(Subject::Bucket, "*", rate(1))]);
    for number in 0..TABLES * SUBJECTS_MAX * 2 {
        let _ = rates.request(Subject::Bucket, &format!("name-{number}"), &mut Meters::default());
    }
    let held: usize = rates.tables.iter().map(|table| locked(table).flows.len()).sum();
    assert!(held <= TABLES * (SUBJECTS_MAX + 1), "{held}");
}
