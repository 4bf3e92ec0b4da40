//! STS: temporary credentials, and who a principal is.
//!
//! <https://docs.aws.amazon.com/STS/latest/APIReference/welcome.html>

use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::policy;
use gateway::xml::XmlWriter;
use sdk::{Identity, IdentityKind, Session, vault};

use crate::entities;
use crate::form::invalid;
use crate::mfa::shown;
use crate::names;
use crate::records::{Entity, Kind};
use crate::reply::Reply;
use crate::request::Request;
use crate::rows;

/// The shortest session, in seconds.
const SECONDS_MIN: u32 = 900;
/// The longest of a user.
const SECONDS_MAX: u32 = 129_600;
/// The longest of a root user, and of a role that a session of a role assumes.
const SECONDS_MAX_SHORT: u32 = 3600;
/// Bytes of all session policies together, and managed policies among them.
const POLICY_BYTES_MAX: usize = 2048;
const POLICY_ARNS_MAX: usize = 10;

/// GetCallerIdentity
pub(crate) fn caller_identity(request: &Request) -> Result<Reply> {
    let mut xml = request.result();
    xml.text("Arn", &request.principal.arn);
    xml.text("UserId", &request.principal.unique_id);
    xml.text("Account", request.account());
    Ok(Reply::of(xml))
}

/// GetAccessKeyInfo: whose account an access key is of.
pub(crate) fn access_key_info(request: &Request) -> Result<Reply> {
    let id = request.form.required("AccessKeyId")?;
    let account = match rows::access_key(id)? {
        Some(row) => row.record.account,
        None if id == request.principal.access_key_id => request.account().to_owned(),
        None => return Err(invalid(format!("The access key {id} is not known."))),
    };
    let mut xml = request.result();
    xml.text("Account", &account);
    Ok(Reply::of(xml))
}

/// What every kind of session starts from.
pub(crate) fn session(request: &Request, seconds: u32) -> Session {
    Session {
        issuer_kind: request.principal.kind,
        issuer_arn: request.principal.arn.clone(),
        issuer_id: request.principal.unique_id.clone(),
        parent_key_id: request.principal.access_key_id.clone(),
        policies: Vec::new(),
        policy_arns: Vec::new(),
        tags: Vec::new(),
        transitive_tags: Vec::new(),
        source_identity: None,
        multi_factor: request.has_second_factor,
        issued_ms: request.now_ms,
        // In whole seconds, as the reply shows it.
        expires_ms: (request.now_ms / 1000 + u64::from(seconds)) * 1000,
        context: Vec::new(),
    }
}

/// Reads the policies that limit a session: a document, and ARNs of managed policies.
pub(crate) fn limit(request: &Request, session: &mut Session) -> Result<()> {
    if request.form.get("Policy").is_some() {
        let text = entities::document(request, "Policy", policy::Kind::Session)?;
        session.policies.push(text.to_owned());
    }
    session.policy_arns = request.form.members("PolicyArns", ".arn").into_iter().map(str::to_owned).collect();
    let bytes: usize = session.policies.iter().chain(&session.policy_arns).map(String::len).sum();
    if bytes > POLICY_BYTES_MAX || session.policy_arns.len() > POLICY_ARNS_MAX {
        return Err(ErrorCode::PackedPolicyTooLarge.into());
    }
    Ok(())
}

/// What the session of a role is called.
pub(crate) fn session_name(request: &Request) -> Result<&str> {
    let name = request.form.name("RoleSessionName", 64)?;
    if name.len() >= 2 {
        return Ok(name);
    }
    Err(invalid(format!(
        "1 validation error detected: Value '{name}' at 'roleSessionName' failed to satisfy constraint: Member must have \
         length greater than or equal to 2"
    )))
}

/// How many seconds a session of a role lasts. `ValidationError` for more than the role allows.
pub(crate) fn role_seconds(request: &Request, role: &Entity) -> Result<u32> {
    let seconds = request.form.number("DurationSeconds", SECONDS_MIN, 43_200)?.unwrap_or(3600);
    if seconds <= role.session_seconds_max {
        return Ok(seconds);
    }
    Err(invalid("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.".to_owned()))
}

/// The principal of a session of a role.
pub(crate) fn role_session(request: &Request, account: &str, role: &Entity, name: &str) -> Identity {
    Identity {
        kind: IdentityKind::AssumedRole,
        account: account.to_owned(),
        user: String::new(),
        unique_id: format!("{}:{name}", role.id),
        arn: format!("arn:aws:sts::{account}:assumed-role/{}/{name}", role.name),
        ..request.principal.clone()
    }
}

/// AssumeRole: <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>. `policy`
/// has decided by the role's trust policy.
pub(crate) fn assume_role(request: &Request) -> Result<Reply> {
    let arn = request.form.required("RoleArn")?;
    let name = session_name(request)?;
    shown::check_verified(request)?;
    let (account, _, role) = names::split_arn(arn, "role").ok_or(ErrorCode::AccessDenied)?;
    let role = rows::find(account, Kind::Role, role)?.ok_or(ErrorCode::AccessDenied)?.record;
    let is_chained = request.principal.kind == IdentityKind::AssumedRole;
    let seconds = role_seconds(request, &role)?;
    if is_chained && seconds > SECONDS_MAX_SHORT {
        return Err(invalid(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"
                .to_owned(),
        ));
    }
    let mut session = Session {
        issuer_kind: IdentityKind::AssumedRole,
        issuer_arn: names::entity_arn(account, &role),
        issuer_id: role.id.clone(),
        source_identity: request.form.get("SourceIdentity").map(str::to_owned),
        ..session(request, seconds)
    };
    limit(request, &mut session)?;
    session.tags = request.form.tags()?;
    session.transitive_tags =
        request.form.members("TransitiveTagKeys", "").into_iter().map(str::to_owned).collect();
    inherit(request, &mut session);
    let identity = role_session(request, account, &role, name);
    let mut xml = request.result();
    write_credentials(&mut xml, &identity, &session);
    xml.open("AssumedRoleUser");
    xml.text("AssumedRoleId", &identity.unique_id);
    xml.text("Arn", &identity.arn);
    xml.close("AssumedRoleUser");
    if let Some(source) = &session.source_identity {
        xml.text("SourceIdentity", source);
    }
    xml.number("PackedPolicySize", packed(&session));
    Ok(Reply::of(xml))
}

/// Passes the transitive tags on from session to session, and the source identity, which cannot be
/// taken off.
fn inherit(request: &Request, session: &mut Session) {
    let Some(former) = &request.session else { return };
    for key in &former.transitive_tags {
        if let Some(tag) = former.tags.iter().find(|(own, _)| own.eq_ignore_ascii_case(key)) {
            session.tags.retain(|(own, _)| !own.eq_ignore_ascii_case(key));
            session.tags.push(tag.clone());
        }
        if !session.transitive_tags.contains(key) {
            session.transitive_tags.push(key.clone());
        }
    }
    if former.source_identity.is_some() {
        session.source_identity.clone_from(&former.source_identity);
    }
}

/// GetSessionToken: <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html>
pub(crate) fn session_token(request: &Request) -> Result<Reply> {
    if request.session.is_some() {
        return Err(S3Error::new(ErrorCode::AccessDenied)
            .message("Cannot call GetSessionToken with session credentials"));
    }
    shown::check_verified(request)?;
    let seconds = duration(request)?;
    let mut xml = request.result();
    write_credentials(&mut xml, &request.principal, &session(request, seconds));
    Ok(Reply::of(xml))
}

/// How many seconds a session of a user lasts. One of a root user is short, whatever it requests.
fn duration(request: &Request) -> Result<u32> {
    let is_root = request.principal.kind == IdentityKind::Root;
    let seconds = request.form.number("DurationSeconds", SECONDS_MIN, SECONDS_MAX)?.unwrap_or(43_200);
    Ok(if is_root { seconds.min(SECONDS_MAX_SHORT) } else { seconds })
}

/// GetFederationToken:
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html>
pub(crate) fn federation_token(request: &Request) -> Result<Reply> {
    if request.session.is_some() {
        return Err(S3Error::new(ErrorCode::AccessDenied)
            .message("Cannot call GetFederationToken with session credentials"));
    }
    let name = request.form.name("Name", 32)?;
    let mut session = session(request, duration(request)?);
    limit(request, &mut session)?;
    session.tags = request.form.tags()?;
    let account = request.account();
    let identity = Identity {
        kind: IdentityKind::FederatedUser,
        user: String::new(),
        unique_id: format!("{account}:{name}"),
        arn: format!("arn:aws:sts::{account}:federated-user/{name}"),
        ..request.principal.clone()
    };
    let mut xml = request.result();
    write_credentials(&mut xml, &identity, &session);
    xml.open("FederatedUser");
    xml.text("FederatedUserId", &identity.unique_id);
    xml.text("Arn", &identity.arn);
    xml.close("FederatedUser");
    xml.number("PackedPolicySize", packed(&session));
    Ok(Reply::of(xml))
}

pub(crate) fn write_credentials(xml: &mut XmlWriter, identity: &Identity, session: &Session) {
    let made = vault::seal_session(identity, session);
    xml.open("Credentials");
    xml.text("AccessKeyId", &made.access_key_id);
    xml.text("SecretAccessKey", &made.secret);
    xml.text("SessionToken", &made.token);
    xml.text("Expiration", &names::date(session.expires_ms));
    xml.close("Credentials");
}

/// How much of the room for policies and tags is used, in percent.
pub(crate) fn packed(session: &Session) -> u64 {
    let policies = session.policies.iter().chain(&session.policy_arns).map(String::len);
    let tags = session.tags.iter().map(|(key, value)| key.len() + value.len());
    (policies.chain(tags).sum::<usize>() * 100).div_ceil(POLICY_BYTES_MAX) as u64
}
