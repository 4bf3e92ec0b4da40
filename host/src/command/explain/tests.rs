use super::*;

#[test]
fn explanations_are_printed_in_their_own_order() {
    let one: Tree = serde_json::from_str("{\"reason\":\"because\",\"action\":\"read\"}").unwrap();
    assert_eq!(render(&one, &Question::Request("A".to_owned())), "reason: because\naction: read\n");
    let several: Tree = serde_json::from_str("{\"explanations\":[{\"a\":1},{\"a\":2}]}").unwrap();
    assert_eq!(render(&several, &Question::Latest(2)), "a: 1\n\na: 2\n");
    let none: Tree = serde_json::from_str("{\"explanations\":[]}").unwrap();
    assert_eq!(render(&none, &Question::Latest(2)), "no denials are explained yet\n");
}
