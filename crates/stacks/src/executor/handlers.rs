//! The actions of a resource type's handlers, with those that its rules name and without those that they drop.

use std::collections::{BTreeMap, BTreeSet};

use stackpass_ground::wildcard::{Case, Glob, Syntax};
use stackpass_policy::action::Action;
use stackpass_policy::catalogue;

use crate::generic;
use crate::pattern::Pattern;
use crate::registry::Verb;
use crate::rules::{Rule, TypeRules};

use super::{Subject, WHOLE_SERVICE};

/// The rules of a type by the actions that they name.
pub(super) fn named_actions(
    rules: Option<&'static TypeRules>,
) -> BTreeMap<Action, Vec<&'static Rule>> {
    let mut named: BTreeMap<Action, Vec<&Rule>> = BTreeMap::new();
    for rule in rules.into_iter().flat_map(|rules| &rules.rule) {
        for action in &rule.actions {
            named.entry(action.clone()).or_default().push(rule);
        }
    }
    named
}

/// What of a handler needs an action.
pub(super) type Verbs = BTreeSet<Verb>;

impl Subject<'_> {
    /// Every action that the handlers, the tagging block or the rules name, with the handlers' verbs.
    pub(super) fn actions(
        &self,
        named: &BTreeMap<Action, Vec<&'static Rule>>,
    ) -> BTreeMap<Action, Verbs> {
        let mut actions: BTreeMap<Action, Verbs> = BTreeMap::new();
        let mut left_out = BTreeSet::new();
        if let Some(registered) = self.registered {
            for permission in registered.permissions() {
                for action in expanded(permission.service, permission.name) {
                    actions.entry(action).or_default().extend(permission.verbs.iter());
                }
            }
            for (service, name) in registered.tagging_permissions() {
                for action in expanded(service, name) {
                    actions.entry(action).or_default();
                }
            }
        }
        // Properties that are known to pass a role do so whether or not the handlers say it.
        if generic::role_properties(&self.resource.resource_type).next().is_some()
            && let Ok(pass_role) = "iam:PassRole".parse::<Action>()
        {
            actions.entry(pass_role).or_insert_with(|| Verbs::from([Verb::Create, Verb::Update]));
        }
        for dropped in self
            .rules
            .into_iter()
            .flat_map(|rules| rules.drop.iter().flat_map(|dropped| &dropped.actions))
        {
            left_out.extend(actions.keys().filter(|action| dropped.matches(action)).cloned());
        }
        // A pattern may drop all of a wildcard of the registry, of which rules then name the few that are needed.
        for action in named.keys() {
            left_out.remove(action);
            actions.entry(action.clone()).or_default();
        }
        actions.retain(|action, _| !left_out.contains(action));
        actions
    }

    /// Whether an action is called only for tags. Some types list their ordinary actions among those for tagging, too.
    pub(super) fn is_tagging(&self, action: &Action) -> bool {
        let is = |service: &str, name: &str| {
            action.service().eq_ignore_ascii_case(service)
                && action.name().eq_ignore_ascii_case(name)
        };
        let is_named_so = action.name().to_ascii_lowercase().contains("tag");
        let Some(registered) = self.registered.filter(|_| is_named_so) else { return false };
        registered.tagging_permissions().any(|(service, name)| is(service, name))
            || registered.tagging().is_some() && self.tags_itself(action)
    }

    /// Whether an action tags or untags the resource itself. Such a call takes one tag at least, whatever the handlers list.
    fn tags_itself(&self, action: &Action) -> bool {
        let own = || self.arns().iter().filter_map(Pattern::service);
        ["TagResource", "UntagResource"].iter().any(|name| action.name().eq_ignore_ascii_case(name))
            && own().any(|service| action.service().eq_ignore_ascii_case(service))
    }
}

pub(super) fn handler_evidence(verbs: &Verbs) -> String {
    let names = verbs.iter().filter_map(|verb| match verb {
        Verb::Create => Some("create"),
        Verb::Read => Some("read"),
        Verb::Update => Some("update"),
        Verb::Delete => Some("delete"),
        Verb::List => None,
    });
    format!("registry handlers {}", names.collect::<Vec<_>>().join(", "))
}

/// The actions that a handler's permission stands for. A few have wildcards, which stand for the actions that exist.
pub(super) fn expanded(service: &str, name: &str) -> Vec<Action> {
    if name == WHOLE_SERVICE {
        return Vec::new();
    }
    if !name.contains(['*', '?']) {
        return format!("{service}:{name}").parse().into_iter().collect();
    }
    let glob = Glob::new(name, Case::Insensitive, Syntax::Plain);
    let matching = catalogue::actions(service).filter(|facts| glob.matches(facts.name()));
    matching
        .filter_map(|facts| format!("{}:{}", facts.service(), facts.name()).parse().ok())
        .collect()
}

/// When a tagging action that no handler lists is called.
pub(super) fn tagging_verbs(action: &Action) -> Verbs {
    let reads = catalogue::action(action.service(), action.name()).is_some_and(|facts| {
        facts.access_levels().all(|level| {
            matches!(level, catalogue::AccessLevel::List | catalogue::AccessLevel::Read)
        })
    });
    let removes = ["Untag", "Remove", "Delete"].iter().any(|word| action.name().contains(word));
    match (reads, removes) {
        (true, _) => BTreeSet::from([Verb::Read]),
        (false, true) => BTreeSet::from([Verb::Update]),
        (false, false) => BTreeSet::from([Verb::Create, Verb::Update]),
    }
}
