//! Row versions of one table or leaf, by their places.
//!
//! Within a snapshot a row version stays where it is: what the snapshot sees is neither pruned nor
//! vacuumed away, and whatever would move it needs a lock that readers hold off.

use std::fmt::Write;

use roaring::RoaringTreemap;

/// Bits for the line pointer: a block of 32 KiB has at most 1,165 (PostgreSQL documentation, "Database
/// Page Layout"), so neighbouring blocks share a container of the set.
const POINTER_BITS: u32 = 11;

/// Bits of a place within one of the set's maps, of 2^13 blocks each: a new container moves those behind
/// it in the same map, and so these are to be few.
const MAP_BITS: u32 = 24;

/// What a container of the set takes beside its places: its own record, what the allocator adds, and
/// spare room where these lie.
const CONTAINER_BYTES: u64 = 80;

/// A container that holds a bit for each place it could have.
const BITSET_BYTES: u64 = 8 << 10;

/// A set of places: some 3 bytes each where most rows of a block are in it, 70 where a place has the
/// next 32 blocks for itself.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Tids(RoaringTreemap);

impl Tids {
    /// Adds a place; whether it was new.
    pub(super) fn insert(&mut self, place: u64) -> bool {
        self.0.insert(place)
    }

    /// Takes a place out; whether it was there.
    pub(super) fn remove(&mut self, place: u64) -> bool {
        self.0.remove(place)
    }

    /// Whether a place is in it.
    #[cfg(test)]
    pub(super) fn contains(&self, place: u64) -> bool {
        self.0.contains(place)
    }

    /// How many places there are.
    pub(crate) fn len(&self) -> u64 {
        self.0.len()
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Bytes that it takes, at most.
    pub(super) fn bytes(&self) -> u64 {
        let sets = self.0.bitmaps().map(|(_, set)| {
            let figures = set.statistics();
            // Arrays are of 2 bytes a place, which are counted as 4.
            u64::from(figures.n_containers) * CONTAINER_BYTES
                + figures.n_bytes_array_containers / 2
                + u64::from(figures.n_bitset_containers) * BITSET_BYTES
        });
        sets.sum()
    }

    /// Cuts the set into runs of at most `most` places, in their order and about as long as each
    /// other: a run of one place would be a row that has no other beside it.
    pub(crate) fn runs(&self, most: usize) -> Vec<Run> {
        let most = (most as u64).max(1);
        let most = self.0.len().div_ceil(self.0.len().div_ceil(most).max(1));
        let mut runs = Vec::new();
        let mut current: Option<Run> = None;
        for place in &self.0 {
            match &mut current {
                Some(run) if run.count < most => {
                    run.count += 1;
                    run.last = place;
                }
                _ => {
                    runs.extend(current.take());
                    current = Some(Run {
                        first: place,
                        last: place,
                        count: 1,
                    });
                }
            }
        }
        runs.extend(current);
        runs
    }

    /// The places of a run as an SQL literal: `'{"(0,1)","(0,2)"}'::pg_catalog.tid[]`.
    pub(crate) fn literal(&self, run: Run) -> String {
        let mut places = self.0.iter();
        places.advance_to(run.first);
        let mut text = String::with_capacity(run.count as usize * 12 + 32);
        text.push_str("'{");
        for (at, place) in places.take(run.count as usize).enumerate() {
            let comma = if at == 0 { "" } else { "," };
            let (block, pointer) = (block(place), place & ((1 << POINTER_BITS) - 1));
            // Writing into a text does not fail.
            write!(text, "{comma}\"({block},{pointer})\"").ok();
        }
        text.push_str("}'::pg_catalog.tid[]");
        text
    }
}

/// Neighbours in a set of places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Run {
    first: u64,
    last: u64,
    /// How many.
    pub(crate) count: u64,
}

impl Run {
    /// A condition that no place of the run fails, and by which nothing but their blocks is read, from
    /// PostgreSQL 14 on.
    pub(crate) fn blocks(self) -> String {
        let (first, end) = (block(self.first), block(self.last) + 1);
        format!("ctid >= '({first},0)'::pg_catalog.tid AND ctid < '({end},0)'::pg_catalog.tid")
    }
}

/// The place that `(12,3)` is; `None` where it is none of a heap.
pub(super) fn place(tid: &[u8]) -> Option<u64> {
    let tid = std::str::from_utf8(tid).ok()?;
    let (block, pointer) = tid.strip_prefix('(')?.strip_suffix(')')?.split_once(',')?;
    let (block, pointer): (u32, u16) = (block.parse().ok()?, pointer.parse().ok()?);
    let fits = pointer > 0 && u32::from(pointer) < 1 << POINTER_BITS;
    fits.then(|| spread(u64::from(block) << POINTER_BITS | u64::from(pointer)))
}

/// Puts what is above [`MAP_BITS`] where the set has the number of a map; order stays.
fn spread(place: u64) -> u64 {
    (place >> MAP_BITS) << u32::BITS | (place & ((1 << MAP_BITS) - 1))
}

fn block(place: u64) -> u64 {
    let place = (place >> u32::BITS) << MAP_BITS | (place & ((1 << MAP_BITS) - 1));
    place >> POINTER_BITS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_written_as_it_was_read() {
        let mut tids = Tids::default();
        for tid in [
            "(8192,1)",
            "(7,2)",
            "(0,1)",
            "(4294967294,291)",
            "(7,1165)",
            "(8191,2047)",
            "(0,1)",
        ] {
            tids.insert(place(tid.as_bytes()).expect("a place"));
        }
        assert_eq!(tids.len(), 6);
        assert_eq!(
            tids.literal(tids.runs(9)[0]),
            "'{\"(0,1)\",\"(7,2)\",\"(7,1165)\",\"(8191,2047)\",\"(8192,1)\",\"(4294967294,291)\"}'::pg_catalog.tid[]"
        );
        let runs = tids.runs(3);
        assert_eq!(runs.iter().map(|run| run.count).collect::<Vec<_>>(), [3, 3]);
        assert_eq!(
            tids.literal(runs[0]),
            "'{\"(0,1)\",\"(7,2)\",\"(7,1165)\"}'::pg_catalog.tid[]"
        );
        assert_eq!(
            tids.literal(runs[1]),
            "'{\"(8191,2047)\",\"(8192,1)\",\"(4294967294,291)\"}'::pg_catalog.tid[]"
        );
        assert_eq!(
            runs[0].blocks(),
            "ctid >= '(0,0)'::pg_catalog.tid AND ctid < '(8,0)'::pg_catalog.tid"
        );
        assert_eq!(
            runs[1].blocks(),
            "ctid >= '(8191,0)'::pg_catalog.tid AND ctid < '(4294967295,0)'::pg_catalog.tid"
        );
        for wrong in ["(1,0)", "(1,2048)", "(4294967296,1)", "1,2", "(1)", ""] {
            assert_eq!(place(wrong.as_bytes()), None, "{wrong}");
        }
    }

    /// Places `every` blocks apart, `each` to a block.
    fn filled(places: u64, every: u64, each: u64) -> Tids {
        let mut tids = Tids::default();
        for n in 0..places {
            let block = n / each * every;
            tids.insert(spread(block << POINTER_BITS | (n % each + 1)));
        }
        assert_eq!(tids.len(), places);
        tids
    }

    #[test]
    fn places_take_some_bytes_each_and_more_where_they_lie_apart() {
        let bytes = |tids: &Tids| tids.bytes() as f64 / tids.len() as f64;
        let (dense, sparse) = (filled(1_000_000, 1, 100), filled(100_000, 33, 1));
        assert!((2.0..3.0).contains(&bytes(&dense)), "{}", bytes(&dense));
        assert!(
            (70.0..100.0).contains(&bytes(&sparse)),
            "{}",
            bytes(&sparse)
        );
        assert_eq!(dense.runs(1 << 15).len(), 31);
        let all: u64 = sparse.runs(1 << 15).iter().map(|run| run.count).sum();
        assert_eq!(all, 100_000);
    }
}
