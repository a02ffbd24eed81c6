//! The real daemon in a directory of its own.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex, OnceLock, mpsc};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// Opening a pool starts no server; a loaded machine gets two minutes.
const START_WAIT: Duration = Duration::from_secs(120);

/// The end of its log comes with its own end.
const LOG_WAIT: Duration = Duration::from_secs(60);

/// A test that makes the daemon log more than this keeps only what is wrong of the rest.
const LOG_LINES_MAX: usize = 100_000;

/// The message of the log line that says that clients may come.
const SERVING: &str = "serving";

/// Which binary is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Build {
    /// As it is shipped.
    Plain,
    /// With the feature `crash-points`: `STANDIN_CRASH_AT` ends it at a named step.
    CrashPoints,
}

impl Build {
    /// Builds the binary, once per process, and gives its path.
    ///
    /// `STANDIN_TEST_BINARY` takes the place of the plain one, `STANDIN_TEST_CRASH_BINARY` of the
    /// other.
    pub fn binary(self) -> anyhow::Result<PathBuf> {
        static PLAIN: OnceLock<PathBuf> = OnceLock::new();
        static CRASH_POINTS: OnceLock<PathBuf> = OnceLock::new();
        let (built, given) = match self {
            Self::Plain => (&PLAIN, "STANDIN_TEST_BINARY"),
            Self::CrashPoints => (&CRASH_POINTS, "STANDIN_TEST_CRASH_BINARY"),
        };
        if let Some(path) = built.get() {
            return Ok(path.clone());
        }
        let path = match std::env::var_os(given) {
            Some(path) => path.into(),
            None => self.build()?,
        };
        Ok(built.get_or_init(|| path).clone())
    }

    fn build(self) -> anyhow::Result<PathBuf> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let release = !cfg!(debug_assertions);
        // A target directory of its own, so that the two builds do not undo each other.
        let target = match self {
            Self::Plain => root.join("target"),
            Self::CrashPoints => root.join("target/crash-points"),
        };
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command
            .args(["build", "--quiet", "--package", "proxy", "--bin", "standin"])
            .arg("--target-dir")
            .arg(&target)
            .current_dir(&root);
        // What cargo tells a test about its own package makes build scripts run anew, and with them
        // half of the dependencies, each time that the build is asked for from elsewhere.
        for (name, _) in std::env::vars_os() {
            let name_text = name.to_string_lossy();
            if name_text.starts_with("CARGO_PKG_") || name_text.starts_with("CARGO_MANIFEST_") {
                command.env_remove(&name);
            }
        }
        if self == Self::CrashPoints {
            command.args(["--features", "crash-points"]);
        }
        if release {
            command.arg("--release");
        }
        let output = command.stdin(Stdio::null()).output().context("run cargo")?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "cargo build:\n{said}");
        let profile = if release { "release" } else { "debug" };
        Ok(target.join(profile).join("standin"))
    }
}

/// A directory with a configuration, and the daemon that serves it.
///
/// Dropping it stops the daemon and fails the test when it logged a warning or an error that the
/// test did not expect.
pub struct Daemon {
    directory: tempfile::TempDir,
    build: Build,
    running: Option<Running>,
    log: Arc<Mutex<Vec<String>>>,
    expected: Vec<String>,
}

struct Running {
    process: Child,
    endpoint: String,
    log_end: Mutex<mpsc::Receiver<()>>,
}

impl Daemon {
    /// Starts the plain binary with a configuration; `{dir}` in it becomes the directory.
    ///
    /// `[listen] postgres = "127.0.0.1:0"` takes any free port, which [`Self::endpoint`] tells.
    pub fn start(config: &str) -> anyhow::Result<Self> {
        let mut daemon = Self::new(Build::Plain, config)?;
        daemon.start_again(&[])?;
        Ok(daemon)
    }

    /// Prepares a directory without starting anything.
    pub fn new(build: Build, config: &str) -> anyhow::Result<Self> {
        let directory = tempfile::Builder::new()
            .prefix("standin-daemon-")
            .tempdir_in("/var/tmp")?;
        // Servers run as another user where we are root, and must reach their data.
        std::fs::set_permissions(directory.path(), PermissionsExt::from_mode(0o755))?;
        let text = config.replace("{dir}", &directory.path().to_string_lossy());
        std::fs::write(directory.path().join("standin.toml"), text)?;
        Ok(Self {
            directory,
            build,
            running: None,
            log: Arc::default(),
            expected: Vec::new(),
        })
    }

    /// Starts the daemon in its directory, with environment variables, and waits until it serves.
    pub fn start_again(&mut self, variables: &[(&str, &str)]) -> anyhow::Result<()> {
        ensure!(self.running.is_none(), "it runs already");
        let mut process = self.spawn(variables)?;
        match follow(&mut process, &self.log) {
            Ok((endpoint, log_end)) => {
                self.running = Some(Running {
                    process,
                    endpoint,
                    log_end: Mutex::new(log_end),
                });
                Ok(())
            }
            Err(error) => {
                // It may have ended by itself already.
                let _ = process.kill();
                let status = process.wait()?;
                let lines = self.log().join("\n");
                Err(error.context(format!("{status}\n{lines}")))
            }
        }
    }

    fn spawn(&self, variables: &[(&str, &str)]) -> anyhow::Result<Child> {
        // The daemon ends when the thread that started it does, so a killed test leaves none.
        Command::new("setpriv")
            .args(["--pdeathsig", "TERM", "--"])
            .arg(self.build.binary()?)
            .arg("--config")
            .arg(self.config_file())
            .arg("up")
            .env_remove("STANDIN_LOG")
            .envs(variables.iter().copied())
            .current_dir(self.directory.path())
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .context("start the daemon")
    }

    /// The directory of the configuration, readable for everybody.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// The configuration's file.
    pub fn config_file(&self) -> PathBuf {
        self.directory.path().join("standin.toml")
    }

    /// The common endpoint, `127.0.0.1:41234`.
    pub fn endpoint(&self) -> anyhow::Result<&str> {
        let running = self.running.as_ref().context("the daemon does not run")?;
        Ok(&running.endpoint)
    }

    /// The URL of a target such as `shop@qa` for a user.
    pub fn url(&self, user: &str, password: &str, target: &str) -> anyhow::Result<String> {
        let endpoint = self.endpoint()?;
        Ok(format!("postgres://{user}:{password}@{endpoint}/{target}"))
    }

    /// Runs a command of the binary with this configuration.
    pub fn command(&self, arguments: &[&str]) -> anyhow::Result<Output> {
        Command::new(self.build.binary()?)
            .arg("--config")
            .arg(self.config_file())
            .args(arguments)
            .current_dir(self.directory.path())
            .stdin(Stdio::null())
            .output()
            .context("run the binary")
    }

    /// Runs a command that must succeed, and reads its `--json` output.
    pub fn json(&self, arguments: &[&str]) -> anyhow::Result<serde_json::Value> {
        let output = self.command(&[arguments, &["--json"]].concat())?;
        ensure!(
            output.status.success(),
            "{arguments:?}: {}\n{}{}",
            output.status,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        serde_json::from_slice(&output.stdout).with_context(|| format!("output of {arguments:?}"))
    }

    /// Allows warnings and errors that contain this text.
    pub fn expect(&mut self, text: &str) {
        self.expected.push(text.to_owned());
    }

    /// Every line that it logged.
    pub fn log(&self) -> Vec<String> {
        let log = self.log.lock();
        log.map_or_else(|poisoned| poisoned.into_inner().clone(), |log| log.clone())
    }

    /// The process id.
    pub fn process(&self) -> anyhow::Result<u32> {
        let running = self.running.as_ref().context("the daemon does not run")?;
        Ok(running.process.id())
    }

    /// Sends a signal, for example SIGHUP to reload.
    pub fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        let running = self.running.as_ref().context("the daemon does not run")?;
        let pid = i32::try_from(running.process.id())?;
        Ok(kill(Pid::from_raw(pid), signal)?)
    }

    /// Waits until it has ended by itself or by a signal.
    pub fn wait(&mut self) -> anyhow::Result<ExitStatus> {
        let mut running = self.running.take().context("the daemon does not run")?;
        let status = running.process.wait()?;
        // What it said last may still be in the pipe.
        let end = running
            .log_end
            .into_inner()
            .map(|end| end.recv_timeout(LOG_WAIT));
        let ended = matches!(end, Ok(Err(mpsc::RecvTimeoutError::Disconnected)));
        ensure!(ended, "a process that it left holds its log open");
        Ok(status)
    }

    /// Ends it as a power cut would, with nothing cleaned up.
    pub fn kill(&mut self) -> anyhow::Result<ExitStatus> {
        self.signal(Signal::SIGKILL)?;
        self.wait()
    }

    /// Stops it in order; it must end well and without unexpected lines.
    pub fn stop(&mut self) -> anyhow::Result<()> {
        self.signal(Signal::SIGTERM)?;
        let status = self.wait()?;
        let unexpected = unexpected(&self.log(), &self.expected);
        ensure!(unexpected.is_empty(), "logged:\n{}", unexpected.join("\n"));
        ensure!(status.success(), "the daemon ended with {status}");
        Ok(())
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let stopped = match &self.running {
            Some(_) => self.stop(),
            None => Ok(()),
        };
        let unexpected = unexpected(&self.log(), &self.expected);
        // A second panic would end the process and hide the first.
        if !std::thread::panicking() {
            assert!(unexpected.is_empty(), "logged:\n{}", unexpected.join("\n"));
            assert!(stopped.is_ok(), "{stopped:?}");
        }
    }
}

/// Warnings and errors of a log, level in the second word, that no expected text explains.
pub fn unexpected(log: &[String], expected: &[String]) -> Vec<String> {
    let explained = |line: &String| expected.iter().any(|text| line.contains(text));
    log.iter()
        .filter(|line| is_bad(line))
        .filter(|line| !explained(line))
        .cloned()
        .collect()
}

fn is_bad(line: &str) -> bool {
    let level = line.split_whitespace().nth(1);
    matches!(level, Some("WARN" | "ERROR")) || line.contains("panicked at")
}

/// Keeps the log and waits for the line that says where clients connect; what is returned beside it
/// is cut off when the log ends.
fn follow(
    process: &mut Child,
    log: &Arc<Mutex<Vec<String>>>,
) -> anyhow::Result<(String, mpsc::Receiver<()>)> {
    let stderr = process.stderr.take().context("a pipe was asked for")?;
    let kept = Arc::clone(log);
    let (tell, told) = mpsc::channel();
    let (open, log_end) = mpsc::channel();
    std::thread::spawn(move || {
        let _open: mpsc::Sender<()> = open;
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            if let Some(endpoint) = serving(&line) {
                // Nobody waits any more once the test went on.
                let _ = tell.send(endpoint.to_owned());
            }
            let Ok(mut log) = kept.lock() else { return };
            if log.len() < LOG_LINES_MAX || is_bad(&line) {
                log.push(line);
            }
        }
    });
    match told.recv_timeout(START_WAIT) {
        Ok(endpoint) => Ok((endpoint, log_end)),
        Err(mpsc::RecvTimeoutError::Disconnected) => bail!("the daemon ended before it served"),
        Err(mpsc::RecvTimeoutError::Timeout) => bail!("the daemon does not serve"),
    }
}

/// The first endpoint of the line that says that clients may come.
fn serving(line: &str) -> Option<&str> {
    let mut words = line.split_whitespace();
    if words.nth(1) != Some("INFO") || words.next() != Some(SERVING) {
        return None;
    }
    let (_, address) = line.split_once("\"postgres://")?;
    address.split(['"', ' ']).next()
}
