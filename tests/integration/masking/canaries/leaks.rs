//! Every protection is what stops a leak: with it switched off, the one behind it stops the copy, and
//! where there is none, or it is switched off too, these eyes find the canary.

use std::collections::BTreeSet;
use std::path::PathBuf;

use masker::leak::LEAKS;
use rules::mask::Transformer;

use super::eyes::{Found, in_files, in_text};
use super::small::{Small, emptied, snapshots, temporary};

/// What must be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Caught {
    /// The gate refuses the copy, and says this.
    Gate(&'static str),
    /// The copy fails before, and what it says holds a canary.
    Error,
    /// The copy is published, and a canary is found here.
    Eyes(&'static str),
    /// The copy is published, and clean: what was left goes before anybody has it.
    Nothing,
}

use Caught::{Error, Eyes, Gate, Nothing};

/// All that looks at values, off.
const BLIND: &str = "gate.cells gate.texts gate.files";

/// Protections that are off, `*` for [`BLIND`], and what must catch the leak then.
const MASKING: [(&str, Caught); 18] = [
    (
        "mask.column",
        Gate("public.customers.email has 40 values, and 0 replacements"),
    ),
    ("mask.column gate.loaded", Eyes("snapshots")),
    (
        "mask.row",
        Gate("public.customers.email has 40 values, and 39 replacements"),
    ),
    ("mask.row gate.loaded", Eyes("snapshots")),
    (
        "mask.cell=email",
        Gate("public.customers.email: 40 of 40 values were replaced by themselves"),
    ),
    (
        "mask.cell=email gate.unchanged",
        Gate("public.customers.email: 40 values of production"),
    ),
    (
        "mask.cell=email gate.unchanged gate.cells",
        Gate("statistics of public.customers.email: "),
    ),
    (
        "mask.cell=email gate.unchanged gate.cells gate.texts",
        Gate("file base/"),
    ),
    ("mask.cell=email gate.unchanged *", Eyes("snapshots")),
    ("mask.cell=email gate.verdict", Eyes("snapshots")),
    (
        "mask.null",
        Gate("public.customers.hidden: 40 of 40 values were replaced by themselves"),
    ),
    ("mask.null gate.unchanged *", Eyes("snapshots")),
    (
        "mask.part",
        Gate("parts of public.customers.details: 80 of 80 values"),
    ),
    (
        "mask.part gate.parts",
        Gate("public.customers.details: 80 values of production"),
    ),
    ("mask.part gate.parts gate.unchanged *", Eyes("snapshots")),
    // Nothing that the gate knows tells a key that stays, or a condition that always holds, from one that
    // an owner wants.
    ("mask.key", Eyes("snapshots")),
    ("mask.when", Eyes("snapshots")),
    ("manifest.left-out", Eyes("notes.json")),
];

const AROUND: [(&str, Caught); 34] = [
    ("restore.user-mapping", Gate("1 of kind user mapping")),
    ("restore.user-mapping gate.outward", Eyes("snapshots")),
    ("restore.event-trigger", Gate("1 of kind event trigger")),
    ("dump.publication", Gate("1 of kind publication")),
    (
        "dump.publication gate.outward",
        Gate("name of a publication: 1 values"),
    ),
    ("dump.publication gate.outward *", Eyes("snapshots")),
    ("plant.cell", Gate("public.customers.note: 1 values")),
    ("plant.cell *", Eyes("snapshots")),
    (
        "plant.encoded-cell",
        Gate("public.customers.note: 1 values"),
    ),
    ("plant.encoded-cell gate.decoded", Eyes("snapshots")),
    ("plant.comment", Gate("comment: 1 values")),
    ("plant.comment *", Eyes("snapshots")),
    (
        "plant.statistics",
        Gate("statistics of public.customers.note: 1 values"),
    ),
    ("plant.statistics *", Eyes("snapshots")),
    ("plant.large-object", Gate("1 of kind large object")),
    ("plant.large-object gate.outward", Gate("large object ")),
    ("plant.large-object gate.outward *", Eyes("snapshots")),
    (
        "plant.setting",
        Gate("setting of a role or database: 1 values"),
    ),
    ("plant.setting *", Eyes("snapshots")),
    ("plant.dead-row", Gate("file base/")),
    ("plant.dead-row *", Eyes("snapshots")),
    ("plant.dropped-column", Gate("file base/")),
    ("plant.dropped-column *", Eyes("snapshots")),
    ("plant.wal", Gate("file pgdata/pg_wal/")),
    ("plant.database", Gate("file base/")),
    ("plant.file", Gate("file pgdata/base/planted")),
    ("plant.file *", Eyes("snapshots")),
    (
        "plant.row",
        Gate("public.audit has 1 rows, and 0 were copied"),
    ),
    ("plant.row gate.rows", Gate("public.audit.note: 1 values")),
    ("plant.row gate.rows *", Eyes("snapshots")),
    (
        "plant.orphan",
        Gate("rows without parent: public.measured.measured_customer_fkey (1)"),
    ),
    ("plant.orphan gate.constraints", Nothing),
    (
        "plant.stray",
        Gate("public.measured(about) has 1 rows without the one of public.customers"),
    ),
    ("plant.stray gate.references", Nothing),
];

const TOLD: [(&str, Caught); 4] = [
    ("plant.temporary-file", Eyes("temporary")),
    ("tell.progress", Eyes("said")),
    ("tell.error", Error),
    // A server's log is not sealed with its data.
    ("plant.log", Nothing),
];

#[test]
fn every_protection_is_switched_off_somewhere() {
    let tables = [&MASKING[..], &AROUND, &TOLD];
    let all = tables
        .into_iter()
        .flatten()
        .flat_map(|(off, _)| off.split(' '))
        .map(|off| off.split('=').next().unwrap_or(off));
    let tried: BTreeSet<&str> = all
        .filter(|off| *off != "*")
        .chain(BLIND.split(' '))
        .collect();
    assert_eq!(tried, LEAKS.iter().copied().collect());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_masks_is_what_stops_a_leak() -> anyhow::Result<()> {
    tried(&MASKING).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_keeps_and_looks_is_what_stops_a_leak() -> anyhow::Result<()> {
    tried(&AROUND).await?;
    tried(&TOLD).await
}

/// Transformers of which the gate cannot say that they do nothing, because few values there are, or what is
/// in a class already stays; and those that are no transformers of cells by themselves.
const UNSEEN: [&str; 11] = [
    "label",
    "date-trunc",
    "bucket",
    "country",
    "region",
    "password",
    // Judged word by word.
    "redact",
    "shuffle",
    "derive",
    // What is put for every value is switched off by `mask.null`.
    "null",
    "static",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_transformer_that_gives_values_back_is_told_by_its_column() -> anyhow::Result<()> {
    let (mut small, file) = started().await?;
    let names = || Transformer::names().filter(|name| !UNSEEN.contains(name));
    let off: Vec<String> = names().map(|name| format!("mask.cell={name}")).collect();
    assert!(off.len() > 30, "{off:?}");
    std::fs::write(&file, off.join(" "))?;
    let (published, found, said) = refreshed(&mut small.shop)?;
    assert!(
        !published && said.contains("the copy is not clean"),
        "{said}"
    );
    assert_eq!(found, Found::new());
    let silent = names().filter(|name| {
        let column = name.replace('-', "_");
        let told = format!("public.measured.{column}: 40 of 40 values were replaced by themselves");
        !said.contains(&told)
    });
    assert_eq!(silent.collect::<Vec<_>>(), Vec::<&str>::new(), "{said}");
    Ok(())
}

/// A daemon with every protection on, and the file by which they are switched off.
async fn started() -> anyhow::Result<(Small, PathBuf)> {
    let mut small = Small::closed().await?;
    let file = small.shop.daemon_directory().join("off");
    std::fs::write(&file, "")?;
    let temporary = temporary(&small.shop);
    let set = |path: &std::path::Path| path.to_string_lossy().into_owned();
    let (off, tmp) = (set(&file), set(&temporary));
    let shop = &mut small.shop;
    shop.daemon().expect("failed");
    shop.daemon()
        .start_again(&[("STANDIN_LEAK_AT", &off), ("TMPDIR", &tmp)])?;
    // With everything on it is clean: what is found below is the leak's.
    assert_eq!(refreshed(shop)?, (true, Found::new(), String::new()));
    Ok((small, file))
}

/// Makes a copy for each line, by one daemon.
async fn tried(table: &[(&str, Caught)]) -> anyhow::Result<()> {
    let (mut small, file) = started().await?;
    let shop = &mut small.shop;
    for (names, caught) in table {
        std::fs::write(&file, names.replace('*', BLIND))?;
        let (published, found, said) = refreshed(shop)?;
        let line = format!("{names}: {caught:?}\n{found:?}\n{said}");
        match caught {
            Gate(words) => {
                assert!(
                    !published && said.contains("the copy is not clean"),
                    "{line}"
                );
                assert!(said.contains(words), "{line}");
                assert_eq!(found, Found::new(), "{line}");
            }
            Error => assert!(!published && !found.is_empty(), "{line}"),
            Eyes(place) => {
                assert!(published && !found.is_empty(), "{line}");
                let told = found.values().any(|found| found.contains(place));
                assert!(told, "{line}");
            }
            Nothing => assert!(published && found.is_empty(), "{line}"),
        }
    }
    Ok(())
}

/// Copies anew: whether it was published, the canaries of what it left and said, and what it refused.
fn refreshed(shop: &mut crate::shop::Shop) -> anyhow::Result<(bool, Found, String)> {
    let before = snapshots(shop)?;
    let logged = shop.daemon().log().len();
    let output = shop.daemon().command(&["environment", "refresh", "copy"])?;
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    let published = output.status.success();
    let mut found = Found::new();
    in_text(&said, "what it said", &mut found);
    let log = shop.daemon().log().split_off(logged).join("\n");
    in_text(&log, "the log", &mut found);
    let new: Vec<String> = snapshots(shop)?
        .into_iter()
        .filter(|id| !before.contains(id))
        .collect();
    assert_eq!(new.len(), usize::from(published), "{said}");
    for id in &new {
        in_files(&[&shop.pool().join("snapshots").join(id)], &mut found)?;
    }
    // A copy that was refused goes when its server has stopped.
    emptied(shop)?;
    let temporary = temporary(shop);
    in_files(&[&temporary], &mut found)?;
    std::fs::remove_file(temporary.join("planted")).ok();
    Ok((
        published,
        found,
        if published { String::new() } else { said },
    ))
}
