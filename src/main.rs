//! Reads the arguments, then runs a verb or opens the window.

use clap::Parser;
use ritmo::cli::{self, Cli};
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let result = match cli::run(Cli::parse()) {
        Ok(None) => Ok(()),
        Ok(Some(window)) => ritmo::ui::open(window),
        Err(failure) => Err(failure.into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("ritmo: {error:#}");
            ExitCode::FAILURE
        }
    }
}
