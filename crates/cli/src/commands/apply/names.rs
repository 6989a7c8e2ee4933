//! Managed policies by their names: the account's own first, then those of AWS.

use std::collections::BTreeMap;

use stackpass_iam::account::Account;
use stackpass_iam::client::Iam;
use stackpass_iam::error::{ApiError, Cause};

use super::ContentArgs;
use crate::change::problem;
use crate::error::{CliError, Kind};
use crate::output::Output;
use crate::view::changes::warning;

/// The ARNs of the policies that the command line calls by their names.
#[derive(Clone, Debug, Default)]
pub(super) struct Names(BTreeMap<String, String>);

impl Names {
    /// Looks up every name in IAM. Where only ARNs are given, IAM is not asked.
    pub(super) async fn look_up<I: Iam>(
        args: &ContentArgs,
        iam: &I,
        account: &Account,
        output: &mut Output<'_>,
    ) -> Result<Names, CliError> {
        let mut names = BTreeMap::new();
        for name in args.managed.iter().chain(&args.boundary).filter(|text| !is_arn(text)) {
            let found = found(name, iam, account).await;
            let found = found.map_err(|error| problem::of_api("cannot read from IAM", error))?;
            let Some(Found { arn, shadowed }) = found else { return Err(unknown(name, account)) };
            if let Some(other) = shadowed {
                output.talk(&warning(&format!(
                    "`{name}` is `{arn}`; the policy of AWS of that name is `{other}`"
                )));
            }
            names.insert(name.clone(), arn);
        }
        Ok(Names(names))
    }

    /// The ARN that is meant.
    pub(super) fn arn(&self, text: &str) -> String {
        self.0.get(text).map_or(text, String::as_str).to_owned()
    }
}

/// What a name stands for.
struct Found {
    arn: String,
    /// The policy of AWS that has the same name.
    shadowed: Option<String>,
}

/// Looks for a name. What one may not look at is not there, unless nothing is found at all.
async fn found<I: Iam>(name: &str, iam: &I, account: &Account) -> Result<Option<Found>, ApiError> {
    let (own, denied) = existing(iam, &account.policy_arn("/", name)).await?;
    let own = match own {
        Some(arn) => Some(arn),
        None => iam.policy_named(name).await?,
    };
    let (of_aws, denied_by_aws) = existing(iam, &account.aws_managed_arn(name)).await?;
    let of_aws = match of_aws {
        Some(arn) => Some(arn),
        None => iam.aws_policy_named(name).await?,
    };
    match (own, of_aws, denied.or(denied_by_aws)) {
        (Some(arn), shadowed, _) => Ok(Some(Found { arn, shadowed })),
        (None, Some(arn), _) => Ok(Some(Found { arn, shadowed: None })),
        (None, None, Some(denied)) => Err(denied),
        (None, None, None) => Ok(None),
    }
}

/// The ARN if there is such a policy, or why that cannot be told.
async fn existing<I: Iam>(
    iam: &I,
    arn: &str,
) -> Result<(Option<String>, Option<ApiError>), ApiError> {
    match iam.policy_tags(arn).await {
        Ok(tags) => Ok((tags.map(|_| arn.to_owned()), None)),
        Err(error) if matches!(error.cause, Cause::Denied(_)) => Ok((None, Some(error))),
        Err(error) => Err(error),
    }
}

fn unknown(name: &str, account: &Account) -> CliError {
    let message = format!(
        "there is no managed policy `{name}`, neither in account {} nor of AWS",
        account.id
    );
    CliError::new(Kind::Input, message).with_hint(
        "`aws iam list-policies` lists them; one that cannot be listed is taken by its ARN",
    )
}

fn is_arn(text: &str) -> bool {
    text.starts_with("arn:")
}
