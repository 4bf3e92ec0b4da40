//! The repository keeps its own rules.

use std::path::Path;

use gateway::operations::{Operation, Support};
use tests::golden::File;
use tests::structure::{Crate, crates};
use tests::workspace;

/// Lines of a source file.
const LINES_MAX: usize = 800;

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn shown(path: &Path) -> String {
    path.strip_prefix(workspace::root()).unwrap_or(path).display().to_string()
}

fn sources() -> Vec<(String, String)> {
    workspace::sources(&workspace::root())
}

#[test]
fn no_file_is_too_long_to_read() {
    let long: Vec<String> = sources()
        .iter()
        .filter(|(_, text)| text.lines().count() > LINES_MAX)
        .map(|(path, text)| format!("{path}: {} lines", text.lines().count()))
        .collect();
    assert!(long.is_empty(), "{}", long.join("\n"));
}

#[test]
fn modules_and_unit_tests_stand_in_files_of_one_style() {
    let of_folder = |(path, _): &&(String, String)| path.ends_with("/mod.rs");
    let folders: Vec<_> = sources().iter().filter(of_folder).map(|(path, _)| path.clone()).collect();
    assert!(folders.is_empty(), "a module with children is `x.rs` beside `x/`: {folders:?}");
    // The line is put together here, so that this file has none of its own.
    let start = format!("mod {}", "tests {");
    let inline: Vec<_> =
        sources().into_iter().filter(|(_, text)| text.lines().any(|line| line == start)).collect();
    let inline: Vec<_> = inline.into_iter().map(|(path, _)| path).collect();
    assert!(inline.is_empty(), "unit tests of `x.rs` are `x/tests.rs`: {inline:?}");
}

/// Columns of a comment. Code may have more (`rustfmt.toml`).
const COMMENT_COLUMNS_MAX: usize = 100;

#[test]
fn comments_are_wrapped() {
    let is_wide = |line: &str| {
        let text = line.trim_start();
        // A row of a table, or a link, has no place to break.
        let is_whole = text.trim_start_matches(['/', '!', ' ']).starts_with('|') || text.contains("://");
        text.starts_with("//") && !is_whole && line.chars().count() > COMMENT_COLUMNS_MAX
    };
    let mut wide = Vec::new();
    for (path, text) in sources() {
        let lines = text.lines().enumerate().filter(|(_, line)| is_wide(line));
        wide.extend(lines.map(|(at, _)| format!("{path}:{}", at + 1)));
    }
    assert!(wide.is_empty(), "wider than {COMMENT_COLUMNS_MAX} columns:\n{}", wide.join("\n"));
}

#[test]
fn every_module_says_what_it_is() {
    // Tests lie beside what they test, and are told by it.
    let modules =
        sources().into_iter().filter(|(path, _)| !path.ends_with("/tests.rs") && !path.contains("/tests/"));
    let silent: Vec<String> =
        modules.filter(|(_, text)| !text.starts_with("//!")).map(|(path, _)| path).collect();
    assert!(silent.is_empty(), "no `//!` on the first line of\n{}", silent.join("\n"));
}

#[test]
fn no_test_is_ignored_without_a_reason() {
    // Put together here, or this file would find itself.
    let bare = ["#[", "ignore]"].concat();
    let ignored: Vec<String> =
        sources().into_iter().filter(|(_, text)| text.contains(&bare)).map(|(path, _)| path).collect();
    assert!(ignored.is_empty(), "{ignored:?}");
}

#[test]
fn every_item_of_the_contract_is_documented() {
    let mut silent = Vec::new();
    let gateway = workspace::root().join("gateway");
    let files = ["wit", "transform-wit"].map(|folder| workspace::files(&gateway.join(folder), "wit"));
    for path in files.into_iter().flatten() {
        let text = read(&path);
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        for (at, line) in lines.iter().enumerate() {
            let named = ["interface ", "resource ", "record ", "variant ", "world "]
                .iter()
                .any(|word| line.starts_with(word));
            // Worlds of one line say what they are by the interfaces they name.
            let is_documented = at > 0 && lines[at - 1].starts_with("///");
            if named && !is_documented && !line.ends_with('}') {
                silent.push(format!("{}:{}: {line}", shown(&path), at + 1));
            }
        }
    }
    assert!(silent.len() <= UNDOCUMENTED_MAX, "{}\n{}", silent.len(), silent.join("\n"));
}

/// Items of the contract that have no documentation yet; the number only falls.
const UNDOCUMENTED_MAX: usize = 10;

#[test]
fn every_implemented_operation_has_a_golden_exchange() {
    let golden = workspace::tests().join("golden");
    let missing: Vec<&str> = Operation::ALL
        .iter()
        .filter(|operation| operation.row().support == Support::Full)
        .map(|operation| operation.name())
        .filter(|name| !golden.join(name).is_dir())
        .collect();
    assert!(missing.is_empty(), "without a folder in tests/golden: {missing:?}");
}

/// What is true of an operation stands in its row. A list beside the table does not grow with it.
#[test]
fn operations_are_listed_in_their_table_alone() {
    let lists = |each: &Crate| {
        let lists = each.side_lists().into_iter().map(|list| format!("{}: {list}", each.name));
        lists.collect::<Vec<_>>()
    };
    let lists: Vec<String> = crates().iter().flat_map(lists).collect();
    assert!(lists.is_empty(), "make it a column of gateway/src/operations.rs:\n{}", lists.join("\n"));
}

#[test]
fn golden_files_are_well_formed_and_promise_something() {
    for path in workspace::files(&workspace::tests().join("golden"), "http") {
        let text = read(&path);
        let file = File::parse(&text).unwrap_or_else(|why| panic!("{}: {why}", shown(&path)));
        assert!(!file.story.is_empty(), "{} tells no story", shown(&path));
        let promises = file.exchanges.iter().filter(|exchange| exchange.promise.is_some()).count();
        assert!(promises > 0, "{} promises nothing", shown(&path));
        let folder = path.parent().and_then(Path::file_name).unwrap().to_string_lossy().into_owned();
        assert!(Operation::parse(&folder).is_some(), "{}: no operation has this name", shown(&path));
    }
}

#[test]
fn documents_of_golden_requests_are_indented() {
    for path in workspace::files(&workspace::tests().join("golden"), "http") {
        let file = File::parse(&read(&path)).unwrap();
        for exchange in &file.exchanges {
            let (_, body) = exchange.request.split_once("\n\n").unwrap_or_default();
            // A line has one element: what follows a tag at once is the end of its own element.
            let is_open = |line: &str| line.replace("></", "").contains("><");
            let crowded = body.lines().find(|line| body.starts_with('<') && is_open(line));
            assert_eq!(crowded, None, "{}", shown(&path));
        }
    }
}

#[test]
fn texts_name_no_place_on_a_machine() {
    let machine = [["/ho", "me/"].concat(), ["/ro", "ot/"].concat(), ["/Us", "ers/"].concat()];
    let mut found = Vec::new();
    for extension in ["rs", "toml", "md", "wit", "sh", "py", "http"] {
        for path in workspace::files(&workspace::root(), extension) {
            let text = read(&path);
            for place in machine.iter().filter(|place| text.contains(place.as_str())) {
                found.push(format!("{}: {place}", shown(&path)));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn the_readme_is_short() {
    let lines = read(&workspace::root().join("README.md")).lines().count();
    assert!(lines <= 150, "{lines} lines");
}

#[test]
fn the_walk_of_a_get_goes_through_files_that_are_there() {
    let root = workspace::root();
    let walk = tests::structure::walk(&root);
    assert!(!walk.is_empty(), "docs/ARCHITECTURE.md lists no file");
    let lost: Vec<&String> = walk.iter().filter(|path| !root.join(path).is_file()).collect();
    assert!(lost.is_empty(), "docs/ARCHITECTURE.md names files that are not there: {lost:?}");
}
