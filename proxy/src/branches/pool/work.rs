//! What is under way in the background, so that the end of a pool can wait for it.
//!
//! Whoever starts or stops a server outside a call that somebody waits for holds a [`Working`]; once
//! the pool closes nobody starts any more.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use server::Server;
use tokio::sync::watch;

use super::branch::locked;
use super::error::Closed;
use crate::branches::SnapshotId;

/// Starts and stops under way, and the servers that belong to no branch yet.
#[derive(Debug, Default)]
pub(super) struct Work {
    tally: watch::Sender<Tally>,
    drafts: Mutex<BTreeMap<SnapshotId, Server>>,
}

#[derive(Debug, Default)]
struct Tally {
    closed: bool,
    working: usize,
}

/// A start or a stop under way; the end of the pool waits until this is dropped.
#[derive(Debug)]
pub(super) struct Working(Arc<Work>);

impl Drop for Working {
    fn drop(&mut self) {
        self.0
            .tally
            .send_modify(|tally| tally.working = tally.working.saturating_sub(1));
    }
}

impl Work {
    /// Announces that a server will be started, which a closed pool refuses.
    pub(super) fn start(self: &Arc<Self>) -> Result<Working, Closed> {
        // One look and one change, so nobody slips in while the pool closes.
        let admitted = self.tally.send_if_modified(|tally| {
            tally.working += usize::from(!tally.closed);
            !tally.closed
        });
        admitted
            .then(|| Working(Arc::clone(self)))
            .ok_or(Closed(()))
    }

    /// Announces that a server will be stopped, which is always right.
    pub(super) fn stop(self: &Arc<Self>) -> Working {
        self.tally.send_modify(|tally| tally.working += 1);
        Working(Arc::clone(self))
    }

    /// From now on nothing is started.
    pub(super) fn close(&self) {
        self.tally.send_modify(|tally| tally.closed = true);
    }

    /// Returns when nothing is under way.
    pub(super) async fn done(&self) {
        let mut tally = self.tally.subscribe();
        // The sender lives in what is borrowed here.
        tally.wait_for(|tally| tally.working == 0).await.ok();
    }

    pub(super) fn add_draft(&self, id: &SnapshotId, server: &Server) {
        locked(&self.drafts).insert(id.clone(), server.clone());
    }

    pub(super) fn remove_draft(&self, id: &SnapshotId) {
        locked(&self.drafts).remove(id);
    }

    pub(super) fn drafts(&self) -> Vec<Server> {
        locked(&self.drafts).values().cloned().collect()
    }
}
