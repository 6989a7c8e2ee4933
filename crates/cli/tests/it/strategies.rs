//! `stackpass generate admin` and `stackpass generate services`.

use insta::assert_snapshot;

use crate::common::{Folder, ODD, QUEUE, Ran, actions};

#[test]
fn page_example_of_an_api_with_a_table() {
    let folder = Folder::new("services-page");
    let ran = folder.run("generate services api dynamodb --no-plumbing");
    assert_snapshot!(ran.stdout, @r#"
    {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Sid": "ManageCloudFormationStacks",
          "Effect": "Allow",
          "Action": "cloudformation:*",
          "Resource": "*"
        },
        {
          "Sid": "ManageApi",
          "Effect": "Allow",
          "Action": [
            "apigateway:*",
            "lambda:*",
            "logs:*"
          ],
          "Resource": "*"
        },
        {
          "Sid": "ManageDynamoDb",
          "Effect": "Allow",
          "Action": "dynamodb:*",
          "Resource": "*"
        }
      ]
    }
    "#);
    let domain = folder.run("generate services --custom-domain --no-plumbing").json();
    assert_eq!(domain["Statement"][1]["Sid"], "ManageCustomDomain");
    assert_eq!(
        domain["Statement"][1]["Action"],
        serde_json::json!(["acm:*", "cloudfront:*", "route53:*"])
    );
}

#[test]
fn what_deploying_takes_is_included_and_said() {
    let ran = Folder::new("services-plumbing").run("generate services queue --region cn-north-1");
    assert_eq!(ran.code, 0);
    assert_snapshot!(talk(&ran), @"
    Granted: every action of these services, on all that the account has of them
      ManageCloudFormationStacks
        cloudformation
      ManageQueues (queue with the function that reads it)
        lambda, logs, sqs

    Included: what deploying takes
      AssumeCdkRoles
        the CDK and SST act with the roles of the CDK's bootstrap stack
      ManageRoles
        the roles of functions and services are made and passed
      PublishAssets
        templates and code are uploaded to the tool's bucket, and services read the
        code there
      ReadSettings
        the tools look up which bootstrap stack there is

    warning: who may make roles and pass them to functions can come to any
      permission, so this is for people who are trusted with the account
    help: `stackpass generate stack` names the roles; a permissions boundary
      bounds them

    policy     deploy     1,705 of 6,144 characters
    ");
    assert!(ran.stdout.contains("arn:aws-cn:iam::*:role/*"), "{}", ran.stdout);
}

#[test]
fn input_chooses_its_services() {
    let folder = Folder::new("services-from").with("queue.yaml", QUEUE).with("odd.yaml", ODD);
    let ran = folder.run("generate services --from queue.yaml --no-plumbing");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(actions(&ran.json()), ["cloudformation:*", "sqs:*"]);
    let odd = folder.run("generate services --from odd.yaml");
    assert_eq!(odd.code, 4);
    assert!(odd.stderr.contains("Acme::Odd::Thing"), "{}", odd.stderr);
    let both = folder.run("generate services table --from odd.yaml --output json");
    assert_eq!(both.code, 4);
    assert_eq!(both.json()["gaps"][0]["code"], "unknown-type");
}

#[test]
fn misspelled_name_is_an_error_with_a_hint() {
    let ran = Folder::new("services-name").run("generate services api dynamdb");
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    assert_snapshot!(ran.stderr, @"
    error: there is no service or set of services `dynamdb`
    hint: did you mean `dynamodb`?
    hint: `stackpass generate services --list` shows the names
    ");
}

#[test]
fn every_unknown_name_is_told() {
    let ran = Folder::new("services-names").run("generate services apigatway api react");
    assert_eq!(ran.code, 2);
    assert_snapshot!(ran.stderr, @"
    error: there is no service or set of services `apigatway`, `react`
    hint: for `apigatway`, did you mean `apigateway`, `api-gateway`?
    hint: for `react`, did you mean `react-static-site`?
    hint: `stackpass generate services --list` shows the names
    ");
}

#[test]
fn formats_files_and_limits_are_those_of_other_policies() {
    let folder = Folder::new("services-form");
    let ran = folder.run("generate services api queue --out policies --format yaml");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(folder.list("policies"), ["deploy.yaml"]);
    let split = folder.run("generate services api queue --limit user-inline");
    assert_eq!(split.code, 0, "{}", split.stderr);
    let hcl = folder.run("generate services api --format terraform").stdout;
    assert!(hcl.contains("\"apigateway:*\""), "{hcl}");
}

#[test]
fn every_service_at_once_is_split_or_refused() {
    let folder = Folder::new("services-all");
    let list = folder.run("generate services --list --output json").json();
    let all: Vec<&str> =
        list["services"].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
    assert!(all.len() > 400, "{}", all.len());
    let managed = folder.run(&format!("generate services {}", all.join(" ")));
    assert_eq!(managed.code, 0, "{}", managed.stderr);
    let user = folder.run(&format!("generate services {} --limit user-inline", all.join(" ")));
    assert_eq!((user.code, user.stdout.as_str()), (5, ""));
}

#[test]
fn names_are_listed() {
    let ran = Folder::new("services-list").run("generate services --list");
    assert_eq!(ran.code, 0);
    for name in
        ["api", "custom-domain", "static-site", "nextjs-site", "queue", "cron", "auth", "bus"]
    {
        assert!(ran.stdout.contains(&format!("\n{name} (")), "{name}");
    }
}

#[test]
fn administrator_is_what_aws_grants() {
    let ran = Folder::new("admin").run("generate admin --user alice");
    assert_snapshot!(ran.all(), @r#"
    exit code 0
    --- stdout
    {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Effect": "Allow",
          "Action": "*",
          "Resource": "*"
        }
      ]
    }
    --- stderr
    warning: this grants everything: reading and deleting all data of the account,
      making users and roles with any permission, spending without limit
    help: use it in a development account; for others there are `stackpass
      generate stack`, `services` and `service-role`

    warning: it does so in every account that it is put into
    help: `--expect-account ID` makes it work in one account only

    To attach it:
      aws iam attach-user-policy --user-name alice \
        --policy-arn arn:aws:iam::aws:policy/AdministratorAccess

    policy     deploy        85 of 6,144 characters
    AWS data   DATES
    "#);
}

#[test]
fn administrator_with_guard_rails_has_files_for_both() {
    let folder = Folder::new("admin-guarded");
    let arguments = "--expect-account 111122223333 --boundary=Dev --role ci --out policies";
    let ran = folder.run(&format!("generate admin {arguments}"));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(folder.list("policies"), ["boundary.json", "deploy.json"]);
    let boundary = folder.read("policies/boundary.json");
    assert!(boundary.contains("arn:aws:iam::111122223333:policy/Dev"), "{boundary}");
    assert!(folder.read("policies/deploy.json").contains("aws:PrincipalAccount"));
    assert_snapshot!(talk(&ran), @r#"
    wrote policies/deploy.json
    wrote policies/boundary.json

    warning: this grants everything: reading and deleting all data of the account,
      making users and roles with any permission, spending without limit
    help: use it in a development account; for others there are `stackpass
      generate stack`, `services` and `service-role`

    warning: with the boundary, a stack can only make roles that have `Dev` as
      their boundary too; roles and users that exist without it stay as strong as
      they are
    help: CDK: `"@aws-cdk/core:permissionsBoundary": {"name": "Dev"}` in the
      context of cdk.json and `cdk bootstrap --custom-permissions-boundary Dev`;
      SAM: `PermissionsBoundary` of each function

    To attach it:
      aws iam create-policy --policy-name Dev \
        --policy-document file://policies/boundary.json
      stackpass apply --role ci --policy policies/deploy.json --boundary Dev --expect-account 111122223333

    policies   deploy       182 of 6,144 characters
               boundary   1,090 of 6,144 characters
    "#);
}

#[test]
fn bad_values_of_guard_rails_are_refused() {
    let folder = Folder::new("admin-bad");
    for arguments in [
        "--expect-account 1234",
        "--boundary=a/b",
        "--boundary=",
        "--role x;rm",
        "--role a --user b",
        "--partition mars",
    ] {
        let ran = folder.run(&format!("generate admin {arguments}"));
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{arguments}");
    }
}

/// Standard error without the days of the data.
fn talk(ran: &Ran) -> String {
    let lines = ran.stderr.lines().filter(|line| !line.starts_with("AWS data"));
    lines.collect::<Vec<_>>().join("\n")
}
