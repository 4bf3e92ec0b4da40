//! Documents are made for a screen: prose is wrapped, tables and code are as wide as they have to be.

use tests::workspace;

/// Characters of a line of prose.
const COLUMNS_MAX: usize = 120;

/// The lines of a document that are prose and too long, counted from 1.
///
/// A row of a table cannot be wrapped, nor can code: between fences, or indented by four spaces.
fn too_long(text: &str) -> Vec<usize> {
    let mut found = Vec::new();
    let mut is_code = false;
    for (at, line) in text.lines().enumerate() {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        let is_prose = !is_code && !is_fence && !line.starts_with('|') && !line.starts_with("    ");
        if is_prose && line.chars().count() > COLUMNS_MAX {
            found.push(at + 1);
        }
    }
    found
}

#[test]
fn prose_is_wrapped() {
    let mut found = Vec::new();
    for path in workspace::files(&workspace::root(), "md") {
        let text = std::fs::read_to_string(&path).unwrap();
        let name = path.strip_prefix(workspace::root()).unwrap_or(&path).display().to_string();
        found.extend(too_long(&text).iter().map(|line| format!("{name}:{line}")));
    }
    assert!(found.is_empty(), "longer than {COLUMNS_MAX} characters:\n{}", found.join("\n"));
}

#[test]
fn a_long_line_counts_only_in_prose() {
    let (short, long) = ("ä".repeat(COLUMNS_MAX), "a".repeat(COLUMNS_MAX + 1));
    assert_eq!(too_long(&format!("{short}\n{long}\n- {short}\n")), [2, 3]);
    assert_eq!(too_long(&format!("```\n{long}\n```\n    {long}\n| {long} |\n## {long}\n")), [6]);
}
