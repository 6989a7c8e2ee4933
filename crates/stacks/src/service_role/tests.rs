//! What is found in small templates.

use stackpass_ground::source::Source;

use super::*;
use crate::deployment::{Deployment, Input, Mode, Options, Tool};
use crate::need::Need;
use crate::{needs, plan};

const BOUNDARY: &str = "arn:aws:iam::111122223333:policy/limit";

fn deployment(resources: &str) -> Deployment {
    let options = Options {
        stack_name: Some("shop".to_owned()),
        account: Some("111122223333".to_owned()),
        region: Some("eu-west-1".to_owned()),
        mode: Some(Mode::ServiceRole),
        service_role: Some("arn:aws:iam::111122223333:role/deployer".to_owned()),
        ..Options::new()
    };
    let text = format!("Parameters: {{Name: {{Type: String}}}}\nResources:\n{resources}");
    plan(&[Input::Template(Source::new("t.yaml", text))], &options).0
}

/// The codes of the findings, escalations first.
fn codes(resources: &str, role: &str) -> Vec<&'static str> {
    let deployment = deployment(resources);
    let needs = needs(&deployment).needs;
    let needs: Vec<&Need> = needs.iter().collect();
    findings(&deployment, &needs, role).iter().map(|finding| finding.code.as_str()).collect()
}

fn check(resources: &str, expected: &[&str]) {
    assert_eq!(codes(resources, "arn:*:iam::*:role/deployer"), expected, "{resources}");
}

#[test]
fn every_role_stays_attached() {
    check("  Jobs: {Type: AWS::SQS::Queue}", &["stays-attached"]);
}

#[test]
fn roles_with_permissions_open_two_ways() {
    check(
        "  Worker: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {}, Policies: [{PolicyName: p, PolicyDocument: {}}]}}",
        &["creates-roles", "edits-trust", "stays-attached"],
    );
}

#[test]
fn functions_run_code_with_roles() {
    check(
        "  Run: {Type: AWS::Lambda::Function, Properties: {Code: {ZipFile: x}, Role: 'arn:aws:iam::111122223333:role/r'}}",
        &["runs-code-with-roles", "stays-attached"],
    );
}

#[test]
fn users_groups_and_policies_open_ways() {
    check(
        "  Ada: {Type: AWS::IAM::User, Properties: {Groups: [admins]}}\n  Key: {Type: AWS::IAM::AccessKey, Properties: {UserName: !Ref Ada}}",
        &["creates-users", "edits-groups", "makes-credentials", "stays-attached"],
    );
    check(
        "  Read: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: {}}}",
        &["edits-policies", "stays-attached"],
    );
}

#[test]
fn nested_stacks_and_custom_resources_are_told() {
    check(
        "  More: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: 'https://s3.amazonaws.com/b/t.json'}}",
        &["nested-stacks", "stays-attached"],
    );
    check(
        "  Odd: {Type: Custom::Odd, Properties: {ServiceToken: 'arn:aws:lambda:eu-west-1:111122223333:function:odd'}}",
        &["custom-resources", "stays-attached"],
    );
}

#[test]
fn role_among_those_of_the_stack_changes_itself() {
    let role = "  Worker: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {}}}";
    let reaches =
        |name: &str| codes(role, &format!("arn:*:iam::*:role/{name}")).contains(&"changes-itself");
    assert!(reaches("shop-Worker-1"));
    assert!(!reaches("shop"));
    assert!(!reaches(&default_name(["shop"])));
}

#[test]
fn assumed_deploy_role_is_told() {
    let mut deployment = deployment("  Jobs: {Type: AWS::SQS::Queue}");
    deployment.tool = Tool::Cdk;
    let found = findings(&deployment, &[], "arn:*:iam::*:role/deployer");
    assert_eq!(found.first().map(|finding| finding.code.as_str()), Some("deploy-role"));
}

#[test]
fn statements_named_by_findings_are_of_the_boundary() {
    let limit = boundary(&[], "arn:aws:iam::111122223333:role/deployer", BOUNDARY).unwrap();
    let sids: Vec<String> = limit
        .statements
        .iter()
        .filter_map(|statement| statement.sid.as_ref().map(ToString::to_string))
        .collect();
    for closing in Closing::ALL {
        assert!(sids.iter().any(|sid| sid == closing.sid()), "{closing:?} {sids:?}");
    }
}

fn carried(properties: &str) -> Option<Carried> {
    let role = format!("  Worker:\n    Type: AWS::IAM::Role\n    Properties: {{{properties}}}");
    let mut found = unbounded(&deployment(&role), BOUNDARY);
    assert!(found.len() <= 1);
    found.pop().map(|principal| principal.carried)
}

#[test]
fn boundary_of_a_principal_is_compared() {
    let sub = |text: &str| format!("PermissionsBoundary: !Sub '{text}'");
    assert_eq!(carried(""), Some(Carried::None));
    assert_eq!(carried(&format!("PermissionsBoundary: '{BOUNDARY}'")), None);
    assert_eq!(carried(&sub("arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/limit")), None);
    let other = "arn:aws:iam::111122223333:policy/other";
    assert_eq!(
        carried(&format!("PermissionsBoundary: {other}")),
        Some(Carried::Other(other.to_owned()))
    );
    assert_eq!(carried("PermissionsBoundary: !Ref Name"), Some(Carried::Unknown));
    let named = sub("arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/${Name}");
    assert_eq!(carried(&named), Some(Carried::Unknown));
    assert_eq!(carried("PermissionsBoundary: !Ref AWS::NoValue"), Some(Carried::None));
}

#[test]
fn only_roles_and_users_carry_a_boundary() {
    let text = "  Ada: {Type: AWS::IAM::User}\n  All: {Type: AWS::IAM::Group}\n  Jobs: {Type: AWS::SQS::Queue}";
    let found = unbounded(&deployment(text), BOUNDARY);
    let ids: Vec<&str> = found.iter().map(|it| it.resource.logical_id.as_str()).collect();
    assert_eq!(ids, ["Ada"]);
}

#[test]
fn what_the_boundary_leaves_out_is_found_in_policies() {
    let policy = |actions: &str, effect: &str| {
        let text = format!(
            "  P: {{Type: AWS::IAM::Policy, Properties: {{PolicyName: p, PolicyDocument: {{Statement: [{{Effect: {effect}, Action: {actions}, Resource: '*'}}]}}}}}}"
        );
        let found = asking_beyond(&deployment(&text));
        found.into_iter().flat_map(|(_, actions)| actions).collect::<Vec<_>>()
    };
    assert_eq!(
        policy("[s3:GetObject, 'sts:AssumeRole', iam:Get*]", "Allow"),
        ["iam:Get*", "sts:AssumeRole"]
    );
    assert_eq!(policy("'*'", "Allow"), ["*"]);
    assert!(policy("iam:CreateRole", "Deny").is_empty());
    assert!(policy("[s3:*, 'sts:GetCallerIdentity']", "Allow").is_empty());
}

#[test]
fn names_are_short_enough_and_not_those_of_the_stacks() {
    let long = "s".repeat(128);
    for stacks in [vec!["a"], vec![long.as_str()], vec!["a-b-c", "a-b-d"], vec!["x", "y"]] {
        let name = default_name(stacks.iter().copied());
        assert!(name.len() <= 64 && name.starts_with("cloudformation-"), "{name}");
        let mut reversed = stacks.clone();
        reversed.reverse();
        assert_eq!(default_name(reversed), name);
    }
}

#[test]
fn boundary_that_a_template_sets_is_asked_for_once() {
    let asked = |boundary: &str| {
        let role = format!(
            "  Worker: {{Type: AWS::IAM::Role, Properties: {{AssumeRolePolicyDocument: {{}}, PermissionsBoundary: '{boundary}'}}}}"
        );
        let needs = bound(needs(&deployment(&role)), BOUNDARY).needs;
        let create = needs.iter().find(|need| need.action.as_str() == "iam:CreateRole").unwrap();
        create.conditions.iter().map(|(_, _, values)| values.clone()).collect::<Vec<_>>()
    };
    let set = |text: &str| [text.to_owned()].into();
    assert_eq!(asked(BOUNDARY), [set(BOUNDARY)]);
    // Both conditions have to hold, so that another boundary is refused.
    let other = "arn:aws:iam::111122223333:policy/other";
    assert_eq!(asked(other), [set(other), set(BOUNDARY)]);
}
