//! The actions of IAM with their resource types, from `crates/policy/data`: what the table of calls must agree with.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};

use super::Request;
use crate::shell;

/// What the Service Authorization Reference says of actions.
pub(crate) struct Catalogue {
    /// Resource types by action, each with whether it is required.
    actions: BTreeMap<String, Vec<(String, bool)>>,
    /// ARN formats by service and resource type.
    formats: BTreeMap<(String, String), Vec<String>>,
    keys: BTreeSet<String>,
}

impl Catalogue {
    /// Reads the data files.
    pub(crate) fn read() -> Result<Catalogue> {
        let mut catalogue =
            Catalogue { actions: BTreeMap::new(), formats: BTreeMap::new(), keys: BTreeSet::new() };
        for fields in rows("actions.tsv")? {
            let [service, action, _, types, ..] = fields.as_slice() else { continue };
            let types = types.split(',').filter(|kind| !kind.is_empty());
            let types = types.map(|kind| match kind.strip_suffix('*') {
                Some(kind) => (kind.to_owned(), true),
                None => (kind.to_owned(), false),
            });
            catalogue.actions.insert(format!("{service}:{action}"), types.collect());
        }
        for fields in rows("resource-types.tsv")? {
            let [service, kind, formats, ..] = fields.as_slice() else { continue };
            let formats = formats.split(", ").map(str::to_owned).collect();
            catalogue.formats.insert((service.clone(), kind.clone()), formats);
        }
        let keys = rows("condition-keys.tsv")?;
        catalogue.keys.extend(keys.into_iter().filter_map(|fields| fields.into_iter().next()));
        Ok(catalogue)
    }

    /// What is wrong with a request: an action or a key that does not exist, a resource that the action does not have.
    pub(crate) fn problem(&self, request: &Request) -> Option<String> {
        let action = &request.action;
        let Some(types) = self.actions.get(action) else {
            return Some(format!("there is no action {action}"));
        };
        let unknown = request.context.keys().find(|key| !self.has_key(key));
        if let Some(key) = unknown {
            return Some(format!("{action}: there is no condition key {key}"));
        }
        let Some(resource) = &request.resource else {
            let required = types.iter().any(|(_, required)| *required);
            return required.then(|| format!("{action} needs a resource"));
        };
        let service = action.split(':').next().unwrap_or_default();
        // The reference lists the verbs of some paths only; the developer guide has every verb on every path.
        let is_its =
            |kind: &str| service == "apigateway" || types.iter().any(|(name, _)| name == kind);
        let fits = self.formats_of(service, is_its).any(|format| covers(format, resource));
        (!fits).then(|| format!("{action} has no resource like {resource}"))
    }

    fn formats_of<'a>(
        &'a self,
        service: &'a str,
        is_meant: impl Fn(&str) -> bool + 'a,
    ) -> impl Iterator<Item = &'a String> {
        let meant = move |(of, kind): &(String, String)| of == service && is_meant(kind);
        self.formats.iter().filter(move |(key, _)| meant(key)).flat_map(|(_, formats)| formats)
    }

    fn has_key(&self, key: &str) -> bool {
        let general = match key.split_once('/') {
            Some((name, _)) => format!("{name}/${{TagKey}}"),
            None => key.to_owned(),
        };
        general.starts_with("aws:") || self.keys.contains(&general)
    }
}

/// Whether an ARN has a format, whose `${...}` stand for any text.
fn covers(format: &str, arn: &str) -> bool {
    let mut literals = format.split("${").map(|part| match part.split_once('}') {
        Some((_, literal)) => literal,
        None => part,
    });
    let Some(mut rest) = literals.next().and_then(|start| arn.strip_prefix(start)) else {
        return false;
    };
    let ends_open = format.ends_with('}');
    for literal in literals {
        // The shortest text that fits; a `:` or `/` ends a part of an ARN.
        let Some((_, after)) = rest.split_once(literal) else { return false };
        rest = if literal.is_empty() { rest } else { after };
    }
    rest.is_empty() || ends_open
}

fn rows(name: &str) -> Result<Vec<Vec<String>>> {
    let path = shell::root().join("crates/policy/data").join(name);
    let text = shell::read(&path).with_context(|| format!("cannot use {name}"))?;
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    Ok(lines.map(|line| line.split('\t').map(str::to_owned).collect()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(action: &str, resource: Option<&str>) -> Option<String> {
        let request = Request {
            action: action.to_owned(),
            resource: resource.map(str::to_owned),
            context: BTreeMap::new(),
        };
        Catalogue::read().unwrap().problem(&request)
    }

    #[test]
    fn an_action_has_resources_of_its_own() {
        assert_eq!(problem("s3:GetObject", Some("arn:aws:s3:::bucket/key")), None);
        let queue = "arn:aws:sqs:us-east-1:111122223333:queue";
        let expected = format!("s3:GetObject has no resource like {queue}");
        assert_eq!(problem("s3:GetObject", Some(queue)), Some(expected));
    }

    #[test]
    fn what_does_not_exist_is_told() {
        let expected = "there is no action s3:Get".to_owned();
        assert_eq!(problem("s3:Get", None), Some(expected));
        assert_eq!(problem("iam:PassRole", None), Some("iam:PassRole needs a resource".to_owned()));
    }

    #[test]
    fn a_verb_is_known_on_every_path() {
        let path = "arn:aws:apigateway:us-east-1::/restapis/abc/resources/def/methods/GET";
        assert_eq!(problem("apigateway:PUT", Some(path)), None);
    }
}
