//! One PostgreSQL for the whole binary, made and started once, ended by the last handle.

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
}

static CLUSTER: OnceLock<Cluster> = OnceLock::new();

/// The server, started on first use.
///
/// It watches its own lock file and the pipe of this process: both go with the process, so nothing
/// outlives the test.
pub(crate) fn cluster() -> &'static Cluster {
    CLUSTER.get_or_init(start)
}

impl Cluster {
    pub(crate) fn socket(&self) -> PathBuf {
        self.directory.join(".s.PGSQL.1")
    }
}

fn start() -> Cluster {
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
        "listen_addresses = ''\nport = 1\nunix_socket_directories = '{}'\nfsync = off\n\
         max_connections = 1200\nautovacuum = off\n",
        directory.display()
    );
    std::fs::write(data.join("postgresql.auto.conf"), settings).unwrap();
    // The shell ends the server when this process, which holds the other end of its input, is gone.
    let script = format!(
        "{BIN}/postgres -D {0} >{0}/log 2>&1 & server=$!; cat >/dev/null; kill -INT $server; \
         wait $server; rm -rf {1}",
        data.display(),
        directory.display()
    );
    let mut shell = command_of("sh", root);
    let child = shell.arg("-c").arg(script).stdin(Stdio::piped());
    let child: Child = child.spawn().unwrap();
    // The pipe must live as long as this process, and its descriptor is not inherited.
    std::mem::forget(child);
    let cluster = Cluster { directory };
    let began = Instant::now();
    loop {
        let mut psql = Command::new("psql");
        psql.args(["-qAt", "-U", "postgres", "-p", "1", "-c", SETUP, "-h"]);
        psql.arg(&cluster.directory).stderr(Stdio::null());
        if psql.status().unwrap().success() {
            return cluster;
        }
        assert!(began.elapsed() < START_MAX, "the server did not start");
        std::thread::yield_now();
    }
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
