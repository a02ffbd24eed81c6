//! A branch that nobody uses: its memory awake and asleep, and its disk at birth.

use std::os::unix::fs::MetadataExt;
use std::process::Command;

use anyhow::ensure;
use serde_json::json;
use tests::volume::Format;

use super::{SCALE, SCALE_QUICK};
use crate::Effort;
use crate::client::first_row;
use crate::process::{proportional, tree_of};
use crate::report::{Bound, Report};
use crate::site::{Site, filled};

/// Branches that the mean is taken over.
const BRANCHES: usize = 10;

const MB: f64 = 1_000_000.0;

/// What `stat` counts blocks in (inode(7)).
const BLOCK_BYTES: u64 = 512;

pub(super) async fn run(effort: Effort) -> anyhow::Result<Report> {
    let mut report = Report::new(
        "idle",
        &[
            "per branch",
            "processes awake",
            "PSS MB",
            "processes asleep",
            "disk MB",
        ],
    );
    for (format, name) in [(Format::Xfs, "XFS"), (Format::Btrfs, "btrfs")] {
        let base = filled("base", effort.of(SCALE, SCALE_QUICK));
        let site = Site::start(format, &base)?;
        site.run(&["environment", "build", "base"])?;
        // The directories of the pool and the clones' common metadata are made by the first.
        first_row(&site.config("base.first")?).await?;
        let before = used(&site)?;
        let mut found = Vec::new();
        for number in 0..BRANCHES {
            first_row(&site.config(&format!("base.b{number}"))?).await?;
        }
        let disk = used(&site)?.saturating_sub(before) as f64 / BRANCHES as f64 / MB;
        let (mut processes, mut memory) = (0, 0.0);
        for number in 0..BRANCHES {
            let place = format!("base.b{number}");
            let directory = site.directory(&place)?.to_string_lossy().into_owned();
            let tree = tree_of(&directory)?;
            processes = tree.len();
            for pid in tree {
                memory += proportional(pid)? as f64 / BRANCHES as f64 / MB;
            }
            site.sleep(&place).await?;
            found.extend(tree_of(&directory)?);
        }
        report.row(vec![
            json!(name),
            json!(processes),
            json!(memory),
            json!(found.len()),
            json!(disk),
        ]);
        report.target(format!("{name}: PSS awake MB"), memory, Bound::AtMost(25.0));
        let asleep = found.len() as f64;
        report.target(
            format!("{name}: processes asleep"),
            asleep,
            Bound::AtMost(0.0),
        );
        report.target(format!("{name}: disk MB"), disk, Bound::AtMost(2.0));
        site.stop()?.into_iter().for_each(|line| report.note(line));
    }
    Ok(report)
}

/// Bytes of the volume in use, with everything written out, but for the reserve that the pool keeps for
/// servers that run: it is given up where it is needed.
fn used(site: &Site) -> anyhow::Result<u64> {
    let volume = site.volume();
    let synced = Command::new("sync").arg("-f").arg(&volume).status()?;
    ensure!(synced.success(), "sync -f: {synced}");
    let space = nix::sys::statvfs::statvfs(&volume)?;
    let reserve = std::fs::metadata(site.pool().join("reserve"));
    let reserve = reserve.map_or(0, |file| file.blocks() * BLOCK_BYTES);
    let used = (space.blocks() - space.blocks_free()) * space.fragment_size();
    Ok(used.saturating_sub(reserve))
}
