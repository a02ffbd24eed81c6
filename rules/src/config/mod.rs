//! What `standin.toml` says, after it was parsed, checked and completed with defaults.
//!
//! The types hold only what is legal; parsing is the one way to make them.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::name::{EnvironmentName, EnvironmentPattern, UserName};

/// The whole configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Where branches live and how much they may take.
    pub pool: Pool,
    /// Where clients connect.
    pub listen: Listen,
    /// Which PostgreSQL installations may be used.
    pub postgres: Postgres,
    /// Who may connect.
    pub users: BTreeMap<UserName, User>,
    /// The database that copies are made of.
    pub production: Option<Production>,
    /// The environments in the order of the file.
    pub environments: Vec<Environment>,
    /// Bounds of sessions.
    pub limits: Limits,
}

/// A value that must not stand in the configuration itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Secret {
    /// `env:NAME`: the environment variable NAME of the daemon.
    Env(String),
    /// `file:path`: the content of a file without its last newline; relative to the configuration.
    File(PathBuf),
}

/// `[pool]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Pool {
    /// The pool's directory, relative to the configuration file.
    pub path: PathBuf,
    /// Bytes that `standin setup` gives a loopback pool; `None` leaves the choice to it.
    pub size_bytes: Option<u64>,
    /// Memory that all awake branches together may take (sum of PSS); `None` is no bound.
    pub memory_bytes: Option<u64>,
    /// Awake branches at once; a connect beyond it waits, bounded.
    pub awake_max: usize,
}

/// `[listen]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Listen {
    /// TCP address of the PostgreSQL endpoint.
    pub postgres: Option<SocketAddr>,
    /// Directory of a unix socket `.s.PGSQL.<port>` of the same endpoint.
    pub unix: Option<PathBuf>,
    /// Certificate and key; without it TLS is answered with `N`.
    pub tls: Option<Tls>,
    /// Domain under which SNI names environments: `environment[--branch].domain`.
    pub domain: Option<String>,
    /// Whether each connection begins with a PROXY protocol v2 header.
    pub proxy_protocol: bool,
}

/// `[listen] tls`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// Certificate chain, PEM.
    pub cert: Secret,
    /// Private key, PEM.
    pub key: Secret,
    /// Whether a connection in clear is refused (unix sockets excepted).
    pub required: bool,
}

/// `[postgres]`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Postgres {
    /// `bin` directories looked at before the well-known places.
    pub bin: Vec<PathBuf>,
    /// Major version for fresh clusters; `None` takes the newest found.
    pub version: Option<u16>,
    /// Operating-system user of the servers when the daemon is root; `None` is `postgres`.
    pub user: Option<String>,
}

/// `[users.NAME]`.
#[derive(Debug, Clone, PartialEq)]
pub struct User {
    /// How the password is known.
    pub password: Password,
    /// Environments that the user may enter.
    pub environments: Vec<Grant>,
    /// What the user may ask of the daemon.
    pub role: Role,
}

/// A user's password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Password {
    /// In clear, from the environment or a file.
    Secret(Secret),
    /// A verifier as PostgreSQL stores it: `SCRAM-SHA-256$<iterations>:<salt>$<stored>:<server>`.
    Scram(String),
}

/// One entry of a user's `environments`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grant {
    /// `"*"`: every environment, but for unmasked copies.
    All,
    /// A name or prefix; unmasked copies need it to be the name.
    Pattern(EnvironmentPattern),
}

/// What a user may ask of the daemon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// May connect and look.
    Viewer,
    /// May also reset, undo, create and drop branches.
    Operator,
    /// May do everything.
    Admin,
}

/// `[production]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Production {
    /// Connection URL of a login that can only read (and, for `mirror`, replicate).
    pub url: Secret,
}

/// `[environments.NAME]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Environment {
    /// The table's key.
    pub pattern: EnvironmentPattern,
    /// What it is filled from.
    pub source: Source,
    /// What clients may do.
    pub access: AccessMode,
    /// Named branches within it.
    pub branches: Branches,
    /// When it is reset by itself.
    pub reset: Option<Cron>,
    /// When its base is copied anew by itself (mirror).
    pub refresh: Option<Cron>,
    /// A TCP port of its own, on the address of `[listen] postgres`, where any database name means
    /// this environment.
    pub port: Option<u16>,
    /// What a crash may cost.
    pub durability: Durability,
    /// How long without sessions until the server is stopped; `None` never.
    pub idle: Option<Duration>,
    /// Earlier generations kept for undo, at least 3.
    pub generations: usize,
    /// Servers started ahead for the next reset.
    pub spares: usize,
}

/// What fills an environment.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// A fresh cluster, filled by the project's migrations.
    Migrations {
        /// How the migrations run.
        migrations: Migrations,
        /// The database that is made for them.
        database: String,
    },
    /// A physical copy of production, raw.
    Mirror,
    /// The snapshot that another environment resets to.
    Environment(EnvironmentName),
    /// A server that we do not manage.
    Upstream(Secret),
}

impl Source {
    /// Whether the data is production's, unmasked (of this source itself, not of what it refers to).
    pub fn is_raw(&self) -> bool {
        matches!(self, Self::Mirror)
    }
}

/// How a schema comes to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Migrations {
    /// A directory of `.sql` files run in the order of their names.
    Directory(PathBuf),
    /// A program and its arguments, run with `DATABASE_URL` set.
    Command(Vec<String>),
}

/// What clients may do to the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AccessMode {
    /// SELECT.
    ReadOnly,
    /// SELECT and INSERT.
    Append,
    /// Everything within the database.
    ReadWrite,
}

/// What a crash may cost, shown in every listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Durability {
    /// Survives kill -9, not a power cut (`fsync=off`).
    Process,
    /// Survives a power cut but for under a second (`synchronous_commit=off`).
    Consistent,
    /// Survives a power cut.
    Machine,
}

/// `branches` of an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branches {
    /// How a branch comes to be.
    pub create: CreateBranch,
    /// Lifetime since last use; `None` for ever.
    pub ttl: Option<Duration>,
    /// How many may exist at once.
    pub max: usize,
    /// Servers started ahead for branches that do not exist yet.
    pub spares: usize,
}

/// How a branch comes to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CreateBranch {
    /// By command only.
    Command,
    /// Also by connecting to a name that does not exist.
    OnConnect,
}

/// A cron expression that was checked, five fields, UTC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cron(String);

/// `[limits]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Sessions of all users.
    pub sessions: usize,
    /// Sessions of one user.
    pub sessions_per_user: usize,
    /// Sessions in one environment.
    pub sessions_per_environment: usize,
    /// Negotiation, TLS, startup and login together.
    pub login: Duration,
    /// Waiting for a branch that wakes or is built.
    pub connect_wait: Duration,
    /// Dialling a server.
    pub upstream_connect: Duration,
    /// A session without a statement; `None` is no bound.
    pub idle_session: Option<Duration>,
    /// A session idle in a transaction; `None` is no bound.
    pub idle_in_transaction: Option<Duration>,
    /// What sessions in a transaction get to finish at a stop.
    pub drain: Duration,
}

#[cfg(test)]
mod tests {}
