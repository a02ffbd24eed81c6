//! The one question that the relay asks: where does this connection go?

use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::Pin;

use rules::config::{AccessMode, StatementLimits};
use rules::name::{EnvironmentName, UserName};
use tokio::sync::watch;

/// Says where connections go; the daemon implements it.
pub trait Resolve: Send + Sync + 'static {
    /// Finds, makes or wakes what an authenticated client asked for.
    ///
    /// May take as long as waking or building takes; the relay bounds it by `connect_wait` and
    /// drops the future at the bound, which must leave nothing behind.
    fn resolve<'a>(
        &'a self,
        asked: &'a Asked,
    ) -> Pin<Box<dyn Future<Output = Result<Route, Refusal>> + Send + 'a>>;

    /// The bounds of statements at a place as they are now; `None` where nothing says so any more, and
    /// a session keeps those that it has. Asked by sessions under way after a reload.
    fn limits(&self, place: &str) -> Option<StatementLimits>;
}

/// What an authenticated client asked for.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Who.
    pub user: UserName,
    /// The startup packet's `database`, or the user's name where it has none.
    pub database: String,
    /// Through which door.
    pub door: Door,
    /// The server name of the TLS handshake.
    pub server_name: Option<String>,
    /// `standin.*` settings of the startup packet, without the prefix.
    pub settings: Vec<(String, String)>,
    /// Where from; `None` for a unix socket.
    pub peer: Option<SocketAddr>,
}

/// The listener that a client came through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Door {
    /// The common endpoint.
    Common,
    /// The port of one environment.
    Environment(EnvironmentName),
}

/// Where a connection goes, and what holds it there.
pub struct Route {
    /// The server.
    pub upstream: Upstream,
    /// Login role on the server.
    pub user: String,
    /// Its password, where the server asks for one.
    pub password: Option<String>,
    /// Database on the server.
    pub database: String,
    /// Settings put into the startup packet in place of the client's, for example `role`.
    pub inject: Vec<(String, String)>,
    /// What the client may do.
    pub access: AccessMode,
    /// Whether nothing but the guard stands before the data: the server's login can do what it can.
    pub is_advisory: bool,
    /// Bounds of the session's statements, up to the next reload.
    pub limits: StatementLimits,
    /// Name for logs and errors: `qa` or `qa.login-fix`.
    pub place: String,
    /// Turns `Some` when the session must end: the relay then sends FATAL 57P01.
    pub ending: watch::Receiver<Option<Ending>>,
    /// NOTICE lines for the client before its first ReadyForQuery.
    pub notices: Vec<String>,
    /// Dropped when the session is over.
    pub lease: Box<dyn std::any::Any + Send + Sync>,
}

/// A server's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Upstream {
    /// A unix socket file.
    Unix(PathBuf),
    /// A host and port.
    Tcp {
        /// Name or address.
        host: String,
        /// Port.
        port: u16,
        /// Whether and how TLS is spoken.
        tls: UpstreamTls,
    },
}

/// `sslmode` and `sslrootcert` of an upstream, with libpq's meanings (PostgreSQL documentation,
/// "SSL Support", table of modes).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UpstreamTls {
    /// Never TLS.
    Disable,
    /// TLS where the server has it, unverified.
    Prefer,
    /// TLS, unverified.
    Require,
    /// TLS, certificate chain verified.
    VerifyCa(RootCertificates),
    /// TLS, chain and host name verified.
    VerifyFull(RootCertificates),
}

impl UpstreamTls {
    /// What libpq means by a `sslmode` and a `sslrootcert`; an unknown mode is `prefer`.
    pub fn of(sslmode: &str, sslrootcert: Option<PathBuf>) -> Self {
        let given = sslrootcert.is_some();
        let roots = match sslrootcert {
            Some(path) => RootCertificates::File(path),
            None => RootCertificates::System,
        };
        match sslmode {
            "disable" => Self::Disable,
            // libpq: with a root certificate, `require` means `verify-ca`.
            "require" if !given => Self::Require,
            "require" | "verify-ca" => Self::VerifyCa(roots),
            "verify-full" => Self::VerifyFull(roots),
            _ => Self::Prefer,
        }
    }
}

/// Which authorities are trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RootCertificates {
    /// The operating system's.
    System,
    /// Those of a PEM file.
    File(PathBuf),
}

/// Why a session must end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// Message: `environment "qa" was reset`.
    pub message: String,
    /// Detail: who asked and when.
    pub detail: Option<String>,
    /// Hint: what to do.
    pub hint: Option<String>,
}

impl From<Ending> for Refusal {
    fn from(ending: Ending) -> Self {
        Self {
            code: "57P01",
            message: ending.message,
            detail: ending.detail,
            hint: ending.hint,
        }
    }
}

/// Why a client gets no connection, in PostgreSQL's terms.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// SQLSTATE: 3D000 unknown target, 42501 not allowed, 53400 over a quota, 57P03 not yet, …
    pub code: &'static str,
    /// Message.
    pub message: String,
    /// Detail.
    pub detail: Option<String>,
    /// Hint.
    pub hint: Option<String>,
}
