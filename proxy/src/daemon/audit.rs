//! `audit.jsonl` in the pool: one JSON line for each denial of the guard, without SQL but names of
//! tables, and without values.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use nix::libc::O_NOFOLLOW;
use serde::Serialize;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::relay::Denied;

/// The log's name in the pool's directory.
const AUDIT_LOG: &str = "audit.jsonl";
/// Bytes of the file before it is moved aside, in place of the one that was moved before.
const FILE_BYTES_MAX: u64 = 16 << 20;
/// Denials that are written at once.
const BATCH_MAX: usize = 64;
/// Characters kept of what a client calls itself; PostgreSQL keeps 63 bytes.
const NAME_CHARACTERS_MAX: usize = 256;
/// How long a failed write rests before it is tried again. Denials wait meanwhile, as many as the
/// relay holds; those beyond are lost and counted.
const RETRY_PAUSE: Duration = Duration::from_secs(1);
/// What the last lines may take at the end.
const STOP_MAX: Duration = Duration::from_secs(10);

/// Writes down what the guard denies, until it is stopped.
pub(super) struct Audit {
    /// Dropped to stop.
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

/// One denial as it is written.
#[derive(Serialize)]
struct Line<'a> {
    time: Timestamp,
    environment: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    branch: Option<&'a str>,
    user: &'a str,
    application_name: String,
    access: &'static str,
    rule: &'static str,
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    fingerprint: Option<String>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    tables: &'a [String],
}

impl Audit {
    /// Begins to write below the pool. Must be called within a tokio runtime.
    pub(super) fn start(pool: &Path, denied: mpsc::Receiver<Denied>) -> Self {
        let (stop, stopped) = oneshot::channel();
        let keeper = Keeper {
            path: pool.join(AUDIT_LOG),
            denied,
            stopped,
            is_failing: false,
        };
        Self {
            stop,
            task: tokio::spawn(keeper.keep()),
        }
    }

    /// Writes what still waits, and ends.
    pub(super) async fn stop(self) {
        drop(self.stop);
        if tokio::time::timeout(STOP_MAX, self.task).await.is_err() {
            tracing::warn!("the end of the audit log is not written: the disk does not answer");
        }
    }
}

struct Keeper {
    path: PathBuf,
    denied: mpsc::Receiver<Denied>,
    stopped: oneshot::Receiver<()>,
    /// Whether the latest write failed: of several in a row only the first is told.
    is_failing: bool,
}

impl Keeper {
    async fn keep(mut self) {
        let mut batch = Vec::with_capacity(BATCH_MAX);
        while self.next(&mut batch).await {
            let lines: Vec<u8> = batch.iter().flat_map(line).collect();
            while let Err(error) = self.append(lines.clone()).await {
                self.failed(&error);
                if self.denied.is_closed() {
                    let lost = batch.len() as u64;
                    metrics::counter!("guard_audit_lost_total").increment(lost);
                    break;
                }
                tokio::select! {
                    () = tokio::time::sleep(RETRY_PAUSE) => {}
                    _ = &mut self.stopped => self.denied.close(),
                }
            }
            batch.clear();
        }
    }

    /// Waits for denials; `false` when there will be no more.
    async fn next(&mut self, batch: &mut Vec<Denied>) -> bool {
        if !self.denied.is_closed() {
            tokio::select! {
                count = self.denied.recv_many(batch, BATCH_MAX) => return count > 0,
                _ = &mut self.stopped => self.denied.close(),
            }
        }
        self.denied.recv_many(batch, BATCH_MAX).await > 0
    }

    async fn append(&mut self, lines: Vec<u8>) -> io::Result<()> {
        let path = self.path.clone();
        let written = tokio::task::spawn_blocking(move || append(&path, &lines));
        written.await.map_err(io::Error::other)??;
        if std::mem::take(&mut self.is_failing) {
            tracing::info!(path = %self.path.display(), "the audit log is written again");
        }
        Ok(())
    }

    fn failed(&mut self, error: &io::Error) {
        metrics::counter!("guard_audit_failures_total").increment(1);
        if !std::mem::replace(&mut self.is_failing, true) {
            let path = self.path.display();
            tracing::warn!(%path, %error, "the audit log is not written; it is tried again");
        }
    }
}

/// A denial as one line; JSON leaves no control character in it as it is.
fn line(denied: &Denied) -> Vec<u8> {
    let (environment, branch) = match denied.place.split_once('.') {
        Some((environment, branch)) => (environment, Some(branch)),
        None => (denied.place.as_str(), None),
    };
    let name = denied.application_name.chars();
    let line = Line {
        time: Timestamp::try_from(denied.at).unwrap_or(Timestamp::UNIX_EPOCH),
        environment,
        branch,
        user: denied.user.as_str(),
        application_name: name.take(NAME_CHARACTERS_MAX).collect(),
        access: denied.mode.as_str(),
        rule: denied.rule,
        code: denied.code,
        fingerprint: denied.fingerprint.map(|name| name.to_string()),
        tables: &denied.tables,
    };
    let mut text = serde_json::to_vec(&line).expect("texts and a time are JSON");
    text.push(b'\n');
    text
}

/// Appends lines, whole or not at all. The file is opened anew each time, so that whoever moves it
/// away gets the next lines in a new one.
fn append(path: &Path, lines: &[u8]) -> io::Result<()> {
    let mut file = open(path)?;
    let mut bytes = file.metadata()?.len();
    if bytes > 0 && bytes + lines.len() as u64 > FILE_BYTES_MAX {
        fs::rename(path, path.with_extension("jsonl.1"))?;
        file = open(path)?;
        bytes = 0;
    }
    let written = end_torn_line(&mut file, bytes).and_then(|()| file.write_all(lines));
    if written.is_err() {
        // What is there of them would be there twice after the next attempt.
        let _ = file.set_len(bytes);
    }
    written
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).append(true).read(true);
    options.mode(0o600).custom_flags(O_NOFOLLOW).open(path)
}

/// A crash may have left half a line at the end.
fn end_torn_line(file: &mut File, bytes: u64) -> io::Result<()> {
    let Some(last) = bytes.checked_sub(1) else {
        return Ok(());
    };
    let mut byte = [0];
    file.read_exact_at(&mut byte, last)?;
    match byte {
        [b'\n'] => Ok(()),
        _ => file.write_all(b"\n"),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::time::{Instant, SystemTime};

    use rules::config::AccessMode;
    use rules::guard::Fingerprint;

    use super::*;

    fn denied(place: &str, application_name: &str) -> Denied {
        Denied {
            at: SystemTime::UNIX_EPOCH + Duration::from_millis(1_500),
            place: place.to_owned(),
            user: "ada".parse().expect("is a name"),
            application_name: application_name.to_owned(),
            mode: AccessMode::ReadOnly,
            rule: "write.change",
            code: "25006",
            fingerprint: Some(Fingerprint::of(b"DELETE FROM t")),
            tables: vec!["public.t".to_owned()],
        }
    }

    fn log(pool: &Path) -> Vec<serde_json::Value> {
        let text = fs::read_to_string(pool.join(AUDIT_LOG)).expect("is there");
        let read = |line| serde_json::from_str(line).expect("is JSON");
        text.lines().map(read).collect()
    }

    #[test]
    fn a_line_names_who_was_denied_what_and_where() {
        let text = String::from_utf8(line(&denied("qa.fix", "psql"))).expect("is text");
        let fingerprint = Fingerprint::of(b"DELETE FROM t");
        assert_eq!(
            text,
            format!(
                "{{\"time\":\"1970-01-01T00:00:01.5Z\",\"environment\":\"qa\",\"branch\":\"fix\",\
                 \"user\":\"ada\",\"application_name\":\"psql\",\"access\":\"read-only\",\
                 \"rule\":\"write.change\",\"code\":\"25006\",\"fingerprint\":\"{fingerprint}\",\
                 \"tables\":[\"public.t\"]}}\n"
            )
        );
        let of_none = Denied {
            fingerprint: None,
            tables: Vec::new(),
            ..denied("qa", "")
        };
        let text = String::from_utf8(line(&of_none)).expect("is text");
        assert!(!text.contains("branch") && !text.contains("fingerprint"));
        assert!(!text.contains("tables"));
    }

    #[test]
    fn no_name_of_a_client_breaks_a_line_or_makes_it_long() {
        let name = format!(
            "\"}}\n{{\"rule\":\"\0\r\u{1b}\u{2028}{}",
            "é".repeat(10_000)
        );
        let text = line(&denied("qa", &name));
        assert_eq!(text.iter().filter(|byte| **byte == b'\n').count(), 1);
        assert_eq!(text.last(), Some(&b'\n'));
        assert!(text.iter().all(|byte| *byte == b'\n' || *byte >= b' '));
        let read: serde_json::Value = serde_json::from_slice(&text).expect("is JSON");
        let kept = read["application_name"].as_str().expect("is text");
        assert!(name.starts_with(kept));
        assert_eq!(kept.chars().count(), NAME_CHARACTERS_MAX);
        assert_eq!(read["rule"], "write.change");
    }

    #[test]
    fn a_full_file_is_moved_aside_in_place_of_the_one_before() -> io::Result<()> {
        let pool = tempfile::tempdir()?;
        let path = pool.path().join(AUDIT_LOG);
        let aside = pool.path().join("audit.jsonl.1");
        fs::write(&aside, "older")?;
        let one = line(&denied("qa", ""));
        let room = one.len() as u64;
        File::create(&path)?.set_len(FILE_BYTES_MAX - 2 * room)?;
        // Without a line break at the end, one is written as well.
        append(&path, &one)?;
        assert_eq!(fs::metadata(&path)?.len(), FILE_BYTES_MAX - room + 1);
        assert_eq!(fs::read(&aside)?, b"older");
        append(&path, &one)?;
        assert_eq!(fs::read(&path)?, one);
        assert_eq!(fs::metadata(&aside)?.len(), FILE_BYTES_MAX - room + 1);
        assert_eq!(fs::metadata(&path)?.permissions().mode() & 0o777, 0o600);
        Ok(())
    }

    #[test]
    fn a_line_that_a_crash_tore_spoils_no_other() -> io::Result<()> {
        let pool = tempfile::tempdir()?;
        let path = pool.path().join(AUDIT_LOG);
        fs::write(&path, "{\"time\":\"19")?;
        let one = line(&denied("qa", ""));
        append(&path, &one)?;
        append(&path, &one)?;
        let text = fs::read_to_string(&path)?;
        let one = String::from_utf8_lossy(&one);
        assert_eq!(text, format!("{{\"time\":\"19\n{one}{one}"));
        Ok(())
    }

    #[test]
    fn a_link_in_the_place_of_the_log_is_not_followed() -> io::Result<()> {
        let pool = tempfile::tempdir()?;
        let precious = pool.path().join("precious");
        fs::write(&precious, "")?;
        std::os::unix::fs::symlink(&precious, pool.path().join(AUDIT_LOG))?;
        assert!(append(&pool.path().join(AUDIT_LOG), b"x\n").is_err());
        assert_eq!(fs::read(&precious)?, b"");
        Ok(())
    }

    #[tokio::test]
    async fn what_waits_at_the_end_is_written() -> io::Result<()> {
        let pool = tempfile::tempdir()?;
        let (sender, receiver) = mpsc::channel(1_000);
        let audit = Audit::start(pool.path(), receiver);
        for number in 0..1_000 {
            let one = denied("qa", &number.to_string());
            sender.try_send(one).expect("there is room");
        }
        audit.stop().await;
        let lines = log(pool.path());
        assert_eq!(lines.len(), 1_000);
        for (number, line) in lines.iter().enumerate() {
            assert_eq!(line["application_name"], number.to_string());
        }
        // The relay outlives the log and is told that nobody reads.
        assert!(sender.try_send(denied("qa", "")).is_err());
        Ok(())
    }

    #[tokio::test]
    async fn what_cannot_be_written_waits_and_is_written_once() -> io::Result<()> {
        let pool = tempfile::tempdir()?;
        let obstacle = pool.path().join(AUDIT_LOG);
        fs::create_dir(&obstacle)?;
        let (sender, receiver) = mpsc::channel(10);
        let audit = Audit::start(pool.path(), receiver);
        sender.try_send(denied("qa", "one")).expect("there is room");
        let began = Instant::now();
        while sender.capacity() < 10 {
            assert!(began.elapsed() < Duration::from_secs(60));
            tokio::task::yield_now().await;
        }
        sender.try_send(denied("qa", "two")).expect("there is room");
        fs::remove_dir(&obstacle)?;
        audit.stop().await;
        let names: Vec<_> = log(pool.path())
            .iter()
            .map(|line| line["application_name"].clone())
            .collect();
        assert_eq!(names, ["one", "two"]);
        Ok(())
    }

    #[tokio::test]
    async fn a_log_that_cannot_be_written_does_not_hold_up_the_end() -> io::Result<()> {
        let pool = tempfile::tempdir()?;
        fs::create_dir(pool.path().join(AUDIT_LOG))?;
        let (sender, receiver) = mpsc::channel(1_000);
        let audit = Audit::start(pool.path(), receiver);
        for _ in 0..1_000 {
            sender.try_send(denied("qa", "")).expect("there is room");
        }
        let began = Instant::now();
        audit.stop().await;
        assert!(began.elapsed() < STOP_MAX);
        Ok(())
    }
}
