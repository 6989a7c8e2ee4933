//! The command line of stackpass: arguments in, answer and exit code out.
//!
//! What a deployment needs, who holds it and what becomes of it is decided in `stackpass-stacks`, `stackpass-policy` and
//! `stackpass-iam`; here is reading, asking, holding given policies against the needs, and printing.
//! The binary is [`main`] alone. [`run`] is the same with its output caught:
//!
//! ```
//! use stackpass_cli::{Exit, Output, run};
//!
//! let (mut answer, mut talk) = (Vec::new(), Vec::new());
//! let exit = run(["stackpass", "--version"], &mut Output::new(&mut answer, &mut talk));
//! assert_eq!(exit, Exit::Done);
//! assert!(String::from_utf8(answer)?.starts_with("stackpass 0."));
//! # Ok::<(), std::string::FromUtf8Error>(())
//! ```

mod args;
mod ask;
mod aws;
mod change;
mod clock;
mod codes;
mod combination;
mod commands;
mod coverage;
mod difference;
mod engine;
mod error;
mod exit;
mod files;
mod gain;
mod input;
mod judge;
mod live;
mod output;
mod policies;
mod policy_files;
mod report;
mod similar;
mod state_folder;
mod text;
mod unused;
mod view;

use std::ffi::OsString;
use std::fmt::Write as _;
use std::io;
use std::process::ExitCode;

use clap::error::ErrorKind;

pub use exit::Exit;
pub use output::Output;

use error::CliError;
use output::Colors;
use text::{ERROR, HINT, clean, paint};

/// Runs the program on the process's own streams.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    output::explain_panics();
    let (mut answer, mut talk) = (io::stdout().lock(), io::stderr().lock());
    run(args, &mut Output::colored(&mut answer, &mut talk, Colors::of_terminals())).into()
}

/// Runs a command line; its first word is the program's name.
pub fn run<I>(args: I, output: &mut Output<'_>) -> Exit
where
    I: IntoIterator<Item: Into<OsString> + Clone>,
{
    let result = match commands::parse(args) {
        Ok((command, aws)) => command.run(&aws, output),
        Err(error) => explain(&error, output),
    };
    result.unwrap_or_else(|error| {
        output.talk(&message(&error));
        error.exit()
    })
}

/// Help and version are answers, everything else is about a mistake in the command line.
fn explain(error: &clap::Error, output: &mut Output<'_>) -> Result<Exit, CliError> {
    let text = error.render().ansi().to_string();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            output.styled_answer(&text).map(|()| Exit::Done)
        }
        _ => {
            output.talk(&text);
            Ok(Exit::Usage)
        }
    }
}

fn message(error: &CliError) -> String {
    let mut text = format!("{}: {}\n", paint(ERROR, "error"), clean(&error.to_string()));
    for hint in error.hints() {
        let _ = writeln!(text, "{}: {}", paint(HINT, "hint"), clean(hint));
    }
    text
}
