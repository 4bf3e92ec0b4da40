//! The decision on a call that needs what a stage has said: `iam` of calls of IAM and STS,
//! `access-points` of requests about access points, `functions` of requests about functions.

use std::borrow::Cow;

use gateway::access::{Decided, FunctionAccess, Grants, Lookups, Resources as _, S3Request, Witness as _};
use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::identity::account::Account;
use gateway::operations::Operation;
use gateway::policy::{
    Budget, Context, ContextEntries, Key, Kind, Layer, Outcome, Policies, Principal, PrincipalKind, Reason,
    Request, Source, Values, decide,
};
use gateway::request::headers::Headers;
use gateway::request::query::Query;
use sdk::{Decision, Head, NeededAccess};

use crate::explain::explain;
use crate::host::{Call, identities, region};
use crate::permissions::{self, Permissions};
use crate::resources::{self, Stored};

/// The actions whose resource is a role. Its trust policy decides as well: it says whom the role
/// trusts with what.
const OF_ROLES: [&str; 4] =
    [ASSUME_WITH_WEB_IDENTITY, "sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"];

/// The action of who has a function run.
const INVOKE_FUNCTION: &str = "lambda:InvokeFunction";

/// The action of a principal for whom a provider of web identities vouches.
const ASSUME_WITH_WEB_IDENTITY: &str = "sts:AssumeRoleWithWebIdentity";

/// Sets the fact `decision`, or refuses: `AccessDenied`, and without credentials
/// `MissingAuthenticationToken` as IAM and STS do.
pub(crate) fn authorize(call: &Call, operation: Operation) -> Result<()> {
    let needed = call.needed_access().ok_or(ErrorCode::AccessDenied)?;
    decide_on(call, operation, &needed)?;
    call.set_decision(Decision::Allow);
    Ok(())
}

/// Decides on everything that is needed. Errors as [`authorize`].
fn decide_on(call: &Call, operation: Operation, needed: &NeededAccess) -> Result<()> {
    with_planned(call, operation, needed.provider.as_deref(), |planned| {
        needed.actions.iter().try_for_each(|action| {
            let function = (action == INVOKE_FUNCTION).then(|| function(&needed.arn, &needed.owner));
            planned.authorize_action(action, needed, function.transpose()?.as_ref())
        })
    })
}

/// Decides whether the principal may invoke functions, for a bucket or an access point of an
/// account. All of them share one budget. `LambdaPermissionError`
pub(crate) fn decide_on_invocations(
    call: &Call,
    operation: Operation,
    arns: &[String],
    account: &str,
) -> Result<()> {
    with_planned(call, operation, None, |planned| {
        arns.iter().try_for_each(|arn| {
            let refused = |error: S3Error| match error.code {
                ErrorCode::AccessDenied => {
                    S3Error::new(ErrorCode::LambdaPermissionError).detail("FunctionArn", arn.as_str())
                }
                _ => error,
            };
            let function = function(arn, account).map_err(refused)?;
            let tag =
                |(key, value): &(String, String)| (format!("aws:ResourceTag/{key}"), vec![value.clone()]);
            let needed = NeededAccess {
                actions: Vec::new(),
                arn: arn.clone(),
                owner: function.account.to_string(),
                context: function.tags.iter().map(tag).collect(),
                provider: None,
            };
            planned.authorize_action(INVOKE_FUNCTION, &needed, Some(&function)).map_err(refused)
        })
    })
    .map_err(|error| match error.code {
        ErrorCode::MissingAuthenticationToken => ErrorCode::LambdaPermissionError.into(),
        _ => error,
    })
}

/// Who may invoke a function, for an account. `AccessDenied` for an ARN that cannot be read.
fn function(arn: &str, account: &str) -> Result<FunctionAccess> {
    resources::function(arn, Account::parse(account).ok_or(ErrorCode::AccessDenied)?)
}

/// Reads what decisions on a call need, and hands it to `decide`.
fn with_planned(
    call: &Call,
    operation: Operation,
    provider: Option<&str>,
    decide: impl FnOnce(&PlannedCall<'_>) -> Result<()>,
) -> Result<()> {
    let (head, headers) = Head::split(call.head());
    // A call with the token of a provider has its principal from the token, also where it is
    // signed.
    let identity = match (provider, call.principal()) {
        (Some(_), _) => None,
        (None, sdk::Principal::Anonymous) if operation.is_of_access_points() => {
            explain(call, "the request is anonymous, and the operation needs an account", |_| {});
            return Err(ErrorCode::AccessDenied.into());
        }
        (None, sdk::Principal::Anonymous) => return Err(ErrorCode::MissingAuthenticationToken.into()),
        (None, sdk::Principal::Authenticated(identity)) => Some(identity),
    };
    let permissions = Permissions::of(call, identity.as_ref(), head.received_ms)?;
    let budget = Budget::default();
    let principal = match provider {
        Some(provider) => {
            Principal { kind: PrincipalKind::WebIdentity, arn: provider, ..Principal::ANONYMOUS }
        }
        None => permissions.principal(identity.as_ref()),
    };
    permissions.with_grants(|grants| {
        decide(&PlannedCall {
            call,
            operation,
            principal: &principal,
            grants,
            permissions: &permissions,
            budget: &budget,
            headers: &headers,
            received_ms: head.received_ms,
        })
    })
}

/// A call, its principal, and what decides on its actions.
struct PlannedCall<'a> {
    call: &'a Call,
    operation: Operation,
    principal: &'a Principal<'a>,
    grants: Grants<'a>,
    permissions: &'a Permissions,
    /// For all actions together.
    budget: &'a Budget,
    headers: &'a Headers,
    received_ms: u64,
}

impl PlannedCall<'_> {
    /// Decides on one of the actions; on the invocation of a function with what its policy says.
    /// `AccessDenied` where it is not allowed.
    fn authorize_action(
        &self,
        action: &str,
        needed: &NeededAccess,
        function: Option<&FunctionAccess>,
    ) -> Result<()> {
        let stored = Stored { call: self.call, permissions: self.permissions };
        let lookups = PlannedLookups { stored: &stored };
        let query = Query::default();
        let request = S3Request {
            operation: self.operation,
            headers: self.headers,
            query: &query,
            principal: self.principal,
            owner: Some(&needed.owner),
            version_id: None,
            received_ms: self.received_ms,
            region: region(),
            lookups: &lookups,
        };
        let entries = needed.context.iter().fold(ContextEntries::default(), |entries, (key, values)| {
            let values: Vec<&str> = values.iter().map(String::as_str).collect();
            entries.with(key, &values)
        });
        let context = QueryContext { entries, request };
        let is_of_role = OF_ROLES.contains(&action);
        let trust = if is_of_role { identities::trust(&needed.arn) } else { None };
        if is_of_role && trust.is_none() {
            explain(
                self.call,
                "there is no such role; a principal that may not assume a role does not learn whether it exists",
                |_| {},
            );
            return Err(refusal(self.principal, action, &needed.arn, None));
        }
        let trust = trust.map(|source| permissions::read(&source, Kind::Trust));
        let of_function =
            function.and_then(|own| Some(Source { label: &own.arn, policy: own.policy.as_deref()? }));
        let policies = Policies {
            owner: Some(&needed.owner),
            resource: trust.as_ref().map(|(label, policy)| Source { label, policy }).or(of_function),
            ..self.grants.policies()
        };
        let request = Request::new(self.principal, action, &needed.arn, &context)
            .also_named(function.and_then(|own| own.other_arn.as_deref()))
            .within(self.budget);
        let decision = decide(&request, &policies);
        if decision.is_allowed() {
            return Ok(());
        }
        explain(self.call, "", |explainer| {
            explainer.decided(&Decided {
                action,
                request: &request,
                policies: &policies,
                decision,
                bucket: None,
            });
        });
        let layer = match (decision.outcome, decision.reason) {
            (Outcome::ExplicitDeny, Reason::Statement { layer, .. }) => Some(layer),
            _ => None,
        };
        Err(refusal(self.principal, action, &needed.arn, layer))
    }
}

/// Says what was not allowed, and never which statement decided. A web identity has not proved that
/// it belongs to an account, so it learns only that it was refused.
fn refusal(principal: &Principal<'_>, action: &str, resource: &str, denied_by: Option<Layer>) -> S3Error {
    if principal.kind == PrincipalKind::WebIdentity {
        return S3Error::new(ErrorCode::AccessDenied)
            .message(format!("Not authorized to perform {ASSUME_WITH_WEB_IDENTITY}"));
    }
    let principal = principal.arn;
    let why = match denied_by {
        None => String::new(),
        Some(layer) => format!(" with an explicit deny in {}", layer.a_policy()),
    };
    S3Error::new(ErrorCode::AccessDenied).message(format!(
        "User: {principal} is not authorized to perform: {action} on resource: {resource}{why}"
    ))
}

/// Condition keys: the values that the call itself brings come first, then those of every request.
struct QueryContext<'a> {
    entries: ContextEntries,
    request: S3Request<'a>,
}

impl Context for QueryContext<'_> {
    fn value(&self, key: &Key) -> Option<Values<'_>> {
        self.entries.value(key).or_else(|| self.request.value(key))
    }

    fn cost(&self, key: &Key) -> usize {
        self.entries.cost(key) + self.request.cost(key)
    }
}

/// What condition keys say of a call of IAM or STS besides what it brings itself.
struct PlannedLookups<'a> {
    stored: &'a Stored<'a>,
}

impl Lookups for PlannedLookups<'_> {
    fn source_ip(&self) -> Option<String> {
        Some(self.stored.call.source_ip())
    }

    fn tls_version(&self) -> Option<Cow<'_, str>> {
        self.stored.call.tls_version().map(Cow::Owned)
    }

    fn endpoint_id(&self) -> Option<Cow<'_, str>> {
        self.stored.endpoint_id().map(Cow::Owned)
    }

    fn network_id(&self) -> Option<Cow<'_, str>> {
        self.stored.network_id().map(Cow::Owned)
    }

    fn principal_tags(&self) -> Option<Vec<(String, String)>> {
        Some(self.stored.permissions.tags())
    }

    fn other(&self, key: &Key) -> Option<Values<'_>> {
        self.stored.permissions.value(key)
    }
}
