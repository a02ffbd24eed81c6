//! What listings and `doctor` show; read from memory, never from the disk.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::branch::{Branch, State, locked};
use super::error::Full;
use super::{Pool, blocking, read};
use crate::branches::BranchId;
use crate::branches::disk::{Pressure, Space};
use crate::branches::driver::{Driver, Weight, measure};
use crate::branches::manifest::BranchManifest;

/// How often awake branches are weighed: a few milliseconds of reading each.
const WEIGH_EVERY: Duration = Duration::from_secs(60);

/// What a branch is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Activity {
    /// No process.
    Asleep,
    /// A server is being started.
    Waking,
    /// A server runs.
    Awake {
        /// Its process id.
        pid: u32,
        /// Sessions in it.
        sessions: usize,
        /// How long it runs.
        since: Duration,
        /// How long it has had no session.
        idle: Option<Duration>,
    },
    /// The server is being stopped.
    Stopping,
    /// It may be torn after a power cut.
    Suspect,
    /// It does not start.
    Failed {
        /// Why not.
        why: String,
    },
}

/// A branch as listings show it.
#[derive(Debug, Clone)]
pub struct BranchView {
    /// What is written about it.
    pub manifest: Arc<BranchManifest>,
    /// What it is doing.
    pub activity: Activity,
    /// What it weighed when it was last looked at.
    pub weight: Option<Weight>,
}

/// Something in the pool's directory that nobody dares to touch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// Where.
    pub path: PathBuf,
    /// What is wrong with it.
    pub why: String,
}

/// Facts about the pool.
#[derive(Debug, Clone)]
pub struct PoolFacts {
    /// Its directory.
    pub path: PathBuf,
    /// How it clones.
    pub driver: Driver,
    /// The file system; absent if it could not be asked.
    pub space: Option<Space>,
    /// The user of the servers.
    pub user: String,
    /// What `doctor` and `status` should say.
    pub notes: Vec<String>,
    /// What was found and left alone.
    pub trouble: Vec<Trouble>,
}

impl Pool {
    /// All branches, in the order of their ids.
    pub fn branches(&self) -> Vec<BranchView> {
        let branches = read(&self.0.branches);
        let views = branches.values().filter_map(|branch| view(branch));
        views.collect()
    }

    /// One branch.
    pub fn branch(&self, id: &BranchId) -> Option<BranchView> {
        self.branch_entry(id).and_then(|branch| view(&branch))
    }

    /// How short room is; [`Pressure::Easy`] where the file system cannot be asked.
    pub fn pressure(&self) -> Pressure {
        self.space().map_or(Pressure::Easy, Space::pressure)
    }

    /// How it clones.
    pub fn driver(&self) -> Driver {
        self.0.driver
    }

    /// User and group of the servers, where they run as another than we do.
    pub fn account(&self) -> Option<(u32, u32)> {
        let account = &self.0.account;
        let other = account.uid != rustix::process::geteuid().as_raw();
        other.then_some((account.uid, account.gid))
    }

    /// Facts about the pool.
    pub fn facts(&self) -> PoolFacts {
        let mut notes = Vec::new();
        if self.0.driver == Driver::Copy {
            notes.push(
                "the file system cannot share blocks, so branches are full copies; \"standin \
                 setup\" makes a pool that can"
                    .to_owned(),
            );
        }
        if self.0.installations.newest().is_err() {
            notes.push("no PostgreSQL installation was found".to_owned());
        }
        let space = self.space().ok();
        notes.extend(space.and_then(shortage));
        PoolFacts {
            path: self.0.layout.root().to_owned(),
            driver: self.0.driver,
            space,
            user: self.0.account.name.clone(),
            notes,
            trouble: locked(&self.0.trouble).clone(),
        }
    }
}

/// What the operator should know of a pool that fills up.
fn shortage(space: Space) -> Option<String> {
    let consequence = match space.pressure() {
        Pressure::Easy => return None,
        Pressure::Collect => "garbage goes at once; soon nothing new will be made",
        Pressure::Refuse => "nothing new is made",
        Pressure::Critical => "nothing new is made, and no branch wakes",
    };
    let full = Full::Space(space);
    Some(format!("{full}: {consequence}; {}", full.hint()))
}

fn view(branch: &Branch) -> Option<BranchView> {
    let now = Instant::now();
    let activity = match &*branch.state() {
        State::Asleep { .. } | State::Gathering => Activity::Asleep,
        State::Waking => Activity::Waking,
        State::Awake(awake) => Activity::Awake {
            pid: awake.server.pid(),
            sessions: awake.sessions,
            since: now.duration_since(awake.since),
            idle: (awake.sessions == 0).then(|| now.duration_since(awake.idle_since)),
        },
        State::Stopping => Activity::Stopping,
        State::Suspect => Activity::Suspect,
        State::Failed { why, .. } => Activity::Failed {
            why: why.to_string(),
        },
        State::Gone => return None,
    };
    Some(BranchView {
        manifest: branch.manifest(),
        activity,
        weight: branch.weight(),
    })
}

impl Pool {
    /// Weighs what has not been weighed, in the background.
    pub(super) fn weigh_in_background(&self) {
        let pool = Arc::downgrade(&self.0);
        self.0.runtime.spawn(async move {
            let mut look = tokio::time::interval(WEIGH_EVERY);
            loop {
                look.tick().await;
                let Some(inner) = pool.upgrade() else { return };
                Self(inner).weigh().await;
            }
        });
    }

    /// Weighs the branches that may have changed since they were weighed last.
    pub async fn weigh(&self) {
        for branch in self.entries() {
            let changed = matches!(*branch.state(), State::Awake(_));
            if !changed && branch.resting_weight().is_some() {
                continue;
            }
            let (weighing, data) = (branch.weighing(), self.home(&branch.manifest().id).pgdata());
            let weighed = blocking(move || measure(&data).map_err(std::io::Error::other)).await;
            match weighed {
                Ok(weight) => {
                    branch.weighed(weighing, weight);
                }
                Err(error) => tracing::debug!(%error, "branch was not weighed"),
            }
        }
    }
}
