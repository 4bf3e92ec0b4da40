use gateway::errors::ErrorCode;
use gateway::xml::Element;

use super::parse;
use crate::records::Versioning;

fn read(children: &str) -> Result<Versioning, ErrorCode> {
    let text = format!("<VersioningConfiguration>{children}</VersioningConfiguration>");
    parse(&Element::parse(text.as_bytes()).unwrap()).map_err(|error| error.code)
}

#[test]
fn versioning_is_enabled_or_suspended() {
    assert_eq!(read("<Status>Enabled</Status>"), Ok(Versioning::Enabled));
    assert_eq!(read("<Status>Suspended</Status>"), Ok(Versioning::Suspended));
    assert_eq!(read("<Status>enabled</Status>"), Err(ErrorCode::MalformedXML));
    assert_eq!(read("<State>Enabled</State>"), Err(ErrorCode::MalformedXML));
    assert_eq!(read(""), Err(ErrorCode::IllegalVersioningConfigurationException));
}

#[test]
fn mfa_delete_is_not_stored_unenforced() {
    let status = "<Status>Enabled</Status>";
    assert_eq!(read(&format!("{status}<MfaDelete>Disabled</MfaDelete>")), Ok(Versioning::Enabled));
    assert_eq!(read(&format!("{status}<MfaDelete>Enabled</MfaDelete>")), Err(ErrorCode::NotImplemented));
    assert_eq!(read(&format!("{status}<MfaDelete>Maybe</MfaDelete>")), Err(ErrorCode::MalformedXML));
}
