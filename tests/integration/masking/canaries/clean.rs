//! A copy of a production that holds canaries in every channel has none of them anywhere.

use std::collections::BTreeMap;

use super::eyes::{Found, Reopened, in_database, in_files, in_text};
use super::small::{around, closed, snapshots, temporary};
use super::wide::{RULES, Wide};

/// Channels that leave nothing on a disk or in a catalogue of production, so that these eyes cannot see
/// them there: what waits in memory.
const IN_MEMORY: [&str; 2] = ["notifications", "temporary tables"];

/// All canaries that production shows to the eyes that look at the copy.
async fn in_production(wide: &Wide) -> anyhow::Result<Found> {
    let mut found = Found::new();
    for database in ["shop", "crm", "postgres"] {
        in_database(&wide.server.connect(database).await?, &mut found).await?;
    }
    in_files(&[wide.server.socket_directory()], &mut found)?;
    in_text(&wide.server.log().join("\n"), "the log", &mut found);
    Ok(found)
}

/// A crash would write what passes through memory onto a disk.
fn leaves_no_core(process: u32) -> anyhow::Result<()> {
    let about = |file: &str| std::fs::read_to_string(format!("/proc/{process}/{file}"));
    assert_eq!(about("coredump_filter")?.trim(), "00000000");
    let limits = about("limits")?;
    let core = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"));
    let soft = core.and_then(|line| line.split_whitespace().nth(4));
    assert_eq!(soft, Some("0"), "{limits}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_has_no_canary_of_any_channel() -> anyhow::Result<()> {
    let wide = Wide::start().await?;
    let seen = in_production(&wide).await?;
    let unseen: BTreeMap<_, _> = wide
        .planted
        .iter()
        .filter(|(number, channel)| {
            !seen.contains_key(number) && !IN_MEMORY.contains(&channel.as_str())
        })
        .collect();
    assert!(unseen.is_empty(), "not planted: {unseen:?}");

    let mut shop = closed(RULES, &wide.server)?;
    let tmp = temporary(&shop).to_string_lossy().into_owned();
    shop.daemon().start_again(&[("TMPDIR", &tmp)])?;
    leaves_no_core(shop.daemon().process()?)?;
    let mut found = Found::new();
    for command in [
        "mask plan --preview 3",
        "mask copy --dry-run",
        "environment build copy",
        "mask verify copy",
        "environment refresh copy",
        "environment show copy",
        "snapshot list",
        "status",
    ] {
        let words: Vec<&str> = command.split(' ').collect();
        let output = shop.daemon().command(&words)?;
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        assert!(output.status.success(), "{command}: {said}");
        in_text(&said, command, &mut found);
    }
    around(&mut shop, &mut found)?;
    for snapshot in snapshots(&shop)? {
        let data = shop.pool().join("snapshots").join(snapshot).join("pgdata");
        let reopened = Reopened::start(&data)?;
        // Templates, and the copy.
        assert_eq!(reopened.look(&mut found).await?, 3);
    }
    assert_eq!(found, Found::new(), "of {} canaries", wide.planted.len());
    let rows = shop.enter("shop@copy").await?;
    let rows =
        rows.text("SELECT count(*) || ' ' || count(docb) || ' ' || count(words) FROM people");
    assert_eq!(rows.await?, "10 10 10");
    Ok(())
}
