//! Parts of identifiers that are made up when the template gives none: each has a rule, or a reason why there is none.

use std::collections::{BTreeMap, BTreeSet};

use crate::rules::of;

#[test]
fn every_optional_name_has_a_rule_or_a_reason() {
    let fields = |line: &'static str| -> Vec<&'static str> { line.split('\t').collect() };
    let rows = |text: &'static str| text.lines().filter(|line| !line.starts_with('#')).map(fields);
    let reasons: BTreeMap<(&str, &str), &str> =
        rows(include_str!("../../../data/overrides/unnamed.tsv"))
            .map(|row| ((row[0], row[1]), row[2]))
            .collect();
    let mut optional = BTreeSet::new();
    for row in rows(include_str!("../../../data/optional-names.tsv")) {
        let (name, property) = (row[0], row[1]);
        let rule = of(name).and_then(|rules| rules.name.as_ref());
        let has_rule = rule.is_some_and(|rule| rule.property.as_deref() == Some(property));
        let has_reason = reasons.contains_key(&(name, property));
        assert!(has_rule != has_reason, "{name} {property}: rule {has_rule}, reason {has_reason}");
        optional.insert((name, property));
    }
    assert!(optional.len() > 200, "only {}", optional.len());
    for (of, reason) in reasons {
        assert!(optional.contains(&of), "{of:?} is no optional name");
        assert!(["no name", "not known"].iter().any(|start| reason.starts_with(start)), "{of:?}");
    }
}
