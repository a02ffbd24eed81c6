//! Places by TLS server name, and new certificates by reload.

use std::sync::Arc;
use std::time::Instant;

use nix::sys::signal::Signal;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tests::certificate::Certificate;
use tests::daemon::Build;
use tokio_postgres::config::SslMode;
use tokio_postgres::error::SqlState;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::shop::{ITEMS, PASSWORD, PATIENCE, QA, QA_BRANCHES, Shop, db_error};

/// Puts a certificate where the configuration says, with another's key if `key` is another.
fn install(shop: &Shop, certificate: &Certificate, key: &Certificate) -> anyhow::Result<()> {
    shop.write(
        "cert.pem",
        &std::fs::read_to_string(certificate.certificate())?,
    )?;
    shop.write("key.pem", &std::fs::read_to_string(key.key())?)
}

/// TLS of a client that trusts this authority alone.
fn tls(certificate: &Certificate) -> anyhow::Result<MakeRustlsConnect> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(certificate.authority())?)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

/// A session under TLS of such a client.
async fn trusting(
    shop: &Shop,
    certificate: &Certificate,
) -> anyhow::Result<tokio_postgres::Client> {
    let mut login = shop.login("shop@qa")?;
    login.ssl_mode(SslMode::Require);
    let (client, connection) = login.connect(tls(certificate)?).await?;
    tokio::spawn(connection);
    Ok(client)
}

/// Rows that a client sees which calls the server by a name.
async fn items_at(
    shop: &Shop,
    certificate: &Certificate,
    (name, database): (&str, &str),
) -> Result<i64, tokio_postgres::Error> {
    let address = shop.address().expect("it serves");
    let mut login = tokio_postgres::Config::new();
    login
        .host(name)
        .hostaddr(address.ip())
        .port(address.port())
        .user("app")
        .password(PASSWORD)
        .dbname(database)
        .ssl_mode(SslMode::Require);
    let tls = tls(certificate).expect("an authority");
    let (client, connection) = login.connect(tls).await?;
    tokio::spawn(connection);
    let row = client.query_one("SELECT count(*) FROM items", &[]).await?;
    Ok(row.get(0))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_name_leads_to_its_place_unless_the_database_names_one() -> anyhow::Result<()> {
    let names = [
        "qa.db.test",
        "qa--fix.db.test",
        "db.test",
        "qa.elsewhere.test",
    ];
    let certificate = Certificate::make_for(&names)?;
    let other = "[environments.staging]\nsource = { environment = \"qa\" }\nspares = 0\n";
    let mut shop = Shop::closed(Build::Plain, &format!("{QA_BRANCHES}{other}"))?;
    let listen = "[listen]\ndomain = \"db.test\"\n\
                  tls = { cert = \"file:cert.pem\", key = \"file:key.pem\" }";
    shop.rewrite(|text| text.replace("[listen]", listen))?;
    install(&shop, &certificate, &certificate)?;
    shop.daemon().start_again(&[])?;
    for (place, rows) in [("qa.fix", 1), ("staging", 2)] {
        let session = shop.enter(&format!("shop@{place}")).await?;
        session
            .run(&format!("DELETE FROM items WHERE id > {rows}"))
            .await?;
    }
    for (name, database, rows) in [
        ("qa.db.test", "shop", ITEMS),
        ("qa--fix.db.test", "shop", 1),
        ("qa--fix.db.test", "shop@staging", 2),
        ("qa.elsewhere.test", "shop@qa.fix", 1),
    ] {
        let items = items_at(&shop, &certificate, (name, database)).await?;
        assert_eq!(items, rows, "{database} at {name}");
    }
    for name in ["qa.elsewhere.test", "db.test"] {
        let refused = items_at(&shop, &certificate, (name, "shop")).await;
        let refused = db_error(&refused.expect_err("a refusal"))?;
        assert_eq!(refused.code(), &SqlState::UNDEFINED_DATABASE, "{name}");
        let hint = refused.hint().unwrap_or_default();
        assert!(hint.contains("environment[--branch].domain"), "{hint}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reload_takes_new_certificates_and_leaves_sessions_alone() -> anyhow::Result<()> {
    let (first, second) = (Certificate::make()?, Certificate::make()?);
    let mut shop = Shop::closed(Build::Plain, QA)?;
    let tls = "[listen]\ntls = { cert = \"file:cert.pem\", key = \"file:key.pem\" }";
    shop.rewrite(|text| text.replace("[listen]", tls))?;
    install(&shop, &first, &first)?;
    shop.daemon().start_again(&[])?;
    shop.daemon().expect("the new configuration was refused");
    let old = trusting(&shop, &first).await?;
    assert!(trusting(&shop, &second).await.is_err());

    install(&shop, &second, &second)?;
    shop.json("reload")?;
    trusting(&shop, &second).await?;
    assert!(trusting(&shop, &first).await.is_err());
    old.simple_query("SELECT 1").await?;

    // A pair that does not fit, and what is no certificate: both name their files, neither is taken.
    install(&shop, &first, &second)?;
    let (code, said) = shop.fails("reload")?;
    assert_eq!(code, 2, "{said}");
    for file in ["cert.pem", "key.pem"] {
        assert!(said.contains(file), "{said}");
    }
    trusting(&shop, &second).await?;
    shop.write("cert.pem", "no certificate")?;
    let (_, said) = shop.fails("reload")?;
    assert!(said.contains("cert.pem"), "{said}");
    trusting(&shop, &second).await?;

    install(&shop, &first, &first)?;
    shop.daemon().signal(Signal::SIGHUP)?;
    let began = Instant::now();
    while trusting(&shop, &first).await.is_err() {
        assert!(began.elapsed() < PATIENCE);
    }
    old.simple_query("SELECT 1").await?;
    Ok(())
}
