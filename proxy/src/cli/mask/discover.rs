//! `standin mask discover`: what production's columns seem to hold, and rules for them.

use std::path::Path;

use masker::discover::{
    ChangeKind, HEADS, Options, Progress as Looked, Proposal, Report, Since, discover, lines, toml,
};
use masker::source::{LOCK_WAIT, Source};

use super::super::failure::Failure;
use super::super::local::check;
use super::super::output::{Output, count, table};
use super::arguments::Discover;
use crate::daemon;
use crate::environments::{Progress, chain};

/// An earlier report is read into memory; one of ten thousand columns takes a few megabytes.
const REPORT_BYTES_MAX: u64 = 256 << 20;

/// What stands above proposed rules.
const ABOUT: &str = "\
# Proposed by `standin mask discover`: put it below [masking] of the configuration, take the # away
# where a column may be kept, and write a rule where it says \"is undecided\". Then `standin mask plan`.
";

/// The table that rules stand below, where the configuration has none.
const MASKING: &str = "\
[masking]
key = \"file:masking.key\"            # `standin mask key new masking.key`
";

pub(super) async fn run(config: &Path, asked: &Discover, output: &Output) -> Result<(), Failure> {
    if asked.toml && output.is_json() {
        return Err(Failure::usage("--toml and --json exclude each other"));
    }
    let loaded = daemon::load(config).map_err(check::failure)?;
    let production = loaded.production().map_err(check::failure)?;
    let production = production.ok_or_else(|| {
        Failure::configuration("the configuration has no [production]")
            .hint("write its url = \"env:PRODUCTION_URL\"; a login that can only read is enough")
    })?;
    let earlier = asked.since.as_deref().map(earlier).transpose()?;
    let types = earlier.as_ref().map(Report::types);
    let options = Options {
        rows: asked.rows,
        since: Since {
            rules: loaded.config.masking.as_ref(),
            types: types.as_ref(),
        },
        ..Options::default()
    };
    let source = Source::open(&production, LOCK_WAIT).await;
    let source = source.map_err(|error| {
        let failed = Failure::failed(chain(&error));
        error.hint().into_iter().fold(failed, Failure::hint)
    })?;
    let mut bar = output.progress();
    let mut tell = |looked: Looked<'_>| {
        let (next, all) = (looked.done + 1, looked.tables);
        let step = format!("table {next} of {all}: {}", looked.table);
        bar.line(&Progress::step(step));
    };
    let found = discover(&source, &options, &mut tell).await;
    // Production is let go before anything is said.
    source.close().await;
    drop(bar);
    let report = found.map_err(|error| Failure::failed(chain(&error)))?;
    let masking = loaded.config.masking.is_some();
    output.show(&report, |report| match asked.toml {
        true => rules(report, masking),
        false => people(report),
    });
    Ok(())
}

/// What an earlier run found.
fn earlier(path: &Path) -> Result<Report, Failure> {
    let shown = path.display();
    let read = || {
        let bytes = std::fs::metadata(path)?.len();
        match bytes > REPORT_BYTES_MAX {
            true => Err(std::io::Error::other(format!(
                "{bytes} bytes are no report"
            ))),
            false => std::fs::read(path),
        }
    };
    let text = read().map_err(|error| Failure::failed(format!("read {shown}: {error}")))?;
    serde_json::from_slice(&text).map_err(|error| {
        Failure::failed(format!("{shown} is no report of discovery: {error}"))
            .hint("`standin mask discover --json` prints one")
    })
}

/// Rules for the configuration; whole where it has no [masking] yet.
fn rules(report: &Report, masking: bool) -> String {
    let head = if masking { "" } else { MASKING };
    let rules = toml(report);
    format!("{ABOUT}{head}{rules}")
}

/// What changed, what was not read, a line for each column, and what to do next.
fn people(report: &Report) -> String {
    let mut text = summary(report);
    for line in changed(report) {
        text.push_str(&format!("\n{line}"));
    }
    for unread in &report.unread {
        text.push_str(&format!("\nnot read: {}: {}", unread.table, unread.why));
    }
    let lines = lines(report);
    if lines.is_empty() {
        return text;
    }
    let mut rows = table(&HEADS);
    for line in &lines {
        rows.add_row(line.cells());
    }
    text.push_str(&format!(
        "\n\n{rows}\n\n`standin mask discover --toml` writes this as rules for the configuration"
    ));
    text
}

fn summary(report: &Report) -> String {
    let columns = || report.tables.iter().flat_map(|table| &table.columns);
    let of = |is: fn(&Proposal) -> bool| columns().filter(|column| is(&column.proposal)).count();
    format!(
        "{} · {}: {} decided about, {} proposed, {} for you to decide",
        count(report.tables.len(), "table"),
        count(columns().count(), "column"),
        of(|proposal| matches!(proposal, Proposal::Ruled | Proposal::Generated)),
        of(|proposal| matches!(proposal, Proposal::Choice(_) | Proposal::Follows { .. })),
        report.open()
    )
}

fn changed(report: &Report) -> Vec<String> {
    let changes = report.changes.iter().map(|change| {
        let place = match &change.column {
            Some(column) => format!("{}.{column}", change.table),
            None => change.table.clone(),
        };
        match &change.kind {
            ChangeKind::New => format!("new: {place}"),
            ChangeKind::Gone => format!("gone: {place}"),
            ChangeKind::Retyped { before, now } => {
                format!("of another type: {place} was {before} and is {now}")
            }
            ChangeKind::Unfit { problem } => format!("its rule does not fit: {place}: {problem}"),
        }
    });
    changes.collect()
}
