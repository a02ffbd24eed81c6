//! Buffers that a session holds only while bytes pass through it.
//!
//! Bytes are shown by cursors alone, so what an earlier session left behind in a buffer is never
//! seen.

use std::cell::RefCell;

/// What a direction begins with: more than a request or a small answer.
pub(super) const SMALL_BYTES: usize = 8 * 1024;
/// What a direction gets while it fills its buffer: large results need fewer system calls.
pub(super) const LARGE_BYTES: usize = 64 * 1024;
/// Buffers that a worker keeps of each size: 2 MiB of small and 4 MiB of large ones.
const SMALL_KEPT: usize = 256;
const LARGE_KEPT: usize = 64;

thread_local! {
    static POOL: RefCell<Pool> = const { RefCell::new(Pool { small: Vec::new(), large: Vec::new() }) };
}

struct Pool {
    small: Vec<Box<[u8]>>,
    large: Vec<Box<[u8]>>,
}

/// Takes a buffer from the worker's pool, or makes one.
pub(super) fn take(large: bool) -> Box<[u8]> {
    let pooled = POOL.with_borrow_mut(|pool| {
        if large {
            pool.large.pop()
        } else {
            pool.small.pop()
        }
    });
    let bytes = if large { LARGE_BYTES } else { SMALL_BYTES };
    pooled.unwrap_or_else(|| vec![0; bytes].into_boxed_slice())
}

/// Gives a buffer back to the worker's pool.
pub(super) fn give(buffer: Box<[u8]>) {
    POOL.with_borrow_mut(|pool| {
        let (kept, most) = if buffer.len() == SMALL_BYTES {
            (&mut pool.small, SMALL_KEPT)
        } else {
            (&mut pool.large, LARGE_KEPT)
        };
        if kept.len() < most {
            kept.push(buffer);
        }
    });
}
