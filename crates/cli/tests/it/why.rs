//! `stackpass why`.

use insta::assert_snapshot;

use crate::common::{Folder, ODD, QUEUE};

#[test]
fn reason_is_shown_with_its_place() {
    let folder = Folder::new("why").with("queue.yaml", QUEUE);
    let ran = folder.run("why sqs:CreateQueue queue.yaml --stack-name dev");
    assert_snapshot!(ran.all(), @"
    exit code 0
    --- stdout
    sqs:CreateQueue: 1 need

      who      executor, to create
      for      Jobs (AWS::SQS::Queue)
      at       queue.yaml:2:3
      on       arn:*:sqs:*:*:dev-Jobs-*
      because  registry handlers create, read, update, delete
      because  https://github.com/localstack/localstack/blob/v4.14.0/localstack-core/localstack/services/sqs/resource_providers/aws_sqs_queue.py
    --- stderr
    ");
}

#[test]
fn pattern_shows_every_action_that_it_matches() {
    let folder = Folder::new("why-pattern").with("queue.yaml", QUEUE);
    let ran = folder.run("why sqs:*Queue queue.yaml");
    assert_eq!(ran.code, 0);
    for action in ["sqs:CreateQueue: ", "sqs:DeleteQueue: "] {
        assert!(ran.stdout.contains(action), "{}", ran.stdout);
    }
}

#[test]
fn programs_get_the_same_needs_as_from_generate() {
    let folder = Folder::new("why-json").with("queue.yaml", QUEUE);
    let why = folder.run("why sqs:CreateQueue queue.yaml --output json").json();
    let all = folder.run("generate stack queue.yaml --output json").json();
    let of_action = all["needs"].as_array().unwrap().iter();
    let expected: Vec<_> = of_action.filter(|need| need["action"] == "sqs:CreateQueue").collect();
    assert!(!expected.is_empty());
    assert_eq!(why["needs"].as_array().unwrap().iter().collect::<Vec<_>>(), expected);
}

#[test]
fn action_that_is_not_needed_has_its_exit_code_and_prints_nothing() {
    let folder = Folder::new("why-not").with("queue.yaml", QUEUE);
    let ran = folder.run("why s3:PutObject queue.yaml");
    assert_eq!((ran.code, ran.stdout.as_str()), (7, ""));
    assert_eq!(ran.stderr, "s3:PutObject is not needed\n");
}

#[test]
fn gaps_make_not_needed_uncertain() {
    let folder = Folder::new("why-gaps").with("odd.yaml", ODD);
    let ran = folder.run("why s3:PutObject odd.yaml");
    assert_eq!(ran.code, 4);
    assert!(ran.stderr.contains("so there may be more"), "{}", ran.stderr);
}

#[test]
fn misspelled_action_gets_suggestions() {
    let folder = Folder::new("why-misspelled").with("queue.yaml", QUEUE);
    let ran = folder.run("why sqs:CreateQeue queue.yaml");
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    assert!(ran.stderr.contains("did you mean `sqs:CreateQueue`"), "{}", ran.stderr);
    assert_eq!(folder.run("why nonsense queue.yaml").code, 2);
}

#[test]
fn unusable_input_is_no_answer() {
    let folder = Folder::new("why-unusable").with("a.yaml", "x");
    let ran = folder.run("why sqs:CreateQueue a.yaml");
    assert_eq!((ran.code, ran.stdout.as_str()), (3, ""));
}
