//! Proves that a stopped cluster serves before anything is made of it: started, asked, stopped.

use std::time::Duration;

use server::{
    AnswerError, Home, Installation, IntegrityError, Lengths, Server, Settings, StartError,
    StopError, amcheck, lengths, start,
};

use crate::branches::manifest::Check;
use crate::branches::pool::Pool;
use crate::branches::pool::error::Closed;

/// A copy holds the log of one backup, and the server it comes from may be writing a lot; a
/// checkpoint of what was replayed takes no longer.
const RECOVERED_WITHIN: Duration = Duration::from_secs(300);

/// Why a cluster is not fit to be cloned.
#[derive(Debug, thiserror::Error)]
pub enum ProofError {
    /// The daemon is about to end.
    #[error(transparent)]
    Closed(#[from] Closed),
    /// It does not start.
    #[error("start the cluster to prove it")]
    Start(#[from] StartError),
    /// It does not answer, or its files are not all there.
    #[error("prove that the cluster is whole")]
    Answer(#[from] AnswerError),
    /// The check of all tables and indexes was not made.
    #[error("check all tables and indexes")]
    Integrity(#[from] IntegrityError),
    /// Tables or indexes are damaged.
    #[error("{count} problems in tables and indexes, the first: {first}")]
    Damaged {
        /// How many were found.
        count: usize,
        /// The first: relation and what is wrong with it.
        first: String,
    },
    /// The check of all tables and indexes left some out.
    #[error("not everything could be checked: {first}")]
    Skipped {
        /// The first that was left out, and why.
        first: String,
    },
    /// Its server does not end.
    #[error("stop the proven cluster")]
    Stop(#[from] StopError),
    /// Its server had to be killed.
    #[error("the proven cluster did not shut down")]
    Killed,
}

impl Pool {
    /// Starts the cluster in `home` once, recovering it if need be, asks it, and shuts it down.
    pub(super) async fn prove(
        &self,
        installation: &Installation,
        home: &Home,
        (check, before): (Check, Option<&Lengths>),
    ) -> Result<(), ProofError> {
        let _working = self.0.work.start()?;
        let settings = Settings {
            ready_within: RECOVERED_WITHIN,
            ..Settings::default()
        };
        let server = start(installation, &self.0.account, home, &settings).await?;
        let found = ask(&server, check, before).await;
        let stopped = server.stop_within(RECOVERED_WITHIN).await?;
        found?;
        if stopped.clean {
            Ok(())
        } else {
            Err(ProofError::Killed)
        }
    }
}

async fn ask(server: &Server, check: Check, before: Option<&Lengths>) -> Result<(), ProofError> {
    lengths(server).await?.demand_whole(before)?;
    if check == Check::Answers {
        return Ok(());
    }
    let report = amcheck(server).await?;
    if let Some(first) = report.problems.first() {
        return Err(ProofError::Damaged {
            count: report.problems.len(),
            first: first.clone(),
        });
    }
    // What was not looked at is not proven.
    match report.skipped.into_iter().next() {
        Some(first) => Err(ProofError::Skipped { first }),
        None => Ok(()),
    }
}
