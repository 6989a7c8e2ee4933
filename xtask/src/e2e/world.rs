//! What all cases share: the programs, the running LocalStack, and how a program is started against it.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::install::Tools;
use super::process::{self, Ended, Running};
use super::server::Server;
use crate::shell;

/// LocalStack's account and the region, of cases that name no others.
pub(super) const ACCOUNT: &str = "000000000000";
pub(super) const REGION: &str = "us-east-1";

/// What the cases run in.
pub(super) struct World {
    pub(super) server: Server,
    stackpass: PathBuf,
    tools: Tools,
    endpoint: String,
    run: PathBuf,
    commands: Cell<usize>,
    bootstrapped: RefCell<BTreeSet<String>>,
}

/// Who runs a program, and where.
#[derive(Clone, Debug)]
pub(super) struct Keys {
    pub(super) id: String,
    pub(super) secret: String,
    pub(super) region: String,
}

impl Keys {
    /// Those of an account's root user: LocalStack takes the number of an account for a key of it.
    pub(super) fn administrator(account: &str, region: &str) -> Keys {
        Keys { id: account.to_owned(), secret: "test".to_owned(), region: region.to_owned() }
    }
}

impl Default for Keys {
    fn default() -> Keys {
        Keys::administrator(ACCOUNT, REGION)
    }
}

impl World {
    pub(super) fn new(
        stackpass: PathBuf,
        tools: Tools,
        endpoint: &str,
        server: Server,
        run: PathBuf,
    ) -> World {
        let endpoint = endpoint.to_owned();
        World {
            server,
            stackpass,
            tools,
            endpoint,
            run,
            commands: Cell::new(0),
            bootstrapped: RefCell::default(),
        }
    }

    /// The folder for all that a case leaves.
    pub(super) fn folder(&self, case: &str) -> PathBuf {
        self.run.join(case)
    }

    pub(super) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    pub(super) fn stackpass(&self) -> &Path {
        &self.stackpass
    }

    /// A program with its arguments, set up to talk to LocalStack and to leave its files in the folder.
    pub(super) fn command(&self, words: &[String], folder: &Path, keys: &Keys) -> Result<Command> {
        let (program, arguments) = words.split_first().context("a command without words")?;
        let mut command = match program.as_str() {
            "stackpass" => Command::new(&self.stackpass),
            "aws" => {
                let mut aws = Command::new(&self.tools.python);
                aws.args(["-m", "awscli"]);
                aws
            }
            "cdk" => {
                let mut cdk = Command::new("node");
                cdk.arg(&self.tools.cdk);
                cdk
            }
            "python" => Command::new(&self.tools.python),
            other => Command::new(other),
        };
        process::without_aws(&mut command);
        command.args(arguments).current_dir(folder);
        command.env("HOME", folder).env("XDG_STATE_HOME", folder.join("state"));
        command.env("AWS_ACCESS_KEY_ID", &keys.id).env("AWS_SECRET_ACCESS_KEY", &keys.secret);
        command.env("AWS_REGION", &keys.region).env("AWS_DEFAULT_REGION", &keys.region);
        // An address of numbers, so that no SDK makes a bucket's name a part of the host.
        command.env("AWS_ENDPOINT_URL", &self.endpoint);
        command.env("AWS_DATA_PATH", &self.tools.models);
        command.env("AWS_EC2_METADATA_DISABLED", "true").env("AWS_PAGER", "");
        command.env("CDK_DISABLE_CLI_TELEMETRY", "true").env("CDK_DISABLE_VERSION_CHECK", "1");
        command.env("NO_COLOR", "1");
        Ok(command)
    }

    /// Runs a command to its end; its outputs stay in the folder.
    pub(super) fn run(&self, command: &mut Command, folder: &Path) -> Result<Ended> {
        self.start(command, folder)?.wait()
    }

    /// Starts a command; its outputs stay in the folder.
    pub(super) fn start(&self, command: &mut Command, folder: &Path) -> Result<Running> {
        let number = self.commands.get() + 1;
        self.commands.set(number);
        let line = shell::line(&Command::new(command.get_program()));
        process::start(command, folder, &format!("{number:03}-{line}"))
    }

    /// Runs a program; its outputs stay in the folder.
    pub(super) fn run_as(
        &self,
        keys: &Keys,
        words: &[impl AsRef<str>],
        folder: &Path,
    ) -> Result<Ended> {
        let words: Vec<String> = words.iter().map(|word| word.as_ref().to_owned()).collect();
        self.run(&mut self.command(&words, folder, keys)?, folder)
    }

    /// The same, and it must succeed. Gives its standard output.
    pub(super) fn succeed_as(
        &self,
        keys: &Keys,
        words: &[impl AsRef<str>],
        folder: &Path,
    ) -> Result<String> {
        self.run_as(keys, words, folder)?.success()
    }

    /// Bootstraps an account and region for the CDK, once in a run.
    pub(super) fn bootstrap(&self, keys: &Keys) -> Result<()> {
        let place = format!("aws://{}/{}", keys.id, keys.region);
        if self.bootstrapped.borrow().contains(&place) {
            return Ok(());
        }
        let folder = self.folder(&format!("bootstrap-{}-{}", keys.id, keys.region));
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        self.succeed_as(keys, &["cdk", "bootstrap", &place], &folder)?;
        self.bootstrapped.borrow_mut().insert(place);
        Ok(())
    }
}
