//! Verifies a signature: canonicalised here, digested by the host.

use gateway::errors::{ErrorCode, S3Error};
use gateway::sigv4::payload::{Chunks, Payload};
use gateway::sigv4::{self, Authentication, Request, Signed};
use sdk::bindings::auth::portcullis::gateway::identities;
use sdk::keys::{Claim, Verdict};
use sdk::{Call, Chunked, Head, digests, keys};

use crate::stored;

/// Judges a signature and keeps what it proves: the host, or a test in its place.
pub(crate) trait Judge {
    /// Whether an access key signed a canonical request. If so, its holder is the principal, and `payload` is promised.
    fn judge(&self, signed: &Signed<'_>, payload: sdk::Payload) -> Verdict;
    /// Nobody signed; this is promised about the body all the same.
    fn anonymous(&self, payload: sdk::Payload);
    /// SHA-256 in lower-case hexadecimal.
    fn sha256(&self, text: &str) -> String;
}

struct Host<'a> {
    call: &'a Call,
}

impl Judge for Host<'_> {
    fn judge(&self, signed: &Signed<'_>, payload: sdk::Payload) -> Verdict {
        let access_key_id = signed.access_key_id();
        let is_stored = stored::is_known(access_key_id);
        let mut claim = Claim {
            access_key_id: access_key_id.to_owned(),
            scope: signed.credential().scope().to_owned(),
            timestamp: signed.timestamp().to_owned(),
            canonical_request: signed.canonical_request().to_owned(),
            signature: signed.signature().to_owned(),
            security_token: signed.security_token().map(str::to_owned),
            stored: if is_stored { identities::key(access_key_id) } else { None },
        };
        let verdict = keys::verify(self.call, &claim, &payload);
        if claim.security_token.is_some() {
            return self.judge_session(verdict);
        }
        if matches!(verdict, Verdict::Verified) {
            return verdict;
        }
        // Not of the configuration, or wrong. Both are looked up among what is stored and verified again, so that nobody
        // learns from the time whose key it is.
        claim.stored = identities::key(access_key_id);
        let again = keys::verify(self.call, &claim, &payload);
        stored::note(access_key_id, &again);
        if matches!(verdict, Verdict::Mismatch) { verdict } else { again }
    }

    fn anonymous(&self, payload: sdk::Payload) {
        self.call.set_anonymous(&payload);
    }

    fn sha256(&self, text: &str) -> String {
        digests::sha256(text)
    }
}

impl Host<'_> {
    /// A session ends with what it rests on.
    fn judge_session(&self, verdict: Verdict) -> Verdict {
        let is_verified = matches!(verdict, Verdict::Verified);
        match self.call.session().filter(|_| is_verified) {
            Some(session) if !identities::is_current(&session) => Verdict::InvalidToken,
            _ => verdict,
        }
    }
}

/// Establishes the principal and the payload, or refuses.
pub(crate) fn verify(call: &Call) -> Result<(), S3Error> {
    let (head, headers) = Head::read(call);
    // Only calls of Query APIs are sent to the service as a whole, so nothing else has a form.
    let is_post = head.path == "/" && (head.method == "POST" || head.query.contains("Action="));
    let form_sha256 = call_form(call, is_post).map(|form| digests::sha256(&form));
    let request = Request {
        method: &head.method,
        path: &head.path,
        query: &head.query,
        host: &head.host,
        headers: &headers,
        form_sha256: form_sha256.as_deref(),
        received_ms: head.received_ms,
    };
    identify(&request, &Host { call })
}

/// The form of a call of a Query API. A call in the query of the URL has an empty one.
fn call_form(call: &Call, may_have: bool) -> Option<String> {
    if may_have { call.form() } else { None }
}

/// Finds out who signed a request, if anybody did, and what is promised about its body.
pub(crate) fn identify(request: &Request<'_>, judge: &impl Judge) -> Result<(), S3Error> {
    let signed = match sigv4::authenticate(request)? {
        Authentication::Anonymous(promised) => {
            judge.anonymous(payload(&promised));
            return Ok(());
        }
        Authentication::Signed(signed) => signed,
    };
    let verdict = judge.judge(&signed, payload(signed.payload()));
    if let Verdict::Verified = verdict {
        return Ok(());
    }
    // For the error document; made for both verdicts, so that an unknown key costs what a wrong signature costs.
    let string_to_sign = signed.string_to_sign(&judge.sha256(signed.canonical_request()));
    Err(match verdict {
        Verdict::UnknownKey => signed.unknown_access_key(),
        Verdict::InvalidToken => ErrorCode::InvalidToken.into(),
        Verdict::ExpiredToken => ErrorCode::ExpiredToken.into(),
        _ => signed.mismatch(&string_to_sign),
    })
}

/// The contract's payload.
fn payload(promised: &Payload) -> sdk::Payload {
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
