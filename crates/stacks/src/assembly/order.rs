//! Artifacts in the order in which they can be deployed.

use std::collections::{BTreeMap, BTreeSet};

/// An order of names in which each stands behind what it depends on, else sorted; and the names that depend on themselves.
///
/// Names in a cycle, and what depends on them, come last, sorted. A dependency that is no name is ignored.
pub(super) fn order<'a>(
    dependencies: &BTreeMap<&'a str, BTreeSet<&'a str>>,
) -> (Vec<&'a str>, Vec<&'a str>) {
    let mut missing: BTreeMap<&str, usize> = BTreeMap::new();
    let mut dependents: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (&name, needed) in dependencies {
        let needed = needed.iter().filter(|needed| dependencies.contains_key(**needed));
        missing.insert(name, needed.clone().count());
        for &needed in needed {
            dependents.entry(needed).or_default().push(name);
        }
    }
    let is_ready = |(&name, &count): (&&'a str, &usize)| (count == 0).then_some(name);
    let mut ready: BTreeSet<&str> = missing.iter().filter_map(is_ready).collect();
    let mut ordered = Vec::new();
    while let Some(name) = ready.pop_first() {
        ordered.push(name);
        missing.remove(name);
        for &dependent in dependents.get(name).into_iter().flatten() {
            if let Some(count) = missing.get_mut(dependent) {
                *count -= 1;
                if *count == 0 {
                    ready.insert(dependent);
                }
            }
        }
    }
    let cyclic: Vec<&str> = missing.into_keys().collect();
    ordered.extend(&cyclic);
    (ordered, cyclic)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(edges: &[(&'static str, &[&'static str])], ordered: &[&str], cyclic: &[&str]) {
        let dependencies =
            edges.iter().map(|(name, needed)| (*name, needed.iter().copied().collect())).collect();
        assert_eq!(order(&dependencies), (ordered.to_vec(), cyclic.to_vec()));
    }

    #[test]
    fn what_is_needed_comes_first() {
        check(&[("a", &["c"]), ("b", &[]), ("c", &["b"])], &["b", "c", "a"], &[]);
    }

    #[test]
    fn what_needs_nothing_is_sorted() {
        check(&[("a", &[]), ("b", &[]), ("c", &[])], &["a", "b", "c"], &[]);
    }

    #[test]
    fn unknown_needs_are_ignored() {
        check(&[("a", &["x"])], &["a"], &[]);
    }

    #[test]
    fn cycles_come_last() {
        check(&[("a", &["b"]), ("b", &["a"]), ("c", &[])], &["c", "a", "b"], &["a", "b"]);
        check(&[("a", &["a"])], &["a"], &["a"]);
    }
}
