//! Who signed a form: its credentials are fields, and what they sign is its policy.

use gateway::errors::{ErrorCode, S3Error};
use gateway::identity::sigv4::payload::Payload;
use gateway::identity::sigv4::presigned::EXPIRES_SECONDS_MAX;
use gateway::identity::sigv4::{CLOCK_SKEW_MS_MAX, Request, signature_mismatch, unknown_access_key};
use gateway::operations::form::{Authorization, Form};
use gateway::operations::post_policy::PostPolicy;
use sdk::keys::{Signing, TextClaim, Verdict};
use sdk::{AuthType, Signature, SignatureVersion};

use crate::settings::Version2;
use crate::verify::{Verifier, payload};

/// Establishes who signed a form, if it is signed, and checks that its policy allows the upload to
/// `bucket`.
///
/// A signature in the head is refused. It would name the principal a second time, and it would be
/// about the whole body, of which the object is only a part.
pub(crate) fn identify(
    request: &Request<'_>,
    form: &Form,
    bucket: &str,
    version2: Version2,
    verifier: &impl Verifier,
) -> Result<(), S3Error> {
    gateway::identity::sigv4::refuse_head_signature(request)?;
    let promised = payload(&Payload::of_anonymous(request.headers)?);
    let Some(authorization) = form.authorization()? else {
        verifier.anonymous(promised);
        return Ok(());
    };
    let (claim, policy) = match authorization {
        Authorization::V4 { credential, signed_ms, signature, policy, session_token } => {
            check_age(signed_ms, request.received_ms)?;
            credential.check_service(&["s3"]).map_err(|error| {
                S3Error::invalid_argument("x-amz-credential", credential.scope(), error.to_string())
            })?;
            let signing = Signing::V4(credential.scope().to_owned());
            let token = session_token.map(|token| token.to_string());
            let claim =
                claim(credential.access_key_id(), (signing, Some(signed_ms)), policy, signature, token);
            (claim, policy)
        }
        Authorization::V2 { access_key_id, signature, policy, session_token } => {
            if version2 == Version2::Off {
                return Err(gateway::identity::sigv4::unsupported_mechanism());
            }
            let token = session_token.map(|token| token.to_string());
            (claim(access_key_id, (Signing::V2, None), policy, signature, token), policy)
        }
    };
    match verifier.verify_text(&claim, promised) {
        Verdict::Verified => PostPolicy::parse(policy)?.check(form, bucket, request.received_ms),
        Verdict::UnknownKey => Err(unknown_access_key(&claim.access_key_id)),
        Verdict::Mismatch => Err(signature_mismatch(&claim.access_key_id, &claim.text, &claim.signature)),
        Verdict::InvalidToken => Err(ErrorCode::InvalidToken.into()),
        Verdict::ExpiredToken => Err(ErrorCode::ExpiredToken.into()),
    }
}

fn claim(
    access_key_id: &str,
    (signing, signed_ms): (Signing, Option<u64>),
    policy: &str,
    signature: &str,
    security_token: Option<String>,
) -> TextClaim {
    let version = if let Signing::V2 = signing { SignatureVersion::V2 } else { SignatureVersion::V4 };
    TextClaim {
        access_key_id: access_key_id.to_owned(),
        signed: Signature { auth_type: AuthType::Form, version, signed_ms },
        signing,
        text: policy.to_owned(),
        signature: signature.to_owned(),
        security_token,
        stored: None,
    }
}

/// Refuses a form that was signed later than now, or longer ago than a signing key is good for: it
/// is derived from its day, and good for a week.
fn check_age(signed_ms: u64, now_ms: u64) -> Result<(), S3Error> {
    let denied = |message: &str| Err(S3Error::new(ErrorCode::AccessDenied).message(message));
    if signed_ms > now_ms.saturating_add(CLOCK_SKEW_MS_MAX) {
        return denied("Request is not valid yet");
    }
    if now_ms > signed_ms.saturating_add(EXPIRES_SECONDS_MAX * 1000) {
        return denied("Request has expired");
    }
    Ok(())
}

#[cfg(test)]
mod tests;
