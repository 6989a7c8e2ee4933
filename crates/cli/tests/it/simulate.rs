//! `stackpass simulate`.

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::common::{Folder, Ran};

const POLICY: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {"Sid": "Photos", "Effect": "Allow", "Action": "s3:Put*", "Resource": "arn:aws:s3:::photos/*"},
    {"Effect": "Deny", "Action": "s3:PutObjectAcl", "Resource": "*"},
    {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "arn:aws:iam::111122223333:role/dev-*",
     "Condition": {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}}
  ]
}"#;

const BOUNDARY: &str = r#"{"Statement": {"Effect": "Allow", "Action": "iam:*", "Resource": "*"}}"#;

fn folder(test: &str) -> Folder {
    Folder::new(test).with("p.json", POLICY).with("b.json", BOUNDARY)
}

fn ask(folder: &Folder, request: &str) -> Ran {
    folder.run(&format!("simulate --policy p.json {request}"))
}

#[test]
fn allowed_request_names_its_statement() {
    let folder = folder("simulate-allowed");
    let ran = ask(&folder, "--action s3:PutObject --resource arn:aws:s3:::photos/cat.jpg");
    assert_snapshot!(ran.all(), @"
    exit code 0
    --- stdout
    allowed
      action   s3:PutObject
      on       arn:aws:s3:::photos/cat.jpg
      by       p.json:4 Statement[0] (Photos)
    --- stderr
    ");
}

#[test]
fn denied_request_names_the_statement_that_denies() {
    let folder = folder("simulate-denied");
    let ran = ask(&folder, "--action s3:PutObjectAcl --resource arn:aws:s3:::photos/cat.jpg");
    assert_snapshot!(ran.all(), @"
    exit code 9
    --- stdout
    denied: a statement denies it
      action   s3:PutObjectAcl
      on       arn:aws:s3:::photos/cat.jpg
      by       p.json:5 Statement[1]
    --- stderr
    ");
}

#[test]
fn request_that_does_not_say_enough_is_asked_for_more() {
    let folder = folder("simulate-depends");
    let request = "--action iam:PassRole --resource arn:aws:iam::111122223333:role/dev-api";
    assert_snapshot!(ask(&folder, request).all(), @"
    exit code 9
    --- stdout
    not decided: the request does not say enough
      action   iam:PassRole
      on       arn:aws:iam::111122223333:role/dev-api
      by       p.json:6 Statement[2]
      on keys  iam:PassedToService

    hint: say what it is: --context iam:PassedToService=VALUE
    --- stderr
    ");
    let with = |service: &str| {
        ask(&folder, &format!("{request} --context iam:PassedToService={service}")).code
    };
    assert_eq!(with("lambda.amazonaws.com"), 0);
    assert_eq!(with("ec2.amazonaws.com"), 9);
}

#[test]
fn boundary_must_allow_as_well() {
    let folder = folder("simulate-boundary");
    let put = "--action s3:PutObject --resource arn:aws:s3:::photos/cat.jpg";
    assert_snapshot!(ask(&folder, &format!("{put} --boundary b.json")).all(), @"
    exit code 9
    --- stdout
    denied: the boundary does not allow it
      action   s3:PutObject
      on       arn:aws:s3:::photos/cat.jpg
      because  no statement of the boundary b.json allows it
    --- stderr
    ");
    let pass = "--action iam:PassRole --resource arn:aws:iam::111122223333:role/dev-api \
                --context iam:PassedToService=lambda.amazonaws.com";
    assert_eq!(ask(&folder, &format!("{pass} --boundary b.json")).code, 0);
}

#[test]
fn programs_get_the_ruling() {
    let folder = folder("simulate-json");
    let ran = ask(&folder, "--action s3:GetObject --resource arn:aws:s3:::x/y --output json");
    let expected = json!({
        "decision": "implicitDeny", "statements": [], "keys": [], "notAllowedBy": ["policies"]
    });
    assert_eq!((ran.code, ran.json()), (9, expected));
}

#[test]
fn pattern_is_a_mistake_in_the_request() {
    let folder = folder("simulate-pattern");
    for request in ["--action s3:Put*", "--action s3:PutObject --resource arn:aws:s3:::photos/*"] {
        let ran = ask(&folder, request);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{}", ran.stderr);
        assert!(ran.stderr.contains("is a pattern"), "{}", ran.stderr);
    }
}

#[test]
fn policy_with_an_unknown_operator_is_refused_with_its_place() {
    let text = POLICY.replace("StringEquals", "StringMatches");
    let folder = Folder::new("simulate-operator").with("p.json", text);
    let ran = ask(&folder, "--action s3:PutObject --resource arn:aws:s3:::photos/cat.jpg");
    assert_eq!((ran.code, ran.stdout.as_str()), (3, ""));
    assert!(ran.stderr.contains("p.json:7:"), "{}", ran.stderr);
}

#[test]
fn each_line_is_answered_before_the_next_is_read() {
    let folder = folder("simulate-stream");
    let mut command = folder.command("simulate --policy p.json --requests -");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut requests = child.stdin.take().unwrap();
    let mut answers = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut ask = |line: &str| -> Value {
        writeln!(requests, "{line}").unwrap();
        serde_json::from_str(&answers.next().unwrap().unwrap()).unwrap()
    };
    let photo = "arn:aws:s3:::photos/cat.jpg";
    let put = ask(&json!({"id": 1, "action": "s3:PutObject", "resource": photo}).to_string());
    assert_eq!((&put["id"], &put["decision"]), (&json!(1), &json!("allowed")));
    assert_eq!(put["statements"][0]["sid"], "Photos");
    let deny = ask(&json!({"id": "b", "action": "s3:PutObjectAcl"}).to_string());
    assert_eq!((&deny["id"], &deny["decision"]), (&json!("b"), &json!("explicitDeny")));
    assert_eq!(deny["statements"][0]["index"], 1);
    let get = ask(&json!({"id": null, "action": "s3:GetObject", "resource": photo}).to_string());
    assert_eq!(get["decision"], "implicitDeny");
    let bad = ask("{");
    assert!(bad["error"].as_str().unwrap().starts_with("expected a request"), "{bad}");
    let role = "arn:aws:iam::111122223333:role/dev-api";
    let pass = ask(&json!({"id": 3, "action": "iam:PassRole", "resource": role}).to_string());
    assert_eq!(
        (&pass["decision"], &pass["keys"]),
        (&json!("depends"), &json!(["iam:PassedToService"]))
    );
    drop(requests);
    assert_eq!(child.wait().unwrap().code(), Some(3));
}

#[test]
fn file_of_requests_without_a_mistake_ends_well_whatever_is_decided() {
    let folder = folder("simulate-file")
        .with("r.ndjson", "{\"action\": \"s3:GetObject\"}\n\n{\"action\": \"s3:PutObject\"}");
    let ran = folder.run("simulate --policy p.json --requests r.ndjson");
    assert_eq!((ran.code, ran.stdout.lines().count()), (0, 2), "{}", ran.stderr);
}

#[test]
fn statements_that_almost_allow_it_are_named() {
    let folder = folder("simulate-near");
    let other = ask(&folder, "--action s3:PutObject --resource arn:aws:s3:::music/a.mp3");
    assert_snapshot!(other.stdout, @"
    denied: nothing allows it
      action   s3:PutObject
      on       arn:aws:s3:::music/a.mp3
      because  no statement of the policies allows it
      near     p.json:4 Statement[0] (Photos) allows it on arn:aws:s3:::photos/*
               only
    ");
    let role = "--action iam:PassRole --resource arn:aws:iam::111122223333:role/dev-api";
    let service = "--context iam:PassedToService=ec2.amazonaws.com";
    assert_snapshot!(ask(&folder, &format!("{role} {service}")).stdout, @"
    denied: nothing allows it
      action   iam:PassRole
      on       arn:aws:iam::111122223333:role/dev-api
      because  no statement of the policies allows it
      near     p.json:6 Statement[2] allows it if StringEquals iam:PassedToService
               lambda.amazonaws.com
    ");
}

#[test]
fn policies_of_two_holders_do_not_act_together() {
    let both = format!("{{\"caller\": {POLICY}, \"executor\": {POLICY}}}");
    let folder = Folder::new("simulate-both").with("p.json", both);
    let ran = ask(&folder, "--action s3:PutObject");
    assert_eq!((ran.code, ran.stdout.as_str()), (3, ""));
    assert!(ran.stderr.contains("`caller` and `executor`"), "{}", ran.stderr);
    let parts = format!("{{\"deploy\": {POLICY}, \"deploy-2\": {BOUNDARY}}}");
    let folder = Folder::new("simulate-parts").with("p.json", parts);
    let ran = ask(&folder, "--action iam:GetRole --resource arn:aws:iam::111122223333:role/x");
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert!(ran.stdout.contains("deploy-2.Statement[0]"), "{}", ran.stdout);
}
