//! A relay in front of the server, with what a test may turn.

use std::future::Future;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use proxy::relay::{
    Address, Asked, Credential, Door, Ending, Listener, Policy, Refusal, Relay, Resolve, Route,
    SaltKey, Upstream,
};
use rules::config::{AccessMode, Limits, StatementLimits};
use tokio::sync::watch;

use crate::client::{Client, Message};
use crate::cluster::cluster;

pub(crate) const PASSWORD: &str = "app's password";

/// The verifier of [`PASSWORD`] with two iterations: a thousand logins must not cost a minute.
const VERIFIER: &str = "SCRAM-SHA-256$2:c3RhbmRpbiByZWxheSEhIQ==$6ZXCkRfcIZPYzhqQeZM4YTzEiOP8Xfbo/6iqIveNZ0M=:BsvjW+me6D2biY1pe1Wy4J5YyjZqPSB/EBQad4G54ZA=";

/// Answers with the test's server.
pub(crate) struct Desk {
    pub(crate) ending: watch::Sender<Option<Ending>>,
    pub(crate) leases: Arc<AtomicUsize>,
    pub(crate) asked: Mutex<Vec<Asked>>,
    upstream: Upstream,
    password: Option<String>,
    inject: Vec<(String, String)>,
    access: AccessMode,
    pub(crate) limits: Mutex<StatementLimits>,
    notices: Vec<String>,
}

struct Lease(Arc<AtomicUsize>);

impl Drop for Lease {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Resolve for Desk {
    fn resolve<'a>(
        &'a self,
        asked: &'a Asked,
    ) -> Pin<Box<dyn Future<Output = Result<Route, Refusal>> + Send + 'a>> {
        self.asked.lock().unwrap().push(asked.clone());
        Box::pin(async move {
            if asked.database == "never" {
                std::future::pending::<()>().await;
            }
            if asked.database == "unknown" {
                return Err(Refusal {
                    code: "3D000",
                    message: "database \"unknown\" does not exist".into(),
                    detail: None,
                    hint: Some("Use database@environment.".into()),
                });
            }
            self.leases.fetch_add(1, Ordering::SeqCst);
            Ok(Route {
                upstream: self.upstream.clone(),
                user: "app".into(),
                password: self.password.clone(),
                database: asked.database.clone(),
                inject: self.inject.clone(),
                access: self.access,
                is_advisory: false,
                limits: *self.limits.lock().unwrap(),
                place: "qa.fix".into(),
                ending: self.ending.subscribe(),
                notices: self.notices.clone(),
                lease: Box::new(Lease(self.leases.clone())),
            })
        })
    }

    fn limits(&self, _: &str) -> Option<StatementLimits> {
        Some(*self.limits.lock().unwrap())
    }
}

/// A relay on ports of its own.
pub(crate) struct Harness {
    pub(crate) relay: Relay,
    pub(crate) desk: Arc<Desk>,
    pub(crate) address: SocketAddr,
    pub(crate) socket: PathBuf,
    pub(crate) runtime: tokio::runtime::Runtime,
    listeners: Vec<Listener>,
    _directory: tempfile::TempDir,
}

pub(crate) struct Turn {
    pub(crate) limits: Limits,
    pub(crate) tls: Option<(String, String, bool)>,
    pub(crate) inject: Vec<(String, String)>,
    pub(crate) access: AccessMode,
    pub(crate) notices: Vec<String>,
    pub(crate) statements: StatementLimits,
    pub(crate) proxied: bool,
    pub(crate) upstream: Option<Upstream>,
    pub(crate) password: Option<String>,
    pub(crate) salts: SaltKey,
}

impl Default for Turn {
    fn default() -> Self {
        Self {
            limits: Limits {
                sessions: 2000,
                sessions_per_user: 2000,
                sessions_per_environment: 2000,
                login: Duration::from_secs(15),
                connect_wait: Duration::from_secs(10),
                upstream_connect: Duration::from_secs(5),
                idle_session: None,
                idle_in_transaction: None,
                drain: Duration::from_secs(5),
            },
            tls: None,
            inject: Vec::new(),
            access: AccessMode::ReadWrite,
            notices: Vec::new(),
            statements: StatementLimits::default(),
            proxied: false,
            upstream: None,
            password: None,
            salts: SaltKey::random(),
        }
    }
}

impl Turn {
    pub(crate) fn policy(&self) -> Policy {
        let app = "app".parse().unwrap();
        let policy = Policy::new(self.limits.clone(), self.salts.clone())
            .user(app, &Credential::Verifier(VERIFIER.into()))
            .unwrap();
        match &self.tls {
            Some((chain, key, required)) => policy
                .tls(chain.as_bytes(), key.as_bytes(), *required)
                .unwrap(),
            None => policy,
        }
    }

    pub(crate) fn start(self) -> Harness {
        let upstream = self
            .upstream
            .clone()
            .unwrap_or_else(|| Upstream::Unix(cluster().socket()));
        let desk = Arc::new(Desk {
            ending: watch::Sender::new(None),
            leases: Arc::default(),
            asked: Mutex::default(),
            upstream,
            password: self.password.clone(),
            inject: self.inject.clone(),
            access: self.access,
            limits: Mutex::new(self.statements),
            notices: self.notices.clone(),
        });
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let workers = NonZeroUsize::new(2).unwrap();
        let relay = Relay::new(desk.clone(), self.policy(), workers).unwrap();
        let directory = tempfile::tempdir().unwrap();
        let entered = runtime.enter();
        let any = "127.0.0.1:0".parse().unwrap();
        let tcp = relay.listen_tcp(any, Door::Common, self.proxied).unwrap();
        let unix = relay.listen_unix(directory.path(), 7).unwrap();
        drop(entered);
        let (Address::Tcp(address), Address::Unix(socket)) =
            (tcp.address().clone(), unix.address().clone())
        else {
            panic!("listeners of other kinds")
        };
        Harness {
            relay,
            desk,
            address,
            socket,
            runtime,
            listeners: vec![tcp, unix],
            _directory: directory,
        }
    }
}

impl Harness {
    pub(crate) fn new() -> Self {
        Turn::default().start()
    }

    /// A session over TCP that is ready.
    pub(crate) fn session(&self) -> Client {
        self.session_with(&[]).0
    }

    pub(crate) fn session_with(&self, settings: &[(&str, &str)]) -> (Client, Vec<Message>) {
        let mut client = Client::tcp(self.address);
        let mut pairs = vec![("user", "app"), ("database", "postgres")];
        pairs.extend(settings);
        let messages = client.start(&pairs, PASSWORD);
        let last = messages.last().expect("an answer");
        assert_eq!(last.tag, b'Z', "{messages:?}");
        (client, messages)
    }

    /// Waits until no session holds anything.
    pub(crate) fn wait_until_empty(&self) {
        let began = std::time::Instant::now();
        while self.desk.leases.load(Ordering::SeqCst) > 0
            || self.relay.keys() > 0
            || !self.relay.sessions().is_empty()
        {
            assert!(
                began.elapsed() < Duration::from_secs(15),
                "{} leases, {} keys, {} sessions are left",
                self.desk.leases.load(Ordering::SeqCst),
                self.relay.keys(),
                self.relay.sessions().len()
            );
            std::thread::yield_now();
        }
    }

    /// Closes the listeners.
    pub(crate) fn close(&mut self) {
        self.listeners.clear();
    }
}
