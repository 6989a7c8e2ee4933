//! Mistakes in what is called, when, and under which conditions.

use super::{check, queue};

#[test]
fn a_value_that_the_schema_does_not_have() {
    queue(
        r#"actions = ["sqs:CreateQueue"]
when = [
  "QueueName & FifoQueue=ture",
  "FifoQueue=true",
  "DelaySeconds=0",
  "DelaySeconds=soon",
]"#,
        &[
            "crates/stacks/rules/sqs.toml:4: AWS::SQS::Queue: `FifoQueue` cannot be `ture`; write `false` or `true`",
            "crates/stacks/rules/sqs.toml:7: AWS::SQS::Queue: `DelaySeconds` cannot be `soon`; write a number",
        ],
    );
}

#[test]
fn a_value_that_is_nearly_one_of_many() {
    check(
        "s3.toml",
        r#"[[type."AWS::S3::Bucket".rule]]
actions = ["s3:PutBucketAcl"]
when = ["AccessControl=PublicRaed", "AccessControl~Public*", "AccessControl~Secret*"]
evidence = ["registry"]
"#,
        &[
            "crates/stacks/rules/s3.toml:3: AWS::S3::Bucket: `AccessControl` cannot be `PublicRaed`; write `PublicRead`",
            "crates/stacks/rules/s3.toml:3: AWS::S3::Bucket: `AccessControl` cannot be `Secret*`; write `AuthenticatedRead`, `AwsExecRead`, `BucketOwnerFullControl`, `BucketOwnerRead`, `LogDeliveryWrite`, `Private`, `PublicRead` or `PublicReadWrite`",
        ],
    );
}

#[test]
fn a_phase_in_which_no_resource_is_handled() {
    queue(
        r#"actions = ["sqs:CreateQueue"]
phases = ["create", "publish"]"#,
        &[
            "crates/stacks/rules/sqs.toml:3: AWS::SQS::Queue: no resource is handled in the phase `publish`; write `create`, `update`, `delete`, `read` or `rollback`",
        ],
    );
}

#[test]
fn a_phase_that_there_is_not() {
    queue(
        r#"actions = ["sqs:CreateQueue"]
phases = ["deploy"]"#,
        &[
            "crates/stacks/rules/sqs.toml:3: AWS::SQS::Queue: `deploy` is not known here; write `read`, `create`, `update`, `rollback`, `delete`",
        ],
    );
}

#[test]
fn a_condition_key_that_the_action_does_not_take() {
    queue(
        r#"actions = ["sqs:CreateQueue"]
conditions = { StringEquals = { "iam:PassedToService" = ["sqs.amazonaws.com"], "aws:RequestTag/team" = ["a"] } }"#,
        &[
            "crates/stacks/rules/sqs.toml:3: AWS::SQS::Queue: `sqs:CreateQueue` does not take the condition key `iam:PassedToService`; write `aws:RequestTag/${TagKey}` or `aws:TagKeys`",
        ],
    );
}

#[test]
fn a_condition_that_is_none() {
    queue(
        r#"actions = ["sqs:CreateQueue"]
conditions = { StringEquals = { "aws:SourceIpp" = ["$value(QueueNam)"] } }"#,
        &[
            "crates/stacks/rules/sqs.toml:3: AWS::SQS::Queue: no condition key `aws:SourceIpp`; write `aws:SourceIp`",
            "crates/stacks/rules/sqs.toml:3: AWS::SQS::Queue: no property `QueueNam`; write `QueueName`",
        ],
    );
    queue(
        r#"actions = ["sqs:CreateQueue"]
conditions = { StringEquals = { "aws:SourceIp" = ["$vaule(QueueName)"] } }"#,
        &[
            "crates/stacks/rules/sqs.toml:3: AWS::SQS::Queue: no function `$vaule(QueueName)`; write `$value(Path)`, `$ref(Path)`, `$trust(Path)` or `$self`",
        ],
    );
    queue(
        r#"actions = ["sqs:CreateQueue"]
conditions = { StringEqual = { "aws:SourceIp" = ["10.0.0.0"] } }"#,
        &[
            "crates/stacks/rules/sqs.toml:3: AWS::SQS::Queue: unknown condition operator `StringEqual`; write an operator of IAM, such as `StringEquals`",
        ],
    );
}

#[test]
fn a_property_that_there_is_not() {
    queue(
        r#"actions = ["sqs:CreateQueue"]
when = ["FifoQueu & !Nothing"]"#,
        &[
            "crates/stacks/rules/sqs.toml:3: AWS::SQS::Queue: no property `FifoQueu`; write `FifoQueue`",
            "crates/stacks/rules/sqs.toml:3: AWS::SQS::Queue: no property `Nothing`; the properties are those of the reference page of AWS::SQS::Queue",
        ],
    );
}

#[test]
fn an_action_that_there_is_not() {
    queue(
        r#"actions = ["sqs:CreatQueue", "sq:CreateQueue"]"#,
        &[
            "crates/stacks/rules/sqs.toml:2: AWS::SQS::Queue: no action `sqs:CreatQueue`; write `sqs:CreateQueue`",
            "crates/stacks/rules/sqs.toml:2: AWS::SQS::Queue: no service `sq` in IAM; write the prefix that its actions have in policies",
        ],
    );
    queue(
        r#"actions = ["CreateQueue"]"#,
        &[
            "crates/stacks/rules/sqs.toml:2: AWS::SQS::Queue: expected `service:Name`, found `CreateQueue`",
        ],
    );
}

#[test]
fn an_action_of_no_handler_without_phases() {
    queue(
        r#"actions = ["sqs:PurgeQueue"]"#,
        &[
            r#"crates/stacks/rules/sqs.toml:2: AWS::SQS::Queue: no handler of the type lists `sqs:PurgeQueue`, so nothing tells when it is called; write `phases`, such as `phases = ["create", "update"]`"#,
        ],
    );
}

#[test]
fn an_alternative_with_a_bar() {
    queue(
        r#"actions = ["sqs:CreateQueue"]
when = ["FifoQueue | QueueName"]"#,
        &[
            r#"crates/stacks/rules/sqs.toml:3: AWS::SQS::Queue: no property `FifoQueue | QueueName`; alternatives are texts of their own: `when = ["A", "B"]`"#,
        ],
    );
}
