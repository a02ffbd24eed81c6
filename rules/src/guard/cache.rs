//! Verdicts on statements that came before: bounded, without their text.

use std::array;
use std::sync::{Mutex, PoisonError};

use highway::{HighwayHash, HighwayHasher, Key};

use super::denial::Verdict;
use super::{judge, judge_alone};
use crate::config::AccessMode;

/// Verdicts kept at most; at 24 bytes each they take 1.5 MiB.
pub const VERDICTS_MAX: usize = SHARDS * SETS * WAYS;
/// Parts with a lock of their own, so that threads rarely wait for each other.
const SHARDS: usize = 64;
const SETS: usize = 256;
/// Places that a verdict may have.
const WAYS: usize = 4;
/// Access modes, and ways of judging: with a database that enforces, and alone.
const MODES: usize = 3;
const WAYS_OF_JUDGING: usize = 2;
/// Longer SQL is judged each time: it hardly comes twice, and hashing it costs as much.
const SQL_BYTES_MAX: usize = 64 << 10;

/// Keeps verdicts by a keyed hash of 128 bits of mode and text (HighwayHash, arXiv:1612.06257, which is
/// quick for long texts): nobody who does not know the key, and no client sees a hash, can make two
/// statements share one.
#[derive(Debug)]
pub struct Cache {
    /// One for each way of judging and each mode, so that texts are hashed in place from their first byte.
    keys: [[[u64; 4]; MODES]; WAYS_OF_JUDGING],
    shards: Box<[Mutex<Shard>]>,
}

/// A hash and the verdict on what has it.
type Kept = (u64, u64, Verdict);

#[derive(Debug)]
struct Shard {
    sets: Box<[[Option<Kept>; WAYS]]>,
    /// The way that is given up next.
    turn: usize,
}

impl Cache {
    /// An empty cache; `key` must be secret and random.
    pub fn new(key: [u64; 4]) -> Self {
        let of = |way: usize, mode: usize| {
            HighwayHasher::new(Key(key)).hash256(&[way as u8, mode as u8])
        };
        let keys = array::from_fn(|way| array::from_fn(|mode| of(way, mode)));
        let shard = || {
            Mutex::new(Shard {
                sets: vec![[None; WAYS]; SETS].into_boxed_slice(),
                turn: 0,
            })
        };
        Self {
            keys,
            shards: std::iter::repeat_with(shard).take(SHARDS).collect(),
        }
    }

    /// Judges one message of SQL, as [`judge`] does.
    pub fn judge(&self, sql: &[u8], mode: AccessMode) -> Verdict {
        self.judge_by(judge, (0, mode), sql)
    }

    /// Judges one message of SQL, as [`judge_alone`] does.
    pub fn judge_alone(&self, sql: &[u8], mode: AccessMode) -> Verdict {
        self.judge_by(judge_alone, (1, mode), sql)
    }

    fn judge_by(
        &self,
        judge: fn(&[u8], AccessMode) -> Verdict,
        (way, mode): (usize, AccessMode),
        sql: &[u8],
    ) -> Verdict {
        if sql.len() > SQL_BYTES_MAX {
            return judge(sql, mode);
        }
        let key = Key(self.keys[way][mode as usize]);
        let [low, high] = HighwayHasher::new(key).hash128(sql);
        let shard = &self.shards[(low >> 8) as usize % SHARDS];
        let set = low as usize % SETS;
        {
            let shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            let found = shard.sets[set].iter().flatten();
            let same = |(one, two, _): &&Kept| (*one, *two) == (high, low);
            if let Some((_, _, verdict)) = found.clone().find(same) {
                return *verdict;
            }
        }
        let verdict = judge(sql, mode);
        let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
        shard.turn = (shard.turn + 1) % WAYS;
        let turn = shard.turn;
        let ways = &mut shard.sets[set];
        let way = ways.iter().position(Option::is_none).unwrap_or(turn);
        ways[way] = Some((high, low, verdict));
        verdict
    }

    /// Verdicts kept.
    pub fn len(&self) -> usize {
        let kept = |shard: &Mutex<Shard>| {
            let shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            shard.sets.iter().flatten().flatten().count()
        };
        self.shards.iter().map(kept).sum()
    }

    /// Whether none is kept.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
