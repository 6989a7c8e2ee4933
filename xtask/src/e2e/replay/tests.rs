use serde_json::json;

use super::*;

fn engine(
    stack: &str,
    id: &str,
    kind: &str,
    service: &str,
    operation: &str,
    params: &serde_json::Value,
) -> Call {
    let value = json!({"side": "engine", "service": service, "operation": operation, "params": params,
        "region": "us-east-1", "account": "111122223333",
        "resource": {"stack": stack, "logical_id": id, "type": kind, "action": "Add"}});
    serde_json::from_value(value).unwrap()
}

fn resource(call: &Call, names: &Names) -> Option<String> {
    let request = requests(call).unwrap().remove(0);
    names.rename(&request).and_then(|request| request.resource)
}

#[test]
fn a_name_made_by_the_emulator_becomes_the_name_that_aws_makes() {
    let long = "CustomS3AutoDeleteObjectsCustomResourceProviderRole3B1BD092";
    let call = engine(
        "app",
        long,
        "AWS::IAM::Role",
        "iam",
        "CreateRole",
        &json!({"RoleName": "app-CustomS3AutoDeleteObject-4c2c9c5d"}),
    );
    let names = Names::of(std::slice::from_ref(&call)).unwrap();
    let expected = "arn:aws:iam::111122223333:role/app-CustomS3AutoDeleteObjectsCustomResourceProvider-a1B2c3D4e5F6";
    assert_eq!(resource(&call, &names).as_deref(), Some(expected));
}

#[test]
fn a_name_that_the_template_gives_is_left_alone() {
    let call = engine(
        "app",
        "Role",
        "AWS::IAM::Role",
        "iam",
        "CreateRole",
        &json!({"RoleName": "app-Roles-4c2c9c5d"}),
    );
    let names = Names::of(std::slice::from_ref(&call)).unwrap();
    assert_eq!(resource(&call, &names), None);
}
