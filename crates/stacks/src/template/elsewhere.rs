//! What a file is that is no template.

use crate::codes;
use stackpass_ground::{
    source::Diagnostic,
    tree::{Kind, Node},
};

/// A kind of file that people take for a template, or keep beside one.
struct Lookalike {
    /// The keys that all have to be there.
    keys: &'static [&'static str],
    what: &'static str,
    help: &'static str,
}

/// The first that fits is taken.
const LOOKALIKES: &[Lookalike] = &[
    Lookalike {
        keys: &["version", "artifacts"],
        what: "the manifest of a CDK app",
        help: "give the folder that it stands in",
    },
    Lookalike {
        keys: &["version", "files", "dockerImages"],
        what: "the asset manifest of a CDK app",
        help: "give the folder that it stands in",
    },
    Lookalike {
        keys: &["service", "provider"],
        what: "a configuration of the Serverless Framework",
        help: "run `serverless package` and give the template it writes into `.serverless`",
    },
    Lookalike {
        keys: &["Statement"],
        what: "an IAM policy",
        help: "`stackpass check PATH --policy FILE` holds a deployment against it",
    },
    Lookalike {
        keys: &["StartAt", "States"],
        what: "a state machine",
        help: "give the template that it belongs to",
    },
    Lookalike {
        keys: &["typeName", "properties"],
        what: "the schema of a resource type",
        help: "give a template that uses the type",
    },
    Lookalike { keys: &["openapi"], what: "an OpenAPI document", help: LACKS_RESOURCES },
    Lookalike { keys: &["swagger"], what: "an OpenAPI document", help: LACKS_RESOURCES },
    Lookalike { keys: &["$schema"], what: "a JSON schema", help: LACKS_RESOURCES },
    Lookalike { keys: &["services"], what: "a Compose file", help: LACKS_RESOURCES },
    Lookalike {
        keys: &["version", "phases"],
        what: "a build specification",
        help: LACKS_RESOURCES,
    },
    Lookalike {
        keys: &["name", "dependencies"],
        what: "a package manifest",
        help: LACKS_RESOURCES,
    },
    Lookalike {
        keys: &["app"],
        what: "the configuration of a CDK app",
        help: "run `cdk synth` and give the folder `cdk.out`",
    },
];

const LACKS_RESOURCES: &str = "a template has a mapping `Resources`";

/// Says why a tree is no template.
pub(super) fn not_a_template(root: &Node) -> Diagnostic {
    let Kind::Map(entries) = &root.kind else {
        let message = format!("a template is a mapping, this is {}", root.kind_name());
        return Diagnostic::error(codes::NOT_A_TEMPLATE, root.span, message)
            .with_help(LACKS_RESOURCES);
    };
    let has = |key: &&str| root.field(key).is_some();
    if let Some(known) = LOOKALIKES.iter().find(|known| known.keys.iter().all(has)) {
        let message = format!("this is {}, not a template", known.what);
        return Diagnostic::error(codes::NOT_A_TEMPLATE, root.span, message).with_help(known.help);
    }
    let is_resource_map = |value: &Node| {
        value.field("Type").and_then(Node::as_str).is_some_and(|of| of.contains("::"))
    };
    let help = match entries.iter().find(|entry| is_similar(&entry.key)) {
        Some(entry) => format!("write `Resources` in place of `{}`", entry.key),
        None if entries.iter().any(|entry| is_resource_map(&entry.value)) => {
            "put the resources under a key `Resources`".to_owned()
        }
        None => "a template has a mapping `Resources` with one resource at least".to_owned(),
    };
    Diagnostic::error(codes::NOT_A_TEMPLATE, root.span, "this mapping has no key `Resources`")
        .with_help(help)
}

/// Whether a key is `Resources` but for its case or a letter at its end.
fn is_similar(key: &str) -> bool {
    key.trim().to_ascii_lowercase().trim_end_matches('s') == "resource"
}
