//! A hot standby to copy from.

use tests::postgres::{Scratch, as_server_user, free_port};

/// A standby of a scratch cluster.
pub(super) struct Standby {
    directory: tempfile::TempDir,
    port: u16,
    server: std::process::Child,
}

impl Standby {
    /// Made and started; it answers, as far as the primary was.
    pub(super) async fn of(primary: &Scratch) -> anyhow::Result<Self> {
        let bin = &primary.installation().bin;
        let directory = tempfile::Builder::new()
            .prefix("standin-standby-")
            .tempdir_in("/var/tmp")?;
        tests::postgres::give_to_server_user(directory.path())?;
        let data = directory.path().join("pgdata");
        let made = as_server_user(&bin.join("pg_basebackup"))
            .args([
                "--write-recovery-conf",
                "--no-sync",
                "--checkpoint=fast",
                "-U",
                "postgres",
            ])
            .arg("-h")
            .arg(primary.socket_directory())
            .args(["-p", &primary.port().to_string(), "-D"])
            .arg(&data)
            .output()?;
        anyhow::ensure!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
        let port = free_port()?;
        let server = as_server_user(&bin.join("postgres"))
            .arg("-D")
            .arg(&data)
            .args(["-c", &format!("port={port}"), "-c", "listen_addresses="])
            .arg("-c")
            .arg(format!(
                "unix_socket_directories={}",
                directory.path().display()
            ))
            .stderr(std::process::Stdio::null())
            .spawn()?;
        let standby = Self {
            directory,
            port,
            server,
        };
        let began = std::time::Instant::now();
        loop {
            let config = standby.config("postgres", "postgres");
            if config.connect(tokio_postgres::NoTls).await.is_ok() {
                return Ok(standby);
            }
            anyhow::ensure!(
                began.elapsed().as_secs() < 60,
                "the standby does not answer"
            );
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    }

    /// How a database of it is logged in to.
    pub(super) fn config(&self, user: &str, database: &str) -> tokio_postgres::Config {
        let mut config = tokio_postgres::Config::new();
        config
            .host_path(self.directory.path())
            .port(self.port)
            .user(user)
            .dbname(database);
        config
    }
}

impl Drop for Standby {
    fn drop(&mut self) {
        if let Ok(pid) = i32::try_from(self.server.id()) {
            let pid = nix::unistd::Pid::from_raw(pid);
            let _ = nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGQUIT);
        }
        let _ = self.server.wait();
    }
}
