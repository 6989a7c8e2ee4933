//! The APIs of events that name none.

use stackpass_ground::tree::Node;

use super::Expansion;
use super::build::{At, Properties};
use super::resource::PREFIX;
use crate::template::Resource;

/// The REST API of events that name none.
pub(super) const REST_API: &str = "ServerlessRestApi";

/// The HTTP API of events that name none.
pub(super) const HTTP_API: &str = "ServerlessHttpApi";

/// The API of this id and SAM's name of its type, if there are events for it.
pub(super) fn api(expansion: &Expansion<'_>, id: &str, name: &str) -> Option<Resource> {
    let routes = expansion.routes.get(id)?;
    let at = At(routes.span);
    let mut properties = Properties::default();
    if name == "Api" {
        properties.set("StageName", at.text("Prod"));
    }
    if !routes.tags.is_empty() {
        properties.set("Tags", routes.tags.clone().into_node(at));
        properties.set("PropagateTags", at.yes());
    }
    let condition = match routes.conditions.iter().collect::<Vec<_>>().as_slice() {
        [Some(only)] => Some(only.clone()),
        conditions if conditions.iter().all(|condition| condition.is_some()) => {
            Some(format!("{id}Condition"))
        }
        _ => None,
    };
    Some(Resource {
        condition,
        deletion_policy: strongest(&routes.deletion_policies),
        update_replace_policy: strongest(&routes.update_replace_policies),
        ..Resource::new(
            id.parse().ok()?,
            format!("{PREFIX}{name}"),
            routes.span,
            properties.into_node(at),
        )
    })
}

/// Adds the conditions of the APIs that are there if one of several functions is.
pub(super) fn add_conditions(expansion: &mut Expansion<'_>) {
    for id in [REST_API, HTTP_API] {
        let routes = expansion.routes.get(id).filter(|routes| routes.conditions.len() > 1);
        let Some(routes) = routes else { continue };
        let at = At(routes.span);
        let of = |name: &String| at.map([("Condition", at.text(name.clone()))]);
        let any = at.list(routes.conditions.iter().flatten().map(of));
        expansion.conditions.insert(format!("{id}Condition"), at.map([("Fn::Or", any)]));
    }
}

/// The policy that keeps most.
fn strongest(policies: &[Node]) -> Option<Node> {
    let of = |name: &str| policies.iter().find(|policy| policy.as_str() == Some(name));
    ["Retain", "Snapshot", "Delete"].into_iter().find_map(of).or(policies.first()).cloned()
}
