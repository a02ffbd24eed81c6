//! New certificates by reload.

use std::sync::Arc;
use std::time::Instant;

use nix::sys::signal::Signal;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tests::certificate::Certificate;
use tests::daemon::Build;
use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::shop::{PATIENCE, QA, Shop};

/// Puts a certificate where the configuration says, with another's key if `key` is another.
fn install(shop: &Shop, certificate: &Certificate, key: &Certificate) -> anyhow::Result<()> {
    shop.write(
        "cert.pem",
        &std::fs::read_to_string(certificate.certificate())?,
    )?;
    shop.write("key.pem", &std::fs::read_to_string(key.key())?)
}

/// A session under TLS of a client that trusts this authority alone.
async fn trusting(
    shop: &Shop,
    certificate: &Certificate,
) -> anyhow::Result<tokio_postgres::Client> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(certificate.authority())?)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let mut login = shop.login("shop@qa")?;
    login.ssl_mode(SslMode::Require);
    let (client, connection) = login.connect(MakeRustlsConnect::new(config)).await?;
    tokio::spawn(connection);
    Ok(client)
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
