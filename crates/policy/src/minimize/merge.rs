//! Puts statements together without a change of meaning.

mod cover;

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::iter;

use super::names::{Names, sets};
use crate::condition::Conditions;
use crate::principal::Principal;
use crate::render;
use crate::sid;
use crate::size::statement_size;
use crate::statement::{Effect, Selection, Sid, Statement};
use cover::{Covers, covers};

/// What statements must have in common to be put together.
pub(super) type Key<'a> = (Effect, Option<&'a Selection<Principal>>, &'a Conditions);

/// One action on one resource, by number, with the Sid it came with.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Pair<'a> {
    action: usize,
    resource: usize,
    sid: Option<&'a str>,
}

/// Some actions on some resources, by number.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Block {
    actions: Vec<usize>,
    resources: Vec<usize>,
}

/// The statements with one key.
struct Bucket<'a> {
    /// The key's conditions; of several spellings always the same.
    conditions: &'a Conditions,
    /// Sorted, one for each action and resource.
    pairs: Vec<Pair<'a>>,
    /// The statements as they came, sorted, each once.
    blocks: Vec<Block>,
}

/// Two ways to say the same, both sorted.
pub(super) struct Merged {
    /// Made of the pairs alone: always the same, however the pairs came.
    pub(super) regular: Vec<Statement>,
    /// The same, but with the statements of the input wherever they are shorter.
    pub(super) shortest: Vec<Statement>,
}

/// Merges statements; a Sid is kept if all that went into a statement had it.
pub(super) fn merge(statements: &[Statement], names: &Names<'_>) -> Merged {
    let buckets = buckets(statements, names);
    let covers = covers(names);
    let none = Conditions::default();
    let mut regular = kept_as_they_are(statements);
    let mut shortest = regular.clone();
    for (&(effect, principal, conditions), bucket) in &buckets {
        let base = buckets.get(&(effect, principal, &none));
        let base = base.filter(|_| !conditions.is_empty()).map_or(&[][..], |base| &base.pairs);
        let is_needed = |pair: &&Pair<'_>| {
            !is_covered(pair, &bucket.pairs, &covers, Own::Left)
                && !is_covered(pair, base, &covers, Own::Counts)
        };
        let needed: Vec<Pair<'_>> = bucket.pairs.iter().filter(is_needed).copied().collect();
        let make = |block: &Block| Statement {
            sid: common_sid(block, &bucket.pairs),
            effect,
            principal: principal.cloned(),
            conditions: bucket.conditions.clone(),
            ..statement(block, names)
        };
        let overhead = statement_size(&make(&Block { actions: Vec::new(), resources: Vec::new() }));
        let cost = |blocks: &[Block]| cost(blocks, names, overhead);
        let made = blocks(&needed, &cost);
        let given = without_needless(&bucket.blocks, &needed);
        let shorter = if cost(&given) < cost(&made) { &given } else { &made };
        regular.extend(made.iter().map(make));
        shortest.extend(shorter.iter().map(make));
    }
    regular.sort_unstable_by(compare);
    shortest.sort_unstable_by(compare);
    Merged { regular, shortest }
}

/// Compares statements by all but their Sids.
pub(super) fn compare(a: &Statement, b: &Statement) -> Ordering {
    a.effect
        .cmp(&b.effect)
        .then_with(|| a.principal.cmp(&b.principal))
        .then_with(|| a.actions.cmp(&b.actions))
        .then_with(|| a.resources.cmp(&b.resources))
        .then_with(|| a.conditions.cmp(&b.conditions))
}

/// The statements that cannot be taken apart, each once, with the Sid that all of its copies had.
fn kept_as_they_are(statements: &[Statement]) -> Vec<Statement> {
    let mut kept: Vec<Statement> =
        statements.iter().filter(|statement| sets(statement).is_none()).cloned().collect();
    // Copies can differ in the case of letters; the text makes the order of such copies always the same.
    kept.sort_by_cached_key(|it| render::compact_statement(&Statement { sid: None, ..it.clone() }));
    kept.sort_by(compare);
    for statement in &mut kept {
        statement.sid = statement.sid.take().map(|it| sid::base(&it));
    }
    kept.dedup_by(|next, first| {
        let is_copy = compare(next, first).is_eq();
        if is_copy && next.sid != first.sid {
            first.sid = None;
        }
        is_copy
    });
    kept
}

fn buckets<'a>(statements: &'a [Statement], names: &Names<'_>) -> BTreeMap<Key<'a>, Bucket<'a>> {
    let mut buckets: BTreeMap<Key<'a>, Bucket<'a>> = BTreeMap::new();
    for statement in statements {
        let Some((actions, resources)) = sets(statement) else { continue };
        let numbers = (names.action_numbers(actions), names.resource_numbers(resources));
        let (Some(actions), Some(resources)) = numbers else { continue };
        if actions.is_empty() || resources.is_empty() {
            continue;
        }
        let conditions = &statement.conditions;
        let bucket = buckets
            .entry((statement.effect, statement.principal.as_ref(), conditions))
            .or_insert_with(|| Bucket { conditions, pairs: Vec::new(), blocks: Vec::new() });
        if spelling(conditions).lt(spelling(bucket.conditions)) {
            bucket.conditions = conditions;
        }
        let sid = statement.sid.as_ref().map(sid::base_text);
        for &action in &actions {
            let pair = |&resource: &usize| Pair { action, resource, sid };
            bucket.pairs.extend(resources.iter().map(pair));
        }
        bucket.blocks.push(Block { actions, resources });
    }
    for bucket in buckets.values_mut() {
        bucket.pairs.sort_unstable();
        bucket.pairs.dedup_by(|next, first| {
            let is_same = (next.action, next.resource) == (first.action, first.resource);
            if is_same && next.sid != first.sid {
                first.sid = None;
            }
            is_same
        });
        bucket.blocks.sort_unstable();
        bucket.blocks.dedup();
    }
    buckets
}

/// The keys of conditions as they were written.
fn spelling(conditions: &Conditions) -> impl Iterator<Item = &str> {
    conditions.iter().map(|(_, key, _)| key.as_str())
}

/// Whether a pair counts as covering itself.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Own {
    Counts,
    Left,
}

/// Whether one of the others covers both the action and the resource of the pair.
fn is_covered(pair: &Pair<'_>, others: &[Pair<'_>], covers: &Covers, own: Own) -> bool {
    let actions = iter::once(&pair.action).chain(covers.of_action(pair.action));
    let resources = || iter::once(&pair.resource).chain(covers.of_resource(pair.resource));
    !others.is_empty()
        && actions.flat_map(|action| resources().map(move |resource| (*action, *resource))).any(
            |(action, resource)| {
                let is_itself = (action, resource) == (pair.action, pair.resource);
                !(is_itself && own == Own::Left) && find(others, action, resource).is_some()
            },
        )
}

fn find<'p, 'a>(pairs: &'p [Pair<'a>], action: usize, resource: usize) -> Option<&'p Pair<'a>> {
    let place = pairs.binary_search_by_key(&(action, resource), |it| (it.action, it.resource));
    pairs.get(place.ok()?)
}

/// Puts pairs together into blocks, no pair more or less.
fn blocks(pairs: &[Pair<'_>], cost: &impl Fn(&[Block]) -> usize) -> Vec<Block> {
    let mut by_resources: BTreeMap<Vec<usize>, Vec<usize>> = BTreeMap::new();
    for row in pairs.chunk_by(|a, b| a.action == b.action) {
        let resources = row.iter().map(|pair| pair.resource).collect();
        let action = row.first().map(|pair| pair.action);
        by_resources.entry(resources).or_default().extend(action);
    }
    let rows =
        by_resources.into_iter().map(|(resources, actions)| Block { actions, resources }).collect();
    connected(rows)
        .into_iter()
        .flat_map(|rows| {
            let columns = columns(&rows);
            if rows.len() > 1 && cost(&columns) < cost(&rows) { columns } else { rows }
        })
        .collect()
}

/// Splits blocks into groups that share no resource. Which form is shorter is decided for each group.
fn connected(blocks: Vec<Block>) -> Vec<Vec<Block>> {
    let mut parents: Vec<usize> = (0..blocks.len()).collect();
    let mut first_with: BTreeMap<usize, usize> = BTreeMap::new();
    for (index, block) in blocks.iter().enumerate() {
        for &resource in &block.resources {
            let other = *first_with.entry(resource).or_insert(index);
            let roots = (root(&parents, index), root(&parents, other));
            if let Some(parent) = parents.get_mut(roots.0.max(roots.1)) {
                *parent = roots.0.min(roots.1);
            }
        }
    }
    let mut groups: BTreeMap<usize, Vec<Block>> = BTreeMap::new();
    for (index, block) in blocks.into_iter().enumerate() {
        groups.entry(root(&parents, index)).or_default().push(block);
    }
    groups.into_values().collect()
}

fn root(parents: &[usize], mut index: usize) -> usize {
    while let Some(&parent) = parents.get(index)
        && parent != index
    {
        index = parent;
    }
    index
}

/// The same pairs with each resource in one block only.
fn columns(rows: &[Block]) -> Vec<Block> {
    let mut rows_of: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (index, row) in rows.iter().enumerate() {
        for &resource in &row.resources {
            rows_of.entry(resource).or_default().push(index);
        }
    }
    let mut by_rows: BTreeMap<Vec<usize>, Vec<usize>> = BTreeMap::new();
    for (resource, rows) in rows_of {
        by_rows.entry(rows).or_default().push(resource);
    }
    by_rows
        .into_iter()
        .map(|(indices, resources)| {
            let rows = indices.iter().filter_map(|&index| rows.get(index));
            let mut actions: Vec<usize> =
                rows.flat_map(|row| row.actions.iter().copied()).collect();
            actions.sort_unstable();
            Block { actions, resources }
        })
        .collect()
}

/// The blocks without actions and resources of which no pair is needed.
fn without_needless(blocks: &[Block], needed: &[Pair<'_>]) -> Vec<Block> {
    let is_needed = |action: usize, resource: usize| find(needed, action, resource).is_some();
    let smaller = blocks.iter().map(|Block { actions, resources }| {
        let actions: Vec<usize> = actions
            .iter()
            .copied()
            .filter(|&action| resources.iter().any(|&resource| is_needed(action, resource)))
            .collect();
        let resources = resources
            .iter()
            .copied()
            .filter(|&resource| actions.iter().any(|&action| is_needed(action, resource)))
            .collect();
        Block { actions, resources }
    });
    let mut smaller: Vec<Block> = smaller.filter(|block| !block.actions.is_empty()).collect();
    smaller.sort_unstable();
    smaller.dedup();
    smaller
}

/// The characters of the statements of the blocks, without Sids; each comes with the characters of an empty one.
fn cost(blocks: &[Block], names: &Names<'_>, empty: usize) -> usize {
    let set = |numbers: &[usize], sizes: &[usize]| match numbers {
        // A set of one has no brackets, which the empty statement has.
        [one] => sizes.get(*one).map_or(0, |size| size - 2),
        several => several
            .iter()
            .filter_map(|&it| sizes.get(it))
            .map(|size| size + 1)
            .sum::<usize>()
            .saturating_sub(1),
    };
    let block = |block: &Block| {
        let sets = set(&block.actions, names.action_sizes())
            + set(&block.resources, names.resource_sizes());
        empty + sets + ",".len()
    };
    blocks.iter().map(block).sum()
}

fn common_sid(block: &Block, pairs: &[Pair<'_>]) -> Option<Sid> {
    let mut sids = block.actions.iter().flat_map(|&action| {
        block.resources.iter().map(move |&resource| find(pairs, action, resource)?.sid)
    });
    let first = sids.next()??;
    sids.all(|sid| sid == Some(first)).then(|| first.parse().ok())?
}

fn statement(block: &Block, names: &Names<'_>) -> Statement {
    let actions = block.actions.iter().filter_map(|&it| names.actions().get(it).copied().cloned());
    let resources =
        block.resources.iter().filter_map(|&it| names.resources().get(it).copied().cloned());
    Statement::allow(actions, resources)
}
