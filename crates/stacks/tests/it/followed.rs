//! What a template names is followed to the ARN, also where it does not stand in a property of its own.

use std::collections::BTreeSet;

use stackpass_ground::arn::ArnPattern;
use stackpass_stacks::need::{Need, Scoping};

use super::deployments;
use super::scoping::{check, executor, options, resources};

#[test]
fn an_alias_deploys_with_the_group_that_its_update_policy_names() {
    let alias = |application: &str, group: &str| {
        format!(
            "  A: {{Type: AWS::Lambda::Alias, Properties: {{FunctionName: f, FunctionVersion: '1', Name: live}}, UpdatePolicy: {{CodeDeployLambdaAliasUpdate: {{ApplicationName: {application}, DeploymentGroupName: {group}}}}}}}"
        )
    };
    let arn = |resource: &str| format!("arn:aws:codedeploy:eu-west-1:111122223333:{resource}");
    let literal = alias("shop", "canary");
    for action in ["CreateDeployment", "GetDeployment", "GetDeploymentGroup"] {
        check(&literal, &format!("codedeploy:{action}"), &[&arn("deploymentgroup:shop/canary")]);
    }
    let made_here = "
  D: {Type: AWS::CodeDeploy::Application, Properties: {ComputePlatform: Lambda}}
  G: {Type: AWS::CodeDeploy::DeploymentGroup, Properties: {ApplicationName: !Ref D, DeploymentConfigName: slow, ServiceRoleArn: 'arn:aws:iam::111122223333:role/r'}}";
    let referred = executor(&(alias("!Ref D", "!Ref G") + made_here));
    let of_alias: Vec<_> = referred
        .into_iter()
        .filter(|need| need.why.resource.as_ref().is_some_and(|of| of.logical_id == "A"))
        .collect();
    let groups = resources(&of_alias, "codedeploy:CreateDeployment");
    assert_eq!(groups, [arn("deploymentgroup:app-D-*/app-G-*")].into());
    let configurations = resources(&of_alias, "codedeploy:GetDeploymentConfig");
    let expected = [arn("deploymentconfig:slow"), arn("deploymentconfig:CodeDeployDefault.*")];
    assert_eq!(configurations, expected.into());
    let without = "  A: {Type: AWS::Lambda::Alias, Properties: {FunctionName: f, FunctionVersion: '1', Name: live}}";
    check(without, "codedeploy:CreateDeployment", &[]);
}

#[test]
fn a_distribution_replicates_the_versions_that_its_behaviors_name() {
    let version = "arn:aws:lambda:us-east-1:111122223333:function:f:3";
    let distribution = |first: &str, second: &str| {
        let behavior = |function: &str| {
            format!(
                "{{TargetOriginId: o, ViewerProtocolPolicy: allow-all, LambdaFunctionAssociations: [{{EventType: viewer-request, LambdaFunctionARN: {function}}}]}}"
            )
        };
        format!(
            "  D: {{Type: AWS::CloudFront::Distribution, Properties: {{DistributionConfig: {{Enabled: true, DefaultCacheBehavior: {}, CacheBehaviors: [{}]}}}}}}",
            behavior(first),
            behavior(second)
        )
    };
    let made_here = "
  V: {Type: AWS::Lambda::Version, Properties: {FunctionName: !Ref F}}
  F: {Type: AWS::Lambda::Function, Properties: {FunctionName: edge, Role: 'arn:aws:iam::111122223333:role/r', Code: {ZipFile: a}}}";
    let template = distribution(&format!("'{version}'"), "!Ref V") + made_here;
    let own = "arn:aws:lambda:eu-west-1:111122223333:function:edge:*";
    for action in ["lambda:EnableReplication", "lambda:DisableReplication"] {
        check(&template, action, &[version, own]);
    }
    let unknown = distribution("!GetAtt C.Arn", "!GetAtt C.Arn")
        + "\n  C: {Type: 'Custom::Edge', Properties: {ServiceToken: 'arn:aws:lambda:eu-west-1:111122223333:function:g'}}";
    let anywhere = "arn:aws:lambda:us-east-1:111122223333:function:*";
    check(&unknown, "lambda:EnableReplication", &[anywhere]);
}

#[test]
fn a_flow_log_is_made_for_the_resource_that_it_names() {
    let arn = |resource: &str| format!("arn:aws:ec2:eu-west-1:111122223333:{resource}");
    let log = |kind: &str| {
        format!(
            "  L: {{Type: AWS::EC2::FlowLog, Properties: {{ResourceType: {kind}, ResourceId: id-1, LogDestinationType: s3, LogDestination: 'arn:aws:s3:::b'}}}}\n  \
             C: {{Type: 'Custom::C', Properties: {{ServiceToken: 'arn:aws:lambda:eu-west-1:111122223333:function:g'}}}}"
        )
    };
    let kinds = [
        ("VPC", "vpc/id-1"),
        ("Subnet", "subnet/id-1"),
        ("NetworkInterface", "network-interface/id-1"),
        ("TransitGateway", "transit-gateway/id-1"),
        ("TransitGatewayAttachment", "transit-gateway-attachment/id-1"),
        ("RegionalNatGateway", "natgateway/id-1"),
    ];
    let own = arn("vpc-flow-log/*");
    for (kind, resource) in kinds {
        check(&log(kind), "ec2:CreateFlowLogs", &[&own, &arn(resource)]);
    }
    let any = resources(&executor(&log("!GetAtt C.Kind")), "ec2:CreateFlowLogs");
    let all = kinds.iter().map(|(_, resource)| arn(resource)).chain([own]);
    assert_eq!(any, all.collect());
}

#[test]
fn a_group_deploys_and_registers_only_what_its_properties_ask_for() {
    let arn = |resource: &str| format!("arn:aws:codedeploy:eu-west-1:111122223333:{resource}");
    let group = |rest: &str| {
        format!(
            "  G: {{Type: AWS::CodeDeploy::DeploymentGroup, Properties: {{ApplicationName: a, DeploymentGroupName: g, ServiceRoleArn: 'arn:aws:iam::111122223333:role/r'{rest}}}}}"
        )
    };
    let plain = group("");
    for action in ["CreateDeployment", "StopDeployment", "RegisterOnPremisesInstance"] {
        check(&plain, &format!("codedeploy:{action}"), &[]);
    }
    let predefined = arn("deploymentconfig:CodeDeployDefault.*");
    check(&plain, "codedeploy:GetDeploymentConfig", &[&predefined]);
    let named = group(", DeploymentConfigName: slow");
    check(&named, "codedeploy:GetDeploymentConfig", &[&predefined, &arn("deploymentconfig:slow")]);
    let deployed = group(", Deployment: {Revision: {RevisionType: S3}}");
    check(&deployed, "codedeploy:CreateDeployment", &[&arn("deploymentgroup:a/g")]);
    check(&deployed, "codedeploy:RegisterApplicationRevision", &[&arn("application:a")]);
    check(&deployed, "codedeploy:StopDeployment", &["*"]);
    let outside = group(", OnPremisesInstanceTagFilters: [{Key: k, Type: KEY_ONLY}]");
    check(&outside, "codedeploy:RegisterOnPremisesInstance", &[&arn("instance:*")]);
}

#[test]
fn a_stack_set_passes_its_administrator_role_and_no_other() {
    let set = |rest: &str| {
        format!(
            "  S: {{Type: AWS::CloudFormation::StackSet, Properties: {{StackSetName: s, PermissionModel: SELF_MANAGED, ExecutionRoleName: there, TemplateBody: x{rest}}}}}"
        )
    };
    check(&set(""), "iam:PassRole", &[]);
    let role = "arn:aws:iam::111122223333:role/admin";
    let own = set(&format!(", AdministrationRoleARN: '{role}'"));
    check(&own, "iam:PassRole", &[role]);
}

#[test]
fn a_document_cluster_without_a_name_is_called_after_its_logical_id() {
    let cluster = "  Docs: {Type: AWS::DocDB::DBCluster, Properties: {MasterUsername: u}}";
    let arn = |name: &str| format!("arn:aws:rds:eu-west-1:111122223333:cluster:{name}");
    let found = resources(&executor(cluster), "rds:DescribeDBClusters");
    assert_eq!(found, [arn("docs-*"), arn("app-docs-*")].into());
    let placed = "  D: {Type: AWS::DocDB::DBCluster, Properties: {DBClusterIdentifier: d, DBSubnetGroupName: Mine, DBClusterParameterGroupName: tuned}}";
    let arn = |name: &str| format!("arn:aws:rds:eu-west-1:111122223333:{name}");
    let expected =
        [arn("cluster:d"), arn("subgrp:mine"), arn("cluster-pg:tuned"), arn("og:default*")];
    assert_eq!(resources(&executor(placed), "rds:CreateDBCluster"), expected.into());
}

#[test]
fn an_instance_is_launched_in_the_subnet_and_groups_that_it_names() {
    let launch = |rest: &str| {
        let template = format!(
            "  I: {{Type: AWS::EC2::Instance, Properties: {{ImageId: ami-1, InstanceType: t3.micro{rest}}}}}"
        );
        let found = resources(&executor(&template), "ec2:RunInstances").into_iter();
        let kinds = found.filter_map(|arn| {
            let name = arn.rsplit(':').next().unwrap().to_owned();
            name.starts_with('s').then_some(name)
        });
        kinds.collect::<Vec<_>>()
    };
    assert_eq!(launch(""), ["subnet/*", "security-group/*"]);
    let placed = ", SubnetId: subnet-1, SecurityGroupIds: [sg-1, sg-2]";
    assert_eq!(launch(placed), ["subnet/subnet-1", "security-group/sg-1", "security-group/sg-2"]);
    let interface =
        ", NetworkInterfaces: [{DeviceIndex: '0', SubnetId: subnet-2, GroupSet: [sg-3]}]";
    assert_eq!(launch(interface), ["subnet/subnet-2", "security-group/sg-3"]);
    let own = ", NetworkInterfaces: [{DeviceIndex: '0', NetworkInterfaceId: eni-1}]";
    assert_eq!(launch(own), ["subnet/*", "security-group/*"]);
}

#[test]
fn logs_go_to_the_destination_that_is_named() {
    let group = |kind: &str, details: &str| {
        format!(
            "  G: {{Type: AWS::ElastiCache::ReplicationGroup, Properties: {{ReplicationGroupId: g, ReplicationGroupDescription: d, LogDeliveryConfigurations: [{{DestinationType: {kind}, LogFormat: json, LogType: slow-log, DestinationDetails: {{{details}}}}}]}}}}"
        )
    };
    let arn = |service: &str, resource: &str| {
        format!("arn:aws:{service}:eu-west-1:111122223333:{resource}")
    };
    let written = group("cloudwatch-logs", "CloudWatchLogsDetails: {LogGroup: slow}");
    check(&written, "logs:PutLogEvents", &[&arn("logs", "log-group:slow:log-stream:*")]);
    check(&written, "firehose:PutRecord", &[]);
    let streamed = group("kinesis-firehose", "KinesisFirehoseDetails: {DeliveryStream: slow}");
    check(&streamed, "firehose:PutRecord", &[&arn("firehose", "deliverystream/slow")]);
    check(&streamed, "logs:PutLogEvents", &[]);
    let firewall = |destination: &str| {
        format!(
            "  L: {{Type: AWS::WAFv2::LoggingConfiguration, Properties: {{ResourceArn: 'arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/w/1', LogDestinationConfigs: ['{destination}']}}}}"
        )
    };
    let to_bucket = firewall("arn:aws:s3:::aws-waf-logs-a");
    check(&to_bucket, "s3:PutBucketPolicy", &["arn:aws:s3:::aws-waf-logs-a"]);
    check(&to_bucket, "logs:PutResourcePolicy", &[]);
    let to_group = firewall(&arn("logs", "log-group:aws-waf-logs-a"));
    check(&to_group, "s3:PutBucketPolicy", &[]);
    check(&to_group, "logs:PutResourcePolicy", &["*"]);
}

#[test]
fn what_a_scalable_target_and_a_service_make_begins_with_what_is_known() {
    let target = "  T: {Type: AWS::ApplicationAutoScaling::ScalableTarget, Properties: {ServiceNamespace: ecs, ResourceId: service/a/b, ScalableDimension: 'ecs:service:DesiredCount', MinCapacity: 1, MaxCapacity: 2}}";
    let alarms = "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:TargetTracking-*";
    check(target, "cloudwatch:DeleteAlarms", &[alarms]);
    let service = "  S: {Type: AWS::ECS::Service, Properties: {ServiceName: web, Cluster: prod, TaskDefinition: 'web:3'}}";
    let found = resources(&executor(service), "ecs:StopServiceDeployment");
    let deployment = "arn:aws:ecs:eu-west-1:111122223333:service-deployment/prod/web/*";
    assert!(found.contains(deployment), "{found:?}");
}

#[test]
fn an_interface_and_an_attachment_take_the_groups_and_subnets_that_they_name() {
    let arn = |resource: &str| format!("arn:aws:ec2:eu-west-1:111122223333:{resource}");
    let interface = |rest: &str| {
        let template = format!(
            "  N: {{Type: AWS::EC2::NetworkInterface, Properties: {{SubnetId: subnet-1{rest}}}}}"
        );
        resources(&executor(&template), "ec2:CreateNetworkInterface")
    };
    let named = interface(", GroupSet: [sg-1]");
    assert!(named.contains(&arn("security-group/sg-1")), "{named:?}");
    assert!(!named.contains(&arn("security-group/*")), "{named:?}");
    assert!(interface("").contains(&arn("security-group/*")));
    let attachment = "  A: {Type: AWS::EC2::TransitGatewayAttachment, Properties: {TransitGatewayId: tgw-1, VpcId: vpc-1, SubnetIds: [subnet-1]}}";
    let found = resources(&executor(attachment), "ec2:CreateTransitGatewayVpcAttachment");
    assert!(found.contains(&arn("subnet/subnet-1")), "{found:?}");
    assert!(!found.contains(&arn("subnet/*")), "{found:?}");
}

#[test]
fn a_property_with_the_name_in_the_arn_of_another_resource_tells_which_one() {
    let config = "arn:aws:sagemaker:eu-west-1:111122223333:endpoint-config/c";
    let endpoint = executor(
        "  E: {Type: AWS::SageMaker::Endpoint, Properties: {EndpointName: e, EndpointConfigName: c}}",
    );
    assert!(resources(&endpoint, "sagemaker:CreateEndpoint").contains(config));
    let cluster = "  M: {Type: AWS::MemoryDB::Cluster, Properties: {ClusterName: m, NodeType: t, ACLName: a, SubnetGroupName: s}}";
    let arn = |resource: &str| format!("arn:aws:memorydb:eu-west-1:111122223333:{resource}");
    let found = resources(&executor(cluster), "memorydb:CreateCluster");
    assert!(found.is_superset(&BTreeSet::from([arn("acl/a"), arn("subnetgroup/s")])), "{found:?}");
    assert!(!found.contains(&arn("acl/*")), "{found:?}");
}

#[test]
fn a_mapping_of_a_private_name_acts_on_such_mappings_only() {
    let mapping = "  M: {Type: AWS::ApiGateway::BasePathMappingV2, Properties: {RestApiId: a, Stage: s, DomainNameArn: 'arn:aws:apigateway:eu-west-1:111122223333:/domainnames/a.example.org+id'}}";
    let mappings = "arn:aws:apigateway:eu-west-1:*:/domainnames/*+*/basepathmappings";
    check(mapping, "apigateway:POST", &[mappings]);
    check(mapping, "apigateway:DELETE", &[&format!("{mappings}/*")]);
}

#[test]
fn a_zone_is_told_by_its_id_with_what_route_53_writes_before_it() {
    let record = "  R: {Type: AWS::Route53::RecordSet, Properties: {Name: a.example.org, Type: A, HostedZoneId: /hostedzone/Z1}}";
    check(record, "route53:ChangeResourceRecordSets", &["arn:aws:route53:::hostedzone/Z1"]);
}

#[test]
fn what_a_nested_stack_gives_may_be_of_another_account() {
    let subnets = |subnet: &str| {
        let text = format!(
            "  N: {{Type: AWS::CloudFormation::Stack, Properties: {{TemplateURL: 'https://s3.amazonaws.com/b/k'}}}}\n  \
             S: {{Type: AWS::EC2::Subnet, Properties: {{VpcId: vpc-1}}}}\n  \
             I: {{Type: AWS::EC2::NetworkInterface, Properties: {{SubnetId: {subnet}}}}}"
        );
        let mut found = resources(&executor(&text), "ec2:CreateNetworkInterface");
        found.retain(|arn| arn.contains(":subnet/"));
        found
    };
    let any = "arn:aws:ec2:eu-west-1:*:subnet/*".to_owned();
    assert_eq!(subnets("!GetAtt N.Outputs.Subnet"), BTreeSet::from([any]));
    let own = "arn:aws:ec2:eu-west-1:111122223333:subnet/*".to_owned();
    assert_eq!(subnets("!Ref S"), BTreeSet::from([own]));
}

#[test]
fn a_name_alone_is_that_of_a_function_and_of_no_alias() {
    let mapping = "  M: {Type: AWS::Lambda::EventSourceMapping, Properties: {FunctionName: foo, EventSourceArn: 'arn:aws:sqs:eu-west-1:111122223333:q'}}";
    let needs = executor(mapping);
    let made = needs.iter().find(|need| need.action.as_str() == "lambda:CreateEventSourceMapping");
    let conditions = format!("{:?}", made.unwrap().conditions);
    assert!(conditions.contains(":function:foo\""), "{conditions}");
    assert!(!conditions.contains(":function:*"), "{conditions}");
}

#[test]
fn a_web_acl_uses_the_sets_and_groups_that_its_rules_name_however_deep() {
    let acl = |set: &str| {
        format!(
            "  I: {{Type: AWS::WAFv2::IPSet, Properties: {{Name: ip, Scope: REGIONAL, Addresses: [], IPAddressVersion: IPV4}}}}\n  \
             A: {{Type: AWS::WAFv2::WebACL, Properties: {{Name: a, Scope: REGIONAL, DefaultAction: {{Allow: {{}}}}, VisibilityConfig: {{}}, Rules: [\
             {{Name: r, Priority: 1, VisibilityConfig: {{}}, Statement: {{AndStatement: {{Statements: [{{IPSetReferenceStatement: {{Arn: {set}}}}}, \
             {{NotStatement: {{Statement: {{RuleGroupReferenceStatement: {{Arn: 'arn:aws:wafv2:eu-west-1:444455556666:regional/rulegroup/g/1'}}}}}}}}]}}}}}}]}}}}"
        )
    };
    let arn = |rest: &str| format!("arn:aws:wafv2:eu-west-1:{rest}");
    let found = resources(&executor(&acl("!GetAtt I.Arn")), "wafv2:CreateWebACL");
    let expected = [
        "111122223333:*/ipset/ip/*",
        "111122223333:*/managedruleset/*/*",
        "111122223333:*/webacl/a/*",
        "444455556666:regional/rulegroup/g/1",
    ];
    assert_eq!(found, expected.map(arn).into());
}

#[test]
fn rules_of_a_web_acl_that_are_not_known_may_use_any_set_and_a_gap_says_so() {
    let acl = "Mappings: {M: {eu-west-1: {rules: x}}}\nParameters: {P: {Type: String}}\nResources:\n  \
               A: {Type: AWS::WAFv2::WebACL, Properties: {Name: a, Scope: REGIONAL, DefaultAction: {Allow: {}}, VisibilityConfig: {}, Rules: \
               {'Fn::Transform': {Name: M, Parameters: {A: !Ref P}}}}}";
    let needs = deployments::needs_of(acl, &options());
    let made = needs.needs.iter().filter(|need| need.action.as_str() == "wafv2:CreateWebACL");
    let open: Vec<&Need> = made.filter(|need| need.scoping == Scoping::UnknownValue).collect();
    for kind in ["ipset", "regexpatternset", "rulegroup"] {
        let sets: ArnPattern =
            format!("arn:aws:wafv2:eu-west-1:111122223333:regional/{kind}/n/1").parse().unwrap();
        assert!(
            open.iter().any(|need| need.resources.iter().any(|arn| arn.covers(&sets))),
            "{kind}"
        );
    }
    let said: Vec<&str> = needs.gaps.iter().map(|gap| gap.message.as_str()).collect();
    assert!(said.iter().any(|message| message.starts_with("what `Rules` refers to")), "{said:?}");
}

#[test]
fn members_and_groups_of_a_cache_are_named() {
    let group = "  R: {Type: AWS::ElastiCache::ReplicationGroup, Properties: {ReplicationGroupId: Rg, ReplicationGroupDescription: d, CacheSubnetGroupName: s}}";
    let arns = |rest: &[&str]| -> BTreeSet<String> {
        rest.iter()
            .map(|rest| format!("arn:aws:elasticache:eu-west-1:111122223333:{rest}"))
            .collect()
    };
    let needs = executor(group);
    assert_eq!(
        resources(&needs, "elasticache:CreateReplicationGroup"),
        arns(&["cluster:rg-*", "parametergroup:default.*", "replicationgroup:rg", "subnetgroup:s"])
    );
    assert_eq!(resources(&needs, "elasticache:DeleteCacheCluster"), arns(&["cluster:rg-*"]));
}

#[test]
fn what_a_call_is_given_beside_the_resource_is_named() {
    let queue = |environment: &str| {
        format!(
            "  Q: {{Type: AWS::Batch::JobQueue, Properties: {{JobQueueName: q, Priority: 1, ComputeEnvironmentOrder: [{{Order: 1, ComputeEnvironment: {environment}}}]}}}}\n"
        )
    };
    let arn = |rest: &str| format!("arn:aws:batch:eu-west-1:111122223333:{rest}");
    for environment in ["e", "'arn:aws:batch:eu-west-1:111122223333:compute-environment/e'"] {
        let needs = executor(&queue(environment));
        let both = BTreeSet::from([arn("compute-environment/e"), arn("job-queue/q")]);
        assert_eq!(resources(&needs, "batch:CreateJobQueue"), both, "{environment}");
        assert_eq!(resources(&needs, "batch:DeleteJobQueue"), [arn("job-queue/q")].into());
    }
}

#[test]
fn a_distribution_looks_at_the_web_acl_that_it_names() {
    let acl = "arn:aws:wafv2:us-east-1:111122223333:global/webacl/w/1";
    let distribution = format!(
        "  D: {{Type: AWS::CloudFront::Distribution, Properties: {{DistributionConfig: {{Enabled: true, WebACLId: '{acl}'}}}}}}"
    );
    check(&distribution, "wafv2:GetWebACL", &[acl]);
}
