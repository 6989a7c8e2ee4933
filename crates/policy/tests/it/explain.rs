//! An explained decision is the decision, and what it leaves open is open.

use std::collections::BTreeMap;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;
use stackpass_policy::condition::ConditionKey;
use stackpass_policy::document::Document;
use stackpass_policy::evaluate::{Decision, Request, decide, explain};
use stackpass_policy::statement::Effect;

use super::arbitrary::{self, request};

/// The keys that random policies ask for.
const KEYS: [&str; 3] = ["aws:k", "aws:l", "aws:username"];

fn key(name: &str) -> ConditionKey {
    name.parse().unwrap()
}

/// Values for all keys; an empty list says that a request does not have the key.
fn answers() -> impl Strategy<Value = BTreeMap<ConditionKey, Vec<String>>> {
    btree_map(select(KEYS.to_vec()), vec("[ab]\\*?", 0..3), 0..4).prop_map(|known| {
        let values = |name: &&str| known.get(*name).cloned().unwrap_or_default();
        KEYS.iter().map(|name| (key(name), values(name))).collect()
    })
}

fn completed(request: &Request, answers: &BTreeMap<ConditionKey, Vec<String>>) -> Request {
    let mut request = request.clone();
    for (key, values) in answers {
        request.context.entry(key.clone()).or_insert_with(|| values.clone());
    }
    request
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn request_that_says_everything_is_decided_as_ever(
        documents in vec(arbitrary::statements().prop_map(Document::new), 1..3),
        requests in vec(request(), 20),
        answers in answers(),
    ) {
        let policies: Vec<&Document> = documents.iter().collect();
        for request in &requests {
            let request = completed(request, &answers);
            let explanation = explain(&policies, &request);
            let decision = decide(&policies, &request);
            prop_assert_eq!(explanation.decision, Some(decision), "{:?}", request);
            prop_assert!(explanation.keys.is_empty());
            let effects: Vec<Effect> = explanation
                .statements
                .iter()
                .map(|place| documents[place.policy].statements[place.statement].effect)
                .collect();
            let expected = match decision {
                Decision::Allowed => Some(Effect::Allow),
                Decision::ExplicitDeny => Some(Effect::Deny),
                Decision::ImplicitDeny => None,
            };
            prop_assert_eq!(effects.first().copied(), expected);
            prop_assert!(effects.iter().all(|effect| Some(*effect) == expected));
        }
    }

    #[test]
    fn no_answer_to_what_is_open_turns_a_decision(
        documents in vec(arbitrary::statements().prop_map(Document::new), 1..3),
        requests in vec(request(), 20),
        answers in vec(answers(), 20),
    ) {
        let policies: Vec<&Document> = documents.iter().collect();
        for request in &requests {
            let explanation = explain(&policies, request);
            let silent = decide(&policies, request);
            // None of the keys is one that every request has, so that what is allowed without them is allowed.
            prop_assert!(explanation.decision.is_none_or(|decision| decision == silent));
            for answers in &answers {
                let is_allowed = decide(&policies, &completed(request, answers)) == Decision::Allowed;
                match explanation.decision {
                    Some(Decision::Allowed) if explanation.keys.is_empty() => prop_assert!(is_allowed),
                    Some(Decision::ImplicitDeny | Decision::ExplicitDeny) => prop_assert!(!is_allowed),
                    Some(Decision::Allowed) | None => {}
                }
            }
        }
    }
}

fn check(conditions: &str, context: &str, decision: Option<Decision>, keys: &[&str]) {
    let text = format!(
        r#"{{"Version": "2012-10-17", "Statement": [
          {{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}},
          {{"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {{{conditions}}}}}]}}"#
    );
    let source = stackpass_policy::source::Source::new("p", text);
    let policy = stackpass_policy::read::read(&source).0.unwrap();
    let mut request = Request::new("s3:ListAllMyBuckets".parse().unwrap(), None);
    if let Some((name, value)) = context.split_once('=') {
        let values = (!value.is_empty()).then(|| value.to_owned());
        request.context.insert(key(name), values.into_iter().collect());
    }
    let explanation = explain(&[&policy], &request);
    assert_eq!(explanation.decision, decision, "{conditions} {context}");
    let found: Vec<&str> = explanation.keys.iter().map(ConditionKey::as_str).collect();
    assert_eq!(found, keys, "{conditions} {context}");
}

#[test]
fn allowed_by_a_missing_key_that_every_request_has_is_open() {
    let region = r#""StringEquals": {"aws:RequestedRegion": "us-east-1"}"#;
    check(region, "", None, &["aws:RequestedRegion"]);
    check(region, "aws:RequestedRegion=eu-west-1", Some(Decision::Allowed), &[]);
    check(region, "aws:RequestedRegion=us-east-1", Some(Decision::ExplicitDeny), &[]);
}

#[test]
fn allowed_by_another_missing_key_is_allowed_and_told() {
    let tag = r#""StringEquals": {"aws:RequestTag/team": "x"}"#;
    check(tag, "", Some(Decision::Allowed), &["aws:RequestTag/team"]);
    check(tag, "aws:RequestTag/team=", Some(Decision::Allowed), &[]);
}

#[test]
fn denied_by_a_missing_key_is_open() {
    let other = r#""StringNotEquals": {"aws:RequestTag/team": "x"}"#;
    check(other, "", None, &["aws:RequestTag/team"]);
    check(other, "aws:RequestTag/team=", Some(Decision::ExplicitDeny), &[]);
}
