use super::Node;

#[test]
fn a_listing_becomes_a_tree() {
    let node = Node::parse(
        "<?xml version=\"1.0\"?><L xmlns=\"urn:x\"><C><Key>a&amp;b&#13;</Key><Size>1</Size></C><C/><T>false</T></L>",
    );
    assert_eq!(node.name, "L");
    assert_eq!(node.all("C").count(), 2);
    assert_eq!(node.child("C").map(|c| c.value("Key")), Some("a&b\r"));
    assert_eq!(node.value("T"), "false");
    assert_eq!(node.value("Absent"), "");
}
