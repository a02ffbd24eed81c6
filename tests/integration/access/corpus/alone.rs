//! The database alone: statements go to a branch's own server as the role that was made for the client,
//! past relay and guard. What the corpus says that roles and standby stop, they stop.

use rules::config::AccessMode;
use rules::guard;

use super::super::client::Client;
use super::case::{Case, Protocol, first_error};
use super::stored::Branch;
use super::{Bench, WAYS, Way};

/// Case, set-ups and outcome where a server answers otherwise than the one that was measured.
type Otherwise = (&'static str, &'static str, &'static str);

const OF_BRANCHES: [Otherwise; 2] = [
    // A branch's server lets nobody prepare transactions for later.
    ("prepare-transaction", "EF", "55000"),
    // The rows are taken back, and not the number that the sequence gave for one of them.
    ("copy-then-delete", "F", "changed"),
];

/// From 16 on the mode of a transaction cannot be reset.
const SINCE_16: [Otherwise; 2] = [
    ("reset-transaction-read-only", "SEFG", "0A000"),
    ("reset-tro-late", "SEF", "0A000"),
];

/// From 17 on a branch's server has no ALTER SYSTEM at all (`allow_alter_system`).
const SINCE_17: [Otherwise; 1] = [("alter-system", "SEFG", "0A000")];

/// Servers that come without contributed extensions and without libxml: what could not be used is not
/// there. A transaction that only reads refuses before it looks for it.
const BARE: [Otherwise; 4] = [
    ("dblink", "SEFG", "42883"),
    ("query-to-xml", "SEFG", "0A000"),
    ("create-extension", "F", "0A000"),
    ("create-server", "FG", "42704"),
];

/// What a session of the way begins with: what the relay would ask for, but for what the case asks.
fn footing<'a>(case: &'a Case, way: &Way) -> Vec<(&'a str, &'a str)> {
    let asked = case.startup();
    let asks = |name: &str| {
        let mut asked = asked.iter();
        asked.any(|(key, value)| *key == name || value.contains(&format!("{name}=")))
    };
    let mut own = guard::injected(way.mode).to_vec();
    match way.mode {
        AccessMode::ReadWrite => own.push(("role", "app")),
        AccessMode::ReadOnly | AccessMode::Append => own.push(guard::ENCODING),
    }
    own.retain(|(name, _)| !asks(name));
    own.extend(asked);
    own
}

/// The first error's code, "escaped", or "ok"; whether something was stored is seen elsewhere.
fn play(branch: &Branch, case: &Case, way: &Way, protocol: Protocol) -> anyhow::Result<String> {
    let mut pairs = vec![("user", way.role), ("database", "corpus")];
    pairs.extend(footing(case, way));
    let mut client = Client::unix(&branch.socket());
    let mut seen = client.start(&pairs, "");
    if seen.last().is_some_and(|last| last.tag == b'Z') {
        seen.extend(case.send(&mut client, protocol)?);
    }
    let status = seen.last().filter(|last| last.tag == b'Z');
    if way.mode == AccessMode::ReadOnly
        && status.is_some_and(|status| can_write(&mut client, status.body == b"E"))
    {
        return Ok("escaped".to_owned());
    }
    Ok(first_error(&seen).unwrap_or_else(|| "ok".to_owned()))
}

/// Whether a setting that keeps the session from writing is off.
pub(super) fn can_write(client: &mut Client, is_failed: bool) -> bool {
    if is_failed {
        client.ask("ROLLBACK");
    }
    let settings = ["default_transaction_read_only", "transaction_read_only"];
    settings.iter().any(|name| {
        let shown = client.ask(&format!("SHOW {name}"));
        let row = shown.iter().find(|message| message.tag == b'D');
        row.is_some_and(|row| row.body.ends_with(b"off"))
    })
}

/// What the database is expected to do with a case.
fn expected<'a>(bench: &Bench, case: &'a Case, way: &Way) -> &'a str {
    let newer = SINCE_16.iter().filter(|_| bench.major >= 16);
    let newest = SINCE_17.iter().filter(|_| bench.major >= 17);
    let bare = BARE.iter().filter(|_| !bench.contrib);
    let mut known = OF_BRANCHES.iter().chain(newer).chain(newest).chain(bare);
    let known = known.find(|(id, set_ups, _)| *id == case.id() && set_ups.contains(way.alone));
    known.map_or_else(|| case.alone(way.alone), |(_, _, outcome)| outcome)
}

/// Plays every case in one way; what was otherwise than expected.
async fn differences(bench: &Bench, cases: &[Case], way: &Way) -> anyhow::Result<Vec<String>> {
    let mut wrong = Vec::new();
    let branch = Branch::of(bench, way).await?;
    let mut before = (branch.mark().await?, branch.rows().await?);
    for (case, protocol) in Protocol::BOTH
        .iter()
        .flat_map(|p| cases.iter().map(|c| (c, *p)))
    {
        let expected = expected(bench, case, way);
        // That an owner can change what is its own is seen through the relay, by the same role.
        if way.mode == AccessMode::ReadWrite && expected == "changed" {
            continue;
        }
        let mut outcome = play(&branch, case, way, protocol)?;
        let mark = branch.mark().await?;
        if mark != before.0 {
            if branch.rows().await? != before.1 {
                outcome = "changed".to_owned();
                branch.undo().await?;
                before.1 = branch.rows().await?;
            }
            before.0 = branch.mark().await?;
        }
        // A message of several statements has no extended form.
        let several = protocol == Protocol::Extended && outcome == "42601";
        if outcome != expected && !several {
            let id = case.id();
            wrong.push(format!(
                "{id} {protocol:?} in {}: {outcome}, not {expected}",
                way.alone
            ));
        }
    }
    Ok(wrong)
}

async fn the_database_alone_holds_on(major: u32) -> anyhow::Result<()> {
    let bench = Bench::open(major).await?;
    let cases = Case::of_major(major)?;
    let mut wrong = Vec::new();
    for way in &WAYS {
        wrong.extend(differences(&bench, &cases, way).await?);
    }
    assert!(wrong.is_empty(), "on {major}:\n{}", wrong.join("\n"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_database_alone_holds_on_15() -> anyhow::Result<()> {
    the_database_alone_holds_on(15).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_database_alone_holds_on_16() -> anyhow::Result<()> {
    the_database_alone_holds_on(16).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_database_alone_holds_on_18() -> anyhow::Result<()> {
    the_database_alone_holds_on(18).await
}
