//! What happens without websites.

use super::*;

#[test]
fn no_request_is_answered_with_a_page() {
    assert!(matches!(resolve(), Progress::Pending));
}
