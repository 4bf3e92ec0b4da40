//! The host of Portcullis: runs the pipeline, lends it capabilities, moves bytes. It knows HTTP, Wasm and files, not S3.
//!
//! | module | what |
//! | --- | --- |
//! | [`cli`], [`config`], [`accounts`], [`secret`] | what the operator says |
//! | [`start`], [`listener`], [`endpoint`], [`connection`], [`serve`], [`shares`], `head` | sockets, limits, drain |
//! | [`compose`], [`engine`], [`bindings`] | spin.toml to compiled pipeline |
//! | [`worker`], [`call`], [`work`], [`capabilities`], [`header_lines`], [`stages`] | a request in the pipeline, and what it is lent |
//! | [`body`] | request and response bodies: framing, digests, streaming |
//! | the crate `volume` | the data folder: log, files, index |
//! | [`telemetry`], [`health`], [`fallback`], [`check`], [`notify`] | what operators see |
//! | [`vault`], [`seals`] | secrets and data keys, sealed |
//! | [`explanations`], [`admin`], [`explain`], [`advice`] | why calls were denied, and what policies would say |

pub mod accounts;
pub mod admin;
pub mod bindings;
pub mod body;
pub mod call;
pub mod capabilities;
pub mod command;
pub mod compose;
pub mod config;
pub mod connection;
pub mod engine;
pub mod explanations;
pub mod fallback;
mod head;
pub mod header_lines;
pub mod health;
mod hex;
pub mod journal;
pub mod keys;
pub mod kms;
pub mod listener;
pub mod notify;
pub mod outbound;
pub mod pipeline;
pub mod random;
pub mod seals;
pub mod secret;
pub mod serve;
pub mod shares;
pub mod stages;
pub mod telemetry;
pub mod vault;
pub mod work;
pub mod worker;
