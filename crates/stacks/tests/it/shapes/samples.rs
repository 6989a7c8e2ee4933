//! For each type a template for each of its rules, in which every property that the rule asks for or looks at is a plain text.

use serde::Deserialize;
use serde_json::{Map, Value, json};
use stackpass_stacks::registry::ResourceType;
use stackpass_stacks::rules::{self, On, Rule, Term, TypeRules, When};

/// The text of a property of which nothing else is said.
const TEXT: &str = "sample";

/// The properties of a sample: dotted paths and texts.
type Texts = std::collections::BTreeMap<String, String>;

/// The text of a property that takes no plain word.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sample {
    /// The type; all, if there is none.
    #[serde(rename = "type")]
    kind: Option<String>,
    property: String,
    text: String,
    /// The property and the text beside which it is so.
    beside: Option<(String, String)>,
}

/// The templates of a type: one with all that rules and references name, one with what the rules act on, and one for each
/// alternative of a rule that asks for something else.
pub(super) fn of(kind: ResourceType, given: &[Sample]) -> Vec<Value> {
    let rules = rules::of(kind.name());
    let all = named(kind, rules);
    let acted_on = acted_on(kind, rules);
    let mut samples = vec![acted_on.clone(), all.clone()];
    let alternatives = rules.into_iter().flat_map(|rules| &rules.rule).flat_map(|rule| &rule.when);
    for alternative in alternatives {
        samples.push(asked_for(alternative, &all));
        // With less: another property may take what the rule says for other values.
        samples.push(asked_for(alternative, &acted_on));
    }
    samples.sort();
    samples.dedup();
    for texts in &mut samples {
        replace(kind.name(), texts, given);
    }
    samples.iter().map(|texts| template(kind.name(), texts)).collect()
}

/// Puts the texts that properties take in the place of the plain word.
fn replace(kind: &str, texts: &mut Texts, given: &[Sample]) {
    let before = texts.clone();
    for sample in given.iter().filter(|it| it.kind.as_deref().is_none_or(|of| of == kind)) {
        let holds = |(path, text): &(String, String)| before.get(path) == Some(text);
        if let Some(text) = texts.get_mut(&sample.property)
            && *text == TEXT
            && sample.beside.as_ref().is_none_or(holds)
        {
            sample.text.clone_into(text);
        }
    }
}

/// The properties that the rules of a type act on.
fn acted_on(kind: ResourceType, rules: Option<&TypeRules>) -> Texts {
    let paths = rules.into_iter().flat_map(|rules| &rules.rule).flat_map(on);
    let is_settable = |path: &String| kind.read_only().all(|read_only| read_only != path);
    paths.filter(is_settable).map(|path| (path, TEXT.to_owned())).collect()
}

/// Every property that rules and typed references of a type name.
fn named(kind: ResourceType, rules: Option<&TypeRules>) -> Texts {
    let of_rules = rules.into_iter().flat_map(|rules| &rules.rule).flat_map(properties);
    let of_references = kind.references().map(|reference| reference.property.to_owned());
    let name = rules.and_then(|rules| rules.name.as_ref()).and_then(|name| name.property.clone());
    let tags = kind.tagging().map(|tagging| tagging.property.to_owned());
    let paths = of_rules.chain(of_references).chain(name).chain(tags);
    let is_settable = |path: &String| kind.read_only().all(|read_only| read_only != path);
    paths.filter(is_settable).map(|path| (path, TEXT.to_owned())).collect()
}

/// The properties that a rule's `when` and `on` name.
fn properties(rule: &Rule) -> Vec<String> {
    let terms = rule.when.iter().flat_map(|when| &when.0);
    let asked = terms.filter_map(|term| match term {
        Term::Present(path) | Term::Absent(path) | Term::Equal(path, _) | Term::Like(path, _) => {
            Some(path.clone())
        }
        _ => None,
    });
    asked.chain(on(rule)).collect()
}

/// The properties that a rule's `on` names.
fn on(rule: &Rule) -> Vec<String> {
    let acted_on = rule.on.iter().flat_map(|on| match on {
        On::Reference { path, .. }
        | On::Through { path, .. }
        | On::Unqualified(path)
        | On::Profile(path) => vec![path.clone()],
        On::Arn(template) => variables(template),
        _ => Vec::new(),
    });
    acted_on.collect()
}

/// The properties in an ARN template.
fn variables(template: &str) -> Vec<String> {
    let found = template.split("${").skip(1).filter_map(|rest| rest.split_once('}'));
    let names = found.filter_map(|(variable, _)| {
        let variable = variable.strip_prefix("lower:").unwrap_or(variable);
        variable.split(['|', '#', '+', '/']).next()
    });
    let is_property = |name: &&str| {
        ![
            "",
            "*",
            "?",
            "$",
            "Partition",
            "Region",
            "Account",
            "AccountId",
            "LogicalId",
            "StackName",
        ]
        .contains(name)
            && !name.starts_with('@')
    };
    names.filter(is_property).map(str::to_owned).collect()
}

/// The texts as an alternative of a rule asks for them.
fn asked_for(alternative: &When, others: &Texts) -> Texts {
    let mut texts = others.clone();
    for term in &alternative.0 {
        let (path, text) = match term {
            Term::Present(path) => (path, texts.get(path).cloned().unwrap_or(TEXT.to_owned())),
            Term::Equal(path, value) => (path, value.clone()),
            Term::Like(path, pattern) => (path, like(pattern)),
            Term::Absent(path) => {
                texts.retain(|it, _| it != path && !it.starts_with(&format!("{path}.")));
                continue;
            }
            _ => continue,
        };
        texts.insert(path.clone(), text);
    }
    texts
}

/// A text that a pattern matches: of an ARN, with a region and an account.
fn like(pattern: &str) -> String {
    let whole = match pattern.strip_suffix('*') {
        Some(start) if start.starts_with("arn:") => {
            format!(
                "{start}{}",
                ["*:*:*:*:*", "*:*:*:*", "*:*:*", "*:*", "*"]
                    [start.matches(':').count().saturating_sub(1).min(4)]
            )
        }
        _ => pattern.to_owned(),
    };
    let parts: Vec<&str> = whole.splitn(6, ':').collect();
    let filled = |(index, part): (usize, &&str)| match (index, *part) {
        (1, "*") => "aws".to_owned(),
        (3, "*") => "us-east-1".to_owned(),
        (4, "*") => "444455556666".to_owned(),
        (_, part) => part.replace('*', TEXT),
    };
    if parts.len() == 6 && parts.first() == Some(&"arn") {
        parts.iter().enumerate().map(filled).collect::<Vec<_>>().join(":")
    } else {
        pattern.replace('*', TEXT)
    }
}

/// A template with one resource.
fn template(kind: &str, texts: &Texts) -> Value {
    let mut properties = Map::new();
    for (path, text) in texts {
        let steps: Vec<&str> = path.split('.').collect();
        put(&mut properties, &steps, text);
    }
    json!({"Resources": {"Sample": {"Type": kind, "Properties": properties}}})
}

/// Puts a text at a path. What stands inside a property goes before the property itself.
fn put(within: &mut Map<String, Value>, steps: &[&str], text: &str) {
    let Some((first, rest)) = steps.split_first() else { return };
    let key = if *first == "*" { TEXT } else { first };
    if rest.is_empty() {
        within.entry(key).or_insert_with(|| json!(text));
        return;
    }
    let inner = within.entry(key).or_insert_with(|| json!({}));
    if !inner.is_object() {
        *inner = json!({});
    }
    put(inner.as_object_mut().unwrap(), rest, text);
}
