//! Which tools, modes and inputs go together: what makes no sense is refused with what to do.

use super::common::{Folder, QUEUE};

fn folder(test: &str) -> Folder {
    Folder::new(test).with("a.yaml", QUEUE).with_app("old").with_modern_app("new")
}

#[test]
fn combinations_without_sense_are_refused() {
    let folder = folder("combinations");
    for (options, message, hint) in [
        ("new --mode direct", "`cdk deploy` gives it the role", "add `--tool cdk-legacy`"),
        ("new --mode direct --tool cdk", "`cdk deploy` gives it the role", "leave `--mode` out"),
        ("a.yaml --mode bootstrap", "for an app of the CDK", "the folder that `cdk synth` wrote"),
        ("old --mode bootstrap", "no stack of the app names one", "take `--mode direct`"),
        ("new --mode bootstrap --tool cdk-legacy", "does not assume", "take `--tool cdk`"),
        ("new --mode bootstrap --tool aws-cli", "does not assume", "take `--tool cdk`"),
        ("a.yaml --tool cdk", "deploys an app", "leave `--tool` out"),
        ("old --tool cdk", "no stack of the app names one", "`--tool cdk-legacy`"),
        ("new --tool cdk-bootstrap", "not an app", "`stackpass generate bootstrap`"),
        ("new --tool sam", "not an app of the CDK", "give the template"),
        ("a.yaml --live", "the tool is `aws-cli`", "add `--tool sst-v1`"),
        ("new --live", "the tool is `cdk`", "add `--tool sst-v1`"),
        ("old --live --tool cdk-legacy", "the tool is `cdk-legacy`", "leave `--live` out"),
        ("a.yaml --qualifier mine", "which `aws-cli` does not use", "leave `--qualifier` out"),
        ("a.yaml --qualifier mine --tool sam", "which `sam` does not use", "a tool of the CDK"),
        ("a.yaml --service-role x", "without `--mode service-role`", ""),
        ("new --mode direct --service-role x --tool cdk", "without `--mode service-role`", ""),
    ] {
        let ran = folder.run(&format!("generate stack {options}"));
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{options}: {}", ran.stderr);
        assert!(ran.stderr.contains(message), "{options}: {}", ran.stderr);
        assert!(ran.stderr.contains(hint), "{options}: {}", ran.stderr);
    }
}

#[test]
fn combinations_with_sense_are_taken() {
    let folder = folder("combinations-taken");
    for options in [
        "new",
        "new --mode bootstrap",
        "new --tool cdk --mode bootstrap --qualifier mine",
        "new --tool cdk-legacy",
        "new --tool cdk-legacy --mode direct",
        "new --tool aws-cli --mode direct",
        "new --mode service-role --service-role x",
        "new --mode service-role --service-role x --tool cdk",
        "old",
        "old --mode direct --qualifier mine",
        "old --mode service-role --service-role x",
        "old --tool sst-v1 --mode direct --live",
        "new a.yaml",
        "a.yaml --mode direct",
        "a.yaml --tool sam --mode direct",
        "a.yaml --tool cdk-bootstrap --mode direct --qualifier mine",
        "a.yaml --tool sst-v1 --live",
        "a.yaml --mode service-role --service-role x",
    ] {
        let ran = folder.run(&format!("generate stack {options} --stack-name st"));
        assert_eq!(ran.code, 0, "{options}: {}", ran.stderr);
    }
}

#[test]
fn service_role_without_a_name_is_a_gap() {
    let folder = folder("combinations-nameless");
    for input in ["new", "old", "a.yaml --stack-name st"] {
        let ran = folder.run(&format!("generate stack {input} --mode service-role"));
        assert_eq!(ran.code, 4, "{input}: {}", ran.stderr);
        assert!(!ran.stdout.contains("iam:PassRole"), "{input}: {}", ran.stdout);
        assert!(!ran.stdout.contains("cfn-exec-role"), "{input}: {}", ran.stdout);
        assert!(ran.stderr.contains("`--service-role NAME`"), "{input}: {}", ran.stderr);
    }
}
