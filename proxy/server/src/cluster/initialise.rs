//! Makes a fresh cluster, small and quick.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use rustix::fs::AtFlags;

use super::single::{SingleUser, SingleUserError};
use crate::process::{Tool, ToolError};
use crate::roles::USERS;
use crate::{Account, Home, Installation, home};

/// `initdb` takes a second on a quick machine.
const INITDB_WITHIN: Duration = Duration::from_secs(120);
/// Starting, dropping one database and a checkpoint.
const FINISH_WITHIN: Duration = Duration::from_secs(60);

/// How each configuration file of ours begins.
pub const CONFIGURATION_MARK: &str = "# Written by Standin; whatever matters for safety is on the \
                                      server's command line and cannot be changed here.\n";

/// The configuration of a fresh cluster.
const FRESH: &str = "timezone = 'UTC'\n\
    datestyle = 'iso, mdy'\n\
    default_text_search_config = 'pg_catalog.english'\n";

/// Why a cluster could not be made.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// The server's user cannot get to a directory.
    #[error("operating-system user {user:?} cannot enter {directory:?}")]
    Barred {
        /// The server's user.
        user: String,
        /// The first directory on the way that is closed to it.
        directory: PathBuf,
    },
    /// A directory or file could not be made.
    #[error("prepare {directory:?}")]
    Prepare {
        /// The cluster's home.
        directory: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// `initdb` failed.
    #[error("initialise the cluster")]
    Initdb(#[from] ToolError),
    /// The first statements failed.
    #[error("finish the cluster")]
    Finish(#[from] SingleUserError),
}

/// Makes a cluster in `home`: superuser `standin`, pages with checksums, 1 MB segments, UTF-8, no
/// database but the templates, no entry for anyone but us. Nothing is synced: sealing does that.
pub async fn initialise(
    installation: &Installation,
    account: &Account,
    home: &Home,
) -> Result<(), InitError> {
    let fail = |source| InitError::Prepare {
        directory: home.directory.clone(),
        source,
    };
    home.make_pgdata(account).map_err(fail)?;
    let barred = account.barred_from(&home.directory);
    if let Some(directory) = barred.or_else(|| account.barred_from(&installation.bin)) {
        return Err(InitError::Barred {
            user: account.name.clone(),
            directory,
        });
    }
    initdb(installation, account, home).await?;
    let configuration = format!("{CONFIGURATION_MARK}{FRESH}");
    write_configuration(account, home, &configuration).map_err(fail)?;
    home.prepare(account).map_err(fail)?;
    let single = SingleUser {
        installation,
        account,
        home,
        max_prepared_transactions: 0,
        within: FINISH_WITHIN,
    };
    let statements = [
        // A third of the files, and of the time of each clone.
        "DROP DATABASE postgres".to_owned(),
        format!("CREATE ROLE {USERS} NOLOGIN"),
    ];
    single.run("template1", &statements).await?;
    Ok(())
}

async fn initdb(
    installation: &Installation,
    account: &Account,
    home: &Home,
) -> Result<(), ToolError> {
    let pgdata = home.pgdata();
    let tool = Tool::new(installation, account, "initdb", &pgdata)
        .args([
            "--username=standin",
            "--auth=reject",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
        ])
        .args(["--wal-segsize=1", "--data-checksums", "--no-sync", "-D"])
        .args([&pgdata]);
    tool.run("", INITDB_WITHIN).await.map(drop)
}

/// Replaces the configuration that came with a data directory, and what `ALTER SYSTEM` left.
pub(crate) fn write_configuration(
    account: &Account,
    home: &Home,
    configuration: &str,
) -> io::Result<()> {
    let pgdata = home::open_existing(&home.pgdata())?;
    home::write_new(&pgdata, "postgresql.conf", configuration, account)?;
    home::write_new(&pgdata, "postgresql.auto.conf", "", account)?;
    // Nothing reads these two: the server's access rules lie outside.
    for name in ["pg_hba.conf", "pg_ident.conf"] {
        match rustix::fs::unlinkat(&pgdata, name, AtFlags::empty()) {
            Ok(()) | Err(rustix::io::Errno::NOENT) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
