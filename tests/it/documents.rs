//! Documents are made for a screen: prose is wrapped, tables and code are as wide as they have to
//! be. And what they name is there.

use std::path::Path;

use tests::workspace;

/// Characters of a line of prose.
const COLUMNS_MAX: usize = 120;

/// Folders of the repository: a text that begins with one, in code, is a path.
const FOLDERS: [&str; 5] = ["gateway/", "components/", "host/", "tests/", "docs/"];

/// Every document: its path from the root of the repository, and its text.
fn documents() -> Vec<(String, String)> {
    let read = |path: &Path| {
        let name = path.strip_prefix(workspace::root()).unwrap_or(path).display().to_string();
        (name, std::fs::read_to_string(path).unwrap())
    };
    workspace::files(&workspace::root(), "md").iter().map(|path| read(path)).collect()
}

/// The lines of a document that are prose, counted from 1, and its rows of tables.
///
/// Code is left out: between fences, or indented by four spaces.
fn lines(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut is_code = false;
    for (at, line) in text.lines().enumerate() {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        if !is_code && !is_fence && !line.starts_with("    ") {
            found.push((at + 1, line));
        }
    }
    found
}

/// The lines of prose that are too long. A row of a table cannot be wrapped.
fn too_long(text: &str) -> Vec<usize> {
    let prose = lines(text).into_iter().filter(|(_, line)| !line.starts_with('|'));
    prose.filter(|(_, line)| line.chars().count() > COLUMNS_MAX).map(|(at, _)| at).collect()
}

/// The targets of links to files: `docs/access.md` of `[access](docs/access.md#rules)`.
fn links(text: &str) -> Vec<&str> {
    let lines = lines(text).into_iter().flat_map(|(_, line)| line.split("](").skip(1));
    let targets = lines.filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
    let files = targets.filter(|target| !target.contains("://"));
    files.filter_map(|target| target.split('#').next()).filter(|target| !target.is_empty()).collect()
}

/// The paths in code: `host/src/lib.rs`. Those with a gap for a name are left out.
fn paths(text: &str) -> Vec<&str> {
    let spans = lines(text).into_iter().flat_map(|(_, line)| line.split('`').skip(1).step_by(2));
    let named = spans.filter(|span| FOLDERS.iter().any(|folder| span.starts_with(folder)));
    named.filter(|span| !span.contains(['<', '…', '*', ' '])).collect()
}

#[test]
fn prose_is_wrapped() {
    let mut found = Vec::new();
    for (name, text) in documents() {
        found.extend(too_long(&text).iter().map(|line| format!("{name}:{line}")));
    }
    assert!(found.is_empty(), "longer than {COLUMNS_MAX} characters:\n{}", found.join("\n"));
}

#[test]
fn what_documents_name_is_there() {
    let root = workspace::root();
    let mut missing = Vec::new();
    for (name, text) in documents() {
        let folder = root.join(&name).parent().unwrap().to_path_buf();
        let gone = links(&text).into_iter().filter(|target| !folder.join(target).exists());
        missing.extend(gone.map(|target| format!("{name}: {target}")));
        // A record of a decision says where things were when it was made.
        if !name.starts_with("docs/adr/") {
            let gone = paths(&text).into_iter().filter(|path| !root.join(path).exists());
            missing.extend(gone.map(|path| format!("{name}: {path}")));
        }
    }
    assert!(missing.is_empty(), "not there:\n{}", missing.join("\n"));
}

#[test]
fn a_long_line_counts_only_in_prose() {
    let (short, long) = ("ä".repeat(COLUMNS_MAX), "a".repeat(COLUMNS_MAX + 1));
    assert_eq!(too_long(&format!("{short}\n{long}\n- {short}\n")), [2, 3]);
    assert_eq!(too_long(&format!("```\n{long}\n```\n    {long}\n| {long} |\n## {long}\n")), [6]);
}

#[test]
fn links_and_paths_are_found() {
    let text = "[a](docs/a.md#b), [c](#d), [e](https://f), `host/src/g.rs` `h.rs` `tests/<I>/j`\n```\n`host/k`\n```\n";
    assert_eq!(links(text), ["docs/a.md"]);
    assert_eq!(paths(text), ["host/src/g.rs"]);
}
