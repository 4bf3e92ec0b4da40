//! Web identities: tokens that an OpenID Connect provider signs, read and checked. The caller
//! fetches the provider's keys and verifies the signature.
//!
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html>
//!
//! | module | what |
//! | --- | --- |
//! | [`token`] | a JSON Web Token, taken apart |
//! | [`claims`] | its claims, and whether they hold now and here |
//! | [`keys`] | the keys that a provider publishes |
//! | [`provider`] | the name of a provider, and the address of its keys |

pub mod claims;
pub mod keys;
pub mod provider;
pub mod token;

pub use claims::Claims;
pub use keys::{Keys, PublicKey};
pub use token::{Algorithm, TOKEN_LENGTH_MAX, Token};

use crate::errors::{ErrorCode, S3Error};

/// Why a token is not taken, in the words of STS.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Rejected {
    /// It is not a JSON Web Token, or says something twice.
    #[error("The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)")]
    Malformed,
    /// It is signed in a way that is refused, such as `none` or a symmetric key.
    #[error("The ID Token provided is signed in a way that is not supported; supported are RS256 and ES256")]
    Algorithm,
    /// It demands that its reader understands an extension.
    #[error("The ID Token provided has critical header parameters that are not supported")]
    Critical,
    /// A required claim is missing, or is of another type.
    #[error("Missing a required claim: {0}")]
    Claim(&'static str),
    /// It is not for any client of the provider.
    #[error("Incorrect token audience")]
    Audience,
    /// It is not valid yet.
    #[error("The ID Token provided is not valid yet")]
    Early,
    /// It has expired. Seconds since 1970: now, and its end.
    #[error("Token expired: current date/time {0} must be before the expiration date/time {1}")]
    Expired(u64, u64),
    /// The tags of the session, or its source identity, are not valid.
    #[error("The claim {0} of the ID Token provided is not valid")]
    Session(&'static str),
    /// The account has no such provider.
    #[error("No OpenIDConnect provider found in your account for {0}")]
    Provider(String),
    /// The provider publishes no valid key for it.
    #[error(
        "Couldn't retrieve verification key from your identity provider, please reference AssumeRoleWithWebIdentity \
         documentation for requirements"
    )]
    Key,
    /// The provider did not sign it.
    #[error("The ID Token provided does not have a valid signature")]
    Signature,
}

impl From<Rejected> for S3Error {
    fn from(rejected: Rejected) -> S3Error {
        let code = match rejected {
            Rejected::Expired(..) => ErrorCode::ExpiredTokenException,
            _ => ErrorCode::InvalidIdentityToken,
        };
        S3Error::new(code).message(rejected.to_string())
    }
}

#[cfg(test)]
mod tests;
