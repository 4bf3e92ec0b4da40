//! Verifies a signature: canonicalised here, digested by the host.

use gateway::errors::S3Error;
use gateway::sigv4::payload::{Chunks, Payload};
use gateway::sigv4::{self, Authentication, Request, Signed};
use sdk::{Call, ChunkSignature, Chunked, Identity, Principal, Work, digests, keys};

/// What the host does with keys, so that tests can do it instead.
pub(crate) trait Keys {
    /// SHA-256 in lower-case hexadecimal.
    fn sha256(&self, text: &str) -> String;
    /// The signing key of an access key for a credential scope.
    fn derive(&self, access_key_id: &str, scope: &str) -> Option<u64>;
    /// Whether the HMAC-SHA256 of `message` is `mac`.
    fn verify(&self, key: u64, message: &str, mac: &str) -> bool;
    /// Whose access key it is.
    fn find(&self, access_key_id: &str) -> Option<Identity>;
}

struct Host;

impl Keys for Host {
    fn sha256(&self, text: &str) -> String {
        digests::sha256(text)
    }

    fn derive(&self, access_key_id: &str, scope: &str) -> Option<u64> {
        keys::derive(access_key_id, scope)
    }

    fn verify(&self, key: u64, message: &str, mac: &str) -> bool {
        keys::verify(key, message, mac)
    }

    fn find(&self, access_key_id: &str) -> Option<Identity> {
        keys::find(access_key_id)
    }
}

/// Sets the facts `principal` and `payload`, or refuses.
pub(crate) fn verify(call: &Call) -> Result<(), S3Error> {
    let (head, headers) = (call.head(), call.headers());
    let request = Request {
        method: &head.method,
        path: &head.path,
        query: &head.query,
        host: &head.host,
        headers: &headers,
        content_length: head.content_length,
        received_ms: head.received_ms,
    };
    let (principal, payload) = identify(&request, &Host)?;
    call.set_principal(&principal);
    call.set_payload(&payload);
    Ok(())
}

/// On whose behalf a request is made, and how its body is authenticated.
pub(crate) fn identify(
    request: &Request<'_>,
    keys: &impl Keys,
) -> Result<(Principal, sdk::Payload), S3Error> {
    let signed = match sigv4::authenticate(request)? {
        Authentication::Anonymous(promised) => return Ok((Principal::Anonymous, payload(&promised, None))),
        Authentication::Signed(signed) => signed,
    };
    let access_key_id = signed.access_key_id();
    // Digested before the key is looked up: an unknown key costs what a wrong signature costs.
    let string_to_sign = signed.string_to_sign(&keys.sha256(signed.canonical_request()));
    let Some(key) = keys.derive(access_key_id, signed.credential().scope()) else {
        let _ = keys.sha256(&string_to_sign);
        return Err(signed.unknown_access_key());
    };
    if !keys.verify(key, &string_to_sign, signed.signature()) {
        return Err(signed.mismatch(&string_to_sign));
    }
    let identity = keys.find(access_key_id).ok_or_else(|| signed.unknown_access_key())?;
    let payload = payload(signed.payload(), Some((&signed, key)));
    Ok((Principal::Authenticated(identity), payload))
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
