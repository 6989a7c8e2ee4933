//! The codes of what to know about an answer before it is used.

use stackpass_ground::codes;

codes! {
    /// What to know about a policy, and why its permissions are not bounded more closely.
    pub(crate) FINDINGS {
        /// A policy works in every account that it is put into.
        ANY_ACCOUNT = "any-account";
        /// Nothing tells which resources of the type are meant, so all are.
        ANY_OF_TYPE = "any-of-type";
        /// A policy demands a boundary of new roles and leaves those that exist as they are.
        BOUNDARY = "boundary";
        /// Who has all actions of a service can come to everything.
        ESCALATION = "escalation";
        /// A policy grants everything.
        EVERYTHING = "everything";
        /// The service makes the identifier, so all resources of the type are meant.
        GENERATED_ID = "generated-id";
        /// A name is that of a set of services and of a service, and is taken for the set.
        NAMESAKE = "namesake";
        /// IAM takes no resource for the action.
        NO_RESOURCE_LEVEL = "no-resource-level";
        /// Who may make roles and pass them can come to any permission.
        ROLES = "roles";
        /// CloudFormation acts with a role of its own, so only that role needs most of the policy.
        TWO_HOLDERS = "two-holders";
        /// A name is generated in a way that is not known.
        UNKNOWN_ALGORITHM = "unknown-algorithm";
        /// The name of the stack is not given, so names that begin with it are not known.
        UNKNOWN_STACK_NAME = "unknown-stack-name";
        /// A name is not known before the deployment.
        UNKNOWN_VALUE = "unknown-value";
    }
}
