//! Under which keys bytes are written and read.
//!
//! What a request says of it, and whether that fits, the stage `encryption` judges: of new objects
//! before this stage begins ([`Sealing`]), of what was stored before when it has been found
//! ([`open`]). Here data keys are made and opened, which are numbers to everybody but the host.

use gateway::bucket::encryption::BucketEncryption;
use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::sse::{self, context};
use gateway::{access, sse::master_key};
use sdk::bindings::storage::exports::portcullis::gateway::storage::{Sealing, Step};
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
        context::object_arn(self.bucket, self.key).into_bytes()
    }

    fn sse_kms_context(self, own: &[(String, String)], bucket_key: bool) -> Vec<u8> {
        context::to_json(&context::of_object(self.bucket, self.key, own, bucket_key)).into_bytes()
    }
}

/// A key that is at hand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Key {
    /// The number of the data key; without one, it is the key of the data folder.
    pub(crate) number: Option<u32>,
    /// The MD5 of the key that the client brought along, in base64.
    pub(crate) customer_md5: Option<String>,
}

/// How new bytes are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seal {
    /// Under which key.
    pub(crate) key: Key,
    /// What is kept of that.
    pub(crate) protection: Protection,
}

impl Seal {
    /// As the request, or else its bucket, says. A data key is a new one.
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

    /// The header lines that tell the client.
    pub(crate) fn push_headers(&self, lines: &mut String) {
        push_headers(lines, &self.protection, self.key.customer_md5.as_deref());
    }

    /// The lines for an answer to whoever chose the protection: with what the client binds its use
    /// to.
    pub(crate) fn push_chosen(&self, lines: &mut String) {
        self.push_headers(lines);
        if let Protection::SseKms(sse_kms) = &self.protection
            && !sse_kms.context.is_empty()
        {
            push_header(lines, context::HEADER, &context::print(&sse_kms.context));
        }
    }
}

/// Checks, of what was received under `protection`, that it still is what its bucket wants. A
/// bucket that says something else by now is asked again with the whole request, which is to come
/// back: `SlowDown`.
pub(crate) fn check_still_fits(request: &Request, bucket: &BucketRow, protection: &Protection) -> Result<()> {
    let (before, now) = (&request.bucket_row()?.record.encryption, &bucket.encryption);
    let is_said = request.headers.has(access::SERVER_SIDE_ENCRYPTION);
    let fits = is_still_taken(protection, before, now)
        && (is_said || before == now || matches!(protection, Protection::SseC(_)));
    if fits { Ok(()) } else { Err(contended()) }
}

/// [`check_still_fits`] of a part: it is kept under the key of its upload, whatever its bucket
/// wants of new objects by now.
pub(crate) fn check_part_still_fits(
    request: &Request,
    bucket: &BucketRow,
    protection: &Protection,
) -> Result<()> {
    let before = &request.bucket_row()?.record.encryption;
    if is_still_taken(protection, before, &bucket.encryption) { Ok(()) } else { Err(contended()) }
}

/// Whether a bucket takes what is kept like this, as it did before. One that refused keys of
/// clients before was asked before.
fn is_still_taken(protection: &Protection, before: &BucketEncryption, now: &BucketEncryption) -> bool {
    !matches!(protection, Protection::SseC(_)) || !now.blocks_customer_keys || before.blocks_customer_keys
}

/// The ETag of bytes: their MD5, or nothing that says anything of them where they are sealed under
/// a data key, as at S3.
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

/// The header lines that say how something is kept. `customer_md5` is of the key that opened it, if
/// the client brought one.
pub(crate) fn push_headers(lines: &mut String, protection: &Protection, customer_md5: Option<&str>) {
    match protection {
        Protection::Unsaid => {}
        Protection::SseS3 => lines.push_str("x-amz-server-side-encryption: AES256\n"),
        Protection::SseC(_) => {
            if let Some(md5) = customer_md5 {
                lines.push_str("x-amz-server-side-encryption-customer-algorithm: AES256\n");
                push_header(lines, "x-amz-server-side-encryption-customer-key-md5", md5);
            }
        }
        Protection::SseKms(sse_kms) => {
            lines.push_str("x-amz-server-side-encryption: aws:kms\n");
            let name = key_name(&sse_kms.arn, answers_by_id());
            push_header(lines, "x-amz-server-side-encryption-aws-kms-key-id", name);
            if sse_kms.bucket_key {
                lines.push_str("x-amz-server-side-encryption-bucket-key-enabled: true\n");
            }
        }
    }
}

/// What the operator set; a native test has none.
fn answers_by_id() -> bool {
    cfg!(target_arch = "wasm32") && sdk::settings::get("kms_key_names").is_some_and(|names| names == "id")
}

/// How answers call a key of the key service: by its ARN, as S3 does, or by its id, for clients
/// that compare it with what they sent.
fn key_name(arn: &str, by_id: bool) -> &str {
    match arn.rsplit_once("key/") {
        Some((_, id)) if by_id => id,
        _ => arn,
    }
}

/// Opens what is kept under `protection` for `object`. Where neither that nor the request makes a
/// difference, this is nothing.
pub(crate) async fn open(
    request: &Request,
    role: SealedRole,
    object: ObjectName<'_>,
    protection: &Protection,
) -> Result<Key> {
    if request.is_sealing_unsaid() && !protection.has_data_key() {
        return Ok(Key::default());
    }
    let given = judge(request, role, protection).await?;
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
        // What was judged is not what is stored: a bug, and nothing to go on with.
        _ => Err(ErrorCode::InternalError.into()),
    }
}

/// Has the gateway judge how something is opened, without opening it.
pub(crate) async fn judge(
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
    let given = request.exchange.ask(Step::Sealed(Sealed { role, protection })).await;
    given.ok_or_else(|| ErrorCode::InternalError.into())
}

fn unavailable(error: Unavailable, arn: &str) -> S3Error {
    match error {
        // There was one when `policy` judged.
        Unavailable::UnknownKey => master_key::not_found(arn, "", ""),
        Unavailable::DisabledKey => master_key::disabled(arn),
        // The key is there, and what was kept is not what it wrapped.
        Unavailable::Mismatch | Unavailable::Failed => ErrorCode::InternalError.into(),
    }
}

#[cfg(test)]
mod tests;
