//! How sessions end from outside, and what their clients see.

use std::time::{Duration, Instant};

use proxy::relay::Ending;

use crate::client::{Client, message, query};
use crate::harness::{Harness, PASSWORD, Turn};

/// How long a busy session may go on; they are ended within a second.
const BUSY_MAX: Duration = Duration::from_secs(60);

fn reset() -> Option<Ending> {
    Some(Ending {
        message: "environment \"qa\" was reset".into(),
        detail: Some("By ada.".into()),
        hint: Some("Connect again.".into()),
    })
}

/// The codes of the errors that came up to the end of the connection.
fn last_words(client: &mut Client) -> Vec<String> {
    client
        .rest()
        .iter()
        .filter(|message| message.tag == b'E')
        .filter_map(|message| message.field(b'C'))
        .collect()
}

#[test]
fn an_idle_session_is_told_why_exactly_once() {
    let harness = Harness::new();
    let mut client = harness.session();
    harness.desk.ending.send_replace(reset());
    let rest = client.rest();
    assert_eq!(rest.len(), 1, "{rest:?}");
    for (field, value) in [
        (b'V', "FATAL"),
        (b'C', "57P01"),
        (b'M', "environment \"qa\" was reset"),
        (b'D', "By ada."),
        (b'H', "Connect again."),
    ] {
        assert_eq!(rest[0].field(field).as_deref(), Some(value));
    }
    harness.wait_until_empty();
}

#[test]
fn a_session_that_sleeps_or_idles_in_a_transaction_is_told_soon() {
    let harness = Harness::new();
    let mut sleeping = harness.session();
    sleeping.send(&query("select pg_sleep(600)"));
    let mut open = harness.session();
    open.ask("begin");
    let began = Instant::now();
    harness.desk.ending.send_replace(reset());
    assert_eq!(last_words(&mut sleeping), ["57P01"]);
    assert_eq!(last_words(&mut open), ["57P01"]);
    assert!(began.elapsed() < Duration::from_secs(1));
    harness.wait_until_empty();
}

#[test]
fn a_client_that_does_not_read_cannot_delay_its_end() {
    let harness = Harness::new();
    let mut client = harness.session();
    client.send(&query(
        "select repeat('x', 1000000) from generate_series(1, 100)",
    ));
    // The first message shows that the flood is under way.
    assert_eq!(client.receive().unwrap().tag, b'T');
    let began = Instant::now();
    harness.desk.ending.send_replace(reset());
    harness.wait_until_empty();
    assert!(began.elapsed() < Duration::from_secs(3));
}

#[test]
fn busy_sessions_see_an_answer_or_the_reason_and_never_a_bare_end() {
    let harness = Harness::new();
    let told = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..50)
            .map(|_| {
                let mut client = harness.session();
                scope.spawn(move || {
                    let began = Instant::now();
                    loop {
                        // Otherwise a failure elsewhere would never come to its end.
                        assert!(began.elapsed() < BUSY_MAX, "nobody ended it");
                        let _ = client
                            .socket
                            .write_all(&query("select count(*) from items"));
                        let answer = client.until(b'Z');
                        let last = answer.last().expect("an answer, not a bare end");
                        match last.tag {
                            b'Z' => assert_eq!(&answer[1].body[6..], b"1000"),
                            _ => return last.field(b'C'),
                        }
                    }
                })
            })
            .collect();
        harness.desk.ending.send_replace(reset());
        let told = clients.into_iter().map(|client| client.join().unwrap());
        told.collect::<Vec<_>>()
    });
    assert!(
        told.iter().all(|code| code.as_deref() == Some("57P01")),
        "{told:?}"
    );
    harness.wait_until_empty();
}

#[test]
fn a_drain_ends_idle_sessions_at_once_and_lets_transactions_finish() {
    let mut harness = Harness::new();
    let mut idle = harness.session();
    let mut open = harness.session();
    open.ask("begin");
    harness.close();
    std::thread::scope(|scope| {
        let harness = &harness;
        let drain = scope.spawn(move || {
            harness
                .runtime
                .block_on(harness.relay.drain(Duration::from_secs(20)));
        });
        assert_eq!(last_words(&mut idle), ["57P01"]);
        assert_eq!(open.ask("select 1").last().unwrap().tag, b'Z');
        assert!(!drain.is_finished());
        assert_eq!(open.ask("commit")[0].body, b"COMMIT\0");
        assert_eq!(last_words(&mut open), ["57P01"]);
        drop((idle, open));
        drain.join().unwrap();
    });
    assert!(harness.relay.sessions().is_empty());
}

#[test]
fn a_drain_ends_an_open_transaction_at_its_deadline() {
    let harness = Harness::new();
    let mut open = harness.session();
    open.ask("begin");
    let began = Instant::now();
    harness
        .runtime
        .block_on(harness.relay.drain(Duration::from_millis(200)));
    assert!(began.elapsed() >= Duration::from_millis(200));
    assert_eq!(last_words(&mut open), ["57P01"]);
}

#[test]
fn idle_sessions_and_transactions_end_after_their_limits() {
    let mut turn = Turn::default();
    turn.limits.idle_session = Some(Duration::from_millis(150));
    turn.limits.idle_in_transaction = Some(Duration::from_millis(150));
    let harness = turn.start();
    let mut idle = harness.session();
    let mut open = harness.session();
    open.ask("begin");
    let mut busy = harness.session();
    assert_eq!(busy.ask("select pg_sleep(0.5)").last().unwrap().tag, b'Z');
    assert_eq!(last_words(&mut idle), ["57P05"]);
    assert_eq!(last_words(&mut open), ["25P03"]);
    harness.wait_until_empty();
}

#[test]
fn lengths_that_no_message_can_have_end_the_session() {
    let harness = Harness::new();
    for length in [0_u32, 3, 0x7fff_ffff, 0xffff_ffff] {
        for tag in b"QPBEDCHSFXdcf?" {
            let mut client = harness.session();
            client.send(&[&[*tag][..], &length.to_be_bytes()].concat());
            assert_eq!(
                last_words(&mut client),
                ["08P01"],
                "{} {length}",
                *tag as char
            );
        }
    }
    let mut client = harness.session();
    client.send(&message(b'D', &[b'S'; 10_001]));
    assert_eq!(last_words(&mut client), ["08P01"]);
    harness.wait_until_empty();
}

/// Sends a query and closes the sending side at once.
fn asked_last(harness: &Harness, sql: &str) -> Client {
    let (mut client, socket) = Client::tcp_and_socket(harness.address);
    let ready = client.start(&[("user", "app"), ("database", "postgres")], PASSWORD);
    assert_eq!(ready.last().map(|last| last.tag), Some(b'Z'));
    client.send(&query(sql));
    socket.shutdown(std::net::Shutdown::Write).unwrap();
    client
}

#[test]
fn a_client_that_only_stops_sending_gets_its_answer() {
    let harness = Harness::new();
    let mut client = asked_last(&harness, "select 41 + 1");
    let answer = client.rest();
    let tags: Vec<u8> = answer.iter().map(|message| message.tag).collect();
    assert_eq!(tags, b"TDCZ");
    assert_eq!(&answer[1].body[6..], b"42");
    harness.wait_until_empty();
}

#[test]
fn what_nobody_waits_for_any_more_is_cancelled() {
    let harness = Harness::new();
    let mut watching = harness.session();
    let mut running = || {
        let sql = "select count(*) from pg_stat_activity \
                   where state = 'active' and query = 'select pg_sleep(599)'";
        watching.ask(sql)[1].body[6..].to_vec()
    };
    let began = Instant::now();
    let mut client = asked_last(&harness, "select pg_sleep(599)");
    while running() == b"0" {
        assert!(began.elapsed() < BUSY_MAX, "it was never run");
    }
    let began = Instant::now();
    while running() == b"1" {
        assert!(began.elapsed() < Duration::from_secs(3), "it still runs");
    }
    client.rest();
    drop(watching);
    harness.wait_until_empty();
}

#[test]
fn sessions_killed_at_any_point_leave_nothing() {
    let harness = Harness::new();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let harness = &harness;
            scope.spawn(move || {
                for round in 0..50 {
                    let mut client = Client::tcp(harness.address);
                    match (thread + round) % 4 {
                        0 => {}
                        1 => client.send(&[0, 0, 0]),
                        2 => drop(harness.session()),
                        _ => harness.session().send(&query("select pg_sleep(600)")),
                    }
                }
            });
        }
    });
    harness.wait_until_empty();
}

#[test]
fn a_goodbye_that_the_server_does_not_take_for_one_leaves_no_session() {
    let harness = Harness::new();
    // Within COPY a server answers a goodbye with an error; of a torn one it awaits the rest.
    let mut copying = harness.session();
    copying.send(&query("create temp table t(n int); copy t from stdin"));
    copying.until(b'G');
    copying.send(&message(b'X', b""));
    drop(copying);
    let mut torn = harness.session();
    torn.send(&[b'X', 0, 0, 0, 100]);
    drop(torn);
    harness.wait_until_empty();
}
