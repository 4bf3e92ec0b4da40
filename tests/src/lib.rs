//! How we know: the harness that starts the released binary and speaks to it byte by byte.
//!
//! | module | what |
//! | --- | --- |
//! | [`server`] | a server process on a free loopback port: start, kill, restart, drain, check |
//! | [`http`] | a blocking HTTP/1.1 client that sends exactly the bytes it is told to |
//! | [`http2`] | the same for HTTP/2, frame by frame |
//! | [`attacks`] | clients that hold what a server has, at little cost to themselves |
//! | [`sign`] | SigV4 for those requests, through the gateway's own signer |
//! | [`client`] | both together: one account's connection to one server |
//! | [`transforms`] | transforms that are built here, and packages of functions |
//! | [`totp`] | devices that show one-time codes |
//! | [`xml`] | S3's answers as a small tree |
//! | [`bodies`] | object bodies that are remade from a seed, to compare without keeping them |
//! | [`golden`] | files that hold exchanges: parsing, placeholders, comparison |
//! | [`fuzz`] | the entry points that fuzz targets and the mutation loop share, and what they may cost |
//! | [`cost`] | bytes and time of a computation |
//! | [`structure`] | how crates are built: who names whom, read from the sources |
//! | [`workspace`] | where files of this repository are |

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on stops, and says where"
)]

pub mod attacks;
pub mod bodies;
pub mod client;
pub mod cost;
pub mod fuzz;
pub mod golden;
pub mod http;
pub mod http2;
pub mod mount;
pub mod server;
pub mod sign;
pub mod structure;
pub mod totp;
pub mod transforms;
pub mod workspace;
pub mod xml;
