//! Cloning a branch: as it lies where it sleeps, through the backup API where it is awake.

use std::sync::Arc;

use server::backup;

use crate::branches::BranchId;
use crate::branches::disk::PGDATA;
use crate::branches::driver::Source;
use crate::branches::manifest::Check;
use crate::branches::pool::branch::{Branch, State};
use crate::branches::pool::create::{Aside, Heritage};
use crate::branches::pool::error::CreateError;
use crate::branches::pool::{Pool, blocking};
use crate::branches::step::step;

/// The log within the data directory.
const LOG: &str = "pg_wal";

/// Keeps a sleeping branch asleep while it is being cloned.
struct Still(Arc<Branch>);

impl Drop for Still {
    fn drop(&mut self) {
        if let State::Asleep { readers } = &mut *self.0.state() {
            *readers = readers.saturating_sub(1);
        }
        self.0.tell();
    }
}

/// How a branch can be cloned at this moment.
enum Reach {
    Still(Still),
    Awake,
    Changing,
    Never(&'static str),
}

fn reach(branch: &Arc<Branch>) -> Reach {
    match &mut *branch.state() {
        State::Asleep { readers } => {
            *readers += 1;
            Reach::Still(Still(Arc::clone(branch)))
        }
        State::Awake(_) => Reach::Awake,
        State::Waking | State::Stopping | State::Gathering => Reach::Changing,
        State::Suspect => Reach::Never("its data may be torn after a power cut"),
        State::Failed { .. } => Reach::Never("its server does not start"),
        State::Gone => Reach::Never("it is being dropped"),
    }
}

impl Pool {
    /// Clones the data of a branch into `aside`, without stopping it.
    pub(in crate::branches::pool) async fn clone_branch(
        &self,
        id: &BranchId,
        aside: &Aside,
    ) -> Result<Heritage, CreateError> {
        let branch = self.branch_entry(id);
        let branch = branch.ok_or_else(|| CreateError::NoBranch(id.clone()))?;
        let mut changes = branch.watch();
        let proven = loop {
            self.gather_branch(&branch).await;
            changes.mark_unchanged();
            match reach(&branch) {
                Reach::Still(_still) => {
                    let from = self.0.layout.branch(id).join(PGDATA);
                    self.clone_data(from, aside, Source::Still).await?;
                    break false;
                }
                Reach::Awake => {
                    self.clone_awake(id, aside).await?;
                    break true;
                }
                // The sender lives in the branch that is held here.
                Reach::Changing => changes.changed().await.unwrap_or_default(),
                Reach::Never(why) => {
                    return Err(CreateError::Unfit {
                        id: id.clone(),
                        why,
                    });
                }
            }
        };
        let manifest = branch.manifest();
        Ok(Heritage {
            cluster: manifest.cluster.clone(),
            label: manifest.label.clone(),
            base: manifest.base.clone(),
            proven,
        })
    }

    /// Clones a branch while its server runs. Each step left out gives a copy that does not start
    /// or, worse, starts with wrong data.
    async fn clone_awake(&self, id: &BranchId, aside: &Aside) -> Result<(), CreateError> {
        // While the lease lives the branch neither sleeps nor goes.
        let lease = self.enter(id).await?;
        let backup = backup::start(lease.server()).await;
        let backup = backup.map_err(failed(id))?;
        step("live.backup")?;
        let from = self.0.layout.branch(id).join(PGDATA);
        self.clone_data(from.clone(), aside, Source::Awake).await?;
        step("live.cloned")?;
        let label = backup.stop().await.map_err(failed(id))?;
        step("live.stopped")?;
        let to = aside.directory().join(PGDATA);
        let (driver, account) = (self.0.driver, self.0.account.clone());
        let label = blocking(move || {
            label.write(&to, &account)?;
            // The label names a place in the log that the first clone of it need not reach.
            driver.clone_log(&from.join(LOG), &to.join(LOG), &account)?;
            Ok::<_, CreateError>(label)
        });
        // Until here it kept the server from removing that log.
        drop(label.await?);
        step("live.wal")?;
        let major = lease.manifest().cluster.major;
        let installation = self.0.installations.of_major(major).map_err(failed(id))?;
        // Started once, so that what is cloned from it later need not recover.
        let home = aside.home();
        let proven = self.prove(installation, &home, (Check::Answers, None));
        proven.await.map_err(failed(id))?;
        // Its parent may never sleep, and so never be written anew.
        self.gather_copy(home.pgdata()).await;
        Ok(step("live.recovered")?)
    }
}

fn failed<E: std::error::Error + Send + Sync + 'static>(
    id: &BranchId,
) -> impl Fn(E) -> CreateError + '_ {
    |source| CreateError::Backup {
        id: id.clone(),
        source: Box::new(source),
    }
}
