//! The server's log: bounded in size, and read for the one line that says why a start failed.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;

/// Beyond this the log is cut at the next look, so that no branch fills the pool with words.
pub(super) const LOG_BYTES_MAX: u64 = 16 << 20;
/// What is kept of a log that was cut: enough to see what led up to now.
const KEPT_BYTES: usize = 256 << 10;
/// How much of a log is searched for the reason of a failure.
const SEARCHED_BYTES: u64 = 64 << 10;

/// Cuts a log that has grown too long down to its last lines.
///
/// The server appends to it all the while; a line written between the reading and the cutting is
/// lost, which a log may suffer.
pub(super) fn bound(log: &File) -> io::Result<()> {
    let length = log.metadata()?.len();
    if length <= LOG_BYTES_MAX {
        return Ok(());
    }
    let mut tail = vec![0; KEPT_BYTES];
    log.read_exact_at(&mut tail, length - KEPT_BYTES as u64)?;
    let whole_lines = tail
        .iter()
        .position(|&byte| byte == b'\n')
        .map_or(0, |at| at + 1);
    log.set_len(0)?;
    // Opened for appending: the offset does not matter.
    io::Write::write_all(&mut &*log, &tail[whole_lines..])
}

/// The reason of a failure in what was written to `log` after `from`.
pub(super) fn reason(log: &mut File, from: u64) -> Option<String> {
    let length = log.metadata().ok()?.len();
    log.seek(SeekFrom::Start(
        from.max(length.saturating_sub(SEARCHED_BYTES)),
    ))
    .ok()?;
    let mut text = Vec::new();
    log.take(SEARCHED_BYTES).read_to_end(&mut text).ok()?;
    telling_line(&String::from_utf8_lossy(&text))
}

/// The last PANIC, FATAL or ERROR line, else the last line with anything in it.
///
/// A broken configuration file is a FATAL that says so, after a LOG that says what is broken.
pub(crate) fn telling_line(text: &str) -> Option<String> {
    let marked =
        |marks: &'static [&str]| move |line: &&str| marks.iter().any(|mark| line.contains(mark));
    let from_mark = |line: &str| {
        let marks = ["PANIC:", "FATAL:", "ERROR:", "LOG:", "error:"];
        let at = marks
            .into_iter()
            .find_map(|mark| line.find(mark))
            .unwrap_or_default();
        line[at..].to_owned()
    };
    let mut lines = text
        .lines()
        .rev()
        .map(str::trim)
        .filter(|line| !line.is_empty());
    let last = lines.clone().next()?;
    let Some(fatal) = lines.find(marked(&["PANIC:", "FATAL:", "ERROR:", "error:"])) else {
        return Some(last.to_owned());
    };
    let reason = lines.next().filter(|_| fatal.ends_with("contains errors"));
    let reason = reason.filter(marked(&["LOG:"])).map(from_mark);
    Some(match reason {
        Some(reason) => format!("{} ({reason})", from_mark(fatal)),
        None => from_mark(fatal),
    })
}

#[cfg(test)]
mod tests {
    use super::{KEPT_BYTES, LOG_BYTES_MAX, bound, telling_line};
    use std::io::Write;

    #[test]
    fn the_telling_line_is_the_last_one_that_ended_something() {
        let log = "2026-01-01 00:00:00.000 UTC [1] FATAL:  could not load library \"x\"\n\
                   2026-01-01 00:00:00.000 UTC [1] LOG:  database system is shut down\n\n";
        let line = telling_line(log).expect("a line");
        assert_eq!(line, "FATAL:  could not load library \"x\"");
        assert_eq!(telling_line("a\nb\n\n").as_deref(), Some("b"));
        assert_eq!(telling_line("\n"), None);
    }

    #[test]
    fn a_log_that_grew_too_long_keeps_its_last_whole_lines() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let mut log = std::fs::OpenOptions::new()
            .read(true)
            .append(true)
            .open(file.path())
            .expect("the log");
        let line = format!("{}\n", "x".repeat(99));
        let lines = usize::try_from(LOG_BYTES_MAX).expect("64 bits") / line.len() + 1;
        log.write_all(line.repeat(lines).as_bytes())
            .expect("written");
        writeln!(log, "the end").expect("written");
        bound(&log).expect("bounded");
        let kept = std::fs::read_to_string(file.path()).expect("the log");
        assert!(kept.len() <= KEPT_BYTES, "{} bytes were kept", kept.len());
        assert!(kept.starts_with("xxx") && kept.ends_with("x\nthe end\n"));
        assert!(kept.lines().rev().skip(1).all(|kept| kept.len() == 99));
    }
}
