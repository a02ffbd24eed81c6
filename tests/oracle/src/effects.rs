//! What PostgreSQL's parser finds in a statement, as plain statements that do the same.
//!
//! The grammar takes more than the server does: a WITH that changes data is refused below the top of a
//! statement ("must be at the top level", `parse_cte.c`), and so are row locks of VALUES. What the server
//! refuses does nothing, and nobody need see it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use pg_query::protobuf::node::Node as Kind;
use pg_query::protobuf::{Node, ParseResult, WithClause};
use regex::Regex;

/// Nodes of the parser's tree that do something, each with the plainest statement that has it.
const PLAIN: &[(&str, &str)] = &[
    ("InsertStmt", "INSERT INTO t VALUES (1)"),
    ("UpdateStmt", "UPDATE t SET a = 1"),
    ("DeleteStmt", "DELETE FROM t"),
    (
        "MergeStmt",
        "MERGE INTO t USING u ON true WHEN MATCHED THEN DELETE",
    ),
    ("TruncateStmt", "TRUNCATE t"),
    ("IntoClause", "SELECT 1 INTO t"),
    ("CreateTableAsStmt", "CREATE TABLE t AS SELECT 1"),
    ("CreateStmt", "CREATE TABLE t (a int)"),
    ("IndexStmt", "CREATE INDEX i ON t (a)"),
    ("ViewStmt", "CREATE VIEW v AS SELECT 1"),
    ("DropStmt", "DROP TABLE t"),
    ("AlterTableStmt", "ALTER TABLE t ADD b int"),
    ("RenameStmt", "ALTER TABLE t RENAME TO u"),
    ("CommentStmt", "COMMENT ON TABLE t IS 'x'"),
    ("GrantStmt", "GRANT SELECT ON t TO u"),
    ("GrantRoleStmt", "GRANT r TO u"),
    ("CreateRoleStmt", "CREATE ROLE r"),
    ("AlterRoleStmt", "ALTER ROLE r NOLOGIN"),
    ("AlterRoleSetStmt", "ALTER ROLE r SET a = 1"),
    ("DropRoleStmt", "DROP ROLE r"),
    ("CreateSchemaStmt", "CREATE SCHEMA s"),
    ("CreateSeqStmt", "CREATE SEQUENCE s"),
    ("AlterSeqStmt", "ALTER SEQUENCE s RESTART"),
    (
        "CreateFunctionStmt",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    ),
    (
        "CreateTrigStmt",
        "CREATE TRIGGER g BEFORE INSERT ON t EXECUTE FUNCTION f()",
    ),
    ("RuleStmt", "CREATE RULE r AS ON INSERT TO t DO NOTHING"),
    ("CreatedbStmt", "CREATE DATABASE d"),
    ("DropdbStmt", "DROP DATABASE d"),
    ("AlterSystemStmt", "ALTER SYSTEM SET a = 1"),
    ("AlterDatabaseSetStmt", "ALTER DATABASE d SET a = 1"),
    ("CreateExtensionStmt", "CREATE EXTENSION e"),
    ("VacuumStmt", "VACUUM t"),
    ("ClusterStmt", "CLUSTER t"),
    ("ReindexStmt", "REINDEX TABLE t"),
    ("RefreshMatViewStmt", "REFRESH MATERIALIZED VIEW v"),
    ("CheckPointStmt", "CHECKPOINT"),
    ("LoadStmt", "LOAD 'x'"),
    ("DoStmt", "DO 'BEGIN END'"),
    ("CallStmt", "CALL p()"),
    ("NotifyStmt", "NOTIFY c"),
    ("LockingClause", "SELECT 1 FROM t FOR UPDATE"),
    ("SecLabelStmt", "SECURITY LABEL ON TABLE t IS 'x'"),
    (
        "ImportForeignSchemaStmt",
        "IMPORT FOREIGN SCHEMA s FROM SERVER f INTO u",
    ),
    (
        "CreateForeignServerStmt",
        "CREATE SERVER s FOREIGN DATA WRAPPER w",
    ),
    (
        "CreateUserMappingStmt",
        "CREATE USER MAPPING FOR u SERVER s",
    ),
    (
        "CreateSubscriptionStmt",
        "CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p",
    ),
    ("CreatePublicationStmt", "CREATE PUBLICATION p"),
    ("ReassignOwnedStmt", "REASSIGN OWNED BY a TO b"),
    ("DropOwnedStmt", "DROP OWNED BY a"),
];

/// Statements that do nothing by themselves, or whose parts decide: the parser's own spelling of the
/// whole is asked about those.
const BY_PARTS: &[&str] = &[
    "SelectStmt",
    "ExplainStmt",
    "PrepareStmt",
    "ExecuteStmt",
    "DeallocateStmt",
    "FetchStmt",
    "ClosePortalStmt",
    "DeclareCursorStmt",
    "TransactionStmt",
    "VariableSetStmt",
    "VariableShowStmt",
    "ListenStmt",
    "UnlistenStmt",
    "DiscardStmt",
    "CopyStmt",
    "LockStmt",
    "ConstraintsSetStmt",
    "ReturnStmt",
    "RawStmt",
];

/// What a message's tree holds.
#[derive(Debug, Default)]
pub struct Effects {
    /// Plain statements that do one thing each that the message does, too.
    pub plain: BTreeSet<String>,
    /// Nodes that neither list names; the lists are to be completed then.
    pub unknown: BTreeSet<String>,
}

/// Reads the tree of a message; `text` is its debug form, which names each call wherever it stands.
pub fn of(parsed: &ParseResult, text: &str) -> Effects {
    let mut effects = Effects::default();
    for statement in &parsed.stmts {
        effects.statement(statement.stmt.as_deref());
    }
    // What is only explained calls nothing, and which of the calls that is, names do not tell.
    let count = |what: &str| text.matches(what).count();
    if count("ExplainStmt {") == count("defname: \"analyze\"") {
        effects.calls(text);
    }
    effects
}

/// Whether a tree has VALUES with rows, whose locks are refused.
pub fn has_values(text: &str) -> bool {
    text.contains("values_lists: [Node")
}

impl Effects {
    fn does(&mut self, node: &str) {
        static PLAIN_BY_NODE: LazyLock<BTreeMap<&str, &str>> =
            LazyLock::new(|| PLAIN.iter().copied().collect());
        match PLAIN_BY_NODE.get(node) {
            Some(plain) => drop(self.plain.insert((*plain).to_owned())),
            None if BY_PARTS.contains(&node) => {}
            None => drop(self.unknown.insert(node.to_owned())),
        }
    }

    /// A whole statement, or what EXPLAIN, PREPARE, DECLARE, COPY or CREATE TABLE AS is about.
    fn statement(&mut self, node: Option<&Node>) {
        let Some(kind) = node.and_then(|node| node.node.as_ref()) else {
            return;
        };
        self.itself(kind);
        match kind {
            Kind::SelectStmt(select) => {
                self.with(select.with_clause.as_ref());
                if select.into_clause.is_some() {
                    self.does("IntoClause");
                }
            }
            Kind::InsertStmt(insert) => self.with(insert.with_clause.as_ref()),
            Kind::UpdateStmt(update) => self.with(update.with_clause.as_ref()),
            Kind::DeleteStmt(delete) => self.with(delete.with_clause.as_ref()),
            Kind::MergeStmt(merge) => self.with(merge.with_clause.as_ref()),
            Kind::ExplainStmt(explain) => {
                let options = explain.options.iter();
                // Alone it does nothing of what it explains.
                if options
                    .clone()
                    .any(|option| format!("{option:?}").contains("\"analyze\""))
                {
                    self.statement(explain.query.as_deref());
                }
            }
            Kind::PrepareStmt(prepare) => self.statement(prepare.query.as_deref()),
            Kind::DeclareCursorStmt(declare) => self.statement(declare.query.as_deref()),
            Kind::CreateTableAsStmt(create) => self.statement(create.query.as_deref()),
            Kind::CopyStmt(copy) => self.statement(copy.query.as_deref()),
            _ => {}
        }
    }

    /// What a statement does without its WITH.
    fn itself(&mut self, kind: &Kind) {
        let text = format!("{kind:?}");
        let name = text.split(['(', ' ']).next().unwrap_or_default();
        self.does(name);
        if let Kind::InsertStmt(insert) = kind
            && let Some(conflict) = &insert.on_conflict_clause
            && conflict.action() == pg_query::protobuf::OnConflictAction::OnconflictUpdate
        {
            let plain = "INSERT INTO t VALUES (1) ON CONFLICT (a) DO UPDATE SET a = 1";
            self.plain.insert(plain.to_owned());
        }
        if let Kind::SelectStmt(select) = kind
            && !select.locking_clause.is_empty()
            && select.values_lists.is_empty()
            && select.larg.is_none()
        {
            self.does("LockingClause");
        }
    }

    fn with(&mut self, with: Option<&WithClause>) {
        for entry in with.into_iter().flat_map(|with| &with.ctes) {
            if let Some(Kind::CommonTableExpr(entry)) = &entry.node
                && let Some(kind) = entry
                    .ctequery
                    .as_ref()
                    .and_then(|query| query.node.as_ref())
            {
                self.itself(kind);
            }
        }
    }

    fn calls(&mut self, text: &str) {
        static CALL: LazyLock<Regex> = LazyLock::new(|| {
            Regex::new(r"FuncCall \{ funcname: \[(.*?)\], args: \[(.)").expect("a pattern")
        });
        static PART: LazyLock<Regex> =
            LazyLock::new(|| Regex::new(r#"sval: "((?:[^"\\]|\\.)*)""#).expect("a pattern"));
        for found in CALL.captures_iter(text) {
            let parts = PART.captures_iter(&found[1]);
            let names: Vec<String> = parts
                .map(|part| format!("\"{}\"", part[1].replace("\\\"", "\"\"")))
                .collect();
            // What these do depends on what they are given, which the parser's spelling of the whole has.
            let last = names.last().map_or("", String::as_str);
            if ["\"set_config\"", "\"ts_rewrite\""].contains(&last) {
                continue;
            }
            let argument = if &found[2] == "]" { "" } else { "NULL" };
            let call = format!("SELECT {}({argument})", names.join("."));
            self.plain.insert(call);
        }
    }
}
