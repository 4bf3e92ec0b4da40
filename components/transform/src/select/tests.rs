//! What happens without access points.

use super::*;

#[test]
fn no_call_is_transformed() {
    assert!(!applies());
}
