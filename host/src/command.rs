//! The commands of `portcullis`: the command line, and what each command does.

pub mod check;
pub mod cli;
pub mod explain;
pub mod output;
pub mod policy;
pub mod serve;
pub mod stage;
