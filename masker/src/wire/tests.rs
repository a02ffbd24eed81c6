//! Wires against a server that is played byte by byte.

use proptest::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

use super::lent::Duplex;
use super::*;

impl Duplex for DuplexStream {}

const READY: &[u8] = b"Z\0\0\0\x05I";

fn frame(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut frame = frames::header(kind, body.len()).expect("a header").to_vec();
    frame.extend_from_slice(body);
    frame
}

fn error(severity: &str, code: &str) -> Vec<u8> {
    let body = format!("S{severity}\0C{code}\0Msaid so\0sshop\0ttable\0Wsecret context\0\0");
    frame(b'E', body.as_bytes())
}

/// A wire and the server's end of it, whose buffer holds so many bytes.
fn pair(buffer: usize) -> (Wire, DuplexStream) {
    let (ours, server) = tokio::io::duplex(buffer);
    let heard = [frame(b'R', &[0; 4]), READY.to_vec()].concat();
    let cancel: Cancel = Box::new(|| Box::pin(async {}));
    let wire = Wire::new(Box::new(ours), &heard, cancel);
    (wire.expect("a greeting"), server)
}

/// What the server is asked, without the zero at its end.
async fn asked(server: &mut DuplexStream) -> String {
    assert_eq!(server.read_u8().await.expect("a kind"), b'Q');
    let length = server.read_u32().await.expect("a length") as usize;
    let mut body = vec![0; length - 4];
    server.read_exact(&mut body).await.expect("a query");
    assert_eq!(body.pop(), Some(0));
    String::from_utf8(body).expect("UTF-8")
}

/// Everything that a COPY gives when the server sends these bytes.
async fn pulled(bytes: Vec<u8>, most: usize) -> (Vec<u8>, Result<u64, WireError>) {
    let (mut wire, mut server) = pair(4096);
    let serve = async move {
        assert_eq!(asked(&mut server).await, "COPY");
        server
            .write_all(&frame(b'H', &[0, 0, 0]))
            .await
            .expect("room");
        // Who is told an error may have gone.
        server.write_all(&bytes).await.ok();
    };
    let pull = async move {
        wire.copy_out("COPY").await?;
        let mut all = Vec::new();
        loop {
            let mut out = Vec::new();
            let ended = wire.pull(&mut out, most).await;
            assert!(out.len() <= most);
            all.extend(out);
            match ended {
                Ok(None) => {}
                Ok(Some(count)) => return Ok((all, Ok(count))),
                Err(error) => return Ok((all, Err(error))),
            }
        }
    };
    let pull = async {
        pull.await
            .unwrap_or_else(|error: WireError| (Vec::new(), Err(error)))
    };
    tokio::join!(pull, serve).0
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.expect("a runtime").block_on(future)
}

#[test]
fn rows_come_whatever_frames_they_come_in() {
    let ended = [frame(b'c', b""), frame(b'C', b"COPY 3\0"), READY.to_vec()].concat();
    let long = vec![b'x'; 1_000_000];
    let frames = [
        frame(b'd', b"one\ntw"),
        frame(b'N', b"SNOTICE\0\0"),
        frame(b'd', b""),
        frame(b'd', &long),
        frame(b'S', b"TimeZone\0UTC\0"),
        frame(b'd', b"o\n"),
        ended,
    ];
    for most in [1_000, 300_000, 10_000_000] {
        let (rows, count) = block_on(pulled(frames.concat(), most));
        assert!(rows == [b"one\ntw".as_slice(), &long, b"o\n"].concat());
        assert_eq!(count.ok(), Some(3));
    }
}

#[test]
fn an_error_within_rows_is_told_without_its_words() {
    for (severity, after) in [("ERROR", READY), ("FATAL", b"".as_slice())] {
        let bytes = [
            frame(b'd', b"row\n"),
            error(severity, "57014"),
            after.to_vec(),
        ]
        .concat();
        let (rows, ended) = block_on(pulled(bytes, 1_000));
        assert_eq!(rows, b"row\n");
        let ended = ended.expect_err("an error");
        let told = ended.told().expect("a server's error");
        assert_eq!(told.context(), Some("secret context"));
        let failure = ended.failure("read rows").to_string();
        assert_eq!(
            failure,
            "read rows: said so (SQLSTATE 57014, table shop.table)"
        );
        assert!(!format!("{ended:?}").contains("secret"));
    }
    // A stream that ends in the middle.
    let (_, ended) = block_on(pulled(frame(b'd', b"row\n"), 1_000));
    assert!(matches!(ended, Err(WireError::Io(_))));
    // Not the protocol of a server.
    let (_, ended) = block_on(pulled(b"HTTP/1.1 400 Bad Request".to_vec(), 1_000));
    assert!(matches!(ended, Err(WireError::Protocol(_))));
}

#[tokio::test]
async fn an_error_of_a_copy_in_is_told_at_the_next_push() {
    let (mut wire, mut server) = pair(1 << 20);
    let serve = async {
        asked(&mut server).await;
        server
            .write_all(&frame(b'G', &[0, 0, 0]))
            .await
            .expect("room");
        let mut first = [0; 8];
        server.read_exact(&mut first).await.expect("rows");
        assert_eq!(&first, b"d\0\0\0\x07row");
        let refused = [error("ERROR", "22001"), READY.to_vec()].concat();
        server.write_all(&refused).await.expect("room");
    };
    let copy = async {
        wire.copy_in("COPY t FROM STDIN").await.expect("a COPY");
        wire.push(b"row").await
    };
    let (pushed, ()) = tokio::join!(copy, serve);
    // Told at once, or at the next one: never only at the end.
    let ended = match pushed {
        Ok(()) => wire.push(b"row").await,
        early => early,
    };
    assert!(ended.is_err_and(|error| error.told().is_some()));
    // The session is of use again.
    let (ran, ()) = tokio::join!(wire.run("SELECT 1"), async {
        let mut rest = Vec::new();
        while !rest.ends_with(b"SELECT 1\0") {
            rest.push(server.read_u8().await.expect("a byte"));
        }
        let done = [frame(b'C', b"SELECT 1\0"), READY.to_vec()].concat();
        server.write_all(&done).await.expect("room");
    });
    assert!(ran.is_ok());
}

#[tokio::test]
async fn a_statement_under_way_is_cancelled_when_its_wire_is_dropped() {
    let cancelled = std::sync::Arc::new(tokio::sync::Notify::new());
    let (ours, mut server) = tokio::io::duplex(4096);
    let heard = [frame(b'R', &[0; 4]), READY.to_vec()].concat();
    let notify = cancelled.clone();
    let cancel: Cancel = Box::new(move || Box::pin(async move { notify.notify_one() }));
    let mut wire = Wire::new(Box::new(ours), &heard, cancel).expect("a greeting");
    let (begun, ()) = tokio::join!(wire.copy_out("COPY"), async {
        asked(&mut server).await;
        server
            .write_all(&frame(b'H', &[0, 0, 0]))
            .await
            .expect("room");
    });
    assert!(begun.is_ok());
    drop(wire);
    cancelled.notified().await;
}

#[test]
fn what_follows_the_greeting_is_not_lost() {
    let hello = [
        frame(b'R', &[0, 0, 0, 10]),
        frame(b'R', &[0; 4]),
        frame(b'S', b"a\0b\0"),
        READY.to_vec(),
    ]
    .concat();
    let late = frame(b'N', b"SNOTICE\0\0");
    let heard = [hello.clone(), late[..4].to_vec()].concat();
    let (greeting, rest) = frames::greeting(&heard).expect("a greeting");
    assert_eq!(greeting, &hello[frame(b'R', &[0, 0, 0, 10]).len()..]);
    assert_eq!(rest, &late[..4]);
    assert!(frames::greeting(&hello[..hello.len() - 1]).is_err());
    assert!(frames::greeting(b"").is_err());
}

proptest! {
    #[test]
    fn a_gate_finds_the_first_error_however_the_bytes_are_cut(
        before in prop::collection::vec((b'A'..=b'Y', 0_usize..40), 0..6),
        cuts in prop::collection::vec(1_usize..20, 1..200),
    ) {
        let mut bytes = Vec::new();
        for (kind, length) in before {
            // 'E' in the middle of other frames is only a letter.
            let kind = if kind == b'E' { b'D' } else { kind };
            bytes.extend(frame(kind, &vec![b'E'; length]));
        }
        bytes.extend(error("ERROR", "42501"));
        bytes.extend(error("ERROR", "25P02"));
        let found = gate::first_of(&bytes, &cuts);
        prop_assert_eq!(found.as_deref(), Some("42501"));
    }
}
