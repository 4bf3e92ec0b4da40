//! The names that a key goes by.

/// A name, as it is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Name<'a> {
    /// An account, and the id of one of its keys.
    Id(&'a str, &'a str),
    /// An account, and an alias: `alias/photos`.
    Alias(&'a str, String),
}

/// Bytes of the longest name:
/// <https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKey.html>
const LENGTH_MAX: usize = 2048;

impl<'a> Name<'a> {
    /// Reads `ID`, `alias/NAME`, `arn:aws:kms:REGION:ACCOUNT:key/ID` or `…:alias/NAME`. `None` for
    /// what is none of them.
    pub(super) fn parse(account: &'a str, name: &'a str) -> Option<Name<'a>> {
        if name.len() > LENGTH_MAX {
            return None;
        }
        let Some(rest) = name.strip_prefix("arn:") else {
            return Some(Name::of(account, name));
        };
        let mut parts = rest.splitn(5, ':');
        let (_, service) = (parts.next()?, parts.next()?);
        let (_, account, relative) = (parts.next()?, parts.next()?, parts.next()?);
        if service != "kms" {
            return None;
        }
        match relative.strip_prefix("key/") {
            Some(id) => Some(Name::Id(account, id)),
            None if relative.starts_with("alias/") => Some(Name::of(account, relative)),
            None => None,
        }
    }

    fn of(account: &'a str, name: &'a str) -> Name<'a> {
        match name.starts_with("alias/") {
            true => Name::Alias(account, name.to_owned()),
            false => Name::Id(account, name),
        }
    }
}
