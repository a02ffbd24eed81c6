//! The sessions that there are: counted against their bounds, listed for people.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use dashmap::DashMap;
use rules::config::Limits;
use rules::name::UserName;

use super::pump::Under;
use super::resolve::Door;
use wire::Report;

/// One session in a listing.
#[derive(Debug, Clone)]
pub struct SessionInfo {
    /// Number within this process.
    pub id: u64,
    /// Who.
    pub user: UserName,
    /// Where to: `qa` or `qa.login-fix`.
    pub place: String,
    /// Where from; `None` for a unix socket.
    pub peer: Option<SocketAddr>,
    /// Since when.
    pub since: SystemTime,
    /// What the client calls itself.
    pub application_name: String,
    /// What it does.
    pub state: SessionState,
}

/// What a session does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum SessionState {
    /// Waits for its client, outside a transaction.
    Idle,
    /// The server works.
    Active,
    /// Waits for its client within a transaction.
    IdleInTransaction,
    /// Waits for its client within a failed transaction.
    FailedTransaction,
}

/// A session's line in the registry; written by its own task, read by listings.
pub(super) struct Entry {
    id: u64,
    pub(super) user: UserName,
    pub(super) place: String,
    peer: Option<SocketAddr>,
    since: SystemTime,
    application_name: Mutex<String>,
    state: AtomicU8,
}

/// All sessions.
#[derive(Default)]
pub(super) struct Registry {
    next: AtomicU64,
    /// Connections that count against the total, logged in or not.
    connections: Arc<AtomicUsize>,
    /// Connections that came while the relay stops and are only told so.
    late: Arc<AtomicUsize>,
    users: DashMap<UserName, usize>,
    environments: DashMap<String, usize>,
    entries: DashMap<u64, Arc<Entry>>,
    /// Statements under way, by environment; as many entries as environments were ever entered.
    under: DashMap<String, Under>,
}

/// A place among the connections of its kind.
pub(super) struct Connection(Arc<AtomicUsize>);

/// A session's place in the registry.
pub(super) struct Registered {
    registry: Arc<Registry>,
    pub(super) entry: Arc<Entry>,
}

fn full(what: &str) -> Report {
    Report::fatal("53300", format!("too many sessions of {what}"))
        .hint("Close idle sessions or raise the bound under [limits].")
}

fn environment(place: &str) -> &str {
    place.split('.').next().unwrap_or(place)
}

impl Registry {
    /// Counts a connection in, whatever it wants.
    pub(super) fn connect(&self) -> Connection {
        Connection::enter(&self.connections)
    }

    /// Counts a connection in that is only told that the relay stops, unless there are `most`.
    pub(super) fn connect_late(&self, most: usize) -> Option<Connection> {
        let room = self.late.load(Ordering::Relaxed) < most;
        room.then(|| Connection::enter(&self.late))
    }

    /// How many connections there are.
    pub(super) fn connections(&self) -> usize {
        self.connections.load(Ordering::Acquire)
    }

    /// Whether one more session may begin; asked before authentication costs anything.
    pub(super) fn admit(&self, user: Option<&UserName>, limits: &Limits) -> Result<(), Report> {
        if self.connections() > limits.sessions {
            return Err(full("all users"));
        }
        let Some(user) = user else { return Ok(()) };
        let count = self.users.get(user).map_or(0, |count| *count);
        if count >= limits.sessions_per_user {
            return Err(full(&format!("user {:?}", user.as_str())));
        }
        Ok(())
    }

    /// Enters a session, if its user and environment have room.
    pub(super) fn register(
        self: &Arc<Self>,
        (user, place): (&UserName, &str),
        peer: Option<SocketAddr>,
        limits: &Limits,
    ) -> Result<Registered, Report> {
        {
            let mut count = self.users.entry(user.clone()).or_default();
            if *count >= limits.sessions_per_user {
                return Err(full(&format!("user {:?}", user.as_str())));
            }
            *count += 1;
        }
        {
            let name = environment(place);
            let mut count = self.environments.entry(name.to_owned()).or_default();
            if *count >= limits.sessions_per_environment {
                drop(count);
                leave(&self.users, user);
                return Err(full(&format!("environment {name:?}")));
            }
            *count += 1;
        }
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let entry = Arc::new(Entry {
            id,
            user: user.clone(),
            place: place.to_owned(),
            peer,
            since: SystemTime::now(),
            application_name: Mutex::default(),
            state: AtomicU8::new(SessionState::Idle as u8),
        });
        self.entries.insert(id, entry.clone());
        Ok(Registered {
            registry: self.clone(),
            entry,
        })
    }

    /// The count of statements under way in a place's environment.
    pub(super) fn under(&self, place: &str) -> Under {
        let count = self.under.entry(environment(place).to_owned());
        Arc::clone(&count.or_default())
    }

    /// Every session, oldest first.
    pub(super) fn list(&self) -> Vec<SessionInfo> {
        let mut sessions: Vec<_> = self.entries.iter().map(|entry| entry.info()).collect();
        sessions.sort_by_key(|session| session.id);
        sessions
    }
}

fn leave<K, Q>(counts: &DashMap<K, usize>, key: &Q)
where
    K: std::borrow::Borrow<Q> + std::hash::Hash + Eq,
    Q: std::hash::Hash + Eq + ?Sized,
{
    if let Some(mut count) = counts.get_mut(key) {
        *count -= 1;
    }
    counts.remove_if(key, |_, count| *count == 0);
}

impl Entry {
    fn info(&self) -> SessionInfo {
        let state = match self.state.load(Ordering::Relaxed) {
            1 => SessionState::Active,
            2 => SessionState::IdleInTransaction,
            3 => SessionState::FailedTransaction,
            _ => SessionState::Idle,
        };
        SessionInfo {
            id: self.id,
            user: self.user.clone(),
            place: self.place.clone(),
            peer: self.peer,
            since: self.since,
            application_name: self.name(),
            state,
        }
    }

    /// Notes what the session does; the line is the session's own.
    pub(super) fn state(&self, state: SessionState) {
        self.state.store(state as u8, Ordering::Relaxed);
    }

    /// What the client calls itself.
    pub(super) fn name(&self) -> String {
        let held = self.application_name.lock();
        held.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Notes what the server reported as `application_name`.
    pub(super) fn application_name(&self, name: &[u8]) {
        let mut held = self
            .application_name
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *held = String::from_utf8_lossy(name).into_owned();
    }
}

impl Connection {
    fn enter(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count.clone())
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Release);
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        leave(&self.registry.users, &self.entry.user);
        leave(&self.registry.environments, environment(&self.entry.place));
        self.registry.entries.remove(&self.entry.id);
    }
}

/// What a connection brought with it.
pub(super) struct Origin {
    pub(super) door: Door,
    pub(super) peer: Option<SocketAddr>,
    pub(super) proxied: bool,
}
