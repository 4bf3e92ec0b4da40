//! Signatures of keys that identity providers publish: `keys.verify-published`.

use ring::signature::{
    ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};

use crate::pipeline::bindings::keys::PublicKey;

/// Bytes of the modulus of the longest RSA key: 4096 bits. A longer one takes long to verify with.
const MODULUS_LENGTH_MAX: usize = 512;

/// Whether a message is signed with a key. A key that cannot be read has signed nothing.
pub(super) fn verify(key: &PublicKey, message: &[u8], signature: &[u8]) -> bool {
    match key {
        PublicKey::Rsa(key) => {
            let (n, e) = (key.modulus.as_slice(), key.exponent.as_slice());
            let is_signed = || {
                let key = RsaPublicKeyComponents { n, e };
                key.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature).is_ok()
            };
            n.len() <= MODULUS_LENGTH_MAX && is_signed()
        }
        PublicKey::P256(point) => {
            let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
            key.verify(message, signature).is_ok()
        }
    }
}

#[cfg(test)]
mod tests;
