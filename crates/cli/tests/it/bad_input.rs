//! Inputs that cannot be read or used: a message with a place, an exit code, and no answer.

use insta::assert_snapshot;

use crate::common::Folder;

fn check(folder: &Folder, path: &str, expected: &[&str]) {
    let ran = folder.run(&format!("generate stack {path}"));
    assert_eq!((ran.code, ran.stdout.as_str()), (3, ""), "{path}: {}", ran.stderr);
    for part in expected {
        assert!(ran.stderr.contains(part), "{path}: {}", ran.stderr);
    }
}

#[test]
fn broken_syntax_is_shown_with_its_line() {
    let folder = Folder::new("syntax").with("a.json", "{\n  \"Resources\": {,}\n}\n");
    assert_snapshot!(folder.run("generate stack a.json").all(), @r#"
    exit code 3
    --- stdout
    --- stderr
    error[no-resources]: the template has no resources
     --> a.json:2:16
      |
    2 |   "Resources": {,}
      |                ^^^
      = help: a stack needs one resource at least

    error[extra-comma]: no item stands before this comma
     --> a.json:2:17
      |
    2 |   "Resources": {,}
      |                 ^
      = help: take the comma out

    error: no answer, because of 2 errors in the input
    "#);
}

#[test]
fn programs_get_problems_as_json() {
    let folder = Folder::new("problem-json").with("a.json", "{\n  \"Resources\": {,}\n}\n");
    let ran = folder.run("generate stack a.json --output json");
    assert_eq!(ran.code, 3);
    let report = ran.json();
    assert_eq!(report["policies"].as_array().unwrap().len(), 0);
    let problem = &report["diagnostics"][0];
    assert_eq!((&problem["severity"], &problem["line"]), (&"error".into(), &2.into()));
    assert_eq!(problem["file"], "a.json");
}

#[test]
fn files_that_are_no_templates_are_refused() {
    let folder = Folder::new("no-templates")
        .with("empty.yaml", "")
        .with("text.txt", "hello\n")
        .with("list.json", "[1]")
        .with("latin1.yaml", b"Resources: \xfc")
        .with("utf16.json", b"\xff\xfe{\0}\0")
        .with("archive.yaml", b"PK\x03\x04\x00\xff");
    check(&folder, "empty.yaml", &["empty.yaml:1:1"]);
    check(&folder, "text.txt", &["text.txt:1:1"]);
    check(&folder, "list.json", &["list.json:1:1"]);
    check(&folder, "latin1.yaml", &["found 0xfc at byte 11"]);
    check(&folder, "utf16.json", &["it looks like UTF-16"]);
    check(&folder, "archive.yaml", &["it looks like an archive"]);
}

#[test]
fn missing_file_is_named() {
    check(&Folder::new("missing"), "nowhere.yaml", &["cannot read `nowhere.yaml`", "hint: "]);
}

#[test]
fn folder_without_manifest_is_refused_with_what_to_do() {
    let folder = Folder::new("no-manifest")
        .with("cdk/cdk.json", "{}")
        .with("sst/sst.json", "{}")
        .with("sam/template.yaml", "")
        .with("none/x", "");
    check(&folder, "cdk", &["no `manifest.json` in the folder `cdk`", "run `cdk synth`"]);
    check(&folder, "sst", &["run `sst build`"]);
    check(&folder, "sam", &["template.yaml`"]);
    check(&folder, "none", &["hint: give a template"]);
}

#[test]
fn huge_file_is_refused_before_it_is_parsed() {
    let folder = Folder::new("huge").with("big.json", vec![b' '; 50 * 1024 * 1024 + 1]);
    check(&folder, "big.json", &["is larger than 50 MB"]);
}

#[test]
fn file_of_an_app_that_is_no_text_is_named() {
    let folder = Folder::new("app-bytes")
        .with_app("cdk.out")
        .with("cdk.out/Jobs.template.yaml", b"\xff\xff");
    check(&folder, "cdk.out", &["Jobs.template.yaml` is not UTF-8"]);
}

#[test]
fn file_that_an_app_lacks_is_told_at_the_place_that_names_it() {
    let folder = Folder::new("app-lacks").with(
        "cdk.out/manifest.json",
        r#"{"version": "36.0.0", "artifacts": {"A": {"type": "aws:cloudformation:stack",
           "environment": "aws://unknown-account/unknown-region", "properties": {"templateFile": "gone.json"}}}}"#,
    );
    check(&folder, "cdk.out", &["gone.json", "manifest.json:2:"]);
}

#[test]
fn text_of_the_input_cannot_command_the_terminal() {
    let folder = Folder::new("commands").with(
        "a.json",
        r#"{"Resources": {"A\u001b[2J": {"Type": "Acme::\u001b]0;x\u0007::Thing"}, "B": {"Type": "AWS::SQS::Queue"}}}"#,
    );
    let ran = folder.run("generate stack a.json");
    assert!(!ran.stderr.contains(['\u{1b}', '\u{7}']), "{:?}", ran.stderr);
}

#[test]
fn standard_input_is_read_once() {
    let folder = Folder::new("stdin-twice").with("p.json", "{}").with("t.yaml", "");
    for arguments in [
        "check - --policy -",
        "check t.yaml --policy - --executor-policy -",
        "simulate --policy - --requests -",
        "apply --create-role r --trust - --policy -",
        "diff - -",
    ] {
        let ran = folder.pipe(arguments, "{}");
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{arguments}");
        assert!(ran.stderr.contains("standard input can be read once"), "{}", ran.stderr);
    }
}
