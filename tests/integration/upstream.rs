//! Environments on servers that are not ours.

use std::os::unix::fs::PermissionsExt;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tests::daemon::Build;
use tests::postgres::{Installation, Scratch, give_to_server_user};
use tokio_postgres::error::SqlState;

use crate::shop::Shop;

const SECRET: &str = "the-password-upstream";

const TABLES: &str = "\
[environments.plain]
source = { upstream = \"file:plain.url\" }
[environments.encrypted]
source = { upstream = \"file:encrypted.url\" }
[environments.verified]
source = { upstream = \"file:verified.url\" }
[environments.mistaken]
source = { upstream = \"file:mistaken.url\" }
[environments.wrong]
source = { upstream = \"file:wrong.url\" }
";

/// A certificate for 127.0.0.1, its key, and the certificate of the authority that signed it.
fn certificates() -> anyhow::Result<[String; 3]> {
    let mut authority = CertificateParams::new(Vec::new())?;
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority_key = KeyPair::generate()?;
    let authority_certificate = authority.self_signed(&authority_key)?;
    let issuer = Issuer::new(authority, authority_key);
    let key = KeyPair::generate()?;
    let leaf = CertificateParams::new(vec!["127.0.0.1".to_owned()])?;
    let certificate = leaf.signed_by(&key, &issuer)?;
    Ok([
        certificate.pem(),
        key.serialize_pem(),
        authority_certificate.pem(),
    ])
}

/// A server with TLS and a password, and a shop that leads to it in several ways.
async fn shop() -> anyhow::Result<(Scratch, Shop, tempfile::TempDir)> {
    let files = tempfile::tempdir_in("/var/tmp")?;
    std::fs::set_permissions(files.path(), PermissionsExt::from_mode(0o755))?;
    let [certificate, key, authority] = certificates()?;
    let of_server = files.path().join("server");
    std::fs::create_dir(&of_server)?;
    for (name, text) in [("cert.pem", certificate), ("key.pem", key)] {
        let path = of_server.join(name);
        std::fs::write(&path, text)?;
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600))?;
        give_to_server_user(&path)?;
    }
    give_to_server_user(&of_server)?;
    let hba = of_server.join("pg_hba.conf");
    std::fs::write(
        &hba,
        "local all all trust\nhost all all all scram-sha-256\n",
    )?;
    give_to_server_user(&hba)?;
    let path = |name: &str| of_server.join(name).to_string_lossy().into_owned();
    let server = Scratch::start_with(
        Installation::usual()?,
        &[
            ("ssl", "on"),
            ("ssl_cert_file", &path("cert.pem")),
            ("ssl_key_file", &path("key.pem")),
            ("hba_file", &path("pg_hba.conf")),
        ],
    )?;
    let client = server.database("shop").await?;
    client
        .batch_execute(&format!("CREATE ROLE app LOGIN PASSWORD '{SECRET}'"))
        .await?;
    let mut shop = Shop::closed(Build::Plain, TABLES)?;
    let trusted = files.path().join("authority.pem");
    std::fs::write(&trusted, authority)?;
    let [_, _, stranger] = certificates()?;
    let mistaken = files.path().join("stranger.pem");
    std::fs::write(&mistaken, stranger)?;
    let url = |password: &str, rest: &str| {
        format!(
            "postgres://app:{password}@127.0.0.1:{}/shop?{rest}",
            server.port()
        )
    };
    shop.write("plain.url", &url(SECRET, "sslmode=disable"))?;
    shop.write("encrypted.url", &url(SECRET, "sslmode=require"))?;
    let verify = |root: &std::path::Path| {
        let root = root.to_string_lossy();
        url(SECRET, &format!("sslmode=verify-full&sslrootcert={root}"))
    };
    shop.write("verified.url", &verify(&trusted))?;
    shop.write("mistaken.url", &verify(&mistaken))?;
    shop.write("wrong.url", &url("not-the-password", "sslmode=disable"))?;
    shop.daemon().start_again(&[])?;
    Ok((server, shop, files))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upstream_is_reached_as_its_url_says() -> anyhow::Result<()> {
    let (_server, shop, _files) = shop().await?;
    let encrypted = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    for (environment, wanted) in [("plain", "f"), ("encrypted", "t"), ("verified", "t")] {
        let session = shop.enter(&format!("shop@{environment}")).await?;
        assert_eq!(session.text(encrypted).await?, wanted, "{environment}");
        assert_eq!(session.text("SELECT current_user").await?, "app");
    }
    let listed = shop.json("environment show plain")?;
    assert_eq!(listed["state"], "upstream");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upstream_that_cannot_be_had_is_a_clear_error_without_secrets() -> anyhow::Result<()> {
    let (server, mut shop, _files) = shop().await?;
    for environment in ["wrong", "mistaken"] {
        let refused = shop.refused(&format!("shop@{environment}")).await?;
        let said = format!("{refused:?}");
        for secret in [SECRET, "not-the-password"] {
            assert!(!said.contains(secret), "{said}");
        }
        assert_ne!(refused.code(), &SqlState::INTERNAL_ERROR, "{said}");
        assert!(!refused.message().is_empty());
    }
    drop(server);
    let refused = shop.refused("shop@plain").await?;
    assert!(!format!("{refused:?}").contains(SECRET));
    let log = shop.daemon().log().join("\n");
    assert!(
        !log.contains(SECRET) && !log.contains("not-the-password"),
        "{log}"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upstream_is_not_ours_to_reset_or_branch() -> anyhow::Result<()> {
    let (_server, shop, _files) = shop().await?;
    for command in [
        "environment reset plain",
        "environment build plain",
        "environment sleep plain",
        "branch create plain.x",
        "snapshot create plain",
    ] {
        let (code, said) = shop.fails(command)?;
        assert_eq!(code, 1, "{command}");
        assert!(said.contains("does not manage"), "{command}: {said}");
    }
    let refused = shop.refused("shop@plain.x").await?;
    assert_eq!(refused.code(), &SqlState::FEATURE_NOT_SUPPORTED);
    Ok(())
}
