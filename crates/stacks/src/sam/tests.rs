//! Tests of the expansion. That it makes the same resources as the transform is tested with `testdata/sam`.

use proptest::prelude::*;
use stackpass_ground::source::Source;
use stackpass_ground::tree::Kind;

use super::*;
use crate::template;

/// Reads a template with the transform and these resources, and expands it.
fn expanded(resources: &str) -> (Source, Template, Vec<Diagnostic>) {
    let text = format!("Transform: AWS::Serverless-2016-10-31\nResources:\n{resources}");
    let source = Source::new("template.yaml", text);
    let (template, problems) = template::read(&source);
    assert_eq!(problems, [], "the template can be read");
    let template = template.expect("a template");
    let (expanded, problems) = expand(&template);
    (source, expanded.into_owned(), problems)
}

/// The ids and types of what a template's resources become.
fn check(resources: &str, expected: &[&str]) {
    let (_, template, _) = expanded(resources);
    let found = template.resources.values();
    let found: Vec<_> = found
        .map(|resource| {
            let kind = resource.resource_type.trim_start_matches("AWS::");
            format!("{} {kind}", resource.logical_id)
        })
        .collect();
    assert_eq!(found, expected);
}

/// A property of a resource, without its places.
fn property(template: &Template, id: &str, key: &str) -> String {
    let properties = &template.resources.get(id).expect("the resource is there").properties;
    plain(properties.field(key).expect("the property is there"))
}

fn plain(node: &Node) -> String {
    match &node.kind {
        Kind::List(items) => {
            format!("[{}]", items.iter().map(plain).collect::<Vec<_>>().join(", "))
        }
        Kind::Map(entries) => {
            let entries =
                entries.iter().map(|entry| format!("{}: {}", entry.key, plain(&entry.value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
        _ => node.scalar().unwrap_or("null").to_owned(),
    }
}

/// A function with inline code, and what else it has.
fn function_with(properties: &str) -> String {
    format!(
        "  Hello:\n    Type: AWS::Serverless::Function\n    Properties:\n      InlineCode: x\n{properties}"
    )
}

#[test]
fn template_without_the_transform_is_not_copied() {
    let source = Source::new("t", "Resources: { A: { Type: 'AWS::Serverless::Function' } }");
    let (template, _) = template::read(&source);
    let template = template.expect("a template");
    let (expanded, problems) = expand(&template);
    assert!(matches!(expanded, Cow::Borrowed(lent) if std::ptr::eq(lent, &raw const template)));
    assert_eq!(problems, []);
}

#[test]
fn what_comes_with_an_event_stands_at_the_event() {
    let event = "      Events:\n        Daily:\n          Type: Schedule\n          Properties: { Schedule: rate(1 day) }\n";
    let (source, template, _) = expanded(&function_with(event));
    let line = |id: &str| {
        let resource = template.resources.get(id).expect("the resource is there");
        source.position(resource.span.start).line
    };
    assert_eq!(
        ["Hello", "HelloRole", "HelloDaily", "HelloDailyPermission"].map(line),
        [3, 3, 8, 8]
    );
}

#[test]
fn role_is_taken_on_by_lambda_and_has_the_tag_of_sam() {
    let (_, template, _) = expanded(&function_with("      Tags: { team: shop }\n"));
    let trust = property(&template, "HelloRole", "AssumeRolePolicyDocument");
    assert!(trust.contains("Principal: {Service: [lambda.amazonaws.com]}"), "{trust}");
    let tags = "[{Key: lambda:createdBy, Value: SAM}, {Key: team, Value: shop}]";
    assert_eq!(property(&template, "HelloRole", "Tags"), tags);
    assert_eq!(property(&template, "Hello", "Role"), "{Fn::GetAtt: [HelloRole, Arn]}");
}

#[test]
fn managed_policy_may_lie_under_any_path() {
    let policies = "      Policies: [AWSLambdaBasicExecutionRole, AmazonS3FullAccess, !Ref Own]\n";
    let (_, template, _) = expanded(&function_with(policies));
    let logs =
        "{Fn::Sub: arn:${AWS::Partition}:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole}";
    let named = "{Fn::Sub: [arn:${AWS::Partition}:iam::aws:policy/${Path}AmazonS3FullAccess, {Path: {Fn::Base64: }}]}";
    let expected = format!("[{logs}, {named}, {{Ref: Own}}]");
    assert_eq!(property(&template, "HelloRole", "ManagedPolicyArns"), expected);
}

#[test]
fn code_in_a_local_folder_goes_to_a_bucket_that_can_be_given() {
    let (_, template, problems) = expanded(
        "  Hello:\n    Type: AWS::Serverless::Function\n    Properties: { CodeUri: ./src }\n",
    );
    let code = "{S3Bucket: {Ref: SamPackageBucket}, S3Key: {Fn::Base64: }}";
    assert_eq!(property(&template, "Hello", "Code"), code);
    assert!(template.parameters.contains_key("SamPackageBucket"));
    let codes: Vec<_> = problems.iter().map(|problem| problem.code).collect();
    assert_eq!(codes, ["sam-package"]);
}

#[test]
fn packaged_code_is_read_from_its_bucket() {
    let function = "  Hello:\n    Type: AWS::Serverless::Function\n    Properties: { CodeUri: 's3://code/a/b.zip?versionId=7' }\n";
    let (_, template, problems) = expanded(function);
    let code = "{S3Bucket: code, S3Key: a/b.zip, S3ObjectVersion: 7}";
    assert_eq!(property(&template, "Hello", "Code"), code);
    assert_eq!(problems, []);
}

#[test]
fn bucket_tells_the_function_of_its_events() {
    let event = "      Events:\n        Put: { Type: S3, Properties: { Bucket: !Ref Files, Events: 's3:ObjectCreated:*' } }\n  Files: { Type: 'AWS::S3::Bucket' }\n";
    let (_, template, _) = expanded(&function_with(event));
    let told = "{LambdaConfigurations: [{Event: s3:ObjectCreated:*, Function: {Fn::GetAtt: [Hello, Arn]}}]}";
    assert_eq!(property(&template, "Files", "NotificationConfiguration"), told);
}

#[test]
fn references_to_parts_name_what_was_made() {
    let rest = "      AutoPublishAlias: live\n      Events:\n        Get: { Type: Api, Properties: { Path: /, Method: get } }\n  Use:\n    Type: AWS::SNS::Topic\n    Properties:\n      DisplayName: !Sub '${Hello.Version} ${ServerlessRestApi.Stage} ${!Hello.Alias} ${Hello.Arn}'\n      TopicName: !Ref Hello.Alias\n";
    let (_, template, _) = expanded(&function_with(rest));
    let text =
        "{Fn::Sub: ${HelloVersion} ${ServerlessRestApiProdStage} ${!Hello.Alias} ${Hello.Arn}}";
    assert_eq!(property(&template, "Use", "DisplayName"), text);
    assert_eq!(property(&template, "Use", "TopicName"), "{Ref: HelloAliaslive}");
}

#[test]
fn api_takes_on_the_role_that_starts_a_state_machine() {
    let machine = "  Flow:\n    Type: AWS::Serverless::StateMachine\n    Properties:\n      Definition: { StartAt: A }\n      Events:\n        Post: { Type: Api, Properties: { Path: /, Method: post } }\n";
    let (_, template, _) = expanded(machine);
    let body = property(&template, "ServerlessRestApi", "Body");
    assert_eq!(body, "{x-roles: [{credentials: {Fn::GetAtt: [FlowPostRole, Arn]}}]}");
}

#[test]
fn own_properties_count_over_the_defaults() {
    let text = "Transform: AWS::Serverless-2016-10-31\nGlobals:\n  Function: { Layers: [a], Timeout: 3, Environment: { Variables: { A: 1, B: 1 } }, Architectures: [arm64] }\nResources:\n  F:\n    Type: AWS::Serverless::Function\n    Properties: { InlineCode: x, Layers: [b], Timeout: 5, Environment: { Variables: { B: 2 } }, Architectures: [x86_64] }\n";
    let (template, _) = template::read(&Source::new("t", text));
    let template = template.expect("a template");
    let (template, _) = expand(&template);
    let found = ["Layers", "Timeout", "Environment", "Architectures"]
        .map(|key| property(&template, "F", key));
    assert_eq!(found, ["[a, b]", "5", "{Variables: {A: 1, B: 2}}", "[x86_64]"]);
}

#[test]
fn unknown_event_stays_and_so_is_a_gap() {
    let event = "      Events:\n        Odd: { Type: Telepathy }\n";
    check(
        &function_with(event),
        &["Hello Lambda::Function", "HelloOdd Serverless::Function", "HelloRole IAM::Role"],
    );
    let (_, _, problems) = expanded(&function_with(event));
    let codes: Vec<_> = problems.iter().map(|problem| problem.code).collect();
    assert_eq!(codes, ["sam-unexpanded"]);
}

#[test]
fn event_of_a_bucket_elsewhere_stays() {
    let event = "      Events:\n        Put: { Type: S3, Properties: { Bucket: elsewhere, Events: 's3:*' } }\n";
    check(
        &function_with(event),
        &["Hello Lambda::Function", "HelloPut Serverless::Function", "HelloRole IAM::Role"],
    );
}

#[test]
fn events_that_a_macro_makes_stay() {
    let event = "      Events:\n        Fn::Transform: { Name: Routes }\n";
    check(
        &function_with(event),
        &["Hello Lambda::Function", "HelloFnTransform Serverless::Function", "HelloRole IAM::Role"],
    );
}

#[test]
fn types_and_properties_that_are_not_known_stay() {
    check("  A: { Type: 'AWS::Serverless::Dream' }\n", &["A Serverless::Dream"]);
    check(
        "  A: { Type: 'AWS::Serverless::Function', Properties: { 'Fn::Transform': { Name: M } } }\n",
        &["A Serverless::Function"],
    );
}

#[test]
fn connector_between_types_that_cannot_be_connected_stays() {
    check(
        "  A: { Type: 'AWS::SNS::Topic' }\n  C: { Type: 'AWS::Serverless::Connector', Properties: { Source: { Id: A }, Destination: { Id: A } } }\n",
        &["A SNS::Topic", "C Serverless::Connector"],
    );
}

#[test]
fn user_keeps_a_resource_of_the_same_name() {
    check(
        &function_with("  HelloRole: { Type: 'AWS::SQS::Queue' }\n"),
        &["Hello Lambda::Function", "HelloRole SQS::Queue", "HelloRole2 IAM::Role"],
    );
}

/// Words at which the expansion looks.
const WORDS: &[&str] = &[
    "Alias",
    "Auth",
    "Authorizers",
    "AutoPublishAlias",
    "BasePath",
    "Bucket",
    "CodeUri",
    "Connectors",
    "CreateUsagePlan",
    "DataSources",
    "DeadLetterConfig",
    "DefinitionBody",
    "DefinitionUri",
    "DeploymentPreference",
    "Destination",
    "DestinationConfig",
    "Domain",
    "DomainName",
    "E",
    "Enabled",
    "EndpointConfiguration",
    "EventInvokeConfig",
    "Events",
    "Fn::GetAtt",
    "Fn::If",
    "Fn::Sub",
    "Fn::Transform",
    "FunctionArn",
    "FunctionUrlConfig",
    "Functions",
    "Id",
    "InvokeRole",
    "Lambda",
    "LambdaAuthorizer",
    "LayerName",
    "Location",
    "NONE",
    "NotificationConfiguration",
    "OnFailure",
    "PRIVATE",
    "Path",
    "Permissions",
    "Plain",
    "Policies",
    "PropagateTags",
    "Properties",
    "Ref",
    "Resolvers",
    "RestApiId",
    "Role",
    "Route53",
    "Routes",
    "S3",
    "SNS",
    "SQS",
    "Schedule",
    "ScheduleV2",
    "Source",
    "SqsSubscription",
    "StageName",
    "Statement",
    "Tags",
    "Topic",
    "Tracing",
    "Type",
    "UsagePlan",
];

const TYPES: &[&str] = &[
    "Api",
    "Application",
    "CapacityProvider",
    "Connector",
    "Function",
    "GraphQLApi",
    "HttpApi",
    "LayerVersion",
    "SimpleTable",
    "StateMachine",
    "WebSocketApi",
];

const EVENTS: &[&str] = &[
    "AlexaSkill",
    "Api",
    "CloudWatchEvent",
    "CloudWatchLogs",
    "Cognito",
    "DynamoDB",
    "HttpApi",
    "IoTRule",
    "Kinesis",
    "MQ",
    "MSK",
    "S3",
    "SNS",
    "SQS",
    "Schedule",
    "ScheduleV2",
];

/// Any JSON value made of such words.
fn any_value() -> impl Strategy<Value = String> {
    let word = proptest::sample::select(WORDS).prop_map(|word| format!("{word:?}"));
    let leaf = prop_oneof![
        4 => word,
        1 => proptest::sample::select(&["null", "true", "false", "3", "\"\"", "\"${A.Alias}\"", "\"s3://b/k\""][..])
            .prop_map(str::to_owned),
        1 => Just("{\"Ref\": \"Plain\"}".to_owned()),
        1 => Just("{\"Fn::If\": [\"C\", {\"Ref\": \"AWS::NoValue\"}, \"x\"]}".to_owned()),
        2 => proptest::sample::select(EVENTS)
            .prop_map(|event| format!("{{\"Type\": {event:?}, \"Properties\": {{\"Path\": \"/\"}}}}")),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4)
                .prop_map(|items| format!("[{}]", items.join(", "))),
            any_map(inner),
        ]
    })
}

/// A mapping of such words to such values.
fn any_map(value: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    let entry = (proptest::sample::select(WORDS), value);
    proptest::collection::btree_map(entry.0, entry.1, 0..6).prop_map(|entries| {
        let entries = entries.iter().map(|(key, value)| format!("{key:?}: {value}"));
        format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
    })
}

proptest! {
    #[test]
    fn nothing_is_lost_whatever_the_template_says(
        types in proptest::collection::vec(proptest::sample::select(TYPES), 1..4),
        values in proptest::collection::vec(any_map(any_value()), 4),
        of_bucket in any_value(),
        connectors in any_value(),
        globals in any_value(),
    ) {
        let sam = types.iter().zip(&values).enumerate().map(|(index, (kind, properties))| {
            format!("\"S{index}\": {{\"Type\": \"AWS::Serverless::{kind}\", \"Connectors\": {connectors}, \"Properties\": {properties}}}")
        });
        let sam = sam.collect::<Vec<_>>().join(", ");
        let text = format!(
            "{{\"Transform\": \"{TRANSFORM}\", \"Globals\": {{\"Function\": {globals}, \"Api\": {globals}}}, \"Resources\": {{\"Plain\": {{\"Type\": \"AWS::S3::Bucket\", \"Properties\": {of_bucket}}}, {sam}}}}}"
        );
        let (template, _) = template::read(&Source::new("t", text));
        let template = template.expect("a template");
        let (expanded, problems) = expand(&template);
        for (id, resource) in &template.resources {
            let kept = expanded.resources.get(id);
            prop_assert!(kept.is_some() || resource.resource_type.ends_with("::Connector"), "{id} is lost");
            prop_assert!(is_sam(resource) || kept.is_some_and(|kept| kept.resource_type == resource.resource_type));
        }
        prop_assert!(expanded.resources.iter().all(|(id, resource)| *id == resource.logical_id));
        prop_assert_eq!(expand(&template), (expanded, problems), "the same input gives the same outcome");
    }
}

#[test]
fn connectors_beyond_all_measure_are_left_as_they_are() {
    let tables: Vec<String> = (0..100).map(|number| format!("{{Id: T{number}}}")).collect();
    let connectors: Vec<String> = (0..100)
        .map(|number| {
            format!(
                "C{number}: {{Properties: {{Destination: [{}], Permissions: [Read]}}}}",
                tables.join(", ")
            )
        })
        .collect();
    let declared: Vec<String> = (0..100)
        .map(|number| format!("  T{number}: {{Type: AWS::Serverless::SimpleTable}}\n"))
        .collect();
    let declared = declared.concat();
    let text = format!(
        "Transform: AWS::Serverless-2016-10-31\nResources:\n  F:\n    Type: AWS::Serverless::Function\n    \
         Properties: {{CodeUri: 's3://b/k', Handler: h, Runtime: nodejs20.x}}\n    Connectors: {{{}}}\n{declared}",
        connectors.join(", ")
    );
    let (template, _) = template::read(&Source::new("t.yaml", text));
    let template = template.unwrap();
    let (expanded, _) = expand(&template);
    let kept = expanded
        .resources
        .values()
        .filter(|of| of.resource_type == "AWS::Serverless::Connector")
        .count();
    assert!(expanded.resources.len() < 6_000 && kept > 0, "{} {kept}", expanded.resources.len());
}
