//! What is read within the snapshot: the catalogue, and statements that may fail or take too long
//! without ending it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use futures_util::{StreamExt, pin_mut};
use rules::schema::Name;
use seeder::load::Failure;
use tokio_postgres::{Client, Row};

const STEP: &str = "look at a sample of production's rows";

/// Why a statement gave nothing. Never the server's words: they may quote a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It took longer than it may.
    TooLong,
    /// The login may not read it, or row security would hide rows.
    NotAllowed,
    /// Something else; the code says what.
    Other([u8; 5]),
}

impl Refusal {
    pub(super) fn words(self) -> String {
        match self {
            Self::TooLong => "took longer than a table may".to_owned(),
            Self::NotAllowed => {
                "the login may not read it, or row security hides rows of it".to_owned()
            }
            Self::Other(code) => {
                let code = String::from_utf8_lossy(&code).into_owned();
                format!("the server refused with SQLSTATE {code}")
            }
        }
    }
}

/// The session of a snapshot, and how long one table may take of it.
pub(super) struct Session<'a> {
    client: &'a Client,
    until: Instant,
}

impl<'a> Session<'a> {
    /// Starts the time of a table.
    pub(super) fn new(client: &'a Client, table_time: Duration) -> Self {
        Self {
            client,
            until: Instant::now() + table_time,
        }
    }

    /// Runs a query within a savepoint, and takes its rows one by one.
    pub(super) async fn rows(
        &self,
        sql: &str,
        share: f32,
        mut each: impl FnMut(&Row),
    ) -> Result<Result<u64, Refusal>, Failure> {
        let left = self.until.saturating_duration_since(Instant::now());
        let timeout_ms = (left.mul_f32(share)).as_millis();
        if timeout_ms == 0 {
            return Ok(Err(Refusal::TooLong));
        }
        let begin = format!("SAVEPOINT look; SET LOCAL statement_timeout = {timeout_ms}");
        let begun = self.client.batch_execute(&begin).await;
        begun.map_err(|error| Failure::new(STEP, &error))?;
        let outcome = self.stream(sql, &mut each).await;
        if self.client.is_closed() {
            return match outcome {
                Err(error) => Err(Failure::new(STEP, &error)),
                Ok(rows) => Ok(Ok(rows)),
            };
        }
        let ended = self
            .client
            .batch_execute("ROLLBACK TO SAVEPOINT look; RELEASE SAVEPOINT look");
        ended.await.map_err(|error| Failure::new(STEP, &error))?;
        Ok(outcome.map_err(|error| refusal(&error)))
    }

    async fn stream(
        &self,
        sql: &str,
        each: &mut impl FnMut(&Row),
    ) -> Result<u64, tokio_postgres::Error> {
        let rows = self
            .client
            .query_raw(sql, std::iter::empty::<&str>())
            .await?;
        pin_mut!(rows);
        let mut count = 0;
        while let Some(row) = rows.next().await {
            each(&row?);
            count += 1;
        }
        Ok(count)
    }
}

fn refusal(error: &tokio_postgres::Error) -> Refusal {
    let code = error.code().map_or("58000", |code| code.code());
    match code {
        "57014" | "55P03" => Refusal::TooLong,
        "42501" => Refusal::NotAllowed,
        code => {
            let mut bytes = *b"58000";
            if code.len() == bytes.len() {
                bytes.copy_from_slice(code.as_bytes());
            }
            Refusal::Other(bytes)
        }
    }
}

/// What the catalogue knows beside the schema.
pub(super) struct Catalogue {
    /// The year of its clock.
    pub(super) year: u16,
    /// Pages of tables.
    pub(super) pages: BTreeMap<Name, u64>,
    /// Comments on columns, by table and column.
    pub(super) comments: BTreeMap<Name, BTreeMap<String, String>>,
}

const PAGES: &str = "
SELECT n.nspname::text, c.relname::text, pg_relation_size(c.oid) / current_setting('block_size')::int8
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind = 'r' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'";

const COMMENTS: &str = "
SELECT n.nspname::text, c.relname::text, a.attname::text, d.description
  FROM pg_catalog.pg_description d
  JOIN pg_catalog.pg_class c ON c.oid = d.objoid AND d.classoid = 'pg_catalog.pg_class'::regclass
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.objsubid
 WHERE d.objsubid > 0 AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'";

impl Catalogue {
    pub(super) async fn read(client: &Client) -> Result<Self, Failure> {
        const STEP: &str = "read production's catalogue";
        let fail = |error: tokio_postgres::Error| Failure::new(STEP, &error);
        let year = client
            .query_one("SELECT extract(year FROM now())::int4", &[])
            .await;
        let year: i32 = year.and_then(|row| row.try_get(0)).map_err(fail)?;
        let mut catalogue = Self {
            year: u16::try_from(year).unwrap_or(u16::MAX),
            pages: BTreeMap::new(),
            comments: BTreeMap::new(),
        };
        for row in client.query(PAGES, &[]).await.map_err(fail)? {
            // A table that was dropped since has no size.
            let pages: Option<i64> = row.try_get(2).map_err(fail)?;
            let name = Name::new(text(&row, 0).map_err(fail)?, text(&row, 1).map_err(fail)?);
            catalogue
                .pages
                .insert(name, pages.unwrap_or(0).unsigned_abs());
        }
        for row in client.query(COMMENTS, &[]).await.map_err(fail)? {
            let name = Name::new(text(&row, 0).map_err(fail)?, text(&row, 1).map_err(fail)?);
            let column = text(&row, 2).map_err(fail)?;
            let comments = catalogue.comments.entry(name).or_default();
            comments.insert(column, text(&row, 3).map_err(fail)?);
        }
        Ok(catalogue)
    }
}

fn text(row: &tokio_postgres::Row, at: usize) -> Result<String, tokio_postgres::Error> {
    row.try_get(at)
}
