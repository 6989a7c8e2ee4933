//! The rule files, by service, sorted.

/// Service (as in the type name, in lower case) and the text of its rule file.
pub(super) const FILES: &[(&str, &str)] = &[
    ("apigateway", include_str!("../../rules/apigateway.toml")),
    ("apigatewayv2", include_str!("../../rules/apigatewayv2.toml")),
    ("cdk", include_str!("../../rules/cdk.toml")),
    ("cloudformation", include_str!("../../rules/cloudformation.toml")),
    ("cloudwatch", include_str!("../../rules/cloudwatch.toml")),
    ("custom", include_str!("../../rules/custom.toml")),
    ("dynamodb", include_str!("../../rules/dynamodb.toml")),
    ("ec2", include_str!("../../rules/ec2.toml")),
    ("ecr", include_str!("../../rules/ecr.toml")),
    ("events", include_str!("../../rules/events.toml")),
    ("iam", include_str!("../../rules/iam.toml")),
    ("kms", include_str!("../../rules/kms.toml")),
    ("lambda", include_str!("../../rules/lambda.toml")),
    ("logs", include_str!("../../rules/logs.toml")),
    ("s3", include_str!("../../rules/s3.toml")),
    ("sns", include_str!("../../rules/sns.toml")),
    ("sqs", include_str!("../../rules/sqs.toml")),
    ("ssm", include_str!("../../rules/ssm.toml")),
];
