//! What clients reach: sockets, connections, limits of time, and what operators ask of a server
//! that runs.

pub mod admin;
pub mod connection;
pub mod health;
pub mod listener;
pub mod notify;
pub mod serve;
