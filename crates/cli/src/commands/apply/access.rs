//! What a plan gives to each holder and takes from it, by all policies that it has then and has now.

use std::collections::{BTreeMap, BTreeSet};

use stackpass_ground::source::Source;
use stackpass_iam::account::name_of;
use stackpass_iam::attached::{Attached, AttachedError, PolicySource, attached};
use stackpass_iam::client::Iam;
use stackpass_iam::desired::{Boundary, Desired, Holding};
use stackpass_iam::plan::Plan;
use stackpass_iam::step::Step;
use stackpass_iam::text::PolicyText;
use stackpass_policy::compare::{Change, Holder, change};
use stackpass_policy::document::Document;
use stackpass_policy::read::read;

use crate::change::problem;
use crate::error::CliError;
use crate::view::access::Access;

/// The access of each holder that changes, in the order of the holdings.
pub(super) async fn changes<I: Iam>(
    iam: &I,
    wanted: &Desired,
    plan: &Plan,
) -> Result<Vec<Access>, CliError> {
    let mut changes = Vec::new();
    for holding in &wanted.holdings {
        let now = match attached(iam, &holding.principal).await {
            Ok(attached) => Some(attached),
            Err(AttachedError::NoSuchPrincipal(_)) => None,
            Err(error) => return Err(problem::of_attached(error)),
        };
        let mut unread = BTreeSet::new();
        let before = texts(now.as_ref());
        let after = after(iam, wanted, plan, holding, now.as_ref()).await?;
        let (before, after) = (documents(&before, &mut unread), documents(&after, &mut unread));
        let bounds = boundaries(iam, wanted, holding, now.as_ref()).await?;
        let [old, new] = bounds.map(|text| documents(&text.into_iter().collect(), &mut unread));
        let change = change(
            &Holder { policies: before.iter().collect(), boundary: old.first() },
            &Holder { policies: after.iter().collect(), boundary: new.first() },
        );
        if change != Change::default() || !unread.is_empty() {
            changes.push(Access { principal: holding.principal.clone(), change, unread });
        }
    }
    Ok(changes)
}

/// What tells policies apart: the group that has it, and its ARN or name.
type Key = (Option<String>, String);

/// Policies by key.
type Texts = BTreeMap<Key, PolicyText>;

fn texts(now: Option<&Attached>) -> Texts {
    let policies = now.into_iter().flat_map(|attached| &attached.policies);
    policies
        .map(|policy| {
            let whose = match &policy.source {
                PolicySource::Group(group) => Some(group.clone()),
                _ => None,
            };
            let key = policy.arn.clone().unwrap_or_else(|| policy.name.clone());
            ((whose, key), policy.text.clone())
        })
        .collect()
}

/// The same after the plan.
async fn after<I: Iam>(
    iam: &I,
    wanted: &Desired,
    plan: &Plan,
    holding: &Holding,
    now: Option<&Attached>,
) -> Result<Texts, CliError> {
    let mut texts = texts(now);
    for planned in &plan.steps {
        match &planned.step {
            Step::Detach { principal, policy } if *principal == holding.principal => {
                texts.remove(&(None, policy.clone()));
            }
            Step::DeleteInline { principal, name } if *principal == holding.principal => {
                texts.remove(&(None, name.clone()));
            }
            Step::PutInline { principal, name, document } if *principal == holding.principal => {
                texts.insert((None, name.clone()), document.clone());
            }
            _ => {}
        }
    }
    for policy in &holding.attached {
        let key = (None, policy.clone());
        let is_ours = wanted.policies.iter().any(|it| wanted.arn(it) == *policy);
        if !is_ours && !texts.contains_key(&key) {
            let text = iam.document(policy).await;
            let text = text.map_err(|error| problem::of_api("cannot read from IAM", error))?;
            texts.extend(text.map(|text| (key, text)));
        }
    }
    for policy in &wanted.policies {
        let arn = wanted.arn(policy);
        if holding.attached.contains(&arn) {
            texts.insert((None, arn.clone()), policy.document.clone());
        }
        for ((_, key), text) in &mut texts {
            if *key == arn {
                *text = policy.document.clone();
            }
        }
    }
    Ok(texts)
}

/// The documents; the names of those that cannot be read are noted.
fn documents(texts: &Texts, unread: &mut BTreeSet<String>) -> Vec<Document> {
    let mut documents = Vec::new();
    for ((_, key), text) in texts {
        match read(&Source::new(key.clone(), text.as_str())).0 {
            Some(document) => documents.push(document),
            None => drop(unread.insert(name_of(key).to_owned())),
        }
    }
    documents
}

/// The permissions boundary before and after the plan.
async fn boundaries<I: Iam>(
    iam: &I,
    wanted: &Desired,
    holding: &Holding,
    now: Option<&Attached>,
) -> Result<[Option<(Key, PolicyText)>; 2], CliError> {
    let before = now.and_then(|attached| attached.boundary.as_ref()).map(|boundary| {
        let key = boundary.arn.clone().unwrap_or_else(|| boundary.name.clone());
        ((None, key), boundary.text.clone())
    });
    let ours = |arn: &str| {
        let found = wanted.policies.iter().find(|policy| wanted.arn(policy) == arn);
        found.map(|policy| policy.document.clone())
    };
    let arn = match &holding.boundary {
        Boundary::Remove => return Ok([before, None]),
        Boundary::Set(arn) => arn.clone(),
        Boundary::Keep => match &before {
            Some(((_, arn), _)) => arn.clone(),
            None => return Ok([None, None]),
        },
    };
    let is_kept = before.as_ref().is_some_and(|((_, before), _)| *before == arn);
    let text = match ours(&arn) {
        Some(text) => Some(text),
        None if is_kept => before.as_ref().map(|(_, text)| text.clone()),
        None => {
            let text = iam.document(&arn).await;
            text.map_err(|error| problem::of_api("cannot read from IAM", error))?
        }
    };
    Ok([before, text.map(|text| ((None, arn), text))])
}
