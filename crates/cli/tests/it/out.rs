//! `--out`: files are written whole or not at all.

use crate::common::{Folder, QUEUE};

const ROLE: &str =
    "generate stack queue.yaml --mode service-role --service-role deployer --stack-name dev";

#[test]
fn each_policy_gets_a_file_and_stdout_stays_empty() {
    let folder = Folder::new("files").with("queue.yaml", QUEUE);
    let ran = folder.run(&format!("{ROLE} --out new/policies"));
    assert_eq!((ran.code, ran.stdout.as_str()), (0, ""), "{}", ran.stderr);
    assert_eq!(folder.list("new/policies"), ["caller.json", "executor.json"]);
    let alone = folder.run(&format!("{ROLE} --who executor"));
    assert_eq!(folder.read("new/policies/executor.json"), alone.stdout);
    assert!(ran.stderr.starts_with("wrote "), "{}", ran.stderr);
}

#[test]
fn files_of_an_earlier_answer_are_replaced_or_told() {
    let folder = Folder::new("replaced")
        .with("queue.yaml", QUEUE)
        .with("p/caller.json", "old")
        .with("p/executor-2.json", "old")
        .with("p/executor.yaml", "not ours")
        .with("p/notes.json", "not ours");
    let ran = folder.run(&format!("{ROLE} --out p"));
    assert_ne!(folder.read("p/caller.json"), "old");
    assert_eq!(folder.read("p/executor-2.json"), "old");
    assert_eq!(ran.stderr.matches("is of an earlier answer").count(), 1, "{}", ran.stderr);
    assert!(ran.stderr.contains("executor-2.json"), "{}", ran.stderr);
    let left = folder.list("p");
    assert!(!left.iter().any(|name| name.contains("tmp")), "{left:?}");
}

#[test]
fn second_run_changes_no_byte() {
    let folder = Folder::new("again").with("queue.yaml", QUEUE);
    folder.run(&format!("{ROLE} --out p"));
    let before = (folder.read("p/caller.json"), folder.read("p/executor.json"));
    folder.run(&format!("{ROLE} --out p"));
    assert_eq!((folder.read("p/caller.json"), folder.read("p/executor.json")), before);
}

#[test]
fn file_in_the_place_of_the_folder_is_kept() {
    let folder = Folder::new("in-place").with("queue.yaml", QUEUE).with("p", "mine");
    let ran = folder.run(&format!("{ROLE} --out p"));
    assert_eq!(ran.code, 6);
    assert!(ran.stderr.contains("`p` is a file, not a folder"), "{}", ran.stderr);
    assert_eq!(folder.read("p"), "mine");
}

#[test]
fn folder_in_the_place_of_a_file_leaves_nothing_behind() {
    let folder = Folder::new("half").with("queue.yaml", QUEUE).with("p/executor.json/x", "");
    let ran = folder.run(&format!("{ROLE} --out p"));
    assert_eq!(ran.code, 6, "{}", ran.stderr);
    assert_eq!(folder.list("p").iter().filter(|name| name.contains("tmp")).count(), 0);
}

#[test]
fn unusable_input_writes_nothing() {
    let folder = Folder::new("unusable").with("a.yaml", "x").with("p/caller.json", "old");
    assert_eq!(folder.run("generate stack a.yaml --out p").code, 3);
    assert_eq!(folder.list("p"), ["caller.json"]);
    assert_eq!(folder.read("p/caller.json"), "old");
}

#[test]
fn extension_follows_the_format() {
    let folder = Folder::new("extensions").with("queue.yaml", QUEUE);
    for (format, file) in [
        ("json", "deploy.json"),
        ("yaml", "deploy.yaml"),
        ("cloudformation", "deploy.template.yaml"),
        ("cdk", "deploy.ts"),
        ("terraform", "deploy.tf"),
    ] {
        let ran =
            folder.run(&format!("generate stack queue.yaml --format {format} --out {format}"));
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert_eq!(folder.list(format), [file]);
    }
}
