//! AWS SAM: what the transform `AWS::Serverless-2016-10-31` makes of a template.
//!
//! The transform runs in AWS, before `CloudFormation` looks at the template. Here its outcome is worked out as far as it
//! decides about permissions: which resources there are, what they are called, what they refer to. What it writes into API
//! definitions and into the policies of roles is left out.
//!
//! Logical ids are those of the transform, since names that AWS makes up begin with them. The transform ends some of them in a
//! digest (deployments, versions, layers, custom domains); those resources are named otherwise, and have an id without it, or
//! with a digest of our own.
//!
//! What cannot be expanded stays in the template as it is, and so is reported as a gap.
//! The rules are those of <https://github.com/aws/serverless-application-model> and the documentation
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification.html>.

mod api;
mod application;
mod build;
mod code;
mod connector;
mod deployment;
mod domain;
mod event;
mod events;
mod function;
mod globals;
mod graphql;
mod http_api;
mod implicit;
mod pull;
mod references;
mod resource;
mod role;
mod schedule;
mod state_machine;
mod table;
mod tags;
mod target;
mod web_socket;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use stackpass_ground::source::{Diagnostic, Span};
use stackpass_ground::tree::Node;

use crate::codes;
use crate::template::{LogicalId, Resource, Template, function};
use build::{At, Properties};
use resource::{Macro, is_sam, sam_name, weaker};

/// The name of the transform.
const TRANSFORM: &str = crate::template::transforms::SAM;

/// The parameter that an expanded template has if code lies in local folders: the bucket into which they are packaged.
pub const PACKAGE_BUCKET: &str = "SamPackageBucket";

/// The names of the bucket that the SAM command line makes for itself, as a pattern.
pub(crate) const MANAGED_BUCKET: &str = "aws-sam-cli-managed-default-samclisourcebucket-*";

/// Replaces the SAM resources of a template by what the transform makes of them.
///
/// A template without the transform is lent back as it is. Resources that are none of SAM's are never lost.
///
/// ```
/// use stackpass_ground::source::Source;
/// use stackpass_stacks::{sam, template};
///
/// let source = Source::new("app.yaml", "
/// Transform: AWS::Serverless-2016-10-31
/// Resources:
///   Hello:
///     Type: AWS::Serverless::Function
///     Properties: { Runtime: python3.13, Handler: app.run, InlineCode: 'def run(event, context): pass' }
/// ");
/// let (template, _) = template::read(&source);
/// let template = template.ok_or("no template")?;
/// let (expanded, problems) = sam::expand(&template);
/// let resources: Vec<_> = expanded
///     .resources
///     .values()
///     .map(|resource| format!("{} {}", resource.logical_id, resource.resource_type))
///     .collect();
/// assert_eq!(resources, ["Hello AWS::Lambda::Function", "HelloRole AWS::IAM::Role"]);
/// assert_eq!(problems, []);
/// # Ok::<(), &str>(())
/// ```
pub fn expand(template: &Template) -> (Cow<'_, Template>, Vec<Diagnostic>) {
    if !template.transforms.iter().any(|transform| transform.name == TRANSFORM) {
        return (Cow::Borrowed(template), Vec::new());
    }
    let mut expansion = Expansion::new(template);
    expansion.expand_all();
    let (expanded, diagnostics) = expansion.finish();
    (Cow::Owned(expanded), diagnostics)
}

/// How many resources a template is made into at the most. CloudFormation takes 500.
const MAX_RESOURCES: usize = 5_000;

/// A template on its way through the transform.
struct Expansion<'a> {
    template: &'a Template,
    /// The resources so far: those that are none of SAM's, those that are made, and what cannot be expanded.
    resources: BTreeMap<LogicalId, Resource>,
    /// The ids of those that are made.
    made: BTreeSet<String>,
    /// The ids of those that the resource at hand is made into.
    made_now: Vec<String>,
    conditions: BTreeMap<String, Node>,
    /// What `MyFunction.Alias` and the like stand for.
    parts: BTreeMap<(String, String), String>,
    /// What events say of the APIs they belong to.
    routes: BTreeMap<String, Routes>,
    deployments: Vec<deployment::Preference>,
    /// The APIs of the usage plan that they share, and their stages.
    shared_plan: Vec<(String, String)>,
    /// What names the applications that are taken from the repository.
    applications: Vec<Node>,
    /// Whether code lies in local folders, and where that is said first.
    local_code: Option<Span>,
    diagnostics: Vec<Diagnostic>,
}

/// What events say of one API.
#[derive(Clone, Debug, Default)]
struct Routes {
    /// The conditions of the functions behind them, `None` for one without.
    conditions: BTreeSet<Option<String>>,
    deletion_policies: Vec<Node>,
    update_replace_policies: Vec<Node>,
    /// The tags that the functions behind it pass on.
    tags: Properties,
    /// The roles that the API takes on to call what is behind it.
    roles: Vec<Node>,
    /// Whether one of them adds to the resource policy of the API.
    has_policy: bool,
    /// Where the first of them stands.
    span: Span,
}

impl<'a> Expansion<'a> {
    fn new(template: &'a Template) -> Expansion<'a> {
        let plain = template.resources.iter().filter(|(_, resource)| !is_sam(resource));
        Expansion {
            template,
            resources: plain.map(|(id, resource)| (id.clone(), resource.clone())).collect(),
            made: BTreeSet::new(),
            made_now: Vec::new(),
            conditions: template.conditions.clone(),
            parts: BTreeMap::new(),
            routes: BTreeMap::new(),
            deployments: Vec::new(),
            shared_plan: Vec::new(),
            applications: Vec::new(),
            local_code: None,
            diagnostics: Vec::new(),
        }
    }

    /// Expands what has events before the APIs they belong to, and connectors when all that they connect is there.
    fn expand_all(&mut self) {
        let template = self.template;
        let all = || template.resources.values().filter(|resource| is_sam(resource));
        let of = |name: &'static str| all().filter(move |resource| sam_name(resource) == name);
        for resource in of("Function") {
            self.expand_one(resource, function::expand);
        }
        for resource in of("StateMachine") {
            self.expand_one(resource, state_machine::expand);
        }
        for (id, name) in [(implicit::REST_API, "Api"), (implicit::HTTP_API, "HttpApi")] {
            if let Some(resource) = implicit::api(self, id, name) {
                self.expand_api(&resource);
            }
        }
        let is_implicit = |resource: &&Resource| {
            matches!(resource.logical_id.as_str(), implicit::REST_API | implicit::HTTP_API)
        };
        for resource in ["Api", "HttpApi", "WebSocketApi"].into_iter().flat_map(of) {
            if !(is_implicit(&resource) && self.made.contains(resource.logical_id.as_str())) {
                self.expand_api(resource);
            }
        }
        for resource in all() {
            let expand: fn(&mut Expansion<'_>, &Macro) = match sam_name(resource) {
                "Function" | "StateMachine" | "Api" | "HttpApi" | "WebSocketApi" | "Connector" => {
                    continue;
                }
                "Application" => application::expand,
                "CapacityProvider" => function::expand_capacity_provider,
                "GraphQLApi" => graphql::expand,
                "LayerVersion" => code::expand_layer,
                "SimpleTable" => table::expand,
                _ => {
                    self.keep(resource.clone());
                    continue;
                }
            };
            self.expand_one(resource, expand);
        }
        deployment::expand(self);
        for resource in of("Connector") {
            self.expand_one(resource, connector::expand);
        }
        connector::expand_embedded(self);
    }

    fn expand_api(&mut self, resource: &Resource) {
        self.expand_one(resource, |expansion, sam| match sam_name(&sam.resource) {
            "Api" => api::expand(expansion, sam),
            "HttpApi" => http_api::expand(expansion, sam),
            _ => web_socket::expand(expansion, sam),
        });
    }

    /// Expands one resource, unless what it is made into depends on a function or a macro.
    fn expand_one(&mut self, resource: &Resource, expand: impl FnOnce(&mut Expansion<'a>, &Macro)) {
        let own = &resource.properties;
        if self.is_full()
            || function(own).is_some()
            || own.entries().iter().any(|entry| entry.key.starts_with("Fn::"))
        {
            self.keep(resource.clone());
            return;
        }
        let properties = globals::merged(
            self.template.globals.as_ref(),
            &resource.resource_type,
            own,
            resource.ignore_globals.as_ref(),
        );
        let sam = Macro { resource: resource.clone(), properties };
        self.made_now.clear();
        expand(self, &sam);
        tags::propagate(self, &sam);
    }

    /// Whether so much was made that the rest is left as it is, which is a gap each.
    fn is_full(&self) -> bool {
        self.resources.len() >= MAX_RESOURCES
    }

    /// Adds what a SAM resource is made into, under its own logical id.
    fn add_main(&mut self, sam: &Macro, resource_type: &str, properties: Properties) {
        let resource = Resource {
            resource_type: resource_type.to_owned(),
            properties: properties.into_node(At(sam.properties.span)),
            connectors: None,
            ignore_globals: None,
            ..sam.resource.clone()
        };
        self.made.insert(sam.id().to_owned());
        self.made_now.push(sam.id().to_owned());
        self.resources.insert(resource.logical_id.clone(), resource);
    }

    /// Adds a resource that comes with another one, and gives its logical id.
    fn add(
        &mut self,
        sam: &Macro,
        id: &str,
        resource_type: &str,
        at: At,
        properties: Properties,
    ) -> String {
        let id = self.free_id(id, resource_type);
        match id.parse::<LogicalId>() {
            Ok(logical_id) => {
                let resource = Resource {
                    condition: sam.resource.condition.clone(),
                    deletion_policy: sam.resource.deletion_policy.clone(),
                    update_replace_policy: sam.resource.update_replace_policy.clone(),
                    ..Resource::new(
                        logical_id.clone(),
                        resource_type,
                        at.0,
                        properties.into_node(at),
                    )
                };
                self.made.insert(id.clone());
                self.made_now.push(id.clone());
                let shared = self.resources.remove(&logical_id);
                let resource = shared.map_or(resource.clone(), |shared| weaker(resource, &shared));
                self.resources.insert(logical_id, resource);
            }
            Err(error) => {
                let problem =
                    Diagnostic::warning(codes::INVALID_LOGICAL_ID, at.0, error.to_string());
                self.diagnostics.push(problem.with_help("give it a name of letters and digits"));
            }
        }
        id
    }

    /// The id, unless something else in the template has it.
    ///
    /// The transform writes over what is there. Here both are kept, since both may be meant.
    fn free_id(&self, wanted: &str, resource_type: &str) -> String {
        let is_free = |id: &str| {
            if self.made.contains(id) {
                self.resources
                    .get(id)
                    .is_some_and(|resource| resource.resource_type == resource_type)
            } else {
                !self.resources.contains_key(id) && !self.template.resources.contains_key(id)
            }
        };
        if is_free(wanted) {
            return wanted.to_owned();
        }
        let others = (2..).map(|number: u32| format!("{wanted}{number}"));
        others.into_iter().find(|id| is_free(id)).unwrap_or_default()
    }

    fn resource_mut(&mut self, id: &str) -> Option<&mut Resource> {
        self.resources.get_mut(id)
    }

    /// A text, or the default of the parameter that it is taken from.
    fn word_or_default(&self, node: &Node) -> Option<String> {
        let word = match function(node) {
            Some(("Ref", target)) => {
                let name = target.as_str()?;
                self.template.parameters.get(name)?.default.as_ref()?
            }
            _ => node,
        };
        word.scalar().map(str::to_owned)
    }

    /// Leaves a resource as it is, which is a gap later on.
    fn keep(&mut self, resource: Resource) {
        self.resources.entry(resource.logical_id.clone()).or_insert(resource);
    }

    /// Leaves a part of a SAM resource as it is: a SAM resource of its own, under the id of what would have been made.
    fn keep_part(&mut self, sam: &Macro, id: &str, at: At, message: String) {
        let problem = Diagnostic::warning(codes::SAM_UNEXPANDED, at.0, message);
        self.diagnostics.push(problem.with_help(
            "what it is made into is not in the policy; give the processed template: `aws cloudformation get-template --template-stage Processed`",
        ));
        let kind = sam.resource.resource_type.clone();
        self.add(sam, id, &kind, at, Properties::default());
    }

    /// Remembers what `logical id.part` stands for.
    fn set_part(&mut self, sam: &Macro, part: &str, id: &str) {
        self.parts.insert((sam.id().to_owned(), part.to_owned()), id.to_owned());
    }

    /// Gives a resource a condition.
    fn set_condition(&mut self, id: &str, condition: String) {
        if let Some(resource) = self.resource_mut(id) {
            resource.condition = Some(condition);
        }
    }

    /// The name of the condition that another one does not hold.
    fn negated(&mut self, condition: &str, at: At) -> String {
        let name = format!("NOT{condition}");
        let negated = at.map([("Fn::Not", at.list([at.map([("Condition", at.text(condition))])]))]);
        self.conditions.entry(name.clone()).or_insert(negated);
        name
    }

    fn finish(mut self) -> (Template, Vec<Diagnostic>) {
        implicit::add_conditions(&mut self);
        let mut template = Template {
            resources: self.resources,
            conditions: self.conditions,
            globals: None,
            applications: self.applications,
            ..self.template.clone()
        };
        if let Some(span) = self.local_code {
            code::declare_bucket(&mut template, span, &mut self.diagnostics);
        }
        references::rewrite(&mut template, &self.parts);
        self.diagnostics.sort();
        self.diagnostics.dedup();
        (template, self.diagnostics)
    }
}

#[cfg(test)]
mod tests;
