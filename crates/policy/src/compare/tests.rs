use super::*;
use crate::evaluate::StatementRef;
use crate::read::read;
use crate::source::Source;

/// A policy of statements as JSON.
fn policy(statements: &str) -> Document {
    let text = format!("{{\"Version\": \"2012-10-17\", \"Statement\": [{statements}]}}");
    let (document, problems) = read(&Source::new("p", text));
    document.unwrap_or_else(|| panic!("{problems:?}"))
}

/// Grants as `action resource resource`, those with conditions with an `if` at the end.
fn shown(grants: &[Grant]) -> Vec<String> {
    let show = |grant: &Grant| {
        let resources: Vec<&str> = grant.resources.iter().map(ArnPattern::as_str).collect();
        let condition = if grant.conditions.is_empty() { "" } else { " if" };
        format!("{} {}{condition}", grant.action, resources.join(" "))
    };
    grants.iter().map(show).collect()
}

fn check(wanted: &str, by: &[&str], expected: &[&str]) {
    let by: Vec<Document> = by.iter().map(|it| policy(it)).collect();
    let by: Vec<&Document> = by.iter().collect();
    assert_eq!(shown(&uncovered(&policy(wanted), &by, None)), expected, "{wanted}");
}

const GET: &str =
    r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/*"}"#;
const PUT: &str =
    r#"{"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::a/*"}"#;
const ALL: &str = r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#;
const DENY: &str = r#"{"Effect": "Deny", "Action": "s3:Put*", "Resource": "*"}"#;

#[test]
fn several_policies_cover_together() {
    let both = format!("{GET}, {PUT}");
    check(&both, &[GET, PUT], &[]);
    check(&both, &[GET], &["s3:PutObject arn:aws:s3:::a/*"]);
    check(&both, &[], &["s3:GetObject arn:aws:s3:::a/*", "s3:PutObject arn:aws:s3:::a/*"]);
}

#[test]
fn deny_takes_unless_the_wanted_policy_has_it_too() {
    let both = format!("{GET}, {PUT}");
    check(&both, &[ALL, DENY], &["s3:PutObject arn:aws:s3:::a/*"]);
    check(&format!("{both}, {DENY}"), &[&both], &[]);
    check(&format!("{ALL}, {DENY}"), &[ALL, DENY], &[]);
    check(ALL, &[ALL, DENY], &["* *"]);
}

#[test]
fn boundary_must_allow_as_well() {
    let (wanted, boundary) = (policy(&format!("{GET}, {PUT}")), policy(GET));
    let missing = uncovered(&wanted, &[&policy(ALL)], Some(&boundary));
    assert_eq!(shown(&missing), ["s3:PutObject arn:aws:s3:::a/*"]);
}

#[test]
fn all_but_some_is_compared_as_a_whole() {
    let all_but = |actions: &str| {
        format!(r#"{{"Effect": "Allow", "NotAction": [{actions}], "Resource": "*"}}"#)
    };
    check(&all_but("\"iam:*\""), &[&all_but("\"iam:*\"")], &[]);
    check(&all_but("\"iam:*\""), &[&all_but("\"iam:Put*\"")], &[]);
    check(&all_but("\"iam:Put*\""), &[&all_but("\"iam:*\"")], &["* *"]);
    check(&all_but("\"iam:*\""), &[ALL], &[]);
    check(GET, &[&all_but("\"iam:*\"")], &[]);
    let not_resource =
        r#"{"Effect": "Allow", "Action": "s3:GetObject", "NotResource": "arn:aws:s3:::b/*"}"#;
    check(not_resource, &[ALL], &[]);
    check(not_resource, &[GET], &["s3:GetObject *"]);
    check(GET, &[not_resource], &[]);
}

#[test]
fn variables_mean_nothing_in_an_old_document() {
    let home = r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/${aws:username}"}"#;
    let new = policy(home);
    let old = Document { version: None, ..new.clone() };
    assert_eq!(
        shown(&uncovered(&new, &[&old], None)),
        ["s3:GetObject arn:aws:s3:::a/${aws:username}"]
    );
    assert_eq!(
        shown(&uncovered(&old, &[&new], None)),
        ["s3:GetObject arn:aws:s3:::a/${$}{aws:username}"]
    );
    assert_eq!(uncovered(&old, &[&old], None), []);
    assert_eq!(uncovered(&old, &[&policy(GET)], None), []);
}

fn check_coverage(statements: &str, conditions: &str, extent: Extent, places: &[usize]) {
    let policy = policy(statements);
    let action = "s3:PutObject".parse().unwrap();
    let resource = "arn:aws:s3:::a/*".parse().unwrap();
    let mut given = Conditions::new();
    if let Some((key, value)) = conditions.split_once('=') {
        let operator: crate::condition::Operator = "StringEquals".parse().unwrap();
        given.add(operator, key.parse().unwrap(), [value]);
    }
    let coverage = candidates(&[&policy], &action).coverage(Some(&resource), &given);
    let statements: Vec<StatementRef> =
        places.iter().map(|&statement| StatementRef { policy: 0, statement }).collect();
    assert_eq!(coverage, Coverage { extent, statements });
}

#[test]
fn coverage_tells_parts_conditions_and_denies_apart() {
    let narrow = r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::a/b*"}"#;
    check_coverage(GET, "", Extent::None, &[]);
    check_coverage(&format!("{GET}, {PUT}"), "", Extent::Covered, &[1]);
    check_coverage(&format!("{GET}, {narrow}"), "", Extent::Part, &[1]);
    check_coverage(&format!("{PUT}, {DENY}"), "", Extent::Denied, &[1]);
    let deny_part = narrow.replace("Allow", "Deny");
    check_coverage(&format!("{PUT}, {deny_part}"), "", Extent::Open, &[1]);
    let home =
        r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::${aws:username}/*"}"#;
    check_coverage(home, "", Extent::Open, &[0]);
}

#[test]
fn conditions_are_met_open_or_never_met() {
    let when = |effect: &str, condition: &str| {
        format!(
            r#"{{"Effect": "{effect}", "Action": "s3:*", "Resource": "*", "Condition": {{{condition}}}}}"#
        )
    };
    let equals = when("Allow", r#""StringEquals": {"aws:k": ["a", "b"]}"#);
    check_coverage(&equals, "", Extent::Open, &[0]);
    check_coverage(&equals, "aws:k=a", Extent::Covered, &[0]);
    check_coverage(&equals, "aws:k=c", Extent::None, &[]);
    let like = when("Allow", r#""StringLike": {"aws:k": "a*"}"#);
    check_coverage(&like, "aws:k=ab", Extent::Covered, &[0]);
    check_coverage(&like, "aws:k=b", Extent::None, &[]);
    let deny = when("Deny", r#""StringNotEquals": {"aws:k": "a"}"#);
    check_coverage(&format!("{PUT}, {deny}"), "aws:k=a", Extent::Covered, &[0]);
    check_coverage(&format!("{PUT}, {deny}"), "aws:k=b", Extent::Denied, &[1]);
    check_coverage(&format!("{PUT}, {deny}"), "", Extent::Open, &[1]);
    let present = when("Allow", r#""Null": {"aws:k": "false"}"#);
    check_coverage(&present, "aws:k=a", Extent::Covered, &[0]);
}

#[test]
fn missing_keys_and_truths_are_known_too() {
    let policy = policy(
        r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "*",
            "Condition": {"ForAnyValue:StringEquals": {"aws:CalledVia": "x"}}},
           {"Effect": "Deny", "Action": "s3:*", "Resource": "*",
            "Condition": {"BoolIfExists": {"aws:ViaAWSService": "false"}}}"#,
    );
    let extent = |given: &[(&str, &str, &str)]| {
        let mut conditions = Conditions::new();
        for (operator, key, value) in given {
            let operator: crate::condition::Operator = operator.parse().unwrap();
            conditions.add(operator, key.parse().unwrap(), [*value]);
        }
        let action = "s3:PutObject".parse().unwrap();
        candidates(&[&policy], &action).coverage(Some(&ArnPattern::any()), &conditions).extent
    };
    let via = ("ForAnyValue:StringEquals", "aws:CalledVia", "x");
    let forwarded = ("Bool", "aws:ViaAWSService", "true");
    assert_eq!(extent(&[]), Extent::Open);
    assert_eq!(extent(&[via, forwarded]), Extent::Covered);
    assert_eq!(extent(&[("Null", "aws:CalledVia", "true"), forwarded]), Extent::None);
    assert_eq!(extent(&[via, ("Bool", "aws:ViaAWSService", "false")]), Extent::Denied);
}
