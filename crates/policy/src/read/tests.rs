use super::*;
use crate::principal::{Principal, PrincipalKind};
use crate::statement::{Effect, Selection};

/// Reads a policy and lists what is wrong with it, a line each, with the place.
fn problems(text: &str) -> String {
    let source = Source::new("policy", text);
    let (document, problems) = read(&source);
    let is_error = problems.iter().any(|problem| problem.severity == Severity::Error);
    assert_eq!(document.is_none(), is_error);
    let lines = problems.iter().map(|problem| {
        let help = problem.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
        let place = source.position(problem.span.start);
        format!("{place} {}: {}{help}", problem.code, problem.message)
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Reads a statement's elements, with the required ones added.
fn check_statement(elements: &str, expected: &str) {
    let text = format!(
        r#"{{"Statement":[{{"Effect":"Allow","Action":"s3:*","Resource":"*",{elements}}}]}}"#
    );
    assert_eq!(problems(&text), expected);
}

#[test]
fn single_statement_needs_no_list() {
    let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","NotAction":["s3:*","iam:Get*"],"NotResource":"*"}}"#;
    let (document, problems) = read(&Source::new("policy", text));
    assert_eq!(problems, []);
    let document = document.unwrap();
    assert_eq!(document.version, Some(Version::V2012));
    assert_eq!(document.statements.len(), 1);
    assert_eq!(document.statements[0].effect, Effect::Deny);
}

#[test]
fn all_problems_are_reported_in_one_pass() {
    let text = r#"{
        "Version": "2012-10-18",
        "statement": [],
        "Statement": [
            {"Effect": "allow", "Action": ["s3", 7], "Resource": ["bucket", "arn:aws:s3"]},
            {"Effect": "Allow", "Action": "s3:*", "NotAction": "s3:*", "Resource": "*"},
            {"Sid": "a b", "Condition": {"StringLike": {"s3:prefix": [null]}, "Like": {}}},
            []
        ]
    }"#;
    insta::assert_snapshot!(problems(text), @r#"
    2:20 bad-version: `Version` is `2012-10-18`, which is no version of the policy language (write `2012-10-17`, the current version)
    3:9 unknown-element: the policy cannot have the element `statement` (write `Statement`: the case of letters counts)
    5:24 bad-effect: `Statement[0].Effect` must be `Allow` or `Deny`, found `allow`
    5:44 bad-action: `Statement[0].Action[0]`: expected `service:Name`, found `s3`
    5:50 wrong-type: `Statement[0].Action[1]` must be a string, found a number
    5:67 bad-resource: `Statement[0].Resource[0]`: expected an ARN, found `bucket`
    5:77 bad-resource: `Statement[0].Resource[1]`: `arn:aws:s3` has 3 of the 6 parts of an ARN (write all six parts, such as `arn:aws:s3:*:*:*`)
    6:64 conflicting-elements: `Statement[1]` has both `Action` and `NotAction` (split it into two statements)
    7:13 missing-element: `Statement[2]` has no `Action` or `NotAction`
    7:13 missing-element: `Statement[2]` has no `Effect`
    7:13 missing-element: `Statement[2]` has no `Resource` or `NotResource`
    7:21 bad-sid: `Statement[2].Sid` is `a b`, but a Sid has letters and digits only (some resource policies take other characters; the Sid is left out here)
    7:71 wrong-type: `Statement[2].Condition.StringLike["s3:prefix"][0]` must be a string, found null
    7:79 unknown-operator: `Statement[2].Condition.Like`: unknown condition operator `Like`
    8:13 wrong-type: `Statement[3]` must be a mapping, found a list
    "#);
}

#[test]
fn wrong_types_are_named() {
    insta::assert_snapshot!(problems("[]"), @"1:1 wrong-type: the policy must be a mapping, found a list");
    insta::assert_snapshot!(problems(r#"{"Id": 7, "Version": null, "Statement": "x"}"#), @"
    1:8 wrong-type: `Id` must be a string, found a number
    1:22 wrong-type: `Version` must be a string, found null
    1:41 wrong-type: `Statement` must be a mapping, found a string
    ");
    insta::assert_snapshot!(problems("{}"), @"1:1 missing-element: the policy has no `Statement`");
}

#[test]
fn condition_values_can_be_numbers_and_booleans() {
    check_statement(
        r#""Condition":{"Bool":{"aws:SecureTransport":true},"NumericLessThan":{"s3:max-keys":[7]}}"#,
        "",
    );
}

#[test]
fn keys_that_differ_by_case_only_are_the_same_key() {
    check_statement(
        r#""Condition":{"StringEquals":{"aws:SourceArn":"a","aws:sourcearn":"b"}}"#,
        "1:113 duplicate-key: `Statement[0].Condition.StringEquals[\"aws:sourcearn\"]` stands twice, but for the case of letters",
    );
    check_statement(
        r#""Condition":{"Bool":{"aws:a":"true"},"bool":{"aws:b":"true"}}"#,
        "1:101 duplicate-key: `Statement[0].Condition.bool` stands twice, but for the case of letters",
    );
}

#[test]
fn principals() {
    check_statement(r#""Principal":"*""#, "");
    check_statement(
        r#""Principal":{"AWS":["111122223333",111122223333],"Service":"lambda.amazonaws.com"}"#,
        "",
    );
    check_statement(
        r#""Principal":"111122223333""#,
        "1:76 bad-principal: `Statement[0].Principal` must be `*` or a mapping of kinds to names, found `111122223333`",
    );
    check_statement(
        r#""NotPrincipal":{"aws":"*"}"#,
        "1:80 unknown-element: `Statement[0].NotPrincipal` cannot have the element `aws` (write `AWS`: the case of letters counts)",
    );
}

#[test]
fn trust_policy_needs_no_resource() {
    let text = r#"{"Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"lambda.amazonaws.com"}}]}"#;
    assert_eq!(problems(text), "");
}

#[test]
fn function_of_a_template_is_no_value() {
    let text = "Statement:\n  - Effect: Allow\n    Action: !Sub 's3:*'\n    Resource: '*'\n";
    let expected = "3:13 wrong-type: `Statement[0].Action` must be a string or a list of strings, found the tag `!Sub`";
    assert_eq!(problems(text), expected);
}

#[test]
fn yaml_is_read_as_json_is() {
    let text = "
Version: 2012-10-17
Statement:
  Effect: Allow
  Principal: { AWS: 012345678901 }
  Action: ['sts:AssumeRole']
  Condition: { Bool: { 'aws:MultiFactorAuthPresent': true } }
";
    let (document, problems) = read(&Source::new("policy", text));
    assert_eq!(problems, []);
    let statement = &document.unwrap().statements[0];
    let account = Principal::one(PrincipalKind::Aws, "012345678901");
    assert_eq!(statement.principal, Some(Selection::Only(account)));
}

#[test]
fn key_that_stands_twice_is_an_error() {
    let text = r#"{"Statement": [], "Statement": []}"#;
    assert_eq!(problems(text), "1:19 duplicate-key: `Statement` stands twice");
    check_statement(
        r#""Condition":{"Bool":{"aws:a":"true","aws:a":"false"}}"#,
        "1:100 duplicate-key: `Statement[0].Condition.Bool[\"aws:a\"]` stands twice",
    );
}
