//! From the command line and its documents to what IAM is to hold.

use std::collections::BTreeSet;

use stackpass_ground::arn::{Arn, ArnPattern};
use stackpass_iam::account::Account;
use stackpass_iam::attached::named;
use stackpass_iam::desired::{
    ApplyId, Besides, Boundary, Desired, Foreign, Holding, Policy, Provider, Role,
};
use stackpass_iam::principal::{Kind as Holder, Principal};
use stackpass_policy::action::Action;
use stackpass_policy::statement::{Effect, Selection};

use super::documents::{Content, Documents};
use super::names::Names;
use super::{ApplyArgs, HolderArgs};
use crate::args::no_doubles;
use crate::error::{CliError, Kind};

/// The longest value of a tag.
const MAX_TAG: usize = 256;

/// Who gets the policies, as far as the command line says: nobody, if only a service role is made.
pub(super) fn holder(args: &HolderArgs) -> Result<Option<Principal>, CliError> {
    let existing = [
        (Holder::Role, "--role", &args.role),
        (Holder::User, "--user", &args.user),
        (Holder::Group, "--group", &args.group),
    ];
    for (kind, option, text) in existing {
        if let Some(text) = text {
            return match named(kind, text) {
                Ok(principal) => Ok(Some(principal)),
                Err(cause) => {
                    Err(CliError::new(Kind::Usage, format!("`{option}`")).caused_by(cause))
                }
            };
        }
    }
    Ok(args.create_role.as_deref().map(Principal::role))
}

/// What IAM is to hold.
pub(super) fn wanted(
    args: &ApplyArgs,
    documents: &Documents,
    names: &Names,
    id: ApplyId,
    account: Account,
) -> Result<Desired, CliError> {
    let holder = holder(&args.holder)?;
    let mut wanted = Desired::new(id, account);
    wanted.foreign = if args.content.adopt { Foreign::Adopt } else { Foreign::Refuse };
    let prefix = prefix(args, holder.as_ref());
    wanted.set = Some(set(&prefix, documents));
    let naming = Naming { args, names, prefix };
    if let Some(name) = &args.holder.create_service_role {
        naming.service_role(name, documents, &mut wanted)?;
    }
    if let Some(name) = &args.holder.create_role {
        wanted.roles.push(naming.role(name, documents.trust.as_ref())?);
        wanted.providers.extend(args.holder.oidc_provider.as_ref().map(|url| Provider {
            url: url.clone(),
            client_ids: [args.holder.oidc_audience.clone()].into(),
            thumbprints: [].into(),
            tags: [].into(),
        }));
    }
    if let Some(principal) = holder {
        let mut holding = naming.holding(principal, &documents.policies, &mut wanted)?;
        holding.attached.extend(args.content.managed.iter().map(|text| names.arn(text)));
        if let (Some(policy), None) = (&args.content.boundary, &args.holder.create_service_role) {
            holding.boundary = Boundary::Set(names.arn(policy));
        }
        if args.content.replace {
            holding.besides = Besides::Replace;
        }
        wanted.holdings.push(holding);
    }
    Ok(wanted)
}

/// What the names of policies begin with.
fn prefix(args: &ApplyArgs, holder: Option<&Principal>) -> String {
    let given = args.naming.name_prefix.as_ref().or(args.holder.create_service_role.as_ref());
    let of_holder = || holder.map(|principal| principal.name.clone()).unwrap_or_default();
    given.cloned().unwrap_or_else(of_holder)
}

/// The name of the set: policies of the same files for the same holder replace one another, also where there are fewer than before.
/// Policies of other files stay.
fn set(prefix: &str, documents: &Documents) -> String {
    let all = documents.policies.iter().chain(&documents.executor).chain(&documents.boundary);
    let mut holders: Vec<&str> = all.map(|content| without_number(&content.stem)).collect();
    holders.sort_unstable();
    holders.dedup();
    let allowed = |character: char| {
        let is_allowed = character.is_ascii_alphanumeric() || "_.:/=+-@".contains(character);
        if is_allowed { character } else { '.' }
    };
    format!("{prefix}/{}", holders.join("+")).chars().map(allowed).take(MAX_TAG).collect()
}

/// The name of a policy. A file that is called like its holder does not repeat the name.
fn policy_name(prefix: &str, stem: &str) -> String {
    if without_number(stem) == prefix { stem.to_owned() } else { format!("{prefix}-{stem}") }
}

/// `executor` for `executor-2`.
fn without_number(stem: &str) -> &str {
    match stem.rsplit_once('-') {
        Some((holder, number)) if number.bytes().all(|byte| byte.is_ascii_digit()) => holder,
        _ => stem,
    }
}

/// The caller must be allowed to pass this very role: else no deployment could use it.
fn check_passed(name: &str, caller: &[Content], account: &Account) -> Result<(), CliError> {
    let Ok(arn) = account.role_arn("/", name).parse::<Arn>() else { return Ok(()) };
    let Ok(pass) = "iam:PassRole".parse::<Action>() else { return Ok(()) };
    let mut others = BTreeSet::new();
    for statement in caller.iter().flat_map(|content| &content.document.statements) {
        let passes = match &statement.actions {
            Selection::Only(actions) => actions.iter().any(|action| action.matches(&pass)),
            Selection::Except(_) => return Ok(()),
        };
        match &statement.resources {
            Some(Selection::Only(resources)) if passes && statement.effect == Effect::Allow => {
                if resources.iter().any(|resource| resource.matches(&arn)) {
                    return Ok(());
                }
                others.extend(resources.iter().map(ArnPattern::as_str));
            }
            _ => {}
        }
    }
    let Some(other) = others.first() else { return Ok(()) };
    let message = format!("the caller may pass `{other}`, not the role `{name}` of this account");
    let hint = "give the name that `stackpass generate service-role` was given or chose";
    Err(CliError::new(Kind::Input, message).with_hint(hint))
}

/// What is made is called after this.
struct Naming<'a> {
    args: &'a ApplyArgs,
    names: &'a Names,
    prefix: String,
}

impl Naming<'_> {
    fn service_role(
        &self,
        name: &str,
        documents: &Documents,
        wanted: &mut Desired,
    ) -> Result<(), CliError> {
        check_passed(name, &documents.policies, &wanted.account)?;
        wanted.roles.push(self.role(name, documents.trust.as_ref())?);
        let mut holding = self.holding(Principal::role(name), &documents.executor, wanted)?;
        match (&documents.boundary, &self.args.content.boundary) {
            (None, None) => {}
            (Some(_), Some(_)) => {
                let message = "`--boundary` names a policy, and the folder has one as well";
                return Err(CliError::new(Kind::Usage, message));
            }
            (None, Some(policy)) => {
                holding.boundary = Boundary::Set(self.names.arn(policy));
            }
            (Some(boundary), None) => {
                // The other policies name the boundary: it is called what they call it, whatever the prefix is.
                let policy = Policy { name: format!("{name}-boundary"), ..self.policy(boundary)? };
                holding.boundary = Boundary::Set(wanted.arn(&policy));
                wanted.policies.push(policy);
            }
        }
        wanted.holdings.push(holding);
        Ok(())
    }

    /// The holder of some policies, which are wanted too.
    fn holding(
        &self,
        principal: Principal,
        contents: &[Content],
        wanted: &mut Desired,
    ) -> Result<Holding, CliError> {
        let mut holding = Holding::new(principal);
        for content in contents {
            let policy = self.policy(content)?;
            holding.attached.insert(wanted.arn(&policy));
            wanted.policies.push(policy);
        }
        Ok(holding)
    }

    fn policy(&self, content: &Content) -> Result<Policy, CliError> {
        let naming = &self.args.naming;
        Ok(Policy {
            name: policy_name(&self.prefix, &content.stem),
            path: naming.path.clone(),
            description: naming.description.clone(),
            document: content.text.clone(),
            tags: no_doubles("--tag", &naming.tags)?,
        })
    }

    fn role(&self, name: &str, trust: Option<&Content>) -> Result<Role, CliError> {
        let naming = &self.args.naming;
        let Some(trust) = trust else {
            return Err(CliError::new(Kind::Usage, "a role that is made needs a trust policy"));
        };
        Ok(Role {
            name: name.to_owned(),
            path: naming.path.clone(),
            description: naming.description.clone(),
            trust: trust.text.clone(),
            max_session: None,
            tags: no_doubles("--tag", &naming.tags)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policy_is_called_after_its_holder_and_its_file() {
        assert_eq!(policy_name("ci", "deploy"), "ci-deploy");
        assert_eq!(policy_name("deploy", "deploy-2"), "deploy-2");
    }

    #[test]
    fn number_of_a_part_is_left_out_of_the_set() {
        assert_eq!(without_number("executor-2"), "executor");
        assert_eq!(without_number("executor"), "executor");
        assert_eq!(without_number("my-policy"), "my-policy");
    }
}
