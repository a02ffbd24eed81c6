//! A session of tokio-postgres.

use std::fmt::Write;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;

use anyhow::Context;
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt, TryStreamExt};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio::sync::mpsc;
use tokio_postgres::config::SslMode;
use tokio_postgres::{AsyncMessage, Client, Config, Error, SimpleQueryMessage};
use tokio_postgres_rustls::MakeRustlsConnect;

const BIG: usize = 50 * 1024 * 1024;

type Step = anyhow::Result<()>;

/// Runs the session; the transcript has one line per fact.
pub(super) async fn run(url: &str) -> anyhow::Result<String> {
    let way = Way::of(url)?;
    let (mut client, mut heard) = way.connect().await?;
    let mut told = String::new();
    values(&client, &mut told).await?;
    portals(&mut client, &mut told).await?;
    copies(&client, &mut told).await?;
    errors(&client, &mut told).await?;
    messages(&client, &mut heard, &way, &mut told).await?;
    cancelled(&client, &way, &mut told).await?;
    pipelined(&client, &mut told).await?;
    large(&client, &mut told).await?;
    told.push_str("done\n");
    Ok(told)
}

/// How the session reaches its server: `sslmode=disable`, or verified by `sslrootcert`.
struct Way {
    config: Config,
    tls: MakeRustlsConnect,
}

impl Way {
    fn of(url: &str) -> anyhow::Result<Self> {
        let (address, query) = url.split_once('?').unwrap_or((url, ""));
        let value = |key: &str| {
            let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.find_map(|(name, value)| (name == key).then_some(value))
        };
        let mut config: Config = address.parse()?;
        let mut roots = RootCertStore::empty();
        config.ssl_mode(SslMode::Disable);
        if let Some(path) = value("sslrootcert") {
            config.ssl_mode(SslMode::Require);
            for certificate in CertificateDer::pem_file_iter(path)? {
                roots.add(certificate?)?;
            }
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verified = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self {
            config,
            tls: MakeRustlsConnect::new(verified),
        })
    }

    async fn connect(&self) -> anyhow::Result<(Client, mpsc::UnboundedReceiver<AsyncMessage>)> {
        let (client, mut connection) = self.config.connect(self.tls.clone()).await?;
        let (tell, heard) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Some(Ok(message)) = poll_fn(|context| connection.poll_message(context)).await
            {
                // Who does not listen any more is done with the session.
                let _ = tell.send(message);
            }
        });
        Ok((client, heard))
    }
}

async fn values(client: &Client, told: &mut String) -> Step {
    let statement = client
        .prepare("SELECT $1::int8, $2::text, $3::bytea, $4::int4[], $5::float8, $6::bool")
        .await?;
    writeln!(told, "described: {:?}", statement.params())?;
    for number in 0..8_i32 {
        let bytes = vec![number.to_le_bytes()[0]; 3];
        let list = vec![number, -number];
        let text = format!("text {number} ü");
        let row = client
            .query_one(
                &statement,
                &[
                    &i64::from(number),
                    &text,
                    &bytes,
                    &list,
                    &f64::from(number),
                    &None::<bool>,
                ],
            )
            .await?;
        let (a, b): (i64, String) = (row.get(0), row.get(1));
        let (c, d): (Vec<u8>, Vec<i32>) = (row.get(2), row.get(3));
        let (e, f): (f64, Option<bool>) = (row.get(4), row.get(5));
        writeln!(told, "prepared: {a} {b} {c:?} {d:?} {e} {f:?}")?;
    }
    for message in client
        .simple_query("SELECT 1, NULL; SELECT 2 WHERE false; ;")
        .await?
    {
        match message {
            SimpleQueryMessage::Row(row) => {
                writeln!(told, "simple: {:?} {:?}", row.get(0), row.get(1))?;
            }
            SimpleQueryMessage::CommandComplete(rows) => writeln!(told, "simple: {rows} rows")?,
            _ => {}
        }
    }
    Ok(())
}

async fn portals(client: &mut Client, told: &mut String) -> Step {
    let transaction = client.transaction().await?;
    let portal = transaction
        .bind("SELECT i FROM generate_series(1, 100) i", &[])
        .await?;
    for most in [3, 50, 0, 5] {
        let rows = transaction.query_portal(&portal, most).await?;
        writeln!(told, "portal: {} rows", rows.len())?;
    }
    transaction.rollback().await?;
    Ok(())
}

async fn copies(client: &Client, told: &mut String) -> Step {
    client
        .batch_execute("CREATE TEMP TABLE copied (i int, t text)")
        .await?;
    let mut sink = pin!(client.copy_in("COPY copied FROM STDIN").await?);
    for number in 0..20_000 {
        sink.feed(Bytes::from(format!("{number}\trow {number}\n")))
            .await?;
    }
    writeln!(told, "copy in: {}", sink.as_mut().finish().await?)?;
    let rows = client
        .copy_out("COPY (SELECT * FROM copied ORDER BY i) TO STDOUT")
        .await?;
    let bytes: Vec<Bytes> = rows.try_collect().await?;
    let bytes = bytes.concat();
    writeln!(
        told,
        "copy out: {} bytes, {:016x}",
        bytes.len(),
        fingerprint(&bytes)
    )?;
    let mut sink = pin!(client.copy_in("COPY copied FROM STDIN").await?);
    sink.send(Bytes::from_static(b"x\ty\tz\n")).await?;
    fails("copy of bad rows", sink.as_mut().finish().await, told)?;
    let given_up = client.copy_in::<_, Bytes>("COPY copied FROM STDIN").await?;
    drop(given_up);
    let row = client.query_one("SELECT count(*) FROM copied", &[]).await?;
    writeln!(told, "after copies: {}", row.get::<_, i64>(0))?;
    Ok(())
}

async fn errors(client: &Client, told: &mut String) -> Step {
    fails("syntax", client.query("SELEC 1", &[]).await, told)?;
    fails(
        "missing",
        client.query("SELECT * FROM nowhere", &[]).await,
        told,
    )?;
    fails(
        "division",
        client.query("SELECT 1 / $1::int", &[&0_i32]).await,
        told,
    )?;
    fails(
        "several",
        client
            .batch_execute("SELECT 1; SELECT 1 / 0; SELECT 2")
            .await,
        told,
    )?;
    client.batch_execute("BEGIN").await?;
    fails(
        "in a transaction",
        client.batch_execute("SELECT 1 / 0").await,
        told,
    )?;
    fails(
        "failed transaction",
        client.batch_execute("SELECT 1").await,
        told,
    )?;
    client.batch_execute("ROLLBACK").await?;
    Ok(())
}

async fn messages(
    client: &Client,
    heard: &mut mpsc::UnboundedReceiver<AsyncMessage>,
    way: &Way,
    told: &mut String,
) -> Step {
    client
        .batch_execute("LISTEN bell; DO $$ BEGIN RAISE NOTICE 'one'; RAISE WARNING 'two'; END $$")
        .await?;
    let (other, _) = way.connect().await?;
    other
        .batch_execute("SELECT pg_notify('bell', 'ring')")
        .await?;
    for _ in 0..3 {
        match heard.recv().await.context("a message")? {
            AsyncMessage::Notice(said) => {
                writeln!(told, "notice: {} {}", said.severity(), said.message())?;
            }
            AsyncMessage::Notification(said) => {
                writeln!(told, "notification: {} {}", said.channel(), said.payload())?;
            }
            _ => {}
        }
    }
    Ok(())
}

async fn cancelled(client: &Client, way: &Way, told: &mut String) -> Step {
    let pid: i32 = client
        .query_one("SELECT pg_backend_pid()", &[])
        .await?
        .get(0);
    let (other, _) = way.connect().await?;
    let cancel = async {
        let active = "SELECT FROM pg_stat_activity WHERE pid = $1 AND state = 'active' AND query LIKE '%pg_sleep(60)'";
        while other.query_opt(active, &[&pid]).await?.is_none() {}
        client.cancel_token().cancel_query(way.tls.clone()).await
    };
    let (slept, sent) = tokio::join!(client.batch_execute("SELECT pg_sleep(60)"), cancel);
    sent?;
    fails("cancelled", slept, told)?;
    // A server signals a session twice for one request, and the crate does not wait until it has:
    // the second signal, where it comes late, strikes this statement.
    let _ = client.batch_execute("SELECT pg_sleep(0.5)").await;
    let row = client.query_one("SELECT 1", &[]).await?;
    writeln!(told, "after cancel: {}", row.get::<_, i32>(0))?;
    Ok(())
}

async fn pipelined(client: &Client, told: &mut String) -> Step {
    let statement = client.prepare("SELECT 10 / $1::int").await?;
    let statement = &statement;
    let queries = (-100..100_i32).map(|number| async move {
        let row = client.query_one(statement, &[&number]).await?;
        Ok::<i32, Error>(row.get(0))
    });
    let answers: Vec<Result<i32, Error>> = futures_util::stream::iter(queries)
        .buffered(200)
        .collect()
        .await;
    let sum: i32 = answers.iter().flatten().sum();
    writeln!(told, "pipelined: sum {sum}")?;
    for error in answers.into_iter().filter(Result::is_err) {
        fails("pipelined", error, told)?;
    }
    Ok(())
}

async fn large(client: &Client, told: &mut String) -> Step {
    let data: Vec<u8> = (0..=255).cycle().take(BIG).collect();
    let row = client
        .query_one("SELECT $1::bytea, length($1::bytea)", &[&data])
        .await?;
    let back: Vec<u8> = row.get(0);
    writeln!(told, "large: {} {}", back == data, row.get::<_, i32>(1))?;
    let mut rows = pin!(
        client
            .query_raw(
                "SELECT repeat('x', 1000) FROM generate_series(1, 50000)",
                NOTHING
            )
            .await?
    );
    let mut bytes = 0;
    while let Some(row) = rows.next().await {
        bytes += row?.get::<_, &str>(0).len();
    }
    writeln!(told, "streamed: {bytes}")?;
    Ok(())
}

const NOTHING: [&str; 0] = [];

fn fails<T>(step: &str, result: Result<T, Error>, told: &mut String) -> Step {
    match result.err() {
        None => writeln!(told, "{step}: no error")?,
        Some(error) => {
            let said = error
                .as_db_error()
                .with_context(|| format!("{step}: {error}"))?;
            let (severity, code) = (said.severity(), said.code().code());
            writeln!(
                told,
                "{step}: {severity} {code} {} {:?}",
                said.message(),
                said.position()
            )?;
        }
    }
    Ok(())
}

/// FNV-1a; enough to tell two transcripts apart.
fn fingerprint(bytes: &[u8]) -> u64 {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    bytes.iter().fold(OFFSET, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(PRIME)
    })
}
