//! The commands of `portcullis`: what each does, and the command line that asks for it.

pub mod check;
pub mod cli;
pub mod explain;
pub mod output;
pub mod policy;
pub mod serve;
