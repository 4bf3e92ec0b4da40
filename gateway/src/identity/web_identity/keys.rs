//! The keys that a provider publishes: a JSON Web Key Set, RFC 7517, with the members of RFC 7518,
//! section 6.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::{Algorithm, Rejected, Token};
use crate::policy::json::Json;

/// Bytes of a set.
pub const KEYS_LENGTH_MAX: usize = 256 << 10;
/// Keys of a set that are looked at.
const KEYS_MAX: usize = 200;
/// The most keys with which one signature is verified, because verifying is expensive.
const CANDIDATES_MAX: usize = 4;
/// Bytes of the modulus of an RSA key: 2048 to 4096 bits.
const MODULUS_LENGTH: std::ops::RangeInclusive<usize> = 256..=512;
/// Bytes of its exponent.
const EXPONENT_LENGTH_MAX: usize = 4;
/// Bytes of a coordinate on P-256.
const COORDINATE_LENGTH: usize = 32;

/// A key that verifies signatures.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PublicKey {
    /// For `RS256`: numbers without leading zeros, big-endian.
    Rsa {
        /// `n`
        modulus: Vec<u8>,
        /// `e`
        exponent: Vec<u8>,
    },
    /// For `ES256`: the point as 4, x, y; 65 bytes.
    P256 {
        /// See above.
        point: Vec<u8>,
    },
}

impl PublicKey {
    fn algorithm(&self) -> Algorithm {
        match self {
            PublicKey::Rsa { .. } => Algorithm::Rs256,
            PublicKey::P256 { .. } => Algorithm::Es256,
        }
    }
}

/// The keys of a provider that can verify tokens.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Keys {
    /// With their ids.
    keys: Vec<(Option<String>, PublicKey)>,
}

impl Keys {
    /// Reads a set. Keys of other kinds, for other uses, or that are broken are left out, as RFC
    /// 7517 demands; a document that is not a set is `Key`.
    pub fn parse(document: &[u8]) -> Result<Keys, Rejected> {
        let text = std::str::from_utf8(document).map_err(|_| Rejected::Key)?;
        if text.len() > KEYS_LENGTH_MAX {
            return Err(Rejected::Key);
        }
        let set = Json::parse(text).map_err(|_| Rejected::Key)?;
        let Some(Json::List(keys)) = set.member("keys") else { return Err(Rejected::Key) };
        Ok(Keys { keys: keys.iter().take(KEYS_MAX).filter_map(key).collect() })
    }

    /// The keys that may have signed a token: those of its algorithm with its id. A token without
    /// an id must be of the only key of its algorithm.
    pub fn candidates(&self, token: &Token) -> Vec<&PublicKey> {
        let fits = self.keys.iter().filter(|(_, key)| key.algorithm() == token.algorithm);
        match &token.key_id {
            Some(id) => {
                let named = fits.filter(|(own, _)| own.as_ref() == Some(id));
                named.map(|(_, key)| key).take(CANDIDATES_MAX).collect()
            }
            None => {
                let all: Vec<&PublicKey> = fits.map(|(_, key)| key).take(2).collect();
                if all.len() == 1 { all } else { Vec::new() }
            }
        }
    }
}

/// A key of the set; `None` where it cannot verify tokens.
fn key(json: &Json) -> Option<(Option<String>, PublicKey)> {
    let text = |name| json.member(name).and_then(Json::text);
    if json.member("use").is_some() && text("use") != Some("sig") {
        return None;
    }
    if let Some(operations) = json.member("key_ops")
        && !operations.items().iter().any(|operation| operation.text() == Some("verify"))
    {
        return None;
    }
    let key = match text("kty")? {
        "RSA" => rsa(text("n")?, text("e")?)?,
        "EC" if text("crv")? == "P-256" => p256(text("x")?, text("y")?)?,
        _ => return None,
    };
    // Where a key names its algorithm, it must not be used with another one.
    if json.member("alg").is_some() && text("alg") != Some(key.algorithm().as_str()) {
        return None;
    }
    let id = match json.member("kid") {
        None => None,
        Some(id) => Some(id.text()?.to_owned()),
    };
    Some((id, key))
}

fn rsa(modulus: &str, exponent: &str) -> Option<PublicKey> {
    let (modulus, exponent) = (number(modulus)?, number(exponent)?);
    let is_good = MODULUS_LENGTH.contains(&modulus.len())
        && (1..=EXPONENT_LENGTH_MAX).contains(&exponent.len())
        && exponent.last().is_some_and(|last| last % 2 == 1)
        // With the exponent 1, every text would be its own signature.
        && exponent != [1];
    is_good.then_some(PublicKey::Rsa { modulus, exponent })
}

fn p256(x: &str, y: &str) -> Option<PublicKey> {
    let coordinate = |text| {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        (bytes.len() == COORDINATE_LENGTH).then_some(bytes)
    };
    let (x, y) = (coordinate(x)?, coordinate(y)?);
    Some(PublicKey::P256 { point: [&[4], x.as_slice(), y.as_slice()].concat() })
}

/// A whole number. Some providers write leading zeros.
fn number(text: &str) -> Option<Vec<u8>> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    Some(bytes.get(zeros..)?.to_vec())
}
