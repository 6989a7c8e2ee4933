use super::*;
use crate::condition::{Comparison, Conditions, Operator};
use crate::principal::{Principal, PrincipalKind};
use crate::statement::Selection;

/// A policy with what a deploy policy usually has.
fn example() -> NamedDocument {
    let api = Statement::allow(
        ["apigateway:POST".parse().unwrap(), "apigateway:GET".parse().unwrap()],
        ["arn:*:apigateway:*::/apis*".parse().unwrap()],
    );
    let service = Conditions::new()
        .with(
            Comparison::StringEquals,
            "iam:PassedToService".parse().unwrap(),
            ["lambda.amazonaws.com"],
        )
        .with(
            Operator::for_any_value(Comparison::StringEquals),
            "aws:TagKeys".parse().unwrap(),
            ["team", "stage"],
        );
    let pass = Statement::allow(
        ["iam:PassRole".parse().unwrap()],
        [
            "arn:aws:iam::*:role/${aws:username}-*".parse().unwrap(),
            "arn:aws:iam::*:role/app-*".parse().unwrap(),
        ],
    );
    let statements = vec![
        api.with_sid("ManageApi".parse().unwrap()),
        pass.with_sid("PassRoles".parse().unwrap()).with_conditions(service),
    ];
    NamedDocument { name: "StackpassExecutor".to_owned(), document: Document::new(statements) }
}

#[test]
fn json() {
    insta::assert_snapshot!(render(&[example()], Format::Json { layout: Layout::Pretty }), @r#"
    {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Sid": "ManageApi",
          "Effect": "Allow",
          "Action": [
            "apigateway:GET",
            "apigateway:POST"
          ],
          "Resource": "arn:*:apigateway:*::/apis*"
        },
        {
          "Sid": "PassRoles",
          "Effect": "Allow",
          "Action": "iam:PassRole",
          "Resource": [
            "arn:aws:iam::*:role/${aws:username}-*",
            "arn:aws:iam::*:role/app-*"
          ],
          "Condition": {
            "StringEquals": {
              "iam:PassedToService": "lambda.amazonaws.com"
            },
            "ForAnyValue:StringEquals": {
              "aws:TagKeys": [
                "stage",
                "team"
              ]
            }
          }
        }
      ]
    }
    "#);
}

#[test]
fn yaml() {
    insta::assert_snapshot!(render(&[example()], Format::Yaml), @"
    Version: '2012-10-17'
    Statement:
      - Sid: ManageApi
        Effect: Allow
        Action:
          - apigateway:GET
          - apigateway:POST
        Resource: arn:*:apigateway:*::/apis*
      - Sid: PassRoles
        Effect: Allow
        Action: iam:PassRole
        Resource:
          - 'arn:aws:iam::*:role/${aws:username}-*'
          - arn:aws:iam::*:role/app-*
        Condition:
          StringEquals:
            iam:PassedToService: lambda.amazonaws.com
          ForAnyValue:StringEquals:
            aws:TagKeys:
              - stage
              - team
    ");
}

#[test]
fn cloudformation() {
    insta::assert_snapshot!(render(&[example()], Format::CloudFormation), @"
    AWSTemplateFormatVersion: '2010-09-09'
    Resources:
      StackpassExecutor:
        Type: AWS::IAM::ManagedPolicy
        Properties:
          PolicyDocument:
            Version: '2012-10-17'
            Statement:
              - Sid: ManageApi
                Effect: Allow
                Action:
                  - apigateway:GET
                  - apigateway:POST
                Resource: arn:*:apigateway:*::/apis*
              - Sid: PassRoles
                Effect: Allow
                Action: iam:PassRole
                Resource:
                  - 'arn:aws:iam::*:role/${aws:username}-*'
                  - arn:aws:iam::*:role/app-*
                Condition:
                  StringEquals:
                    iam:PassedToService: lambda.amazonaws.com
                  ForAnyValue:StringEquals:
                    aws:TagKeys:
                      - stage
                      - team
    Outputs:
      StackpassExecutorArn:
        Value:
          Ref: StackpassExecutor
    ");
}

#[test]
fn cdk() {
    insta::assert_snapshot!(render(&[example()], Format::Cdk), @r#"
    import * as iam from "aws-cdk-lib/aws-iam";
    import { Construct } from "constructs";

    export const stackpassExecutorDocument = {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Sid": "ManageApi",
          "Effect": "Allow",
          "Action": [
            "apigateway:GET",
            "apigateway:POST"
          ],
          "Resource": "arn:*:apigateway:*::/apis*"
        },
        {
          "Sid": "PassRoles",
          "Effect": "Allow",
          "Action": "iam:PassRole",
          "Resource": [
            "arn:aws:iam::*:role/${aws:username}-*",
            "arn:aws:iam::*:role/app-*"
          ],
          "Condition": {
            "StringEquals": {
              "iam:PassedToService": "lambda.amazonaws.com"
            },
            "ForAnyValue:StringEquals": {
              "aws:TagKeys": [
                "stage",
                "team"
              ]
            }
          }
        }
      ]
    };

    export class StackpassExecutor extends iam.ManagedPolicy {
      constructor(scope: Construct, id: string = "StackpassExecutor") {
        super(scope, id, { document: iam.PolicyDocument.fromJson(stackpassExecutorDocument) });
      }
    }
    "#);
}

#[test]
fn terraform() {
    insta::assert_snapshot!(render(&[example()], Format::Terraform), @r#"
    data "aws_iam_policy_document" "stackpass_executor" {
      statement {
        sid    = "ManageApi"
        effect = "Allow"
        actions = [
          "apigateway:GET",
          "apigateway:POST",
        ]
        resources = ["arn:*:apigateway:*::/apis*"]
      }

      statement {
        sid     = "PassRoles"
        effect  = "Allow"
        actions = ["iam:PassRole"]
        resources = [
          "arn:aws:iam::*:role/$${aws:username}-*",
          "arn:aws:iam::*:role/app-*",
        ]

        condition {
          test     = "StringEquals"
          variable = "iam:PassedToService"
          values   = ["lambda.amazonaws.com"]
        }

        condition {
          test     = "ForAnyValue:StringEquals"
          variable = "aws:TagKeys"
          values = [
            "stage",
            "team",
          ]
        }
      }
    }

    resource "aws_iam_policy" "stackpass_executor" {
      name   = "StackpassExecutor"
      policy = data.aws_iam_policy_document.stackpass_executor.json
    }
    "#);
}

#[test]
fn terraform_principals() {
    let mut trust = example();
    trust.document.statements.truncate(1);
    trust.document.statements[0].principal =
        Some(Selection::Only(Principal::one(PrincipalKind::Service, "lambda.amazonaws.com")));
    trust.document.statements[0].resources = None;
    insta::assert_snapshot!(render(&[trust], Format::Terraform), @r#"
    data "aws_iam_policy_document" "stackpass_executor" {
      statement {
        sid    = "ManageApi"
        effect = "Allow"
        actions = [
          "apigateway:GET",
          "apigateway:POST",
        ]

        principals {
          type        = "Service"
          identifiers = ["lambda.amazonaws.com"]
        }
      }
    }

    resource "aws_iam_policy" "stackpass_executor" {
      name   = "StackpassExecutor"
      policy = data.aws_iam_policy_document.stackpass_executor.json
    }
    "#);
}

#[test]
fn terraform_writes_json_where_the_provider_would_change_the_policy() {
    let mut odd = example();
    odd.document.statements =
        vec![Statement::allow(["s3:*".parse().unwrap()], ["arn:aws:s3:::&{x}".parse().unwrap()])];
    insta::assert_snapshot!(render(&[odd], Format::Terraform), @r#"
    resource "aws_iam_policy" "stackpass_executor" {
      name   = "StackpassExecutor"
      policy = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"s3:*\",\"Resource\":\"arn:aws:s3:::&{x}\"}]}"
    }
    "#);
}

#[test]
fn nothing_is_an_empty_text_of_its_format() {
    assert_eq!(render(&[], Format::Json { layout: Layout::Compact }), "{}");
    assert_eq!(render(&[], Format::Yaml), "{}\n");
    assert_eq!(render(&[], Format::Terraform), "");
}

#[test]
fn names_become_identifiers() {
    assert_eq!(identifier("Stackpass-Executor 2"), "StackpassExecutor2");
    assert_eq!(identifier("2nd"), "Policy2nd");
    assert_eq!(identifier("ä"), "Policy");
}

/// A service role with its policy and boundary, and a provider.
fn definitions() -> Vec<Definition> {
    let role = RoleDefinition {
        role_name: Some("deployer".to_owned()),
        path: Some("/ci/".to_owned()),
        description: Some("What CloudFormation acts with".to_owned()),
        max_session: Some(3600),
        boundary: Some(PolicyRef::Named("limits/app".to_owned())),
        policies: vec![NamedDocument { name: "inline".to_owned(), ..photos() }],
        managed_policies: vec![
            PolicyRef::Defined("StackpassExecutor".to_owned()),
            PolicyRef::Arn("arn:aws:iam::aws:policy/ReadOnlyAccess".to_owned()),
        ],
        after: Some("Hub".to_owned()),
        ..RoleDefinition::new(
            "StackpassRole",
            crate::trust::by_web_identity(
                &format!("arn:{PARTITION}:iam::{ACCOUNT_ID}:oidc-provider/example.com"),
                Conditions::new(),
            ),
        )
    };
    let provider = OidcProviderDefinition {
        name: "Hub".to_owned(),
        url: "https://example.com".to_owned(),
        client_ids: vec!["sts.amazonaws.com".to_owned()],
        thumbprints: Vec::new(),
    };
    let policy = PolicyDefinition {
        document: NamedDocument { name: "StackpassExecutor".to_owned(), ..photos() },
        policy_name: Some("executor".to_owned()),
    };
    vec![policy.into(), role.into(), provider.into()]
}

fn photos() -> NamedDocument {
    let allow = Statement::allow(
        ["s3:GetObject".parse().unwrap()],
        ["arn:aws:s3:::photos/${aws:username}".parse().unwrap()],
    );
    NamedDocument { name: "Photos".to_owned(), document: Document::new(vec![allow]) }
}

#[test]
fn definitions_in_yaml() {
    insta::assert_snapshot!(render_definitions(&definitions(), Format::Yaml), @"
    StackpassExecutor:
      Version: '2012-10-17'
      Statement:
        - Effect: Allow
          Action: s3:GetObject
          Resource: 'arn:aws:s3:::photos/${aws:username}'
    StackpassRole:
      RoleName: deployer
      Path: '/ci/'
      Description: 'What CloudFormation acts with'
      MaxSessionDuration: 3600
      PermissionsBoundary: arn:aws:iam::ACCOUNT_ID:policy/limits/app
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement:
          - Effect: Allow
            Principal:
              Federated: arn:aws:iam::ACCOUNT_ID:oidc-provider/example.com
            Action: sts:AssumeRoleWithWebIdentity
      ManagedPolicyArns:
        - arn:aws:iam::ACCOUNT_ID:policy/executor
        - arn:aws:iam::aws:policy/ReadOnlyAccess
      Policies:
        - PolicyName: inline
          PolicyDocument:
            Version: '2012-10-17'
            Statement:
              - Effect: Allow
                Action: s3:GetObject
                Resource: 'arn:aws:s3:::photos/${aws:username}'
    Hub:
      Url: https://example.com
      ClientIdList:
        - sts.amazonaws.com
    ");
}

#[test]
fn definitions_in_cloudformation() {
    insta::assert_snapshot!(render_definitions(&definitions(), Format::CloudFormation), @"
    AWSTemplateFormatVersion: '2010-09-09'
    Resources:
      StackpassExecutor:
        Type: AWS::IAM::ManagedPolicy
        Properties:
          ManagedPolicyName: executor
          PolicyDocument:
            Version: '2012-10-17'
            Statement:
              - Effect: Allow
                Action: s3:GetObject
                Resource: 'arn:aws:s3:::photos/${aws:username}'
      StackpassRole:
        Type: AWS::IAM::Role
        DependsOn: Hub
        Properties:
          RoleName: deployer
          Path: '/ci/'
          Description: 'What CloudFormation acts with'
          MaxSessionDuration: 3600
          PermissionsBoundary:
            Fn::Sub: 'arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/limits/app'
          AssumeRolePolicyDocument:
            Version: '2012-10-17'
            Statement:
              - Effect: Allow
                Principal:
                  Federated:
                    Fn::Sub: 'arn:${AWS::Partition}:iam::${AWS::AccountId}:oidc-provider/example.com'
                Action: sts:AssumeRoleWithWebIdentity
          ManagedPolicyArns:
            - Ref: StackpassExecutor
            - arn:aws:iam::aws:policy/ReadOnlyAccess
          Policies:
            - PolicyName: inline
              PolicyDocument:
                Version: '2012-10-17'
                Statement:
                  - Effect: Allow
                    Action: s3:GetObject
                    Resource: 'arn:aws:s3:::photos/${aws:username}'
      Hub:
        Type: AWS::IAM::OIDCProvider
        Properties:
          Url: https://example.com
          ClientIdList:
            - sts.amazonaws.com
    Outputs:
      StackpassExecutorArn:
        Value:
          Ref: StackpassExecutor
      StackpassRoleArn:
        Value:
          Fn::GetAtt:
            - StackpassRole
            - Arn
      HubArn:
        Value:
          Ref: Hub
    ");
}

#[test]
fn definitions_in_cdk() {
    insta::assert_snapshot!(render_definitions(&definitions(), Format::Cdk), @r#"
    import { Aws } from "aws-cdk-lib";
    import * as iam from "aws-cdk-lib/aws-iam";
    import { Construct } from "constructs";

    export const stackpassExecutorDocument = {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Effect": "Allow",
          "Action": "s3:GetObject",
          "Resource": "arn:aws:s3:::photos/${aws:username}"
        }
      ]
    };

    export class StackpassExecutor extends iam.ManagedPolicy {
      constructor(scope: Construct, id: string = "StackpassExecutor") {
        super(scope, id, { managedPolicyName: "executor", document: iam.PolicyDocument.fromJson(stackpassExecutorDocument) });
      }
    }

    export class StackpassAccess extends Construct {
      readonly stackpassExecutor: StackpassExecutor;
      readonly stackpassRole: iam.CfnRole;
      readonly hub: iam.CfnOIDCProvider;

      constructor(scope: Construct, id: string = "StackpassAccess") {
        super(scope, id);
        this.stackpassExecutor = new StackpassExecutor(this);
        this.stackpassRole = new iam.CfnRole(this, "StackpassRole", {
          "roleName": "deployer",
          "path": "/ci/",
          "description": "What CloudFormation acts with",
          "maxSessionDuration": 3600,
          "permissionsBoundary": `arn:${Aws.PARTITION}:iam::${Aws.ACCOUNT_ID}:policy/limits/app`,
          "assumeRolePolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [
              {
                "Effect": "Allow",
                "Principal": {
                  "Federated": `arn:${Aws.PARTITION}:iam::${Aws.ACCOUNT_ID}:oidc-provider/example.com`
                },
                "Action": "sts:AssumeRoleWithWebIdentity"
              }
            ]
          },
          "managedPolicyArns": [
            this.stackpassExecutor.managedPolicyArn,
            "arn:aws:iam::aws:policy/ReadOnlyAccess"
          ],
          "policies": [
            {
              "policyName": "inline",
              "policyDocument": {
                "Version": "2012-10-17",
                "Statement": [
                  {
                    "Effect": "Allow",
                    "Action": "s3:GetObject",
                    "Resource": "arn:aws:s3:::photos/${aws:username}"
                  }
                ]
              }
            }
          ]
        });
        this.hub = new iam.CfnOIDCProvider(this, "Hub", {
          "url": "https://example.com",
          "clientIdList": [
            "sts.amazonaws.com"
          ]
        });
        this.stackpassRole.addDependency(this.hub);
      }
    }
    "#);
}

#[test]
fn definitions_in_terraform() {
    insta::assert_snapshot!(render_definitions(&definitions(), Format::Terraform), @r#"
    data "aws_caller_identity" "current" {}

    data "aws_partition" "current" {}

    data "aws_iam_policy_document" "stackpass_executor" {
      statement {
        effect    = "Allow"
        actions   = ["s3:GetObject"]
        resources = ["arn:aws:s3:::photos/$${aws:username}"]
      }
    }

    resource "aws_iam_policy" "stackpass_executor" {
      name   = "executor"
      policy = data.aws_iam_policy_document.stackpass_executor.json
    }

    data "aws_iam_policy_document" "stackpass_role_trust" {
      statement {
        effect  = "Allow"
        actions = ["sts:AssumeRoleWithWebIdentity"]

        principals {
          type        = "Federated"
          identifiers = ["arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:oidc-provider/example.com"]
        }
      }
    }

    resource "aws_iam_role" "stackpass_role" {
      name                 = "deployer"
      path                 = "/ci/"
      description          = "What CloudFormation acts with"
      max_session_duration = 3600
      assume_role_policy   = data.aws_iam_policy_document.stackpass_role_trust.json
      permissions_boundary = "arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:policy/limits/app"
      depends_on           = [aws_iam_openid_connect_provider.hub]
    }

    data "aws_iam_policy_document" "stackpass_role_inline_1" {
      statement {
        effect    = "Allow"
        actions   = ["s3:GetObject"]
        resources = ["arn:aws:s3:::photos/$${aws:username}"]
      }
    }

    resource "aws_iam_role_policy" "stackpass_role_inline_1" {
      name   = "inline"
      role   = aws_iam_role.stackpass_role.name
      policy = data.aws_iam_policy_document.stackpass_role_inline_1.json
    }

    resource "aws_iam_role_policy_attachment" "stackpass_role_1" {
      role       = aws_iam_role.stackpass_role.name
      policy_arn = aws_iam_policy.stackpass_executor.arn
    }

    resource "aws_iam_role_policy_attachment" "stackpass_role_2" {
      role       = aws_iam_role.stackpass_role.name
      policy_arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    }

    output "stackpass_role_arn" {
      value = aws_iam_role.stackpass_role.arn
    }

    resource "aws_iam_openid_connect_provider" "hub" {
      url            = "https://example.com"
      client_id_list = ["sts.amazonaws.com"]
    }
    "#);
}
