//! Runs the SQL files of a directory against a connected database.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tokio_postgres::error::{DbError, ErrorPosition, SqlState};
use tokio_postgres::{Client, SimpleQueryMessage};

use super::order::{file_name, files};
use super::script::{self, Control, NO_TRANSACTION, Problem, Script, Statement};

/// A migration is read into memory whole; a file above this is data that belongs elsewhere.
const FILE_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// One file that ran to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileDone {
    /// Its name without the directory.
    pub name: String,
    /// Which one it was, from 1.
    pub number: usize,
    /// Of how many.
    pub of: usize,
    /// Its statements.
    pub statements: usize,
    /// How long it took.
    pub took: Duration,
}

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// The file.
    pub file: PathBuf,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file.display(), self.line, self.column)
    }
}

/// Why the migrations of a directory did not run.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// A file or the directory could not be read.
    #[error("read {path:?}")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// There is nothing to run.
    #[error("directory {directory:?} holds no \".sql\" file")]
    Empty {
        /// Which directory.
        directory: PathBuf,
    },
    /// A file is larger than 256 MiB.
    #[error("file {path:?} has {bytes} bytes, more than {FILE_BYTES_MAX}")]
    TooLarge {
        /// Which.
        path: PathBuf,
        /// Its size.
        bytes: u64,
    },
    /// A file is no UTF-8.
    #[error("{0}: not UTF-8 from here on")]
    NotText(Position),
    /// A file holds what only another tool understands.
    #[error("{position}: {problem}")]
    Script {
        /// Where.
        position: Position,
        /// What.
        problem: Problem,
    },
    /// The server refused a statement.
    #[error("{position}: {said}")]
    Refused {
        /// Where in the file: the server's position, else the statement's beginning.
        position: Position,
        /// What it said.
        said: Box<ServerSaid>,
    },
    /// A file opened a transaction of its own and did not end it.
    #[error("{position}: the transaction that begins here is never ended")]
    OpenTransaction {
        /// Where it begins.
        position: Position,
    },
    /// The connection broke.
    #[error("{position}: the connection to the server broke")]
    Connection {
        /// The statement that was running.
        position: Position,
        /// Why.
        #[source]
        source: tokio_postgres::Error,
    },
}

/// A server's error without its DETAIL and CONTEXT, which may hold values of rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerSaid {
    /// SQLSTATE.
    pub code: String,
    /// Message.
    pub message: String,
    /// The server's hint, or ours where we know better.
    pub hint: Option<String>,
}

impl fmt::Display for ServerSaid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.message, self.code)?;
        match &self.hint {
            Some(hint) => write!(f, "; hint: {hint}"),
            None => Ok(()),
        }
    }
}

/// Runs every `.sql` file directly in `directory`, in the natural order of their names.
///
/// All files are read and checked before the first one runs. Each file is one transaction, unless
/// it holds the line `-- standin: no transaction` or opens and ends transactions itself. Statements
/// go by the simple protocol, one after another, so an error names the statement. Between two files
/// `RESET ALL` takes back settings such as `search_path`. The session must not be in a transaction;
/// after an error it is in none.
pub async fn run_directory(
    client: &Client,
    directory: &Path,
    mut progress: impl FnMut(&FileDone),
) -> Result<usize, DirectoryError> {
    let found = files(directory).map_err(unreadable(directory))?;
    if found.is_empty() {
        let directory = directory.to_owned();
        return Err(DirectoryError::Empty { directory });
    }
    for path in &found {
        check(path)?;
    }
    for (index, path) in found.iter().enumerate() {
        let begun = Instant::now();
        let file = check(path)?;
        let ran = file.run(client).await;
        if ran.is_err() {
            // The error that is worth telling is the first one; a broken connection fails again here.
            let _ = client.batch_execute("ROLLBACK").await;
        }
        ran?;
        progress(&FileDone {
            name: file_name(path),
            number: index + 1,
            of: found.len(),
            statements: file.script.statements.len(),
            took: begun.elapsed(),
        });
    }
    Ok(found.len())
}

/// A file that was read and cut into statements.
struct File {
    path: PathBuf,
    text: String,
    script: Script,
}

fn check(path: &Path) -> Result<File, DirectoryError> {
    let bytes = std::fs::metadata(path).map_err(unreadable(path))?.len();
    if bytes > FILE_BYTES_MAX {
        let path = path.to_owned();
        return Err(DirectoryError::TooLarge { path, bytes });
    }
    let text = String::from_utf8(std::fs::read(path).map_err(unreadable(path))?);
    let text = text.map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let before = String::from_utf8_lossy(&error.as_bytes()[..valid]);
        DirectoryError::NotText(position(path, &before, before.len()))
    })?;
    let script = script::parse(&text).map_err(|(at, problem)| DirectoryError::Script {
        position: position(path, &text, at),
        problem,
    })?;
    Ok(File {
        path: path.to_owned(),
        text,
        script,
    })
}

impl File {
    async fn run(&self, client: &Client) -> Result<(), DirectoryError> {
        let own = self.script.statements.iter().any(|s| s.control.is_some());
        let wrapped = !own && !self.script.no_transaction;
        let end = self.script.statements.last().map_or(0, |last| last.end);
        self.send(client, "RESET ALL", 0, None).await?;
        if wrapped {
            self.send(client, "BEGIN", 0, None).await?;
        }
        let mut open = None;
        for statement in &self.script.statements {
            let sql = &self.text[statement.start..statement.end];
            self.send(client, sql, statement.start, Some(statement))
                .await?;
            match statement.control {
                Some(Control::Open) => open = Some(statement.start),
                Some(Control::Close) => open = None,
                None => {}
            }
        }
        if let Some(begin) = open {
            let position = position(&self.path, &self.text, begin);
            return Err(DirectoryError::OpenTransaction { position });
        }
        if wrapped {
            // Deferred constraints speak up here.
            self.send(client, "COMMIT", end, None).await?;
        }
        Ok(())
    }

    async fn send(
        &self,
        client: &Client,
        sql: &str,
        at: usize,
        statement: Option<&Statement>,
    ) -> Result<(), DirectoryError> {
        let answer: Result<Vec<SimpleQueryMessage>, _> = client.simple_query(sql).await;
        let Err(source) = answer else { return Ok(()) };
        let Some(said) = source.as_db_error() else {
            let position = position(&self.path, &self.text, at);
            return Err(DirectoryError::Connection { position, source });
        };
        let offset = match said.position() {
            Some(ErrorPosition::Original(characters)) if statement.is_some() => {
                at + byte_of_character(sql, *characters)
            }
            _ => at,
        };
        Err(DirectoryError::Refused {
            position: position(&self.path, &self.text, offset),
            said: Box::new(self.said(said)),
        })
    }

    fn said(&self, error: &DbError) -> ServerSaid {
        let outside = *error.code() == SqlState::ACTIVE_SQL_TRANSACTION;
        let hint = if outside && !self.script.no_transaction {
            Some(format!(
                "put this statement into a file of its own with the line {NO_TRANSACTION:?}"
            ))
        } else {
            error.hint().map(str::to_owned)
        };
        ServerSaid {
            code: error.code().code().to_owned(),
            message: error.message().to_owned(),
            hint,
        }
    }
}

fn unreadable(path: &Path) -> impl FnOnce(io::Error) -> DirectoryError {
    let path = path.to_owned();
    |source| DirectoryError::Read { path, source }
}

/// Where the `number`th character begins, from 1 as servers count.
fn byte_of_character(text: &str, number: u32) -> usize {
    let index = number.saturating_sub(1) as usize;
    text.char_indices()
        .nth(index)
        .map_or(text.len(), |(at, _)| at)
}

fn position(file: &Path, text: &str, at: usize) -> Position {
    let before = &text[..at];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    Position {
        file: file.to_owned(),
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
    }
}
