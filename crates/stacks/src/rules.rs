//! The curated rules: what refines the handler permissions of the CloudFormation registry.
//!
//! Rules are data, one TOML file a service under `rules/`; `docs/src/contributing/adding-a-resource-type.md` tells how to write one.
//! What is embedded is a line of JSON for each type, which is read when the type is first asked for: a run pays only for the
//! types of its templates.

pub(crate) mod language;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use serde::Deserialize;
use stackpass_ground::sorted_lines;
use stackpass_policy::action::{Action, ActionPattern};

use crate::generated_names::{Case, NameRule, StackName, Style, generated_name_pattern_from};
use crate::need::{Hardness, Phase};
use crate::property_path::UPDATE_POLICY;

pub use language::{ConditionEntry, ValueEntry};

/// The rules by type, as `cargo xtask codegen` makes them from the files.
const RULES: &str = include_str!("generated/rules.txt");

/// The evidence of all rules, a line each.
const EVIDENCE: &str = include_str!("generated/evidence.txt");

/// What is known of one resource type beyond the registry.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TypeRules {
    /// The ARN template, where the registry is wrong or silent.
    #[serde(default)]
    pub arn: Option<String>,
    /// Attributes that are made of the resource's name, as templates like that of the ARN; `Ref` is what a reference to the resource gives.
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
    /// Properties to another one under which a template may give the same value.
    #[serde(default)]
    pub given_as: BTreeMap<String, String>,
    /// How CloudFormation names the resource when the template does not.
    #[serde(default)]
    pub name: Option<Name>,
    /// Why resources of this type need nothing, where that is so.
    #[serde(default)]
    pub none: Option<String>,
    /// Which actions are needed when, and on what.
    #[serde(default)]
    pub rule: Vec<Rule>,
    /// Handler actions that are never needed.
    #[serde(default)]
    pub drop: Vec<Drop>,
    /// What properties refer to without any permission of CloudFormation's being asked for.
    #[serde(default)]
    pub unchecked: Vec<Unchecked>,
}

/// References for which nobody asks whether CloudFormation may use what they refer to.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unchecked {
    /// The property path.
    pub property: String,
    /// A pattern of the ARNs; `*` is its only wildcard.
    pub like: String,
    /// Who checks it instead, or why nobody does, and where that is said.
    pub reason: String,
}

/// How CloudFormation names a resource when the template does not.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Name {
    /// The property that gives the name, if there is one.
    #[serde(default)]
    pub property: Option<String>,
    /// What stands before the logical id.
    #[serde(default)]
    pub prefix: String,
    /// The longest name that the generator makes. It is the service's limit for most.
    pub max: usize,
    /// Where that is not known, what it is at the least.
    #[serde(default)]
    pub least: Option<usize>,
    /// Whether the generated name is in lower case.
    #[serde(default)]
    pub case: Case,
    /// How the stack's name and the logical id share the room.
    #[serde(default)]
    pub style: Style,
    /// Another style, where names of both are met.
    #[serde(default)]
    pub also: Option<Style>,
    /// Where the fact comes from.
    pub evidence: String,
}

impl Name {
    /// The patterns of the names that are generated when the property is absent.
    pub fn patterns(&self, stack: StackName<'_>, logical_id: &str) -> BTreeSet<String> {
        let logical_id = format!("{}{logical_id}", self.prefix);
        let least = self.least.unwrap_or(self.max);
        let styles = std::iter::once(self.style).chain(self.also);
        styles
            .map(|style| {
                let rule = NameRule { max: self.max, case: self.case, style };
                generated_name_pattern_from(stack, &logical_id, &rule, least)
            })
            .collect()
    }
}

/// Actions that are needed under a condition.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The actions.
    #[serde(deserialize_with = "language::parsed")]
    pub actions: Vec<Action>,
    /// The alternatives under which they are needed; always, if there are none.
    #[serde(default)]
    pub when: Vec<When>,
    /// The phases in which they are needed; those of the handlers, if there are none.
    #[serde(default)]
    pub phases: Vec<Phase>,
    /// What they act on; worked out from the catalogue, if there is nothing.
    #[serde(default)]
    pub on: Vec<On>,
    /// What the permission is bound to.
    #[serde(default, deserialize_with = "language::conditions")]
    pub conditions: Vec<ConditionEntry>,
    /// What happens without them.
    #[serde(default)]
    pub hardness: Hardness,
    /// Where the facts come from.
    pub evidence: Vec<String>,
}

/// Handler actions that are never needed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drop {
    /// The actions, as the registry spells them.
    #[serde(deserialize_with = "language::parsed")]
    pub actions: Vec<ActionPattern>,
    /// Why they are not needed.
    pub reason: String,
}

/// One alternative of a rule's `when`: terms that must all hold.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct When(pub Vec<Term>);

/// One term of an alternative.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Term {
    /// `Path`: something stands at the property path.
    Present(String),
    /// `!Path`: nothing stands there.
    Absent(String),
    /// `Path=value`: this text stands there.
    Equal(String, String),
    /// `Path~pattern`: a text that the pattern matches stands there; `*` is its only wildcard.
    Like(String, String),
    /// `@tags`: the resource or its stack has tags.
    Tags,
    /// `@update_policy`: the resource has an `UpdatePolicy`.
    UpdatePolicy,
    /// `@snapshot`: a last snapshot is taken before the resource is deleted or replaced.
    Snapshot,
}

/// What a rule's actions act on.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum On {
    /// `self`, or `self:SUFFIX`: the resource itself, with something appended to its ARN.
    Itself(String),
    /// `ref:Path`, or `ref:Path:SUFFIX`: what a property refers to, with something appended to its ARN. `ref@REGION:Path` is for what
    /// can be of one region alone.
    Reference {
        /// The property path.
        path: String,
        /// What is appended to the ARN.
        suffix: String,
        /// The region of what is referred to, where the value does not tell it.
        region: Option<String>,
    },
    /// `through:Path:Property`: what a property means of the resource that another property refers to.
    Through {
        /// The property path that refers to the resource.
        path: String,
        /// The property path of that resource.
        property: String,
    },
    /// `unqualified:Path`: what a property refers to, without the version or alias at the end of its ARN.
    Unqualified(String),
    /// An ARN template.
    Arn(String),
    /// `profile:Path`: the roles inside the instance profile that a property leads to, through a launch template too.
    Profile(String),
    /// `executor`: the role that CloudFormation acts with, if it acts with one.
    Executor,
    /// `any`: every resource.
    Any,
}

impl TryFrom<String> for When {
    type Error = String;

    fn try_from(text: String) -> Result<When, String> {
        let terms = text.split('&').map(|term| {
            let term = term.trim();
            if let Some((path, pattern)) = term.split_once('~') {
                return Ok(Term::Like(path.to_owned(), pattern.to_owned()));
            }
            if let Some((path, value)) = term.split_once('=') {
                return Ok(Term::Equal(path.to_owned(), value.to_owned()));
            }
            match (term, term.strip_prefix('!')) {
                ("@tags", _) => Ok(Term::Tags),
                ("@update_policy", _) => Ok(Term::UpdatePolicy),
                ("@snapshot", _) => Ok(Term::Snapshot),
                ("", _) => Err("a term of `when` is empty".to_owned()),
                (_, Some(path)) => Ok(Term::Absent(path.to_owned())),
                _ if term.starts_with('@') && !term.starts_with(UPDATE_POLICY) => {
                    Err(format!("`{term}` is no term of `when`"))
                }
                _ => Ok(Term::Present(term.to_owned())),
            }
        });
        terms.collect::<Result<_, _>>().map(When)
    }
}

impl TryFrom<String> for On {
    type Error = String;

    fn try_from(text: String) -> Result<On, String> {
        if text == "any" {
            return Ok(On::Any);
        }
        if text == "executor" {
            return Ok(On::Executor);
        }
        if text.starts_with("arn:") {
            return Ok(On::Arn(text));
        }
        let of_region = text.strip_prefix("ref@").and_then(|rest| rest.split_once(':'));
        let reference = text.strip_prefix("ref:").map(|reference| (None, reference));
        if let Some((region, reference)) =
            reference.or(of_region.map(|(region, reference)| (Some(region.to_owned()), reference)))
        {
            let (path, suffix) = reference.split_once(':').unwrap_or((reference, ""));
            return Ok(On::Reference { path: path.to_owned(), suffix: suffix.to_owned(), region });
        }
        if let Some((path, property)) =
            text.strip_prefix("through:").and_then(|rest| rest.split_once(':'))
        {
            return Ok(On::Through { path: path.to_owned(), property: property.to_owned() });
        }
        if let Some(path) = text.strip_prefix("unqualified:") {
            return Ok(On::Unqualified(path.to_owned()));
        }
        if let Some(path) = text.strip_prefix("profile:") {
            return Ok(On::Profile(path.to_owned()));
        }
        match text.strip_prefix("self") {
            Some("") => Ok(On::Itself(String::new())),
            Some(suffix) if suffix.starts_with(':') => {
                Ok(On::Itself(suffix.strip_prefix(':').unwrap_or_default().to_owned()))
            }
            _ => Err(format!(
                "`{text}` is neither `self`, `ref:Path`, `through:Path:Property`, `profile:Path`, an ARN template, `executor` nor `any`"
            )),
        }
    }
}

/// The rules of a resource type; `None` if there are none.
///
/// All types `Custom::...` share the rules of `Custom::*`.
pub fn of(resource_type: &str) -> Option<&'static TypeRules> {
    static READ: Mutex<BTreeMap<&'static str, &'static TypeRules>> = Mutex::new(BTreeMap::new());
    let resource_type =
        if resource_type.starts_with("Custom::") { "Custom::*" } else { resource_type };
    let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(rules) = read.get(resource_type) {
        return Some(rules);
    }
    let line = sorted_lines::find(RULES, resource_type)?;
    let (name, text) = line.split_once('\t')?;
    if name != resource_type {
        return None;
    }
    // Rules are read once for each type and kept: there are only so many types. Rules that do not parse cannot pass the tests;
    // here they count as none.
    let rules: &'static TypeRules = Box::leak(Box::new(parse(text).unwrap_or_default()));
    read.insert(name, rules);
    Some(rules)
}

/// The rules of a line, with the evidence for which it has offsets.
fn parse(text: &str) -> serde_json::Result<TypeRules> {
    let mut rules: TypeRules = serde_json::from_str(text)?;
    for evidence in rules.rule.iter_mut().flat_map(|rule| &mut rule.evidence) {
        let offset = evidence.parse().unwrap_or(usize::MAX);
        sorted_lines::line_at(EVIDENCE, offset).clone_into(evidence);
    }
    Ok(rules)
}

#[cfg(test)]
pub(crate) mod tests;
