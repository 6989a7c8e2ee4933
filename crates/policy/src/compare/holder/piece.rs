//! What is allowed on one resource pattern, cut down by what is denied and by the boundary, and whether somebody else has it.

use std::collections::BTreeSet;

use super::{Entry, Side};
use crate::arn::ArnPattern;
use crate::compare::{conditions_as_variables, resources};
use crate::condition::Conditions;
use crate::contains::{Relation, is_covered, relation};
use crate::statement::{Effect, Selection};
use crate::wildcard::Syntax;

/// A part of what is allowed, of one class of actions. Written for a document with variables.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub(super) resource: ArnPattern,
    pub(super) except: BTreeSet<ArnPattern>,
    pub(super) conditions: Conditions,
    pub(super) unless: BTreeSet<Conditions>,
}

/// What one side may do and the other may not, of a class of actions that all statements given are about.
pub(super) fn pieces(one: &Side<'_>, other: &Side<'_>) -> Vec<Piece> {
    let mut found = Vec::new();
    for entry in allows(&one.policies) {
        for piece in written(entry) {
            let mut left = spared(vec![piece], &one.policies);
            if let Some(boundary) = &one.boundary {
                let inside = left.iter().flat_map(|piece| within(piece, boundary)).collect();
                left = spared(inside, boundary);
            }
            left.retain(|piece| !has(other, piece, one));
            found.extend(left.into_iter().flat_map(|piece| lacked(piece, one, other)));
        }
    }
    found
}

/// What the other side lacks of a piece that it has not as a whole.
fn lacked(piece: Piece, one: &Side<'_>, other: &Side<'_>) -> Vec<Piece> {
    let layers = || std::iter::once(&other.policies).chain(&other.boundary);
    if !layers().all(|layer| allows(layer).any(|entry| gives(entry, &piece))) {
        return vec![without_common(piece, one, other)];
    }
    // It is allowed all of it, so that it lacks what is denied.
    let denies = layers().flat_map(|layer| denies(layer));
    let taking: Vec<&Entry<'_>> =
        denies.filter(|entry| !is_also_in(entry, one) && takes(entry, &piece)).collect();
    let taken: Option<Vec<Vec<Piece>>> = taking.iter().map(|entry| taken(&piece, entry)).collect();
    taken.map_or_else(|| vec![piece.clone()], |taken| taken.into_iter().flatten().collect())
}

/// What a statement that denies takes of a piece, if patterns tell it.
fn taken(piece: &Piece, deny: &Entry<'_>) -> Option<Vec<Piece>> {
    let Some(Selection::Only(patterns)) = &deny.statement.resources else { return None };
    if !patterns.iter().all(is_fixed) || deny.statement.principal.is_some() {
        return None;
    }
    let conditions = match relation(&piece.conditions, &deny.statement.conditions, deny.syntax) {
        Relation::Implied => piece.conditions.clone(),
        _ => both(&piece.conditions, deny),
    };
    let taken = patterns.iter().filter(|it| !is_left_out(it, deny.syntax, piece)).map(|pattern| {
        let is_inside = piece.resource.covers(pattern);
        let resource = if is_inside { pattern.clone() } else { piece.resource.clone() };
        Piece { resource, conditions: conditions.clone(), ..piece.clone() }
    });
    Some(taken.collect())
}

/// Leaves out of a piece the patterns in it that the other side has too.
fn without_common(mut piece: Piece, one: &Side<'_>, other: &Side<'_>) -> Piece {
    let layers = std::iter::once(&other.policies).chain(&other.boundary);
    let written = layers.flat_map(|layer| allows(layer)).flat_map(written);
    let inside = written
        .map(|it| it.resource)
        .filter(|it| is_fixed(it) && *it != piece.resource && piece.resource.covers(it));
    let narrowed = inside.map(|resource| Piece { resource, ..piece.clone() });
    let common: Vec<ArnPattern> =
        narrowed.filter(|piece| has(other, piece, one)).map(|piece| piece.resource).collect();
    piece.except.extend(common);
    piece
}

fn allows<'e, 'a>(entries: &'e [Entry<'a>]) -> impl Iterator<Item = &'e Entry<'a>> {
    let is_allow = |entry: &&Entry<'_>| {
        entry.statement.effect == Effect::Allow && entry.statement.principal.is_none()
    };
    entries.iter().filter(is_allow)
}

fn denies<'e, 'a>(entries: &'e [Entry<'a>]) -> impl Iterator<Item = &'e Entry<'a>> {
    entries.iter().filter(|entry| entry.statement.effect == Effect::Deny)
}

/// A statement, resource by resource.
fn written(entry: &Entry<'_>) -> Vec<Piece> {
    let conditions = conditions_as_variables(&entry.statement.conditions, entry.syntax);
    let except = match &entry.statement.resources {
        Some(Selection::Except(patterns)) => patterns.clone(),
        _ => BTreeSet::new(),
    };
    // A variable without a value makes the whole statement not apply.
    let depends = !except.iter().all(is_fixed);
    let unless: BTreeSet<Conditions> = depends.then(Conditions::new).into_iter().collect();
    resources(entry.statement, entry.syntax)
        .into_iter()
        .map(|resource| Piece {
            resource,
            except: except.clone(),
            conditions: conditions.clone(),
            unless: unless.clone(),
        })
        .collect()
}

/// What is left of some pieces beside what is denied.
fn spared(mut pieces: Vec<Piece>, by: &[Entry<'_>]) -> Vec<Piece> {
    for deny in denies(by) {
        pieces = pieces.into_iter().flat_map(|piece| beside(piece, deny)).collect();
    }
    pieces
}

/// What is left of a piece beside a statement that denies.
fn beside(mut piece: Piece, deny: &Entry<'_>) -> Vec<Piece> {
    let Entry { statement, syntax } = deny;
    if relation(&piece.conditions, &statement.conditions, *syntax) == Relation::Contradicted {
        return vec![piece];
    }
    let touched: BTreeSet<ArnPattern> = match &statement.resources {
        None => BTreeSet::from([ArnPattern::any()]),
        Some(Selection::Only(patterns)) => {
            patterns.iter().filter(|it| it.overlaps(&piece.resource)).cloned().collect()
        }
        Some(Selection::Except(patterns)) => {
            if patterns.iter().any(|it| is_covered(it, *syntax, &piece.resource)) {
                return vec![piece];
            }
            return beside_all_but(piece, deny, patterns);
        }
    };
    if touched.is_empty() {
        return vec![piece];
    }
    let is_certain = statement.principal.is_none()
        && relation(&piece.conditions, &statement.conditions, *syntax) == Relation::Implied;
    if !is_certain {
        piece.unless.insert(conditions_as_variables(&statement.conditions, *syntax));
        return vec![piece];
    }
    if touched.iter().any(|it| is_fixed(it) && is_covered(it, *syntax, &piece.resource)) {
        return Vec::new();
    }
    if touched.iter().all(is_fixed) {
        piece.except.extend(touched);
    } else {
        piece.unless.insert(Conditions::new());
    }
    vec![piece]
}

/// What is left beside a statement that denies all but some resources.
fn beside_all_but(mut piece: Piece, deny: &Entry<'_>, spared: &BTreeSet<ArnPattern>) -> Vec<Piece> {
    let conditions = &deny.statement.conditions;
    let is_certain = deny.statement.principal.is_none()
        && relation(&piece.conditions, conditions, deny.syntax) == Relation::Implied;
    if !is_certain || !spared.iter().all(is_fixed) {
        piece.unless.insert(conditions_as_variables(conditions, deny.syntax));
        return vec![piece];
    }
    let narrowed = |pattern: &ArnPattern| {
        let mut narrowed = piece.clone();
        if piece.resource.covers(pattern) {
            narrowed.resource = pattern.clone();
        } else {
            // What both match is no pattern.
            narrowed.unless.insert(Conditions::new());
        }
        narrowed
    };
    let inside = spared.iter().filter(|it| it.overlaps(&piece.resource));
    inside.map(narrowed).collect()
}

/// Whether the pattern means the same for whoever asks.
fn is_fixed(pattern: &ArnPattern) -> bool {
    !pattern.as_str().contains("${")
}

/// The parts of a piece that a boundary allows, as far as they are patterns.
fn within(piece: &Piece, boundary: &[Entry<'_>]) -> Vec<Piece> {
    let mut found = Vec::new();
    for entry in allows(boundary) {
        let Entry { statement, syntax } = entry;
        let conditions = match relation(&piece.conditions, &statement.conditions, *syntax) {
            Relation::Contradicted => continue,
            Relation::Implied => piece.conditions.clone(),
            Relation::Possible => both(&piece.conditions, entry),
        };
        for limit in written(entry) {
            if limit.except.iter().any(|it| is_fixed(it) && it.covers(&piece.resource)) {
                continue;
            }
            let resource = if limit.resource.covers(&piece.resource) {
                piece.resource.clone()
            } else if piece.resource.covers(&limit.resource) {
                limit.resource
            } else if limit.resource.overlaps(&piece.resource) {
                piece.resource.clone()
            } else {
                continue;
            };
            let fixed = limit.except.into_iter().filter(is_fixed);
            let except = piece.except.iter().cloned().chain(fixed).collect();
            let conditions = conditions.clone();
            found.push(Piece { resource, except, conditions, unless: piece.unless.clone() });
        }
    }
    found
}

/// The conditions of a piece, and those of a statement on keys that they say nothing of.
fn both(conditions: &Conditions, entry: &Entry<'_>) -> Conditions {
    let mut both = conditions.clone();
    let more = conditions_as_variables(&entry.statement.conditions, entry.syntax);
    for (operator, key, values) in more.iter() {
        if conditions.values(operator, key).is_none() {
            both.add(operator, key.clone(), values.iter().cloned());
        }
    }
    both
}

/// Whether the side may do all of the piece, which the other one may.
fn has(side: &Side<'_>, piece: &Piece, other: &Side<'_>) -> bool {
    let layers = std::iter::once(&side.policies).chain(&side.boundary);
    layers.into_iter().all(|layer| {
        allows(layer).any(|entry| gives(entry, piece))
            && !denies(layer).any(|entry| !is_also_in(entry, other) && takes(entry, piece))
    })
}

/// Whether the statement is one of the side too, so that it takes nothing that the side has.
fn is_also_in(entry: &Entry<'_>, side: &Side<'_>) -> bool {
    side.entries().any(|it| it.is_same(entry))
}

fn gives(entry: &Entry<'_>, piece: &Piece) -> bool {
    let Entry { statement, syntax } = entry;
    let gives_resource = match &statement.resources {
        None => false,
        Some(Selection::Only(patterns)) => {
            patterns.iter().any(|it| is_covered(it, *syntax, &piece.resource))
        }
        Some(Selection::Except(patterns)) => patterns.iter().all(|it| {
            // A variable without a value makes the whole statement not apply, unless the piece is of such a statement itself.
            let is_sure = *syntax == Syntax::Plain || is_fixed(it) || piece.except.contains(it);
            is_sure && is_left_out(it, *syntax, piece)
        }),
    };
    gives_resource
        && relation(&piece.conditions, &statement.conditions, *syntax) == Relation::Implied
}

/// Whether the statement, which denies, may take something of the piece.
fn takes(entry: &Entry<'_>, piece: &Piece) -> bool {
    let Entry { statement, syntax } = entry;
    if relation(&piece.conditions, &statement.conditions, *syntax) == Relation::Contradicted {
        return false;
    }
    match &statement.resources {
        None => true,
        Some(Selection::Only(patterns)) => {
            !patterns.iter().all(|it| is_left_out(it, *syntax, piece))
        }
        Some(Selection::Except(patterns)) => {
            !patterns.iter().any(|it| is_covered(it, *syntax, &piece.resource))
        }
    }
}

/// Whether the piece has nothing of what the pattern matches.
fn is_left_out(pattern: &ArnPattern, syntax: Syntax, piece: &Piece) -> bool {
    !pattern.overlaps(&piece.resource)
        || piece.except.iter().any(|it| {
            let is_same = syntax == Syntax::Variables && it == pattern;
            is_same || (is_fixed(it) && is_fixed(pattern) && it.covers(pattern))
        })
}
