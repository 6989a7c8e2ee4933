//! What a person is told of how closely a need could be scoped.

use stackpass_stacks::need::Scoping;

/// Why a need could not be scoped, if it could not.
pub(super) fn reason(scoping: &Scoping) -> Option<&'static str> {
    match scoping {
        Scoping::Named => None,
        Scoping::NoResourceLevel => Some("no resource-level permission in IAM"),
        Scoping::GeneratedId => Some("the service makes the identifier"),
        Scoping::UnknownAlgorithm => Some("how the name is generated is not known"),
        Scoping::UnknownValue => Some("the name is not known before the deployment"),
        Scoping::UnknownStackName => Some("the stack's name was not given (--stack-name)"),
        Scoping::OutOfReach => Some("the name follows from itself or from too many others"),
        Scoping::AnyOfType => Some("nothing tells which resources of the type are meant"),
    }
}

/// The options that can do something about it, if any can.
pub(super) fn help(scoping: &Scoping) -> Option<&'static str> {
    match scoping {
        Scoping::UnknownStackName => Some("give it with `--stack-name`"),
        Scoping::UnknownValue => {
            Some("give the parameter that it follows from with `--parameter KEY=VALUE`")
        }
        _ => None,
    }
}
