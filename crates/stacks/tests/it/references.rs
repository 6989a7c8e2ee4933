//! What a reference leads to: things of other accounts and regions, addresses, layers, and what leads nowhere.

use stackpass_ground::source::Source;
use stackpass_stacks::deployment::Input;

use super::deployments::{gap_codes, needs_of, options, resources, sound};

/// The resources of an action of the executor, for the resources of a template.
fn check(template: &str, action: &str, expected: &[&str]) {
    let needs = needs_of(&format!("Resources:\n{template}"), &options());
    let found: Vec<String> = resources(&needs, action).into_iter().collect();
    assert_eq!(found, expected, "{action}");
}

pub(super) const ROLE: &str = "arn:aws:iam::111122223333:role/r";

#[test]
fn things_of_other_accounts_and_regions_stay_where_they_are() {
    let layer = "arn:aws:lambda:us-east-1:444455556666:layer:Ext:55";
    check(
        &format!(
            "  F: {{Type: AWS::Lambda::Function, Properties: {{Role: '{ROLE}', Code: {{ZipFile: x}}, Layers: ['{layer}']}}}}"
        ),
        "lambda:GetLayerVersion",
        &[layer],
    );
    let topic = "arn:aws:sns:eu-west-1:444455556666:central";
    check(
        &format!("  C: {{Type: Custom::Thing, Properties: {{ServiceToken: '{topic}'}}}}"),
        "sns:Publish",
        &[topic],
    );
    let certificate = "arn:aws:acm:us-east-1:111122223333:certificate/c";
    check(
        &format!(
            "  D: {{Type: AWS::AppSync::DomainName, Properties: {{DomainName: d.example.org, CertificateArn: '{certificate}'}}}}"
        ),
        "acm:DescribeCertificate",
        &[certificate],
    );
}

#[test]
fn image_is_read_where_its_address_says() {
    check(
        &format!(
            "  F: {{Type: AWS::Lambda::Function, Properties: {{Role: '{ROLE}', PackageType: Image, Code: {{ImageUri: '444455556666.dkr.ecr.us-east-1.amazonaws.com/team/app:v1'}}}}}}"
        ),
        "ecr:BatchGetImage",
        &["arn:aws:ecr:us-east-1:444455556666:repository/team/app"],
    );
}

#[test]
fn alias_of_a_key_stands_for_the_keys_of_its_account_and_region() {
    check(
        "  S: {Type: AWS::SecretsManager::Secret, Properties: {Name: s, KmsKeyId: 'arn:aws:kms:us-east-1:444455556666:alias/far'}}",
        "kms:Decrypt",
        &["arn:aws:kms:us-east-1:444455556666:key/*"],
    );
}

#[test]
fn layer_without_a_name_is_called_by_its_logical_id() {
    let layer =
        "  L: {Type: AWS::Lambda::LayerVersion, Properties: {Content: {S3Bucket: b, S3Key: k}}}\n";
    check(layer, "lambda:PublishLayerVersion", &["arn:aws:lambda:eu-west-1:111122223333:layer:L"]);
    let version = "arn:aws:lambda:eu-west-1:111122223333:layer:L:*";
    check(layer, "lambda:DeleteLayerVersion", &[version]);
    check(
        &format!(
            "{layer}  F: {{Type: AWS::Lambda::Function, Properties: {{Role: '{ROLE}', Code: {{ZipFile: x}}, Layers: [!Ref L]}}}}"
        ),
        "lambda:GetLayerVersion",
        &[version],
    );
}

#[test]
fn suffix_follows_the_function_and_not_its_qualifier() {
    check(
        "  V: {Type: AWS::Lambda::Version, Properties: {FunctionName: fn, ProvisionedConcurrencyConfig: {ProvisionedConcurrentExecutions: 1}}}",
        "lambda:PutProvisionedConcurrencyConfig",
        &["arn:aws:lambda:eu-west-1:111122223333:function:fn:*"],
    );
}

#[test]
fn webhook_is_no_pipeline_though_its_arn_looks_like_one() {
    let webhook = "  W: {Type: AWS::CodePipeline::Webhook, Properties: {Name: hook, Authentication: GITHUB_HMAC, AuthenticationConfiguration: {SecretToken: s}, Filters: [{JsonPath: x}], TargetAction: Source, TargetPipeline: pipe, TargetPipelineVersion: 1}}";
    let arn = "arn:aws:codepipeline:eu-west-1:111122223333:webhook:hook";
    check(
        webhook,
        "codepipeline:PutWebhook",
        &["arn:aws:codepipeline:eu-west-1:111122223333:pipe", arn],
    );
    check(webhook, "codepipeline:DeleteWebhook", &[arn]);
}

#[test]
fn reference_that_no_action_acts_on_is_a_gap() {
    let of = |destination: &str| {
        let needs = needs_of(
            &format!(
                "Resources:\n  F: {{Type: AWS::Logs::SubscriptionFilter, Properties: {{LogGroupName: g, FilterPattern: '', DestinationArn: '{destination}'}}}}"
            ),
            &options(),
        );
        gap_codes(&needs)
    };
    assert_eq!(of("arn:aws:logs:eu-west-1:444455556666:destination:central"), Vec::<&str>::new());
    assert_eq!(of("arn:aws:lambda:eu-west-1:111122223333:function:f"), Vec::<&str>::new());
    assert_eq!(of("arn:aws:sqs:eu-west-1:111122223333:q"), ["unmatched-reference"]);
}

#[test]
fn secret_of_another_account_takes_its_key_along() {
    let with = |secret: &str| {
        format!(
            "  P: {{Type: AWS::SSM::Parameter, Properties: {{Name: p, Type: String, Value: '{{{{resolve:secretsmanager:{secret}:SecretString:x}}}}'}}}}"
        )
    };
    let secret = "arn:aws:secretsmanager:eu-west-1:444455556666:secret:s-abcdef";
    check(&with(secret), "kms:Decrypt", &["arn:aws:kms:eu-west-1:444455556666:key/*"]);
    check(&with("own"), "kms:Decrypt", &[]);
}

#[test]
fn target_that_scales_is_looked_at_in_its_own_service() {
    let target = |namespace: &str, id: &str| {
        format!(
            "  T: {{Type: AWS::ApplicationAutoScaling::ScalableTarget, Properties: {{MinCapacity: 1, MaxCapacity: 5, ResourceId: '{id}', ScalableDimension: x, ServiceNamespace: {namespace}}}}}"
        )
    };
    let index = target("dynamodb", "table/orders/index/by-day");
    check(
        &index,
        "dynamodb:UpdateTable",
        &["arn:aws:dynamodb:eu-west-1:111122223333:table/orders"],
    );
    check(&index, "ecs:UpdateService", &[]);
    let group = target("elasticache", "replication-group/g");
    let arn = "arn:aws:elasticache:eu-west-1:111122223333:replicationgroup:g";
    check(&group, "elasticache:IncreaseReplicaCount", &[arn]);
    let broker = "arn:aws:kafka:eu-west-1:111122223333:cluster/c/0a1b";
    check(&target("kafka", broker), "kafka:UpdateBrokerStorage", &[broker]);
}

#[test]
fn logs_are_delivered_for_the_service_of_the_source_alone() {
    let source = "  S: {Type: AWS::Logs::DeliverySource, Properties: {Name: s, ResourceArn: 'arn:aws:cloudfront::111122223333:distribution/E1', LogType: ACCESS_LOGS}}";
    let arn = "arn:aws:cloudfront::111122223333:distribution/E1";
    check(source, "cloudfront:AllowVendedLogDeliveryForResource", &[arn]);
    check(source, "workmail:AllowVendedLogDeliveryForResource", &[]);
    // It accepts no resource types, so that only the ARN's service tells whom it is for.
    check(source, "elasticloadbalancing:AllowVendedLogDeliveryForResource", &[]);
}

#[test]
fn version_of_a_template_is_read_as_a_version() {
    let nested = |address: &str| {
        format!(
            "  N: {{Type: AWS::CloudFormation::Stack, Properties: {{TemplateURL: 'https://b.s3.amazonaws.com/{address}'}}}}"
        )
    };
    let version = nested("t.yaml?versionId=7");
    check(&version, "s3:GetObjectVersion", &["arn:aws:s3:::b/t.yaml"]);
    check(&nested("t.yaml"), "s3:GetObjectVersion", &[]);
}

#[test]
fn word_among_arns_of_functions_and_roles_is_no_role() {
    let stream = "  D: {Type: AWS::KinesisFirehose::DeliveryStream, Properties: {ExtendedS3DestinationConfiguration: {BucketARN: 'arn:aws:s3:::b', \
        RoleARN: 'arn:aws:iam::111122223333:role/r', ProcessingConfiguration: {Processors: [{Type: Lambda, Parameters: [\
        {ParameterName: LambdaArn, ParameterValue: 'arn:aws:lambda:eu-west-1:111122223333:function:f'},\
        {ParameterName: RoleArn, ParameterValue: 'arn:aws:iam::111122223333:role/other'},\
        {ParameterName: BufferSizeInMBs, ParameterValue: '3'}]}]}}}}";
    check(stream, "iam:PassRole", &["arn:aws:iam::111122223333:role/other", ROLE]);
}

#[test]
fn piece_of_an_arn_is_followed() {
    let policy = |piece: &str| {
        format!(
            "  R: {{Type: AWS::IAM::Role, Properties: {{RoleName: myrole, AssumeRolePolicyDocument: {{Statement: []}}}}}}\n  \
             P: {{Type: AWS::IAM::Policy, Properties: {{PolicyName: p, PolicyDocument: {{Statement: []}}, Roles: [{piece}]}}}}"
        )
    };
    // A bare name may stand behind any path.
    let role = ["arn:aws:iam::111122223333:role/*/myrole", "arn:aws:iam::111122223333:role/myrole"];
    check(
        &policy("!Select [1, !Split ['/', !Select [5, !Split [':', !GetAtt R.Arn]]]]"),
        "iam:PutRolePolicy",
        &role,
    );
    check(&policy("!Select [1, !Split ['/', !GetAtt R.Arn]]"), "iam:PutRolePolicy", &role);
}

#[test]
fn piece_behind_an_open_one_is_open() {
    let url = "  Q: {Type: AWS::SQS::Queue}\n  \
               P: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: x, Name: !Select [2, !Split ['-', !GetAtt Q.QueueName]]}}";
    check(url, "ssm:PutParameter", &["arn:aws:ssm:eu-west-1:111122223333:parameter/*"]);
}

#[test]
fn alias_leads_to_its_function() {
    let permission = |function: &str| {
        format!(
            "  F: {{Type: AWS::Lambda::Function, Properties: {{FunctionName: fn, Role: '{ROLE}', Code: {{ZipFile: x}}}}}}\n  \
             A: {{Type: AWS::Lambda::Alias, Properties: {{FunctionName: !Ref F, FunctionVersion: '1', Name: live}}}}\n  \
             P: {{Type: AWS::Lambda::Permission, Properties: {{FunctionName: {function}, Action: x, Principal: y}}}}"
        )
    };
    let function = "arn:aws:lambda:eu-west-1:111122223333:function:fn";
    check(&permission("!Ref A"), "lambda:AddPermission", &[function, &format!("{function}:live")]);
    check(&permission("!Ref F"), "lambda:AddPermission", &[function]);
}

#[test]
fn name_in_an_arn_of_elsewhere_is_not_taken_home() {
    let function = "arn:aws:lambda:us-east-1:444455556666:function:fn";
    check(
        &format!(
            "  A: {{Type: AWS::Lambda::Alias, Properties: {{FunctionName: '{function}', FunctionVersion: '1', Name: live}}}}"
        ),
        "lambda:CreateAlias",
        &[function],
    );
}

#[test]
fn import_finds_what_another_stack_of_the_run_exports() {
    let exporting = "
Resources:
  T: {Type: AWS::SNS::Topic, Properties: {TopicName: alarms}}
Outputs:
  Topic: {Value: !Ref T, Export: {Name: !Sub '${AWS::Region}-alarms'}}
";
    let handing_on = "
Resources:
  W: {Type: AWS::CloudFormation::WaitConditionHandle}
Outputs:
  Topic: {Value: !ImportValue eu-west-1-alarms, Export: {Name: again}}
";
    let importing = "
Resources:
  C: {Type: Custom::Thing, Properties: {ServiceToken: !ImportValue again}}
";
    let input = |name: &str, text: &str| Input::Template(Source::new(name, text));
    let all = [input("a", importing), input("b", handing_on), input("c", exporting)];
    let needs = sound(&all, &options());
    let topic = "arn:aws:sns:eu-west-1:111122223333:alarms";
    assert_eq!(resources(&needs, "sns:Publish").into_iter().collect::<Vec<_>>(), [topic]);
    assert_eq!(gap_codes(&needs), Vec::<&str>::new());
    // Nobody in the run exports it: what it is stays open, and is told.
    assert_eq!(gap_codes(&sound(&all[..1], &options())), ["unresolved-value"]);
}

#[test]
fn last_snapshot_is_taken_where_the_policy_says_so() {
    let database = |attributes: &str, properties: &str| {
        format!(
            "  D: {{Type: AWS::RDS::DBInstance, {attributes} Properties: {{DBInstanceIdentifier: d, Engine: postgres, {properties}}}}}"
        )
    };
    let snapshots = [
        "arn:aws:rds:eu-west-1:111122223333:db:d",
        "arn:aws:rds:eu-west-1:111122223333:snapshot:*",
    ];
    let action = "rds:CreateDBSnapshot";
    check(&database("", ""), action, &snapshots);
    check(&database("DeletionPolicy: Snapshot,", ""), action, &snapshots);
    check(&database("DeletionPolicy: Delete,", ""), action, &[]);
    check(
        &database("DeletionPolicy: Delete, UpdateReplacePolicy: Snapshot,", ""),
        action,
        &snapshots,
    );
    check(&database("", "DBClusterIdentifier: c"), action, &[]);
    let volume = "  V: {Type: AWS::EC2::Volume, Properties: {AvailabilityZone: a, Size: 1}}";
    check(volume, "ec2:CreateSnapshot", &[]);
}

#[test]
fn stack_set_is_known_by_its_name() {
    check(
        "  S: {Type: AWS::CloudFormation::StackSet, Properties: {StackSetName: s, PermissionModel: SERVICE_MANAGED, TemplateBody: x}}",
        "cloudformation:DeleteStackSet",
        &["arn:aws:cloudformation:eu-west-1:111122223333:stackset/s:*"],
    );
}

#[test]
fn connection_is_used_with_the_prefix_of_its_arn() {
    let of = |prefix: &str| format!("arn:aws:{prefix}:eu-west-1:111122223333:connection/c");
    for (prefix, other) in
        [("codeconnections", "codestar-connections"), ("codestar-connections", "codeconnections")]
    {
        let association = format!(
            "  A: {{Type: AWS::CodeGuruReviewer::RepositoryAssociation, Properties: {{Name: n, Type: GitHub, ConnectionArn: '{}'}}}}",
            of(prefix)
        );
        check(&association, &format!("{prefix}:UseConnection"), &[&of(prefix)]);
        check(&association, &format!("{other}:UseConnection"), &[]);
    }
}

#[test]
fn stack_of_another_service_is_none_of_ours() {
    check(
        "  S: {Type: AWS::AppStream::Stack, Properties: {Name: desk}}",
        "appstream:DeleteStack",
        &["arn:aws:appstream:eu-west-1:111122223333:stack/desk"],
    );
}

#[test]
fn arn_that_the_registry_knows_no_reference_for_is_followed() {
    let stream = "arn:aws:kinesis:eu-west-1:444455556666:stream/s";
    let consumer = |arn: &str| {
        format!(
            "  C: {{Type: AWS::Kinesis::StreamConsumer, Properties: {{ConsumerName: c, StreamARN: {arn}}}}}"
        )
    };
    check(&consumer(&format!("'{stream}'")), "kinesis:RegisterStreamConsumer", &[stream]);
    let own = format!(
        "  S: {{Type: AWS::Kinesis::Stream, Properties: {{Name: own}}}}\n{}",
        consumer("!GetAtt S.Arn")
    );
    let arn = "arn:aws:kinesis:eu-west-1:111122223333:stream/own";
    check(&own, "kinesis:RegisterStreamConsumer", &[arn]);
    let destination = "arn:aws:logs:eu-west-1:444455556666:delivery-destination:d";
    let delivery = format!(
        "  D: {{Type: AWS::Logs::Delivery, Properties: {{DeliverySourceName: s, DeliveryDestinationArn: '{destination}'}}}}"
    );
    let needs = needs_of(&format!("Resources:\n{delivery}"), &options());
    assert!(resources(&needs, "logs:CreateDelivery").contains(destination), "{needs:#?}");
}

#[test]
fn function_in_short_form_is_of_the_account_in_it() {
    check(
        "  P: {Type: AWS::Lambda::Permission, Properties: {FunctionName: '444455556666:function:fn', Action: x, Principal: y}}",
        "lambda:AddPermission",
        &["arn:aws:lambda:eu-west-1:444455556666:function:fn"],
    );
}

#[test]
fn service_is_in_the_cluster_that_it_names() {
    check(
        "  S: {Type: AWS::ECS::Service, Properties: {ServiceName: s, Cluster: c, TaskDefinition: t}}",
        "ecs:DeleteService",
        &["arn:aws:ecs:eu-west-1:111122223333:service/c/s"],
    );
}

/// The service's API says of these names: "This parameter is stored as a lowercase string".
#[test]
fn what_a_service_keeps_in_lower_case_is_in_lower_case_in_references_too() {
    let own = "  C: {Type: AWS::ElastiCache::ReplicationGroup, Properties: {ReplicationGroupId: MyGroup, ReplicationGroupDescription: d}}";
    let group = "arn:aws:elasticache:eu-west-1:111122223333:replicationgroup:mygroup";
    check(own, "elasticache:DeleteReplicationGroup", &[group]);
    let subnets = "  S: {Type: AWS::ElastiCache::SubnetGroup, Properties: {CacheSubnetGroupName: MySubnets, Description: d, SubnetIds: [subnet-1]}}";
    let arn = "arn:aws:elasticache:eu-west-1:111122223333:subnetgroup:mysubnets";
    check(subnets, "elasticache:DeleteCacheSubnetGroup", &[arn]);
    let cache = "  D: {Type: AWS::DAX::Cluster, Properties: {ClusterName: MyCache, NodeType: dax.r4.large, ReplicationFactor: 1, IAMRoleARN: 'arn:aws:iam::111122223333:role/r'}}";
    check(cache, "dax:DeleteCluster", &["arn:aws:dax:eu-west-1:111122223333:cache/mycache"]);
    let proxy = "  G: {Type: AWS::RDS::DBProxyTargetGroup, Properties: {DBProxyName: p, TargetGroupName: default, DBClusterIdentifiers: [MyCluster]}}";
    let needs = needs_of(&format!("Resources:\n{proxy}"), &options());
    let found = resources(&needs, "rds:DeregisterDBProxyTargets");
    let cluster = "arn:aws:rds:eu-west-1:111122223333:cluster:mycluster";
    assert!(found.contains(cluster), "{found:?}");
}

#[test]
fn rule_groups_that_a_firewall_policy_names_are_used_by_it() {
    let arn =
        |resource: &str| format!("arn:aws:network-firewall:eu-west-1:111122223333:{resource}");
    let managed = "arn:aws:network-firewall:eu-west-1:aws-managed:stateful-rulegroup/Known";
    for action in ["network-firewall:CreateFirewallPolicy", "network-firewall:UpdateFirewallPolicy"]
    {
        check(
            &format!(
                "  G: {{Type: AWS::NetworkFirewall::RuleGroup, Properties: {{RuleGroupName: g, Type: STATELESS, Capacity: 1}}}}\n  \
                 P: {{Type: AWS::NetworkFirewall::FirewallPolicy, Properties: {{FirewallPolicyName: p, FirewallPolicy: {{StatelessRuleGroupReferences: [{{Priority: 1, ResourceArn: !Ref G}}], StatefulRuleGroupReferences: [{{ResourceArn: '{managed}'}}]}}}}}}"
            ),
            action,
            &[&arn("firewall-policy/p"), &arn("stateless-rulegroup/g"), managed],
        );
    }
}

/// Templates take a bucket's name out of its domain name.
#[test]
fn bucket_is_found_in_its_domain_name() {
    let bucket = "  B: {Type: AWS::S3::Bucket, Properties: {BucketName: shop-data}}\n  \
                  N: {Type: AWS::S3::Bucket}\n";
    for (name, expected) in [
        ("!Select [0, !Split ['.', !GetAtt B.DomainName]]", "arn:aws:s3:::shop-data"),
        ("!Select [0, !Split ['.s3.', !GetAtt B.RegionalDomainName]]", "arn:aws:s3:::shop-data"),
        ("!Select [0, !Split ['.', !GetAtt N.DualStackDomainName]]", "arn:aws:s3:::shop-n-*"),
    ] {
        check(
            &format!(
                "{bucket}  P: {{Type: AWS::S3::BucketPolicy, Properties: {{Bucket: {name}, PolicyDocument: {{}}}}}}"
            ),
            "s3:PutBucketPolicy",
            &[expected],
        );
    }
}

#[test]
fn linked_role_of_a_scaled_service_is_that_of_its_namespace() {
    let target = |namespace: &str| {
        format!(
            "Parameters: {{N: {{Type: String}}}}\nResources:\n  T: {{Type: AWS::ApplicationAutoScaling::ScalableTarget, Properties: {{ServiceNamespace: {namespace}, ResourceId: service/c/s, ScalableDimension: 'ecs:service:DesiredCount', MinCapacity: 1, MaxCapacity: 2}}}}"
        )
    };
    for (namespace, service) in
        [("ecs", "ecs"), ("custom-resource", "custom-resource"), ("!Ref N", "*")]
    {
        let needs = needs_of(&target(namespace), &options());
        let made =
            needs.needs.iter().filter(|need| need.action.as_str() == "iam:CreateServiceLinkedRole");
        for need in made {
            let principal = format!("{service}.application-autoscaling.amazonaws.com");
            let role = format!("arn:aws:iam::111122223333:role/aws-service-role/{principal}/*");
            assert_eq!(need.resources.iter().map(ToString::to_string).collect::<Vec<_>>(), [role]);
            assert!(
                format!("{:?}", need.conditions).contains(&format!("\"{principal}\"")),
                "{need:?}"
            );
        }
        assert!(resources(&needs, "iam:CreateServiceLinkedRole").len() == 1);
    }
}
