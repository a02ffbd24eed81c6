//! Cancel keys: ours for clients, the servers' behind them.
//!
//! The process id is the server's own, because drivers compare it with the sender of a notification;
//! the secret is ours, so a key is worth nothing past the relay.

use std::sync::Arc;
use std::time::Duration;

use dashmap::DashMap;
use subtle::ConstantTimeEq;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::resolve::Upstream;
use super::upstream::dial;
use wire::{PROTOCOL_3_2, cancel_request};

/// Dialling, sending and the server's closing together; libpq waits as long for a dead server.
const FORWARD_MAX: Duration = Duration::from_secs(5);

/// What a cancel needs to reach a server.
pub(super) struct Target {
    pub(super) upstream: Upstream,
    /// The server's key; `None` where it gave none, then a cancel does nothing.
    pub(super) key: Option<(i32, Vec<u8>)>,
}

/// Every key that a living session has.
#[derive(Default)]
pub(super) struct Keys {
    by_process: DashMap<i32, Vec<Issued>>,
}

struct Issued {
    secret: Vec<u8>,
    target: Arc<Target>,
}

/// A session's key; taken back when dropped.
pub(super) struct Key {
    keys: Arc<Keys>,
    pub(super) process: i32,
    pub(super) secret: Vec<u8>,
    pub(super) target: Arc<Target>,
}

impl Keys {
    /// Makes a key for a session: 4 random bytes of secret, 32 from protocol 3.2 on.
    pub(super) fn issue(self: &Arc<Self>, target: Target, protocol: u32) -> Key {
        let secret = if protocol >= PROTOCOL_3_2 {
            rand::random::<[u8; 32]>().to_vec()
        } else {
            rand::random::<[u8; 4]>().to_vec()
        };
        let process = target
            .key
            .as_ref()
            .map_or_else(|| rand::random::<i32>() & i32::MAX, |(process, _)| *process);
        let target = Arc::new(target);
        self.by_process.entry(process).or_default().push(Issued {
            secret: secret.clone(),
            target: target.clone(),
        });
        Key {
            keys: self.clone(),
            process,
            secret,
            target,
        }
    }

    /// The server behind a key; every secret of the process id is compared, in constant time.
    pub(super) fn find(&self, process: i32, secret: &[u8]) -> Option<Arc<Target>> {
        let issued = self.by_process.get(&process)?;
        let mut found = None;
        for key in issued.iter() {
            if bool::from(key.secret.ct_eq(secret)) {
                found = Some(key.target.clone());
            }
        }
        found
    }

    /// How many keys there are.
    pub(super) fn count(&self) -> usize {
        self.by_process.iter().map(|keys| keys.len()).sum()
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        if let Some(mut issued) = self.keys.by_process.get_mut(&self.process) {
            issued.retain(|key| !Arc::ptr_eq(&key.target, &self.target));
        }
        self.keys
            .by_process
            .remove_if(&self.process, |_, issued| issued.is_empty());
    }
}

/// Sends the server's own CancelRequest and waits until the server has taken it, bounded.
pub(super) async fn forward(target: &Target) {
    let Some((process, secret)) = &target.key else {
        tracing::debug!("a cancel is lost: the server gave no key");
        return;
    };
    let send = async {
        let mut stream = dial(&target.upstream).await.ok()?.stream;
        stream
            .write_all(&cancel_request(*process, secret))
            .await
            .ok()?;
        stream.flush().await.ok()?;
        // The server closes once the signal is sent; an answer would be a protocol error.
        stream.read(&mut [0; 1]).await.ok()
    };
    if !matches!(tokio::time::timeout(FORWARD_MAX, send).await, Ok(Some(_))) {
        tracing::debug!("a cancel did not reach the server");
    }
}
