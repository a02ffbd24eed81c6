//! What happens by itself: schedules, lifetimes, the collection of what nothing refers to.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use rules::config::Cron;
use rules::name::EnvironmentPattern;
use rules::target::Place;

use super::base::is_kept;
use super::error::chain;
use super::place::PlaceState;
use super::pointer::SCHEDULE;
use super::turn::{Caller, Report};
use super::{EnvironmentError, Environments};
use crate::branches::{BranchId, Roots};

/// How often the clock is looked at: what a schedule or a lifetime says happens within it. It costs a
/// walk over what memory holds.
const TICK: Duration = Duration::from_secs(1);

/// How often what nothing refers to is collected, which walks over directories, and what else has
/// time.
const COLLECT_EVERY: u64 = 20;

/// How long a place rests whose drop or other operation failed before its lifetime is looked at again.
const FAILED_REST: Duration = Duration::from_secs(20);

/// How stale `used` may become on disk while a place is in use.
const USED_STALE_MAX: Duration = Duration::from_secs(60);

impl Environments {
    /// Runs schedules, lifetimes and collection until the task is dropped.
    pub async fn sweep(self) {
        let mut since = Timestamp::now();
        for tick in 1_u64.. {
            tokio::time::sleep(TICK).await;
            let now = Timestamp::now();
            self.run_schedules(since, now);
            self.expire(now).await;
            if tick % COLLECT_EVERY == 0 {
                self.note_use(now).await;
                self.renew_spares().await;
                self.collect().await;
            }
            // A clock that was set back makes nothing due twice.
            since = since.max(now);
        }
    }

    /// Starts what became due after `since` and not after `now`; of a wildcard in every environment that
    /// it made.
    fn run_schedules(&self, since: Timestamp, now: Timestamp) {
        let settings = self.settings();
        for environment in &settings.config.environments {
            let due = |cron: Option<&Cron>| cron.is_some_and(|cron| cron.is_due(since, now));
            let refresh = due(environment.refresh.as_ref());
            let reset = due(environment.reset.as_ref());
            if !refresh && !reset {
                continue;
            }
            let places = match &environment.pattern {
                EnvironmentPattern::One(name) => vec![Place::environment(name.clone())],
                wildcard => self.places_of(wildcard),
            };
            let is_one = matches!(environment.pattern, EnvironmentPattern::One(_));
            let environments = self.clone();
            let _run = self.spawn(async move {
                // One after the other: a wildcard may have made more than could start at once.
                for place in places {
                    // What was dropped meanwhile must not come back.
                    if is_one || environments.is_built(&place) {
                        environments.run_due(&place, refresh).await;
                    }
                }
            });
        }
    }

    /// A refresh ends in a fresh branch, so a reset at the same minute is part of it. A failure is in
    /// the history and the log already.
    async fn run_due(&self, place: &Place, refresh: bool) {
        let caller = Caller {
            name: SCHEDULE.to_owned(),
        };
        let report = Report::quiet();
        let _record = if refresh {
            self.refresh(place, &caller, &report).await
        } else {
            self.reset(place, &caller, &report).await
        };
    }

    /// Writes down, to the minute, when places were last used.
    async fn note_use(&self, now: Timestamp) {
        let mut stale = Vec::new();
        for entry in &self.inner.places {
            let (place, state) = entry.pair();
            let Some(pointer) = state.pointer.load_full() else {
                continue;
            };
            if state.sessions() > 0 {
                state.note_use(now);
            }
            let used = state.used().unwrap_or(now);
            let age = used.duration_since(pointer.used);
            // An operation may hold the turn for hours; the next look is soon.
            if age.is_positive() && age.unsigned_abs() > USED_STALE_MAX && !state.is_busy() {
                stale.push((place.clone(), used));
            }
        }
        for (place, used) in stale {
            let noted = self.annotate(&place, |pointer| pointer.used = pointer.used.max(used));
            if let Err(error) = noted.await {
                tracing::warn!(%place, error = chain(&error), "the time of use was not written");
            }
        }
    }

    /// Drops what was not used for its lifetime; what is in use, worked on or protected stays.
    async fn expire(&self, now: Timestamp) {
        let settings = self.settings();
        let mut expired = Vec::new();
        for entry in &self.inner.places {
            let (place, state) = entry.pair();
            let (Some(pointer), Some(lifetime)) =
                (state.pointer.load_full(), settings.lifetime(place))
            else {
                continue;
            };
            let rests = state
                .failure()
                .is_some_and(|failed| now.duration_since(failed.at).unsigned_abs() < FAILED_REST);
            let free = !rests && !state.is_busy() && self.must_be_unprotected(&pointer).is_ok();
            if free && state.outlived(lifetime, now) {
                expired.push((place.clone(), lifetime));
            }
        }
        for (place, lifetime) in expired {
            match self.expire_place(&place, lifetime).await {
                Ok(()) | Err(EnvironmentError::Protected { .. }) => {}
                Err(error) => {
                    tracing::warn!(%place, error = chain(&error), "an unused branch was not dropped");
                }
            }
        }
    }

    /// Moves branches to the trash that a pointer has just let go, unless something else refers to
    /// them; what cannot go now is left to the collection.
    pub(super) async fn discard(&self, branches: Vec<BranchId>) {
        if !self.inner.doubts.is_empty() {
            return;
        }
        for branch in branches {
            let pointed = |place: &PlaceState| {
                let pointer = place.pointer.load();
                let mut named = pointer.iter().flat_map(|pointer| pointer.branches());
                named.any(|one| *one == branch)
            };
            let wanted = self.inner.held_branches.contains(&branch)
                || self.inner.places.iter().any(|entry| pointed(entry.value()));
            if wanted {
                continue;
            }
            if let Err(error) = self.inner.pool.drop_branch(&branch).await {
                tracing::info!(%branch, error = chain(&error), "a branch let go stays for now");
            }
        }
    }

    /// Moves to the trash what no pointer, spare, operation or running process refers to.
    pub(super) async fn collect(&self) {
        // A pointer that cannot be read may refer to anything, and after a power cut so may one that the
        // disk failed to confirm.
        if !self.inner.unreadable.is_empty() || !self.inner.doubts.is_empty() {
            return;
        }
        let (mut branches, mut snapshots) = (BTreeSet::new(), BTreeSet::new());
        // Holds are read before pointers: what moves from a hold to a pointer is seen at least once.
        branches.extend(self.inner.held_branches.all());
        snapshots.extend(self.inner.held_snapshots.all());
        for entry in &self.inner.places {
            if let Some(pointer) = entry.value().pointer.load_full() {
                branches.extend(pointer.branches().cloned());
                snapshots.extend(pointer.snapshots().cloned());
            }
        }
        for (key, branch) in self.inner.spares.branches() {
            snapshots.insert(key.base);
            branches.insert(branch);
        }
        let all = self.inner.pool.snapshots();
        let kept = all.iter().filter(|snapshot| is_kept(snapshot));
        snapshots.extend(kept.map(|snapshot| snapshot.id.clone()));
        let roots = Roots {
            branches,
            snapshots,
            ..Roots::default()
        };
        let collected = self.inner.pool.collect(&roots).await;
        if !collected.branches.is_empty() || !collected.snapshots.is_empty() {
            tracing::info!(?collected, "collected");
        }
    }
}
