//! Checks a result against its input, pair by pair: nothing is merged, left out or put together here.
//!
//! How statements are taken apart and numbered, and which of them have a key in common, is what the merger takes as well.
//! Whether one pair gives what another one does is asked of [`contains`](crate::contains), which knows nothing of numbers.

use std::collections::{BTreeMap, HashSet};

use super::merge::{Key, compare};
use super::names::{Names, sets};
use crate::condition::Conditions;
use crate::contains::{gives_action, gives_resource};
use crate::document::Document;
use crate::statement::Statement;
use crate::wildcard::Syntax;

type Pairs = HashSet<(usize, usize)>;

/// Whether the documents allow and deny what the statements do. `true` is always right.
///
/// The documents have only actions on resources that the statements have under the same conditions. Each action on a
/// resource that the statements have is there too, or covered under the same conditions or none.
pub(super) fn means_the_same(
    statements: &[Statement],
    documents: &[Document],
    names: &Names<'_>,
) -> bool {
    let results: Vec<&Statement> = documents.iter().flat_map(|it| &it.statements).collect();
    let Some(given) = pairs(statements.iter(), names) else { return false };
    let Some(made) = pairs(results.iter().copied(), names) else { return false };
    let no_more =
        made.iter().all(|(key, made)| given.get(key).is_some_and(|given| made.is_subset(given)));
    let by_key = by_key(&results);
    let none = Conditions::default();
    let no_less = given.iter().all(|(key, given)| {
        let (effect, principal, _) = *key;
        let same = by_key.get(key).map_or(&[][..], Vec::as_slice);
        let unconditional = by_key.get(&(effect, principal, &none));
        let unconditional = unconditional.map_or(&[][..], Vec::as_slice);
        let candidates = || same.iter().chain(unconditional);
        let made = made.get(key);
        given
            .iter()
            .filter(|pair| !made.is_some_and(|made| made.contains(pair)))
            .all(|pair| candidates().any(|statement| gives(statement, *pair, names)))
    });
    no_more && no_less && has_same_others(statements, &results)
}

/// The actions on resources of each key, by number; `None` if a name is not one of the input.
fn pairs<'a>(
    statements: impl Iterator<Item = &'a Statement>,
    names: &Names<'_>,
) -> Option<BTreeMap<Key<'a>, Pairs>> {
    let mut pairs: BTreeMap<Key<'a>, Pairs> = BTreeMap::new();
    for statement in statements {
        let Some((actions, resources)) = sets(statement) else { continue };
        let resources = names.resource_numbers(resources)?;
        let of_key = pairs.entry(key(statement)).or_default();
        for action in names.action_numbers(actions)? {
            of_key.extend(resources.iter().map(|&resource| (action, resource)));
        }
    }
    Some(pairs)
}

fn by_key<'a>(statements: &[&'a Statement]) -> BTreeMap<Key<'a>, Vec<&'a Statement>> {
    let mut by_key: BTreeMap<Key<'a>, Vec<&'a Statement>> = BTreeMap::new();
    for &statement in statements {
        by_key.entry(key(statement)).or_default().push(statement);
    }
    by_key
}

fn key(statement: &Statement) -> Key<'_> {
    (statement.effect, statement.principal.as_ref(), &statement.conditions)
}

/// Whether a statement is about one action on one resource, by number.
fn gives(statement: &Statement, (action, resource): (usize, usize), names: &Names<'_>) -> bool {
    let (Some(action), Some(resource)) =
        (names.actions().get(action), names.resources().get(resource))
    else {
        return false;
    };
    gives_action(statement, action) && gives_resource(statement, Syntax::Variables, resource)
}

/// Whether the statements that cannot be taken apart are the same but for copies.
fn has_same_others(statements: &[Statement], results: &[&Statement]) -> bool {
    let given: Vec<&Statement> = statements.iter().filter(|it| sets(it).is_none()).collect();
    let made: Vec<&Statement> = results.iter().copied().filter(|it| sets(it).is_none()).collect();
    let is_in = |statement: &Statement, others: &[&Statement]| {
        others.iter().any(|other| compare(statement, other).is_eq())
    };
    given.iter().all(|it| is_in(it, &made)) && made.iter().all(|it| is_in(it, &given))
}
