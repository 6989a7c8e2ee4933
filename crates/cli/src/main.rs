//! The `stackpass` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    stackpass_cli::main(std::env::args_os())
}
