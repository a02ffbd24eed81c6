//! One worker: a session of production, a session of the copy, and rows on their way between them.
//!
//! Reading, masking and writing go side by side within a bound: a batch is masked on a thread of its
//! own, and they are written in the order in which they were read.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use seeder::load::Failure;
use tokio::sync::mpsc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;

use crate::step::step;
use crate::wire::{Wire, WireError};

use super::error::CopyError;
use super::report::{Event, Moved, Progress, Way, Witness};
use super::rows::{CellError, Piece, See, Splitter};
use super::schedule::{Part, Table, Unit};

/// What is masked at once: it stays in a core's cache.
const BATCH_BYTES: usize = 256 * 1024;

/// Batches of one worker that are being masked or wait to be written.
const BATCHES_MAX: usize = 3;

/// A piece above this waits until no other worker has one: only long cells make such pieces.
const LARGE_BYTES: usize = 4 * 1024 * 1024;

/// What the workers of a copy share.
pub(super) struct Shared {
    queue: Mutex<VecDeque<Unit>>,
    progress: Progress,
    witness: Option<Witness>,
    /// The right to hold one large piece.
    large: Arc<Semaphore>,
    begun: Instant,
    rows: AtomicU64,
    bytes: AtomicU64,
    of: u64,
}

impl Shared {
    pub(super) fn new(
        queue: VecDeque<Unit>,
        of: u64,
        progress: Progress,
        witness: Option<Witness>,
    ) -> Arc<Self> {
        Arc::new(Self {
            queue: Mutex::new(queue),
            progress,
            witness,
            large: Arc::new(Semaphore::new(1)),
            begun: Instant::now(),
            rows: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            of,
        })
    }

    fn next(&self) -> Option<Unit> {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.pop_front()
    }

    fn moved(&self, table: &Table, rows: u64, bytes: u64) {
        let add = |to: &AtomicU64, what| to.fetch_add(what, Ordering::Relaxed) + what;
        add(&table.bytes, bytes);
        let moved = Moved {
            table: table.name.clone(),
            rows: add(&table.rows, rows),
            of: table.of,
            all_rows: add(&self.rows, rows),
            all_of: self.of,
            all_bytes: add(&self.bytes, bytes),
            elapsed: self.begun.elapsed(),
        };
        (self.progress)(&Event::Rows(moved));
    }
}

/// One worker.
pub(super) struct Lane {
    pub(super) reader: Wire,
    pub(super) writer: Wire,
    pub(super) shared: Arc<Shared>,
}

impl Lane {
    /// Copies one unit after the other until there is none.
    pub(super) async fn work(mut self) -> Result<(), CopyError> {
        while let Some(unit) = self.shared.next() {
            self.unit(&unit).await?;
        }
        end(&mut self.reader).await
    }

    async fn unit(&mut self, unit: &Unit) -> Result<(), CopyError> {
        let table = &unit.table;
        let into = unit.into.quoted();
        let staged = format!("{}.\"standin computes from\"", quoted_schema(unit));
        let (before, target, after) = match unit.way {
            // What FREEZE asks for: the table was emptied in the same transaction.
            Way::Frozen => (format!("BEGIN; TRUNCATE ONLY {into}"), &into, String::new()),
            Way::Plain => ("BEGIN".to_owned(), &into, String::new()),
            Way::Derived => (
                format!(
                    "BEGIN; CREATE TABLE {staged} AS SELECT {} FROM {into} WITH NO DATA",
                    table.written()
                ),
                &staged,
                derive(table, &into, &staged),
            ),
        };
        self.tell(table, &before).await?;
        let sql = table.write(target, unit.way != Way::Plain);
        let mut written = 0;
        for part in &unit.parts {
            written += self.part(unit, part, &sql, written).await?;
        }
        if !after.is_empty() {
            self.tell(table, &after).await?;
            step("mask.derived");
        }
        self.tell(table, "COMMIT").await
    }

    async fn tell(&mut self, table: &Table, sql: &str) -> Result<(), CopyError> {
        let told = self.writer.run(sql).await;
        told.map_err(|error| CopyError::Write(error.failure(format!("load table {}", table.name))))
    }

    /// Copies a part; gives how many rows the copy's server counted.
    async fn part(
        &mut self,
        unit: &Unit,
        part: &Part,
        write: &str,
        before: u64,
    ) -> Result<u64, CopyError> {
        let table = &unit.table;
        let begun = self.reader.copy_out(&part.read(table)).await;
        begun.map_err(|error| read_failed(table, &error))?;
        let begun = self.writer.copy_in(write).await;
        let row = (unit.way != Way::Plain && part.is_whole()).then_some(before);
        let failed = |error: WireError| CopyError::Write(write_failure(table, &error, row));
        begun.map_err(failed)?;
        let (to_writer, from_reader) = mpsc::channel(BATCHES_MAX);
        let feed = Feed {
            table,
            shared: &self.shared,
            to_writer,
        };
        let read = feed.run(&mut self.reader);
        let drained = drain(&mut self.writer, from_reader, table, &self.shared, failed);
        let (read, ()) = tokio::try_join!(read, drained)?;
        part.complete(table, read)?;
        let written = self.writer.finish().await.map_err(failed)?;
        if read != written {
            let table = table.name.clone();
            return Err(CopyError::Rows {
                table,
                read,
                written,
            });
        }
        Ok(written)
    }
}

/// A worker that reads and masks, and writes nothing.
pub(super) struct Rehearsing {
    pub(super) reader: Wire,
    pub(super) shared: Arc<Shared>,
}

impl Rehearsing {
    /// Reads one unit after the other until there is none.
    pub(super) async fn work(mut self) -> Result<(), CopyError> {
        while let Some(unit) = self.shared.next() {
            for part in &unit.parts {
                self.part(&unit.table, part).await?;
            }
        }
        end(&mut self.reader).await
    }

    async fn part(&mut self, table: &Arc<Table>, part: &Part) -> Result<(), CopyError> {
        let begun = self.reader.copy_out(&part.read(table)).await;
        begun.map_err(|error| read_failed(table, &error))?;
        let (to_writer, mut from_reader) = mpsc::channel(BATCHES_MAX);
        let feed = Feed {
            table,
            shared: &self.shared,
            to_writer,
        };
        let counted = async {
            while let Some(work) = from_reader.recv().await {
                let masked = work.made.done(table).await?;
                self.shared.moved(table, masked.rows, work.read);
            }
            Ok(())
        };
        let (read, ()) = tokio::try_join!(feed.run(&mut self.reader), counted)?;
        part.complete(table, read)
    }
}

async fn end(reader: &mut Wire) -> Result<(), CopyError> {
    let ended = reader.run("COMMIT").await;
    ended.map_err(|error| CopyError::Read(error.failure("end a snapshot of production")))
}

/// A batch on its way from the reader to the writer.
struct Work {
    made: Made,
    /// Bytes as they were read.
    read: u64,
    _large: Option<OwnedSemaphorePermit>,
}

enum Made {
    Ready(Masked),
    Soon(JoinHandle<Result<Masked, CellError>>),
}

impl Made {
    async fn done(self, table: &Table) -> Result<Masked, CopyError> {
        match self {
            Self::Ready(masked) => Ok(masked),
            Self::Soon(soon) => match soon.await {
                Ok(masked) => masked.map_err(|error| unmasked(table, error)),
                Err(_) => Err(CopyError::Panic {
                    table: table.name.clone(),
                }),
            },
        }
    }
}

struct Masked {
    bytes: Vec<u8>,
    rows: u64,
}

/// Cuts what production sends and has it masked.
struct Feed<'a> {
    table: &'a Arc<Table>,
    shared: &'a Arc<Shared>,
    to_writer: mpsc::Sender<Work>,
}

impl Feed<'_> {
    /// Reads to the end of the part; gives production's count of rows.
    async fn run(self, reader: &mut Wire) -> Result<u64, CopyError> {
        let table = self.table;
        let mut splitter = Splitter::new(&table.layout, BATCH_BYTES);
        let mut large = None;
        loop {
            let (held, most) = splitter.room();
            let ended = reader.pull(held, most).await;
            let ended = ended.map_err(|error| read_failed(table, &error))?;
            if splitter.held() > LARGE_BYTES && large.is_none() {
                let permit = self.shared.large.clone().acquire_owned().await;
                large = permit.ok();
            }
            loop {
                let piece = splitter.next().map_err(|_| {
                    let of = table.name.clone();
                    match table.layout.shuffles() {
                        true => CopyError::TooWide { table: of },
                        false => CopyError::TooLong { table: of },
                    }
                })?;
                let Some(piece) = piece else { break };
                let work = self.masked(piece, large.take());
                // Who no longer takes batches has an error to tell.
                if self.to_writer.send(work).await.is_err() {
                    return std::future::pending().await;
                }
            }
            if let Some(count) = ended {
                while let Some(piece) = splitter.last() {
                    let work = self.masked(piece, large.take());
                    if self.to_writer.send(work).await.is_err() {
                        return std::future::pending().await;
                    }
                }
                return match splitter.held() {
                    0 => Ok(count),
                    _ => Err(read_failed(
                        table,
                        &WireError::Protocol("production's last row has no end"),
                    )),
                };
            }
        }
    }

    fn masked(&self, piece: Piece, large: Option<OwnedSemaphorePermit>) -> Work {
        let read = piece.bytes().len() as u64;
        let made = match piece {
            Piece::Tail(bytes) => {
                let rows = memchr::memchr_iter(b'\n', &bytes).count() as u64;
                Made::Ready(Masked { bytes, rows })
            }
            piece => {
                let (table, witness) = (self.table.clone(), self.shared.witness.clone());
                let mask = move || mask(&table, &piece, witness.as_ref());
                Made::Soon(tokio::task::spawn_blocking(mask))
            }
        };
        Work {
            made,
            read,
            _large: large,
        }
    }
}

fn mask(table: &Table, piece: &Piece, witness: Option<&Witness>) -> Result<Masked, CellError> {
    let bytes = piece.bytes();
    let mut out = Vec::with_capacity(bytes.len() + bytes.len() / 4);
    let mut seen = witness.map(|witness| witness(table.index));
    let seen = seen.as_deref_mut().map(|seen| seen as &mut dyn See);
    let rows = match piece {
        Piece::Head(_) => {
            table.layout.mask_head(bytes, &mut out, seen)?;
            0
        }
        _ => table.layout.mask_rows(bytes, &mut out, seen)?,
    };
    Ok(Masked { bytes: out, rows })
}

/// Writes batches in their order.
async fn drain(
    writer: &mut Wire,
    mut from_reader: mpsc::Receiver<Work>,
    table: &Table,
    shared: &Shared,
    failed: impl Fn(WireError) -> CopyError,
) -> Result<(), CopyError> {
    while let Some(work) = from_reader.recv().await {
        let masked = work.made.done(table).await?;
        writer.push(&masked.bytes).await.map_err(&failed)?;
        step("mask.rows");
        shared.moved(table, masked.rows, work.read);
    }
    Ok(())
}

fn unmasked(table: &Table, error: CellError) -> CopyError {
    match error {
        CellError::Unmaskable { column, reason } => CopyError::Unmaskable {
            table: table.name.clone(),
            column: table.columns.get(column).cloned().unwrap_or_default(),
            with: table.layout.with(column),
            reason,
        },
        CellError::Short => read_failed(
            table,
            &WireError::Protocol("a row has another number of cells than columns were asked for"),
        ),
    }
}

fn read_failed(table: &Table, error: &WireError) -> CopyError {
    CopyError::Read(error.failure(format!("read table {} of production", table.name)))
}

/// Names the column, and the row where rows are counted through.
fn write_failure(table: &Table, error: &WireError, row: Option<u64>) -> Failure {
    let mut failure = error.failure(format!("load table {}", table.name));
    let context = error.told().and_then(|told| told.context());
    if let (Failure::Refused { fault, .. }, Some(context)) = (&mut failure, context) {
        let columns = table.layout.written.iter().map(String::as_str);
        fault.locate(context, columns, row.unwrap_or(0));
        fault.row = fault.row.filter(|_| row.is_some());
    }
    failure
}

/// Fills a table from what was masked, with the columns that are computed.
fn derive(table: &Table, into: &str, staged: &str) -> String {
    let quoted = rules::schema::quoted;
    let columns = table.written();
    let names: Vec<String> = table.derived.iter().map(|(name, _)| quoted(name)).collect();
    let computed: Vec<String> = table
        .derived
        .iter()
        .map(|(_, expression)| format!("({expression})"))
        .collect();
    let (names, computed) = (names.join(", "), computed.join(", "));
    // By the table's own name, so that an expression may qualify a column with it.
    let alias = quoted(&table.name.name);
    format!(
        "TRUNCATE {into}; INSERT INTO {into} ({columns}, {names}) OVERRIDING SYSTEM VALUE \
         SELECT {columns}, {computed} FROM {staged} AS {alias}; DROP TABLE {staged}"
    )
}

fn quoted_schema(unit: &Unit) -> String {
    rules::schema::quoted(&unit.into.schema)
}
