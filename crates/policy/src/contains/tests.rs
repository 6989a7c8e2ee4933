use stackpass_ground::truth::Truth;

use super::*;
use crate::condition::{ConditionKey, Conditions, Operator};
use crate::evaluate::{Context, condition_holds};

fn statement(effect: Effect, action: &str, resource: &str) -> Statement {
    let allow = Statement::allow([action.parse().unwrap()], [resource.parse().unwrap()]);
    Statement { effect, ..allow }
}

fn key(text: &str) -> ConditionKey {
    text.parse().unwrap()
}

fn check_grant(policy: &[Statement], action: &str, resource: &str, expected: bool) {
    let grant = Grant::new(action.parse().unwrap(), [resource.parse().unwrap()]);
    assert_eq!(contains(&Document::new(policy.to_vec()), &grant), expected, "{action} {resource}");
}

#[test]
fn grant_is_covered_by_inclusion() {
    let policy = [statement(Effect::Allow, "s3:Get*", "arn:aws:s3:::b*")];
    check_grant(&policy, "s3:GetObject*", "arn:aws:s3:::b/*", true);
    check_grant(&policy, "s3:*", "arn:aws:s3:::b/*", false);
    check_grant(&policy, "s3:GetObject", "*", false);
    let denied = [policy[0].clone(), statement(Effect::Deny, "*", "arn:aws:s3:::b/secret/*")];
    check_grant(&denied, "s3:GetObject", "arn:aws:s3:::b/*", false);
    check_grant(&denied, "s3:GetObject", "arn:aws:s3:::b/public/*", true);
}

#[test]
fn grant_needs_no_weaker_conditions_than_the_statement() {
    let with = |operator: &str, values: &[&str]| {
        let operator: Operator = operator.parse().unwrap();
        Conditions::new().with(operator, key("aws:k"), values.iter().copied())
    };
    let check = |given: Conditions, needed: Conditions, expected: bool| {
        let policy =
            Document::new(vec![statement(Effect::Allow, "s3:*", "*").with_conditions(needed)]);
        let grant = Grant::new("s3:GetObject".parse().unwrap(), [ArnPattern::any()]);
        assert_eq!(contains(&policy, &grant.with_conditions(given)), expected);
    };
    check(with("StringEquals", &["a"]), Conditions::new(), true);
    check(Conditions::new(), with("StringEquals", &["a"]), false);
    check(with("StringEquals", &["a"]), with("StringEquals", &["a", "b"]), true);
    check(with("StringEquals", &["a", "b"]), with("StringEquals", &["a"]), false);
    check(with("StringNotEquals", &["a", "b"]), with("StringNotEquals", &["a"]), true);
    check(with("StringNotEquals", &["a"]), with("StringNotEquals", &["a", "b"]), false);
    check(with("StringLike", &["ab*"]), with("StringLike", &["a*"]), true);
    check(with("StringLike", &["a*"]), with("StringLike", &["ab*"]), false);
    check(with("StringEquals", &["a"]), with("StringEqualsIfExists", &["a"]), true);
    check(with("StringEqualsIfExists", &["a"]), with("StringEquals", &["a"]), false);
}

#[test]
fn conditions_of_other_operators_are_reconciled() {
    const NAMES: [&str; 8] = [
        "ArnEquals",
        "ArnLike",
        "ArnNotEquals",
        "ArnNotLike",
        "StringEquals",
        "StringLike",
        "StringNotEquals",
        "StringNotLike",
    ];
    const VALUES: [&str; 6] = [
        "arn:aws:iam::1:policy/a",
        "arn:aws:iam::1:policy/b",
        "arn:aws:iam::*:policy/a",
        "arn:*:iam::*:policy/*",
        "arn:aws:iam::1:role/*",
        "arn:aws:iam:*a",
    ];
    // What a request can have; the last one has a colon where a wildcard of an ARN may not reach.
    let requests =
        ["1:policy/a", "2:policy/a", "1:policy/b", "1:role/a", "1:policy/x:y", "x:1:policy/a"]
            .map(|rest| format!("arn:aws:iam::{rest}"));
    let mut told = [0; 3];
    for (given, needed) in NAMES.iter().flat_map(|it| NAMES.map(|other| (*it, other))) {
        for (text, value) in VALUES.iter().flat_map(|it| VALUES.map(|other| (*it, other))) {
            let conditions = |operator: &str, value: &str| {
                Conditions::new().with(operator.parse::<Operator>().unwrap(), key("aws:k"), [value])
            };
            let (given, needed) = (conditions(given, text), conditions(needed, value));
            let relation = relation(&given, &needed, Syntax::Variables);
            told[relation as usize] += 1;
            let holds = |conditions: &Conditions, request: &String| {
                let context = Context::from([(key("aws:k"), vec![request.clone()])]);
                conditions.iter().all(|(operator, key, values)| {
                    let truth = condition_holds(operator, key, values, Syntax::Variables, &context);
                    truth == Truth::Yes
                })
            };
            for request in requests.iter().filter(|request| holds(&given, request)) {
                match relation {
                    Relation::Implied => assert!(holds(&needed, request), "{given:?} {needed:?}"),
                    Relation::Contradicted => {
                        assert!(!holds(&needed, request), "{given:?} {needed:?}");
                    }
                    Relation::Possible => {}
                }
            }
        }
    }
    assert!(told.iter().all(|times| *times > 150), "{told:?}");
    let told = |given: (&str, &str), needed: (&str, &str)| {
        let of = |(operator, value): (&str, &str)| {
            Conditions::new().with(operator.parse::<Operator>().unwrap(), key("aws:k"), [value])
        };
        relation(&of(given), &of(needed), Syntax::Variables)
    };
    let (a, like_a) = (VALUES[0], VALUES[2]);
    assert_eq!(told(("ArnLike", a), ("StringNotEquals", a)), Relation::Contradicted);
    assert_eq!(told(("StringEquals", a), ("ArnNotLike", a)), Relation::Contradicted);
    assert_eq!(told(("ArnLike", like_a), ("StringNotLike", like_a)), Relation::Contradicted);
    assert_eq!(told(("ArnLike", VALUES[4]), ("ArnNotLike", a)), Relation::Implied);
    assert_eq!(told(("ArnLike", like_a), ("StringEquals", a)), Relation::Possible);
}
