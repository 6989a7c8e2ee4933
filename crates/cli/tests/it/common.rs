//! A folder of its own for each test, and the program run in it without the caller's environment.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// A queue without a name, so that everything depends on the stack's name.
pub(crate) const QUEUE: &str = "Resources:\n  Jobs:\n    Type: AWS::SQS::Queue\n";

/// A type that is in no registry, beside a queue.
pub(crate) const ODD: &str =
    "Resources:\n  Jobs:\n    Type: AWS::SQS::Queue\n  Odd:\n    Type: Acme::Odd::Thing\n";

/// A folder with files, removed and made again for each run of a test.
pub(crate) struct Folder {
    path: PathBuf,
}

/// What the program did.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Folder {
    /// Makes an empty folder for the test of this name.
    pub(crate) fn new(test: &str) -> Folder {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Folder { path }
    }

    /// Adds a file.
    pub(crate) fn with(self, name: &str, text: impl AsRef<[u8]>) -> Folder {
        let path = self.path.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    /// Adds a synthesized app of one stack with a queue.
    pub(crate) fn with_app(self, folder: &str) -> Folder {
        let manifest = r#"{
          "version": "36.0.0",
          "artifacts": {
            "Jobs": {
              "type": "aws:cloudformation:stack",
              "environment": "aws://111122223333/eu-west-1",
              "properties": { "templateFile": "Jobs.template.yaml", "stackName": "dev-jobs" }
            }
          }
        }"#;
        self.with(&format!("{folder}/manifest.json"), manifest)
            .with(&format!("{folder}/Jobs.template.yaml"), QUEUE)
    }

    /// Adds a synthesized app whose stack is deployed with the roles of the bootstrap stack.
    pub(crate) fn with_modern_app(self, folder: &str) -> Folder {
        let manifest = r#"{
          "version": "36.0.0",
          "artifacts": {
            "Jobs": {
              "type": "aws:cloudformation:stack",
              "environment": "aws://111122223333/eu-west-1",
              "properties": {
                "templateFile": "Jobs.template.yaml",
                "assumeRoleArn": "arn:aws:iam::111122223333:role/cdk-hnb659fds-deploy-role-111122223333-eu-west-1",
                "cloudFormationExecutionRoleArn":
                  "arn:aws:iam::111122223333:role/cdk-hnb659fds-cfn-exec-role-111122223333-eu-west-1"
              }
            }
          }
        }"#;
        self.with(&format!("{folder}/manifest.json"), manifest)
            .with(&format!("{folder}/Jobs.template.yaml"), QUEUE)
    }

    /// The text of a file.
    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path.join(name)).unwrap()
    }

    /// The names of all files in a folder, sorted.
    pub(crate) fn list(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path.join(folder)).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// The program with arguments between spaces, ready to run in this folder.
    pub(crate) fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stackpass"));
        command.args(arguments.split(' ').filter(|argument| !argument.is_empty()));
        command.current_dir(&self.path).env_clear().env("HOME", &self.path).stdin(Stdio::null());
        command
    }

    /// Runs the program.
    pub(crate) fn run(&self, arguments: &str) -> Ran {
        Ran::of(self.command(arguments).output().unwrap())
    }

    /// Runs the program with a text on standard input.
    pub(crate) fn pipe(&self, arguments: &str, input: &str) -> Ran {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // What is refused before it is read has closed the pipe.
        let written = child.stdin.take().unwrap().write_all(input.as_bytes());
        if let Err(error) = written {
            assert_eq!(error.kind(), std::io::ErrorKind::BrokenPipe);
        }
        Ran::of(child.wait_with_output().unwrap())
    }
}

impl Ran {
    pub(crate) fn of(output: std::process::Output) -> Ran {
        Ran {
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Standard output as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap()
    }

    /// All that it did, for snapshots, without the days of the data.
    pub(crate) fn all(&self) -> String {
        let mut text = format!("exit code {}\n", self.code);
        for (name, stream) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            let _ = writeln!(text, "--- {name}");
            for line in stream.lines() {
                let data = line.starts_with("AWS data");
                let line = if data { "AWS data   DATES" } else { line };
                let _ = writeln!(text, "{line}");
            }
        }
        text
    }
}

/// Every action of a policy, sorted.
pub(crate) fn actions(policy: &Value) -> Vec<String> {
    let mut actions = Vec::new();
    for statement in policy["Statement"].as_array().unwrap() {
        match &statement["Action"] {
            Value::String(action) => actions.push(action.clone()),
            several => {
                let several = several.as_array().unwrap();
                actions.extend(several.iter().map(|action| action.as_str().unwrap().to_owned()));
            }
        }
    }
    actions.sort();
    actions.dedup();
    actions
}
