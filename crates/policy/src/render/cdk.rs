//! Writes a `TypeScript` file for the AWS CDK.

use super::definition::{
    ACCOUNT_ID, Definition, Form, PARTITION, PolicyDefinition, PolicyRef, filled, has_placeholder,
    provider_properties, role_properties,
};
use super::value::{self, Value};
use super::{identifier, json};

/// Writes a file that exports, for each policy, its document as a plain object and a managed policy made of it. If roles
/// or providers are among the definitions, a construct that holds all of them follows.
pub(super) fn render(definitions: &[Definition]) -> String {
    let body = body(definitions);
    let core = if body.contains("Aws.") { "import { Aws } from \"aws-cdk-lib\";\n" } else { "" };
    format!(
        "{core}import * as iam from \"aws-cdk-lib/aws-iam\";\nimport {{ Construct }} from \"constructs\";\n{body}"
    )
}

fn body(definitions: &[Definition]) -> String {
    let mut text = String::new();
    for definition in definitions {
        let Definition::Policy(policy) = definition else { continue };
        let name = identifier(&policy.document.name);
        text.extend(["\nexport const ", &constant(&name), " = "]);
        json::write_pretty(&value::document(&policy.document.document), 0, &mut text);
        text.push_str(";\n");
        text.push_str(&class(&name, policy));
    }
    if definitions.iter().any(|definition| !matches!(definition, Definition::Policy(_))) {
        text.push_str(&construct(definitions));
    }
    text
}

fn class(name: &str, policy: &PolicyDefinition) -> String {
    let constant = constant(name);
    let named = policy.policy_name.as_ref().map_or_else(String::new, |policy_name| {
        let mut text = String::from("managedPolicyName: ");
        json::write_string(policy_name, &mut text);
        text + ", "
    });
    format!(
        "
export class {name} extends iam.ManagedPolicy {{
  constructor(scope: Construct, id: string = \"{name}\") {{
    super(scope, id, {{ {named}document: iam.PolicyDocument.fromJson({constant}) }});
  }}
}}
"
    )
}

/// A construct with a field for each definition. Policies stand first, since roles refer to them.
fn construct(definitions: &[Definition]) -> String {
    let mut fields = String::new();
    let mut policies = String::new();
    let mut others = String::new();
    let mut order = String::new();
    for definition in definitions {
        let (name, class) = match definition {
            Definition::Policy(policy) => {
                let name = identifier(&policy.document.name);
                policies.extend(["    this.", &field(&name), " = new ", &name, "(this);\n"]);
                (name.clone(), name)
            }
            Definition::Role(role) => {
                let name = identifier(&role.name);
                let form = Form { reference: &reference, text: &text };
                others.push_str(&assignment(&name, "CfnRole", role_properties(role, &form)));
                if let Some(after) = &role.after {
                    let (this, after) = (field(&name), field(&identifier(after)));
                    order.extend(["    this.", &this, ".addDependency(this.", &after, ");\n"]);
                }
                (name, "iam.CfnRole".to_owned())
            }
            Definition::OidcProvider(provider) => {
                let name = identifier(&provider.name);
                let properties = provider_properties(provider);
                others.push_str(&assignment(&name, "CfnOIDCProvider", properties));
                (name, "iam.CfnOIDCProvider".to_owned())
            }
        };
        fields.extend(["  readonly ", &field(&name), ": ", &class, ";\n"]);
    }
    format!(
        "
export class StackpassAccess extends Construct {{
{fields}
  constructor(scope: Construct, id: string = \"StackpassAccess\") {{
    super(scope, id);
{policies}{others}{order}  }}
}}
"
    )
}

fn assignment(name: &str, class: &str, properties: Vec<(String, Value)>) -> String {
    let mut text = format!("    this.{} = new iam.{class}(this, \"{name}\", ", field(name));
    json::write_pretty(&Value::Map(lower(properties)), 2, &mut text);
    text + ");\n"
}

/// The properties of a role or provider as the CDK names them; what is inside of policies keeps its names.
fn lower(properties: Vec<(String, Value)>) -> Vec<(String, Value)> {
    let inner = |key: &str, value: Value| match (key, value) {
        ("Policies", Value::List(policies)) => Value::List(
            policies
                .into_iter()
                .map(|policy| match policy {
                    Value::Map(entries) => Value::Map(lower(entries)),
                    other => other,
                })
                .collect(),
        ),
        (_, value) => value,
    };
    properties
        .into_iter()
        .map(|(key, value)| {
            let value = inner(&key, value);
            (lower_first(&key), value)
        })
        .collect()
}

fn reference(policy: &PolicyRef) -> Value {
    match policy {
        PolicyRef::Arn(arn) => Value::string(arn),
        PolicyRef::Named(name) => text(format!("arn:{PARTITION}:iam::{ACCOUNT_ID}:policy/{name}")),
        PolicyRef::Defined(name) => {
            Value::Raw(format!("this.{}.managedPolicyArn", field(&identifier(name))))
        }
    }
}

/// A text with the CDK's own names for partition and account, as a template literal.
fn text(text: String) -> Value {
    if !has_placeholder(&text) {
        return Value::String(text);
    }
    let mut quoted = String::new();
    json::write_string(&text, &mut quoted);
    let inner = quoted.trim_matches('"').replace('`', "\\`").replace("${", "\\${");
    let [partition, account] = [PARTITION, ACCOUNT_ID].map(|it| it.replace("${", "\\${"));
    let inner = inner.replace(&partition, PARTITION).replace(&account, ACCOUNT_ID);
    Value::Raw(format!("`{}`", filled(&inner, "${Aws.PARTITION}", "${Aws.ACCOUNT_ID}")))
}

/// The name in lower camel case with `Document` after it.
fn constant(name: &str) -> String {
    lower_first(name) + "Document"
}

fn field(name: &str) -> String {
    lower_first(name)
}

fn lower_first(name: &str) -> String {
    let mut characters = name.chars();
    let first = characters.next().map(|first| first.to_ascii_lowercase());
    first.into_iter().chain(characters).collect()
}
