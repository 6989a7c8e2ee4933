//! Types of rule files: that they exist, stand where they are looked for, and say something with its reasons.

use std::collections::BTreeMap;

use stackpass_policy::action::ActionPattern;

use super::file::{Entry, Part, Problem};
use super::schemas::nearest;
use crate::registry;

/// Types that stand in templates although the registry does not list them, or that stand for many.
const PSEUDO_TYPES: [&str; 6] = [
    "AWS::CDK::Metadata",
    "AWS::CloudFormation::CustomResource",
    "AWS::CloudFormation::Macro",
    "AWS::CloudFormation::WaitCondition",
    "AWS::CloudFormation::WaitConditionHandle",
    "Custom::*",
];

/// What is wrong with a name that is neither a type nor the service of one.
pub(crate) fn no_service_or_type(name: &str) -> String {
    let types = || registry::resource_types().map(registry::ResourceType::name);
    let services = types().filter_map(|name| name.split("::").nth(1));
    match nearest(name, types().chain(services)) {
        Some(near) => format!("no type or service of this name; write `{near}`"),
        None => "no type or service of this name; write `AWS::SERVICE::KIND`, or SERVICE alone"
            .to_owned(),
    }
}

/// What handlers and tagging call, by type, as the registry publishes it before corrections: a drop may say why an odd name is left out.
pub(super) struct Handlers(BTreeMap<&'static str, Vec<String>>);

impl Handlers {
    pub(super) fn read() -> Handlers {
        let mut handlers: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for line in include_str!("../../../data/handlers.tsv").lines().skip(1) {
            let [name, action, _] = line.split('\t').collect::<Vec<_>>()[..] else {
                panic!("{line}")
            };
            handlers.entry(name).or_default().push(action.to_owned());
        }
        for registered in registry::resource_types() {
            let tagging = registered.tagging_permissions();
            let listed = handlers.entry(registered.name()).or_default();
            listed.extend(tagging.map(|(of, name)| format!("{of}:{name}")));
        }
        Handlers(handlers)
    }

    fn list(&self, name: &str, dropped: &str, pattern: &ActionPattern) -> bool {
        let covers = |listed: &String| {
            listed.parse().is_ok_and(|listed| pattern.covers(&listed))
                || listed.eq_ignore_ascii_case(dropped)
        };
        self.0.get(name).into_iter().flatten().any(covers)
    }
}

pub(super) fn check(handlers: &Handlers, entry: Entry<'_>, problems: &mut Vec<Problem>) {
    check_name(entry, problems);
    check_contents(entry, problems);
    check_reasons(entry, problems);
    for (position, dropped) in entry.rules.drop.iter().enumerate() {
        let mut tell = |found: &str, text: String| {
            problems.push(entry.problem(Part::Drop(position), found, text));
        };
        for action in &dropped.actions {
            let text = action.as_str();
            if !handlers.list(entry.name, text, action) {
                tell(text, format!("no handler of the type lists `{text}`; leave the drop out"));
            }
        }
        if dropped.actions.is_empty() {
            tell("actions", "a drop without actions; name what is never needed".to_owned());
        }
    }
}

fn check_name(entry: Entry<'_>, problems: &mut Vec<Problem>) {
    let Entry { name, text, .. } = entry;
    if registry::resource_type(name).is_none() && !PSEUDO_TYPES.contains(&name) {
        let all = registry::resource_types().map(registry::ResourceType::name).chain(PSEUDO_TYPES);
        let instead = match nearest(name, all) {
            Some(near) => format!("write `{near}`"),
            None => "the CloudFormation registry has no such type".to_owned(),
        };
        problems.push(entry.problem(Part::Type, "", format!("no type of this name; {instead}")));
    }
    let file = match name.split("::").collect::<Vec<_>>()[..] {
        ["Custom", ..] => "custom.toml".to_owned(),
        [_, service, _] => format!("{}.toml", service.to_lowercase()),
        _ => return,
    };
    if text.name != file {
        let what = format!("the type stands in the file of another service; move it to `{file}`");
        problems.push(entry.problem(Part::Type, "", what));
    }
}

fn check_contents(entry: Entry<'_>, problems: &mut Vec<Problem>) {
    let rules = entry.rules;
    let says = rules.arn.is_some()
        || rules.name.is_some()
        || rules.none.is_some()
        || !rules.attributes.is_empty()
        || !rules.rule.is_empty()
        || !rules.unchecked.is_empty()
        || !rules.drop.is_empty();
    let mut tell = |found: &str, text: &str| problems.push(entry.problem(Part::Type, found, text));
    if !says {
        tell("", "nothing is said of the type; write a rule, or `none` with the reason");
    }
    match rules.none.as_deref().map(str::trim) {
        Some("") => tell("none", "`none` without a reason; write why the type needs nothing"),
        Some(_) if !rules.rule.is_empty() => {
            tell(
                "none",
                "the type has rules and `none`, which says that it needs nothing; write one of them",
            );
        }
        _ => {}
    }
    if rules.name.as_ref().is_some_and(|name| name.max == 0) {
        tell("max", "a name of no characters; write the longest name of the service");
    }
}

fn check_reasons(entry: Entry<'_>, problems: &mut Vec<Problem>) {
    let rules = entry.rules;
    let mut tell = |part: Part, found: &str, text: &str| {
        problems.push(entry.problem(part, found, text));
    };
    for (part, rule) in entry.rules() {
        if rule.evidence.is_empty() || rule.evidence.iter().any(|text| text.trim().is_empty()) {
            tell(
                part,
                "evidence",
                "a rule without evidence; write where the fact is from: a URL, or `registry handler create`",
            );
        }
    }
    for (position, _) in
        rules.drop.iter().enumerate().filter(|(_, dropped)| dropped.reason.trim().is_empty())
    {
        tell(
            Part::Drop(position),
            "reason",
            "a drop without a reason; write why the action is never needed",
        );
    }
    for (position, _) in
        rules.unchecked.iter().enumerate().filter(|(_, of)| of.reason.trim().is_empty())
    {
        tell(
            Part::Unchecked(position),
            "reason",
            "an unchecked reference without a reason; write who checks it, or why nobody does",
        );
    }
    if rules.name.as_ref().is_some_and(|name| name.evidence.trim().is_empty()) {
        tell(
            Part::Type,
            "name",
            "a name without evidence; write where the limit is said, or a real name that was seen",
        );
    }
}
