//! Objects and buckets of S3 that resources of other services read, and what is said where they are not known.

use std::collections::BTreeSet;

use stackpass_stacks::need::Scoping;

use super::deployments::{needs_of, options};

fn one(resource_type: &str, properties: &str) -> String {
    format!("Resources: {{It: {{Type: '{resource_type}', Properties: {{{properties}}}}}}}")
}

/// On what the executor is given an action, for one resource.
fn check(resource_type: &str, properties: &str, action: &str, expected: &[&str]) {
    let needs = needs_of(&one(resource_type, properties), &options()).needs;
    let of_action =
        needs.iter().filter(|need| need.action.as_str() == action && need.why.resource.is_some());
    let found: BTreeSet<String> =
        of_action.flat_map(|need| need.resources.iter().map(ToString::to_string)).collect();
    let expected: BTreeSet<String> =
        expected.iter().map(|place| format!("arn:aws:s3:::{place}")).collect();
    assert_eq!(found, expected, "{action} of {resource_type} with {properties}");
}

/// What the gaps of a template say, each with its help.
fn gaps(template: &str) -> Vec<(String, String)> {
    let gaps = needs_of(template, &options()).gaps.into_iter();
    gaps.map(|gap| (gap.message, gap.help.to_string())).collect()
}

#[test]
fn what_belongs_to_an_object_is_read_where_the_object_is() {
    let prompt = "Name: n, InstanceArn: 'arn:aws:connect:eu-west-1:111122223333:instance/i', S3Uri: 's3://b/k.wav'";
    check("AWS::Connect::Prompt", prompt, "s3:GetObjectAcl", &["b/k.wav"]);
    let plugin = |version: &str| {
        format!(
            "Name: n, ContentType: JAR, Location: {{S3Location: {{BucketArn: 'arn:aws:s3:::b', FileKey: k.jar{version}}}}}"
        )
    };
    let plugins = "AWS::KafkaConnect::CustomPlugin";
    check(plugins, &plugin(""), "s3:GetObject", &["b/k.jar"]);
    check(plugins, &plugin(""), "s3:GetObjectAttributes", &["b/k.jar"]);
    check(plugins, &plugin(""), "s3:GetObjectVersionAttributes", &[]);
    let versioned = plugin(", ObjectVersion: v");
    check(plugins, &versioned, "s3:GetObjectVersionAttributes", &["b/k.jar"]);
}

#[test]
fn a_bucket_is_looked_at_where_the_object_is_and_no_access_point_is() {
    let component = "Name: n, Platform: Linux, Version: 1.0.0, Uri: 's3://b/k'";
    check("AWS::ImageBuilder::Component", component, "s3:GetBucketLocation", &["b"]);
    let engine = "Engine: custom-oracle-ee, EngineVersion: 19.x, DatabaseInstallationFilesS3BucketName: b, DatabaseInstallationFilesS3Prefix: p";
    let versions = "AWS::RDS::CustomDBEngineVersion";
    check(versions, engine, "s3:ListBucket", &["b"]);
    check(versions, engine, "s3:GetObjectTagging", &["b/p*"]);
    // RDS makes a bucket of its own.
    check(versions, engine, "s3:CreateBucket", &["*"]);
}

#[test]
fn results_of_a_work_group_lie_below_their_place() {
    let group =
        "Name: w, WorkGroupConfiguration: {ResultConfiguration: {OutputLocation: 's3://b/out/'}}";
    check("AWS::Athena::WorkGroup", group, "s3:PutObject", &["b/out/*"]);
    check("AWS::Athena::WorkGroup", group, "s3:GetBucketLocation", &["b"]);
}

#[test]
fn an_import_is_read_from_the_object_that_an_arn_names() {
    let store = "Name: n, ImportSource: {SourceType: S3, SourceArn: 'arn:aws:s3:::b/k.json'}";
    check("AWS::CloudFront::KeyValueStore", store, "s3:GetObject", &["b/k.json"]);
    check("AWS::CloudFront::KeyValueStore", store, "s3:GetBucketLocation", &["b"]);
    let domain =
        "DomainName: a.example.org, MutualTlsAuthentication: {TruststoreUri: 's3://b/k.pem'}";
    check("AWS::ApiGateway::DomainName", domain, "s3:GetObject", &["b/k.pem"]);
    check("AWS::ApiGateway::DomainName", domain, "s3:GetObjectVersion", &[]);
}

#[test]
fn a_file_of_this_machine_is_no_object_and_a_gap_says_what_to_give() {
    let schema = |location: &str| {
        one("AWS::AppSync::GraphQLSchema", &format!("ApiId: a, DefinitionS3Location: {location}"))
    };
    for path in ["./schema.graphql", "graphql/schema.graphql", "schema.graphql"] {
        let needs = needs_of(&schema(path), &options()).needs;
        let read = needs.iter().find(|need| need.action.as_str() == "s3:GetObject");
        assert_eq!(read.map(|need| &need.scoping), Some(&Scoping::UnknownValue), "{path}");
        let said = gaps(&schema(path));
        let [(message, help)] = &said[..] else { panic!("{path}: {said:?}") };
        assert!(message.contains("`DefinitionS3Location`"), "{message}");
        assert!(help.contains("aws cloudformation package"), "{help}");
    }
    assert_eq!(gaps(&schema("s3://b/schema.graphql")), []);
}

#[test]
fn a_gap_tells_what_is_not_known_and_not_what_asks_for_the_action() {
    let template = "Parameters: {Name: {Type: String}}\nResources: {It: {Type: 'AWS::S3::Bucket', Properties: {BucketName: !Ref Name, BucketEncryption: {}, VersioningConfiguration: {Status: Enabled}, Tags: [{Key: a, Value: b}]}}}";
    let said = gaps(template);
    let [(message, help)] = &said[..] else { panic!("{said:?}") };
    assert!(message.starts_with("its name is not known"), "{message}");
    assert!(help.contains("`Name`"), "{help}");
    let group = "Parameters: {Vpc: {Type: String}}\nResources: {It: {Type: 'AWS::EC2::SecurityGroup', Properties: {GroupDescription: d, VpcId: !Ref Vpc}}}";
    let said = gaps(group);
    let [(message, _)] = &said[..] else { panic!("{said:?}") };
    assert!(message.starts_with("what `VpcId` refers to"), "{message}");
}

#[test]
fn a_bucket_without_a_key_is_no_object() {
    for location in ["!Ref B", "!Sub 's3://${B}'"] {
        let template = format!(
            "Resources: {{B: {{Type: 'AWS::S3::Bucket', Properties: {{BucketName: own}}}}, It: {{Type: 'AWS::AppSync::GraphQLSchema', Properties: {{ApiId: a, DefinitionS3Location: {location}}}}}}}"
        );
        let needs = needs_of(&template, &options()).needs;
        let read = needs.iter().find(|need| need.action.as_str() == "s3:GetObject");
        assert_eq!(read.map(|need| &need.scoping), Some(&Scoping::UnknownValue), "{location}");
        assert_eq!(gaps(&template).len(), 1, "{location}");
    }
}
