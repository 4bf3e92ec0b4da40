use super::document;

#[test]
fn the_first_region_has_no_name() {
    let start = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
        <LocationConstraint xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">";
    assert_eq!(document("us-east-1"), format!("{start}</LocationConstraint>"));
    assert_eq!(document("eu-west-1"), format!("{start}eu-west-1</LocationConstraint>"));
}
