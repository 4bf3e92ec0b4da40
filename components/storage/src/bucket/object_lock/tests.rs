use super::{of_document, to_document};
use crate::records::{DefaultRetention, LockMode, ObjectLockConfiguration, Period};

#[test]
fn what_is_stored_is_what_is_answered() {
    let none = ObjectLockConfiguration::default();
    assert_eq!(of_document(to_document(none)), none);
    let periods = [Period::Days(1), Period::Days(36_500), Period::Years(100)];
    let modes = [LockMode::Governance, LockMode::Compliance];
    for (period, mode) in periods.into_iter().flat_map(|period| modes.map(|mode| (period, mode))) {
        let stored = ObjectLockConfiguration { default_retention: Some(DefaultRetention { mode, period }) };
        assert_eq!(of_document(to_document(stored)), stored);
    }
}
