//! Translates between the types of the contract and those of the host.

use std::hash::{Hash, Hasher};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::body::digest::Algorithm;
use crate::body::{ChunkSignature, Chunked, Payload};
use crate::hex;
use crate::keys::accounts::{self, IdentityKind};
use crate::keys::vault::SessionDetails;
use crate::pipeline::bindings::calls::{
    self, DigestAlgorithm, FunctionCode, Identity, NamedObject, ObjectVersion, Session, Span, Target,
    Transformer, UsageChange, Webhook,
};
use crate::telemetry::access::Resolved;
use crate::telemetry::origin::RequestOrigin;

/// What a request promises about its body, in the host's terms. `chain` is what signed chunks
/// continue from: the verified signature of the head.
pub(crate) fn promised(payload: calls::Payload, chain: Option<ChunkSignature>) -> wasmtime::Result<Payload> {
    Ok(match payload {
        calls::Payload::Unsigned => Payload::Unsigned,
        calls::Payload::Sha256(digits) => match hex::bytes_32(&digits) {
            Some(digest) => Payload::Sha256(digest),
            None => return Err(wasmtime::Error::msg("a promised SHA-256 has 64 hexadecimal digits")),
        },
        calls::Payload::Chunked(chunked) => Payload::Chunked(Chunked {
            decoded_length: chunked.decoded_length,
            trailers: chunked.trailers,
            signature: match (chunked.signed, chain) {
                (true, None) => return Err(wasmtime::Error::msg("signed chunks continue from a signature")),
                (true, chain) => chain,
                (false, _) => None,
            },
        }),
    })
}

/// The origin of a line about a call that has this target: the response could not be made, or is
/// cut short.
pub(crate) fn origin(request_id: &str, operation: &str, target: Option<Target>) -> RequestOrigin {
    let (bucket, key) = target.map(|target| (target.bucket, target.key)).unwrap_or_default();
    RequestOrigin { request_id: request_id.to_owned(), operation: operation.to_owned(), bucket, key }
}

/// The target of a request for an object beside the one that a call is about.
pub(crate) fn object_target(beside: &Target, key: &str, version_id: Option<&str>) -> String {
    let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let bucket = beside.bucket.as_deref().unwrap_or_default();
    let mut target = format!("/{}/{}", encoded(bucket), encoded(key));
    if let Some(version_id) = version_id {
        target.push_str("?versionId=");
        target.push_str(&encoded(version_id));
    }
    target
}

/// What the access log says of a target.
pub(crate) fn resolved(target: Option<&Target>) -> Resolved {
    let target = target.cloned();
    let (bucket, key) = target.map(|target| (target.bucket, target.key)).unwrap_or_default();
    Resolved { bucket: bucket.unwrap_or_default(), key: key.unwrap_or_default(), ..Resolved::default() }
}

/// The objects that the body of a request names, where the request has this target.
pub(crate) fn with_target<'a>(
    target: Option<&Target>,
    named: impl Iterator<Item = &'a NamedObject>,
) -> Vec<ObjectVersion> {
    let bucket = target.and_then(|target| target.bucket.clone()).unwrap_or_default();
    let version = |named: &NamedObject| ObjectVersion {
        bucket: bucket.clone(),
        key: named.key.clone(),
        version_id: named.version_id.clone(),
    };
    named.map(version).collect()
}

/// Adds a change of usage to a hash.
pub(crate) fn hash_usage(change: &UsageChange, hasher: &mut impl Hasher) {
    let UsageChange { bucket, account, limited, buckets, objects, bytes } = change;
    (bucket, account, limited).hash(hasher);
    (buckets, objects, bytes).hash(hasher);
}

/// Adds to a hash what transforms.
pub(crate) fn hash_transformer(transformer: &Transformer, hasher: &mut impl Hasher) {
    match transformer {
        Transformer::Function(FunctionCode { arn, digest, settings, .. }) => {
            (0_u8, arn, digest, settings).hash(hasher);
        }
        Transformer::Webhook(Webhook { name, asked, .. }) => (1_u8, name, asked).hash(hasher),
    }
}

/// A span in the volume's terms.
pub(crate) fn volume_span(span: &Span) -> volume::Span {
    volume::Span { blob: span.blob, offset: span.offset, length: span.length }
}

/// The host's name of a digest algorithm of the contract.
pub(crate) fn algorithm(algorithm: DigestAlgorithm) -> Algorithm {
    match algorithm {
        DigestAlgorithm::Md5 => Algorithm::Md5,
        DigestAlgorithm::Sha1 => Algorithm::Sha1,
        DigestAlgorithm::Sha256 => Algorithm::Sha256,
        DigestAlgorithm::Sha512 => Algorithm::Sha512,
        DigestAlgorithm::Crc32 => Algorithm::Crc32,
        DigestAlgorithm::Crc32c => Algorithm::Crc32c,
        DigestAlgorithm::Crc64nvme => Algorithm::Crc64nvme,
        DigestAlgorithm::Xxhash64 => Algorithm::Xxhash64,
        DigestAlgorithm::Xxhash3 => Algorithm::Xxhash3,
        DigestAlgorithm::Xxhash128 => Algorithm::Xxhash128,
    }
}

/// The contract's name of a digest algorithm of the host.
pub(crate) fn contract_algorithm(algorithm: Algorithm) -> DigestAlgorithm {
    match algorithm {
        Algorithm::Md5 => DigestAlgorithm::Md5,
        Algorithm::Sha1 => DigestAlgorithm::Sha1,
        Algorithm::Sha256 => DigestAlgorithm::Sha256,
        Algorithm::Sha512 => DigestAlgorithm::Sha512,
        Algorithm::Crc32 => DigestAlgorithm::Crc32,
        Algorithm::Crc32c => DigestAlgorithm::Crc32c,
        Algorithm::Crc64nvme => DigestAlgorithm::Crc64nvme,
        Algorithm::Xxhash64 => DigestAlgorithm::Xxhash64,
        Algorithm::Xxhash3 => DigestAlgorithm::Xxhash3,
        Algorithm::Xxhash128 => DigestAlgorithm::Xxhash128,
    }
}

/// An identity in the contract's terms.
pub(crate) fn contract_identity(identity: &accounts::Identity) -> Identity {
    Identity {
        kind: contract_kind(identity.kind),
        account: identity.account.clone(),
        canonical_id: identity.canonical_id.clone(),
        display_name: identity.display_name.clone(),
        user: identity.user.clone(),
        unique_id: identity.unique_id.clone(),
        arn: identity.arn.clone(),
        access_key_id: identity.access_key_id.clone(),
    }
}

/// A kind of identity in the contract's terms.
pub(crate) fn contract_kind(kind: IdentityKind) -> calls::IdentityKind {
    match kind {
        IdentityKind::Root => calls::IdentityKind::Root,
        IdentityKind::ConfiguredUser => calls::IdentityKind::ConfiguredUser,
        IdentityKind::User => calls::IdentityKind::User,
        IdentityKind::AssumedRole => calls::IdentityKind::AssumedRole,
        IdentityKind::FederatedUser => calls::IdentityKind::FederatedUser,
    }
}

/// The host's name of a kind of identity of the contract.
pub(crate) fn kind_of(kind: calls::IdentityKind) -> IdentityKind {
    match kind {
        calls::IdentityKind::Root => IdentityKind::Root,
        calls::IdentityKind::ConfiguredUser => IdentityKind::ConfiguredUser,
        calls::IdentityKind::User => IdentityKind::User,
        calls::IdentityKind::AssumedRole => IdentityKind::AssumedRole,
        calls::IdentityKind::FederatedUser => IdentityKind::FederatedUser,
    }
}

/// What the contract says of a session, in the host's terms.
pub(crate) fn session_details(session: Session) -> SessionDetails {
    SessionDetails {
        issuer_kind: kind_of(session.issuer_kind),
        issuer_arn: session.issuer_arn,
        issuer_id: session.issuer_id,
        parent_key_id: session.parent_key_id,
        policies: session.policies,
        policy_arns: session.policy_arns,
        tags: session.tags,
        transitive_tags: session.transitive_tags,
        source_identity: session.source_identity,
        multi_factor: session.multi_factor,
        issued_ms: session.issued_ms,
        expires_ms: session.expires_ms,
        context: session.context,
    }
}

/// A session in the contract's terms.
pub(crate) fn contract_session(session: SessionDetails) -> Session {
    Session {
        issuer_kind: contract_kind(session.issuer_kind),
        issuer_arn: session.issuer_arn,
        issuer_id: session.issuer_id,
        parent_key_id: session.parent_key_id,
        policies: session.policies,
        policy_arns: session.policy_arns,
        tags: session.tags,
        transitive_tags: session.transitive_tags,
        source_identity: session.source_identity,
        multi_factor: session.multi_factor,
        issued_ms: session.issued_ms,
        expires_ms: session.expires_ms,
        context: session.context,
    }
}
