//! What counts as a list, and what does not.

use super::*;

#[test]
fn operations_side_by_side_are_a_list() {
    let check = |text: &str, expected: &[&str]| {
        assert_eq!(of(text.parse().unwrap()), expected, "{text}");
    };
    let two = "GetObject | HeadObject";
    check("matches!(o, Operation::GetObject | Operation::HeadObject)", &[two]);
    check(
        "match o { gateway::operations::Operation::GetObject | Operation::HeadObject => 1, _ => 2 }",
        &[two],
    );
    check("const READ: [&str; 2] = [\"GetObject\", \"HeadObject\"];", &[two]);
    check("match o { x @ (\"GetObject\" | \"HeadObject\") if f() => x }", &[two]);
    check("fn f() { g(&[Operation::GetObject, Operation::HeadObject,]); }", &[two]);
    check(
        "a(\"GetObject\", \"HeadObject\") + b(Operation::PutObject, Operation::CopyObject)",
        &[two, "PutObject | CopyObject"],
    );
    check(
        "t.operation.as_str().contains(\"Copy\") || t.operation.starts_with(\"List\")",
        &["operation.contains(…)", "operation.starts_with(…)"],
    );
}

#[test]
fn one_operation_is_no_list() {
    for text in [
        "matches!(o, Operation::GetObject)",
        "o == Operation::GetObject || o == Operation::HeadObject",
        "match o { Operation::GetObject => f(), Operation::HeadObject => g(), _ => h() }",
        "(Operation::ALL, Operation::parse(name))",
        "[\"GetObject\", \"NoOperation\"]",
        "[KeyId::GetObject, KeyId::HeadObject]",
        "// Operation::GetObject | Operation::HeadObject\n",
    ] {
        assert_eq!(of(text.parse().unwrap()), [""; 0], "{text}");
    }
}
