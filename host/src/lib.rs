//! The host of Portcullis: runs the pipeline, lends it capabilities, moves bytes. It knows HTTP,
//! Wasm and files, not S3.
//!
//! Rooms stand on floors: a room knows those of its own floor and of the floors below.
//!
//! | floor | room | what |
//! | --- | --- | --- |
//! | 1 | [`command`] | the command line, and what each command does; `serve` puts everything together |
//! | 2 | [`front`] | sockets, connections, drain; probes; the admin API |
//! | 3 | [`pipeline`] | spin.toml to a compiled pipeline, a request in it, what it is lent; shares |
//! | 4 | [`transforms`] | sandboxed code over the bytes of objects: its engine, limits and capabilities |
//! | 4 | [`keys`] | accounts; secrets, data keys and master keys, sealed |
//! | 5 | [`config`] | what the operator says |
//! | 6 | [`telemetry`] | logs, metrics, traces, explanations of denials |
//! | 6 | [`outbound`] | what is fetched from elsewhere |
//! | 6 | [`body`] | request and response bodies: framing, digests, streaming |
//! | 6 | [`compiled`] | compiled code in the cache folder |
//! | 7 | [`secret`], [`random`], `hex` | texts that are never shown, randomness, digits |
//!
//! Below all of them is the crate `volume`: the data folder with its log, files and index.

pub mod body;
pub mod command;
pub mod compiled;
pub mod config;
pub mod front;
mod hex;
pub mod keys;
pub mod outbound;
pub mod pipeline;
pub mod random;
pub mod secret;
pub mod telemetry;
pub mod transforms;
