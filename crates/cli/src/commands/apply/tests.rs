//! Applies and rollbacks against crate iam's model of IAM, with somebody who answers by a list.

use std::fs;
use std::path::{Path, PathBuf};

use stackpass_iam::account::Account;
use stackpass_iam::journal::Occasion;
use stackpass_iam::model::{Fault, Model, Moment};
use stackpass_iam::principal::Principal;
use stackpass_iam::step::Step;
use stackpass_iam::text::PolicyText;
use tokio::runtime::{Builder, Runtime};

use super::documents::Documents;
use super::*;
use crate::commands::printed::words;
use crate::commands::{Command, parse, rollback};

const PHOTOS: &str = r#"{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::photos/*"}]}"#;
const MUSIC: &str = r#"{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::music/*"}]}"#;
const TRUST: &str = r#"{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow", "Principal": {"Service": "cloudformation.amazonaws.com"}, "Action": "sts:AssumeRole"}]}"#;

/// Somebody who gives these answers and notes what was asked.
struct Script {
    answers: Vec<&'static str>,
    asked: Vec<String>,
}

impl Ask for Script {
    async fn ask(
        &mut self,
        question: &str,
        words: &[&'static str],
        _: &mut Output<'_>,
    ) -> Result<&'static str, CliError> {
        self.asked.push(question.to_owned());
        let answer = self.answers.remove(0);
        assert!(words.contains(&answer), "{answer} is none of {words:?}");
        Ok(answer)
    }
}

/// An account with a role and a user, and a folder.
struct Stage {
    folder: PathBuf,
    model: Model,
    runtime: Runtime,
    applies: usize,
}

/// What a command did.
#[derive(Debug)]
struct Ran {
    exit: Exit,
    answer: String,
    talk: String,
    asked: Vec<String>,
}

impl Stage {
    fn new(test: &str) -> Stage {
        let name = format!("stackpass-apply-{}-{test}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        let model = Model::new(Account::new("111122223333", "aws"));
        model.add_principal(Principal::role("deploy"));
        model.add_principal(Principal::user("ci"));
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        Stage { folder, model, runtime, applies: 0 }
    }

    fn with(self, name: &str, text: &str) -> Stage {
        self.write(name, text);
        self
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn scene(&self, title: &str) -> Scene {
        let occasion = Occasion {
            time: "2026-11-23T22:01:02Z".to_owned(),
            account: Account::new("111122223333", "aws"),
            endpoint: None,
            caller: "arn:aws:iam::111122223333:user/jo".to_owned(),
            tool: "stackpass test".to_owned(),
            title: title.to_owned(),
        };
        Scene { journals: self.folder.join("journals"), occasion }
    }

    /// Runs a command line, in which `@` stands for the folder, with answers to its questions.
    fn run(&mut self, line: &str, answers: &[&'static str]) -> Ran {
        let line = line.replace('@', &format!("{}/", self.folder.display()));
        let words: Vec<&str> = std::iter::once("stackpass").chain(line.split(' ')).collect();
        self.run_words(&words, answers)
    }

    fn run_words<S: AsRef<str>>(&mut self, words: &[S], answers: &[&'static str]) -> Ran {
        let words = words.iter().map(|word| word.as_ref().to_owned());
        let (command, _) = parse(words).unwrap_or_else(|error| panic!("{error}"));
        let mut script = Script { answers: answers.to_vec(), asked: Vec::new() };
        let (mut answer, mut talk) = (Vec::new(), Vec::new());
        let mut output = Output::new(&mut answer, &mut talk);
        let result = match command {
            Command::Apply(args) => self.apply(&args, &mut script, &mut output),
            Command::Rollback(args) => {
                let (model, scene) = (&self.model, self.scene("rollback"));
                let work =
                    rollback::roll_back(&args, model, model, scene, &mut script, &mut output);
                self.runtime.block_on(work)
            }
            _ => panic!("no command of this test"),
        };
        let exit = result.unwrap_or_else(|error| {
            output.talk(&format!("error: {error}\nhints: {:?}\n", error.hints()));
            error.exit()
        });
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ran { exit, answer: text(answer), talk: text(talk), asked: script.asked }
    }

    fn apply(
        &mut self,
        args: &ApplyArgs,
        script: &mut Script,
        output: &mut Output<'_>,
    ) -> Result<Exit, CliError> {
        check(args)?;
        let account = Account::new("111122223333", "aws");
        let task = if let Some(path) = &args.from_plan {
            of_file(PlanFile::open(path)?, &account)?
        } else {
            self.applies += 1;
            let id = format!("apply-{}", self.applies).parse().unwrap();
            let documents = Documents::open(args, output)?;
            let names = Names::look_up(&args.content, &self.model, &account, output);
            let names = self.runtime.block_on(names)?;
            Task { wanted: wanted(args, &documents, &names, id, account)?, agreed: None }
        };
        let scene = self.scene(&title(&task.wanted));
        let work = apply(args, &self.model, &self.model, &scene, &task, script, output);
        self.runtime.block_on(work)
    }

    /// The names of the policies that a principal holds.
    fn held(&self, principal: &Principal) -> Vec<String> {
        let state = self.model.state();
        let held = &state.principals.get(principal).unwrap().attached;
        held.iter().map(|arn| arn.rsplit('/').next().unwrap().to_owned()).collect()
    }

    fn deploy(&self) -> Vec<String> {
        self.held(&Principal::role("deploy"))
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

#[test]
fn plan_is_shown_and_done_and_then_there_is_nothing_to_do() {
    let mut stage = Stage::new("twice").with("app.json", PHOTOS);
    let ran = stage.run("apply --role deploy --policy @app.json", &["yes"]);
    assert_eq!(ran.exit, Exit::Done, "{ran:?}");
    insta::assert_snapshot!(ran.answer, @"
    account 111122223333

      + create policy deploy-app
      + attach policy deploy-app to role/deploy

    2 steps: 2 to add

    access of role/deploy:
      + s3:GetObject, s3:PutObject
            on arn:aws:s3:::photos/*
    ");
    insta::assert_snapshot!(ran.talk, @"
    [1/2] create policy deploy-app
    [2/2] attach policy deploy-app to role/deploy

    done: 2 steps, journal `apply-1`
    to take it back: stackpass rollback apply-1
    ");
    assert_eq!(stage.deploy(), ["deploy-app"]);
    let writes = stage.model.writes();
    let again = stage.run("apply --role deploy --policy @app.json", &[]);
    assert!(again.answer.contains("nothing to do"), "{again:?}");
    assert_eq!((again.exit, stage.model.writes()), (Exit::Done, writes));
}

#[test]
fn no_changes_nothing() {
    let mut stage = Stage::new("no").with("app.json", PHOTOS);
    let ran = stage.run("apply --role deploy --policy @app.json", &["no"]);
    assert_eq!((ran.exit, stage.model.writes()), (Exit::Declined, 0));
    assert_eq!(ran.asked, ["Change this?"]);
}

#[test]
fn dry_run_asks_nothing_and_writes_nothing() {
    let mut stage = Stage::new("dry").with("app.json", PHOTOS);
    let ran = stage.run("apply --role deploy --policy @app.json --dry-run", &[]);
    assert_eq!((ran.exit, stage.model.writes()), (Exit::Done, 0));
    assert!(ran.answer.contains("+ create policy deploy-app"), "{ran:?}");
    assert!(!stage.folder.join("journals").exists());
}

#[test]
fn dry_run_says_by_its_exit_code_whether_something_would_change() {
    let mut stage = Stage::new("exit-code").with("app.json", PHOTOS);
    let line = "apply --role deploy --policy @app.json --dry-run --exit-code";
    assert_eq!(stage.run(line, &[]).exit, Exit::Differs);
    stage.run("apply --role deploy --policy @app.json", &["yes"]);
    assert_eq!(stage.run(line, &[]).exit, Exit::Done);
    assert_eq!(stage.run("rollback --dry-run --exit-code", &[]).exit, Exit::Differs);
    stage.run("rollback", &["yes"]);
    assert_eq!(stage.run("rollback --dry-run --exit-code", &[]).exit, Exit::Done);
}

#[test]
fn changed_policy_shows_what_comes_and_what_goes() {
    let mut stage = Stage::new("changed").with("app.json", PHOTOS);
    stage.run("apply --role deploy --policy @app.json", &["yes"]);
    stage.write("app.json", MUSIC);
    let ran = stage.run("apply --role deploy --policy @app.json", &["yes"]);
    let access = ran.answer.split_once("access of role/deploy:\n").unwrap().1;
    insta::assert_snapshot!(access, @"
      + s3:GetObject
            on arn:aws:s3:::music/*
      - s3:GetObject, s3:PutObject
            on arn:aws:s3:::photos/*
    ");
}

#[test]
fn action_that_no_service_has_is_told() {
    let policy = PHOTOS.replace("s3:GetObject", "s3:GetOject");
    let mut stage = Stage::new("unknown").with("app.json", &policy);
    let ran = stage.run("apply --role deploy --policy @app.json --dry-run", &[]);
    let told = "has `s3:GetOject`, and no action is known that this is; `s3:GetObject` is one";
    assert!(ran.talk.split_whitespace().collect::<Vec<_>>().join(" ").contains(told), "{ran:?}");
}

#[test]
fn boundary_counts_in_what_comes_and_goes() {
    let all =
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    let mut stage = Stage::new("bounded").with("app.json", all).with("limit.json", PHOTOS);
    stage.run("apply --role deploy --policy @app.json", &["yes"]);
    stage.run("apply --user ci --policy @limit.json", &["yes"]);
    let ran =
        stage.run("apply --role deploy --policy @app.json --boundary ci-limit --dry-run", &[]);
    let (_, access) = ran.answer.split_once("access of ").unwrap();
    insta::assert_snapshot!(access, @"
    role/deploy:
      - all actions
            but s3:GetObject, s3:PutObject
            on *
      - s3:GetObject, s3:PutObject
            on *
            but not on arn:aws:s3:::photos/*
    ");
}

#[test]
fn policies_of_other_files_stay_unless_replaced() {
    let mut stage = Stage::new("others").with("a.json", PHOTOS).with("b.json", MUSIC);
    stage.run("apply --role deploy --policy @a.json", &["yes"]);
    stage.run("apply --role deploy --policy @b.json", &["yes"]);
    assert_eq!(stage.deploy(), ["deploy-a", "deploy-b"]);
    let ran = stage.run("apply --role deploy --policy @b.json --replace", &["yes"]);
    assert_eq!((ran.exit, stage.deploy()), (Exit::Done, vec!["deploy-b".to_owned()]));
}

#[test]
fn part_that_is_not_needed_any_more_goes() {
    let mut stage = Stage::new("parts").with("app.json", PHOTOS).with("app-2.json", MUSIC);
    stage.run("apply --role deploy --policy @app.json --policy @app-2.json", &["yes"]);
    assert_eq!(stage.deploy(), ["deploy-app", "deploy-app-2"]);
    let ran = stage.run("apply --role deploy --policy @app.json", &["yes"]);
    assert_eq!(stage.deploy(), ["deploy-app"], "{ran:?}");
    assert_eq!(stage.model.state().policies.len(), 1);
}

#[test]
fn policy_of_one_holder_is_chosen_from_a_file() {
    let both = format!(r#"{{"caller": {PHOTOS}, "executor": {MUSIC}}}"#);
    let mut stage = Stage::new("only").with("both.json", &both);
    let ran = stage.run("apply --role deploy --policy @both.json", &[]);
    assert_eq!(ran.exit, Exit::Usage);
    assert!(ran.talk.contains("`--only caller`; there are policies of `caller`, `executor`"));
    let ran = stage.run("apply --role deploy --policy @both.json --only executor", &["yes"]);
    assert_eq!((ran.exit, stage.deploy()), (Exit::Done, vec!["deploy-executor".to_owned()]));
}

#[test]
fn plan_of_a_file_is_done_once_and_only_while_nothing_changed() {
    let mut stage = Stage::new("file").with("app.json", PHOTOS);
    let line = "apply --role deploy --policy @app.json --dry-run --plan-out @plan.json";
    stage.run(line, &[]);
    let policy = PolicyText::parse(MUSIC).unwrap();
    let step = Step::CreatePolicy {
        arn: "arn:aws:iam::111122223333:policy/deploy-app".to_owned(),
        name: "deploy-app".to_owned(),
        path: "/".to_owned(),
        description: String::new(),
        document: policy,
        tags: [(stackpass_iam::desired::APPLY_TAG.to_owned(), "other".to_owned())].into(),
    };
    stage.model.meddle(&step).unwrap();
    let refused = stage.run("apply --from-plan @plan.json", &[]);
    assert_eq!(refused.exit, Exit::Input);
    assert!(refused.talk.contains("IAM has changed since the plan was made"), "{refused:?}");
    let step = Step::DeletePolicy { arn: "arn:aws:iam::111122223333:policy/deploy-app".to_owned() };
    stage.model.meddle(&step).unwrap();
    let done = stage.run("apply --from-plan @plan.json", &["yes"]);
    assert_eq!((done.exit, stage.deploy()), (Exit::Done, vec!["deploy-app".to_owned()]));
    let again = stage.run("apply --from-plan @plan.json", &[]);
    assert!(again.talk.contains("was applied already, as `apply-1`"), "{again:?}");
}

#[test]
fn rollback_takes_the_last_apply_back() {
    let mut stage = Stage::new("back").with("app.json", PHOTOS);
    let before = stage.model.state();
    stage.run("apply --role deploy --policy @app.json", &["yes"]);
    let ran = stage.run("rollback", &["yes"]);
    insta::assert_snapshot!(ran.answer, @"
    account 111122223333

    rollback of apply-1 (2026-11-23T22:01:02Z, role/deploy)

      - detach policy deploy-app from role/deploy
      - delete policy deploy-app

    2 steps: 2 to remove
    ");
    assert_eq!(stage.model.state(), before);
}

#[test]
fn rollback_asked_for_twice_takes_back_one_apply() {
    let mut stage = Stage::new("twice-back").with("a.json", PHOTOS).with("b.json", MUSIC);
    let nothing = stage.run("rollback", &[]);
    assert_eq!(nothing.exit, Exit::Usage);
    assert!(nothing.talk.contains("nothing was applied to account 111122223333"), "{nothing:?}");
    stage.run("apply --role deploy --policy @a.json", &["yes"]);
    stage.run("apply --role deploy --policy @b.json", &["yes"]);
    stage.run("rollback", &["yes"]);
    let writes = stage.model.writes();
    for line in ["rollback", "rollback --dry-run", "rollback apply-2"] {
        let ran = stage.run(line, &[]);
        assert_eq!((ran.exit, stage.model.writes()), (Exit::Done, writes), "{ran:?}");
        assert!(ran.talk.contains("the apply `apply-2` (2026-11-23T22:01:02Z, role/deploy) is rolled back already, by `"), "{ran:?}");
        let names_other = ran.talk.contains("`stackpass rollback apply-1` takes that back");
        assert_eq!(names_other, !line.contains("apply-2"), "{ran:?}");
    }
    let answer = stage.run("rollback --output json", &[]).answer;
    let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(
        (&answer["state"], &answer["rollbackOf"]),
        (&"nothing-to-do".into(), &"apply-2".into())
    );
    assert_eq!(stage.deploy(), ["deploy-a"]);
    let ran = stage.run("rollback apply-1", &["yes"]);
    assert_eq!((ran.exit, stage.deploy()), (Exit::Done, Vec::new()));
}

#[test]
fn rollback_after_an_apply_that_did_nothing_takes_no_older_one_back() {
    let mut stage = Stage::new("failed").with("a.json", PHOTOS).with("b.json", MUSIC);
    stage.run("apply --role deploy --policy @a.json", &["yes"]);
    stage.model.set_fault(0, Fault::Deny);
    stage.run("apply --role deploy --policy @b.json", &["yes"]);
    let ran = stage.run("rollback", &[]);
    assert!(
        ran.talk.contains("`apply-2` (2026-11-23T22:01:02Z, role/deploy) did nothing"),
        "{ran:?}"
    );
    assert_eq!((ran.exit, stage.deploy()), (Exit::Done, vec!["deploy-a".to_owned()]));
}

#[test]
fn rollback_names_the_applies_that_come_first() {
    let mut stage = Stage::new("built-on").with("a.json", PHOTOS).with("b.json", PHOTOS);
    stage.run("apply --role deploy --policy @a.json", &["yes"]);
    stage.run("apply --role deploy --policy @b.json", &["yes"]);
    stage.write("a.json", MUSIC);
    stage.run("apply --role deploy --policy @a.json", &["yes"]);
    let ran = stage.run("rollback apply-1", &[]);
    insta::assert_snapshot!(ran.talk, @r#"
    create policy deploy-a: changed since, by `apply-3`
      in force: another document
      versions: was 1, is 2
    error: `apply-3` changed what `apply-1` changed
    hints: ["`stackpass rollback apply-3` takes that back, which comes first", "nothing was changed now", "`stackpass rollback apply-1 --force` takes the rest back all the same"]
    "#);
    stage.run("apply --user ci --policy @a.json --name-prefix deploy", &["yes"]);
    let ran = stage.run("rollback apply-1", &[]);
    assert!(ran.talk.contains("in this order: `apply-4`, `apply-3`"), "{ran:?}");
    for id in ["apply-4", "apply-3", "apply-1"] {
        assert_eq!(stage.run(&format!("rollback {id}"), &["yes"]).exit, Exit::Done, "{id}");
    }
    assert_eq!(stage.deploy(), ["deploy-b"]);
}

#[test]
fn rollback_leaves_what_somebody_changed_unless_forced() {
    let mut stage = Stage::new("conflict").with("app.json", PHOTOS);
    stage.run("apply --role deploy --policy @app.json", &["yes"]);
    let step = Step::CreateVersion {
        arn: "arn:aws:iam::111122223333:policy/deploy-app".to_owned(),
        document: PolicyText::parse(MUSIC).unwrap(),
    };
    stage.model.meddle(&step).unwrap();
    let refused = stage.run("rollback", &[]);
    assert_eq!(refused.exit, Exit::Input, "{refused:?}");
    assert!(refused.talk.contains("`stackpass rollback apply-1 --force`"), "{refused:?}");
    assert_eq!(stage.deploy(), ["deploy-app"]);
}

#[test]
fn rollback_asked_again_after_an_interruption_takes_no_more_back() {
    let mut stage = Stage::new("again").with("app.json", PHOTOS).with("web.json", PHOTOS);
    stage.run("apply --role deploy --policy @app.json", &["yes"]);
    let first = stage.model.state();
    for line in ["rollback", "rollback apply-2 --output json"] {
        stage.run("apply --role deploy --policy @web.json", &["yes"]);
        stage.model.set_fault(1, Fault::Deny);
        let ran = stage.run("rollback", &["yes"]);
        assert_eq!(ran.exit, Exit::Aws, "{ran:?}");
        assert_ne!(stage.model.state(), first);
        let line = line.replace("apply-2", &format!("apply-{}", stage.applies));
        let ran = stage.run(&line, &["finish"]);
        assert_eq!((ran.exit, stage.model.state()), (Exit::Done, first.clone()), "{}", ran.talk);
        assert_eq!(ran.answer.contains("rolled-back"), line.contains("json"));
    }
}

#[test]
fn forced_rollback_tells_what_stays_because_others_hold_it() {
    let mut stage = Stage::new("forced").with("app.json", PHOTOS);
    stage.run("apply --role deploy --policy @app.json", &["yes"]);
    stage.model.add_principal(Principal::user("ann"));
    let policy = "arn:aws:iam::111122223333:policy/deploy-app".to_owned();
    let hold = Step::Attach { principal: Principal::user("ann"), policy };
    stage.model.meddle(&hold).unwrap();
    let ran = stage.run("rollback --force", &["yes"]);
    assert_eq!(ran.exit, Exit::Done, "{ran:?}");
    assert!(ran.talk.contains("policy deploy-app will not be deleted"), "{ran:?}");
    assert!(stage.deploy().is_empty());
    assert_eq!(stage.held(&Principal::user("ann")), ["deploy-app"]);
}

/// Applies, and has the second step refused.
fn interrupted(test: &str) -> Stage {
    let mut stage = Stage::new(test).with("app.json", PHOTOS);
    stage.model.set_fault(1, Fault::Deny);
    let ran = stage.run("apply --role deploy --policy @app.json", &["yes"]);
    assert_eq!(ran.exit, Exit::Aws, "{ran:?}");
    assert!(ran.talk.contains("`stackpass rollback apply-1` takes it back"), "{ran:?}");
    stage
}

#[test]
fn interrupted_apply_is_finished_on_request() {
    let mut stage = interrupted("finish");
    let ran = stage.run("apply --role deploy --policy @app.json", &["finish"]);
    assert_eq!(ran.asked, ["What shall become of it?"]);
    assert!(ran.talk.contains("interrupted after 1 of 2 steps"), "{ran:?}");
    assert_eq!((ran.exit, stage.deploy()), (Exit::Done, vec!["deploy-app".to_owned()]));
}

#[test]
fn interrupted_apply_is_rolled_back_on_request() {
    let mut stage = interrupted("back-out");
    let ran = stage.run("apply --role deploy --policy @app.json", &["rollback", "no"]);
    assert_eq!(ran.asked, ["What shall become of it?", "Change this?"]);
    assert_eq!((ran.exit, stage.model.state().policies.len()), (Exit::Declined, 0));
}

#[test]
fn interrupted_apply_is_never_passed_over() {
    let mut stage = interrupted("stop");
    let ran = stage.run("apply --user ci --policy @app.json", &["stop"]);
    assert_eq!(ran.exit, Exit::Declined);
    let writes = stage.model.writes();
    let dry = stage.run("apply --user ci --policy @app.json --dry-run", &[]);
    assert!(dry.talk.contains("interrupted after 1 of 2 steps"), "{dry:?}");
    assert_eq!(stage.model.writes(), writes);
}

#[test]
fn killed_apply_is_taken_back() {
    let mut stage = Stage::new("killed").with("app.json", PHOTOS);
    let before = stage.model.state();
    stage.model.set_fault(1, Fault::Kill(Moment::After));
    let (command, _) = parse(
        format!("stackpass apply --role deploy --policy {}/app.json", stage.folder.display())
            .split(' '),
    )
    .unwrap();
    let Command::Apply(args) = command else { panic!("not an apply") };
    let (mut answer, mut talk) = (Vec::new(), Vec::new());
    let mut output = Output::new(&mut answer, &mut talk);
    let documents = Documents::open(&args, &mut output).unwrap();
    let account = Account::new("111122223333", "aws");
    let wanted =
        wanted(&args, &documents, &Names::default(), "killed".parse().unwrap(), account).unwrap();
    let scene = stage.scene("role/deploy");
    let task = Task { wanted, agreed: None };
    let (model, mut agreed) = (&stage.model, Person::Agreed);
    stage.runtime.block_on(async {
        // What is killed is never heard of again: the call goes on for ever.
        tokio::select! {
            biased;
            result = apply(&args, model, model, &scene, &task, &mut agreed, &mut output) => {
                panic!("it was to be killed, but ended with {result:?}")
            }
            () = std::future::ready(()) => {}
        }
    });
    assert_ne!(stage.model.state(), before);
    let ran = stage.run("rollback", &["yes"]);
    assert_eq!((ran.exit, stage.model.state()), (Exit::Done, before), "{}", ran.talk);
}

#[test]
fn service_role_is_made_from_its_folder() {
    let pass = r#"{"Version": "2012-10-17", "Statement": [
      {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "arn:aws:iam::*:role/app"}]}"#;
    let mut stage = Stage::new("service-role")
        .with("p/caller.json", pass)
        .with("p/executor.json", PHOTOS)
        .with("p/executor-2.json", MUSIC)
        .with("p/boundary.json", PHOTOS)
        .with("p/trust.json", TRUST)
        .with("p/notes.json", "not ours");
    let line = "apply --create-service-role app --from @p --user ci --name-prefix x";
    let ran = stage.run(line, &["yes"]);
    assert_eq!(ran.exit, Exit::Done, "{ran:?}");
    assert!(ran.answer.contains("may be assumed by cloudformation.amazonaws.com"), "{ran:?}");
    let next = "\n  cdk deploy --role-arn arn:aws:iam::111122223333:role/app\n";
    assert!(ran.talk.contains(next), "{ran:?}");
    let again = stage.run(line, &[]);
    assert!(again.answer.contains("nothing to do") && again.talk.contains(next), "{again:?}");
    assert_eq!(stage.held(&Principal::role("app")), ["x-executor", "x-executor-2"]);
    assert_eq!(stage.held(&Principal::user("ci")), ["x-caller"]);
    let state = stage.model.state();
    let boundary = state.principals[&Principal::role("app")].boundary.clone();
    assert_eq!(boundary.as_deref(), Some("arn:aws:iam::111122223333:policy/app-boundary"));
    let other = stage.run("apply --create-service-role other --from @p --user ci", &[]);
    assert_eq!(other.exit, Exit::Input);
    assert!(other.talk.contains("may pass `arn:aws:iam::*:role/app`"), "{other:?}");
}

#[test]
fn folder_without_trust_policy_is_refused() {
    let mut stage = Stage::new("no-trust").with("p/executor.json", PHOTOS);
    let ran = stage.run("apply --create-service-role app --from @p", &[]);
    assert!(ran.talk.contains("has no `trust.json`"), "{ran:?}");
    assert_eq!((ran.exit, stage.model.writes()), (Exit::Input, 0));
}

#[test]
fn role_is_made_with_its_provider() {
    let mut stage = Stage::new("oidc").with("app.json", PHOTOS).with("trust.json", TRUST);
    let line = "apply --create-role ci --trust @trust.json --policy @app.json \
                --oidc-provider https://token.actions.githubusercontent.com";
    let ran = stage.run(line, &["yes"]);
    assert_eq!(ran.exit, Exit::Done, "{ran:?}");
    let state = stage.model.state();
    assert_eq!(state.providers.len(), 1);
    assert_eq!(stage.held(&Principal::role("ci")), ["ci-app"]);
}

#[test]
fn policy_is_found_by_its_name_in_the_account_before_aws() {
    let mut stage = Stage::new("names").with("app.json", PHOTOS).with("limit.json", MUSIC);
    let text = || PolicyText::parse(PHOTOS).unwrap();
    stage.model.add_aws_managed("Limit", text());
    stage.model.add_aws_managed("service-role/AWSLambdaBasicExecutionRole", text());
    let line = "apply --role deploy --managed-policy AWSLambdaBasicExecutionRole --boundary Limit";
    let ran = stage.run(line, &["yes"]);
    assert_eq!(
        (ran.exit, stage.deploy()),
        (Exit::Done, vec!["AWSLambdaBasicExecutionRole".to_owned()])
    );
    let boundary = |stage: &Stage| {
        stage.model.state().principals[&Principal::role("deploy")].boundary.clone().unwrap()
    };
    assert_eq!(boundary(&stage), "arn:aws:iam::aws:policy/Limit");
    stage
        .model
        .meddle(&Step::CreatePolicy {
            arn: "arn:aws:iam::111122223333:policy/team/Limit".to_owned(),
            name: "Limit".to_owned(),
            path: "/team/".to_owned(),
            description: String::new(),
            document: text(),
            tags: [].into(),
        })
        .unwrap();
    let ran = stage.run("apply --role deploy --boundary Limit", &["yes"]);
    assert_eq!(boundary(&stage), "arn:aws:iam::111122223333:policy/team/Limit", "{ran:?}");
    assert!(ran.talk.contains("warning: `Limit` is `arn:aws:iam::111122223333:policy"), "{ran:?}");
    let ran = stage.run("apply --role deploy --boundary Limits", &[]);
    assert!(
        ran.talk.contains("no managed policy `Limits`, neither in account 111122223333"),
        "{ran:?}"
    );
    assert_eq!(ran.exit, Exit::Input);
}

#[test]
fn policies_for_another_account_are_told() {
    let queue = |account: &str| {
        format!(
            r#"{{"Statement": [{{"Effect": "Allow", "Action": "sqs:SendMessage",
            "Resource": ["arn:aws:sqs:*:{account}:q", "arn:aws:s3:::photos"]}}]}}"#
        )
    };
    let mut stage = Stage::new("other-account").with("app.json", &queue("444455556666"));
    let line = "apply --role deploy --policy @app.json --dry-run";
    let ran = stage.run(line, &[]);
    assert_eq!(ran.exit, Exit::Done);
    assert!(ran.talk.contains("warning: the policies name account 444455556666, and"), "{ran:?}");
    let notes = stage.run(&format!("{line} --output json"), &[]).answer;
    assert!(notes.contains("the policies name account 444455556666"), "{notes}");
    for account in ["111122223333", "*"] {
        stage.write("app.json", &queue(account));
        assert_eq!(stage.run(line, &[]).talk, "", "{account}");
    }
}

#[test]
fn placeholder_in_a_trust_policy_is_refused() {
    let trust = r#"{"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
      "Principal": {"Federated": "arn:aws:iam::ACCOUNT_ID:oidc-provider/a.example"}}]}"#;
    let mut stage = Stage::new("placeholder").with("app.json", PHOTOS).with("trust.json", trust);
    let ran = stage.run("apply --create-role ci --trust @trust.json --policy @app.json", &[]);
    assert_eq!((ran.exit, stage.model.writes()), (Exit::Input, 0));
    assert!(ran.talk.contains("trust.json` has `ACCOUNT_ID` where a value belongs"), "{ran:?}");
    assert!(ran.talk.contains("`--account ID`"), "{ran:?}");
}

/// Runs a command that is printed for others to run: those of AWS that make something are done to the model.
fn run_printed(stage: &mut Stage, command: &str) -> Option<Ran> {
    let words = words(command);
    let value = |option: &str| {
        let place = words.iter().position(|word| word == option)?;
        words.get(place + 1).cloned()
    };
    if command.starts_with("aws iam create-policy ") {
        let name = value("--policy-name").unwrap();
        let file = value("--policy-document").unwrap();
        let text = fs::read_to_string(file.strip_prefix("file://").unwrap()).unwrap();
        let step = Step::CreatePolicy {
            arn: format!("arn:aws:iam::111122223333:policy/{name}"),
            name,
            path: "/".to_owned(),
            description: String::new(),
            document: PolicyText::parse(&text).unwrap(),
            tags: [].into(),
        };
        stage.model.meddle(&step).unwrap();
    }
    command.starts_with("stackpass ").then(|| stage.run_words(&words, &["yes"]))
}

#[test]
fn commands_that_generate_prints_can_be_run() {
    let account = "--account 111122223333";
    for (index, line) in [
        "admin --role deploy --boundary --out @out",
        "admin --user ci --expect-account 111122223333 --boundary=Limit --out @out",
        &format!("github-oidc --repo acme/shop {account} --policy @app.json --out @out"),
        &format!("github-oidc --repo acme/shop {account} --format yaml --out @out"),
        &format!("gitlab-oidc --project acme/shop {account} --out @out"),
        &format!("gitlab-oidc --project acme/shop {account} --audience me --out @out"),
    ]
    .into_iter()
    .enumerate()
    {
        // The space is in each path that is printed.
        let mut stage = Stage::new(&format!("printed {index}")).with("app.json", PHOTOS);
        let folder = format!("{}/", stage.folder.display());
        let words = line.split(' ').map(|word| word.replace('@', &folder));
        let (mut answer, mut talk) = (Vec::new(), Vec::new());
        let exit = crate::run(
            ["stackpass", "generate"].into_iter().map(str::to_owned).chain(words),
            &mut Output::new(&mut answer, &mut talk),
        );
        let talk = String::from_utf8(talk).unwrap();
        assert_eq!(exit, Exit::Done, "{talk}");
        let talk = talk.replace("\\\n", " ");
        let ran: Vec<Ran> =
            talk.lines().filter_map(|line| run_printed(&mut stage, line.trim())).collect();
        assert_eq!(ran.len(), 1, "{line}: {talk}");
        assert_eq!(ran[0].exit, Exit::Done, "{line}: {talk}{ran:?}");
        assert!(stage.model.writes() > 0);
    }
}

#[test]
fn trust_policy_is_no_policy_of_a_holder() {
    let mut stage = Stage::new("trust").with("trust.json", TRUST);
    let ran = stage.run("apply --role deploy --policy @trust.json", &[]);
    assert!(ran.talk.contains("has a `Principal`"), "{ran:?}");
    assert_eq!(ran.exit, Exit::Input);
}

#[test]
fn too_large_policy_is_refused_before_aws_is_asked() {
    let resources: Vec<String> =
        (0..300).map(|it| format!("\"arn:aws:s3:::b{it:0>20}\"")).collect();
    let text = format!(
        r#"{{"Statement": [{{"Effect": "Allow", "Action": "s3:*", "Resource": [{}]}}]}}"#,
        resources.join(", ")
    );
    let mut stage = Stage::new("large").with("large.json", &text);
    let ran = stage.run("apply --role deploy --policy @large.json", &[]);
    assert_eq!(ran.exit, Exit::OverQuota, "{ran:?}");
}

#[test]
fn unknown_role_is_told() {
    let mut stage = Stage::new("unknown").with("app.json", PHOTOS);
    let ran = stage.run("apply --role nobody --policy @app.json", &[]);
    assert!(ran.talk.contains("error: there is no role `nobody`\nhint: "), "{ran:?}");
    assert_eq!(ran.exit, Exit::Input);
}

#[test]
fn programs_get_one_object() {
    let mut stage = Stage::new("json").with("app.json", PHOTOS);
    let ran = stage.run("apply --role deploy --policy @app.json --output json --yes", &["yes"]);
    let answer: serde_json::Value = serde_json::from_str(&ran.answer).unwrap();
    assert_eq!((&answer["state"], &answer["id"]), (&"done".into(), &"apply-1".into()));
    assert_eq!(answer["steps"][0]["action"], "iam:CreatePolicy");
    assert_eq!(answer["access"][0]["added"][0]["action"], "s3:GetObject");
    let rest = stage.run("rollback --output json --dry-run", &[]);
    let answer: serde_json::Value = serde_json::from_str(&rest.answer).unwrap();
    assert_eq!((&answer["state"], &answer["rollbackOf"]), (&"planned".into(), &"apply-1".into()));
}

#[test]
fn options_that_contradict_each_other_are_refused() {
    let bad = [
        "apply --policy p.json",
        "apply --role a --user b --policy p.json",
        "apply --from-plan p --role a",
        "apply --role a --policy p.json --plan-out x",
        "apply --create-role a --policy p.json",
        "apply --create-service-role a",
        "apply --create-service-role a --from p --path /x/",
        "apply --role a --policy p.json --yes --dry-run",
        "apply --role a --policy p.json --exit-code",
    ];
    for line in bad {
        let words = std::iter::once("stackpass").chain(line.split(' '));
        assert!(parse(words).is_err(), "{line}");
    }
    assert!(!Path::new("p.json").exists());
}
