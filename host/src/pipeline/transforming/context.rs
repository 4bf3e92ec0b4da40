//! What a transform is told of a request, and what stands for all of that.

use sha2::{Digest as _, Sha256};

use crate::hex;
use crate::pipeline::bindings::calls::{
    FunctionCode, ShownCaller, ShownRequest, TransformPlan, TransformedObject,
};
use crate::transforms::bindings::types::{Caller, Context, Object, UserRequest};

/// Digits of a derived ETag.
const ETAG_DIGITS: usize = 32;

/// What a transform is told, in the words of its contract.
pub(super) fn of(plan: &TransformPlan, request_id: String) -> Context {
    let TransformedObject { version_id, size, etag, content_type, last_modified_ms, metadata, tags } =
        plan.object.clone();
    let ShownRequest { method, url, headers, query } = plan.request.clone();
    let caller = |caller: ShownCaller| {
        let ShownCaller { account, arn, unique_id, session_tags } = caller;
        Caller { account, arn, user_id: unique_id, session_tags }
    };
    Context {
        request_id,
        bucket: plan.bucket.clone(),
        key: plan.key.clone(),
        object: Object { version_id, size, etag, content_type, last_modified_ms, metadata, tags },
        caller: plan.caller.clone().map(caller),
        request: UserRequest { method, url, headers, query },
        payload: plan.payload.clone(),
        access_point_arn: plan.access_point_arn.clone(),
        range: plan.range.clone(),
        part_number: plan.part_number,
        now_ms: plan.now_ms,
    }
}

/// What stands for everything that a function is shown. Ranges that the server applies are no part
/// of it.
pub(super) fn variant(function: &FunctionCode, plan: &TransformPlan) -> [u8; 32] {
    let mut hasher = Sha256::new();
    let mut add = |text: &str| {
        hasher.update((text.len() as u64).to_be_bytes());
        hasher.update(text);
    };
    let TransformPlan { bucket, key, object, request, caller, payload, access_point_arn, range, .. } = plan;
    let or_none = |text: &Option<String>| text.clone().unwrap_or_default();
    for text in [&function.arn, &function.digest, &function.settings, payload, bucket, key, &object.etag] {
        add(text);
    }
    for text in [&object.version_id, &object.content_type, access_point_arn, range] {
        add(&or_none(text));
    }
    add(&format!("{} {} {:?} {}", object.size, object.last_modified_ms, plan.part_number, plan.now_ms));
    add(&request.method);
    add(&request.url);
    if let Some(ShownCaller { account, arn, unique_id, session_tags }) = caller {
        [account, arn, unique_id].into_iter().for_each(|text| add(text));
        add_fields(session_tags, &mut add);
    }
    for fields in [&object.metadata, &object.tags, &request.headers, &request.query] {
        add_fields(fields, &mut add);
    }
    hasher.finalize().into()
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
