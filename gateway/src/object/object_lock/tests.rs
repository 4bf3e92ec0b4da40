use super::*;
use crate::errors::ErrorCode;

const NOW: u64 = 1_369_353_600_000;
const LATER: &str = "2013-05-25T00:00:00Z";

fn configuration(rule: &str) -> crate::errors::Result<ObjectLockConfiguration> {
    let xml = format!(
        "<ObjectLockConfiguration>\
         <ObjectLockEnabled>Enabled</ObjectLockEnabled>{rule}</ObjectLockConfiguration>"
    );
    ObjectLockConfiguration::parse_document(xml.as_bytes())
}

fn rule(elements: &str) -> String {
    format!("<Rule><DefaultRetention>{elements}</DefaultRetention></Rule>")
}

#[test]
fn a_configuration_is_read_back_as_written() {
    let periods = [RetentionPeriod::Days(1), RetentionPeriod::Days(36_500), RetentionPeriod::Years(100)];
    for period in periods {
        for mode in [RetentionMode::Governance, RetentionMode::Compliance] {
            let written =
                ObjectLockConfiguration { default_retention: Some(DefaultRetention { mode, period }) };
            assert_eq!(
                ObjectLockConfiguration::parse_document(written.document().as_bytes()).unwrap(),
                written
            );
        }
    }
    assert_eq!(configuration("").unwrap(), ObjectLockConfiguration::default());
    let year = DefaultRetention { mode: RetentionMode::Governance, period: RetentionPeriod::Years(1) };
    assert_eq!(year.at(NOW).until_ms, NOW + 365 * DAY_MS);
}

#[test]
fn a_configuration_out_of_bounds_is_refused() {
    let cases = [
        ("<Mode>GOVERNANCE</Mode><Days>1</Days><Years>1</Years>", ErrorCode::MalformedXML),
        ("<Mode>GOVERNANCE</Mode>", ErrorCode::MalformedXML),
        ("<Mode>abc</Mode><Days>1</Days>", ErrorCode::MalformedXML),
        ("<Mode>governance</Mode><Days>1</Days>", ErrorCode::MalformedXML),
        ("<Days>1</Days>", ErrorCode::MalformedXML),
        ("<Mode>GOVERNANCE</Mode><Days>one</Days>", ErrorCode::MalformedXML),
        ("<Mode>GOVERNANCE</Mode><Days>0</Days>", ErrorCode::InvalidRetentionPeriod),
        ("<Mode>GOVERNANCE</Mode><Years>-1</Years>", ErrorCode::InvalidRetentionPeriod),
        ("<Mode>GOVERNANCE</Mode><Years>101</Years>", ErrorCode::InvalidRetentionPeriod),
        ("<Mode>GOVERNANCE</Mode><Days>36501</Days>", ErrorCode::InvalidRetentionPeriod),
    ];
    for (elements, code) in cases {
        assert_eq!(configuration(&rule(elements)).unwrap_err().code, code, "{elements}");
    }
    let disabled =
        b"<ObjectLockConfiguration><ObjectLockEnabled>Disabled</ObjectLockEnabled></ObjectLockConfiguration>";
    assert_eq!(ObjectLockConfiguration::parse_document(disabled).unwrap_err().code, ErrorCode::MalformedXML);
    assert_eq!(
        ObjectLockConfiguration::parse_document(b"<ObjectLockConfiguration/>").unwrap_err().code,
        ErrorCode::MalformedXML
    );
}

#[test]
fn retention_and_legal_hold_documents_are_read() {
    let read = |xml: &str| Retention::parse_document(xml.as_bytes(), NOW);
    let retention = Retention { mode: RetentionMode::Compliance, until_ms: NOW + DAY_MS };
    assert_eq!(read(&retention.document()).unwrap(), Some(retention));
    assert!(retention.document().contains("<RetainUntilDate>2013-05-25T00:00:00.000Z</RetainUntilDate>"));
    assert_eq!(read("<Retention/>").unwrap(), None);
    let cases = [
        (
            "<Retention><Mode>abc</Mode><RetainUntilDate>2030-01-01T00:00:00Z</RetainUntilDate></Retention>",
            ErrorCode::MalformedXML,
        ),
        ("<Retention><Mode>GOVERNANCE</Mode></Retention>", ErrorCode::MalformedXML),
        (
            "<Retention><Mode>GOVERNANCE</Mode><RetainUntilDate>soon</RetainUntilDate></Retention>",
            ErrorCode::MalformedXML,
        ),
        (
            "<Retention><Mode>GOVERNANCE</Mode><RetainUntilDate>2013-05-24T00:00:00Z</RetainUntilDate>\
             </Retention>",
            ErrorCode::InvalidArgument,
        ),
    ];
    for (xml, code) in cases {
        assert_eq!(read(xml).unwrap_err().code, code, "{xml}");
    }
    for hold in [LegalHold::On, LegalHold::Off] {
        assert_eq!(LegalHold::parse_document(hold.document().as_bytes()).unwrap(), hold);
    }
    let invalid = LegalHold::parse_document(b"<LegalHold><Status>abc</Status></LegalHold>");
    assert_eq!(invalid.unwrap_err().code, ErrorCode::MalformedXML);
}

#[test]
fn a_request_asks_for_a_lock_by_headers() {
    let parse =
        |pairs: &[(&str, &str)]| RequestedLock::parse(&Headers::from_iter(pairs.iter().copied()), NOW);
    let full = parse(&[
        ("x-amz-object-lock-mode", "GOVERNANCE"),
        ("x-amz-object-lock-retain-until-date", LATER),
        ("x-amz-object-lock-legal-hold", "ON"),
    ])
    .unwrap();
    assert_eq!(full.retention, Some(Retention { mode: RetentionMode::Governance, until_ms: NOW + DAY_MS }));
    assert_eq!(full.legal_hold, Some(LegalHold::On));
    assert!(!parse(&[]).unwrap().is_any());
    let refused: &[&[(&str, &str)]] = &[
        &[("x-amz-object-lock-mode", "GOVERNANCE")],
        &[("x-amz-object-lock-retain-until-date", LATER)],
        &[("x-amz-object-lock-mode", "abc"), ("x-amz-object-lock-retain-until-date", LATER)],
        &[
            ("x-amz-object-lock-mode", "GOVERNANCE"),
            ("x-amz-object-lock-retain-until-date", "2013-05-24T00:00:00Z"),
        ],
        &[("x-amz-object-lock-mode", "GOVERNANCE"), ("x-amz-object-lock-retain-until-date", "x")],
        &[("x-amz-object-lock-legal-hold", "abc")],
    ];
    for case in refused {
        assert_eq!(parse(case).unwrap_err().code, ErrorCode::InvalidArgument, "{case:?}");
    }
}
