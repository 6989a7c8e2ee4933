//! Mistakes in what is said of a type, and in the file itself.

use super::super::embedded::check_embedded;
use super::super::file::{RuleFile, Text};
use super::{check, queue};

#[test]
fn a_drop_without_a_reason_in_a_type_without_rules() {
    check(
        "sqs.toml",
        r#"[[type."AWS::SQS::Queue".drop]]
actions = ["sqs:TagQueue"]
reason = " "
"#,
        &[
            "crates/stacks/rules/sqs.toml:3: AWS::SQS::Queue: a drop without a reason; write why the action is never needed",
        ],
    );
}

#[test]
fn a_drop_of_what_no_handler_lists() {
    check(
        "sqs.toml",
        r#"[[type."AWS::SQS::Queue".drop]]
actions = ["sqs:PurgeQueue"]
reason = "never"
"#,
        &[
            "crates/stacks/rules/sqs.toml:2: AWS::SQS::Queue: no handler of the type lists `sqs:PurgeQueue`; leave the drop out",
        ],
    );
}

#[test]
fn a_type_in_the_file_of_another_service() {
    check(
        "sns.toml",
        r#"# Queues.

[[type."AWS::SQS::Queue".rule]]
actions = ["sqs:CreateQueue"]
evidence = ["registry"]
"#,
        &[
            "crates/stacks/rules/sns.toml:3: AWS::SQS::Queue: the type stands in the file of another service; move it to `sqs.toml`",
        ],
    );
}

#[test]
fn a_type_that_there_is_not() {
    check(
        "sqs.toml",
        r#"[[type."AWS::SQS::Queu".rule]]
actions = ["sqs:CreateQueue"]
phases = ["create"]
evidence = ["registry"]
"#,
        &[
            "crates/stacks/rules/sqs.toml:1: AWS::SQS::Queu: no type of this name; write `AWS::SQS::Queue`",
        ],
    );
}

#[test]
fn a_key_that_there_is_not() {
    queue(
        r#"action = ["sqs:CreateQueue"]"#,
        &[
            "crates/stacks/rules/sqs.toml:2: AWS::SQS::Queue: `action` is not known here; write `actions`, `when`, `phases`, `on`, `conditions`, `hardness`, `evidence`",
        ],
    );
}

#[test]
fn what_is_no_toml() {
    check(
        "sqs.toml",
        r#"[type."AWS::SQS::Queue"]
arn = "arn
"#,
        &[r#"crates/stacks/rules/sqs.toml:2: AWS::SQS::Queue: invalid basic string, expected `"`"#],
    );
}

#[test]
fn all_that_says_nothing() {
    check(
        "sqs.toml",
        r#"[type."AWS::SQS::Queue"]

[type."AWS::SQS::QueuePolicy"]
none = ""

[[type."AWS::SQS::QueueInlinePolicy".rule]]
actions = []
evidence = []
"#,
        &[
            "crates/stacks/rules/sqs.toml:1: AWS::SQS::Queue: nothing is said of the type; write a rule, or `none` with the reason",
            "crates/stacks/rules/sqs.toml:4: AWS::SQS::QueuePolicy: `none` without a reason; write why the type needs nothing",
            r#"crates/stacks/rules/sqs.toml:7: AWS::SQS::QueueInlinePolicy: a rule without actions; write `actions = ["SERVICE:Name"]`"#,
            "crates/stacks/rules/sqs.toml:8: AWS::SQS::QueueInlinePolicy: a rule without evidence; write where the fact is from: a URL, or `registry handler create`",
        ],
    );
}

#[test]
fn rules_that_are_not_embedded_yet() {
    let text = "[[type.\"AWS::SQS::Queue\".rule]]\nactions = [\"sqs:PurgeQueue\"]\nphases = [\"create\"]\nevidence = [\"registry\"]\n";
    let Ok(file) = RuleFile::of(Text::new("sqs.toml", text)) else { panic!("the text is read") };
    // The other types are not in this file, so that they are told as gone.
    let said = check_embedded(&[file]).into_iter().map(|problem| problem.to_string());
    let of_queues: Vec<String> = said.filter(|said| said.contains(": AWS::SQS::Queue: ")).collect();
    assert_eq!(
        of_queues,
        [
            "crates/stacks/rules/sqs.toml:1: AWS::SQS::Queue: the program does not have what the file says; run `cargo xtask codegen`"
        ]
    );
}
