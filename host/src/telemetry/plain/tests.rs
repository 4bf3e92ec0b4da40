use super::*;

#[test]
fn characters_that_are_obeyed_are_escaped_and_the_document_stays_the_same() {
    let obeyed =
        ['\u{7f}', '\u{80}', '\u{9b}', '\u{9f}', '\u{61c}', '\u{200e}', '\u{200f}', '\u{2028}', '\u{2029}'];
    let turned = ['\u{202a}', '\u{202e}', '\u{2066}', '\u{2069}'];
    for character in obeyed.into_iter().chain(turned) {
        let value = serde_json::json!({ "a": format!("\\{character}\"{character}") });
        let text = value.to_string();
        assert!(text.contains(character), "{character:?}");
        let plain = plain_json(&text);
        assert!(!plain.contains(character), "{character:?}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&plain).unwrap(), value, "{character:?}");
    }
    let text = "{\"a\":\"\u{a0}\u{e9}\u{200d}\u{2027}\u{2030}\u{1f600}\\n\"}";
    assert!(matches!(plain_json(text), Cow::Borrowed(same) if same == text));
}
