//! Each function, parameter and condition: what it gives when its parts are known, in part, or not at all.
//!
//! Values are written short: `*` is any text, `~` is a part of the environment that was not given, `<Id.Attribute>` what a resource
//! will give, `a | b` a choice, `?` anything, `...` the rest of an open list or mapping.

mod limits;

use std::collections::BTreeMap;
use std::sync::Arc;

use stackpass_ground::source::{Diagnostic, Source};
use stackpass_ground::truth::Truth;

use super::{DeletionPolicy, Setting, Stack, UseKind, resolve};
use crate::template;
use crate::value::{Part, Text, Value};

fn setting() -> Setting {
    Setting {
        stack_name: Some(Text::literal("shop")),
        account: Some("111122223333".to_owned()),
        region: Some("eu-west-1".to_owned()),
        partition: Some("aws".to_owned()),
        parameters: BTreeMap::new(),
        stack_tags: BTreeMap::new(),
        executor_role: None,
    }
}

fn stack_of(text: &str, setting: &Setting) -> (Stack, Vec<Diagnostic>) {
    let source = Arc::new(Source::new("t.yaml", text));
    let (template, problems) = template::read(&source);
    let errors: Vec<_> = problems.iter().filter(|problem| problem.code != "no-resources").collect();
    assert!(errors.is_empty(), "{errors:?}");
    resolve(&source, &template.expect("a template"), setting)
}

fn text(shown: &Text) -> String {
    let part = |part: &Part| match part {
        Part::Literal(text) => text.clone(),
        Part::Any | Part::Parameter(_) => "*".to_owned(),
        Part::One => "?".to_owned(),
        Part::Environment => "~".to_owned(),
        Part::Attribute { logical_id, attribute: None } => format!("<{logical_id}>"),
        Part::Attribute { logical_id, attribute: Some(attribute) } => {
            format!("<{logical_id}.{attribute}>")
        }
        Part::Piece { of, delimiter, index } => format!("<{} {delimiter} {index}>", text(of)),
        Part::Import(name) => format!("<import {}>", text(name)),
    };
    shown.parts().iter().map(part).collect()
}

fn short(value: &Value) -> String {
    match value {
        Value::Absent => "absent".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Text(found) => format!("'{}'", text(found)),
        Value::List(list) => {
            let mut items: Vec<String> = list.items.iter().map(|item| short(&item.value)).collect();
            items.extend(list.open.then(|| "...".to_owned()));
            format!("[{}]", items.join(", "))
        }
        Value::Map(map) => {
            let mut entries: Vec<String> = map
                .entries
                .iter()
                .map(|(key, entry)| format!("{key}: {}", short(&entry.value)))
                .collect();
            entries.extend(map.open.then(|| "...".to_owned()));
            format!("{{{}}}", entries.join(", "))
        }
        Value::OneOf(values) => values.iter().map(short).collect::<Vec<_>>().join(" | "),
        Value::Unknown => "?".to_owned(),
    }
}

const DECLARED: &str = "
Parameters:
  Given: {Type: String}
  Defaulted: {Type: String, Default: d}
  Limited: {Type: String, AllowedValues: [a, b]}
  Secret: {Type: String, NoEcho: true, AllowedValues: [a, b]}
  Number: {Type: Number, Default: 3}
  Open: {Type: String}
  Names: {Type: CommaDelimitedList, Default: 'a, b'}
  NoNames: {Type: CommaDelimitedList, Default: ''}
  OpenNames: {Type: CommaDelimitedList}
  Stored: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /image}
  StoredNames: {Type: 'AWS::SSM::Parameter::Value<List<String>>', Default: /images}
Mappings:
  Regions:
    eu-west-1: {size: small, names: [x, y]}
    us-east-1: {size: large, names: [z]}
Conditions:
  Yes: !Equals [1, 1]
  No: !Not [!Condition Yes]
  Maybe: !Equals [!Ref Open, x]
Resources:
  Bucket: {Type: AWS::S3::Bucket}
  Queue: {Type: AWS::SQS::Queue}
";

/// Works out an expression within a template that declares some of everything.
fn evaluated(expression: &str, setting: &Setting) -> (Stack, Vec<Diagnostic>) {
    stack_of(&format!("{DECLARED}Outputs:\n  It:\n    Value: {expression}\n"), setting)
}

fn check(expression: &str, expected: &str) {
    let mut setting = setting();
    setting.parameters.insert("Given".to_owned(), Value::text("g"));
    let (stack, problems) = evaluated(expression, &setting);
    assert!(problems.is_empty(), "{expression}: {problems:?}");
    assert_eq!(short(&stack.outputs["It"]), expected, "{expression}");
}

/// The code of the one problem that an expression has; its value counts as unknown.
fn check_problem(expression: &str, code: &str) {
    let (stack, problems) = evaluated(expression, &setting());
    assert_eq!(
        problems.iter().map(|problem| problem.code).collect::<Vec<_>>(),
        [code],
        "{expression}"
    );
    assert_eq!(short(&stack.outputs["It"]), "?", "{expression}");
}

#[test]
fn references() {
    check("!Ref Bucket", "'<Bucket>'");
    check("!GetAtt Bucket.Arn", "'<Bucket.Arn>'");
    check("!GetAtt [Bucket, Arn]", "'<Bucket.Arn>'");
    check("!GetAtt [Bucket, !Ref Given]", "'<Bucket.g>'");
    check("!GetAtt [Bucket, !Ref Open]", "?");
    check("!Ref AWS::Region", "'eu-west-1'");
    check("!Ref AWS::AccountId", "'111122223333'");
    check("!Ref AWS::StackName", "'shop'");
    check("!Ref AWS::URLSuffix", "'amazonaws.com'");
    check("!Ref AWS::NoValue", "absent");
    check("!Ref AWS::NotificationARNs", "[...]");
    check_problem("!Ref Nothing", "unknown-reference");
    check_problem("!GetAtt Nothing.Arn", "unknown-reference");
}

#[test]
fn an_environment_that_was_not_given() {
    let unknown =
        Setting { stack_name: None, account: None, region: None, partition: None, ..setting() };
    let (stack, problems) =
        evaluated("!Sub '${AWS::Partition}:${AWS::Region}:${AWS::AccountId}'", &unknown);
    assert!(problems.is_empty());
    assert_eq!(short(&stack.outputs["It"]), "'~:~:~'");
    let (stack, _) = evaluated("!Sub 'x-${AWS::StackName}'", &unknown);
    assert!(["'x-*'", "'x-~'"].contains(&short(&stack.outputs["It"]).as_str()));
}

#[test]
fn each_partition_has_its_domain() {
    let suffix = |partition: &str| {
        let there = Setting { partition: Some(partition.to_owned()), ..setting() };
        short(&evaluated("!Ref AWS::URLSuffix", &there).0.outputs["It"])
    };
    assert_eq!(suffix("aws-cn"), "'amazonaws.com.cn'");
    assert_eq!(suffix("aws-iso-b"), "'sc2s.sgov.gov'");
    assert_eq!(suffix("aws-new"), "'~'");
}

#[test]
fn parameters() {
    check("!Ref Given", "'g'");
    check("!Ref Defaulted", "'d'");
    check("!Ref Limited", "'a' | 'b'");
    check("!Ref Secret", "'*'");
    check("!Ref Number", "'3'");
    check("!Ref Open", "'*'");
    check("!Ref Names", "['a', 'b']");
    check("!Ref NoNames", "[]");
    check("!Ref OpenNames", "?");
    check("!Ref Stored", "'*'");
    check("!Ref StoredNames", "?");
}

#[test]
fn a_given_parameter_goes_before_its_default() {
    let mut setting = setting();
    setting.parameters.insert("Defaulted".to_owned(), Value::text("mine"));
    setting.parameters.insert("Names".to_owned(), Value::text("x,y , z"));
    let (stack, _) = evaluated("[!Ref Defaulted, !Ref Names]", &setting);
    assert_eq!(short(&stack.outputs["It"]), "['mine', ['x', 'y', 'z']]");
}

#[test]
fn a_parameter_that_may_be_left_out_may_have_its_default() {
    let mut setting = setting();
    let given = Value::one_of([Value::text("mine"), Value::Absent]);
    setting.parameters.insert("Defaulted".to_owned(), given.clone());
    setting.parameters.insert("Open".to_owned(), given);
    let (stack, _) = evaluated("[!Ref Defaulted, !Ref Open]", &setting);
    assert_eq!(short(&stack.outputs["It"]), "['d' | 'mine', '*']");
}

#[test]
fn a_parameter_that_the_template_lacks_is_a_warning() {
    let mut setting = setting();
    setting.parameters.insert("Typo".to_owned(), Value::text("x"));
    let (_, problems) = evaluated("x", &setting);
    assert_eq!(
        problems.iter().map(|problem| problem.code).collect::<Vec<_>>(),
        ["unknown-parameter"]
    );
}

#[test]
fn substitution() {
    check("!Sub 'a-${Given}-${AWS::Region}'", "'a-g-eu-west-1'");
    check("!Sub '${Bucket}/${Bucket.Arn}'", "'<Bucket>/<Bucket.Arn>'");
    check("!Sub 'a-${Open}'", "'a-*'");
    check("!Sub 'a-${Limited}'", "'a-a' | 'a-b'");
    check("!Sub ['${x}-${Given}', {x: !Ref Limited}]", "'a-g' | 'b-g'");
    check("!Sub ['${Given}', {Given: own}]", "'own'");
    check("!Sub '${!Given}-$x-{y}'", "'${Given}-$x-{y}'");
    check("!Sub 'open ${Given'", "'open ${Given'");
    check_problem_in("!Sub 'a-${Nothing}'", "'a-*'");
}

/// Like [`check`], for an expression with a problem.
fn check_problem_in(expression: &str, expected: &str) {
    let (stack, problems) = evaluated(expression, &setting());
    assert_eq!(problems.len(), 1, "{expression}");
    assert_eq!(short(&stack.outputs["It"]), expected, "{expression}");
}

#[test]
fn joining() {
    check("!Join ['-', [a, !Ref Given, !Ref Bucket]]", "'a-g-<Bucket>'");
    check("!Join [',', !Ref Names]", "'a,b'");
    check("!Join [',', !Ref NoNames]", "''");
    check("!Join [',', !Ref OpenNames]", "'*'");
    check("!Join ['', [a, !Ref Limited]]", "'aa' | 'ab'");
    check("!Join ['', []]", "''");
}

#[test]
fn an_item_that_may_be_absent_takes_its_delimiter_along() {
    let item = "!If [Maybe, b, !Ref AWS::NoValue]";
    check(&format!("!Join ['-', [a, {item}]]"), "'a' | 'a-b'");
    check(&format!("!Join ['-', [{item}, c]]"), "'b-c' | 'c'");
    check(&format!("!Join ['-', [{item}, {item}]]"), "'' | 'b' | 'b-b'");
    check("!Join ['-', [a, !Ref AWS::NoValue, c]]", "'a-c'");
}

#[test]
fn splitting_and_selecting() {
    check("!Split ['/', 'a/b']", "['a', 'b']");
    check("!Split ['/', !Ref Open]", "[...]");
    check("!Select [1, [a, b]]", "'b'");
    check("!Select ['1', !Split ['/', 'a/b']]", "'b'");
    check("!Select [7, [a, b]]", "?");
    check("!Select [!Ref Open, [a, b]]", "?");
    check("!Select [1, !Ref Names]", "'b'");
    check("!Select [1, [!If [Maybe, a, !Ref AWS::NoValue], b]]", "?");
    check("!Select [0, [a, !If [Maybe, b, !Ref AWS::NoValue]]]", "'a'");
}

#[test]
fn choosing() {
    check("!If [Yes, a, b]", "'a'");
    check("!If [No, a, b]", "'b'");
    check("!If [Maybe, a, b]", "'a' | 'b'");
    check("!If [Maybe, a, a]", "'a'");
    check("!If [Maybe, a, !Ref AWS::NoValue]", "absent | 'a'");
    check("!If [Maybe, !If [Maybe, a, b], c]", "'a' | 'b' | 'c'");
    check("{x: !If [No, a, !Ref AWS::NoValue], y: b}", "{y: 'b'}");
    check("[!If [No, a, !Ref AWS::NoValue], b]", "['b']");
    check_problem("!If [Nope, !Ref OpenNames, b]", "unknown-condition");
}

#[test]
fn looking_up() {
    check("!FindInMap [Regions, !Ref AWS::Region, size]", "'small'");
    check("!FindInMap [Regions, eu-west-1, names]", "['x', 'y']");
    check("!FindInMap [Regions, !Ref Open, size]", "'large' | 'small'");
    check("!FindInMap [Regions, eu-west-1, !Ref Open]", "'small' | ['x', 'y']");
    check("!FindInMap [Regions, ap-south-1, size]", "?");
    check("!FindInMap [Regions, ap-south-1, size, {DefaultValue: d}]", "'d'");
    check("!FindInMap [Regions, eu-west-1, size, {DefaultValue: d}]", "'small'");
    check("!FindInMap [Regions, !Ref Open, size, {DefaultValue: d}]", "'d' | 'large' | 'small'");
    check("!FindInMap [Regions, eu-west-1, !Ref Limited, {DefaultValue: d}]", "'d'");
    check("!FindInMap [!Ref Open, eu-west-1, size]", "?");
    check_problem("!FindInMap [Nowhere, eu-west-1, size]", "unknown-mapping");
}

#[test]
fn other_functions() {
    check("!GetAZs ''", "[...]");
    check("!Cidr [10.0.0.0/16, 2, 8]", "[...]");
    check("!ImportValue name", "'<import name>'");
    check("{Fn::Base64: !Ref Given}", "'*'");
    check("{Fn::ToJsonString: {a: !Ref Given}}", "'*'");
    check("{Fn::Length: [a, b]}", "'2'");
    check("{Fn::Length: !Ref OpenNames}", "'*'");
    check("{Fn::Length: [a, !If [Maybe, b, !Ref AWS::NoValue]]}", "'*'");
    check("{Fn::Transform: {Name: AWS::Include, Parameters: {Location: x}}}", "?");
    check_problem("{Fn::Shout: x}", "unknown-function");
}

#[test]
fn a_policy_condition_is_no_condition_of_the_template() {
    check("[{Condition: {Bool: {a: b}}}]", "[{Condition: {Bool: {a: 'b'}}}]");
    check("[{Condition: Yes}]", "[true]");
}

fn conditions(conditions: &str) -> (Stack, Vec<Diagnostic>) {
    let text = format!(
        "Parameters:\n  Open: {{Type: String}}\n  Other: {{Type: String}}\nConditions:\n{conditions}\nResources:\n  It: {{Type: AWS::SQS::Queue, Condition: It}}\n"
    );
    stack_of(&text, &setting())
}

fn check_condition(condition: &str, expected: Truth) {
    let (stack, problems) =
        conditions(&format!("  Maybe: !Equals [!Ref Open, x]\n  It: {condition}"));
    assert!(problems.is_empty(), "{condition}: {problems:?}");
    let presence = stack.resources.values().next().map_or(Truth::No, |resource| resource.presence);
    assert_eq!(presence, expected, "{condition}");
}

#[test]
fn conditions_have_three_values() {
    let (yes, no, maybe) = ("!Equals [a, a]", "!Equals [a, b]", "!Condition Maybe");
    for (condition, expected) in [
        (yes.to_owned(), Truth::Yes),
        (no.to_owned(), Truth::No),
        (maybe.to_owned(), Truth::Maybe),
        (format!("!Not [{maybe}]"), Truth::Maybe),
        (format!("!And [{maybe}, {yes}]"), Truth::Maybe),
        (format!("!And [{maybe}, {no}]"), Truth::No),
        (format!("!And [{yes}, {yes}]"), Truth::Yes),
        (format!("!Or [{maybe}, {yes}]"), Truth::Yes),
        (format!("!Or [{maybe}, {no}]"), Truth::Maybe),
        (format!("!Or [{no}, {no}]"), Truth::No),
        ("!Equals [1, '1']".to_owned(), Truth::Yes),
        ("!Equals [true, 'true']".to_owned(), Truth::Yes),
        ("!Equals [!Ref AWS::Region, eu-west-1]".to_owned(), Truth::Yes),
        ("!Equals [!Sub 'x-${Open}', y]".to_owned(), Truth::Maybe),
        ("!Equals [!Ref Open, !Ref Other]".to_owned(), Truth::Maybe),
        ("!Equals [!Join ['', [a, b]], ab]".to_owned(), Truth::Yes),
    ] {
        check_condition(&condition, expected);
    }
}

#[test]
fn conditions_that_need_themselves_are_open() {
    let (stack, _) = conditions("  It: !Not [!Condition Other]\n  Other: !Not [!Condition It]");
    assert_eq!(stack.resources["It"].presence, Truth::Maybe);
    let (stack, _) = conditions("  It: !And [!Condition It, !Equals [a, b]]");
    assert!(stack.resources.is_empty(), "whatever it is, the other half is not");
}

#[test]
fn a_condition_that_does_not_exist_is_a_problem_and_open() {
    let (stack, problems) = conditions("  Other: !Equals [a, b]");
    assert_eq!(
        problems.iter().map(|problem| problem.code).collect::<Vec<_>>(),
        ["unknown-condition"]
    );
    assert_eq!(stack.resources["It"].presence, Truth::Maybe);
}

#[test]
fn deletion_policies() {
    for (policy, expected) in [
        ("Delete", DeletionPolicy::Delete),
        ("Retain", DeletionPolicy::Retain),
        ("RetainExceptOnCreate", DeletionPolicy::RetainExceptOnCreate),
        ("Snapshot", DeletionPolicy::Snapshot),
        ("!Ref Policy", DeletionPolicy::Unknown),
        ("!If [Yes, Retain, Delete]", DeletionPolicy::Retain),
    ] {
        let text = format!(
            "Transform: AWS::LanguageExtensions\nParameters: {{Policy: {{Type: String}}}}\nConditions: {{Yes: !Equals [a, a]}}\nResources:\n  It: {{Type: AWS::SQS::Queue, DeletionPolicy: {policy}}}\n"
        );
        let (stack, _) = stack_of(&text, &setting());
        assert_eq!(stack.resources["It"].deletion_policy, expected, "{policy}");
        assert_eq!(stack.resources["It"].update_replace_policy, DeletionPolicy::Delete);
    }
}
