//! Copies the chunks of a table to the server, in order.

use std::pin::pin;
use std::time::Instant;

use bytes::Bytes;
use futures_util::SinkExt;
use rules::schema::quoted;
use tokio_postgres::Client;

use super::catalogue::Work;
use super::error::Failure;
use super::pipeline::{Chunks, Pipeline};
use super::report::{Event, Outcome, TableReport, Watch};
use super::{Mode, Run, TriggerPolicy};

/// What goes into one message of COPY; the driver holds a few of these for each session.
const MESSAGE_BYTES_MAX: usize = 1024 * 1024;

/// Chunks in one statement. The driver tells an error at the end of a statement only, so this bounds
/// what is generated for nothing; a table's statements share a transaction.
const STATEMENT_CHUNKS: u64 = 64;

/// Copies one table after the other of each level, those of a level side by side.
pub(super) async fn levels(
    run: &Run<'_>,
    pipeline: &Pipeline,
    watch: &mut Watch<'_>,
) -> Result<(), Failure> {
    let last = run.catalogue.work.iter().map(|work| work.level).max();
    for level in 0..=last.unwrap_or(0) {
        let mut tables: Vec<&Work> = run
            .catalogue
            .loaded()
            .filter(|work| work.level == level && work.load.rows > 0)
            .collect();
        // The longest first, so that none is left alone at the end.
        tables.sort_by_key(|work| std::cmp::Reverse(work.load.rows));
        side_by_side(run, pipeline, tables, watch).await?;
    }
    Ok(())
}

/// Copies tables that have nothing to do with each other.
pub(super) async fn side_by_side(
    run: &Run<'_>,
    pipeline: &Pipeline,
    tables: Vec<&Work>,
    watch: &mut Watch<'_>,
) -> Result<(), Failure> {
    let progress = watch.progress();
    let alone = |work| alone(run, pipeline, work, progress);
    let mut reports = Vec::new();
    let outcome = run.sessions.each(tables, alone, |done| reports.push(done));
    outcome.await?;
    for (index, report) in reports {
        watch.table(index, report);
    }
    Ok(())
}

type Progress<'a> = &'a (dyn Fn(&Event) + Send + Sync);

/// Copies one table in a transaction of its own.
async fn alone(
    run: &Run<'_>,
    pipeline: &Pipeline,
    work: &Work,
    progress: Progress<'_>,
) -> Result<(usize, TableReport), Failure> {
    let begun = Instant::now();
    let client = run.sessions.take().await?;
    let step = format!("load table {}", work.load.table);
    let failed = |error| Failure::new(&step, &error);
    // TRUNCATE in the same transaction is what COPY FREEZE asks for. Rows that a trigger has put
    // there since the load began are not ours to remove.
    let mut frozen = run.may_truncate(work);
    client.batch_execute("BEGIN").await.map_err(failed)?;
    if frozen && run.triggers_fire(work) {
        let sql = format!("SELECT FROM {} LIMIT 1", work.from());
        frozen = client.query(&sql, &[]).await.map_err(failed)?.is_empty();
    }
    if frozen {
        let truncate = format!("TRUNCATE {}", work.from());
        client.batch_execute(&truncate).await.map_err(failed)?;
    }
    let copy = Copy {
        client: &client,
        work,
        frozen,
        checked: !run.triggers_fire(work),
        one_statement: run.refers_to_itself(work),
    };
    let mut report = copy.run(pipeline, progress).await?;
    client.batch_execute("COMMIT").await.map_err(failed)?;
    run.sessions.give_back(client);
    report.seconds = begun.elapsed().as_secs_f64();
    Ok((work.index, report))
}

impl Run<'_> {
    pub(super) fn triggers_fire(&self, work: &Work) -> bool {
        let options = self.options;
        let policy = options.triggers_of.get(&work.load.table);
        let fires = *policy.unwrap_or(&options.triggers) == TriggerPolicy::Fire;
        fires && {
            let mut triggers = self.catalogue.triggers.iter();
            triggers.any(|trigger| {
                let relation = self.catalogue.relations.get(&trigger.relation);
                relation.is_some_and(|relation| relation.work == work.index)
            })
        }
    }

    /// TRUNCATE is refused while another table refers to this one, and may fire triggers.
    fn may_truncate(&self, work: &Work) -> bool {
        let catalogue = self.catalogue;
        let dropped = |key: u32| {
            let mut keys = catalogue.foreign_keys.iter();
            self.options.mode == Mode::Rebuild && keys.any(|found| found.oid == key)
        };
        let referred = catalogue.referred.iter().any(|referred| {
            referred.table == work.oid && referred.by != work.oid && !dropped(referred.key)
        });
        let fired = self.triggers_fire(work)
            && catalogue
                .triggers
                .iter()
                .any(|trigger| trigger.on_truncate && trigger.relation == work.oid);
        !work.partitioned && !referred && !fired
    }

    /// Whether rows may refer to later rows of the same statement only.
    pub(super) fn refers_to_itself(&self, work: &Work) -> bool {
        self.options.mode == Mode::Live && {
            let mut keys = self.catalogue.foreign_keys.iter();
            keys.any(|key| key.work == work.index && key.target == Some(work.index))
        }
    }
}

/// One table on its way into an open transaction.
pub(super) struct Copy<'a> {
    pub(super) client: &'a Client,
    pub(super) work: &'a Work,
    pub(super) frozen: bool,
    /// Whether the server's count must be the announced one: no trigger may drop rows.
    pub(super) checked: bool,
    pub(super) one_statement: bool,
}

impl Copy<'_> {
    pub(super) async fn run(
        &self,
        pipeline: &Pipeline,
        progress: Progress<'_>,
    ) -> Result<TableReport, Failure> {
        let begun = Instant::now();
        let load = &self.work.load;
        let mut chunks = pipeline.chunks(self.work.index, load);
        let (mut rows, mut bytes, mut sent) = (0, 0, 0);
        while sent < load.chunks {
            let until = if self.one_statement {
                load.chunks
            } else {
                load.chunks.min(sent + STATEMENT_CHUNKS)
            };
            let mut tell = |chunk: u64, size: u64| {
                bytes += size;
                progress(&Event::Rows {
                    table: load.table.clone(),
                    rows: load.rows.min((chunk + 1) * super::CHUNK_ROWS),
                    of: load.rows,
                    bytes,
                    elapsed: begun.elapsed(),
                });
            };
            let part = self.statement(&mut chunks, sent..until, &mut tell).await;
            rows += part.map_err(|failed| failed.tell(self.work, rows))?;
            sent = until;
        }
        if self.checked && rows != load.rows {
            return Err(Failure::Rows {
                table: load.table.clone(),
                rows,
                announced: load.rows,
            });
        }
        Ok(TableReport {
            table: load.table.clone(),
            outcome: if self.frozen {
                Outcome::Frozen
            } else {
                Outcome::Copied
            },
            rows,
            bytes,
            seconds: begun.elapsed().as_secs_f64(),
        })
    }

    /// One COPY with some of the chunks; returns the server's count of rows.
    async fn statement(
        &self,
        chunks: &mut Chunks<'_>,
        range: std::ops::Range<u64>,
        tell: &mut (dyn FnMut(u64, u64) + Send),
    ) -> Result<u64, Failed> {
        let sink = self.client.copy_in::<_, Bytes>(&self.sql()).await;
        let mut sink = pin!(sink.map_err(Failed::Server)?);
        for number in range {
            let Some(chunk) = chunks.next().await.map_err(Failed::Other)? else {
                break;
            };
            let mut text = Bytes::from(chunk.text);
            let size = text.len() as u64;
            while !text.is_empty() {
                let message = text.split_to(text.len().min(MESSAGE_BYTES_MAX));
                sink.feed(message).await.map_err(Failed::Server)?;
            }
            drop(chunk.memory);
            tell(number, size);
        }
        sink.finish().await.map_err(Failed::Server)
    }

    fn sql(&self) -> String {
        let load = &self.work.load;
        let columns: Vec<String> = load.columns.iter().map(|column| quoted(column)).collect();
        // An empty list in parentheses is a syntax error; there is nothing to name then.
        let columns = if columns.is_empty() {
            String::new()
        } else {
            format!(" ({})", columns.join(", "))
        };
        let freeze = if self.frozen { ", FREEZE" } else { "" };
        let table = load.table.quoted();
        format!("COPY {table}{columns} FROM STDIN (FORMAT text, ENCODING 'UTF8'{freeze})")
    }
}

/// What ends a statement.
enum Failed {
    Server(tokio_postgres::Error),
    Other(Failure),
}

impl Failed {
    fn tell(self, work: &Work, rows_before: u64) -> Failure {
        match self {
            Self::Server(error) => {
                let step = format!("load table {}", work.load.table);
                Failure::in_copy(step, &error, (&work.table, rows_before))
            }
            Self::Other(failure) => failure,
        }
    }
}
