//! Production: one snapshot of it, read only, for as long as a copy takes.
//!
//! Locks come before the snapshot, so no migration can change a table between the two: what the
//! snapshot shows is what every session reads (PostgreSQL documentation, "LOCK", on repeatable read).
//! A login that may only read is enough, and a hot standby too. Dropped, everything is closed.

mod error;
mod place;
mod production;
mod settings;
mod tables;

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use rules::schema::{Name, Schema};
use seeder::load::Failure;
use tokio_postgres::{Client, Config, Row};

use crate::facts::{self, Facts};
use crate::step;
use crate::wire::{Dial, DialError, Dialling, Wire, WireError};

pub use error::SourceError;
pub use production::Production;

pub(crate) use error::{hint, step};

pub(crate) use tables::Leaf;

/// The oldest version that is copied, as `server_version_num` has it.
const VERSION_MIN: u32 = 130_000;

/// A migration that takes longer is one to wait for with care.
pub const LOCK_WAIT: Duration = Duration::from_secs(30);

/// Tables that come and go while they are locked are looked up again as often as this.
const TRIES_MAX: usize = 8;

/// Transactions that are opened before a login's own bound on statements is taken for what it is: as
/// many as a busy machine may need, and an end where the bound lets nothing pass.
const LIFTS_MAX: usize = 20;

/// What a server says of a statement that its bound has ended.
const CANCELLED: &str = "57014";

/// Names in one LOCK: the statement is parsed as a whole.
const LOCK_TABLES_MAX: usize = 500;

/// A snapshot of production that is held open.
pub struct Source {
    client: Client,
    config: Config,
    dial: Arc<dyn Dial>,
    lock_wait: Duration,
    snapshot: String,
    version: u32,
    standby: bool,
    encoding: String,
}

impl Source {
    /// Connects, locks every table that the login may read against migrations, and takes a snapshot.
    ///
    /// The lock of a table that a migration holds is waited for up to `lock_wait`:
    /// [`LOCK_WAIT`] where nothing else is known.
    ///
    /// # Errors
    /// When production cannot be reached, is older than 13, or holds a lock for too long.
    pub async fn open(production: &Production, lock_wait: Duration) -> Result<Self, SourceError> {
        let dial = production.dial();
        let connected = connect(production, &*dial).await;
        let (client, config) = connected.map_err(|error| unreachable(&error))?;
        let greeted = greet(&client).await;
        let greeted = greeted.and_then(|row| Ok((row.try_get(0)?, row.try_get(1)?)));
        let (version, standby): (i32, bool) =
            greeted.map_err(|error| error::step("look at production", &error))?;
        let version = u32::try_from(version).unwrap_or(0);
        if version < VERSION_MIN {
            return Err(SourceError::TooOld {
                major: version / 10_000,
            });
        }
        let mut source = Self {
            client,
            config,
            dial,
            lock_wait,
            snapshot: String::new(),
            version,
            standby,
            encoding: String::new(),
        };
        for _ in 0..TRIES_MAX {
            if source.hold().await? {
                step::step("mask.exported");
                return Ok(source);
            }
        }
        Err(SourceError::Moving)
    }

    /// The schema as the snapshot has it.
    ///
    /// # Errors
    /// When the catalogue cannot be read, or holds what this version does not know.
    pub async fn schema(&self) -> Result<Schema, SourceError> {
        let read = seeder::introspect_within(&self.client).await;
        read.map_err(SourceError::Schema)
    }

    /// What a plan needs to know beside the schema, as the snapshot has it.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub async fn facts(&self) -> Result<Facts, SourceError> {
        facts::read(self).await
    }

    /// The session that holds the snapshot; its transaction is read only and stays open.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Ends the snapshot, and waits until production has let it go.
    pub async fn close(self) {
        // A session that is broken is closed already.
        self.client.batch_execute("ROLLBACK").await.ok();
    }

    /// The version, as `server_version_num` has it.
    pub(crate) fn version(&self) -> u32 {
        self.version
    }

    /// Whether the server is a standby.
    pub(crate) fn is_standby(&self) -> bool {
        self.standby
    }

    /// How long a lock is waited for.
    pub(crate) fn lock_wait(&self) -> Duration {
        self.lock_wait
    }

    /// The encoding of the database by name.
    pub(crate) fn encoding(&self) -> &str {
        &self.encoding
    }

    /// What the snapshot is called, for sessions that are to see it too.
    pub(crate) fn snapshot(&self) -> &str {
        &self.snapshot
    }

    /// The tables that are read, with their sizes.
    pub(crate) async fn leaves(&self, names: &[&Name]) -> Result<Vec<Leaf>, SourceError> {
        tables::leaves(self, names).await
    }

    /// Materialised views whose rows are another server's, by object id.
    pub(crate) async fn foreign_views(&self) -> Result<BTreeSet<u32>, SourceError> {
        tables::foreign_views(&self.client).await
    }

    /// Whether a schema is there.
    pub(crate) async fn has_schema(&self, name: &str) -> Result<bool, SourceError> {
        const SCHEMA: &str =
            "SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = $1)";
        let row = self.client.query_one(SCHEMA, &[&name]).await;
        row.and_then(|row| row.try_get(0))
            .map_err(|error| error::step("list production's schemas", &error))
    }

    /// One more session to the same server for a program that sets what it needs, outside of any
    /// transaction; only the login's own bound is lifted before.
    pub(crate) fn wire(&self) -> Dialling<'_, Wire> {
        Box::pin(async {
            let (wire, lifted) = self.told(settings::LIFT).await?;
            lifted.map_err(|error| {
                let failure = error.failure("lift the login's bound on statements");
                DialError::Io(io::Error::other(failure))
            })?;
            Ok(wire)
        })
    }

    /// One more session that reads the snapshot.
    pub(crate) async fn reader(&self) -> Result<Wire, Failure> {
        const STEP: &str = "open one more session to production";
        let begin = settings::begin(self.version, self.lock_wait);
        let import = format!("{begin}; SET TRANSACTION SNAPSHOT '{}'", self.snapshot);
        let told = self.told(&import).await;
        let (wire, begun) = told.map_err(|error| dialled(STEP, &error))?;
        begun.map_err(|error| error.failure("enter production's snapshot"))?;
        Ok(wire)
    }

    /// A new session that was told something that lifts the login's own bounds; what these ended
    /// before they were lifted is told to another session.
    async fn told(&self, sql: &str) -> Result<(Wire, Result<(), WireError>), DialError> {
        let mut tries = 1..LIFTS_MAX;
        loop {
            let mut wire = self.dial.wire(&self.config).await?;
            let ran = wire.run(sql).await;
            let told = ran.as_ref().err().and_then(WireError::told);
            let cancelled = told.is_some_and(|told| told.fault().code == CANCELLED);
            if !cancelled || tries.next().is_none() {
                return Ok((wire, ran.map(drop)));
            }
        }
    }

    /// Locks what there is and takes the snapshot; false where tables came or went meanwhile.
    async fn hold(&mut self) -> Result<bool, SourceError> {
        self.begin().await?;
        let before = tables::all(&self.client).await?;
        self.roll_back().await?;
        self.begin().await?;
        // No query may run before the locks are there: the first one takes the snapshot.
        let names: Vec<String> = before
            .iter()
            .filter(|table| table.readable)
            .map(|table| format!("ONLY {}", table.name.quoted()))
            .collect();
        for names in names.chunks(LOCK_TABLES_MAX) {
            let lock = format!("LOCK TABLE {} IN ACCESS SHARE MODE", names.join(", "));
            if let Err(error) = self.client.batch_execute(&lock).await {
                return self.not_locked(&error).await;
            }
        }
        let exported = self.client.query_one(settings::EXPORT, &[]).await;
        let exported = exported.and_then(|row| Ok((row.try_get(0)?, row.try_get(1)?)));
        (self.snapshot, self.encoding) =
            exported.map_err(|error| error::step("export the snapshot of production", &error))?;
        let held = tables::all(&self.client).await? == before;
        if !held {
            self.roll_back().await?;
        }
        Ok(held)
    }

    /// What a lock that was not to be had means: one that is gone by now is no error.
    async fn not_locked(&self, error: &tokio_postgres::Error) -> Result<bool, SourceError> {
        let code = error.code().map(|code| code.code().to_owned());
        if error.is_closed() {
            return Err(error::step("lock the tables of production", error));
        }
        self.roll_back().await?;
        match code.as_deref() {
            // Dropped or renamed since it was listed, the table or its schema.
            Some("42P01" | "3F000") => Ok(false),
            Some("55P03") => {
                self.begin().await?;
                Err(SourceError::Locked {
                    tables: tables::locked(&self.client).await?,
                    waited: self.lock_wait,
                })
            }
            _ => Err(error::step("lock the tables of production", error)),
        }
    }

    async fn begin(&self) -> Result<(), SourceError> {
        let begin = settings::begin(self.version, self.lock_wait);
        let begun = lifted(&self.client, &begin).await;
        begun.map_err(|error| error::step("begin a snapshot of production", &error))
    }

    async fn roll_back(&self) -> Result<(), SourceError> {
        let done = self.client.batch_execute("ROLLBACK").await;
        done.map_err(|error| error::step("end a snapshot of production", &error))
    }
}

async fn greet(client: &Client) -> Result<Row, tokio_postgres::Error> {
    lifted(client, settings::UNBOUNDED).await?;
    let greeted = client.query_one(settings::GREETING, &[]).await?;
    client.batch_execute("COMMIT").await?;
    Ok(greeted)
}

/// Opens a transaction that lifts the login's own bounds. These may end it before they are lifted,
/// where the machine is busy; then it is opened again.
async fn lifted(client: &Client, begin: &str) -> Result<(), tokio_postgres::Error> {
    for _ in 1..LIFTS_MAX {
        match client.batch_execute(begin).await {
            Err(error) if error.code().is_some_and(|code| code.code() == CANCELLED) => {
                client.batch_execute("ROLLBACK").await?;
            }
            begun => return begun,
        }
    }
    client.batch_execute(begin).await
}

/// The first of the addresses that answers. All sessions go to the same server, because a snapshot
/// is one server's.
async fn connect(production: &Production, dial: &dyn Dial) -> Result<(Client, Config), DialError> {
    let mut addresses = place::each(&production.config);
    let last = addresses.pop();
    for config in addresses {
        if let Ok(client) = dial.client(&config).await {
            return Ok((client, config));
        }
    }
    let config = last.unwrap_or_else(|| production.config.clone());
    let client = dial.client(&config).await?;
    Ok((client, config))
}

fn unreachable(error: &DialError) -> SourceError {
    SourceError::Step(dialled("connect to production", error))
}

/// An error of dialling, without what may quote a row.
pub(crate) fn dialled(step: &str, error: &DialError) -> Failure {
    match error {
        DialError::Driver(error) => Failure::new(step, error),
        DialError::Io(error) => Failure::Connection {
            step: step.to_owned(),
            reason: error.to_string(),
        },
    }
}
