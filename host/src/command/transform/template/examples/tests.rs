use std::collections::BTreeSet;
use std::path::Path;

use super::*;

/// All files of a folder that belong to its source, but for those that are made anew.
fn sources(folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        match name.as_str() {
            "src" => found.extend(sources(&path).into_iter().map(|file| format!("src/{file}"))),
            // Cases for the commands of the gallery, what was built, and what is written anew.
            "tests" | "Cargo.toml" | "transform.toml" => {}
            _ if path.extension().is_some_and(|kind| kind == "wasm") || path.is_dir() => {}
            _ => drop(found.insert(name)),
        }
    }
    found
}

#[test]
fn every_transform_of_the_gallery_is_here_whole() {
    let gallery = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/transforms");
    let folders = std::fs::read_dir(&gallery).unwrap().map(|entry| entry.unwrap().path());
    let there: BTreeSet<String> = folders
        .filter(|folder| folder.join("transform.toml").exists())
        .map(|folder| folder.file_name().unwrap().to_str().unwrap().to_owned())
        .collect();
    assert_eq!(there, EXAMPLES.iter().map(|example| example.name.to_owned()).collect());
    for example in &EXAMPLES {
        let files: BTreeSet<String> = example.files.iter().map(|(path, _)| (*path).to_owned()).collect();
        assert_eq!(files, sources(&gallery.join(example.name)), "{}", example.name);
    }
}

#[test]
fn a_folder_of_an_example_needs_nothing_outside_of_it() {
    for example in &EXAMPLES {
        let folder = example.folder("own");
        let text = |name: &str| {
            let found = folder.iter().find(|(path, _)| path == name);
            String::from_utf8(found.unwrap().1.clone()).unwrap()
        };
        let manifest: toml::Table = text("Cargo.toml").parse().unwrap();
        assert_eq!(manifest["package"]["name"].as_str(), Some("own"), "{}", example.name);
        let wanted = manifest["dependencies"].as_table().unwrap();
        let said = manifest["workspace"]["dependencies"].as_table().unwrap();
        for name in wanted.keys() {
            assert!(said.contains_key(name), "{}: {name}", example.name);
        }
        // No more than it needs.
        assert!(said.len() <= wanted.len() + 1, "{}: {said:?}", example.name);
        assert!(text("Cargo.lock").contains("name = \"own\""), "{}", example.name);
        assert!(text("transform.toml").contains("name = \"own\""), "{}", example.name);
        assert!(text("src/lib.rs").contains("path: \"wit\""), "{}", example.name);
        for (path, bytes) in &folder {
            let text = String::from_utf8_lossy(bytes);
            assert!(!text.contains("../"), "{}: {path} names what is outside", example.name);
        }
    }
}
