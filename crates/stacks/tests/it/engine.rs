//! From a resource to its needs: names, ARNs, references, deletion, replacement, tags, gaps.

use super::deployments::{
    actions, conditions, gap_codes, needs_of, options, phases, resources, texts, with_parameters,
};
use stackpass_stacks::deployment::Options;
use stackpass_stacks::need::Phase;

const ACCOUNT: &str = "111122223333";

/// What an action acts on in a template.
fn check(text: &str, action: &str, expected: &[&str]) {
    check_with(text, &options(), action, expected);
}

fn check_with(text: &str, options: &Options, action: &str, expected: &[&str]) {
    let found = resources(&needs_of(text, options), action);
    let found: Vec<&str> = found.iter().map(String::as_str).collect();
    assert_eq!(found, expected, "{action} in {text}");
}

/// A template of one resource.
fn one(resource_type: &str, properties: &str) -> String {
    format!(
        "Parameters: {{Open: {{Type: String}}}}\nConditions: {{Maybe: !Equals [!Ref Open, x]}}\nResources:\n  It:\n    Type: {resource_type}\n    Properties: {{{properties}}}\n"
    )
}

// Names.

#[test]
fn a_given_name_is_exact() {
    check(
        &one("AWS::DynamoDB::Table", "TableName: orders"),
        "dynamodb:CreateTable",
        &["arn:aws:dynamodb:eu-west-1:111122223333:table/orders"],
    );
}

#[test]
fn a_generated_name_begins_with_stack_and_logical_id() {
    check(
        &one("AWS::DynamoDB::Table", ""),
        "dynamodb:CreateTable",
        &["arn:aws:dynamodb:eu-west-1:111122223333:table/shop-It-*"],
    );
    // Bucket names are in lower case: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
    check(&one("AWS::S3::Bucket", ""), "s3:CreateBucket", &["arn:aws:s3:::shop-it-*"]);
}

/// The function of the CDK's auto-delete resource, as its name is in public deployments: 64 characters at the most.
#[test]
fn a_long_generated_name_is_cut_as_cloudformation_cuts_it() {
    let id = "CustomS3AutoDeleteObjectsCustomResourceProviderRole3B1BD092";
    let text = format!(
        "Resources:\n  {id}: {{Type: AWS::IAM::Role, Properties: {{AssumeRolePolicyDocument: {{}}}}}}\n"
    );
    let options = Options { stack_name: Some("CGA-Sample-Frontend".to_owned()), ..options() };
    check_with(
        &text,
        &options,
        "iam:CreateRole",
        &["arn:aws:iam::111122223333:role/CGA-Sample-Frontend-CustomS3AutoDeleteObjectsCusto*"],
    );
}

#[test]
fn a_stack_without_a_name_leaves_the_logical_id() {
    let nameless = Options { stack_name: None, ..options() };
    check_with(
        &one("AWS::DynamoDB::Table", ""),
        &nameless,
        "dynamodb:CreateTable",
        &["arn:aws:dynamodb:eu-west-1:111122223333:table/*-It-*"],
    );
}

#[test]
fn a_name_that_may_be_absent_may_be_generated() {
    check(
        &one("AWS::DynamoDB::Table", "TableName: !If [Maybe, orders, !Ref AWS::NoValue]"),
        "dynamodb:CreateTable",
        &[
            "arn:aws:dynamodb:eu-west-1:111122223333:table/orders",
            "arn:aws:dynamodb:eu-west-1:111122223333:table/shop-It-*",
        ],
    );
    check(
        &one("AWS::DynamoDB::Table", "TableName: !If [Maybe, orders, carts]"),
        "dynamodb:CreateTable",
        &[
            "arn:aws:dynamodb:eu-west-1:111122223333:table/carts",
            "arn:aws:dynamodb:eu-west-1:111122223333:table/orders",
        ],
    );
}

#[test]
fn a_name_known_in_part_is_a_pattern() {
    check(
        &one("AWS::SQS::Queue", "QueueName: !Sub 'jobs-${Open}'"),
        "sqs:CreateQueue",
        &["arn:aws:sqs:eu-west-1:111122223333:jobs-*"],
    );
}

#[test]
fn partition_and_region_fill_the_arn() {
    let china = Options { region: Some("cn-north-1".to_owned()), ..options() };
    check_with(
        &one("AWS::SQS::Queue", "QueueName: jobs"),
        &china,
        "sqs:CreateQueue",
        &["arn:aws-cn:sqs:cn-north-1:111122223333:jobs"],
    );
}

#[test]
fn a_role_behind_a_path_keeps_the_path() {
    check(
        &one("AWS::IAM::Role", "RoleName: r, Path: /service/, AssumeRolePolicyDocument: {}"),
        "iam:CreateRole",
        &["arn:aws:iam::111122223333:role/service/r"],
    );
}

// References.

const ROLE: &str = "
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: worker
      AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Action: sts:AssumeRole, Principal: {Service: lambda.amazonaws.com}}]}
";

fn function(role: &str) -> String {
    format!(
        "Parameters: {{Open: {{Type: String}}}}\nConditions: {{Maybe: !Equals [!Ref Open, x]}}\nResources:{ROLE}  It: {{Type: AWS::Lambda::Function, Properties: {{Role: {role}, Code: {{S3Bucket: code, S3Key: a.zip}}}}}}\n"
    )
}

#[test]
fn a_role_is_found_however_it_is_written() {
    for role in [
        "!GetAtt Role.Arn",
        "!Sub '${Role.Arn}'",
        "!Sub 'arn:${AWS::Partition}:iam::${AWS::AccountId}:role/worker'",
        "!Join ['', ['arn:', !Ref AWS::Partition, ':iam::', !Ref AWS::AccountId, ':role/', !Ref Role]]",
        "arn:aws:iam::111122223333:role/worker",
        "!If [Maybe, !GetAtt Role.Arn, 'arn:aws:iam::111122223333:role/worker']",
    ] {
        check(&function(role), "iam:PassRole", &["arn:aws:iam::111122223333:role/worker"]);
        assert_eq!(gap_codes(&needs_of(&function(role), &options())), [""; 0], "{role}");
    }
}

#[test]
fn a_role_that_is_not_known_is_any_role_and_a_gap() {
    let needs = needs_of(&function("!Ref Open"), &options());
    assert_eq!(resources(&needs, "iam:PassRole"), texts(["arn:aws:iam::111122223333:role/*"]));
    assert_eq!(gap_codes(&needs), ["unresolved-value"]);
    assert_eq!(
        conditions(&needs, "iam:PassRole"),
        texts(["StringEquals iam:PassedToService lambda.amazonaws.com"])
    );
}

#[test]
fn a_role_of_two_is_both_and_no_gap() {
    let needs = needs_of(
        &function("!If [Maybe, !GetAtt Role.Arn, 'arn:aws:iam::111122223333:role/other']"),
        &options(),
    );
    assert_eq!(
        resources(&needs, "iam:PassRole"),
        texts(["arn:aws:iam::111122223333:role/other", "arn:aws:iam::111122223333:role/worker"])
    );
    assert_eq!(gap_codes(&needs), [""; 0]);
}

#[test]
fn roles_are_passed_to_the_services_that_they_trust() {
    let of = |principal: &str| {
        let text = function("!GetAtt Role.Arn").replace("lambda.amazonaws.com", principal);
        conditions(&needs_of(&text, &options()), "iam:PassRole")
    };
    assert_eq!(
        of("[edgelambda.amazonaws.com, lambda.amazonaws.com]"),
        texts(["StringEquals iam:PassedToService lambda.amazonaws.com"])
    );
    // The regional name of a service is written in trust policies, the plain one is what is checked.
    assert_eq!(
        of("states.eu-west-1.amazonaws.com"),
        texts([
            "StringEquals iam:PassedToService states.amazonaws.com|states.eu-west-1.amazonaws.com"
        ])
    );
}

#[test]
fn a_key_is_used_only_when_one_is_named() {
    let key = "arn:aws:kms:eu-west-1:111122223333:key/0a1b";
    let without =
        needs_of(&one("AWS::Lambda::Function", "Role: r, Code: {ZipFile: x}"), &options());
    assert!(!actions(&without).iter().any(|action| action.starts_with("kms:")));
    check(
        &one(
            "AWS::Lambda::Function",
            &format!("Role: r, Code: {{ZipFile: x}}, KmsKeyArn: '{key}'"),
        ),
        "kms:Decrypt",
        &[key],
    );
    // Behind an alias may be any key.
    check(
        &one("AWS::Lambda::Function", "Role: r, Code: {ZipFile: x}, KmsKeyArn: alias/own"),
        "kms:Decrypt",
        &["arn:aws:kms:eu-west-1:111122223333:key/*"],
    );
}

#[test]
fn code_in_a_bucket_is_read_and_code_in_the_template_is_not() {
    check(
        &one("AWS::Lambda::Function", "Role: r, Code: {S3Bucket: code, S3Key: a/b.zip}"),
        "s3:GetObject",
        &["arn:aws:s3:::code/a/b.zip"],
    );
    check(&one("AWS::Lambda::Function", "Role: r, Code: {ZipFile: x}"), "s3:GetObject", &[]);
    check(
        &one(
            "AWS::Lambda::Function",
            "Role: r, Code: {S3Bucket: code, S3Key: a.zip, S3ObjectVersion: v}",
        ),
        "s3:GetObjectVersion",
        &["arn:aws:s3:::code/a.zip"],
    );
}

#[test]
fn a_role_without_its_path_may_stand_behind_one() {
    check(
        &one("AWS::IAM::Policy", "PolicyName: p, PolicyDocument: {}, Roles: [given]"),
        "iam:PutRolePolicy",
        &["arn:aws:iam::111122223333:role/*/given", "arn:aws:iam::111122223333:role/given"],
    );
}

#[test]
fn a_custom_resource_invokes_its_function_only() {
    let function = "arn:aws:lambda:eu-west-1:111122223333:function:provider";
    let needs = needs_of(&one("Custom::Thing", &format!("ServiceToken: '{function}'")), &options());
    assert_eq!(
        resources(&needs, "lambda:InvokeFunction"),
        texts([function, &format!("{function}:*")])
    );
    assert!(!actions(&needs).contains("sns:Publish"), "the token is no topic");

    let topic = "arn:aws:sns:eu-west-1:111122223333:provider";
    let needs = needs_of(&one("Custom::Thing", &format!("ServiceToken: '{topic}'")), &options());
    assert_eq!(resources(&needs, "sns:Publish"), texts([topic]));
    assert!(!actions(&needs).contains("lambda:InvokeFunction"), "the token is no function");
}

#[test]
fn secrets_in_values_are_read() {
    let text = "
Resources:
  Secret: {Type: AWS::SecretsManager::Secret, Properties: {Name: db}}
  It:
    Type: AWS::SSM::Parameter
    Properties:
      Name: /copy
      Type: String
      Value: !Join ['', ['{{resolve:secretsmanager:', !Ref Secret, ':SecretString:password::}}']]
";
    let found = resources(&needs_of(text, &options()), "secretsmanager:GetSecretValue");
    assert!(!found.is_empty());
    for arn in found {
        // Six random characters follow the name.
        assert!(
            arn.starts_with("arn:aws:secretsmanager:eu-west-1:111122223333:secret:db"),
            "{arn}"
        );
    }
}

#[test]
fn documents_hold_roles() {
    for (resource_type, name) in [
        ("AWS::ApiGateway::RestApi", "Name: api"),
        ("AWS::ApiGatewayV2::Api", "ProtocolType: HTTP"),
    ] {
        let body = "paths: {/: {get: {x-amazon-apigateway-integration: {credentials: 'arn:aws:iam::111122223333:role/worker'}}}}";
        let text = one(resource_type, &format!("{name}, Body: {{{body}}}"));
        check(&text, "iam:PassRole", &["arn:aws:iam::111122223333:role/worker"]);
        assert_eq!(gap_codes(&needs_of(&text, &options())), [""; 0]);
    }
    let body = |credentials: &str| {
        one(
            "AWS::ApiGateway::RestApi",
            &format!(
                "Name: api, Body: {{paths: {{/: {{get: {{x-amazon-apigateway-integration: {{credentials: {credentials}}}}}}}}}}}"
            ),
        )
    };
    let role = "arn:aws:iam::111122223333:role/worker";
    check(&body(&format!("'{role}'")), "iam:PassRole", &[role]);
    check(&one("AWS::ApiGateway::RestApi", "Name: api, Body: {paths: {}}"), "iam:PassRole", &[]);
    // What an include brings along is not known.
    check(
        &one(
            "AWS::ApiGateway::RestApi",
            "Name: api, Body: {Fn::Transform: {Name: AWS::Include, Parameters: {Location: x}}}",
        ),
        "iam:PassRole",
        &["arn:aws:iam::111122223333:role/*"],
    );
}

// Deletion and replacement.

fn table(attributes: &str) -> String {
    format!(
        "Resources:\n  It:\n    Type: AWS::DynamoDB::Table\n    {attributes}\n    Properties: {{TableName: orders}}\n"
    )
}

fn check_phases(attributes: &str, expected: &[Phase]) {
    let found = phases(&needs_of(&table(attributes), &options()), "dynamodb:DeleteTable");
    assert_eq!(found.into_iter().collect::<Vec<_>>(), expected, "{attributes}");
}

/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-deletionpolicy.html>
#[test]
fn deletion_follows_the_policies() {
    use Phase::{Delete, Rollback, Update};
    check_phases("DependsOn: []", &[Update, Rollback, Delete]);
    check_phases("DeletionPolicy: Retain", &[Update]);
    check_phases("DeletionPolicy: RetainExceptOnCreate", &[Update, Rollback]);
    check_phases("UpdateReplacePolicy: Retain", &[Rollback, Delete]);
    check_phases(
        "{DeletionPolicy: Retain, UpdateReplacePolicy: Retain}"
            .trim_matches(['{', '}'])
            .replace(", ", "\n    ")
            .as_str(),
        &[],
    );
}

#[test]
fn a_replacement_creates_in_an_update() {
    // A layer version cannot be changed, so that each update makes another:
    // https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-layerversion.html
    let needs = needs_of(
        &one("AWS::Lambda::LayerVersion", "LayerName: l, Content: {S3Bucket: b, S3Key: k}"),
        &options(),
    );
    assert!(phases(&needs, "lambda:PublishLayerVersion").contains(&Phase::Update));
}

// Tags.

#[test]
fn tags_of_resource_or_stack_need_tagging() {
    let bare = needs_of(&one("AWS::SQS::Queue", ""), &options());
    assert!(!actions(&bare).contains("sqs:TagQueue"));
    let tagged = needs_of(&one("AWS::SQS::Queue", "Tags: [{Key: a, Value: b}]"), &options());
    assert!(actions(&tagged).contains("sqs:TagQueue"));
    let of_stack = Options { stack_tags: [("a".to_owned(), "b".to_owned())].into(), ..options() };
    assert!(actions(&needs_of(&one("AWS::SQS::Queue", ""), &of_stack)).contains("sqs:TagQueue"));
    let maybe = needs_of(
        &one("AWS::SQS::Queue", "Tags: !If [Maybe, [{Key: a, Value: b}], !Ref AWS::NoValue]"),
        &options(),
    );
    assert!(actions(&maybe).contains("sqs:TagQueue"));
}

// Gaps.

#[test]
fn a_type_that_nobody_knows_is_a_gap() {
    for (resource_type, code) in [
        ("Own::Private::Type", "unknown-type"),
        ("Own::Private::Type::MODULE", "module-type"),
        ("AWS::S3::Buckett", "unknown-type"),
    ] {
        let needs = needs_of(&one(resource_type, ""), &options());
        assert_eq!(gap_codes(&needs), [code], "{resource_type}");
        assert_eq!(actions(&needs), texts([]), "{resource_type}");
        let gap = &needs.gaps[0];
        assert_eq!(gap.resource.as_ref().map(|of| of.logical_id.as_str()), Some("It"));
        assert!(gap.place.position.line > 1, "{gap:?}");
    }
}

#[test]
fn a_condition_that_does_not_hold_leaves_a_resource_out() {
    let text = "
Parameters: {Stage: {Type: String, AllowedValues: [dev, live]}}
Conditions: {Live: !Equals [!Ref Stage, live]}
Resources:
  Always: {Type: AWS::SQS::Queue}
  It: {Type: AWS::SNS::Topic, Condition: Live}
";
    let has_topic =
        |options: &Options| actions(&needs_of(text, options)).contains("sns:CreateTopic");
    assert!(has_topic(&options()), "it may be live");
    assert!(has_topic(&with_parameters(&[("Stage", "live")])));
    assert!(!has_topic(&with_parameters(&[("Stage", "dev")])));
}

#[test]
fn each_need_says_why() {
    let needs = needs_of(&function("!GetAtt Role.Arn"), &options());
    let need = needs.needs.iter().find(|need| need.action.as_str() == "iam:PassRole").unwrap();
    assert_eq!(need.why.stack, "shop");
    assert_eq!(need.why.place.file, "template.yaml");
    assert!(!need.why.evidence.is_empty());
    assert!(need.resources.iter().all(|arn| arn.account() == ACCOUNT));
}

/// Handlers list the wildcard, which is dropped; rules name what is needed of it.
#[test]
fn a_dropped_wildcard_leaves_what_rules_name() {
    let needs = needs_of(
        &one("AWS::DynamoDB::GlobalTable", "TableName: t, Replicas: [{Region: eu-west-1}]"),
        &options(),
    );
    assert!(actions(&needs).contains("dynamodb:DescribeTable"));
    assert!(!actions(&needs).contains("dynamodb:DescribeExport"));
}

// Nested stacks.

#[test]
fn a_whole_service_in_the_registry_is_a_gap_and_no_permission() {
    let needs = needs_of(&one("AWS::SecurityLake::DataLake", ""), &options());
    assert!(gap_codes(&needs).contains(&"whole-service"));
    assert!(
        actions(&needs).iter().all(|action| !action.starts_with("organizations:")),
        "{needs:?}"
    );
}
