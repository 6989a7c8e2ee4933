//! A small world to apply things to.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

use stackpass_iam::account::Account;
use stackpass_iam::desired::{ApplyId, Desired, Holding, Policy, SET_TAG};
use stackpass_iam::journal::{Folder, Occasion, Wait};
use stackpass_iam::model::Model;
use stackpass_iam::principal::Principal;
use stackpass_iam::run::{self, Conflicts, Outcome, RunError, Session};
use stackpass_iam::state::{State, Tags};
use stackpass_iam::step::Step;
use stackpass_iam::text::PolicyText;

pub(crate) fn account() -> Account {
    Account::new("111122223333", "aws")
}

pub(crate) fn id(text: &str) -> ApplyId {
    text.parse().unwrap()
}

pub(crate) fn document(action: &str) -> PolicyText {
    let text = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"a:{action}","Resource":"*"}}]}}"#
    );
    PolicyText::parse(&text).unwrap()
}

pub(crate) fn policy(name: &str, action: &str) -> Policy {
    Policy {
        name: name.to_owned(),
        path: "/".to_owned(),
        description: "for deployments".to_owned(),
        document: document(action),
        tags: Tags::new(),
    }
}

pub(crate) fn deploy() -> Principal {
    Principal::role("deploy")
}

pub(crate) fn arn(name: &str) -> String {
    account().policy_arn("/", name)
}

/// Wants these policies attached to `role/deploy`.
pub(crate) fn wants(apply: &str, policies: &[(&str, &str)]) -> Desired {
    let mut desired = Desired::new(id(apply), account());
    let mut holding = Holding::new(deploy());
    for (name, action) in policies {
        desired.policies.push(policy(name, action));
        holding.attached.insert(arn(name));
    }
    desired.holdings.push(holding);
    desired
}

/// An account with a role that holds nothing.
pub(crate) fn model() -> Model {
    let model = Model::new(account());
    model.add_principal(deploy());
    model
}

pub(crate) fn occasion() -> Occasion {
    Occasion {
        time: "2026-11-23T22:01:02Z".to_owned(),
        account: account(),
        endpoint: None,
        caller: "arn:aws:iam::111122223333:user/ann".to_owned(),
        tool: "stackpass 0.1.0".to_owned(),
        title: "role/deploy".to_owned(),
    }
}

/// A folder of its own, which goes with the value.
#[derive(Debug)]
pub(crate) struct Place(PathBuf);

impl Place {
    pub(crate) fn new() -> Place {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("iam-{}-{count}", std::process::id());
        Place(Path::new(env!("CARGO_TARGET_TMPDIR")).join(name))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn folder(&self) -> Folder {
        Folder::open(&self.0, Wait::Refuse).unwrap()
    }

    /// The file of the journal with the highest number.
    pub(crate) fn newest_file(&self) -> PathBuf {
        let journals = stackpass_iam::journal::history(&self.0).unwrap();
        journals.last().unwrap().path.clone()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// Runs a future that is ready, or was killed: then it is dropped where it stands, with its locks.
pub(crate) fn run_until_killed<F: Future>(future: F) -> Option<F::Output> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

/// Plans and applies; `None` if it was killed.
pub(crate) fn apply(
    model: &Model,
    place: &Place,
    desired: &Desired,
) -> Option<Result<Outcome, RunError>> {
    let folder = place.folder();
    let session = Session { iam: model, time: model, folder: &folder };
    run_until_killed(async {
        let (_, plan) = run::prepare(model, desired).await?;
        run::apply(&session, &occasion(), desired, &plan, &mut |_| {}).await
    })
}

pub(crate) fn finish(model: &Model, place: &Place, id: &str) -> Option<Result<Outcome, RunError>> {
    let folder = place.folder();
    let session = Session { iam: model, time: model, folder: &folder };
    run_until_killed(run::finish(&session, &occasion(), id, Conflicts::Refuse, &mut |_| {}))
}

pub(crate) fn roll_back(
    model: &Model,
    place: &Place,
    apply: &str,
    rollback: &str,
    conflicts: Conflicts,
) -> Option<Result<Outcome, RunError>> {
    let folder = place.folder();
    let session = Session { iam: model, time: model, folder: &folder };
    let occasion = occasion();
    run_until_killed(run::roll_back(
        &session,
        &occasion,
        apply,
        id(rollback),
        conflicts,
        &mut |_| {},
    ))
}

/// The steps of a plan, as shown.
pub(crate) fn planned(model: &Model, desired: &Desired) -> Result<Vec<String>, RunError> {
    let (_, plan) = run_until_killed(run::prepare(model, desired)).unwrap()?;
    Ok(plan.steps.iter().map(|planned| planned.step.to_string()).collect())
}

pub(crate) fn steps(model: &Model, desired: &Desired) -> Vec<Step> {
    let (_, plan) = run_until_killed(run::prepare(model, desired)).unwrap().unwrap();
    plan.steps.into_iter().map(|planned| planned.step).collect()
}

/// What there is, numbers of versions aside: they cannot be had back.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Normal {
    principals: BTreeMap<Principal, stackpass_iam::state::PrincipalState>,
    policies: BTreeMap<String, NormalPolicy>,
    providers: BTreeMap<String, stackpass_iam::state::ProviderState>,
}

#[derive(Debug, PartialEq, Eq)]
struct NormalPolicy {
    description: String,
    tags: Tags,
    in_force: String,
    versions: Vec<String>,
    holders: BTreeSet<Principal>,
}

pub(crate) fn normal(state: State) -> Normal {
    let policies = state.policies.into_iter().map(|(arn, policy)| {
        let in_force = policy.document().unwrap().meaning().to_string();
        let mut versions: Vec<String> =
            policy.versions.values().map(|document| document.meaning().to_string()).collect();
        versions.sort();
        let (description, tags, holders) = (policy.description, policy.tags, policy.holders);
        (arn, NormalPolicy { description, tags, in_force, versions, holders })
    });
    Normal {
        principals: state.principals,
        policies: policies.collect(),
        providers: state.providers,
    }
}

/// The tags of a policy that an earlier apply made, for a set.
pub(crate) fn made_for(set: &str) -> Tags {
    [("stackpass:apply", "earlier"), (SET_TAG, set)]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into()
}
