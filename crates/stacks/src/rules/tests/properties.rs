//! Properties in rules: that they exist, can have the values that are asked for, and refer to what is acted on.

use stackpass_ground::wildcard::{Case, Glob, Syntax};
use stackpass_policy::catalogue;

use super::file::{Entry, Part, Problem};
use super::schemas::Schemas;
use crate::generic;
use crate::property_path::UPDATE_POLICY;
use crate::registry;
use crate::rules::{On, Rule, Term, ValueEntry};

/// How the names of properties end that hold an identifier or an address.
const OF_REFERENCES: [&str; 17] = [
    "Arn",
    "ARN",
    "Arns",
    "ARNs",
    "Id",
    "ID",
    "Ids",
    "IDs",
    "Identifier",
    "Image",
    "Location",
    "Role",
    "Token",
    "Uri",
    "URI",
    "Url",
    "URL",
];

pub(super) fn check(schemas: &Schemas, entry: Entry<'_>, problems: &mut Vec<Problem>) {
    for (part, rule) in entry.rules() {
        for term in rule.when.iter().flat_map(|when| &when.0) {
            if let Some((found, text)) = term_problem(schemas, entry.name, term) {
                problems.push(alternative_problem(entry, part, &found, text));
            }
        }
        for on in &rule.on {
            if let Some((path, text)) = on_problem(schemas, entry, rule, on) {
                problems.push(entry.problem(part, &spelled(entry, part, path), text));
            }
        }
        for value in rule.conditions.iter().flat_map(|condition| &condition.values) {
            if let Some((path, text)) = value_problem(schemas, entry, rule, value) {
                let texts = entry.texts(part).into_iter();
                let spelled =
                    texts.filter(|text| text.starts_with('$')).find(|it| it.contains(path));
                problems.push(entry.problem(part, spelled.as_deref().unwrap_or(path), text));
            }
        }
    }
    if let Some(property) = entry.rules.name.as_ref().and_then(|name| name.property.as_ref())
        && !schemas.knows(entry.name, property)
    {
        let text = schemas.unknown(entry.name, property);
        problems.push(entry.problem(Part::Type, property, text));
    }
}

/// A problem in the line of the alternative that a term stands in.
fn alternative_problem(entry: Entry<'_>, part: Part, term: &str, text: String) -> Problem {
    let texts = entry.texts(part);
    let is_it = |text: &&String| text.split('&').any(|of| of.trim() == term);
    let found = texts.iter().find(is_it).map_or(term, String::as_str);
    entry.problem(part, found, text)
}

/// The text of `on` in which a path stands.
fn spelled(entry: Entry<'_>, part: Part, path: &str) -> String {
    let texts = entry.texts(part);
    let is_it = |text: &String| text.split(':').skip(1).any(|of| of == path);
    texts.into_iter().find(is_it).unwrap_or_else(|| path.to_owned())
}

/// The term as it is written, and what is wrong with it.
fn term_problem(schemas: &Schemas, name: &str, term: &Term) -> Option<(String, String)> {
    let (path, spelled) = match term {
        Term::Present(path) => (path, path.clone()),
        Term::Absent(path) => (path, format!("!{path}")),
        Term::Equal(path, value) => (path, format!("{path}={value}")),
        Term::Like(path, pattern) => (path, format!("{path}~{pattern}")),
        Term::Tags | Term::UpdatePolicy | Term::Snapshot => return None,
    };
    if !schemas.knows(name, path) {
        return Some((spelled, schemas.unknown(name, path)));
    }
    let values = schemas.values(name, path)?;
    let wanted = match term {
        Term::Equal(_, value) if !values.contain(value) => value,
        Term::Like(_, pattern) if !values.are_numbers() => {
            let glob = Glob::new(pattern, Case::Sensitive, Syntax::Plain);
            if values.texts().any(|value| glob.matches(value)) {
                return None;
            }
            pattern
        }
        _ => return None,
    };
    let instead = values.told(wanted);
    Some((spelled, format!("`{path}` cannot be `{wanted}`; write {instead}")))
}

/// The path that `on` names, and what is wrong with it.
fn on_problem<'a>(
    schemas: &Schemas,
    entry: Entry<'_>,
    rule: &Rule,
    on: &'a On,
) -> Option<(&'a str, String)> {
    let (path, problem) = match on {
        // It may be a profile, a role or a launch template, by whatever name.
        On::Profile(path) => (path, no_reference(schemas, entry, path)),
        On::Reference { path, .. } | On::Unqualified(path) | On::Through { path, .. } => {
            (path, path_problem(schemas, entry, rule, path))
        }
        On::Itself(_) | On::Arn(_) | On::Executor | On::Any => return None,
    };
    problem.map(|text| (path.as_str(), text))
}

/// What is wrong with the property that a condition's value follows from.
fn value_problem<'v>(
    schemas: &Schemas,
    entry: Entry<'_>,
    rule: &Rule,
    value: &'v ValueEntry,
) -> Option<(&'v str, String)> {
    let path = value.path()?;
    let problem = match value {
        ValueEntry::Reference { .. } => path_problem(schemas, entry, rule, path),
        _ => (!schemas.knows(entry.name, path)).then(|| schemas.unknown(entry.name, path)),
    };
    Some((path, problem?))
}

/// What is wrong with a property that is to refer to what the actions of a rule act on.
fn path_problem(schemas: &Schemas, entry: Entry<'_>, rule: &Rule, path: &str) -> Option<String> {
    let is_told = path.starts_with(UPDATE_POLICY) || is_known_reference(entry.name, path);
    if is_told && schemas.knows(entry.name, path) {
        return None;
    }
    no_reference(schemas, entry, path).or_else(|| {
        let last = path.rsplit('.').next().unwrap_or(path);
        let is_named = OF_REFERENCES.iter().any(|end| last.ends_with(end))
            || names_kind(rule, &last.to_ascii_lowercase());
        (!is_named).then(|| {
            format!(
                "nothing tells what `{path}` refers to; name a property with an ARN, an id or a name, or write the ARN: `arn:...${{{path}}}`"
            )
        })
    })
}

/// Why a property cannot refer to anything.
fn no_reference(schemas: &Schemas, entry: Entry<'_>, path: &str) -> Option<String> {
    let name = entry.name;
    if !schemas.knows(name, path) {
        return Some(schemas.unknown(name, path));
    }
    if entry.rules.name.as_ref().is_some_and(|own| own.property.as_deref() == Some(path)) {
        return Some(format!("`{path}` is the resource's own name; write `self`"));
    }
    if let Some(values) = schemas.values(name, path) {
        let values = values.told("");
        return Some(format!(
            "`{path}` is {values}, and refers to nothing; name a property with an ARN, an id or a name"
        ));
    }
    schemas.holds_others(name, path).then(|| {
        format!(
            "`{path}` holds other properties, and refers to nothing itself; name the one with the ARN, id or name"
        )
    })
}

/// Whether the registry or `generic.toml` says that a property, or what it is in, refers to something.
fn is_known_reference(name: &str, path: &str) -> bool {
    let registered = registry::resource_type(name);
    let mut references = registered.into_iter().flat_map(registry::ResourceType::references);
    let of_object = |location: &generic::ObjectLocation| {
        let properties = [
            &location.bucket,
            &location.bucket_arn,
            &location.key,
            &location.prefix,
            &location.url,
            &location.arn,
        ];
        properties.into_iter().any(|property| property.as_deref() == Some(path))
    };
    let is_it = |known: &str| {
        path.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    references.any(|reference| is_it(reference.property))
        || generic::role_properties(name).any(is_it)
        || generic::instance_profile_properties(name).any(is_it)
        || generic::key_properties(name).any(is_it)
        || generic::object_properties(name).any(of_object)
}

/// Whether a property, in lower case, is called as what the actions act on, such as `Queues` or `QueueName` where they act on a queue.
fn names_kind(rule: &Rule, property: &str) -> bool {
    let property = property.strip_suffix("name").unwrap_or(property);
    let single = property.strip_suffix("ies").map(|start| format!("{start}y"));
    let single = single.as_deref().or(property.strip_suffix('s')).unwrap_or(property);
    let facts =
        rule.actions.iter().filter_map(|action| catalogue::action(action.service(), action.name()));
    let mut kinds = facts.flat_map(catalogue::ActionFacts::resource_types);
    kinds.any(|(kind, _)| single.ends_with(&kind.name().to_ascii_lowercase()))
}
