//! Work that goes on whoever waits for it, until the daemon stops.

use std::future::Future;
use std::sync::{Mutex, PoisonError};

use tokio::sync::oneshot;
use tokio::task::JoinSet;

/// Work under way; `None` once the daemon stops.
pub(in super::super) struct Tasks(Mutex<Option<JoinSet<()>>>);

impl Default for Tasks {
    fn default() -> Self {
        Self(Mutex::new(Some(JoinSet::new())))
    }
}

impl Tasks {
    /// Begins `work` and returns its outcome to come: `None` when the daemon stopped first.
    pub(in super::super) fn spawn<T, F>(
        &self,
        work: F,
    ) -> impl Future<Output = Option<T>> + Send + use<T, F>
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        let (done, outcome) = oneshot::channel();
        let mut tasks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(tasks) = tasks.as_mut() {
            // What has ended is let go, so that the set stays as small as what is under way.
            while tasks.try_join_next().is_some() {}
            tasks.spawn(async move {
                // Nobody may wait any more; the work is done all the same.
                let _ = done.send(work.await);
            });
        }
        async move { outcome.await.ok() }
    }

    /// Gives up what is under way, waits until it is gone, and takes nothing more.
    pub(in super::super) async fn stop(&self) {
        let tasks = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(mut tasks) = tasks {
            tasks.shutdown().await;
        }
    }
}
