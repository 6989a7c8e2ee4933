//! The codes of what is wrong with a policy.

use stackpass_ground::codes;

codes! {
    /// Problems of a policy.
    pub DIAGNOSTICS {
        /// What stands in `Action` or `NotAction` is no action.
        BAD_ACTION = "bad-action";
        /// A condition has a key that is none.
        BAD_CONDITION_KEY = "bad-condition-key";
        /// An effect is neither `Allow` nor `Deny`.
        BAD_EFFECT = "bad-effect";
        /// A principal is a text other than `*`.
        BAD_PRINCIPAL = "bad-principal";
        /// What stands in `Resource` or `NotResource` is neither an ARN nor `*`.
        BAD_RESOURCE = "bad-resource";
        /// A Sid has other characters than letters and digits, and is left out.
        BAD_SID = "bad-sid";
        /// The version is none of the policy language.
        BAD_VERSION = "bad-version";
        /// A statement has an element together with its negation, such as `Action` and `NotAction`.
        CONFLICTING_ELEMENTS = "conflicting-elements";
        /// A policy or statement lacks an element that it has to have.
        MISSING_ELEMENT = "missing-element";
        /// A policy or statement has an element that it cannot have.
        UNKNOWN_ELEMENT = "unknown-element";
        /// A condition has an operator that IAM does not have.
        UNKNOWN_OPERATOR = "unknown-operator";
        /// An element has a value of another kind than it takes.
        WRONG_TYPE = "wrong-type";
    }
}
