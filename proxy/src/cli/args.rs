//! The arguments, as clap reads them.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use rules::config::AccessMode;

pub(super) use super::mask::arguments::Mask;
pub(super) use super::seed::arguments::Seed;

/// The access modes, the strictest first.
pub(super) const ACCESS_MODES: [AccessMode; 3] = [
    AccessMode::ReadOnly,
    AccessMode::Append,
    AccessMode::ReadWrite,
];

/// Stand-in PostgreSQL databases for every environment but production.
#[derive(Debug, Parser)]
#[command(name = "standin", version, about, max_term_width = 100, after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// Configuration file.
    #[arg(
        long,
        global = true,
        default_value = "standin.toml",
        value_name = "FILE"
    )]
    pub(super) config: PathBuf,
    /// Print JSON for programs instead of tables for people.
    #[arg(long, global = true)]
    pub(super) json: bool,
    #[command(subcommand)]
    pub(super) command: Command,
}

const EXAMPLES: &str = "\
Examples:
  standin demo                              a pool, a small production and four environments, now
  standin init --production postgres://…    write a configuration for your own database
  standin up                                serve it
  standin psql shop@qa                      a session in an environment
  standin psql shop@qa.login-fix            a branch of it, made by connecting
  standin environment reset qa              yesterday's mess gone; `undo` brings it back
  standin branch diff qa.login-fix          what the branch changed
  standin guard 'DELETE FROM orders'        which access modes let it pass, and why

Exit codes: 0 done, 1 refused or failed, 2 wrong usage or configuration.";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Bring up a pool with a small production of its own and four environments, and stay.
    Demo(Demo),
    /// Write a commented configuration file.
    Init(Init),
    /// Install PostgreSQL where it is missing and make a pool that clones in no time.
    Setup(Setup),
    /// Look at what Standin needs and say what is wrong.
    Doctor,
    /// Check the configuration file.
    Check,
    /// Say what the guard makes of SQL in each access mode, and why.
    Guard(Guard),
    /// Serve the configuration until stopped.
    Up,
    /// Show what the running daemon serves.
    Status,
    /// Make the running daemon read its configuration again.
    Reload,
    /// Stop the running daemon.
    Down,
    /// Open psql at a target.
    Psql(Psql),
    /// List, show, reset, reseed, refresh, undo, promote, put to sleep or wake environments.
    #[command(subcommand, visible_alias = "env")]
    Environment(Environment),
    /// List, show, create, reset, compare or drop branches.
    #[command(subcommand)]
    Branch(Branch),
    /// Make a masking key, plan and explain masked copies of production.
    #[command(subcommand)]
    Mask(Mask),
    /// Plan, make, check and explain seed data.
    #[command(subcommand)]
    Seed(Seed),
    /// List, take or drop snapshots.
    #[command(subcommand)]
    Snapshot(Snapshot),
}

#[derive(Debug, Args)]
pub(super) struct Demo {
    /// Do the five things that the demo suggests, then stop; exit 0 when all of them worked.
    #[arg(long)]
    pub(super) check: bool,
    /// Where the demo keeps its pool and production [default: /var/lib/standin/demo as root, else
    /// ~/.local/share/standin/demo].
    #[arg(long, value_name = "DIRECTORY")]
    pub(super) directory: Option<PathBuf>,
    /// TCP port of the endpoint.
    #[arg(long, default_value_t = 6432)]
    pub(super) port: u16,
    /// Size of the pool file where the demo makes one.
    #[arg(long, default_value = "4GiB", value_name = "SIZE")]
    pub(super) size: String,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  standin init
  standin init --production postgres://reader:secret@db.example.org/shop

The URL goes into a file of its own that only you can read; the configuration names that file.")]
pub(super) struct Init {
    /// Connection URL of the database that copies are made of.
    #[arg(long, value_name = "URL")]
    pub(super) production: Option<String>,
    /// Replace a configuration file that is there.
    #[arg(long)]
    pub(super) force: bool,
}

#[derive(Debug, Args)]
pub(super) struct Setup {
    /// Size of the pool file where the filesystem cannot clone files [default: `pool.size`, else
    /// a quarter of what is free].
    #[arg(long, value_name = "SIZE")]
    pub(super) size: Option<String>,
    /// Filesystem of the pool file: btrfs or xfs [default: btrfs].
    #[arg(long, value_name = "FILESYSTEM")]
    pub(super) filesystem: Option<String>,
    /// Unmount the pool file and keep it; `standin up` mounts it again.
    #[arg(long, conflicts_with_all = ["size", "filesystem", "remove"])]
    pub(super) unmount: bool,
    /// Unmount the pool file and remove it with every branch and snapshot in it.
    #[arg(long, conflicts_with_all = ["size", "filesystem"])]
    pub(super) remove: bool,
    /// Agree to what `--remove` removes.
    #[arg(long, requires = "remove")]
    pub(super) yes: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  standin guard 'DELETE FROM orders'
  standin guard --mode append --explain 'SELECT * FROM orders FOR UPDATE'
  standin guard --mode read-only --file report.sql
  standin guard --json - < report.sql

Everything given is judged as one message, which is denied whole. What the guard allows goes to the
server, where the rights of the role decide. SQL that begins with -- stands behind a -- of its own.

Exit codes: 0 allowed, or no mode was asked for; 1 denied; 2 wrong usage.")]
pub(super) struct Guard {
    /// The SQL; `-`, or nothing where standard input is no terminal, reads standard input.
    #[arg(conflicts_with = "file")]
    pub(super) sql: Option<OsString>,
    /// The access mode that is asked; without it, a table of all three.
    #[arg(long, value_parser = access_mode())]
    pub(super) mode: Option<AccessMode>,
    /// Judge as where nothing but the guard stands before the data, in an advisory environment: what
    /// cannot be judged is denied.
    #[arg(long)]
    pub(super) advisory: bool,
    /// File with the SQL.
    #[arg(long, value_name = "FILE")]
    pub(super) file: Option<PathBuf>,
    /// Show how the SQL is read, too: every rule that it touches, and its tokens.
    #[arg(long)]
    pub(super) explain: bool,
}

/// Reads an access mode as it is written in the configuration.
fn access_mode() -> impl TypedValueParser<Value = AccessMode> {
    PossibleValuesParser::new(ACCESS_MODES.map(AccessMode::as_str)).map(|word| {
        let named = |mode: &AccessMode| mode.as_str() == word;
        let mode = ACCESS_MODES.into_iter().find(named);
        mode.expect("the parser lets no other word through")
    })
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  standin psql shop@qa
  standin psql --user ada shop@qa.login-fix -- -c 'SELECT count(*) FROM orders'

Exit codes: 1 where no daemon runs or the environment is unknown, 2 for wrong usage or configuration;
once psql runs they are its own: 0 done, 1 failed, 2 connection refused or lost, 3 a script failed.")]
pub(super) struct Psql {
    /// `database@environment[.branch]`.
    pub(super) target: String,
    /// User of the configuration [default: the first one whose password is readable].
    #[arg(long, short = 'U')]
    pub(super) user: Option<String>,
    /// Arguments for psql itself.
    #[arg(last = true)]
    pub(super) arguments: Vec<String>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Environment {
    /// List environments.
    List,
    /// Show one environment with its generations and latest operations.
    Show { environment: String },
    /// Build an environment that was not used yet.
    Build { environment: String },
    /// Back to the environment's snapshot.
    Reset { environment: String },
    /// A new copy of the source; the old one serves until the new one is verified.
    Refresh { environment: String },
    /// Seed data made again where schema, seed, scale, rules or engine changed; else a clone.
    Reseed { environment: String },
    /// Back to the previous generation, or to another one.
    Undo {
        environment: String,
        /// Number of the generation.
        #[arg(long, value_name = "NUMBER")]
        to: Option<u64>,
    },
    /// Make one environment's present state another's.
    Promote { from: String, to: String },
    /// Stop the environment's server; the next connection starts it.
    Sleep { environment: String },
    /// Start the environment's server.
    Wake {
        environment: String,
        /// Wake it also where a power cut may have torn its data.
        #[arg(long)]
        accept_suspect: bool,
    },
    /// Refuse reset, refresh and the like until told otherwise.
    Protect(Protect),
    /// Remove an environment that a wildcard table made, with its generations.
    Drop { environment: String },
}

#[derive(Debug, Args)]
pub(super) struct Protect {
    /// The environment or branch.
    pub(super) place: String,
    /// How long, for example 2h; without it, until `--off`.
    #[arg(long = "for", value_name = "DURATION", conflicts_with = "off")]
    pub(super) duration: Option<String>,
    /// Take the protection off.
    #[arg(long)]
    pub(super) off: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum Branch {
    /// List named branches.
    List,
    /// Show one branch with its generations and latest operations.
    Show { branch: String },
    /// Make a branch, written environment.name.
    Create {
        branch: String,
        /// What it begins with: an environment, a branch (their present state) or a snapshot's id
        /// [default: the snapshot that the environment resets to].
        #[arg(long, value_name = "PLACE")]
        from: Option<String>,
        /// A scenario on top of the environment's seed data, of [[seed.scenario]] or built in; may be
        /// given several times.
        #[arg(long = "scenario", value_name = "NAME", conflicts_with = "from")]
        scenarios: Vec<String>,
    },
    /// Remove a branch and its generations.
    Drop { branch: String },
    /// Back to what the branch began with.
    Reset { branch: String },
    /// Back to the previous generation, or to another one.
    Undo {
        branch: String,
        /// Number of the generation.
        #[arg(long, value_name = "NUMBER")]
        to: Option<u64>,
    },
    /// Follow the environment's present snapshot.
    Refresh { branch: String },
    /// What changed since the branch (or environment) began: schema, then rows by table.
    Diff {
        branch: String,
        /// The database, where there are several.
        #[arg(long)]
        database: Option<String>,
        /// Name changed rows by their keys, at most this many a table.
        #[arg(long, value_name = "COUNT", num_args = 0..=1, default_missing_value = "20")]
        rows: Option<usize>,
    },
    /// Refuse reset, drop and expiry until told otherwise.
    Protect(Protect),
    /// Stop the branch's server; the next connection starts it.
    Sleep { branch: String },
    /// Start the branch's server.
    Wake {
        branch: String,
        /// Wake it also where a power cut may have torn its data.
        #[arg(long)]
        accept_suspect: bool,
    },
}

/// How a snapshot is looked at.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Verify {
    /// It starts and every database answers: milliseconds.
    Answers,
    /// Every table and index is read and compared: minutes for gigabytes.
    Integrity,
}

#[derive(Debug, Subcommand)]
pub(super) enum Snapshot {
    /// List snapshots.
    List,
    /// Seal the present state of an environment or branch, without stopping it.
    Create {
        place: String,
        /// How it is looked at before it is a snapshot: that it starts and answers, or every table
        /// and index [default: `pool.check`].
        #[arg(long, value_name = "HOW")]
        verify: Option<Verify>,
    },
    /// Remove a snapshot that nothing refers to.
    Drop { snapshot: String },
}
