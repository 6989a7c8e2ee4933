//! Stacks whose needs are known from elsewhere: the CDK bootstrap stack, SST's debug stack, and the examples.

use std::collections::BTreeSet;

use stackpass_policy::catalogue;
use stackpass_stacks::builtin;
use stackpass_stacks::deployment::{Mode, Options, Tool};
use stackpass_stacks::need::Needs;

use super::deployments::{
    actions, assembly, conditions, needs_of, of_executor, options, repository, resources, sound,
    texts, with_parameters,
};

/// What SST's documentation lists for the stack `CDKToolkit`.
const SST_CDK_TOOLKIT: [&str; 26] = [
    "ecr:CreateRepository",
    "ecr:DeleteRepository",
    "ecr:DescribeRepositories",
    "ecr:PutLifecyclePolicy",
    "ecr:SetRepositoryPolicy",
    "iam:AttachRolePolicy",
    "iam:CreateRole",
    "iam:DeleteRole",
    "iam:DeleteRolePolicy",
    "iam:DetachRolePolicy",
    "iam:GetRole",
    "iam:GetRolePolicy",
    "iam:PutRolePolicy",
    "iam:TagRole",
    "s3:CreateBucket",
    "s3:DeleteBucketPolicy",
    "s3:GetBucketPolicy",
    "s3:GetEncryptionConfiguration",
    "s3:PutBucketPolicy",
    "s3:PutBucketPublicAccessBlock",
    "s3:PutBucketVersioning",
    "s3:PutEncryptionConfiguration",
    "s3:PutLifecycleConfiguration",
    "ssm:DeleteParameter",
    "ssm:GetParameters",
    "ssm:PutParameter",
];

/// The bootstrap stack as `cdk bootstrap` deploys it. `AWS_MANAGED_KEY` is what the command line gives when it is not asked for
/// a key, and an empty text when it is.
fn bootstrap(key: &str) -> Needs {
    let options = Options {
        stack_name: Some(builtin::BOOTSTRAP_STACK_NAME.to_owned()),
        tool: Some(Tool::CdkBootstrap),
        ..with_parameters(&[("FileAssetsBucketKmsKeyId", key)])
    };
    sound(&[builtin::bootstrap()], &options)
}

#[test]
fn the_bootstrap_stack_contains_the_list_that_sst_publishes() {
    let needs = bootstrap("AWS_MANAGED_KEY");
    let actions = actions(&needs);
    let missing: Vec<_> =
        SST_CDK_TOOLKIT.iter().filter(|action| !actions.contains(**action)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert!(actions.len() <= 45, "{} actions: {actions:#?}", actions.len());
    assert_eq!(needs.gaps, []);
    assert!(!actions.iter().any(|action| action.starts_with("kms:")), "no key is made");
}

#[test]
fn a_key_of_its_own_adds_the_actions_of_the_key_and_its_alias() {
    let with_key = bootstrap("");
    let added: BTreeSet<String> =
        actions(&with_key).difference(&actions(&bootstrap("AWS_MANAGED_KEY"))).cloned().collect();
    for action in [
        "kms:CreateKey",
        "kms:PutKeyPolicy",
        "kms:ScheduleKeyDeletion",
        "kms:CreateAlias",
        "kms:DeleteAlias",
    ] {
        assert!(added.contains(action), "{action} is not in {added:?}");
    }
    assert!(added.iter().all(|action| action.starts_with("kms:")), "{added:?}");
    let keys_and_aliases =
        ["arn:aws:kms:eu-west-1:111122223333:key/", "arn:aws:kms:eu-west-1:111122223333:alias/"];
    for action in added {
        // These have no resource-level permission (service authorization reference of AWS KMS).
        let is_unscoped = ["kms:CreateKey", "kms:ListAliases"].contains(&action.as_str());
        for arn in resources(&with_key, &action) {
            let is_named = keys_and_aliases.iter().any(|start| arn.starts_with(start));
            assert!(is_named || is_unscoped && arn == "*", "{action} on {arn}");
        }
    }
}

fn debug_stack() -> Needs {
    let options = Options { stack_name: None, ..options() };
    sound(&[builtin::debug_stack("dev-shop-debug-stack", "dev")], &options)
}

#[test]
fn the_debug_stack_needs_at_most_seventy_actions() {
    let needs = debug_stack();
    let actions = actions(&needs);
    assert!(actions.len() <= 70, "{} actions: {actions:#?}", actions.len());
    assert!(actions.len() >= 40, "{} actions: {actions:#?}", actions.len());
    assert_eq!(needs.gaps, []);
}

#[test]
fn the_debug_stack_invokes_the_functions_of_its_custom_resources_only() {
    // The random part takes 12 or 13 characters of 64; stack name and logical id share the rest.
    let function = "arn:aws:lambda:eu-west-1:111122223333:function:dev-shop-debug-stack-";
    let found = resources(&debug_stack(), "lambda:InvokeFunction");
    assert!(!found.is_empty());
    for arn in &found {
        let name = arn.strip_prefix(function).unwrap_or_else(|| panic!("{arn}"));
        let is_handler = name.starts_with("CustomS3AutoDeleteObjects");
        assert!(is_handler || name.starts_with("LogRetentionaae0aa3c5b4d4f87"), "{arn}");
    }
    assert_eq!(
        found.iter().filter(|arn| !arn.ends_with(":*")).count(),
        2,
        "two functions: {found:?}"
    );
}

#[test]
fn the_debug_stack_passes_named_roles_to_lambda_only() {
    let needs = debug_stack();
    let found = resources(&needs, "iam:PassRole");
    assert!(!found.is_empty());
    for arn in found {
        assert!(arn.starts_with("arn:aws:iam::111122223333:role/dev-shop-debug-stack-"), "{arn}");
    }
    assert_eq!(
        conditions(&needs, "iam:PassRole"),
        texts(["StringEquals iam:PassedToService lambda.amazonaws.com"])
    );
}

#[test]
fn the_debug_stack_scopes_what_can_be_scoped() {
    for need in of_executor(&debug_stack()) {
        let facts = catalogue::action(need.action.service(), need.action.name());
        let scopable = facts.is_none_or(|facts| facts.resource_types().next().is_some());
        let is_any = need.resources.iter().any(|arn| arn.as_str() == "*");
        assert!(!(scopable && is_any), "{need:#?}");
    }
}

/// The types of the page are there, and the two that it forgets.
#[test]
fn the_debug_stack_deletes_what_it_creates() {
    let found = actions(&debug_stack());
    for (creates, deletes) in [
        ("iam:CreateRole", "iam:DeleteRole"),
        ("iam:PutRolePolicy", "iam:DeleteRolePolicy"),
        ("s3:CreateBucket", "s3:DeleteBucket"),
        ("s3:PutBucketPolicy", "s3:DeleteBucketPolicy"),
        ("dynamodb:CreateTable", "dynamodb:DeleteTable"),
        ("lambda:CreateFunction", "lambda:DeleteFunction"),
        ("lambda:AddPermission", "lambda:RemovePermission"),
        ("apigateway:POST", "apigateway:DELETE"),
    ] {
        assert!(found.contains(creates) && found.contains(deletes), "{creates} and {deletes}");
    }
}

#[test]
fn the_types_of_a_page_need_nothing_that_the_debug_stack_does_not() {
    // What the page lists, with the least that a template can say of each.
    let page = "
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Action: sts:AssumeRole, Principal: {Service: lambda.amazonaws.com}}]}
  Policy:
    Type: AWS::IAM::Policy
    Properties: {PolicyName: policy, PolicyDocument: {}, Roles: [!Ref Role]}
  Bucket: {Type: AWS::S3::Bucket}
  BucketPolicy:
    Type: AWS::S3::BucketPolicy
    Properties: {Bucket: !Ref Bucket, PolicyDocument: {}}
  Table:
    Type: AWS::DynamoDB::Table
    Properties: {KeySchema: [{AttributeName: pk, KeyType: HASH}]}
  Function:
    Type: AWS::Lambda::Function
    Properties: {Role: !GetAtt Role.Arn, Code: {S3Bucket: code, S3Key: code.zip}}
  Permission:
    Type: AWS::Lambda::Permission
    Properties: {Action: lambda:InvokeFunction, FunctionName: !GetAtt Function.Arn, Principal: apigateway.amazonaws.com}
  Api:
    Type: AWS::ApiGatewayV2::Api
    Properties: {Name: api, ProtocolType: WEBSOCKET}
  Stage:
    Type: AWS::ApiGatewayV2::Stage
    Properties: {ApiId: !Ref Api, StageName: dev}
  Route:
    Type: AWS::ApiGatewayV2::Route
    Properties: {ApiId: !Ref Api, RouteKey: $default}
  Integration:
    Type: AWS::ApiGatewayV2::Integration
    Properties: {ApiId: !Ref Api, IntegrationType: AWS_PROXY}
";
    let needs = needs_of(page, &options());
    assert_eq!(needs.gaps, []);
    let (of_page, of_stack) = (actions(&needs), actions(&debug_stack()));
    let beyond: Vec<_> = of_page.difference(&of_stack).collect();
    assert!(beyond.is_empty(), "{beyond:?}");
    // What the page does not say: tags and lifecycle of the bucket, the custom resources that empty it and keep its logs.
    let forgotten: BTreeSet<String> = of_stack.difference(&of_page).cloned().collect();
    assert!(forgotten.contains("lambda:InvokeFunction"), "{forgotten:?}");
    assert!(forgotten.contains("s3:PutBucketTagging"), "{forgotten:?}");
    assert!(forgotten.contains("s3:PutLifecycleConfiguration"), "{forgotten:?}");
    assert!(forgotten.contains("iam:AttachRolePolicy"), "{forgotten:?}");
}

#[test]
fn examples_have_no_gaps() {
    let mut count = 0;
    for entry in std::fs::read_dir(repository().join("examples")).unwrap() {
        let folder = entry.unwrap().path().join("cdk.out");
        if !folder.is_dir() {
            continue;
        }
        count += 1;
        let options = Options {
            stack_name: None,
            account: None,
            region: None,
            mode: Some(Mode::Direct),
            ..options()
        };
        let needs = sound(&[assembly(folder.clone())], &options);
        assert_eq!(needs.gaps, [], "{}", folder.display());
        assert!(actions(&needs).len() > 10, "{}", folder.display());
    }
    assert!(count >= 1, "there are examples");
}

#[test]
fn the_example_of_the_page_names_its_own_resources() {
    let needs = sound(&[assembly(repository().join("examples/crud-api/cdk.out"))], &options());
    for (action, start) in [
        ("dynamodb:CreateTable", "arn:aws:dynamodb:"),
        ("lambda:CreateFunction", "arn:aws:lambda:"),
        ("iam:CreateRole", "arn:aws:iam::"),
    ] {
        for arn in resources(&needs, action) {
            assert!(
                arn.starts_with(start) && arn.contains("/CrudApi-") | arn.contains(":CrudApi-"),
                "{action} on {arn}"
            );
        }
    }
}
