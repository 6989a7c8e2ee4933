//! How closely permissions are scoped, for small templates: what is granted, and what is said about it.

use std::collections::BTreeSet;

use stackpass_ground::arn::ArnPattern;
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

/// Which of these ARNs the patterns of an action match, by a matcher that shares nothing with the crates'.
fn matched<'a>(template: &str, action: &str, arns: &[&'a str]) -> Vec<&'a str> {
    fn matches(pattern: &str, text: &str) -> bool {
        for (escape, character) in [("${*}", '*'), ("${?}", '?'), ("${$}", '$')] {
            if let Some(rest) = pattern.strip_prefix(escape) {
                return text.strip_prefix(character).is_some_and(|text| matches(rest, text));
            }
        }
        let (mut pattern, mut characters) = (pattern.chars(), text.chars());
        match pattern.next() {
            None => text.is_empty(),
            Some('*') => {
                matches(pattern.as_str(), text)
                    || characters.next().is_some()
                        && matches(&format!("*{}", pattern.as_str()), characters.as_str())
            }
            Some(expected) => characters.next().is_some_and(|found| {
                (expected == '?' || expected == found)
                    && matches(pattern.as_str(), characters.as_str())
            }),
        }
    }
    let patterns = resources(&executor(template), action);
    assert!(!patterns.is_empty(), "{action}");
    arns.iter()
        .copied()
        .filter(|arn| patterns.iter().any(|pattern| matches(pattern, arn)))
        .collect()
}

#[test]
fn characters_of_a_name_are_no_wildcards() {
    let bucket = |name: &str| {
        format!("  B: {{Type: AWS::S3::Bucket, Properties: {{BucketName: '{name}'}}}}")
    };
    let check = |name: &str| {
        let own = format!("arn:aws:s3:::{name}");
        let arns = [
            own.as_str(),
            "arn:aws:s3:::ab",
            "arn:aws:s3:::a",
            "arn:aws:s3:::a-other-b",
            "arn:aws:s3:::${aws:username}b",
        ];
        let found = matched(&bucket(name), "s3:CreateBucket", &arns);
        assert!(
            found.iter().all(|arn| *arn == own) && found.contains(&own.as_str()),
            "{name}: {found:?}"
        );
    };
    for name in ["*", "a*b", "a?", "?", "${aws:username}b", "a$", "$*{?}", "${*}"] {
        check(name);
    }
}

#[test]
fn characters_of_a_name_are_no_wildcards_in_conditions_and_nested_texts() {
    let template = "  Q: {Type: AWS::SQS::Queue, Properties: {QueueName: !Sub 'a*-${L}'}}\n  \
                    L: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: 'l?'}}";
    let arn = |name: &str| format!("arn:aws:sqs:eu-west-1:111122223333:{name}");
    let arns = [arn("a*-l?"), arn("ab-l?"), arn("a*-lb")];
    let arns: Vec<&str> = arns.iter().map(String::as_str).collect();
    assert_eq!(matched(template, "sqs:CreateQueue", &arns), [arns[0]]);
}

#[test]
fn the_streams_of_a_log_group_stay_a_wildcard() {
    let template = "  M: {Type: AWS::WAFv2::LoggingConfiguration, Properties: {ResourceArn: a, \
         LogDestinationConfigs: ['arn:aws:logs:eu-west-1:111122223333:log-group:aws-waf-logs-a:*']}}";
    let found = executor(template);
    assert!(
        found.iter().all(|need| need.resources.iter().all(|arn| !arn.to_string().contains("${*}")))
    );
}

#[test]
fn a_star_in_the_name_of_the_stack_stands_for_what_varies() {
    let source = Source::new("t.yaml", "Resources: {Q: {Type: AWS::SQS::Queue}}");
    let options = Options { stack_name: Some("dev-*-api".to_owned()), ..options() };
    let (deployment, _) = plan(&[Input::Template(source)], &options);
    let needs = needs(&deployment).needs;
    let of = needs.iter().filter(|need| need.action.as_str() == "cloudformation:CreateStack");
    let arns: BTreeSet<&str> =
        of.flat_map(|need| &need.resources).map(ArnPattern::as_str).collect();
    assert!(arns.iter().all(|arn| arn.contains(":stack/dev-*-api/")), "{arns:?}");
    let queues = resources(&needs, "sqs:CreateQueue");
    assert!(queues.iter().all(|arn| arn.ends_with(":dev-*-Q-*")), "{queues:?}");
}

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
    needs(&deployment).gaps.into_iter().map(|gap| gap.code.to_owned()).collect()
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
fn a_gap_names_the_parameter_that_closes_it() {
    let help = |parameters: &str, resources: &str| {
        let text = format!("Parameters: {{{parameters}}}\nResources:\n{resources}");
        let (deployment, _) = plan(&[Input::Template(Source::new("t.yaml", text))], &options());
        let gaps = needs(&deployment).gaps;
        assert!(!gaps.is_empty(), "{resources}");
        gaps.into_iter()
            .map(|gap| gap.help)
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect::<Vec<_>>()
    };
    let check = |parameters: &str, resources: &str, expected: &str| {
        let found = help(parameters, resources);
        assert!(found.iter().all(|help| help.starts_with(expected)), "{found:?}");
    };
    let bucket = "  B: {Type: AWS::S3::Bucket, Properties: {BucketName: !Ref Name}}";
    check("Name: {Type: String}", bucket, "give it with `--parameter Name=VALUE`");
    let through = "  B: {Type: AWS::S3::Bucket, Properties: {BucketName: !Ref Name}}\n  \
                   P: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: !Ref B, PolicyDocument: {}}}";
    check("Name: {Type: String}", through, "give it with `--parameter Name=VALUE`");
    let joined = "  B: {Type: AWS::S3::Bucket, Properties: {BucketName: !Sub '${A}-${Name}'}}";
    check(
        "Name: {Type: String}, A: {Type: String}",
        joined,
        "give it with `--parameter A=VALUE --parameter Name=VALUE`",
    );
    let role = "  R: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {}, ManagedPolicyArns: !Ref Arns}}";
    check(
        "Arns: {Type: CommaDelimitedList}",
        role,
        "if it is one of the lists, give it with `--parameter Arns=VALUE`",
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
fn databases_are_scoped_to_their_identifiers_in_lower_case() {
    let arn = |resource: &str| format!("arn:aws:rds:eu-west-1:111122223333:{resource}");
    check(
        "  Db: {Type: AWS::RDS::DBInstance, Properties: {DBInstanceIdentifier: MyDb, DBParameterGroupName: Own}}",
        "rds:CreateDBInstance",
        &[
            &arn("db:mydb"),
            &arn("og:default*"),
            &arn("pg:own"),
            &arn("secgrp:default"),
            &arn("subgrp:default*"),
        ],
    );
    let generated = "  Db: {Type: AWS::RDS::DBInstance, Properties: {DBSubnetGroupName: !Ref Net}}\n  \
                     Net: {Type: AWS::RDS::DBSubnetGroup, Properties: {SubnetIds: [s]}}";
    check(generated, "rds:DeleteDBInstance", &[&arn("db:app-db-*")]);
    check(generated, "rds:DeleteDBSubnetGroup", &[&arn("subgrp:app-net-*")]);
    let member = "  Db: {Type: AWS::RDS::DBInstance, Properties: {DBClusterIdentifier: !Ref C}}\n  \
                  C: {Type: AWS::RDS::DBCluster, Properties: {Engine: aurora-mysql}}";
    assert!(resources(&executor(member), "rds:CreateDBInstance").contains(&arn("cluster:app-c-*")));
    check(
        member,
        "rds:CreateDBCluster",
        &[
            &arn("cluster:app-c-*"),
            &arn("cluster-pg:default*"),
            &arn("og:default*"),
            &arn("subgrp:default*"),
        ],
    );
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

/// The variable of the registry's ARN template has another name than the property, or there is no template.
#[test]
fn a_name_in_the_template_is_in_the_arn_of_the_resource() {
    let arn = |service: &str, resource: &str| {
        format!("arn:aws:{service}:eu-west-1:111122223333:{resource}")
    };
    check(
        "  P: {Type: AWS::CodeBuild::Project, Properties: {Name: build, ServiceRole: 'arn:aws:iam::111122223333:role/r', Artifacts: {Type: NO_ARTIFACTS}, Environment: {}, Source: {Type: NO_SOURCE}}}",
        "codebuild:CreateProject",
        &[&arn("codebuild", "project/build")],
    );
    check(
        "  C: {Type: AWS::DocDB::DBCluster, Properties: {DBClusterIdentifier: Docs}}\n  \
         I: {Type: AWS::DocDB::DBInstance, Properties: {DBInstanceIdentifier: Docs1, DBClusterIdentifier: !Ref C, DBInstanceClass: db.r5.large}}",
        "rds:DescribeDBClusters",
        &[&arn("rds", "cluster:docs")],
    );
    check(
        "  I: {Type: AWS::DocDB::DBInstance, Properties: {DBInstanceIdentifier: Docs1, DBClusterIdentifier: docs, DBInstanceClass: db.r5.large}}",
        "rds:DeleteDBInstance",
        &[&arn("rds", "db:docs1")],
    );
    for (kind, name) in [("STATEFUL", "stateful"), ("STATELESS", "stateless")] {
        check(
            &format!(
                "  G: {{Type: AWS::NetworkFirewall::RuleGroup, Properties: {{RuleGroupName: g, Type: {kind}, Capacity: 1}}}}"
            ),
            "network-firewall:DeleteRuleGroup",
            &[&arn("network-firewall", &format!("{name}-rulegroup/g"))],
        );
    }
    check(
        "  R: {Type: AWS::CodeArtifact::Repository, Properties: {DomainName: d, RepositoryName: r}}",
        "codeartifact:DeleteRepository",
        &[&arn("codeartifact", "repository/d/r")],
    );
    check(
        "  S: {Type: AWS::AppRunner::Service, Properties: {ServiceName: s, SourceConfiguration: {}}}",
        "apprunner:UpdateService",
        &[&arn("apprunner", "service/s/*")],
    );
    // Bots of the second version, which the type makes, have an id.
    check(
        "  B: {Type: AWS::Lex::Bot, Properties: {Name: b, DataPrivacy: {}, IdleSessionTTLInSeconds: 300, RoleArn: 'arn:aws:iam::111122223333:role/r'}}",
        "lex:UpdateBot",
        &[&arn("lex", "bot/*")],
    );
    check(
        "  A: {Type: AWS::StepFunctions::Activity, Properties: {Name: work}}",
        "states:DeleteActivity",
        &[&arn("states", "activity:work")],
    );
}

#[test]
fn a_restored_database_is_the_one_that_the_template_names() {
    let arn = |resource: &str| format!("arn:aws:rds:eu-west-1:111122223333:{resource}");
    let databases = |template: &str, action: &str| {
        let found = resources(&executor(template), action);
        let is_database = |arn: &String| {
            arn.contains(":db:") || arn.contains(":cluster:") && !arn.ends_with(":cluster:*")
        };
        found.into_iter().filter(is_database).collect::<Vec<_>>()
    };
    let instance = |properties: &str| {
        format!(
            "  I: {{Type: AWS::RDS::DBInstance, Properties: {{DBInstanceIdentifier: Shop, {properties}}}}}"
        )
    };
    let restored = instance("DBSnapshotIdentifier: before");
    assert_eq!(databases(&restored, "rds:RestoreDBInstanceFromDBSnapshot"), [arn("db:shop")]);
    let replica = instance("SourceDBInstanceIdentifier: Origin");
    assert_eq!(
        databases(&replica, "rds:CreateDBInstanceReadReplica"),
        [arn("db:origin"), arn("db:shop")]
    );
    let far =
        instance("SourceDBInstanceIdentifier: 'arn:aws:rds:us-east-1:111122223333:db:origin'");
    assert_eq!(
        databases(&far, "rds:CreateDBInstanceReadReplica"),
        [arn("db:shop"), arn("db:origin").replace("eu-west-1", "us-east-1")]
    );
    let earlier =
        instance("SourceDBInstanceIdentifier: Origin, RestoreTime: '2026-01-01T00:00:00Z'");
    assert_eq!(
        databases(&earlier, "rds:RestoreDBInstanceToPointInTime"),
        [arn("db:origin"), arn("db:shop")]
    );
    let cluster = "  C: {Type: AWS::RDS::DBCluster, Properties: {DBClusterIdentifier: Shop, SourceDBClusterIdentifier: Origin}}";
    assert_eq!(
        databases(cluster, "rds:RestoreDBClusterToPointInTime"),
        [arn("cluster:origin"), arn("cluster:shop")]
    );
}

#[test]
fn records_name_their_zone_by_its_id_and_a_gap_says_which_parameter_tells_it() {
    let record = |zone: &str| {
        format!(
            "  R: {{Type: AWS::Route53::RecordSet, Properties: {{{zone}, Name: x.example.org, Type: A}}}}"
        )
    };
    let group = |zone: &str| {
        format!(
            "  R: {{Type: AWS::Route53::RecordSetGroup, Properties: {{RecordSets: [{{{zone}, Name: x.example.org, Type: A}}]}}}}"
        )
    };
    let change = "route53:ChangeResourceRecordSets";
    for of in [record("HostedZoneId: Z1"), group("HostedZoneId: Z1")] {
        check(&of, change, &["arn:aws:route53:::hostedzone/Z1"]);
    }
    for of in [record("HostedZoneId: !Ref Zone"), group("HostedZoneId: !Ref Zone")] {
        let text = format!("Parameters: {{Zone: {{Type: String}}}}\nResources:\n{of}");
        let needs = deployments::needs_of(&text, &options());
        let gaps: Vec<_> = needs.gaps.iter().map(|gap| (&*gap.message, &*gap.help)).collect();
        let [(message, help)] = gaps[..] else { panic!("{gaps:?}") };
        assert!(message.contains("HostedZoneId` refers to is not known"), "{message}");
        assert!(help.contains("--parameter Zone=VALUE"), "{help}");
    }
    for of in [record("HostedZoneName: example.org."), group("HostedZoneName: example.org.")] {
        let needs = executor(&of);
        let changes = needs.iter().filter(|need| need.action.as_str() == change);
        for need in changes {
            assert_eq!(need.scoping, Scoping::AnyOfType);
            let evidence = need.why.evidence.join("\n");
            assert!(evidence.contains("give `HostedZoneId`"), "{evidence}");
        }
    }
}

#[test]
fn a_name_that_may_be_kept_in_lower_case_is_allowed_both_ways() {
    let template = "  E: {Type: AWS::SageMaker::Endpoint, Properties: {EndpointName: MyEndpoint, EndpointConfigName: c}}\n";
    let arn = |name: &str| format!("arn:aws:sagemaker:eu-west-1:111122223333:endpoint/{name}");
    check(template, "sagemaker:DeleteEndpoint", &[&arn("MyEndpoint"), &arn("myendpoint")]);
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
