//! The export `advice`: lint and simulation for operators, from arguments alone.

use gateway::access::explanation::outcome;
use gateway::policy::positions::{self, Position, Stretch};
use gateway::policy::{self, Evaluation, Finding, Kind, Policy as Document, PrincipalName, Role, Severity};
use sdk::bindings::policy::exports::portcullis::gateway::advice as contract;

/// The kind of a document.
fn kind(document: &contract::Document) -> Result<Kind<'static>, String> {
    Ok(match document.kind.as_str() {
        "" => policy::kind_of(&document.text),
        "identity" => Kind::Identity,
        // The bucket is the one that it names.
        "resource" => Kind::Bucket(""),
        // So is the access point.
        "access-point" => Kind::AccessPoint(""),
        "object-lambda" => Kind::ObjectLambda(""),
        "trust" => Kind::Trust,
        "boundary" => Kind::Boundary,
        "session" => Kind::Session,
        "endpoint" => Kind::Endpoint,
        "key" => Kind::Key,
        other => return Err(no_kind(other)),
    })
}

fn parse(kind: Kind<'_>, text: &str) -> Result<Document, policy::MalformedPolicy> {
    match kind {
        Kind::Bucket(_) | Kind::AccessPoint(_) | Kind::ObjectLambda(_) => Document::parse_of_resource(text),
        kind => Document::parse(kind, text),
    }
}

/// The reason why a document cannot be read.
pub(crate) fn read(document: &contract::Document) -> Result<(), String> {
    parse(kind(document)?, &document.text).map(drop).map_err(|malformed| malformed.to_string())
}

/// What is suspicious in a document.
pub(crate) fn lint(document: &contract::Document) -> Result<Vec<contract::Finding>, String> {
    let (kind, text) = (kind(document)?, &document.text);
    let places = positions::statements(text);
    let sids = sids(kind, text);
    let findings = policy::lint_text(kind, text).into_iter().map(|found| finding(found, &places, &sids));
    Ok(findings.collect())
}

fn no_kind(kind: &str) -> String {
    format!(
        "{kind} is no kind of policy: there are identity, resource, access-point, object-lambda, trust, boundary, session, endpoint and key"
    )
}

fn sids(kind: Kind<'_>, text: &str) -> Vec<Option<String>> {
    let sid = |own: &policy::Statement| own.sid.as_deref().map(str::to_owned);
    parse(kind, text).map(|own| own.statements().iter().map(sid).collect()).unwrap_or_default()
}

fn finding(found: Finding, places: &[Stretch], sids: &[Option<String>]) -> contract::Finding {
    let at = found.statement;
    contract::Finding {
        severity: match found.severity {
            Severity::Notice => contract::Severity::Notice,
            Severity::Danger => contract::Severity::Warning,
            Severity::Mistake | Severity::Malformed => contract::Severity::Error,
        },
        code: found.code.to_owned(),
        message: found.message,
        statement: at.and_then(|at| u32::try_from(at).ok()),
        sid: at.and_then(|at| sids.get(at).cloned().flatten()),
        line: at.and_then(|at| places.get(at)).map(|place| place.opens.line),
    }
}

/// Decides on every action on every resource.
pub(crate) fn simulate(hypothesis: &contract::Hypothesis) -> Result<Vec<contract::Evaluation>, String> {
    let read = |own: &contract::Document| {
        let role = match own.kind.as_str() {
            "identity" => Role::Identity,
            "resource" | "access-point" | "object-lambda" | "trust" | "key" => Role::Resource,
            "boundary" => Role::Boundary,
            "session" => Role::Session,
            other => return Err(no_kind(other)),
        };
        Ok(policy::Document { label: own.label.clone(), role, text: own.text.clone() })
    };
    let documents: Vec<policy::Document> = hypothesis.documents.iter().map(read).collect::<Result<_, _>>()?;
    let evaluations = policy::simulate(&policy::Hypothesis {
        documents: &documents,
        principal: hypothesis.caller_arn.as_deref().map(|arn| PrincipalName { arn, unique_id: "" }),
        owner: hypothesis.resource_owner.as_deref(),
        actions: &hypothesis.actions,
        resources: &hypothesis.resources,
        context: &hypothesis.context,
    });
    let evaluations = evaluations.map_err(|invalid| invalid.to_string())?;
    Ok(evaluations.into_iter().map(|own| evaluation(own, &documents)).collect())
}

fn evaluation(own: Evaluation, documents: &[policy::Document]) -> contract::Evaluation {
    let place = |place: Option<Position>| {
        let place = place.unwrap_or(Position { line: 1, column: 1 });
        contract::TextPosition { line: place.line, column: place.column }
    };
    let matched = own.matched.into_iter().map(|matched| contract::Matched {
        label: documents.get(matched.document).map(|own| own.label.clone()).unwrap_or_default(),
        statement: u32::try_from(matched.statement).unwrap_or(u32::MAX),
        sid: matched.sid,
        // Where people look for it. The API of IAM begins where AWS does: behind the bracket that
        // stands before.
        start: place(matched.stretch.map(|own| own.opens)),
        end: place(matched.stretch.map(|own| own.end)),
    });
    contract::Evaluation {
        matched: matched.collect(),
        action: own.action,
        resource: own.resource,
        decision: outcome(own.outcome).to_owned(),
        missing: own.missing,
    }
}
