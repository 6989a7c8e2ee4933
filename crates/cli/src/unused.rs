//! What policies grant and the input does not need.

use std::collections::{BTreeMap, BTreeSet};

use stackpass_ground::arn::ArnPattern;
use stackpass_policy::action::{Action, ActionPattern};
use stackpass_policy::catalogue;
use stackpass_policy::compare::uncovered_by_statement;
use stackpass_policy::condition::Conditions;
use stackpass_policy::document::Document;
use stackpass_policy::grant::{Grant, statements};
use stackpass_policy::statement::{Effect, Selection, Statement};
use stackpass_stacks::need::Need;
use stackpass_stacks::policies::Holder;

use crate::coverage::Side;
use crate::judge::Ground;

/// A statement that grants more than is needed.
#[derive(Debug)]
pub(crate) struct Unused<'a> {
    /// Whose it is.
    pub(crate) holder: Holder,
    /// The statement.
    pub(crate) ground: Ground<'a>,
    /// What of it is too much, by action.
    pub(crate) surplus: Vec<Surplus>,
    /// Whether none of it is needed.
    pub(crate) is_whole: bool,
}

/// An action, or a pattern of them, that is granted beyond need.
#[derive(Debug)]
pub(crate) struct Surplus {
    /// The action; for `NotAction` all actions.
    pub(crate) action: ActionPattern,
    /// The resources on which it is too much.
    pub(crate) resources: BTreeSet<ArnPattern>,
    /// How much of it is needed.
    pub(crate) needed: Needed,
}

/// How much of what is granted is needed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Needed {
    /// Nothing.
    Nothing,
    /// The action on narrower resources or under narrower conditions: these resources.
    On(BTreeSet<ArnPattern>),
    /// So many of the actions that the pattern stands for today.
    Actions {
        /// The needed ones.
        needed: usize,
        /// All of them.
        all: usize,
    },
}

/// Finds what the policies of a side grant and none of the needs asks for, statement by statement. A boundary grants nothing.
pub(crate) fn unused<'a>(side: &'a Side, needs: &[&Need]) -> Vec<Unused<'a>> {
    let mut needed = Asked::of(needs);
    let mut found = Vec::new();
    for policy in side.layers.first().map(|layer| layer.policies.as_slice()).unwrap_or_default() {
        let by_statement = uncovered_by_statement(&policy.document, &[&needed.document], None);
        for (index, grants) in by_statement.into_iter().enumerate() {
            let ground = Ground { policy, index };
            let Some(statement) = ground.statement().filter(|_| !grants.is_empty()) else {
                continue;
            };
            let surplus: Vec<Surplus> =
                grants.into_iter().map(|grant| needed.surplus(grant, statement)).collect();
            let is_whole = surplus.iter().all(|it| !it.needed.is_any())
                && surplus.len() == size(statement)
                && statement.effect == Effect::Allow;
            found.push(Unused { holder: side.holder, ground, surplus, is_whole });
        }
    }
    found
}

/// How many actions or patterns a statement has.
fn size(statement: &Statement) -> usize {
    match &statement.actions {
        Selection::Only(patterns) => patterns.len(),
        Selection::Except(_) => 1,
    }
}

impl Needed {
    fn is_any(&self) -> bool {
        !matches!(self, Needed::Nothing | Needed::Actions { needed: 0, .. })
    }
}

/// All that is needed.
struct Asked {
    document: Document,
    resources: BTreeMap<Action, BTreeSet<ArnPattern>>,
    /// How many actions a pattern stands for, since large policies repeat theirs.
    known: BTreeMap<ActionPattern, usize>,
}

impl Asked {
    fn of(needs: &[&Need]) -> Asked {
        let mut grants: BTreeMap<(Action, Conditions), BTreeSet<ArnPattern>> = BTreeMap::new();
        let mut resources: BTreeMap<Action, BTreeSet<ArnPattern>> = BTreeMap::new();
        for need in needs {
            let key = (need.action.clone(), need.conditions.clone());
            grants.entry(key).or_default().extend(need.resources.iter().cloned());
            let on = resources.entry(need.action.clone()).or_default();
            on.extend(need.resources.iter().cloned());
        }
        let grants = grants.into_iter().map(|((action, conditions), resources)| Grant {
            action: action.into(),
            resources,
            conditions,
        });
        Asked { document: Document::new(statements(grants)), resources, known: BTreeMap::new() }
    }

    fn surplus(&mut self, grant: Grant, statement: &Statement) -> Surplus {
        let Grant { action, resources, .. } = grant;
        let needed = if let Some(action) = action.to_action() {
            let overlaps = |it: &&ArnPattern| resources.iter().any(|on| on.overlaps(it));
            let needed = self.resources.get(&action).into_iter().flatten();
            Needed::On(needed.filter(overlaps).cloned().collect())
        } else {
            let is_meant = |candidate: &Action| match &statement.actions {
                Selection::Only(_) => action.matches(candidate),
                Selection::Except(patterns) => !patterns.iter().any(|it| it.matches(candidate)),
            };
            let needed = self.resources.keys().filter(|it| is_meant(it)).count();
            let count = || known_actions(&action, is_meant);
            let all = match statement.actions {
                Selection::Only(_) => *self.known.entry(action.clone()).or_insert_with(count),
                Selection::Except(_) => count(),
            };
            Needed::Actions { needed, all: all.max(needed) }
        };
        let is_none = matches!(&needed, Needed::On(on) if on.is_empty());
        let needed = if is_none { Needed::Nothing } else { needed };
        Surplus { action, resources, needed }
    }
}

/// How many actions of the catalogue are meant.
fn known_actions(pattern: &ActionPattern, is_meant: impl Fn(&Action) -> bool) -> usize {
    let is_service = |service: &&str| {
        pattern.service().contains(['*', '?']) || pattern.service().eq_ignore_ascii_case(service)
    };
    catalogue::services()
        .filter(is_service)
        .flat_map(catalogue::actions)
        .filter_map(|facts| format!("{}:{}", facts.service(), facts.name()).parse().ok())
        .filter(is_meant)
        .count()
}
