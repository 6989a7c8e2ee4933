//! ARN templates: that they can be filled, and that they are of a service that the type has to do with.

use std::collections::BTreeSet;

use stackpass_ground::arn::ArnPattern;
use stackpass_policy::action::Action;
use stackpass_policy::catalogue;

use super::file::{Entry, Part, Problem};
use super::schemas::Schemas;
use crate::names;
use crate::registry;
use crate::rules::On;

/// Variables that are no properties.
const OF_SETTING: [&str; 6] = ["Partition", "Region", "Account", "AccountId", "LogicalId", "@name"];

/// The variables of an ARN template, and whether it parses once they are filled.
pub(crate) fn variables(template: &str) -> Result<Vec<String>, String> {
    let mut variables = Vec::new();
    let mut filled = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((variable, after)) = after.split_once('}') else {
            return Err(format!("`{template}` has an open brace; close it"));
        };
        variables.push(variable.to_owned());
        filled.push_str(before);
        filled.push_str(if variable == "Partition" { "aws" } else { "x" });
        rest = after;
    }
    filled.push_str(rest);
    match filled.parse::<ArnPattern>() {
        Ok(_) => Ok(variables),
        Err(error) => Err(format!(
            "`{template}`: {error}; write `arn:${{Partition}}:SERVICE:${{Region}}:${{Account}}:RESOURCE`"
        )),
    }
}

/// What is wrong with an ARN template of a type.
pub(crate) fn template_problems(
    schemas: &Schemas,
    resource_type: &str,
    template: &str,
) -> Vec<String> {
    let variables = match variables(template) {
        Ok(variables) => variables,
        Err(problem) => return vec![problem],
    };
    let paths = variables.iter().map(|variable| {
        let path = names::PREFIXES.into_iter().find_map(|prefix| variable.strip_prefix(prefix));
        path.unwrap_or(variable).split(['|', '#', '+', '/']).next().unwrap()
    });
    let unknown =
        paths.filter(|path| !OF_SETTING.contains(path) && !schemas.knows(resource_type, path));
    unknown.map(|path| format!("`{template}`: {}", schemas.unknown(resource_type, path))).collect()
}

pub(super) fn check(schemas: &Schemas, entry: Entry<'_>, problems: &mut Vec<Problem>) {
    if let Some(template) = &entry.rules.arn {
        let services = services_of_type(entry);
        problems.extend(
            all_problems(schemas, entry, template, &services)
                .into_iter()
                .map(|text| entry.problem(Part::Type, template, text)),
        );
    }
    for (part, rule) in entry.rules() {
        let mut services = services_of(rule.actions.iter().map(Action::as_str));
        services.extend(services_of_arn(entry));
        for on in &rule.on {
            let On::Arn(template) = on else { continue };
            let found = all_problems(schemas, entry, template, &services);
            problems.extend(found.into_iter().map(|text| entry.problem(part, template, text)));
        }
    }
    check_attributes(schemas, entry, problems);
}

fn all_problems(
    schemas: &Schemas,
    entry: Entry<'_>,
    template: &str,
    services: &BTreeSet<String>,
) -> Vec<String> {
    let mut problems = template_problems(schemas, entry.name, template);
    if template.contains("${@name}") && entry.rules.name.is_none() {
        problems.push(format!(
            "`{template}` has `${{@name}}`, and the type has no `name`; write `name = {{ max = ..., evidence = \"...\" }}`"
        ));
    }
    let service = template.split(':').nth(2).unwrap_or_default();
    let is_open = service.contains(['*', '$']) || services.is_empty();
    if !is_open && !services.contains(service) {
        let known: Vec<String> = services.iter().map(|known| format!("`{known}`")).collect();
        problems.push(format!(
            "`{template}` is an ARN of `{service}`, which none of the actions acts on; write {}",
            known.join(" or ")
        ));
    }
    problems
}

/// The services of the ARN that the type has by its rules or by the registry.
fn services_of_arn(entry: Entry<'_>) -> impl Iterator<Item = String> {
    let registered =
        registry::resource_type(entry.name).and_then(registry::ResourceType::arn_template);
    let template = entry.rules.arn.as_deref().or(registered);
    template.and_then(|template| template.split(':').nth(2)).map(str::to_owned).into_iter()
}

/// The services that the calls of a type, of its rules or its handlers, act on.
fn services_of_type(entry: Entry<'_>) -> BTreeSet<String> {
    let of_rules = entry.rules.rule.iter().flat_map(|rule| &rule.actions);
    let mut services = services_of(of_rules.map(Action::as_str));
    if let Some(registered) = registry::resource_type(entry.name) {
        let listed = registered.permissions();
        let listed: Vec<String> =
            listed.map(|listed| format!("{}:{}", listed.service, listed.name)).collect();
        services.extend(services_of(listed.iter().map(String::as_str)));
        services.extend(registered.tagging_permissions().map(|(service, _)| service.to_owned()));
    }
    services
}

/// The services of actions, and those of the ARNs that they accept.
fn services_of<'a>(actions: impl Iterator<Item = &'a str>) -> BTreeSet<String> {
    let mut services = BTreeSet::new();
    for action in actions {
        let Ok(action) = action.parse::<Action>() else { continue };
        services.insert(action.service().to_owned());
        let facts = catalogue::action(action.service(), action.name());
        let kinds = facts.into_iter().flat_map(catalogue::ActionFacts::resource_types);
        let arns = kinds.flat_map(|(kind, _)| kind.arns());
        services.extend(arns.filter_map(|arn| arn.split(':').nth(2)).map(str::to_owned));
    }
    services
}

/// Attributes are made of properties, and are none themselves.
fn check_attributes(schemas: &Schemas, entry: Entry<'_>, problems: &mut Vec<Problem>) {
    let mut tell =
        |found: &str, text: String| problems.push(entry.problem(Part::Type, found, text));
    for (attribute, template) in &entry.rules.attributes {
        if attribute != "Ref" && !schemas.knows(entry.name, attribute) {
            tell(attribute, schemas.unknown(entry.name, attribute));
        }
        let parts = template.split("${").skip(1).filter_map(|part| part.split('}').next());
        for part in parts.filter(|part| *part != "Region" && !schemas.knows(entry.name, part)) {
            tell(template, format!("`{template}`: {}", schemas.unknown(entry.name, part)));
        }
    }
    for property in entry.rules.given_as.iter().flat_map(|(property, other)| [property, other]) {
        if !schemas.knows(entry.name, property) {
            tell(property, schemas.unknown(entry.name, property));
        }
    }
}
