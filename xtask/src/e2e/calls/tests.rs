use serde_json::json;

use super::*;

fn call(service: &str, operation: &str, params: &Value) -> Call {
    let value = json!({"side": "client", "service": service, "operation": operation, "params": params,
        "region": "eu-west-1", "account": "111122223333"});
    serde_json::from_value(value).unwrap()
}

#[test]
fn a_call_that_needs_no_permission_gives_no_request() {
    assert_eq!(requests(&call("sts", "GetCallerIdentity", &json!({}))), Ok(Vec::new()));
}

#[test]
fn an_unknown_call_is_an_error_that_names_it() {
    let error = requests(&call("sts", "NoSuchThing", &json!({}))).unwrap_err();
    assert_eq!(
        error.to_string(),
        "xtask/e2e/calls.toml has no rule for sts:NoSuchThing: the operation is unknown"
    );
}

/// The requests of a call as `ACTION RESOURCE KEY=VALUE...`.
fn shown(service: &str, operation: &str, params: &Value) -> Vec<String> {
    let requests = requests(&call(service, operation, params)).unwrap();
    let shown = requests.iter().map(|request| {
        let resource = request.resource.as_deref().unwrap_or("*");
        let context =
            request.context.iter().map(|(key, values)| format!(" {key}={}", values.join(",")));
        format!("{} {resource}{}", request.action, context.collect::<String>())
    });
    shown.collect()
}

#[test]
fn a_role_in_the_parameters_is_passed() {
    let role = "arn:aws:iam::111122223333:role/r";
    let expected = [
        "iam:PassRole arn:aws:iam::111122223333:role/r iam:PassedToService=lambda.amazonaws.com",
        "lambda:CreateFunction arn:aws:lambda:eu-west-1:111122223333:function:f",
    ];
    let params = json!({"FunctionName": "f", "Role": role, "Layers": null});
    assert_eq!(shown("lambda", "CreateFunction", &params), expected);
}

#[test]
fn an_arn_in_a_parameter_is_the_resource() {
    let version = "arn:aws:lambda:eu-west-1:111122223333:function:f:1";
    let expected = [format!("lambda:GetFunction {version}")];
    assert_eq!(shown("lambda", "GetFunction", &json!({"FunctionName": version})), expected);
}

#[test]
fn a_list_gives_a_request_for_each_item() {
    let params = json!({"Bucket": "b", "Delete": {"Objects": [{"Key": "x"}, {"Key": "y/z"}]}});
    let expected = ["s3:DeleteObject arn:aws:s3:::b/x", "s3:DeleteObject arn:aws:s3:::b/y/z"];
    assert_eq!(shown("s3", "DeleteObjects", &params), expected);
}

#[test]
fn tags_are_asked_for_and_reserved_tags_are_not() {
    let params = json!({"QueueName": "q", "tags": {"aws:cloudformation:stack-name": "s"}});
    assert_eq!(
        shown("sqs", "CreateQueue", &params),
        ["sqs:CreateQueue arn:aws:sqs:eu-west-1:111122223333:q"]
    );
    let params = json!({"QueueName": "q", "tags": {"team": "web"}});
    let expected = [
        "sqs:CreateQueue arn:aws:sqs:eu-west-1:111122223333:q",
        "sqs:TagQueue arn:aws:sqs:eu-west-1:111122223333:q aws:RequestTag/team=web aws:TagKeys=team",
    ];
    assert_eq!(shown("sqs", "CreateQueue", &params), expected);
}

#[test]
fn names_of_operations_and_actions_differ_where_aws_says_so() {
    let bucket = || json!({"Bucket": "b"});
    assert_eq!(shown("s3", "HeadBucket", &bucket()), ["s3:ListBucket arn:aws:s3:::b"]);
    let expected = ["s3:GetEncryptionConfiguration arn:aws:s3:::b"];
    assert_eq!(shown("s3", "GetBucketEncryption", &bucket()), expected);
    let params = json!({"restApiId": "a", "resourceId": "r", "httpMethod": "GET"});
    let expected =
        ["apigateway:PUT arn:aws:apigateway:eu-west-1::/restapis/a/resources/r/methods/GET"];
    assert_eq!(shown("apigateway", "PutMethod", &params), expected);
}

#[test]
fn a_rule_of_a_custom_bus_has_the_bus_in_its_arn() {
    let name = |bus: Value| json!({"Name": "r", "EventBusName": bus});
    let expected = ["events:DeleteRule arn:aws:events:eu-west-1:111122223333:rule/b/r"];
    assert_eq!(shown("events", "DeleteRule", &name(json!("b"))), expected);
    let expected = ["events:DeleteRule arn:aws:events:eu-west-1:111122223333:rule/r"];
    assert_eq!(shown("events", "DeleteRule", &name(json!("default"))), expected);
    assert_eq!(shown("events", "DeleteRule", &name(Value::Null)), expected);
}

#[test]
fn a_parameter_that_is_missing_is_an_error() {
    let error = requests(&call("dynamodb", "DeleteTable", &json!({}))).unwrap_err();
    assert_eq!(error.reason, "it has no parameter `TableName`");
}

#[test]
fn the_table_agrees_with_the_catalogue() {
    let table = Table::parse(TABLE).unwrap();
    let catalogue = catalogue::Catalogue::read().unwrap();
    let asks = table.services.values().flat_map(|service| service.operations.iter());
    let mut problems = Vec::new();
    for (name, ask) in
        asks.flat_map(|(name, operation)| operation.asks.iter().map(move |ask| (name, ask)))
    {
        let resource = ask.resource.as_ref().map(template::Template::sample);
        // A parameter that holds a whole ARN is checked when it is there.
        if resource.as_ref().is_some_and(|resource| !resource.starts_with("arn:")) {
            continue;
        }
        let request = Request { action: ask.action.clone(), resource, context: BTreeMap::new() };
        problems.extend(catalogue.problem(&request).map(|problem| format!("{name}: {problem}")));
    }
    assert_eq!(problems, Vec::<String>::new());
}
