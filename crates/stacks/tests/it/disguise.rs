//! Stars in disguise: what a rule or the registry allows on everything, bound to what the template says.

use stackpass_stacks::{needs, plan};

use super::deployments::{options, template};

/// What an action acts on, sorted.
fn on(text: &str, action: &str) -> Vec<String> {
    let found = needs(&plan(&[template(text)], &options()).0);
    let of_action = found.needs.iter().filter(|need| need.action.to_string() == action);
    let mut arns: Vec<String> =
        of_action.flat_map(|need| &need.resources).map(ToString::to_string).collect();
    arns.sort();
    arns.dedup();
    arns
}

#[test]
fn node_group_is_one_of_its_cluster_and_tags_what_it_launches() {
    let text = "
Resources:
  N:
    Type: AWS::EKS::Nodegroup
    Properties: {ClusterName: c, NodeRole: 'arn:aws:iam::111122223333:role/n', Subnets: [subnet-1]}";
    let arn = |rest: &str| format!("arn:aws:{rest}");
    assert_eq!(
        on(text, "eks:DeleteNodegroup"),
        [arn("eks:eu-west-1:111122223333:nodegroup/c/*/*")]
    );
    let kinds = ["instance", "launch-template", "network-interface", "volume"];
    let tagged = kinds.map(|kind| arn(&format!("ec2:eu-west-1:111122223333:{kind}/*")));
    assert_eq!(on(text, "ec2:CreateTags"), tagged);
    let named = text.replace("ClusterName: c", "ClusterName: c, NodegroupName: n");
    assert_eq!(
        on(&named, "eks:DeleteNodegroup"),
        [arn("eks:eu-west-1:111122223333:nodegroup/c/n/*")]
    );
}

#[test]
fn bucket_of_a_flow_log_is_the_one_that_the_destination_names() {
    for (destination, expected) in [
        ("'arn:aws:s3:::logs'", "arn:aws:s3:::logs"),
        ("'arn:aws:s3:::logs/a/b/'", "arn:aws:s3:::logs"),
        ("!GetAtt B.Arn", "arn:aws:s3:::own"),
        ("!Sub '${B.Arn}/a/'", "arn:aws:s3:::own"),
    ] {
        let text = format!(
            "
Resources:
  B: {{Type: AWS::S3::Bucket, Properties: {{BucketName: own}}}}
  F:
    Type: AWS::EC2::FlowLog
    Properties: {{ResourceId: vpc-1, ResourceType: VPC, TrafficType: ALL, LogDestinationType: s3, LogDestination: {destination}}}"
        );
        for action in ["s3:GetBucketPolicy", "s3:PutBucketPolicy"] {
            assert_eq!(on(&text, action), [expected], "{action} for {destination}");
        }
    }
}

#[test]
fn a_place_inside_a_bucket_is_the_bucket_for_what_acts_on_buckets() {
    let text = "
Resources:
  W:
    Type: AWS::WAFv2::LoggingConfiguration
    Properties: {ResourceArn: 'arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/a/b', LogDestinationConfigs: ['arn:aws:s3:::aws-waf-logs-x/pre']}";
    for action in ["s3:GetBucketPolicy", "s3:PutBucketPolicy"] {
        assert_eq!(on(text, action), ["arn:aws:s3:::aws-waf-logs-x"], "{action}");
    }
}

#[test]
fn bucket_of_a_distribution_is_the_one_of_its_log() {
    for (bucket, expected) in [
        ("logs.s3.amazonaws.com", "arn:aws:s3:::logs"),
        ("logs.s3.eu-west-1.amazonaws.com", "arn:aws:s3:::logs"),
        ("logs.my.s3.amazonaws.com", "arn:aws:s3:::logs.my"),
        ("!GetAtt B.DomainName", "arn:aws:s3:::own"),
        ("!GetAtt B.RegionalDomainName", "arn:aws:s3:::own"),
        ("!Sub '${B}.s3.amazonaws.com'", "arn:aws:s3:::own"),
    ] {
        let text = format!(
            "
Resources:
  B: {{Type: AWS::S3::Bucket, Properties: {{BucketName: own}}}}
  D:
    Type: AWS::CloudFront::Distribution
    Properties: {{DistributionConfig: {{Enabled: true, Logging: {{Bucket: {bucket}}}}}}}"
        );
        for action in ["s3:GetBucketAcl", "s3:PutBucketAcl"] {
            assert_eq!(on(&text, action), [expected], "{action} for {bucket}");
        }
    }
}

#[test]
fn branch_triggers_the_repository_of_its_app_only() {
    let triggers = |app: &str, id: &str| {
        let text = format!(
            "
Resources:
  A: {{Type: AWS::Amplify::App, Properties: {{Name: a{app}}}}}
  B: {{Type: AWS::Amplify::Branch, Properties: {{AppId: {id}, BranchName: main}}}}"
        );
        assert_eq!(on(&text, "s3:PutObject"), [""; 0]);
        on(&text, "codecommit:PutRepositoryTriggers")
    };
    let repository = "arn:aws:codecommit:eu-west-1:111122223333:site";
    assert_eq!(triggers("", "!GetAtt A.AppId"), [""; 0]);
    let own = ", Repository: 'https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/site'";
    assert_eq!(triggers(own, "!GetAtt A.AppId"), [repository]);
    assert_eq!(triggers("", "d123"), ["arn:aws:codecommit:*:*:*"], "the app is another stack's");
}
