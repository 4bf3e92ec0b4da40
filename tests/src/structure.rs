//! How a crate is built, read from its sources: which file names which, and on which floors they
//! stand.
//!
//! An arrow runs from a file to each file that it names: by `use`, by a path in code, or inside a
//! macro. A name that a module passes on from one of its own (`pub use`) leads to the file that
//! defines it, so a list of names in front of a room makes no cycle. Unit tests do not count. Not
//! seen: what is called as a method while its type is not named, and what macros write.

mod cycles;
mod duplicates;
mod names;
mod side_lists;
mod source;
#[cfg(test)]
mod tests;
mod walk;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

pub use cycles::cycles;
pub use duplicates::duplicates;
use source::{Import, Module, Source};
pub use walk::walk;

use crate::workspace;

/// From a file or a room (a module at the root of a crate) to those that it names.
pub type Arrows = BTreeMap<String, BTreeSet<String>>;

/// Floors from the top: the name of each, and its rooms. An arrow runs down, or stays on its floor.
pub type Floors = [(&'static str, &'static str)];

/// The floors of the host.
pub const HOST: &Floors = &[
    ("command", "command"),
    ("front", "front"),
    ("pipeline", "pipeline"),
    ("keys, transforms", "keys transforms"),
    ("config", "config"),
    ("telemetry, outbound, body, compiled", "telemetry outbound body compiled"),
    ("leaves", "secret hex random"),
];

/// The floors of the library of S3.
pub const GATEWAY: &Floors = &[
    ("access", "access"),
    ("operations", "operations"),
    ("sse", "sse"),
    ("bucket", "bucket"),
    ("identity", "identity"),
    ("object", "object"),
    ("request", "request"),
    ("errors, xml, hex", "errors xml hex"),
];

/// Imports that a path may lead through before it is given up, as imports can name each other in
/// circles.
const HOPS_MAX: u8 = 8;

/// Files of the library that may list operations, and why.
const MAY_LIST: [(&str, &str); 2] = [
    ("operations.rs", "the table"),
    ("operations/nothing.rs", "writes a response for each of its operations, so it has an arm for each"),
];

/// One crate, as its sources say it.
#[derive(Debug)]
pub struct Crate {
    /// Name of the package.
    pub name: String,
    sources: BTreeMap<String, Source>,
    /// The file that each module stands in.
    homes: BTreeMap<Module, String>,
    imports: BTreeMap<(Module, String), Vec<String>>,
}

impl Crate {
    /// Reads a library: `text` returns the content of a file, by its path below `src`.
    ///
    /// # Panics
    /// When a module has no file, or a file is no Rust.
    pub fn read(name: &str, text: impl Fn(&str) -> Option<String>) -> Crate {
        let mut sources = BTreeMap::new();
        let mut open = vec![("lib".to_string(), Vec::new())];
        while let Some((stem, module)) = open.pop() {
            let paths = [format!("{stem}.rs"), format!("{stem}/mod.rs")];
            let found = paths.into_iter().find_map(|path| text(&path).map(|text| (path, text)));
            let (path, text) = found.unwrap_or_else(|| panic!("{name}: no file for {stem}"));
            let source = Source::parse(&module, &text).unwrap_or_else(|why| panic!("{name}: {path}: {why}"));
            open.extend(source.children.iter().map(|child| (child.join("/"), child.clone())));
            sources.insert(path, source);
        }
        let (mut homes, mut imports) = (BTreeMap::new(), BTreeMap::new());
        for (path, source) in &sources {
            homes.extend(source.modules.iter().map(|module| (module.clone(), path.clone())));
            for import in source.imports.iter().filter(|import| import.name != "*") {
                imports.insert((import.module.clone(), import.name.clone()), import.segments.clone());
            }
        }
        Crate { name: name.to_string(), sources, homes, imports }
    }

    /// The file that `segments` lead to, written in the module `from`; nothing for names from
    /// elsewhere.
    fn home(&self, from: &[String], segments: &[String], hops: u8) -> Option<&String> {
        let hops = hops.checked_sub(1)?;
        // A single word may be anything, a variable too.
        let is_path = segments.len() > 1;
        let mut here = from.to_vec();
        for (at, name) in segments.iter().enumerate() {
            match name.as_str() {
                "crate" => here.clear(),
                "self" => {}
                "super" => drop(here.pop()?),
                _ if is_path && self.homes.contains_key(&below(&here, name)) => here.push(name.clone()),
                _ => {
                    let import = self.imports.get(&(here.clone(), name.clone()));
                    let whole = import.map(|import| [import, &segments[at + 1..]].concat());
                    let through = whole.and_then(|whole| self.home(&here, &whole, hops));
                    // The first word may come from another crate; a later one is an item of its
                    // module.
                    return through.or_else(|| self.homes.get(&here).filter(|_| at > 0));
                }
            }
        }
        self.homes.get(&here)
    }

    /// Arrows between files; every file is there, also one that names no other.
    pub fn arrows(&self) -> Arrows {
        let of = |(path, source): (&String, &Source)| {
            // Names of its own rooms cost a module nothing to pass on; names from elsewhere do.
            let is_own =
                |import: &Import| self.homes.contains_key(&below(&import.module, &import.segments[0]));
            let used = source.imports.iter().filter(|import| !import.is_passed_on || !is_own(import));
            let used = used.map(|import| (&import.module, &import.segments));
            let named = source.paths.iter().map(|(module, segments)| (module, segments));
            let homes = used.chain(named).filter_map(|(from, segments)| self.home(from, segments, HOPS_MAX));
            (path.clone(), homes.filter(|home| *home != path).cloned().collect())
        };
        self.sources.iter().map(of).collect()
    }

    /// Arrows between rooms; `lib.rs` is outside of them.
    pub fn rooms(&self) -> Arrows {
        let room = |path: &str| path.split('/').next().unwrap_or(path).replace(".rs", "");
        let mut rooms = Arrows::new();
        for (from, to) in self.arrows() {
            let others = to.iter().map(|to| room(to)).filter(|to| *to != room(&from) && to != "lib");
            rooms.entry(room(&from)).or_default().extend(others);
        }
        rooms.remove("lib");
        rooms
    }

    /// Arrows between rooms that run from a lower floor to a higher one, as `from > to`.
    ///
    /// # Panics
    /// When a room stands on no floor.
    pub fn upward(&self, floors: &Floors) -> Vec<String> {
        let level = |room: &str| {
            let level =
                floors.iter().position(|(_, rooms)| rooms.split_whitespace().any(|other| other == room));
            level.unwrap_or_else(|| panic!("{room} stands on no floor of tests/src/structure.rs"))
        };
        let of = |(from, to): (&String, &BTreeSet<String>)| {
            let up = to.iter().filter(|to| level(from) > level(to));
            up.map(|to| format!("{from} > {to}")).collect::<Vec<_>>()
        };
        self.rooms().iter().flat_map(of).collect()
    }

    /// Operations that are listed by hand outside of the operations table, as `file: list`.
    pub fn side_lists(&self) -> Vec<String> {
        let may = |path: &str| self.name == "gateway" && MAY_LIST.iter().any(|(file, _)| *file == path);
        let files = self.sources.iter().filter(|(path, _)| !may(path));
        let of = |(path, each): (&String, &Source)| {
            each.side_lists.iter().map(|list| format!("{path}: {list}")).collect::<Vec<_>>()
        };
        files.flat_map(of).collect()
    }
}

/// The crates of the product: every package below `gateway`, `components` and `host`.
///
/// # Panics
/// When a file cannot be read.
pub fn crates() -> Vec<Crate> {
    crates_of(&workspace::root())
}

/// The same of another tree.
///
/// # Panics
/// When a file cannot be read.
pub fn crates_of(tree: &Path) -> Vec<Crate> {
    let folders = ["gateway", "components", "host"].map(|folder| tree.join(folder));
    let manifests = folders.iter().flat_map(|folder| workspace::files(folder, "toml"));
    let read = |manifest: PathBuf| {
        let text = std::fs::read_to_string(&manifest).expect("a manifest");
        let name = text.lines().find_map(|line| line.strip_prefix("name = ")).expect("a package with a name");
        let source = manifest.with_file_name("src");
        Crate::read(name.trim_matches('"'), |path| std::fs::read_to_string(source.join(path)).ok())
    };
    manifests.filter(|path| path.ends_with("Cargo.toml")).map(read).collect()
}

fn below(module: &[String], name: &str) -> Module {
    [module, &[name.to_string()]].concat()
}
