//! What the rows of the tables hold: `postcard` records behind one format byte, as in
//! `components/storage`.

#[cfg(test)]
mod tests;

use std::fmt;

use gateway::operations::functions::environment::Declared;
pub(crate) use sdk::record::{Row, decode, encode};
use serde::{Deserialize, Serialize};

/// A function. The order of the fields is part of the storage format, here and below.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Function {
    /// What `$LATEST` is.
    pub(crate) latest: Version,
    /// The number of the version that was published last; 0 where none was.
    pub(crate) published: u64,
    /// Calls at once, where that is reserved.
    pub(crate) calls_max: Option<u32>,
    /// A number that stands for the text of its policy.
    pub(crate) policy: Option<u64>,
    /// Keys and values, in the order of the keys.
    pub(crate) tags: Vec<(String, String)>,
}

/// Code and settings, at one version.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Version {
    /// The code.
    pub(crate) code: Code,
    /// What it is, for people.
    pub(crate) description: String,
    /// As it was given.
    pub(crate) handler: Option<String>,
    /// As it was given.
    pub(crate) runtime: Option<String>,
    /// As it was given.
    pub(crate) role: String,
    /// Seconds that a call may take.
    pub(crate) timeout_seconds: u32,
    /// Megabytes that a call may have.
    pub(crate) memory_mb: u32,
    /// `x86_64`
    pub(crate) architecture: String,
    /// Variables that declare something, in the order of their names.
    pub(crate) declared: Vec<(String, String)>,
    /// Secrets in the order of their names.
    pub(crate) secrets: Vec<SealedSecret>,
    /// When it was changed last, in milliseconds since 1970.
    pub(crate) modified_ms: u64,
    /// What it is at.
    pub(crate) revision_id: String,
}

impl Version {
    /// What its variables declare. What is stored was read before it was stored.
    pub(crate) fn declares(&self) -> Declared {
        Declared::read(&self.declared).unwrap_or_default()
    }

    /// Whether it has the code and the settings of another one.
    pub(crate) fn is_as(&self, other: &Version) -> bool {
        let without_times = |version: &Version| Version {
            modified_ms: 0,
            revision_id: String::new(),
            description: String::new(),
            code: Code { blob: 0, ..version.code.clone() },
            ..version.clone()
        };
        without_times(self) == without_times(other)
    }
}

/// A component.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Code {
    /// The blob that holds it.
    pub(crate) blob: u64,
    /// Bytes of the component.
    pub(crate) length: u64,
    /// Its SHA-256.
    pub(crate) digest: [u8; 32],
    /// Bytes of the package that it came in.
    pub(crate) package_length: u64,
    /// The SHA-256 of that.
    pub(crate) package_sha256: [u8; 32],
    /// What it exports.
    pub(crate) entries: Vec<String>,
}

/// A secret as it is stored.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SealedSecret {
    /// The name of the variable.
    pub(crate) name: String,
    /// The value, which the host alone opens.
    pub(crate) sealed: Vec<u8>,
}

impl fmt::Debug for SealedSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SealedSecret").field("name", &self.name).finish_non_exhaustive()
    }
}

/// An alias.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Alias {
    /// The number of the version that it points to; 0 is `$LATEST`.
    pub(crate) version: u64,
    /// What it is, for people.
    pub(crate) description: String,
    /// What it is at.
    pub(crate) revision_id: String,
}

/// The policy of a function.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Policy {
    /// A document of the policy language.
    pub(crate) text: String,
    /// What it is at.
    pub(crate) revision_id: String,
}

/// What an account holds.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct AccountUse {
    /// Functions.
    pub(crate) functions: u64,
    /// Bytes of the code of all versions.
    pub(crate) code_bytes: u64,
}
