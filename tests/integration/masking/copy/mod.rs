//! Copies of production, from real servers into real servers.

mod basic;
mod faults;
mod network;
mod reads;
mod shapes;
mod shuffle;
mod texts;
mod types;

use std::fmt;
use std::sync::Arc;

use masker::copy::{CopyError, Event, Job, Programs, Report, Witness, copy};
use masker::facts::Facts;
use masker::key::{Draw, Draws, MaskKey};
use masker::plan::{Action, Basis, Canonical, CasePlan, ColumnPlan, TablePlan};
use masker::source::{LOCK_WAIT, Production, Source};
use masker::transform::{Transform, Unmaskable};
use rules::mask::Transformer;
use rules::schema::{Name, Schema};
use tests::postgres::{Installation, SUPERUSER, Scratch};
use tokio_postgres::Client;

/// Letters and digits that follow from the key.
struct Token;

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

impl Transform for Token {
    fn mask(&self, _value: &[u8], draw: &Draw, out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
        let mut bits = draw.bits(0);
        for _ in 0..24 {
            out.push(LETTERS[(bits & 31) as usize]);
            bits >>= 5;
        }
        Ok(())
    }
}

/// Another number below 2³⁰ for each: an odd factor is one for one there.
#[derive(Debug)]
struct Number;

impl Transform for Number {
    fn mask(&self, value: &[u8], _draw: &Draw, out: &mut Vec<u8>) -> Result<(), Unmaskable> {
        let reason = "is no small number";
        let text = std::str::from_utf8(value).ok();
        let number: Option<u64> = text.and_then(|text| text.parse().ok());
        let number = number.ok_or(Unmaskable { reason })?;
        let masked = number * 0x9e37_79b1 % (1 << 30);
        out.extend_from_slice(masked.to_string().as_bytes());
        Ok(())
    }
}

fn key() -> MaskKey {
    let bytes: Vec<u8> = (0..32).map(|byte| byte * 7 + 3).collect();
    MaskKey::read(&bytes).expect("a key")
}

/// Masks a cell by its value.
fn masked(transform: impl Transform + 'static, domain: &str) -> Action {
    Action::Mask {
        with: Transformer::Token,
        transform: Arc::new(transform),
        draws: Draws::new(&key(), domain),
        basis: Basis::Value,
        canonical: Canonical::Text,
    }
}

fn token(domain: &str) -> Action {
    masked(Token, domain)
}

fn always(column: &str, action: Action) -> ColumnPlan {
    ColumnPlan {
        column: column.to_owned(),
        cases: vec![CasePlan { when: None, action }],
    }
}

/// A plan that keeps everything but the columns named so: `public.customer.email`.
fn plan(schema: &Schema, facts: &Facts, masked: &[(&str, Action)]) -> Vec<TablePlan> {
    let tables = facts.tables.iter();
    tables
        .map(|(name, facts)| {
            let columns = schema.tables[name].columns.iter();
            let columns: Vec<ColumnPlan> = columns
                .filter(|column| column.generated.is_none())
                .map(|column| {
                    let place = format!("{name}.{}", column.name);
                    let action = masked.iter().find(|(masked, _)| *masked == place);
                    let action = action.map_or(Action::Keep, |(_, action)| action.clone());
                    always(&column.name, action)
                })
                .collect();
            let key = schema.tables[name].primary_key().unwrap_or_default();
            let place = |name: &String| columns.iter().position(|c| c.column == *name);
            TablePlan {
                table: name.clone(),
                leaves: facts.leaves.clone(),
                derived: Vec::new(),
                read_only: Vec::new(),
                key: key.iter().filter_map(place).collect(),
                rows: facts.rows,
                columns,
            }
        })
        .collect()
}

/// Two servers: one to copy from, one to copy into.
struct Pair {
    from: Scratch,
    to: Scratch,
    /// Who reads production.
    login: String,
}

/// The settings of a server that is filled and not used yet.
const LOADING: [(&str, &str); 5] = [
    ("full_page_writes", "off"),
    ("wal_level", "minimal"),
    ("max_wal_senders", "0"),
    ("autovacuum", "off"),
    ("max_wal_size", "4GB"),
];

impl Pair {
    /// Servers of two versions with a database `shop` each, which production's DDL fills.
    async fn start(from: u32, to: u32, ddl: &str) -> anyhow::Result<Self> {
        let production = Scratch::start_with(Installation::of_major(from)?, &[])?;
        let target = Scratch::start_with(Installation::of_major(to)?, &LOADING)?;
        let client = production.database("shop").await?;
        client.batch_execute(ddl).await?;
        target.database("shop").await?;
        Ok(Self::of(production, target))
    }

    fn of(from: Scratch, to: Scratch) -> Self {
        Self {
            from,
            to,
            login: SUPERUSER.to_owned(),
        }
    }

    fn production(&self) -> Production {
        let mut config = self.from.config("shop");
        config.user(&self.login);
        Production { config, tls: None }
    }

    async fn source(&self) -> anyhow::Result<Source> {
        Ok(Source::open(&self.production(), LOCK_WAIT).await?)
    }

    /// Makes the target's database anew.
    async fn emptied(&self) -> anyhow::Result<()> {
        let admin = self.to.connect("postgres").await?;
        admin.batch_execute("DROP DATABASE IF EXISTS shop").await?;
        self.to.database("shop").await?;
        Ok(())
    }

    /// Sessions of both, as their superuser.
    async fn sessions(&self) -> anyhow::Result<(Client, Client)> {
        Ok((
            self.from.connect("shop").await?,
            self.to.connect("shop").await?,
        ))
    }

    /// A copy that keeps everything but some columns.
    async fn copied(&self, masked: &[(&str, Action)]) -> anyhow::Result<Report> {
        let source = self.source().await?;
        let (schema, facts) = (source.schema().await?, source.facts().await?);
        let report = self
            .copy(&source, &plan(&schema, &facts, masked), &Way::default())
            .await?;
        source.close().await;
        Ok(report)
    }

    async fn copy(
        &self,
        source: &Source,
        plan: &[TablePlan],
        way: &Way,
    ) -> Result<Report, CopyError> {
        let programs = Programs {
            bin: self.to.installation().bin.clone(),
            libraries: None,
            account: None,
        };
        let config = self.to.config("shop");
        let job = Job {
            plan,
            picked: None,
            target: &config,
            programs: &programs,
            workers: way.workers,
            chunk_bytes: way.chunk_bytes,
            witness: way.witness.clone(),
            progress: way.progress.clone(),
        };
        Box::pin(copy(source, &job)).await
    }
}

/// How a test copies.
struct Way {
    workers: usize,
    chunk_bytes: u64,
    witness: Option<Witness>,
    progress: Arc<dyn Fn(&Event) + Send + Sync>,
}

impl Default for Way {
    fn default() -> Self {
        Self {
            workers: 2,
            chunk_bytes: masker::copy::CHUNK_BYTES,
            witness: None,
            progress: Arc::new(|_| ()),
        }
    }
}

/// What a query gives, one line a row, as COPY writes it.
async fn dump(client: &Client, sql: &str) -> anyhow::Result<String> {
    use futures_util::TryStreamExt;
    let settings = "SET extra_float_digits = 3; SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'; \
                    SET IntervalStyle = 'postgres'; SET bytea_output = 'hex'; SET search_path = ''";
    client.batch_execute(settings).await?;
    let rows = client.copy_out(&format!("COPY ({sql}) TO STDOUT")).await?;
    let rows: Vec<bytes::Bytes> = rows.try_collect().await?;
    Ok(String::from_utf8(rows.concat())?)
}

/// All rows of some columns of a table in one order.
async fn rows_of(client: &Client, table: &Name, columns: &[String]) -> anyhow::Result<String> {
    let list: Vec<String> = columns.iter().map(|c| rules::schema::quoted(c)).collect();
    let list = list.join(", ");
    let table = table.quoted();
    let sql = format!("SELECT {list} FROM ONLY {table} ORDER BY ROW({list})::text COLLATE \"C\"");
    dump(client, &sql).await
}
