//! Runs SQL in a cluster that nobody else can reach: `postgres --single`.
//!
//! No listener, no background process, no event trigger, no setting of a role or database applies
//! there, and databases that refuse connections open (PostgreSQL documentation, "postgres").

use std::time::Duration;

use crate::process::{Tool, ToolError};
use crate::quarantine::pins;
use crate::{Account, Home, Installation};

/// Replication origins that recovery may meet; one more ends it.
const ORIGINS_MAX: u16 = 1000;

/// The setting that makes room for origins: since 18 it is one of its own.
fn origins_setting(major: u16) -> &'static str {
    if major >= 18 {
        "max_active_replication_origins"
    } else {
        "max_replication_slots"
    }
}

/// A session over a cluster that is not running.
pub(crate) struct SingleUser<'a> {
    pub(crate) installation: &'a Installation,
    pub(crate) account: &'a Account,
    pub(crate) home: &'a Home,
    /// Transactions that recovery may find prepared.
    pub(crate) max_prepared_transactions: u32,
    /// How long one session may take; the first one recovers the cluster.
    pub(crate) within: Duration,
}

/// Why a statement did not run.
#[derive(Debug, thiserror::Error)]
#[error("work on database {database:?} in single-user mode")]
pub struct SingleUserError {
    /// The database.
    pub database: String,
    /// What the program said.
    #[source]
    pub source: ToolError,
}

impl SingleUser<'_> {
    /// Runs statements one after the other and stops at the first that fails.
    ///
    /// Gives the values that they printed, as `(column, value)` in the order of the output.
    pub(crate) async fn run(
        &self,
        database: &str,
        statements: &[String],
    ) -> Result<Vec<(String, String)>, SingleUserError> {
        // With -j a statement ends at a semicolon before an empty line, so none may hold one.
        let input: String = statements
            .iter()
            .flat_map(|statement| [statement.trim_end_matches(';'), ";\n\n"])
            .collect();
        let pgdata = self.home.pgdata();
        let pins = pins::all(self.installation.version, self.home)
            .map(|(name, value)| format!("{name}={value}"))
            .chain([
                "shared_preload_libraries=".to_owned(),
                // The first error ends the program with a status that says so.
                "exit_on_error=on".to_owned(),
                // Whoever calls this seals the directory with one sync of its own.
                "fsync=off".to_owned(),
                "full_page_writes=off".to_owned(),
                "session_replication_role=replica".to_owned(),
                format!(
                    "max_prepared_transactions={}",
                    self.max_prepared_transactions
                ),
                format!(
                    "{}={ORIGINS_MAX}",
                    origins_setting(self.installation.version.major)
                ),
            ]);
        let pins = pins.flat_map(|pin| ["-c".to_owned(), pin]);
        let output = Tool::new(self.installation, self.account, "postgres", &pgdata)
            .args(["--single", "-j", "-D"])
            .args([&pgdata])
            .args(pins)
            .args([database])
            .run(&input, self.within)
            .await;
        let output = output.map_err(|source| SingleUserError {
            database: database.to_owned(),
            source,
        })?;
        Ok(values(&output))
    }
}

/// Reads the rows that single-user mode prints: `\t 1: name = "value"\t(typeid = …)`.
fn values(output: &str) -> Vec<(String, String)> {
    let lines = output.lines().filter_map(|line| {
        let rest = line
            .trim_start()
            .strip_prefix(|c: char| c.is_ascii_digit())?;
        let rest = rest
            .trim_start_matches(|c: char| c.is_ascii_digit())
            .strip_prefix(": ")?;
        let (name, rest) = rest.split_once(" = \"")?;
        let (value, _) = rest.rsplit_once("\"\t(typeid")?;
        Some((name.to_owned(), value.to_owned()))
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::values;

    #[test]
    fn values_are_read_from_what_single_user_mode_prints() {
        let output = "\nPostgreSQL stand-alone backend 15.18\nbackend> \t 1: datname\t(typeid = 19, \
                      len = 64, typmod = -1, byval = f)\n\t----\n\t 1: datname = \"a \"b\" = c\"\t\
                      (typeid = 19, len = 64, typmod = -1, byval = f)\n\t----\nbackend> ";
        let expected = vec![("datname".to_owned(), "a \"b\" = c".to_owned())];
        assert_eq!(values(output), expected);
    }
}
