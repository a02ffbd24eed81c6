//! A running server to copy: one that does to the world all that a copy must not do.

use std::ffi::OsStr;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use server::{Account, Installation};
use tokio_postgres::{Client, NoTls};

/// A server of the test's own, outside the code under test, reached by a socket in its directory.
pub(crate) struct Source {
    pub(crate) directory: PathBuf,
    process: Child,
}

/// What tests log in as where a password is asked for.
pub(crate) const PASSWORD: &str = "pässword of the source";

impl Source {
    /// Makes and starts a cluster in `directory` with these settings, superuser `postgres`.
    pub(crate) async fn start(
        installation: &Installation,
        account: &Account,
        directory: &Path,
        settings: &[&str],
    ) -> Self {
        let data = directory.join("data");
        std::fs::create_dir(directory).expect("a directory");
        std::os::unix::fs::chown(directory, Some(account.uid), Some(account.gid)).expect("owner");
        let run = |program: &str, args: &[&OsStr]| {
            let mut command = Command::new(installation.program(program));
            command
                .args(args)
                .env_clear()
                .env("LC_ALL", "C")
                .current_dir(directory);
            if let Some(libraries) = &installation.libraries {
                command.env("LD_LIBRARY_PATH", libraries);
            }
            if nix::unistd::geteuid().is_root() {
                command.uid(account.uid).gid(account.gid);
            }
            command
        };
        let initdb = ["-U", "postgres", "-A", "trust", "-N", "-D"].map(OsStr::new);
        let mut initdb = initdb.to_vec();
        initdb.push(data.as_os_str());
        let made = run("initdb", &initdb).output().expect("initdb");
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
        let rules = "local all postgres trust\nlocal replication postgres trust\n\
                     local all all scram-sha-256\nlocal replication all scram-sha-256\n";
        std::fs::write(data.join("pg_hba.conf"), rules).expect("rules");
        let log = std::fs::File::create(directory.join("log")).expect("a log");
        let mut server = run("postgres", &[OsStr::new("-D"), data.as_os_str()]);
        for setting in ["listen_addresses=", "unix_socket_directories=.."]
            .iter()
            .chain(settings)
        {
            server.args(["-c", setting]);
        }
        let process = server
            .stderr(log)
            .stdin(Stdio::null())
            .spawn()
            .expect("a server");
        let source = Self {
            directory: directory.to_owned(),
            process,
        };
        while source.try_connect("postgres", "postgres").await.is_err() {
            let log = std::fs::read_to_string(directory.join("log")).expect("a log");
            assert!(
                !log.contains("FATAL:  ") || log.contains("starting up"),
                "{log}"
            );
            tokio::task::yield_now().await;
        }
        source
    }

    async fn try_connect(
        &self,
        user: &str,
        database: &str,
    ) -> Result<Client, tokio_postgres::Error> {
        let mut config = tokio_postgres::Config::new();
        config
            .host_path(&self.directory)
            .user(user)
            .dbname(database);
        let (client, connection) = config.connect(NoTls).await?;
        tokio::spawn(async move { connection.await.ok() });
        Ok(client)
    }

    pub(crate) async fn connect(&self, database: &str) -> Client {
        self.try_connect("postgres", database)
            .await
            .expect("a session")
    }

    /// The URL of a role with a password.
    pub(crate) fn url(&self, user: &str) -> String {
        let password = PASSWORD.replace(' ', "%20");
        let host = self.directory.to_string_lossy().replace('/', "%2F");
        format!("postgres://{user}:{password}@{host}/postgres")
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        let pid = nix::unistd::Pid::from_raw(self.process.id().cast_signed());
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGQUIT).ok();
        self.process.wait().ok();
    }
}
