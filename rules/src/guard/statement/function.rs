//! The functions of `pg_catalog` that do more than compute.

use crate::guard::Rule;

/// What a called function means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Called {
    /// It breaks a rule by itself.
    Breaks(Rule),
    /// `set_config`: it depends on what is set to what.
    SetConfig,
    /// `ts_rewrite`: with two arguments it runs the second one.
    TsRewrite,
}

/// What the call of a function means, by its folded name and schema.
///
/// In another schema than `pg_catalog` it is somebody else's function; dblink is an extension, and
/// lives in any.
pub(super) fn called(name: &[u8], schema: Option<&[u8]>) -> Option<Called> {
    if name == b"dblink" || name.starts_with(b"dblink_") {
        return Some(Called::Breaks(Rule::Egress));
    }
    if schema.is_some_and(|schema| schema != b"pg_catalog") {
        return None;
    }
    match name {
        b"set_config" => Some(Called::SetConfig),
        b"ts_rewrite" => Some(Called::TsRewrite),
        _ => rule(name).map(Called::Breaks),
    }
}

/// What a name behind a dot means, should it be a function of one argument.
pub(super) fn by_attribute(name: &[u8]) -> Option<Rule> {
    // Tables may well be called like the extension's functions, but for these.
    const DBLINK: [&[u8]; 9] = [
        b"dblink",
        b"dblink_connect",
        b"dblink_connect_u",
        b"dblink_exec",
        b"dblink_get_result",
        b"dblink_open",
        b"dblink_send_query",
        b"dblink_fetch",
        b"dblink_cancel_query",
    ];
    if DBLINK.contains(&name) {
        return Some(Rule::Egress);
    }
    rule(name)
}

fn rule(name: &[u8]) -> Option<Rule> {
    Some(match name {
        b"nextval" => Rule::SeqNext,
        b"setval" => Rule::SeqSet,
        b"lo_creat" | b"lo_create" | b"lo_from_bytea" | b"lo_put" | b"lowrite" | b"lo_unlink"
        | b"lo_truncate" | b"lo_truncate64" => Rule::LoWrite,
        b"pg_logical_emit_message" => Rule::Wal,
        b"pg_terminate_backend" | b"pg_cancel_backend" => Rule::SessionSignal,
        b"pg_notify" => Rule::Notify,
        b"query_to_xml" | b"query_to_xmlschema" | b"query_to_xml_and_xmlschema" | b"ts_stat" => {
            Rule::SqlText
        }
        b"brin_summarize_new_values"
        | b"brin_summarize_range"
        | b"brin_desummarize_range"
        | b"gin_clean_pending_list"
        | b"pg_import_system_collations"
        | b"pg_restore_relation_stats"
        | b"pg_restore_attribute_stats"
        | b"pg_clear_relation_stats"
        | b"pg_clear_attribute_stats" => Rule::Maint,
        _ if is_host(name) => Rule::Host,
        _ => return None,
    })
}

/// Server files, the server's configuration, slots, backup and WAL control, shared statistics.
fn is_host(name: &[u8]) -> bool {
    const FAMILIES: [&[u8]; 9] = [
        b"pg_ls_",
        b"pg_file_",
        b"pg_read_",
        b"pg_stat_reset",
        b"pg_replication_origin_",
        b"pg_replication_slot",
        b"pg_logical_slot_",
        b"pg_wal_replay_",
        b"binary_upgrade_",
    ];
    if !name.starts_with(b"pg_") && !name.starts_with(b"lo_") && !name.starts_with(b"binary_") {
        return false;
    }
    match name {
        // Functions that only tell the session about itself.
        b"pg_replication_origin_oid" | b"pg_replication_origin_session_is_setup" => false,
        b"lo_import"
        | b"lo_export"
        | b"pg_stat_file"
        | b"pg_logdir_ls"
        | b"pg_reload_conf"
        | b"pg_rotate_logfile"
        | b"pg_rotate_logfile_old"
        | b"pg_logfile_rotate"
        | b"pg_hba_file_rules"
        | b"pg_ident_file_mappings"
        | b"pg_show_all_file_settings"
        | b"pg_log_backend_memory_contexts"
        | b"pg_switch_wal"
        | b"pg_create_restore_point"
        | b"pg_log_standby_snapshot"
        | b"pg_promote"
        | b"pg_start_backup"
        | b"pg_stop_backup"
        | b"pg_backup_start"
        | b"pg_backup_stop"
        | b"pg_create_physical_replication_slot"
        | b"pg_create_logical_replication_slot"
        | b"pg_copy_physical_replication_slot"
        | b"pg_copy_logical_replication_slot"
        | b"pg_drop_replication_slot"
        | b"pg_sync_replication_slots" => true,
        _ => FAMILIES.iter().any(|family| name.starts_with(family)),
    }
}
