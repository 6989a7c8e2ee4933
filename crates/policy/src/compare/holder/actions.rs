//! Actions one by one, and sets of them as patterns.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::Classes;
use crate::action::ActionPattern;
use crate::catalogue;
use crate::contains::gives_action;
use crate::statement::{Selection, Statement};

/// A set of actions, written with the patterns of the policies that it comes from where they fit.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Actions {
    /// These.
    pub patterns: BTreeSet<ActionPattern>,
    /// But none of these.
    pub but: BTreeSet<ActionPattern>,
}

/// All actions that can be told apart: those of the catalogue, and what the policies name beyond them.
pub(super) struct Universe {
    /// By service, those of the catalogue in its order.
    actions: Vec<ActionPattern>,
    /// Where the actions of a service stand.
    services: BTreeMap<String, Vec<usize>>,
    /// Patterns to write sets with, the widest first, each with the actions that it has.
    patterns: Vec<(ActionPattern, Vec<usize>)>,
}

/// Whether the statement is about this one action.
pub(super) fn is_about(statement: &Statement, action: &ActionPattern) -> bool {
    gives_action(statement, action)
}

impl Universe {
    pub(super) fn of<'a>(statements: impl Iterator<Item = &'a Statement>) -> Universe {
        let named: BTreeSet<&ActionPattern> =
            statements.flat_map(|statement| statement.actions.value()).collect();
        let mut universe = Universe::of_catalogue();
        let mut patterns: BTreeMap<ActionPattern, Vec<usize>> = BTreeMap::new();
        for pattern in named {
            let matched = universe.matched(pattern);
            if matched.is_empty() {
                universe.add(pattern.clone());
            }
            if pattern.has_wildcard() {
                patterns.insert(pattern.clone(), matched);
            }
        }
        for (service, actions) in &universe.services {
            if let Ok(pattern) = format!("{service}:*").parse() {
                patterns.entry(pattern).or_insert_with(|| actions.clone());
            }
        }
        let all = (0..universe.actions.len()).collect();
        patterns.insert(ActionPattern::any(), all);
        // What was added later may be matched by a pattern that was looked at before.
        for (pattern, matched) in &mut patterns {
            *matched = universe.matched(pattern);
        }
        universe.patterns =
            patterns.into_iter().filter(|(_, matched)| !matched.is_empty()).collect();
        universe.patterns.sort_by_key(|(_, matched)| std::cmp::Reverse(matched.len()));
        universe
    }

    fn of_catalogue() -> Universe {
        let mut universe =
            Universe { actions: Vec::new(), services: BTreeMap::new(), patterns: Vec::new() };
        for service in catalogue::services() {
            for facts in catalogue::actions(service) {
                if let Ok(action) = format!("{service}:{}", facts.name()).parse() {
                    universe.add(action);
                }
            }
        }
        universe
    }

    fn add(&mut self, action: ActionPattern) {
        let service = action.service().to_ascii_lowercase();
        self.services.entry(service).or_default().push(self.actions.len());
        self.actions.push(action);
    }

    pub(super) fn action(&self, number: usize) -> Option<&ActionPattern> {
        self.actions.get(number)
    }

    /// The actions of a pattern, by number.
    fn matched(&self, pattern: &ActionPattern) -> Vec<usize> {
        let covers = |number: &usize| self.action(*number).is_some_and(|it| pattern.covers(it));
        if pattern.service().contains(['*', '?']) {
            return (0..self.actions.len()).filter(covers).collect();
        }
        let of_service = self.services.get(&pattern.service().to_ascii_lowercase());
        of_service.into_iter().flatten().copied().filter(covers).collect()
    }

    /// The actions by the statements that are about them.
    pub(super) fn classes(&self, statements: &[&Statement]) -> Classes {
        let mut keys = vec![vec![false; statements.len()]; self.actions.len()];
        for (place, statement) in statements.iter().enumerate() {
            let (about, patterns) = match &statement.actions {
                Selection::Only(patterns) => (true, patterns),
                Selection::Except(patterns) => (false, patterns),
            };
            let mut set = |number: usize, value: bool| {
                if let Some(bit) = keys.get_mut(number).and_then(|key| key.get_mut(place)) {
                    *bit = value;
                }
            };
            (0..self.actions.len()).for_each(|number| set(number, !about));
            for pattern in patterns {
                self.matched(pattern).into_iter().for_each(|number| set(number, about));
            }
        }
        let mut classes = Classes::new();
        for (number, key) in keys.into_iter().enumerate() {
            classes.entry(key).or_default().push(number);
        }
        classes
    }

    /// Writes a set with few patterns, and what they have too much.
    pub(super) fn written(&self, set: &BTreeSet<usize>) -> Actions {
        let mut left = set.clone();
        let mut actions = Actions::default();
        for (pattern, matched) in &self.patterns {
            let (inside, outside): (BTreeSet<usize>, BTreeSet<usize>) =
                matched.iter().partition(|number| set.contains(number));
            let news: BTreeSet<usize> = inside.intersection(&left).copied().collect();
            if matched.len() < 2 || news.is_empty() || inside.len() <= outside.len() {
                continue;
            }
            let but = self.exactly(&outside);
            if outside.is_empty() || but.len() + 1 < self.exactly(&news).len() {
                left.retain(|number| !news.contains(number));
                actions.patterns.insert(pattern.clone());
                actions.but.extend(but);
            }
        }
        actions.patterns.extend(left.iter().filter_map(|number| self.action(*number)).cloned());
        actions
    }

    /// A set as patterns that have nothing else.
    fn exactly(&self, set: &BTreeSet<usize>) -> BTreeSet<ActionPattern> {
        let mut left = set.clone();
        let mut written = BTreeSet::new();
        for (pattern, matched) in &self.patterns {
            let fits = matched.len() <= set.len() && matched.iter().all(|it| set.contains(it));
            if fits && matched.len() > 1 && matched.iter().any(|it| left.contains(it)) {
                left.retain(|it| !matched.contains(it));
                written.insert(pattern.clone());
            }
        }
        written.extend(left.iter().filter_map(|number| self.action(*number)).cloned());
        written
    }
}

impl fmt::Display for Actions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts = |patterns: &BTreeSet<ActionPattern>| {
            patterns.iter().map(ActionPattern::as_str).collect::<Vec<_>>().join(", ")
        };
        let but = texts(&self.but);
        match texts(&self.patterns).as_str() {
            patterns if but.is_empty() => f.write_str(patterns),
            "*" => write!(f, "all but {but}"),
            patterns => write!(f, "{patterns} but {but}"),
        }
    }
}
