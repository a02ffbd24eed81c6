//! What a key means that is not there: every default in one place.
//!
//! The template and the documentation quote these, so that they cannot say anything else.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::time::Duration;

use super::{AccessMode, Check, CreateBranch, Durability, Role};

/// `[pool] path`.
pub const POOL_PATH: &str = ".standin";

/// `[pool] awake_max`: at 20 to 25 MB each, an idle machine of 2 GB still holds them.
pub const AWAKE_MAX: usize = 64;

/// `[pool] check`: reading everything takes minutes for gigabytes.
pub const CHECK: Check = Check::Answers;

/// `[listen] postgres`: only this machine, and one port up from PostgreSQL's own range of habit.
pub const LISTEN_POSTGRES: SocketAddr =
    SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 6432));

/// `[users.NAME] role`.
pub const ROLE: Role = Role::Viewer;

/// `source = { migrations, database }`: the database that migrations fill.
pub const DATABASE: &str = "app";

/// `[seed] as_of`: a fixed day, so that the same seed gives the same bytes on every day.
pub const SEED_AS_OF: jiff::civil::Date = jiff::civil::Date::constant(2026, 1, 1);

/// `source = { seed, scale }`.
pub const SEED_SCALE_PER_MILLE: u64 = 1_000;

/// `[environments.NAME] access`.
pub const ACCESS: AccessMode = AccessMode::ReadWrite;

/// `[environments.NAME] durability`: an environment survives a power cut but for its last second.
pub const DURABILITY: Durability = Durability::Consistent;

/// `branches = { durability }`: a branch can be made again, so it is fast instead.
pub const BRANCH_DURABILITY: Durability = Durability::Process;

/// `[environments.NAME] idle`.
pub const IDLE: Duration = Duration::from_secs(10 * 60);

/// `[environments.NAME] generations`.
pub const GENERATIONS: usize = 3;

/// `[environments.NAME] spares`: one, so that the next reset finds a server running.
pub const SPARES: usize = 1;

/// `branches = { create }`.
pub const BRANCH_CREATE: CreateBranch = CreateBranch::Command;

/// `branches = { max }`.
pub const BRANCH_MAX: usize = 20;

/// `branches = { spares }`: none, because each costs memory that nobody may ever ask for.
pub const BRANCH_SPARES: usize = 0;

/// `[limits] sessions`.
pub const SESSIONS: usize = 10_000;

/// `[limits] sessions_per_user`: half, so that one user cannot lock out all others.
pub const SESSIONS_PER_USER: usize = 5_000;

/// `[limits] sessions_per_environment`: half, so that one environment cannot lock out all others.
pub const SESSIONS_PER_ENVIRONMENT: usize = 5_000;

/// `[limits] login`.
pub const LOGIN: Duration = Duration::from_secs(15);

/// `[limits] connect_wait`.
pub const CONNECT_WAIT: Duration = Duration::from_secs(5);

/// `[limits] upstream_connect`.
pub const UPSTREAM_CONNECT: Duration = Duration::from_secs(5);

/// `[limits] drain`.
pub const DRAIN: Duration = Duration::from_secs(5);
