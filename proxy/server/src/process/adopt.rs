//! Takes over a server that an earlier process of ours started and left.

use std::io;

use super::identity::LockFile;
use super::server::{Process, Server};
use crate::{Account, Home};

/// Why a living server could not be taken over.
#[derive(Debug, thiserror::Error)]
pub enum AdoptError {
    /// Its handle, socket directory or log could not be opened.
    #[error("take over process {pid}")]
    Watch {
        /// Its process id.
        pid: i32,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The data directory has no readable version.
    #[error("read the version of the data of process {pid}")]
    Version {
        /// Its process id.
        pid: i32,
    },
}

/// Takes over the living server of this very data directory; `None` if there is none.
///
/// What it was started with is not looked at: whoever adopts decides whether to keep it or to stop
/// it. A server that is still starting or stopping is taken over too.
pub async fn adopt(account: &Account, home: &Home) -> Result<Option<Server>, AdoptError> {
    let pgdata = home.pgdata();
    let Some(lock) = LockFile::read(&pgdata) else {
        return Ok(None);
    };
    let Some((pid, handle)) = lock.living_server(&pgdata, account.uid) else {
        return Ok(None);
    };
    let version = std::fs::read_to_string(pgdata.join("PG_VERSION")).ok();
    let major = version.and_then(|text| text.trim().parse().ok());
    let major = major.ok_or(AdoptError::Version { pid: lock.pid })?;
    let fail = |source| AdoptError::Watch {
        pid: lock.pid,
        source,
    };
    let log = home.open_log(account).map_err(fail)?;
    let process = Process {
        pid,
        handle,
        child: None,
        log,
    };
    Server::watched(account, home, major, process)
        .map(Some)
        .map_err(fail)
}
