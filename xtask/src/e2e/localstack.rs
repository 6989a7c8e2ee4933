//! Starting and stopping LocalStack.
//!
//! Its runtime is started as our own child, without the supervisor that would start it as a grandchild. Standard input is a pipe
//! that only we hold; the plug-in ends the process with it. So nothing stays behind, however this task ends: by itself, by
//! Ctrl-C, by a failure or by SIGKILL.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::install::Tools;
use super::process;
use crate::shell;

const IMAGE: &str = "localstack/localstack:4.14.0";
const RECORDER: &str = "xtask/e2e/recorder";
const IN_IMAGE: &str = "/opt/stackpass-e2e";

/// How long it may take to be ready: pulling an image takes longest.
const PATIENCE: Duration = Duration::from_mins(2);

/// A port that was free may be taken when it is used.
const ATTEMPTS: usize = 3;

const SETTINGS: [(&str, &str); 13] = [
    ("CFN_IGNORE_UNSUPPORTED_RESOURCE_TYPES", "1"),
    ("CFN_PER_RESOURCE_TIMEOUT", "60"),
    ("DISABLE_EVENTS", "1"),
    ("DNS_ADDRESS", "0"),
    ("EAGER_SERVICE_LOADING", "0"),
    ("LAMBDA_RUNTIME_EXECUTOR", "stackpass_e2e"),
    ("LOCALSTACK_DISABLE_EVENTS", "1"),
    ("PROVIDER_OVERRIDE_DYNAMODB", "stackpass_e2e"),
    ("PROVIDER_OVERRIDE_DYNAMODBSTREAMS", "stackpass_e2e"),
    ("PROVIDER_OVERRIDE_KINESIS", "stackpass_e2e"),
    ("PYTHONDONTWRITEBYTECODE", "1"),
    ("PYTHONUNBUFFERED", "1"),
    ("SKIP_SSL_CERT_DOWNLOAD", "1"),
];

/// A LocalStack that answers.
pub(super) struct LocalStack {
    endpoint: String,
    child: Option<Child>,
}

/// Which LocalStack to use.
pub(super) enum Origin {
    /// The one that is installed under `target/e2e`.
    Python,
    /// The image.
    Docker,
    /// One that runs already, with its address. It has no plug-in, unless somebody started it with ours.
    Running(String),
}

impl LocalStack {
    /// Starts it and waits until it answers.
    ///
    /// `recorder` is the address of our server, `folder` is for its log and its files.
    pub(super) fn start(
        origin: &Origin,
        tools: &Tools,
        recorder: SocketAddr,
        folder: &Path,
    ) -> Result<LocalStack> {
        if let Origin::Running(endpoint) = origin {
            let endpoint = endpoint.trim_end_matches('/').to_owned();
            let running = LocalStack { endpoint, child: None };
            if !running.is_healthy() {
                bail!("nothing healthy answers at {}", running.endpoint);
            }
            return Ok(running);
        }
        let log = folder.join("localstack.log");
        for _ in 0..ATTEMPTS {
            let port = free_port()?;
            let mut command = match origin {
                Origin::Docker => docker(port, recorder),
                _ => python(tools, port, recorder, folder),
            };
            let output =
                File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
            command.stdin(Stdio::piped()).stdout(output.try_clone()?).stderr(output);
            let child = command.spawn().context("cannot start LocalStack")?;
            let endpoint = format!("http://{}:{port}", Ipv4Addr::LOCALHOST);
            let mut started = LocalStack { endpoint, child: Some(child) };
            if started.wait()? {
                return Ok(started);
            }
        }
        bail!("LocalStack ended at once; see {}", log.display());
    }

    /// The address of its gateway, without a slash at the end.
    pub(super) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Whether it answered before it ended.
    fn wait(&mut self) -> Result<bool> {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if self.is_healthy() {
                return Ok(true);
            }
            let child = self.child.as_mut().context("no process")?;
            if child.try_wait()?.is_some() {
                return Ok(false);
            }
            thread::sleep(Duration::from_millis(100));
        }
        bail!("LocalStack does not answer after {} s", PATIENCE.as_secs());
    }

    fn is_healthy(&self) -> bool {
        let status = self.endpoint.strip_prefix("http://").and_then(|address| health(address).ok());
        status.is_some_and(|line| line.contains(" 200"))
    }
}

impl Drop for LocalStack {
    /// Closes the pipe, which ends it; waits, and ends it by force if it does not.
    fn drop(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        drop(child.stdin.take());
        let ended = process::wait(Duration::from_secs(10), || child.try_wait().ok().flatten());
        if ended.is_none() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn python(tools: &Tools, port: u16, recorder: SocketAddr, folder: &Path) -> Command {
    let mut command = Command::new(&tools.python);
    command.args(["-m", "localstack.runtime.main"]).current_dir(folder);
    process::without_aws(&mut command);
    let volume = folder.join("volume");
    command.envs(SETTINGS);
    command.env("GATEWAY_LISTEN", format!("{}:{port}", Ipv4Addr::LOCALHOST));
    command.env("PYTHONPATH", shell::root().join(RECORDER));
    command.env("STACKPASS_E2E_ADDRESS", recorder.to_string());
    for name in ["FILESYSTEM_ROOT", "LOCALSTACK_VOLUME_DIR", "HOME"] {
        command.env(name, &volume);
    }
    command
}

/// On Linux the container shares our network; elsewhere Docker runs in a machine of its own, which knows ours by a name.
fn docker(port: u16, recorder: SocketAddr) -> Command {
    let mut command = shell::program("docker");
    command.args(["run", "--rm", "--interactive"]);
    let recorder_port = recorder.port();
    let (listen, address) = if cfg!(target_os = "linux") {
        command.args(["--network", "host"]);
        (format!("{}:{port}", Ipv4Addr::LOCALHOST), recorder.to_string())
    } else {
        command.args(["--publish", &format!("{}:{port}:{port}", Ipv4Addr::LOCALHOST)]);
        (
            format!("{}:{port}", Ipv4Addr::UNSPECIFIED),
            format!("host.docker.internal:{recorder_port}"),
        )
    };
    let source: PathBuf = shell::root().join(RECORDER);
    command.args(["--volume", &format!("{}:{IN_IMAGE}:ro", source.display())]);
    let ours = [("GATEWAY_LISTEN", listen), ("PYTHONPATH", IN_IMAGE.to_owned())];
    let ours = ours.into_iter().chain([("STACKPASS_E2E_ADDRESS", address)]);
    let settings = SETTINGS.map(|(name, value)| (name, value.to_owned()));
    for (name, value) in settings.into_iter().chain(ours) {
        command.args(["--env", &format!("{name}={value}")]);
    }
    command.arg(IMAGE);
    command
}

fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port")?;
    Ok(listener.local_addr()?.port())
}

/// The first line of the answer to a question about its health.
fn health(address: &str) -> Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    write!(stream, "GET /_localstack/health HTTP/1.0\r\nHost: {address}\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let text = String::from_utf8_lossy(&answer);
    Ok(text.lines().next().unwrap_or_default().to_owned())
}
