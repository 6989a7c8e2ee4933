//! What an action acts on, by how closely it could be named.

use std::collections::{BTreeMap, BTreeSet};

use stackpass_ground::arn::ArnPattern;

use crate::need::Scoping;
use crate::pattern::Pattern;

/// The ARNs of one scoping; none, for what is no ARN and so is given to nobody.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) scoping: Scoping,
    pub(super) arns: BTreeSet<ArnPattern>,
}

impl Target {
    fn unusable() -> Target {
        Target { scoping: Scoping::UnknownValue, arns: BTreeSet::new() }
    }
}

/// What an action acts on, the ARNs grouped by how closely they could be named.
#[derive(Clone, Debug, Default)]
pub(super) struct Targets(pub(super) Vec<Target>);

impl Targets {
    pub(super) fn of(patterns: impl IntoIterator<Item = Pattern>) -> Targets {
        let mut groups: BTreeMap<Scoping, BTreeSet<ArnPattern>> = BTreeMap::new();
        let mut unusable = false;
        for pattern in patterns {
            match pattern.arn() {
                Some(arn) => {
                    groups.entry(pattern.scoping().clone()).or_default().insert(arn);
                }
                None => unusable = true,
            }
        }
        let grouped = groups.into_iter();
        let grouped = grouped.map(|(scoping, arns)| Target { scoping, arns: widest(&arns) });
        Targets(grouped.chain(unusable.then(Target::unusable)).collect())
    }

    pub(super) fn merged(several: impl IntoIterator<Item = Targets>) -> Targets {
        let mut groups: BTreeMap<Scoping, BTreeSet<ArnPattern>> = BTreeMap::new();
        let mut unusable = false;
        for target in several.into_iter().flat_map(|targets| targets.0) {
            unusable |= target.arns.is_empty();
            if !target.arns.is_empty() {
                groups.entry(target.scoping).or_default().extend(target.arns);
            }
        }
        let grouped = groups.into_iter().map(|(scoping, arns)| Target { scoping, arns });
        Targets(grouped.chain(unusable.then(Target::unusable)).collect())
    }

    pub(super) fn everything(scoping: Scoping) -> Targets {
        Targets(vec![Target { scoping, arns: BTreeSet::from([ArnPattern::any()]) }])
    }
}

/// The ARNs without those that another one covers.
fn widest(arns: &BTreeSet<ArnPattern>) -> BTreeSet<ArnPattern> {
    let is_covered = |arn: &ArnPattern| arns.iter().any(|other| other != arn && other.covers(arn));
    arns.iter().filter(|arn| !is_covered(arn)).cloned().collect()
}
