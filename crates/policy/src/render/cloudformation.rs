//! Writes a CloudFormation template of managed policies.

use super::value::{self, Value};
use super::{NamedDocument, identifier, yaml};

/// Writes a template in YAML. Its outputs are the ARNs of the policies. The policies have no fixed name, so that a stack
/// of them needs no capability beyond `CAPABILITY_IAM`.
pub(super) fn render(documents: &[NamedDocument]) -> String {
    let policies = documents.iter().map(|named| {
        let properties = Value::map([("PolicyDocument", value::document(&named.document))]);
        let resource = Value::map([
            ("Type", Value::string("AWS::IAM::ManagedPolicy")),
            ("Properties", properties),
        ]);
        (identifier(&named.name), resource)
    });
    let outputs = documents.iter().map(|named| {
        let name = identifier(&named.name);
        let arn = Value::map([("Value", Value::map([("Ref", Value::string(&name))]))]);
        (format!("{name}Arn"), arn)
    });
    yaml::render(&Value::map([
        ("AWSTemplateFormatVersion", Value::string("2010-09-09")),
        ("Resources", Value::Map(policies.collect())),
        ("Outputs", Value::Map(outputs.collect())),
    ]))
}
