//! `stackpass generate bootstrap` and `stackpass generate debug-stack`.

use crate::common::{Folder, QUEUE, actions};

const PLACE: &str = "--account 111122223333 --region eu-west-1";

fn has(actions: &[String], wanted: &str) -> bool {
    actions.iter().any(|action| action == wanted)
}

#[test]
fn bootstrap_stack_has_a_key_only_if_asked_for() {
    let folder = Folder::new("bootstrap");
    let default = folder.run(&format!("generate bootstrap {PLACE}"));
    assert_eq!(default.code, 0, "{}", default.stderr);
    let default = actions(&default.json());
    assert!(has(&default, "s3:CreateBucket") && has(&default, "ecr:CreateRepository"));
    assert!(!has(&default, "kms:CreateKey"));
    let new = actions(&folder.run(&format!("generate bootstrap --kms new {PLACE}")).json());
    assert!(has(&new, "kms:CreateKey"));
    assert!(default.iter().all(|action| has(&new, action)));
}

#[test]
fn qualifier_is_in_the_names() {
    let folder = Folder::new("qualifier");
    let default = folder.run(&format!("generate bootstrap {PLACE}")).stdout;
    let own = folder.run(&format!("generate bootstrap --qualifier myteam {PLACE}")).stdout;
    assert!(default.contains("cdk-hnb659fds-assets-"), "{default}");
    assert!(own.contains("cdk-myteam-assets-") && !own.contains("hnb659fds"), "{own}");
}

#[test]
fn own_template_takes_the_place_of_the_built_in_one() {
    let folder = Folder::new("own-template").with("own.yaml", QUEUE);
    for command in ["bootstrap", "debug-stack"] {
        let ran = folder.run(&format!("generate {command} --template own.yaml"));
        let actions = actions(&ran.json());
        assert!(
            has(&actions, "sqs:CreateQueue") && !has(&actions, "s3:CreateBucket"),
            "{actions:?}"
        );
    }
}

#[test]
fn debug_stack_is_named_by_stage_and_app_or_as_told() {
    let folder = Folder::new("debug");
    let named = folder.run("generate debug-stack --stage dev --app notes");
    assert_eq!(named.code, 0, "{}", named.stderr);
    assert!(has(&actions(&named.json()), "lambda:InvokeFunction"));
    assert!(named.stdout.contains("stack/dev-notes-debug-stack/"), "{}", named.stdout);
    let told = folder.run("generate debug-stack --stack-name dev-notes-debug-stack --stage dev");
    assert_eq!(told.stdout, named.stdout);
    let open = folder.run("generate debug-stack --stage dev");
    assert!(open.stdout.contains("stack/dev-*-debug-stack/"), "{}", open.stdout);
}

#[test]
fn debug_stack_has_the_calls_of_sst_start_on_request() {
    let folder = Folder::new("live");
    let command = "generate debug-stack --stage dev --app notes";
    let objects = "dev-notes-debug-stack-bucket83908e77-*/*";
    assert!(!folder.run(command).stdout.contains(objects));
    let live = folder.run(&format!("{command} --live"));
    assert!(live.stdout.contains(objects), "{}", live.stdout);
}
