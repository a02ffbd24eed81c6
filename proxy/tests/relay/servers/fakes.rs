//! What no real server does at a test's word: a script in place of a server.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::time::{Duration, Instant};

use proxy::relay::Upstream;
use socket2::{Domain, Socket, Type};

use crate::client::{Client, message, query};
use crate::harness::{Harness, PASSWORD, Turn};

const OK: [u8; 9] = [b'R', 0, 0, 0, 8, 0, 0, 0, 0];
const READY: [u8; 6] = [b'Z', 0, 0, 0, 5, b'I'];

/// Reads one message or startup packet of the relay.
fn take(socket: &mut UnixStream, header: usize) -> Vec<u8> {
    let mut bytes = vec![0; header];
    socket.read_exact(&mut bytes).unwrap();
    let length = u32::from_be_bytes(bytes[header - 4..].try_into().unwrap());
    let mut body = vec![0; length as usize - 4];
    socket.read_exact(&mut body).unwrap();
    body
}

/// A relay in front of a server that does what `script` says to each connection.
fn before(
    turn: Turn,
    script: impl Fn(&mut UnixStream) + Send + 'static,
) -> (Harness, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("socket");
    let listener = UnixListener::bind(&path).unwrap();
    std::thread::spawn(move || {
        for socket in listener.incoming() {
            let mut socket = socket.unwrap();
            take(&mut socket, 4);
            script(&mut socket);
        }
    });
    let turn = Turn {
        upstream: Some(Upstream::Unix(path)),
        ..turn
    };
    (turn.start(), directory)
}

fn answer(sql: &mut UnixStream, bytes: &[u8]) {
    take(sql, 5);
    sql.write_all(bytes).unwrap();
}

#[test]
fn errors_without_a_code_and_unknown_messages_pass_as_they_are() {
    let odd = [
        message(b'E', b"Mno code, no severity\0\0"),
        message(b'E', b"\0"),
        message(b'E', b""),
        message(b'~', b"whatever this is"),
        message(b'N', b"no fields at all"),
        message(b'C', b""),
    ]
    .concat();
    let sent = odd.clone();
    let (harness, _directory) = before(Turn::default(), move |socket| {
        socket.write_all(&[&OK[..], &READY].concat()).unwrap();
        answer(socket, &[&sent[..], &READY].concat());
        answer(socket, &READY);
    });
    let mut client = harness.session();
    let messages = client.ask("select 1");
    let bytes: Vec<u8> = messages
        .iter()
        .flat_map(|m| message(m.tag, &m.body))
        .collect();
    assert_eq!(bytes, [&odd[..], &READY].concat());
    assert_eq!(client.ask("select 2").len(), 1);
}

#[test]
fn a_server_without_a_cancel_key_gets_no_cancel_and_its_client_a_key_all_the_same() {
    let (harness, _directory) = before(Turn::default(), |socket| {
        socket.write_all(&[&OK[..], &READY].concat()).unwrap();
        answer(socket, &READY);
    });
    let (mut client, greeting) = harness.session_with(&[]);
    let key = greeting.iter().find(|message| message.tag == b'K').unwrap();
    let (process, secret) = key.body.split_first_chunk().unwrap();
    let mut cancel = Client::tcp(harness.address);
    cancel.send(&wire::cancel_request(i32::from_be_bytes(*process), secret));
    assert_eq!(cancel.receive(), None);
    assert_eq!(client.ask("select 1").len(), 1);
}

#[test]
fn a_statement_that_begins_behind_the_first_cancel_is_cancelled_again() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("socket");
    let listener = UnixListener::bind(&path).unwrap();
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let mut session = listener.accept().unwrap().0;
        take(&mut session, 4);
        let key = message(b'K', &[0, 0, 0, 7, 1, 2, 3, 4]);
        let greeting = [&OK[..], &key, &READY].concat();
        session.write_all(&greeting).unwrap();
        // The statement lies unread, so that the first cancels find nothing to stop.
        for _ in 0..3 {
            let mut cancel = listener.accept().unwrap().0;
            let request = take(&mut cancel, 4);
            assert_eq!(request[4..], [0, 0, 0, 7, 1, 2, 3, 4]);
        }
        tell.send(()).unwrap();
    });
    let turn = Turn {
        upstream: Some(Upstream::Unix(path)),
        ..Turn::default()
    };
    let harness = turn.start();
    let mut client = harness.session();
    client.send(&query("select pg_sleep(600)"));
    drop(client);
    told.recv_timeout(Duration::from_secs(10)).unwrap();
    harness.wait_until_empty();
}

#[test]
fn a_server_that_accepts_and_says_nothing_is_given_up() {
    let mut turn = Turn::default();
    turn.limits.upstream_connect = Duration::from_millis(200);
    let (harness, _directory) = before(turn, |socket| {
        // Until the relay has had enough.
        let _ = socket.read(&mut [0; 1]);
    });
    let mut client = Client::tcp(harness.address);
    let refusal = client.start(&[("user", "app"), ("database", "postgres")], PASSWORD);
    let refusal = refusal.last().unwrap();
    assert_eq!(refusal.field(b'C').as_deref(), Some("57P03"));
    let said = "the server did not answer in time";
    assert_eq!(refusal.field(b'D').as_deref(), Some(said));
    harness.wait_until_empty();
}

#[test]
fn a_server_that_recovers_is_waited_for_within_a_bound() {
    let starting = message(
        b'E',
        b"SFATAL\0VFATAL\0C57P03\0Mthe database system is in recovery mode\0\0",
    );
    let asked = std::sync::atomic::AtomicUsize::new(0);
    let mut turn = Turn::default();
    turn.limits.connect_wait = Duration::from_millis(500);
    let (harness, _directory) = before(turn, move |socket| {
        // Twice it recovers, once it has; from then on it recovers for ever.
        if asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 2 {
            socket.write_all(&[&OK[..], &READY].concat()).unwrap();
            answer(socket, &READY);
        } else {
            let _ = socket.write_all(&starting);
        }
    });
    let mut client = harness.session();
    assert_eq!(client.ask("select 1").len(), 1);
    let mut client = Client::tcp(harness.address);
    let refusal = client.start(&[("user", "app"), ("database", "postgres")], PASSWORD);
    let refusal = refusal.last().unwrap();
    let said = "the database system is in recovery mode";
    assert_eq!(refusal.field(b'M').as_deref(), Some(said));
    harness.wait_until_empty();
}

#[test]
fn a_message_that_the_server_cut_off_ends_where_it_ended() {
    let (harness, _directory) = before(Turn::default(), |socket| {
        socket.write_all(&[&OK[..], &READY].concat()).unwrap();
        answer(socket, b"C\0\0\0\x0cone two\0D\0\0");
    });
    let mut client = harness.session();
    client.send(&query("select 1"));
    let mut bytes = Vec::new();
    client.socket.read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes, b"C\0\0\0\x0cone two\0D\0\0");
    harness.wait_until_empty();
}

#[test]
fn a_refusal_to_a_client_that_does_not_read_is_given_up() {
    // More than the sockets between relay and client hold.
    let long = message(b'E', &vec![b'M'; 250_000]);
    let (harness, _directory) = before(Turn::default(), move |socket| {
        socket.write_all(&OK).unwrap();
        let _ = socket.write_all(&long);
    });
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    // Small segments keep the kernel from giving the sender room for everything.
    socket.set_tcp_mss(536).unwrap();
    socket.connect(&harness.address.into()).unwrap();
    let mut silent = Client {
        socket: Box::new(std::net::TcpStream::from(socket)),
    };
    silent.send(&wire::startup_message([
        ("user", "app"),
        ("database", "postgres"),
    ]));
    let offer = silent.receive().unwrap();
    silent.log_in(&offer, PASSWORD);
    // Authenticated, and the beginning of the refusal has come: its rest is under way.
    assert_eq!([(); 2].map(|()| silent.receive().unwrap().tag), *b"RR");
    let mut header = [0; 5];
    silent.socket.read_exact(&mut header).unwrap();
    assert_eq!(header[0], b'E');
    let began = Instant::now();
    // It counts every connection, also one that never became a session.
    harness
        .runtime
        .block_on(harness.relay.drain(Duration::from_secs(15)));
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "{:?}",
        began.elapsed()
    );
    drop(silent);
}
