//! Where the SQL comes from: the argument, a file, or standard input. Its bytes stay bytes.

use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rules::guard::SQL_BYTES_MAX;

use super::super::super::args::Guard;
use super::super::super::failure::Failure;
use super::explain::Place;

/// Stands for standard input.
const STANDARD_INPUT: &str = "-";

/// Reads the SQL; of what no session would read it suffices to know that there is more.
pub(super) fn read(guard: &Guard) -> Result<Vec<u8>, Failure> {
    let sql = match (&guard.sql, &guard.file) {
        (Some(sql), _) if sql != STANDARD_INPUT => sql.as_bytes().to_vec(),
        (None, Some(file)) if file.as_os_str() != STANDARD_INPUT => from_file(file)?,
        (None, None) if io::stdin().is_terminal() => return Err(nothing()),
        _ => bounded(io::stdin()).map_err(|error| {
            Failure::usage(format!("read standard input: {error}")).hint(
                "`standin guard 'SELECT 1'` takes SQL as the argument, `--file F` from a file",
            )
        })?,
    };
    match sql.iter().position(|&byte| byte == 0) {
        None => Ok(sql),
        Some(at) => Err(holds_nul(&sql, at)),
    }
}

fn from_file(path: &Path) -> Result<Vec<u8>, Failure> {
    let sql = File::open(path).and_then(bounded);
    sql.map_err(|error| {
        Failure::usage(format!("read \"{}\": {error}", path.display()))
            .hint("`--file` takes a file of SQL that you may read, `-` is standard input")
    })
}

fn bounded(from: impl Read) -> io::Result<Vec<u8>> {
    let mut sql = Vec::new();
    from.take(SQL_BYTES_MAX as u64 + 1).read_to_end(&mut sql)?;
    Ok(sql)
}

fn nothing() -> Failure {
    Failure::usage("there is no SQL to judge")
        .hint("`standin guard 'SELECT 1'`, `--file F`, or `-` for standard input")
}

/// A NUL ends a message, so no client can send what stands behind it.
fn holds_nul(sql: &[u8], at: usize) -> Failure {
    let place = Place::default().behind(&sql[..at]);
    Failure::usage(format!("the SQL holds a NUL byte at {place}"))
        .hint("SQL cannot hold one; a file in UTF-16 has to be converted to UTF-8 first")
}
