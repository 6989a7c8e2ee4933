//! Writes a `TypeScript` file for the AWS CDK.

use super::value;
use super::{NamedDocument, identifier, json};

/// Writes a file that exports, for each policy, its document as a plain object and a managed policy made of it.
pub(super) fn render(documents: &[NamedDocument]) -> String {
    let mut text = String::from(
        "import * as iam from \"aws-cdk-lib/aws-iam\";\nimport { Construct } from \"constructs\";\n",
    );
    for named in documents {
        let name = identifier(&named.name);
        text.extend(["\nexport const ", &constant(&name), " = "]);
        json::write_pretty(&value::document(&named.document), 0, &mut text);
        text.push_str(";\n");
        text.push_str(&class(&name));
    }
    text
}

fn class(name: &str) -> String {
    let constant = constant(name);
    format!(
        "
export class {name} extends iam.ManagedPolicy {{
  constructor(scope: Construct, id: string = \"{name}\") {{
    super(scope, id, {{ document: iam.PolicyDocument.fromJson({constant}) }});
  }}
}}
"
    )
}

/// The name in lower camel case with `Document` after it.
fn constant(name: &str) -> String {
    let mut characters = name.chars();
    let first = characters.next().map(|first| first.to_ascii_lowercase());
    first.into_iter().chain(characters).chain("Document".chars()).collect()
}
