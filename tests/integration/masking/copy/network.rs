//! Production behind TLS, passwords and several addresses.

use std::sync::Arc;

use masker::source::{LOCK_WAIT, Production, Source, SourceError};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tests::certificate::Certificate;
use tests::postgres::{Installation, Scratch, free_port};
use tokio_postgres::Config;
use tokio_postgres::config::{ChannelBinding, SslMode};

use super::{LOADING, Pair, Way, plan, token};

const SECRET: &str = "a password: it's \"odd\"";

const DDL: &str = "CREATE TABLE t (id int PRIMARY KEY, secret text);
    INSERT INTO t SELECT n, 'secret ' || n FROM generate_series(1, 5000) n;
    CREATE ROLE reader LOGIN PASSWORD 'a password: it''s \"odd\"';
    GRANT SELECT ON t TO reader";

fn trusting(authority: &std::path::Path) -> anyhow::Result<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(authority)? {
        roots.add(certificate?)?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// A server that lets `reader` in by TLS and SCRAM alone, but for its superuser by the socket.
async fn guarded(certificate: &Certificate, major: u32) -> anyhow::Result<Scratch> {
    let path = |path: std::path::PathBuf| path.to_string_lossy().into_owned();
    let server = Scratch::start_with(
        Installation::of_major(major)?,
        &[
            ("ssl", "on"),
            ("ssl_cert_file", &path(certificate.certificate())),
            ("ssl_key_file", &path(certificate.key())),
            ("password_encryption", "scram-sha-256"),
        ],
    )?;
    let rules = "local all postgres trust\nhostssl all reader 127.0.0.1/32 scram-sha-256\n";
    std::fs::write(server.data_directory().join("pg_hba.conf"), rules)?;
    let client = server.database("shop").await?;
    client.batch_execute(DDL).await?;
    client.batch_execute("SELECT pg_reload_conf()").await?;
    Ok(server)
}

fn address(server: &Scratch) -> Config {
    let mut config = Config::new();
    config
        .host("localhost")
        .hostaddr([127, 0, 0, 1].into())
        .port(server.port())
        .user("reader")
        .password(SECRET)
        .dbname("shop")
        .ssl_mode(SslMode::Require);
    config
}

async fn copied(production: &Production, from: Scratch) -> anyhow::Result<(Scratch, u64)> {
    let to = Scratch::start_with(Installation::of_major(18)?, &LOADING)?;
    to.database("shop").await?;
    let source = Source::open(production, LOCK_WAIT).await?;
    let encrypted = "SELECT count(*) FILTER (WHERE NOT ssl), count(*) FROM pg_catalog.pg_stat_ssl s \
                     JOIN pg_catalog.pg_stat_activity a USING (pid) WHERE a.usename = 'reader'";
    let (schema, facts) = (source.schema().await?, source.facts().await?);
    let plan = plan(&schema, &facts, &[("public.t.secret", token("t"))]);
    let pair = Pair::of(from, to);
    let watching = pair.from.connect("shop").await?;
    let watched = Arc::new(tokio::sync::Notify::new());
    let told = watched.clone();
    let way = Way {
        progress: Arc::new(move |_| told.notify_one()),
        ..Way::default()
    };
    let watch = async {
        watched.notified().await;
        watching.query_one(encrypted, &[]).await
    };
    let (report, seen) = tokio::join!(pair.copy(&source, &plan, &way), watch);
    let (report, seen) = (report?, seen?);
    assert_eq!(seen.get::<_, i64>(0), 0, "a session without TLS");
    assert!(seen.get::<_, i64>(1) > 0);
    source.close().await;
    Ok((pair.from, report.rows()))
}

#[tokio::test]
async fn a_password_under_tls_is_enough() -> anyhow::Result<()> {
    let certificate = Certificate::make()?;
    let tls = Some(trusting(&certificate.authority())?);
    let mut server = guarded(&certificate, 15).await?;
    let plain = address(&server);
    let mut bound = plain.clone();
    bound.channel_binding(ChannelBinding::Require);
    let mut prefer = plain.clone();
    prefer.ssl_mode(SslMode::Prefer);
    for (config, tls) in [
        (plain.clone(), tls.clone()),
        (bound, tls.clone()),
        (prefer, tls),
    ] {
        let (back, rows) = copied(&Production { config, tls }, server).await?;
        assert_eq!(rows, 5_000);
        server = back;
    }
    // Whoever is not trusted gets nothing.
    let other = Certificate::make()?;
    let tls = Some(trusting(&other.authority())?);
    let opened = Source::open(&Production { config: plain, tls }, LOCK_WAIT).await;
    let Err(error) = opened else {
        anyhow::bail!("it trusts anybody");
    };
    let shown = format!("{error} {error:?}");
    assert!(shown.contains("connect to production"), "{shown}");
    assert!(!shown.contains(SECRET));
    Ok(())
}

#[tokio::test]
async fn the_first_address_that_answers_is_taken_for_all_sessions() -> anyhow::Result<()> {
    let pair = Pair::start(15, 15, DDL).await?;
    let nobody = free_port()?;
    let mut config = Config::new();
    config
        .host("127.0.0.1")
        .host("127.0.0.1")
        .port(nobody)
        .port(pair.from.port())
        .user("reader")
        .dbname("shop");
    let production = Production { config, tls: None };
    let source = Source::open(&production, LOCK_WAIT).await?;
    let (schema, facts) = (source.schema().await?, source.facts().await?);
    let plan = plan(&schema, &facts, &[("public.t.secret", token("t"))]);
    let report = pair.copy(&source, &plan, &Way::default()).await?;
    assert_eq!(report.rows(), 5_000);
    Ok(())
}

#[tokio::test]
async fn a_production_that_does_not_answer_is_told() -> anyhow::Result<()> {
    let mut config = Config::new();
    config
        .host("127.0.0.1")
        .port(free_port()?)
        .user("reader")
        .password(SECRET);
    let production = Production { config, tls: None };
    let Err(error) = Source::open(&production, LOCK_WAIT).await else {
        anyhow::bail!("somebody answered");
    };
    assert!(matches!(error, SourceError::Step(_)));
    assert!(
        error.to_string().starts_with("connect to production: "),
        "{error}"
    );
    assert!(error.hint().is_some());
    Ok(())
}
