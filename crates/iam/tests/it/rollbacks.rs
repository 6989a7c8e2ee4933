//! Taking back, after others have changed things.

use stackpass_iam::desired::Role;
use stackpass_iam::principal::Principal;
use stackpass_iam::run::{Conflicts, RunError};
use stackpass_iam::step::Step;

use crate::support::{Place, apply, arn, deploy, document, id, model, normal, roll_back, wants};

/// What a rollback of the second apply says after somebody did this.
#[track_caller]
fn check_conflict(meddle: &Step, expected: &[&str]) {
    let (model, place) = (model(), Place::new());
    apply(&model, &place, &wants("first", &[("Deploy", "A")])).unwrap().unwrap();
    let wish = wants("second", &[("Deploy", "B"), ("More", "C")]);
    apply(&model, &place, &wish).unwrap().unwrap();
    model.add_principal_for_meddling();
    model.meddle(meddle).unwrap();
    let before = model.state();
    let found: Vec<String> =
        match roll_back(&model, &place, "second", "back", Conflicts::Refuse).unwrap() {
            Err(RunError::Conflict { differences, .. }) => {
                differences.into_iter().map(|difference| difference.step).collect()
            }
            Err(error) => panic!("{error}"),
            Ok(_) => Vec::new(),
        };
    assert_eq!(found, expected);
    if !expected.is_empty() {
        assert_eq!(model.state(), before, "nothing is written");
    }
}

trait Meddling {
    fn add_principal_for_meddling(&self);
}

impl Meddling for stackpass_iam::model::Model {
    /// Somebody else's role, next to ours.
    fn add_principal_for_meddling(&self) {
        let step = Step::CreateRole {
            name: "theirs".to_owned(),
            arn: "arn:aws:iam::111122223333:role/theirs".to_owned(),
            path: "/".to_owned(),
            trust: document("Trust"),
            description: String::new(),
            max_session: 3600,
            boundary: None,
            tags: [].into(),
        };
        self.meddle(&step).unwrap();
    }
}

#[test]
fn another_version_in_force_is_a_conflict() {
    let step = Step::CreateVersion { arn: arn("Deploy"), document: document("Other") };
    check_conflict(&step, &["create version of policy Deploy and put it in force"]);
}

#[test]
fn another_holder_of_a_policy_that_goes_is_a_conflict() {
    let step = Step::Attach { principal: Principal::role("theirs"), policy: arn("More") };
    check_conflict(&step, &["create policy More"]);
}

#[test]
fn another_version_of_a_policy_that_goes_is_a_conflict() {
    let step = Step::RestoreVersion { arn: arn("More"), document: document("Other") };
    check_conflict(&step, &["create policy More"]);
}

#[test]
fn what_was_taken_back_by_hand_is_no_conflict() {
    check_conflict(&Step::Detach { principal: deploy(), policy: arn("More") }, &[]);
}

#[test]
fn what_others_did_elsewhere_is_no_conflict() {
    let inline =
        Step::PutInline { principal: deploy(), name: "Theirs".to_owned(), document: document("X") };
    check_conflict(&inline, &[]);
}

#[test]
fn conflict_can_be_overridden() {
    let (model, place) = (model(), Place::new());
    apply(&model, &place, &wants("first", &[("Deploy", "A")])).unwrap().unwrap();
    apply(&model, &place, &wants("second", &[("Deploy", "B")])).unwrap().unwrap();
    let step = Step::CreateVersion { arn: arn("Deploy"), document: document("Other") };
    model.meddle(&step).unwrap();
    roll_back(&model, &place, "second", "back", Conflicts::Override).unwrap().unwrap();
    let policy = &model.state().policies[&arn("Deploy")];
    assert_eq!(policy.document(), Some(&document("A")));
    let versions: Vec<_> = policy.versions.values().cloned().collect();
    assert_eq!(versions, [document("A"), document("Other")], "what somebody else made stays");
}

#[test]
fn forced_rollback_of_what_others_changed_comes_to_its_end() {
    let (model, place) = (model(), Place::new());
    let wish = wants("first", &[("Held", "A"), ("Changed", "B")]);
    apply(&model, &place, &wish).unwrap().unwrap();
    model.add_principal_for_meddling();
    let theirs = Principal::role("theirs");
    let hold = Step::Attach { principal: theirs.clone(), policy: arn("Held") };
    model.meddle(&hold).unwrap();
    let version = Step::CreateVersion { arn: arn("Changed"), document: document("Other") };
    model.meddle(&version).unwrap();
    roll_back(&model, &place, "first", "back", Conflicts::Override).unwrap().unwrap();
    let state = model.state();
    let left: Vec<&String> = state.policies.keys().collect();
    assert_eq!(left, [&arn("Held")], "somebody else holds it");
    assert_eq!(state.policies[&arn("Held")].holders, [theirs].into());
    assert!(state.principals[&deploy()].attached.is_empty());
}

#[test]
fn forced_rollback_leaves_a_role_that_others_gave_policies() {
    let (model, place) = (model(), Place::new());
    let mut wish = wants("first", &[("Deploy", "A")]);
    let made = Principal::role("made");
    wish.roles.push(Role {
        name: made.name.clone(),
        path: "/".to_owned(),
        trust: document("Trust"),
        description: String::new(),
        max_session: None,
        tags: [].into(),
    });
    apply(&model, &place, &wish).unwrap().unwrap();
    let inline = Step::PutInline {
        principal: made.clone(),
        name: "Theirs".to_owned(),
        document: document("X"),
    };
    model.meddle(&inline).unwrap();
    roll_back(&model, &place, "first", "back", Conflicts::Override).unwrap().unwrap();
    assert!(model.state().principals.contains_key(&made));
    assert!(model.state().policies.is_empty());
}

#[test]
fn older_apply_is_not_taken_back_before_a_newer_one_of_the_same_policy() {
    let (model, place) = (model(), Place::new());
    let start = normal(model.state());
    apply(&model, &place, &wants("first", &[("Deploy", "A")])).unwrap().unwrap();
    apply(&model, &place, &wants("second", &[("Deploy", "B")])).unwrap().unwrap();
    let result = roll_back(&model, &place, "first", "back", Conflicts::Refuse).unwrap();
    let Err(RunError::Conflict { differences, .. }) = result else { panic!("{result:?}") };
    assert!(differences.iter().all(|it| it.by == [id("second")]), "{differences:?}");
    roll_back(&model, &place, "second", "back", Conflicts::Refuse).unwrap().unwrap();
    roll_back(&model, &place, "first", "more", Conflicts::Refuse).unwrap().unwrap();
    assert_eq!(normal(model.state()), start);
}

#[test]
fn what_somebody_else_changed_is_laid_to_no_apply() {
    let (model, place) = (model(), Place::new());
    apply(&model, &place, &wants("first", &[("Deploy", "A")])).unwrap().unwrap();
    apply(&model, &place, &wants("second", &[("More", "B")])).unwrap().unwrap();
    let step = Step::CreateVersion { arn: arn("Deploy"), document: document("Other") };
    model.meddle(&step).unwrap();
    let result = roll_back(&model, &place, "first", "back", Conflicts::Refuse).unwrap();
    let Err(RunError::Conflict { differences, .. }) = result else { panic!("{result:?}") };
    assert!(differences.iter().all(|it| it.by.is_empty()), "{differences:?}");
}

#[test]
fn nothing_is_taken_back_twice() {
    let (model, place) = (model(), Place::new());
    apply(&model, &place, &wants("first", &[("Deploy", "A")])).unwrap().unwrap();
    roll_back(&model, &place, "first", "back", Conflicts::Refuse).unwrap().unwrap();
    let again = roll_back(&model, &place, "first", "again", Conflicts::Refuse).unwrap();
    assert_eq!(again.unwrap_err().to_string(), "`first` is rolled back by back");
    let missing = roll_back(&model, &place, "none", "again", Conflicts::Refuse).unwrap();
    assert_eq!(missing.unwrap_err().to_string(), "there is no journal `none`");
}
