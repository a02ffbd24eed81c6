//! What must be known of a server before it is copied; asked in one read-only transaction.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;

use super::CopyError;
use super::service::Service;
use crate::process::Tool;
use crate::{Account, CONFIGURATION_MARK, Home, Installation};

/// A query over a few catalogues, and the login before it.
const SURVEY_WITHIN: Duration = Duration::from_secs(60);

/// Settings that change what statements answer or how they are planned, and act on nothing else:
/// the copy takes them over from the source's configuration.
const CARRIED: [&str; 44] = [
    "TimeZone",
    "DateStyle",
    "IntervalStyle",
    "default_text_search_config",
    "extra_float_digits",
    "bytea_output",
    "xmloption",
    "array_nulls",
    "backslash_quote",
    "escape_string_warning",
    "standard_conforming_strings",
    "transform_null_equals",
    "search_path",
    "default_transaction_isolation",
    "default_transaction_deferrable",
    "statement_timeout",
    "lock_timeout",
    "row_security",
    "check_function_bodies",
    "work_mem",
    "maintenance_work_mem",
    "effective_cache_size",
    "random_page_cost",
    "seq_page_cost",
    "cpu_tuple_cost",
    "cpu_index_tuple_cost",
    "cpu_operator_cost",
    "parallel_setup_cost",
    "parallel_tuple_cost",
    "min_parallel_table_scan_size",
    "min_parallel_index_scan_size",
    "max_parallel_workers_per_gather",
    "effective_io_concurrency",
    "default_statistics_target",
    "constraint_exclusion",
    "cursor_tuple_fraction",
    "from_collapse_limit",
    "join_collapse_limit",
    "geqo_threshold",
    "hash_mem_multiplier",
    "plan_cache_mode",
    "jit",
    "enable_partitionwise_join",
    "enable_partitionwise_aggregate",
];

/// The source, as far as the copy depends on it.
#[derive(Debug, Deserialize)]
pub(super) struct Survey {
    /// `server_version_num`: 150018.
    version: u32,
    /// Names of tablespaces outside the data directory.
    pub(super) tablespaces: Vec<String>,
    /// Out of [`CARRIED`], those that its configuration sets.
    settings: Option<BTreeMap<String, String>>,
    /// Whether it is itself a standby.
    pub(super) standby: bool,
}

impl Survey {
    pub(super) async fn of(
        installation: &Installation,
        account: &Account,
        home: &Home,
        service: &Service,
    ) -> Result<Self, CopyError> {
        let names = CARRIED.map(|name| format!("'{name}'")).join(",");
        let query = format!(
            "BEGIN READ ONLY; SELECT json_build_object( \
             'version', current_setting('server_version_num')::int, \
             'standby', pg_is_in_recovery(), \
             'tablespaces', (SELECT coalesce(json_agg(spcname), '[]') FROM pg_tablespace \
             WHERE pg_tablespace_location(oid) <> ''), \
             'settings', (SELECT json_object_agg(name, current_setting(name)) FROM pg_settings \
             WHERE name IN ({names}) AND source IN ('configuration file', 'command line'))); COMMIT"
        );
        let answer = Tool::new(installation, account, "psql", &home.run())
            .args([
                "--no-psqlrc",
                "--quiet",
                "--tuples-only",
                "--no-align",
                "--no-password",
            ])
            .args([
                "--set=ON_ERROR_STOP=1",
                "--file=-",
                "--dbname",
                &service.reference(),
            ])
            .env("PGSERVICEFILE", service.path().as_os_str())
            .run(&query, SURVEY_WITHIN)
            .await
            .map_err(CopyError::Survey)?;
        serde_json::from_str(answer.trim()).map_err(CopyError::Answer)
    }

    pub(super) fn major(&self) -> u16 {
        u16::try_from(self.version / 10_000).unwrap_or(u16::MAX)
    }

    /// The configuration file of the copy.
    pub(super) fn configuration(&self) -> String {
        let settings = self.settings.iter().flatten();
        settings.fold(CONFIGURATION_MARK.to_owned(), |file, (name, value)| {
            format!("{file}{name} = '{}'\n", value.replace('\'', "''"))
        })
    }
}
