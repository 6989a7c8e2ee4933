//! What could not be scoped, by reason: the findings of an answer.

use std::collections::{BTreeMap, BTreeSet};

use stackpass_ground::code::Code;
use stackpass_stacks::codes::OUT_OF_REACH;
use stackpass_stacks::need::{Need, Scoping};

use crate::codes;

/// Actions that are allowed on more than the deployment's own resources, for one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unscoped {
    /// The reason.
    pub(crate) code: Code,
    /// The reason, for people.
    pub(crate) message: &'static str,
    /// What can be done about it, if anything can.
    pub(crate) help: Option<&'static str>,
    /// The actions, sorted.
    pub(crate) actions: Vec<String>,
}

/// Groups actions by the reason for which they could not be scoped. First what the user can do something about.
pub(crate) fn unscoped(needs: &[&Need]) -> Vec<Unscoped> {
    let mut reasons: BTreeMap<(usize, Code), (Reason, BTreeSet<String>)> = BTreeMap::new();
    for need in needs {
        let Some(reason) = reason(&need.scoping) else { continue };
        let (_, actions) =
            reasons.entry((reason.rank, reason.code)).or_insert_with(|| (reason, BTreeSet::new()));
        actions.insert(need.action.to_string());
    }
    reasons
        .into_values()
        .map(|(reason, actions)| Unscoped {
            code: reason.code,
            message: reason.message,
            help: reason.help,
            actions: actions.into_iter().collect(),
        })
        .collect()
}

/// A reason, and where it stands among the others.
#[derive(Clone, Copy)]
struct Reason {
    rank: usize,
    code: Code,
    message: &'static str,
    help: Option<&'static str>,
}

fn reason(scoping: &Scoping) -> Option<Reason> {
    let (rank, code, message, help) = match scoping {
        Scoping::Named => return None,
        Scoping::UnknownStackName => (
            0,
            codes::UNKNOWN_STACK_NAME,
            "stack name not given",
            Some("give it with `--stack-name`"),
        ),
        Scoping::UnknownValue => (
            1,
            codes::UNKNOWN_VALUE,
            "name not known before the deployment",
            Some("give the parameter that it follows from with `--parameter KEY=VALUE`"),
        ),
        Scoping::OutOfReach => {
            (1, OUT_OF_REACH, "name follows from itself or from too many others", None)
        }
        Scoping::AnyOfType => {
            (2, codes::ANY_OF_TYPE, "nothing tells which resources of the type are meant", None)
        }
        Scoping::GeneratedId => (3, codes::GENERATED_ID, "identifier made by the service", None),
        Scoping::UnknownAlgorithm => {
            (4, codes::UNKNOWN_ALGORITHM, "the algorithm of the generated name is not known", None)
        }
        Scoping::NoResourceLevel => {
            (5, codes::NO_RESOURCE_LEVEL, "no resource-level permission in IAM", None)
        }
    };
    Some(Reason { rank, code, message, help })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::samples::need;

    #[test]
    fn actions_are_grouped_by_reason_and_what_helps_comes_first() {
        let vpcs = need("executor ec2:DescribeVpcs read *");
        let vpcs = Need { scoping: Scoping::NoResourceLevel, ..vpcs };
        let role = need("executor iam:CreateRole create arn:aws:iam::*:role/*");
        let role = Need { scoping: Scoping::UnknownStackName, ..role };
        let bucket = need("executor s3:CreateBucket create arn:aws:s3:::b");
        let found = unscoped(&[&vpcs, &vpcs, &role, &bucket]);
        let found: Vec<_> =
            found.iter().map(|reason| (reason.code, reason.actions.join(" "))).collect();
        assert_eq!(
            found,
            [
                (codes::UNKNOWN_STACK_NAME, "iam:CreateRole".to_owned()),
                (codes::NO_RESOURCE_LEVEL, "ec2:DescribeVpcs".to_owned()),
            ]
        );
    }
}
