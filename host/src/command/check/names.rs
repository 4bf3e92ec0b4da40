//! What damaged blobs belong to, in the words of the component that stored them.
//!
//! One row rarely says all of it: parts name the number of what they are parts of, which names the
//! number of what it is in. So the rows are gone over again, until all of these are known.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use serde_json::{Map, Value};

use crate::pipeline::bindings::references::Description;
use crate::pipeline::row_reader::Rows;
use volume::{Options, Report};

/// BlobNames that a report lists; further ones are only counted.
const NAMES_MAX: usize = 1000;
/// How often the rows are gone over at most. Parts are in an object, and objects in something.
const PASSES_MAX: usize = 4;

/// Something that a blob belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BlobName {
    pub(super) blob: u64,
    /// BlobNames and values, from the outermost to the innermost.
    pairs: Vec<(String, String)>,
}

/// All that was found.
#[derive(Debug, Default)]
pub(super) struct BlobNames {
    pub(super) listed: Vec<BlobName>,
    /// How many more there are.
    pub(super) more: u64,
}

impl BlobName {
    /// For people. Quotes show where a value ends, and what cannot be printed is escaped.
    pub(super) fn text(&self) -> String {
        let pairs: Vec<String> = self.pairs.iter().map(|(name, value)| format!("{name} {value:?}")).collect();
        pairs.join(", ")
    }

    /// For programs.
    pub(super) fn json(&self) -> Value {
        let mut document = Map::new();
        document.insert("blob".to_owned(), format!("{:016x}", self.blob).into());
        document.extend(self.pairs.iter().map(|(name, value)| (name.clone(), value.clone().into())));
        Value::Object(document)
    }
}

/// BlobNames what the damaged blobs of a report belong to.
///
/// # Errors
/// The rows cannot be gone over.
pub(super) fn find(options: &Options, report: &Report, rows: &mut Rows) -> Result<BlobNames> {
    let damaged: BTreeSet<u64> = report.problems.iter().flat_map(volume::Problem::damaged).collect();
    let mut names = BlobNames::default();
    if damaged.is_empty() {
        return Ok(names);
    }
    let mut found: Vec<(u64, Description)> = Vec::new();
    volume::visit_rows(options, &mut |table, key, value| {
        // A row that cannot be read is a problem of its own.
        let blobs: BTreeSet<u64> = rows.blobs_of(table, value).unwrap_or_default().into_iter().collect();
        for blob in blobs.intersection(&damaged) {
            if found.len() >= NAMES_MAX {
                names.more += 1;
            } else if let Some(described) = rows.describe(table, key, value, Some(*blob)) {
                found.push((*blob, described));
            }
        }
    })?;
    let owners = owners(options, &found, rows)?;
    names.listed = found
        .into_iter()
        .map(|(blob, described)| {
            let mut pairs = described.names;
            let mut within = described.within;
            for _ in 0..PASSES_MAX {
                let Some(owner) = within.and_then(|number| owners.get(&number)) else { break };
                pairs.splice(..0, owner.names.iter().cloned());
                within = owner.within;
            }
            BlobName { blob, pairs }
        })
        .collect();
    Ok(names)
}

/// The rows that others belong to, by their numbers.
fn owners(
    options: &Options,
    found: &[(u64, Description)],
    rows: &mut Rows,
) -> Result<BTreeMap<u64, Description>> {
    let mut owners: BTreeMap<u64, Description> = BTreeMap::new();
    let mut wanted: BTreeSet<u64> = found.iter().filter_map(|(_, described)| described.within).collect();
    for _ in 0..PASSES_MAX {
        if wanted.is_empty() {
            break;
        }
        let mut next = BTreeSet::new();
        volume::visit_rows(options, &mut |table, key, value| {
            let Some(described) = rows.describe(table, key, value, None) else { return };
            let Some(number) = described.number.filter(|number| wanted.contains(number)) else { return };
            next.extend(described.within);
            owners.insert(number, described);
        })?;
        next.retain(|number| !owners.contains_key(number));
        wanted = next;
    }
    Ok(owners)
}
