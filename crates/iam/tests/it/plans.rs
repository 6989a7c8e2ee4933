//! What is planned, what is said, and what is refused.

use stackpass_iam::desired::{Besides, Boundary, Desired, Foreign, Holding};
use stackpass_iam::model::Model;
use stackpass_iam::principal::Principal;
use stackpass_iam::run::{self, RunError};
use stackpass_iam::state::Tags;
use stackpass_iam::step::Step;
use stackpass_iam::text::PolicyText;

use crate::support::{
    Place, account, apply, arn, deploy, document, model, occasion, planned, policy,
    run_until_killed, steps, wants,
};

#[track_caller]
fn check(model: &Model, desired: &Desired, expected: &[&str]) {
    assert_eq!(planned(model, desired).unwrap(), expected);
}

#[track_caller]
fn check_notes(model: &Model, desired: &Desired, expected: &[&str]) {
    let (_, plan) = run_until_killed(run::prepare(model, desired)).unwrap().unwrap();
    let notes: Vec<String> = plan.notes.iter().map(ToString::to_string).collect();
    assert_eq!(notes, expected);
}

#[track_caller]
fn check_problems(model: &Model, desired: &Desired, expected: &[&str]) {
    match planned(model, desired) {
        Err(RunError::Problems(problems)) => {
            let problems: Vec<&str> =
                problems.iter().map(|problem| problem.message.as_str()).collect();
            assert_eq!(problems, expected);
        }
        other => panic!("{other:?}"),
    }
}

fn create(name: &str) -> Step {
    Step::CreatePolicy {
        arn: arn(name),
        name: name.to_owned(),
        path: "/".to_owned(),
        description: "for deployments".to_owned(),
        document: document("A"),
        tags: Tags::new(),
    }
}

fn attach(name: &str) -> Step {
    Step::Attach { principal: deploy(), policy: arn(name) }
}

#[test]
fn new_policy_is_created_and_attached() {
    let expected = ["create policy Deploy", "attach policy Deploy to role/deploy"];
    check(&model(), &wants("new", &[("Deploy", "A")]), &expected);
}

#[test]
fn same_document_in_other_words_is_no_change() {
    let (model, place) = (model(), Place::new());
    let mut wish = wants("new", &[("Deploy", "A")]);
    apply(&model, &place, &wish).unwrap().unwrap();
    let text = r#"{"Statement":{"Resource":["*"],"Action":["a:A"],"Effect":"Allow"},"Version":"2012-10-17"}"#;
    wish.policies[0].document = PolicyText::parse(text).unwrap();
    check(&model, &wish, &[]);
}

#[test]
fn version_with_the_wanted_document_is_used_again() {
    let (model, place) = (model(), Place::new());
    apply(&model, &place, &wants("first", &[("Deploy", "A")])).unwrap().unwrap();
    apply(&model, &place, &wants("second", &[("Deploy", "B")])).unwrap().unwrap();
    let expected = ["put version v1 of policy Deploy in force"];
    check(&model, &wants("third", &[("Deploy", "A")]), &expected);
}

#[test]
fn oldest_version_makes_room_unless_it_is_in_force() {
    let (model, place) = (model(), Place::new());
    for action in ["A", "B", "C", "D", "E"] {
        apply(&model, &place, &wants(action, &[("Deploy", action)])).unwrap().unwrap();
    }
    let wish = wants("new", &[("Deploy", "F")]);
    let made = "create version of policy Deploy and put it in force";
    check(&model, &wish, &["delete version v1 of policy Deploy", made]);
    check_notes(
        &model,
        &wish,
        &[
            "version v1 of policy Deploy is deleted to make room: IAM keeps 5; a rollback brings it back under a new number",
        ],
    );
    apply(&model, &place, &wants("old", &[("Deploy", "A")])).unwrap().unwrap();
    check(&model, &wish, &["delete version v2 of policy Deploy", made]);
}

#[test]
fn what_others_attached_stays_unless_replaced() {
    let model = model();
    for step in [create("Theirs"), attach("Theirs")] {
        model.meddle(&step).unwrap();
    }
    let mut wish = wants("new", &[("Deploy", "A")]);
    let grown = ["create policy Deploy", "attach policy Deploy to role/deploy"];
    check(&model, &wish, &grown);
    wish.holdings[0].besides = Besides::Replace;
    let expected = [grown[0], grown[1], "detach policy Theirs from role/deploy"];
    check(&model, &wish, &expected);
}

#[test]
fn policies_of_the_set_that_are_not_wanted_go() {
    let (model, place) = (model(), Place::new());
    let mut first = wants("first", &[("Deploy1", "A"), ("Deploy2", "B")]);
    first.set = Some("app".to_owned());
    apply(&model, &place, &first).unwrap().unwrap();
    let mut other = wants("other", &[("Debug", "D")]);
    other.set = Some("debug".to_owned());
    apply(&model, &place, &other).unwrap().unwrap();

    let mut wish = wants("new", &[("Deploy1", "A")]);
    check(&model, &wish, &[]);
    wish.set = Some("app".to_owned());
    check(&model, &wish, &["detach policy Deploy2 from role/deploy", "delete policy Deploy2"]);

    model.add_principal(Principal::user("ann"));
    let theirs = Step::Attach { principal: Principal::user("ann"), policy: arn("Deploy2") };
    model.meddle(&theirs).unwrap();
    check(&model, &wish, &["detach policy Deploy2 from role/deploy"]);
    check_notes(&model, &wish, &["policy Deploy2 stays: user/ann holds it still"]);
}

#[test]
fn policy_of_aws_is_attached() {
    let model = model();
    let admin = model.add_aws_managed("AdministratorAccess", document("*"));
    let mut wish = wants("new", &[]);
    wish.holdings[0].attached.insert(admin);
    check(&model, &wish, &["attach policy AdministratorAccess to role/deploy"]);
    wish.holdings[0].attached.insert(account().aws_managed_arn("AdminAccess"));
    check_problems(&model, &wish, &["there is no policy `arn:aws:iam::aws:policy/AdminAccess`"]);
}

#[test]
fn policy_of_somebody_else_is_not_taken_over_unasked() {
    let model = model();
    model.meddle(&create("Deploy")).unwrap();
    let mut wish = wants("new", &[("Deploy", "B")]);
    check_problems(&model, &wish, &["policy `Deploy` exists and was not made by this program"]);
    wish.foreign = Foreign::Adopt;
    check(
        &model,
        &wish,
        &[
            "create version of policy Deploy and put it in force",
            "tag policy Deploy with stackpass:apply=new",
            "attach policy Deploy to role/deploy",
        ],
    );
}

#[test]
fn who_else_is_meant_is_said() {
    let (model, place) = (model(), Place::new());
    apply(&model, &place, &wants("first", &[("Deploy", "A")])).unwrap().unwrap();
    model.add_principal(Principal::user("ann"));
    let theirs = Step::Attach { principal: Principal::user("ann"), policy: arn("Deploy") };
    model.meddle(&theirs).unwrap();
    let mut wish = wants("new", &[("Deploy", "B")]);
    wish.policies[0].description = "other".to_owned();
    check_notes(
        &model,
        &wish,
        &[
            "policy Deploy changes for user/ann as well",
            "policy Deploy keeps its description: IAM cannot change it",
        ],
    );
}

#[test]
fn full_principal_makes_room_with_what_goes_anyway() {
    let model = model();
    for index in 0..10 {
        let name = format!("Old{index}");
        model.meddle(&create(&name)).unwrap();
        model.meddle(&attach(&name)).unwrap();
    }
    let mut wish = wants("new", &[("Deploy", "A")]);
    check_problems(&model, &wish, &["role/deploy would hold 11 managed policies; the quota is 10"]);
    wish.holdings[0].besides = Besides::Replace;
    let steps = planned(&model, &wish).unwrap();
    let expected = [
        "create policy Deploy",
        "detach policy Old0 from role/deploy",
        "attach policy Deploy to role/deploy",
        "detach policy Old1 from role/deploy",
    ];
    assert_eq!(steps[..4], expected);
    check_notes(
        &model,
        &wish,
        &[
            "role/deploy has no room for the new policies beside the old ones: for a moment it holds fewer than before",
        ],
    );
}

#[test]
fn name_is_taken_whatever_its_path() {
    let model = model();
    model.meddle(&create("deploy")).unwrap();
    let mut wish = wants("new", &[]);
    let mut elsewhere = policy("Deploy", "A");
    elsewhere.path = "/team/".to_owned();
    wish.policies.push(elsewhere);
    check_problems(
        &model,
        &wish,
        &["the name of policy `Deploy` is taken by `arn:aws:iam::111122223333:policy/deploy`"],
    );
}

#[test]
fn all_problems_are_found_at_once() {
    let mut wish = wants("new", &[("no good", "A")]);
    wish.policies[0].path = "team".to_owned();
    wish.policies[0].tags = [("aws:x".to_owned(), "y".to_owned())].into();
    wish.policies.push(policy("Large", &"x".repeat(6100)));
    wish.policies.push(policy("Odd", "\u{2013}"));
    let mut group = Holding::new(Principal::group("devs"));
    group.boundary = Boundary::Set(arn("Large"));
    wish.holdings.push(group);
    wish.holdings[0].inline.insert("I".to_owned(), document(&"x".repeat(10_240)));
    wish.holdings[0].attached.clear();
    check_problems(
        &model(),
        &wish,
        &[
            "group/devs cannot have a permissions boundary",
            "policy `Large` has 6186 characters; the quota is 6144",
            "policy `Odd` holds `–`, which IAM does not take in documents",
            "the inline text of role/deploy has 10326 characters; the quota is 10240",
            "the name of policy `no good` is not one that IAM takes",
            "the path `team` of policy `no good` is not one that IAM takes",
            "the tag `aws:x` of policy `no good` has a reserved prefix",
            "there is no group `devs`",
        ],
    );
}

#[test]
fn what_was_agreed_to_is_done_or_nothing() {
    let (model, place) = (model(), Place::new());
    let wish = wants("new", &[("Deploy", "A")]);
    let (_, agreed) = run_until_killed(run::prepare(&model, &wish)).unwrap().unwrap();
    let mut other = wish.clone();
    other.id = "other".parse().unwrap();
    apply(&model, &Place::new(), &other).unwrap().unwrap();

    let folder = place.folder();
    let session = run::Session { iam: &model, time: &model, folder: &folder };
    let before = model.state();
    let result = run_until_killed(run::apply(&session, &occasion(), &wish, &agreed, &mut |_| {}));
    assert!(matches!(result.unwrap(), Err(RunError::Changed)));
    assert_eq!(model.state(), before);
}

#[test]
fn nobody_loses_a_permission_in_between() {
    let (model, place) = (model(), Place::new());
    for step in [create("Theirs"), attach("Theirs")] {
        model.meddle(&step).unwrap();
    }
    let mut wish = wants("new", &[("Deploy", "A")]);
    wish.holdings[0].besides = Besides::Replace;
    // Both policies allow the same, so at each moment one of them has to be attached.
    for step in steps(&model, &wish) {
        model.meddle(&step).unwrap();
        assert!(!model.state().principals[&deploy()].attached.is_empty(), "{step}");
    }
    drop(place);
}
