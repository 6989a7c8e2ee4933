//! The codes of what to know about an answer before it is used.

use stackpass_ground::codes;

codes! {
    /// What to know about a policy.
    pub(crate) FINDINGS {
        /// A policy works in every account that it is put into.
        ANY_ACCOUNT = "any-account";
        /// A policy demands a boundary of new roles and leaves those that exist as they are.
        BOUNDARY = "boundary";
        /// Who has all actions of a service can come to everything.
        ESCALATION = "escalation";
        /// A policy grants everything.
        EVERYTHING = "everything";
        /// A name is that of a set of services and of a service, and is taken for the set.
        NAMESAKE = "namesake";
        /// Who may make roles and pass them can come to any permission.
        ROLES = "roles";
        /// CloudFormation acts with a role of its own, so only that role needs most of the policy.
        TWO_HOLDERS = "two-holders";
    }
}
