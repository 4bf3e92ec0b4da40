//! Environment variables: those whose names begin with `PORTCULLIS_` declare something, and all
//! others are secrets.
//!
//! | variable | what |
//! | --- | --- |
//! | `PORTCULLIS_GRANTS` | what the component may use: `clock,http=api.example.com` |
//! | `PORTCULLIS_LIMITS` | what a call may take: `cpu_ms_max=500,output_bytes_max=1000000` |
//! | `PORTCULLIS_VARY` | what results depend on beside the object: `query:w,header:accept,caller` or `none` |
//! | `PORTCULLIS_RANGES` | `own`: the component serves ranges and parts itself |

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::invalid;
use crate::errors::{Result, S3Error};

const PREFIX: &str = "PORTCULLIS_";
/// What the component may use.
pub const GRANTS: &str = "PORTCULLIS_GRANTS";
/// What a call may take.
pub const LIMITS: &str = "PORTCULLIS_LIMITS";
/// What results depend on.
pub const VARY: &str = "PORTCULLIS_VARY";
/// Who serves ranges.
pub const RANGES: &str = "PORTCULLIS_RANGES";

/// Bytes of all names and values: <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>.
const BYTES_MAX: usize = 4096;
/// What is shown in the place of a secret.
pub const HIDDEN: &str = "***";

/// Names and values. Values may be secrets.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct EnvironmentVariables(BTreeMap<String, String>);

impl fmt::Debug for EnvironmentVariables {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.0.keys()).finish()
    }
}

/// Variables apart: those that declare something, and secrets.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Divided {
    /// Names and values that declare something.
    pub declared: Vec<(String, String)>,
    /// Names and values of secrets.
    pub secrets: Vec<(String, String)>,
}

impl fmt::Debug for Divided {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let secrets: Vec<&str> = self.secrets.iter().map(|(name, _)| name.as_str()).collect();
        formatter
            .debug_struct("Divided")
            .field("declared", &self.declared)
            .field("secrets", &secrets)
            .finish()
    }
}

impl EnvironmentVariables {
    /// Takes them apart. `InvalidParameterValueException` for names that none can have, for too
    /// much, and for what cannot be declared.
    pub fn divide(self) -> Result<Divided> {
        let bytes: usize = self.0.iter().map(|(name, value)| name.len() + value.len()).sum();
        if bytes > BYTES_MAX {
            return Err(invalid(
                "Lambda was unable to configure your environment variables because the environment variables you \
                 have provided exceeded the 4KB limit.",
            ));
        }
        let mut divided = Divided::default();
        for (name, value) in self.0 {
            if !is_name(&name) {
                return Err(invalid(
                    "1 validation error detected: Value at 'environment.variables' failed to satisfy constraint: Map \
                     keys must satisfy constraint: [Member must satisfy regular expression pattern: \
                     [a-zA-Z]([a-zA-Z0-9_])+]",
                ));
            }
            match name.starts_with(PREFIX) {
                true => divided.declared.push((name, value)),
                false => divided.secrets.push((name, value)),
            }
        }
        Declared::read(&divided.declared)?;
        Ok(divided)
    }
}

fn is_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    name.len() >= 2
        && bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic())
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// What variables declare.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Declared {
    /// What the component may use. The host knows the names.
    pub grants: Vec<String>,
    /// What a call may take. The host knows the names, and what they may be.
    pub limits: Vec<(String, u64)>,
    /// What results depend on beside the object: `query:w`, `header:accept`, `caller`. `None` where
    /// nothing is declared.
    pub vary: Option<Vec<String>>,
    /// Whether the component serves ranges and parts itself.
    pub applies_ranges: bool,
}

impl Declared {
    /// Reads what variables declare. `InvalidParameterValueException`
    pub fn read(variables: &[(String, String)]) -> Result<Declared> {
        let mut declared = Declared::default();
        for (name, value) in variables {
            match name.as_str() {
                GRANTS => declared.grants = words(value).map(str::to_owned).collect(),
                LIMITS => declared.limits = words(value).map(limit).collect::<Result<_>>()?,
                VARY => declared.vary = Some(vary(value)?),
                RANGES if value == "own" => declared.applies_ranges = true,
                RANGES => return Err(invalid(format!("{RANGES} can be own, and nothing else."))),
                _ => {
                    return Err(invalid(format!(
                        "{name} is unknown. There are {GRANTS}, {LIMITS}, {VARY} and {RANGES}; variables with other \
                         beginnings are secrets."
                    )));
                }
            }
        }
        Ok(declared)
    }

    /// Whether the component is shown the tags of objects: it is granted `tags`.
    pub fn shows_tags(&self) -> bool {
        self.grants.iter().any(|grant| grant == "tags")
    }

    /// Whether the component may read other objects: it is granted `objects`.
    pub fn reads_objects(&self) -> bool {
        self.grants.iter().any(|grant| grant == "objects")
    }

    /// The settings as the host reads them. `base` are limits that other settings make: of those
    /// and declared ones, the smaller counts. `secrets` are sealed, in base64.
    pub fn settings(&self, base: &[(&str, u64)], secrets: &[(String, String)]) -> String {
        let mut limits: Map<String, Value> = Map::new();
        limits.extend(base.iter().map(|(name, value)| ((*name).to_owned(), json!(value))));
        for (name, value) in &self.limits {
            let base = base.iter().find(|(known, _)| known == name);
            let value = base.map_or(*value, |(_, base)| *value.min(base));
            limits.insert(name.clone(), json!(value));
        }
        let secrets: Map<String, Value> =
            secrets.iter().map(|(name, sealed)| (name.clone(), json!(sealed))).collect();
        json!({ "grants": self.grants, "limits": limits, "secrets": secrets }).to_string()
    }
}

fn words(value: &str) -> impl Iterator<Item = &str> {
    value.split(',').map(str::trim).filter(|word| !word.is_empty())
}

fn limit(word: &str) -> Result<(String, u64)> {
    let parsed =
        word.split_once('=').and_then(|(name, value)| Some((name.trim(), value.trim().parse().ok()?)));
    let (name, value) = parsed
        .ok_or_else(|| invalid(format!("{LIMITS} has NAME=NUMBER, separated by commas, and not {word}.")))?;
    Ok((name.to_owned(), value))
}

fn vary(value: &str) -> Result<Vec<String>> {
    let refused = |word: &str| -> S3Error {
        invalid(format!(
            "{VARY} has query:NAME, header:name and caller, separated by commas, or none alone, and not {word}."
        ))
    };
    let given: Vec<&str> = words(value).collect();
    if given == ["none"] {
        return Ok(Vec::new());
    }
    if given.is_empty() {
        return Err(refused("nothing"));
    }
    let read = |word: &&str| match word.split_once(':') {
        None if *word == "caller" => Ok((*word).to_owned()),
        Some(("query", name)) if !name.is_empty() => Ok((*word).to_owned()),
        Some(("header", name)) if !name.is_empty() => Ok(format!("header:{}", name.to_ascii_lowercase())),
        _ => Err(refused(word)),
    };
    given.iter().map(read).collect()
}
