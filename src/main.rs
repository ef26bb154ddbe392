//! Reads the arguments, then runs a verb or opens the window.

use ritmo::cli::{self, Cli};
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let result = match Cli::from_arguments().and_then(cli::run) {
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
