//! A subset of production's rows: which ones a copy has, found within its snapshot.
//!
//! Nothing is written to production, and no temporary table is made, so a standby and a login that may
//! only read are enough. Rows are known by their places (table or leaf, ctid), which stay the same for
//! as long as the snapshot is held; their sets lie here, compressed, and are looked up along
//! references a batch at a time. No value of a row is kept.

mod check;
mod error;
mod join;
mod start;
mod tids;

use std::collections::BTreeMap;
use std::sync::Arc;

use rules::mask::{Reach, Reached, Subset};
use rules::schema::{Name, Schema};

use crate::copy::{Collected, Event, Progress};
use crate::key::MaskKey;
use crate::source::{Source, step};
use crate::wire::{Wire, WireError};

pub use error::SubsetError;

pub(crate) use check::check;
pub(crate) use tids::{Run, Tids};

use join::{Join, Leaves};

/// What the places of a subset may take, in bytes: 20 million rows that lie close to each other.
pub const BYTES_MAX: u64 = 160_000_000;

/// New rows until it is measured again what all take; the sets grow by at most 15 MB until then.
const MEASURED_ROWS: u64 = 1 << 16;

/// Places in one statement: some 400 kB of it.
const BATCH_ROWS: usize = 1 << 15;

/// What is read at once of the places that production sends.
const READ_BYTES: usize = 64 * 1024;

/// The rows of a subset.
#[derive(Debug, Default)]
pub struct Picked {
    leaves: BTreeMap<Name, Arc<Tids>>,
    tables: BTreeMap<Name, u64>,
}

impl Picked {
    /// The rows of a table or leaf; `None` where all of them are copied.
    pub(crate) fn of(&self, leaf: &Name) -> Option<&Arc<Tids>> {
        self.leaves.get(leaf)
    }

    /// How many rows of each table are copied; a table that is copied whole is not there.
    pub fn tables(&self) -> &BTreeMap<Name, u64> {
        &self.tables
    }
}

/// What a subset is collected for.
pub struct Request<'a> {
    /// Production's snapshot.
    pub source: &'a Source,
    /// Its schema.
    pub schema: &'a Schema,
    /// Where it begins.
    pub subset: &'a Subset,
    /// Where it leads to.
    pub reach: &'a Reach,
    /// What a share of rows follows from.
    pub key: &'a MaskKey,
    /// What the places of its rows may take; [`BYTES_MAX`] where nothing else is known.
    pub bytes_max: u64,
    /// Is told how far it is.
    pub progress: &'a Progress,
}

/// Finds the rows of a subset.
///
/// # Errors
/// When production cannot be read, or when the places take more than [`Request::bytes_max`].
pub async fn collect(request: &Request<'_>) -> Result<Picked, SubsetError> {
    let leaves = Leaves::read(request).await?;
    let joins = Join::read(request, &leaves).await?;
    let mut collecting = Collecting {
        wire: request.source.reader().await.map_err(SubsetError::Read)?,
        sets: leaves.all.iter().map(|_| Rows::default()).collect(),
        rows: 0,
        at_work: 0,
        bytes_max: request.bytes_max,
        progress: request.progress,
        leaves: &leaves,
    };
    // All of a cursor's rows are fetched, so a plan that is quick with the first is no gain.
    let set = request.source.client();
    let set = set
        .batch_execute("SET LOCAL cursor_tuple_fraction = 1")
        .await;
    set.map_err(|error| step("choose how rows are fetched", &error))?;
    for start in &request.subset.start {
        collecting.start(request, start).await?;
    }
    for join in &joins {
        collecting.wholes(join).await?;
    }
    while collecting.round(&joins).await? {}
    let ended = collecting.wire.run("COMMIT").await;
    ended.map_err(|error| read("end a snapshot of production", &error))?;
    let sets: Vec<Rows> = collecting.sets;
    let mut picked = Picked::default();
    for (table, reached) in &request.reach.tables {
        if matches!(reached, Reached::Part { .. }) {
            picked.tables.insert(table.clone(), 0);
        }
    }
    for (leaf, rows) in leaves.all.into_iter().zip(sets) {
        *picked.tables.entry(leaf.table).or_default() += rows.kept.len();
        picked.leaves.insert(leaf.name, Arc::new(rows.kept));
    }
    Ok(picked)
}

/// The rows of one table or leaf, as far as they are known.
#[derive(Default)]
struct Rows {
    kept: Tids,
    /// Those of them that pull nothing in.
    upward: Tids,
    /// Those whose children were not looked for yet.
    pull: Tids,
    /// Those whose parents were not looked for yet.
    lift: Tids,
}

/// How a row came into a subset.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// It is one to begin with, or refers to one that pulls others in.
    Down,
    /// Another refers to it.
    Up,
}

impl Rows {
    /// Adds a row; whether it was not there before.
    fn add(&mut self, place: u64, way: Way) -> bool {
        let new = self.kept.insert(place);
        if new {
            self.lift.insert(place);
        }
        let pulls = match way {
            Way::Down => new || self.upward.remove(place),
            Way::Up => false,
        };
        if pulls {
            self.pull.insert(place);
        } else if new {
            self.upward.insert(place);
        }
        new
    }

    fn bytes(&self) -> u64 {
        let sets = [&self.kept, &self.upward, &self.pull, &self.lift];
        sets.map(Tids::bytes).iter().sum()
    }
}

struct Collecting<'a> {
    wire: Wire,
    /// One for each of the leaves.
    sets: Vec<Rows>,
    rows: u64,
    /// Bytes of the sets that are being looked up.
    at_work: u64,
    bytes_max: u64,
    progress: &'a Progress,
    leaves: &'a Leaves,
}

impl Collecting<'_> {
    /// Adds the row of a leaf.
    fn add(&mut self, leaf: usize, place: u64, way: Way) -> Result<(), SubsetError> {
        if !self.sets[leaf].add(place, way) {
            return Ok(());
        }
        self.rows += 1;
        match self.rows.is_multiple_of(MEASURED_ROWS) && self.bytes() > self.bytes_max {
            true => Err(SubsetError::Many {
                rows: self.rows,
                megabytes: self.bytes_max / 1_000_000,
            }),
            false => Ok(()),
        }
    }

    /// Bytes of all sets.
    fn bytes(&self) -> u64 {
        self.at_work + self.sets.iter().map(Rows::bytes).sum::<u64>()
    }

    /// Tells how many rows of a leaf's table there are.
    fn tell(&self, leaf: usize) {
        let table = &self.leaves.all[leaf].table;
        let of = self.leaves.all.iter().zip(&self.sets);
        let rows = of.filter(|(leaf, _)| leaf.table == *table);
        let rows = rows.map(|(_, rows)| rows.kept.len()).sum();
        (self.progress)(&Event::Collected(Collected {
            table: table.clone(),
            rows,
        }));
    }

    /// Looks up the parents of tables that are copied whole.
    async fn wholes(&mut self, join: &Join) -> Result<(), SubsetError> {
        for from in join.whole.iter() {
            for to in &join.to {
                self.find(join, &join.above(from, to, None), Way::Up)
                    .await?;
            }
        }
        Ok(())
    }

    /// Looks up what is new since the last round; whether there was anything.
    async fn round(&mut self, joins: &[Join]) -> Result<bool, SubsetError> {
        let mut any = false;
        for at in 0..self.sets.len() {
            let pull = std::mem::take(&mut self.sets[at].pull);
            let lift = std::mem::take(&mut self.sets[at].lift);
            any |= !pull.is_empty() || !lift.is_empty();
            self.at_work = pull.bytes() + lift.bytes();
            let own = self.leaves.all[at].sql.clone();
            for join in joins {
                if join.down && join.to_leaves.contains(&at) {
                    for run in pull.runs(BATCH_ROWS) {
                        let places = pull.literal(run);
                        for from in &join.from {
                            let sql = join.below(from, &own, &places);
                            self.find(join, &sql, Way::Down).await?;
                        }
                    }
                }
                if join.from_leaves.contains(&at) {
                    for run in lift.runs(BATCH_ROWS) {
                        let places = lift.literal(run);
                        for to in &join.to {
                            let sql = join.above(&own, to, Some(&places));
                            self.find(join, &sql, Way::Up).await?;
                        }
                    }
                }
            }
            if !pull.is_empty() || !lift.is_empty() {
                self.tell(at);
            }
        }
        Ok(any)
    }

    /// Adds the rows that a COPY of object ids and places gives.
    async fn find(&mut self, join: &Join, sql: &str, way: Way) -> Result<(), SubsetError> {
        let failed = |error: &WireError| read(&join.step, error);
        let begun = self.wire.copy_out(sql).await;
        begun.map_err(|error| failed(&error))?;
        let mut held = Vec::with_capacity(READ_BYTES);
        loop {
            let ended = self.wire.pull(&mut held, READ_BYTES).await;
            let ended = ended.map_err(|error| failed(&error))?;
            let lines = memchr::memrchr(b'\n', &held).map_or(0, |at| at + 1);
            for line in held[..lines].split_inclusive(|byte| *byte == b'\n') {
                let row = self.leaves.row(line.trim_ascii_end());
                let (leaf, place) = row.ok_or(SubsetError::Place)?;
                self.add(leaf, place, way)?;
            }
            held.drain(..lines);
            if ended.is_some() {
                return Ok(());
            }
        }
    }
}

fn read(step: &str, error: &WireError) -> SubsetError {
    SubsetError::Read(error.failure(step))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_that_was_lifted_pulls_only_once_it_is_pulled_itself() {
        let mut rows = Rows::default();
        assert!(rows.add(1, Way::Up));
        assert!(!rows.add(1, Way::Up));
        assert!(rows.pull.is_empty() && rows.lift.contains(1));
        rows.lift = Tids::default();
        assert!(!rows.add(1, Way::Down));
        assert!(rows.pull.contains(1) && rows.upward.is_empty());
        assert!(rows.lift.is_empty(), "its parents were looked for already");
        rows.pull = Tids::default();
        assert!(!rows.add(1, Way::Down));
        assert!(rows.pull.is_empty(), "its children were looked for already");
        assert!(rows.add(2, Way::Down));
        assert!(!rows.add(2, Way::Up));
        assert!(rows.pull.contains(2) && rows.lift.contains(2));
        assert_eq!(rows.kept.len(), 2);
    }
}
