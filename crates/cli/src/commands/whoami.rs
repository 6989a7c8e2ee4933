//! `stackpass whoami`.

use clap::Args;

use stackpass_ground::account::AccountId;

use crate::args::words::account;
use crate::args::{AwsArgs, OutputArgs, Reader};
use crate::aws::Aws;
use crate::aws::identity::Principal;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::Output;
use crate::text::{WARNING, paint};
use crate::view::whoami;

/// Show whose credentials are in use
///
/// Asks AWS which account and which principal the credentials are of, and says where they and the region come from. The call
/// needs no permission.
#[derive(Args)]
#[command(after_help = "\
Examples:
  stackpass whoami
  stackpass whoami --profile staging --expect-account 111122223333")]
pub(crate) struct WhoamiArgs {
    /// Account that it has to be, 12 digits
    #[arg(long, value_name = "ID", value_parser = account)]
    expect_account: Option<AccountId>,
    #[command(flatten)]
    output: OutputArgs,
}

/// Asks and shows.
pub(crate) fn run(
    args: &WhoamiArgs,
    aws: &AwsArgs,
    output: &mut Output<'_>,
) -> Result<Exit, CliError> {
    let aws = Aws::connect(aws)?;
    let identity = aws.identity()?;
    match args.output.output {
        Reader::Human => output.styled_answer(&whoami::text(&aws, &identity))?,
        Reader::Json => output.answer(&whoami::json(&aws, &identity)?)?,
    }
    if identity.principal == Principal::Root {
        output.talk(&format!(
            "{}: the root user can do everything and cannot be limited; use a role instead\n",
            paint(WARNING, "warning")
        ));
    }
    aws.check_account(&identity, args.expect_account.as_ref())?;
    Ok(Exit::Done)
}
