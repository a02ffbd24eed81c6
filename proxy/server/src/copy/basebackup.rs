//! Runs `pg_basebackup` and reads its progress.

use std::time::Duration;

use tokio::io::AsyncReadExt;

use super::CopyError;
use super::service::Service;
use crate::process::{Tool, ToolError, telling_line};
use crate::{Account, Home, Installation};

/// The name of the program, for messages.
const PROGRAM: &str = "pg_basebackup";
/// How long it may print nothing: it reports each second while data comes, and is silent while the
/// source writes its checkpoint.
const SILENT_WITHIN: Duration = Duration::from_secs(900);
/// The end of its output that is kept to say why it failed.
const TAIL_BYTES: usize = 8 << 10;

/// How far a copy is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Bytes copied.
    pub copied_bytes: u64,
    /// Bytes that there are, as the source estimated when the copy began.
    pub total_bytes: u64,
}

pub(super) async fn run(
    installation: &Installation,
    account: &Account,
    home: &Home,
    service: &Service,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<(), CopyError> {
    let tool = Tool::new(installation, account, PROGRAM, &home.run())
        .args(["--format=plain", "--wal-method=stream", "--checkpoint=fast"])
        // Sealing syncs; what arrived is proven by recovery and page checksums.
        .args(["--no-sync", "--no-manifest", "--progress", "--no-password"])
        .args(["--dbname", &service.reference(), "--pgdata"])
        .args([home.pgdata()])
        .env("PGSERVICEFILE", service.path().as_os_str());
    watch(tool, progress).await.map_err(CopyError::Basebackup)
}

async fn watch(tool: Tool, progress: &(dyn Fn(Progress) + Sync)) -> Result<(), ToolError> {
    let fail = |source| ToolError::Run {
        program: PROGRAM,
        source,
    };
    let mut running = tool.spawn()?;
    let mut tail: Vec<u8> = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let read = tokio::time::timeout(SILENT_WITHIN, running.stderr.read(&mut chunk)).await;
        let Ok(read) = read else {
            return Err(ToolError::TooSlow {
                program: PROGRAM,
                within: SILENT_WITHIN,
            });
        };
        let read = read.map_err(fail)?;
        if read == 0 {
            break;
        }
        tail.extend_from_slice(&chunk[..read]);
        let surplus = tail.len().saturating_sub(TAIL_BYTES);
        tail.drain(..surplus);
        // On a terminal it rewrites one line, elsewhere it prints line after line.
        let text = String::from_utf8_lossy(&tail);
        if let Some(latest) = text.rsplit(['\r', '\n']).find_map(parse) {
            progress(latest);
        }
    }
    let status = running.wait().await.map_err(fail)?;
    if status.success() {
        return Ok(());
    }
    let told = telling_line(&String::from_utf8_lossy(&tail));
    let last_line = told.unwrap_or_else(|| status.to_string());
    Err(ToolError::Failed {
        program: PROGRAM,
        last_line,
    })
}

/// Reads `  23075/38012 kB (60%), 0/1 tablespace`.
fn parse(line: &str) -> Option<Progress> {
    let (numbers, _) = line.split_once(" kB (")?;
    let (copied, total) = numbers.trim().split_once('/')?;
    let bytes = |kilobytes: &str| kilobytes.trim().parse::<u64>().ok()?.checked_mul(1024);
    Some(Progress {
        copied_bytes: bytes(copied)?,
        total_bytes: bytes(total)?,
    })
}

#[cfg(test)]
mod tests {
    use super::{Progress, parse};

    #[test]
    fn progress_is_read_from_the_lines_that_have_it() {
        let line = "  23075/38012 kB (60%), 0/1 tablespace (/var/tmp/x/base/5/1259)";
        let expected = Progress {
            copied_bytes: 23075 << 10,
            total_bytes: 38012 << 10,
        };
        assert_eq!(parse(line), Some(expected));
        assert_eq!(parse("waiting for checkpoint"), None);
        assert_eq!(parse(" 1/x kB (1%)"), None);
    }
}
