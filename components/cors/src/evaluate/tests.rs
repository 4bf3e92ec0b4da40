//! The refusal of preflights.

use super::*;

#[test]
fn options_without_an_origin_are_no_preflight() {
    let error = no_origin();
    assert_eq!(error.code.status(), 400);
    assert_eq!(error.message.as_deref(), Some("Insufficient information. Origin request header needed."));
}

#[test]
fn a_preflight_is_refused_as_for_a_bucket_without_rules() {
    let error = not_enabled("PUT", true);
    assert_eq!(error.code.status(), 403);
    assert_eq!(error.message.as_deref(), Some("CORSResponse: CORS is not enabled for this bucket."));
    assert_eq!(error.details, [("Method", "PUT".to_owned()), ("ResourceType", "OBJECT".to_owned())]);
    assert_eq!(not_enabled("GET", false).details[1].1, "BUCKET");
}
