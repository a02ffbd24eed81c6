//! The life of a client's connection: accept, startup, authenticate, resolve, connect, pump, close.
//!
//! The only place that speaks SQLSTATE to clients. Never knows branches or environments: it asks
//! [`Resolve`] where a connection goes.

mod listen;
mod workers;

mod session;

mod greet;
mod policy;
mod registry;
mod resolve;
mod upstream;

mod cancel;
mod pump;
mod stream;

use std::io;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::watch;
use tokio::time::Instant;

use self::cancel::Keys;
use self::registry::Registry;
use self::workers::Workers;

pub use listen::{Address, Listener};
pub use policy::{Credential, Policy, PolicyError};
pub use registry::{SessionInfo, SessionState};
pub use resolve::{
    Asked, Door, Ending, Refusal, Resolve, RootCertificates, Route, Upstream, UpstreamTls,
};

/// How often a drain looks whether the last session has gone.
const DRAIN_LOOK: Duration = Duration::from_millis(10);
/// What sessions get after the deadline of a drain to say their last and close.
const DRAIN_REST_MAX: Duration = Duration::from_secs(2);

/// Carries clients to servers.
pub struct Relay {
    shared: Arc<Shared>,
    workers: Arc<Workers>,
}

/// What every session needs.
struct Shared {
    resolve: Arc<dyn Resolve>,
    policy: ArcSwap<Policy>,
    keys: Arc<Keys>,
    registry: Arc<Registry>,
    /// Until when sessions may finish, once the relay stops.
    draining: watch::Sender<Option<Instant>>,
    /// Salts the verifiers of users who do not exist.
    mock_secret: [u8; 32],
}

impl Relay {
    /// Starts `workers` threads; without listeners nothing happens yet.
    pub fn new(
        resolve: Arc<dyn Resolve>,
        policy: Policy,
        workers: NonZeroUsize,
    ) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            resolve,
            policy: ArcSwap::from_pointee(policy),
            keys: Arc::default(),
            registry: Arc::default(),
            draining: watch::Sender::new(None),
            mock_secret: rand::random(),
        });
        let workers = Arc::new(Workers::start(workers, &shared)?);
        Ok(Self { shared, workers })
    }

    /// Listens on a TCP address until the listener is dropped; `proxied` says whether every
    /// connection begins with a PROXY protocol v2 header. Must be called within a tokio runtime.
    pub fn listen_tcp(
        &self,
        address: SocketAddr,
        door: Door,
        proxied: bool,
    ) -> io::Result<Listener> {
        listen::tcp(
            self.shared.clone(),
            self.workers.clone(),
            address,
            door,
            proxied,
        )
    }

    /// Listens on `.s.PGSQL.<port>` in a directory until the listener is dropped. Must be called
    /// within a tokio runtime.
    pub fn listen_unix(&self, directory: &Path, port: u16) -> io::Result<Listener> {
        listen::unix(self.shared.clone(), self.workers.clone(), directory, port)
    }

    /// Goes by another policy from the next connection on.
    pub fn reload(&self, policy: Policy) {
        self.shared.policy.store(Arc::new(policy));
    }

    /// The sessions that there are, oldest first.
    pub fn sessions(&self) -> Vec<SessionInfo> {
        self.shared.registry.list()
    }

    /// Cancel keys in use: as many as sessions.
    pub fn keys(&self) -> usize {
        self.shared.keys.count()
    }

    /// Stops: takes no more connections, ends sessions outside a transaction at once and the others
    /// when they have finished or `patience` is over. Returns when none is left.
    pub async fn drain(&self, patience: Duration) {
        let deadline = Instant::now() + patience;
        self.shared.draining.send_replace(Some(deadline));
        let last = deadline + DRAIN_REST_MAX;
        while self.shared.registry.connections() > 0 && Instant::now() < last {
            tokio::time::sleep(DRAIN_LOOK).await;
        }
    }
}

impl Shared {
    /// Whether the relay stops.
    fn is_draining(&self) -> bool {
        self.draining.borrow().is_some()
    }
}
