//! The life of a client's connection: accept, startup, authenticate, resolve, connect, pump, close.
//!
//! The only place that speaks SQLSTATE to clients. Never knows branches or environments: it asks
//! [`Resolve`] where a connection goes.

mod listen;
mod workers;

mod session;

mod establish;

mod greet;
mod policy;
mod registry;
mod resolve;
mod upstream;

mod cancel;
mod denied;
mod pump;
mod stream;
mod tally;

use std::io;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use rules::config::Limits;
use rules::guard::Cache;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use self::cancel::Keys;
use self::denied::Denials;
use self::registry::Registry;
use self::workers::Workers;

pub use denied::Denied;
pub use listen::{Address, Listener};
pub use policy::{Credential, Policy, PolicyError, SaltKey};
pub use registry::{SessionInfo, SessionState};
pub use resolve::{
    Asked, Door, Ending, Refusal, Resolve, RootCertificates, Route, Upstream, UpstreamTls,
};
pub use tally::Carried;
pub(crate) use upstream::client_config;

/// How often a drain looks whether the last session has gone.
const DRAIN_LOOK: Duration = Duration::from_millis(10);
/// What sessions get after the deadline of a drain to say their last and close.
const DRAIN_REST_MAX: Duration = Duration::from_secs(2);

/// Carries clients to servers.
pub struct Relay {
    shared: Arc<Shared>,
    workers: Arc<Workers>,
    denied: Mutex<Option<mpsc::Receiver<Denied>>>,
}

/// What every session needs.
struct Shared {
    resolve: Arc<dyn Resolve>,
    policy: ArcSwap<Policy>,
    keys: Arc<Keys>,
    registry: Arc<Registry>,
    orders: watch::Sender<Orders>,
    verdicts: Arc<Cache>,
    denials: Denials,
}

/// What sessions under way follow at once.
#[derive(Debug, Clone, Copy)]
struct Orders {
    /// Until when they may finish, once the relay stops.
    drain_until: Option<Instant>,
    idle_session: Option<Duration>,
    idle_in_transaction: Option<Duration>,
}

impl Relay {
    /// Starts `workers` threads; without listeners nothing happens yet.
    pub fn new(
        resolve: Arc<dyn Resolve>,
        policy: Policy,
        workers: NonZeroUsize,
    ) -> io::Result<Self> {
        let mut orders = Orders {
            drain_until: None,
            idle_session: None,
            idle_in_transaction: None,
        };
        orders.follow(&policy.limits);
        let (denials, denied) = Denials::channel();
        let shared = Arc::new(Shared {
            resolve,
            policy: ArcSwap::from_pointee(policy),
            keys: Arc::default(),
            registry: Arc::default(),
            orders: watch::Sender::new(orders),
            verdicts: Arc::new(Cache::new(rand::random())),
            denials,
        });
        let workers = Arc::new(Workers::start(workers, &shared)?);
        Ok(Self {
            shared,
            workers,
            denied: Mutex::new(Some(denied)),
        })
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

    /// Goes by another policy from the next connection on; limits of idling hold at once, and bounds of
    /// statements are asked for again.
    pub fn reload(&self, policy: Policy) {
        let orders = &self.shared.orders;
        orders.send_modify(|orders| orders.follow(&policy.limits));
        self.shared.policy.store(Arc::new(policy));
    }

    /// The sessions that there are, oldest first.
    pub fn sessions(&self) -> Vec<SessionInfo> {
        self.shared.registry.list()
    }

    /// What the guard denies from now on; `None` once somebody has it.
    pub fn denied(&self) -> Option<mpsc::Receiver<Denied>> {
        let mut denied = self.denied.lock().unwrap_or_else(PoisonError::into_inner);
        denied.take()
    }

    /// Cancel keys in use: as many as sessions.
    pub fn keys(&self) -> usize {
        self.shared.keys.count()
    }

    /// What went through until now, sessions under way included.
    pub fn carried(&self) -> Carried {
        self.workers.carried()
    }

    /// Brings the counters of what went through up to date, for whoever renders them.
    pub fn publish(&self) {
        let carried = self.carried();
        for (side, at) in [("client", 0), ("server", 1)] {
            metrics::counter!("relay_bytes_total", "from" => side).absolute(carried.bytes[at]);
            metrics::counter!("relay_messages_total", "from" => side)
                .absolute(carried.messages[at]);
        }
    }

    /// Stops: refuses who comes, ends sessions outside a transaction at once and the others when
    /// they have finished or `patience` is over. Returns when none is left.
    pub async fn drain(&self, patience: Duration) {
        let deadline = Instant::now() + patience;
        let orders = &self.shared.orders;
        orders.send_modify(|orders| orders.drain_until = Some(deadline));
        let last = deadline + DRAIN_REST_MAX;
        while self.shared.registry.connections() > 0 && Instant::now() < last {
            tokio::time::sleep(DRAIN_LOOK).await;
        }
    }
}

impl Shared {
    /// Whether the relay stops.
    fn is_draining(&self) -> bool {
        self.orders.borrow().drain_until.is_some()
    }
}

impl Orders {
    /// Takes over what a policy says of sessions under way.
    fn follow(&mut self, limits: &Limits) {
        self.idle_session = limits.idle_session;
        self.idle_in_transaction = limits.idle_in_transaction;
    }
}
