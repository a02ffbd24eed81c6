//! The list of an archive's entries (PostgreSQL documentation, "pg_restore", `--use-list`), without
//! those that are not restored.

use std::collections::BTreeSet;

use crate::leak::leaks;

/// What a schema is made of.
const RESTORED: [&str; 46] = [
    "ACCESS METHOD",
    "AGGREGATE",
    "CAST",
    "CHECK CONSTRAINT",
    "COLLATION",
    "COMMENT",
    "CONSTRAINT",
    "CONVERSION",
    "DEFAULT",
    "DOMAIN",
    "ENCODING",
    "EXTENSION",
    "FK CONSTRAINT",
    "FOREIGN DATA WRAPPER",
    "FOREIGN TABLE",
    "FUNCTION",
    "INDEX",
    "INDEX ATTACH",
    "MATERIALIZED VIEW",
    "MATERIALIZED VIEW DATA",
    "OPERATOR",
    "OPERATOR CLASS",
    "OPERATOR FAMILY",
    "POLICY",
    "PROCEDURAL LANGUAGE",
    "PROCEDURE",
    "ROW SECURITY",
    "RULE",
    "SCHEMA",
    "SEARCHPATH",
    "SEQUENCE",
    "SEQUENCE OWNED BY",
    "SERVER",
    "SHELL TYPE",
    "STATISTICS",
    "STDSTRINGS",
    "TABLE",
    "TABLE ATTACH",
    "TEXT SEARCH CONFIGURATION",
    "TEXT SEARCH DICTIONARY",
    "TEXT SEARCH PARSER",
    "TEXT SEARCH TEMPLATE",
    "TRANSFORM",
    "TRIGGER",
    "TYPE",
    "VIEW",
];

/// What reaches out of the database, acts by itself, grants, or holds rows.
const LEFT_OUT: [&str; 20] = [
    "ACL",
    "BLOB",
    "BLOB COMMENTS",
    "BLOB METADATA",
    "BLOBS",
    "DATABASE",
    "DATABASE PROPERTIES",
    "DEFAULT ACL",
    "EVENT TRIGGER",
    "LARGE OBJECT",
    "PUBLICATION",
    "PUBLICATION TABLE",
    "PUBLICATION TABLES IN SCHEMA",
    "SECURITY LABEL",
    "SEQUENCE SET",
    "STATISTICS DATA",
    "SUBSCRIPTION",
    "SUBSCRIPTION TABLE",
    "TABLE DATA",
    "USER MAPPING",
];

/// Comments on what is left out; they are no object's of a schema.
const COMMENTS_LEFT_OUT: [&str; 5] = [
    "COMMENT - DATABASE ",
    "COMMENT - EVENT TRIGGER ",
    "COMMENT - LARGE OBJECT ",
    "COMMENT - PUBLICATION ",
    "COMMENT - SUBSCRIPTION ",
];

/// An archive's list without what is not restored.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Edited {
    /// What is restored.
    pub(super) list: String,
    /// What is not, as `USER MAPPING USER MAPPING ada SERVER far`.
    pub(super) left_out: Vec<String>,
}

/// Takes out of a list what is not restored, and materialised views that stay empty, by object id.
///
/// # Errors
/// The first entry of a kind that is not known.
pub(super) fn edit(list: &str, empty: &BTreeSet<u32>) -> Result<Edited, String> {
    let mut edited = Edited::default();
    for line in list.lines() {
        let Some((oid, entry)) = entry(line) else {
            continue;
        };
        let kind = kind(entry).ok_or_else(|| entry.to_owned())?;
        let stays_empty = kind == "MATERIALIZED VIEW DATA" && empty.contains(&oid);
        let comment = COMMENTS_LEFT_OUT
            .iter()
            .any(|start| entry.starts_with(start));
        let switched_off = match kind {
            "USER MAPPING" => leaks("restore.user-mapping"),
            "EVENT TRIGGER" => leaks("restore.event-trigger"),
            "PUBLICATION" => leaks("dump.publication"),
            _ => false,
        };
        let left_out = LEFT_OUT.contains(&kind) && !switched_off;
        if left_out || comment || stays_empty {
            edited.left_out.push(named(kind, entry));
        } else {
            edited.list.push_str(line);
            edited.list.push('\n');
        }
    }
    Ok(edited)
}

/// `3393; 0 16400 MATERIALIZED VIEW DATA public per_day postgres`: the object's id, and what follows.
fn entry(line: &str) -> Option<(u32, &str)> {
    if line.starts_with(';') {
        return None;
    }
    let (_, rest) = line.split_once("; ")?;
    let (_, rest) = rest.split_once(' ')?;
    let (oid, entry) = rest.split_once(' ')?;
    Some((oid.parse().ok()?, entry))
}

/// The longest kind that an entry begins with.
fn kind(entry: &str) -> Option<&'static str> {
    let known = RESTORED.iter().chain(&LEFT_OUT);
    let begins = |kind: &&&str| {
        let rest = entry.strip_prefix(**kind);
        rest.is_some_and(|rest| rest.starts_with(' '))
    };
    known.filter(begins).max_by_key(|kind| kind.len()).copied()
}

/// Kind and name, without the namespace that is none and the owner.
fn named(kind: &str, entry: &str) -> String {
    let rest = entry[kind.len()..].trim_start();
    let rest = rest.strip_prefix("- ").unwrap_or(rest);
    let rest = rest.rsplit_once(' ').map_or(rest, |(rest, _)| rest);
    format!("{kind} {rest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_reaches_out_is_left_out_with_its_comments() {
        let list = "\
;
; Archive created at 2026-01-01 00:00:00 UTC
;
; Selected TOC Entries:
;
3387; 1262 16384 DATABASE - shop postgres
6; 2615 16386 SCHEMA - odd name postgres
2; 3079 16387 EXTENSION - citext 
3388; 0 0 COMMENT - EXTENSION citext 
215; 1259 16400 TABLE public odd USER MAPPING postgres
3389; 1417 16410 SERVER - far postgres
3390; 1417 16411 USER MAPPING - USER MAPPING ada SERVER far postgres
3391; 3466 16412 EVENT TRIGGER - log_ddl postgres
3392; 0 0 COMMENT - EVENT TRIGGER log_ddl postgres
3393; 0 16400 MATERIALIZED VIEW DATA public per_day postgres
3394; 0 16401 MATERIALIZED VIEW DATA public far_rows postgres
3395; 6104 16420 PUBLICATION - all_tables postgres
3396; 6106 16421 PUBLICATION TABLE public all_tables customer postgres
3397; 6100 16422 SUBSCRIPTION - in postgres
3398; 826 16423 DEFAULT ACL - DEFAULT PRIVILEGES FOR TABLES postgres
3399; 2606 16424 FK CONSTRAINT public orders orders_customer_fkey postgres
3400; 2613 16425 BLOB METADATA - 1..2 postgres
";
        let edited = edit(list, &BTreeSet::from([16401])).expect("a list");
        let kept: Vec<&str> = edited
            .list
            .lines()
            .filter_map(|line| line.split_once(';').map(|(id, _)| id))
            .collect();
        assert_eq!(kept, ["6", "2", "3388", "215", "3389", "3393", "3399"]);
        assert_eq!(
            edited.left_out,
            [
                "DATABASE shop",
                "USER MAPPING USER MAPPING ada SERVER far",
                "EVENT TRIGGER log_ddl",
                "COMMENT EVENT TRIGGER log_ddl",
                "MATERIALIZED VIEW DATA public far_rows",
                "PUBLICATION all_tables",
                "PUBLICATION TABLE public all_tables customer",
                "SUBSCRIPTION in",
                "DEFAULT ACL DEFAULT PRIVILEGES FOR TABLES",
                "BLOB METADATA 1..2",
            ]
        );
    }

    #[test]
    fn an_unknown_kind_is_refused() {
        let list = "1; 1 2 TELEPORTER - beam postgres\n";
        assert_eq!(
            edit(list, &BTreeSet::new()),
            Err("TELEPORTER - beam postgres".to_owned())
        );
    }
}
