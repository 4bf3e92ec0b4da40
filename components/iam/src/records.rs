//! What the rows of the tables hold: `postcard` records behind one format byte, as in
//! `components/storage`.

#[cfg(test)]
mod tests;

pub(crate) use sdk::record::{Row, decode, encode};
use serde::{Deserialize, Serialize};

/// What can have policies.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) enum Kind {
    /// One user.
    User,
    /// Several users.
    Group,
    /// What may be assumed.
    Role,
}

/// Keys and values of tags.
pub(crate) type Tags = Vec<(String, String)>;

/// A user, a group or a role.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Entity {
    pub(crate) kind: Kind,
    /// `AIDA…`, `AGPA…`, `AROA…`
    pub(crate) id: String,
    /// As it was given; the row's key holds it folded.
    pub(crate) name: String,
    /// `/` or `/division/`
    pub(crate) path: String,
    pub(crate) created_ms: u64,
    pub(crate) tags: Tags,
    /// ARNs of managed policies, in the order in which they were attached.
    pub(crate) attached: Vec<String>,
    /// Names of inline policies, sorted.
    pub(crate) inline: Vec<String>,
    /// The ARN of the permissions boundary.
    pub(crate) boundary: Option<String>,
    /// Of users: the unique ids of their groups.
    pub(crate) groups: Vec<String>,
    /// Of roles: the trust policy.
    pub(crate) trust: Option<String>,
    pub(crate) description: Option<String>,
    /// Of roles.
    pub(crate) session_seconds_max: u32,
    /// Of users: the configuration has it, with its access key and with all rights that no policy
    /// denies.
    pub(crate) is_configured: bool,
}

/// An inline policy.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct InlinePolicy {
    /// As it was given.
    pub(crate) text: String,
}

/// A managed policy.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct ManagedPolicy {
    /// `ANPA…`
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) path: String,
    pub(crate) description: Option<String>,
    pub(crate) created_ms: u64,
    pub(crate) updated_ms: u64,
    pub(crate) tags: Tags,
    pub(crate) default_version: u32,
    /// The number of the version that was made last.
    pub(crate) latest_version: u32,
    /// Numbers and times of the versions that there are, rising.
    pub(crate) versions: Vec<(u32, u64)>,
    /// How many users, groups and roles it is attached to.
    pub(crate) attachments: u32,
    /// Whose boundary it is.
    pub(crate) boundaries: u32,
}

/// The text of a version of a managed policy.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct PolicyVersion {
    /// As it was given.
    pub(crate) text: String,
}

/// An access key.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct AccessKey {
    /// 12 digits.
    pub(crate) account: String,
    /// The unique id of the user; the account for its root user.
    pub(crate) holder: String,
    pub(crate) is_active: bool,
    pub(crate) created_ms: u64,
    /// The secret, which only the host can open.
    pub(crate) sealed: Vec<u8>,
}

/// A provider of web identities.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct OidcProvider {
    /// `https://accounts.example.com`
    pub(crate) url: String,
    pub(crate) client_ids: Vec<String>,
    /// SHA-1 of certificates, hexadecimal.
    pub(crate) thumbprints: Vec<String>,
    pub(crate) created_ms: u64,
    pub(crate) tags: Tags,
}

/// A device that shows one-time codes.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct MfaDevice {
    pub(crate) path: String,
    pub(crate) name: String,
    pub(crate) created_ms: u64,
    pub(crate) tags: Tags,
    /// Its seed, which only the host can open.
    pub(crate) sealed: Vec<u8>,
    /// The unique id of the user who has it; the account for the root user.
    pub(crate) holder: Option<String>,
    /// Since when the user has it.
    pub(crate) enabled_ms: u64,
    /// How many steps its clock is ahead.
    pub(crate) drift_steps: i64,
    /// The last step whose code was used.
    pub(crate) used_step: u64,
    /// Wrong codes since the last right one.
    pub(crate) failures: u32,
    /// Until then no code counts.
    pub(crate) locked_until_ms: u64,
}
