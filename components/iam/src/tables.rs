//! THE IAM TABLES: every table of the index that is written here, its key, and what a row holds.
//!
//! | table                 | key                                   | row |
//! | --------------------- | ------------------------------------- | --- |
//! | `iam-entities`        | account, kind (`u`, `g`, `r`), folded name | [`Entity`]: a user, a group or a role |
//! | `iam-ids`             | unique id                             | the key of its row in `iam-entities` |
//! | `iam-inline`          | unique id of the entity, 0, name      | [`InlinePolicy`] |
//! | `iam-policies`        | account, folded name                  | [`ManagedPolicy`] |
//! | `iam-policy-versions` | id of the policy, 0, number (u32)     | [`PolicyVersion`] |
//! | `iam-keys`            | access key id                         | [`AccessKey`] |
//! | `iam-oidc`            | account, URL without its scheme       | [`OidcProvider`] |
//! | `iam-keys-of`         | unique id of the holder, 0, access key id | nothing |
//! | `iam-mfa`             | account, folded path and name         | [`MfaDevice`] |
//! | `iam-mfa-of`          | unique id of the holder, 0, folded path and name | the key of its row in `iam-mfa` |
//! | `iam-aliases`         | alias                                 | the account |
//! | `iam-alias-of`        | account                               | its alias |
//!
//! Accounts are 12 digits, numbers big-endian. Names are unique without regard to case, so keys
//! hold them folded. Unique ids are never given twice, so nothing that was deleted comes back under
//! a new thing of the same name.
//!
//! [`Entity`]: crate::records::Entity
//! [`InlinePolicy`]: crate::records::InlinePolicy
//! [`ManagedPolicy`]: crate::records::ManagedPolicy
//! [`PolicyVersion`]: crate::records::PolicyVersion
//! [`AccessKey`]: crate::records::AccessKey
//! [`OidcProvider`]: crate::records::OidcProvider
//! [`MfaDevice`]: crate::records::MfaDevice

use crate::records::Kind;

/// Users, groups and roles.
pub(crate) const ENTITIES: &str = "iam-entities";
/// The keys of their rows, by unique id.
pub(crate) const IDS: &str = "iam-ids";
/// Policies that are part of one of them.
pub(crate) const INLINE: &str = "iam-inline";
/// Managed policies.
pub(crate) const POLICIES: &str = "iam-policies";
/// Their texts.
pub(crate) const POLICY_VERSIONS: &str = "iam-policy-versions";
/// Access keys.
pub(crate) const KEYS: &str = "iam-keys";
/// Access keys by their holders.
pub(crate) const KEYS_OF: &str = "iam-keys-of";

/// Providers of web identities.
pub(crate) const OIDC: &str = "iam-oidc";

/// Devices that show one-time codes.
pub(crate) const MFA: &str = "iam-mfa";
/// Those devices by their holders.
pub(crate) const MFA_OF: &str = "iam-mfa-of";
/// Accounts by their aliases.
pub(crate) const ALIASES: &str = "iam-aliases";
/// Aliases by their accounts.
pub(crate) const ALIAS_OF: &str = "iam-alias-of";

/// One row without a value, which every change writes: its revision is that of the last change.
pub(crate) const CHANGES: &str = "iam-changes";
/// The key of that row.
pub(crate) const CHANGES_KEY: &[u8] = b"last";

/// Every table.
#[cfg(test)]
pub(crate) const ALL: [&str; 13] = [
    ENTITIES,
    IDS,
    INLINE,
    POLICIES,
    POLICY_VERSIONS,
    KEYS,
    KEYS_OF,
    OIDC,
    MFA,
    MFA_OF,
    ALIASES,
    ALIAS_OF,
    CHANGES,
];

/// A user, a group or a role.
pub(crate) fn entity_key(account: &str, kind: Kind, name: &str) -> Vec<u8> {
    let mut key = entities_prefix(account, kind);
    key.extend(name.to_ascii_lowercase().bytes());
    key
}

/// What the keys of all of a kind start with.
pub(crate) fn entities_prefix(account: &str, kind: Kind) -> Vec<u8> {
    let mut key = account.as_bytes().to_vec();
    key.push(match kind {
        Kind::User => b'u',
        Kind::Group => b'g',
        Kind::Role => b'r',
    });
    key
}

/// A managed policy.
pub(crate) fn policy_key(account: &str, name: &str) -> Vec<u8> {
    [account.as_bytes(), name.to_ascii_lowercase().as_bytes()].concat()
}

/// A provider of web identities.
pub(crate) fn oidc_key(account: &str, name: &str) -> Vec<u8> {
    [account.as_bytes(), name.as_bytes()].concat()
}

/// A device that shows one-time codes.
pub(crate) fn mfa_key(account: &str, path: &str, name: &str) -> Vec<u8> {
    [account.as_bytes(), mfa_part(path, name).as_bytes()].concat()
}

/// What tells a device from the others of its account.
pub(crate) fn mfa_part(path: &str, name: &str) -> String {
    [path, name].concat().to_ascii_lowercase()
}

/// A part of something: an inline policy by its name, an access key by its id.
pub(crate) fn part_key(unique_id: &str, part: &str) -> Vec<u8> {
    [unique_id.as_bytes(), &[0], part.as_bytes()].concat()
}

/// A version of a managed policy.
pub(crate) fn version_key(policy_id: &str, number: u32) -> Vec<u8> {
    [policy_id.as_bytes(), &[0], &number.to_be_bytes()].concat()
}

/// The first key behind all those that start with a prefix, which is ASCII and so never at the end
/// of all keys.
pub(crate) fn after_prefix(prefix: &[u8]) -> Vec<u8> {
    let mut end = prefix.to_vec();
    if let Some(last) = end.last_mut() {
        *last = last.saturating_add(1);
    }
    end
}
