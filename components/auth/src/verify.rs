//! Verifies a signature: canonicalised here, digested by the host.

use gateway::addressing::bucket_of_host;
use gateway::errors::S3Error;
use gateway::form::Form;
use gateway::sigv2;
use gateway::sigv4::payload::{Chunks, Payload};
use gateway::sigv4::{self, Authentication, Request, Signed};
use sdk::keys::{Claim, Signing, TextClaim, Verdict};
use sdk::{Call, Chunked, Head, digests, keys};

use crate::form;
use crate::settings::{Settings, Version2, settings};

/// Judges a signature and keeps what it proves: the host, or a test in its place.
pub(crate) trait Judge {
    /// Whether an access key signed a canonical request. If so, its holder is the principal, and `payload` is promised.
    fn judge(&self, signed: &Signed<'_>, payload: sdk::Payload) -> Verdict;
    /// The same for a text.
    fn judge_text(&self, claim: &TextClaim, payload: sdk::Payload) -> Verdict;
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
        let claim = Claim {
            access_key_id: signed.access_key_id().to_owned(),
            scope: signed.credential().scope().to_owned(),
            timestamp: signed.timestamp().to_owned(),
            canonical_request: signed.canonical_request().to_owned(),
            signature: signed.signature().to_owned(),
        };
        keys::verify(self.call, &claim, &payload)
    }

    fn judge_text(&self, claim: &TextClaim, payload: sdk::Payload) -> Verdict {
        keys::verify_text(self.call, claim, &payload)
    }

    fn anonymous(&self, payload: sdk::Payload) {
        self.call.set_anonymous(&payload);
    }

    fn sha256(&self, text: &str) -> String {
        digests::sha256(text)
    }
}

/// Establishes the principal and the payload, or refuses.
pub(crate) fn verify(call: &Call) -> Result<(), S3Error> {
    let (head, headers) = Head::read(call);
    let request = Request {
        method: &head.method,
        path: &head.path,
        query: &head.query,
        host: &head.host,
        headers: &headers,
        content_length: head.content_length,
        received_ms: head.received_ms,
    };
    let settings = settings();
    if may_be_form(&head.method, &request)
        && let Some(fields) = call.form()
    {
        let form = Form::new(fields.fields, &fields.file_name);
        let bucket = call.target().bucket.unwrap_or_default();
        return form::identify(&request, &form, &bucket, settings.version2, &Host { call });
    }
    identify(&request, &settings, &Host { call })
}

/// Whether it is worth asking for a form.
fn may_be_form(method: &str, request: &Request<'_>) -> bool {
    method == "POST" && request.headers.get("content-type").is_some_and(gateway::form::multipart::is_form)
}

/// Finds out who signed a request, if anybody did, and what is promised about its body.
pub(crate) fn identify(
    request: &Request<'_>,
    settings: &Settings,
    judge: &impl Judge,
) -> Result<(), S3Error> {
    if settings.version2 == Version2::On {
        let domains: Vec<&str> = settings.domains.iter().map(String::as_str).collect();
        if let Some(signed) = sigv2::authenticate(request, bucket_of_host(request.host, &domains)) {
            return judge_version2(&signed?, judge);
        }
    }
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
        _ => signed.mismatch(&string_to_sign),
    })
}

fn judge_version2(signed: &sigv2::Signed<'_>, judge: &impl Judge) -> Result<(), S3Error> {
    let mut refusal = signed.mismatch();
    // All are judged for an unknown key as well, so that it costs what a wrong signature costs.
    for text in signed.strings_to_sign() {
        let claim = TextClaim {
            access_key_id: signed.access_key_id().to_owned(),
            signing: Signing::V2,
            text: text.to_owned(),
            signature: signed.signature().to_owned(),
        };
        match judge.judge_text(&claim, payload(signed.payload())) {
            Verdict::Verified => return Ok(()),
            Verdict::UnknownKey => refusal = signed.unknown_access_key(),
            Verdict::Mismatch => {}
        }
    }
    Err(refusal)
}

/// The contract's payload.
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
