//! What a step is about, to find out which steps can get into each other's way.

use super::Step;
use crate::principal::Principal;
use crate::state::Tagged;

/// A policy, principal or provider, or a part of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Subject {
    thing: String,
    /// `None` for the whole of it.
    part: Option<String>,
}

impl Subject {
    fn whole(thing: &impl ToString) -> Subject {
        Subject { thing: thing.to_string(), part: None }
    }

    fn part(thing: &impl ToString, part: impl Into<String>) -> Subject {
        Subject { thing: thing.to_string(), part: Some(part.into()) }
    }

    /// Whether both are the same, or one is a part of the other.
    fn meets(&self, other: &Subject) -> bool {
        self.thing == other.thing
            && (self.part.is_none() || other.part.is_none() || self.part == other.part)
    }

    /// Whether the step changes this.
    pub(crate) fn is_changed_by(&self, step: &Step) -> bool {
        subjects(step).iter().any(|subject| subject.meets(self))
    }
}

/// What the fact of a step is about: the first of what it changes.
pub(crate) fn subject(step: &Step) -> Option<Subject> {
    subjects(step).into_iter().next()
}

fn subjects(step: &Step) -> Vec<Subject> {
    match step {
        Step::CreateProvider { arn, .. }
        | Step::DeleteProvider { arn }
        | Step::CreatePolicy { arn, .. }
        | Step::DeletePolicy { arn } => vec![Subject::whole(arn)],
        Step::AddClientId { arn, client_id } | Step::RemoveClientId { arn, client_id } => {
            vec![Subject::part(arn, format!("audience {client_id}"))]
        }
        Step::CreateVersion { arn, .. } => {
            vec![Subject::part(arn, "in force"), Subject::part(arn, "versions")]
        }
        Step::SetDefault { arn, .. } => vec![Subject::part(arn, "in force")],
        Step::RestoreVersion { arn, .. } | Step::DeleteVersion { arn, .. } => {
            vec![Subject::part(arn, "versions")]
        }
        Step::Tag { on, .. } | Step::Untag { on, .. } => match on {
            Tagged::Policy(arn) | Tagged::Provider(arn) => vec![Subject::part(arn, "tags")],
            Tagged::Role(name) => vec![Subject::part(&Principal::role(name), "tags")],
        },
        Step::CreateRole { name, .. } | Step::DeleteRole { name } => {
            vec![Subject::whole(&Principal::role(name))]
        }
        Step::UpdateTrust { role, .. } => vec![Subject::part(&Principal::role(role), "trust")],
        Step::UpdateRole { role, .. } => vec![Subject::part(&Principal::role(role), "description")],
        Step::PutBoundary { principal, .. } | Step::DeleteBoundary { principal } => {
            vec![Subject::part(principal, "boundary")]
        }
        Step::Attach { principal, policy } | Step::Detach { principal, policy } => vec![
            Subject::part(principal, format!("attached {policy}")),
            Subject::part(policy, "holders"),
        ],
        Step::PutInline { principal, name, .. } | Step::DeleteInline { principal, name } => {
            vec![Subject::part(principal, format!("inline {name}"))]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attach(role: &str, policy: &str) -> Step {
        Step::Attach { principal: Principal::role(role), policy: policy.to_owned() }
    }

    fn is_changed(step: &Step, by: &Step) -> bool {
        subject(step).unwrap().is_changed_by(by)
    }

    #[test]
    fn whole_thing_is_changed_with_each_of_its_parts() {
        let policy = Step::DeletePolicy { arn: "p".to_owned() };
        assert!(is_changed(&policy, &attach("a", "p")));
        assert!(!is_changed(&policy, &attach("a", "q")));
        let role = Step::DeleteRole { name: "a".to_owned() };
        assert!(is_changed(&role, &attach("a", "q")));
        assert!(is_changed(&attach("a", "p"), &role));
    }

    #[test]
    fn other_part_of_the_same_thing_is_no_change() {
        assert!(!is_changed(&attach("a", "p"), &attach("a", "q")));
        assert!(!is_changed(&attach("a", "p"), &attach("b", "p")));
        assert!(is_changed(&attach("a", "p"), &attach("a", "p")));
    }
}
