use std::collections::BTreeSet;

use stackpass_ground::source::Position;
use stackpass_policy::condition::Conditions;

use super::*;
use crate::need::{Hardness, Lifetime, Needs, Phase, Place, Scoping, Who, Why};

/// A need of `who action phase resource`.
fn need(text: &str) -> Need {
    let [who, action, phase, resource] = text.split(' ').collect::<Vec<_>>().try_into().unwrap();
    Need {
        who: if who == "caller" { Who::Caller } else { Who::Executor },
        action: action.parse().unwrap(),
        phase: if phase == "delete" { Phase::Delete } else { Phase::Create },
        resources: BTreeSet::from([resource.parse().unwrap()]),
        conditions: Conditions::new(),
        hardness: Hardness::Must,
        scoping: Scoping::Named,
        why: Why {
            stack: "app".to_owned(),
            resource: None,
            property: None,
            place: Place {
                file: "template.yaml".to_owned(),
                position: Position { line: 1, column: 1 },
            },
            evidence: Vec::new(),
        },
    }
}

fn names(policies: &[Policy]) -> Vec<&str> {
    policies.iter().map(|policy| policy.name.as_str()).collect()
}

#[test]
fn direct_mode_has_one_holder() {
    let needs = [
        need("caller cloudformation:CreateChangeSet create *"),
        need("executor s3:CreateBucket create arn:aws:s3:::b"),
    ];
    let check = |mode, expected: &[&str]| {
        assert_eq!(names(&policies(&needs, mode, &Limits::MANAGED).unwrap()), expected, "{mode}");
    };
    check(Mode::Direct, &["deploy"]);
    check(Mode::ServiceRole, &["caller", "executor"]);
    check(Mode::Bootstrap, &["caller", "executor"]);
}

#[test]
fn holder_that_needs_nothing_has_no_policy() {
    let needs = [need("executor s3:CreateBucket create arn:aws:s3:::b")];
    let policies = policies(&needs, Mode::ServiceRole, &Limits::MANAGED).unwrap();
    assert_eq!(names(&policies), ["executor"]);
}

#[test]
fn what_is_too_large_is_split_or_refused() {
    let needs: Vec<Need> = (0..200)
        .map(|number| need(&format!("executor s3:CreateBucket create arn:aws:s3:::{number:0>60}")))
        .collect();
    let split = policies(&needs, Mode::ServiceRole, &Limits::MANAGED).unwrap();
    assert_eq!(names(&split), ["executor", "executor-2", "executor-3"]);
    let error = policies(&needs, Mode::ServiceRole, &Limits::USER_INLINE).unwrap_err();
    assert_eq!(error.holder, Holder::Executor);
    assert!(matches!(error.cause, MinimizeError::TooLarge { allowed: 2_048, .. }), "{error:?}");
}

#[test]
fn selection_is_by_side_lifetime_and_hardness() {
    let caller = need("caller s3:PutObject create *");
    let delete = need("executor s3:DeleteBucket delete arn:aws:s3:::b");
    let soft = need("executor s3:GetBucketTagging create arn:aws:s3:::b");
    let soft = Need { hardness: Hardness::Soft, ..soft };
    let feature = need("executor s3:GetBucketAcl create arn:aws:s3:::b");
    let feature = Need { hardness: Hardness::Feature, ..feature };
    let needs = Needs { needs: vec![caller, delete, soft, feature], gaps: Vec::new() };
    let check = |selection: NeedSelection, expected: &[usize]| {
        let expected: Vec<&Need> = expected.iter().map(|&index| &needs.needs[index]).collect();
        assert_eq!(selection.of(&needs), expected, "{selection:?}");
    };
    let all = NeedSelection::DEPLOYMENT;
    check(all, &[0, 1, 2]);
    check(NeedSelection { softest: Hardness::Must, ..all }, &[0, 1]);
    check(NeedSelection { softest: Hardness::Feature, ..all }, &[0, 1, 2, 3]);
    check(NeedSelection { lifetime: Lifetime::First, ..all }, &[0, 2]);
    check(NeedSelection { who: Some(Who::Executor), ..all }, &[1, 2]);
}

#[test]
fn actions_are_grouped_by_reason_and_what_helps_comes_first() {
    let vpcs = need("executor ec2:DescribeVpcs create *");
    let vpcs = Need { scoping: Scoping::NoResourceLevel, ..vpcs };
    let role = need("executor iam:CreateRole create arn:aws:iam::*:role/*");
    let role = Need { scoping: Scoping::UnknownStackName, ..role };
    let bucket = need("executor s3:CreateBucket create arn:aws:s3:::b");
    let found = unscoped([&vpcs, &vpcs, &role, &bucket]);
    let found: Vec<String> =
        found.iter().map(|it| format!("{}: {:?}", it.scoping, it.actions)).collect();
    assert_eq!(
        found,
        [r#"unknown-stack-name: ["iam:CreateRole"]"#, r#"no-resource-level: ["ec2:DescribeVpcs"]"#]
    );
}
