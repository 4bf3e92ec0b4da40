//! Second factors: devices that show one-time codes, who has them, and what a code is worth.
//!
//! | module | what |
//! | --- | --- |
//! | [`codes`] | which codes are right, and what becomes of a device when one was shown |
//! | [`devices`] | devices made, shown, tagged, deleted |
//! | [`assigned`] | devices enabled for users, and deactivated |
//! | [`shown`] | the code of a call |
//! | [`verify`] | that code: verified, and used up |
//! | [`picture`] | the picture that a phone reads a seed from |
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa.html>

pub(crate) mod assigned;
pub(crate) mod codes;
pub(crate) mod devices;
mod picture;
pub(crate) mod shown;
#[cfg(test)]
mod tests;
pub(crate) mod verify;
