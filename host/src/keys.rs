//! Accounts, and keys: secrets and data keys that are sealed, master keys, signing keys.

pub mod accounts;
pub mod data_keys;
mod error;
pub mod master_keys;
pub mod signing;
pub mod vault;

pub use error::KeysError;
