//! Chunks, made on threads side by side and handed out in their order, within a bound of memory.
//!
//! A chunk is begun only when memory for it is set aside, and chunks of one table are begun in their
//! order: so the one that is sent next is always among those that are being made. Whoever takes the
//! chunks of several tables takes them side by side, never one table's after another's: then waiting
//! for memory ends.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;

use super::TableLoad;
use super::error::{Failure, SourceError};

/// Memory for chunks that are being made or wait to be sent, in KiB: half of the 256 MiB that a load
/// may take.
const CHUNKS_KIB_MAX: u32 = 128 * 1024;

/// What the first chunk of a table is taken for, in KiB; those after it for a little more than the
/// largest so far. Until it is there, no other chunk of the table is begun.
const FIRST_CHUNK_KIB: u32 = 4 * 1024;

/// Chunks that may wait for the one before them, on top of one for each worker.
const CHUNKS_AHEAD: usize = 2;

type Source = dyn Fn(usize, u64, &mut Vec<u8>) -> Result<(), SourceError> + Send + Sync;

/// Where all tables of a load have their chunks made.
pub(super) struct Pipeline {
    source: Arc<Source>,
    workers: Arc<Semaphore>,
    memory: Arc<Semaphore>,
    ahead: usize,
}

/// The text of one chunk, and the memory that it takes until it is dropped.
pub(super) struct Chunk {
    pub(super) text: Vec<u8>,
    pub(super) memory: OwnedSemaphorePermit,
}

impl Pipeline {
    pub(super) fn new(source: Arc<Source>, workers: usize) -> Self {
        let workers = workers.max(1);
        Self {
            source,
            workers: Arc::new(Semaphore::new(workers)),
            memory: Arc::new(Semaphore::new(CHUNKS_KIB_MAX as usize)),
            ahead: workers + CHUNKS_AHEAD,
        }
    }

    /// The chunks of one table, in order.
    pub(super) fn chunks<'a>(&'a self, index: usize, load: &'a TableLoad) -> Chunks<'a> {
        Chunks {
            pipeline: self,
            index,
            load,
            next: 0,
            largest_kib: None,
            begun: VecDeque::new(),
        }
    }

    fn begin(
        &self,
        table: usize,
        chunk: u64,
        memory: OwnedSemaphorePermit,
    ) -> JoinHandle<Result<Chunk, SourceError>> {
        let (source, workers) = (Arc::clone(&self.source), Arc::clone(&self.workers));
        tokio::spawn(async move {
            let worker = workers.acquire_owned().await?;
            let made = tokio::task::spawn_blocking(move || {
                let mut text = Vec::with_capacity(memory.num_permits() * 1024);
                let written = source(table, chunk, &mut text);
                drop(worker);
                written.map(|()| Chunk { text, memory })
            });
            made.await?
        })
    }
}

/// Chunks of one table that are being made.
pub(super) struct Chunks<'a> {
    pipeline: &'a Pipeline,
    index: usize,
    load: &'a TableLoad,
    next: u64,
    largest_kib: Option<u32>,
    begun: VecDeque<JoinHandle<Result<Chunk, SourceError>>>,
}

impl Chunks<'_> {
    /// The next chunk in order, `None` behind the last.
    pub(super) async fn next(&mut self) -> Result<Option<Chunk>, Failure> {
        self.begin_more().await;
        let Some(made) = self.begun.pop_front() else {
            return Ok(None);
        };
        let first = (self.next - self.begun.len() as u64 - 1) * super::CHUNK_ROWS;
        let table = || self.load.table.clone();
        let made = made
            .await
            .map_err(|_| Failure::SourcePanic { table: table() })?;
        let mut chunk = made.map_err(|source| match source.is::<tokio::task::JoinError>() {
            true => Failure::SourcePanic { table: table() },
            false => Failure::Source {
                table: table(),
                first,
                source,
            },
        })?;
        self.measure(&mut chunk);
        Ok(Some(chunk))
    }

    async fn begin_more(&mut self) {
        loop {
            let ahead = self.largest_kib.map_or(1, |_| self.pipeline.ahead);
            if self.next == self.load.chunks || self.begun.len() >= ahead {
                return;
            }
            let expected = self
                .largest_kib
                .map_or(FIRST_CHUNK_KIB, |kib| kib + kib / 8);
            let expected = expected.clamp(1, CHUNKS_KIB_MAX);
            let memory = Arc::clone(&self.pipeline.memory);
            let memory = if self.begun.is_empty() {
                memory.acquire_many_owned(expected).await
            } else {
                match memory.try_acquire_many_owned(expected) {
                    Ok(memory) => Ok(memory),
                    // Others have it; the chunks that are begun go on.
                    Err(_) => return,
                }
            };
            // The semaphore is never closed.
            let Ok(memory) = memory else { return };
            let begun = self.pipeline.begin(self.index, self.next, memory);
            self.begun.push_back(begun);
            self.next += 1;
        }
    }

    /// Corrects what is set aside to what the chunk takes.
    fn measure(&mut self, chunk: &mut Chunk) {
        chunk
            .text
            .shrink_to(chunk.text.len() + chunk.text.len() / 4);
        let kib = u32::try_from(chunk.text.capacity() / 1024 + 1).unwrap_or(u32::MAX);
        let set_aside = u32::try_from(chunk.memory.num_permits()).unwrap_or(u32::MAX);
        if set_aside > kib {
            drop(chunk.memory.split((set_aside - kib) as usize));
        } else if let Ok(more) =
            Arc::clone(&self.pipeline.memory).try_acquire_many_owned(kib - set_aside)
        {
            chunk.memory.merge(more);
        }
        self.largest_kib = self.largest_kib.max(Some(kib));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use rules::schema::Name;

    use super::*;

    const MIB: usize = 1024 * 1024;

    fn load(chunks: u64) -> TableLoad {
        let columns = vec!["a".to_owned()];
        TableLoad::new(
            Name::new("public", "t"),
            columns,
            chunks * super::super::CHUNK_ROWS,
        )
    }

    #[tokio::test]
    async fn large_chunks_of_many_tables_stay_within_the_bound_and_in_order() {
        static HELD: AtomicUsize = AtomicUsize::new(0);
        static MOST: AtomicUsize = AtomicUsize::new(0);
        let source = |_: usize, chunk: u64, out: &mut Vec<u8>| -> Result<(), SourceError> {
            let size = 9 * MIB;
            let held = HELD.fetch_add(size, Ordering::SeqCst) + size;
            MOST.fetch_max(held, Ordering::SeqCst);
            out.resize(size, u8::try_from(chunk)?);
            Ok(())
        };
        let pipeline = Pipeline::new(Arc::new(source), 8);
        let load = load(20);
        let tables = (0..3).map(async |at| {
            let mut chunks = pipeline.chunks(at, &load);
            let mut seen: Vec<u8> = Vec::new();
            while let Some(chunk) = chunks.next().await.expect("no error") {
                seen.extend(chunk.text.first());
                HELD.fetch_sub(chunk.text.len(), Ordering::SeqCst);
            }
            seen
        });
        for seen in futures_util::future::join_all(tables).await {
            assert_eq!(seen, (0..20).collect::<Vec<u8>>());
        }
        let (most, bound) = (MOST.load(Ordering::SeqCst), CHUNKS_KIB_MAX as usize * 1024);
        assert!(most <= bound, "{most} bytes");
        assert!(most > bound / 2, "chunks are made ahead: {most} bytes");
    }

    #[tokio::test]
    async fn one_table_alone_keeps_every_worker_busy() {
        const WORKERS: usize = 4;
        // Every chunk but the first waits until as many are being made as there are workers.
        let together = std::sync::Barrier::new(WORKERS);
        let source = move |_: usize, chunk: u64, out: &mut Vec<u8>| -> Result<(), SourceError> {
            if chunk > 0 {
                together.wait();
            }
            out.push(u8::try_from(chunk)?);
            Ok(())
        };
        let pipeline = Pipeline::new(Arc::new(source), WORKERS);
        let load = load(1 + 5 * WORKERS as u64);
        let mut chunks = pipeline.chunks(0, &load);
        let mut seen = Vec::new();
        while let Some(chunk) = chunks.next().await.expect("no error") {
            seen.extend(chunk.text);
        }
        assert!(
            seen.is_sorted() && seen.len() == 1 + 5 * WORKERS,
            "{seen:?}"
        );
    }
}
