//! One PostgreSQL server over one data directory: find the installation, make or copy a cluster,
//! start, wait for ready, stop, adopt.
//!
//! Never knows pools, snapshots or manifests: it is told directories. Never lets a server run
//! without the settings that keep it from acting on the world.

mod access;
mod account;
mod answers;
pub mod backup;
mod cluster;
mod copy;
mod deputy;
mod home;
mod installation;
mod integrity;
mod ownership;
mod process;
pub mod quarantine;
mod roles;
mod settings;

pub use access::{AccessError, Finding, provision};
pub use account::{Account, AccountError};
pub use answers::{AnswerError, Lengths, lengths};
pub use cluster::{
    CONFIGURATION_MARK, ClusterState, ControlData, ControlError, InitError, SingleUserError,
    control_data, initialise,
};
pub use copy::{
    ConnectionString, ConnectionStringError, Copied, CopyError, Progress, copy_running, major_of,
};
pub use deputy::ensure_deputy;
pub use home::Home;
pub use installation::{
    FindError, InstallError, Installation, Installations, MAJOR_MAX, MAJOR_MIN, Unusable, Version,
    install,
};
pub use integrity::{IntegrityError, IntegrityReport, amcheck};
pub use ownership::take_ownership;
pub use process::{
    AdminError, AdoptError, DEPUTY_STATEMENT_WITHIN, Exit, RuntimeError, Server, StartError,
    StopError, Stopped, ToolError, adopt, clear_runtime, start,
};
pub use quarantine::{QuarantineError, QuarantineReport};
pub use roles::{
    Database, OWNER, RolesError, TextForm, USERS, create_database, create_database_in, databases,
    ensure_login, login_role,
};
pub use settings::{PRELOAD_ALLOWED, Settings};
