//! What the program says of itself.

use crate::common::Folder;

#[test]
fn version_has_the_days_of_the_data() {
    let ran = Folder::new("version").run("--version");
    let (head, tail) = ran.stdout.split_once(" (AWS data of ").unwrap();
    assert_eq!(head, concat!("stackpass ", env!("CARGO_PKG_VERSION")));
    let is_day = |text: &str| text.len() == 10 && text.matches('-').count() == 2;
    assert!(is_day(tail.split(':').next().unwrap()), "{tail}");
    assert!(tail.contains("actions ") && tail.contains("registry "), "{tail}");
    assert_eq!(ran.code, 0);
}

#[test]
fn help_is_an_answer_and_has_examples() {
    let folder = Folder::new("help");
    for command in
        ["", "generate stack", "generate bootstrap", "generate debug-stack", "why", "completions"]
    {
        let ran = folder.run(&format!("{command} --help"));
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{command}");
        assert!(ran.stdout.contains("\nExamples:\n  stackpass "), "{command}: {}", ran.stdout);
        assert!(!ran.stdout.contains('\u{1b}'));
        assert!(!ran.stdout.contains("reference"), "{}", ran.stdout);
    }
}

#[test]
fn mistyped_command_gets_a_suggestion() {
    let ran = Folder::new("mistyped").run("generate stak");
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    assert!(ran.stderr.contains("'stack'"), "{}", ran.stderr);
}

#[test]
fn completions_are_there_for_every_shell() {
    let folder = Folder::new("completions");
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let ran = folder.run(&format!("completions {shell}"));
        assert_eq!(ran.code, 0);
        assert!(
            ran.stdout.contains("debug-stack") && ran.stdout.contains("service-role"),
            "{shell}"
        );
    }
}

#[test]
fn reference_lists_every_command_and_exit_code() {
    let folder = Folder::new("reference");
    let commands = folder.run("reference commands").stdout;
    let headings: Vec<&str> = commands.lines().filter(|line| line.starts_with('#')).collect();
    assert_eq!(
        headings,
        [
            "# Commands",
            "## `stackpass generate`",
            "## `stackpass generate stack`",
            "## `stackpass generate bootstrap`",
            "## `stackpass generate debug-stack`",
            "## `stackpass generate admin`",
            "## `stackpass generate services`",
            "## `stackpass generate service-role`",
            "## `stackpass generate github-oidc`",
            "## `stackpass generate gitlab-oidc`",
            "## `stackpass why`",
            "## `stackpass check`",
            "## `stackpass diff`",
            "## `stackpass simulate`",
            "## `stackpass apply`",
            "## `stackpass rollback`",
            "## `stackpass history`",
            "## `stackpass whoami`",
            "## `stackpass completions`",
        ]
    );
    assert!(!commands.contains('\u{1b}'));
    let codes = folder.run("reference exit-codes").stdout;
    for code in 0..12 {
        assert!(codes.contains(&format!("\n| {code} | ")), "{codes}");
    }
}
