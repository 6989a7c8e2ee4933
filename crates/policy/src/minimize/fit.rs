//! Distributes statements to policies of limited size.
//!
//! The largest statement comes first and goes into the first policy with room for it. One that fits nowhere is cut by its
//! actions or resources, which changes no meaning.

use std::cmp::Ordering;
use std::collections::{BTreeSet, VecDeque};

use super::Limits;
use super::merge::compare;
use super::names::sets;
use crate::document::Document;
use crate::size::{size, statement_size, string_size};
use crate::statement::{Selection, Statement};

/// Room for what makes Sids differ when a statement is cut: `Part` and a number.
const SID_SUFFIX: usize = 8;

/// Whether a statement may be cut.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Cut {
    /// Where it fits nowhere.
    Allowed,
    /// Never.
    Refused,
}

/// A policy in the making.
struct Policy {
    statements: Vec<Statement>,
    room: usize,
}

/// A statement with the room that it takes, its comma included.
struct Item {
    statement: Statement,
    size: usize,
}

/// Distributes statements; `None` if they do not fit. The statements of each policy are sorted.
pub(super) fn fit(
    statements: Vec<Statement>,
    limits: &Limits,
    cut: Cut,
) -> Option<Vec<Vec<Statement>>> {
    let empty = limits.characters.saturating_sub(size(&Document::new(Vec::new())));
    let mut policies: Vec<Policy> = Vec::new();
    let mut items: Vec<Item> = statements.into_iter().map(item).collect();
    items.sort_by(order);
    let mut items = VecDeque::from(items);
    while let Some(Item { statement, size }) = items.pop_front() {
        if let Some(policy) = policies.iter_mut().find(|policy| policy.room >= size) {
            policy.room -= size;
            policy.statements.push(statement);
            continue;
        }
        if policies.len() < limits.documents {
            policies.push(Policy { statements: Vec::new(), room: empty });
            if size <= empty {
                items.push_front(Item { statement, size });
                continue;
            }
        }
        if cut == Cut::Refused {
            return None;
        }
        let roomiest = policies.iter_mut().rev().max_by_key(|policy| policy.room)?;
        let (piece, rest) = split(&statement, roomiest.room)?;
        let piece = item(piece);
        roomiest.room = roomiest.room.checked_sub(piece.size)?;
        roomiest.statements.push(piece.statement);
        for item in rest.into_iter().map(item) {
            let place = items.partition_point(|other| order(other, &item).is_lt());
            items.insert(place, item);
        }
    }
    let sorted = |mut policy: Policy| {
        policy.statements.sort_by(compare);
        policy.statements
    };
    Some(policies.into_iter().map(sorted).collect())
}

fn item(statement: Statement) -> Item {
    let suffix = if statement.sid.is_some() { SID_SUFFIX } else { 0 };
    let size = statement_size(&statement) + suffix + ",".len();
    Item { statement, size }
}

/// Larger ones first.
fn order(a: &Item, b: &Item) -> Ordering {
    b.size.cmp(&a.size).then_with(|| compare(&a.statement, &b.statement))
}

/// Cuts a piece of at most some size from a statement, as large as can be; `None` if not one action on one resource fits.
fn split(statement: &Statement, room: usize) -> Option<(Statement, Vec<Statement>)> {
    let (actions, resources) = sets(statement)?;
    let with_actions =
        |actions: BTreeSet<_>| Statement { actions: Selection::Only(actions), ..statement.clone() };
    let with_resources = |resources: BTreeSet<_>| Statement {
        resources: Some(Selection::Only(resources)),
        ..statement.clone()
    };
    let by_actions = || cut_set(actions, room, with_actions);
    let by_resources = || cut_set(resources, room, with_resources);
    // The set that is not cut is repeated in every piece: that should be the shorter one.
    let cut_once = if characters(actions) >= characters(resources) {
        by_actions().or_else(by_resources)
    } else {
        by_resources().or_else(by_actions)
    };
    cut_once.or_else(|| {
        let (left, right) = if resources.len() > 1 {
            let (left, right) = halves(resources);
            (with_resources(left), with_resources(right))
        } else if actions.len() > 1 {
            let (left, right) = halves(actions);
            (with_actions(left), with_actions(right))
        } else {
            return None;
        };
        let (piece, mut rest) = split(&left, room)?;
        rest.push(right);
        Some((piece, rest))
    })
}

/// Takes as many items of a set as there is room for; `None` if there is room for none.
fn cut_set<T: Clone + Ord + ToString>(
    set: &BTreeSet<T>,
    room: usize,
    with: impl Fn(BTreeSet<T>) -> Statement,
) -> Option<(Statement, Vec<Statement>)> {
    let mut left = room.checked_sub(item(with(BTreeSet::new())).size)?;
    let taken = set
        .iter()
        .take_while(|text| {
            let rest = left.checked_sub(characters_of(*text));
            left = rest.unwrap_or_default();
            rest.is_some()
        })
        .count();
    if taken == 0 {
        return None;
    }
    let piece = with(set.iter().take(taken).cloned().collect());
    let rest: BTreeSet<T> = set.iter().skip(taken).cloned().collect();
    Some((piece, if rest.is_empty() { Vec::new() } else { vec![with(rest)] }))
}

fn halves<T: Clone + Ord>(set: &BTreeSet<T>) -> (BTreeSet<T>, BTreeSet<T>) {
    let half = set.len() / 2;
    (set.iter().take(half).cloned().collect(), set.iter().skip(half).cloned().collect())
}

fn characters<T: ToString>(set: &BTreeSet<T>) -> usize {
    set.iter().map(characters_of).sum()
}

/// The characters of a text in a list, with its quotes and a comma.
fn characters_of<T: ToString>(text: &T) -> usize {
    string_size(&text.to_string()) + ",".len()
}
