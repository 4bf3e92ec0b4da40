//! One definition of each noun: type names that a crate defines more than once.
//!
//! The library of S3 passes the policy language on as `gateway::policy`, so both count as one.

use std::collections::BTreeMap;

use tests::structure;

/// Why names are defined more than once today, and how often: definitions in all the crates that
/// have several. The numbers only fall, and a name goes when no crate has it twice.
const TWICE: [(&str, &[(&str, usize)]); 5] = [
    ("one for each operation, written with its module", &[("Input", 9)]),
    ("one for each way to sign a request", &[("Signed", 2)]),
    (
        "one of the two is private to a few files, and none of them names the other",
        &[
            ("Circumstances", 2),
            ("Condition", 2),
            ("Document", 2),
            ("Found", 2),
            ("Order", 2),
            ("Part", 2),
            ("Pattern", 2),
            ("Reader", 2),
            ("Resolved", 2),
            ("Resources", 2),
            ("Token", 2),
        ],
    ),
    (
        "what is signed, and what policies decide on: both are a request and its signature",
        &[("Request", 2), ("Signature", 2)],
    ),
    ("no reason: to be renamed", &[("Effect", 2)]),
];

#[test]
fn a_crate_defines_a_type_name_once() {
    let all = structure::crates();
    let mut found: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (name, places) in all.iter().flat_map(|each| each.types_twice(&all)) {
        found.entry(name).or_default().extend(places);
    }
    let allowed: BTreeMap<&str, usize> = TWICE.iter().flat_map(|(_, names)| *names).copied().collect();
    let more = found.iter().filter(|(name, places)| places.len() > allowed.get(*name).copied().unwrap_or(0));
    let more: Vec<String> = more.map(|(name, places)| format!("{name}: {}", places.join(", "))).collect();
    assert!(more.is_empty(), "defined more often than TWICE allows:\n{}", more.join("\n"));
    // A number that nobody needs any more would let a name come back.
    let count = |name: &str| found.get(name).map_or(0, Vec::len);
    let fewer = allowed.iter().filter(|(name, allowed)| count(name) < **allowed);
    let fewer: Vec<String> = fewer.map(|(name, _)| format!("{name}: {}", count(name))).collect();
    assert!(fewer.is_empty(), "good news, lower these numbers of TWICE (0: remove):\n{}", fewer.join("\n"));
}
