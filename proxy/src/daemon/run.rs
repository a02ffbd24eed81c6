//! The daemon's life: open the pool, listen, serve, reload, stop in order.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use rules::config::{self, Config};
use rules::name::{EnvironmentName, EnvironmentPattern};
use serde::Serialize;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, oneshot, watch};

use super::audit::Audit;
use super::load::{LoadError, Loaded, load};
use super::resolver::Resolver;
use super::{control, policy};
use crate::admin::api::{Mistake, Problem, Reloaded};
use crate::admin::{self, Command, Control};
use crate::branches::setup::{PoolImage, SetupError};
use crate::branches::{OpenError, Pool};
use crate::environments::{EnvironmentError, Environments, chain};
use crate::relay::{Address, Door, Listener, Relay, SaltKey};

/// What servers get to stop after the sessions are gone.
const STOP_MAX: Duration = Duration::from_secs(30);

/// The number in the name of the unix socket where no TCP port is configured.
const POSTGRES_PORT: u16 = 5432;

/// Why the daemon could not serve.
#[derive(Debug, thiserror::Error)]
pub enum DaemonError {
    /// The configuration cannot be used.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The pool cannot be opened.
    #[error("open the pool")]
    Pool(#[from] OpenError),
    /// The pool's image cannot be mounted.
    #[error("mount the pool")]
    Mount(#[from] SetupError),
    /// The pointers cannot be read.
    #[error("read the environments")]
    Environments(#[from] EnvironmentError),
    /// The users or the certificate cannot be used.
    #[error(transparent)]
    Policy(#[from] policy::UsersError),
    /// An address cannot be listened on.
    #[error("listen on {address}")]
    Listen {
        /// The address.
        address: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The control socket or the signals cannot be had.
    #[error("{0}")]
    System(&'static str, #[source] std::io::Error),
}

impl DaemonError {
    /// What to do about it.
    pub fn hints(&self) -> Vec<String> {
        match self {
            Self::Pool(error) => error.hint().into_iter().collect(),
            Self::Mount(error) => error.hint().into_iter().collect(),
            Self::Listen { source, .. } if source.kind() == std::io::ErrorKind::AddrInUse => {
                vec!["another program listens there; `[listen]` takes another port".to_owned()]
            }
            _ => Vec::new(),
        }
    }
}

/// What is being served, once it is.
#[derive(Debug, Clone, Serialize)]
pub struct Served {
    /// Where clients connect.
    pub endpoints: Vec<String>,
    /// What people should know: branches are full copies, for example.
    pub notes: Vec<String>,
}

/// Serves a configuration until a signal, the command to stop, or `until` says so.
///
/// # Errors
/// When it cannot begin; once it serves, it ends well.
pub async fn run(
    loaded: Loaded,
    served: impl FnOnce(&Served),
    until: Option<oneshot::Receiver<()>>,
) -> Result<(), DaemonError> {
    // Files are nobody else's business; the pool's directories let the servers' user pass through.
    nix::sys::stat::umask(nix::sys::stat::Mode::from_bits_truncate(0o066));
    let signals = Signals::new().map_err(|error| DaemonError::System("watch signals", error))?;
    let daemon = Daemon::open(loaded).await?;
    let (commands, received) = mpsc::channel(admin::COMMANDS_MAX);
    let control = daemon.control(commands)?;
    let audit = daemon.audit();
    let sweep = tokio::spawn(daemon.environments.clone().sweep());
    served(&Served {
        endpoints: daemon.endpoints.load().to_vec(),
        notes: daemon.environments.pool().facts().notes,
    });
    tracing::info!(endpoints = ?daemon.endpoints.load(), "serving");
    daemon.serve(signals, received, until).await;
    sweep.abort();
    control.abort();
    daemon.stop(audit).await;
    Ok(())
}

/// Threads that carry sessions: half of the cores. A thread with twice the sessions meets more of
/// them ready at each wait and so needs fewer waits; the other half is for servers and clients.
fn relay_workers() -> NonZeroUsize {
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    NonZeroUsize::new(cores / 2).unwrap_or(NonZeroUsize::MIN)
}

/// Looks at everything that a start will need, and starts nothing.
///
/// # Errors
/// For all that is missing, or for the first user or certificate that cannot be used.
pub fn verify(loaded: &Loaded) -> Result<(), DaemonError> {
    loaded.verify()?;
    Ok(policy::policy(loaded, &SaltKey::random()).map(drop)?)
}

/// What tells the daemon to do something.
struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
    hangup: tokio::signal::unix::Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }
}

struct Daemon {
    loaded: ArcSwap<Loaded>,
    /// Watched by every session: a reload may take away the right to be there.
    config: watch::Sender<Arc<Config>>,
    environments: Environments,
    relay: Arc<Relay>,
    salts: SaltKey,
    /// Listening ends with them.
    listeners: Mutex<Vec<Open>>,
    endpoints: Arc<ArcSwap<Vec<String>>>,
    metrics: metrics_exporter_prometheus::PrometheusHandle,
    since: jiff::Timestamp,
}

/// A listener, and the environment whose own port it is.
struct Open {
    listener: Listener,
    port: Option<(EnvironmentName, u16)>,
}

impl Daemon {
    async fn open(loaded: Loaded) -> Result<Self, DaemonError> {
        let metrics = super::metrics::install();
        // Secrets and users first: what is wrong with them is known before anything is started.
        loaded.verify()?;
        let settings = loaded.environment_settings()?;
        let salts = SaltKey::random();
        let policy = policy::policy(&loaded, &salts)?;
        // After a reboot the pool's image is mounted again.
        PoolImage::mount_again(&loaded.pool_path())?;
        let pool = Pool::open(loaded.pool_settings()).await?;
        // A copy that was killed has left more than what lies in the pool.
        masker::copy::sweep(pool.account());
        let environments = Environments::open(pool, settings)?;
        environments.set_access().await;
        let config = watch::Sender::new(Arc::new(loaded.config.clone()));
        let resolver = Resolver::new(environments.clone(), config.subscribe());
        let relay = Relay::new(Arc::new(resolver), policy, relay_workers());
        let relay = relay.map_err(|error| DaemonError::System("start the relay", error))?;
        let daemon = Self {
            config,
            environments,
            relay: Arc::new(relay),
            salts,
            listeners: Mutex::default(),
            endpoints: Arc::default(),
            metrics,
            since: jiff::Timestamp::now(),
            loaded: ArcSwap::from_pointee(loaded),
        };
        daemon.listen()?;
        Ok(daemon)
    }

    /// Opens every door of the configuration.
    fn listen(&self) -> Result<(), DaemonError> {
        let loaded = self.loaded.load();
        let listen = &loaded.config.listen;
        if let Some(address) = listen.postgres {
            self.keep(self.listen_tcp(address, Door::Common)?, None);
            let ports = self.listen_on(&ports(&loaded.config))?;
            self.kept().extend(ports);
        }
        let made = loaded.make_socket_directory();
        let made =
            made.map_err(|error| DaemonError::System("make the directory of [listen] unix", error));
        if let Some(directory) = made? {
            let port = listen
                .postgres
                .map_or(POSTGRES_PORT, |address| address.port());
            let address = directory
                .join(format!(".s.PGSQL.{port}"))
                .display()
                .to_string();
            let listener = self.relay.listen_unix(&directory, port);
            let failed = |source| DaemonError::Listen {
                address: address.clone(),
                source,
            };
            self.keep(listener.map_err(failed)?, None);
        }
        self.tell_endpoints();
        Ok(())
    }

    /// Opens ports of environments; where one cannot be had, none is kept.
    fn listen_on(&self, ports: &[(EnvironmentName, u16)]) -> Result<Vec<Open>, DaemonError> {
        let Some(common) = self.loaded.load().config.listen.postgres else {
            return Ok(Vec::new());
        };
        let open = |(environment, port): &(EnvironmentName, u16)| {
            let address = SocketAddr::new(common.ip(), *port);
            let door = Door::Environment(environment.clone());
            let listener = self.listen_tcp(address, door)?;
            let port = Some((environment.clone(), *port));
            Ok(Open { listener, port })
        };
        ports.iter().map(open).collect()
    }

    /// Says where clients connect now.
    fn tell_endpoints(&self) {
        let endpoint = |open: &Open| match (open.listener.address(), &open.port) {
            (Address::Tcp(bound), None) => format!("postgres://{bound}"),
            (Address::Tcp(bound), Some((environment, _))) => {
                format!("postgres://{bound} ({environment})")
            }
            (Address::Unix(path), _) => path.display().to_string(),
        };
        let endpoints = self.kept().iter().map(endpoint).collect();
        self.endpoints.store(Arc::new(endpoints));
    }

    fn listen_tcp(&self, address: SocketAddr, door: Door) -> Result<Listener, DaemonError> {
        let proxied = self.loaded.load().config.listen.proxy_protocol;
        let listener = self.relay.listen_tcp(address, door, proxied);
        let failed = |source| DaemonError::Listen {
            address: address.to_string(),
            source,
        };
        listener.map_err(failed)
    }

    fn kept(&self) -> MutexGuard<'_, Vec<Open>> {
        self.listeners
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, listener: Listener, port: Option<(EnvironmentName, u16)>) {
        self.kept().push(Open { listener, port });
    }

    fn control(
        &self,
        commands: mpsc::Sender<Command>,
    ) -> Result<tokio::task::JoinHandle<()>, DaemonError> {
        let pool = self.environments.pool().facts().path;
        let listener = control::bind(&pool)
            .map_err(|error| DaemonError::System("open the control socket", error))?;
        let control = Control {
            environments: self.environments.clone(),
            relay: self.relay.clone(),
            commands,
            metrics: self.metrics.clone(),
            since: self.since,
            endpoints: Arc::clone(&self.endpoints),
        };
        Ok(tokio::spawn(async move {
            if let Err(error) = admin::serve(listener, control).await {
                tracing::error!(%error, "the control socket failed");
            }
        }))
    }

    /// Begins to write down what the guard denies.
    fn audit(&self) -> Option<Audit> {
        let pool = self.environments.pool().facts().path;
        let denied = self.relay.denied();
        denied.map(|denied| Audit::start(&pool, denied))
    }

    async fn serve(
        &self,
        mut signals: Signals,
        mut commands: mpsc::Receiver<Command>,
        until: Option<oneshot::Receiver<()>>,
    ) {
        let until = async {
            match until {
                Some(until) => drop(until.await),
                None => std::future::pending().await,
            }
        };
        tokio::pin!(until);
        loop {
            tokio::select! {
                _ = signals.terminate.recv() => return,
                _ = signals.interrupt.recv() => return,
                () = &mut until => return,
                _ = signals.hangup.recv() => drop(self.reload()),
                command = commands.recv() => match command {
                    Some(Command::Reload(answer)) => {
                        let reloaded = self.reload();
                        // Whoever asked knows that it holds; the daemon goes on meanwhile.
                        tokio::spawn(async move {
                            let answered = match reloaded {
                                Ok((reloaded, applied)) => {
                                    applied.await;
                                    Ok(reloaded)
                                }
                                Err(problem) => Err(problem),
                            };
                            drop(answer.send(answered));
                        });
                    }
                    Some(Command::Stop) | None => return,
                },
            }
        }
    }

    /// Reads the configuration again: right, it is taken whole; wrong, nothing changes. The future
    /// completes when all of it holds.
    fn reload(&self) -> Result<(Reloaded, impl Future<Output = ()> + Send + use<>), Problem> {
        match self.try_reload() {
            Ok((restart, applied)) => {
                let keys = restart.join(", ");
                tracing::info!(restart = keys, "the configuration was read again");
                Ok((Reloaded { restart }, applied))
            }
            Err(error) => {
                let problem = problem(&error);
                tracing::warn!(error = problem.error, "the new configuration was refused");
                Err(problem)
            }
        }
    }

    fn try_reload(
        &self,
    ) -> Result<(Vec<String>, impl Future<Output = ()> + Send + use<>), DaemonError> {
        let old = self.loaded.load_full();
        let new = load(&old.path)?;
        new.verify()?;
        let settings = new.environment_settings()?;
        let policy = policy::policy(&new, &self.salts)?;
        let mut restart = config::needs_restart(&old.config, &new.config);
        let (before, after) = (ports(&old.config), ports(&new.config));
        let is_new = |port: &&(EnvironmentName, u16)| !before.contains(port);
        let taken = |number: u16| before.iter().any(|(_, before)| *before == number);
        // A port cannot change hands while its old listener still holds it.
        let (moved, added): (Vec<_>, Vec<_>) = after
            .iter()
            .filter(is_new)
            .cloned()
            .partition(|(_, number)| taken(*number));
        restart.extend(
            moved
                .iter()
                .map(|(name, _)| format!("environments.{name}.port")),
        );
        let opened = self.listen_on(&added)?;
        let applied = self.environments.reload(settings);
        self.relay.reload(policy);
        // Last, so that nobody whom it ends comes in again by what was before.
        self.config.send_replace(Arc::new(new.config.clone()));
        self.loaded.store(Arc::new(new));
        self.kept().retain(|open| match &open.port {
            Some(port) => after.contains(port),
            None => true,
        });
        self.kept().extend(opened);
        self.tell_endpoints();
        Ok((restart, applied))
    }

    /// Sessions first, then what they left to be written, then servers.
    async fn stop(&self, audit: Option<Audit>) {
        let began = Instant::now();
        tracing::info!("stopping");
        let drain = self.loaded.load().config.limits.drain;
        // Listeners stay until the sessions are gone: who comes meanwhile is told why not.
        tokio::join!(self.relay.drain(drain), self.environments.close());
        self.kept().clear();
        if let Some(audit) = audit {
            audit.stop().await;
        }
        let servers = self.environments.pool().shutdown();
        if tokio::time::timeout(STOP_MAX, servers).await.is_err() {
            tracing::error!("servers were left running; the next start adopts them");
        }
        control::unbind(&self.environments.pool().facts().path);
        let took_ms = began.elapsed().as_millis() as u64;
        tracing::info!(took_ms, "stopped");
    }
}

/// The environments that have a port of their own.
fn ports(config: &Config) -> Vec<(EnvironmentName, u16)> {
    let named = |environment: &config::Environment| match (&environment.pattern, environment.port) {
        (EnvironmentPattern::One(name), Some(port)) => Some((name.clone(), port)),
        _ => None,
    };
    config.environments.iter().filter_map(named).collect()
}

/// Why a reload was refused; the text of its mistakes is for logs, their places for programs.
fn problem(error: &DaemonError) -> Problem {
    let mut problem = match error {
        DaemonError::Load(LoadError::Wrong { path, problems })
        | DaemonError::Policy(policy::UsersError::Load(LoadError::Wrong { path, problems })) => {
            let file = path.display().to_string();
            let first = problems.first().map(ToString::to_string);
            let first = first.unwrap_or_default();
            let others = match problems.len() {
                0 | 1 => String::new(),
                count => format!(" (and {} more)", count - 1),
            };
            Problem {
                kind: "configuration".to_owned(),
                problems: problems
                    .iter()
                    .map(|problem| Mistake::of(&file, problem))
                    .collect(),
                ..Problem::invalid(format!("{file}:{first}{others}"))
            }
        }
        error => Problem {
            hints: error.hints(),
            ..Problem::invalid(chain(error))
        },
    };
    let unchanged = "nothing was changed; the old configuration stays in force";
    problem.hints.push(unchanged.to_owned());
    problem
}
