//! What went through: counted by each worker for itself, summed when somebody asks.

use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes and whole messages that were carried; each pair is "from clients, from servers".
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Carried {
    /// Bytes.
    pub bytes: [u64; 2],
    /// Messages.
    pub messages: [u64; 2],
}

/// One worker's count, on a cache line of its own: another worker's writes never slow it.
#[derive(Default)]
#[repr(align(128))]
pub(super) struct Tally {
    bytes: [AtomicU64; 2],
    messages: [AtomicU64; 2],
}

impl Tally {
    /// Adds what a session carried since it last `told`.
    ///
    /// Only the worker's own thread calls this, so reading and writing apart loses nothing and
    /// costs no locked instruction.
    pub(super) fn note(&self, now: Carried, told: &mut Carried) {
        if now == *told {
            return;
        }
        let counts = self.bytes.iter().chain(&self.messages);
        let now_all = now.bytes.into_iter().chain(now.messages);
        let told_all = told.bytes.into_iter().chain(told.messages);
        for (count, (now, told)) in counts.zip(now_all.zip(told_all)) {
            let before = count.load(Ordering::Relaxed);
            count.store(before + (now - told), Ordering::Relaxed);
        }
        *told = now;
    }

    /// What it stands at.
    pub(super) fn carried(&self) -> Carried {
        let read = |counts: &[AtomicU64; 2]| counts.each_ref().map(|c| c.load(Ordering::Relaxed));
        Carried {
            bytes: read(&self.bytes),
            messages: read(&self.messages),
        }
    }
}

impl std::iter::Sum for Carried {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |mut sum, one| {
            for side in 0..2 {
                sum.bytes[side] += one.bytes[side];
                sum.messages[side] += one.messages[side];
            }
            sum
        })
    }
}
