//! How closely permissions are scoped, for small templates: what is granted, and what is said about it.

use std::collections::BTreeSet;

use stackpass_ground::source::Source;
use stackpass_stacks::deployment::{Input, Options};
use stackpass_stacks::need::{Need, Scoping, Who};
use stackpass_stacks::{needs, plan};

use super::deployments;

pub(super) fn options() -> Options {
    Options { stack_name: Some("app".to_owned()), ..deployments::options() }
}

pub(super) fn executor(resources: &str) -> Vec<Need> {
    let source = Source::new("t.yaml", format!("Resources:\n{resources}"));
    let (deployment, problems) = plan(&[Input::Template(source)], &options());
    assert!(problems.is_empty(), "{problems:?}");
    needs(&deployment).needs.into_iter().filter(|need| need.who == Who::Executor).collect()
}

/// The resources of an action, without repeats.
pub(super) fn resources(needs: &[Need], action: &str) -> BTreeSet<String> {
    let of = needs.iter().filter(|need| need.action.to_string() == action);
    of.flat_map(|need| need.resources.iter().map(ToString::to_string)).collect()
}

pub(super) fn check(template: &str, action: &str, expected: &[&str]) {
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

#[test]
fn a_gap_names_the_parameter_that_closes_it() {
    let help = |parameters: &str, resources: &str| {
        let text = format!("Parameters: {{{parameters}}}\nResources:\n{resources}");
        let (deployment, _) = plan(&[Input::Template(Source::new("t.yaml", text))], &options());
        let gaps = needs(&deployment).gaps;
        assert!(!gaps.is_empty(), "{resources}");
        gaps.into_iter()
            .map(|gap| gap.help.to_string())
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect::<Vec<_>>()
    };
    let check = |parameters: &str, resources: &str, expected: &str| {
        let found = help(parameters, resources);
        assert!(found.iter().all(|help| help.starts_with(expected)), "{found:?}");
    };
    let bucket = "  B: {Type: AWS::S3::Bucket, Properties: {BucketName: !Ref Name}}";
    check("Name: {Type: String}", bucket, "give it with `Name`");
    let through = "  B: {Type: AWS::S3::Bucket, Properties: {BucketName: !Ref Name}}\n  \
                   P: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: !Ref B, PolicyDocument: {}}}";
    check("Name: {Type: String}", through, "give it with `Name`");
    let joined = "  B: {Type: AWS::S3::Bucket, Properties: {BucketName: !Sub '${A}-${Name}'}}";
    check("Name: {Type: String}, A: {Type: String}", joined, "give it with `A`, `Name`");
    let role = "  R: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {}, ManagedPolicyArns: !Ref Arns}}";
    check(
        "Arns: {Type: CommaDelimitedList}",
        role,
        "if it is one of the lists, give it with `Arns`",
    );
    let imported = "  B: {Type: AWS::S3::Bucket, Properties: {BucketName: !ImportValue x}}";
    check("Name: {Type: String}", imported, "no parameter");
}

#[test]
fn a_parameter_named_by_a_gap_closes_it() {
    let text = "Parameters: {Name: {Type: String}}\nResources: {B: {Type: AWS::S3::Bucket, Properties: {BucketName: !Ref Name}}}";
    let mut options = options();
    options.parameters.insert("Name".to_owned(), "b".to_owned());
    let (deployment, _) = plan(&[Input::Template(Source::new("t.yaml", text))], &options);
    assert!(needs(&deployment).gaps.is_empty());
}

#[test]
fn a_key_is_used_through_the_service_only() {
    let of = |resource: &str| -> BTreeSet<String> {
        let key = "arn:aws:kms:eu-west-1:111122223333:key/k";
        let needs = executor(&format!("  X: {{{}}}", resource.replace("KEY", key)));
        let uses = needs.iter().filter(|need| need.action.service() == "kms");
        uses.map(|need| {
            let conditions = need.conditions.iter().map(|(operator, key, values)| {
                format!(
                    " {operator} {} {}",
                    key.as_str(),
                    values.iter().cloned().collect::<Vec<_>>().join("|")
                )
            });
            format!("{}{}", need.action, conditions.collect::<String>())
        })
        .collect()
    };
    let table = of(
        "Type: AWS::DynamoDB::Table, Properties: {SSESpecification: {SSEEnabled: true, KMSMasterKeyId: 'KEY'}}",
    );
    let via = "StringLike kms:ViaService dynamodb.*.amazonaws.com";
    assert!(table.contains(&format!("kms:Decrypt {via}")), "{table:#?}");
    assert!(
        table.contains(&format!(
            "kms:CreateGrant BoolIfExists kms:GrantIsForAWSResource true {via}"
        )),
        "{table:#?}"
    );
    assert!(table.contains("kms:DescribeKey"), "{table:#?}");
    // Nothing is known of how a stream uses its key.
    let stream = of(
        "Type: AWS::Kinesis::Stream, Properties: {StreamEncryption: {EncryptionType: KMS, KeyId: 'KEY'}}",
    );
    assert!(stream.iter().all(|need| !need.contains("ViaService")), "{stream:#?}");
}

/// The actions of a template's executor.
fn actions(template: &str) -> BTreeSet<String> {
    executor(template).iter().map(|need| need.action.to_string()).collect()
}

#[track_caller]
fn check_added(without: &str, with: &str, expected: &[&str]) {
    let added: BTreeSet<String> = actions(with).difference(&actions(without)).cloned().collect();
    assert_eq!(added, expected.iter().map(|&action| action.to_owned()).collect());
}

#[test]
fn an_instance_of_which_nothing_can_be_changed_is_not_stopped() {
    let instance = |properties: &str| {
        format!("  I: {{Type: AWS::EC2::Instance, Properties: {{ImageId: ami-1{properties}}}}}")
    };
    check_added(
        &instance(""),
        &instance(", InstanceType: t3.micro"),
        &["ec2:ModifyInstanceAttribute", "ec2:StartInstances", "ec2:StopInstances"],
    );
    check_added(&instance(""), &instance(", PlacementGroupName: g"), &[]);
    check_added(
        &instance(""),
        &instance(", SourceDestCheck: false"),
        &["ec2:ModifyInstanceAttribute"],
    );
}

#[test]
fn only_described_rules_of_a_group_are_described_anew() {
    let group = |rule: &str| {
        format!(
            "  G: {{Type: AWS::EC2::SecurityGroup, Properties: {{GroupDescription: d, SecurityGroupIngress: [{{IpProtocol: tcp{rule}}}]}}}}"
        )
    };
    check_added(
        &group(""),
        &group(", Description: d"),
        &["ec2:UpdateSecurityGroupRuleDescriptionsIngress"],
    );
}

#[test]
fn a_warehouse_is_made_with_the_reads_that_its_service_asks_for() {
    let found = actions("  R: {Type: AWS::Redshift::Cluster, Properties: {ClusterIdentifier: r}}");
    assert!(found.contains("ec2:DescribeSubnets"), "{found:?}");
    assert!(!found.contains("ec2:CreateSecurityGroup"), "{found:?}");
    assert!(!found.contains("redshift:PauseCluster"), "{found:?}");
    assert!(found.len() < 40, "{}", found.len());
}

#[test]
fn a_canary_has_the_functions_and_layers_of_its_name() {
    let canary = "  C: {Type: AWS::Synthetics::Canary, Properties: {Name: probe, Code: {S3Bucket: b, S3Key: k.zip}}}";
    let function = "arn:aws:lambda:eu-west-1:111122223333:function:cwsyn-probe-*";
    check(canary, "lambda:CreateFunction", &[function]);
    check(canary, "s3:GetObject", &["arn:aws:s3:::b/k.zip"]);
}

#[test]
fn a_node_group_without_a_launch_template_looks_up_none() {
    let group = |template: &str| {
        format!(
            "  N: {{Type: AWS::EKS::Nodegroup, Properties: {{ClusterName: c, NodeRole: r, Subnets: [s], Version: '1.34'{template}}}}}"
        )
    };
    check_added(
        &group(""),
        &group(", LaunchTemplate: {Id: lt-1}"),
        &["ec2:DescribeLaunchTemplateVersions", "ec2:DescribeLaunchTemplates"],
    );
}

#[test]
fn a_rule_of_a_group_needs_the_group_alone() {
    let group = "  G: {Type: AWS::EC2::SecurityGroup, Properties: {GroupDescription: g, VpcId: vpc-1, SecurityGroupIngress: [{IpProtocol: tcp}]}}";
    let groups = ["arn:aws:ec2:eu-west-1:111122223333:security-group/*"];
    check(group, "ec2:AuthorizeSecurityGroupIngress", &groups);
}

#[test]
fn what_the_stack_makes_is_of_its_own_account_and_what_is_given_may_be_shared() {
    let group = |vpc: &str| {
        format!(
            "  V: {{Type: AWS::EC2::VPC, Properties: {{CidrBlock: 10.0.0.0/16}}}}\n  G: {{Type: AWS::EC2::SecurityGroup, Properties: {{GroupDescription: g, VpcId: {vpc}}}}}"
        )
    };
    let vpcs = |account: &str, id: &str| {
        let found = resources(&executor(&group(id)), "ec2:CreateSecurityGroup");
        found
            .into_iter()
            .any(|arn| arn.starts_with(&format!("arn:aws:ec2:eu-west-1:{account}:vpc/")))
    };
    assert!(vpcs("111122223333", "!Ref V") && !vpcs("*", "!Ref V"));
    assert!(vpcs("*", "vpc-1"));
}

#[test]
fn the_processes_of_a_group_are_suspended_where_its_update_policy_says_so() {
    let group = |policy: &str| {
        format!(
            "  A: {{Type: AWS::AutoScaling::AutoScalingGroup, {policy}Properties: {{AutoScalingGroupName: a, MinSize: 1, MaxSize: 1}}}}"
        )
    };
    let action = "autoscaling:SuspendProcesses";
    check(&group(""), action, &[]);
    let policy = "UpdatePolicy: {AutoScalingRollingUpdate: {MinInstancesInService: 1}}, ";
    assert!(!resources(&executor(&group(policy)), action).is_empty());
}

#[test]
fn tags_are_of_the_resource_alone_whatever_kinds_the_catalogue_requires() {
    let stream =
        "  S: {Type: AWS::Kinesis::Stream, Properties: {Name: s, Tags: [{Key: a, Value: b}]}}";
    let arn = "arn:aws:kinesis:eu-west-1:111122223333:stream/s";
    for action in ["kinesis:TagResource", "kinesis:UntagResource", "kinesis:ListTagsForResource"] {
        check(stream, action, &[arn]);
    }
    let group =
        "  W: {Type: AWS::Athena::WorkGroup, Properties: {Name: w, Tags: [{Key: a, Value: b}]}}";
    check(group, "athena:TagResource", &["arn:aws:athena:eu-west-1:111122223333:workgroup/w"]);
}
