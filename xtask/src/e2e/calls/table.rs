//! The table of calls: `xtask/e2e/calls.toml`.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, anyhow, ensure};
use serde::Deserialize;
use serde_json::Value;

use super::template::{Path, Template};
use super::{Call, Request};

/// The rules of every service, by the service's name in botocore.
pub(super) struct Table {
    pub(super) services: BTreeMap<String, Service>,
}

/// What is known of the calls of one service.
#[derive(Default)]
pub(super) struct Service {
    /// What each operation is authorized by.
    pub(super) operations: BTreeMap<String, Operation>,
}

/// What one operation is authorized by.
#[derive(Default)]
pub(super) struct Operation {
    pub(super) asks: Vec<Ask>,
    /// Why AWS asks for no permission.
    pub(super) free: Option<String>,
}

/// One action on what a template names.
pub(super) struct Ask {
    pub(super) action: String,
    /// None stands for `*`.
    pub(super) resource: Option<Template>,
    context: Vec<(String, Template)>,
    when: Vec<Condition>,
    tags: Option<Path>,
}

/// Whether a parameter is there, or what it is.
struct Condition {
    path: Path,
    value: Option<String>,
    holds: bool,
}

/// The file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    service: BTreeMap<String, Section>,
}

/// One service of the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    /// What the service's actions begin with.
    prefix: String,
    /// ARN templates by name; `any` is `*`.
    #[serde(default)]
    resource: BTreeMap<String, String>,
    /// Operations whose action has their name, by the resource that they act on.
    #[serde(default)]
    same: BTreeMap<String, Vec<String>>,
    /// Operations that are HTTP verbs on paths: `POST /restapis`.
    #[serde(default)]
    http: BTreeMap<String, String>,
    /// Operations that need no permission, with the reason.
    #[serde(default)]
    free: BTreeMap<String, String>,
    /// What replaces the rule of names, and what comes in addition.
    #[serde(default)]
    rule: Vec<Rule>,
}

/// Actions of some operations.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    operations: Vec<String>,
    asks: Vec<RawAsk>,
    source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAsk {
    /// The action, with the prefix of the service if it has none; `{operation}` stands for the operation's name.
    action: String,
    /// A named resource, a template, or `any`.
    on: String,
    #[serde(default)]
    context: BTreeMap<String, String>,
    /// `Param`, `!Param`, `Param=value`, `!Param=value`: all must hold.
    #[serde(default)]
    when: Vec<String>,
    /// The parameter that holds the tags of a new resource.
    tags: Option<String>,
}

impl Table {
    /// Reads the file.
    pub(super) fn parse(text: &str) -> Result<Table> {
        let file: File = toml::from_str(text)?;
        let mut services = BTreeMap::new();
        for (name, section) in file.service {
            let service = service(section).with_context(|| format!("service `{name}`"))?;
            services.insert(name, service);
        }
        Ok(Table { services })
    }

    /// The requests of a call, each once; the error says why there are none.
    pub(super) fn requests(&self, call: &Call) -> Result<Vec<Request>, String> {
        let service = self.services.get(&call.service).ok_or("the service is unknown")?;
        let operation =
            service.operations.get(&call.operation).ok_or("the operation is unknown")?;
        if operation.free.is_some() {
            return Ok(Vec::new());
        }
        let mut made = BTreeSet::new();
        for ask in &operation.asks {
            if ask.when.iter().all(|condition| condition.holds(call)) {
                made.extend(ask.requests(call)?);
            }
        }
        if made.is_empty() {
            return Err("no rule fits its parameters".to_owned());
        }
        Ok(made.into_iter().collect())
    }
}

fn service(section: Section) -> Result<Service> {
    let mut service = Service::default();
    for (resource, operations) in &section.same {
        for name in operations {
            let action = format!("{}:{name}", section.prefix);
            let ask = Ask::plain(action, section.template(resource)?);
            service.operations.entry(name.clone()).or_default().asks.push(ask);
        }
    }
    for (name, line) in &section.http {
        let (verb, path) = line.split_once(' ').with_context(|| format!("no verb in `{line}`"))?;
        let arn = format!("arn:{{partition}}:apigateway:{{region}}::{path}");
        let ask = Ask::plain(format!("{}:{verb}", section.prefix), section.template(&arn)?);
        service.operations.entry(name.clone()).or_default().asks.push(ask);
    }
    for rule in &section.rule {
        ensure!(!rule.source.trim().is_empty(), "a rule of {:?} has no source", rule.operations);
        for name in &rule.operations {
            let operation = service.operations.entry(name.clone()).or_default();
            for raw in &rule.asks {
                operation.asks.push(section.ask(raw, name)?);
            }
        }
    }
    for (name, reason) in section.free {
        ensure!(!reason.trim().is_empty(), "no reason why `{name}` is free");
        let taken = service.operations.contains_key(&name);
        ensure!(!taken, "`{name}` is free and has actions");
        service.operations.insert(name, Operation { asks: Vec::new(), free: Some(reason) });
    }
    Ok(service)
}

impl Section {
    fn template(&self, on: &str) -> Result<Option<Template>> {
        if on == "any" {
            return Ok(None);
        }
        let text = match self.resource.get(on) {
            Some(text) => text,
            None if on.starts_with("arn:") || on.starts_with('{') => on,
            None => return Err(anyhow!("there is no resource `{on}`")),
        };
        Template::parse(text).map(Some).map_err(|reason| anyhow!(reason))
    }

    fn ask(&self, raw: &RawAsk, operation: &str) -> Result<Ask> {
        let action = raw.action.replace("{operation}", operation);
        let action =
            if action.contains(':') { action } else { format!("{}:{action}", self.prefix) };
        let parse = |text: &String| Template::parse(text).map_err(|reason| anyhow!(reason));
        let context = raw.context.iter().map(|(key, text)| Ok((key.clone(), parse(text)?)));
        let path = |text: &String| Path::parse(text).map_err(|reason| anyhow!(reason));
        Ok(Ask {
            action,
            resource: self.template(&raw.on)?,
            context: context.collect::<Result<_>>()?,
            when: raw.when.iter().map(|text| Condition::parse(text)).collect::<Result<_>>()?,
            tags: raw.tags.as_ref().map(path).transpose()?,
        })
    }
}

impl Ask {
    fn plain(action: String, resource: Option<Template>) -> Ask {
        Ask { action, resource, context: Vec::new(), when: Vec::new(), tags: None }
    }

    fn requests(&self, call: &Call) -> Result<Vec<Request>, String> {
        let resources = match &self.resource {
            None => vec![None],
            Some(template) => template.expand(call)?.into_iter().map(Some).collect(),
        };
        let mut context = BTreeMap::new();
        for (key, template) in &self.context {
            // A key whose parameter is not given is not in the request.
            if let Ok(values) = template.expand(call) {
                context.insert(key.clone(), values);
            }
        }
        if let Some(path) = &self.tags {
            context.extend(tag_keys(path, call));
        }
        let request =
            |resource| Request { action: self.action.clone(), resource, context: context.clone() };
        Ok(resources.into_iter().map(request).collect())
    }
}

impl Condition {
    fn parse(text: &str) -> Result<Condition> {
        let (holds, text) = match text.strip_prefix('!') {
            Some(text) => (false, text),
            None => (true, text),
        };
        let (path, value) = match text.split_once('=') {
            Some((path, value)) => (path, Some(value.to_owned())),
            None => (text, None),
        };
        let path = Path::parse(path).map_err(|reason| anyhow!(reason))?;
        Ok(Condition { path, value, holds })
    }

    fn holds(&self, call: &Call) -> bool {
        let found = match &self.value {
            None => !self.path.values(call).is_empty(),
            Some(value) => self.path.texts(call).iter().any(|text| text == value),
        };
        found == self.holds
    }
}

/// The condition keys of the tags in a request. Services write tags as a list of keys with values, or as a map.
fn tag_keys(path: &Path, call: &Call) -> BTreeMap<String, Vec<String>> {
    let mut tags = BTreeMap::new();
    for value in path.values(call) {
        match value {
            Value::Array(items) => tags.extend(items.iter().filter_map(tag)),
            Value::Object(map) => tags.extend(
                map.iter()
                    .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))),
            ),
            _ => {}
        }
    }
    if tags.is_empty() {
        return BTreeMap::new();
    }
    let keys = tags.keys().cloned().collect();
    let values =
        tags.into_iter().map(|(key, value)| (format!("aws:RequestTag/{key}"), vec![value]));
    values.chain([("aws:TagKeys".to_owned(), keys)]).collect()
}

fn tag(item: &Value) -> Option<(String, String)> {
    let text = |names: [&str; 3]| {
        names.iter().find_map(|name| item.get(name)?.as_str().map(str::to_owned))
    };
    let key = text(["Key", "key", "TagKey"])?;
    Some((key, text(["Value", "value", "TagValue"]).unwrap_or_default()))
}
