//! Big messages and long copies pass through without being gathered anywhere.
//!
//! The largest message that PostgreSQL takes is tried where `STANDIN_TEST_LONG` is set.

use std::time::Duration;

use anyhow::Context;
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};

use crate::shop::{QA, Session, Shop};

/// What a daemon that is busy with a session may grow by, whatever passes: buffers of 64 KiB, and
/// what its own upkeep takes meanwhile.
const GROWTH_BYTES_MAX: u64 = 16 << 20;

const MIB: usize = 1 << 20;

/// The daemon's memory, and how much of it was ever resident since the last look.
struct Memory {
    process: u32,
}

impl Memory {
    fn of(shop: &mut Shop) -> anyhow::Result<Self> {
        let process = shop.daemon().process()?;
        Ok(Self { process })
    }

    fn bytes(&self, line: &str) -> anyhow::Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process))?;
        let found = status.lines().find_map(|found| found.strip_prefix(line));
        let words = found.context("a line of the status")?;
        let kib: u64 = words.split_whitespace().nth(1).context("a size")?.parse()?;
        Ok(kib << 10)
    }

    /// Begins to measure; the peak is from now on (proc(5), `clear_refs`).
    fn begin(&self) -> anyhow::Result<u64> {
        std::fs::write(format!("/proc/{}/clear_refs", self.process), "5")?;
        self.bytes("VmRSS")
    }

    fn must_be_flat(&self, before: u64, what: &str) -> anyhow::Result<()> {
        let peak = self.bytes("VmHWM")?;
        let grown = peak.saturating_sub(before);
        anyhow::ensure!(grown < GROWTH_BYTES_MAX, "{what}: grown by {grown} bytes");
        Ok(())
    }
}

fn is_long() -> bool {
    std::env::var_os("STANDIN_TEST_LONG").is_some()
}

async fn echo(session: &Session, bytes: usize) -> anyhow::Result<()> {
    let value = vec![b'v'; bytes];
    // Lengths alone, each way by itself: both together do not fit into a server's message.
    let row = session
        .client
        .query_one("SELECT octet_length($1::bytea)", &[&value])
        .await?;
    assert_eq!(row.get::<_, i32>(0), i32::try_from(bytes)?);
    drop(value);
    let count = i32::try_from(bytes)?;
    let row = session
        .client
        .query_one("SELECT repeat('r', $1)", &[&count])
        .await?;
    assert_eq!(row.get::<_, &str>(0).len(), bytes);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn big_messages_pass_both_ways_in_flat_memory() -> anyhow::Result<()> {
    let mut shop = Shop::open(QA)?;
    let session = shop.enter("shop@qa").await?;
    let memory = Memory::of(&mut shop)?;
    let mut sizes = vec![1024, MIB, 64 * MIB];
    if is_long() {
        // The message's length word may be 2^30 - 1, with some bytes beside the value.
        sizes.push((1 << 30) - 1024);
    }
    echo(&session, 1024).await?;
    for bytes in sizes {
        let before = memory.begin()?;
        echo(&session, bytes).await?;
        memory.must_be_flat(before, &format!("a message of {bytes} bytes"))?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn long_copies_pass_both_ways_in_flat_memory_however_slow_the_reader() -> anyhow::Result<()> {
    let mut shop = Shop::open(QA)?;
    let session = shop.enter("shop@qa").await?;
    let memory = Memory::of(&mut shop)?;
    let before = memory.begin()?;
    let rows = 300_000;
    let sql = format!("COPY (SELECT repeat('x', 999) FROM generate_series(1, {rows})) TO STDOUT");
    let mut out = Box::pin(session.client.copy_out(&sql).await?);
    let (mut received, mut paused) = (0, 0);
    while let Some(piece) = out.next().await {
        received += piece?.len();
        // A reader that is slower than the server, all the way.
        if received / (16 * MIB) > paused {
            paused = received / (16 * MIB);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    assert_eq!(received, rows * 1000);
    memory.must_be_flat(before, "COPY out")?;

    session.run("CREATE TEMP TABLE swallow (line text)").await?;
    let sink = session.client.copy_in("COPY swallow FROM STDIN").await?;
    let mut sink = Box::pin(sink);
    let piece = Bytes::from([[b'x'; 999].as_slice(), b"\n"].concat().repeat(1000));
    let pieces = 200;
    let before = memory.begin()?;
    for _ in 0..pieces {
        sink.send(piece.clone()).await?;
    }
    let copied = sink.as_mut().finish().await?;
    assert_eq!(copied, pieces * 1000);
    memory.must_be_flat(before, "COPY in")?;
    Ok(())
}
