use gateway::errors::ErrorCode;
use gateway::xml::Element;

use super::{parse, write};
use crate::records::{DefaultRetention, LockMode, ObjectLockConfiguration, Period};

fn read(children: &str) -> Result<ObjectLockConfiguration, ErrorCode> {
    let text = format!("<ObjectLockConfiguration>{children}</ObjectLockConfiguration>");
    parse(&Element::parse(text.as_bytes()).unwrap()).map_err(|error| error.code)
}

fn retention(children: &str) -> Result<ObjectLockConfiguration, ErrorCode> {
    read(&format!(
        "<ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention>{children}</DefaultRetention></Rule>"
    ))
}

#[test]
fn a_written_configuration_reads_back() {
    let periods = [Period::Days(1), Period::Days(36_500), Period::Years(100)];
    let modes = [LockMode::Governance, LockMode::Compliance];
    for (period, mode) in periods.into_iter().flat_map(|period| modes.map(|mode| (period, mode))) {
        let wanted = ObjectLockConfiguration { default_retention: Some(DefaultRetention { mode, period }) };
        assert_eq!(parse(&Element::parse(write(&wanted).as_bytes()).unwrap()).unwrap(), wanted);
    }
    let none = ObjectLockConfiguration::default();
    assert_eq!(parse(&Element::parse(write(&none).as_bytes()).unwrap()).unwrap(), none);
}

#[test]
fn object_lock_is_enabled_and_nothing_else() {
    assert_eq!(read("<ObjectLockEnabled>Disabled</ObjectLockEnabled>"), Err(ErrorCode::MalformedXML));
    assert_eq!(read(""), Err(ErrorCode::MalformedXML));
    assert_eq!(read("<ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule/>"), Err(ErrorCode::MalformedXML));
}

#[test]
fn a_default_retention_has_a_mode_and_one_positive_period() {
    let mode = "<Mode>GOVERNANCE</Mode>";
    for (children, code) in [
        ("<Days>1</Days>".to_owned(), ErrorCode::MalformedXML),
        (mode.to_owned(), ErrorCode::MalformedXML),
        (format!("{mode}<Days>1</Days><Years>1</Years>"), ErrorCode::MalformedXML),
        ("<Mode>governance</Mode><Days>1</Days>".to_owned(), ErrorCode::MalformedXML),
        (format!("{mode}<Days>one</Days>"), ErrorCode::MalformedXML),
        (format!("{mode}<Days>0</Days>"), ErrorCode::InvalidRetentionPeriod),
        (format!("{mode}<Years>-1</Years>"), ErrorCode::InvalidRetentionPeriod),
        (format!("{mode}<Years>101</Years>"), ErrorCode::InvalidRetentionPeriod),
        (format!("{mode}<Days>4294967296</Days>"), ErrorCode::InvalidRetentionPeriod),
    ] {
        assert_eq!(retention(&children), Err(code), "{children}");
    }
}
