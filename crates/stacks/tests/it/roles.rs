//! Which roles are passed, and to whom.

use std::collections::BTreeSet;

use stackpass_ground::source::Source;
use stackpass_stacks::deployment::Input;
use stackpass_stacks::need::Need;
use stackpass_stacks::{needs, plan};

use super::deployments::needs_of;
use super::references::ROLE;
use super::scoping::{check, executor, options, resources};

/// A role, its profile, and a launch template with the profile.
const PROFILE: &str = "  R: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {Statement: []}}}\n  \
    P: {Type: AWS::IAM::InstanceProfile, Properties: {InstanceProfileName: p, Roles: [!Ref R, other]}}\n  \
    T: {Type: AWS::EC2::LaunchTemplate, Properties: {LaunchTemplateData: {IamInstanceProfile: {Arn: !GetAtt P.Arn}}}}";

fn passed(resource: &str) -> BTreeSet<String> {
    let needs = executor(&format!("{PROFILE}\n  X: {{{resource}}}"));
    let of = needs.into_iter().filter(|need| {
        need.why.resource.as_ref().is_some_and(|resource| resource.logical_id == "X")
    });
    resources(&of.collect::<Vec<_>>(), "iam:PassRole")
}

#[test]
fn instances_get_the_roles_of_their_profile_and_no_other() {
    let role = |name: &str| format!("arn:aws:iam::111122223333:role/{name}");
    let inside = BTreeSet::from([role("app-R-*"), role("other"), role("*/other")]);
    for resource in [
        "Type: AWS::AutoScaling::LaunchConfiguration, Properties: {IamInstanceProfile: !Ref P}",
        "Type: AWS::AutoScaling::LaunchConfiguration, Properties: {IamInstanceProfile: p}",
        "Type: AWS::AutoScaling::AutoScalingGroup, Properties: {LaunchTemplate: {LaunchTemplateId: !Ref T}}",
        "Type: AWS::AutoScaling::AutoScalingGroup, Properties: {MixedInstancesPolicy: {LaunchTemplate: \
         {LaunchTemplateSpecification: {LaunchTemplateId: !GetAtt T.LaunchTemplateId}}}}",
        "Type: AWS::EC2::Instance, Properties: {IamInstanceProfile: !Ref P}",
        "Type: AWS::EC2::Instance, Properties: {LaunchTemplate: {LaunchTemplateId: !Ref T}}",
        "Type: AWS::EC2::EC2Fleet, Properties: {LaunchTemplateConfigs: [{LaunchTemplateSpecification: {LaunchTemplateId: !Ref T}}]}",
        "Type: AWS::EMR::Cluster, Properties: {JobFlowRole: !Ref P}",
        "Type: AWS::WorkspacesInstances::WorkspaceInstance, Properties: {ManagedInstance: {IamInstanceProfile: {Name: !Ref P}}}",
    ] {
        assert_eq!(passed(resource), inside, "{resource}");
    }
    let none = "Type: AWS::AutoScaling::AutoScalingGroup, Properties: {MinSize: '0'}";
    assert_eq!(passed(none), BTreeSet::new());
}

fn gaps(resources: &str) -> Vec<String> {
    let source = Source::new("t.yaml", format!("Resources:\n{resources}"));
    let (deployment, _) = plan(&[Input::Template(source)], &options());
    needs(&deployment).gaps.into_iter().map(|gap| gap.code.to_string()).collect()
}

#[test]
fn passing_any_role_is_a_gap() {
    let outside = "  X: {Type: AWS::EC2::Instance, Properties: {IamInstanceProfile: elsewhere}}";
    assert_eq!(gaps(outside), ["unresolved-value"]);
    let needs = executor(outside);
    assert_eq!(
        resources(&needs, "iam:PassRole").into_iter().collect::<Vec<_>>(),
        ["arn:aws:iam::111122223333:role/*"]
    );
}

#[test]
fn a_role_that_no_property_names_is_a_gap_and_no_permission() {
    let daemon = "  X: {Type: AWS::Connect::EmailAddress, Properties: {InstanceArn: a, EmailAddress: b@example.com}}";
    assert!(gaps(daemon).contains(&"unknown-role".to_owned()));
    check(daemon, "iam:PassRole", &[]);
    let takes_none =
        "  X: {Type: AWS::DataBrew::Schedule, Properties: {Name: s, CronExpression: c}}";
    assert!(!gaps(takes_none).contains(&"unknown-role".to_owned()));
}

#[test]
fn a_role_is_passed_to_the_service_of_the_type_alone() {
    let role = |services: &str| {
        format!(
            "  R: {{Type: AWS::IAM::Role, Properties: {{AssumeRolePolicyDocument: {{Statement: [{{Principal: {{Service: [{services}]}}}}]}}}}}}\n"
        )
    };
    let receivers = |template: &str| -> BTreeSet<String> {
        let needs = executor(template);
        let of = needs.iter().filter(|need| need.action.as_str() == "iam:PassRole");
        of.flat_map(|need| need.conditions.iter().flat_map(|(_, _, values)| values.clone()))
            .collect()
    };
    let check = |trusted: &str, resource: &str, expected: &str| {
        let found = receivers(&format!("{}  X: {{{resource}}}", role(trusted)));
        assert_eq!(found, BTreeSet::from([expected.to_owned()]), "{trusted}");
    };
    let function =
        "Type: AWS::Lambda::Function, Properties: {Role: !GetAtt R.Arn, Code: {ZipFile: ''}}";
    check("lambda.amazonaws.com, edgelambda.amazonaws.com", function, "lambda.amazonaws.com");
    let machine = "Type: AWS::StepFunctions::StateMachine, Properties: {RoleArn: !GetAtt R.Arn, DefinitionString: '{}'}";
    check("events.amazonaws.com, states.eu-west-1.amazonaws.com", machine, "states.amazonaws.com");
    let flow = "Type: AWS::EC2::FlowLog, Properties: {DeliverLogsPermissionArn: !GetAtt R.Arn, ResourceId: a, ResourceType: VPC}";
    check("vpc-flow-logs.amazonaws.com, ec2.amazonaws.com", flow, "vpc-flow-logs.amazonaws.com");
    // Where the template trusts none of the services that we know, the template knows better.
    check("new.amazonaws.com", function, "new.amazonaws.com");
}

#[test]
fn a_service_linked_role_is_that_of_the_service() {
    let of = |template: &str| {
        let needs = executor(template);
        let made: Vec<Need> = needs
            .into_iter()
            .filter(|need| need.action.as_str() == "iam:CreateServiceLinkedRole")
            .collect();
        let conditions: BTreeSet<String> = made
            .iter()
            .flat_map(|need| need.conditions.iter())
            .flat_map(|(_, key, values)| {
                values.iter().map(move |value| format!("{} {value}", key.as_str()))
            })
            .collect();
        (resources(&made, "iam:CreateServiceLinkedRole"), conditions)
    };
    let (roles, conditions) = of(
        "  C: {Type: AWS::MemoryDB::Cluster, Properties: {ClusterName: c, NodeType: t, ACLName: a}}",
    );
    let role = "arn:aws:iam::111122223333:role/aws-service-role/memorydb.amazonaws.com/*";
    assert_eq!(roles, BTreeSet::from([role.to_owned()]));
    assert_eq!(
        conditions,
        BTreeSet::from(["iam:AWSServiceName memorydb.amazonaws.com".to_owned()])
    );
}

#[test]
fn a_role_is_looked_up_where_the_template_names_one() {
    let instance = |more: &str| {
        format!("  D: {{Type: AWS::RDS::DBInstance, Properties: {{DBInstanceClass: c, {more}}}}}")
    };
    let linked = "arn:aws:iam::111122223333:role/aws-service-role/rds.amazonaws.com/*";
    check(&instance("Engine: mysql"), "iam:GetRole", &[linked]);
    let role = "arn:aws:iam::111122223333:role/monitor";
    check(&instance(&format!("MonitoringRoleArn: '{role}'")), "iam:GetRole", &[linked, role]);
}

#[test]
fn roles_are_passed_that_no_handler_lists() {
    for (resource_type, properties, service) in [
        ("SES::MailManagerRuleSet", "Rules: [{Actions: [{WriteToS3: {RoleArn: ROLE}}]}]", "ses"),
        (
            "IoTAnalytics::Channel",
            "ChannelStorage: {CustomerManagedS3: {RoleArn: ROLE}}",
            "iotanalytics",
        ),
        ("Redshift::RedshiftIdcApplication", "IamRoleArn: ROLE", "redshift"),
        ("Forecast::Dataset", "EncryptionConfig: {RoleArn: ROLE}", "forecast"),
    ] {
        let properties = properties.replace("ROLE", &format!("'{ROLE}'"));
        let resource = format!("  R: {{Type: AWS::{resource_type}, Properties: {{{properties}}}}}");
        check(&resource, "iam:PassRole", &[ROLE]);
        let needs = needs_of(&format!("Resources:\n{resource}"), &options());
        let passed: Vec<_> =
            needs.needs.iter().filter(|need| need.action.as_str() == "iam:PassRole").collect();
        let condition = format!("{service}.amazonaws.com");
        for need in passed {
            assert!(format!("{:?}", need.conditions).contains(&condition), "{resource_type}");
        }
    }
}

#[test]
fn role_is_passed_though_no_handler_says_so() {
    check(
        "  F: {Type: AWS::GameLift::Fleet, Properties: {Name: f, InstanceRoleARN: 'arn:aws:iam::111122223333:role/game'}}",
        "iam:PassRole",
        &["arn:aws:iam::111122223333:role/game"],
    );
    check("  F: {Type: AWS::GameLift::Fleet, Properties: {Name: f}}", "iam:PassRole", &[]);
}
