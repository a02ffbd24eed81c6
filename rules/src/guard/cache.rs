//! Verdicts on statements that came before: bounded, without their text.

use std::hash::Hasher;
use std::sync::{Mutex, PoisonError};

use siphasher::sip128::{Hasher128, SipHasher13};

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
/// Longer SQL is judged each time: it hardly comes twice, and hashing it costs as much.
const SQL_BYTES_MAX: usize = 64 << 10;

/// Keeps verdicts by a keyed hash of 128 bits of mode and text: nobody who does not know the key can
/// make two statements share one.
#[derive(Debug)]
pub struct Cache {
    key: [u8; 16],
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
    pub fn new(key: [u8; 16]) -> Self {
        let shard = || {
            Mutex::new(Shard {
                sets: vec![[None; WAYS]; SETS].into_boxed_slice(),
                turn: 0,
            })
        };
        Self {
            key,
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
        (way, mode): (u8, AccessMode),
        sql: &[u8],
    ) -> Verdict {
        if sql.len() > SQL_BYTES_MAX {
            return judge(sql, mode);
        }
        let mut hasher = SipHasher13::new_with_key(&self.key);
        hasher.write(&[way, mode as u8]);
        hasher.write(sql);
        let hash = hasher.finish128();
        let (high, low) = (hash.h1, hash.h2);
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
