//! Statements that look like something else, and must pass.

use super::{codes, rules};
use crate::guard::judge_alone;

fn pass(statements: &[&str]) {
    for sql in statements {
        let found = codes(sql.as_bytes());
        assert_eq!(
            found,
            ["-", "-", "-"],
            "{sql} fires {:?}",
            rules(sql.as_bytes())
        );
    }
}

#[test]
fn names_strings_and_comments_that_look_like_writes_pass() {
    pass(&[
        "",
        ";",
        "  -- only a comment",
        "SELECT delete FROM t",
        "SELECT count(*) update, sum(x) delete FROM t",
        "SELECT a.into, b.update FROM t AS delete",
        "SELECT 1 AS into",
        "SELECT update, insert, merge FROM call",
        "WITH delete AS (SELECT 1) SELECT * FROM delete",
        "WITH update(insert) AS (SELECT 1) SELECT insert FROM update",
        "SELECT 'DELETE FROM t' AS \"DROP TABLE\"",
        "SELECT E'\\'; DELETE FROM t; --'",
        "SELECT $x$; DELETE FROM t; $x$",
        "SELECT 1 /* ; DELETE FROM t; */ -- ; DELETE FROM t",
        "SELECT substring('abc' FROM 1 FOR 2)",
        "SELECT substring(a FROM 1 FOR share) FROM t",
        "SELECT * FROM t FOR READ ONLY",
        "SELECT trim(delete FROM 'x'), extract(epoch FROM update) FROM t",
        "SELECT set_config('search_path', 'a, b', false), set_config('app.user', $1, true)",
        "SELECT set_config(name, 'view, foreign-table', false) FROM pg_settings WHERE name = 'restrict_nonsystem_relation_kind'",
        "SELECT set_config(name, 'view', false) FROM pg_settings WHERE name = 'restrict_nonsystem_relation_kind'",
        "SELECT set_config('transaction_read_only', 'on', true)",
        "SELECT set_config('role', 'none', false)",
        "SELECT set_config('client_encoding', 'UTF8', false)",
        "SELECT myschema.set_config(a, b, c), x.nextval(1), \"SET_CONFIG\"(a, b, c)",
        "SELECT current_setting('transaction_read_only')",
        "SELECT ts_rewrite('a'::tsquery, 'b', 'c'), ts_rewrite(a, (ARRAY[b, c])[1], d)",
        "SELECT public.nextval(1), a.setval(2), b.dblink_log.a, c.dblink_log FROM c.dblink_log",
        "SELECT lo_get(1), pg_export_snapshot(), pg_advisory_lock(1)",
        "SELECT has_table_privilege('t', 'INSERT, UPDATE')",
    ]);
}

#[test]
fn commands_that_change_nothing_pass() {
    pass(&[
        "EXPLAIN DELETE FROM t",
        "EXPLAIN (FORMAT JSON, COSTS OFF) UPDATE t SET a = 1",
        "EXPLAIN (SELECT 1)",
        "EXPLAIN ((SELECT 1))",
        "EXPLAIN (VERBOSE) (SELECT 1)",
        "EXPLAIN ANALYZE (SELECT 1)",
        "COPY (SELECT delete FROM t) TO STDOUT",
        "COPY t (update, \"to\") TO STDOUT WITH (FORMAT csv)",
        "COPY s.to TO stdout",
        "DECLARE c SCROLL CURSOR FOR SELECT update FROM t",
        "PREPARE p AS SELECT delete FROM t",
        "EXECUTE p('DELETE FROM t')",
        "BEGIN READ WRITE, READ ONLY",
        "START TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY, DEFERRABLE",
        "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE",
        "SET LOCAL statement_timeout = '5s'",
        "SET SESSION TIME ZONE 'UTC'",
        "SET TIME ZONE INTERVAL '+02:00' HOUR TO MINUTE",
        "SET NAMES 'UTF8'",
        "SET NAMES",
        "SET client_encoding TO latin1",
        "SET client_encoding = DEFAULT",
        "SET standard_conforming_strings TO TRUE",
        "SET role.x = 'y'",
        "SET ROLE NONE",
        "SET ROLE 'none'",
        "SET role TO none",
        "SET SESSION AUTHORIZATION DEFAULT",
        "SET default_transaction_read_only = DEFAULT",
        "SET default_transaction_read_only TO ON",
        "SET transaction_read_only = 1",
        "SET transaction_read_only = 'tru'",
        "RESET default_transaction_read_only",
        "RESET SESSION AUTHORIZATION",
        "RESET ROLE",
        "LOCK TABLE t IN ACCESS SHARE MODE NOWAIT",
        "LOCK TABLE \"in\" IN ACCESS SHARE MODE",
        "COMMIT AND CHAIN",
        "ROLLBACK TO SAVEPOINT a",
        "VALUES (1), (2)",
        "TABLE t",
        "(SELECT 1) UNION (SELECT 2) ORDER BY 1",
        "WITH RECURSIVE a AS (SELECT 1) SEARCH BREADTH FIRST BY insert SET o SELECT * FROM a",
        "SELECT $1::regclass, $2",
    ]);
}

#[test]
fn read_write_speaks_of_functions_that_it_may_not_call() {
    for sql in [
        "GRANT EXECUTE ON FUNCTION pg_read_file(text) TO u",
        "REVOKE ALL ON FUNCTION pg_catalog.pg_stat_reset() FROM PUBLIC",
        "COMMENT ON FUNCTION dblink(text, text) IS 'x'",
        "DROP FUNCTION dblink_x(int)",
        "DROP SERVER s",
        "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN END $$",
    ] {
        assert_eq!(codes(sql.as_bytes())[2], "-", "{sql}");
    }
}

#[test]
fn what_cannot_be_judged_is_denied_only_where_the_guard_stands_alone() {
    let alone = |sql: &str| {
        super::MODES.map(|mode| {
            let denial = judge_alone(sql.as_bytes(), mode).denial();
            denial.map_or("-", |denial| denial.code())
        })
    };
    for sql in ["FROBNICATE t", "\"select\" 1", "1", "SELECT 'a"] {
        assert_eq!(codes(sql.as_bytes()), ["-", "-", "-"], "{sql}");
        assert_eq!(alone(sql), ["42501", "42501", "-"], "{sql}");
    }
    assert_eq!(alone("SELECT 1; FROBNICATE t"), ["42501", "42501", "-"]);
    for sql in [
        "SELECT 1",
        "",
        ";",
        "SHOW a",
        "EXPLAIN SELECT 1",
        "FETCH 1 FROM c",
        "ABORT",
    ] {
        assert_eq!(alone(sql), ["-", "-", "-"], "{sql}");
    }
}
