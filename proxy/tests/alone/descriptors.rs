//! Connections killed at random points leave no key, no lease and no descriptor.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use rand::{Rng, RngExt};
use wire::{ClientExchange, MECHANISM, sasl_initial_response, startup_message};

use crate::client::query;
use crate::harness::Harness;

/// Where a session dies: most before they cost a server's process.
const SESSIONS_OF_TEN: u32 = 2;

fn kills() -> usize {
    match std::env::var_os("STANDIN_TEST_LONG") {
        Some(_) => 100_000,
        None => 10_000,
    }
}

fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

/// Sends the first bytes of a login, and cuts them off anywhere.
fn cut_off(harness: &Harness, random: &mut impl Rng) {
    let Ok(mut socket) = TcpStream::connect(harness.address) else {
        return;
    };
    let startup = startup_message([("user", "app"), ("database", "postgres")]);
    let offered = ClientExchange::new(&[MECHANISM], "wrong", None).unwrap();
    let first = sasl_initial_response(MECHANISM, &offered.first());
    let all = [startup, first].concat();
    let length = random.random_range(0..=all.len());
    // The relay may refuse what is cut off while it is still being sent.
    let _ = socket.write_all(&all[..length]);
    if random.random_bool(0.3) {
        socket
            .set_read_timeout(Some(Duration::from_millis(1)))
            .unwrap();
        let _ = socket.read(&mut [0; 64]);
    }
}

fn killed_session(harness: &Harness, random: &mut impl Rng) {
    let mut client = harness.session();
    let asked = query("select repeat('x', 100000)");
    match random.random_range(0..4) {
        0 => {}
        1 => client.send(&asked[..random.random_range(0..asked.len())]),
        2 => client.send(&asked),
        _ => client.send(&query("begin; select pg_sleep(600)")),
    }
}

#[test]
fn connections_killed_at_random_points_leave_nothing() {
    let _alone = crate::alone();
    let harness = Harness::new();
    drop(harness.session());
    harness.wait_until_empty();
    let before = descriptors();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut random = rand::rng();
                for _ in 0..kills() / 4 {
                    if random.random_ratio(SESSIONS_OF_TEN, 10) {
                        killed_session(&harness, &mut random);
                    } else {
                        cut_off(&harness, &mut random);
                    }
                }
            });
        }
    });
    harness.wait_until_empty();
    let began = Instant::now();
    while descriptors() > before {
        let now = descriptors();
        assert!(
            began.elapsed() < Duration::from_secs(30),
            "{now} of {before}"
        );
    }
}
