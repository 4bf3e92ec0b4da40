//! What a transform is told of a request, and what stands for all of that.

use sha2::{Digest as _, Sha256};

use crate::hex;
use crate::pipeline::bindings::calls::{
    FunctionCode, Principal, TransformPlan, TransformedObject, Transformer,
};
use crate::pipeline::call::CallState;
use crate::transforms::bindings::types::{Caller, Context, Object, UserRequest};

/// Headers that a transform never sees: what proves who sends the request, and keys of objects.
const SECRET_HEADERS: [&str; 4] =
    ["authorization", "proxy-authorization", "x-amz-security-token", "x-amz-mfa"];
/// Part of the names of headers and parameters that hold keys of objects.
const CUSTOMER_KEY: &str = "server-side-encryption-customer-key";
/// Parameters of signatures.
const SECRET_PARAMETERS: [&str; 9] = [
    "x-amz-algorithm",
    "x-amz-credential",
    "x-amz-date",
    "x-amz-expires",
    "x-amz-security-token",
    "x-amz-signature",
    "x-amz-signedheaders",
    "awsaccesskeyid",
    "signature",
];
/// Digits of a derived ETag.
const ETAG_DIGITS: usize = 32;

/// What a transform is told of a call. A function that says what it depends on is told of nothing
/// else.
pub(super) fn of(call: &CallState, plan: &TransformPlan) -> Context {
    let target = call.facts.target.as_ref();
    let TransformedObject { version_id, size, etag, content_type, last_modified_ms, metadata } =
        plan.object.clone();
    let context = Context {
        request_id: call.request_id.clone(),
        bucket: target.and_then(|target| target.bucket.clone()).unwrap_or_default(),
        key: target.and_then(|target| target.key.clone()).unwrap_or_default(),
        object: Object { version_id, size, etag, content_type, last_modified_ms, metadata, tags: Vec::new() },
        caller: caller(call),
        request: request(call),
        payload: plan.payload.clone(),
        access_point_arn: plan.access_point_arn.clone(),
        range: plan.range.clone(),
        part_number: plan.part_number,
        now_ms: call.received_ms,
    };
    match &plan.transformer {
        Transformer::Function(FunctionCode { vary: Some(vary), .. }) => shown(context, vary),
        _ => context,
    }
}

fn caller(call: &CallState) -> Option<Caller> {
    let Some(Principal::Authenticated(identity)) = &call.facts.principal else { return None };
    let tags = call.facts.session.as_ref().map(|session| session.tags.clone());
    Some(Caller {
        account: identity.account.clone(),
        arn: identity.arn.clone(),
        user_id: identity.unique_id.clone(),
        session_tags: tags.unwrap_or_default(),
    })
}

fn request(call: &CallState) -> UserRequest {
    let is_shown = |name: &str| !SECRET_HEADERS.contains(&name) && !name.contains(CUSTOMER_KEY);
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    let headers = call.headers.iter().filter(|(name, _)| is_shown(name.as_str()));
    let headers = headers.map(|(name, value)| (name.as_str().to_owned(), text(value.as_bytes()))).collect();
    let parameters = parameters(call.uri.query().unwrap_or_default());
    let host = call.header("host").unwrap_or_default();
    let scheme = if call.tls.is_some() { "https" } else { "http" };
    UserRequest {
        method: call.method.as_str().to_owned(),
        url: url(&format!("{scheme}://{host}{}", call.uri.path()), &parameters),
        headers,
        query: parameters.iter().map(Parameter::decoded).collect(),
    }
}

/// A parameter of the URL, as it was sent.
struct Parameter<'a> {
    text: &'a str,
    name: String,
}

impl Parameter<'_> {
    fn decoded(&self) -> (String, String) {
        let value = self.text.split_once('=').map_or("", |(_, value)| value);
        (self.name.clone(), decoded(value))
    }
}

fn decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

/// The parameters of a URL without those that prove who sends it, or hold a key.
fn parameters(query: &str) -> Vec<Parameter<'_>> {
    let parameter = |text| {
        let name = decoded(str::split(text, '=').next().unwrap_or_default());
        let lower = name.to_ascii_lowercase();
        let is_shown = !SECRET_PARAMETERS.contains(&lower.as_str()) && !lower.contains(CUSTOMER_KEY);
        is_shown.then_some(Parameter { text, name })
    };
    query.split('&').filter(|text| !text.is_empty()).filter_map(parameter).collect()
}

fn url(start: &str, parameters: &[Parameter<'_>]) -> String {
    let mut url = start.to_owned();
    for (at, parameter) in parameters.iter().enumerate() {
        url.push(if at == 0 { '?' } else { '&' });
        url.push_str(parameter.text);
    }
    url
}

/// The context without what the function does not say that it depends on.
fn shown(context: Context, vary: &[String]) -> Context {
    let names =
        |kind: &str| -> Vec<&str> { vary.iter().filter_map(|word| word.strip_prefix(kind)).collect() };
    let (shown_query, shown_headers) = (names("query:"), names("header:"));
    let request = context.request;
    let query: Vec<_> =
        request.query.into_iter().filter(|(name, _)| shown_query.contains(&name.as_str())).collect();
    let headers =
        request.headers.into_iter().filter(|(name, _)| shown_headers.contains(&name.as_str())).collect();
    Context {
        caller: context.caller.filter(|_| vary.iter().any(|word| word == "caller")),
        request: UserRequest { method: "GET".to_owned(), url: String::new(), headers, query },
        now_ms: context.object.last_modified_ms,
        ..context
    }
}

/// What stands for everything that a function was shown, where it depends on nothing else. Ranges
/// that the server applies are no part of it.
pub(super) fn variant(function: &FunctionCode, payload: &str, context: &Context) -> Option<[u8; 32]> {
    function.vary.as_ref()?;
    let mut hasher = Sha256::new();
    let mut add = |text: &str| {
        hasher.update((text.len() as u64).to_be_bytes());
        hasher.update(text);
    };
    let Context { bucket, key, object, caller, request, access_point_arn, range, part_number, .. } = context;
    let object_facts = [
        object.version_id.as_deref().unwrap_or_default(),
        &object.etag,
        object.content_type.as_deref().unwrap_or_default(),
        access_point_arn.as_deref().unwrap_or_default(),
        range.as_deref().unwrap_or_default(),
    ];
    for text in [function.arn.as_str(), &function.digest, &function.settings, payload, bucket, key] {
        add(text);
    }
    object_facts.into_iter().for_each(&mut add);
    add(&format!("{} {} {part_number:?}", object.size, object.last_modified_ms));
    if let Some(Caller { account, arn, user_id, session_tags }) = caller {
        [account, arn, user_id].into_iter().for_each(|text| add(text));
        add_fields(session_tags, &mut add);
    }
    for fields in [&object.metadata, &object.tags, &request.headers, &request.query] {
        add_fields(fields, &mut add);
    }
    Some(hasher.finalize().into())
}

fn add_fields(fields: &[(String, String)], add: &mut impl FnMut(&str)) {
    add(&fields.len().to_string());
    for (name, value) in fields {
        add(name);
        add(value);
    }
}

/// The ETag of a variant.
pub(super) fn etag(variant: &[u8; 32]) -> String {
    let mut text = hex::text(variant);
    text.truncate(ETAG_DIGITS);
    text
}
