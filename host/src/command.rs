//! The commands of `portcullis`: the command line, and what each command does.

pub mod backup;
pub mod check;
pub mod cli;
mod config_check;
pub mod explain;
mod new_folder;
pub mod output;
mod placement;
pub mod policy;
mod prepared;
pub mod serve;
pub mod stage;
mod toolchain;
pub mod transform;
mod trouble;
pub mod upgrade;
