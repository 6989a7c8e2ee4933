//! What a change of an input, or of policies, adds and removes.

use std::collections::{BTreeMap, BTreeSet};

use stackpass_ground::arn::ArnPattern;
use stackpass_policy::action::Action;
use stackpass_policy::catalogue::{AccessLevel, ActionFacts};
use stackpass_policy::compare::{Gain, Holder, change};
use stackpass_policy::condition::Conditions;
use stackpass_policy::contains::contains;
use stackpass_policy::document::Document;
use stackpass_policy::grant::{Grant, statements};
use stackpass_stacks::need::{Gap, Need, Phase, ResourceRef, Scoping, Who};

use crate::gain::{Limits, grants, is_about, manages_permissions, matched, passes_role};

/// What differs between two sides.
#[derive(Debug, Default)]
pub(crate) struct Difference<'a> {
    /// What only the new side has.
    pub(crate) added: Vec<Change<'a>>,
    /// What only the old side has.
    pub(crate) removed: Vec<Change<'a>>,
    /// What only the new side could not work out.
    pub(crate) new_gaps: Vec<&'a Gap>,
    /// What only the old side could not work out.
    pub(crate) gone_gaps: Vec<&'a Gap>,
}

/// One permission that comes or goes.
#[derive(Clone, Debug)]
pub(crate) struct Change<'a> {
    /// What is allowed.
    pub(crate) grant: Grant,
    /// What of it is not; nothing for a need.
    pub(crate) limits: Limits,
    /// The need behind it; a change of a policy has none.
    pub(crate) need: Option<&'a Need>,
    /// The phases that come or go; none for a policy.
    pub(crate) phases: BTreeSet<Phase>,
    /// Whether the other side has the permission for another reason.
    pub(crate) permission: Permission,
    /// What to look at.
    pub(crate) risks: Vec<Risk>,
}

/// Whether a change of reasons is one of permissions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Permission {
    /// Only this side has it.
    Differs,
    /// The other side has it too, for another reason.
    Same,
}

/// Why a permission deserves a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Risk {
    /// A role is given to a service, which can then do what the role can.
    PassesRole,
    /// Who may do what is changed.
    ManagesPermissions,
    /// Something is changed, and nothing says which.
    AnyResource,
}

impl Risk {
    /// A stable kebab-case name.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Risk::PassesRole => "passes-role",
            Risk::ManagesPermissions => "manages-permissions",
            Risk::AnyResource => "any-resource",
        }
    }

    /// The same for people.
    pub(crate) fn meaning(self) -> &'static str {
        match self {
            Risk::PassesRole => "passes a role",
            Risk::ManagesPermissions => "manages permissions",
            Risk::AnyResource => "changes any resource",
        }
    }
}

impl Difference<'_> {
    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.added.is_empty()
            && self.removed.is_empty()
            && self.new_gaps.is_empty()
            && self.gone_gaps.is_empty()
    }

    /// How many of some changes are of permissions.
    pub(crate) fn permissions(changes: &[Change<'_>]) -> usize {
        changes.iter().filter(|change| change.permission == Permission::Differs).count()
    }
}

/// What makes a need the same one: its place may move, its evidence may be told better, the property may be another.
type Key<'a> =
    (Who, &'a Action, &'a BTreeSet<ArnPattern>, &'a Conditions, &'a str, Option<&'a ResourceRef>);

/// Compares two sides need by need. The needs are sorted, and so is the answer: first what changes permissions, then by action.
pub(crate) fn of_needs<'a>(
    old: (&[&'a Need], &'a [Gap]),
    new: (&[&'a Need], &'a [Gap]),
) -> Difference<'a> {
    Difference {
        added: only(new.0, old.0),
        removed: only(old.0, new.0),
        new_gaps: only_gaps(new.1, old.1),
        gone_gaps: only_gaps(old.1, new.1),
    }
}

/// Compares what two policies allow.
pub(crate) fn of_policies(old: &Document, new: &Document) -> Difference<'static> {
    let holder = |policy| Holder { policies: vec![policy], boundary: None };
    let difference = change(&holder(old), &holder(new));
    let changes = |gains: Vec<Gain>| {
        let mut changes: Vec<Change<'static>> =
            gains.iter().flat_map(grants).map(of_grant).collect();
        sort(&mut changes);
        changes
    };
    Difference {
        added: changes(difference.added),
        removed: changes(difference.removed),
        ..Difference::default()
    }
}

fn key(need: &Need) -> Key<'_> {
    let why = &need.why;
    (need.who, &need.action, &need.resources, &need.conditions, &why.stack, why.resource.as_ref())
}

/// The needs of one side that the other has not, those that differ in nothing but the phase as one.
fn only<'a>(these: &[&'a Need], others: &[&'a Need]) -> Vec<Change<'a>> {
    let known: BTreeSet<(Key<'_>, Phase)> =
        others.iter().map(|need| (key(need), need.phase)).collect();
    let mut found: BTreeMap<Key<'_>, (&'a Need, BTreeSet<Phase>)> = BTreeMap::new();
    for &need in these {
        if !known.contains(&(key(need), need.phase)) {
            found.entry(key(need)).or_insert_with(|| (need, BTreeSet::new())).1.insert(need.phase);
        }
    }
    let permitted = permitted(others);
    let mut changes: Vec<Change<'a>> = found
        .into_values()
        .map(|(need, phases)| {
            let grant = need.grant();
            let is_covered = permitted
                .get(&(need.who, &need.action))
                .is_some_and(|document| contains(document, &grant));
            let permission = if is_covered { Permission::Same } else { Permission::Differs };
            let limits = Limits::default();
            let risks = risks(&grant, &limits, Some(&need.scoping));
            Change { grant, limits, need: Some(need), phases, permission, risks }
        })
        .collect();
    sort(&mut changes);
    changes
}

/// Sorts changes by what deserves a look. The sort is stable: what is equal here stays in the order that it had.
fn sort(changes: &mut [Change<'_>]) {
    let key =
        |change: &Change<'_>| (change.permission == Permission::Same, change.risks.is_empty());
    changes.sort_by(|one, other| {
        key(one).cmp(&key(other)).then_with(|| one.grant.action.cmp(&other.grant.action))
    });
}

/// What each action is needed on, as policies.
fn permitted<'a>(needs: &[&'a Need]) -> BTreeMap<(Who, &'a Action), Document> {
    let mut grants: BTreeMap<(Who, &Action), BTreeSet<Grant>> = BTreeMap::new();
    for need in needs {
        grants.entry((need.who, &need.action)).or_default().insert(need.grant());
    }
    grants.into_iter().map(|(key, grants)| (key, Document::new(statements(grants)))).collect()
}

fn only_gaps<'a>(these: &'a [Gap], others: &'a [Gap]) -> Vec<&'a Gap> {
    fn key(gap: &Gap) -> (&str, &str, Option<&ResourceRef>, &str) {
        (gap.code.as_str(), &gap.stack, gap.resource.as_ref(), &gap.message)
    }
    let known: BTreeSet<_> = others.iter().map(key).collect();
    let mut seen = BTreeSet::new();
    these.iter().filter(|gap| !known.contains(&key(gap)) && seen.insert(key(gap))).collect()
}

fn of_grant((grant, limits): (Grant, Limits)) -> Change<'static> {
    let risks = risks(&grant, &limits, None);
    let permission = Permission::Differs;
    Change { grant, limits, need: None, phases: BTreeSet::new(), permission, risks }
}

/// What to look at. What is only read is no risk to the account, even if nothing says what it is.
fn risks(grant: &Grant, limits: &Limits, scoping: Option<&Scoping>) -> Vec<Risk> {
    let mut risks = BTreeSet::new();
    let is_left = |facts: &ActionFacts| !limits.actions.iter().any(|it| is_about(it, *facts));
    for facts in matched(&grant.action).into_iter().filter(is_left) {
        if passes_role(facts) {
            risks.insert(Risk::PassesRole);
        }
        let levels: Vec<AccessLevel> = facts.access_levels().collect();
        if manages_permissions(facts) {
            risks.insert(Risk::ManagesPermissions);
        }
        let changes = levels.iter().any(|it| !matches!(it, AccessLevel::List | AccessLevel::Read));
        if changes && is_any(grant, scoping) {
            risks.insert(Risk::AnyResource);
        }
    }
    risks.into_iter().collect()
}

/// Whether the resources are any of their kind, for want of a name.
fn is_any(grant: &Grant, scoping: Option<&Scoping>) -> bool {
    match scoping {
        Some(
            Scoping::Named
            | Scoping::GeneratedId
            | Scoping::UnknownAlgorithm
            | Scoping::UnknownStackName,
        ) => false,
        Some(
            Scoping::NoResourceLevel
            | Scoping::UnknownValue
            | Scoping::AnyOfType
            | Scoping::OutOfReach,
        ) => true,
        None => grant.resources.iter().any(ArnPattern::is_any),
    }
}

#[cfg(test)]
mod tests {
    use stackpass_ground::source::Position;

    use super::*;
    use crate::view::samples::{gap, need};

    fn shown(changes: &[Change<'_>]) -> Vec<String> {
        let line = |change: &Change<'_>| {
            let phases: Vec<String> = change.phases.iter().map(Phase::to_string).collect();
            let risks: Vec<&str> = change.risks.iter().map(|risk| risk.code()).collect();
            let permission = change.permission;
            let but = if change.limits.actions.is_empty() { "" } else { " but" };
            let action = format!("{}{but}", change.grant.action);
            let words = [action.as_str(), &phases.join("+"), &risks.join("+")];
            format!("{} {permission:?}", words.join(" "))
        };
        changes.iter().map(line).collect()
    }

    fn check(old: &[&Need], new: &[&Need], added: &[&str], removed: &[&str]) {
        let difference = of_needs((old, &[]), (new, &[]));
        assert_eq!(shown(&difference.added), added);
        assert_eq!(shown(&difference.removed), removed);
    }

    #[test]
    fn need_that_moved_is_no_difference() {
        let old = need("executor s3:CreateBucket create arn:aws:s3:::b");
        let mut new = old.clone();
        new.why.place.position = Position { line: 99, column: 1 };
        new.why.place.file = "other.yaml".to_owned();
        new.why.property = Some("BucketName".to_owned());
        check(&[&old], &[&new], &[], &[]);
    }

    #[test]
    fn need_with_another_resource_comes_and_goes() {
        let old = need("executor s3:CreateBucket create arn:aws:s3:::b");
        let new = need("executor s3:CreateBucket create arn:aws:s3:::c");
        let line = "s3:CreateBucket create  Differs";
        check(&[&old], &[&new], &[line], &[line]);
    }

    #[test]
    fn another_reason_for_a_permission_is_told_apart() {
        let old = need("executor s3:CreateBucket create arn:aws:s3:::b");
        let mut new = old.clone();
        new.why.resource.as_mut().unwrap().logical_id = "Renamed".to_owned();
        let line = "s3:CreateBucket create  Same";
        check(&[&old], &[&new], &[line], &[line]);
        let mut caller = new.clone();
        caller.who = Who::Caller;
        check(&[&new], &[&new, &caller], &["s3:CreateBucket create  Differs"], &[]);
    }

    #[test]
    fn phases_that_come_are_one_change() {
        let create = need("executor s3:PutBucketTagging create arn:aws:s3:::b");
        let update = need("executor s3:PutBucketTagging update arn:aws:s3:::b");
        let delete = need("executor s3:PutBucketTagging delete arn:aws:s3:::b");
        let line = "s3:PutBucketTagging update+delete  Same";
        check(&[&create], &[&create, &update, &delete], &[line], &[]);
    }

    #[test]
    fn dangerous_ones_come_first() {
        let bucket = need("executor s3:CreateBucket create arn:aws:s3:::b");
        let pass = need("executor iam:PassRole create arn:aws:iam::*:role/r");
        let put = need("executor iam:PutRolePolicy create arn:aws:iam::*:role/r");
        let tag = need("executor ec2:CreateTags create *");
        let tag = Need { scoping: Scoping::NoResourceLevel, ..tag };
        let look = need("executor ec2:DescribeVpcs read *");
        let look = Need { scoping: Scoping::NoResourceLevel, ..look };
        let needs = [&bucket, &pass, &put, &tag, &look];
        check(
            &[],
            &needs,
            &[
                "ec2:CreateTags create any-resource Differs",
                "iam:PassRole create passes-role Differs",
                "iam:PutRolePolicy create manages-permissions Differs",
                "ec2:DescribeVpcs read  Differs",
                "s3:CreateBucket create  Differs",
            ],
            &[],
        );
    }

    #[test]
    fn gap_is_the_same_wherever_it_stands() {
        let (old, mut moved) = (gap(), gap());
        moved.place.position.line = 7;
        let mut other = gap();
        other.message = "another".to_owned();
        let (olds, news) = ([old], [moved, other]);
        let difference = of_needs((&[], &olds), (&[], &news));
        assert_eq!(difference.new_gaps.len(), 1);
        assert!(difference.gone_gaps.is_empty());
    }

    #[test]
    fn policies_are_compared_grant_by_grant() {
        let document = |text: &str| {
            let source = stackpass_ground::source::Source::new("p.json", text);
            stackpass_policy::read::read(&source).0.unwrap()
        };
        let old = document(
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}}"#,
        );
        let new = document(
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["s3:GetObject","iam:*"],"Resource":"*"}}"#,
        );
        let difference = of_policies(&old, &new);
        let risks = "passes-role+manages-permissions+any-resource";
        assert_eq!(shown(&difference.added), [format!("iam:*  {risks} Differs")]);
        assert_eq!(shown(&difference.removed), ["s3:Get* but   Differs"]);
    }
}
