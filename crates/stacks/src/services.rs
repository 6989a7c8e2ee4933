//! Full permission for chosen services: the sets of services behind the words that people use, and the policy of a choice.
//!
//! A choice names sets (`api`), services (`dynamodb`), or needs from which the services follow. Its policy has a statement for
//! CloudFormation, one for each set and service, and those for what any deployment calls beside them. Nothing here is least
//! privilege: whoever wants that takes the needs themselves.

mod choice;
mod plumbing;

use std::collections::BTreeSet;

use stackpass_ground::sorted_lines::field;
use stackpass_policy::statement::Sid;

pub use choice::{Choice, Origin, Part, Plumbing, Rest, parts};

/// A set a line: name, other names, Sid, services, what it is. In a template the first service of a set gives it away where the
/// name is marked; of several sets that hold a service, the first one in the file gets it.
const SETS: &str = include_str!("../data/service-sets.tsv");

/// What marks a set whose first service gives it away in a template.
const TELLTALE: char = '=';

/// Services that belong together, under the name that people use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServiceSet {
    line: &'static str,
}

/// Why a service is more than it looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Escalation {
    /// The prefix of the service.
    pub service: &'static str,
    /// What its full permission amounts to, as the end of a sentence.
    pub meaning: &'static str,
}

/// Services whose full permission is as good as all permissions, or reaches beyond the account.
const ESCALATIONS: [Escalation; 6] = [
    Escalation { service: "account", meaning: "closes the account and changes its contacts" },
    Escalation { service: "iam", meaning: "makes users and roles with any permission" },
    Escalation {
        service: "identitystore",
        meaning: "puts anybody into groups of the organization",
    },
    Escalation { service: "organizations", meaning: "rules over other accounts" },
    Escalation {
        service: "sso",
        meaning: "gives anybody any permission in accounts of the organization",
    },
    Escalation { service: "sts", meaning: "acts as any role that trusts the account" },
];

/// Gives all sets, in the order in which their statements stand in a policy.
pub fn sets() -> impl Iterator<Item = ServiceSet> {
    SETS.lines().map(|line| ServiceSet { line })
}

/// Finds a set by its name or another of its names, without regard to case.
///
/// ```
/// use stackpass_stacks::services::find;
///
/// assert_eq!(find("rest-api").map(|set| set.name()), Some("api"));
/// assert!(find("dynamodb").is_none(), "the prefix of a service is no set");
/// ```
pub fn find(name: &str) -> Option<ServiceSet> {
    sets().find(|set| set.names().any(|known| known.eq_ignore_ascii_case(name)))
}

/// Tells what is to be feared of the full permission of a service.
pub fn escalation(service: &str) -> Option<Escalation> {
    ESCALATIONS.into_iter().find(|escalation| escalation.service.eq_ignore_ascii_case(service))
}

impl ServiceSet {
    /// The name.
    pub fn name(self) -> &'static str {
        field(self.line, 0).trim_start_matches(TELLTALE)
    }

    /// What else it is called, sorted.
    pub fn other_names(self) -> impl Iterator<Item = &'static str> {
        field(self.line, 1).split(',').filter(|name| !name.is_empty())
    }

    /// The prefixes of its services; the first is what it is about.
    pub fn services(self) -> impl Iterator<Item = &'static str> {
        field(self.line, 3).split(',')
    }

    /// What it is, as a noun.
    pub fn meaning(self) -> &'static str {
        field(self.line, 4)
    }

    fn names(self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.name()).chain(self.other_names())
    }

    fn sid(self) -> Option<Sid> {
        field(self.line, 2).parse().ok()
    }

    /// Whether all its services are among those of another set.
    fn is_within(self, other: ServiceSet) -> bool {
        let others: BTreeSet<&str> = other.services().collect();
        self.services().all(|service| others.contains(service))
    }

    /// Whether a deployment that needs these services has it, as far as services tell.
    fn is_in(self, services: &BTreeSet<String>) -> bool {
        self.line.starts_with(TELLTALE)
            && self.services().next().is_some_and(|first| services.contains(first))
    }
}

#[cfg(test)]
mod tests;
