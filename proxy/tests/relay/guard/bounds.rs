//! Bounds of statements: what is too much is cancelled, with the bound's words, and the session goes
//! on.

use std::time::{Duration, Instant};

use proxy::relay::SessionState;
use rules::config::StatementLimits;

use crate::client::{Client, Message, message, query};
use crate::harness::{Harness, Turn};

fn bounded(statements: StatementLimits) -> Harness {
    Turn {
        statements,
        ..Turn::default()
    }
    .start()
}

fn error(messages: &[Message]) -> (String, String) {
    let error = messages.iter().find(|message| message.tag == b'E');
    let error = error.unwrap_or_else(|| panic!("no error in {messages:?}"));
    let field = |name| error.field(name).unwrap_or_default();
    (field(b'C'), field(b'M'))
}

/// Waits until so many sessions have a statement under way.
fn until_active(harness: &Harness, count: usize) {
    let seen = seen_active(harness, count, Duration::from_secs(20));
    assert!(seen, "{:?}", harness.relay.sessions());
}

/// Whether so many sessions were seen with a statement under way in time.
fn seen_active(harness: &Harness, count: usize, within: Duration) -> bool {
    let began = Instant::now();
    while began.elapsed() < within {
        let sessions = harness.relay.sessions();
        let active = sessions
            .iter()
            .filter(|session| session.state == SessionState::Active);
        if active.count() == count {
            return true;
        }
        std::thread::yield_now();
    }
    false
}

fn works(client: &mut Client) {
    let answer = client.ask("select 1");
    let tags: Vec<u8> = answer.iter().map(|message| message.tag).collect();
    assert_eq!(tags, b"TDCZ", "{answer:?}");
}

#[test]
fn a_statement_that_takes_too_long_is_cancelled_and_the_session_goes_on() {
    let harness = bounded(StatementLimits {
        statement: Some(Duration::from_millis(1500)),
        ..StatementLimits::default()
    });
    let mut client = harness.session();
    client.ask("begin");
    let (code, said) = error(&client.ask("select pg_sleep(60)"));
    assert_eq!(code, "57014");
    assert!(said.contains("took longer than 1s500ms"), "{said}");
    let last = client.ask("select 1");
    assert_eq!(error(&last).0, "25P02", "the transaction has failed");
    client.ask("rollback");
    works(&mut client);
    // Idle time counts for nothing, and neither do many short statements.
    for _ in 0..4 {
        client
            .ask("select pg_sleep(0.5)")
            .iter()
            .for_each(|message| assert_ne!(message.tag, b'E'));
    }
    // Whoever turns the server's own bound off does not get past this one.
    client.ask("set statement_timeout = 0");
    assert_eq!(error(&client.ask("select pg_sleep(60)")).0, "57014");
    // The client's own cancel keeps the server's words.
    drop(client);
    harness.wait_until_empty();
}

#[test]
fn each_statement_of_a_pipeline_has_its_time_for_itself() {
    let harness = bounded(StatementLimits {
        statement: Some(Duration::from_millis(1500)),
        ..StatementLimits::default()
    });
    let mut client = harness.session();
    let sync = message(b'S', b"");
    let sleep = |seconds: &str| {
        let sql = format!("select pg_sleep({seconds})");
        [parse("", &sql), bind("", ""), execute("", 0)].concat()
    };
    client.send(&[sleep("0.3").repeat(10), sync.clone()].concat());
    let answer = client.until(b'Z');
    assert_eq!((count(&answer, b'C'), count(&answer, b'E')), (10, 0));
    client.send(&[sleep("0.3"), sleep("3"), sleep("0.3"), sync].concat());
    let answer = client.until(b'Z');
    assert_eq!(count(&answer, b'C'), 1);
    assert_eq!(error(&answer).0, "57014");
    // Of one Query the server tells nothing before the last statement's end.
    let together = "select pg_sleep(0.3);".repeat(10);
    assert_eq!(error(&client.ask(&together)).0, "57014");
    works(&mut client);
}

#[test]
fn more_rows_or_bytes_than_a_statement_may_return_are_cancelled() {
    let harness = bounded(StatementLimits {
        rows: Some(1000),
        bytes: Some(1_000_000),
        ..StatementLimits::default()
    });
    let mut client = harness.session();
    // In the list of columns the rows come one by one; behind FROM they would be gathered first.
    let many = "select generate_series(1, 100000000)";
    let (code, said) = error(&client.ask(many));
    assert_eq!(code, "54000");
    assert!(said.contains("more than 1000 rows"), "{said}");
    works(&mut client);
    let wide = "select repeat('x', 100000), generate_series(1, 100000000)";
    let (code, said) = error(&client.ask(wide));
    assert_eq!(code, "54000");
    assert!(said.contains("more than 1MB"), "{said}");
    let (code, _) = error(&client.ask(&format!("copy ({many}) to stdout")));
    assert_eq!(code, "54000");
    // Each statement has the bound for itself, also within one message and one transaction.
    let thousand = "select i from generate_series(1, 1000) i";
    let answer = client.ask(&format!(
        "begin; {thousand}; {thousand}; {thousand}; commit"
    ));
    assert_eq!(
        answer.iter().filter(|message| message.tag == b'D').count(),
        3000
    );
    assert!(answer.iter().all(|message| message.tag != b'E'));
}

fn bind(portal: &str, statement: &str) -> Vec<u8> {
    message(
        b'B',
        format!("{portal}\0{statement}\0\0\0\0\0\0\0").as_bytes(),
    )
}

fn execute(portal: &str, rows: u32) -> Vec<u8> {
    let mut body = format!("{portal}\0").into_bytes();
    body.extend(rows.to_be_bytes());
    message(b'E', &body)
}

fn parse(statement: &str, sql: &str) -> Vec<u8> {
    message(b'P', format!("{statement}\0{sql}\0\0\0").as_bytes())
}

fn count(messages: &[Message], tag: u8) -> usize {
    messages.iter().filter(|message| message.tag == tag).count()
}

#[test]
fn a_portal_that_is_executed_in_parts_is_one_statement() {
    let harness = bounded(StatementLimits {
        rows: Some(1000),
        ..StatementLimits::default()
    });
    let mut client = harness.session();
    let many = parse("", "select generate_series(1, 100000000)");
    let sync = message(b'S', b"");
    for portal in ["", "named"] {
        client.ask("begin");
        client.send(&[many.clone(), bind(portal, "")].concat());
        let parts: Vec<Vec<Message>> = (0..4)
            .map(|_| {
                client.send(&[execute(portal, 500), sync.clone()].concat());
                client.until(b'Z')
            })
            .collect();
        assert_eq!(count(&parts[1], b's'), 1, "{:?}", parts[1].last());
        let all = parts.concat();
        assert_eq!(error(&all).0, "54000");
        assert!(count(&all, b'D') <= 1500, "{}", count(&all, b'D'));
        client.ask("rollback");
        works(&mut client);
    }
    // Without waiting for answers.
    client.ask("begin");
    let parts = execute("", 5000).repeat(2000);
    client.send(&[many, bind("", ""), parts, sync].concat());
    let answer = client.until(b'Z');
    assert_eq!(error(&answer).0, "54000");
    assert!(count(&answer, b'D') < 5_000_000);
    client.ask("rollback");
    works(&mut client);
}

#[test]
fn portals_are_statements_of_their_own() {
    let harness = bounded(StatementLimits {
        rows: Some(1000),
        ..StatementLimits::default()
    });
    let mut client = harness.session();
    let sync = message(b'S', b"");
    client.send(
        &[
            parse("some", "select generate_series(1, 2000)"),
            sync.clone(),
        ]
        .concat(),
    );
    client.until(b'Z');
    let mut passes = |sent: &[u8], syncs: usize| {
        client.send(sent);
        for _ in 0..syncs {
            let answer = client.until(b'Z');
            assert_eq!(count(&answer, b'E'), 0, "{answer:?}");
        }
    };
    passes(&query("begin"), 1);
    // As drivers ask for the first row alone.
    let first = [bind("", "some"), execute("", 1), sync.clone()].concat();
    passes(&first.repeat(1200), 1200);
    // Side by side, one of them closed and begun again.
    passes(
        &[bind("a", "some"), bind("b", "some"), sync.clone()].concat(),
        1,
    );
    let both = [execute("a", 400), execute("b", 400), sync.clone()].concat();
    passes(&both.repeat(2), 2);
    let again = [
        message(b'C', b"Pa\0"),
        bind("a", "some"),
        execute("a", 900),
        sync,
    ];
    passes(&again.concat(), 1);
    client.ask("rollback");
    works(&mut client);
}

#[test]
fn each_fetch_of_a_cursor_is_a_statement_of_its_own() {
    let harness = bounded(StatementLimits {
        rows: Some(1000),
        ..StatementLimits::default()
    });
    let mut client = harness.session();
    client.ask("begin; declare c cursor for select generate_series(1, 100000000)");
    for _ in 0..4 {
        let answer = client.ask("fetch 500 from c");
        assert_eq!((count(&answer, b'D'), count(&answer, b'E')), (500, 0));
    }
    client.ask("rollback");
    works(&mut client);
}

#[test]
fn no_more_statements_run_at_once_than_the_environment_lets() {
    let harness = bounded(StatementLimits {
        statements: Some(2),
        ..StatementLimits::default()
    });
    let mut busy: Vec<Client> = (0..2).map(|_| harness.session()).collect();
    for client in &mut busy {
        client.send(&query("select pg_sleep(5)"));
    }
    until_active(&harness, 2);
    let mut third = harness.session();
    let (code, said) = error(&third.ask("select 1"));
    assert_eq!(code, "53300");
    assert!(said.contains("more statements at once"), "{said}");
    let pipeline = [
        message(b'P', b"named\0select 1\0\0\0"),
        message(b'B', b"\0named\0\0\0\0\0\0\0"),
        message(b'E', b"\0\0\0\0\0"),
        message(b'S', b""),
    ]
    .concat();
    third.send(&pipeline);
    assert_eq!(error(&third.until(b'Z')).0, "53300");
    for client in &mut busy {
        client.until(b'Z');
    }
    works(&mut third);
    // A session that ends within a statement gives its place back.
    let mut gone = harness.session();
    gone.send(&query("select pg_sleep(60)"));
    until_active(&harness, 1);
    drop(gone);
    until_active(&harness, 0);
    drop(busy);
    works(&mut third);
    drop(third);
    harness.wait_until_empty();
}

#[test]
fn a_client_that_falls_silent_without_a_sync_keeps_no_place_for_ever() {
    let parse = message(b'P', b"\0select 1\0\0\0");
    let bind = message(b'B', b"\0\0\0\0\0\0\0\0");
    let execute = message(b'E', b"\0\0\0\0\0");
    let (flush, sync) = (message(b'H', b""), message(b'S', b""));
    let wrong = message(b'P', b"\0selec 1\0\0\0");
    let silent: [(&str, Vec<u8>, &[u8]); 5] = [
        ("flushed", [parse.clone(), flush.clone()].concat(), b"1"),
        ("unflushed", parse.clone(), b"1"),
        (
            "run",
            [parse.clone(), bind.clone(), execute.clone()].concat(),
            b"12DC",
        ),
        (
            "failed",
            [wrong, flush, bind.clone(), execute.clone()].concat(),
            b"E",
        ),
        (
            "behind a sync",
            [parse.clone(), sync.clone(), bind.clone(), parse].concat(),
            b"1Z21",
        ),
    ];
    let harness = bounded(StatementLimits {
        statements: Some(1),
        ..StatementLimits::default()
    });
    let mut refused = 0;
    for (name, sent, answer) in silent {
        let (mut first, mut second) = (harness.session(), harness.session());
        first.send(&sent);
        // The place is kept for a second or two: on a busy machine it may be given back unseen.
        seen_active(&harness, 1, Duration::from_secs(5));
        let began = Instant::now();
        loop {
            let asked = second.ask("select 1");
            if asked.iter().all(|message| message.tag != b'E') {
                break;
            }
            refused += 1;
            assert_eq!(error(&asked).0, "53300");
            assert!(began.elapsed() < Duration::from_secs(20), "{name}");
            std::thread::yield_now();
        }
        // The client that was silent gets all that it would have got.
        first.send(&sync);
        let tags: Vec<u8> = first.until(b'Z').iter().map(|one| one.tag).collect();
        let mut wanted = answer.to_vec();
        if name == "behind a sync" {
            assert_eq!(tags, b"1Z", "{name}");
            let rest: Vec<u8> = first.until(b'Z').iter().map(|one| one.tag).collect();
            assert_eq!(rest, b"21Z", "{name}");
            continue;
        }
        wanted.push(b'Z');
        assert_eq!(tags, wanted, "{name}");
        works(&mut first);
    }
    assert!(refused > 0, "no client that fell silent held the place");
}

#[test]
fn a_statement_that_works_behind_a_flush_keeps_its_place() {
    let harness = bounded(StatementLimits {
        statements: Some(1),
        ..StatementLimits::default()
    });
    let (mut first, mut second) = (harness.session(), harness.session());
    first.send(
        &[
            message(b'P', b"\0select pg_sleep(4)\0\0\0"),
            message(b'B', b"\0\0\0\0\0\0\0\0"),
            message(b'E', b"\0\0\0\0\0"),
        ]
        .concat(),
    );
    until_active(&harness, 1);
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(3) {
        assert_eq!(error(&second.ask("select 1")).0, "53300");
    }
    first.send(&message(b'S', b""));
    let tags: Vec<u8> = first.until(b'Z').iter().map(|one| one.tag).collect();
    assert_eq!(tags, b"12DCZ");
    works(&mut second);
}

#[test]
fn a_copy_that_swallows_a_sync_leaves_no_session_busy_for_ever() {
    let harness = bounded(StatementLimits {
        statement: Some(Duration::from_secs(3)),
        ..StatementLimits::default()
    });
    let mut client = harness.session();
    client.ask("create temp table c (i int)");
    // As libpq sends it: the first Sync is swallowed by the COPY.
    client.send(
        &[
            message(b'P', b"\0copy c from stdin\0\0\0"),
            message(b'B', b"\0\0\0\0\0\0\0\0"),
            message(b'E', b"\0\0\0\0\0"),
            message(b'S', b""),
        ]
        .concat(),
    );
    client.until(b'G');
    client.send(
        &[
            message(b'd', b"1\n"),
            message(b'c', b""),
            message(b'S', b""),
        ]
        .concat(),
    );
    assert_eq!(
        client.until(b'Z').last().map(|last| last.body.clone()),
        Some(b"I".to_vec())
    );
    until_active(&harness, 0);
    for _ in 0..5 {
        let answer = client.ask("select pg_sleep(0.8)");
        assert!(
            answer.iter().all(|message| message.tag != b'E'),
            "{answer:?}"
        );
    }
}

#[test]
fn an_environments_own_bound_ends_transactions_that_idle() {
    let harness = bounded(StatementLimits {
        idle_in_transaction: Some(Duration::from_millis(300)),
        ..StatementLimits::default()
    });
    let (mut idle, mut open) = (harness.session(), harness.session());
    open.ask("begin");
    // A client's own bound is the server's, and this one holds all the same.
    open.ask("set idle_in_transaction_session_timeout = 0");
    let ended = open.rest();
    assert_eq!(error(&ended).0, "25P03");
    works(&mut idle);
    drop(idle);
    harness.wait_until_empty();
}

#[test]
fn a_cancel_of_ours_hits_its_statement_or_none() {
    let harness = bounded(StatementLimits {
        rows: Some(100),
        ..StatementLimits::default()
    });
    let mut client = harness.session();
    for round in 0..60 {
        // Small enough that the server has often finished before it can be cancelled.
        client.ask("select generate_series(1, 2000), repeat('x', 100)");
        let answer = client.ask("select pg_sleep(0.02)");
        assert!(
            answer.iter().all(|message| message.tag != b'E'),
            "{round}: {answer:?}"
        );
    }
}
