//! The tasks of this repository. `cargo xtask` alone lists them.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a task talks to its terminal")]

mod catalog;
mod table;

use std::process::ExitCode;

/// The tasks, one line of help each.
const HELP: &str = "\
catalog [--check] [--accept-shrink]   refresh the data files from the package registries";

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let task = args.next().unwrap_or_default();
    let args: Vec<String> = args.collect();
    let outcome = match task.as_str() {
        "catalog" => catalog::run(&args),
        "" | "help" | "--help" | "-h" => {
            println!("{HELP}");
            Ok(())
        }
        unknown => Err(anyhow::anyhow!("unknown task `{unknown}`; the tasks are:\n{HELP}")),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
