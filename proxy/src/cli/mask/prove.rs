//! `standin mask copy --dry-run` and `standin mask verify`.

use std::path::Path;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};

use masker::copy::Event;
use masker::run::{Rehearsed, RehearsedTable};
use rules::target::{Place, TargetError};

use super::super::client::Client;
use super::super::failure::Failure;
use super::super::output::{Output, bytes, count, facts, table};
use super::super::runtime;
use super::arguments::{Copy, Verify};
use super::{failure, opened};
use crate::admin::api::Order;
use crate::environments::{CopyProgress, ManifestLine, Proof};

/// Reads and masks production, and counts.
pub(super) fn rehearse(config: &Path, asked: &Copy, output: &Output) -> Result<(), Failure> {
    if !asked.dry_run {
        let told = "a copy is made where an environment keeps it";
        return Err(Failure::usage(told).hint(
            "`standin environment refresh NAME` copies, proves and publishes; `--dry-run` counts \
             what a copy would hold",
        ));
    }
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    let workers = asked.workers.map_or_else(cores, usize::from);
    let (lines, bar) = (CopyProgress::reading(), Mutex::new(output.progress()));
    let progress = Arc::new(move |event: &Event| {
        if let (Some(line), Ok(mut bar)) = (lines.line(event), bar.lock()) {
            bar.line(&line);
        }
    });
    let rehearsed = runtime()?.block_on(async {
        let (masking, opened) = opened(config).await?;
        let rehearsed = opened.rehearse(&masking.key, workers, progress).await;
        rehearsed.map_err(|error| failure(&error))
    });
    output.show(&rehearsed?.0, counted);
    Ok(())
}

fn counted(rehearsed: &Rehearsed) -> String {
    let mut rows = table(&["table", "rows", "bytes", "replaced", "null", "unchanged"]);
    let mut sums = [0; 5];
    for one in &rehearsed.tables {
        let figures = figures(one);
        for (sum, figure) in sums.iter_mut().zip(figures) {
            *sum += figure;
        }
        rows.add_row(line(&one.table, figures));
    }
    rows.add_row(line("all", sums));
    format!(
        "{rows}\nread and masked in {:.1} s; nothing was written",
        rehearsed.seconds
    )
}

fn figures(one: &RehearsedTable) -> [u64; 5] {
    let sum = |of: fn(&masker::run::RehearsedColumn) -> u64| one.columns.iter().map(of).sum();
    [
        one.rows,
        one.bytes,
        sum(|column| column.replaced),
        sum(|column| column.nulled),
        sum(|column| column.unchanged),
    ]
}

fn line(name: &str, figures: [u64; 5]) -> Vec<String> {
    let [rows, size, replaced, nulled, unchanged] = figures;
    vec![
        name.to_owned(),
        rows.to_string(),
        bytes(size),
        replaced.to_string(),
        nulled.to_string(),
        unchanged.to_string(),
    ]
}

/// Asks the daemon to look through a place.
pub(super) fn verify(config: &Path, asked: &Verify, output: &Output) -> Result<ExitCode, Failure> {
    let place: Result<Place, TargetError> = asked.place.parse();
    let place = place.map_err(|error| Failure::wrong_name(&error))?;
    let kind = match place.branch {
        Some(_) => "branches",
        None => "environments",
    };
    let client = Client::of(config)?;
    let proof: Proof = runtime()?.block_on(client.follow(
        &format!("/v1/{kind}/{place}/mask-verify"),
        &Order::default(),
        output.progress_at(&asked.place),
    ))?;
    output.show(&proof, proven);
    Ok(match proof.is_clean() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

fn proven(proof: &Proof) -> String {
    let report = &proof.report;
    let mut rows = facts("place", &proof.place);
    rows.add_row(["database", &proof.database]);
    rows.add_row(["manifest", &manifest(&proof.manifest)]);
    let mut looked = format!(
        "{} cells and texts in {}",
        report.cells,
        bytes(report.bytes)
    );
    if report.files > 0 {
        let files = (count_of(report.files, "file"), bytes(report.file_bytes));
        looked.push_str(&format!("; {} with {}", files.0, files.1));
    }
    rows.add_row(["looked through", &looked]);
    let share = match report.share_per_mille {
        1_000.. => String::new(),
        share => format!(", a fair {}.{} % of all", share / 10, share % 10),
    };
    rows.add_row([
        "looked for",
        &format!("{} of production{share}", count_of(report.values, "value")),
    ]);
    rows.add_row(["asked again", &count_of(report.constraints, "constraint")]);
    let mut text = rows.to_string();
    if !report.not_looked_for.is_empty() {
        let mut unlooked = table(&["not looked for", "because"]);
        for one in &report.not_looked_for {
            unlooked.add_row([&one.place, &one.why.to_string()]);
        }
        text.push_str(&format!("\n\n{unlooked}"));
    }
    if report.is_clean() {
        text.push_str("\n\nnothing of production was found");
        return text;
    }
    let mut found = table(&["where", "found"]);
    for leak in &report.leaks {
        let hits = format!("{} of production", count_of(leak.hits, "value"));
        found.add_row([&leak.place, &hits]);
    }
    for column in &report.unchanged {
        let told = format!(
            "{} of {} would be replaced by themselves",
            column.unchanged, column.values
        );
        found.add_row([&column.place, &told]);
    }
    for violation in &report.violations {
        found.add_row(["constraint", violation]);
    }
    format!("{text}\n\nNOT CLEAN\n{found}")
}

fn manifest(line: &ManifestLine) -> String {
    match line {
        ManifestLine::None => "none: the place did not come from a masked copy".to_owned(),
        ManifestLine::Signed {
            made_at,
            key_id,
            current,
        } => {
            let now = match current {
                true => "rules and key are those of now",
                false => "rules or key have changed since",
            };
            format!("signed here, of {made_at} by key {key_id}; {now}")
        }
        ManifestLine::Broken { reason } => format!("NOT TRUSTED: {reason}"),
    }
}

fn count_of(number: u64, noun: &str) -> String {
    count(usize::try_from(number).unwrap_or(usize::MAX), noun)
}
