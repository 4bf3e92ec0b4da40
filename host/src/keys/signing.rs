//! Signatures of requests: keys that are derived from secret access keys, and what they verify.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::hex;

/// Derived keys kept at most. When there would be more, all are forgotten and derived again where
/// they are needed.
const KEYS_MAX: usize = 4096;

/// A derived signing key, ready for use: the key schedule of HMAC-SHA256 is computed once.
#[derive(Clone)]
pub(crate) struct SigningKey {
    mac: Hmac<Sha256>,
    /// What the signatures of chunks are made with, too.
    pub(crate) bytes: [u8; 32],
}

impl SigningKey {
    /// Whether `mac` is the key's MAC of a message. Takes the same time for every `mac`.
    pub(crate) fn verifies(&self, message: &str, mac: &str) -> bool {
        #[cfg(test)]
        counted::MACS.set(counted::MACS.get() + 1);
        let computed = self.mac(message);
        let readable = hex::bytes_32(mac);
        bool::from(computed.as_slice().ct_eq(&readable.unwrap_or_default())) && readable.is_some()
    }

    /// The MAC of a message.
    pub(crate) fn mac(&self, message: &str) -> [u8; 32] {
        let mut computation = self.mac.clone();
        computation.update(message.as_bytes());
        computation.finalize().into_bytes().into()
    }
}

/// Derived signing keys by access key id and scope.
#[derive(Default)]
pub struct SigningKeys {
    keys: HashMap<String, SigningKey>,
    /// The name of the key that is looked up. It is kept, so that a lookup allocates nothing.
    name: String,
}

impl std::fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKeys({})", self.keys.len())
    }
}

impl SigningKeys {
    /// The key of an access key in a scope, which is derived where it is not at hand.
    pub(crate) fn key(&mut self, access_key_id: &str, scope: &str, secret: &str) -> SigningKey {
        self.name.clear();
        self.name.push_str(access_key_id);
        self.name.push(' ');
        self.name.push_str(scope);
        if let Some(key) = self.keys.get(&self.name) {
            return key.clone();
        }
        if self.keys.len() >= KEYS_MAX {
            // A scope is good for one day: most of these keys will never be needed again.
            self.keys.clear();
        }
        let key = derive(secret, scope);
        self.keys.insert(self.name.clone(), key.clone());
        key
    }
}

/// HMAC-SHA256 along the parts of a credential scope, starting from `AWS4` and the secret:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>.
pub(crate) fn derive(secret: &str, scope: &str) -> SigningKey {
    #[cfg(test)]
    counted::DERIVATIONS.set(counted::DERIVATIONS.get() + 1);
    let mut bytes: [u8; 32] = [0; 32];
    let mut mac = keyed(format!("AWS4{secret}").as_bytes());
    for part in scope.split('/') {
        mac.update(part.as_bytes());
        bytes = mac.finalize().into_bytes().into();
        mac = keyed(&bytes);
    }
    SigningKey { mac, bytes }
}

#[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
fn keyed(key: &[u8]) -> Hmac<Sha256> {
    Hmac::<Sha256>::new_from_slice(key).expect("any length")
}

/// Whether `mac`, in base64, is the HMAC-SHA1 of a message: Signature Version 2. Takes the same
/// time for every `mac`.
pub(crate) fn verifies_v2(secret: &str, message: &str, mac: &str) -> bool {
    #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
    let mut computation = Hmac::<Sha1>::new_from_slice(secret.as_bytes()).expect("any length");
    computation.update(message.as_bytes());
    let computed = computation.finalize().into_bytes();
    let readable: Option<[u8; 20]> = BASE64.decode(mac).ok().and_then(|bytes| bytes.try_into().ok());
    bool::from(computed.as_slice().ct_eq(&readable.unwrap_or_default())) && readable.is_some()
}

/// What a signature of Signature Version 4 signs.
pub(crate) fn string_to_sign(timestamp: &str, scope: &str, canonical_request: &str) -> String {
    let mut text = String::with_capacity(160);
    text.push_str("AWS4-HMAC-SHA256\n");
    text.push_str(timestamp);
    text.push('\n');
    text.push_str(scope);
    text.push('\n');
    hex::push(&mut text, &Sha256::digest(canonical_request.as_bytes()));
    text
}

/// What verifying costs: counted for tests.
#[cfg(test)]
pub(crate) mod counted {
    use std::cell::Cell;

    thread_local! {
        /// How often something was compared with a MAC, and a key derived, on this thread.
        pub(crate) static MACS: Cell<usize> = const { Cell::new(0) };
        pub(crate) static DERIVATIONS: Cell<usize> = const { Cell::new(0) };
    }
}
