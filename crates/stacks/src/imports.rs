//! What stacks of one deployment import from each other.
//!
//! Exports are of one account and region. A name that two stacks export stands for what either of them exports; one that none
//! exports stays unknown.

use std::collections::{BTreeMap, BTreeSet};

use crate::names;
use crate::pattern::Pattern;
use crate::resolve::Stack;

/// How many stacks an export is handed on through before it counts as unknown.
const MAX_ROUNDS: usize = 8;

/// Account, region and name of an export.
type Key = (Option<String>, Option<String>, String);

/// Tells each stack what the others export.
pub(crate) fn join(stacks: &mut [&mut Stack]) {
    let mut known = BTreeMap::new();
    // What is exported may itself be imported.
    for _ in 0..MAX_ROUNDS {
        let mut exports: BTreeMap<Key, BTreeSet<Pattern>> = BTreeMap::new();
        for stack in stacks.iter() {
            collect(stack, &mut exports);
        }
        if exports == known {
            return;
        }
        for stack in stacks.iter_mut() {
            hand_out(stack, &exports);
        }
        known = exports;
    }
}

fn place(stack: &Stack) -> (Option<String>, Option<String>) {
    (stack.setting.account.clone(), stack.setting.region.clone())
}

fn collect(stack: &Stack, exports: &mut BTreeMap<Key, BTreeSet<Pattern>>) {
    let (account, region) = place(stack);
    for (name, value) in &stack.exports {
        let Some(name) = name.known() else { continue };
        let key = (account.clone(), region.clone(), name.to_owned());
        exports.entry(key).or_default().extend(names::patterns_of(stack, value));
    }
    for nested in stack.nested.values() {
        collect(nested, exports);
    }
}

fn hand_out(stack: &mut Stack, exports: &BTreeMap<Key, BTreeSet<Pattern>>) {
    let (account, region) = place(stack);
    let is_here = |key: &Key| key.0 == account && key.1 == region;
    stack.imports = exports
        .iter()
        .filter(|(key, _)| is_here(key))
        .map(|((_, _, name), patterns)| (name.clone(), patterns.clone()))
        .collect();
    for nested in stack.nested.values_mut() {
        hand_out(nested, exports);
    }
}
