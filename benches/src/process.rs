//! What the kernel says of a process: time on the processor and memory (proc(5)).

use std::fs;
use std::time::Duration;

use anyhow::Context;

/// Ticks of `utime` and `stime` in a second: `USER_HZ`, 100 on every Linux that runs PostgreSQL.
const TICKS_PER_SECOND: f64 = 100.0;

/// Time that a process has spent on the processor, its own and the kernel's for it.
pub(crate) fn processor_time(pid: u32) -> anyhow::Result<Duration> {
    spent(pid, 11)
}

/// Time that children of ours have spent on the processor, of those that have ended.
pub(crate) fn children_time() -> anyhow::Result<Duration> {
    spent(std::process::id(), 13)
}

/// The sum of two neighbouring fields of a process's times.
fn spent(pid: u32, first: usize) -> anyhow::Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name in parentheses may hold blanks; fields are counted behind it.
    let (_, rest) = stat.rsplit_once(')').context("a name in stat")?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let ticks = |index: usize| -> anyhow::Result<f64> {
        let field = fields.get(index).context("times in stat")?;
        Ok(field.parse()?)
    };
    Ok(Duration::from_secs_f64(
        (ticks(first)? + ticks(first + 1)?) / TICKS_PER_SECOND,
    ))
}

/// Resident bytes of a process.
pub(crate) fn resident(pid: u32) -> anyhow::Result<u64> {
    kilobytes(&format!("/proc/{pid}/status"), "VmRSS:")
}

/// Most resident bytes that a process has had.
pub(crate) fn most_resident(pid: u32) -> anyhow::Result<u64> {
    kilobytes(&format!("/proc/{pid}/status"), "VmHWM:")
}

/// Resident bytes of this process at most, since they were forgotten last.
pub(crate) fn peak() -> anyhow::Result<u64> {
    kilobytes("/proc/self/status", "VmHWM:")
}

/// Begins the count of the most resident bytes anew.
pub(crate) fn forget_peak() -> anyhow::Result<()> {
    Ok(fs::write("/proc/self/clear_refs", "5")?)
}

/// Proportional bytes of a process: shared pages count by the share.
pub(crate) fn proportional(pid: u32) -> anyhow::Result<u64> {
    kilobytes(&format!("/proc/{pid}/smaps_rollup"), "Pss:")
}

fn kilobytes(path: &str, key: &str) -> anyhow::Result<u64> {
    let text = fs::read_to_string(path)?;
    let line = text.lines().find_map(|line| line.strip_prefix(key));
    let word = line.and_then(|rest| rest.split_whitespace().next());
    let number: u64 = word.with_context(|| format!("{key} in {path}"))?.parse()?;
    Ok(number * 1024)
}

/// Processes whose command line holds a text, and all that descend from them.
pub(crate) fn tree_of(text: &str) -> anyhow::Result<Vec<u32>> {
    let mut parents = Vec::new();
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc")?.flatten() {
        let Ok(pid) = entry.file_name().to_string_lossy().parse::<u32>() else {
            continue;
        };
        // A process may end while it is looked at.
        let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else {
            continue;
        };
        let parent = stat
            .rsplit_once(')')
            .and_then(|(_, rest)| rest.split_whitespace().nth(1)?.parse::<u32>().ok());
        parents.extend(parent.map(|parent| (pid, parent)));
        let command = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        if String::from_utf8_lossy(&command).contains(text) {
            found.push(pid);
        }
    }
    let mut next = 0;
    while let Some(&pid) = found.get(next) {
        for &(child, parent) in &parents {
            if parent == pid && !found.contains(&child) {
                found.push(child);
            }
        }
        next += 1;
    }
    Ok(found)
}
