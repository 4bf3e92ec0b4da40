//! The decision on a call: its owner's at once, anybody else's by what is stored.

use gateway::access::{self, Asked, Permit};
use gateway::errors::{ErrorCode, Result};
use gateway::form::Form;
use gateway::headers::with_presigned;
use gateway::operations::Operation;
use gateway::policy::{self, Principal};
use gateway::query::Query;
use sdk::{Call, Decision, Head, Identity, settings};

use crate::resources::Stored;

/// Sets the fact `decision`, or refuses.
pub(crate) fn authorize(call: &Call) -> Result<()> {
    // Nearly every call is such a one: one question to the host decides it. Users may do what their account may; once they
    // have policies of their own, this is true of the root user only.
    if call.is_owners_alone() {
        call.set_decision(Decision::AsOwner);
        return Ok(());
    }
    let permit = with_asked(call, |asked| access::authorize(asked, &Stored { call }))?;
    call.set_decision(match permit {
        Permit::Whole => Decision::Allow,
        Permit::Each => Decision::Each,
    });
    Ok(())
}

/// Sets the fact `refused`: which of the objects that the body names the principal may not touch.
pub(crate) fn authorize_each(call: &Call) -> Result<()> {
    let named = call.named();
    let named: Vec<_> =
        named.iter().map(|object| (object.key.as_str(), object.version_id.as_deref())).collect();
    let refused = with_asked(call, |asked| Ok(access::authorize_each(asked, &named, &Stored { call })))?;
    call.set_refused(&refused);
    Ok(())
}

/// Reads what else decides, and asks `decide`.
fn with_asked<T>(call: &Call, decide: impl FnOnce(&Asked<'_>) -> Result<T>) -> Result<T> {
    let target = call.target();
    // What is no operation of S3's, nobody may do.
    let operation = Operation::parse(&target.operation).ok_or(ErrorCode::AccessDenied)?;
    let (head, headers) = Head::read(call);
    let query = Query::parse(&head.query)?;
    // The fields of a form count as headers.
    let headers = match operation {
        Operation::PostObject => {
            let form = call.form().ok_or(ErrorCode::AccessDenied)?;
            Form::new(form.fields, &form.file_name).over(&headers)?
        }
        _ => with_presigned(headers, &query)?,
    };
    let identity = match call.principal() {
        sdk::Principal::Anonymous => None,
        sdk::Principal::Authenticated(identity) => Some(identity),
    };
    let arn = identity.as_ref().map(|identity| policy::identity_arn(&identity.account, &identity.user));
    let principal = principal(identity.as_ref(), arn.as_deref());
    let region = settings::get("region").unwrap_or_default();
    decide(&Asked {
        operation,
        bucket: target.bucket.as_deref(),
        key: target.key.as_deref(),
        headers: &headers,
        query: &query,
        principal: &principal,
        received_ms: head.received_ms,
        region: &region,
    })
}

fn principal<'a>(identity: Option<&'a Identity>, arn: Option<&'a str>) -> Principal<'a> {
    match (identity, arn) {
        (Some(Identity { account, canonical_id, user, .. }), Some(arn)) => {
            Principal::of_account(account, canonical_id, user, arn)
        }
        _ => Principal::ANONYMOUS,
    }
}
