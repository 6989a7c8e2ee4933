//! What is called covered is covered, decided request by request.

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::*;
use stackpass_policy::action::ActionPattern;
use stackpass_policy::compare::{Change, Extent, Gain, Holder, candidates, change, uncovered};
use stackpass_policy::condition::Conditions;
use stackpass_policy::document::{Document, Version};
use stackpass_policy::evaluate::{Decision, Request, allows, decide};
use stackpass_policy::grant::{Grant, statements};
use stackpass_policy::statement::{Selection, Statement};

use super::arbitrary::{self, request};

/// Documents of both versions; the old one reads `${...}` as text.
fn document() -> impl Strategy<Value = Document> {
    (arbitrary::statements(), prop::bool::weighted(0.2)).prop_map(|(statements, is_old)| {
        let version = if is_old { None } else { Some(Version::V2012) };
        Document { version, ..Document::new(statements) }
    })
}

fn grants_allow(grants: &[Grant], request: &Request) -> bool {
    allows(&Document::new(statements(grants.to_vec())), request)
}

/// Whether the request is one that the gain tells of, by the evaluator.
fn is_told(gain: &Gain, request: &Request) -> bool {
    let is_of = |patterns: &BTreeSet<ActionPattern>| {
        patterns.iter().any(|pattern| pattern.matches(&request.action))
    };
    let statement = Statement::allow([ActionPattern::any()], gain.resources.clone())
        .with_conditions(gain.conditions.clone());
    let except = Statement {
        resources: Some(Selection::Only(gain.except.clone())),
        conditions: Conditions::new(),
        ..statement.clone()
    };
    let is_allowed = |statement: Statement| allows(&Document::new(vec![statement]), request);
    is_of(&gain.actions.patterns)
        && !is_of(&gain.actions.but)
        && is_allowed(statement)
        && (gain.except.is_empty() || !is_allowed(except))
}

fn may(holder: &Holder<'_>, request: &Request) -> bool {
    decide(&holder.policies, request) == Decision::Allowed
        && holder.boundary.is_none_or(|boundary| allows(boundary, request))
}

/// Requests of actions that the catalogue has.
fn real_request() -> impl Strategy<Value = Request> {
    const ACTIONS: [&str; 5] =
        ["iam:GetRole", "iam:PassRole", "s3:GetObject", "s3:GetBucketAcl", "s3:PutObject"];
    (request(), prop::sample::select(&ACTIONS[..]))
        .prop_map(|(request, action)| Request { action: action.parse().unwrap(), ..request })
}

/// What two holders have.
type Two = (Vec<Document>, Option<Document>, Vec<Document>, Option<Document>);

fn two() -> impl Strategy<Value = Two> {
    let policies = || vec(document(), 0..3);
    let boundary = || proptest::option::weighted(0.3, document());
    (policies(), boundary(), policies(), boundary())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn every_request_that_changes_is_told(
        (old, old_boundary, new, new_boundary) in two(),
        requests in vec(real_request(), 200),
    ) {
        let old = Holder { policies: old.iter().collect(), boundary: old_boundary.as_ref() };
        let new = Holder { policies: new.iter().collect(), boundary: new_boundary.as_ref() };
        let Change { added, removed } = change(&old, &new);
        // IAM does not say what a key with several values means without a qualifier.
        let is_clear = |request: &&Request| request.context.values().all(|values| values.len() < 2);
        for request in requests.iter().filter(is_clear) {
            let (before, after) = (may(&old, request), may(&new, request));
            if after && !before {
                prop_assert!(added.iter().any(|it| is_told(it, request)), "{:?}\n{:?}", request, added);
            }
            if before && !after {
                prop_assert!(removed.iter().any(|it| is_told(it, request)), "{:?}\n{:?}", request, removed);
            }
        }
        prop_assert_eq!(change(&new, &new), Change::default());
    }

    #[test]
    fn what_is_told_without_a_doubt_is_allowed(
        policies in vec(document(), 1..4),
        requests in vec(real_request(), 200),
    ) {
        let holder = Holder { policies: policies.iter().collect(), boundary: None };
        for gain in change(&Holder::default(), &holder).added {
            for request in &requests {
                if gain.unless.is_empty() && is_told(&gain, request) {
                    prop_assert!(may(&holder, request), "{:?}\n{:?}", request, gain);
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn what_is_allowed_and_not_uncovered_is_allowed_by_the_others(
        wanted in document(),
        by in vec(document(), 0..3),
        boundary in proptest::option::weighted(0.3, document()),
        requests in vec(request(), 40),
    ) {
        let by: Vec<&Document> = by.iter().collect();
        let missing = uncovered(&wanted, &by, boundary.as_ref());
        for request in &requests {
            if allows(&wanted, request) && !grants_allow(&missing, request) {
                prop_assert_eq!(decide(&by, request), Decision::Allowed, "{:?}", request);
                if let Some(boundary) = &boundary {
                    prop_assert!(allows(boundary, request), "{:?}", request);
                }
            }
        }
    }

    #[test]
    fn extents_that_are_sure_hold_for_each_request(
        policies in vec(document(), 1..3),
        action in arbitrary::action(),
        resource in arbitrary::resource(),
        conditions in arbitrary::conditions(),
        requests in vec(request(), 60),
    ) {
        let policies: Vec<&Document> = policies.iter().collect();
        let extent = candidates(&policies, &action).coverage(Some(&resource), &conditions).extent;
        let grant = Grant::new(action, [resource]).with_conditions(conditions);
        for request in &requests {
            if grants_allow(std::slice::from_ref(&grant), request) {
                let decision = decide(&policies, request);
                match extent {
                    Extent::Covered => prop_assert_eq!(decision, Decision::Allowed, "{:?}", request),
                    Extent::Denied => prop_assert_eq!(decision, Decision::ExplicitDeny, "{:?}", request),
                    Extent::None => prop_assert!(decision != Decision::Allowed, "{:?}", request),
                    Extent::Open | Extent::Part => {}
                }
            }
        }
    }
}
