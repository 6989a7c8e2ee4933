//! Random states and random wishes.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use stackpass_iam::desired::{Besides, Boundary, Desired, Foreign, Holding, Provider, Role};
use stackpass_iam::model::Model;
use stackpass_iam::principal::{Kind, Principal};
use stackpass_iam::state::{
    PolicyState, PrincipalState, ProviderState, RoleState, State, Tags, VersionId,
};

use crate::support::{account, arn, document, id, made_for, policy};

const NAMES: [&str; 4] = ["P0", "P1", "P2", "P3"];
const ACTIONS: [&str; 4] = ["A", "B", "C", "D"];
const URL: &str = "https://token.actions.githubusercontent.com";

fn principals() -> Vec<Principal> {
    vec![Principal::group("devs"), Principal::role("deploy"), Principal::user("ann")]
}

fn action() -> impl Strategy<Value = &'static str> {
    select(ACTIONS.to_vec())
}

fn names() -> impl Strategy<Value = BTreeSet<String>> {
    let names: Vec<String> = NAMES.map(arn).to_vec();
    subsequence(names, 0..=NAMES.len()).prop_map(|names| names.into_iter().collect())
}

fn inline() -> impl Strategy<Value = BTreeMap<String, stackpass_iam::text::PolicyText>> {
    proptest::collection::btree_map(
        select(vec!["I".to_owned(), "J".to_owned()]),
        action().prop_map(document),
        0..=2,
    )
}

fn policy_state() -> impl Strategy<Value = PolicyState> {
    let versions = proptest::collection::vec(action(), 1..=5);
    let ids = subsequence((1..=9).collect::<Vec<u32>>(), 5);
    let tags = select(vec![made_for("stack"), made_for("other"), Tags::new()]);
    (versions, ids, any::<proptest::sample::Index>(), tags).prop_map(
        |(actions, ids, default, tags)| {
            let versions: BTreeMap<VersionId, _> = ids
                .into_iter()
                .zip(actions)
                .map(|(id, action)| (VersionId(id), document(action)))
                .collect();
            let default = *default.get(&versions.keys().copied().collect::<Vec<_>>());
            let description = "for deployments".to_owned();
            PolicyState { description, tags, default, versions, holders: BTreeSet::new() }
        },
    )
}

/// A state in which nothing contradicts itself.
pub(crate) fn state() -> impl Strategy<Value = State> {
    let policies =
        proptest::collection::btree_map(select(NAMES.map(arn).to_vec()), policy_state(), 0..=4);
    let held = proptest::collection::vec(
        (names(), inline(), proptest::option::of(select(NAMES.map(arn).to_vec()))),
        3,
    );
    let service = proptest::option::of((action(), any::<bool>()));
    let provider = proptest::option::of(any::<bool>());
    (policies, held, service, provider).prop_map(|(policies, held, service, provider)| {
        let mut state = State { policies, ..State::default() };
        for (principal, (attached, inline, boundary)) in principals().into_iter().zip(held) {
            let exists = |arn: &String| state.policies.contains_key(arn);
            let boundary = boundary.filter(|arn| principal.kind != Kind::Group && exists(arn));
            let role = (principal.kind == Kind::Role).then(|| role_state("A"));
            let attached = attached.into_iter().filter(exists).collect();
            let arn = format!("arn:aws:iam::111122223333:{principal}");
            let held = PrincipalState { arn, attached, inline, boundary, tags: Tags::new(), role };
            state.principals.insert(principal, held);
        }
        if let Some((action, is_ours)) = service {
            let held = PrincipalState {
                arn: account().role_arn("/", "service"),
                tags: if is_ours { made_for("stack") } else { Tags::new() },
                role: Some(role_state(action)),
                ..PrincipalState::default()
            };
            state.principals.insert(Principal::role("service"), held);
        }
        if let Some(is_ours) = provider {
            let provider = ProviderState {
                url: "token.actions.githubusercontent.com".to_owned(),
                client_ids: ["first".to_owned()].into(),
                thumbprints: BTreeSet::new(),
                tags: if is_ours { made_for("stack") } else { Tags::new() },
            };
            state.providers.insert(account().provider_arn(URL), provider);
        }
        list_holders(&mut state);
        state
    })
}

fn role_state(action: &str) -> RoleState {
    RoleState {
        path: "/".to_owned(),
        trust: document(action),
        description: String::new(),
        max_session: 3600,
    }
}

fn list_holders(state: &mut State) {
    for (arn, policy) in &mut state.policies {
        let holds = |held: &PrincipalState| {
            held.attached.contains(arn) || held.boundary.as_ref() == Some(arn)
        };
        let holders = state.principals.iter().filter(|(_, held)| holds(held));
        policy.holders = holders.map(|(principal, _)| principal.clone()).collect();
    }
}

fn holding(principal: Principal) -> impl Strategy<Value = Holding> {
    let boundary = prop_oneof![
        Just(Boundary::Keep),
        Just(Boundary::Remove),
        select(NAMES.map(arn).to_vec()).prop_map(Boundary::Set),
    ];
    let besides = select(vec![Besides::Keep, Besides::Replace]);
    (names(), inline(), boundary, besides).prop_map(move |(attached, inline, boundary, besides)| {
        let principal = principal.clone();
        let boundary = if principal.kind == Kind::Group { Boundary::Keep } else { boundary };
        Holding { principal, attached, inline, boundary, besides }
    })
}

/// Something that somebody may want; not everything can be planned.
pub(crate) fn desired() -> impl Strategy<Value = Desired> {
    let policies = proptest::collection::btree_map(select(NAMES.to_vec()), action(), 0..=4);
    let mut all = principals();
    all.push(Principal::role("service"));
    let holdings = all.into_iter().map(|principal| proptest::option::of(holding(principal)));
    let holdings = holdings.collect::<Vec<_>>();
    let set = select(vec![None, Some("stack".to_owned())]);
    let service = proptest::option::of((action(), select(vec![None, Some(7200)])));
    let audiences = proptest::option::of(select(vec!["first", "second"]));
    (policies, holdings, set, service, audiences).prop_map(
        |(policies, holdings, set, service, audience)| {
            let mut desired = Desired::new(id("new"), account());
            desired.set = set;
            desired.foreign = Foreign::Adopt;
            desired.policies =
                policies.into_iter().map(|(name, action)| policy(name, action)).collect();
            desired.holdings = holdings.into_iter().flatten().collect();
            desired.roles.extend(service.map(|(action, max_session)| Role {
                name: "service".to_owned(),
                path: "/".to_owned(),
                description: "for CloudFormation".to_owned(),
                trust: document(action),
                max_session,
                tags: Tags::new(),
            }));
            desired.providers.extend(audience.map(|audience| Provider {
                url: URL.to_owned(),
                client_ids: ["first".to_owned(), audience.to_owned()].into(),
                thumbprints: BTreeSet::new(),
                tags: Tags::new(),
            }));
            desired
        },
    )
}

/// A model that holds the state.
pub(crate) fn holding_state(state: &State) -> Model {
    let model = Model::new(account());
    model.set_state(state.clone());
    model
}
