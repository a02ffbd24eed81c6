//! Sessions of real drivers, directly on a server and through the daemon.

use tests::certificate::Certificate;
use tests::daemon::{Build, Daemon};
use tests::drivers::Driver;
use tests::postgres::{Installation, Scratch};

const CONFIG: &str = r#"
[pool]
path = "pool"

[listen]
postgres = "127.0.0.1:0"
tls = { cert = "file:CERT", key = "file:KEY" }

[postgres]
version = VERSION
bin = ["BIN"]

[users.app]
password = "file:password"
environments = ["qa"]

[environments.qa]
source = { migrations = "migrations", database = "shop" }
"#;

/// What both servers ask of a client: nobody gets in without a password.
const ACCESS: &str = "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n";

const PASSWORD: &str = "correct-horse";

/// What every session comes past: an error, a warning, a notification, a cancel, copied rows.
const FACTS: [&str; 5] = ["division by zero", "two", "bell", "cancel", "20000"];

/// A server with user and database as the daemon has them, and the daemon: the URLs that lead to
/// them differ in the port alone.
struct Pair {
    server: Scratch,
    daemon: Daemon,
    certificate: Certificate,
}

impl Pair {
    async fn start() -> anyhow::Result<Self> {
        let certificate = Certificate::make()?;
        let [cert, key] =
            [certificate.certificate(), certificate.key()].map(|path| path.display().to_string());
        let access = certificate.authority().with_file_name("hba.conf");
        std::fs::write(&access, ACCESS)?;
        let installation = Installation::usual()?;
        let settings = [
            ("ssl", "on"),
            ("ssl_cert_file", &cert),
            ("ssl_key_file", &key),
            ("hba_file", &access.display().to_string()),
        ];
        let server = Scratch::start_with(installation.clone(), &settings)?;
        // A database's name as targets are written: all drivers take the at sign as it is.
        let owner = server.connect("postgres").await?;
        owner
            .batch_execute(&format!("CREATE ROLE app LOGIN PASSWORD '{PASSWORD}'"))
            .await?;
        let create = "CREATE DATABASE \"shop@qa\" OWNER app TEMPLATE template0";
        owner.batch_execute(create).await?;
        let config = CONFIG
            .replace("CERT", &cert)
            .replace("KEY", &key)
            .replace("VERSION", &installation.major.to_string())
            .replace("BIN", &installation.bin.display().to_string());
        let mut daemon = Daemon::new(Build::Plain, &config)?;
        std::fs::write(daemon.directory().join("password"), PASSWORD)?;
        let migrations = daemon.directory().join("migrations");
        std::fs::create_dir(&migrations)?;
        std::fs::write(migrations.join("1.sql"), "CREATE TABLE orders (id int)")?;
        daemon.start_again(&[])?;
        // On a loaded machine a build takes longer than a connection waits.
        daemon.json(&["environment", "build", "qa"])?;
        Ok(Self {
            server,
            daemon,
            certificate,
        })
    }

    /// Every driver's session, on the server and through the daemon.
    async fn compare(&self, query: &str) -> anyhow::Result<()> {
        let url = |endpoint: &str| format!("postgres://app:{PASSWORD}@{endpoint}/shop@qa?{query}");
        let direct = url(&format!("127.0.0.1:{}", self.server.port()));
        let relayed = url(self.daemon.endpoint()?);
        for driver in Driver::ALL {
            let (direct, relayed) =
                tokio::try_join!(driver.session(&direct), driver.session(&relayed))?;
            for fact in FACTS {
                assert!(direct.contains(fact), "{driver:?}: no {fact}:\n{direct}");
            }
            assert_eq!(direct, relayed, "{driver:?}");
        }
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_driver_sees_through_the_daemon_what_it_sees_directly() -> anyhow::Result<()> {
    Pair::start().await?.compare("sslmode=disable").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_tls_that_it_verifies_a_driver_sees_the_same() -> anyhow::Result<()> {
    let pair = Pair::start().await?;
    let authority = pair.certificate.authority();
    let query = format!("sslmode=verify-full&sslrootcert={}", authority.display());
    pair.compare(&query).await
}

#[tokio::test]
async fn a_session_that_breaks_off_is_an_error() -> anyhow::Result<()> {
    let server = Scratch::start()?;
    let url = server.url("postgres");
    drop(server);
    for driver in Driver::ALL {
        assert!(driver.session(&url).await.is_err(), "{driver:?}");
    }
    Ok(())
}
