//! A JSON Web Token in its compact form, taken apart: RFC 7515 and RFC 7519. Nothing in it is
//! trusted before its signature is verified, and a token never brings its own key.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::{Claims, Rejected};
use crate::policy::json::Json;

/// Characters of a token, as STS limits them.
pub const TOKEN_LENGTH_MAX: usize = 20_000;
/// Bytes of the id of a key.
const KEY_ID_LENGTH_MAX: usize = 1024;

/// How a token is signed. There are no others: RFC 7518, section 3.1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// ECDSA on P-256 with SHA-256; the signature is both numbers, 32 bytes each.
    Es256,
}

impl Algorithm {
    /// As `alg` spells it, which is compared exactly.
    pub fn as_str(self) -> &'static str {
        match self {
            Algorithm::Rs256 => "RS256",
            Algorithm::Es256 => "ES256",
        }
    }

    fn parse(text: &str) -> Option<Algorithm> {
        [Algorithm::Rs256, Algorithm::Es256].into_iter().find(|own| own.as_str() == text)
    }
}

/// A token, not yet verified.
#[derive(Clone, PartialEq, Debug)]
pub struct Token {
    /// The algorithm that the token names.
    pub algorithm: Algorithm,
    /// The id of the key that the token names.
    pub key_id: Option<String>,
    /// What is signed: header and claims, as sent.
    pub signed: String,
    /// The signature.
    pub signature: Vec<u8>,
    payload: Json,
}

impl Token {
    /// Takes a token apart. `Malformed` for another text, `Algorithm` and `Critical` for a token
    /// that cannot be verified here.
    pub fn parse(text: &str) -> Result<Token, Rejected> {
        if text.len() > TOKEN_LENGTH_MAX {
            return Err(Rejected::Malformed);
        }
        let (signed, signature) = text.rsplit_once('.').ok_or(Rejected::Malformed)?;
        let (header, payload) = signed.split_once('.').ok_or(Rejected::Malformed)?;
        let header = object(header)?;
        let payload = object(payload)?;
        // Padding, line breaks and other alphabets are errors, so that each token has one text
        // only.
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| Rejected::Malformed)?;
        let algorithm = match header.member("alg").map(Json::text) {
            Some(Some(name)) => Algorithm::parse(name).ok_or(Rejected::Algorithm)?,
            _ => return Err(Rejected::Malformed),
        };
        if header.member("crit").is_some() {
            return Err(Rejected::Critical);
        }
        let key_id = match header.member("kid").map(Json::text) {
            None => None,
            Some(Some(id)) if id.len() <= KEY_ID_LENGTH_MAX => Some(id.to_owned()),
            Some(_) => return Err(Rejected::Malformed),
        };
        Ok(Token { algorithm, key_id, signed: signed.to_owned(), signature, payload })
    }

    /// The claims.
    pub fn claims(&self) -> Result<Claims, Rejected> {
        Claims::read(&self.payload)
    }
}

/// A part that is a JSON object.
fn object(part: &str) -> Result<Json, Rejected> {
    let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| Rejected::Malformed)?;
    let text = String::from_utf8(bytes).map_err(|_| Rejected::Malformed)?;
    // The reader refuses a name that occurs twice: the signer may have meant the other value.
    let json = Json::parse(&text).map_err(|_| Rejected::Malformed)?;
    if json.members().is_some() { Ok(json) } else { Err(Rejected::Malformed) }
}
