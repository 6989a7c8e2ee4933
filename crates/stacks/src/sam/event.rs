//! An event of a function or a state machine: what calls it, what lets that call it, and the API it belongs to.

use stackpass_ground::source::Span;
use stackpass_ground::tree::{Entry, Kind, Node};

use super::build::{At, Properties, entry, entry_at, field};
use super::resource::{Macro, is_wanted};
use super::target::Target;
use super::{Expansion, Routes};
use crate::template::function;

/// One event.
#[derive(Clone, Debug)]
pub(super) struct Event<'a> {
    /// The logical id of the resource it comes with and name, after which what it makes is called.
    pub(super) id: String,
    pub(super) kind: &'a str,
    pub(super) properties: &'a Node,
    pub(super) at: At,
}

impl<'a> Event<'a> {
    /// Reads an event; `None` if it is none that can be read.
    pub(super) fn new(sam: &Macro, found: &'a Entry) -> Option<Event<'a>> {
        let kind = field(&found.value, "Type")?.as_str()?;
        let properties = field(&found.value, "Properties").unwrap_or(&NOTHING);
        let is_plain = function(properties).is_none() && matches!(properties.kind, Kind::Map(_));
        let id = format!("{}{}", sam.id(), found.key);
        is_plain.then_some(Event { id, kind, properties, at: entry_at(found) })
    }

    pub(super) fn at_property(&self, key: &str) -> At {
        entry(self.properties, key).map_or(self.at, entry_at)
    }

    /// Lets a service call the function.
    pub(super) fn permit(
        &self,
        expansion: &mut Expansion<'_>,
        sam: &Macro,
        target: &Target,
        service: &str,
        suffix: &str,
        given: Properties,
    ) -> String {
        let id = format!("{}Permission{suffix}", self.id);
        permit(expansion, sam, &id, self.at, target.name(self.at), service, given)
    }
}

/// The properties of an event that has none.
static NOTHING: Node = Node::empty(Span { start: 0, end: 0 });

/// Adds a permission to call a function.
pub(super) fn permit(
    expansion: &mut Expansion<'_>,
    sam: &Macro,
    id: &str,
    at: At,
    function: Node,
    service: &str,
    mut given: Properties,
) -> String {
    given.set("Action", at.text("lambda:InvokeFunction"));
    given.set("FunctionName", function);
    given.set("Principal", at.text(service));
    expansion.add(sam, id, "AWS::Lambda::Permission", at, given)
}

/// Leaves an event as it is.
pub(super) fn keep(expansion: &mut Expansion<'_>, sam: &Macro, found: &Entry) {
    let name: String = found.key.chars().filter(char::is_ascii_alphanumeric).collect();
    let message = format!("the event `{}` of `{}` cannot be expanded", found.key, sam.id());
    expansion.keep_part(sam, &format!("{}{name}", sam.id()), entry_at(found), message);
}

/// Notes that an event belongs to an API, and the role that the API takes on for it.
pub(super) fn note_route(
    expansion: &mut Expansion<'_>,
    sam: &Macro,
    api: &str,
    event: &Event<'_>,
    role: Option<Node>,
) {
    let new = || Routes { span: event.at.0, ..Routes::default() };
    let routes = expansion.routes.entry(api.to_owned()).or_insert_with(new);
    routes.conditions.insert(sam.resource.condition.clone());
    routes.deletion_policies.extend(sam.resource.deletion_policy.clone());
    routes.update_replace_policies.extend(sam.resource.update_replace_policy.clone());
    routes.roles.extend(role.filter(is_role));
    routes.has_policy |= field(event.properties, "Auth").is_some_and(has_policy);
    let names_it = ["ApiId", "RestApiId"].iter().any(|key| field(event.properties, key).is_some());
    if let Some(tags) = sam.field("Tags").filter(|_| !names_it && sam.wants("PropagateTags")) {
        tags.entries().iter().for_each(|tag| routes.tags.set(&tag.key, tag.value.clone()));
    }
}

/// Whether an invoke role is a role, not one of the words for the caller's own credentials or none.
pub(super) fn is_role(role: &Node) -> bool {
    is_wanted(role) && !matches!(role.as_str(), Some("CALLER_CREDENTIALS" | "NONE"))
}

/// Whether SAM writes a resource policy into the definition of an API. What a function gives is not known here.
pub(super) fn has_policy(auth: &Node) -> bool {
    function(auth).is_some() || field(auth, "ResourcePolicy").is_some_and(is_wanted)
}
