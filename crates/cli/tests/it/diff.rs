//! `stackpass diff`.

use insta::assert_snapshot;

use crate::common::{Folder, ODD, QUEUE};

const KNOWN: &str = "--stack-name dev --account 111122223333 --region eu-west-1";
const TOPIC: &str =
    "Resources:\n  Jobs:\n    Type: AWS::SQS::Queue\n  News:\n    Type: AWS::SNS::Topic\n";

fn folder(test: &str) -> Folder {
    let moved = format!("# A comment that moves everything.\n\n{QUEUE}");
    Folder::new(test).with("old.yaml", QUEUE).with("moved.yaml", moved).with("new.yaml", TOPIC)
}

#[test]
fn what_only_moved_is_no_difference() {
    let folder = folder("diff-moved");
    let ran = folder.run(&format!("diff old.yaml moved.yaml --exit-code {KNOWN}"));
    assert_eq!((ran.code, ran.stdout.as_str()), (0, ""));
    assert_eq!(ran.stderr, "no difference\n");
    let empty = folder.run("diff old.yaml moved.yaml --output markdown");
    assert_eq!(empty.stdout, "<!-- stackpass diff -->\n**Permissions:** no difference.\n");
}

#[test]
fn difference_has_its_exit_code_only_where_it_is_asked_for() {
    let folder = folder("diff-exit");
    assert_eq!(folder.run("diff old.yaml new.yaml").code, 0);
    assert_eq!(folder.run("diff old.yaml new.yaml --exit-code").code, 8);
    assert_eq!(folder.run("diff new.yaml old.yaml --exit-code --output json").code, 8);
    assert_eq!(folder.run("diff old.yaml old.yaml --exit-code --output json").code, 0);
}

#[test]
fn added_and_removed_are_mirror_images() {
    let folder = folder("diff-mirror");
    let there = folder.run("diff old.yaml new.yaml --output json").json();
    let back = folder.run("diff new.yaml old.yaml --output json").json();
    assert_eq!(there["added"], back["removed"]);
    assert_eq!(there["removed"], back["added"]);
    assert!(!there["added"].as_array().unwrap().is_empty());
    let actions =
        there["added"].as_array().unwrap().iter().map(|it| it["action"].as_str().unwrap());
    assert!(actions.clone().all(|action| action.starts_with("sns:")), "{there:#}");
}

#[test]
fn nothing_is_a_side_and_its_difference_is_all_that_is_needed() {
    let folder = folder("diff-nothing");
    let all = folder.run(&format!("generate stack new.yaml --output json {KNOWN}")).json();
    let added = folder.run(&format!("diff /dev/null new.yaml --output json {KNOWN}")).json();
    let actions = |needs: &serde_json::Value| {
        let all = needs.as_array().unwrap().iter();
        all.map(|need| need["action"].as_str().unwrap().to_owned())
            .collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(actions(&added["added"]), actions(&all["needs"]));
    assert_eq!(added["removed"], serde_json::json!([]));
}

#[test]
fn gaps_come_and_go() {
    let folder = folder("diff-gaps").with("odd.yaml", ODD);
    let ran = folder.run("diff old.yaml odd.yaml --exit-code --output json");
    assert_eq!(ran.code, 8);
    assert_eq!(ran.json()["addedGaps"][0]["code"], "unknown-type");
    let both = folder.run("diff odd.yaml odd.yaml --exit-code");
    assert_eq!((both.code, both.stdout.as_str()), (0, ""));
    assert!(both.stderr.contains("1 gap is on both sides"), "{}", both.stderr);
    let back = folder.run("diff odd.yaml old.yaml").stdout;
    assert!(back.contains("Gaps that are closed: 1"), "{back}");
}

#[test]
fn comment_of_a_pull_request() {
    let folder = folder("diff-comment");
    let ran = folder.run(&format!(
        "diff new.yaml old.yaml --output markdown --phase first --hardness must {KNOWN}"
    ));
    assert_snapshot!(ran.stdout, @"
    <!-- stackpass diff -->
    **Permissions:** nothing added; 3 removed.


    <details><summary>Permissions that are no longer needed: 3</summary>

    | action | who | on | for |
    |---|---|---|---|
    | <code>sns:CreateTopic</code> | executor: create | <code>arn:aws:sns:eu-west-1:111122223333:dev-News-&#42;</code> | <code>News (AWS::SNS::Topic) in dev</code><br><code>new.yaml:4:3</code> |
    | <code>sns:DeleteTopic</code> | executor: rollback | <code>arn:aws:sns:eu-west-1:111122223333:dev-News-&#42;</code> | <code>News (AWS::SNS::Topic) in dev</code><br><code>new.yaml:4:3</code> |
    | <code>sns:GetTopicAttributes</code> | executor: create, rollback | <code>arn:aws:sns:eu-west-1:111122223333:dev-News-&#42;</code> | <code>News (AWS::SNS::Topic) in dev</code><br><code>new.yaml:4:3</code> |

    </details>
    ");
}

#[test]
fn names_of_a_template_are_no_markup() {
    let nasty = "Resources:\n  Jobs:\n    Type: AWS::SQS::Queue\n    Properties:\n      QueueName: \"a|b`<img src=x>@team\\n# h\"\n";
    let folder = folder("diff-nasty").with("nasty.yaml", nasty);
    let ran = folder.run("diff old.yaml nasty.yaml --output markdown");
    assert_eq!(ran.code, 0);
    for line in ran.stdout.lines() {
        assert!(
            !line.contains("<img") && !line.contains("@team") && !line.starts_with("# h"),
            "{line}"
        );
        assert!(!line.contains('`'), "{line}");
        if line.starts_with("| <code>") {
            assert_eq!(line.matches('|').count(), 5, "{line}");
        }
    }
}

#[test]
fn policies_are_compared_with_policies_only() {
    let policy = |action: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":{action},"Resource":"*"}}]}}"#
        )
    };
    let folder = folder("diff-policies")
        .with("old.json", policy(r#""s3:GetObject""#))
        .with("new.json", policy(r#"["s3:GetObject","iam:PassRole"]"#));
    let ran = folder.run("diff old.json new.json --exit-code");
    assert_snapshot!(ran.all(), @"
    exit code 8
    --- stdout
    Added: 1

    + iam:PassRole ! passes a role, changes any resource
        on    *
    --- stderr

    warning: of what is new, 1 passes a role, 1 changes any resource
    1 added; nothing removed
    ");
    let ran = folder.run("diff old.json new.yaml");
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("`old.json` is a policy, `new.yaml` is none"), "{}", ran.stderr);
}

#[test]
fn bad_side_gives_no_answer() {
    let folder = folder("diff-bad").with("bad.yaml", "Resources: [");
    let ran = folder.run("diff old.yaml bad.yaml");
    assert_eq!((ran.code, ran.stdout.as_str()), (3, ""));
    assert!(ran.stderr.contains("bad.yaml"), "{}", ran.stderr);
    let json = folder.run("diff bad.yaml old.yaml --output json");
    assert_eq!(json.code, 3);
    assert!(!json.json()["diagnostics"].as_array().unwrap().is_empty());
    assert_eq!(folder.run("diff old.yaml missing.yaml").code, 3);
    assert_eq!(folder.run("diff - -").code, 2);
    assert_eq!(folder.run("diff /dev/null /dev/null").code, 2);
}

#[test]
fn standard_input_is_a_side() {
    let ran = folder("diff-stdin").pipe("diff - old.yaml --exit-code", QUEUE);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}

#[test]
fn side_that_cannot_be_read_says_why_also_beside_a_policy() {
    let policy = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}}"#;
    let folder = Folder::new("diff-unreadable")
        .with("p.json", policy)
        .with("torn.json", policy.split_at(40).0)
        .with("latin1.json", b"\"\xfc\"");
    for (other, expected) in [
        ("gone.json", "cannot read `gone.json`"),
        ("torn.json", "is never closed"),
        ("latin1.json", "`latin1.json` is not UTF-8"),
    ] {
        for arguments in [format!("diff p.json {other}"), format!("diff {other} p.json")] {
            let ran = folder.run(&arguments);
            assert_eq!(ran.code, 3, "{arguments}: {}", ran.stderr);
            assert!(ran.stderr.contains(expected), "{arguments}: {}", ran.stderr);
        }
    }
    let ran = folder.pipe("diff p.json -", policy);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("no difference"), "{}{}", ran.stdout, ran.stderr);
}
