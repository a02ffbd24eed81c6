//! Directories that hold a PostgreSQL cluster each: snapshots, branches, their servers.
//!
//! The only place that touches data directories and starts PostgreSQL, by the crate `server`, which
//! nothing else here may name. Never knows which environment points at a branch, never speaks to
//! clients.

mod disk;
mod driver;
mod garbage;
mod id;
mod manifest;
mod pool;
pub mod setup;
mod step;

pub use disk::{Epoch, Pressure, Space, holder};
pub use driver::{CloneError, Driver, ProbeError, Weight, probe};
pub use id::{BranchId, SnapshotId};
pub use manifest::{
    BranchManifest, BranchSpec, Check, Cluster, FORMAT, Hold, Origin, SealLabel, SnapshotManifest,
};
pub use pool::{
    Activity, BranchView, Closed, Collected, CreateError, DeputyError, Draft, DraftError,
    DraftPlan, DropError, EditError, Full, Lease, OpenError, OwnBytes, OwnerError, Pool, PoolFacts,
    PoolSettings, Progress, ProofError, Roots, SealError, SleepError, Trouble, UNCLAIMED_FOR,
    WakeError, WakeFailure,
};
pub use server::{
    Account, AccountError, ConnectionString, ConnectionStringError, DEPUTY_STATEMENT_WITHIN,
    Database, Finding, Installation, Installations, TextForm, Unusable, install, login_role,
};
pub use step::STEPS;
