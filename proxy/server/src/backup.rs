//! Copies a server that is at work: what must stand around the cloning of its files.
//!
//! In this order: [`start`], clone the tree, [`Backup::stop`], put [`BackupLabel::content`] into the
//! clone as `backup_label`, clone `pg_wal` once more, drop the label. Each step left out gives a
//! copy that does not start or, worse, starts with wrong data (PostgreSQL documentation, "Making a
//! Base Backup Using the Low Level API").

use std::io;
use std::path::Path;
use std::time::Duration;

use tokio_postgres::Client;

use super::process::{AdminError, Server};
use super::{Account, home};

/// The checkpoint at the beginning writes every dirty page of the server.
const START_WITHIN: Duration = Duration::from_secs(60);

/// A backup that has begun. Dropping it ends the session, and with it the backup: the clone is then
/// to be thrown away.
#[derive(Debug)]
pub struct Backup {
    client: Client,
    major: u16,
}

/// What the clone needs beyond its files. While it lives the server keeps the WAL from the
/// beginning of the backup.
#[derive(Debug)]
pub struct BackupLabel {
    /// The content of `backup_label`.
    pub content: String,
    /// Where the backup ended, `0/1A2B3C`: the clone must hold the WAL up to there.
    pub stop_lsn: String,
    /// The session that owns the slot that keeps the WAL.
    _session: Client,
}

/// Why a backup was not made.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// Our own login failed.
    #[error("enter the server")]
    Login(#[from] AdminError),
    /// A statement failed.
    #[error("{verb}")]
    Statement {
        /// What was being done.
        verb: &'static str,
        /// What the server said.
        #[source]
        source: tokio_postgres::Error,
    },
    /// The first checkpoint took too long.
    #[error("the server did not write its checkpoint within {} s", START_WITHIN.as_secs())]
    TooSlow,
}

fn doing(verb: &'static str) -> impl Fn(tokio_postgres::Error) -> BackupError {
    move |source| BackupError::Statement { verb, source }
}

/// Begins a backup of a running server; afterwards its files may be cloned in any order.
pub async fn start(server: &Server) -> Result<Backup, BackupError> {
    let client = server.admin_plain("template1").await?;
    // Temporary: however the session ends, the slot goes with it and holds back no WAL.
    let slot = format!(
        "SELECT pg_create_physical_replication_slot('standin_backup_{}', true, true)",
        rand::random::<u32>()
    );
    client
        .batch_execute(&slot)
        .await
        .map_err(doing("keep the WAL of a backup"))?;
    let begin = match server.major() {
        ..=14 => "SELECT pg_start_backup('standin', true, false)",
        _ => "SELECT pg_backup_start('standin', fast => true)",
    };
    let begun = tokio::time::timeout(START_WITHIN, client.batch_execute(begin)).await;
    begun
        .map_err(|_| BackupError::TooSlow)?
        .map_err(doing("begin a backup"))?;
    Ok(Backup {
        client,
        major: server.major(),
    })
}

impl Backup {
    /// Ends the backup after the tree was cloned.
    pub async fn stop(self) -> Result<BackupLabel, BackupError> {
        let end = match self.major {
            ..=14 => "SELECT lsn::text, labelfile FROM pg_stop_backup(false, false)",
            _ => "SELECT lsn::text, labelfile FROM pg_backup_stop(wait_for_archive => false)",
        };
        let row = self
            .client
            .query_one(end, &[])
            .await
            .map_err(doing("end a backup"))?;
        Ok(BackupLabel {
            stop_lsn: row.get(0),
            content: row.get(1),
            _session: self.client,
        })
    }
}

impl BackupLabel {
    /// Writes the label into the clone, whose first start then recovers from the right place.
    pub fn write(&self, pgdata: &Path, account: &Account) -> io::Result<()> {
        let directory = home::open_existing(pgdata)?;
        home::write_new(&directory, "backup_label", &self.content, account)?;
        std::fs::File::open(pgdata.join("backup_label"))?.sync_all()
    }
}
