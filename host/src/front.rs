//! What clients reach: sockets, connections, time limits, probes. And the admin API, by which
//! operators reach a server that runs.

pub mod admin;
mod arrival;
pub mod connection;
mod forwarded;
pub mod health;
pub mod listener;
pub mod notify;
pub mod serve;
mod taken;
