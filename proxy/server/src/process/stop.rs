//! Stops a server: politely, then firmly, then for certain.

use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, pidfd_send_signal};

use super::identity;
use super::server::{Exit, Server};
use crate::cluster::ClusterState;

/// What a fast shutdown gets: it ends sessions at once and then writes a checkpoint.
const FAST_WITHIN: Duration = Duration::from_secs(5);
/// What an immediate shutdown gets: the server itself kills its children after 5 s.
const IMMEDIATE_WITHIN: Duration = Duration::from_secs(6);
/// What the kernel gets to end a process that was killed.
const KILL_WITHIN: Duration = Duration::from_secs(5);

/// How a server was stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stopped {
    /// Whether its control file says that it was shut down; otherwise the next start recovers.
    pub clean: bool,
    /// How long it took.
    pub took: Duration,
}

/// Why a server was not stopped.
#[derive(Debug, thiserror::Error)]
pub enum StopError {
    /// Even a kill did not end it: the kernel holds it, most likely in a file system that hangs.
    #[error("process {pid} did not end after it was killed")]
    Immortal {
        /// Its process id.
        pid: u32,
    },
}

impl Server {
    /// Stops the server with the signals INT, after 5 s QUIT, at last KILL to all its processes.
    ///
    /// TERM is not among them: it waits for sessions to end by themselves.
    pub async fn stop(&self) -> Result<Stopped, StopError> {
        self.stop_within(FAST_WITHIN).await
    }

    /// As [`Server::stop`], with another time for the clean way: a checkpoint of much data on a
    /// slow disk needs more.
    pub async fn stop_within(&self, fast: Duration) -> Result<Stopped, StopError> {
        let began = Instant::now();
        let mut ended = false;
        for (signal, within) in [(Signal::INT, fast), (Signal::QUIT, IMMEDIATE_WITHIN)] {
            // Failing means that the process is gone, which the wait will tell.
            pidfd_send_signal(self.handle(), signal).ok();
            ended = self.ends_within(within).await;
            if ended {
                break;
            }
        }
        if !ended {
            kill(self.raw_pid(), self.handle());
            if !self.ends_within(KILL_WITHIN).await {
                return Err(StopError::Immortal { pid: self.pid() });
            }
        }
        let state = ClusterState::read(&self.home().pgdata());
        Ok(Stopped {
            clean: state.is_ok_and(ClusterState::is_shut_down),
            took: began.elapsed(),
        })
    }

    async fn ends_within(&self, within: Duration) -> bool {
        let mut exited = self.exited();
        let ended = exited.wait_for(Option::<Exit>::is_some);
        match tokio::time::timeout(within, ended).await {
            Ok(Ok(_)) => true,
            // The watching task is gone: ask the kernel.
            Ok(Err(_)) => identity::has_exited(self.handle()),
            Err(_) => false,
        }
    }
}

/// Kills a server and everything that it forked.
///
/// It is stopped first: a stopped parent neither forks nor reaps, so the numbers of its children
/// stay theirs until they are killed. Each child leads a process group of its own.
pub(super) fn kill(pid: Pid, handle: &OwnedFd) {
    if pidfd_send_signal(handle, Signal::STOP).is_err() {
        return;
    }
    for child in identity::children(pid) {
        rustix::process::kill_process_group(child, Signal::KILL).ok();
        // Between its fork and its own setsid a child is still in the group of its parent.
        rustix::process::kill_process(child, Signal::KILL).ok();
    }
    pidfd_send_signal(handle, Signal::KILL).ok();
}
