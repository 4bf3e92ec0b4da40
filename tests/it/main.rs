//! The integration tests: one binary, every test against the released program, from outside.
//!
//! Start reading at `walkthrough`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on stops, and says where"
)]

mod access;
mod access_points;
mod backup;
mod bounds;
mod budget;
mod compatibility;
mod compile;
mod condition_keys;
mod conditions;
mod configuration;
mod cors;
mod crash;
mod decided_again;
mod disk;
mod documents;
mod endpoints;
mod explain;
mod forms;
mod functions;
mod fuzz_smoke;
mod golden;
mod iam;
mod kms;
mod layering;
mod limits;
mod limits_page;
mod malformed;
mod metrics;
mod mfa;
mod model;
mod names;
mod not_implemented;
mod object_lambda;
mod operated;
mod pipeline;
mod proxies;
mod quotas;
mod references;
mod sealing;
mod shares;
mod signals;
mod stages;
mod tidy;
mod traces;
mod transformed;
mod transforms;
mod traps;
mod unconfigured;
mod upgrade;
mod walkthrough;
mod web_identity;
mod wire;
mod worlds;
