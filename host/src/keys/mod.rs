//! Who exists, and keys: accounts, secrets and data keys that are sealed, master keys.

mod error;
pub mod signing;

pub use error::KeysError;
