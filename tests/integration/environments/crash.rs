//! The daemon is killed, or its disk fails, in the middle of an operation: the place is at its old or
//! its new generation, and nothing is left over.

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt;
use std::time::{Duration, Instant};

use anyhow::Context;
use tests::daemon::Build;

use crate::shop::{ITEMS, PATIENCE, QA_BRANCHES, Shop, names_in};

/// `up` must serve again within this time, whatever it finds.
const RECOVERED_WITHIN: Duration = Duration::from_secs(5);

/// The signal that ends the daemon at a point.
const KILLED: i32 = 9;

/// A protected branch that nobody works on.
const KEPT: &str = "qa.kept";

const OTHERS: &str = "\
[environments.staging]
source = { environment = \"qa\" }
spares = 0

[environments.\"test-*\"]
source = { environment = \"qa\" }
spares = 0

[environments.\"fresh-*\"]
source = { migrations = \"fresh\", database = \"shop\" }
spares = 0
";

const FRESH: &str = "CREATE TABLE items AS SELECT generate_series(1, 3) AS id;";

/// One operation and where it is cut short; `{}` is the number of the round.
struct Cut {
    command: &'static str,
    place: &'static str,
    /// What the operation wants beforehand, of the daemon that will be killed.
    first: Option<&'static str>,
    /// Each point, and whether the swing is done by then; `None` where it may be either.
    points: &'static [Point],
}

type Point = (&'static str, Option<bool>);

const OLD: Option<bool> = Some(false);
const NEW: Option<bool> = Some(true);

// Of a pointer's file.
const WRITTEN: Point = ("durable.written", OLD);
const RENAMED: Point = ("durable.renamed", NEW);
const PUBLISHED: Point = ("durable.published", NEW);

/// A shop on which operations are cut short, and what is known of its data.
struct Scene {
    shop: Shop,
    spares: usize,
    /// Rows of each generation that was looked at, and so changed.
    items: BTreeMap<String, i64>,
}

impl Scene {
    async fn set(spares: usize) -> anyhow::Result<Self> {
        let qa = QA_BRANCHES.replace("spares = 0", &format!("spares = {spares}"));
        let mut shop = Shop::closed(Build::CrashPoints, &format!("{qa}{OTHERS}"))?;
        std::fs::create_dir(shop.daemon_directory().join("fresh"))?;
        shop.daemon().start_again(&[])?;
        for place in ["qa", "staging"] {
            shop.json(&format!("environment build {place}"))?;
        }
        let kept = shop.enter(&format!("shop@{KEPT}")).await?;
        kept.run("DELETE FROM items").await?;
        drop(kept);
        shop.json(&format!("branch protect {KEPT}"))?;
        let mut scene = Self {
            shop,
            spares,
            items: BTreeMap::new(),
        };
        scene.change("qa").await?;
        scene.rest()?;
        Ok(scene)
    }

    /// The branch that the file of a place's pointer names.
    fn current(&self, place: &str) -> anyhow::Result<Option<String>> {
        let file = self.shop.pool().join(format!("environments/{place}.toml"));
        let text = match std::fs::read_to_string(file) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            text => text?,
        };
        let pointer: toml::Table = text.parse()?;
        let branch = pointer["current"]["branch"].as_str();
        Ok(Some(branch.context("a branch")?.to_owned()))
    }

    /// Sees the rows of a place's generation, and adds one, so that no two are alike.
    async fn change(&mut self, place: &str) -> anyhow::Result<()> {
        let current = self.current(place)?.context("a pointer")?;
        let session = self.shop.enter(&format!("shop@{place}")).await?;
        let items = session.items().await?;
        let known = self.items.get(&current).copied().unwrap_or(ITEMS);
        assert_eq!(items, known, "{place}");
        let more = self.items.len() + 1;
        let sql = format!(
            "INSERT INTO items SELECT max(id) + g, 'more' FROM items, generate_series(1, {more}) g GROUP BY g"
        );
        session.run(&sql).await?;
        self.items.insert(current, session.items().await?);
        Ok(())
    }

    /// What lies in the pool and is named by no pointer, nor a spare.
    fn leftovers(&self) -> anyhow::Result<Vec<String>> {
        let pool = self.shop.pool();
        let mut named = self.shop.json("status")?["spares"].to_string();
        for pointer in names_in(&pool.join("environments"))? {
            named += &std::fs::read_to_string(pool.join("environments").join(pointer))?;
        }
        let mut left = Vec::new();
        for part in ["branches", "snapshots", "building", "trash"] {
            for name in names_in(&pool.join(part))? {
                let whole = part == "branches" || part == "snapshots";
                if !(whole && named.contains(&name)) {
                    left.push(format!("{part}/{name}"));
                }
            }
        }
        Ok(left)
    }

    /// Stops the daemon in order; no server stays.
    fn rest(&mut self) -> anyhow::Result<()> {
        let in_use = |lines: &serde_json::Value| lines["sessions"] != 0;
        self.shop.until("status", |status| !in_use(status))?;
        self.shop.daemon().stop()?;
        assert_eq!(self.shop.servers()?, Vec::<u32>::new());
        Ok(())
    }

    /// Starts the daemon, with its spares in place.
    fn start(&mut self, variables: &[(&str, &str)]) -> anyhow::Result<()> {
        self.shop.daemon().start_again(variables)?;
        let spares = Some(self.spares);
        let there = |status: &serde_json::Value| status["spares"].as_array().map(Vec::len);
        self.shop
            .until("status", |status| there(status) == spares)?;
        Ok(())
    }

    /// Starts after a kill: soon, with nothing lost, nothing left over, and all of it in the history.
    async fn recovers(&mut self, point: &str) -> anyhow::Result<()> {
        let began = Instant::now();
        self.shop.daemon().start_again(&[])?;
        let took = began.elapsed();
        assert!(took < RECOVERED_WITHIN, "{point}: {took:?}");
        assert_eq!(
            self.shop.items(&format!("shop@{KEPT}")).await?,
            0,
            "{point}"
        );
        let kept = self.shop.json(&format!("branch show {KEPT}"))?;
        assert!(kept["protection"].is_object(), "{point}: {kept}");
        self.change("qa").await?;
        let began = Instant::now();
        loop {
            let left = self.leftovers()?;
            if left.is_empty() {
                break;
            }
            assert!(began.elapsed() < PATIENCE, "{point}: {left:?}");
        }
        Ok(())
    }

    /// The last operation on a place that succeeded is the one that its pointer is of.
    fn is_written_down(&self, place: &str, point: &str) -> anyhow::Result<()> {
        let noun = match place.contains('.') {
            true => "branch",
            false => "environment",
        };
        let shown = self.shop.json(&format!("{noun} show {place}"))?;
        let records = shown["history"].as_array().context("a history")?;
        let done = records.iter().find(|record| record["error"].is_null());
        let done = done.with_context(|| format!("{point}: no record of {place}"))?;
        let current = &shown["generation"];
        assert_eq!(done["to"], current["branch"], "{point}: {shown:#}");
        assert_eq!(done["operation"], current["operation"], "{point}");
        assert_eq!(done["by"], current["by"], "{point}");
        Ok(())
    }

    /// Kills the daemon at each point of an operation.
    async fn cut_short(&mut self, cut: &Cut) -> anyhow::Result<()> {
        for (round, (point, done)) in cut.points.iter().enumerate() {
            let numbered = |text: &str| text.replace("{}", &round.to_string());
            let (command, place) = (numbered(cut.command), numbered(cut.place));
            let told = format!("{command} at {point}");
            // No base that is there already serves this one.
            let other = format!("{FRESH} -- {told}\n");
            self.shop.write("fresh/001_items.sql", &other)?;
            self.start(&[("STANDIN_CRASH_AT", point)])?;
            if let Some(first) = cut.first {
                self.shop.json(&numbered(first))?;
            }
            let before = self.current(&place)?;
            let (code, said) = self.shop.fails(&command)?;
            assert_eq!(code, 1, "{told}: {said}");
            let status = self.shop.daemon().wait()?;
            assert_eq!(status.signal(), Some(KILLED), "{told}: {said}");
            let after = self.current(&place)?;
            if let Some(done) = done {
                assert_eq!(after != before, *done, "{told}");
            }
            self.recovers(&told).await?;
            assert_eq!(self.current(&place)?, after, "{told}");
            if after.is_some() {
                self.is_written_down(&place, &told)?;
                if place != "qa" {
                    let items = self.shop.items(&format!("shop@{place}")).await?;
                    assert_eq!(items, ITEMS, "{told}");
                }
            }
            self.rest()?;
        }
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_generation_cut_short_is_there_or_was_never_asked_for() -> anyhow::Result<()> {
    let mut scene = Scene::set(0).await?;
    for cut in [
        Cut {
            command: "environment reset qa",
            place: "qa",
            first: None,
            points: &[
                ("create.directory", OLD),
                ("create.cloned", OLD),
                ("create.renamed", OLD),
                WRITTEN,
                ("durable.synced", OLD),
                RENAMED,
                PUBLISHED,
            ],
        },
        Cut {
            command: "environment undo qa",
            place: "qa",
            first: None,
            points: &[("wake.started", OLD), WRITTEN, RENAMED, PUBLISHED],
        },
        Cut {
            command: "environment promote staging qa",
            place: "qa",
            first: Some("environment wake staging"),
            points: &[
                ("live.backup", OLD),
                ("live.wal", OLD),
                ("seal.manifest", OLD),
                ("seal.published", OLD),
                ("create.renamed", OLD),
            ],
        },
    ] {
        scene.cut_short(&cut).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_place_cut_short_is_there_or_was_never_asked_for() -> anyhow::Result<()> {
    let mut scene = Scene::set(0).await?;
    for cut in [
        Cut {
            command: "environment build test-{}",
            place: "test-{}",
            first: None,
            points: &[("create.manifest", OLD), WRITTEN, RENAMED],
        },
        Cut {
            command: "environment build fresh-{}",
            place: "fresh-{}",
            first: None,
            points: &[
                ("draft.filled", OLD),
                ("draft.started", OLD),
                ("seal.tidied", OLD),
                ("seal.published", OLD),
            ],
        },
        Cut {
            command: "branch create qa.new{}",
            place: "qa.new{}",
            first: None,
            points: &[("create.published", OLD), WRITTEN, RENAMED, PUBLISHED],
        },
        Cut {
            command: "branch drop qa.old{}",
            place: "qa.old{}",
            first: Some("branch create qa.old{}"),
            points: &[
                ("remove.unlinked", NEW),
                ("remove.published", NEW),
                ("drop.renamed", NEW),
            ],
        },
    ] {
        scene.cut_short(&cut).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reset_into_a_spare_cut_short_is_done_or_was_never_asked_for() -> anyhow::Result<()> {
    let mut scene = Scene::set(1).await?;
    let cut = Cut {
        command: "environment reset qa",
        place: "qa",
        first: None,
        // The manifest of the spare that was taken is written soon after the pointer.
        points: &[
            ("durable.written", OLD),
            ("durable.renamed", None),
            ("durable.published", None),
        ],
    };
    scene.cut_short(&cut).await
}

/// Points at which the disk fails in the write of a pointer, and whether the new one is there by then.
const FAILURES: [(&str, bool); 4] = [
    ("durable.written:ENOSPC", false),
    ("durable.written:EIO", false),
    ("durable.renamed:ENOSPC", true),
    ("durable.renamed:EIO", true),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pointer_that_the_disk_failed_to_write_is_what_a_restart_finds() -> anyhow::Result<()> {
    let mut scene = Scene::set(0).await?;
    scene.shop.daemon().expect("is not confirmed by the disk");
    scene.shop.daemon().expect("operation=\"reset\"");
    for (point, done) in FAILURES {
        scene.start(&[("STANDIN_CRASH_AT", point)])?;
        let before = scene.current("qa")?;
        if done {
            let record = scene.shop.json("environment reset qa")?;
            assert_eq!(record["note"], "the disk failed to confirm it", "{point}");
            let problems = scene.shop.json("status")?["problems"].to_string();
            assert!(problems.contains("the pointer of \\\"qa\\\""), "{problems}");
        } else {
            let (code, said) = scene.shop.fails("environment reset qa")?;
            assert_eq!(code, 1, "{point}: {said}");
            let cause = match point.ends_with("EIO") {
                true => "Input/output error",
                false => "No space left on device",
            };
            assert!(said.contains("qa.toml"), "{point}: {said}");
            assert!(said.contains(cause), "{point}: {said}");
        }
        // What clients write now is written to what a restart leads to.
        scene.change("qa").await?;
        let after = scene.current("qa")?;
        assert_eq!(after != before, done, "{point}");
        scene.rest()?;
        scene.start(&[])?;
        assert_eq!(scene.current("qa")?, after, "{point}");
        scene.change("qa").await?;
        scene.is_written_down("qa", point)?;
        scene.rest()?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_drop_that_the_disk_failed_to_confirm_is_what_a_restart_finds() -> anyhow::Result<()> {
    let mut scene = Scene::set(0).await?;
    scene.shop.daemon().expect("is not confirmed by the disk");
    scene.start(&[])?;
    for branch in ["qa.full", "qa.broken"] {
        scene.shop.json(&format!("branch create {branch}"))?;
    }
    scene.rest()?;
    for (branch, error) in [("qa.full", "ENOSPC"), ("qa.broken", "EIO")] {
        let point = format!("remove.unlinked:{error}");
        scene.start(&[("STANDIN_CRASH_AT", &point)])?;
        let directories = scene.shop.branch_directories()?;
        let record = scene.shop.json(&format!("branch drop {branch}"))?;
        assert_eq!(record["note"], "the disk failed to confirm it", "{error}");
        let listed = scene.shop.json("branch list")?.to_string();
        assert!(!listed.contains(branch), "{error}: {listed}");
        // After a power cut the pointer may be back, and must find its branch.
        assert_eq!(scene.shop.branch_directories()?, directories, "{error}");
        scene.rest()?;
        scene.recovers(error).await?;
        let listed = scene.shop.json("branch list")?.to_string();
        assert!(!listed.contains(branch), "{error}: {listed}");
        scene.rest()?;
    }
    Ok(())
}
