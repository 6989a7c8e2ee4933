//! What one holder of policies may do beyond another.
//!
//! Actions are told apart one by one with the catalogue, so `NotAction` and `Deny` count for what they are. Resources and conditions
//! are compared pattern by pattern, statement by statement.

mod actions;
mod piece;

use std::collections::{BTreeMap, BTreeSet};

use crate::arn::ArnPattern;
use crate::compare::coverage::is_same;
use crate::condition::Conditions;
use crate::document::Document;
use crate::statement::Statement;
use crate::wildcard::Syntax;

use actions::Universe;
use piece::{Piece, pieces};

pub use actions::Actions;

/// All that decides what an identity may do: what is not known here, such as the policies of its organization, is left out.
#[derive(Clone, Debug, Default)]
pub struct Holder<'a> {
    /// Its policies, attached, inline and of groups.
    pub policies: Vec<&'a Document>,
    /// Its permissions boundary.
    pub boundary: Option<&'a Document>,
}

/// What one holder may do and another may not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gain {
    /// What.
    pub actions: Actions,
    /// On which resources.
    pub resources: BTreeSet<ArnPattern>,
    /// But on none of these.
    pub except: BTreeSet<ArnPattern>,
    /// When: all of them must hold.
    pub conditions: Conditions,
    /// But perhaps not when all of one of these hold: something is denied then. No condition at all stands for what
    /// neither patterns nor conditions tell, such as the values of variables.
    pub unless: BTreeSet<Conditions>,
}

/// What two holders may do differently, sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// What only the new one may do.
    pub added: Vec<Gain>,
    /// What only the old one may do.
    pub removed: Vec<Gain>,
}

/// What may be done after a change and not before, and the other way round.
///
/// Actions are those of the catalogue, and what the policies name beyond it: patterns that match the same actions of today are the
/// same. Nothing that differs in these is left out. What is told may be more than what differs: where several statements cover a pattern only
/// together, or a boundary allows a part of it that is no pattern.
///
/// ```
/// use stackpass_policy::compare::{Holder, change};
/// use stackpass_policy::document::Document;
/// use stackpass_policy::read::read;
/// use stackpass_policy::source::Source;
///
/// let policy = |text: &str| read(&Source::new("policy.json", text)).0.ok_or("not a policy");
/// let but_iam = policy(r#"{"Statement": {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}}"#)?;
/// let all = policy(r#"{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}"#)?;
/// let old = Holder { policies: vec![&but_iam], boundary: None };
/// let new = Holder { policies: vec![&all], boundary: None };
/// let change = change(&old, &new);
/// assert_eq!(change.added[0].actions.to_string(), "iam:*");
/// assert!(change.removed.is_empty());
/// # Ok::<(), &str>(())
/// ```
pub fn change(old: &Holder<'_>, new: &Holder<'_>) -> Change {
    let (old, new) = (Side::of(old), Side::of(new));
    let statements = || old.entries().chain(new.entries()).map(|entry| entry.statement);
    let universe = Universe::of(statements());
    let classes = universe.classes(&statements().collect::<Vec<_>>());
    Change {
        added: gains(&new, &old, &universe, &classes),
        removed: gains(&old, &new, &universe, &classes),
    }
}

/// A statement, with the rule by which its document reads `${...}`.
#[derive(Clone, Copy, Debug)]
struct Entry<'a> {
    statement: &'a Statement,
    syntax: Syntax,
}

/// The statements of a holder, or those of them that are about a class of actions.
#[derive(Clone, Debug)]
struct Side<'a> {
    policies: Vec<Entry<'a>>,
    boundary: Option<Vec<Entry<'a>>>,
}

/// Actions, by number, by the statements that are about them.
type Classes = BTreeMap<Vec<bool>, Vec<usize>>;

impl Entry<'_> {
    fn is_same(&self, other: &Entry<'_>) -> bool {
        self.syntax == other.syntax && is_same(self.statement, other.statement)
    }
}

impl<'a> Side<'a> {
    fn of(holder: &Holder<'a>) -> Side<'a> {
        let entries = |document: &'a Document| {
            let syntax = document.syntax();
            document.statements.iter().map(move |statement| Entry { statement, syntax })
        };
        Side {
            policies: holder.policies.iter().copied().flat_map(entries).collect(),
            boundary: holder.boundary.map(|document| entries(document).collect()),
        }
    }

    fn entries(&self) -> impl Iterator<Item = Entry<'a>> {
        self.policies.iter().chain(self.boundary.iter().flatten()).copied()
    }

    /// Whether both have the same statements, in policies and boundary.
    fn is_same(&self, other: &Side<'_>) -> bool {
        let holds = |entries: &[Entry<'_>], others: &[Entry<'_>]| {
            others.iter().all(|other| entries.iter().any(|entry| entry.is_same(other)))
        };
        let are_same =
            |one: &[Entry<'_>], other: &[Entry<'_>]| holds(one, other) && holds(other, one);
        let bounded = match (&self.boundary, &other.boundary) {
            (None, None) => true,
            (Some(one), Some(other)) => are_same(one, other),
            _ => false,
        };
        bounded && are_same(&self.policies, &other.policies)
    }

    /// Only the statements that are about something.
    fn about(&self, is_about: impl Fn(&Statement) -> bool) -> Side<'a> {
        let about = |entries: &[Entry<'a>]| {
            entries.iter().filter(|entry| is_about(entry.statement)).copied().collect()
        };
        Side { policies: about(&self.policies), boundary: self.boundary.as_deref().map(about) }
    }
}

/// What is left of pieces that are told together.
type Rest = (BTreeSet<ArnPattern>, Conditions, BTreeSet<Conditions>);

fn gains(one: &Side<'_>, other: &Side<'_>, universe: &Universe, classes: &Classes) -> Vec<Gain> {
    let mut found: BTreeMap<(BTreeSet<ArnPattern>, Rest), BTreeSet<usize>> = BTreeMap::new();
    for actions in classes.values() {
        let Some(action) = actions.first().and_then(|number| universe.action(*number)) else {
            continue;
        };
        let is_about = |statement: &Statement| actions::is_about(statement, action);
        let (one, other) = (one.about(is_about), other.about(is_about));
        if one.is_same(&other) {
            continue;
        }
        let mut together: BTreeMap<Rest, BTreeSet<ArnPattern>> = BTreeMap::new();
        for piece in pieces(&one, &other) {
            let Piece { resource, except, conditions, unless } = piece;
            together.entry((except, conditions, unless)).or_default().insert(resource);
        }
        for (rest, resources) in together {
            found.entry((widest(&resources), rest)).or_default().extend(actions);
        }
    }
    let mut gains: Vec<Gain> = found
        .into_iter()
        .map(|((resources, (except, conditions, unless)), actions)| Gain {
            actions: universe.written(&actions),
            resources,
            except,
            conditions,
            unless,
        })
        .collect();
    gains.sort();
    gains
}

/// The patterns that no other one covers; of those that cover each other, the first.
fn widest(resources: &BTreeSet<ArnPattern>) -> BTreeSet<ArnPattern> {
    let is_wider = |other: &ArnPattern, it: &ArnPattern| {
        other != it && other.covers(it) && (other < it || !it.covers(other))
    };
    let is_inner = |it: &ArnPattern| resources.iter().any(|other| is_wider(other, it));
    resources.iter().filter(|it| !is_inner(it)).cloned().collect()
}

#[cfg(test)]
mod tests;
