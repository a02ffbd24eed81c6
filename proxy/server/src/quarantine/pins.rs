//! The settings that keep a copy from acting on the world: on every server's command line, and
//! proven there after every start.
//!
//! An unknown setting with a dot in its name is accepted in silence and does nothing, so only
//! settings that this major version knows are listed.

use crate::Home;
use crate::installation::Version;

/// A setting that is the same on every server of its versions.
struct Pin {
    name: &'static str,
    value: &'static str,
    /// The first major version that knows it.
    from: u16,
    /// The last major version that knows it.
    to: u16,
}

const fn pin(name: &'static str, value: &'static str) -> Pin {
    Pin {
        name,
        value,
        from: 0,
        to: u16::MAX,
    }
}

const fn since(from: u16, name: &'static str, value: &'static str) -> Pin {
    Pin {
        name,
        value,
        from,
        to: u16::MAX,
    }
}

const fn until(to: u16, name: &'static str, value: &'static str) -> Pin {
    Pin {
        name,
        value,
        from: 0,
        to,
    }
}

const PINS: [Pin; 46] = [
    // Nobody reaches the server but through its socket.
    pin("listen_addresses", ""),
    pin("port", "1"),
    // The server stands in its data directory; a path from there never grows too long (107 bytes).
    pin("unix_socket_directories", "../run"),
    pin("unix_socket_permissions", "0700"),
    pin("unix_socket_group", ""),
    pin("ssl", "off"),
    pin("ssl_passphrase_command", ""),
    pin("krb_server_keyfile", ""),
    pin("bonjour", "off"),
    pin("log_hostname", "off"),
    // It follows no primary and waits for no standby.
    pin("primary_conninfo", ""),
    pin("primary_slot_name", ""),
    pin("synchronous_standby_names", ""),
    since(17, "synchronized_standby_slots", ""),
    since(17, "sync_replication_slots", "off"),
    until(15, "promote_trigger_file", ""),
    pin("max_logical_replication_workers", "0"),
    // It archives nothing, fetches nothing, runs no command.
    pin("archive_mode", "off"),
    pin("archive_command", ""),
    since(15, "archive_library", ""),
    pin("restore_command", ""),
    pin("recovery_end_command", ""),
    pin("archive_cleanup_command", ""),
    pin("recovery_target", ""),
    pin("recovery_target_name", ""),
    pin("recovery_target_time", ""),
    pin("recovery_target_xid", ""),
    pin("recovery_target_lsn", ""),
    // It loads no code that it was not given; `shared_preload_libraries` is set by start.
    pin("session_preload_libraries", ""),
    pin("local_preload_libraries", ""),
    pin("dynamic_library_path", "$libdir"),
    pin("jit_provider", "llvmjit"),
    since(18, "extension_control_path", "$system"),
    // Its log is ours, its files are in its directory.
    pin("logging_collector", "off"),
    pin("log_destination", "stderr"),
    // Statements, parameters and the DETAIL of an error hold values of rows, which no log may.
    pin("log_error_verbosity", "terse"),
    pin("log_min_error_statement", "panic"),
    pin("log_statement", "none"),
    pin("log_min_duration_statement", "-1"),
    pin("log_min_duration_sample", "-1"),
    pin("log_transaction_sample_rate", "0"),
    pin("external_pid_file", ""),
    until(14, "stats_temp_directory", "pg_stat_tmp"),
    pin("allow_system_table_mods", "off"),
    since(17, "allow_alter_system", "off"),
    pin("restart_after_crash", "on"),
];

/// The pinned settings of a major version that are the same everywhere.
pub fn pinned(version: Version) -> impl Iterator<Item = (&'static str, &'static str)> {
    PINS.iter()
        .filter(move |pin| (pin.from..=pin.to).contains(&version.major))
        .map(|pin| (pin.name, pin.value))
}

/// The pinned settings of a server in `home`, those with a path included.
pub(crate) fn all(version: Version, home: &Home) -> impl Iterator<Item = (&'static str, String)> {
    let paths = [
        ("hba_file", home.hba_file()),
        ("ident_file", home.ident_file()),
    ];
    let paths = paths.map(|(name, path)| (name, path.to_string_lossy().into_owned()));
    pinned(version)
        .map(|(name, value)| (name, value.to_owned()))
        .chain(paths)
}
