//! The same rows, or the same schema, by PostgreSQL's own programs: nothing is masked.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use tests::postgres::{Scratch, as_server_user};

use super::shop::{DATABASE, TABLE};

/// How rows are piped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pipe {
    /// By one `COPY FREEZE` behind a TRUNCATE.
    Frozen,
    /// By this many at once, each with a part of the table's blocks.
    Parts(u64),
}

/// Pipes the table's rows from one `psql` into another; the empty table is there.
pub(super) fn pipe(
    from: &Scratch,
    to: &Scratch,
    pipe: Pipe,
    blocks: u64,
) -> anyhow::Result<Duration> {
    let parts = match pipe {
        Pipe::Frozen => vec![format!("COPY {TABLE} TO STDOUT")],
        Pipe::Parts(count) => (0..count)
            .map(|part| {
                let (first, last) = (blocks * part / count, blocks * (part + 1) / count);
                let end = match part + 1 < count {
                    true => format!(" AND ctid < '({last},0)'"),
                    false => String::new(),
                };
                format!("COPY (SELECT * FROM {TABLE} WHERE ctid >= '({first},0)'{end}) TO STDOUT")
            })
            .collect(),
    };
    let into = match pipe {
        Pipe::Frozen => {
            format!("BEGIN; TRUNCATE {TABLE}; COPY {TABLE} FROM STDIN (FREEZE); COMMIT")
        }
        Pipe::Parts(_) => format!("COPY {TABLE} FROM STDIN"),
    };
    let begun = Instant::now();
    let mut running: Vec<Child> = Vec::new();
    for out in &parts {
        let mut source = psql(from)
            .args(["-c", out])
            .stdout(Stdio::piped())
            .spawn()?;
        let rows = source.stdout.take().context("a pipe was asked for")?;
        running.push(psql(to).args(["-c", &into]).stdin(rows).spawn()?);
        running.push(source);
    }
    for mut child in running {
        let status = child.wait()?;
        ensure!(status.success(), "psql: {status}");
    }
    Ok(begun.elapsed())
}

/// Dumps the schema with all rows into a directory and restores it, each with two jobs.
pub(super) fn dump_and_restore(from: &Scratch, to: &Scratch) -> anyhow::Result<Duration> {
    let scratch = tempfile::Builder::new()
        .prefix("bench-dump-")
        .tempdir_in("/var/tmp")?;
    tests::postgres::give_to_server_user(scratch.path())?;
    let directory = scratch.path().join("dump");
    let directory = directory.to_string_lossy();
    let begun = Instant::now();
    let dump = ["-Fd", "-j2", "--no-sync", "-f", &directory];
    run(program(from, "pg_dump").args(dump).args(["-d", DATABASE]))?;
    let restore = ["-j2", "--exit-on-error", "-d", DATABASE, &directory];
    run(program(to, "pg_restore").args(restore))?;
    Ok(begun.elapsed())
}

/// Restores the definitions, pipes rows by a statement for each table, and makes indexes and keys.
///
/// Each statement has a snapshot of its own, so that the rows need not fit together where production is
/// written to meanwhile.
pub(super) fn by_hand(
    from: &Scratch,
    to: &Scratch,
    tables: &[(&str, &str)],
) -> anyhow::Result<Duration> {
    let begun = Instant::now();
    section(from, to, "pre-data")?;
    for (table, rows) in tables {
        let mut source = psql(from)
            .args(["-c", &format!("COPY ({rows}) TO STDOUT")])
            .stdout(Stdio::piped())
            .spawn()?;
        let rows = source.stdout.take().context("a pipe was asked for")?;
        let into = format!("BEGIN; TRUNCATE {table}; COPY {table} FROM STDIN (FREEZE); COMMIT");
        run(psql(to).args(["-c", &into]).stdin(rows))?;
        let status = source.wait()?;
        ensure!(status.success(), "psql: {status}");
    }
    section(from, to, "post-data")?;
    Ok(begun.elapsed())
}

fn section(from: &Scratch, to: &Scratch, section: &str) -> anyhow::Result<()> {
    let section = format!("--section={section}");
    let mut dump = program(from, "pg_dump")
        .args([&section, "-Fc", "-d", DATABASE])
        .stdout(Stdio::piped())
        .spawn()?;
    let dumped = dump.stdout.take().context("a pipe was asked for")?;
    let restore = ["--exit-on-error", "-d", DATABASE];
    run(program(to, "pg_restore").args(restore).stdin(dumped))?;
    let status = dump.wait()?;
    ensure!(status.success(), "pg_dump: {status}");
    Ok(())
}

/// Runs statements, one after the other.
pub(super) fn statements(on: &Scratch, statements: &[&str]) -> anyhow::Result<Duration> {
    let begun = Instant::now();
    for sql in statements {
        run(psql(on).args(["-c", sql]))?;
    }
    Ok(begun.elapsed())
}

/// The definition of the table alone, restored by hand.
pub(super) fn schema(from: &Scratch, to: &Scratch) -> anyhow::Result<()> {
    let arguments = ["--section=pre-data", "-t", TABLE, "-d", DATABASE];
    let dumped = program(from, "pg_dump").args(arguments).output()?;
    ensure!(dumped.status.success(), "pg_dump: {}", dumped.status);
    let sql = String::from_utf8(dumped.stdout)?;
    // Newer versions begin with a command of psql's that a script needs.
    let sql: Vec<&str> = sql.lines().filter(|line| !line.starts_with('\\')).collect();
    run(psql(to).args(["-c", &sql.join("\n")]).stdout(Stdio::null()))
}

fn psql(server: &Scratch) -> Command {
    let mut psql = program(server, "psql");
    psql.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", DATABASE]);
    psql
}

/// A program of the distribution as the servers' user.
fn program(server: &Scratch, name: &str) -> Command {
    let mut command = as_server_user(&Path::new("/usr/lib/postgresql/15/bin").join(name));
    command
        .env("HOME", "/nonexistent")
        .env("PGHOST", server.socket_directory())
        .env("PGPORT", server.port().to_string())
        .env("PGUSER", tests::postgres::SUPERUSER);
    command
}

fn run(command: &mut Command) -> anyhow::Result<()> {
    let status = command.status()?;
    ensure!(status.success(), "{command:?}: {status}");
    Ok(())
}
