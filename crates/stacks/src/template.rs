//! CloudFormation templates as values with places.
//!
//! Reading brings a template into one form: short forms become long ones, attributes stand in fields, sections in sorted maps.
//! Nothing is evaluated, and no macro is run: loops are kept as they are written until parameters are known, and so are the
//! includes that only CloudFormation can expand. What is broken is reported and left out, and the rest is kept.

mod elsewhere;
pub(crate) mod for_each;
mod function;
mod long_form;
mod section;
pub(crate) mod transforms;

use crate::codes;
use std::{borrow::Borrow, collections::BTreeMap, fmt, str::FromStr};

use stackpass_ground::{
    source::{Diagnostic, Severity, Source, Span},
    tree::{self, Node},
};

pub use for_each::{Loop, Section};
pub(crate) use function::{function, function_or_condition};
pub(crate) use long_form::plain;
pub(crate) use section::add;
pub use transforms::{Reach, Transform};

/// A template.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Template {
    /// Its description.
    pub description: Option<String>,
    /// The macros that CloudFormation runs on the template and on its parts.
    pub transforms: Vec<Transform>,
    /// Its parameters by name.
    pub parameters: BTreeMap<String, Parameter>,
    /// Its mappings by name: mappings of mappings.
    pub mappings: BTreeMap<String, Node>,
    /// Its conditions by name.
    pub conditions: BTreeMap<String, Node>,
    /// Its rules, which check parameters, by name.
    pub rules: BTreeMap<String, Node>,
    /// Its resources by logical id.
    pub resources: BTreeMap<LogicalId, Resource>,
    /// Its outputs by name.
    pub outputs: BTreeMap<String, Output>,
    /// The applications of the AWS Serverless Application Repository that it takes: what names them.
    pub applications: Vec<Node>,
    /// The loops that make entries of its sections and are not run, in the order of the source.
    pub loops: Vec<Loop>,
    /// Its metadata.
    pub metadata: Option<Node>,
    /// The defaults that SAM adds to its resources.
    pub globals: Option<Node>,
}

/// A value that is chosen when the template is deployed.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Its type: `String`, `Number`, `AWS::SSM::Parameter::Value<String>`.
    pub parameter_type: String,
    /// The value it has when none is given.
    pub default: Option<Node>,
    /// The values it can have, if they are limited.
    pub allowed_values: Option<Vec<Node>>,
    /// Whether CloudFormation hides its value.
    pub no_echo: bool,
    /// Where its definition stands.
    pub span: Span,
}

/// A resource of a template.
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    /// Its name inside of the template.
    pub logical_id: LogicalId,
    /// Its type, `AWS::S3::Bucket` for one.
    pub resource_type: String,
    /// Where the type stands.
    pub type_span: Span,
    /// Where the definition stands, from its logical id to its end.
    pub span: Span,
    /// Its properties: a mapping, empty if there are none.
    pub properties: Node,
    /// The condition under which it exists.
    pub condition: Option<String>,
    /// The resources that it is created after, beside those that it refers to.
    pub depends_on: Vec<LogicalId>,
    /// What happens to it when it leaves the stack.
    pub deletion_policy: Option<Node>,
    /// What happens to the old one when it is replaced.
    pub update_replace_policy: Option<Node>,
    /// How it is updated.
    pub update_policy: Option<Node>,
    /// Its metadata.
    pub metadata: Option<Node>,
    /// SAM's connectors that start from it, by name.
    pub connectors: Option<Node>,
    /// Which of the defaults that SAM adds do not hold for it.
    pub ignore_globals: Option<Node>,
}

impl Resource {
    /// Makes a resource that stands in one place and has nothing but properties.
    pub(crate) fn new(
        logical_id: LogicalId,
        resource_type: impl Into<String>,
        span: Span,
        properties: Node,
    ) -> Resource {
        Resource {
            logical_id,
            resource_type: resource_type.into(),
            type_span: span,
            span,
            properties,
            condition: None,
            depends_on: Vec::new(),
            deletion_policy: None,
            update_replace_policy: None,
            update_policy: None,
            metadata: None,
            connectors: None,
            ignore_globals: None,
        }
    }
}

/// An output of a template.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// Its value.
    pub value: Node,
    /// The condition under which it exists.
    pub condition: Option<String>,
    /// The name under which other stacks import it.
    pub export_name: Option<Node>,
    /// Where its definition stands.
    pub span: Span,
}

/// The name of a resource inside of its template: 1 to 255 letters and digits.
///
/// ```
/// use stackpass_stacks::template::LogicalId;
///
/// assert!("MyBucket2".parse::<LogicalId>().is_ok());
/// assert!("my-bucket".parse::<LogicalId>().is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogicalId(String);

impl LogicalId {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for LogicalId {
    type Err = LogicalIdError;

    fn from_str(text: &str) -> Result<LogicalId, LogicalIdError> {
        let is_valid = (1..=255).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if is_valid { Ok(LogicalId(text.to_owned())) } else { Err(LogicalIdError(text.to_owned())) }
    }
}

impl fmt::Display for LogicalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Borrow<str> for LogicalId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// A text that is no logical id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no logical id, which is 1 to 255 letters and digits")]
pub struct LogicalIdError(String);

/// The most resources that CloudFormation takes in a template.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>
pub(crate) const CLOUDFORMATION_RESOURCES: usize = 500;

/// The most resources of a template that are looked at. No template of the size that CloudFormation takes has so many.
const MAX_RESOURCES: usize = 20_000;

/// What to do about a template with too many resources.
pub(crate) const SPLIT: &str = "split it into several stacks";

/// Reads a template from JSON or YAML.
///
/// The template is `None` if the source is none at all. Problems are in the order of the source.
///
/// ```
/// use stackpass_ground::source::Source;
/// use stackpass_stacks::template;
///
/// let source = Source::new("queue.yaml", "
/// Resources:
///   Queue:
///     Type: AWS::SQS::Queue
///     Properties:
///       QueueName: !Sub ${AWS::StackName}-jobs
/// ");
/// let (template, problems) = template::read(&source);
/// let template = template.ok_or("no template")?;
/// let queue = template.resources.get("Queue").ok_or("no queue")?;
/// let name = queue.properties.field("QueueName").and_then(|name| name.field("Fn::Sub"));
/// assert_eq!(name.and_then(|name| name.as_str()), Some("${AWS::StackName}-jobs"));
/// assert_eq!(problems, []);
/// # Ok::<(), &str>(())
/// ```
pub fn read(source: &Source) -> (Option<Template>, Vec<Diagnostic>) {
    let (node, mut diagnostics) = tree::read(source);
    let Some(node) = node else {
        return (None, diagnostics);
    };
    let (template, found) = from_node(&node);
    // A text that breaks off may lack a section for that reason alone.
    let is_broken = diagnostics.iter().any(|problem| problem.severity == Severity::Error);
    if template.is_some() || !is_broken {
        diagnostics.extend(found);
    }
    diagnostics.sort();
    (template, diagnostics)
}

/// Reads a template from a tree.
pub fn from_node(root: &Node) -> (Option<Template>, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    let Some(resources) = root.field("Resources") else {
        return (None, vec![elsewhere::not_a_template(root)]);
    };
    let found = resources.entries().len();
    if found > MAX_RESOURCES {
        let message = format!(
            "the template has {found} resources; CloudFormation takes {CLOUDFORMATION_RESOURCES}, and more than {MAX_RESOURCES} are not read"
        );
        let diagnostic = Diagnostic::error(codes::TOO_MANY_RESOURCES, resources.span, message);
        return (None, vec![diagnostic.with_help(SPLIT)]);
    }
    if found > CLOUDFORMATION_RESOURCES {
        let message = format!(
            "the template has {found} resources, CloudFormation takes {CLOUDFORMATION_RESOURCES}"
        );
        let diagnostic = Diagnostic::warning(codes::MANY_RESOURCES, resources.span, message);
        diagnostics.push(diagnostic.with_help(SPLIT));
    }
    let mut template = Template::default();
    for entry in root.entries() {
        section::read(entry, &mut template, &mut diagnostics);
    }
    template.transforms.extend(transforms::of_parts(root));
    if resources.entries().is_empty() && diagnostics.is_empty() {
        diagnostics.push(
            Diagnostic::error(codes::NO_RESOURCES, resources.span, "the template has no resources")
                .with_help("a stack needs one resource at least"),
        );
    }
    diagnostics.sort();
    (Some(template), diagnostics)
}

#[cfg(test)]
mod tests;
