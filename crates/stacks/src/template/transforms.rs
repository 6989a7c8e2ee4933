//! The transforms of a template: those that it names at its top, and those of its parts, `Fn::Transform`.
//!
//! A part may be any but a parameter and the version:
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/transform-aws-include.html>. What a transform brings
//! in is known to nobody but CloudFormation, so that a part is read as if it were not there.

use stackpass_ground::{
    source::Span,
    tree::{Kind, Node},
};

/// The transform of SAM.
pub(crate) const SAM: &str = "AWS::Serverless-2016-10-31";

/// The transform that puts a file of S3 in its place.
pub(crate) const INCLUDE: &str = "AWS::Include";

/// The key of a transform of a part.
pub(crate) const PART: &str = "Fn::Transform";

/// A macro named by a template.
#[derive(Clone, Debug, PartialEq)]
pub struct Transform {
    /// The macro's name, `AWS::Serverless-2016-10-31` for one.
    pub name: String,
    /// Where the name stands.
    pub span: Span,
    /// What it is given, as it is written.
    pub parameters: Option<Node>,
    /// What it may change.
    pub reach: Reach,
}

/// What a transform may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// The whole template.
    Template,
    /// The entries of a section, or a whole resource.
    Entries,
    /// A value inside of an entry.
    Value,
}

impl Transform {
    /// Reads a transform's name and parameters; `None` if it has another form.
    pub(super) fn read(node: &Node, reach: Reach) -> Option<Transform> {
        let name = node.as_str().or_else(|| node.field("Name").and_then(Node::as_str))?;
        Some(Transform {
            name: name.to_owned(),
            span: node.span,
            parameters: node.field("Parameters").cloned(),
            reach,
        })
    }
}

/// The transforms of all parts of a template, in the order of the source.
pub(super) fn of_parts(root: &Node) -> Vec<Transform> {
    let mut found = Vec::new();
    for section in root.entries() {
        match section.key.as_str() {
            "Parameters" | "Transform" => {}
            PART => found.extend(Transform::read(&section.value, Reach::Entries)),
            // A resource may come from a file as a whole.
            "Resources" => collect(&section.value, 2, &mut found),
            _ => collect(&section.value, 1, &mut found),
        }
    }
    found
}

/// Collects the transforms in a value. As long as `outer` is not used up, they may bring in entries.
fn collect(node: &Node, outer: usize, found: &mut Vec<Transform>) {
    let reach = if outer > 0 { Reach::Entries } else { Reach::Value };
    if node.tag.as_deref() == Some("Transform") {
        found.extend(Transform::read(node, reach));
    }
    match &node.kind {
        Kind::Map(entries) => {
            for entry in entries {
                if entry.key == PART {
                    found.extend(Transform::read(&entry.value, reach));
                }
                collect(&entry.value, outer.saturating_sub(1), found);
            }
        }
        Kind::List(items) => {
            for item in items {
                collect(item, 0, found);
            }
        }
        Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::String(_) => {}
    }
}
