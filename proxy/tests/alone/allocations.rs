//! A relayed message costs no allocation.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::client::{Client, message, query};
use crate::harness::Turn;

/// What a burst of messages may cost beside them: a queue of the runtime that grows, for example.
const ALLOCATIONS_MAX: u64 = 20;

struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// Set in threads of the test itself: the relay's are those that it did not make.
    static OURS: Cell<bool> = const { Cell::new(false) };
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[allow(
    unsafe_code,
    reason = "an allocator is unsafe to write; it only counts and passes on"
)]
// SAFETY: every call goes to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if !OURS.get() {
            ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        }
        // SAFETY: the caller's promises are the system allocator's conditions.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: the block came from the same allocator.
        unsafe { System.dealloc(at, layout) }
    }
}

/// Bursts of a prepared statement: 100 executions each, five messages per execution.
fn pipelined(client: &mut Client, bursts: usize) {
    let one = [
        message(b'B', b"\0s\0\0\0\0\x01\0\0\0\x05hello\0\0"),
        message(b'E', b"\0\0\0\0\0"),
    ]
    .concat();
    let burst = [one.repeat(100), message(b'S', b"")].concat();
    for _ in 0..bursts {
        client.send(&burst);
        assert_eq!(client.until(b'Z').len(), 3 * 100 + 1);
    }
}

fn one_by_one(client: &mut Client, queries: usize) {
    for _ in 0..queries {
        client.send(&query("select 1"));
        assert_eq!(client.until(b'Z').len(), 4);
    }
}

#[test]
fn a_hundred_thousand_messages_allocate_nothing() {
    let _alone = crate::alone();
    OURS.set(true);
    let mut turn = Turn::default();
    // So that the clock is looked at too.
    turn.limits.idle_session = Some(Duration::from_secs(600));
    let harness = turn.start();
    let mut client = harness.session();
    client.send(&message(b'P', b"s\0select $1::text\0\0\0"));
    client.send(&message(b'S', b""));
    client.until(b'Z');
    pipelined(&mut client, 10);
    one_by_one(&mut client, 100);
    let carried = || harness.relay.carried().messages.iter().sum::<u64>();
    let (allocated, before) = (ALLOCATIONS.load(Ordering::Relaxed), carried());
    pipelined(&mut client, 160);
    one_by_one(&mut client, 5_000);
    let allocated = ALLOCATIONS.load(Ordering::Relaxed) - allocated;
    // The last burst's count is noted just after its bytes went out.
    let began = Instant::now();
    while carried() < before + 100_000 {
        assert!(began.elapsed() < Duration::from_secs(10), "{}", carried());
        std::thread::yield_now();
    }
    assert!(allocated <= ALLOCATIONS_MAX, "{allocated} allocations");
    // The counter does count: another session is not free.
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    drop(harness.session());
    assert!(ALLOCATIONS.load(Ordering::Relaxed) > before);
}
