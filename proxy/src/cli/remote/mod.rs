//! Commands that ask the daemon.

pub(super) mod branch;
pub(super) mod environment;
pub(super) mod snapshot;
pub(super) mod status;

use rules::unit;

use super::args::Protect;
use super::client::Client;
use super::failure::Failure;
use super::output::{Output, ago, table};
use crate::admin::api::Order;
use crate::environments::{GenerationLine, Protection, Record};

/// Runs an operation that ends in a record, and says what became of it.
async fn operate(
    client: &Client,
    output: &Output,
    path: &str,
    order: &Order,
) -> Result<(), Failure> {
    let place = path.split('/').nth_back(1).unwrap_or_default();
    let bar = output.progress_at(place);
    let record: Record = client.follow(path, order, bar).await?;
    output.show(&record, done);
    Ok(())
}

/// Gives an order that is answered at once, and says what that means.
async fn at_once(
    client: &Client,
    output: &Output,
    path: &str,
    order: &Order,
    said: &str,
) -> Result<(), Failure> {
    client.post::<()>(path, order).await?;
    output.done(said);
    Ok(())
}

fn done(record: &Record) -> String {
    let steps: Vec<String> = record
        .steps_ms
        .iter()
        .map(|(step, took_ms)| format!("{step} {took_ms} ms"))
        .collect();
    let ended = match record.ended_sessions {
        0 => String::new(),
        1 => "; 1 session was told to reconnect".to_owned(),
        count => format!("; {count} sessions were told to reconnect"),
    };
    let note = record.note.as_ref();
    let note = note.map_or_else(String::new, |note| format!(" ({note})"));
    format!(
        "{}: {}{note} in {} ms ({}){ended}",
        record.place,
        record.operation.participle(),
        record.took_ms,
        steps.join(", ")
    )
}

/// Protects what is at `path`, or takes the protection off.
async fn protect(
    client: &Client,
    path: &str,
    protect: &Protect,
    output: &Output,
) -> Result<(), Failure> {
    let duration = protect
        .duration
        .as_deref()
        .map(str::parse::<unit::Span>)
        .transpose();
    let duration = duration.map_err(|error| {
        Failure::usage(error.to_string()).hint("a duration is written 30m, 2h, 1h30m or 3d")
    })?;
    let for_seconds = duration.map(|duration| duration.0.as_secs());
    let order = Order {
        for_seconds,
        ..Order::default()
    };
    let verb = if protect.off { "unprotect" } else { "protect" };
    let path = format!("{path}/{verb}");
    let held: Option<Protection> = client.post(&path, &order).await?;
    let until = held.as_ref().and_then(|held| held.until);
    let said = match (&held, until) {
        (None, _) => format!("{} is no longer protected", protect.place),
        (Some(_), None) => format!("{} is protected until `--off`", protect.place),
        (Some(_), Some(until)) => format!("{} is protected until {until:.0}", protect.place),
    };
    let value = serde_json::json!({ "done": said, "until": until });
    output.show(&value, |_| said.clone());
    Ok(())
}

/// Who protects a place, and until when.
fn protected(protection: &Protection) -> String {
    let until = protection.until;
    let until = until.map_or_else(String::new, |until| format!(" until {until:.0}"));
    format!("protected by {}{until}", protection.by)
}

/// The table of generations, the present one first.
fn generations(now: Option<&GenerationLine>, earlier: &[GenerationLine]) -> String {
    let mut table = table(&[
        "generation",
        "",
        "made by",
        "who",
        "since",
        "branch",
        "snapshot",
    ]);
    for generation in now.into_iter().chain(earlier) {
        let current = now.is_some_and(|now| now.number == generation.number);
        table.add_row([
            generation.number.to_string(),
            if current {
                "now".to_owned()
            } else {
                String::new()
            },
            generation.operation.clone(),
            generation.by.clone(),
            ago(generation.since),
            generation.branch.clone(),
            generation.base.clone(),
        ]);
    }
    table.to_string()
}

fn outcome(record: &Record) -> String {
    match (&record.error, &record.note) {
        (Some(error), _) => error.clone(),
        (None, Some(note)) => format!("done: {note}"),
        (None, None) => "done".to_owned(),
    }
}

/// The table of the latest operations.
fn history(records: &[Record]) -> String {
    let mut table = table(&["operation", "who", "when", "took", "outcome"]);
    for record in records {
        table.add_row([
            record.operation.as_str().to_owned(),
            record.by.clone(),
            ago(record.at),
            format!("{} ms", record.took_ms),
            outcome(record),
        ]);
    }
    table.to_string()
}
