//! Mistakes in what a call acts on.

use super::{check, queue};

#[test]
fn a_generated_name_without_a_rule_for_names() {
    check(
        "sqs.toml",
        r#"[type."AWS::SQS::Queue"]
arn = "arn:${Partition}:sqs:${Region}:${Account}:${@name}"
"#,
        &[
            r#"crates/stacks/rules/sqs.toml:2: AWS::SQS::Queue: `arn:${Partition}:sqs:${Region}:${Account}:${@name}` has `${@name}`, and the type has no `name`; write `name = { max = ..., evidence = "..." }`"#,
        ],
    );
}

#[test]
fn an_arn_of_another_service() {
    queue(
        r#"actions = ["sqs:CreateQueue"]
on = ["arn:${Partition}:sns:${Region}:${Account}:${QueueName}"]"#,
        &[
            "crates/stacks/rules/sqs.toml:3: AWS::SQS::Queue: `arn:${Partition}:sns:${Region}:${Account}:${QueueName}` is an ARN of `sns`, which none of the actions acts on; write `sqs`",
        ],
    );
}

#[test]
fn an_arn_of_another_service_for_a_type_without_rules() {
    check(
        "sqs.toml",
        r#"[type."AWS::SQS::Queue"]
arn = "arn:${Partition}:sns:${Region}:${Account}:${QueueName}"
"#,
        &[
            "crates/stacks/rules/sqs.toml:2: AWS::SQS::Queue: `arn:${Partition}:sns:${Region}:${Account}:${QueueName}` is an ARN of `sns`, which none of the actions acts on; write `sqs`",
        ],
    );
}

#[test]
fn a_reference_of_what_refers_to_nothing() {
    queue(
        r#"actions = ["sqs:CreateQueue"]
on = [
  "ref:FifoQueue",
  "ref:VisibilityTimeout",
  "ref:QueueName",
  "ref:RedrivePolicy:suffix",
]"#,
        &[
            "crates/stacks/rules/sqs.toml:4: AWS::SQS::Queue: `FifoQueue` is `false` or `true`, and refers to nothing; name a property with an ARN, an id or a name",
            "crates/stacks/rules/sqs.toml:5: AWS::SQS::Queue: `VisibilityTimeout` is a number, and refers to nothing; name a property with an ARN, an id or a name",
            "crates/stacks/rules/sqs.toml:7: AWS::SQS::Queue: `RedrivePolicy` holds other properties, and refers to nothing itself; name the one with the ARN, id or name",
        ],
    );
}

#[test]
fn a_reference_that_nothing_tells_of() {
    check(
        "sns.toml",
        r#"[type."AWS::SNS::Topic"]
name = { property = "TopicName", max = 256, evidence = "guide" }

[[type."AWS::SNS::Topic".rule]]
actions = ["sns:CreateTopic"]
on = ["ref:TopicName"]
evidence = ["registry"]

[[type."AWS::SNS::Topic".rule]]
actions = ["sns:GetTopicAttributes"]
on = ["ref:SignatureVersion", "ref:DisplayName", "ref:DeliveryStatusLogging"]
evidence = ["registry"]
"#,
        &[
            "crates/stacks/rules/sns.toml:6: AWS::SNS::Topic: `TopicName` is the resource's own name; write `self`",
            "crates/stacks/rules/sns.toml:11: AWS::SNS::Topic: `DeliveryStatusLogging` holds other properties, and refers to nothing itself; name the one with the ARN, id or name",
            "crates/stacks/rules/sns.toml:11: AWS::SNS::Topic: nothing tells what `DisplayName` refers to; name a property with an ARN, an id or a name, or write the ARN: `arn:...${DisplayName}`",
            "crates/stacks/rules/sns.toml:11: AWS::SNS::Topic: nothing tells what `SignatureVersion` refers to; name a property with an ARN, an id or a name, or write the ARN: `arn:...${SignatureVersion}`",
        ],
    );
}

#[test]
fn an_arn_with_an_unknown_property_in_a_type_without_rules() {
    check(
        "sqs.toml",
        r#"[type."AWS::SQS::Queue"]
arn = "arn:${Partition}:sqs:${Region}:${Account}:${QueuName}"
"#,
        &[
            "crates/stacks/rules/sqs.toml:2: AWS::SQS::Queue: `arn:${Partition}:sqs:${Region}:${Account}:${QueuName}`: no property `QueuName`; write `QueueName`",
        ],
    );
}

#[test]
fn a_suffix_without_a_colon() {
    queue(
        r#"actions = ["sqs:CreateQueue"]
on = ["self/*"]"#,
        &[
            "crates/stacks/rules/sqs.toml:3: AWS::SQS::Queue: `self/*` is neither `self`, `ref:Path`, `through:Path:Property`, `profile:Path`, an ARN template, `executor` nor `any`; write `self:/*`",
        ],
    );
}
