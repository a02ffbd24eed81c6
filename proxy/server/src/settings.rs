//! The settings of a server, all of them on its command line.
//!
//! The command line outranks every file and `ALTER SYSTEM` (PostgreSQL documentation, "Setting
//! Parameters"), so what stands here holds whatever the data directory brings with it.

use rules::config::Durability;

use super::Home;
use super::installation::Version;
use super::quarantine::pins;

/// Libraries that a server may load at its start; they act on nothing outside it.
pub const PRELOAD_ALLOWED: [&str; 2] = ["pg_stat_statements", "auto_explain"];

/// What may differ between the servers of a pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// What a crash may cost.
    pub durability: Durability,
    /// Memory for the server's page cache.
    pub shared_buffers_mb: u32,
    /// Sessions at once, ours included.
    pub max_connections: u32,
    /// Libraries to load at start, out of [`PRELOAD_ALLOWED`].
    pub preload: Vec<String>,
    /// Transactions that may be prepared at once (`PREPARE TRANSACTION`).
    pub max_prepared_transactions: u32,
    /// Locks per session that the shared table has room for.
    pub max_locks_per_transaction: u32,
    /// Whether nothing can be written to it: it recovers for ever, and lets clients read meanwhile
    /// (PostgreSQL documentation, "Hot Standby").
    pub standby: bool,
    /// Whether it is filled and then stopped for good, so that what a crash would leave is thrown away:
    /// rows of new tables are in no log (PostgreSQL documentation, "Populating a Database"). Whoever starts
    /// the cluster next, without this, has it as any other.
    pub loading: bool,
    /// A database that clients will enter: the proof in it makes their first connection quicker, as
    /// the first one of each database builds its caches. `template1` serves where it is not there.
    pub first_database: Option<String>,
    /// How long a start may take, which is to say how much WAL there may be to replay.
    pub ready_within: std::time::Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            durability: Durability::Process,
            shared_buffers_mb: 16,
            max_connections: 100,
            preload: Vec::new(),
            max_prepared_transactions: 0,
            max_locks_per_transaction: 64,
            standby: false,
            loading: false,
            first_database: None,
            ready_within: std::time::Duration::from_secs(10),
        }
    }
}

impl Settings {
    /// The first library of `preload` that is not allowed.
    pub(super) fn forbidden_library(&self) -> Option<&str> {
        let mut names = self.preload.iter().map(String::as_str);
        names.find(|name| !PRELOAD_ALLOWED.contains(name))
    }

    /// Name and value of every setting, for the command line of a server of `version` in `home`.
    pub(super) fn command_line(&self, version: Version, home: &Home) -> Vec<(String, String)> {
        let mut all: Vec<(String, String)> = pins::all(version, home)
            .chain(self.sizes(version))
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        all.push((
            "shared_preload_libraries".to_owned(),
            self.preload.join(","),
        ));
        all
    }

    fn sizes(&self, version: Version) -> impl Iterator<Item = (&'static str, String)> + use<> {
        let (fsync, synchronous_commit) = match self.durability {
            Durability::Process => ("off", "on"),
            Durability::Consistent => ("on", "off"),
            Durability::Machine => ("on", "on"),
        };
        let mut sizes = vec![
            ("shared_buffers", format!("{}MB", self.shared_buffers_mb)),
            ("max_connections", self.max_connections.to_string()),
            (
                "max_prepared_transactions",
                self.max_prepared_transactions.to_string(),
            ),
            (
                "max_locks_per_transaction",
                self.max_locks_per_transaction.to_string(),
            ),
            ("fsync", fsync.to_owned()),
            ("synchronous_commit", synchronous_commit.to_owned()),
            // New files cost a copy-on-write pool less than pages rewritten in old ones.
            ("min_wal_size", "32MB".to_owned()),
            ("wal_recycle", "off".to_owned()),
            ("wal_init_zero", "off".to_owned()),
            ("huge_pages", "off".to_owned()),
            ("dynamic_shared_memory_type", dynamic_memory().to_owned()),
            ("lc_messages", "C".to_owned()),
            ("log_timezone", "UTC".to_owned()),
        ];
        sizes.extend(self.logged().map(|(name, value)| (name, value.to_owned())));
        if self.standby {
            // Nothing ever comes, so nobody need look for it.
            sizes.push(("hot_standby", "on".to_owned()));
            sizes.push(("wal_retrieve_retry_interval", "1d".to_owned()));
        }
        if version.major >= 14 {
            sizes.push(("recovery_init_sync_method", "syncfs".to_owned()));
        }
        if version.major >= 18 {
            // The default starts three more processes, which every idle branch would pay for.
            sizes.push(("io_method", "sync".to_owned()));
        }
        sizes.into_iter()
    }
}

impl Settings {
    /// What of its work is in the log, and when that is checkpointed.
    fn logged(&self) -> impl Iterator<Item = (&'static str, &'static str)> + use<> {
        let settings: &[_] = match self.loading {
            true => &[
                ("wal_level", "minimal"),
                ("max_wal_senders", "0"),
                ("max_wal_size", "2GB"),
                ("full_page_writes", "off"),
                ("autovacuum", "off"),
            ],
            // Snapshots of a live branch need WAL at this level, a slot and a sender to spare.
            false => &[
                ("wal_level", "replica"),
                ("max_wal_senders", "2"),
                ("max_replication_slots", "2"),
                ("max_wal_size", "256MB"),
            ],
        };
        settings.iter().copied()
    }
}

/// `/dev/shm` of a container is often 64 MB, which one parallel query can fill.
fn dynamic_memory() -> &'static str {
    const ENOUGH_BYTES: u64 = 256 << 20;
    let enough = rustix::fs::statvfs("/dev/shm")
        .is_ok_and(|shm| shm.f_blocks.saturating_mul(shm.f_frsize) >= ENOUGH_BYTES);
    if enough { "posix" } else { "mmap" }
}
