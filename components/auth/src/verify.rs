//! Verifies a signature: canonicalised here, digested by the host.

use gateway::errors::S3Error;
use gateway::sigv4::payload::{Chunks, Payload};
use gateway::sigv4::{self, Authentication, Request, Signed};
use sdk::keys::Verdict;
use sdk::{Call, ChunkSignature, Chunked, Head, Principal, digests, keys};

/// Judges a signature: the host, or a test in its place.
pub(crate) trait Judge {
    /// Whether an access key signed a canonical request, and the number of the key if so.
    fn judge(&self, signed: &Signed<'_>) -> Verdict;
    /// SHA-256 in lower-case hexadecimal.
    fn sha256(&self, text: &str) -> String;
}

struct Host;

impl Judge for Host {
    fn judge(&self, signed: &Signed<'_>) -> Verdict {
        keys::verify(
            signed.access_key_id(),
            signed.credential().scope(),
            signed.timestamp(),
            signed.canonical_request(),
            signed.signature(),
        )
    }

    fn sha256(&self, text: &str) -> String {
        digests::sha256(text)
    }
}

/// Sets the facts `principal` and `payload`, or refuses.
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
    let (signer, payload) = identify(&request, &Host)?;
    match signer {
        Some(access_key_id) => call.set_signer(&access_key_id),
        None => call.set_principal(&Principal::Anonymous),
    }
    call.set_payload(&payload);
    Ok(())
}

/// The access key that signed a request, if any did, and how its body is authenticated.
pub(crate) fn identify(
    request: &Request<'_>,
    judge: &impl Judge,
) -> Result<(Option<String>, sdk::Payload), S3Error> {
    let signed = match sigv4::authenticate(request)? {
        Authentication::Anonymous(promised) => return Ok((None, payload(&promised, None))),
        Authentication::Signed(signed) => signed,
    };
    let verdict = judge.judge(&signed);
    if let Verdict::Verified(key) = verdict {
        let payload = payload(signed.payload(), Some((&signed, key)));
        return Ok((Some(signed.access_key_id().to_owned()), payload));
    }
    // For the error document; made for both verdicts, so that an unknown key costs what a wrong signature costs.
    let string_to_sign = signed.string_to_sign(&judge.sha256(signed.canonical_request()));
    Err(match verdict {
        Verdict::UnknownKey => signed.unknown_access_key(),
        _ => signed.mismatch(&string_to_sign),
    })
}

/// The contract's payload. Signed chunks continue from the verified signature of the head.
fn payload(promised: &Payload, verified: Option<(&Signed<'_>, u64)>) -> sdk::Payload {
    match promised {
        Payload::Unsigned => sdk::Payload::Unsigned,
        Payload::Sha256(sha256) => sdk::Payload::Sha256(sha256.clone()),
        Payload::Chunked(chunked) => {
            let verified = verified.filter(|_| chunked.chunks == Chunks::Signed);
            sdk::Payload::Chunked(Chunked {
                decoded_length: Some(chunked.decoded_length),
                signature: verified.map(|(signed, key)| ChunkSignature {
                    key,
                    timestamp: signed.timestamp().to_owned(),
                    scope: signed.credential().scope().to_owned(),
                    seed: signed.signature().to_owned(),
                }),
                trailers: chunked.trailers,
            })
        }
    }
}

#[cfg(test)]
mod tests;
