//! The decision on a call: at once for the owner, by what is stored for every other principal.

use gateway::access::{self, AccessRequest, Body, Permit};
use gateway::errors::{ErrorCode, Result};
use gateway::operations::Operation;
use gateway::operations::form::Form;
use gateway::policy::{Budget, ContextEntries};
use gateway::request::headers::{Headers, with_presigned};
use gateway::request::query::Query;
use gateway::request::url_encoding::encoded;
use sdk::{Decision, Head, IdentityKind, NamedVersion, Target};

use crate::explain::{explain, is_denial};
use crate::host::{Call, identities, region};
use crate::needed_access;
use crate::permissions::Permissions;
use crate::resources::Stored;

/// The reason that an explanation gives where no policy decided.
const NOBODY_DECIDED: &str = "no policy decided: the principal is anonymous and the operation needs an account, or the request does not say \
                              that it pays where the requester pays, or what is stored of the bucket cannot be read";

/// Sets the fact `decision`, or refuses.
pub(crate) fn authorize(call: &Call) -> Result<()> {
    // Nearly every call ends here: one question to the host decides on the root user of the account
    // that owns the bucket, where nothing but ownership decides.
    if call.is_owners_alone() {
        call.set_decision(Decision::AsOwner);
        return Ok(());
    }
    let facts = Facts::of(call)?;
    // A stage has read the request, and has said which access it needs.
    let operation = facts.operation;
    if operation.is_query_call() || operation.is_of_access_points() || operation.is_of_functions() {
        return needed_access::authorize(call, facts.operation);
    }
    if is_configured_owner(call, &facts.principal) {
        call.set_decision(Decision::AsOwner);
        return Ok(());
    }
    let permit = with_request(call, &facts, |access, stored| decide(call, access, stored))?;
    call.set_decision(match permit {
        Permit::Whole => Decision::Allow,
        Permit::Each => Decision::Each,
    });
    Ok(())
}

/// Decides again, because the document in the body is here, or because what is stored may have
/// changed since. `said` is what the document says for condition keys. `AccessDenied`
pub(crate) fn authorize_again(call: &Call, said: &[(String, Vec<String>)]) -> Result<()> {
    let facts = Facts::of(call)?;
    let said = said.iter().fold(ContextEntries::default(), |said, (key, values)| {
        said.with(key, &values.iter().map(String::as_str).collect::<Vec<_>>())
    });
    with_request(call, &facts, |access, stored| {
        let access = AccessRequest { body: Body::Said(&said), ..*access };
        decide(call, &access, stored).map(|_| ())
    })
}

/// Decides whether the principal may read an object that a call of another API names.
/// `AccessDenied`, also where there is no such bucket.
pub(crate) fn authorize_read(call: &Call, named: &NamedVersion) -> Result<()> {
    let target = Target {
        operation: Operation::GetObject.name().to_owned(),
        bucket: Some(named.bucket.clone()),
        key: Some(named.key.clone()),
    };
    let facts = Facts { operation: Operation::GetObject, target, principal: call.principal() };
    let id = named.version_id.as_deref().map(encoded);
    let query = Query::parse(&id.map_or_else(String::new, |id| format!("versionId={id}")))?;
    // The headers are those of another operation.
    let headers = Headers::default();
    with_request(call, &facts, |access, stored| {
        let access = AccessRequest { headers: &headers, query: &query, ..*access };
        decide(call, &access, stored).map(|_| ())
    })
}

/// Decides whether the principal may invoke functions that an allowed request names. Where only
/// ownership decides on the bucket, the owner may. `LambdaPermissionError`
pub(crate) fn authorize_invocations(call: &Call, arns: &[String]) -> Result<()> {
    if call.is_owners_alone() {
        return Ok(());
    }
    let facts = Facts::of(call)?;
    let owner = call.owner().map(|owner| owner.account).unwrap_or_default();
    needed_access::decide_on_invocations(call, facts.operation, arns, &owner)
}

/// Decides, and explains what is denied.
fn decide(call: &Call, access: &AccessRequest<'_>, stored: &Stored<'_>) -> Result<Permit> {
    access::authorize(access, stored).inspect_err(|error| {
        if is_denial(error) {
            explain(call, NOBODY_DECIDED, |explainer| {
                // The same decision again, with the same outcome: only its witness is new. An
                // exhausted budget stays exhausted, so that explaining a costly request does not
                // cost as much again.
                let whole = Budget::default();
                let budget = if access.budget.is_exhausted() { access.budget } else { &whole };
                let again = AccessRequest { witness: Some(explainer), budget, ..*access };
                let _ = access::authorize(&again, stored);
            });
        }
    })
}

/// Whether the principal is a user of the configuration whose account owns the bucket, and nothing
/// is stored that could limit it.
fn is_configured_owner(call: &Call, principal: &sdk::Principal) -> bool {
    match principal {
        sdk::Principal::Authenticated(identity) if identity.kind == IdentityKind::ConfiguredUser => {
            call.owner().is_some_and(|owner| !owner.guarded && identity.account == owner.account)
                && call.access_point().is_none_or(|point| {
                    let is_own = |account: &str, guarded: bool| !guarded && account == identity.account;
                    is_own(&point.account, point.guarded)
                        && call.object_lambda().is_none_or(|front| is_own(&front.account, front.guarded))
                })
                && matches!(identities::permissions(&identity.unique_id), Ok(None))
        }
        _ => false,
    }
}

/// Sets the fact `refused`: the positions of the objects in the body that the principal may not
/// touch.
pub(crate) fn authorize_each(call: &Call) -> Result<()> {
    let named = call.named();
    let named: Vec<_> =
        named.iter().map(|object| (object.key.as_str(), object.version_id.as_deref())).collect();
    let refused = with_request(call, &Facts::of(call)?, |access, stored| {
        let refused = access::authorize_each(access, &named, stored);
        // One explanation stands for all: a thousand objects are refused for one reason.
        let first = refused.first().and_then(|position| named.get(usize::try_from(*position).ok()?));
        if let Some(first) = first {
            explain(call, NOBODY_DECIDED, |explainer| {
                // The object gets a budget of its own, because those before it have used up a part
                // of theirs. Where nothing was left, that is the reason, and the exhausted budget
                // stays.
                let whole = Budget::default();
                let budget = if access.budget.is_exhausted() { access.budget } else { &whole };
                let again = AccessRequest { witness: Some(explainer), budget, ..*access };
                access::authorize_each(&again, std::slice::from_ref(first), stored);
            });
        }
        Ok(refused)
    })?;
    call.set_refused(&refused);
    Ok(())
}

/// The operation, its target and the principal.
struct Facts {
    operation: Operation,
    target: Target,
    principal: sdk::Principal,
}

impl Facts {
    /// Those of a call. `AccessDenied` where the target names no operation of S3.
    fn of(call: &Call) -> Result<Facts> {
        let target = call.target();
        let operation = Operation::parse(&target.operation).ok_or(ErrorCode::AccessDenied)?;
        Ok(Facts { operation, target, principal: call.principal() })
    }
}

/// Reads what else a decision needs, and hands it to `decide`.
fn with_request<T>(
    call: &Call,
    facts: &Facts,
    decide: impl FnOnce(&AccessRequest<'_>, &Stored<'_>) -> Result<T>,
) -> Result<T> {
    let (head, headers) = Head::split(call.head());
    let query = Query::parse(&head.query)?;
    // The fields of a form count as headers.
    let headers = match facts.operation.is_upload_form() {
        true => {
            let form = call.form().ok_or(ErrorCode::AccessDenied)?;
            Form::new(form.fields, &form.file_name).over(&headers)?
        }
        false => with_presigned(headers, &query)?,
    };
    let identity = match &facts.principal {
        sdk::Principal::Anonymous => None,
        sdk::Principal::Authenticated(identity) => Some(identity),
    };
    let permissions = Permissions::of(call, identity, head.received_ms)?;
    let principal = permissions.principal(identity);
    let budget = Budget::default();
    permissions.with_grants(|grants| {
        let access = AccessRequest {
            operation: facts.operation,
            bucket: facts.target.bucket.as_deref(),
            key: facts.target.key.as_deref(),
            headers: &headers,
            query: &query,
            // Most bodies have not arrived yet. What depends on a document in one is decided again
            // when it is here.
            body: Body::Ahead,
            principal: &principal,
            grants,
            received_ms: head.received_ms,
            region: region(),
            budget: &budget,
            witness: None,
        };
        decide(&access, &Stored { call, permissions: &permissions })
    })
}
