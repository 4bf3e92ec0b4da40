//! The policy of a function, which AddPermission and RemovePermission change statement by
//! statement.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html>

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{conflict, invalid, not_found};
use crate::errors::{ErrorCode, Result, S3Error};
use crate::identity::account::Account;
use crate::policy::{Kind, Policy, actions};

/// Bytes of a policy.
const POLICY_BYTES_MAX: usize = 20 << 10;
/// Bytes of the id of a statement.
const ID_BYTES_MAX: usize = 100;
/// Bytes of everything else that a statement names.
const TEXT_BYTES_MAX: usize = 512;

/// The document of AddPermission.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct PermissionInput {
    statement_id: String,
    action: String,
    /// Who is allowed.
    pub principal: String,
    source_arn: Option<String>,
    source_account: Option<String>,
    #[serde(rename = "PrincipalOrgID")]
    principal_organization: Option<String>,
    event_source_token: Option<String>,
    function_url_auth_type: Option<String>,
    invoked_via_function_url: Option<bool>,
    /// What the policy has to be at.
    pub revision_id: Option<String>,
}

impl PermissionInput {
    /// The statement: it allows the action on a function, a version or an alias.
    /// `InvalidParameterValueException`; `PublicPolicyException` for one that allows everybody, as
    /// AWS refuses it where public access is blocked, which it always is here.
    pub fn statement(&self, arn: &str) -> Result<Value> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if !(1..=ID_BYTES_MAX).contains(&self.statement_id.len()) || !self.statement_id.bytes().all(plain) {
            return Err(invalid("StatementId has 1 to 100 letters, digits, hyphens and underscores."));
        }
        if !is_action(&self.action) {
            return Err(invalid("Action must be one of Lambda, as lambda:InvokeFunction, or lambda:* or *."));
        }
        if self.event_source_token.is_some()
            || self.function_url_auth_type.is_some()
            || self.invoked_via_function_url.is_some()
            || self.principal_organization.is_some()
        {
            return Err(invalid(
                "EventSourceToken, FunctionUrlAuthType, InvokedViaFunctionUrl and PrincipalOrgID are not supported.",
            ));
        }
        let texts = [Some(&self.principal), self.source_arn.as_ref(), self.source_account.as_ref()];
        if texts.into_iter().flatten().any(|text| text.is_empty() || text.len() > TEXT_BYTES_MAX) {
            return Err(invalid("Principal, SourceArn and SourceAccount have 1 to 512 bytes."));
        }
        if self.principal == "*" && self.source_account.is_none() && self.source_arn.is_none() {
            return Err(S3Error::new(ErrorCode::PublicPolicyException).message(
                "The principal * without SourceAccount or SourceArn lets everybody invoke the function: name an \
                 account, a user or a role.",
            ));
        }
        let mut statement = json!({
            "Sid": self.statement_id,
            "Effect": "Allow",
            "Principal": principal(&self.principal)?,
            "Action": self.action,
            "Resource": arn,
        });
        let mut conditions = Map::new();
        if let Some(account) = &self.source_account {
            conditions.insert("StringEquals".to_owned(), json!({ "AWS:SourceAccount": account }));
        }
        if let Some(source) = &self.source_arn {
            conditions.insert("ArnLike".to_owned(), json!({ "AWS:SourceArn": source }));
        }
        if let Some(fields) = statement.as_object_mut().filter(|_| !conditions.is_empty()) {
            fields.insert("Condition".to_owned(), Value::Object(conditions));
        }
        Ok(statement)
    }
}

/// Whether an action is one of Lambda, or several.
fn is_action(action: &str) -> bool {
    matches!(action, "*" | "lambda:*") || actions::lambda::ACTIONS.contains(&action)
}

/// A principal as policies have it: an account, a user, a role, a service, or everybody.
fn principal(text: &str) -> Result<Value> {
    if text == "*" {
        return Ok(json!("*"));
    }
    if Account::parse(text).is_some() {
        return Ok(json!({ "AWS": format!("arn:aws:iam::{text}:root") }));
    }
    if text.starts_with("arn:") {
        return Ok(json!({ "AWS": text }));
    }
    match text.ends_with(".amazonaws.com") {
        true => Ok(json!({ "Service": text })),
        false => {
            Err(invalid("The provided principal was invalid. Please check the principal and try again."))
        }
    }
}

/// The policy of a function with a statement added. `ResourceConflictException` for an id that is
/// taken, `PolicyLengthExceededException`
pub fn add(arn: &str, policy: Option<&str>, statement: Value) -> Result<String> {
    let mut statements = read(policy)?;
    let is_same =
        |other: &&Value| (id_of(other), resource_of(other)) == (id_of(&statement), resource_of(&statement));
    if let Some(id) = statements.iter().find(is_same).and_then(id_of) {
        return Err(conflict(format!(
            "The statement id ({id}) provided already exists. Please provide a new statement id, or remove the \
             existing statement."
        )));
    }
    statements.push(statement);
    let text = write(statements);
    // Where a policy cannot be read, nobody is allowed anything.
    Policy::parse(Kind::Function(arn), &text).map_err(|_| {
        invalid("The provided principal was invalid. Please check the principal and try again.")
    })?;
    match text.len() <= POLICY_BYTES_MAX {
        true => Ok(text),
        false => Err(ErrorCode::PolicyLengthExceededException.into()),
    }
}

/// What a policy says of a function, a version or an alias; `None` where that is nothing.
pub fn of(policy: &str, arn: &str) -> Result<Option<String>> {
    let mut statements = read(Some(policy))?;
    statements.retain(|statement| resource_of(statement) == Some(arn));
    Ok((!statements.is_empty()).then(|| write(statements)))
}

/// A policy without a statement about a function, a version or an alias; `None` where it was the
/// last one. `ResourceNotFoundException`
pub fn remove(policy: Option<&str>, id: &str, arn: &str) -> Result<Option<String>> {
    let mut statements = read(policy)?;
    let before = statements.len();
    statements.retain(|statement| (id_of(statement), resource_of(statement)) != (Some(id), Some(arn)));
    if statements.len() == before {
        return Err(not_found(format!("Statement {id} is not found in resource policy.")));
    }
    Ok((!statements.is_empty()).then(|| write(statements)))
}

/// Whom a statement allows, as AddPermission was told; `None` where there is no such statement.
pub fn principal_of(policy: Option<&str>, id: &str, arn: &str) -> Result<Option<String>> {
    let statements = read(policy)?;
    let is_it = |own: &&Value| (id_of(own), resource_of(own)) == (Some(id), Some(arn));
    let principal = statements.iter().find(is_it).and_then(|statement| statement.get("Principal"));
    let text = principal.and_then(|own| own.as_str().or_else(|| own.as_object()?.values().next()?.as_str()));
    let account = |text: &str| {
        let rest = text.strip_prefix("arn:aws:iam::")?.strip_suffix(":root")?;
        Account::parse(rest).map(|account| account.to_string())
    };
    Ok(text.map(|text| account(text).unwrap_or_else(|| text.to_owned())))
}

fn id_of(statement: &Value) -> Option<&str> {
    statement.get("Sid")?.as_str()
}

fn resource_of(statement: &Value) -> Option<&str> {
    statement.get("Resource")?.as_str()
}

fn read(policy: Option<&str>) -> Result<Vec<Value>> {
    let Some(policy) = policy else { return Ok(Vec::new()) };
    let parsed: Value = serde_json::from_str(policy).map_err(|_| ErrorCode::InternalError)?;
    Ok(parsed.get("Statement").and_then(Value::as_array).cloned().unwrap_or_default())
}

fn write(statements: Vec<Value>) -> String {
    json!({ "Version": "2012-10-17", "Id": "default", "Statement": statements }).to_string()
}
