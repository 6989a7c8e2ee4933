//! The `Globals` section: defaults for all resources of a type.

use stackpass_ground::tree::{Entry, Kind, Node};

use super::build::entry;
use crate::template::function;

/// Mappings that are not merged: the resource's own stands alone.
const REPLACED: [&str; 2] = ["Architectures", "ManagedResourceTags"];

/// The properties of a resource over the defaults of its type.
pub(super) fn merged(
    globals: Option<&Node>,
    resource_type: &str,
    own: &Node,
    ignored: Option<&Node>,
) -> Node {
    let section = resource_type.strip_prefix("AWS::Serverless::").unwrap_or_default();
    let Some(defaults) = globals.and_then(|globals| globals.field(section)) else {
        return own.clone();
    };
    match ignored {
        Some(ignored) if ignored.as_str() == Some("*") => own.clone(),
        Some(ignored) => {
            let is_ignored =
                |key: &str| ignored.items().iter().any(|item| item.as_str() == Some(key));
            let kept = defaults.entries().iter().filter(|entry| !is_ignored(&entry.key)).cloned();
            merge(&Node { kind: Kind::Map(kept.collect()), ..defaults.clone() }, own)
        }
        None => merge(defaults, own),
    }
}

/// Maps are merged, lists joined; of anything else the resource's own counts.
fn merge(default: &Node, own: &Node) -> Node {
    let kind = match (&default.kind, &own.kind) {
        (Kind::List(first), Kind::List(second)) => {
            Kind::List(first.iter().chain(second).cloned().collect())
        }
        (Kind::Map(_), Kind::Map(_)) if function(default).is_none() && function(own).is_none() => {
            Kind::Map(merge_entries(default, own))
        }
        _ => return own.clone(),
    };
    Node::new(kind, own.span)
}

fn merge_entries(default: &Node, own: &Node) -> Vec<Entry> {
    let is_own = |key: &str| own.entries().iter().any(|entry| entry.key == key);
    let inherited = default.entries().iter().filter(|entry| !is_own(&entry.key)).cloned();
    let mut entries: Vec<Entry> = inherited.collect();
    for mine in own.entries() {
        let value = match entry(default, &mine.key) {
            Some(default) if !REPLACED.contains(&mine.key.as_str()) => {
                merge(&default.value, &mine.value)
            }
            _ => mine.value.clone(),
        };
        entries.push(Entry { value, ..mine.clone() });
    }
    entries
}
