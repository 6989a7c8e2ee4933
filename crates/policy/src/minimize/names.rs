//! Numbers for the actions and resources of some statements, in the order of their texts.

use std::collections::{BTreeSet, HashMap};

use crate::action::ActionPattern;
use crate::arn::ArnPattern;
use crate::size::string_size;
use crate::statement::{Selection, Statement};

/// The distinct actions and resources. A number is a place in the sorted list, so that numbers sort as texts do.
pub(super) struct Names<'a> {
    actions: Vec<&'a ActionPattern>,
    resources: Vec<&'a ArnPattern>,
    action_sizes: Vec<usize>,
    resource_sizes: Vec<usize>,
    action_numbers: HashMap<&'a ActionPattern, usize>,
    resource_numbers: HashMap<&'a ArnPattern, usize>,
}

impl<'a> Names<'a> {
    /// Collects the names of the statements that can be taken apart.
    pub(super) fn of(statements: &'a [Statement]) -> Names<'a> {
        let sets = || statements.iter().filter_map(sets);
        let mut actions: Vec<&ActionPattern> = sets().flat_map(|(actions, _)| actions).collect();
        // Of several spellings of an action, the usual one comes first whatever the order of the statements was.
        actions.sort_unstable_by(|a, b| a.cmp(b).then_with(|| spelling(a).cmp(&spelling(b))));
        actions.dedup();
        let mut resources: Vec<&ArnPattern> = sets().flat_map(|(_, resources)| resources).collect();
        resources.sort_unstable();
        resources.dedup();
        let action_numbers = actions.iter().enumerate().map(|(number, it)| (*it, number)).collect();
        let resource_numbers =
            resources.iter().enumerate().map(|(number, it)| (*it, number)).collect();
        let action_sizes = actions.iter().map(|it| string_size(it.as_str())).collect();
        let resource_sizes = resources.iter().map(|it| string_size(it.as_str())).collect();
        Names { actions, resources, action_sizes, resource_sizes, action_numbers, resource_numbers }
    }

    /// The actions by number.
    pub(super) fn actions(&self) -> &[&'a ActionPattern] {
        &self.actions
    }

    /// The resources by number.
    pub(super) fn resources(&self) -> &[&'a ArnPattern] {
        &self.resources
    }

    /// The characters of each action as a string of JSON.
    pub(super) fn action_sizes(&self) -> &[usize] {
        &self.action_sizes
    }

    /// The characters of each resource as a string of JSON.
    pub(super) fn resource_sizes(&self) -> &[usize] {
        &self.resource_sizes
    }

    /// The numbers of actions, sorted; `None` if one is not known.
    pub(super) fn action_numbers(&self, actions: &BTreeSet<ActionPattern>) -> Option<Vec<usize>> {
        actions.iter().map(|action| self.action_numbers.get(action).copied()).collect()
    }

    /// The numbers of resources, sorted; `None` if one is not known.
    pub(super) fn resource_numbers(&self, resources: &BTreeSet<ArnPattern>) -> Option<Vec<usize>> {
        resources.iter().map(|resource| self.resource_numbers.get(resource).copied()).collect()
    }
}

/// The actions and resources of a statement that can be taken apart: one that lists both.
pub(super) fn sets(
    statement: &Statement,
) -> Option<(&BTreeSet<ActionPattern>, &BTreeSet<ArnPattern>)> {
    match (&statement.actions, &statement.resources) {
        (Selection::Only(actions), Some(Selection::Only(resources))) => Some((actions, resources)),
        _ => None,
    }
}

/// Orders spellings: a service prefix in lower case and a name with capitals come first.
fn spelling(action: &ActionPattern) -> (std::cmp::Reverse<&str>, &str) {
    (std::cmp::Reverse(action.service()), action.name())
}
