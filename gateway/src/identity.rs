//! The principal: accounts, signatures, tokens of web identities.

pub mod account;
pub mod sigv2;
pub mod sigv4;
pub mod web_identity;
