//! Why a plan would fail, or would do what nobody asked for: found before anything is written.
//!
//! The limits: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>.

mod values;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::is_of_set;
use crate::account::is_aws_managed;
use crate::desired::{
    APPLY_TAG, Besides, Boundary, Desired, Foreign, Holding, Policy, Provider, Role, SET_TAG,
};
use crate::principal::{Kind, Principal};
use crate::quotas::Quotas;
use crate::state::{State, Tags};
use crate::text::PolicyText;

/// Why nothing is planned.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: String,
}

impl Problem {
    fn new(message: impl Into<String>, help: impl Into<String>) -> Problem {
        Problem { message: message.into(), help: help.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// Finds all problems, in no order.
pub(super) fn find(desired: &Desired, state: &State, quotas: &Quotas) -> Vec<Problem> {
    let mut problems = repeated(desired);
    for policy in &desired.policies {
        problems.extend(policy_problems(policy, desired, state, quotas));
    }
    for role in &desired.roles {
        problems.extend(role_problems(role, desired, state, quotas));
    }
    for provider in &desired.providers {
        problems.extend(provider_problems(provider, desired, state));
    }
    for holding in &desired.holdings {
        problems.extend(holding_problems(holding, desired, state, quotas));
    }
    problems
}

/// Names count without regard to case.
fn repeated(desired: &Desired) -> Vec<Problem> {
    let names = |kind: &'static str, names: Vec<String>| {
        let mut seen = BTreeSet::new();
        let again: Vec<String> =
            names.into_iter().filter(|name| !seen.insert(name.to_lowercase())).collect();
        again.into_iter().map(move |name| {
            Problem::new(
                format!("{kind} `{name}` is wanted twice"),
                "give each its own name; IAM does not tell upper from lower case in names",
            )
        })
    };
    let policies = desired.policies.iter().map(|policy| policy.name.clone()).collect();
    let roles = desired.roles.iter().map(|role| role.name.clone()).collect();
    let providers = desired.providers.iter().map(|provider| provider.url.clone()).collect();
    let holders = desired.holdings.iter().map(|holding| holding.principal.to_string()).collect();
    names("policy", policies)
        .chain(names("role", roles))
        .chain(names("provider", providers))
        .chain(names("principal", holders))
        .collect()
}

fn policy_problems(
    policy: &Policy,
    desired: &Desired,
    state: &State,
    quotas: &Quotas,
) -> Vec<Problem> {
    let what = format!("policy `{}`", policy.name);
    let arn = desired.arn(policy);
    let mut problems = values::name(&what, &policy.name, 128);
    problems.extend(values::path(&what, &policy.path));
    problems.extend(values::description(&what, &policy.description));
    problems.extend(values::document(&what, &policy.document));
    problems.extend(tags(&what, &policy.tags, desired, state.policies.get(&arn).map(|p| &p.tags)));
    problems.extend(size(&what, policy.document.size(), quotas.policy_size));
    if let Some(other) = state.taken.get(&arn) {
        problems.push(Problem::new(
            format!("the name of {what} is taken by `{other}`"),
            "choose another name, or the path of the existing policy",
        ));
    }
    let present = state.policies.get(&arn);
    if present.is_some_and(|present| is_foreign(&present.tags, desired)) {
        problems.push(foreign(&what));
    }
    problems
}

fn role_problems(role: &Role, desired: &Desired, state: &State, quotas: &Quotas) -> Vec<Problem> {
    let what = format!("role `{}`", role.name);
    let held = state.principals.get(&Principal::role(&role.name));
    let mut problems = values::name(&what, &role.name, 64);
    problems.extend(values::path(&what, &role.path));
    problems.extend(values::description(&what, &role.description));
    let trust = format!("the trust policy of {what}");
    problems.extend(values::document(&trust, &role.trust));
    problems.extend(size(&trust, role.trust.size(), quotas.trust_size));
    problems.extend(tags(&what, &role.tags, desired, held.map(|held| &held.tags)));
    if role.max_session.is_some_and(|seconds| !(3600..=43_200).contains(&seconds)) {
        problems.push(Problem::new(
            format!("the longest session of {what} is not between 1 and 12 hours"),
            "give from 3600 to 43200 seconds",
        ));
    }
    let path = held.and_then(|held| held.role.as_ref()).map(|held| &held.path);
    if let Some(path) = path.filter(|path| **path != role.path) {
        problems.push(Problem::new(
            format!("{what} exists with the path `{path}`, and IAM cannot change it"),
            "choose another name, or the path of the existing role",
        ));
    }
    if held.is_some_and(|held| is_foreign(&held.tags, desired)) {
        problems.push(foreign(&what));
    }
    problems
}

fn provider_problems(provider: &Provider, desired: &Desired, state: &State) -> Vec<Problem> {
    let what = format!("provider `{}`", provider.url);
    let present = state.providers.get(&desired.account.provider_arn(&provider.url));
    let mut problems = tags(&what, &provider.tags, desired, present.map(|present| &present.tags));
    if !provider.url.starts_with("https://") {
        problems.push(Problem::new(
            format!("the URL of {what} does not begin with `https://`"),
            "give the URL of the issuer",
        ));
    }
    // Of each URL there is one provider in an account: one that has all audiences is used as it is.
    let lacks = present.is_some_and(|present| !provider.client_ids.is_subset(&present.client_ids));
    if lacks && present.is_some_and(|present| is_foreign(&present.tags, desired)) {
        problems.push(foreign(&what));
    }
    problems
}

fn holding_problems(
    holding: &Holding,
    desired: &Desired,
    state: &State,
    quotas: &Quotas,
) -> Vec<Problem> {
    let principal = &holding.principal;
    let held = state.principals.get(principal);
    let is_made = principal.kind == Kind::Role
        && desired.roles.iter().any(|role| role.name == principal.name);
    let mut problems = Vec::new();
    if held.is_none() && !is_made {
        let Principal { kind, name } = principal;
        problems.push(Problem::new(
            format!("there is no {kind} `{name}`"),
            "check the name and the account, or create it first",
        ));
    }
    let made: BTreeSet<String> =
        desired.policies.iter().map(|policy| desired.arn(policy)).collect();
    let boundary = match &holding.boundary {
        Boundary::Set(policy) => Some(policy),
        Boundary::Keep | Boundary::Remove => None,
    };
    for policy in holding.attached.iter().chain(boundary) {
        if !made.contains(policy) && !state.mentioned.contains(policy) {
            let help = if is_aws_managed(policy) {
                "check the name: `aws iam list-policies --scope AWS` lists them"
            } else {
                "check the ARN, or create the policy first"
            };
            problems.push(Problem::new(format!("there is no policy `{policy}`"), help));
        }
    }
    if principal.kind == Kind::Group && holding.boundary != Boundary::Keep {
        problems.push(Problem::new(
            format!("{principal} cannot have a permissions boundary"),
            "set it for the users of the group",
        ));
    }
    problems.extend(too_many(holding, desired, state, quotas));
    problems.extend(inline_problems(holding, state, quotas));
    problems
}

fn too_many(
    holding: &Holding,
    desired: &Desired,
    state: &State,
    quotas: &Quotas,
) -> Option<Problem> {
    let Holding { principal, attached, besides, .. } = holding;
    let stays = |arn: &&String| *besides == Besides::Keep && !is_of_set(arn, desired, state);
    let present = state.principals.get(principal).map(|held| &held.attached);
    let stay: BTreeSet<&String> = present.into_iter().flatten().filter(stays).collect();
    let count = attached.iter().chain(stay).collect::<BTreeSet<_>>().len();
    let limit = quotas.attached(principal.kind);
    (count > limit).then(|| {
        Problem::new(
            format!("{principal} would hold {count} managed policies; the quota is {limit}"),
            "detach others, replace what is attached, join policies, or raise the quota \
             (up to 20 for users, 25 for roles)",
        )
    })
}

fn inline_problems(holding: &Holding, state: &State, quotas: &Quotas) -> Vec<Problem> {
    let principal = &holding.principal;
    let mut problems = Vec::new();
    for (name, document) in &holding.inline {
        let what = format!("inline policy `{name}` of {principal}");
        problems.extend(values::name(&what, name, 128));
        problems.extend(values::document(&what, document));
    }
    if holding.inline.is_empty() {
        return problems;
    }
    let mut inline: BTreeMap<&String, &PolicyText> = BTreeMap::new();
    if holding.besides == Besides::Keep {
        let present = state.principals.get(principal).map(|held| &held.inline);
        inline.extend(present.into_iter().flatten());
    }
    inline.extend(&holding.inline);
    let all: usize = inline.values().map(|document| document.size()).sum();
    let what = format!("the inline text of {principal}");
    problems.extend(size(&what, all, quotas.inline_size(principal.kind)));
    problems
}

fn tags(what: &str, wanted: &Tags, desired: &Desired, present: Option<&Tags>) -> Vec<Problem> {
    let ours = [Some(APPLY_TAG), desired.set.as_ref().map(|_| SET_TAG)];
    let mut keys: BTreeSet<&str> = ours.into_iter().flatten().collect();
    keys.extend(wanted.keys().map(String::as_str));
    keys.extend(present.into_iter().flatten().map(|(key, _)| key.as_str()));
    let set = desired.set.iter().map(|set| (SET_TAG, set.as_str()));
    values::tags(what, wanted, set, keys.len())
}

fn size(what: &str, size: usize, limit: usize) -> Option<Problem> {
    (size > limit).then(|| {
        Problem::new(
            format!("{what} has {size} characters; the quota is {limit}"),
            "split it, or take out what is not needed",
        )
    })
}

fn is_foreign(tags: &Tags, desired: &Desired) -> bool {
    desired.foreign == Foreign::Refuse && !tags.contains_key(APPLY_TAG)
}

fn foreign(what: &str) -> Problem {
    Problem::new(
        format!("{what} exists and was not made by this program"),
        "choose another name, or have it taken over with `--adopt`",
    )
}
