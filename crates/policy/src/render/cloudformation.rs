//! Writes a CloudFormation template.

use super::definition::{
    ACCOUNT_ID, Definition, Form, PARTITION, PolicyDefinition, PolicyRef, has_placeholder,
    provider_properties, role_properties,
};
use super::value::{self, Value};
use super::{identifier, yaml};

/// Writes a template in YAML. Its outputs are the ARNs of what it defines. Policies have no fixed name unless they must have
/// one, so that a stack of them needs no capability beyond `CAPABILITY_IAM`.
pub(super) fn render(definitions: &[Definition]) -> String {
    let resources = definitions.iter().map(|definition| {
        let (resource_type, properties) = match definition {
            Definition::Policy(policy) => ("AWS::IAM::ManagedPolicy", policy_properties(policy)),
            Definition::Role(role) => {
                let form = Form { reference: &reference, text: &text };
                ("AWS::IAM::Role", role_properties(role, &form))
            }
            Definition::OidcProvider(provider) => {
                ("AWS::IAM::OIDCProvider", provider_properties(provider))
            }
        };
        let after = match definition {
            Definition::Role(role) => role.after.as_ref(),
            Definition::Policy(_) | Definition::OidcProvider(_) => None,
        };
        let properties = ("Properties", Value::Map(properties));
        let kind = ("Type", Value::string(resource_type));
        let resource = match after {
            Some(name) => {
                let name = Value::string(identifier(name));
                Value::map([kind, ("DependsOn", name), properties])
            }
            None => Value::map([kind, properties]),
        };
        (logical_id(definition), resource)
    });
    let outputs = definitions.iter().map(|definition| {
        let name = logical_id(definition);
        let arn = match definition {
            Definition::Role(_) => get_arn(&name),
            Definition::Policy(_) | Definition::OidcProvider(_) => ref_to(&name),
        };
        (format!("{name}Arn"), Value::map([("Value", arn)]))
    });
    yaml::render(&Value::map([
        ("AWSTemplateFormatVersion", Value::string("2010-09-09")),
        ("Resources", Value::Map(resources.collect())),
        ("Outputs", Value::Map(outputs.collect())),
    ]))
}

fn logical_id(definition: &Definition) -> String {
    identifier(match definition {
        Definition::Policy(policy) => &policy.document.name,
        Definition::Role(role) => &role.name,
        Definition::OidcProvider(provider) => &provider.name,
    })
}

fn policy_properties(policy: &PolicyDefinition) -> Vec<(String, Value)> {
    let name = policy.policy_name.as_ref().map(|name| ("ManagedPolicyName", Value::string(name)));
    let document = ("PolicyDocument", value::document(&policy.document.document));
    let entries = name.into_iter().chain([document]);
    entries.map(|(key, value)| (key.to_owned(), value)).collect()
}

fn reference(policy: &PolicyRef) -> Value {
    match policy {
        PolicyRef::Arn(arn) => Value::string(arn),
        PolicyRef::Named(name) => text(format!("arn:{PARTITION}:iam::{ACCOUNT_ID}:policy/{name}")),
        // What Ref gives of a managed policy is its ARN.
        PolicyRef::Defined(name) => ref_to(&identifier(name)),
    }
}

/// A text with pseudo parameters for partition and account; everything else that looks like a parameter is kept as it is.
fn text(text: String) -> Value {
    if !has_placeholder(&text) {
        return Value::String(text);
    }
    let literal = text.replace("${", "${!");
    let [partition, account] = [PARTITION, ACCOUNT_ID].map(|it| it.replace("${", "${!"));
    let substituted = literal.replace(&partition, PARTITION).replace(&account, ACCOUNT_ID);
    Value::map([("Fn::Sub", Value::String(substituted))])
}

fn ref_to(logical_id: &str) -> Value {
    Value::map([("Ref", Value::string(logical_id))])
}

fn get_arn(logical_id: &str) -> Value {
    Value::map([("Fn::GetAtt", Value::List([logical_id, "Arn"].map(Value::string).into()))])
}
