//! What the derivation asks for: one action on resources, when conditions hold.

use std::collections::BTreeSet;

use crate::action::ActionPattern;
use crate::arn::ArnPattern;
use crate::condition::Conditions;
use crate::statement::Statement;

/// One action to allow on each of some resources. The unit that `minimize` and the re-check reason about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Grant {
    /// What.
    pub action: ActionPattern,
    /// On which resources; a grant on none grants nothing.
    pub resources: BTreeSet<ArnPattern>,
    /// When: all of them must hold.
    pub conditions: Conditions,
}

impl Grant {
    /// Makes a grant without conditions.
    pub fn new(action: ActionPattern, resources: impl IntoIterator<Item = ArnPattern>) -> Grant {
        Grant {
            action,
            resources: resources.into_iter().collect(),
            conditions: Conditions::default(),
        }
    }

    /// Adds conditions.
    #[must_use]
    pub fn with_conditions(self, conditions: Conditions) -> Grant {
        Grant { conditions, ..self }
    }
}

/// Writes each grant as a statement of its own, in the order given. A grant on no resource is left out.
pub fn statements(grants: impl IntoIterator<Item = Grant>) -> Vec<Statement> {
    grants
        .into_iter()
        .filter(|grant| !grant.resources.is_empty())
        .map(|grant| {
            Statement::allow([grant.action], grant.resources).with_conditions(grant.conditions)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grant_on_no_resource_makes_no_statement() {
        let action: ActionPattern = "s3:GetObject".parse().unwrap();
        let grants = [Grant::new(action.clone(), []), Grant::new(action, [ArnPattern::any()])];
        assert_eq!(statements(grants).len(), 1);
    }
}
