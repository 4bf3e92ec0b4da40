use super::*;

#[test]
fn a_description_may_say_anything_or_nothing() {
    let nothing: DescribedCall = toml::from_str("").unwrap();
    assert!(matches!(nothing.entry().unwrap(), Entry::Get));
    let context = nothing.context(7);
    assert_eq!((context.object.size, context.caller.is_none()), (7, true));
    let text = r#"
        entry = "list-page"
        bucket = "photos"
        key = "a/"
        payload = "{}"
        part_number = 2
        common_prefixes = ["a/b/"]
        [object]
        etag = "e"
        metadata = { a = "b" }
        [caller]
        account = "111122223333"
        session_tags = { team = "red" }
        [request]
        query = { w = "100" }
        [[page]]
        key = "a/1"
        size = 3
        [expect]
        keys = ["a/1"]
    "#;
    let call: DescribedCall = toml::from_str(text).unwrap();
    let Entry::ListPage(page) = call.entry().unwrap() else { panic!() };
    assert_eq!((page.entries[0].key.as_str(), page.common_prefixes[0].as_str()), ("a/1", "a/b/"));
    let context = call.context(0);
    assert_eq!(context.request.url, "http://localhost/photos/a/");
    assert_eq!(context.request.query, [("w".to_owned(), "100".to_owned())]);
    assert_eq!(context.caller.unwrap().session_tags, [("team".to_owned(), "red".to_owned())]);
    assert!(toml::from_str::<DescribedCall>("colour = 1").is_err());
    let wrong: DescribedCall = toml::from_str("entry = \"post\"").unwrap();
    assert!(wrong.entry().unwrap_err().to_string().contains("list-page"));
}
