//! What each statement had to do with a decision, for the operator and those who write the
//! policies. The client that was refused sees nothing of it.

use super::condition::{self, Condition};
use super::decide::{Decision, Identity, Layer, Policies, Source, decide};
use super::document::Statement;
use super::evaluate::Mismatch;
use super::kind::Effect;
use super::request::Request;

/// A decision with everything that was considered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Explained<'a> {
    /// The decision.
    pub decision: Decision<'a>,
    /// Every statement of every policy.
    pub considered: Vec<Considered<'a>>,
}

/// One statement, and whether it applies.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Considered<'a> {
    /// The kind of its policy.
    pub layer: Layer,
    /// What its policy is called.
    pub label: &'a str,
    /// Counted from 0.
    pub statement: usize,
    /// Its `Sid`.
    pub sid: Option<&'a str>,
    /// What it does where it applies.
    pub effect: Effect,
    /// Whether it applies, or what does not fit.
    pub fit: Fit,
    /// Its conditions, where action, resource and principal fit.
    pub conditions: Vec<Compared>,
}

/// A condition, and what it was compared with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Compared {
    /// As the policy writes it.
    pub operator: String,
    /// The key.
    pub key: String,
    /// The values of the policy.
    pub expected: Vec<String>,
    /// The values of the request; `None` when it does not carry the key.
    pub actual: Option<Vec<String>>,
    /// Whether it holds.
    pub holds: bool,
}

/// Whether a statement applies.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Fit {
    /// It applies.
    Applies,
    /// It is about other actions.
    OtherAction,
    /// It is about other resources.
    OtherResource,
    /// It is about other principals.
    OtherPrincipal,
    /// It was not compared: the policies take more work than a request may cause.
    NotCompared,
    /// A condition does not hold.
    Condition {
        /// As the policy writes it.
        operator: String,
        /// The key.
        key: String,
        /// The values of the policy.
        expected: Vec<String>,
        /// The values of the request; `None` when it does not carry the key.
        actual: Option<Vec<String>>,
    },
}

/// How much more it costs to show values than to compare them.
const SHOW_COST: usize = 8;

/// Decides, and says what was considered. Slower than [`decide`]: every statement is compared.
pub fn explain<'a>(request: &Request<'_>, policies: &Policies<'a>) -> Explained<'a> {
    // First the decision: showing spends from the same budget, and must not change the outcome.
    let decision = decide(request, policies);
    let mut considered = Vec::new();
    let mut consider = |layer, sources: &[Source<'a>]| {
        for source in sources {
            consider_policy(request, layer, *source, &mut considered);
        }
    };
    consider(Layer::Endpoint, policies.endpoint.as_slice());
    consider(Layer::Resource, policies.resource.as_slice());
    if let Identity::Policies(sources) = policies.identity {
        consider(Layer::Identity, sources);
    }
    consider(Layer::Boundary, policies.boundary.as_slice());
    consider(Layer::Session, policies.session.unwrap_or_default());
    Explained { decision, considered }
}

fn consider_policy<'a>(
    request: &Request<'_>,
    layer: Layer,
    source: Source<'a>,
    considered: &mut Vec<Considered<'a>>,
) {
    for (at, statement) in source.policy.statements.iter().enumerate() {
        let matched = statement.matches(request);
        request.budget().spend(SHOW_COST);
        // Conditions are shown with the values of both sides: they are copied.
        let texts = statement.conditions.iter().flat_map(|own| &own.texts).map(|text| 1 + text.len());
        let is_shown = matches!(matched, Ok(_) | Err(Mismatch::Condition(_)))
            && request.budget().spend_bytes(SHOW_COST * texts.sum::<usize>());
        let conditions = if is_shown { compared(statement, request) } else { Vec::new() };
        let is_exhausted = request.budget().is_exhausted();
        let fit = match matched {
            _ if is_exhausted => Fit::NotCompared,
            Ok(_) => Fit::Applies,
            Err(Mismatch::Action) => Fit::OtherAction,
            Err(Mismatch::Resource) => Fit::OtherResource,
            Err(Mismatch::Principal) => Fit::OtherPrincipal,
            Err(Mismatch::Condition(at)) => match statement.conditions.get(at) {
                Some(own) => Fit::Condition {
                    operator: own.operator_text.to_string(),
                    key: own.key.to_string(),
                    expected: own.texts.iter().map(ToString::to_string).collect(),
                    actual: condition::actual(own, request.known()),
                },
                None => Fit::Applies,
            },
        };
        considered.push(Considered {
            layer,
            label: source.label,
            statement: at,
            sid: statement.sid.as_deref(),
            effect: statement.effect,
            fit,
            conditions: if is_exhausted { Vec::new() } else { conditions },
        });
    }
}

/// All conditions of a statement: also those behind one that does not hold.
fn compared(statement: &Statement, request: &Request<'_>) -> Vec<Compared> {
    let compare = |own: &Condition| Compared {
        operator: own.operator_text.to_string(),
        key: own.key.to_string(),
        expected: own.texts.iter().map(ToString::to_string).collect(),
        actual: condition::actual(own, request.known()),
        holds: own.holds(request.known(), statement.effect),
    };
    statement.conditions.iter().map(compare).collect()
}
