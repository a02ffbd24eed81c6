//! One of the two databases: its snapshot, and the queries that run on both sides alike.

use std::time::Duration;

use rules::schema::{Name, Schema, Table};
use tokio_postgres::{Error, Row, Statement};

use super::{CompareError, Database, RowIdentity};

/// Rows fetched from a cursor at once: enough to hide the round trip, few enough that the longest
/// keys (a third of a page each) stay below 12 MiB.
const BATCH_ROWS: usize = 4096;

/// How long one statement is waited for: longer than whoever opened a session to what others wrote lets one
/// run, since code can catch what ends it.
pub(super) const ENDS_WITHIN: Duration = Duration::from_secs(1_900);

/// One database, and what errors call it.
pub(super) struct Side<'a> {
    word: &'static str,
    database: Database<'a>,
}

/// The number of a table's rows, and two sums over their hashes: equal whatever the order of rows.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Digest {
    pub(super) rows: u64,
    sums: [String; 2],
}

/// What is read of one table, the same on both sides.
pub(super) struct Plan {
    table: Name,
    from: String,
    /// All common columns as one row.
    whole: String,
    key: Key,
}

/// How rows are told apart and in which order they come.
enum Key {
    /// Only integers: the server's order by index is the order of the numbers.
    Integers(Vec<String>),
    /// A single UUID: the order of its text is the server's order by index.
    Uuid(String),
    /// Anything else: ordered by the bytes of the key's text, which needs a sort.
    Text(Vec<String>),
    /// No common key: the row's hashes, and how often they occur.
    Hash,
}

/// Where a row stands in the common order; each table uses one variant throughout.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// By the key's numbers.
    Numbers(Vec<i64>),
    /// By the key's text.
    Text(String),
}

/// One row, or equal rows where there is no key.
pub(super) struct Item {
    pub(super) place: Place,
    pub(super) hash: i64,
    pub(super) count: u64,
}

impl Plan {
    pub(super) fn new(name: &Name, old: &Table, new: &Table) -> Self {
        let common: Vec<String> = old
            .columns
            .iter()
            .filter(|column| new.column(&column.name).is_some())
            .map(|column| quoted(&column.name))
            .collect();
        let rooted = old.partition_by.is_some() || new.partition_by.is_some();
        let only = if rooted { "" } else { "ONLY " };
        Self {
            table: name.clone(),
            from: format!("{only}{} t", name.quoted()),
            whole: row(&common),
            key: Key::of(old, new),
        }
    }

    pub(super) fn identity(&self) -> RowIdentity {
        match self.key {
            Key::Hash => RowIdentity::WholeRow,
            Key::Integers(_) | Key::Uuid(_) | Key::Text(_) => RowIdentity::PrimaryKey,
        }
    }

    fn digest_query(&self) -> String {
        // OFFSET 0 keeps the planner from writing the row out once per use.
        format!(
            "SELECT count(*), coalesce(sum(hashtextextended(r, 0)::numeric), 0)::text, \
                    coalesce(sum(hashtextextended(r, 1)::numeric), 0)::text \
               FROM (SELECT {} AS r FROM {} OFFSET 0) s",
            self.whole, self.from
        )
    }

    fn stream_query(&self) -> String {
        let (whole, from) = (&self.whole, &self.from);
        match &self.key {
            Key::Integers(columns) => {
                let numbers: Vec<String> = columns.iter().map(|c| format!("t.{c}::int8")).collect();
                let order: Vec<String> = columns.iter().map(|c| format!("t.{c}")).collect();
                format!(
                    "SELECT ARRAY[{}], hashtextextended({whole}, 0) FROM {from} ORDER BY {}",
                    numbers.join(", "),
                    order.join(", ")
                )
            }
            Key::Uuid(column) => format!(
                "SELECT ROW(t.{column})::text, hashtextextended({whole}, 0) FROM {from} ORDER BY t.{column}"
            ),
            Key::Text(columns) => format!(
                "SELECT {} AS k, hashtextextended({whole}, 0) FROM {from} ORDER BY k",
                row(columns)
            ),
            Key::Hash => format!(
                "SELECT k, 0::int8, count(*) \
                   FROM (SELECT (hashtextextended(r, 0)::text || ' ' || hashtextextended(r, 1)::text) \
                                COLLATE pg_catalog.\"C\" AS k \
                           FROM (SELECT {whole} AS r FROM {from} OFFSET 0) s) h \
                  GROUP BY k ORDER BY k"
            ),
        }
    }

    fn item(&self, row: &Row) -> Result<Item, Error> {
        Ok(Item {
            place: match self.key {
                Key::Integers(_) => Place::Numbers(row.try_get(0)?),
                Key::Uuid(_) | Key::Text(_) | Key::Hash => Place::Text(row.try_get(0)?),
            },
            hash: row.try_get(1)?,
            count: match self.key {
                Key::Hash => row.try_get::<_, i64>(2)?.unsigned_abs(),
                Key::Integers(_) | Key::Uuid(_) | Key::Text(_) => 1,
            },
        })
    }
}

impl Key {
    fn of(old: &Table, new: &Table) -> Self {
        let Some(columns) = old
            .primary_key()
            .filter(|key| new.primary_key() == Some(key))
        else {
            return Self::Hash;
        };
        let every = |legal: &[&str]| {
            [old, new].iter().all(|table| {
                columns.iter().all(|column| {
                    let column = table.column(column);
                    column.is_some_and(|column| legal.contains(&column.data_type.as_str()))
                })
            })
        };
        let names: Vec<String> = columns.iter().map(|column| quoted(column)).collect();
        match names.as_slice() {
            [single] if every(&["uuid"]) => Self::Uuid(single.clone()),
            _ if every(&["smallint", "integer", "bigint"]) => Self::Integers(names),
            _ => Self::Text(names),
        }
    }
}

impl Place {
    /// The key as PostgreSQL writes a row.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Numbers(numbers) => {
                let numbers: Vec<String> = numbers.iter().map(i64::to_string).collect();
                format!("({})", numbers.join(","))
            }
            Self::Text(text) => text.clone(),
        }
    }
}

impl<'a> Side<'a> {
    pub(super) fn new(word: &'static str, database: Database<'a>) -> Self {
        Self { word, database }
    }

    pub(super) fn schema(&self) -> &Schema {
        self.database.schema
    }

    /// Opens a snapshot in which both sides write values alike.
    pub(super) async fn begin(&self) -> Result<(), CompareError> {
        const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; \
            SET LOCAL search_path = ''; SET LOCAL row_security = off; \
            SET LOCAL DateStyle = 'ISO, YMD'; SET LOCAL IntervalStyle = 'postgres'; \
            SET LOCAL TimeZone = 'UTC'; SET LOCAL extra_float_digits = 3; \
            SET LOCAL bytea_output = 'hex'; SET LOCAL xmloption = 'content'; SET LOCAL lc_monetary = 'C'";
        self.database
            .client
            .batch_execute(BEGIN)
            .await
            .map_err(|source| CompareError::Begin {
                side: self.word,
                source,
            })
    }

    pub(super) async fn end(&self) -> Result<(), CompareError> {
        self.database
            .client
            .batch_execute("ROLLBACK")
            .await
            .map_err(|source| CompareError::Begin {
                side: self.word,
                source,
            })
    }

    pub(super) async fn digest(&self, plan: &Plan) -> Result<Digest, CompareError> {
        let read = async {
            let client = self.database.client;
            let row = client.query_one(&plan.digest_query(), &[]).await?;
            Ok(Digest {
                rows: row.try_get::<_, i64>(0)?.unsigned_abs(),
                sums: [row.try_get(1)?, row.try_get(2)?],
            })
        };
        self.ended(plan, read).await
    }

    /// Opens the cursor over a table; one at a time for each side.
    pub(super) async fn stream<'p>(
        &'p self,
        plan: &'p Plan,
    ) -> Result<Stream<'p, 'a>, CompareError> {
        let open = async {
            let client = self.database.client;
            let declare = format!(
                "DECLARE standin_compare NO SCROLL CURSOR FOR {}",
                plan.stream_query()
            );
            client.batch_execute(&declare).await?;
            client
                .prepare(&format!("FETCH FORWARD {BATCH_ROWS} FROM standin_compare"))
                .await
        };
        let fetch = self.ended(plan, open).await?;
        Ok(Stream {
            side: self,
            plan,
            fetch,
            batch: Vec::new().into_iter(),
            ended: false,
        })
    }

    async fn ended<T>(
        &self,
        plan: &Plan,
        statement: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, CompareError> {
        match tokio::time::timeout(ENDS_WITHIN, statement).await {
            Ok(done) => done.map_err(|source| self.failed(plan, source)),
            Err(_) => Err(CompareError::Endless {
                table: plan.table.clone(),
                side: self.word,
            }),
        }
    }

    fn failed(&self, plan: &Plan, source: Error) -> CompareError {
        CompareError::Read {
            table: plan.table.clone(),
            side: self.word,
            source,
        }
    }
}

/// A table's rows in the common order, a batch at a time.
pub(super) struct Stream<'p, 'a> {
    side: &'p Side<'a>,
    plan: &'p Plan,
    fetch: Statement,
    batch: std::vec::IntoIter<Row>,
    ended: bool,
}

impl Stream<'_, '_> {
    /// The next row, `None` behind the last.
    pub(super) async fn next(&mut self) -> Result<Option<Item>, CompareError> {
        if self.batch.len() == 0 && !self.ended {
            let fetched = self.side.database.client.query(&self.fetch, &[]);
            let rows = self.side.ended(self.plan, fetched).await?;
            self.ended = rows.len() < BATCH_ROWS;
            self.batch = rows.into_iter();
        }
        let Some(row) = self.batch.next() else {
            return Ok(None);
        };
        let item = self.plan.item(&row);
        item.map(Some)
            .map_err(|source| self.side.failed(self.plan, source))
    }

    /// Closes the cursor, so that the next table can have it.
    pub(super) async fn close(self) -> Result<(), CompareError> {
        let client = self.side.database.client;
        let closed = client.batch_execute("CLOSE standin_compare").await;
        closed.map_err(|source| self.side.failed(self.plan, source))
    }
}

/// Columns as one row's text, ordered and hashed by its bytes.
fn row(columns: &[String]) -> String {
    let columns: Vec<String> = columns.iter().map(|column| format!("t.{column}")).collect();
    format!("ROW({})::text COLLATE pg_catalog.\"C\"", columns.join(", "))
}

fn quoted(identifier: &str) -> String {
    format!("\"{}\"", identifier.replace('"', "\"\""))
}
