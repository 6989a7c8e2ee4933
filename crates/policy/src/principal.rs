//! Who a statement of a resource policy or trust policy is about.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// The value of a `Principal` or `NotPrincipal` element.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Principal {
    /// `"*"`: anyone, without credentials too.
    Anyone,
    /// A mapping of kinds to names.
    Named(BTreeMap<PrincipalKind, BTreeSet<String>>),
}

/// The kinds of principals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PrincipalKind {
    /// `AWS`: accounts, roles, users, sessions; account ids or ARNs, or `*`.
    Aws,
    /// `CanonicalUser`: the canonical id of an account, in S3 only.
    CanonicalUser,
    /// `Federated`: identity providers.
    Federated,
    /// `Service`: AWS services, `lambda.amazonaws.com` for one.
    Service,
}

impl Principal {
    /// Makes a principal of one kind and one name.
    pub fn one(kind: PrincipalKind, name: impl Into<String>) -> Principal {
        Principal::Named(BTreeMap::from([(kind, BTreeSet::from([name.into()]))]))
    }
}

impl PrincipalKind {
    /// All kinds, in the order of their names.
    pub const ALL: [PrincipalKind; 4] = [
        PrincipalKind::Aws,
        PrincipalKind::CanonicalUser,
        PrincipalKind::Federated,
        PrincipalKind::Service,
    ];

    /// The kind's name in a policy, `AWS` for one.
    pub fn name(self) -> &'static str {
        match self {
            PrincipalKind::Aws => "AWS",
            PrincipalKind::CanonicalUser => "CanonicalUser",
            PrincipalKind::Federated => "Federated",
            PrincipalKind::Service => "Service",
        }
    }
}

impl fmt::Display for PrincipalKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
