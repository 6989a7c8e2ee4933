//! Needs to policies that fit a quota.

use std::fmt;

use stackpass_policy::document::Document;
use stackpass_policy::grant::statements;
use stackpass_policy::minimize::{Limits, MinimizeError, minimize};
use stackpass_policy::render::NamedDocument;
use stackpass_policy::size::size;
use stackpass_policy::statement::Statement;
use stackpass_stacks::deployment::Mode;
use stackpass_stacks::need::{Need, Who};

use crate::args::Limit;
use crate::error::{CliError, Kind};
use crate::view::text::thousands;

/// The longest name of a policy.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
const MAX_NAME: usize = 128;

/// A policy of the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Policy {
    /// Whose it is.
    pub(crate) holder: Holder,
    /// Its name in the answer: that of the holder, from the second on with a number.
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

/// Whose policy it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Holder {
    /// Of who runs the tool.
    Caller,
    /// Of the role that CloudFormation acts with.
    Executor,
    /// Of who runs the tool, with whose permissions CloudFormation acts as well.
    Deploy,
    /// Of nobody: it bounds what others can be given.
    Boundary,
}

impl Holder {
    /// Whose policy a need goes into. CloudFormation has no permissions of its own in direct mode.
    pub(crate) fn of(need: &Need, mode: Mode) -> Holder {
        match (mode, need.who) {
            (Mode::Direct, _) => Holder::Deploy,
            (_, Who::Caller) => Holder::Caller,
            (_, Who::Executor) => Holder::Executor,
        }
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Holder::Caller => "caller",
            Holder::Executor => "executor",
            Holder::Deploy => "deploy",
            Holder::Boundary => "boundary",
        })
    }
}

impl Policy {
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
    let mut policies = Vec::new();
    for holder in [Holder::Caller, Holder::Executor, Holder::Deploy] {
        let held = needs.iter().filter(|need| Holder::of(need, mode) == holder);
        let statements = statements(held.map(|need| need.grant()));
        let minimized =
            minimize(&statements, &limits).map_err(|error| stopped(holder, limit, error))?;
        policies.extend(numbered(holder, minimized.documents, limits));
    }
    Ok(policies)
}

/// Makes as few policies as the quota allows without touching order and grouping of the statements.
pub(crate) fn in_order(
    holder: Holder,
    statements: Vec<Statement>,
    limit: Limit,
) -> Result<Vec<Policy>, CliError> {
    let limits = limits(limit);
    let mut documents: Vec<Document> = Vec::new();
    for statement in statements {
        let alone = size(&Document::new(vec![statement.clone()]));
        if alone > limits.characters {
            return Err(too_large(holder, alone, limits.characters));
        }
        if let Some(last) = documents.last_mut() {
            last.statements.push(statement.clone());
            if size(last) <= limits.characters {
                continue;
            }
            last.statements.pop();
        }
        documents.push(Document::new(vec![statement]));
    }
    if documents.len() > limits.documents {
        let needed = documents.iter().map(size).sum();
        let allowed = limits.documents.saturating_mul(limits.characters);
        return Err(too_large(holder, needed, allowed));
    }
    Ok(numbered(holder, documents, limits))
}

fn numbered(holder: Holder, documents: Vec<Document>, limits: Limits) -> Vec<Policy> {
    let mut policies = Vec::new();
    for (index, document) in documents.into_iter().enumerate() {
        let name = if index == 0 { holder.to_string() } else { format!("{holder}-{}", index + 1) };
        let characters = size(&document);
        let quota = limits.characters;
        policies.push(Policy { holder, name, fixed_name: None, document, characters, quota });
    }
    policies
}

fn too_large(holder: Holder, needed: usize, allowed: usize) -> CliError {
    let message = format!(
        "the {holder} policy needs {} characters, the quota allows {}",
        thousands(needed),
        thousands(allowed)
    );
    CliError::new(Kind::OverQuota, message)
        .with_hint("`--limit managed` allows the most, in several managed policies")
        .with_hint("choose fewer services, or make a policy for each part of them")
}

fn limits(limit: Limit) -> Limits {
    match limit {
        Limit::Managed => Limits::MANAGED,
        Limit::RoleInline => Limits::ROLE_INLINE,
        Limit::UserInline => Limits::USER_INLINE,
        Limit::GroupInline => Limits::GROUP_INLINE,
    }
}

fn stopped(holder: Holder, limit: Limit, error: MinimizeError) -> CliError {
    match error {
        MinimizeError::TooLarge { needed, allowed } => {
            let message = format!(
                "the {holder} policy needs {} characters, the quota allows {}",
                thousands(needed),
                thousands(allowed)
            );
            let error = CliError::new(Kind::OverQuota, message);
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
                "the {holder} policy combines {} actions and resources, more than any quota allows",
                thousands(found)
            );
            CliError::new(Kind::OverQuota, message).with_hint(
                "`--stack NAME` and `--phase` make a policy for a part of the deployment",
            )
        }
        error => CliError::new(Kind::Unexpected, format!("cannot make the {holder} policy"))
            .caused_by(error)
            .with_hint("please report it with the command line and, if you may, the input"),
    }
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
    fn direct_mode_has_one_holder() {
        let caller = need("caller cloudformation:CreateChangeSet create *");
        let executor = need("executor s3:CreateBucket create arn:aws:s3:::b");
        let needs = [&caller, &executor];
        let direct = policies(&needs, Mode::Direct, Limit::Managed).unwrap();
        assert_eq!(names(&direct), ["deploy"]);
        let role = policies(&needs, Mode::ServiceRole, Limit::Managed).unwrap();
        assert_eq!(names(&role), ["caller", "executor"]);
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
