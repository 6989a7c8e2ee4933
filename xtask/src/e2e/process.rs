//! Running a program to its end, within a time, with its output kept.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::shell;

/// Nothing that e2e runs takes as long, if it ends at all.
pub(super) const PATIENCE: Duration = Duration::from_mins(3);

/// How a program ended.
#[derive(Debug, Clone)]
pub(super) struct Ended {
    /// What was run, as a developer would type it.
    pub(super) line: String,
    /// The exit code; none if a signal ended it.
    pub(super) code: Option<i32>,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

impl Ended {
    pub(super) fn is_success(&self) -> bool {
        self.code == Some(0)
    }

    /// The output, or an error that shows what it said.
    pub(super) fn success(self) -> Result<String> {
        if self.is_success() {
            return Ok(self.stdout);
        }
        bail!("{self}");
    }
}

impl std::fmt::Display for Ended {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let code =
            self.code.map_or_else(|| "a signal".to_owned(), |code| format!("exit code {code}"));
        write!(f, "{} ended with {code}", self.line)?;
        for output in [&self.stdout, &self.stderr] {
            if !output.trim().is_empty() {
                write!(f, "\n{}", output.trim_end())?;
            }
        }
        Ok(())
    }
}

/// A program that runs, and that other threads can kill.
pub(super) struct Running {
    line: String,
    pub(super) child: Arc<Mutex<Child>>,
    stdout: PathBuf,
    stderr: PathBuf,
}

/// Starts a command; its outputs stay in files of the folder.
pub(super) fn start(command: &mut Command, folder: &Path, name: &str) -> Result<Running> {
    let line = line(command);
    let (stdout, stderr) = (folder.join(format!("{name}.out")), folder.join(format!("{name}.err")));
    let create = |path: &Path| {
        File::create(path).with_context(|| format!("cannot write {}", path.display()))
    };
    command.stdin(Stdio::null()).stdout(create(&stdout)?).stderr(create(&stderr)?);
    let child = command.spawn().with_context(|| format!("cannot start {line}"))?;
    Ok(Running { line, child: Arc::new(Mutex::new(child)), stdout, stderr })
}

impl Running {
    /// Waits for its end.
    pub(super) fn wait(self) -> Result<Ended> {
        let Running { line, child, stdout, stderr } = self;
        let Some(status) = wait(PATIENCE, || lock(&child).try_wait().ok().flatten()) else {
            kill(&child);
            bail!("{line} did not end within {} s; see {}", PATIENCE.as_secs(), stdout.display());
        };
        let text = |path: &Path| {
            let bytes = fs::read(path).unwrap_or_default();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        Ok(Ended { line, code: status.code(), stdout: text(&stdout), stderr: text(&stderr) })
    }
}

/// Ends the process at once (SIGKILL), unless it has ended.
pub(super) fn kill(child: &Mutex<Child>) {
    let mut child = lock(child);
    let _ = child.kill();
    let _ = child.wait();
}

fn lock(child: &Mutex<Child>) -> MutexGuard<'_, Child> {
    child.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A command as a developer would type it, without the environment that all of them have.
pub(super) fn line(command: &Command) -> String {
    let mut bare = Command::new(command.get_program());
    bare.args(command.get_args());
    shell::line(&bare)
}

/// What `ended` gives, if it gives something within the time.
pub(super) fn wait<T>(patience: Duration, mut ended: impl FnMut() -> Option<T>) -> Option<T> {
    let start = Instant::now();
    while start.elapsed() < patience {
        if let Some(end) = ended() {
            return Some(end);
        }
        thread::sleep(Duration::from_millis(10));
    }
    None
}

/// Takes away what would point a program to the real AWS, or to another Python.
pub(super) fn without_aws(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let starts = ["AWS_", "CDK_", "LOCALSTACK_", "PYTHON", "STACKPASS_"];
        if starts.iter().any(|start| text.starts_with(start)) {
            command.env_remove(&name);
        }
    }
}
