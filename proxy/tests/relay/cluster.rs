//! One PostgreSQL for the whole binary, made and started once; and servers of one test's own, for
//! what no other test would survive.

use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

const BIN: &str = "/usr/lib/postgresql/15/bin";
const START_MAX: Duration = Duration::from_secs(60);

/// The server's facts.
pub(crate) struct Cluster {
    pub(crate) directory: PathBuf,
    pub(crate) port: u16,
    /// The shell that ends the server when its input does.
    shell: Child,
}

static CLUSTER: OnceLock<Cluster> = OnceLock::new();

/// The server, started on first use.
///
/// It watches its own lock file and the pipe of this process: both go with the process, so nothing
/// outlives the test.
pub(crate) fn cluster() -> &'static Cluster {
    CLUSTER.get_or_init(|| start(1, "listen_addresses = ''\nmax_connections = 1200\n", None))
}

impl Cluster {
    /// A server of the test's own, with more settings and the lines of its `pg_hba.conf`.
    pub(crate) fn own(settings: &str, hba: Option<&str>) -> Self {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        start(port, settings, hba)
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.directory.join(format!(".s.PGSQL.{}", self.port))
    }

    /// Puts a file that only the server may read into its data directory.
    pub(crate) fn give(&self, name: &str, text: &str) {
        let path = self.directory.join("pgdata").join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
        if nix::unistd::geteuid().is_root() {
            let user = nix::unistd::User::from_name("postgres").unwrap().unwrap();
            chown(&path, Some(user.uid.as_raw()), Some(user.gid.as_raw())).unwrap();
        }
    }

    /// The process id of the postmaster.
    pub(crate) fn postmaster(&self) -> nix::unistd::Pid {
        let lock = std::fs::read_to_string(self.directory.join("pgdata/postmaster.pid")).unwrap();
        nix::unistd::Pid::from_raw(lock.lines().next().unwrap().parse().unwrap())
    }

    /// Runs SQL as the superuser, until the server takes it.
    pub(crate) fn run(&self, sql: &str) {
        let began = Instant::now();
        loop {
            let mut psql = Command::new("psql");
            psql.args(["-XqAt", "-v", "ON_ERROR_STOP=1", "-U", "postgres"]);
            psql.args(["-p", &self.port.to_string(), "-c", sql, "-h"]);
            psql.arg(&self.directory);
            psql.stdout(Stdio::null()).stderr(Stdio::null());
            if psql.status().unwrap().success() {
                return;
            }
            assert!(began.elapsed() < START_MAX, "the server did not start");
            std::thread::yield_now();
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        // The shell has nothing else to do, so it ends with its server.
        let _ = self.shell.wait();
    }
}

fn start(port: u16, settings: &str, hba: Option<&str>) -> Cluster {
    let base = Path::new("/var/tmp/standin-relay");
    std::fs::create_dir_all(base).unwrap();
    std::fs::set_permissions(base, PermissionsExt::from_mode(0o1777)).unwrap();
    let directory = tempfile::Builder::new().tempdir_in(base).unwrap().keep();
    let user = nix::unistd::User::from_name("postgres").unwrap().unwrap();
    let root = nix::unistd::geteuid().is_root();
    if root {
        chown(&directory, Some(user.uid.as_raw()), Some(user.gid.as_raw())).unwrap();
    }
    let data = directory.join("pgdata");
    let mut initdb = command("initdb", root);
    initdb.args(["-U", "postgres", "-A", "trust", "--no-sync", "-D"]);
    let made = initdb.arg(&data).stdout(Stdio::null()).status().unwrap();
    assert!(made.success(), "initdb failed");
    let settings = format!(
        "port = {port}\nunix_socket_directories = '{}'\nfsync = off\nautovacuum = off\n{settings}",
        directory.display()
    );
    if let Some(lines) = hba {
        std::fs::write(data.join("pg_hba.conf"), lines).unwrap();
    }
    std::fs::write(data.join("postgresql.auto.conf"), settings).unwrap();
    // The shell ends the server when this process, which holds the other end of its input, is gone.
    let script = format!(
        "{BIN}/postgres -D {0} >{0}/log 2>&1 & server=$!; cat >/dev/null; kill -INT $server 2>/dev/null; \
         wait $server; rm -rf {1}",
        data.display(),
        directory.display()
    );
    let mut shell = command_of("sh", root);
    let child = shell.arg("-c").arg(script).stdin(Stdio::piped());
    // The pipe lives as long as the value, and its descriptor is not inherited.
    let shell = child.spawn().unwrap();
    let cluster = Cluster {
        directory,
        port,
        shell,
    };
    cluster.run(SETUP);
    cluster
}

const SETUP: &str = "create role app login; create role owner; grant owner to app; \
    create table items (id int primary key, name text); \
    insert into items select n, 'item ' || n from generate_series(1, 1000) n; \
    create table notes (id int primary key, text text); \
    grant all on items, notes to app; grant all on schema public to app, owner;";

fn command(program: &str, root: bool) -> Command {
    command_of(&format!("{BIN}/{program}"), root)
}

fn command_of(program: &str, root: bool) -> Command {
    if root {
        let mut command = Command::new("setpriv");
        command.args([
            "--reuid=postgres",
            "--regid=postgres",
            "--clear-groups",
            program,
        ]);
        command.current_dir("/");
        return command;
    }
    Command::new(program)
}
