//! `stackpass history`.

use clap::Args;
use stackpass_iam::desired::ApplyId;
use stackpass_iam::journal::survey;

use crate::args::{AwsArgs, OutputArgs, Reader};
use crate::change::problem;
use crate::error::{CliError, Kind};
use crate::exit::Exit;
use crate::output::Output;
use crate::state_folder;
use crate::view::{changes, history as view};

/// Show what was applied and taken back, from the journals on this machine
///
/// Each apply and each rollback writes a journal. With an id, the steps of that one are shown. AWS is not asked.
#[derive(Args)]
#[command(after_help = "\
Examples:
  stackpass history
  stackpass history 20261123-220102-1f3a")]
pub(crate) struct HistoryArgs {
    /// Apply or rollback of which the steps are shown
    #[arg(value_name = "ID")]
    id: Option<ApplyId>,
    #[command(flatten)]
    output: OutputArgs,
}

/// Reads the journals and shows them.
pub(crate) fn run(
    args: &HistoryArgs,
    _: &AwsArgs,
    output: &mut Output<'_>,
) -> Result<Exit, CliError> {
    let folder = state_folder::journals()?;
    let (journals, damaged) = survey(&folder).map_err(problem::of_journal)?;
    for error in damaged.iter().filter(|_| args.output.output == Reader::Human) {
        output.talk(&changes::warning(&error.to_string()));
    }
    let exit = if damaged.is_empty() { Exit::Done } else { Exit::Gaps };
    let Some(id) = &args.id else {
        match args.output.output {
            Reader::Json => output.answer(&view::json(&journals, &damaged)?)?,
            Reader::Human if journals.is_empty() && damaged.is_empty() => {
                output.talk(&format!("nothing was applied; no journals in {}\n", folder.display()));
            }
            Reader::Human => output.styled_answer(&view::table(&journals))?,
        }
        return Ok(exit);
    };
    let Some(journal) = journals.iter().find(|journal| journal.id() == id) else {
        return Err(CliError::new(Kind::Usage, format!("there is no journal `{id}`"))
            .with_hint("`stackpass history` lists them"));
    };
    match args.output.output {
        Reader::Human => output.styled_answer(&view::one(journal, &journals))?,
        Reader::Json => output.answer(&view::json_of_one(journal, &journals, &damaged)?)?,
    }
    Ok(exit)
}
