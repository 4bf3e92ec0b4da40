use super::*;

#[test]
fn the_document_says_it() {
    assert!(document(true).ends_with("<IsPublic>true</IsPublic></PolicyStatus>"));
    assert!(document(false).ends_with("<IsPublic>false</IsPublic></PolicyStatus>"));
}
