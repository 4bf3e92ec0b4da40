//! The claims of a token, and whether they hold now and here.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif>

use super::Rejected;
use crate::object::tagging::Tags;
use crate::policy::json::Json;

/// Clocks differ: a token is taken this long after its end, and before its beginning, as by STS.
pub(super) const SKEW_SECONDS: u64 = 300;

/// Bytes of the name of a user, a client or a method.
const NAME_LENGTH_MAX: usize = 255;
/// Members of a list of names.
const NAMES_MAX: usize = 100;
/// Tags of a session.
const TAGS_MAX: usize = 50;

const TAGS: &str = "https://aws.amazon.com/tags";
const PRINCIPAL_TAGS: &str = "https://aws.amazon.com/tags/principal_tags/";
const TRANSITIVE_TAGS: &str = "https://aws.amazon.com/tags/transitive_tag_keys";
const SOURCE_IDENTITY: &str = "https://aws.amazon.com/source_identity";

/// The claims of a token that count here.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Claims {
    /// `iss`: the URL of the provider.
    pub issuer: String,
    /// `sub`: the user, as the provider names it.
    pub subject: String,
    /// `aud`: for whom the token is; one or several.
    pub audience: Vec<String>,
    /// `azp`: the client that requested it.
    pub authorized_party: Option<String>,
    /// `amr`: how the user was authenticated.
    pub methods: Vec<String>,
    /// `email`
    pub email: Option<String>,
    /// Tags of the session, and those of them that pass to the next one, by their keys.
    pub tags: Vec<(String, String)>,
    /// See `tags`.
    pub transitive_tags: Vec<String>,
    /// The source identity of the session.
    pub source_identity: Option<String>,
    /// Seconds since 1970.
    expires: u64,
    issued: u64,
    not_before: Option<u64>,
}

impl Claims {
    /// Reads the claims. `Claim` names the claim that is missing or malformed.
    pub(super) fn read(payload: &Json) -> Result<Claims, Rejected> {
        let seconds = |name| match payload.member(name) {
            None => Ok(None),
            Some(value) => seconds(value).map(Some).ok_or(Rejected::Claim(name)),
        };
        let text = |name| match payload.member(name) {
            None => Ok(None),
            Some(value) => name_of(value).map(Some).ok_or(Rejected::Claim(name)),
        };
        let (tags, transitive_tags) = session_tags(payload).ok_or(Rejected::Session(TAGS))?;
        let source_identity = match payload.member(SOURCE_IDENTITY) {
            None => None,
            Some(value) => Some(source_identity(value).ok_or(Rejected::Session(SOURCE_IDENTITY))?),
        };
        Ok(Claims {
            issuer: text("iss")?.ok_or(Rejected::Claim("iss"))?,
            subject: text("sub")?.ok_or(Rejected::Claim("sub"))?,
            audience: payload
                .member("aud")
                .and_then(names_of)
                .filter(|audience| !audience.is_empty())
                .ok_or(Rejected::Claim("aud"))?,
            authorized_party: text("azp")?,
            methods: match payload.member("amr") {
                None => Vec::new(),
                Some(value) => names_of(value).ok_or(Rejected::Claim("amr"))?,
            },
            email: text("email")?,
            tags,
            transitive_tags,
            source_identity,
            expires: seconds("exp")?.ok_or(Rejected::Claim("exp"))?,
            issued: seconds("iat")?.ok_or(Rejected::Claim("iat"))?,
            not_before: seconds("nbf")?,
        })
    }

    /// Checks that the token is valid now: `Expired`, `Early`.
    pub fn check_time(&self, now_ms: u64) -> Result<(), Rejected> {
        let now = now_ms / 1000;
        if now >= self.expires.saturating_add(SKEW_SECONDS) {
            return Err(Rejected::Expired(now, self.expires));
        }
        let begins = self.not_before.unwrap_or_default().max(self.issued);
        if begins > now.saturating_add(SKEW_SECONDS) { Err(Rejected::Early) } else { Ok(()) }
    }

    /// The client of the provider that the token is for: `azp` where there is one, else one of
    /// `aud`.
    pub fn client<'a>(&'a self, client_ids: &[String]) -> Result<&'a str, Rejected> {
        let is_client = |id: &&String| client_ids.contains(id);
        let client = match &self.authorized_party {
            Some(party) => Some(party).filter(is_client),
            None => self.audience.iter().find(is_client),
        };
        client.map(String::as_str).ok_or(Rejected::Audience)
    }

    /// The condition keys that the token gives: `ISSUER:sub`, where ISSUER is the provider's name.
    pub fn context(&self, provider: &str, client: &str) -> Vec<(String, Vec<String>)> {
        let mut context = Vec::new();
        let mut add = |key: &str, values: Vec<String>| context.push((format!("{provider}:{key}"), values));
        add("aud", vec![client.to_owned()]);
        add("sub", vec![self.subject.clone()]);
        if let Some(party) = &self.authorized_party {
            add("azp", vec![party.clone()]);
            // Where there is `azp`, it is `aud` of the condition keys, and the token's `aud` is
            // `oaud`.
            add("oaud", self.audience.clone());
        }
        if !self.methods.is_empty() {
            add("amr", self.methods.clone());
        }
        if let Some(email) = &self.email {
            add("email", vec![email.clone()]);
        }
        context
    }
}

/// A name: text that can be shown, not too long.
fn name_of(value: &Json) -> Option<String> {
    let text = value.text()?;
    let is_name = !text.is_empty() && text.len() <= NAME_LENGTH_MAX && !text.chars().any(char::is_control);
    is_name.then(|| text.to_owned())
}

/// A name, or a list of them.
fn names_of(value: &Json) -> Option<Vec<String>> {
    let items = value.items();
    if items.len() > NAMES_MAX { None } else { items.iter().map(name_of).collect() }
}

/// Whole seconds since 1970; a fraction is cut off.
fn seconds(value: &Json) -> Option<u64> {
    let Json::Number(text) = value else { return None };
    if let Ok(whole) = text.parse() {
        return Some(whole);
    }
    let seconds: f64 = text.parse().ok()?;
    // Larger numbers are not exact as floating-point numbers, and mean no time.
    (0.0..9e15).contains(&seconds).then_some(seconds as u64)
}

/// The tags of the session, nested or flat:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_adding-assume-role-idp>
fn session_tags(payload: &Json) -> Option<(Tags, Vec<String>)> {
    let mut tags: Tags = Vec::new();
    let mut transitive = Vec::new();
    let mut add = |key: &str, value: &Json| {
        // A list of exactly one value, or the value.
        let [value] = value.items() else { return None };
        let value = value.text()?;
        let is_new = !tags.iter().any(|(own, _)| own.eq_ignore_ascii_case(key));
        let is_tag = !key.is_empty() && is_tag_text(key, 128) && is_tag_text(value, 256);
        (is_new && is_tag && tags.len() < TAGS_MAX).then(|| tags.push((key.to_owned(), value.to_owned())))
    };
    let nested = payload.member(TAGS);
    if let Some(nested) = nested {
        nested.members()?;
        if let Some(principal) = nested.member("principal_tags") {
            principal.members()?.iter().try_for_each(|(key, value)| add(key, value))?;
        }
    }
    let members = payload.members().unwrap_or_default();
    let flat = members.iter().filter_map(|(name, value)| Some((name.strip_prefix(PRINCIPAL_TAGS)?, value)));
    for (key, value) in flat {
        add(key, value)?;
    }
    let lists =
        [nested.and_then(|nested| nested.member("transitive_tag_keys")), payload.member(TRANSITIVE_TAGS)];
    for list in lists.into_iter().flatten() {
        for key in list.items() {
            let key = key.text()?;
            // Only a tag of the session can be transitive.
            let is_tag = tags.iter().any(|(own, _)| own.eq_ignore_ascii_case(key));
            if !is_tag || transitive.len() >= TAGS_MAX {
                return None;
            }
            transitive.push(key.to_owned());
        }
    }
    Some((tags, transitive))
}

fn is_tag_text(text: &str, most: usize) -> bool {
    let is_letter = |letter: char| letter.is_alphanumeric() || letter == ' ' || "_.:/=+-@".contains(letter);
    text.chars().count() <= most && text.chars().all(is_letter)
}

fn source_identity(value: &Json) -> Option<String> {
    let text = value.text()?;
    let is_name = (2..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte));
    is_name.then(|| text.to_owned())
}
