use super::*;
use crate::source::Span;
use crate::tree::Entry;

/// Makes a tree of JSON text. All spans are empty: places are the readers' business.
fn tree(value: &serde_json::Value) -> Node {
    let kind = match value {
        serde_json::Value::Null => Kind::Null,
        serde_json::Value::Bool(value) => Kind::Bool(*value),
        serde_json::Value::Number(number) => Kind::Number(number.to_string()),
        serde_json::Value::String(text) => Kind::String(text.clone()),
        serde_json::Value::Array(items) => Kind::List(items.iter().map(tree).collect()),
        serde_json::Value::Object(entries) => {
            let entry = |(key, value): (&String, &serde_json::Value)| Entry {
                key: key.clone(),
                key_span: Span::default(),
                value: tree(value),
            };
            Kind::Map(entries.iter().map(entry).collect())
        }
    };
    Node { kind, span: Span::default(), tag: None }
}

/// Reads a policy and lists what is wrong with it, a line each.
fn problems(text: &str) -> String {
    let (document, problems) = document(&tree(&serde_json::from_str(text).unwrap()));
    let is_error = problems.iter().any(|problem| problem.severity == Severity::Error);
    assert_eq!(document.is_none(), is_error);
    let lines = problems.iter().map(|problem| {
        let help = problem.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
        format!("{}: {}{help}", problem.code, problem.message)
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
    let (document, problems) = document(&tree(&serde_json::from_str(text).unwrap()));
    assert_eq!(problems, []);
    let document = document.unwrap();
    assert_eq!(document.version, Some(Version::V2012));
    assert_eq!(document.statements.len(), 1);
    assert_eq!(document.statements[0].effect, crate::statement::Effect::Deny);
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
    unknown-element: the policy cannot have the element `statement` (write `Statement`: the case of letters counts)
    bad-version: `Version` is `2012-10-18`, which is no version of the policy language (write `2012-10-17`, the current version)
    bad-effect: `Statement[0].Effect` must be `Allow` or `Deny`, found `allow`
    wrong-type: `Statement[0].Action[1]` must be a string, found a number
    bad-action: `Statement[0].Action[0]`: expected `service:Name`, found `s3`
    bad-resource: `Statement[0].Resource[0]`: expected an ARN, found `bucket`
    bad-resource: `Statement[0].Resource[1]`: `arn:aws:s3` has 3 of the 6 parts of an ARN
    conflicting-elements: `Statement[1]` has both `Action` and `NotAction` (split it into two statements)
    bad-sid: `Statement[2].Sid` is `a b`, but a Sid has letters and digits only (some resource policies take other characters; the Sid is left out here)
    missing-element: `Statement[2]` has no `Effect`
    missing-element: `Statement[2]` has no `Action` or `NotAction`
    missing-element: `Statement[2]` has no `Resource` or `NotResource`
    unknown-operator: `Statement[2].Condition.Like`: unknown condition operator `Like`
    wrong-type: `Statement[2].Condition.StringLike["s3:prefix"][0]` must be a string, found null
    wrong-type: `Statement[3]` must be a mapping, found a list
    "#);
}

#[test]
fn wrong_types_are_named() {
    insta::assert_snapshot!(problems("[]"), @"wrong-type: the policy must be a mapping, found a list");
    insta::assert_snapshot!(problems(r#"{"Id": 7, "Version": null, "Statement": "x"}"#), @r"
    wrong-type: `Version` must be a string, found null
    wrong-type: `Id` must be a string, found a number
    wrong-type: `Statement` must be a mapping, found a string
    ");
    insta::assert_snapshot!(problems("{}"), @"missing-element: the policy has no `Statement`");
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
        "duplicate-key: `Statement[0].Condition.StringEquals[\"aws:sourcearn\"]` stands twice, but for the case of letters",
    );
    check_statement(
        r#""Condition":{"Bool":{"aws:a":"true"},"bool":{"aws:b":"true"}}"#,
        "duplicate-key: `Statement[0].Condition.bool` stands twice, but for the case of letters",
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
        "bad-principal: `Statement[0].Principal` must be `*` or a mapping of kinds to names, found `111122223333`",
    );
    check_statement(
        r#""NotPrincipal":{"aws":"*"}"#,
        "unknown-element: `Statement[0].NotPrincipal` cannot have the element `aws` (write `AWS`: the case of letters counts)",
    );
}

#[test]
fn trust_policy_needs_no_resource() {
    let text = r#"{"Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"lambda.amazonaws.com"}}]}"#;
    assert_eq!(problems(text), "");
}

#[test]
fn function_of_a_template_is_no_value() {
    let sub = Node { tag: Some("Sub".to_owned()), ..tree(&"s3:*".into()) };
    let statement = Node {
        kind: Kind::Map(vec![Entry {
            key: "Action".to_owned(),
            key_span: Span::default(),
            value: sub,
        }]),
        ..tree(&serde_json::Value::Null)
    };
    let mut problems = Vec::new();
    elements::statement(&statement, &Path::root(), &mut problems);
    let messages: Vec<&str> = problems.iter().map(|problem| problem.message.as_str()).collect();
    assert!(
        messages.contains(&"`Action` must be a string or a list of strings, found the tag `!Sub`"),
        "{messages:?}"
    );
}
