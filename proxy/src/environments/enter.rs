//! A connection's way in: find the place, build it where that is allowed, wake it, count it.

use std::sync::Arc;

use jiff::Timestamp;
use rules::config::{AccessMode, CreateBranch, Environment, Source, StatementLimits};
use rules::name::{EnvironmentPattern, UserName};
use rules::target::Place;
use tokio::sync::watch;

use super::base::is_raw;
use super::place::{Closing, Joined, PlaceState};
use super::settings::{Settings, UpstreamAddress};
use super::turn::Caller;
use super::{EnvironmentError, Environments, Operation};
use crate::branches::Lease;

/// How often a connection that met a swing looks again: each round means that a whole operation
/// ended in between.
const ROUNDS_MAX: usize = 16;

/// Where a connection goes.
pub enum Way {
    /// Into a branch.
    Branch(Box<Entered>),
    /// To a server that is not ours.
    Upstream(Box<EnteredUpstream>),
}

/// A session in a branch; dropped when it is over.
pub struct Entered {
    /// The branch, kept awake.
    pub lease: Lease,
    /// Turns `Some` when the session must end.
    pub closing: watch::Receiver<Option<Closing>>,
    /// What clients may do.
    pub access: AccessMode,
    /// Bounds of their statements.
    pub limits: StatementLimits,
    /// What the client should know before it begins.
    pub notices: Vec<String>,
    _joined: Joined,
}

/// A session on a server that is not ours.
pub struct EnteredUpstream {
    /// The server.
    pub address: UpstreamAddress,
    /// Turns `Some` when the session must end.
    pub closing: watch::Receiver<Option<Closing>>,
    /// What clients may do.
    pub access: AccessMode,
    /// Bounds of their statements.
    pub limits: StatementLimits,
    _state: Arc<PlaceState>,
    _keep: watch::Sender<Option<Closing>>,
}

impl Environments {
    /// Leads `user` into a place, which a connection to `database` may make; `None` is any database.
    ///
    /// Waits for builds, wakes and swings; the caller bounds the wait by dropping the future, which
    /// leaves a build under way to others and nothing else behind.
    ///
    /// # Errors
    /// When there is no such place and connecting does not make it, or it cannot be built or woken;
    /// when it would be made and is known not to have the database.
    pub async fn enter(
        &self,
        place: &Place,
        user: &UserName,
        database: Option<&str>,
    ) -> Result<Way, EnvironmentError> {
        let caller = Caller {
            name: format!("connect:{user}"),
        };
        let mut made = false;
        for _ in 0..ROUNDS_MAX {
            let settings = self.settings();
            if let Source::Upstream(_) = settings.environment(&place.environment)?.source {
                return self.enter_upstream(place, user);
            }
            let Some(state) = self
                .known(place)
                .filter(|state| state.pointer.load().is_some())
            else {
                let next = self.next_to_build(&settings, place, database)?;
                self.build_on_connect(&next, &caller).await?;
                made = next == *place;
                continue;
            };
            let gate = state.gate.read().await;
            // A reload may have come while the gate was closed.
            let settings = self.settings();
            let environment = settings.environment(&place.environment)?;
            let Some(live) = state.live().filter(|live| !live.is_closing()) else {
                continue;
            };
            if self.has_other_access(&settings, place, &state) {
                drop(gate);
                self.give_access(place, &state).await?;
                continue;
            }
            self.must_hold_what_is_allowed(place, &state)?;
            let joined = live.join();
            drop(gate);
            let woken = self.inner.pool.enter(&live.branch).await;
            if live.is_closing() {
                continue;
            }
            let wake = |source| EnvironmentError::Wake {
                place: place.to_string(),
                source,
            };
            let lease = woken.map_err(wake)?;
            let notices = self.notices(place, &state, made);
            state.note_use(Timestamp::now());
            let closing = joined.closing();
            let access = settings.config.access(user, environment);
            let entered = Entered {
                lease,
                closing,
                access,
                limits: environment.limits,
                notices,
                _joined: joined,
            };
            return Ok(Way::Branch(Box::new(entered)));
        }
        let reason = "it is swung again and again".to_owned();
        Err(EnvironmentError::Impossible {
            place: place.to_string(),
            verb: "be entered",
            reason,
        })
    }

    /// What is to be built so that `place` comes to be: its origin first, where that is missing.
    fn next_to_build(
        &self,
        settings: &Settings,
        place: &Place,
        database: Option<&str>,
    ) -> Result<Place, EnvironmentError> {
        let table = settings.environment(&place.environment)?;
        if place.branch.is_some() && table.branches.create != CreateBranch::OnConnect {
            return Err(EnvironmentError::missing(place));
        }
        let origin = self.origin(place, table);
        match &origin {
            // Sources form no ring, so this ends.
            Some(missing) if !self.is_built(missing) => {
                self.next_to_build(settings, missing, database)
            }
            _ => {
                self.must_have(place, origin.as_ref(), database)?;
                Ok(place.clone())
            }
        }
    }

    /// What a place that is not there yet would be made of, where a typing mistake in a database's
    /// name must not make one.
    fn origin(&self, place: &Place, environment: &Environment) -> Option<Place> {
        match (&environment.pattern, &environment.source) {
            _ if place.branch.is_some() => Some(Place::environment(place.environment.clone())),
            (EnvironmentPattern::Prefix(_), Source::Environment(source)) => {
                Some(Place::environment(source.clone()))
            }
            _ => None,
        }
    }

    pub(super) fn is_built(&self, place: &Place) -> bool {
        let state = self.known(place);
        state.is_some_and(|state| state.pointer.load().is_some())
    }

    /// Refuses to make `place` for a database that its `origin` does not have.
    fn must_have(
        &self,
        place: &Place,
        origin: Option<&Place>,
        database: Option<&str>,
    ) -> Result<(), EnvironmentError> {
        let pointer = origin
            .and_then(|origin| self.known(origin))
            .and_then(|state| state.pointer.load_full());
        let base = pointer.and_then(|pointer| self.inner.pool.snapshot(&pointer.base));
        let (Some(base), Some(database)) = (base, database) else {
            return Ok(());
        };
        let names = base
            .cluster
            .databases
            .iter()
            .map(|known| known.name.clone());
        let existing: Vec<String> = names.collect();
        if existing.iter().any(|name| name == database) {
            return Ok(());
        }
        Err(EnvironmentError::UnknownDatabase {
            database: database.to_owned(),
            place: place.to_string(),
            existing,
        })
    }

    fn enter_upstream(&self, place: &Place, user: &UserName) -> Result<Way, EnvironmentError> {
        if place.branch.is_some() {
            let (place, verb) = (place.to_string(), "be branched");
            return Err(EnvironmentError::Unmanaged { place, verb });
        }
        let settings = self.settings();
        let environment = settings.environment(&place.environment)?;
        let address = settings.upstreams.get(&environment.pattern).cloned();
        let address = address.ok_or_else(|| EnvironmentError::UnknownEnvironment {
            name: place.to_string(),
            suggestion: None,
        })?;
        let (keep, closing) = watch::channel(None);
        Ok(Way::Upstream(Box::new(EnteredUpstream {
            address,
            closing,
            access: settings.config.access(user, environment),
            limits: environment.limits,
            _state: self.state_of(place),
            _keep: keep,
        })))
    }

    /// Refuses a generation with unmasked data that the tables no longer allow there: they may have
    /// changed since it was made.
    fn must_hold_what_is_allowed(
        &self,
        place: &Place,
        state: &PlaceState,
    ) -> Result<(), EnvironmentError> {
        let Some(pointer) = state.pointer.load_full() else {
            return Ok(());
        };
        let base = self.inner.pool.snapshot(&pointer.current.base);
        let raw = base.is_none_or(|base| is_raw(&base));
        self.must_allow(raw, &place.to_string(), place)
    }

    /// A branch that is about to run out says so to who connects, and one that was made for him what
    /// it costs.
    fn notices(&self, place: &Place, state: &PlaceState, made: bool) -> Vec<String> {
        let Some(used) = state.used() else {
            return Vec::new();
        };
        let mut notices = Vec::new();
        if let Some(pointer) = state.pointer.load().as_ref().filter(|_| made) {
            let copy = self.full_copy(&pointer.base);
            notices.extend(copy.map(|copy| format!("\"{place}\" was made: {copy}")));
        }
        if let Some(lifetime) = self.settings().lifetime(place) {
            let unused = Timestamp::now().duration_since(used).unsigned_abs();
            if unused * 2 > lifetime {
                let left = rules::unit::Span(lifetime.saturating_sub(unused));
                notices.push(format!(
                    "\"{place}\" would have been dropped in {left}; it is used again now"
                ));
            }
        }
        notices
    }

    /// The run-time state of a place that is built or being built.
    pub(super) fn known(&self, place: &Place) -> Option<Arc<PlaceState>> {
        self.inner.places.get(place).map(|state| Arc::clone(&state))
    }

    /// The run-time state of a place, made where it is missing.
    pub(super) fn state_of(&self, place: &Place) -> Arc<PlaceState> {
        let entry = self.inner.places.entry(place.clone());
        Arc::clone(&entry.or_insert_with(|| Arc::new(PlaceState::empty())))
    }

    /// Refuses an operation on what is not ours; what has lost its table can only be dropped.
    pub(super) fn must_be_ours(
        &self,
        place: &Place,
        operation: Operation,
    ) -> Result<(), EnvironmentError> {
        let settings = self.settings();
        let orphaned = settings
            .config
            .environment_for(&place.environment)
            .is_none();
        if orphaned && operation == Operation::Drop && self.known(place).is_some() {
            return Ok(());
        }
        self.must_be_managed(place, operation.passive())
    }

    /// Refuses what only an environment of ours can do.
    pub(super) fn must_be_managed(
        &self,
        place: &Place,
        verb: &'static str,
    ) -> Result<(), EnvironmentError> {
        let settings = self.settings();
        match settings.environment(&place.environment)?.source {
            Source::Upstream(_) => Err(EnvironmentError::Unmanaged {
                place: place.to_string(),
                verb,
            }),
            _ => Ok(()),
        }
    }
}
