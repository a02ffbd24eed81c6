//! The budget of processes, memory and disk: who wants more than is left waits for his turn, bounded,
//! and is then told what holds it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, timeout_at};

use rules::unit::Bytes;

use super::branch::{Awake, State};
use super::error::{Full, WakeFailure};
use super::upkeep::begin_stop;
use super::{Pool, blocking};
use crate::branches::manifest::{BranchManifest, BranchSpec};

/// Names of large branches shown with a refusal.
const SHOWN_MAX: usize = 3;
/// Sessions that end in a branch which stays awake give memory back without telling.
const LOOK_EVERY: Duration = Duration::from_millis(250);

impl Pool {
    /// Waits for the right to be awake, first come first served; puts the longest idle branch to
    /// sleep for it, and where none is idle a spare.
    ///
    /// A spare itself takes what is free and nothing else: it must not cost anybody his server.
    pub(super) async fn admit(
        &self,
        spec: &BranchSpec,
    ) -> Result<OwnedSemaphorePermit, WakeFailure> {
        if spec.spare {
            return self.try_admit(spec).await;
        }
        let deadline = Instant::now() + self.turn_within();
        let turn = timeout_at(deadline, self.0.admission.lock()).await;
        loop {
            let refused = match self.try_admit(spec).await {
                Ok(permit) => return Ok(permit),
                Err(refused) => refused,
            };
            if turn.is_err() {
                return Err(refused);
            }
            if self.sleep_longest_idle().await {
                continue;
            }
            let look = Instant::now() + LOOK_EVERY;
            let freed = timeout_at(look.min(deadline), self.0.freed.notified()).await;
            if freed.is_err() && look >= deadline {
                return Err(refused);
            }
        }
    }

    /// How long a start waits for its turn: a little less than sessions wait for the start, so that
    /// they learn what it waited for.
    pub(super) fn turn_within(&self) -> Duration {
        self.0.settings.connect_wait * 9 / 10
    }

    async fn try_admit(&self, spec: &BranchSpec) -> Result<OwnedSemaphorePermit, WakeFailure> {
        if let Some(max) = self.0.settings.memory_bytes {
            let used = self.memory_bytes().await;
            if used >= max {
                return Err(WakeFailure::Memory {
                    used_bytes: used,
                    max_bytes: max,
                    largest: self.largest_awake(spec).await,
                });
            }
        }
        match Arc::clone(&self.0.awake).try_acquire_owned() {
            Ok(permit) => Ok(permit),
            Err(_) => Err(WakeFailure::TooManyAwake {
                max: self.0.settings.awake_max,
                largest: self.largest_awake(spec).await,
            }),
        }
    }

    /// Memory that all servers take together.
    pub async fn memory_bytes(&self) -> u64 {
        let taken = self.memory_by_branch(|_| true).await;
        taken.iter().map(|(_, bytes)| bytes).sum()
    }

    async fn memory_by_branch(&self, which: impl Fn(&BranchSpec) -> bool) -> Vec<(String, u64)> {
        let servers: Vec<_> = self
            .entries()
            .iter()
            .filter_map(|branch| Some((branch.manifest(), branch.server()?)))
            .filter(|(manifest, _)| which(&manifest.spec))
            .collect();
        let measured = blocking(move || {
            let of_one = |(manifest, server): &(Arc<BranchManifest>, server::Server)| {
                (name(manifest), server.memory_bytes().unwrap_or(0))
            };
            Ok::<_, std::io::Error>(servers.iter().map(of_one).collect())
        });
        measured.await.unwrap_or_default()
    }

    /// The awake branches of the same environment that take most memory, or of all where it has none.
    async fn largest_awake(&self, spec: &BranchSpec) -> Vec<String> {
        let own = |other: &BranchSpec| other.environment == spec.environment;
        let mut found = self.memory_by_branch(own).await;
        if found.is_empty() {
            found = self.memory_by_branch(|_| true).await;
        }
        largest(found)
    }

    async fn sleep_longest_idle(&self) -> bool {
        // Whoever keeps a spare awake counts as its one session.
        let idle = |awake: &Awake, spare: bool| awake.sessions <= usize::from(spare);
        let fit = self.entries().into_iter().filter_map(|branch| {
            let spare = branch.manifest().spec.spare;
            let since = match &*branch.state() {
                State::Awake(awake) if idle(awake, spare) => awake.idle_since,
                _ => return None,
            };
            Some((spare, since, branch))
        });
        let Some((spare, since, branch)) = fit.min_by_key(|(spare, since, _)| (*spare, *since))
        else {
            return false;
        };
        // It may have been taken meanwhile, and then it is no spare any more.
        let still = |awake: &Awake| {
            branch.manifest().spec.spare == spare && idle(awake, spare) && awake.idle_since == since
        };
        match begin_stop(&branch, still) {
            Some(server) => self.stop_branch(&branch, &server).await.is_ok(),
            None => true,
        }
    }

    /// Bytes that branches hold alone, as far as they have been weighed, by name, of those that `which`
    /// wants.
    pub fn own_bytes(&self, which: impl Fn(&BranchSpec) -> bool) -> OwnBytes {
        let mut by_name: BTreeMap<String, u64> = BTreeMap::new();
        for branch in self.entries() {
            let manifest = branch.manifest();
            let weight = branch.weight();
            if let Some(weight) = weight.filter(|_| which(&manifest.spec)) {
                *by_name.entry(name(&manifest)).or_default() += weight.exclusive_bytes;
            }
        }
        OwnBytes {
            bytes: by_name.values().sum(),
            largest: largest(by_name.into_iter().collect()),
        }
    }

    /// Refuses anything new once branches hold as much alone as `[pool] disk` allows.
    pub(super) fn refuse_over_disk(&self) -> Result<(), Full> {
        let Some(max_bytes) = self.0.settings.disk_bytes else {
            return Ok(());
        };
        let own = self.own_bytes(|_| true);
        if own.bytes < max_bytes {
            return Ok(());
        }
        Err(Full::Budget {
            used_bytes: own.bytes,
            max_bytes,
            largest: own.largest,
        })
    }
}

/// What branches hold alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnBytes {
    /// All of them together.
    pub bytes: u64,
    /// The largest, with their sizes.
    pub largest: Vec<String>,
}

fn name(manifest: &BranchManifest) -> String {
    let spec = &manifest.spec;
    match (&spec.environment, &spec.name) {
        (Some(environment), _) if spec.spare => format!("a spare of {environment}"),
        (Some(environment), Some(name)) => format!("{environment}.{name}"),
        (Some(environment), None) => environment.clone(),
        (None, _) => manifest.id.to_string(),
    }
}

fn largest(mut found: Vec<(String, u64)>) -> Vec<String> {
    found.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
    found.truncate(SHOWN_MAX);
    let text = |(name, bytes)| format!("{name} ({})", Bytes(bytes));
    found.into_iter().map(text).collect()
}
