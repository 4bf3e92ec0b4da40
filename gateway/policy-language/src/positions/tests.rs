//! Published positions, and documents of every shape.

use super::*;

/// Line and column.
type At = (u32, u32);

fn check(text: &str, expected: &[(At, At)]) {
    let found: Vec<_> = statements(text)
        .into_iter()
        .map(|own| ((own.start.line, own.start.column), (own.end.line, own.end.column)))
        .collect();
    assert_eq!(found, expected, "{text}");
}

#[test]
fn a_statement_begins_behind_its_bracket_and_ends_behind_its_brace() {
    // As AWS prints the positions of a statement in a document of this shape: line 3, column 19 to
    // line 9, column 10.
    let text = "{\n    \"Version\": \"2012-10-17\",\n    \"Statement\": [\n        {\n            \"Sid\": \"a\",\n            \
                \"Effect\": \"Allow\",\n            \"Action\": \"*\",\n            \"Resource\": \"*\"\n        }\n    ]\n}";
    check(text, &[((3, 19), (9, 10))]);
    assert_eq!(statements(text)[0].opens, Position { line: 4, column: 9 });
}

#[test]
fn one_statement_needs_no_list() {
    check(r#"{"Statement":{"A":{"x":{}},"B":[1,{}]},"Version":"x"}"#, &[((1, 14), (1, 39))]);
}

#[test]
fn strings_hold_no_brackets() {
    check(
        r#"{"Id":"Statement\":[{","Statement":[{"a":"}]\\"},{"é":1}]}"#,
        &[((1, 37), (1, 49)), ((1, 50), (1, 57))],
    );
}

#[test]
fn what_is_no_policy_has_no_statements() {
    for text in [
        "",
        "[]",
        "{}",
        "{\"Statement\":1}",
        "}}}]",
        "{\"Statement\":[",
        "\"",
        "{\"x\":{\"Statement\":[{}]}}",
    ] {
        check(text, &[]);
    }
}

#[test]
fn the_text_of_a_statement_is_cut_out() {
    let text = "{\"Statement\": [\n  {\"é\": 1},\n\n  {\"b\": {}} ]}";
    assert_eq!(texts(text, &statements(text)), ["{\"é\": 1}", "{\"b\": {}}"]);
    let one = r#"{"Statement":{"A":1}}"#;
    assert_eq!(texts(one, &statements(one)), ["{\"A\":1}"]);
}
