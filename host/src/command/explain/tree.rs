//! A JSON document for people: in its own order, indented, and without anything that a terminal
//! obeys.

use std::fmt::{self, Write as _};

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// Characters of a list in one line. The items of a longer one have a line each.
const LINE_LENGTH_MAX: usize = 100;

/// A document whose members keep their order.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Tree {
    /// A text, a number, a truth value; `-` for nothing.
    Leaf(String),
    /// A list.
    List(Vec<Tree>),
    /// Members.
    Members(Vec<(String, Tree)>),
}

impl Tree {
    /// The member of a name; an empty list where there is none.
    pub(crate) fn member(&self, name: &str) -> &Tree {
        const NOTHING: &Tree = &Tree::List(Vec::new());
        match self {
            Tree::Members(members) => {
                members.iter().find(|(own, _)| own == name).map_or(NOTHING, |(_, value)| value)
            }
            Tree::Leaf(_) | Tree::List(_) => NOTHING,
        }
    }

    /// The items of a list.
    pub(crate) fn items(&self) -> &[Tree] {
        match self {
            Tree::List(items) => items,
            Tree::Leaf(_) | Tree::Members(_) => &[],
        }
    }

    /// Lines of text.
    pub(crate) fn render(&self) -> String {
        let mut text = String::new();
        self.write(&mut text, 0);
        text
    }

    fn write(&self, text: &mut String, depth: usize) {
        match self {
            Tree::Leaf(leaf) => write_line(text, depth, &harmless(leaf)),
            Tree::List(items) => {
                for item in items {
                    let start = text.len();
                    item.write(text, depth + 2);
                    // The first line of an item begins with its dash.
                    let dash = start + depth;
                    if text.get(dash..dash + 2) == Some("  ") {
                        text.replace_range(dash..dash + 2, "- ");
                    }
                }
            }
            Tree::Members(members) => {
                for (name, value) in members {
                    let name = harmless(&name.replace('_', " "));
                    match value.line() {
                        Some(line) => write_line(text, depth, &format!("{name}: {line}")),
                        None => {
                            write_line(text, depth, &format!("{name}:"));
                            value.write(text, depth + 2);
                        }
                    }
                }
            }
        }
    }

    /// What fits behind a name: a leaf, or a short list of leaves.
    fn line(&self) -> Option<String> {
        match self {
            Tree::Leaf(text) => Some(harmless(text)),
            Tree::List(items) if items.iter().all(|item| matches!(item, Tree::Leaf(_))) => {
                let line = items.iter().filter_map(Tree::line).collect::<Vec<_>>().join(", ");
                (items.len() < 2 || line.chars().count() <= LINE_LENGTH_MAX).then_some(line)
            }
            Tree::List(_) | Tree::Members(_) => None,
        }
    }
}

fn write_line(text: &mut String, depth: usize, line: &str) {
    // Writing to a String does not fail.
    let _ = writeln!(text, "{:depth$}{line}", "");
}

/// A text without control characters, which come from clients.
pub(crate) fn harmless(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character.is_control() {
            true => out.extend(character.escape_default()),
            false => out.push(character),
        }
    }
    out
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Tree, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Tree;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Tree, E> {
        Ok(Tree::Leaf("-".to_owned()))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Tree, E> {
        Ok(Tree::Leaf(if value { "yes" } else { "no" }.to_owned()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Tree, E> {
        Ok(Tree::Leaf(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Tree, E> {
        Ok(Tree::Leaf(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Tree, E> {
        Ok(Tree::Leaf(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Tree, E> {
        Ok(Tree::Leaf(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Tree, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = sequence.next_element()? {
            items.push(item);
        }
        Ok(Tree::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Tree, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Tree::Members(members))
    }
}

#[cfg(test)]
mod tests;
