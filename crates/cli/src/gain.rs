//! What is gained or lost, action by action.

use std::collections::BTreeSet;

use stackpass_ground::arn::ArnPattern;
use stackpass_policy::action::ActionPattern;
use stackpass_policy::catalogue::{self, AccessLevel, ActionFacts};
use stackpass_policy::compare::Gain;
use stackpass_policy::condition::Conditions;
use stackpass_policy::grant::Grant;

/// What a grant leaves out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Actions.
    pub(crate) actions: BTreeSet<ActionPattern>,
    /// Resources.
    pub(crate) resources: BTreeSet<ArnPattern>,
    /// What is perhaps left out, when all of one of these hold.
    pub(crate) unless: BTreeSet<Conditions>,
}

/// A gain as grants of one pattern of actions each.
pub(crate) fn grants(gain: &Gain) -> Vec<(Grant, Limits)> {
    let grant = |action: &ActionPattern| {
        let but = gain.actions.but.iter().filter(|it| it.overlaps(action));
        let limits = Limits {
            actions: but.cloned().collect(),
            resources: gain.except.clone(),
            unless: gain.unless.clone(),
        };
        let grant = Grant::new(action.clone(), gain.resources.clone());
        (grant.with_conditions(gain.conditions.clone()), limits)
    };
    gain.actions.patterns.iter().map(grant).collect()
}

impl Limits {
    /// The same in words, a line each.
    pub(crate) fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if !self.resources.is_empty() {
            let texts: Vec<&str> = self.resources.iter().map(ArnPattern::as_str).collect();
            lines.push(format!("but not on {}", texts.join(", ")));
        }
        lines.extend(self.unless.iter().map(unless));
        lines
    }
}

fn unless(conditions: &Conditions) -> String {
    if conditions.is_empty() {
        return "in part: who asks, and for what, decides".to_owned();
    }
    let shown: Vec<String> = conditions
        .iter()
        .map(|(operator, key, values)| {
            let values: Vec<&str> = values.iter().map(String::as_str).collect();
            format!("{} {operator} {}", key.as_str(), values.join(", "))
        })
        .collect();
    format!("unless denied if {}", shown.join(" and "))
}

/// The actions of the catalogue that a pattern is about. Where the service is a pattern, a few stand for all.
pub(crate) fn matched(pattern: &ActionPattern) -> Vec<ActionFacts> {
    if pattern.to_action().is_some() {
        return catalogue::action(pattern.service(), pattern.name()).into_iter().collect();
    }
    let services: Vec<&str> = if pattern.service().contains(['*', '?']) {
        vec!["iam", "s3", "lambda"]
    } else {
        vec![pattern.service()]
    };
    let is_of = |facts: &ActionFacts| is_about(pattern, *facts);
    services.into_iter().flat_map(catalogue::actions).filter(is_of).collect()
}

pub(crate) fn is_about(pattern: &ActionPattern, facts: ActionFacts) -> bool {
    let name = format!("{}:{}", facts.service(), facts.name());
    name.parse().is_ok_and(|action| pattern.matches(&action))
}

/// Whether the action decides who may do what: it is of that access level, or makes or changes an identity of IAM.
pub(crate) fn manages_permissions(facts: ActionFacts) -> bool {
    const MAKING: [&str; 7] = ["Add", "Attach", "Create", "Put", "Set", "Update", "Upload"];
    let makes = facts.service() == "iam"
        && facts.name() != "CreateServiceLinkedRole"
        && facts.access_levels().any(|level| level == AccessLevel::Write)
        && MAKING.iter().any(|verb| facts.name().starts_with(verb));
    makes || facts.access_levels().any(|level| level == AccessLevel::PermissionsManagement)
}

/// Whether the action gives a role to a service.
pub(crate) fn passes_role(facts: ActionFacts) -> bool {
    facts.service() == "iam" && facts.name() == "PassRole"
}
