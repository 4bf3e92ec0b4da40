//! AssumeRoleWithWebIdentity: a role for the holder of a token of a provider that the role's
//! account knows.
//!
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html>
//!
//! Such a call needs no signature. The token says who the principal is, before `policy` decides
//! whether the role trusts it. What the token says goes into the needed access of the call, and the
//! session is made from there. So the session has exactly what was decided on.

pub(crate) mod oidc;

use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::identity::web_identity::{
    Claims, Keys, PublicKey, Rejected, TOKEN_LENGTH_MAX, Token, keys, provider,
};
use sdk::keys::{PublicKey as Published, RsaKey, verify_published};
use sdk::{Call, Fetch, Fetched, IdentityKind, NeededAccess, Session, Unfetched, Work};

use crate::form::invalid;
use crate::records::{Kind, Tags};
use crate::reply::Reply;
use crate::request::Request;
use crate::{names, rows, sts};

/// How old what a provider publishes may be, before it is fetched again.
const PUBLISHED_SECONDS_MAX: u32 = 3600;
/// Bytes of the condition keys that a session keeps of its token. They are limited because a
/// session travels in a header.
const CONTEXT_BYTES_MAX: usize = 4096;

const ACTION: &str = "sts:AssumeRoleWithWebIdentity";
const REQUEST_TAG: &str = "aws:RequestTag/";
const TRANSITIVE_TAGS: &str = "sts:TransitiveTagKeys";
const SOURCE_IDENTITY: &str = "sts:SourceIdentity";

/// Finds the principal in the token, and sets the needed access of the call.
/// `InvalidIdentityToken`, `ExpiredTokenException`, `IDPCommunicationError`, `IDPRejectedClaim`,
/// `ValidationError`.
pub(crate) async fn plan(call: Call, request: Request) -> Result<()> {
    let arn = request.form.required("RoleArn")?;
    let (account, _, role) = names::split_arn(arn, "role").ok_or_else(denied)?;
    sts::session_name(&request)?;
    let token = Token::parse(token(&request)?)?;
    let claims = token.claims()?;
    let name = provider::name(&claims.issuer);
    let found = rows::oidc(account, name)?.map(|row| row.record);
    let known = found.filter(|known| provider::is_same(&known.url, &claims.issuer));
    let known = known.ok_or_else(|| Rejected::Provider(claims.issuer.clone()))?;
    // What costs nothing comes first: a token that cannot be taken must not cause a fetch.
    claims.check_time(request.now_ms)?;
    let client = claims.client(&known.client_ids)?;
    verify(&call, &known.url, &token).await?;
    let needed = NeededAccess {
        actions: actions(&claims),
        arn: arn.to_owned(),
        owner: account.to_owned(),
        context: context(&request, &claims, name, client, role_tags(account, role)?),
        provider: Some(oidc::arn(account, &known)),
    };
    call.set_needed_access(&needed);
    Ok(())
}

/// The token of a call. `ValidationError`
fn token(request: &Request) -> Result<&str> {
    if let Some(id) = request.form.get("ProviderId") {
        return Err(invalid(format!(
            "The ProviderId {id} is not supported; OpenID Connect providers take none."
        )));
    }
    let token = request.form.required("WebIdentityToken")?;
    let wrong = |relation: &str, bound: usize| {
        invalid(format!(
            "1 validation error detected: Value at 'webIdentityToken' failed to satisfy constraint: Member must have \
             length {relation} than or equal to {bound}"
        ))
    };
    match token.len() {
        0..4 => Err(wrong("greater", 4)),
        4..=TOKEN_LENGTH_MAX => Ok(token),
        _ => Err(wrong("less", TOKEN_LENGTH_MAX)),
    }
}

/// Tags of a session and its source identity need an action of their own.
fn actions(claims: &Claims) -> Vec<String> {
    let mut actions = vec![ACTION.to_owned()];
    if !claims.tags.is_empty() {
        actions.push("sts:TagSession".to_owned());
    }
    if claims.source_identity.is_some() {
        actions.push("sts:SetSourceIdentity".to_owned());
    }
    actions
}

fn role_tags(account: &str, role: &str) -> Result<Tags> {
    Ok(rows::find(account, Kind::Role, role)?.map(|row| row.record.tags).unwrap_or_default())
}

/// The condition keys of the call: what the token says, what the call says of its session, and the
/// role's tags.
fn context(
    request: &Request,
    claims: &Claims,
    provider: &str,
    client: &str,
    role_tags: Tags,
) -> Vec<(String, Vec<String>)> {
    let mut context = claims.context(provider, client);
    for (parameter, key) in
        [("RoleSessionName", "sts:RoleSessionName"), ("DurationSeconds", "sts:DurationSeconds")]
    {
        if let Some(value) = request.form.get(parameter) {
            context.push((key.to_owned(), vec![value.to_owned()]));
        }
    }
    if let Some(source) = &claims.source_identity {
        context.push((SOURCE_IDENTITY.to_owned(), vec![source.clone()]));
    }
    if !claims.tags.is_empty() {
        context.push(("aws:TagKeys".to_owned(), claims.tags.iter().map(|(key, _)| key.clone()).collect()));
    }
    for (key, value) in &claims.tags {
        context.push((format!("{REQUEST_TAG}{key}"), vec![value.clone()]));
    }
    if !claims.transitive_tags.is_empty() {
        context.push((TRANSITIVE_TAGS.to_owned(), claims.transitive_tags.clone()));
    }
    for (key, value) in role_tags {
        context.push((format!("aws:ResourceTag/{key}"), vec![value.clone()]));
        context.push((format!("iam:ResourceTag/{key}"), vec![value]));
    }
    context
}

/// Verifies that the provider signed a token. A key that is not among those fetched before may be a
/// new one: then the keys are fetched again, as often as the host allows.
async fn verify(call: &Call, url: &str, token: &Token) -> Result<()> {
    let mut rejected = Rejected::Key;
    for age_seconds_max in [PUBLISHED_SECONDS_MAX, 0] {
        let keys = published(call, url, age_seconds_max).await?;
        let candidates = keys.candidates(token);
        if candidates.iter().any(|key| is_signed(token, key)) {
            return Ok(());
        }
        if !candidates.is_empty() {
            rejected = Rejected::Signature;
        }
    }
    Err(rejected.into())
}

fn is_signed(token: &Token, key: &PublicKey) -> bool {
    let key = match key {
        PublicKey::Rsa { modulus, exponent } => {
            Published::Rsa(RsaKey { modulus: modulus.clone(), exponent: exponent.clone() })
        }
        PublicKey::P256 { point } => Published::P256(point.clone()),
    };
    verify_published(&key, token.signed.as_bytes(), &token.signature)
}

/// The keys of a provider.
async fn published(call: &Call, url: &str, age_seconds_max: u32) -> Result<Keys> {
    let discovery = provider::discovery_address(url);
    let discovery = fetch(call, discovery, provider::DISCOVERY_LENGTH_MAX, PUBLISHED_SECONDS_MAX).await?;
    let address = provider::keys_address(url, &discovery)?;
    Ok(Keys::parse(&fetch(call, address, keys::KEYS_LENGTH_MAX, age_seconds_max).await?)?)
}

/// What a provider publishes.
async fn fetch(call: &Call, url: String, length_max: usize, age_seconds_max: u32) -> Result<Vec<u8>> {
    let length_max = u32::try_from(length_max).unwrap_or(u32::MAX);
    match call.fetch(&Fetch { url, length_max, age_seconds_max }).await {
        Ok(Fetched { status: 200, body }) => Ok(body),
        Ok(Fetched { status: 401 | 403, .. }) => Err(ErrorCode::IDPRejectedClaim.into()),
        Ok(Fetched { status: 500.., .. }) => Err(ErrorCode::IDPCommunicationError.into()),
        // A redirection is not followed: a provider says in its own document where its keys are.
        Ok(_) | Err(Unfetched::TooLong) => Err(Rejected::Key.into()),
        Err(Unfetched::Forbidden | Unfetched::Unreachable) => Err(ErrorCode::IDPCommunicationError.into()),
    }
}

/// AssumeRoleWithWebIdentity, once `policy` has decided by the role's trust policy.
pub(crate) fn assume(request: &Request) -> Result<Reply> {
    let needed = request.needed_access.as_ref().ok_or_else(denied)?;
    let provider_arn = needed.provider.as_deref().ok_or_else(denied)?;
    let (account, role_path, role_name) = names::split_arn(&needed.arn, "role").ok_or_else(denied)?;
    let role = rows::find(account, Kind::Role, role_name)?.ok_or_else(denied)?.record;
    // The row was found by the name alone, and the ARN names the path as well.
    if role.path != role_path {
        return Err(denied());
    }
    let seconds = sts::role_seconds(request, &role)?;
    let name = sts::session_name(request)?;
    let identity = sts::role_session(request, account, &role, name);
    let (_, provider) = provider_arn.split_once(":oidc-provider/").ok_or_else(denied)?;
    let claim = |key: &str| one(needed, &format!("{provider}:{key}"));
    let mut session = Session {
        issuer_kind: IdentityKind::AssumedRole,
        issuer_arn: names::entity_arn(account, &role),
        issuer_id: role.id.clone(),
        tags: request_tags(needed),
        transitive_tags: values(needed, TRANSITIVE_TAGS).to_vec(),
        source_identity: one(needed, SOURCE_IDENTITY).map(str::to_owned),
        // A second factor at the provider is no device of an account here.
        multi_factor: false,
        context: session_context(needed, provider, provider_arn)?,
        ..sts::session(request, seconds)
    };
    sts::limit(request, &mut session)?;
    let mut xml = request.result();
    xml.text("SubjectFromWebIdentityToken", claim("sub").ok_or_else(denied)?);
    xml.text("Audience", claim("aud").ok_or_else(denied)?);
    xml.open("AssumedRoleUser");
    xml.text("AssumedRoleId", &identity.unique_id);
    xml.text("Arn", &identity.arn);
    xml.close("AssumedRoleUser");
    sts::write_credentials(&mut xml, &identity, &session);
    xml.text("Provider", provider_arn);
    if let Some(source) = &session.source_identity {
        xml.text("SourceIdentity", source);
    }
    xml.number("PackedPolicySize", sts::packed(&session));
    Ok(Reply::of(xml))
}

/// The values of a condition key on which `policy` decided.
fn values<'a>(needed: &'a NeededAccess, key: &str) -> &'a [String] {
    needed.context.iter().find(|(own, _)| own == key).map(|(_, values)| values.as_slice()).unwrap_or_default()
}

fn one<'a>(needed: &'a NeededAccess, key: &str) -> Option<&'a str> {
    values(needed, key).first().map(String::as_str)
}

fn request_tags(needed: &NeededAccess) -> Tags {
    let tags = needed.context.iter().filter_map(|(key, values)| {
        Some((key.strip_prefix(REQUEST_TAG)?.to_owned(), values.first()?.clone()))
    });
    tags.collect()
}

/// The condition keys that the session keeps: its provider, and what the token said.
/// `PackedPolicyTooLarge`
fn session_context(needed: &NeededAccess, provider: &str, arn: &str) -> Result<Vec<(String, Vec<String>)>> {
    let is_claim = |key: &str| key.strip_prefix(provider).is_some_and(|rest| rest.starts_with(':'));
    let claims = needed.context.iter().filter(|(key, _)| is_claim(key)).cloned();
    let mut context = vec![("aws:FederatedProvider".to_owned(), vec![arn.to_owned()])];
    context.extend(claims);
    let bytes =
        |(key, values): &(String, Vec<String>)| key.len() + values.iter().map(String::len).sum::<usize>();
    if context.iter().map(bytes).sum::<usize>() > CONTEXT_BYTES_MAX {
        return Err(ErrorCode::PackedPolicyTooLarge.into());
    }
    Ok(context)
}

/// The refusal for a role that does not exist, and for one that does not trust the principal.
fn denied() -> S3Error {
    S3Error::new(ErrorCode::AccessDenied).message(format!("Not authorized to perform {ACTION}"))
}

#[cfg(test)]
mod tests;
