//! Standard output and standard error: colors, pipes that close, disks that are full.

use std::process::Stdio;

use crate::common::{Folder, QUEUE};

#[test]
fn colors_are_for_terminals_and_never_in_the_answer() {
    let folder = Folder::new("colors").with("queue.yaml", QUEUE);
    let plain = folder.run("generate stack queue.yaml");
    let forced =
        folder.command("generate stack queue.yaml").env("CLICOLOR_FORCE", "1").output().unwrap();
    assert!(!plain.stderr.contains('\u{1b}'), "{:?}", plain.stderr);
    assert!(forced.stderr.contains(&0x1b));
    assert_eq!(forced.stdout, plain.stdout.into_bytes());
    let mut command = folder.command("generate stack queue.yaml");
    let refused = command.env("NO_COLOR", "1").env("TERM", "xterm").output().unwrap();
    assert!(!refused.stderr.contains(&0x1b));
}

#[test]
fn closed_pipe_is_a_quiet_success() {
    let folder = Folder::new("closed").with("queue.yaml", QUEUE);
    let mut command = folder.command("generate stack queue.yaml --stack-name dev");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(!stderr.contains("error"), "{stderr}");
}

#[cfg(target_os = "linux")]
#[test]
fn full_disk_is_an_error() {
    let folder = Folder::new("full").with("queue.yaml", QUEUE);
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let output = folder.command("generate stack queue.yaml").stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(6));
}

#[test]
fn lines_for_people_fit_into_eighty_columns() {
    let folder = Folder::new("columns").with("queue.yaml", QUEUE);
    for arguments in ["generate bootstrap", "generate debug-stack", "generate stack queue.yaml"] {
        let stderr = folder.run(arguments).stderr;
        let long: Vec<&str> = stderr.lines().filter(|line| line.chars().count() > 80).collect();
        assert!(long.is_empty(), "{long:#?}");
    }
}
