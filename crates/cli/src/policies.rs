//! Needs to policies that fit a quota.

use std::fmt;

use stackpass_policy::document::Document;
use stackpass_policy::minimize::{self, Limits, MinimizeError};
use stackpass_policy::render::NamedDocument;
use stackpass_policy::size::size;
use stackpass_policy::statement::Statement;
use stackpass_stacks::deployment::Mode;
use stackpass_stacks::need::Need;
use stackpass_stacks::policies::{self, Holder, PoliciesError, numbered};

use crate::args::Limit;
use crate::error::{CliError, Kind};
use crate::text::thousands;

/// The longest name of a policy.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
const MAX_NAME: usize = 128;

/// A policy of the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Policy {
    /// Whose it is.
    pub(crate) owner: Owner,
    /// Its name in the answer: that of the owner, from the second on with a number.
    pub(crate) name: String,
    /// Its name in the account, if it must have a certain one.
    pub(crate) fixed_name: Option<String>,
    /// Its text.
    pub(crate) document: Document,
    /// Its size, counted as IAM counts.
    pub(crate) characters: usize,
    /// The largest size that its quota allows.
    pub(crate) quota: usize,
}

/// Whose a policy is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    /// Of one who deploys.
    Holder(Holder),
    /// Of nobody: it bounds what others can be given.
    Boundary,
}

impl Owner {
    /// All of them.
    pub(crate) fn all() -> impl Iterator<Item = Owner> {
        Holder::ALL.into_iter().map(Owner::Holder).chain([Owner::Boundary])
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Owner::Holder(holder) => holder.fmt(f),
            Owner::Boundary => f.write_str("boundary"),
        }
    }
}

impl Policy {
    fn new(
        owner: Owner,
        NamedDocument { name, document }: NamedDocument,
        limits: &Limits,
    ) -> Policy {
        let characters = size(&document);
        let quota = limits.characters;
        Policy { owner, name, fixed_name: None, document, characters, quota }
    }

    /// The policy as the renderer takes it, for formats that name what they define.
    pub(crate) fn defined(&self) -> NamedDocument {
        let capital = |word: &str| {
            let mut letters = word.chars();
            letters
                .next()
                .into_iter()
                .flat_map(char::to_uppercase)
                .chain(letters)
                .collect::<String>()
        };
        let name = self.name.split('-').map(capital).collect::<String>();
        NamedDocument { name: format!("Stackpass{name}"), document: self.document.clone() }
    }

    /// The policy as the renderer takes it, for formats in which the name is a key.
    pub(crate) fn keyed(&self) -> NamedDocument {
        NamedDocument { name: self.name.clone(), document: self.document.clone() }
    }
}

/// The name in the account of a policy that belongs to a role, so that those of two apps do not meet.
pub(crate) fn name_of_role(role: &str, policy: &str) -> String {
    let is_of_name =
        |character: &char| character.is_ascii_alphanumeric() || "+=,.@_-".contains(*character);
    let name = role.chars().chain(['-']).chain(policy.chars());
    name.filter(is_of_name).take(MAX_NAME).collect()
}

/// Makes as few policies as the quota allows. A holder that needs nothing has none.
pub(crate) fn policies(needs: &[&Need], mode: Mode, limit: Limit) -> Result<Vec<Policy>, CliError> {
    let limits = limits(limit);
    let made = policies::policies(needs.iter().copied(), mode, &limits)
        .map_err(|error| stopped(limit, error))?;
    let policy = |policies::Policy { holder, name, document }| {
        Policy::new(Owner::Holder(holder), NamedDocument { name, document }, &limits)
    };
    Ok(made.into_iter().map(policy).collect())
}

/// Makes as few policies as the quota allows without touching order and grouping of the statements.
pub(crate) fn in_order(
    owner: Owner,
    statements: Vec<Statement>,
    limit: Limit,
) -> Result<Vec<Policy>, CliError> {
    let limits = limits(limit);
    let documents =
        minimize::in_order(statements, &limits).map_err(|error| too_large(owner, error))?;
    let named = numbered(owner, documents);
    Ok(named.map(|named| Policy::new(owner, named, &limits)).collect())
}

fn too_large(owner: Owner, error: MinimizeError) -> CliError {
    match error {
        MinimizeError::TooLarge { needed, allowed } => over_quota(owner, needed, allowed)
            .with_hint("`--limit managed` allows the most, in several managed policies")
            .with_hint("choose fewer services, or make a policy for each part of them"),
        error => impossible(owner, error),
    }
}

fn limits(limit: Limit) -> Limits {
    match limit {
        Limit::Managed => Limits::MANAGED,
        Limit::RoleInline => Limits::ROLE_INLINE,
        Limit::UserInline => Limits::USER_INLINE,
        Limit::GroupInline => Limits::GROUP_INLINE,
    }
}

fn stopped(limit: Limit, PoliciesError { holder, cause }: PoliciesError) -> CliError {
    let owner = Owner::Holder(holder);
    match cause {
        MinimizeError::TooLarge { needed, allowed } => {
            let error = over_quota(owner, needed, allowed);
            let error = match limit {
                Limit::Managed => error,
                _ => error.with_hint("`--limit managed` splits it into several managed policies"),
            };
            error
                .with_hint("`--hardness must` leaves out what a deployment can do without")
                .with_hint(
                    "`--stack NAME` and `--phase` make a policy for a part of the deployment",
                )
        }
        MinimizeError::TooManyPairs { found, .. } => {
            let message = format!(
                "the {owner} policy combines {} actions and resources, more than any quota allows",
                thousands(found)
            );
            CliError::new(Kind::OverQuota, message).with_hint(
                "`--stack NAME` and `--phase` make a policy for a part of the deployment",
            )
        }
        error => impossible(owner, error),
    }
}

fn over_quota(owner: Owner, needed: usize, allowed: usize) -> CliError {
    let message = format!(
        "the {owner} policy needs {} characters, the quota allows {}",
        thousands(needed),
        thousands(allowed)
    );
    CliError::new(Kind::OverQuota, message)
}

fn impossible(owner: Owner, error: MinimizeError) -> CliError {
    CliError::new(Kind::Unexpected, format!("cannot make the {owner} policy"))
        .caused_by(error)
        .with_hint("please report it with the command line and, if you may, the input")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::Exit;
    use crate::view::samples::need;

    fn names(policies: &[Policy]) -> Vec<&str> {
        policies.iter().map(|policy| policy.name.as_str()).collect()
    }

    #[test]
    fn far_too_many_resources_are_over_the_quota() {
        let mut large = need("executor s3:CreateBucket create arn:aws:s3:::b");
        large.resources = (0..1_000_001)
            .map(|number| format!("arn:aws:s3:::{number}").parse().unwrap())
            .collect();
        let error = policies(&[&large], Mode::Direct, Limit::Managed).unwrap_err();
        assert_eq!(error.exit(), Exit::OverQuota);
    }

    #[test]
    fn what_is_too_large_is_split_or_refused() {
        let needs: Vec<Need> = (0..200)
            .map(|number| {
                need(&format!("executor s3:CreateBucket create arn:aws:s3:::{number:0>60}"))
            })
            .collect();
        let needs: Vec<&Need> = needs.iter().collect();
        let split = policies(&needs, Mode::ServiceRole, Limit::Managed).unwrap();
        assert_eq!(names(&split), ["executor", "executor-2", "executor-3"]);
        assert!(split.iter().all(|policy| policy.characters <= 6_144));
        assert_eq!(split[1].defined().name, "StackpassExecutor2");
        let error = policies(&needs, Mode::ServiceRole, Limit::UserInline).unwrap_err();
        assert_eq!(error.exit(), Exit::OverQuota);
        assert!(error.hints()[0].starts_with("`--limit managed`"), "{:?}", error.hints());
    }
}
