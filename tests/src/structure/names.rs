//! Names of a crate: types that are defined more than once, functions, and what nobody names.

use std::collections::BTreeMap;

use super::Crate;

/// Crates that another crate passes on to those above, and that crate: `gateway::policy`.
const PASSED_ON: [(&str, &str); 1] = [("policy-language", "gateway")];

impl Crate {
    /// Names of types (struct, enum, trait, alias) that are defined more than once, with the
    /// places: `crate: file`. A crate counts with those of `all` that it passes on, which have none
    /// of their own then.
    pub fn types_twice<'a>(&self, all: &'a [Crate]) -> BTreeMap<&'a str, Vec<String>> {
        let mut places: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for each in all.iter().filter(|each| each.name_space() == self.name) {
            for (path, source) in &each.sources {
                let place = format!("{}: {path}", each.name);
                source.types.iter().for_each(|name| places.entry(name).or_default().push(place.clone()));
            }
        }
        places.retain(|_, places| places.len() > 1);
        places
    }

    /// The crate whose names the names of this one stand beside.
    fn name_space(&self) -> &str {
        PASSED_ON.iter().find(|(name, _)| *name == self.name).map_or(&self.name, |(_, by)| by)
    }

    /// How many functions and methods have a name that begins with `start`.
    pub fn functions(&self, start: &str) -> usize {
        let names = self.sources.values().flat_map(|source| &source.functions);
        names.filter(|name| name.starts_with(start)).count()
    }

    /// Public items that no other file of `all` names, as `file: name`; what only tests name is
    /// among them.
    ///
    /// An estimate. A word counts wherever it stands, so an item hides behind any other of its
    /// name, and an item is reported that only a macro of another crate, or `main.rs`, names.
    pub fn dead(&self, all: &[Crate]) -> Vec<String> {
        let mut files: BTreeMap<&str, usize> = BTreeMap::new();
        for word in all.iter().flat_map(|each| each.sources.values()).flat_map(|source| &source.words) {
            *files.entry(word).or_default() += 1;
        }
        let offered =
            self.sources.iter().flat_map(|(path, each)| each.publics.iter().map(move |name| (path, name)));
        let dead = offered.filter(|(_, name)| files[name.as_str()] == 1);
        dead.map(|(path, name)| format!("{path}: {name}")).collect()
    }
}
