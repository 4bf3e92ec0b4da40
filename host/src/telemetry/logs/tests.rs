use super::*;

#[test]
fn a_line_for_programs_has_no_character_that_changes_how_it_looks() {
    let text = "{\"message\":\"a\u{9b}31m\u{2028}\u{202e}b\"}\n";
    let mut lines = PlainLines(Vec::new());
    lines.write_all(text.as_bytes()).unwrap();
    assert_eq!(String::from_utf8(lines.0).unwrap(), "{\"message\":\"a\\u009b31m\\u2028\\u202eb\"}\n");
    let mut lines = PlainLines(Vec::new());
    lines.write_all(b"\xff").unwrap();
    assert_eq!(lines.0, b"\xff");
}
