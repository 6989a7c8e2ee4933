//! An apply that is killed at each moment, one by one, on a plan with all that a plan can have.

use std::io::Write;
use std::time::Duration;

use stackpass_iam::desired::{Besides, Boundary, Desired, Holding, Provider, Role};
use stackpass_iam::journal::{End, Progress, Status, history};
use stackpass_iam::model::{Fault, Model, Moment};
use stackpass_iam::principal::Principal;
use stackpass_iam::run::{Conflicts, RunError};
use stackpass_iam::state::Tags;
use stackpass_iam::step::Step;

use crate::support::{
    Normal, Place, account, apply, arn, deploy, document, finish, id, made_for, model, normal,
    planned, policy, roll_back, wants,
};

const MOMENTS: [Moment; 2] = [Moment::Before, Moment::After];

/// A role that holds a policy of five versions, one that is no longer wanted, one of somebody else and an inline policy.
fn before() -> Model {
    let model = model();
    let create = |name: &str, tags: Tags| Step::CreatePolicy {
        arn: arn(name),
        name: name.to_owned(),
        path: "/".to_owned(),
        description: "for deployments".to_owned(),
        document: document("One"),
        tags,
    };
    let attach = |name: &str| Step::Attach { principal: deploy(), policy: arn(name) };
    let version = |name: &str, action: &str| Step::CreateVersion {
        arn: arn(name),
        document: document(action),
    };
    let inline = |name: &str| Step::PutInline {
        principal: deploy(),
        name: name.to_owned(),
        document: document("Inline"),
    };
    let steps = [
        create("Deploy", made_for("app")),
        version("Deploy", "Two"),
        version("Deploy", "Three"),
        version("Deploy", "Four"),
        version("Deploy", "Five"),
        create("Old", made_for("app")),
        version("Old", "Older"),
        create("Theirs", Tags::new()),
        attach("Deploy"),
        attach("Old"),
        attach("Theirs"),
        inline("Kept"),
        inline("Gone"),
    ];
    for step in steps {
        model.meddle(&step).unwrap();
    }
    model.settle();
    model
}

fn wish() -> Desired {
    let mut desired = wants("new", &[("Deploy", "Six"), ("New", "New")]);
    desired.set = Some("app".to_owned());
    desired.policies.push(policy("Boundary", "Bound"));
    desired.roles.push(Role {
        name: "service".to_owned(),
        path: "/".to_owned(),
        description: "for CloudFormation".to_owned(),
        trust: document("Trust"),
        max_session: None,
        tags: Tags::new(),
    });
    desired.providers.push(Provider {
        url: "https://gitlab.example.com".to_owned(),
        client_ids: ["sts.amazonaws.com".to_owned()].into(),
        thumbprints: [].into(),
        tags: Tags::new(),
    });
    let holding = &mut desired.holdings[0];
    holding.inline.insert("Kept".to_owned(), document("Changed"));
    holding.boundary = Boundary::Set(arn("Boundary"));
    holding.besides = Besides::Replace;
    let mut service = Holding::new(Principal::role("service"));
    service.attached.insert(arn("New"));
    service.boundary = Boundary::Set(arn("Boundary"));
    desired.holdings.push(service);
    desired
}

fn after() -> Normal {
    let (model, place) = (before(), Place::new());
    apply(&model, &place, &wish()).unwrap().unwrap();
    normal(model.state())
}

fn count() -> usize {
    planned(&before(), &wish()).unwrap().len()
}

/// The apply, killed at this write.
fn killed(at: usize, moment: Moment, lag: Duration) -> (Model, Place) {
    let (model, place) = (before(), Place::new());
    model.set_lag(lag);
    model.set_fault(at, Fault::Kill(moment));
    assert!(apply(&model, &place, &wish()).is_none());
    (model, place)
}

/// Each moment at which the apply can be killed, with and without lag.
fn each_kill(check: impl Fn(Model, Place, String)) {
    for at in 0..count() {
        for moment in MOMENTS {
            for lag in [Duration::ZERO, Duration::from_secs(5)] {
                let (model, place) = killed(at, moment, lag);
                check(model, place, format!("killed {moment:?} write {at}, lag {lag:?}"));
            }
        }
    }
}

#[test]
fn plan_has_all_kinds_of_steps() {
    assert_eq!(
        planned(&before(), &wish()).unwrap(),
        [
            "create OpenID Connect provider https://gitlab.example.com",
            "create policy New",
            "create policy Boundary",
            "create role service",
            "set permissions boundary of role/deploy to Boundary",
            "attach policy New to role/deploy",
            "write inline policy Kept of role/deploy",
            "attach policy New to role/service",
            "delete version v1 of policy Deploy",
            "create version of policy Deploy and put it in force",
            "detach policy Old from role/deploy",
            "detach policy Theirs from role/deploy",
            "delete inline policy Gone of role/deploy",
            "delete version v1 of policy Old",
            "delete policy Old",
        ]
    );
}

#[test]
fn finishing_ends_new_wherever_it_was_killed() {
    let new = after();
    each_kill(|model, place, at| {
        finish(&model, &place, "new").unwrap().unwrap();
        assert_eq!(normal(model.state()), new, "{at}");
        assert_eq!(planned(&model, &wish()).unwrap(), Vec::<String>::new(), "{at}");
    });
}

#[test]
fn rolling_back_ends_old_wherever_it_was_killed() {
    let old = normal(before().state());
    each_kill(|model, place, at| {
        roll_back(&model, &place, "new", "back", Conflicts::Refuse).unwrap().unwrap();
        assert_eq!(normal(model.state()), old, "{at}");
        let all = history(place.path()).unwrap();
        let ends: Vec<Option<End>> = all.iter().map(|journal| journal.end).collect();
        let is_back = all[0].status(&all) == Status::RolledBack(id("back"));
        assert!(is_back || ends == [Some(End::Abandoned)], "{at}: {ends:?}");
    });
}

#[test]
fn rollback_that_is_killed_is_finished() {
    let old = normal(before().state());
    for at in 0..count() {
        for moment in MOMENTS {
            let (model, place) = (before(), Place::new());
            apply(&model, &place, &wish()).unwrap().unwrap();
            model.set_fault(at, Fault::Kill(moment));
            let killed = roll_back(&model, &place, "new", "back", Conflicts::Refuse);
            assert!(killed.is_none());
            let again = roll_back(&model, &place, "new", "again", Conflicts::Refuse).unwrap();
            assert!(matches!(again, Err(RunError::Unfinished(first)) if first == id("back")));
            finish(&model, &place, "back").unwrap().unwrap();
            assert_eq!(normal(model.state()), old, "killed {moment:?} write {at}");
        }
    }
}

#[test]
fn line_that_was_being_written_counts_as_not_written() {
    let new = after();
    let old = normal(before().state());
    let whole = r#"{"record":"done","step":0,"made":null,"found":null}"#;
    for at in [0, 3, 8] {
        for length in [1, 17, whole.len()] {
            let torn = whole.replace(":0,", &format!(":{at},"));
            let tear = || {
                let (model, place) = killed(at, Moment::After, Duration::ZERO);
                let path = place.newest_file();
                let mut file = std::fs::OpenOptions::new().append(true).open(path).unwrap();
                file.write_all(&torn.as_bytes()[..length]).unwrap();
                (model, place)
            };
            let (model, place) = tear();
            finish(&model, &place, "new").unwrap().unwrap();
            assert_eq!(normal(model.state()), new);
            let (model, place) = tear();
            roll_back(&model, &place, "new", "back", Conflicts::Refuse).unwrap().unwrap();
            assert_eq!(normal(model.state()), old);
        }
    }
}

#[test]
fn intent_that_was_being_written_was_not_carried_out() {
    let new = after();
    for at in 0..count() {
        let (model, place) = killed(at, Moment::Before, Duration::ZERO);
        let path = place.newest_file();
        let text = std::fs::read(&path).unwrap();
        std::fs::write(&path, &text[..text.len() - 7]).unwrap();
        finish(&model, &place, "new").unwrap().unwrap();
        assert_eq!(normal(model.state()), new, "{at}");
        let all = history(place.path()).unwrap();
        assert_eq!(all[0].end, Some(End::Finished), "{at}");
    }
}

#[test]
fn next_apply_waits_for_the_one_that_was_interrupted() {
    let (model, place) = killed(4, Moment::After, Duration::ZERO);
    let mut other = wish();
    other.id = id("other");
    let result = apply(&model, &place, &other).unwrap();
    assert!(matches!(result, Err(RunError::Unfinished(first)) if first == id("new")));
    finish(&model, &place, "new").unwrap().unwrap();
    assert_eq!(apply(&model, &place, &other).unwrap().unwrap().id, None);
}

#[test]
fn apply_that_may_not_do_its_first_step_leaves_nothing_behind() {
    let (model, place) = (before(), Place::new());
    model.set_fault(0, Fault::Deny);
    let error = apply(&model, &place, &wish()).unwrap().unwrap_err();
    assert!(matches!(error, RunError::Step { done: 0, .. }));
    assert_eq!(history(place.path()).unwrap()[0].end, Some(End::Abandoned));
    let mut again = wish();
    again.id = id("again");
    assert!(apply(&model, &place, &again).unwrap().is_ok());
}

#[test]
fn first_step_that_may_have_been_done_is_not_forgotten() {
    let old = normal(before().state());
    for answer in [false, true] {
        let (model, place) = (before(), Place::new());
        model.set_fault(0, Fault::Expire { answer });
        let error = apply(&model, &place, &wish()).unwrap().unwrap_err();
        assert!(!matches!(error, RunError::Step { done: 0, unsure: false, .. }), "{error}");
        assert_eq!(history(place.path()).unwrap()[0].end, None);
        model.clear_faults();
        roll_back(&model, &place, "new", "back", Conflicts::Refuse).unwrap().unwrap();
        assert_eq!(normal(model.state()), old, "{answer}");
    }
}

#[test]
fn apply_that_may_not_go_on_is_rolled_back() {
    let old = normal(before().state());
    for at in 1..count() {
        let (model, place) = (before(), Place::new());
        model.set_fault(at, Fault::Deny);
        let error = apply(&model, &place, &wish()).unwrap().unwrap_err();
        assert!(matches!(error, RunError::Step { done, .. } if done == at));
        let progress = &history(place.path()).unwrap()[0].progress[at];
        assert_eq!(*progress, Progress::Todo, "a refusal says that nothing was done");
        roll_back(&model, &place, "new", "back", Conflicts::Refuse).unwrap().unwrap();
        assert_eq!(normal(model.state()), old, "{at}");
    }
}

#[test]
fn lost_answer_makes_no_second_version() {
    for moment in MOMENTS {
        for lag in [Duration::ZERO, Duration::from_secs(5)] {
            let (model, place) = (before(), Place::new());
            model.set_lag(lag);
            for at in (0..count()).step_by(2) {
                model.set_fault(at, Fault::Disconnect(moment));
            }
            apply(&model, &place, &wish()).unwrap().unwrap();
            assert_eq!(normal(model.state()), after(), "{moment:?} {lag:?}");
        }
    }
}

#[test]
fn somebody_elses_journal_is_left_alone() {
    let (model, place) = killed(2, Moment::After, Duration::ZERO);
    let folder = place.folder();
    let mut occasion = crate::support::occasion();
    occasion.account = stackpass_iam::account::Account::new("444455556666", "aws");
    assert!(stackpass_iam::run::unfinished(&folder, &occasion).unwrap().is_empty());
    occasion.account = account();
    occasion.endpoint = Some("http://localhost:4566".to_owned());
    assert!(stackpass_iam::run::unfinished(&folder, &occasion).unwrap().is_empty());
    let session = stackpass_iam::run::Session { iam: &model, time: &model, folder: &folder };
    let mut report = |_: stackpass_iam::run::Event<'_>| {};
    let finish =
        stackpass_iam::run::finish(&session, &occasion, "new", Conflicts::Refuse, &mut report);
    let error = crate::support::run_until_killed(finish).unwrap().unwrap_err();
    assert_eq!(error.to_string(), "`new` is about account 111122223333");
}
