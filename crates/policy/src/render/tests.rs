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
