//! `stackpass completions`.

use clap::Args;
use clap_complete::Shell;

use super::command_line;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::Output;

/// Write a completion script for a shell
#[derive(Args)]
#[command(after_help = "\
Examples:
  stackpass completions bash > ~/.local/share/bash-completion/completions/stackpass
  stackpass completions fish > ~/.config/fish/completions/stackpass.fish")]
pub(crate) struct CompletionsArgs {
    /// Shell that reads the script
    #[arg(value_enum)]
    shell: Shell,
}

/// Writes the script to standard output.
pub(crate) fn run(args: &CompletionsArgs, output: &mut Output<'_>) -> Result<Exit, CliError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command_line(), "stackpass", &mut script);
    output.answer(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}
