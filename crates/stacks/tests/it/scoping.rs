//! How closely permissions are scoped, for small templates: what is granted, and what is said about it.

use std::collections::BTreeSet;

use stackpass_policy::source::Source;
use stackpass_stacks::deploy::{Input, Options, needs, plan};
use stackpass_stacks::need::{Need, Scoping, Who};

use super::deployments;

fn options() -> Options {
    Options { stack_name: Some("app".to_owned()), ..deployments::options() }
}

fn executor(resources: &str) -> Vec<Need> {
    let source = Source::new("t.yaml", format!("Resources:\n{resources}"));
    let (deployment, problems) = plan(&[Input::Template(source)], &options());
    assert!(problems.is_empty(), "{problems:?}");
    needs(&deployment).needs.into_iter().filter(|need| need.who == Who::Executor).collect()
}

/// The resources of an action, without repeats.
fn resources(needs: &[Need], action: &str) -> BTreeSet<String> {
    let of = needs.iter().filter(|need| need.action.to_string() == action);
    of.flat_map(|need| need.resources.iter().map(ToString::to_string)).collect()
}

fn check(template: &str, action: &str, expected: &[&str]) {
    let found = resources(&executor(template), action);
    assert_eq!(found, expected.iter().map(|&arn| arn.to_owned()).collect(), "{action}");
}

#[test]
fn a_managed_policy_of_the_stack_may_be_attached_and_no_other() {
    let needs = executor(
        "  R: {Type: AWS::IAM::Role, Properties: {ManagedPolicyArns: [!Ref P], AssumeRolePolicyDocument: {Statement: []}}}\n  \
         P: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: {Statement: []}}}",
    );
    let attached: BTreeSet<String> = needs
        .iter()
        .filter(|need| need.action.to_string() == "iam:AttachRolePolicy")
        .map(|need| format!("{:?}", need.conditions))
        .collect();
    assert_eq!(attached.len(), 1, "{attached:?}");
    assert!(
        attached.iter().all(|text| text.contains("arn:aws:iam::111122223333:policy/app-P-*")),
        "{attached:?}"
    );
}

#[test]
fn a_rule_that_spells_out_a_wildcard_does_not_call_it_named() {
    let needs = executor("  A: {Type: AWS::CloudWatch::Alarm, Properties: {AlarmName: a}}");
    let of: BTreeSet<&Scoping> = needs
        .iter()
        .filter(|need| need.resources.iter().any(|arn| arn.to_string().ends_with(":alarm:*")))
        .map(|need| &need.scoping)
        .collect();
    assert_eq!(of, BTreeSet::from([&Scoping::AnyOfType]));
}

#[test]
fn an_arn_template_without_a_name_is_an_identifier_of_the_service() {
    let needs = executor("  K: {Type: AWS::KMS::Key, Properties: {KeyPolicy: {}}}");
    let of: BTreeSet<&Scoping> = needs
        .iter()
        .filter(|need| need.action.to_string() == "kms:PutKeyPolicy")
        .map(|need| &need.scoping)
        .collect();
    assert_eq!(of, BTreeSet::from([&Scoping::GeneratedId]));
}

#[test]
fn a_rule_of_a_custom_bus_has_no_permissions_on_the_default_one() {
    let bus = "  Bus: {Type: AWS::Events::EventBus, Properties: {Name: jobs}}\n  \
               R: {Type: AWS::Events::Rule, Properties: {Name: r, EventBusName: !Ref Bus}}";
    check(bus, "events:PutRule", &["arn:aws:events:eu-west-1:111122223333:rule/jobs/r"]);
    let default = "  R: {Type: AWS::Events::Rule, Properties: {Name: r, EventBusName: default}}";
    assert!(
        resources(&executor(default), "events:PutRule")
            .contains("arn:aws:events:eu-west-1:111122223333:rule/r")
    );
}

#[test]
fn an_alarm_that_notifies_a_topic_does_nothing_else() {
    let alarm = "  T: {Type: AWS::SNS::Topic}\n  \
                 A: {Type: AWS::CloudWatch::Alarm, Properties: {AlarmActions: [!Ref T]}}";
    check(alarm, "iam:CreateServiceLinkedRole", &[]);
}

#[test]
fn a_validation_record_is_written_in_the_named_zone() {
    check(
        "  C: {Type: AWS::CertificateManager::Certificate, Properties: {DomainName: a.example.com, \
         DomainValidationOptions: [{DomainName: a.example.com, HostedZoneId: Z1}]}}",
        "route53:ChangeResourceRecordSets",
        &["arn:aws:route53:::hostedzone/Z1"],
    );
}

#[test]
fn a_group_of_instances_does_not_read_all_of_ec2() {
    let group = "  G: {Type: AWS::AutoScaling::AutoScalingGroup, Properties: {MinSize: '1', MaxSize: '1', \
                 LaunchTemplate: {LaunchTemplateId: lt-1, Version: '1'}}}";
    check(group, "ec2:GetPasswordData", &[]);
    check(group, "ec2:GetConsoleOutput", &[]);
    check(group, "ec2:DescribeLaunchTemplateVersions", &["*"]);
    let reads = executor(group).into_iter().map(|need| need.action.to_string());
    let reads: BTreeSet<String> = reads.filter(|action| action.starts_with("ec2:")).collect();
    assert!(reads.len() < 25, "{reads:?}");
}

#[test]
fn a_resource_type_with_two_arn_formats_gives_two_arns() {
    let needs = executor(
        "  A: {Type: AWS::ApplicationInsights::Application, Properties: {ResourceGroupName: g}}",
    );
    let found = resources(&needs, "apigateway:GET");
    assert!(found.contains("arn:aws:apigateway:eu-west-1::/apis/*/stages/*"), "{found:?}");
    assert!(found.iter().all(|arn| !arn.contains(',')), "{found:?}");
}

#[test]
fn a_schedule_lies_in_its_group_or_in_the_default_one() {
    let schedule = |group: &str| {
        format!("  S: {{Type: AWS::Scheduler::Schedule, Properties: {{Name: s, {group}}}}}")
    };
    let arn = |group: &str| format!("arn:aws:scheduler:eu-west-1:111122223333:schedule/{group}/s");
    check(&schedule(""), "scheduler:CreateSchedule", &[&arn("default")]);
    check(&schedule("GroupName: g"), "scheduler:CreateSchedule", &[&arn("g")]);
}

#[test]
fn a_policy_that_is_not_known_is_attached_with_a_gap() {
    let template = "Parameters: {P: {Type: CommaDelimitedList}}\nResources:\n  \
        R: {Type: AWS::IAM::Role, Properties: {ManagedPolicyArns: !Ref P, AssumeRolePolicyDocument: {Statement: []}}}";
    let (deployment, _) = plan(&[Input::Template(Source::new("t.yaml", template))], &options());
    let gaps = needs(&deployment).gaps;
    let told = gaps.iter().any(|gap| gap.message.contains("`ManagedPolicyArns`"));
    assert!(told, "{gaps:?}");
}
