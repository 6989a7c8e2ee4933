//! A model of IAM in memory, for tests. It is not IAM: it knows the rules that this crate depends on, and no others.
//!
//! It keeps five versions, refuses what IAM refuses (names that are taken, things in use, quotas), shows changes only after a
//! while if told so, and can throttle, lose answers, or stop in the middle of a call as if the program had been killed.

mod rules;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

use crate::account::{Account, is_aws_managed, name_of};
use crate::client::Iam;
use crate::error::{ApiError, Cause, Denied};
use crate::principal::{Kind, Principal};
use crate::quotas::Quotas;
use crate::state::{PolicyState, PrincipalState, ProviderState, RoleState, State, Tags, VersionId};
use crate::step::Step;
use crate::text::PolicyText;
use crate::time::Time;

/// The moment within a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Before IAM has done anything.
    Before,
    /// After IAM has done it, before the answer.
    After,
}

/// What goes wrong with a call that writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The program is killed: the call never returns.
    Kill(Moment),
    /// The connection breaks.
    Disconnect(Moment),
    /// IAM asks for patience.
    Throttle,
    /// The caller may not.
    Deny,
    /// It is done, and from then on the credentials have expired.
    Expire {
        /// Whether the answer comes.
        answer: bool,
    },
}

/// A model of IAM, and of time.
#[derive(Debug)]
pub struct Model {
    inner: RefCell<Inner>,
}

#[derive(Debug)]
struct Inner {
    account: Account,
    /// What there is, after each change and when it was made.
    past: Vec<(Duration, Store)>,
    /// How long a change takes to show.
    lag: Duration,
    now: Duration,
    /// The number of calls that write so far.
    writes: usize,
    faults: BTreeMap<usize, Fault>,
    /// Whether the credentials have expired.
    expired: bool,
    dice: u64,
}

/// What there is.
#[derive(Clone, Debug, Default)]
struct Store {
    held: State,
    /// The next number of a version, by ARN of the policy.
    next: BTreeMap<String, u32>,
    /// The policies of AWS, by ARN.
    aws: BTreeMap<String, PolicyText>,
}

impl Model {
    /// An account that holds nothing.
    pub fn new(account: Account) -> Model {
        let inner = Inner {
            account,
            past: vec![(Duration::ZERO, Store::default())],
            lag: Duration::ZERO,
            now: Duration::ZERO,
            writes: 0,
            faults: BTreeMap::new(),
            expired: false,
            dice: 1,
        };
        Model { inner: RefCell::new(inner) }
    }

    /// Lets changes show only after this time.
    pub fn set_lag(&self, lag: Duration) {
        self.inner.borrow_mut().lag = lag;
    }

    /// Lets all changes show from now on, as if time had passed.
    pub fn settle(&self) {
        self.change(|_, _| {});
    }

    /// Lets the call that writes with this number, counted from 0 from now on, go wrong.
    pub fn set_fault(&self, write: usize, fault: Fault) {
        let mut inner = self.inner.borrow_mut();
        let write = inner.writes + write;
        inner.faults.insert(write, fault);
    }

    /// Takes all faults away.
    pub fn clear_faults(&self) {
        let mut inner = self.inner.borrow_mut();
        inner.faults.clear();
        inner.expired = false;
    }

    /// The number of calls that wrote, or tried to.
    pub fn writes(&self) -> usize {
        self.inner.borrow().writes
    }

    /// All that there is, whether it shows or not.
    pub fn state(&self) -> State {
        self.inner.borrow().newest().held.clone()
    }

    /// Adds a user, a group, or a role that EC2 may assume, that holds nothing.
    pub fn add_principal(&self, principal: Principal) {
        let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
        let role = match (principal.kind, PolicyText::parse(trust)) {
            (Kind::Role, Ok(trust)) => Some(RoleState {
                path: "/".to_owned(),
                trust,
                description: String::new(),
                max_session: 3600,
            }),
            _ => None,
        };
        self.change(|inner, store| {
            let arn = format!("arn:{}:iam::{}:{principal}", inner.partition, inner.id);
            let held = PrincipalState { arn, role, ..PrincipalState::default() };
            store.held.principals.insert(principal, held);
        });
    }

    /// Adds a policy of AWS; gives its ARN.
    pub fn add_aws_managed(&self, name: &str, document: PolicyText) -> String {
        let arn = self.inner.borrow().account.aws_managed_arn(name);
        self.change(|_, store| drop(store.aws.insert(arn.clone(), document)));
        arn
    }

    /// Does what a step does, by somebody else.
    ///
    /// # Errors
    ///
    /// What IAM refuses.
    pub fn meddle(&self, step: &Step) -> Result<(), ApiError> {
        let mut inner = self.inner.borrow_mut();
        let mut store = inner.newest().clone();
        let seen = store.clone();
        rules::write(step, &mut store, &seen)?;
        inner.keep(store);
        Ok(())
    }

    /// Puts a state into the model.
    pub fn set_state(&self, state: State) {
        self.change(|_, store| {
            let highest = |policy: &PolicyState| policy.versions.keys().next_back().copied();
            store.next = state
                .policies
                .iter()
                .map(|(arn, policy)| (arn.clone(), highest(policy).map_or(1, |id| id.0 + 1)))
                .collect();
            store.held = state;
        });
    }

    fn change(&self, change: impl FnOnce(&Account, &mut Store)) {
        let mut inner = self.inner.borrow_mut();
        let mut store = inner.newest().clone();
        change(&inner.account, &mut store);
        // What a test sets up is there since ever.
        inner.past = vec![(Duration::ZERO, store)];
    }

    fn read<T>(&self, action: &str, read: impl FnOnce(&Store) -> T) -> Result<T, ApiError> {
        let mut inner = self.inner.borrow_mut();
        inner.now += Duration::from_millis(1);
        if inner.expired {
            return Err(error(action, Cause::ExpiredCredentials, "the token has expired"));
        }
        Ok(read(inner.seen()))
    }
}

impl Inner {
    fn newest(&self) -> &Store {
        self.past.last().map_or(&EMPTY, |(_, store)| store)
    }

    /// What shows.
    fn seen(&self) -> &Store {
        let shows = |entry: &&(Duration, Store)| entry.0 + self.lag <= self.now;
        let seen = self.past.iter().rev().find(shows).or(self.past.first());
        seen.map_or(&EMPTY, |(_, store)| store)
    }

    fn keep(&mut self, store: Store) {
        self.past.push((self.now, store));
    }

    fn write(&mut self, step: &Step) -> Result<Option<VersionId>, ApiError> {
        let mut store = self.newest().clone();
        let made = rules::write(step, &mut store, self.seen())?;
        self.keep(store);
        Ok(made)
    }
}

static EMPTY: Store = Store {
    held: State {
        principals: BTreeMap::new(),
        policies: BTreeMap::new(),
        mentioned: std::collections::BTreeSet::new(),
        taken: BTreeMap::new(),
        providers: BTreeMap::new(),
    },
    next: BTreeMap::new(),
    aws: BTreeMap::new(),
};

impl Iam for Model {
    async fn principal(&self, principal: &Principal) -> Result<Option<PrincipalState>, ApiError> {
        self.read("iam:GetRole", |store| store.held.principals.get(principal).cloned())
    }

    async fn policy(&self, arn: &str) -> Result<Option<PolicyState>, ApiError> {
        self.read("iam:GetPolicy", |store| store.held.policies.get(arn).cloned())
    }

    async fn policy_tags(&self, arn: &str) -> Result<Option<Tags>, ApiError> {
        self.read("iam:ListPolicyTags", |store| {
            if is_aws_managed(arn) {
                return store.aws.get(arn).map(|_| Tags::new());
            }
            store.held.policies.get(arn).map(|policy| policy.tags.clone())
        })
    }

    async fn policy_named(&self, name: &str) -> Result<Option<String>, ApiError> {
        self.read("iam:ListPolicies", |store| {
            let mut arns = store.held.policies.keys();
            arns.find(|arn| name_of(arn).eq_ignore_ascii_case(name)).cloned()
        })
    }

    async fn aws_policy_named(&self, name: &str) -> Result<Option<String>, ApiError> {
        self.read("iam:ListPolicies", |store| {
            let mut arns = store.aws.keys();
            arns.find(|arn| name_of(arn).eq_ignore_ascii_case(name)).cloned()
        })
    }

    async fn document(&self, arn: &str) -> Result<Option<PolicyText>, ApiError> {
        self.read("iam:GetPolicyVersion", |store| {
            let ours = store.held.policies.get(arn).and_then(PolicyState::document);
            ours.or(store.aws.get(arn)).cloned()
        })
    }

    async fn groups(&self, user: &str) -> Result<Option<Vec<String>>, ApiError> {
        let user = Principal::user(user);
        self.read("iam:ListGroupsForUser", |store| {
            store.held.principals.contains_key(&user).then(Vec::new)
        })
    }

    async fn provider(&self, arn: &str) -> Result<Option<ProviderState>, ApiError> {
        self.read("iam:GetOpenIDConnectProvider", |store| store.held.providers.get(arn).cloned())
    }

    async fn quotas(&self) -> Result<Quotas, ApiError> {
        Ok(Quotas::DEFAULT)
    }

    async fn write(&self, step: &Step) -> Result<Option<VersionId>, ApiError> {
        let fault = {
            let mut inner = self.inner.borrow_mut();
            if inner.expired {
                let message = "the token has expired";
                return Err(error(step.action(), Cause::ExpiredCredentials, message));
            }
            let number = inner.writes;
            inner.writes += 1;
            inner.now += Duration::from_millis(1);
            inner.faults.remove(&number)
        };
        let write = || self.inner.borrow_mut().write(step);
        match fault {
            None => write(),
            Some(Fault::Kill(moment)) => {
                if moment == Moment::After {
                    drop(write());
                }
                std::future::pending().await
            }
            Some(Fault::Disconnect(moment)) => {
                if moment == Moment::After {
                    drop(write());
                }
                Err(error(
                    step.action(),
                    Cause::Connection,
                    "connection closed before message completed",
                ))
            }
            Some(Fault::Expire { answer }) => {
                let made = write();
                self.inner.borrow_mut().expired = true;
                if answer {
                    return made;
                }
                Err(error(step.action(), Cause::Timeout, "no answer came in time"))
            }
            Some(Fault::Throttle) => Err(error(step.action(), Cause::Throttled, "Rate exceeded")),
            Some(Fault::Deny) => {
                let message =
                    format!("User: someone is not authorized to perform: {}", step.action());
                Err(error(
                    step.action(),
                    Cause::Denied(Box::new(Denied::parse(&message))),
                    &message,
                ))
            }
        }
    }
}

impl Time for Model {
    async fn sleep(&self, duration: Duration) {
        self.inner.borrow_mut().now += duration;
    }

    fn random(&self) -> u64 {
        let mut inner = self.inner.borrow_mut();
        // Knuth's linear congruential generator: the same dice in each run.
        inner.dice = inner.dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        inner.dice >> 33
    }
}

fn error(action: &str, cause: Cause, message: &str) -> ApiError {
    ApiError {
        action: action.to_owned(),
        code: None,
        cause,
        message: message.to_owned(),
        request_id: None,
        status: None,
    }
}
