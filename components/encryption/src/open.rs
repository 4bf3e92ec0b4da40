//! With what a call opens something that was stored before.

use gateway::encryption::{self, Digest, HEADER, Sent, Use, names};
use gateway::errors::Result;
use gateway::headers::Headers;
use sdk::{KeptProtection, Protection, Sealed, SealedRole};

use crate::request::customer;

/// Judges the headers of a request against what is stored.
///
/// `InvalidRequest` for a key that is missing, or not applicable; `InvalidArgument` for a read that says how to write;
/// otherwise the errors of [`Sent::read`]. Whether a key is the right one, is found out with it.
pub(crate) fn plan(
    headers: &Headers,
    sealed: Sealed,
    is_secure: bool,
    digest: Digest<'_>,
) -> Result<Protection> {
    let Sealed { role, protection } = sealed;
    if role == SealedRole::Object
        && let Some(method) = headers.get(HEADER)
    {
        return Err(encryption::not_of_this_operation(method));
    }
    let names = match role {
        SealedRole::Object | SealedRole::Upload => names::OBJECT,
        SealedRole::Source => names::SOURCE,
    };
    let (missing, not_applicable, what_for) = match role {
        SealedRole::Upload => (encryption::upload_differs(), encryption::upload_differs(), Use::Write),
        SealedRole::Object | SealedRole::Source => {
            (encryption::key_is_missing(), encryption::not_applicable(), Use::Read)
        }
    };
    let sent = Sent::of(headers, names);
    match (protection, sent) {
        (KeptProtection::Folder, None) => Ok(Protection::Folder),
        (KeptProtection::Managed(key), None) => Ok(Protection::Managed(key)),
        (KeptProtection::Folder | KeptProtection::Managed(_), Some(_)) => Err(not_applicable),
        (KeptProtection::Customer, None) => Err(missing),
        (KeptProtection::Customer, Some(sent)) => sent.read(what_for, is_secure, digest).map(customer),
    }
}

#[cfg(test)]
mod tests;
