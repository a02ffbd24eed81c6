//! Cancel keys reach their own session and no other.

use crate::client::{Client, Message, query};
use crate::harness::{Harness, PASSWORD};
use crate::logins::{Opening, tls_client, with_certificate};

fn key(greeting: &[Message]) -> (i32, Vec<u8>) {
    let key = greeting.iter().find(|message| message.tag == b'K').unwrap();
    let (process, secret) = key.body.split_first_chunk().unwrap();
    (i32::from_be_bytes(*process), secret.to_vec())
}

/// Sends a CancelRequest and waits until the relay closes.
fn cancel(harness: &Harness, (process, secret): &(i32, Vec<u8>)) {
    let mut client = Client::tcp(harness.address);
    client.send(&wire::cancel_request(*process, secret));
    assert_eq!(client.receive(), None);
}

#[test]
fn a_key_cancels_its_session_and_a_guessed_one_nothing() {
    let harness = Harness::new();
    let (mut client, greeting) = harness.session_with(&[]);
    let (process, secret) = key(&greeting);
    assert_eq!(secret.len(), 4);
    let mut guessed = secret.clone();
    guessed[3] ^= 1;
    client.send(&query("select pg_sleep(0.3)"));
    cancel(&harness, &(process, guessed));
    cancel(&harness, &(process, secret.repeat(8)));
    assert_eq!(client.until(b'Z')[0].tag, b'T');
    client.send(&query("select pg_sleep(600)"));
    // A cancel that comes before the statement does nothing, as in PostgreSQL: send it until it hits.
    std::thread::scope(|scope| {
        let answer = scope.spawn(|| client.until(b'Z'));
        while !answer.is_finished() {
            cancel(&harness, &(process, secret.clone()));
        }
        let answer = answer.join().unwrap();
        let error = answer.iter().find(|message| message.tag == b'E').unwrap();
        assert_eq!(error.field(b'C').as_deref(), Some("57014"));
    });
    drop(client);
    harness.wait_until_empty();
    cancel(&harness, &(process, secret));
}

#[test]
fn a_cancel_may_come_in_clear_or_under_tls() {
    let (harness, certificate) = with_certificate(true);
    let mut client = tls_client(&harness, &certificate, Opening::Request);
    let greeting = client.start(&[("user", "app"), ("database", "postgres")], PASSWORD);
    let (process, secret) = key(&greeting);
    let request = wire::cancel_request(process, &secret);
    let openings = [Some(Opening::Request), Some(Opening::Direct), None];
    for opening in openings {
        client.send(&query("select pg_sleep(600)"));
        std::thread::scope(|scope| {
            let answer = scope.spawn(|| client.until(b'Z'));
            while !answer.is_finished() {
                let mut cancel = match opening {
                    Some(opening) => tls_client(&harness, &certificate, opening),
                    None => Client::tcp(harness.address),
                };
                cancel.send(&request);
                assert_eq!(cancel.receive(), None);
            }
            let answer = answer.join().unwrap();
            let error = answer.iter().find(|message| message.tag == b'E').unwrap();
            assert_eq!(error.field(b'C').as_deref(), Some("57014"), "{opening:?}");
        });
    }
}

#[test]
fn protocol_3_2_gets_a_long_key_that_works() {
    let harness = Harness::new();
    let mut client = Client::tcp(harness.address);
    let mut packet = wire::startup_message([("user", "app"), ("database", "postgres")]);
    packet[7] = 2;
    client.send(&packet);
    let greeting = client.authenticate(PASSWORD);
    assert!(greeting.iter().all(|message| message.tag != b'v'));
    let key = key(&greeting);
    assert_eq!(key.1.len(), 32);
    std::thread::scope(|scope| {
        let answer = scope.spawn(|| client.ask("select pg_sleep(600)"));
        while !answer.is_finished() {
            cancel(&harness, &key);
        }
        assert!(
            answer
                .join()
                .unwrap()
                .iter()
                .any(|message| message.tag == b'E')
        );
    });
}

#[test]
fn racing_cancels_hit_only_sessions_that_own_their_keys() {
    let harness = Harness::new();
    let (mut bystander, _) = harness.session_with(&[]);
    std::thread::scope(|scope| {
        let race = || {
            for _ in 0..250 {
                let (mut client, greeting) = harness.session_with(&[]);
                client.send(&query("select 1"));
                // The session may be over when its cancel arrives; then it must hit nobody.
                drop(client);
                cancel(&harness, &key(&greeting));
            }
        };
        let racers: Vec<_> = (0..4).map(|_| scope.spawn(race)).collect();
        while racers.iter().any(|racer| !racer.is_finished()) {
            let answer = bystander.ask("select pg_sleep(0.1)");
            assert!(
                answer.iter().all(|message| message.tag != b'E'),
                "{answer:?}"
            );
        }
    });
    drop(bystander);
    harness.wait_until_empty();
}
