//! What a reload means to sessions under way, and who comes while the relay stops.

use std::io::Read as _;
use std::time::{Duration, Instant};

use rules::config::StatementLimits;
use wire::startup_message;

use crate::client::{Client, Message, query};
use crate::harness::{Harness, PASSWORD, Turn};

const SSL: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

fn last_code(client: &mut Client) -> Option<String> {
    client.rest().last().and_then(|last| last.field(b'C'))
}

#[test]
fn sessions_under_way_obey_the_limits_of_a_reload() {
    let harness = Harness::new();
    let mut idle = harness.session();
    let mut open = harness.session();
    open.ask("begin");
    let mut failed = harness.session();
    failed.ask("begin");
    failed.ask("select 1/0");
    let mut turn = Turn::default();
    turn.limits.idle_session = Some(Duration::from_millis(150));
    turn.limits.idle_in_transaction = Some(Duration::from_millis(150));
    harness.relay.reload(turn.policy());
    assert_eq!(last_code(&mut idle).as_deref(), Some("57P05"));
    assert_eq!(last_code(&mut open).as_deref(), Some("25P03"));
    assert_eq!(last_code(&mut failed).as_deref(), Some("25P03"));
    harness.wait_until_empty();
}

#[test]
fn a_limit_that_a_reload_takes_away_or_raises_ends_nobody() {
    let mut turn = Turn::default();
    turn.limits.idle_session = Some(Duration::from_millis(700));
    turn.limits.idle_in_transaction = Some(Duration::from_millis(700));
    let harness = turn.start();
    let mut idle = harness.session();
    let mut open = harness.session();
    open.ask("begin");
    let mut raised = Turn::default();
    raised.limits.idle_in_transaction = Some(Duration::from_secs(600));
    harness.relay.reload(raised.policy());
    // Longer than the old limits.
    let mut clock = harness.session();
    clock.ask("select pg_sleep(1.5)");
    assert_eq!(idle.ask("select 1").last().unwrap().tag, b'Z');
    assert_eq!(open.ask("commit")[0].body, b"COMMIT\0");
}

#[test]
fn sessions_under_way_obey_the_bounds_of_a_reload() {
    let harness = Harness::new();
    let (mut open, mut busy) = (harness.session(), harness.session());
    open.ask("begin");
    busy.send(&query("select pg_sleep(60)"));
    let reload = |limits| {
        *harness.desk.limits.lock().unwrap() = limits;
        harness.relay.reload(Turn::default().policy());
    };
    let code = |answer: &[Message]| {
        let error = answer.iter().find(|message| message.tag == b'E');
        error.and_then(|error| error.field(b'C'))
    };
    let ask = |client: &mut Client, rows: u32| {
        let answer = client.ask(&format!("select generate_series(1, {rows})"));
        code(&answer)
    };
    assert_eq!(ask(&mut open, 2000), None);
    reload(StatementLimits {
        statement: Some(Duration::from_secs(1)),
        rows: Some(1000),
        ..StatementLimits::default()
    });
    // The statement under way is bounded, too.
    let answer = busy.until(b'Z');
    assert_eq!(code(&answer).as_deref(), Some("57014"));
    assert_eq!(ask(&mut open, 100_000_000).as_deref(), Some("54000"));
    open.ask("rollback");
    reload(StatementLimits::default());
    assert_eq!(ask(&mut open, 2000), None);
}

#[test]
fn who_comes_while_the_relay_stops_is_told_so() {
    let harness = Harness::new();
    let mut open = harness.session();
    open.ask("begin");
    let mut idle = harness.session();
    let mut early = Client::tcp(harness.address);
    let pairs = [("user", "app"), ("database", "postgres")];
    let mut half = Client::tcp(harness.address);
    half.send(&startup_message(pairs));
    let offer = half.receive().unwrap();
    std::thread::scope(|scope| {
        let harness = &harness;
        let drain = scope.spawn(move || {
            let patience = Duration::from_secs(20);
            harness.runtime.block_on(harness.relay.drain(patience));
        });
        // A stop ends idle sessions at once: this one shows that it has begun.
        assert_eq!(last_code(&mut idle).as_deref(), Some("57P01"));
        let mut late = [Client::tcp(harness.address), Client::unix(&harness.socket)];
        let mut polite = Client::tcp(harness.address);
        polite.send(&SSL);
        let mut no = [0];
        polite.socket.read_exact(&mut no).unwrap();
        assert_eq!(no, *b"N");
        for client in late.iter_mut().chain([&mut polite, &mut early]) {
            // Before a password costs anything.
            let refusal = client.start(&pairs, "wrong");
            let refusal = refusal.last().expect("a word, not a bare end");
            assert_eq!(refusal.field(b'C').as_deref(), Some("57P03"));
            assert_eq!(refusal.field(b'M').as_deref(), Some("standin is stopping"));
        }
        half.log_in(&offer, PASSWORD);
        assert_eq!(last_code(&mut half).as_deref(), Some("57P03"));
        assert!(!drain.is_finished());
        // A transaction may finish, and whoever is refused does not keep the relay from stopping.
        let lingering = Client::tcp(harness.address);
        assert_eq!(open.ask("commit")[0].body, b"COMMIT\0");
        assert_eq!(last_code(&mut open).as_deref(), Some("57P01"));
        drop((open, early, half));
        let began = Instant::now();
        drain.join().unwrap();
        assert!(began.elapsed() < Duration::from_secs(8));
        drop(lingering);
    });
}
