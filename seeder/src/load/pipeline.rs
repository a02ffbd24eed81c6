//! Chunks, made on threads side by side and handed out in their order, within a bound of memory.
//!
//! A chunk is begun only when memory for it is set aside, and chunks of one table are begun in their
//! order: so the one that is sent next is always among those that are being made, and waiting for
//! memory ends.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;

use super::catalogue::Work;
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
    pub(super) fn chunks<'a>(&'a self, work: &'a Work) -> Chunks<'a> {
        Chunks {
            pipeline: self,
            work,
            next: 0,
            largest_kib: None,
            begun: VecDeque::new(),
        }
    }

    fn begin(
        &self,
        work: &Work,
        chunk: u64,
        memory: OwnedSemaphorePermit,
    ) -> JoinHandle<Result<Chunk, SourceError>> {
        let (source, workers) = (Arc::clone(&self.source), Arc::clone(&self.workers));
        let table = work.index;
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
    work: &'a Work,
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
        let table = || self.work.load.table.clone();
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
            if self.next == self.work.load.chunks || self.begun.len() >= ahead {
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
            let begun = self.pipeline.begin(self.work, self.next, memory);
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
