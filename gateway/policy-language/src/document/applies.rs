//! What S3 demands of a statement of the policy of a bucket or an access point as a whole: its
//! resources are of that, each action has a resource, and each condition is one that the actions'
//! requests can fulfil.

use super::super::actions::{ActionPattern, ActionSet, Level};
use super::super::keys::{Carried, KeyId};
use super::super::malformed::MalformedPolicy;
use super::super::pattern::ArnPattern;
use super::{Resources, Statement};

/// Whose policy it is.
#[derive(Clone, Copy)]
pub(super) enum Of<'a> {
    /// The bucket with this name.
    Bucket(&'a str),
    /// The access point with this ARN.
    AccessPoint(&'a str),
}

/// Checks a statement of the policy of a bucket or an access point.
pub(super) fn check(statement: &Statement, of: Of<'_>) -> Result<(), MalformedPolicy> {
    let Some(resources) = &statement.resources else { return Err(MalformedPolicy::Resource) };
    let reached: Vec<Reached> = resources.patterns.iter().map(|pattern| Reached::of(pattern, of)).collect();
    if reached.iter().any(|reached| !reached.bucket && !reached.objects) {
        return Err(MalformedPolicy::Resource);
    }
    if !statement.actions.except {
        check_actions(&statement.actions.patterns, resources, &reached)?;
    }
    check_conditions(statement)
}

/// Checks a statement of the policy of an Object Lambda access point. All of its actions are about
/// the access point itself: objects have no ARN below it.
pub(super) fn check_object_lambda(statement: &Statement, arn: &str) -> Result<(), MalformedPolicy> {
    check_resources(statement, arn)?;
    for condition in &statement.conditions {
        let name = condition.key.name();
        let is_own = name.starts_with("s3-object-lambda:") && condition.key.id() != KeyId::Other;
        if !is_own && !name.starts_with("aws:") {
            return Err(MalformedPolicy::ConditionKey);
        }
    }
    Ok(())
}

/// Checks a statement of the policy of a function: its resources are the function, or versions and
/// aliases of it.
pub(super) fn check_function(statement: &Statement, arn: &str) -> Result<(), MalformedPolicy> {
    check_resources(statement, arn)
}

fn check_resources(statement: &Statement, arn: &str) -> Result<(), MalformedPolicy> {
    let Some(resources) = &statement.resources else { return Err(MalformedPolicy::Resource) };
    let mut parts = arn.splitn(6, ':');
    let head: [&str; 5] = std::array::from_fn(|_| parts.next().unwrap_or_default());
    let relative = parts.next().unwrap_or_default();
    let version = format!("{relative}:");
    let is_own = |pattern: &ArnPattern| {
        pattern.head().iter().zip(head).all(|(own, part)| own.may_match(part))
            && (pattern.relative.may_match(relative) || pattern.relative.may_start_with(&version))
    };
    if resources.patterns.iter().all(is_own) { Ok(()) } else { Err(MalformedPolicy::Resource) }
}

/// What a resource of a statement means.
struct Reached {
    bucket: bool,
    objects: bool,
}

impl Reached {
    fn of(pattern: &ArnPattern, of: Of<'_>) -> Reached {
        let (head, relative, objects) = match of {
            // ARNs of buckets name neither region nor account.
            Of::Bucket(bucket) => (["arn", "aws", "s3", "", ""], bucket, format!("{bucket}/")),
            Of::AccessPoint(arn) => {
                let mut parts = arn.splitn(6, ':');
                let head = std::array::from_fn(|_| parts.next().unwrap_or_default());
                let relative = parts.next().unwrap_or_default();
                (head, relative, format!("{relative}/object/"))
            }
        };
        let is_own = pattern.head().iter().zip(head).all(|(own, part)| own.may_match(part));
        Reached {
            bucket: is_own && pattern.relative.may_match(relative),
            objects: is_own && pattern.relative.may_start_with(&objects),
        }
    }
}

/// Each action must be about a resource of the statement. Of an action with wildcards, it is enough
/// that one of the actions it means is.
fn check_actions(
    actions: &[ActionPattern],
    resources: &Resources,
    reached: &[Reached],
) -> Result<(), MalformedPolicy> {
    // `NotResource` means everything else, which includes buckets and objects.
    let bucket = resources.except || reached.iter().any(|reached| reached.bucket);
    let objects = resources.except || reached.iter().any(|reached| reached.objects);
    let has_resource = |action: &ActionPattern| {
        action.known().any(|(_, level)| match level {
            Level::Bucket => bucket,
            Level::Object => objects,
            Level::Account => false,
        })
    };
    let all = actions.iter().all(|action| &*action.text == "*" || has_resource(action));
    if all { Ok(()) } else { Err(MalformedPolicy::ActionWithoutResource) }
}

/// S3 must know each key, and requests of each action must carry it. Of an action with wildcards,
/// it is enough that one of the actions it means does.
fn check_conditions(statement: &Statement) -> Result<(), MalformedPolicy> {
    // Many keys have the same carriers: these are checked once.
    let mut checked: Vec<&[&str]> = Vec::new();
    for condition in &statement.conditions {
        let key = &condition.key;
        // AWS adds global keys over time, so all names with `aws:` pass.
        let is_global = key.name().starts_with("aws:");
        let is_of_s3 = key.name().starts_with("s3:") && key.id() != KeyId::Other;
        if !is_global && !is_of_s3 {
            return Err(MalformedPolicy::ConditionKey);
        }
        let Carried::By(carriers) = key.id().carried() else { continue };
        // The actions of a bucket's policy are all of S3.
        if is_global || carriers.contains(&"s3:*") {
            continue;
        }
        if checked.contains(&carriers) {
            continue;
        }
        checked.push(carriers);
        let carriers = ActionSet::named(carriers);
        let carried = |action: &ActionPattern| &*action.text == "*" || action.known.meets(carriers);
        if !statement.actions.except && !statement.actions.patterns.iter().all(carried) {
            return Err(MalformedPolicy::ConditionNotCarried);
        }
    }
    Ok(())
}
