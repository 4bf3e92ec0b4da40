//! Names of things: ARNs, unique ids, dates and documents as IAM prints them.

use gateway::timestamp;

use crate::index;
use crate::records::{Entity, Kind, ManagedPolicy, MfaDevice};

/// The names of kinds, as each place has them.
impl Kind {
    /// `User`
    pub(crate) fn word(self) -> &'static str {
        match self {
            Kind::User => "User",
            Kind::Group => "Group",
            Kind::Role => "Role",
        }
    }

    /// `UserName`
    pub(crate) fn parameter(self) -> &'static str {
        match self {
            Kind::User => "UserName",
            Kind::Group => "GroupName",
            Kind::Role => "RoleName",
        }
    }

    /// `user`, as ARNs and messages have it.
    pub(crate) fn lower(self) -> &'static str {
        match self {
            Kind::User => "user",
            Kind::Group => "group",
            Kind::Role => "role",
        }
    }

    fn id_prefix(self) -> &'static str {
        match self {
            Kind::User => "AIDA",
            Kind::Group => "AGPA",
            Kind::Role => "AROA",
        }
    }

    /// The longest name.
    pub(crate) fn name_length_max(self) -> usize {
        match self {
            Kind::Group => 128,
            Kind::User | Kind::Role => 64,
        }
    }

    /// Bytes that all inline policies together may have, white space left out.
    pub(crate) fn inline_bytes_max(self) -> usize {
        match self {
            Kind::User => 2048,
            Kind::Group => 5120,
            Kind::Role => 10240,
        }
    }

    /// A new unique id.
    pub(crate) fn new_id(self) -> String {
        new_id(self.id_prefix())
    }
}

/// A unique id: a prefix and 17 letters that nobody can predict.
pub(crate) fn new_id(prefix: &str) -> String {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let (mut bits, mut left) = (0_u64, 0_u32);
    let letters = (0..17).map(|_| {
        if left < 5 {
            (bits, left) = (index::random(), 64);
        }
        let letter = LETTERS.get((bits & 31) as usize).copied().map_or('A', char::from);
        (bits, left) = (bits >> 5, left - 5);
        letter
    });
    prefix.chars().chain(letters).collect()
}

/// `arn:aws:iam::111122223333:user/division/alice`
pub(crate) fn arn(account: &str, sort: &str, path: &str, name: &str) -> String {
    format!("arn:aws:iam::{account}:{sort}{path}{name}")
}

/// The ARN of a user, a group or a role.
pub(crate) fn entity_arn(account: &str, entity: &Entity) -> String {
    arn(account, entity.kind.lower(), &entity.path, &entity.name)
}

/// The ARN of a managed policy.
pub(crate) fn policy_arn(account: &str, policy: &ManagedPolicy) -> String {
    arn(account, "policy", &policy.path, &policy.name)
}

/// Bytes of a device's serial number.
pub(crate) const SERIAL_NUMBER_BYTES_MAX: usize = 256;

/// The ARN of a device that shows one-time codes, which is its serial number.
pub(crate) fn mfa_arn(account: &str, device: &MfaDevice) -> String {
    arn(account, "mfa", &device.path, &device.name)
}

/// Account, path and name of an ARN of IAM: `(111122223333, /division/, alice)`. The account may be
/// `aws`, which has no rows.
pub(crate) fn split_arn<'a>(text: &'a str, sort: &str) -> Option<(&'a str, &'a str, &'a str)> {
    let (account, rest) = text.strip_prefix("arn:aws:iam::")?.split_once(':')?;
    // Keys of rows begin with the account and end with a name that the client chose. An account of
    // another length would shift one into the other.
    let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    if !is_account && account != "aws" {
        return None;
    }
    let rest = rest.strip_prefix(sort)?;
    let name_at = rest.rfind('/')? + 1;
    let (path, name) = rest.split_at_checked(name_at)?;
    (path.starts_with('/') && !name.is_empty()).then_some((account, path, name))
}

/// `2013-05-24T00:00:00Z`
pub(crate) fn date(ms: u64) -> String {
    timestamp::iso8601(ms / 1000 * 1000).replace(".000Z", "Z")
}
