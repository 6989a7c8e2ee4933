//! Which calls of a tool apply when, and to what.

use std::collections::BTreeSet;

use stackpass_ground::arn::ArnPattern;
use stackpass_ground::source::Source;

use crate::deployment::{Deployment, Input, Mode, Options, Tool};
use crate::need::{Need, Needs, Who};
use crate::{needs, plan};

fn options() -> Options {
    Options {
        stack_name: Some("shop".to_owned()),
        account: Some("111122223333".to_owned()),
        region: Some("eu-west-1".to_owned()),
        ..Options::new()
    }
}

fn template(text: &str, options: &Options) -> Deployment {
    plan(&[Input::Template(Source::new("t.yaml", text))], options).0
}

const QUEUE: &str = "Resources: {Queue: {Type: AWS::SQS::Queue}}";

/// A modern assembly whose one stack names a deploy role and whose template a role publishes.
fn modern(stack_properties: &'static str, options: &Options) -> Deployment {
    let files = move |path: &str| {
        let text = match path {
            "manifest.json" => format!(
                r#"{{"version": "36.0.0", "artifacts": {{
                    "Shop.assets": {{"type": "cdk:asset-manifest", "properties": {{"file": "Shop.assets.json"}}}},
                    "Shop": {{"type": "aws:cloudformation:stack", "environment": "aws://111122223333/eu-west-1",
                        "dependencies": ["Shop.assets"], "properties": {{"templateFile": "t.json",
                        "assumeRoleArn": "arn:${{AWS::Partition}}:iam::111122223333:role/cdk-hnb659fds-deploy-role-111122223333-eu-west-1"
                        {stack_properties}}}}}}}}}"#
            ),
            "t.json" => r#"{"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}"#.to_owned(),
            "Shop.assets.json" => r#"{"files": {"t": {"source": {"path": "t.json"}, "destinations": {"here": {
                "bucketName": "cdk-hnb659fds-assets-111122223333-eu-west-1", "objectKey": "t.json",
                "assumeRoleArn": "arn:${AWS::Partition}:iam::111122223333:role/cdk-hnb659fds-file-publishing-role-111122223333-eu-west-1"
                }}}}, "dockerImages": {}}"#.to_owned(),
            _ => return None,
        };
        Some(Source::new(path, text))
    };
    let (deployment, problems) = plan(&[Input::Assembly { files: Box::new(files) }], options);
    assert!(problems.is_empty(), "{problems:?}");
    deployment
}

fn of_caller(needs: &Needs) -> Vec<&Need> {
    needs.needs.iter().filter(|need| need.who == Who::Caller).collect()
}

/// The actions of the caller, with what they act on.
fn calls(deployment: &Deployment) -> BTreeSet<(String, String)> {
    let needs = needs(deployment);
    let calls = of_caller(&needs).into_iter().flat_map(|need| {
        need.resources.iter().map(|arn| (need.action.to_string(), arn.to_string()))
    });
    calls.collect()
}

fn call(action: &str, arn: &str) -> (String, String) {
    (action.to_owned(), arn.to_owned())
}

#[test]
fn a_template_is_deployed_by_a_change_set_on_its_stack() {
    let calls = calls(&template(QUEUE, &options()));
    let stack = "arn:aws:cloudformation:eu-west-1:111122223333:stack/shop/*";
    for action in ["CreateChangeSet", "DescribeChangeSet", "ExecuteChangeSet", "DescribeStacks"] {
        assert!(calls.contains(&call(&format!("cloudformation:{action}"), stack)), "{action}");
    }
    assert!(!calls.iter().any(|(action, _)| action.starts_with("sts:AssumeRole")));
}

#[test]
fn a_modern_app_is_published_and_deployed_through_its_roles() {
    let deployment = modern("", &options());
    assert_eq!((deployment.tool, deployment.mode), (Tool::Cdk, Mode::Bootstrap));
    let calls = calls(&deployment);
    let role = |name: &str| {
        format!("arn:aws:iam::111122223333:role/cdk-hnb659fds-{name}-role-111122223333-eu-west-1")
    };
    assert!(calls.contains(&call("sts:AssumeRole", &role("deploy"))));
    assert!(calls.contains(&call("sts:AssumeRole", &role("file-publishing"))));
    assert!(!calls.contains(&call("sts:AssumeRole", &role("image-publishing"))), "has no images");
    let others: Vec<_> = calls.iter().filter(|(action, _)| action != "sts:AssumeRole").collect();
    assert!(others.is_empty(), "the roles do everything else: {others:?}");
}

#[test]
fn session_tags_need_a_permission_of_their_own() {
    let plain = calls(&modern("", &options()));
    let tagged = calls(&modern(
        r#", "assumeRoleAdditionalOptions": {"Tags": [{"Key": "a", "Value": "b"}]}"#,
        &options(),
    ));
    let tag_session = |calls: &BTreeSet<(String, String)>| {
        calls.iter().any(|(action, _)| action == "sts:TagSession")
    };
    assert!(!tag_session(&plain));
    assert!(tag_session(&tagged));
}

#[test]
fn a_service_role_is_passed_by_the_caller() {
    let given = Options {
        mode: Some(Mode::ServiceRole),
        service_role: Some("deployer".to_owned()),
        ..options()
    };
    let found = calls(&template(QUEUE, &given));
    let passed = |calls: &BTreeSet<(String, String)>| -> Vec<String> {
        let passing = calls.iter().filter(|(action, _)| action == "iam:PassRole");
        passing.map(|(_, arn)| arn.clone()).collect()
    };
    assert_eq!(passed(&found), ["arn:aws:iam::111122223333:role/deployer"]);
    for with_path in ["ci/deployer", "arn:aws:iam::111122223333:role/ci/deployer"] {
        let given = Options { service_role: Some(with_path.to_owned()), ..given.clone() };
        let found = calls(&template(QUEUE, &given));
        assert_eq!(passed(&found), ["arn:aws:iam::111122223333:role/ci/deployer"]);
    }

    let nameless = template(QUEUE, &Options { service_role: None, ..given });
    assert!(needs(&nameless).gaps.iter().any(|gap| gap.code == "service-role"));
}

#[test]
fn stacks_are_changed_with_the_service_role_only() {
    let role = "arn:aws:iam::111122223333:role/ci/deployer";
    let pins = |tool, action: &str| -> BTreeSet<String> {
        let given = Options {
            tool: Some(tool),
            mode: Some(Mode::ServiceRole),
            service_role: Some(role.to_owned()),
            ..options()
        };
        let needs = needs(&template(QUEUE, &given)).needs;
        let of_action = needs
            .iter()
            .filter(|need| need.action.to_string() == action && need.who == Who::Caller);
        of_action
            .map(|need| {
                let conditions: Vec<_> = need.conditions.iter().collect();
                let [(operator, key, values)] = conditions.as_slice() else {
                    return format!("{conditions:?}");
                };
                assert_eq!(
                    (key.as_str(), values.iter().eq([role])),
                    ("cloudformation:RoleArn", true)
                );
                operator.to_string()
            })
            .collect()
    };
    for tool in [Tool::AwsCli, Tool::CdkLegacy, Tool::SstV1, Tool::CdkBootstrap] {
        let pinned = pins(tool, "cloudformation:CreateChangeSet");
        assert_eq!(pinned, BTreeSet::from(["StringEquals".to_owned()]), "{tool}");
        assert_eq!(pins(tool, "cloudformation:DescribeStacks"), BTreeSet::from(["[]".to_owned()]));
        // The CDK deletes a stack whose creation failed without naming a role, as `sst remove` deletes every stack.
        let deleted = pins(tool, "cloudformation:DeleteStack");
        assert_eq!(deleted, BTreeSet::from(["StringEqualsIfExists".to_owned()]), "{tool}");
    }
}

#[test]
fn code_is_uploaded_to_the_bucket_that_is_named() {
    let parameters = [("SamPackageBucket".to_owned(), "code".to_owned())].into();
    let named = calls(&template(QUEUE, &Options { parameters, ..options() }));
    let upload = call("s3:PutObject", "arn:aws:s3:::code/*");
    assert!(named.contains(&upload), "{named:#?}");
    assert!(!calls(&template(QUEUE, &options())).contains(&upload));
}

#[test]
fn own_credentials_publish_what_a_role_would() {
    let given = |mode| Options { tool: Some(Tool::CdkLegacy), mode, ..options() };
    let upload =
        call("s3:PutObject", "arn:aws:s3:::cdk-hnb659fds-assets-111122223333-eu-west-1/t.json");
    let own = calls(&modern("", &given(None)));
    assert!(own.contains(&upload), "{own:#?}");
    let assumed = |calls: &BTreeSet<(String, String)>| {
        calls.iter().any(|(action, _)| action == "sts:AssumeRole")
    };
    assert!(!assumed(&own));

    let sst = |mode| calls(&modern("", &Options { tool: Some(Tool::SstV1), ..given(mode) }));
    assert!(assumed(&sst(None)) && !sst(None).contains(&upload));
    let with_role = sst(Some(Mode::ServiceRole));
    assert!(!assumed(&with_role) && with_role.contains(&upload), "{with_role:#?}");
}

#[test]
fn the_caller_reads_stored_parameters() {
    let text = "
Parameters:
  Image: {Type: 'AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>', Default: /aws/images/latest}
Resources: {Queue: {Type: AWS::SQS::Queue}}";
    let found = calls(&template(text, &options()));
    let arn = "arn:aws:ssm:eu-west-1:111122223333:parameter/aws/images/latest";
    assert!(found.contains(&call("ssm:GetParameters", arn)), "{found:#?}");
}

#[test]
fn the_caller_may_look_up_what_parameters_name() {
    let text = "
Parameters:
  Subnets: {Type: 'List<AWS::EC2::Subnet::Id>'}
Resources: {Queue: {Type: AWS::SQS::Queue}}";
    assert!(calls(&template(text, &options())).contains(&call("ec2:DescribeSubnets", "*")));
}

#[test]
fn a_macro_is_a_gap() {
    let text = "
Transform: Shout
Resources: {Queue: {Type: AWS::SQS::Queue}}";
    let needs = needs(&template(text, &options()));
    assert_eq!(needs.gaps.iter().map(|gap| gap.code).collect::<Vec<_>>(), ["macro"]);
}

#[test]
fn sam_uploads_to_its_own_bucket_or_the_one_that_is_named() {
    let given = Options { tool: Some(Tool::Sam), ..options() };
    let text = "Transform: AWS::Serverless-2016-10-31\n\
                Resources: {F: {Type: AWS::Serverless::Function, Properties: {CodeUri: src, Handler: h, Runtime: nodejs22.x}}}";
    let managed = template(text, &given);
    let own = "arn:aws:s3:::aws-sam-cli-managed-default-samclisourcebucket-*";
    let found = calls(&managed);
    assert!(found.contains(&call("s3:PutObject", &format!("{own}/*"))), "{found:#?}");
    assert!(found.contains(&call("s3:CreateBucket", own)));
    let stack = "arn:aws:cloudformation:eu-west-1:111122223333:stack/aws-sam-cli-managed-default/*";
    assert!(found.contains(&call("cloudformation:DescribeStacks", stack)));
    let needs = needs(&managed);
    let read = needs
        .needs
        .iter()
        .filter(|need| need.who == Who::Executor && need.action.as_str() == "s3:GetObject");
    let read: BTreeSet<&str> =
        read.flat_map(|need| &need.resources).map(ArnPattern::as_str).collect();
    assert_eq!(
        read,
        BTreeSet::from([format!("{own}/*").as_str()]),
        "the executor reads the code there"
    );

    let parameters = [("SamPackageBucket".to_owned(), "code".to_owned())].into();
    let found = calls(&template(text, &Options { parameters, ..given }));
    assert!(found.contains(&call("s3:PutObject", "arn:aws:s3:::code/*")));
    assert!(!found.iter().any(|(_, arn)| arn.contains("managed-default")), "{found:#?}");
}

/// The execution role that modern synthesis writes into a manifest.
const EXECUTION: &str = r#", "cloudFormationExecutionRoleArn": "arn:aws:iam::111122223333:role/cdk-hnb659fds-cfn-exec-role-111122223333-eu-west-1""#;

#[test]
fn the_execution_role_of_an_app_is_never_the_service_role() {
    for tool in
        [None, Some(Tool::Cdk), Some(Tool::CdkLegacy), Some(Tool::AwsCli), Some(Tool::SstV1)]
    {
        let given = |service_role: Option<&str>| Options {
            tool,
            mode: Some(Mode::ServiceRole),
            service_role: service_role.map(str::to_owned),
            ..options()
        };
        let passed = |deployment: &Deployment| -> BTreeSet<String> {
            let calls = calls(deployment).into_iter();
            calls.filter(|(action, _)| action == "iam:PassRole").map(|(_, arn)| arn).collect()
        };
        let named = modern(EXECUTION, &given(Some("deployer")));
        assert_eq!(
            passed(&named),
            BTreeSet::from(["arn:aws:iam::111122223333:role/deployer".to_owned()])
        );

        let nameless = modern(EXECUTION, &given(None));
        assert_eq!(passed(&nameless), BTreeSet::new(), "{tool:?}");
        let found = needs(&nameless);
        assert!(found.gaps.iter().any(|gap| gap.code == "service-role"), "{tool:?}");
        let pinned = of_caller(&found).into_iter().filter(|need| !need.conditions.is_empty());
        assert_eq!(pinned.count(), 0, "no call is bound to a role that nobody named");
        let of_stack = &nameless.stacks[0].stack.setting.executor_role;
        assert_eq!(of_stack, &None, "{tool:?}");
    }
}

#[test]
fn tools_without_roles_publish_the_files_of_a_modern_app_themselves() {
    let upload =
        call("s3:PutObject", "arn:aws:s3:::cdk-hnb659fds-assets-111122223333-eu-west-1/t.json");
    for tool in [Tool::CdkLegacy, Tool::AwsCli] {
        for mode in [Mode::Direct, Mode::ServiceRole] {
            let found =
                calls(&modern("", &Options { tool: Some(tool), mode: Some(mode), ..options() }));
            assert!(found.contains(&upload), "{tool} {mode}: {found:#?}");
            assert!(!found.iter().any(|(action, _)| action == "sts:AssumeRole"), "{tool} {mode}");
        }
    }
}

#[test]
fn a_stack_without_roles_beside_a_modern_one_is_deployed_by_the_caller() {
    let files = |path: &str| {
        let text = match path {
            "manifest.json" => {
                r#"{"version": "36.0.0", "artifacts": {
                "Old": {"type": "aws:cloudformation:stack", "environment": "aws://111122223333/eu-west-1",
                    "properties": {"templateFile": "t.json"}},
                "New": {"type": "aws:cloudformation:stack", "environment": "aws://111122223333/eu-west-1",
                    "properties": {"templateFile": "t.json", "assumeRoleArn": "arn:aws:iam::111122223333:role/deploy"}}}}"#
            }
            "t.json" => r#"{"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}"#,
            _ => return None,
        };
        Some(Source::new(path, text))
    };
    let input = Input::Assembly { files: Box::new(files) };
    let (deployment, _) = plan(&[input], &options());
    let found = calls(&deployment);
    let change_set = |name: &str| {
        let arn = format!("arn:aws:cloudformation:eu-west-1:111122223333:stack/{name}/*");
        call("cloudformation:CreateChangeSet", &arn)
    };
    assert!(found.contains(&change_set("Old")), "{found:#?}");
    assert!(!found.contains(&change_set("New")), "its deploy role does it");
    let assumed = found.iter().filter(|(action, _)| action == "sts:AssumeRole");
    assert_eq!(assumed.filter(|(_, arn)| arn.contains("deploy")).count(), 1, "{found:#?}");
}

#[test]
fn role_of_a_manifest_that_is_no_arn_is_a_gap() {
    let deployment = modern(r#", "lookupRole": {"arn": "deploy role"}"#, &options());
    let needs = needs(&deployment);
    let gaps: Vec<_> =
        needs.gaps.iter().map(|gap| (gap.code.as_str(), gap.message.as_str())).collect();
    let message = "`deploy role` is no ARN, so nothing of the caller's is allowed on it";
    assert_eq!(gaps, [("no-arn", message)]);
}
