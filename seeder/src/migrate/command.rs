//! Runs a project's own migration tool.

use std::io;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::Command;

/// A line longer than this is handed over in pieces, so that a tool's output never fills memory.
const LINE_BYTES_MAX: usize = 16 * 1024;

/// A program and its arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationCommand {
    /// The program, found in `PATH` as usual.
    pub program: String,
    /// Its arguments; no shell looks at them.
    pub arguments: Vec<String>,
    /// The directory that it starts in; the caller's where there is none.
    pub directory: Option<PathBuf>,
}

/// Why a migration command did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// It could not be started.
    #[error("start {program:?}")]
    Start {
        /// The program.
        program: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Its output broke off.
    #[error("read what {program:?} prints")]
    Output {
        /// The program.
        program: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It said that it failed.
    #[error("{program:?} ended with {status}")]
    Failed {
        /// The program.
        program: String,
        /// Its exit status.
        status: ExitStatus,
    },
}

/// Runs a command with `DATABASE_URL` set and the caller's environment otherwise, until it ends.
///
/// `line` gets what it prints, on standard output and standard error, line by line. The command is
/// killed when the future is dropped.
pub async fn run_command(
    command: &MigrationCommand,
    database_url: &str,
    mut line: impl FnMut(&str),
) -> Result<(), CommandError> {
    let program = || command.program.clone();
    let mut process = Command::new(&command.program);
    process
        .args(&command.arguments)
        .env("DATABASE_URL", database_url)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    if let Some(directory) = &command.directory {
        process.current_dir(directory);
    }
    let mut child = process.spawn().map_err(|source| CommandError::Start {
        program: program(),
        source,
    })?;
    let output = child.stdout.take().map(Lines::new);
    let errors = child.stderr.take().map(Lines::new);
    let (Some(mut output), Some(mut errors)) = (output, errors) else {
        unreachable!("both were asked to be pipes");
    };
    let broken = |source| CommandError::Output {
        program: program(),
        source,
    };
    while output.open || errors.open {
        let text = tokio::select! {
            text = output.next(), if output.open => text,
            text = errors.next(), if errors.open => text,
        };
        if let Some(text) = text.map_err(broken)? {
            line(&text);
        }
    }
    let status = child.wait().await.map_err(broken)?;
    if status.success() {
        Ok(())
    } else {
        Err(CommandError::Failed {
            program: program(),
            status,
        })
    }
}

/// Lines of a stream, none longer than [`LINE_BYTES_MAX`].
struct Lines<R> {
    reader: BufReader<R>,
    pending: Vec<u8>,
    open: bool,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    fn new(stream: R) -> Self {
        Self {
            reader: BufReader::with_capacity(LINE_BYTES_MAX, stream),
            pending: Vec::new(),
            open: true,
        }
    }

    /// The next line, or `None` at the end. Loses nothing when dropped before it is ready: what was
    /// read of a line is kept in `pending`.
    async fn next(&mut self) -> io::Result<Option<String>> {
        loop {
            let buffered = self.reader.fill_buf().await?;
            if buffered.is_empty() {
                self.open = false;
                return Ok((!self.pending.is_empty()).then(|| self.take()));
            }
            let room = LINE_BYTES_MAX - self.pending.len();
            let window = &buffered[..buffered.len().min(room)];
            let newline = window.iter().position(|byte| *byte == b'\n');
            let length = newline.map_or(window.len(), |at| at);
            self.pending.extend_from_slice(&window[..length]);
            self.reader.consume(length + usize::from(newline.is_some()));
            if newline.is_some() || self.pending.len() == LINE_BYTES_MAX {
                return Ok(Some(self.take()));
            }
        }
    }

    fn take(&mut self) -> String {
        let bytes = std::mem::take(&mut self.pending);
        let text = String::from_utf8_lossy(&bytes);
        text.trim_end_matches('\r').to_owned()
    }
}
