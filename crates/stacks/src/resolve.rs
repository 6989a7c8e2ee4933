//! Template to resolved stack: intrinsic functions, parameters and conditions worked out as far as they can be before a deployment.
//!
//! Nothing here guesses. What is not known stays [`Value::Unknown`], and a resource whose condition is not known stays in.
//! The law behind it: what is derived under an unknown parameter contains what is derived under every value of it.

mod circles;
mod conditions;
mod for_each;
mod intrinsics;
mod parameters;
mod texts;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use stackpass_ground::source::{Diagnostic, Source, Span};
use stackpass_ground::tree::{Kind, Node};
use stackpass_ground::truth::Truth;

use crate::codes;
use crate::generic;
use crate::need::Place;
use crate::pattern::Pattern;
use crate::property_path::UPDATE_POLICY;
use crate::template::for_each::LANGUAGE_EXTENSIONS;
use crate::template::{LogicalId, Reach, Section, Template, Transform, function_or_condition};
use crate::value::{Found, Located, Text, Value};

pub(crate) use for_each::expand as expand_loops;

/// What the user knows of a deployment beyond its template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The name of the stack, `None` if it is not known.
    pub stack_name: Option<Text>,
    /// The account id, `None` if it is not known.
    pub account: Option<String>,
    /// The region, `None` if it is not known.
    pub region: Option<String>,
    /// The partition, `None` if it is not known.
    pub partition: Option<String>,
    /// The values of parameters.
    pub parameters: BTreeMap<String, Value>,
    /// The tags of the stack, which CloudFormation puts on every resource.
    pub stack_tags: BTreeMap<String, String>,
    /// The ARN of the role that CloudFormation acts with, if it acts with one.
    pub executor_role: Option<String>,
}

/// A stack whose values are worked out.
#[derive(Clone, Debug)]
pub struct Stack {
    /// What was known beyond the template.
    pub setting: Setting,
    /// The template's text, for places.
    pub source: Arc<Source>,
    /// The resources that are or may be deployed.
    pub resources: BTreeMap<LogicalId, Resource>,
    /// The outputs.
    pub outputs: BTreeMap<String, Value>,
    /// The names under which outputs are exported, with what is exported.
    pub exports: Vec<(Text, Value)>,
    /// What other stacks of the same deployment export, by name.
    pub(crate) imports: BTreeMap<String, BTreeSet<Pattern>>,
    /// The nested stacks whose templates are known, by the logical id of their resource.
    pub nested: BTreeMap<LogicalId, Stack>,
    /// What the template asks of CloudFormation itself.
    pub uses: BTreeSet<Use>,
    /// The parameters with lists that were not given. Those with texts are [`Part::Parameter`](crate::value::Part::Parameter) in values.
    pub open_lists: BTreeSet<String>,
}

impl Stack {
    /// A place in the template.
    pub(crate) fn place(&self, span: Span) -> Place {
        Place { file: self.source.name().to_owned(), position: self.source.position(span.start) }
    }
}

/// A resource whose values are worked out.
#[derive(Clone, Debug)]
pub struct Resource {
    /// Its logical id.
    pub logical_id: LogicalId,
    /// Its type, `AWS::S3::Bucket` for one.
    pub resource_type: String,
    /// Where the resource stands.
    pub span: Span,
    /// Its properties; a map unless the template is odd.
    pub properties: Value,
    /// Whether its condition holds.
    pub presence: Truth,
    /// What happens to it when it leaves the stack.
    pub deletion_policy: DeletionPolicy,
    /// What happens to the old one when an update replaces it.
    pub update_replace_policy: DeletionPolicy,
    /// How the template says to update it.
    pub update_policy: Value,
}

impl Resource {
    /// What stands at a path of its properties or, behind [`UPDATE_POLICY`], of its update policy.
    pub(crate) fn at(&self, path: &str) -> Found<'_> {
        let (root, path) = self.root(path);
        root.at(path)
    }

    /// Whether something stands there.
    pub(crate) fn presence_at(&self, path: &str) -> Truth {
        self.any_at(path, &Value::presence)
    }

    /// Whether a question has the answer yes for any of the values there.
    pub(crate) fn any_at(&self, path: &str, question: &dyn Fn(&Value) -> Truth) -> Truth {
        let (root, path) = self.root(path);
        root.any_at(path, question)
    }

    fn root<'a>(&self, path: &'a str) -> (&Value, &'a str) {
        match path.strip_prefix(UPDATE_POLICY) {
            Some(path) => (&self.update_policy, path),
            None => (&self.properties, path),
        }
    }
}

/// What CloudFormation does with a resource that it no longer needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeletionPolicy {
    /// Deletes it.
    Delete,
    /// Keeps it.
    Retain,
    /// Keeps it, unless its creation is being rolled back.
    RetainExceptOnCreate,
    /// Takes a snapshot, then deletes it.
    Snapshot,
    /// Not known before the deployment; any of them.
    Unknown,
}

/// Something that CloudFormation looks up while it reads a template.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Use {
    /// Where it stands.
    pub span: Span,
    /// What it is.
    pub kind: UseKind,
}

/// The kinds of look-ups.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum UseKind {
    /// `Fn::GetAZs`.
    AvailabilityZones,
    /// `Fn::ImportValue`.
    Import,
    /// `{{resolve:secretsmanager:...}}`: the secret's name or ARN.
    Secret(Text),
    /// `{{resolve:ssm-secure:...}}`: the parameter's name.
    SecureParameter(Text),
    /// `{{resolve:ssm:...}}`: the parameter's name.
    DynamicParameter(Text),
    /// A template parameter of a type `AWS::SSM::Parameter::...`: the name of the Systems Manager parameter.
    StoredParameter(Text),
    /// A template parameter of a type `AWS::EC2::...` or the like, whose value CloudFormation checks: the type.
    ParameterType(String),
    /// A transform of the whole template or of a part of it: its name.
    Transform(String),
    /// A file that the transform `AWS::Include` puts in its place: its address.
    Include(Text),
    /// An application of the AWS Serverless Application Repository: its ARN.
    Application(Text),
    /// A loop over what is not known, which makes resources: its key.
    Loop(String),
}

/// Works a template out.
///
/// Problems with the template's references and functions come back as diagnostics; their values count as unknown.
pub fn resolve(
    source: &Arc<Source>,
    template: &Template,
    setting: &Setting,
) -> (Stack, Vec<Diagnostic>) {
    let mut evaluation = Evaluation::new(template, setting);
    evaluation.read_parameters();
    evaluation.read_transforms();
    evaluation.read_loops();
    let resources = template
        .resources
        .values()
        .filter_map(|resource| evaluation.resource(resource))
        .collect::<Vec<_>>();
    let certain = resources.iter().filter(|resource| resource.presence == Truth::Yes);
    let certain: Vec<LogicalId> = certain.map(|resource| resource.logical_id.clone()).collect();
    circles::report(&mut evaluation, &certain);
    let outputs = template
        .outputs
        .iter()
        .map(|(name, output)| (name.clone(), evaluation.value(&output.value)))
        .collect();
    let exports =
        template.outputs.values().filter_map(|output| evaluation.export(output)).collect();
    let stack = Stack {
        exports,
        imports: BTreeMap::new(),
        setting: setting.clone(),
        source: Arc::clone(source),
        resources: resources
            .into_iter()
            .map(|resource| (resource.logical_id.clone(), resource))
            .collect(),
        outputs,
        nested: BTreeMap::new(),
        uses: evaluation.uses,
        open_lists: evaluation.open_lists,
    };
    evaluation.diagnostics.sort();
    evaluation.diagnostics.dedup();
    (stack, evaluation.diagnostics)
}

/// What happens without a deletion policy: most resources are deleted, some databases after a last snapshot.
fn deletion_by_default(resource_type: &str, properties: &Value) -> DeletionPolicy {
    match generic::snapshot_unless(resource_type) {
        None => DeletionPolicy::Delete,
        Some(unless) => {
            let mut present = unless.iter().map(|path| properties.presence_at(path));
            match present.by_ref().max().unwrap_or(Truth::No) {
                Truth::No => DeletionPolicy::Snapshot,
                Truth::Maybe => DeletionPolicy::Unknown,
                Truth::Yes => DeletionPolicy::Delete,
            }
        }
    }
}

/// The code of the diagnostic of values that are too many or too long.
/// How deep functions may nest before a value counts as unknown.
const MAX_DEPTH: usize = 100;

/// How many bytes the functions of a template give before their values count as unknown. A template has one megabyte.
const MAX_BYTES: usize = 32 << 20;

/// One template on its way to a stack.
#[derive(Debug)]
struct Evaluation<'a> {
    template: &'a Template,
    setting: &'a Setting,
    parameters: BTreeMap<String, Value>,
    /// `None` while a condition is being worked out, which cuts cycles.
    conditions: BTreeMap<String, Option<Truth>>,
    uses: BTreeSet<Use>,
    open_lists: BTreeSet<String>,
    diagnostics: Vec<Diagnostic>,
    depth: usize,
    /// How many bytes functions may still give.
    room: usize,
}

impl<'a> Evaluation<'a> {
    fn new(template: &'a Template, setting: &'a Setting) -> Evaluation<'a> {
        Evaluation {
            template,
            setting,
            parameters: BTreeMap::new(),
            conditions: BTreeMap::new(),
            uses: BTreeSet::new(),
            open_lists: BTreeSet::new(),
            diagnostics: Vec::new(),
            depth: 0,
            room: MAX_BYTES,
        }
    }
}

impl Evaluation<'_> {
    /// Notes the loops that make resources and could not be run. Outputs and conditions need nothing of their own.
    fn read_loops(&mut self) {
        for open in self.template.loops.iter().filter(|it| it.section == Section::Resources) {
            let kind = UseKind::Loop(open.entry.key.clone());
            self.uses.insert(Use { span: open.entry.key_span, kind });
        }
    }

    /// Whether a section may have entries that are not in the text: a transform adds them, or a loop that was not run.
    fn may_have_more(&self, section: Section) -> bool {
        let adds = |transform: &Transform| {
            transform.name != LANGUAGE_EXTENSIONS && transform.reach != Reach::Value
        };
        self.template.transforms.iter().any(adds)
            || self.template.loops.iter().any(|open| open.section == section)
    }

    /// The name under which an output is exported, and its value.
    fn export(&mut self, output: &crate::template::Output) -> Option<(Text, Value)> {
        let holds = match &output.condition {
            Some(name) => self.condition(name, output.span),
            None => Truth::Yes,
        };
        let name = self.value(output.export_name.as_ref().filter(|_| holds.possible())?);
        match name {
            Value::Text(name) => Some((name, self.value(&output.value))),
            _ => None,
        }
    }

    fn resource(&mut self, resource: &crate::template::Resource) -> Option<Resource> {
        let presence = match &resource.condition {
            Some(name) => self.condition(name, resource.span),
            None => Truth::Yes,
        };
        if presence == Truth::No {
            return None;
        }
        let properties = match &resource.properties.kind {
            Kind::Null => Value::Map(crate::value::Map::default()),
            _ => self.value(&resource.properties),
        };
        let otherwise = deletion_by_default(&resource.resource_type, &properties);
        let policy = resource.deletion_policy.as_ref();
        Some(Resource {
            logical_id: resource.logical_id.clone(),
            resource_type: resource.resource_type.clone(),
            span: resource.span,
            properties,
            presence,
            deletion_policy: self.deletion_policy(policy).unwrap_or(otherwise),
            update_replace_policy: self
                .deletion_policy(resource.update_replace_policy.as_ref())
                .unwrap_or(DeletionPolicy::Delete),
            update_policy: resource
                .update_policy
                .as_ref()
                .map_or(Value::Absent, |policy| self.value(policy)),
        })
    }

    /// What an attribute says; none, if it is not there.
    fn deletion_policy(&mut self, node: Option<&Node>) -> Option<DeletionPolicy> {
        let policy = match self.value(node?) {
            Value::Text(text) => match text.known() {
                Some("Retain") => DeletionPolicy::Retain,
                Some("RetainExceptOnCreate") => DeletionPolicy::RetainExceptOnCreate,
                Some("Snapshot") => DeletionPolicy::Snapshot,
                Some("Delete") => DeletionPolicy::Delete,
                _ => DeletionPolicy::Unknown,
            },
            Value::Absent => return None,
            _ => DeletionPolicy::Unknown,
        };
        Some(policy)
    }

    /// Works out any value.
    fn value(&mut self, node: &Node) -> Value {
        if self.depth >= MAX_DEPTH {
            return Value::Unknown;
        }
        self.depth += 1;
        let value = match &node.kind {
            Kind::Null => Value::Absent,
            Kind::Bool(value) => Value::Bool(*value),
            Kind::Number(text) => Value::text(text.clone()),
            Kind::String(text) => Value::Text(self.references_in(Text::literal(text), node.span)),
            Kind::List(items) => self.list(items),
            Kind::Map(_) => match function_or_condition(node) {
                Some((name, argument)) => self.function(name, argument, node.span),
                None => self.map(node),
            },
        };
        self.depth -= 1;
        value
    }

    fn list(&mut self, items: &[Node]) -> Value {
        let mut list = crate::value::List::default();
        for item in items {
            match self.value(item) {
                Value::Absent => {}
                Value::Unknown => {
                    list.items.push(Located { value: Value::Unknown, span: item.span });
                }
                value => list.items.push(Located { value, span: item.span }),
            }
        }
        Value::List(list)
    }

    fn map(&mut self, node: &Node) -> Value {
        let mut map = crate::value::Map::default();
        for entry in node.entries() {
            if entry.key.starts_with("Fn::") {
                // `Fn::Transform` and `Fn::ForEach` beside other keys add entries that are not known here.
                self.function(&entry.key, &entry.value, node.span);
                map.open = true;
                continue;
            }
            match self.value(&entry.value) {
                Value::Absent => {}
                value => {
                    map.entries.insert(entry.key.clone(), Located { value, span: entry.key_span });
                }
            }
        }
        Value::Map(map)
    }

    /// A function's value, as long as there is room for all of them.
    fn bounded(&mut self, value: Value, span: Span) -> Value {
        if let Some(left) = self.room.checked_sub(value.size()) {
            self.room = left;
            return value;
        }
        if !self.diagnostics.iter().any(|diagnostic| diagnostic.code == codes::TOO_LARGE) {
            let message = "the functions of the template give more text than is looked at";
            let diagnostic = Diagnostic::warning(codes::TOO_LARGE, span, message);
            self.diagnose(diagnostic.with_help(
                "here, and wherever else there is no room, the value counts as unknown",
            ));
        }
        Value::Unknown
    }

    fn diagnose(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }
}

#[cfg(test)]
mod tests;
