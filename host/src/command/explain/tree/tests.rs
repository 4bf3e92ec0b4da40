use super::*;

#[test]
fn a_document_is_indented_in_its_own_order() {
    let text = "{\"z\":\"1\",\"a_b\":{\"y\":null,\"x\":[true,2]},\"list\":[{\"m\":\"1\",\"n\":{\"o\":3}},{\"m\":\"2\"}],\"none\":[]}";
    let tree: Tree = serde_json::from_str(text).unwrap();
    let expected = "z: 1\na b:\n  y: -\n  x: yes, 2\nlist:\n  - m: 1\n    n:\n      o: 3\n  - m: 2\nnone: \n";
    assert_eq!(tree.render(), expected);
}

#[test]
fn nothing_that_a_terminal_obeys_is_printed() {
    let tree: Tree = serde_json::from_str("{\"key\":\"a\\u001b[2Jb\\nc\"}").unwrap();
    assert_eq!(tree.render(), "key: a\\u{1b}[2Jb\\nc\n");
}

#[test]
fn a_long_list_has_a_line_for_each_item() {
    let long = "x".repeat(60);
    let tree: Tree =
        serde_json::from_str(&format!("{{\"lines\":[\"GET\",\"{long}\",\"\",\"{long}\"]}}")).unwrap();
    assert_eq!(tree.render(), format!("lines:\n  - GET\n  - {long}\n  - \n  - {long}\n"));
}
