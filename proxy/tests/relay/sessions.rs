//! Sessions of real programs, and what passes through them.

use std::io::Write;
use std::process::{Command, Stdio};

use proxy::relay::Carried;

use crate::client::{Message, message, query};
use crate::harness::{Harness, PASSWORD, Turn};

#[test]
fn psql_and_pgbench_work_through_tcp_and_unix() {
    let harness = Harness::new();
    let port = harness.address.port().to_string();
    let directory = harness
        .socket
        .parent()
        .unwrap()
        .to_str()
        .unwrap()
        .to_owned();
    for (host, port) in [("127.0.0.1", port.as_str()), (directory.as_str(), "7")] {
        let psql = Command::new("psql")
            .env("PGPASSWORD", PASSWORD)
            .env("PGOPTIONS", "-c work_mem=7MB")
            .args([
                "-XqAt", "-U", "app", "-d", "postgres", "-h", host, "-p", port,
            ])
            .args(["-c", "select count(*) from items", "-c", "show work_mem"])
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&psql.stderr);
        assert_eq!(
            String::from_utf8_lossy(&psql.stdout),
            "1000\n7MB\n",
            "{said}"
        );
    }
    let script = harness.socket.with_file_name("script.sql");
    std::fs::write(
        &script,
        "\\set n random(1, 1000)\nselect name from items where id = :n;",
    )
    .unwrap();
    let pgbench = Command::new("pgbench")
        .env("PGPASSWORD", PASSWORD)
        .args([
            "-n",
            "-U",
            "app",
            "-h",
            "127.0.0.1",
            "-p",
            &port,
            "-c",
            "8",
            "-t",
            "200",
        ])
        .args(["-M", "prepared", "-f"])
        .arg(&script)
        .arg("postgres")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&pgbench.stdout);
    assert!(said.contains("actually processed: 1600/1600"), "{said}");
    harness.wait_until_empty();
}

#[test]
fn a_client_that_pipelines_while_results_flow_back_does_not_deadlock() {
    let harness = Harness::new();
    let mut client = harness.session();
    // Far more in both directions than all socket buffers hold; nothing is read until all is sent.
    let big = "x".repeat(200_000);
    let request = query(&format!("select '{big}'"));
    let mut reader = harness.session();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..50 {
                let answer = reader.ask(&format!("select repeat('y', 1000000), '{big}'"));
                assert_eq!(answer[1].body.len(), 2 + 4 + 1_000_000 + 4 + 200_000);
            }
        });
        // Another session whose client sends from one thread and reads from this one.
        let socket = std::net::TcpStream::connect(harness.address).unwrap();
        client.socket = Box::new(socket.try_clone().unwrap());
        let messages = client.start(&[("user", "app"), ("database", "postgres")], PASSWORD);
        assert_eq!(messages.last().unwrap().tag, b'Z');
        let mut sink = socket;
        scope.spawn(move || {
            for _ in 0..100 {
                sink.write_all(&request).unwrap();
            }
        });
        for _ in 0..100 {
            assert_eq!(client.until(b'Z').len(), 4);
        }
    });
}

#[test]
fn two_hundred_megabytes_of_binds_flow_against_as_many_of_results() {
    const VALUE_BYTES: usize = 65_000;
    const COUNT: usize = 3_100;
    let harness = Harness::new();
    let socket = std::net::TcpStream::connect(harness.address).unwrap();
    let limit = Some(std::time::Duration::from_secs(60));
    socket.set_read_timeout(limit).unwrap();
    let mut client = crate::client::Client {
        socket: Box::new(socket.try_clone().unwrap()),
    };
    let messages = client.start(&[("user", "app"), ("database", "postgres")], PASSWORD);
    assert_eq!(messages.last().unwrap().tag, b'Z');
    client.send(&message(b'P', b"s\0select $1::text\0\0\0"));
    let bind = [
        &b"\0s\0\0\0\0\x01"[..],
        &(VALUE_BYTES as u32).to_be_bytes(),
        &vec![b'v'; VALUE_BYTES],
        b"\0\0",
    ]
    .concat();
    let one = [message(b'B', &bind), message(b'E', b"\0\0\0\0\0")].concat();
    let mut sink = socket;
    std::thread::scope(|scope| {
        // A sender that never looks at what comes back, all behind one Sync.
        scope.spawn(move || {
            for _ in 0..COUNT {
                sink.write_all(&one).unwrap();
            }
            sink.write_all(&message(b'S', b"")).unwrap();
        });
        assert_eq!(client.receive().unwrap().tag, b'1');
        for _ in 0..COUNT {
            let [bound, row, complete] = [(); 3].map(|()| client.receive().unwrap());
            assert_eq!([bound.tag, row.tag, complete.tag], *b"2DC");
            assert_eq!(row.body.len(), 2 + 4 + VALUE_BYTES);
        }
        assert_eq!(client.receive().unwrap().tag, b'Z');
    });
}

#[test]
fn copy_in_goes_on_after_an_error_until_the_client_is_done() {
    let harness = Harness::new();
    let mut client = harness.session();
    client.send(&query("copy notes from stdin"));
    assert_eq!(client.until(b'G').len(), 1);
    for number in 0..100_000 {
        let row = if number == 1 {
            "bad\n".to_owned()
        } else {
            format!("{number}\ttext\n")
        };
        client.send(&message(b'd', row.as_bytes()));
    }
    client.send(&message(b'c', b""));
    let answer = client.until(b'Z');
    assert_eq!(
        answer[0].field(b'C').as_deref(),
        Some("22P02"),
        "{answer:?}"
    );
    assert_eq!(client.ask("select 7").len(), 4);
}

#[test]
fn a_notification_reaches_an_idle_session_and_names_its_sender() {
    let harness = Harness::new();
    let (mut listener, _) = harness.session_with(&[]);
    let (mut sender, greeting) = harness.session_with(&[]);
    let key = greeting.iter().find(|message| message.tag == b'K').unwrap();
    listener.ask("listen news");
    sender.ask("notify news, 'hello'");
    let news = listener.until(b'A').pop().unwrap();
    assert_eq!(news.body[..4], key.body[..4]);
    assert_eq!(&news.body[4..], b"news\0hello\0");
}

#[test]
fn what_a_session_carries_is_counted_while_it_lives() {
    let harness = Harness::new();
    let (mut client, greeting) = harness.session_with(&[]);
    let bytes = |messages: &[Message]| messages.iter().map(|m| 5 + m.body.len() as u64).sum();
    let messages = greeting.len() as u64;
    let mut expected = Carried {
        bytes: [0, bytes(&greeting)],
        messages: [0, messages],
    };
    let request = query("select repeat('x', 1000)");
    for _ in 0..10 {
        client.send(&request);
        let answer = client.until(b'Z');
        expected.bytes[0] += request.len() as u64;
        expected.bytes[1] += bytes(&answer);
        expected.messages[0] += 1;
        expected.messages[1] += answer.len() as u64;
        // It is noted just after the bytes went out.
        let began = std::time::Instant::now();
        while harness.relay.carried() != expected {
            let carried = harness.relay.carried();
            assert!(began.elapsed().as_secs() < 10, "{carried:?}, {expected:?}");
        }
    }
    drop(client);
    harness.wait_until_empty();
    assert_eq!(harness.relay.carried(), expected);
}

#[test]
fn listings_follow_a_session() {
    let harness = Harness::new();
    let (mut client, _) = harness.session_with(&[("application_name", "first")]);
    let seen = |harness: &Harness| {
        let sessions = harness.relay.sessions();
        assert_eq!(sessions.len(), 1);
        (
            sessions[0].application_name.clone(),
            format!("{:?}", sessions[0].state),
        )
    };
    assert_eq!(seen(&harness), ("first".into(), "Idle".into()));
    client.ask("begin; set application_name = 'second'");
    // The state is noted just after the bytes went out.
    while seen(&harness).1 != "IdleInTransaction" {
        std::thread::yield_now();
    }
    assert_eq!(seen(&harness).0, "second");
    drop(client);
    harness.wait_until_empty();
}

#[test]
fn messages_of_every_size_around_the_buffers_pass_unchanged() {
    let harness = Harness::new();
    let mut client = harness.session();
    for size in [
        1, 8_180, 8_191, 8_192, 8_193, 65_535, 65_536, 65_537, 5_000_000,
    ] {
        let text: String = ('a'..='z').cycle().take(size).collect();
        let answer = client.ask(&format!("select '{text}'"));
        assert_eq!(&answer[1].body[6..], text.as_bytes());
    }
    // Messages that end a few bytes before, at and behind the end of a buffer, in both directions.
    client.ask("prepare s(text) as select $1");
    for buffer in [8 * 1024, 64 * 1024, 128 * 1024] {
        for size in buffer - 32..buffer + 4 {
            let value: Vec<u8> = (b'a'..=b'z').cycle().take(size).collect();
            let bind = [
                &b"\0s\0\0\0\0\x01"[..],
                &(size as u32).to_be_bytes(),
                &value,
                b"\0\0",
            ]
            .concat();
            client.send(&message(b'B', &bind));
            client.send(&message(b'E', b"\0\0\0\0\0"));
            client.send(&message(b'S', b""));
            let answer = client.until(b'Z');
            assert_eq!(&answer[1].body[6..], &value[..], "{size}");
        }
    }
}

#[test]
fn notices_of_the_route_come_before_ready() {
    let harness = Turn {
        notices: vec!["made from yesterday".into()],
        ..Turn::default()
    }
    .start();
    let (_client, greeting) = harness.session_with(&[]);
    let notice = &greeting[greeting.len() - 2];
    assert_eq!(notice.tag, b'N');
    assert_eq!(notice.field(b'M').as_deref(), Some("made from yesterday"));
}

#[test]
fn a_killed_program_leaves_nothing_behind() {
    let harness = Harness::new();
    let mut psql = Command::new("psql")
        .env("PGPASSWORD", PASSWORD)
        .args(["-XqAt", "-U", "app", "-d", "postgres", "-h", "127.0.0.1"])
        .args(["-p", &harness.address.port().to_string()])
        .args(["-c", "select pg_sleep(599)"])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut watcher = crate::client::Client::unix(&crate::cluster::cluster().socket());
    watcher.start(&[("user", "postgres"), ("database", "postgres")], "");
    let running = "select count(*) from pg_stat_activity where query = 'select pg_sleep(599)' \
                   and state = 'active'";
    while &watcher.ask(running)[1].body[6..] != b"1" {}
    let killed = std::time::Instant::now();
    psql.kill().unwrap();
    psql.wait().unwrap();
    while &watcher.ask(running)[1].body[6..] != b"0" {}
    assert!(killed.elapsed() <= std::time::Duration::from_secs(1));
    harness.wait_until_empty();
}
