//! `stackpass generate stack`.

use std::fmt::Write as _;

use insta::assert_snapshot;

use crate::common::{Folder, ODD, QUEUE, actions};

const KNOWN: &str = "--stack-name dev --account 111122223333 --region eu-west-1";

#[test]
fn policy_stands_alone_on_stdout_and_the_summary_on_stderr() {
    let folder = Folder::new("alone").with("queue.yaml", QUEUE);
    let ran =
        folder.run(&format!("generate stack queue.yaml --who executor --phase first {KNOWN}"));
    assert_snapshot!(ran.all(), @r#"
    exit code 0
    --- stdout
    {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Sid": "ManageSqs",
          "Effect": "Allow",
          "Action": [
            "sqs:CreateQueue",
            "sqs:DeleteQueue",
            "sqs:GetQueueAttributes",
            "sqs:GetQueueUrl",
            "sqs:ListQueueTags"
          ],
          "Resource": "arn:aws:sqs:eu-west-1:111122223333:dev-Jobs-*"
        }
      ]
    }
    --- stderr
    stack      dev, 1 resource (queue.yaml)
    tool       aws-cli; CloudFormation acts with the caller's permissions
    needs      6, 5 actions
    policy     deploy    244 of 6,144 characters
    AWS data   DATES
    "#);
}

#[test]
fn what_is_not_given_is_told() {
    let folder = Folder::new("not-given").with("queue.yaml", QUEUE);
    let ran = folder.run("generate stack queue.yaml");
    assert_eq!(ran.code, 0);
    assert!(
        ran.stderr.contains("stack name not given; give it with `--stack-name`"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_stack_that_no_app_has_is_an_error_beside_a_template_too() {
    let folder = Folder::new("no-such-stack").with("queue.yaml", QUEUE);
    let ran = folder.run(&format!("generate stack queue.yaml --stack other {KNOWN}"));
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("the input has no stack `other`"), "{}", ran.stderr);
}

#[test]
fn caller_and_executor_are_one_policy_in_direct_mode_and_two_else() {
    let folder = Folder::new("holders").with("queue.yaml", QUEUE);
    let direct = folder.run(&format!("generate stack queue.yaml {KNOWN}")).json();
    let role = "--mode service-role --service-role deployer";
    let apart = folder.run(&format!("generate stack queue.yaml {KNOWN} {role}")).json();
    assert!(actions(&direct).contains(&"cloudformation:CreateChangeSet".to_owned()));
    assert!(actions(&direct).contains(&"sqs:CreateQueue".to_owned()));
    let names: Vec<&String> = apart.as_object().unwrap().keys().collect();
    assert_eq!(names, ["caller", "executor"]);
    assert!(actions(&apart["caller"]).contains(&"iam:PassRole".to_owned()));
    assert!(!actions(&apart["caller"]).contains(&"sqs:CreateQueue".to_owned()));
    assert!(!actions(&apart["executor"]).contains(&"cloudformation:CreateChangeSet".to_owned()));
    let executor = folder.run(&format!("generate stack queue.yaml {KNOWN} {role} --who executor"));
    assert_eq!(executor.json(), apart["executor"]);
}

#[test]
fn phase_and_hardness_leave_needs_out() {
    let folder = Folder::new("selection").with("queue.yaml", QUEUE);
    let run = |options: &str| {
        actions(&folder.run(&format!("generate stack queue.yaml {options}")).json())
    };
    let all = run("");
    let destroy = run("--phase destroy");
    assert!(
        all.contains(&"sqs:CreateQueue".to_owned()) && all.contains(&"sqs:DeleteQueue".to_owned())
    );
    assert!(!destroy.contains(&"sqs:CreateQueue".to_owned()));
    assert!(destroy.contains(&"sqs:DeleteQueue".to_owned()));
}

#[test]
fn soft_needs_can_be_left_out_and_those_of_features_added() {
    let template = "Resources:\n  Topic:\n    Type: AWS::SNS::Topic\n  Role:\n    Type: AWS::IAM::Role\n    Properties:\n      \
        AssumeRolePolicyDocument: {}\n      Tags: [{Key: a, Value: b}]\n";
    let folder = Folder::new("hardness").with("stack.yaml", template);
    let [must, default, all] = ["must", "default", "all"].map(|hardness| {
        actions(&folder.run(&format!("generate stack stack.yaml --hardness {hardness}")).json())
    });
    for (action, is_in) in [
        ("sns:CreateTopic", [true, true, true]),
        ("sns:ListTagsForResource", [false, true, true]),
        ("iam:ListRoleTags", [false, false, true]),
    ] {
        let found =
            [&must, &default, &all].map(|actions| actions.iter().any(|known| known == action));
        assert_eq!(found, is_in, "{action}");
    }
}

#[test]
fn gaps_have_an_exit_code_and_the_answer_is_printed() {
    let folder = Folder::new("gaps").with("odd.yaml", ODD);
    let ran = folder.run(&format!("generate stack odd.yaml {KNOWN}"));
    assert_eq!(ran.code, 4);
    assert!(actions(&ran.json()).contains(&"sqs:CreateQueue".to_owned()));
    assert!(ran.stderr.contains("odd.yaml:4:3 Odd (Acme::Odd::Thing)"), "{}", ran.stderr);
    assert!(ran.stderr.contains("help: "), "{}", ran.stderr);
}

#[test]
fn what_does_not_fit_a_quota_is_refused_with_its_exit_code() {
    let mut queues = String::from("Resources:\n");
    for number in 0..100 {
        let properties = format!("{{QueueName: '{number:0>70}'}}");
        let _ =
            writeln!(queues, "  Q{number}: {{Type: AWS::SQS::Queue, Properties: {properties}}}");
    }
    let folder = Folder::new("quota").with("queues.yaml", queues);
    let ran = folder.run("generate stack queues.yaml --limit user-inline");
    assert_eq!((ran.code, ran.stdout.as_str()), (5, ""));
    assert!(ran.stderr.contains("the quota allows 2,048"), "{}", ran.stderr);
    let ran = folder.run("generate stack queues.yaml");
    let names: Vec<String> = ran.json().as_object().unwrap().keys().cloned().collect();
    assert_eq!((ran.code, names), (0, vec!["deploy".to_owned(), "deploy-2".to_owned()]));
}

#[test]
fn synthesized_app_is_found_by_its_folder_its_manifest_and_its_app() {
    let folder = Folder::new("app").with_app("app/cdk.out");
    let expected = folder.run("generate stack app/cdk.out");
    assert_eq!(expected.code, 0, "{}", expected.stderr);
    assert!(
        expected.stdout.contains("arn:aws:sqs:eu-west-1:111122223333:dev-jobs-Jobs-"),
        "{}",
        expected.stdout
    );
    for path in ["app", "app/cdk.out/manifest.json", "app/cdk.out/"] {
        assert_eq!(folder.run(&format!("generate stack {path}")).stdout, expected.stdout);
    }
}

#[test]
fn misspelled_stack_is_refused_with_the_names_that_there_are() {
    let folder = Folder::new("stack-option").with_app("cdk.out");
    assert_eq!(folder.run("generate stack cdk.out --stack dev-jobs").code, 0);
    let ran = folder.run("generate stack cdk.out --stack dev-jbos");
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    assert!(ran.stderr.contains("it has `dev-jobs`"), "{}", ran.stderr);
}

#[test]
fn dash_reads_standard_input() {
    let folder = Folder::new("stdin").with("queue.yaml", QUEUE);
    let file = folder.run(&format!("generate stack queue.yaml {KNOWN}"));
    let pipe = folder.pipe(&format!("generate stack - {KNOWN}"), QUEUE);
    assert_eq!(pipe.stdout, file.stdout);
    assert!(pipe.stderr.contains("(<stdin>)"), "{}", pipe.stderr);
}

#[test]
fn order_of_inputs_changes_nothing() {
    let topic = "Resources:\n  News:\n    Type: AWS::SNS::Topic\n";
    let folder = Folder::new("order").with("a.yaml", QUEUE).with("b.yaml", topic);
    for output in ["human", "json"] {
        let one = folder.run(&format!("generate stack a.yaml b.yaml --output {output}"));
        let other = folder.run(&format!("generate stack b.yaml a.yaml --output {output}"));
        assert_eq!(one.all(), other.all());
    }
}

#[test]
fn report_for_programs_has_everything() {
    let folder = Folder::new("report").with("odd.yaml", ODD);
    let ran = folder.run(&format!("generate stack odd.yaml {KNOWN} --output json"));
    assert_eq!((ran.code, ran.stderr.as_str()), (4, ""));
    let report = ran.json();
    let keys: Vec<&String> = report.as_object().unwrap().keys().collect();
    let expected = [
        "dataDate",
        "diagnostics",
        "findings",
        "gaps",
        "mode",
        "needs",
        "policies",
        "stacks",
        "tool",
        "version",
    ];
    assert_eq!(keys, expected);
    let policy = folder.run(&format!("generate stack odd.yaml {KNOWN}"));
    assert_eq!(report["policies"][0]["document"], policy.json());
    assert_eq!(report["stacks"][0]["name"], "dev");
    assert_eq!(report["stacks"][0]["resources"], 2);
    assert_eq!(report["gaps"][0]["logicalId"], "Odd");
    assert_eq!(report["gaps"][0]["line"], 4);
    let needs = report["needs"].as_array().unwrap();
    let create = needs.iter().find(|need| need["action"] == "sqs:CreateQueue").unwrap();
    assert_eq!(create["who"], "executor");
    assert_eq!(create["logicalId"], "Jobs");
    assert_eq!(create["resourceType"], "AWS::SQS::Queue");
    assert_eq!((&create["file"], &create["line"]), (&"odd.yaml".into(), &2.into()));
}

#[test]
fn policy_inside_of_a_report_is_laid_out_like_the_rest() {
    let folder = Folder::new("layout").with("queue.yaml", QUEUE);
    let ran = folder.run("generate stack queue.yaml --output json");
    let again = serde_json::to_string_pretty(&ran.json()).unwrap();
    let sorted = |text: &str| {
        let mut lines: Vec<String> =
            text.lines().map(|line| line.trim_end_matches(',').to_owned()).collect();
        lines.sort();
        lines
    };
    // The orders of keys differ, the lines with their indents do not.
    assert_eq!(sorted(&ran.stdout), sorted(&again));
}

#[test]
fn every_format_holds_every_policy() {
    let folder = Folder::new("formats").with("queue.yaml", QUEUE);
    let role = "--mode service-role --service-role deployer";
    for (format, executor) in [
        ("yaml", "\nexecutor:"),
        ("cloudformation", "StackpassExecutor:"),
        ("cdk", "StackpassExecutor"),
        ("terraform", "executor"),
    ] {
        let ran =
            folder.run(&format!("generate stack queue.yaml {KNOWN} {role} --format {format}"));
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert!(ran.stdout.contains(executor), "{format}: {}", ran.stdout);
        assert!(ran.stdout.contains("sqs:CreateQueue"), "{format}: {}", ran.stdout);
    }
}

#[test]
fn contradictions_of_options_are_refused() {
    let folder = Folder::new("contradictions").with("a.yaml", QUEUE).with("b.yaml", QUEUE);
    for (options, expected) in [
        (
            "a.yaml b.yaml --stack-name x",
            "`--stack-name` names one stack, but there are 2 templates",
        ),
        ("a.yaml --parameter A=1 --parameter A=2", "`--parameter A=...` is given twice"),
        ("a.yaml --stack-tag A=1 --stack-tag A=1", "`--stack-tag A=...` is given twice"),
        ("a.yaml --parameter A", "expected KEY=VALUE, found no `=`"),
        ("a.yaml --service-role x", "without `--mode service-role`"),
        ("a.yaml --account 1", "an account id has 12 digits"),
        ("a.yaml --region moon", "expected a region such as `eu-west-1`"),
        ("a.yaml --partition aws-mars", "invalid value 'aws-mars'"),
        ("", "required arguments were not provided"),
    ] {
        let ran = folder.run(&format!("generate stack {options}"));
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{options}");
        assert!(ran.stderr.contains(expected), "{options}: {}", ran.stderr);
    }
}
