//! Under which keys bytes are sealed when they are written, and opened when they are read.
//!
//! The stage `encryption` plans it: for new objects before this stage starts ([`Sealing`]), for
//! stored ones once they are found ([`open`]). Here the host is asked to make and open the data
//! keys. A data key is a number here; only the host has its bytes.

use gateway::bucket::encryption::BucketEncryption;
use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::policy::resource_arn;
use gateway::sse::{self, context, master_key_name};
use sdk::bindings::storage::exports::portcullis::gateway::storage::{Given, Sealing, Step};
use sdk::response::push_header;
use sdk::seals::{self, Unavailable, Wrapping};
use sdk::{CustomerKey, KeptProtection, Sealed, SealedRole, SseKmsKey};

use crate::index;
use crate::plan::contended;
use crate::records::{BucketRow, Protection, SseKms};
use crate::request::Request;

/// An object, as keys are bound to it.
#[derive(Clone, Copy)]
pub(crate) struct ObjectName<'a> {
    /// The name of its bucket.
    pub(crate) bucket: &'a str,
    /// Its key.
    pub(crate) key: &'a str,
}

impl<'a> ObjectName<'a> {
    /// The object in the address of a request.
    pub(crate) fn of(request: &'a Request) -> ObjectName<'a> {
        ObjectName { bucket: &request.bucket, key: &request.key }
    }

    fn sse_c_context(self) -> Vec<u8> {
        resource_arn(self.bucket, Some(self.key)).into_bytes()
    }

    fn sse_kms_context(self, own: &[(String, String)], bucket_key: bool) -> Vec<u8> {
        context::to_json(&context::of_object(self.bucket, self.key, own, bucket_key)).into_bytes()
    }
}

/// The key with which bytes are sealed or opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Key {
    /// The number of the data key; `None` is the folder key.
    pub(crate) number: Option<u32>,
    /// The MD5 of the customer key, in base64.
    pub(crate) customer_md5: Option<String>,
}

/// How new bytes are sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seal {
    /// Under which key.
    pub(crate) key: Key,
    /// What the row of the object keeps of that.
    pub(crate) protection: Protection,
}

impl Seal {
    /// As the request says, or else its bucket. Makes a new data key where one is needed.
    pub(crate) fn of(request: &Request) -> Result<Seal> {
        let object = ObjectName::of(request);
        match &request.sealing {
            Sealing::Unsaid | Sealing::Said | Sealing::Under(sdk::Protection::SseS3) => {
                Ok(Seal { key: Key::default(), protection: Protection::SseS3 })
            }
            Sealing::Under(sdk::Protection::SseC(CustomerKey { key, md5 })) => {
                let made =
                    seals::make(&request.call, &Wrapping::CustomerKey(key.clone()), &object.sse_c_context());
                let made = made.map_err(|_| ErrorCode::InternalError)?;
                let key = Key { number: Some(made.number), customer_md5: Some(md5.clone()) };
                Ok(Seal { key, protection: Protection::SseC(made.wrapped) })
            }
            Sealing::Under(sdk::Protection::SseKms(sse_kms)) => {
                let SseKmsKey { arn, context, bucket_key } = sse_kms;
                let bound = object.sse_kms_context(context, *bucket_key);
                let made = seals::make(&request.call, &Wrapping::MasterKey(arn.clone()), &bound);
                let made = made.map_err(|error| unavailable(error, arn))?;
                let kept = SseKms {
                    arn: arn.clone(),
                    context: context.clone(),
                    bucket_key: *bucket_key,
                    wrapped: made.wrapped,
                };
                let key = Key { number: Some(made.number), customer_md5: None };
                Ok(Seal { key, protection: Protection::SseKms(Box::new(kept)) })
            }
        }
    }

    /// The header lines that tell the client how the object is sealed.
    pub(crate) fn push_headers(&self, lines: &mut String) {
        push_headers(lines, &self.protection, self.key.customer_md5.as_deref());
    }

    /// The header lines for the request that chose the protection: these also repeat the encryption
    /// context.
    pub(crate) fn push_chosen(&self, lines: &mut String) {
        self.push_headers(lines);
        if let Protection::SseKms(sse_kms) = &self.protection
            && !sse_kms.context.is_empty()
        {
            push_header(lines, context::HEADER, &context::print(&sse_kms.context));
        }
    }
}

/// Checks that bytes which were received under `protection` are sealed as their bucket wants it
/// now. Where the bucket has changed its mind, the client has to send the request again:
/// `SlowDown`, which SDKs retry (ADR 19).
pub(crate) fn check_still_fits(request: &Request, bucket: &BucketRow, protection: &Protection) -> Result<()> {
    let (before, now) = (&request.bucket_row()?.record.encryption, &bucket.encryption);
    let is_said = request.headers.has(sse::HEADER);
    let fits = is_still_taken(protection, before, now)
        && (is_said || before == now || matches!(protection, Protection::SseC(_)));
    if fits { Ok(()) } else { Err(contended()) }
}

/// [`check_still_fits`] for a part. It is sealed under the key of its upload, so the bucket's
/// default for new objects does not matter.
pub(crate) fn check_part_still_fits(
    request: &Request,
    bucket: &BucketRow,
    protection: &Protection,
) -> Result<()> {
    let before = &request.bucket_row()?.record.encryption;
    if is_still_taken(protection, before, &bucket.encryption) { Ok(()) } else { Err(contended()) }
}

/// Whether the bucket still takes bytes under `protection`. A bucket that blocked SSE-C already at
/// the head of the request was asked by `encryption` then.
fn is_still_taken(protection: &Protection, before: &BucketEncryption, now: &BucketEncryption) -> bool {
    !matches!(protection, Protection::SseC(_)) || !now.blocks_sse_c || before.blocks_sse_c
}

/// The ETag of bytes: their MD5. Under a data key it is a random number, because the MD5 would say
/// something of the bytes. S3's is no MD5 there, too.
pub(crate) fn etag(protection: &Protection, md5: [u8; 16]) -> [u8; 16] {
    if !protection.has_data_key() {
        return md5;
    }
    let mut drawn = [0; 16];
    for (half, number) in drawn.chunks_exact_mut(8).zip([index::random(), index::random()]) {
        half.copy_from_slice(&number.to_le_bytes());
    }
    drawn
}

/// The header lines that say how something is sealed. `customer_md5` is the MD5 of the customer key
/// that opened it, if there was one.
pub(crate) fn push_headers(lines: &mut String, protection: &Protection, customer_md5: Option<&str>) {
    match protection {
        Protection::Unsaid => {}
        Protection::SseS3 => push_header(lines, sse::HEADER, sse::AES256),
        Protection::SseC(_) => {
            if let Some(md5) = customer_md5 {
                push_header(lines, sse::CUSTOMER_ALGORITHM_HEADER, sse::AES256);
                push_header(lines, sse::CUSTOMER_MD5_HEADER, md5);
            }
        }
        Protection::SseKms(sse_kms) => {
            push_header(lines, sse::HEADER, sse::KMS);
            let name = key_name(&sse_kms.arn, answers_by_id());
            push_header(lines, sse::KEY_ID_HEADER, name);
            if sse_kms.bucket_key {
                push_header(lines, sse::BUCKET_KEY_HEADER, "true");
            }
        }
    }
}

/// The setting `kms_key_names`. Native tests have no settings.
fn answers_by_id() -> bool {
    cfg!(target_arch = "wasm32") && sdk::settings::get("kms_key_names").is_some_and(|names| names == "id")
}

/// How responses name a master key: by its ARN, as S3 does, or by its id, for clients that compare
/// it with what they sent.
fn key_name(arn: &str, by_id: bool) -> &str {
    match arn.rsplit_once("key/") {
        Some((_, id)) if by_id => id,
        _ => arn,
    }
}

/// Opens what is sealed as `protection` says, for `object`. Costs nothing for an object under the
/// folder key when the request says nothing of sealing.
pub(crate) async fn open(
    request: &Request,
    role: SealedRole,
    object: ObjectName<'_>,
    protection: &Protection,
) -> Result<Key> {
    if request.is_sealing_unsaid() && !protection.has_data_key() {
        return Ok(Key::default());
    }
    let given = plan_open(request, role, protection).await?;
    match (given, protection) {
        (sdk::Protection::SseS3, Protection::Unsaid | Protection::SseS3) => Ok(Key::default()),
        (sdk::Protection::SseC(CustomerKey { key, md5 }), Protection::SseC(wrapped)) => {
            let opened =
                seals::open(&request.call, wrapped, &Wrapping::CustomerKey(key), &object.sse_c_context());
            let number = opened.map_err(|_| match role {
                SealedRole::Upload => sse::wrong_key_of_upload(),
                SealedRole::Object | SealedRole::Source => sse::wrong_key(),
            })?;
            Ok(Key { number: Some(number), customer_md5: Some(md5) })
        }
        (sdk::Protection::SseKms(_), Protection::SseKms(sse_kms)) => {
            let bound = object.sse_kms_context(&sse_kms.context, sse_kms.bucket_key);
            let under = Wrapping::MasterKey(sse_kms.arn.clone());
            let opened = seals::open(&request.call, &sse_kms.wrapped, &under, &bound);
            let number = opened.map_err(|error| unavailable(error, &sse_kms.arn))?;
            Ok(Key { number: Some(number), customer_md5: None })
        }
        // `encryption` planned for another protection than the stored one: a bug of ours. Fail
        // closed.
        _ => Err(ErrorCode::InternalError.into()),
    }
}

/// Has `encryption` plan with what something is opened, without opening it.
pub(crate) async fn plan_open(
    request: &Request,
    role: SealedRole,
    protection: &Protection,
) -> Result<sdk::Protection> {
    let protection = match protection {
        Protection::Unsaid | Protection::SseS3 => KeptProtection::SseS3,
        Protection::SseC(_) => KeptProtection::SseC,
        Protection::SseKms(sse_kms) => KeptProtection::SseKms(SseKmsKey {
            arn: sse_kms.arn.clone(),
            context: sse_kms.context.clone(),
            bucket_key: sse_kms.bucket_key,
        }),
    };
    match request.exchange.ask(Step::Sealed(Sealed { role, protection })).await {
        Some(Given::Opening(protection)) => Ok(protection),
        _ => Err(ErrorCode::InternalError.into()),
    }
}

fn unavailable(error: Unavailable, arn: &str) -> S3Error {
    match error {
        // The master key was there when `policy` decided on it.
        Unavailable::UnknownKey => master_key_name::not_found(arn, "", ""),
        Unavailable::DisabledKey => master_key_name::disabled(arn),
        // The master key is there, but it did not wrap what the row keeps.
        Unavailable::Mismatch | Unavailable::Failed => ErrorCode::InternalError.into(),
    }
}

#[cfg(test)]
mod tests;
