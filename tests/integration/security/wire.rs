//! What a hostile client sends: nothing of it opens a session, ends another or stops the daemon.

use std::io::Read;
use std::sync::Arc;

use tests::certificate::Certificate;
use tests::daemon::Build;
use wire::{MECHANISM, cancel_request, sasl_initial_response, sasl_response, startup_message};

use super::raw::{Raw, SSL_REQUEST};
use crate::shop::{ITEMS, PASSWORD, QA, Session, Shop};

const GSS_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 48];

/// A shop that speaks TLS, and only that where it is `required`.
fn with_tls(required: bool) -> anyhow::Result<(Shop, Certificate)> {
    let certificate = Certificate::make()?;
    let mut shop = Shop::closed(Build::Plain, QA)?;
    let (cert, key) = (certificate.certificate(), certificate.key());
    let listen = format!(
        "[listen]\ntls = {{ cert = \"file:{}\", key = \"file:{}\", required = {required} }}",
        cert.display(),
        key.display()
    );
    shop.rewrite(|text| text.replace("[listen]", &listen))?;
    shop.daemon().start_again(&[])?;
    Ok((shop, certificate))
}

#[test]
fn where_tls_is_required_nothing_is_said_in_clear() -> anyhow::Result<()> {
    let (mut shop, certificate) = with_tls(true)?;
    let startup = startup_message([("user", "app"), ("database", "shop@qa")]);
    let mut clear = Raw::connect(&mut shop)?;
    clear.send(&startup)?;
    assert_eq!(clear.refusal()?, "28000");
    // Asking for another encryption first, and being told no, changes nothing.
    let mut clear = Raw::connect(&mut shop)?;
    clear.send(&GSS_REQUEST)?;
    let mut answer = [0];
    clear.0.read_exact(&mut answer)?;
    assert_eq!(answer, *b"N");
    clear.send(&startup)?;
    assert_eq!(clear.refusal()?, "28000");
    let mut encrypted = Raw::connect(&mut shop)?.encrypted(&certificate)?;
    assert!(encrypted.offered()?.contains("SCRAM-SHA-256-PLUS"));
    Ok(())
}

#[test]
fn bytes_before_the_handshake_are_never_read_as_sent_under_tls() -> anyhow::Result<()> {
    let (mut shop, _) = with_tls(false)?;
    let startup = startup_message([("user", "app"), ("database", "shop@qa")]);
    for request in [SSL_REQUEST, GSS_REQUEST] {
        let mut stuffed = Raw::connect(&mut shop)?;
        stuffed.send(&[&request[..], &startup].concat())?;
        assert_eq!(stuffed.receive()?, None);
    }
    Ok(())
}

#[test]
fn a_login_weakened_on_the_way_is_refused() -> anyhow::Result<()> {
    let (mut shop, certificate) = with_tls(false)?;
    // Who says that channel binding was not on offer was shown another offer than ours.
    let mut stripped = Raw::connect(&mut shop)?.encrypted(&certificate)?;
    assert!(stripped.offered()?.contains("SCRAM-SHA-256-PLUS"));
    stripped.send(&sasl_initial_response(MECHANISM, "y,,n=,r=abcdefgh"))?;
    assert_eq!(stripped.refusal()?, "28000");
    for mechanism in ["SCRAM-SHA-1", "MD5", "PLAIN", "SCRAM-SHA-256-PLUS"] {
        let mut other = Raw::connect(&mut shop)?;
        assert!(!other.offered()?.contains("PLUS"));
        other.send(&sasl_initial_response(mechanism, "n,,n=,r=abcdefgh"))?;
        assert_eq!(other.refusal()?, "08P01", "{mechanism}");
    }
    let mut clear_text = Raw::connect(&mut shop)?;
    clear_text.offered()?;
    clear_text.send(&sasl_response(&format!("{PASSWORD}\0")))?;
    assert_eq!(clear_text.refusal()?, "08P01");
    Ok(())
}

#[test]
fn a_proof_that_is_not_whole_opens_nothing() -> anyhow::Result<()> {
    let mut shop = Shop::open(QA)?;
    let other_proof = |text: String| {
        let (before, proof) = text.split_once(",p=").unwrap_or_default();
        let first = if proof.starts_with('A') { 'B' } else { 'A' };
        format!("{before},p={first}{}", proof.get(1..).unwrap_or_default())
    };
    assert_eq!(Raw::connect(&mut shop)?.prove(other_proof)?, "28P01");
    let other_nonce = |text: String| text.replacen(",r=", ",r=x", 1);
    assert_eq!(Raw::connect(&mut shop)?.prove(other_nonce)?, "08P01");
    let no_proof = |text: String| text.split(",p=").next().unwrap_or_default().to_owned();
    assert_eq!(Raw::connect(&mut shop)?.prove(no_proof)?, "08P01");
    let listed = shop.json("environment list")?;
    assert_eq!(
        listed[0]["state"], "not built",
        "a login that failed built it"
    );
    Ok(())
}

#[test]
fn first_packets_that_are_none_are_dropped_and_the_next_client_is_served() -> anyhow::Result<()> {
    let mut shop = Shop::open(QA)?;
    let huge = [&[0x7f, 0xff, 0xff, 0xff][..], &[b'x'; 100_000]].concat();
    for bytes in [
        &b"\0\0\0\x07"[..],
        b"\0\0\0\0",
        b"\0\0\x27\x11",
        b"\xff\xff\xff\xff",
        b"GET / HTTP/1.1\r\nhost: x\r\n\r\n",
        &huge,
    ] {
        let mut client = Raw::connect(&mut shop)?;
        // The other side may have gone before the last byte.
        let _ = client.send(bytes);
        let shown = &bytes[..bytes.len().min(30)];
        assert_eq!(client.receive()?, None, "{}", shown.escape_ascii());
    }
    for (body, code) in [
        (&b"\0\x03\0\0user\0app"[..], "08P01"),
        (b"\0\x03\0\0user\0app\0database\0\0trailing", "08P01"),
        (b"\0\x03\0\0user\0\xff\xfe\0\0", "08P01"),
        (b"\0\x03\0\0\0", "28000"),
        (b"\0\x01\0\0user\0app\0\0", "0A000"),
        (b"\0\x03\0\0user\0app\0options\0-c\0\0", "42601"),
    ] {
        let length = u32::try_from(body.len() + 4)?.to_be_bytes();
        let mut client = Raw::connect(&mut shop)?;
        client.send(&[&length[..], body].concat())?;
        assert_eq!(client.refusal()?, code, "{}", body.escape_ascii());
    }
    let mut served = Raw::connect(&mut shop)?;
    assert!(served.offered()?.contains(MECHANISM));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guessed_key_cancels_nothing() -> anyhow::Result<()> {
    let mut shop = Shop::open(QA)?;
    let victim = Arc::new(shop.enter("shop@qa").await?);
    let watcher = shop.enter("shop@qa").await?;
    let pid: i32 = victim.text("SELECT pg_backend_pid()").await?.parse()?;
    let sleeper = Arc::clone(&victim);
    let sleeping =
        tokio::spawn(async move { sleeper.client.batch_execute("SELECT pg_sleep(600)").await });
    let active = format!(
        "SELECT count(*) FROM pg_stat_activity WHERE pid = {pid} AND query = 'SELECT pg_sleep(600)' AND state = 'active'"
    );
    while watcher.text(&active).await? != "1" {}
    // Neither the server's own process with any key, nor any process with any key.
    for process in [pid, 0, 1, -1, i32::MAX] {
        for secret in [&[0; 4][..], &[0xff; 4], &[0; 32], &[]] {
            let mut guess = Raw::connect(&mut shop)?;
            guess.send(&cancel_request(process, secret))?;
            assert_eq!(guess.receive()?, None);
        }
    }
    assert_eq!(watcher.text(&active).await?, "1");
    assert!(!sleeping.is_finished());
    victim
        .client
        .cancel_token()
        .cancel_query(tokio_postgres::NoTls)
        .await?;
    let cancelled = sleeping.await?.expect_err("it was cancelled");
    assert_eq!(crate::shop::db_error(&cancelled)?.code().code(), "57014");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_enters_no_environment_but_its_own() -> anyhow::Result<()> {
    let tables = format!(
        "[users.eve]\npassword = \"file:app.password\"\nenvironments = [\"hers\"]\n\n{QA}\
         branches = {{ create = \"on-connect\", max = 9 }}\n\n\
         [environments.hers]\nsource = {{ environment = \"qa\" }}\nspares = 0\n"
    );
    let shop = Shop::open(&tables)?;
    assert_eq!(shop.items("shop@qa").await?, ITEMS);
    let as_eve = |target: &str| -> anyhow::Result<tokio_postgres::Config> {
        let mut login = shop.login(target)?;
        login.user("eve");
        Ok(login)
    };
    for target in ["shop@qa", "shop@qa.hers", "postgres@qa"] {
        let refused = crate::shop::refusal(&as_eve(target)?).await?;
        assert_eq!(refused.code().code(), "42501", "{target}: {refused:?}");
    }
    assert_eq!(shop.json("branch list")?.as_array().map(Vec::len), Some(0));
    assert_eq!(
        Session::begin(&as_eve("shop@hers")?).await?.items().await?,
        ITEMS
    );
    Ok(())
}
