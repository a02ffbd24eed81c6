//! Cloning a branch: as it lies where it sleeps, through the backup API where it is awake.

use std::sync::Arc;

use super::Pool;
use super::branch::{Branch, State};
use super::create::{Aside, Heritage};
use super::error::CreateError;
use crate::branches::BranchId;
use crate::branches::disk::PGDATA;
use crate::branches::driver::Source;

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
    Changing,
    Never(&'static str),
}

fn reach(branch: &Arc<Branch>) -> Reach {
    match &mut *branch.state() {
        State::Asleep { readers } => {
            *readers += 1;
            Reach::Still(Still(Arc::clone(branch)))
        }
        State::Awake(_) => Reach::Never("it is awake"),
        State::Waking | State::Stopping => Reach::Changing,
        State::Suspect => Reach::Never("its data may be torn after a power cut"),
        State::Failed { .. } => Reach::Never("its server does not start"),
        State::Gone => Reach::Never("it is being dropped"),
    }
}

impl Pool {
    /// Clones the data of a branch into `aside`, without stopping it.
    pub(super) async fn clone_branch(
        &self,
        id: &BranchId,
        aside: &Aside,
    ) -> Result<Heritage, CreateError> {
        let branch = self.branch_entry(id);
        let branch = branch.ok_or_else(|| CreateError::NoBranch(id.clone()))?;
        let mut changes = branch.watch();
        loop {
            changes.mark_unchanged();
            match reach(&branch) {
                Reach::Still(_still) => {
                    let from = self.0.layout.branch(id).join(PGDATA);
                    self.clone_data(from, aside, Source::Still).await?;
                    break;
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
        }
        let manifest = branch.manifest();
        Ok(Heritage {
            cluster: manifest.cluster.clone(),
            label: manifest.label.clone(),
            base: manifest.base.clone(),
        })
    }
}
