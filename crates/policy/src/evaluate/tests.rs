use super::*;
use crate::condition::Conditions;

fn statement(effect: Effect, action: &str, resource: &str) -> Statement {
    let allow = Statement::allow([action.parse().unwrap()], [resource.parse().unwrap()]);
    Statement { effect, ..allow }
}

fn request(action: &str, resource: &str) -> Request {
    let resource = (resource != "*").then(|| resource.parse().unwrap());
    Request::new(action.parse().unwrap(), resource)
}

fn key(text: &str) -> ConditionKey {
    text.parse().unwrap()
}

/// Decides `s3:GetObject` on an object, by one allowing statement with one condition; `None` for a missing key.
fn check_condition(operator: &str, values: &[&str], given: Option<&[&str]>, expected: Decision) {
    let operator: Operator = operator.parse().unwrap();
    let conditions = Conditions::new().with(operator, key("aws:k"), values.iter().copied());
    let allow = statement(Effect::Allow, "s3:*", "*").with_conditions(conditions.clone());
    let deny = statement(Effect::Deny, "s3:*", "*").with_conditions(conditions);
    let mut request = request("s3:GetObject", "arn:aws:s3:::b/k").with(key("aws:user"), ["u*"]);
    if let Some(given) = given {
        request = request.with(key("AWS:K"), given.iter().copied());
    }
    let all = statement(Effect::Allow, "*", "*");
    let by_allow = decide(&[&Document::new(vec![allow])], &request);
    let by_deny = decide(&[&Document::new(vec![all, deny])], &request);
    let text = format!("{operator} {values:?} {given:?}");
    match expected {
        Decision::Allowed => {
            assert_eq!((by_allow, by_deny), (Decision::Allowed, Decision::ExplicitDeny), "{text}");
        }
        Decision::ImplicitDeny => {
            assert_eq!((by_allow, by_deny), (Decision::ImplicitDeny, Decision::Allowed), "{text}");
        }
        // Neither holds nor fails: allows nothing, denies all.
        Decision::ExplicitDeny => {
            assert_eq!(
                (by_allow, by_deny),
                (Decision::ImplicitDeny, Decision::ExplicitDeny),
                "{text}"
            );
        }
    }
}

const HOLDS: Decision = Decision::Allowed;
const FAILS: Decision = Decision::ImplicitDeny;
const UNKNOWN: Decision = Decision::ExplicitDeny;

#[test]
fn explicit_deny_wins_and_nothing_is_denied() {
    let allow = statement(Effect::Allow, "s3:*", "arn:aws:s3:::b/*");
    let deny = statement(Effect::Deny, "s3:Put*", "*");
    let policy = Document::new(vec![allow, deny]);
    let get = request("s3:GetObject", "arn:aws:s3:::b/k");
    assert_eq!(decide(&[&policy], &get), Decision::Allowed);
    assert_eq!(
        decide(&[&policy], &request("s3:PutObject", "arn:aws:s3:::b/k")),
        Decision::ExplicitDeny
    );
    assert_eq!(
        decide(&[&policy], &request("s3:GetObject", "arn:aws:s3:::c/k")),
        Decision::ImplicitDeny
    );
    assert_eq!(decide(&[], &get), Decision::ImplicitDeny);
}

#[test]
fn action_without_resource_needs_the_lone_star() {
    let list = request("s3:ListAllMyBuckets", "*");
    assert!(allows(&Document::new(vec![statement(Effect::Allow, "s3:*", "*")]), &list));
    assert!(!allows(
        &Document::new(vec![statement(Effect::Allow, "s3:*", "arn:aws:s3:::*")]),
        &list
    ));
}

#[test]
fn star_that_could_cross_a_colon_allows_nothing_and_denies() {
    let queue = request("sqs:SendMessage", "arn:aws:sqs:eu-west-1:111122223333:q:x");
    let all = statement(Effect::Allow, "*", "*");
    for resource in ["arn:aws:sqs:*:q:x", "arn:aws:sqs:*:q:${aws:username}"] {
        let policy = |statements| Document::new(statements);
        let queue = queue.clone().with(key("aws:username"), ["x"]);
        let allow = statement(Effect::Allow, "sqs:*", resource);
        let deny = statement(Effect::Deny, "sqs:*", resource);
        assert_eq!(decide(&[&policy(vec![allow])], &queue), Decision::ImplicitDeny);
        assert_eq!(decide(&[&policy(vec![all.clone(), deny])], &queue), Decision::ExplicitDeny);
    }
}

#[test]
fn not_action_and_not_resource_are_all_but() {
    let mut allow = statement(Effect::Allow, "s3:*", "arn:aws:s3:::b/*");
    allow.actions = Selection::Except(BTreeSet::from(["iam:*".parse().unwrap()]));
    allow.resources =
        Some(Selection::Except(BTreeSet::from(["arn:aws:s3:::secret/*".parse().unwrap()])));
    let policy = Document::new(vec![allow]);
    assert!(allows(&policy, &request("s3:GetObject", "arn:aws:s3:::b/k")));
    assert!(!allows(&policy, &request("s3:GetObject", "arn:aws:s3:::secret/k")));
    assert!(!allows(&policy, &request("iam:GetRole", "arn:aws:iam::1:role/r")));
    assert!(allows(&policy, &request("s3:ListAllMyBuckets", "*")));
}

#[test]
fn missing_key_fails_positive_and_holds_negated_operators() {
    check_condition("StringEquals", &["a"], None, FAILS);
    check_condition("StringNotEquals", &["a"], None, HOLDS);
    check_condition("StringEqualsIfExists", &["a"], None, HOLDS);
    check_condition("ForAllValues:StringEquals", &["a"], None, HOLDS);
    check_condition("ForAnyValue:StringEquals", &["a"], None, FAILS);
    check_condition("ForAnyValue:StringNotEquals", &["a"], None, FAILS);
    check_condition("StringEquals", &["a"], Some(&[]), FAILS);
    check_condition("Null", &["true"], None, HOLDS);
    check_condition("Null", &["false"], None, FAILS);
    check_condition("Null", &["false"], Some(&["x"]), HOLDS);
}

#[test]
fn values_are_alternatives_and_negated_ones_exclusions() {
    check_condition("StringEquals", &["a", "b"], Some(&["b"]), HOLDS);
    check_condition("StringNotEquals", &["a", "b"], Some(&["b"]), FAILS);
    check_condition("StringNotEquals", &["a", "b"], Some(&["c"]), HOLDS);
}

#[test]
fn set_qualifiers() {
    check_condition("ForAllValues:StringEquals", &["a", "b"], Some(&["a", "b"]), HOLDS);
    check_condition("ForAllValues:StringEquals", &["a", "b"], Some(&["a", "c"]), FAILS);
    check_condition("ForAnyValue:StringEquals", &["a", "b"], Some(&["c", "b"]), HOLDS);
    check_condition("ForAnyValue:StringEquals", &["a", "b"], Some(&["c"]), FAILS);
    check_condition("ForAllValues:StringNotEquals", &["a"], Some(&["b", "c"]), HOLDS);
    check_condition("ForAllValues:StringNotEquals", &["a"], Some(&["a", "c"]), FAILS);
    check_condition("StringEquals", &["a"], Some(&["a", "b"]), UNKNOWN);
}

#[test]
fn strings() {
    check_condition("StringEquals", &["a*"], Some(&["ab"]), FAILS);
    check_condition("StringLike", &["a*"], Some(&["ab"]), HOLDS);
    check_condition("StringLike", &["A*"], Some(&["ab"]), FAILS);
    check_condition("StringNotLike", &["a*"], Some(&["ab"]), FAILS);
    check_condition("StringEqualsIgnoreCase", &["AB"], Some(&["ab"]), HOLDS);
    check_condition("StringNotEqualsIgnoreCase", &["AB"], Some(&["ab"]), FAILS);
}

#[test]
fn variables_in_values_are_text() {
    check_condition("StringEquals", &["${aws:user}"], Some(&["u*"]), HOLDS);
    check_condition("StringLike", &["${aws:user}/*"], Some(&["u*/x"]), HOLDS);
    check_condition("StringLike", &["${aws:user}"], Some(&["ux"]), FAILS);
    check_condition("StringEquals", &["${aws:none}"], Some(&["${aws:none}"]), FAILS);
    check_condition("StringEquals", &["${aws:none, 'd'}"], Some(&["d"]), HOLDS);
    check_condition("StringNotEquals", &["${aws:none}"], Some(&["x"]), FAILS);
    check_condition("StringEquals", &["${*}"], Some(&["*"]), HOLDS);
    check_condition("StringLike", &["$x${$}{y}"], Some(&["$x${y}"]), HOLDS);
}

#[test]
fn arns_compare_part_by_part_whatever_the_operator() {
    for operator in ["ArnEquals", "ArnLike"] {
        check_condition(
            operator,
            &["arn:aws:iam::*:role/x"],
            Some(&["arn:aws:iam::1:role/x"]),
            HOLDS,
        );
        check_condition(operator, &["arn:aws:iam::*:x"], Some(&["arn:aws:iam::1:role:x"]), FAILS);
        check_condition(operator, &["arn:aws:iam::*:x"], Some(&["no arn"]), UNKNOWN);
    }
    check_condition(
        "ArnNotLike",
        &["arn:aws:iam::*:role/x"],
        Some(&["arn:aws:iam::1:role/x"]),
        FAILS,
    );
}

#[test]
fn booleans_and_numbers() {
    check_condition("Bool", &["true"], Some(&["True"]), HOLDS);
    check_condition("Bool", &["true"], Some(&["false"]), FAILS);
    check_condition("Bool", &["true"], Some(&["yes"]), UNKNOWN);
    check_condition("NumericLessThanEquals", &["10"], Some(&["9.5"]), HOLDS);
    check_condition("NumericLessThan", &["10"], Some(&["10"]), FAILS);
    check_condition("NumericGreaterThan", &["10"], Some(&["100"]), HOLDS);
    check_condition("NumericEquals", &["1"], Some(&["1.0"]), HOLDS);
    check_condition("NumericEquals", &["0"], Some(&["-0"]), HOLDS);
    check_condition("NumericNotEquals", &["1"], Some(&["inf"]), UNKNOWN);
}

#[test]
fn dates() {
    check_condition("DateEquals", &["2009-02-13T23:31:30Z"], Some(&["1234567890"]), HOLDS);
    check_condition("DateEquals", &["2024-02-29T01:00:00+01:00"], Some(&["2024-02-29"]), HOLDS);
    check_condition(
        "DateGreaterThan",
        &["2020-01-01T00:00:00Z"],
        Some(&["2020-01-01T00:00:00.1Z"]),
        HOLDS,
    );
    check_condition("DateLessThan", &["1970-01-01"], Some(&["1969-12-31T23:59:59Z"]), HOLDS);
    check_condition("DateLessThan", &["2023-02-29"], Some(&["2020-01-01"]), UNKNOWN);
    check_condition("DateNotEquals", &["soon"], Some(&["2020-01-01"]), UNKNOWN);
}

#[test]
fn addresses() {
    check_condition("IpAddress", &["203.0.113.0/24"], Some(&["203.0.113.77"]), HOLDS);
    check_condition("IpAddress", &["203.0.113.0/24"], Some(&["203.0.114.77"]), FAILS);
    check_condition("IpAddress", &["0.0.0.0/0"], Some(&["203.0.114.77"]), HOLDS);
    check_condition("IpAddress", &["::/0"], Some(&["203.0.114.77"]), FAILS);
    check_condition("IpAddress", &["2001:db8::/32"], Some(&["2001:db8:1::1"]), HOLDS);
    check_condition("NotIpAddress", &["203.0.113.7"], Some(&["203.0.113.7"]), FAILS);
    check_condition("IpAddress", &["203.0.113.0/33"], Some(&["203.0.113.7"]), UNKNOWN);
}

#[test]
fn empty_list_of_values_allows_nothing_and_denies_all() {
    check_condition("StringEquals", &[], Some(&["a"]), UNKNOWN);
    check_condition("StringNotEquals", &[], Some(&["a"]), UNKNOWN);
}

#[test]
fn variable_in_a_resource_is_the_requesters_value() {
    let home =
        Document::new(vec![statement(Effect::Allow, "s3:*", "arn:aws:s3:::b/${aws:username}/*")]);
    let mine = request("s3:GetObject", "arn:aws:s3:::b/me/x");
    assert!(!allows(&home, &mine));
    assert!(allows(&home, &mine.clone().with(key("aws:username"), ["me"])));
    assert!(!allows(&home, &mine.clone().with(key("aws:username"), ["m*"])));
    let old = Document { version: None, ..home };
    assert!(!allows(&old, &mine.with(key("aws:username"), ["me"])));
    assert!(allows(&old, &request("s3:GetObject", "arn:aws:s3:::b/${aws:username}/x")));
}

#[test]
fn principals_are_accounts_roles_sessions_and_services() {
    let decide_for = |name: &str, kind, asks: &str| {
        let mut allow = statement(Effect::Allow, "s3:*", "*");
        allow.principal = Some(Selection::Only(Principal::one(kind, name)));
        let mut request = request("s3:GetObject", "arn:aws:s3:::b/k");
        request.principal = Some(Requester { kind, name: asks.to_owned() });
        allows(&Document::new(vec![allow]), &request)
    };
    let aws = |name, asks| decide_for(name, PrincipalKind::Aws, asks);
    let session = "arn:aws:sts::111122223333:assumed-role/deploy/me";
    assert!(aws("111122223333", session));
    assert!(aws("arn:aws:iam::111122223333:root", session));
    assert!(aws("arn:aws:iam::111122223333:role/path/deploy", session));
    assert!(!aws("arn:aws:iam::111122223333:role/other", session));
    assert!(!aws("444455556666", session));
    assert!(aws("*", session));
    assert!(decide_for("lambda.amazonaws.com", PrincipalKind::Service, "lambda.amazonaws.com"));
    assert!(!decide_for("*", PrincipalKind::Service, "lambda.amazonaws.com"));
}

#[test]
fn unknown_requester_never_gets_and_is_always_denied() {
    let mut allow = statement(Effect::Allow, "s3:*", "*");
    allow.principal = Some(Selection::Except(Principal::one(PrincipalKind::Aws, "111122223333")));
    let deny = Statement { effect: Effect::Deny, ..allow.clone() };
    let get = request("s3:GetObject", "arn:aws:s3:::b/k");
    assert_eq!(decide(&[&Document::new(vec![allow])], &get), Decision::ImplicitDeny);
    assert_eq!(decide(&[&Document::new(vec![deny])], &get), Decision::ExplicitDeny);
}
