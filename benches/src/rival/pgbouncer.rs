//! PgBouncer with session pooling, in front of the same branch's unix socket.

use std::io::Write;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use anyhow::ensure;
use tests::postgres::{as_server_user, free_port, give_to_server_user};

use super::pgbench::Destination;
use crate::site::{DATABASE, ROLE, Site};

/// It binds within milliseconds; a loaded machine gets longer.
const START_WAIT: Duration = Duration::from_secs(10);

/// How often its port is tried meanwhile.
const START_POLL: Duration = Duration::from_millis(10);

/// A running PgBouncer.
pub(crate) struct PgBouncer {
    process: Child,
    destination: Destination,
    // Its configuration, for as long as it runs.
    _directory: tempfile::TempDir,
}

impl PgBouncer {
    /// Starts it over a branch's socket directory; clients log in with SCRAM as at Standin.
    pub(crate) fn start(sockets: &Path) -> anyhow::Result<Self> {
        let directory = tempfile::Builder::new()
            .prefix("bench-pgbouncer-")
            .tempdir_in("/var/tmp")?;
        std::fs::set_permissions(directory.path(), PermissionsExt::from_mode(0o755))?;
        give_to_server_user(directory.path())?;
        let (port, (_, password)) = (free_port()?, Site::login());
        let file = directory.path().join("pgbouncer.ini");
        let users = directory.path().join("users.txt");
        write!(
            std::fs::File::create(&file)?,
            "[databases]\n{DATABASE} = host={} port=1 user={ROLE}\n\
             [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n\
             auth_type = scram-sha-256\nauth_file = {}\npool_mode = session\n\
             default_pool_size = 90\nmax_client_conn = 200\nserver_reset_query =\n\
             log_connections = 0\nlog_disconnections = 0\nstats_period = 3600\n",
            sockets.display(),
            users.display(),
        )?;
        std::fs::write(&users, format!("\"{ROLE}\" \"{password}\"\n"))?;
        let process = as_server_user(Path::new("/usr/sbin/pgbouncer"))
            .arg("--quiet")
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let destination = Destination {
            host: "127.0.0.1".to_owned(),
            port,
            user: ROLE.to_owned(),
            password: password.to_owned(),
            database: DATABASE.to_owned(),
        };
        let pgbouncer = Self {
            process,
            destination,
            _directory: directory,
        };
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            ensure!(begun.elapsed() < START_WAIT, "pgbouncer does not listen");
            std::thread::sleep(START_POLL);
        }
        Ok(pgbouncer)
    }

    /// How to reach it.
    pub(crate) fn destination(&self) -> &Destination {
        &self.destination
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        // It holds nothing that a kill could harm, and may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
