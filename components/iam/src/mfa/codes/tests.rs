use super::*;
use crate::index::memory::code_of;

const ACCOUNT: &str = "000000000001";
/// The begin of step 1000.
const NOW: u64 = 1000 * STEP_MS;

fn device() -> MfaDevice {
    let made = index::make_seed(ACCOUNT, "arn:aws:iam::000000000001:mfa/phone");
    MfaDevice { path: "/".to_owned(), name: "phone".to_owned(), sealed: made.sealed, ..MfaDevice::default() }
}

#[test]
fn a_code_counts_around_its_step_and_once() {
    let mut phone = device();
    let verdict = |phone: &MfaDevice, step: u64| verify(ACCOUNT, phone, &code_of(step), NOW);
    for (step, expected) in [
        (998, CodeVerdict::Wrong),
        (999, CodeVerdict::Right(999)),
        (1000, CodeVerdict::Right(1000)),
        (1001, CodeVerdict::Right(1001)),
        (1002, CodeVerdict::Wrong),
    ] {
        assert_eq!(verdict(&phone, step), expected, "{step}");
    }
    phone.use_up(1000);
    for (step, expected) in [
        (998, CodeVerdict::Wrong),
        (999, CodeVerdict::Used),
        (1000, CodeVerdict::Used),
        (1001, CodeVerdict::Right(1001)),
    ] {
        assert_eq!(verdict(&phone, step), expected, "{step}");
    }
    phone.use_up(1001);
    assert_eq!(verdict(&phone, 1001), CodeVerdict::Used);
    for text in ["", "99999", "0001000", "00100a", "+01000", " 01000"] {
        assert_eq!(verify(ACCOUNT, &phone, text, NOW), CodeVerdict::Wrong, "{text}");
    }
}

#[test]
fn two_codes_in_a_row_tell_the_time() {
    let phone = device();
    let pair = |first: u64, second: u64| find_pair(ACCOUNT, &phone, (&code_of(first), &code_of(second)), NOW);
    assert_eq!(pair(999, 1000), Some(1000));
    assert_eq!(pair(995, 996), Some(996));
    assert_eq!(pair(1005, 1006), Some(1006));
    for (first, second) in [(994, 995), (1006, 1007), (1000, 999), (999, 1001), (1000, 1000)] {
        assert_eq!(pair(first, second), None, "{first} {second}");
    }
    let mut late = device();
    late.synchronize(996, NOW);
    assert_eq!(window(&late, NOW), (995, 1001));
    assert_eq!(find_pair(ACCOUNT, &late, (&code_of(996), &code_of(997)), NOW), None);
    assert_eq!(find_pair(ACCOUNT, &late, (&code_of(997), &code_of(998)), NOW), Some(998));
    late.synchronize(1003, NOW);
    assert_eq!(window(&late, NOW), (999, 1004));
}

#[test]
fn wrong_codes_lock_a_device_for_longer_and_longer() {
    let mut phone = device();
    let mut locks = Vec::new();
    for _ in 0..60 {
        if phone.count_failure(NOW) {
            locks.push((phone.locked_until_ms - NOW) / 1000);
        }
    }
    assert_eq!(locks, [30, 60, 120, 240, 480, 900, 900, 900, 900, 900, 900, 900]);
    assert_eq!(verify(ACCOUNT, &phone, &code_of(1000), NOW), CodeVerdict::Locked);
    let later = phone.locked_until_ms;
    assert_eq!(
        verify(ACCOUNT, &phone, &code_of(later / STEP_MS), later),
        CodeVerdict::Right(later / STEP_MS)
    );
    phone.use_up(later / STEP_MS);
    assert_eq!((phone.failures, phone.locked_until_ms), (0, 0));
    phone.failures = u32::MAX;
    phone.count_failure(u64::MAX);
}
