//! Verifies a signature: canonicalised here, digested by the host.

use gateway::bucket::bucket_name::DIRECTORY_SUFFIX;
use gateway::bucket::object_lambda;
use gateway::errors::{ErrorCode, S3Error};
use gateway::identity::sigv2;
use gateway::identity::sigv4::credential_scope::OBJECT_LAMBDA_SERVICE;
use gateway::identity::sigv4::payload::{Chunks, Payload};
use gateway::identity::sigv4::{self, Authentication, Request, Signed};
use gateway::operations::{Operation, aws_query, functions};
use gateway::request::query::Query;
use sdk::bindings::auth::portcullis::gateway::identities;
use sdk::keys::{Claim, Signing, StoredKey, TextClaim, Verdict};
use sdk::{AuthType, Call, Chunked, Head, Signature, SignatureVersion, digests, keys};

use crate::settings::Settings;
use crate::stored;

/// What hosts of Object Lambda access points have behind the name and the account.
const OBJECT_LAMBDA_HOST: &str = ".s3-object-lambda.";

/// Verifies signatures, and keeps what they prove. This is the host, or a test in its place.
pub(crate) trait Verifier {
    /// Whether an access key signed a canonical request. If so, its holder becomes the principal,
    /// and `payload` is what the request promises of its body.
    fn verify(&self, signed: &Signed<'_>, payload: sdk::Payload) -> Verdict;
    /// Whether an access key signed a text. Otherwise as [`Verifier::verify`].
    fn verify_text(&self, claim: &TextClaim, payload: sdk::Payload) -> Verdict;
    /// Makes `anonymous` the principal. `payload` is what the request promises of its body, without
    /// a signature.
    fn anonymous(&self, payload: sdk::Payload);
    /// SHA-256 in lower-case hexadecimal.
    fn sha256(&self, text: &str) -> String;
    /// The services to which the operation belongs. The scope of the credential must name one of
    /// them.
    fn services(&self) -> &'static [&'static str];
}

/// The host.
pub(crate) struct Host<'a> {
    /// The call whose signature is verified.
    pub(crate) call: &'a Call,
}

impl Verifier for Host<'_> {
    fn verify(&self, signed: &Signed<'_>, payload: sdk::Payload) -> Verdict {
        let mut claim = Claim {
            access_key_id: signed.access_key_id().to_owned(),
            scope: signed.credential().scope().to_owned(),
            timestamp: signed.timestamp().to_owned(),
            canonical_request: signed.canonical_request().to_owned(),
            signature: signed.signature().to_owned(),
            signed: how(signed.presigned_ms(), SignatureVersion::V4),
            security_token: signed.security_token().map(str::to_owned),
            stored: None,
        };
        self.verify_with(signed.access_key_id(), claim.security_token.is_some(), |stored| {
            claim.stored = stored;
            keys::verify(self.call, &claim, &payload)
        })
    }

    fn verify_text(&self, claim: &TextClaim, payload: sdk::Payload) -> Verdict {
        let mut claim = claim.clone();
        let access_key_id = claim.access_key_id.clone();
        self.verify_with(&access_key_id, claim.security_token.is_some(), |stored| {
            claim.stored = stored;
            keys::verify_text(self.call, &claim, &payload)
        })
    }

    fn anonymous(&self, payload: sdk::Payload) {
        self.call.set_anonymous(&payload);
    }

    fn sha256(&self, text: &str) -> String {
        digests::sha256(text)
    }

    fn services(&self) -> &'static [&'static str] {
        // Directory buckets and Object Lambda access points have a service of their own; `s3` is
        // taken as well for the former, and for the aliases of the latter.
        let target = self.call.target();
        match target.bucket.as_deref() {
            Some(bucket) if bucket.ends_with(DIRECTORY_SUFFIX) => return &["s3express", "s3"],
            Some(bucket) if object_lambda::is_alias(bucket) => return &["s3", OBJECT_LAMBDA_SERVICE],
            Some(_) => {
                return match self.call.object_lambda() {
                    None => &["s3"],
                    Some(own) if object_lambda::is_alias(&own.address) => &["s3", OBJECT_LAMBDA_SERVICE],
                    Some(_) => &[OBJECT_LAMBDA_SERVICE],
                };
            }
            None => {}
        }
        match Operation::parse(&target.operation) {
            Some(Operation::WriteGetObjectResponse) => &[OBJECT_LAMBDA_SERVICE],
            Some(operation) if operation.is_of_functions() => functions::SERVICES,
            Some(operation) if operation.is_query_call() => aws_query::services(&self.action()),
            _ => &["s3"],
        }
    }
}

impl Host<'_> {
    /// The action of a call of a Query API, which stands in its form or in its URL.
    fn action(&self) -> String {
        let (head, _) = Head::read(self.call);
        let form = self.call.parameters().unwrap_or_default();
        let action = |text: &str| Query::parse(text).ok()?.get_non_empty("Action").map(str::to_owned);
        action(&form).or_else(|| action(&head.query)).unwrap_or_default()
    }

    /// Verifies a claim about an access key. The key may be one of the configuration, one of `iam`,
    /// or temporary.
    fn verify_with(
        &self,
        access_key_id: &str,
        is_temporary: bool,
        mut verify: impl FnMut(Option<StoredKey>) -> Verdict,
    ) -> Verdict {
        let known = if stored::is_known(access_key_id) { identities::key(access_key_id) } else { None };
        let verdict = verify(known);
        // A temporary key comes in its token. There is nothing to look up.
        if is_temporary {
            return self.verify_session(verdict);
        }
        if matches!(verdict, Verdict::Verified) {
            return verdict;
        }
        // The configuration does not have the key, or the signature is wrong. In both cases `iam`
        // looks the key up and the claim is verified again, so that nobody learns from the time
        // whose key it is.
        let again = verify(identities::key(access_key_id));
        stored::note(access_key_id, &again);
        if matches!(verdict, Verdict::Mismatch) { verdict } else { again }
    }

    /// Refuses a session when what it rests on is gone: the role, or the access key that requested
    /// it.
    fn verify_session(&self, verdict: Verdict) -> Verdict {
        let is_verified = matches!(verdict, Verdict::Verified);
        match self.call.session().filter(|_| is_verified) {
            Some(session) if !identities::is_current(&session) => Verdict::InvalidToken,
            _ => verdict,
        }
    }
}

/// Establishes who signed a request, if it is signed, and what it promises of its body.
pub(crate) fn identify(
    request: &Request<'_>,
    settings: &Settings,
    verifier: &impl Verifier,
) -> Result<(), S3Error> {
    if settings.version2.takes(request.headers.get("authorization")) {
        let bucket = || settings.domains.bucket_of(request.host);
        if let Some(signed) = sigv2::authenticate(request, bucket) {
            return verify_version2(&signed?, verifier);
        }
    }
    let signed = match sigv4::authenticate(request)? {
        Authentication::Anonymous(promised) => {
            verifier.anonymous(payload(&promised));
            return Ok(());
        }
        Authentication::Signed(signed) => signed,
    };
    // Nearly every request is signed for `s3`. The services of the operation are looked up only for
    // another one, for calls of Query APIs, and for hosts of Object Lambda.
    let is_by_host = || !settings.domains.is_empty() && request.host.contains(OBJECT_LAMBDA_HOST);
    if signed.credential().service() != "s3" || request.form_sha256.is_some() || is_by_host() {
        sigv4::check_service(request, signed.credential(), verifier.services())?;
    }
    let verdict = verifier.verify(&signed, payload(signed.payload()));
    if let Verdict::Verified = verdict {
        return Ok(());
    }
    // The error document of a wrong signature shows the string to sign. It is made for every
    // verdict, so that an unknown key takes as long as a wrong signature.
    let string_to_sign = signed.string_to_sign(&verifier.sha256(signed.canonical_request()));
    Err(match verdict {
        Verdict::UnknownKey => signed.unknown_access_key(),
        Verdict::InvalidToken => ErrorCode::InvalidToken.into(),
        Verdict::ExpiredToken => ErrorCode::ExpiredToken.into(),
        _ => signed.mismatch(&string_to_sign),
    })
}

fn verify_version2(signed: &sigv2::Signed<'_>, verifier: &impl Verifier) -> Result<(), S3Error> {
    let mut refusal = signed.mismatch();
    // An unknown key does not end the loop, so that it takes as long as a wrong signature.
    for text in signed.strings_to_sign() {
        let claim = TextClaim {
            access_key_id: signed.access_key_id().to_owned(),
            signing: Signing::V2,
            text: text.to_owned(),
            signature: signed.signature().to_owned(),
            signed: how(signed.is_presigned().then_some(0), SignatureVersion::V2),
            security_token: signed.security_token().map(str::to_owned),
            stored: None,
        };
        match verifier.verify_text(&claim, payload(signed.payload())) {
            Verdict::Verified => return Ok(()),
            Verdict::UnknownKey => refusal = signed.unknown_access_key(),
            Verdict::InvalidToken => refusal = ErrorCode::InvalidToken.into(),
            Verdict::ExpiredToken => refusal = ErrorCode::ExpiredToken.into(),
            Verdict::Mismatch => {}
        }
    }
    Err(refusal)
}

/// The fact `signature`: of one in a URL, which was made at `presigned_ms`, or of one in a header.
fn how(presigned_ms: Option<u64>, version: SignatureVersion) -> Signature {
    let auth_type = if presigned_ms.is_some() { AuthType::Query } else { AuthType::Header };
    // Version 2 says when a URL ends, and not when it was made.
    let signed_ms = presigned_ms.filter(|_| version == SignatureVersion::V4);
    Signature { auth_type, version, signed_ms }
}

/// The payload, as the contract has it.
pub(crate) fn payload(promised: &Payload) -> sdk::Payload {
    match promised {
        Payload::Unsigned => sdk::Payload::Unsigned,
        Payload::Sha256(sha256) => sdk::Payload::Sha256(sha256.clone()),
        Payload::Chunked(chunked) => sdk::Payload::Chunked(Chunked {
            decoded_length: Some(chunked.decoded_length),
            signed: chunked.chunks == Chunks::Signed,
            trailers: chunked.trailers,
        }),
    }
}

#[cfg(test)]
mod tests;
