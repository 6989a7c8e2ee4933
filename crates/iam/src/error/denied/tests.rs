//! The messages are AWS's, as its services write them; only names and numbers are others.

use stackpass_ground::source::Source;
use stackpass_policy::read::read;

use super::*;

const ANN: &str = "User: arn:aws:iam::111122223333:user/ann is not authorized to perform: ";

#[track_caller]
fn check(message: &str, expected: &str) {
    assert_eq!(Denied::parse(message).help("iam:GetPolicy"), expected);
}

/// A missing permission: the policy of the hint is one, and allows the action on the resource.
#[track_caller]
fn check_allowed(message: &str, action: &str, resource: &str) {
    let help = Denied::parse(message).help("iam:GetPolicy");
    let (_, policy) = help.split_once(" with the policy ").unwrap_or_else(|| panic!("{help}"));
    let (document, problems) = read(&Source::new("hint", policy));
    assert!(problems.is_empty(), "{help}: {problems:?}");
    let expected = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"{action}","Resource":"{resource}"}}]}}"#
    );
    assert_eq!((policy, document.unwrap().statements.len()), (expected.as_str(), 1));
}

#[test]
fn missing_permission_is_mended_by_a_policy_with_an_arn() {
    for (named, arn) in [
        ("role deploy", "role/deploy"),
        ("user ci", "user/ci"),
        ("group team", "group/team"),
        ("policy deploy-app", "policy/deploy-app"),
        ("policy arn:aws:iam::111122223333:policy/x/deploy-app", "policy/x/deploy-app"),
        ("instance profile web", "instance-profile/web"),
        ("arn:aws:iam::111122223333:oidc-provider/a.example", "oidc-provider/a.example"),
        ("\"arn:aws:iam::111122223333:role/x\"", "role/x"),
    ] {
        let message = format!(
            "{ANN}iam:GetRole on resource: {named} because no identity-based policy allows the \
             iam:GetRole action"
        );
        let arn = format!("arn:aws:iam::111122223333:{arn}");
        check_allowed(&message, "iam:GetRole", &arn);
        check_allowed(&format!("{ANN}iam:GetRole on resource: {named}"), "iam:GetRole", &arn);
    }
}

#[test]
fn partition_is_that_of_the_caller() {
    check_allowed(
        "User: arn:aws-cn:sts::111122223333:assumed-role/ci/run-7 is not authorized to perform: \
         iam:CreatePolicy on resource: policy app because no identity-based policy allows the \
         iam:CreatePolicy action. Go to https://console.example for complete details",
        "iam:CreatePolicy",
        "arn:aws-cn:iam::111122223333:policy/app",
    );
}

#[test]
fn what_no_policy_could_name_is_every_resource() {
    for resource in ["", " on resource: *", " on resource: null", " on resource: role"] {
        check_allowed(&format!("{ANN}iam:ListRoles{resource}"), "iam:ListRoles", "*");
    }
    let nobody = "User: anonymous is not authorized to perform: iam:GetRole on resource: role x";
    check_allowed(nobody, "iam:GetRole", "*");
    check_allowed("Access denied", "iam:GetPolicy", "*");
}

#[test]
fn holder_of_the_missing_policy_is_named() {
    let help = |caller: &str| Denied::parse(&format!("User: {caller} is not")).help("iam:GetRole");
    let check = |caller: &str, expected: &str| {
        let help = help(caller);
        assert!(help.starts_with(&format!("allow it to {expected} with the policy")), "{help}");
    };
    check("arn:aws:iam::111122223333:user/a/b/ann", "the user `ann`");
    check("arn:aws:iam::111122223333:user/ann", "the user `ann`");
    check("arn:aws:sts::111122223333:assumed-role/ci/run-7", "the role `ci`");
    check("arn:aws:iam::111122223333:role/HR", "the role `HR`");
    check("arn:aws:iam::111122223333:root", "the caller");
}

#[test]
fn deny_is_never_mended_by_an_allow() {
    let kinds = [
        ("an identity-based policy", PolicyKind::Identity),
        ("a permissions boundary", PolicyKind::Boundary),
        ("a session policy", PolicyKind::Session),
        ("a sessions policy", PolicyKind::Session),
        ("a service control policy", PolicyKind::ServiceControl),
        ("a resource control policy", PolicyKind::ResourceControl),
        ("a resource-based policy", PolicyKind::Resource),
        ("the role trust policy", PolicyKind::Trust),
        ("a VPC endpoint policy", PolicyKind::Endpoint),
        (
            "a VPC endpoint policy transitively through a service control policy",
            PolicyKind::ServiceControl,
        ),
    ];
    for resource in ["", " on resource: role deploy"] {
        for (words, kind) in kinds {
            let message = format!("{ANN}iam:GetRole{resource} with an explicit deny in {words}");
            let arn = "arn:aws:organizations::444455556666:policy/o-1/service_control_policy/p-1";
            for (end, policy) in [("", None), (&format!(": {arn}"), Some(arn))] {
                let denied = Denied::parse(&format!("{message}{end}"));
                let found = (denied.how, denied.by, denied.policy.as_deref());
                assert_eq!(found, (How::Explicitly, Some(kind), policy), "{message}");
                let help = denied.help("iam:GetRole");
                assert!(help.contains(" denies `iam:GetRole`"), "{help}");
                assert!(!help.contains("Allow"), "{help}");
            }
        }
        let message = format!("{ANN}iam:GetRole{resource} with an explicit deny");
        let help = Denied::parse(&message).help("iam:GetRole");
        assert!(help.contains("look for a `Deny`") && !help.contains("Allow"), "{help}");
    }
}

#[test]
fn help_says_which_policy_denies_and_who_can_change_it() {
    check(
        &format!(
            "{ANN}iam:GetRole on resource: role x with an explicit deny in an identity-based policy"
        ),
        "a policy of the user `ann` denies `iam:GetRole`, and no policy of the caller can allow \
         it: whoever manages IAM in account 111122223333 can change it",
    );
    check(
        &format!(
            "{ANN}iam:CreatePolicyVersion on resource: policy arn:aws:iam::111122223333:policy/x \
             with an explicit deny in a permissions boundary: arn:aws:iam::111122223333:policy/Limit"
        ),
        "the permissions boundary of the user `ann` (`arn:aws:iam::111122223333:policy/Limit`) \
         denies `iam:CreatePolicyVersion`, and no policy of the caller can allow it: whoever \
         manages IAM in account 111122223333 can change it, or set another one",
    );
    check(
        &format!("{ANN}iam:ListRoles with an explicit deny in a service control policy"),
        "a service control policy of the organization denies `iam:ListRoles`, and no policy of \
         the caller can allow it: only who manages the organization's policies can change it",
    );
}

#[test]
fn what_limits_the_caller_has_to_allow_it_itself() {
    for (words, subject) in [
        ("permissions boundary", "the permissions boundary of the user `ann`"),
        ("session policy", "the policy of this session"),
        ("service control policy", "a service control policy of the organization"),
        ("VPC endpoint policy", "the policy of the VPC endpoint"),
        ("resource-based policy", "the policy of the resource"),
        ("role trust policy", "the trust policy of the role"),
    ] {
        let message = format!(
            "{ANN}iam:GetRole on resource: role x because no {words} allows the iam:GetRole action"
        );
        let help = Denied::parse(&message).help("iam:GetRole");
        let expected = format!("{subject} does not allow `iam:GetRole`, and no policy");
        assert!(help.starts_with(&expected), "{help}");
        assert!(!help.contains("Allow"), "{help}");
    }
}
