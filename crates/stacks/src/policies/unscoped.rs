//! What could not be scoped, by reason.

use std::collections::BTreeMap;

use stackpass_policy::action::Action;

use crate::need::{Need, Scoping};

/// Actions that are allowed on more than the deployment's own resources, for one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unscoped {
    /// The reason; never [`Scoping::Named`].
    pub scoping: Scoping,
    /// The reason, for people.
    pub message: &'static str,
    /// The actions, sorted as texts.
    pub actions: Vec<Action>,
}

/// Groups actions by the reason for which they could not be scoped. First what the user can do something about.
pub fn unscoped<'a>(needs: impl IntoIterator<Item = &'a Need>) -> Vec<Unscoped> {
    let mut reasons: BTreeMap<usize, (Unscoped, BTreeMap<&str, &Action>)> = BTreeMap::new();
    for need in needs {
        let Some((rank, message)) = reason(&need.scoping) else { continue };
        let first = || {
            let scoping = need.scoping.clone();
            (Unscoped { scoping, message, actions: Vec::new() }, BTreeMap::new())
        };
        let (_, actions) = reasons.entry(rank).or_insert_with(first);
        actions.insert(need.action.as_str(), &need.action);
    }
    let with_actions = |(unscoped, actions): (Unscoped, BTreeMap<&str, &Action>)| Unscoped {
        actions: actions.into_values().cloned().collect(),
        ..unscoped
    };
    reasons.into_values().map(with_actions).collect()
}

/// Where a reason stands among the others, and what it is.
fn reason(scoping: &Scoping) -> Option<(usize, &'static str)> {
    Some(match scoping {
        Scoping::Named => return None,
        Scoping::UnknownStackName => (0, "stack name not given"),
        Scoping::OutOfReach => (1, "name follows from itself or from too many others"),
        Scoping::UnknownValue => (2, "name not known before the deployment"),
        Scoping::AnyOfType => (3, "nothing tells which resources of the type are meant"),
        Scoping::GeneratedId => (4, "identifier made by the service"),
        Scoping::UnknownAlgorithm => (5, "the algorithm of the generated name is not known"),
        Scoping::NoResourceLevel => (6, "no resource-level permission in IAM"),
    })
}
