//! What any deployment calls beside the services that it is about.

use stackpass_ground::sorted_lines::field;
use stackpass_policy::statement::{Sid, Statement};

/// A statement a line: Sid, actions, resources, reason.
const PLUMBING: &str = include_str!("../../data/service-plumbing.tsv");

/// What marks a statement that nobody needs who knows the template: its services are found there.
const SHOWN: char = '-';

/// What stands for the partition.
const PARTITION: char = '@';

/// A statement of what any deployment calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pipe {
    /// The statement.
    pub(super) statement: Statement,
    /// What it is for, as a sentence.
    pub(super) reason: &'static str,
    /// Whether a template shows the need, so that it is not needed beside one.
    pub(super) is_shown: bool,
}

/// Gives the statements, sorted by their names; an unknown partition is any.
pub(super) fn pipes(partition: Option<&str>) -> Vec<Pipe> {
    PLUMBING.lines().filter_map(|line| pipe(line, partition.unwrap_or("*"))).collect()
}

fn pipe(line: &'static str, partition: &str) -> Option<Pipe> {
    let name = field(line, 0);
    let sid: Sid = name.trim_start_matches(SHOWN).parse().ok()?;
    let actions: Result<Vec<_>, _> = field(line, 1).split(',').map(str::parse).collect();
    let resources: Result<Vec<_>, _> =
        field(line, 2).split(',').map(|arn| arn.replace(PARTITION, partition).parse()).collect();
    Some(Pipe {
        statement: Statement::allow(actions.ok()?, resources.ok()?).with_sid(sid),
        reason: field(line, 3),
        is_shown: name.starts_with(SHOWN),
    })
}

#[cfg(test)]
mod tests {
    use stackpass_policy::catalogue;

    use super::*;

    #[test]
    fn every_line_is_read_and_sorted() {
        let lines: Vec<&str> = PLUMBING.lines().collect();
        assert_eq!(pipes(None).len(), lines.len());
        let names = pipes(None).into_iter().map(|pipe| pipe.statement.sid);
        assert!(names.is_sorted());
    }

    #[test]
    fn every_action_exists_and_takes_the_resources_it_is_given() {
        for line in PLUMBING.lines() {
            for action in field(line, 1).split(',') {
                let (service, name) = action.split_once(':').unwrap();
                let facts = catalogue::action(service, name).expect(action);
                let formats: Vec<&str> =
                    facts.resource_types().flat_map(|(of, _)| of.arns()).collect();
                // An action without resource types works with `*` only.
                assert!(!formats.is_empty() || field(line, 2) == "*", "{action}");
            }
        }
    }

    #[test]
    fn roles_can_be_managed_and_nobody_else() {
        let kinds = ["instance-profile", "policy", "role"];
        let roles = PLUMBING.lines().find(|line| line.starts_with("ManageRoles")).unwrap();
        for action in field(roles, 1).split(',') {
            let (service, name) = action.split_once(':').unwrap();
            let facts = catalogue::action(service, name).unwrap();
            assert!(
                facts.resource_types().all(|(of, _)| kinds.contains(&of.name())),
                "{action} is about more than roles"
            );
        }
    }
}
