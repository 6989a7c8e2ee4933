//! `stackpass reference`: pages of the documentation, made from what the program does.

mod code_page;
mod command_page;
mod exit_page;

use clap::{Args, ValueEnum};

use crate::error::CliError;
use crate::exit::Exit;
use crate::output::Output;

/// Write a reference page in Markdown
#[derive(Args)]
pub(crate) struct ReferenceArgs {
    /// Page to write
    #[arg(value_enum)]
    page: Page,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Page {
    /// Codes of diagnostics, gaps and findings
    Codes,
    /// Commands and options
    Commands,
    /// Exit codes
    ExitCodes,
}

/// Writes a page to standard output.
pub(crate) fn run(args: &ReferenceArgs, output: &mut Output<'_>) -> Result<Exit, CliError> {
    output.answer(&match args.page {
        Page::Codes => code_page::page(),
        Page::Commands => command_page::page(super::command_line()),
        Page::ExitCodes => exit_page::page(),
    })?;
    Ok(Exit::Done)
}
