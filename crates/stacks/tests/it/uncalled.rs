//! Actions that no call makes, for what the template says.

use super::deployments::{actions, needs_of, options};

/// Whether the actions are needed for a template, which has one resource or a few.
fn check(template: &str, named: &[&str], expected: bool) {
    let needed = actions(&needs_of(template, &options()));
    for action in named {
        assert_eq!(needed.contains(*action), expected, "{action} in {template}");
    }
}

fn one(resource_type: &str, properties: &str) -> String {
    format!("Resources: {{It: {{Type: '{resource_type}', Properties: {{{properties}}}}}}}")
}

#[test]
fn what_only_a_new_resource_can_have_is_not_updated() {
    let queue = |properties: &str| one("AWS::SQS::Queue", properties);
    let update = ["sqs:SetQueueAttributes"];
    check(&queue(""), &update, false);
    check(&queue("QueueName: a, FifoQueue: true"), &update, false);
    check(&queue("QueueName: a, DelaySeconds: 3"), &update, true);
    check(&queue("Tags: [{Key: a, Value: b}]"), &update, true);
    check(&queue("QueueName: a"), &["sqs:CreateQueue", "sqs:GetQueueAttributes"], true);
    check(&one("AWS::ECS::Cluster", "ClusterName: a"), &["ecs:PutAccountSetting"], false);
}

#[test]
fn tags_of_the_stack_are_an_update() {
    let mut options = options();
    options.stack_tags.insert("team".to_owned(), "a".to_owned());
    let needed = actions(&needs_of(&one("AWS::SQS::Queue", "QueueName: a"), &options));
    assert!(needed.contains("sqs:SetQueueAttributes"), "{needed:?}");
}

#[test]
fn a_document_without_a_policy_sets_none() {
    let api = |properties: &str| one("AWS::ApiGateway::RestApi", properties);
    let policy = ["apigateway:UpdateRestApiPolicy"];
    check(&api("Body: {openapi: '3.0.1', paths: {}}"), &policy, false);
    check(&api("Body: {openapi: '3.0.1', x-amazon-apigateway-policy: {}}"), &policy, true);
    check(
        &api("Body: {Fn::Transform: {Name: AWS::Include, Parameters: {Location: s3://b/k}}}"),
        &policy,
        true,
    );
    check(&api("Body: '{\"x-amazon-apigateway-policy\": {}}'"), &policy, true);
    check(&api("BodyS3Location: {Bucket: b, Key: k}"), &policy, true);
    check(&api("Name: a, Policy: {}"), &policy, true);
}

#[test]
fn sam_writes_a_policy_where_it_is_asked_to() {
    let policy = ["apigateway:UpdateRestApiPolicy"];
    let with = |api: &str, event: &str| {
        format!(
            "Transform: AWS::Serverless-2016-10-31\nResources:\n  A: {{Type: AWS::Serverless::Api, Properties: {{StageName: p{api}}}}}\n  \
             F:\n    Type: AWS::Serverless::Function\n    Properties:\n      InlineCode: x\n      Runtime: python3.13\n      Handler: index.run\n      \
             Events: {{E: {{Type: Api, Properties: {{RestApiId: !Ref A, Path: /, Method: get{event}}}}}}}\n"
        )
    };
    check(&with("", ""), &policy, false);
    check(&with(", Auth: {ResourcePolicy: {IpRangeBlacklist: [192.0.2.1]}}", ""), &policy, true);
    check(&with("", ", Auth: {ResourcePolicy: {IpRangeBlacklist: [192.0.2.1]}}"), &policy, true);
}

#[test]
fn a_domain_uses_the_key_of_its_user_pool() {
    let with = |pool: &str| {
        format!(
            "Resources:\n  P: {{Type: AWS::Cognito::UserPool, Properties: {{{pool}}}}}\n  \
             D: {{Type: AWS::Cognito::UserPoolDomain, Properties: {{Domain: a, UserPoolId: !Ref P}}}}\n"
        )
    };
    let key = "arn:aws:kms:eu-west-1:111122223333:key/a";
    let keyed = format!("KeyConfiguration: {{KeyType: CUSTOMER_MANAGED_KEY, KmsKeyArn: '{key}'}}");
    check(&with(""), &["kms:CreateGrant", "kms:Decrypt"], false);
    check(&with(&keyed), &["kms:CreateGrant", "kms:Decrypt"], true);
    let elsewhere = one("AWS::Cognito::UserPoolDomain", "Domain: a, UserPoolId: eu-west-1_a");
    check(&elsewhere, &["kms:CreateGrant", "kms:Decrypt"], true);
}

#[test]
fn a_web_acl_is_set_by_the_service_of_what_it_protects() {
    let on = |arn: &str| {
        let properties = format!(
            "ResourceArn: '{arn}', WebACLArn: 'arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/a/b'"
        );
        one("AWS::WAFv2::WebACLAssociation", &properties)
    };
    let others = ["appsync:SetWebACL", "elasticloadbalancing:SetWebAcl", "amplify:AssociateWebACL"];
    check(&on("arn:aws:apigateway:eu-west-1::/restapis/a/stages/b"), &others, false);
    let balancer = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/a/b";
    check(&on(balancer), &["elasticloadbalancing:SetWebAcl"], true);
}

#[test]
fn nothing_is_tagged_without_a_tag() {
    let tag = ["aoss:TagResource"];
    let collection =
        |tags: &str| one("AWS::OpenSearchServerless::Collection", &format!("Name: a{tags}"));
    check(&collection(""), &tag, false);
    check(&collection(", Tags: [{Key: a, Value: b}]"), &tag, true);
    let channel = one("AWS::IoTAnalytics::Channel", "ChannelName: a");
    check(&channel, &["iotanalytics:TagResource", "iotanalytics:UntagResource"], false);
    check(&channel, &["iotanalytics:ListTagsForResource"], true);
}

#[test]
fn a_broker_with_groups_makes_none_and_one_without_changes_none() {
    let broker = |groups: &str| one("AWS::AmazonMQ::Broker", &format!("BrokerName: b{groups}"));
    let given = broker(", SecurityGroups: [sg-1]");
    check(&given, &["ec2:CreateSecurityGroup"], false);
    check(&given, &["ec2:ModifyNetworkInterfaceAttribute", "ec2:CreateNetworkInterface"], true);
    check(&broker(""), &["ec2:CreateSecurityGroup", "ec2:CreateNetworkInterface"], true);
    check(&broker(""), &["ec2:ModifyNetworkInterfaceAttribute"], false);
}
