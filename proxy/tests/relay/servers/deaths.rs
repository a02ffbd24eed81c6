//! A server's last words reach a relayed client as they reach a direct one.

use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use proxy::relay::Upstream;

use crate::client::{Client, Message, query};
use crate::cluster::Cluster;
use crate::harness::{Harness, PASSWORD, Turn};

fn own() -> (Cluster, Harness) {
    let server = Cluster::own("listen_addresses = ''\n", None);
    let turn = Turn {
        upstream: Some(Upstream::Unix(server.socket())),
        ..Turn::default()
    };
    (server, turn.start())
}

/// A session and its backend's process id, which the relay passes on.
fn begin(mut client: Client, password: &str) -> (Client, i32) {
    let greeting = client.start(&[("user", "app"), ("database", "postgres")], password);
    let key = greeting.iter().find(|message| message.tag == b'K').unwrap();
    let process = i32::from_be_bytes(key.body[..4].try_into().unwrap());
    (client, process)
}

fn direct(server: &Cluster) -> (Client, i32) {
    begin(Client::unix(&server.socket()), "")
}

fn relayed(harness: &Harness) -> (Client, i32) {
    begin(Client::tcp(harness.address), PASSWORD)
}

/// What comes when `kill` has ended both sessions, directly and relayed.
fn last_words(
    server: &Cluster,
    harness: &Harness,
    busy: bool,
    kill: impl FnOnce(&[i32; 2]),
) -> [Vec<Message>; 2] {
    let mut both = [direct(server), relayed(harness)];
    if busy {
        for (client, _) in &mut both {
            client.send(&query("select 1 from pg_sleep(600)"));
        }
    }
    // A backend that is still within its last answer could not say another word.
    let event = if busy { "PgSleep" } else { "ClientRead" };
    server.run(&format!(
        "do $$ begin while (select count(*) from pg_stat_activity \
         where pid in ({}, {}) and wait_event = '{event}') < 2 loop \
         perform pg_stat_clear_snapshot(); end loop; end $$",
        both[0].1, both[1].1
    ));
    kill(&[both[0].1, both[1].1]);
    both.map(|(mut client, _)| client.rest())
}

#[test]
fn the_words_of_a_server_that_ends_a_session_arrive_byte_for_byte() {
    let (server, harness) = own();
    for busy in [false, true] {
        let [direct, relayed] = last_words(&server, &harness, busy, |pids| {
            for pid in pids {
                server.run(&format!("select pg_terminate_backend({pid})"));
            }
        });
        let last = direct.last().unwrap();
        assert_eq!(last.field(b'C').as_deref(), Some("57P01"), "{direct:?}");
        assert_eq!(relayed, direct, "busy: {busy}");
    }
    harness.wait_until_empty();
}

#[test]
fn the_words_of_a_server_that_shuts_down_arrive_byte_for_byte() {
    for (signal, busy) in [(Signal::SIGQUIT, false), (Signal::SIGINT, true)] {
        let (server, harness) = own();
        let [direct, relayed] = last_words(&server, &harness, busy, |_| {
            kill(server.postmaster(), signal).unwrap();
        });
        let last = direct.last().unwrap();
        assert_eq!(last.field(b'C').as_deref(), Some("57P01"), "{direct:?}");
        assert_eq!(relayed, direct);
        harness.wait_until_empty();
    }
}

#[test]
fn a_backend_that_dies_without_a_word_closes_its_session_and_the_others_hear_why() {
    let (server, harness) = own();
    let (mut victim, pid) = relayed(&harness);
    let [direct, bystander] = last_words(&server, &harness, false, |_| {
        kill(Pid::from_raw(pid), Signal::SIGKILL).unwrap();
    });
    // PostgreSQL has nobody left to say a word for the victim; a made-up one would be a lie.
    assert_eq!(victim.rest(), []);
    let last = direct.last().unwrap();
    assert_eq!(last.field(b'C').as_deref(), Some("57P02"), "{direct:?}");
    assert_eq!(bystander, direct);
    harness.wait_until_empty();
    // The server recovers, and so do its clients.
    server.run("select 1");
    let mut again = harness.session();
    assert_eq!(again.ask("select 7").last().unwrap().tag, b'Z');
}

#[test]
fn a_server_that_is_not_there_yet_says_so_itself() {
    let (server, harness) = own();
    let (mut open, _) = direct(&server);
    open.ask("begin");
    // A smart shutdown waits for the open session and lets nobody else in.
    kill(server.postmaster(), Signal::SIGTERM).unwrap();
    let mut client = Client::tcp(harness.address);
    let began = std::time::Instant::now();
    let refusal = loop {
        let refusal = client.start(&[("user", "app"), ("database", "postgres")], PASSWORD);
        let refusal = refusal.last().unwrap().clone();
        if refusal.tag == b'E' {
            break refusal;
        }
        assert!(began.elapsed() < Duration::from_secs(10));
        client = Client::tcp(harness.address);
    };
    assert_eq!(refusal.field(b'C').as_deref(), Some("57P03"));
    let said = "the database system is shutting down";
    assert_eq!(refusal.field(b'M').as_deref(), Some(said));
}
