//! The demo's check of its masked copy: production's shape, none of its people.

use std::collections::HashSet;

use tokio_postgres::{Client, NoTls};

use super::super::client::Client as Control;
use super::super::failure::Failure;
use super::super::output::Output;
use super::check::{connect, expect, told_by};
use super::settings::Prepared;
use crate::admin::api::Order;
use crate::environments::{ManifestLine, Proof};

/// What a copy keeps of the shop, whatever its people are called.
const SHAPE: &str = "\
    SELECT (SELECT count(*) FROM customers), (SELECT count(*) FROM orders), \
           (SELECT sum(amount)::text FROM payments), \
           (SELECT count(*) FROM orders o JOIN customers c ON c.id = o.customer_id)";

/// Compares the copy with production, then has the gate look through it once more.
pub(super) async fn masked_copy(
    control: &Control,
    prepared: &Prepared,
    output: &Output,
) -> Result<(), Failure> {
    let production = reader(prepared).await?;
    let copy = connect(prepared, "shop@prod-copy").await?;
    let (there, here) = (shape(&production).await?, shape(&copy).await?);
    expect(
        there == here,
        "the copy has production's rows, sums and references",
    )?;
    let (real, masked) = (people(&production).await?, people(&copy).await?);
    expect(
        real.is_disjoint(&masked),
        "nobody's e-mail address or telephone number is in the copy",
    )?;
    let proof: Proof = control
        .follow(
            "/v1/environments/prod-copy/mask-verify",
            &Order::default(),
            output.progress_at("prod-copy"),
        )
        .await?;
    let signed = matches!(proof.manifest, ManifestLine::Signed { current: true, .. });
    expect(
        proof.is_clean() && signed,
        "the gate finds nothing of production in the copy, and its manifest is ours",
    )?;
    let report = &proof.report;
    output.say(format!(
        "5. the copy has production's {} customers and {} orders and none of its people: {} values \
         were looked for in {} cells and {} files",
        here.0, here.1, report.values, report.cells, report.files
    ));
    Ok(())
}

async fn reader(prepared: &Prepared) -> Result<Client, Failure> {
    let connected = tokio_postgres::connect(&prepared.production, NoTls).await;
    let (client, connection) = connected
        .map_err(|error| Failure::failed(format!("connect to production: {}", told_by(&error))))?;
    tokio::spawn(connection);
    Ok(client)
}

async fn shape(client: &Client) -> Result<(i64, i64, String, i64), Failure> {
    let row = client.query_one(SHAPE, &[]).await;
    let row = row.map_err(|error| Failure::failed(told_by(&error)))?;
    Ok((row.get(0), row.get(1), row.get(2), row.get(3)))
}

async fn people(client: &Client) -> Result<HashSet<String>, Failure> {
    let sql = "SELECT email::text FROM customers UNION SELECT phone FROM customers WHERE phone IS NOT NULL";
    let rows = client.query(sql, &[]).await;
    let rows = rows.map_err(|error| Failure::failed(told_by(&error)))?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}
