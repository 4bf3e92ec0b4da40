//! The binary `portcullis`.

use std::process::ExitCode;

use host::command::cli;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match cli::parse(std::env::args_os()) {
        Ok(task) => cli::run(task),
        // Prints help and version too, and ends the process with the status that belongs to it.
        Err(error) => error.exit(),
    }
}
