use super::*;

#[test]
fn what_is_asked_for_is_read_back_as_written() {
    for status in [VersioningStatus::Enabled, VersioningStatus::Suspended] {
        for mfa_delete in [None, Some(MfaDelete::Enabled), Some(MfaDelete::Disabled)] {
            let document = document(Some(status), mfa_delete);
            assert_eq!(
                VersioningConfiguration::parse_document(document.as_bytes()).unwrap(),
                VersioningConfiguration { status, mfa_delete }
            );
        }
    }
    assert!(document(None, None).ends_with("2006-03-01/\"></VersioningConfiguration>"));
}

#[test]
fn other_documents_are_refused() {
    let cases = [
        ("", ErrorCode::MalformedXML),
        ("<Versioning/>", ErrorCode::MalformedXML),
        ("<VersioningConfiguration/>", ErrorCode::IllegalVersioningConfigurationException),
        (
            "<VersioningConfiguration><MfaDelete>Disabled</MfaDelete></VersioningConfiguration>",
            ErrorCode::IllegalVersioningConfigurationException,
        ),
        (
            "<VersioningConfiguration><Status>enabled</Status></VersioningConfiguration>",
            ErrorCode::MalformedXML,
        ),
        (
            "<VersioningConfiguration><Status>Enabled</Status><MfaDelete>Suspended</MfaDelete>\
             </VersioningConfiguration>",
            ErrorCode::MalformedXML,
        ),
    ];
    for (xml, code) in cases {
        assert_eq!(VersioningConfiguration::parse_document(xml.as_bytes()).unwrap_err().code, code, "{xml}");
    }
}
