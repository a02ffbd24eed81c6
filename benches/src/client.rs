//! The one client that every server is measured with.

use std::time::{Duration, Instant};

use anyhow::Context;
use tokio_postgres::{Client, Config, NoTls, SimpleQueryMessage};

/// A row of the data that `pgbench -i` makes, by its key.
pub(crate) const FIRST_ROW: &str = "SELECT abalance FROM pgbench_accounts WHERE aid = 1";

/// How long it takes from the first byte to the first row, on a connection of its own.
pub(crate) async fn first_row(config: &Config) -> anyhow::Result<Duration> {
    let begun = Instant::now();
    let client = connect(config).await?;
    let answer = client.simple_query(FIRST_ROW).await?;
    let took = begun.elapsed();
    let is_row = |message: &SimpleQueryMessage| matches!(message, SimpleQueryMessage::Row(_));
    answer
        .iter()
        .find(|message| is_row(message))
        .context("a row")?;
    Ok(took)
}

/// A session that ends with the client.
pub(crate) async fn connect(config: &Config) -> Result<Client, tokio_postgres::Error> {
    let (client, connection) = config.connect(NoTls).await?;
    // An error of the connection shows in the client's next call.
    tokio::spawn(connection);
    Ok(client)
}
