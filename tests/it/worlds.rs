//! What every built component imports and exports: golden files. A new capability of a stage is a
//! line in review.
//!
//! `BLESS=1 cargo test -p tests worlds` rewrites `tests/golden/worlds`. The files hold the names
//! only: interfaces, resources, and the functions that the component really uses.

use std::path::{Path, PathBuf};

use tests::workspace;
use wit_component::{DecodedWasm, WitPrinter};

/// The components that the host's build leaves in the target folder, by name.
fn components() -> Vec<(String, PathBuf)> {
    let folder = workspace::target().join("components");
    assert!(folder.is_dir(), "no built components: run `cargo build --release` first");
    let entries = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let files = entries.filter(|path| path.extension().is_some_and(|extension| extension == "wasm"));
    let named = |path: PathBuf| (path.file_stem().unwrap().to_string_lossy().into_owned(), path);
    let mut components: Vec<(String, PathBuf)> = files.map(named).collect();
    components.sort();
    assert!(components.len() >= 9, "a pipeline has a gateway and eight stages; built are {components:?}");
    components
}

/// The world of a component, as WIT.
fn world(path: &Path) -> String {
    let bytes = std::fs::read(path).unwrap();
    let DecodedWasm::Component(resolve, id) = wit_component::decode(&bytes).unwrap() else {
        panic!("{} is no component", path.display());
    };
    let package = resolve.worlds[id].package.unwrap();
    let nested: Vec<_> = resolve.packages.iter().map(|(id, _)| id).filter(|id| *id != package).collect();
    let mut printer = WitPrinter::default();
    printer.print(&resolve, package, &nested).unwrap();
    printer.output.to_string()
}

/// The names in it.
fn names(wit: &str) -> String {
    let keywords = ["import ", "export ", "package ", "interface ", "resource "];
    let mut kept = String::new();
    for line in wit.lines() {
        let name = line.trim_start();
        if keywords.iter().any(|keyword| name.starts_with(keyword)) {
            kept.push_str(line.trim_end_matches([' ', '{']));
            kept.push('\n');
        } else if let Some((function, _)) = line.split_once(": ").filter(|(_, kind)| kind.contains("func(")) {
            kept.push_str(function);
            kept.push('\n');
        }
    }
    kept
}

#[test]
fn components_import_what_their_golden_file_says() {
    let folder = workspace::tests().join("golden").join("worlds");
    let mut different = Vec::new();
    for (name, path) in components() {
        let (came, golden) = (names(&world(&path)), folder.join(format!("{name}.wit")));
        if workspace::blessing() {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&golden, &came).unwrap();
        }
        let written = std::fs::read_to_string(&golden).unwrap_or_default();
        if came != written {
            different.push(format!("--- {name}, written\n{written}\n--- {name}, built\n{came}"));
        }
    }
    assert!(different.is_empty(), "BLESS=1 rewrites them\n{}", different.join("\n"));
}

#[test]
fn no_component_knows_wasi() {
    for (name, path) in components() {
        let wit = world(&path);
        let foreign: Vec<&str> = wit
            .lines()
            .map(str::trim)
            .filter(|line| line.starts_with("import ") && !line.starts_with("import portcullis:gateway/"))
            .collect();
        assert!(foreign.is_empty(), "{name}: {foreign:?}");
        assert!(!wit.contains("wasi:"), "{name} knows WASI");
    }
}

#[test]
fn the_names_of_a_world_are_kept() {
    let wit = "package root:component;\nworld root {\n  import a:b/keys@0.1.0;\n}\npackage a:b@0.1.0 {\n  interface keys {\n    record r { a: u8 }\n    find: func(id: string) -> bool;\n  }\n}\n";
    let expected =
        "package root:component;\n  import a:b/keys@0.1.0;\npackage a:b@0.1.0\n  interface keys\n    find\n";
    assert_eq!(names(wit), expected);
}
