//! What a faulty copy would leave behind, for tests of what looks for it: values of production, put
//! where none may be.
//!
//! Compiled in only with the feature `leak-points`, and done only where a test names it. It takes the
//! first address of production's `public.customers`, and knows that table, an empty `public.audit`, and
//! what of `public.measured` refers to customers.

use std::time::Duration;

use rules::schema::Name;
use seeder::load::Failure;
use tokio_postgres::Client;

use super::error::CopyError;
use super::report::{Collected, Event, Progress};
use super::target::Target;
use crate::leak::leaks;
use crate::source::Source;

const STEP: &str = "plant a value for a test";

/// Each plant with its statements; `{value}` is the value as a literal, `{bare}` without its quotes.
const PLANTS: [(&str, &str); 15] = [
    (
        "plant.cell",
        "UPDATE public.customers SET note = {value} WHERE id = (SELECT min(id) FROM public.customers)",
    ),
    (
        "plant.encoded-cell",
        "UPDATE public.customers SET note = encode({value}::bytea, 'base64') \
         WHERE id = (SELECT min(id) FROM public.customers)",
    ),
    (
        "plant.comment",
        "COMMENT ON TABLE public.customers IS {value}",
    ),
    (
        "plant.statistics",
        "SET allow_system_table_mods = on; \
         UPDATE pg_statistic SET stakind1 = 1, staop1 = 98, stacoll1 = 100, stanumbers1 = '{1}', \
           stavalues1 = array_in('{\"{bare}\"}'::cstring, 25, -1) \
         WHERE starelid = 'public.customers'::regclass AND staattnum = \
           (SELECT attnum FROM pg_attribute WHERE attrelid = starelid AND attname = 'note')",
    ),
    (
        "plant.large-object",
        "SELECT lo_from_bytea(0, {value}::bytea)",
    ),
    (
        "plant.setting",
        "ALTER ROLE ALL SET plant.setting = {value}",
    ),
    (
        "plant.dead-row",
        "INSERT INTO public.audit (note) VALUES ({value}); DELETE FROM public.audit",
    ),
    (
        "plant.dropped-column",
        "ALTER TABLE public.customers ADD COLUMN gone text; \
         UPDATE public.customers SET gone = {value} WHERE id = (SELECT min(id) FROM public.customers); \
         ALTER TABLE public.customers DROP COLUMN gone",
    ),
    (
        "plant.wal",
        "SELECT pg_logical_emit_message(false, 'plant', {value})",
    ),
    (
        "plant.file",
        "DO $do$ BEGIN EXECUTE format('COPY (SELECT %L) TO %L', {value}::text, \
         current_setting('data_directory') || '/base/planted'); END $do$",
    ),
    (
        "plant.row",
        "INSERT INTO public.audit (note) VALUES ({value})",
    ),
    (
        "plant.log",
        "DO $do$ BEGIN RAISE LOG '%', {value}::text; END $do$",
    ),
    ("plant.database", "CREATE DATABASE planted"),
    (
        "plant.orphan",
        "SET session_replication_role = replica; \
         UPDATE public.measured SET customer = -1 WHERE id = 1",
    ),
    (
        "plant.stray",
        "UPDATE public.measured SET about = -1 WHERE id = 1",
    ),
];

/// Does what the test names.
pub(super) async fn plant(
    source: &Source,
    target: &Target,
    progress: &Progress,
) -> Result<(), CopyError> {
    let off = |name: &'static str| leaks(name);
    let planted: Vec<_> = PLANTS.iter().filter(|(name, _)| off(name)).collect();
    let told = ["plant.temporary-file", "tell.progress", "tell.error"].map(off);
    if planted.is_empty() && !told.contains(&true) {
        return Ok(());
    }
    let first = "SELECT email FROM public.customers ORDER BY id LIMIT 1";
    let value: String = one(source.client(), first).await?;
    for (name, sql) in planted {
        let literal = format!("'{value}'");
        let sql = sql.replace("{value}", &literal).replace("{bare}", &value);
        let client = target.dial.client(&target.config).await;
        let client = client.map_err(|_| failed("no session"))?;
        run(&client, &sql).await?;
        if *name == "plant.database" {
            let mut config = target.config.clone();
            let client = target.dial.client(config.dbname("planted")).await;
            let client = client.map_err(|_| failed("no session"))?;
            run(
                &client,
                &format!("CREATE TABLE planted AS SELECT {literal} AS note"),
            )
            .await?;
        }
    }
    let [temporary, in_progress, in_error] = told;
    if temporary {
        let path = std::env::temp_dir().join("planted");
        std::fs::write(path, &value).map_err(|_| failed("no file"))?;
    }
    // Of what follows quickly on something else nothing is told, so it happens for a while.
    for _ in 0..if in_progress { 15 } else { 0 } {
        progress(&Event::Collected(Collected {
            table: Name::new("public", &value),
            rows: 1,
        }));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    match in_error {
        true => Err(failed(&value)),
        false => Ok(()),
    }
}

async fn one(client: &Client, sql: &str) -> Result<String, CopyError> {
    let row = client.query_one(sql, &[]).await;
    row.and_then(|row| row.try_get(0))
        .map_err(|error| CopyError::Write(Failure::new(STEP, &error)))
}

async fn run(client: &Client, sql: &str) -> Result<(), CopyError> {
    let ran = client.batch_execute(sql).await;
    ran.map_err(|error| CopyError::Write(Failure::new(STEP, &error)))
}

fn failed(reason: &str) -> CopyError {
    CopyError::Write(Failure::Connection {
        step: STEP.to_owned(),
        reason: reason.to_owned(),
    })
}
