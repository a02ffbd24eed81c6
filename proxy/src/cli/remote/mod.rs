//! Commands that ask the daemon.

pub(super) mod branch;
pub(super) mod environment;
pub(super) mod snapshot;
pub(super) mod status;

use super::client::Client;
use super::failure::Failure;
use super::output::Output;
use crate::admin::api::Order;
use crate::environments::Record;

/// Runs an operation that ends in a record, and says what became of it.
async fn operate(
    client: &Client,
    output: &Output,
    path: &str,
    order: &Order,
) -> Result<(), Failure> {
    let record: Record = client.follow(path, order, output.progress()).await?;
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
    output.say(said);
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
    format!(
        "{}: {} in {} ms ({}){ended}",
        record.place,
        record.operation.participle(),
        record.took_ms,
        steps.join(", ")
    )
}
