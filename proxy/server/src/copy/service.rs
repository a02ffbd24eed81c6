//! The service file by which the programs of one copy reach its source.

use std::io;
use std::path::{Path, PathBuf};

use super::ConnectionString;
use crate::{Account, Home, home};

/// Name of the file in `run/`.
const FILE: &str = "source.conf";
/// Name of the service in it.
const NAME: &str = "source";

/// A service file that is gone when this is dropped: it holds the password.
pub(super) struct Service {
    path: PathBuf,
}

impl Service {
    pub(super) fn write(
        source: &ConnectionString,
        account: &Account,
        home: &Home,
    ) -> io::Result<Self> {
        home.prepare(account)?;
        let service = Self {
            path: home.run().join(FILE),
        };
        let run = home.open_run()?;
        home::write_new(&run, FILE, &source.service_file(NAME), account)?;
        Ok(service)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// What programs are told to connect to.
    pub(super) fn reference(&self) -> String {
        format!("service={NAME}")
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(&self.path) {
            tracing::warn!(%error, "remove the service file of a copy");
        }
    }
}
