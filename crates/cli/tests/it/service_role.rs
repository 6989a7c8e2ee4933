//! `stackpass generate service-role`.

use serde_json::{Value, json};

use crate::common::{Folder, ODD, QUEUE, actions};

/// A function with a role of its own, a custom resource and a nested stack.
const APP: &str = "\
Resources:
  Run:
    Type: AWS::Lambda::Function
    Properties:
      Code: {ZipFile: x}
      Handler: index.handler
      Runtime: nodejs22.x
      Role: !GetAtt Worker.Arn
  Worker:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement: {Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}
      Policies:
        - PolicyName: other
          PolicyDocument: {Statement: {Effect: Allow, Action: sts:AssumeRole, Resource: '*'}}
  Seed:
    Type: Custom::Seed
    Properties: {ServiceToken: !GetAtt Run.Arn}
";

const PLACE: &str = "--stack-name dev-app --account 111122223333 --region eu-west-1";

/// The template with the boundary that is generated for it on every role.
fn bounded(template: &str) -> String {
    let set = "Properties:\n      PermissionsBoundary: !Sub arn:aws:iam::${AWS::AccountId}:policy/cloudformation-dev-app-boundary\n      AssumeRolePolicyDocument:";
    template.replace("Properties:\n      AssumeRolePolicyDocument:", set)
}

fn folder(test: &str) -> Folder {
    Folder::new(test)
        .with("app.yaml", APP)
        .with("bounded.yaml", bounded(APP))
        .with("queue.yaml", QUEUE)
        .with("odd.yaml", ODD)
        .with_app("cdk.out")
}

#[test]
fn a_small_stack_is_told_whole() {
    let ran = folder("role-small").run(&format!("generate service-role queue.yaml {PLACE}"));
    insta::assert_snapshot!(ran.all(), @r#"
    exit code 0
    --- stdout
    {
      "caller": {
        "Version": "2012-10-17",
        "Statement": [
          {
            "Sid": "ManageCloudFormation",
            "Effect": "Allow",
            "Action": "cloudformation:CreateChangeSet",
            "Resource": "arn:aws:cloudformation:eu-west-1:111122223333:stack/dev-app/*",
            "Condition": {
              "StringEquals": {
                "cloudformation:RoleArn": "arn:aws:iam::111122223333:role/cloudformation-dev-app"
              }
            }
          },
          {
            "Sid": "ManageCloudFormationPart2",
            "Effect": "Allow",
            "Action": "cloudformation:DeleteStack",
            "Resource": "arn:aws:cloudformation:eu-west-1:111122223333:stack/dev-app/*",
            "Condition": {
              "StringEqualsIfExists": {
                "cloudformation:RoleArn": "arn:aws:iam::111122223333:role/cloudformation-dev-app"
              }
            }
          },
          {
            "Sid": "ManageCloudFormationPart3",
            "Effect": "Allow",
            "Action": [
              "cloudformation:DescribeChangeSet",
              "cloudformation:DescribeStacks",
              "cloudformation:ExecuteChangeSet",
              "cloudformation:GetTemplateSummary"
            ],
            "Resource": "arn:aws:cloudformation:eu-west-1:111122223333:stack/dev-app/*"
          },
          {
            "Sid": "PassRoles",
            "Effect": "Allow",
            "Action": "iam:PassRole",
            "Resource": "arn:aws:iam::111122223333:role/cloudformation-dev-app"
          }
        ]
      },
      "executor": {
        "Version": "2012-10-17",
        "Statement": [
          {
            "Sid": "ManageSqs",
            "Effect": "Allow",
            "Action": [
              "sqs:CreateQueue",
              "sqs:DeleteQueue",
              "sqs:GetQueueAttributes",
              "sqs:GetQueueUrl",
              "sqs:ListQueueTags"
            ],
            "Resource": "arn:aws:sqs:eu-west-1:111122223333:dev-app-Jobs-*"
          }
        ]
      },
      "trust": {
        "Version": "2012-10-17",
        "Statement": [
          {
            "Effect": "Allow",
            "Principal": {
              "Service": "cloudformation.amazonaws.com"
            },
            "Action": "sts:AssumeRole"
          }
        ]
      }
    }
    --- stderr
    stack      dev-app, 1 resource (queue.yaml)
    tool       aws-cli; CloudFormation acts with a service role
    needs      28, 12 actions
    policies   caller    1,005 of 6,144 characters
               executor    248 of 6,144 characters
    AWS data   DATES

    To know
      stays-attached: a stack keeps the role that it was given, and CloudFormation
      uses it for everybody who may change the stack, also without permission to
      pass it
          help: let only those update and delete the stack who have the caller
          policy; it asks for this role by `cloudformation:RoleArn`

    Deploy with the role
      aws cloudformation deploy --template-file FILE --stack-name NAME --role-arn arn:aws:iam::111122223333:role/cloudformation-dev-app
      sam deploy --role-arn arn:aws:iam::111122223333:role/cloudformation-dev-app
    "#);
}

#[test]
fn ways_out_are_named_and_closed_by_the_boundary() {
    let folder = folder("role-ways");
    let open = folder.run(&format!("generate service-role app.yaml {PLACE}"));
    let (_, talk) = open.stderr.split_once("Warning:").unwrap();
    insta::assert_snapshot!(talk, @"
     3 ways out of the role
      creates-roles: it makes roles and gives them permissions: who may change the
      template decides which
          iam:CreateRole, iam:PutRolePolicy
          asked for by Worker
          help: a boundary that every new role must have (RequireBoundary,
          KeepBoundaries)
      edits-trust: it changes who may assume roles
          iam:UpdateAssumeRolePolicy
          asked for by Worker
          help: a boundary that the changed roles must have (RequireBoundary)
      runs-code-with-roles: it runs code and passes roles to it: who may change the
      template acts with the roles that the template names
          iam:PassRole, lambda:CreateFunction, lambda:UpdateFunctionConfiguration
          asked for by Run
          help: a boundary on the roles that the stack makes; of other roles, pass
          only those that anybody who deploys may use (RequireBoundary,
          KeepBoundaries)
      hint: `--boundary generate` makes a boundary with the statements named here

    To know
      custom-resources: custom resources are invoked with the same role; their code
      runs with the role of its function
          asked for by Seed
          help: look at the policies of these functions' roles as well
      stays-attached: a stack keeps the role that it was given, and CloudFormation
      uses it for everybody who may change the stack, also without permission to
      pass it
          help: let only those update and delete the stack who have the caller
          policy; it asks for this role by `cloudformation:RoleArn`

    Deploy with the role
      aws cloudformation deploy --template-file FILE --stack-name NAME --role-arn arn:aws:iam::111122223333:role/cloudformation-dev-app
      sam deploy --role-arn arn:aws:iam::111122223333:role/cloudformation-dev-app
    ");
    let closed = folder.run(&format!("generate service-role app.yaml {PLACE} --boundary generate"));
    let (_, talk) = closed.stderr.split_once("Ways out:").unwrap();
    insta::assert_snapshot!(talk, @r#"
     closed by the boundary
      creates-roles, edits-trust, runs-code-with-roles

    To know
      custom-resources: custom resources are invoked with the same role; their code
      runs with the role of its function
          asked for by Seed
          help: look at the policies of these functions' roles as well
      stays-attached: a stack keeps the role that it was given, and CloudFormation
      uses it for everybody who may change the stack, also without permission to
      pass it
          help: let only those update and delete the stack who have the caller
          policy; it asks for this role by `cloudformation:RoleArn`

    Refused: 1 principal without the boundary
      CloudFormation may not make them before they set it:
        none set:
          Worker
        help: set `PermissionsBoundary` on them: in a CDK app,
        `"@aws-cdk/core:permissionsBoundary": {"name":
        "cloudformation-dev-app-boundary"}` in the context of cdk.json, or
        `PermissionsBoundary.of(app).apply(...)`; in a SAM template,
        `PermissionsBoundary` under `Globals.Function`

    Left out: 1 resource allows what the boundary leaves out
      Worker: sts:AssumeRole
        help: if their code needs it, add it to the boundary for these resources
        only

    Deploy with the role
      aws cloudformation deploy --template-file FILE --stack-name NAME --role-arn arn:aws:iam::111122223333:role/cloudformation-dev-app
      sam deploy --role-arn arn:aws:iam::111122223333:role/cloudformation-dev-app
    "#);
}

#[test]
fn the_answer_has_a_document_for_each_part() {
    let folder = folder("role-parts");
    let parts = |arguments: &str| {
        let ran = folder.run(&format!("generate service-role bounded.yaml {PLACE} {arguments}"));
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let answer = ran.json();
        let mut names: Vec<String> = answer.as_object().unwrap().keys().cloned().collect();
        names.sort();
        (names, answer)
    };
    assert_eq!(parts("").0, ["caller", "executor", "trust"]);
    let (names, answer) = parts("--boundary generate");
    assert_eq!(names, ["boundary", "caller", "executor", "trust"]);
    assert_eq!(
        answer["trust"]["Statement"][0]["Principal"],
        json!({"Service": "cloudformation.amazonaws.com"})
    );
    let caller = actions(&answer["caller"]);
    assert!(
        caller
            .iter()
            .all(|action| action.starts_with("cloudformation:") || action == "iam:PassRole"),
        "{caller:?}"
    );
    // One that exists is not printed.
    let parts = |answer: &Value| answer.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let named = folder.run(&format!("generate service-role app.yaml {PLACE} --boundary limit"));
    assert_eq!(parts(&named.json()), ["caller", "executor", "trust"]);
}

#[test]
fn files_are_the_parts_or_one_that_makes_them() {
    let folder = folder("role-files");
    let write = |arguments: &str, out: &str| {
        let ran = folder.run(&format!(
            "generate service-role bounded.yaml {PLACE} --boundary generate --out {out} {arguments}"
        ));
        assert_eq!((ran.code, ran.stdout.as_str()), (0, ""), "{}", ran.stderr);
        folder.list(out)
    };
    assert_eq!(write("", "json"), ["boundary.json", "caller.json", "executor.json", "trust.json"]);
    assert_eq!(write("--format terraform", "tf"), ["service-role.tf"]);
    assert_eq!(write("--format cdk", "cdk"), ["service-role.ts"]);
    assert_eq!(write("--format cloudformation", "cfn"), ["service-role.template.yaml"]);
    let bare: Value = serde_json::from_str(&folder.read("json/trust.json")).unwrap();
    assert_eq!(bare["Version"], json!("2012-10-17"));

    // A second app in the account must not meet the policies of this one.
    let terraform = folder.read("tf/service-role.tf");
    for name in ["caller", "executor", "boundary"] {
        assert!(
            terraform.contains(&format!("= \"cloudformation-dev-app-{name}\"\n")),
            "{terraform}"
        );
    }
    let cdk = folder.read("cdk/service-role.ts");
    assert!(cdk.contains("managedPolicyName: \"cloudformation-dev-app-executor\""), "{cdk}");

    let template: Value =
        serde_yaml_ng::from_str(&folder.read("cfn/service-role.template.yaml")).unwrap();
    let role = &template["Resources"]["StackpassServiceRole"]["Properties"];
    assert_eq!(role["RoleName"], json!("cloudformation-dev-app"));
    assert_eq!(role["ManagedPolicyArns"], json!([{"Ref": "StackpassExecutor"}]));
    assert_eq!(role["PermissionsBoundary"], json!({"Ref": "StackpassBoundary"}));
    let boundary = &template["Resources"]["StackpassBoundary"]["Properties"];
    assert_eq!(boundary["ManagedPolicyName"], json!("cloudformation-dev-app-boundary"));
}

#[test]
fn one_inline_policy_where_that_is_asked_for() {
    let ran = folder("role-inline").run(&format!(
        "generate service-role app.yaml {PLACE} --limit role-inline --boundary ci/limit --format cloudformation"
    ));
    let template: Value = serde_yaml_ng::from_str(&ran.stdout).unwrap();
    let role = &template["Resources"]["StackpassServiceRole"]["Properties"];
    assert_eq!(role["Policies"][0]["PolicyName"], json!("StackpassExecutor"));
    assert_eq!(role["ManagedPolicyArns"], Value::Null);
    assert_eq!(
        role["PermissionsBoundary"],
        json!({"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/ci/limit"})
    );
}

#[test]
fn programs_get_findings_and_statements() {
    let folder = folder("role-json");
    let answer = folder
        .run(&format!("generate service-role app.yaml {PLACE} --output json --boundary generate"))
        .json();
    let role = &answer["serviceRole"];
    assert_eq!(role["arn"], json!("arn:aws:iam::111122223333:role/cloudformation-dev-app"));
    let codes: Vec<(&str, &Value)> = role["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| (finding["code"].as_str().unwrap(), &finding["closed"]))
        .collect();
    let (yes, no) = (json!(true), json!(false));
    assert_eq!(
        codes,
        [
            ("creates-roles", &yes),
            ("edits-trust", &yes),
            ("runs-code-with-roles", &yes),
            ("custom-resources", &no),
            ("stays-attached", &no),
        ]
    );
    let boundary = &role["boundary"];
    assert_eq!(boundary["notSet"][0]["logicalId"], json!("Worker"));
    assert_eq!(boundary["notSet"][0]["reason"], json!("not-set"));
    assert_eq!(boundary["leftOut"][0]["actions"], json!(["sts:AssumeRole"]));
    let closing = role["closingStatements"].as_object().unwrap();
    assert_eq!(closing.keys().collect::<Vec<_>>(), ["KeepBoundaries", "RequireBoundary"]);
    assert_eq!(
        closing["RequireBoundary"]["Statement"][0]["Condition"]["StringNotEquals"],
        json!({"iam:PermissionsBoundary": "arn:aws:iam::111122223333:policy/cloudformation-dev-app-boundary"})
    );
    assert!(answer["policies"].as_array().is_some_and(|policies| policies.len() == 2));
    assert_eq!(answer["mode"], json!("service-role"));
}

#[test]
fn an_app_of_the_cdk_is_deployed_with_own_credentials() {
    let ran = folder("role-cdk").run("generate service-role cdk.out");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stderr.contains(
            "cdk deploy --role-arn arn:aws:iam::111122223333:role/cloudformation-dev-jobs"
        ),
        "{}",
        ran.stderr
    );
}

/// Writes the parts into `o`, and holds the input against them. Gives both exit codes and what `check` says.
fn checked(folder: &Folder, input: &str, boundary: &str) -> (i32, i32, String) {
    let generated =
        folder.run(&format!("generate service-role {input} {boundary} --out o --output json"));
    let role = generated.json()["serviceRole"]["name"].as_str().unwrap().to_owned();
    let files = folder.list("o");
    let options: String = files
        .iter()
        .filter_map(|file| {
            let option = match file.split(['.', '-']).next().unwrap() {
                "caller" => "policy",
                "executor" => "executor-policy",
                "boundary" => "executor-boundary",
                _ => return None,
            };
            Some(format!(" --{option} o/{file}"))
        })
        .collect();
    let ran = folder
        .run(&format!("check {input} --mode service-role --service-role {role} --strict{options}"));
    (generated.code, ran.code, ran.all())
}

#[test]
fn what_is_generated_is_enough_to_check() {
    let repository = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let mut checks = 0;
    for (input, place) in [
        ("examples/crud-api/cdk.out", ""),
        ("examples/custom-domain/cdk.out", ""),
        ("testdata/assemblies/stages-and-nested-stacks/app", ""),
        ("testdata/templates/sam/template.yml", PLACE),
        ("testdata/sam/connectors/template.yaml", PLACE),
        ("testdata/sam/events/template.yaml", PLACE),
        ("testdata/sam/roles-and-globals/template.yaml", PLACE),
        ("testdata/sam/state-machines/template.yaml", PLACE),
    ] {
        for boundary in ["", "--boundary generate", "--boundary ci/limit"] {
            let folder = Folder::new("role-checked");
            let input = format!("{repository}/{input} {place}");
            let (generated, code, talk) = checked(&folder, &input, boundary);
            // Roles without the boundary are refused, and both say so.
            assert_eq!(generated, code, "{input} {boundary}: {talk}");
            assert!(
                code != 9 || talk.contains("only if the role or user has the boundary"),
                "{talk}"
            );
            assert!(!boundary.is_empty() || code % 4 == 0, "{input}: {talk}");
            assert!(!talk.contains("would cover it"), "{input} {boundary}: {talk}");
            checks += 1;
        }
    }
    assert_eq!(checks, 24);
}

#[test]
fn roles_with_the_boundary_pass_and_roles_without_it_are_named() {
    let folder = folder("role-bounded");
    for input in ["bounded.yaml", "app.yaml"] {
        let (generated, code, talk) =
            checked(&folder, &format!("{input} {PLACE}"), "--boundary generate");
        let expected = if input == "app.yaml" { 9 } else { 0 };
        assert_eq!((generated, code), (expected, expected), "{talk}");
        assert_eq!(talk.contains("Worker (AWS::IAM::Role)"), expected == 9, "{talk}");
        // What the boundary is there to forbid is not asked for.
        assert!(!talk.contains("DeleteRolePermissionsBoundary"), "{talk}");
    }
    // Another boundary than the one that is demanded.
    let other = bounded(APP).replace("-boundary", "-other");
    let folder = folder.with("other.yaml", other);
    let (generated, code, talk) =
        checked(&folder, &format!("other.yaml {PLACE}"), "--boundary generate");
    assert_eq!((generated, code), (9, 9), "{talk}");
    assert!(talk.contains("policy/cloudformation-dev-app-boundary"), "{talk}");
}

#[test]
fn a_role_that_may_have_the_boundary_is_not_certain() {
    let template = bounded(APP).replace(
        "!Sub arn:aws:iam::${AWS::AccountId}:policy/cloudformation-dev-app-boundary",
        "!Ref Limit",
    );
    let folder = Folder::new("role-maybe")
        .with("t.yaml", format!("Parameters:\n  Limit: {{Type: String}}\n{template}"));
    let (generated, code, talk) =
        checked(&folder, &format!("t.yaml {PLACE}"), "--boundary generate");
    assert_eq!((generated, code), (4, 4), "{talk}");
}

#[test]
fn gaps_have_their_exit_code() {
    let ran = folder("role-gaps").run(&format!("generate service-role odd.yaml {PLACE}"));
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(ran.stdout.contains("\"trust\""));
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let folder = folder("role-refused");
    for (arguments, code, expected) in [
        ("", 2, "<PATH>"),
        ("queue.yaml --role-name a/b", 2, "a role's name has up to 64"),
        ("queue.yaml --boundary arn:aws:iam::1:policy/x", 2, "expected `generate`"),
        ("queue.yaml --boundary a*", 2, "expected `generate`"),
        ("queue.yaml --limit user-inline", 2, "role-inline"),
        ("queue.yaml --mode direct", 2, "--mode"),
        ("none.yaml", 3, "cannot read `none.yaml`"),
        ("cdk.out --stack none", 2, "the input has no stack `none`"),
        ("queue.yaml odd.yaml --stack-name x", 2, "names one stack"),
    ] {
        let ran = folder.run(&format!("generate service-role {arguments}"));
        assert_eq!((ran.code, ran.stdout.as_str()), (code, ""), "{arguments}: {}", ran.stderr);
        assert!(ran.stderr.contains(expected), "{arguments}: {}", ran.stderr);
    }
}
