//! Repository tasks: `cargo xtask TASK`.
//!
//! One file per task. No product crate is used as a library, so a broken product never stops a task and this crate builds in
//! seconds; tasks that need the product run the built binary.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a task talks to a developer")]

mod catalog;
mod codegen;
mod table;

use std::env;
use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask TASK

  catalog [--check] [--accept-shrink]   refresh the data files from the package registries
  codegen [--check]                     make what the crates embed from the data files
";

fn main() -> ExitCode {
    let mut args = env::args().skip(1);
    let task = args.next().unwrap_or_default();
    let args: Vec<String> = args.collect();
    let result = match task.as_str() {
        "catalog" => catalog::run(&args),
        "codegen" => codegen::run(&args),
        "" | "help" | "--help" => {
            print!("{USAGE}");
            Ok(())
        }
        _ => Err(anyhow::anyhow!("unknown task `{task}`\n\n{USAGE}")),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
