//! Ways around the guard that it must see, each with the codes of the three modes.

use super::{codes, rules};

const WRITE: [&str; 3] = ["25006", "42501", "-"];
const DENY: [&str; 3] = ["42501", "42501", "-"];
const NEVER: [&str; 3] = ["42501", "42501", "42501"];
const READ_WRITE: [&str; 3] = ["25006", "-", "-"];

fn all(expected: [&str; 3], statements: &[&str]) {
    for sql in statements {
        let found = codes(sql.as_bytes());
        assert_eq!(found, expected, "{sql} fires {:?}", rules(sql.as_bytes()));
    }
}

#[test]
fn commands_hide_behind_brackets_comments_and_lists() {
    all(
        WRITE,
        &[
            "((((WITH d AS (DELETE FROM t RETURNING *) SELECT * FROM d))))",
            "WITH a AS (SELECT 1), d AS NOT MATERIALIZED (UPDATE t SET x = 1) TABLE a",
            "WITH RECURSIVE a(n) AS (SELECT 1) SEARCH DEPTH FIRST BY n SET o DELETE FROM t",
            "WITH a AS (SELECT 1) CYCLE n SET c USING p UPDATE t SET x = 1",
            "WITH RECURSIVE update AS (SELECT 1) UPDATE t SET x = 1",
            "WITH RECURSIVE a(n) AS (SELECT 1) CYCLE n SET c USING recursive DELETE FROM t",
            "WITH RECURSIVE a(n) AS (SELECT 1) SEARCH DEPTH FIRST BY n SET recursive UPDATE t SET x = 1",
            "WITH RECURSIVE a(n) AS (SELECT 1) CYCLE n SET c USING recursive SELECT 1 INTO t",
            "SELECT 1 AS insert INTO t",
            "SELECT a merge INTO t FROM u",
            "INSERT INTO t SELECT 1 AS insert INTO u",
            "WITH a(delete, from_) AS (SELECT 1, 2) DELETE FROM t",
            "WITH a AS (WITH b AS (DELETE FROM t RETURNING 1) SELECT 1 FROM b) SELECT 1",
            "SELECT (WITH d AS (DELETE FROM t RETURNING 1) SELECT 1 FROM d)",
            "WITH a AS MATERIALIZED (MERGE INTO t USING s ON true WHEN MATCHED THEN DELETE RETURNING 1) SELECT 1",
            "SELECT 1;;;; ;DELETE FROM t",
            "/* a /* b */ c */ DELETE /**/ FROM t",
            "--x\rDELETE FROM t",
            "SELECT 1;--\r\nDELETE FROM t",
            "SELECT 1+--\n1; DELETE FROM t",
            "SELECT '\\'; DELETE FROM t --'",
            "SELECT E'\\\\'; DELETE FROM t --'",
            "SELECT $a$ $b$ $a$; DELETE FROM t",
            "SELECT 1$a$;$a$; DELETE FROM t",
            "SELECT a$b$; DELETE FROM t; SELECT $b$",
            "SELECT 'a'\n'b\\'; DELETE FROM t --'",
            "deLETe\u{c}fRoM t",
            "\u{b}DELETE FROM t",
        ],
    );
}

#[test]
fn no_session_asks_for_libraries() {
    all(
        NEVER,
        &[
            "SET local_preload_libraries = 'x'",
            "SET SESSION \"Local_Preload_Libraries\" TO x, ''",
            "SET LOCAL session_preload_libraries = '', 'x'",
            "SELECT set_config('session_preload_libraries', 'x', false)",
            "SELECT set_config('local_preload_libraries', $1, false)",
        ],
    );
    all(
        ["-"; 3],
        &[
            "SET local_preload_libraries = ''",
            "SET session_preload_libraries TO DEFAULT",
            "RESET local_preload_libraries",
            "SHOW session_preload_libraries",
        ],
    );
}

#[test]
fn commands_hide_within_other_commands() {
    all(
        WRITE,
        &[
            "COPY (WITH d AS (DELETE FROM t RETURNING *) SELECT * FROM d) TO STDOUT",
            "COPY ((DELETE FROM t RETURNING *)) TO STDOUT",
            "PREPARE p AS WITH d AS (DELETE FROM t) SELECT 1",
            "PREPARE p (int, text) AS UPDATE t SET x = $1",
            "EXPLAIN (COSTS OFF, ANALYZE) DELETE FROM t",
            "EXPLAIN (ANALYZE OFF, ANALYZE ON) DELETE FROM t",
            "EXPLAIN (\"analyze\") DELETE FROM t",
            "EXPLAIN ANALYSE VERBOSE DELETE FROM t",
            "EXPLAIN ANALYZE EXECUTE p; TRUNCATE t",
            "EXPLAIN DELETE FROM t; DELETE FROM t",
            "EXPLAIN (a; DELETE FROM t",
            "DECLARE c CURSOR WITH HOLD FOR SELECT * FROM t FOR UPDATE",
            "DECLARE c CURSOR FOR WITH d AS (DELETE FROM t RETURNING 1) SELECT 1",
            "(SELECT * FROM t) FOR UPDATE",
            "SELECT * FROM ((SELECT * FROM t) FOR SHARE) x",
            "SELECT * FROM (SELECT * FROM t FOR NO KEY UPDATE) x",
            "SELECT * FROM t FOR KEY SHARE OF t",
            "WITH a AS (SELECT 1) (SELECT * FROM t) FOR UPDATE",
            "SELECT 1FOR UPDATE",
            "SELECT 1INTO t",
            "SELECT INTO t",
            "SELECT INTO TABLE session",
            "WITH a AS (SELECT 1) SELECT INTO t FROM a",
            "SELECT a AS into, b INTO u FROM t",
            "WITH a AS (SELECT 1) SELECT * INTO u FROM a",
            "INSERT INTO t VALUES (1) ON CONFLICT (a) DO/**/UPDATE SET a = 2",
            "CREATE TEMP TABLE x AS SELECT 1",
            "CREATE\tTABLE x()",
            "GRANT SELECT ON t TO u",
            "ANALYZE",
            "VACUUM (FULL) t",
            "SELECT lo_unlink(1)",
            "SELECT \"lo_unlink\"(1)",
            "SELECT pg_catalog . lo_put (1, 2, 'x')",
            "SELECT mydb.pg_catalog.setval('s', 1)",
            "SELECT setval/**/('s', 1)",
            "SELECT * FROM ROWS FROM (setval('s', 1)) x",
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT 2; END",
        ],
    );
    all(
        READ_WRITE,
        &[
            "WITH a AS (INSERT INTO t VALUES (1) RETURNING 1) SELECT 1",
            "COPY t FROM STDIN",
            "COPY t (a, b) FROM STDOUT (FORMAT csv)",
            "COPY update FROM STDIN",
            "SELECT nextval('s')",
        ],
    );
}

#[test]
fn read_only_cannot_be_left() {
    all(
        READ_WRITE,
        &[
            "SET default_transaction_read_only TO off",
            "SET SESSION default_transaction_read_only = 'off'",
            "SET LOCAL transaction_read_only = 0",
            "SET transaction_read_only = no",
            "SET transaction_read_only = of",
            "SET transaction_read_only TO DEFAULT",
            "SET \"transaction_read_only\" = f",
            "SET Default_Transaction_Read_Only = $$on$$",
            "SET default_transaction_read_only = U&'of\\0066'",
            "SET default_transaction_read_only = E'\\x6ff'",
            "SET default_transaction_read_only =-1",
            "SET default_transaction_read_only = on, off",
            "SET default_transaction_read_only FROM CURRENT",
            "SET/**/default_transaction_read_only\n=\noff",
            "set default_transact\u{130}on_read_only = off",
            "RESET transaction_read_only",
            "RESET \"TRANSACTION_READ_ONLY\"",
            "BEGIN READ WRITE",
            "BEGIN TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ ONLY, READ WRITE",
            "START TRANSACTION READ WRITE, DEFERRABLE",
            "SET TRANSACTION READ WRITE",
            "SET LOCAL TRANSACTION READ WRITE",
            "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE",
            "SET SESSION SESSION CHARACTERISTICS AS TRANSACTION READ WRITE",
            "SET LOCAL SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE",
            "SELECT set_config('Default_Transaction_Read_Only', 'off', false)",
            "SELECT set_config('transaction_read_only', $1, false)",
            "SELECT set_config('transaction_read_only', 'o'||'ff', false)",
            "SELECT set_config('transaction_read_only', lower('OFF'), false)",
            "SELECT set_config('transaction_read_only', NULL, false)",
            "SELECT set_config('transaction_read_only', ('off'), false)",
            "SELECT set_config('a', set_config('transaction_read_only', 'off', false), false)",
            "SELECT pg_catalog.\"set_config\"/**/ ( /**/ 'transaction_read_only' /**/ , 'off', true)",
            "SELECT x.* FROM set_config('transaction_read_only', 'off', true) x",
        ],
    );
}

#[test]
fn the_footing_of_a_session_stays() {
    all(
        DENY,
        &[
            "SELECT set_config($1, 'off', false)",
            "SELECT set_config(name, 'off', false) FROM pg_settings WHERE name = 'role'",
            "SELECT set_config(name, '', false), set_config(name, '', false) FROM pg_settings WHERE name = 'restrict_nonsystem_relation_kind'",
            "SELECT set_config(name, ''||x||'', false) FROM pg_settings WHERE name = 'restrict_nonsystem_relation_kind'",
            "SELECT set_config(E'role', 'x', false)",
            "SELECT set_config($$role$$, 'x', false)",
            "SELECT set_config('ro' || 'le', 'x', false)",
            "SELECT set_config(('role'), 'x', false)",
            "SELECT set_config('role'::text, 'x', false)",
            "SELECT set_config(U&'role', 'x', false)",
            "SELECT set_config(setting_name => 'role', new_value => 'x', is_local => false)",
            "SELECT set_config(VARIADIC array['role','x'])",
            "SELECT set_config('x'\n'y', 'x', false)",
            "SELECT set_config(n, 'off', false) FROM (VALUES ('transaction_read_only')) v(n)",
            "SELECT set_conf\u{130}g(x, 'off', false)",
            "SELECT set_config('role', 'x', false)",
            "SELECT set_config('session_authorization', 'x', false)",
            "SELECT set_config('standard_conforming_strings', 'off', false)",
            "SELECT set_config('client_encoding', 'SJIS', false)",
            "SET client_encoding TO 'shift_jis_2004'",
            "SET client_encoding = \"Big-5\"",
            "SET NAMES 'GBK'",
            "SET NAMES uhc",
            "SET SESSION standard_conforming_strings = 'of'",
            "SET ROLE app",
            "SET LOCAL ROLE 'app'",
            "SET SESSION ROLE \"app\"",
            "SET role = app",
            "SET \"ROLE\" TO app",
            "SET SESSION AUTHORIZATION app",
            "SET LOCAL SESSION AUTHORIZATION 'app'",
            "SET session_authorization = app",
            "SELECT U&\"\\0073et_config\"('a', 'b', false)",
            "SELECT * FROM U&\"t\" UESCAPE '!'",
            "EXPLAIN SELECT U&\"a\"",
        ],
    );
}

#[test]
fn other_effects_are_seen() {
    all(
        DENY,
        &[
            "DO LANGUAGE plpgsql 'BEGIN END'",
            "CALL p()",
            "LOCK t",
            "LOCK TABLE ONLY t, u IN SHARE UPDATE EXCLUSIVE MODE NOWAIT",
            "LOCK TABLE t IN SHARE MODE",
            "SELECT query_to_xml('DELETE FROM t', true, true, '')",
            "SELECT ts_rewrite('a'::tsquery, 'SELECT f()')",
            "SELECT ts_rewrite('a'::tsquery, (SELECT 'b' || (1, 2)::text))",
            "SELECT * FROM ts_stat('SELECT 1')",
            "SELECT pg_cancel_backend(pid) FROM pg_stat_activity",
            "PREPARE TRANSACTION 'x'",
            "ROLLBACK PREPARED 'x'",
        ],
    );
    all(
        NEVER,
        &[
            "COPY t TO PROGRAM 'sh'",
            "COPY (SELECT 1) TO PROGRAM 'sh'",
            "COPY t TO E'/tmp/x'",
            "COPY t TO $$/tmp/x$$",
            "COPY t TO U&'/tmp/x'",
            "SELECT pg_ls_dir('/')",
            "SELECT pg_read_binary_file('/etc/passwd')",
            "SELECT pg_stat_file('/')",
            "SELECT pg_switch_wal()",
            "SELECT pg_drop_replication_slot('x')",
            "SELECT public.dblink('', '')",
            "SELECT x.dblink_connect_u('')",
            "SELECT \"dblink_exec\"('', '')",
            "ALTER SYSTEM RESET ALL",
            "ALTER/**/SYSTEM SET a = 1",
            "CHECKPOINT",
            "LOAD 'x'",
        ],
    );
    let ddl_and_never = ["25006", "42501", "42501"];
    all(
        ddl_and_never,
        &[
            "COPY t FROM PROGRAM 'sh'",
            "COPY t FROM '/etc/passwd'",
            "CREATE USER MAPPING FOR u SERVER s",
            "ALTER SERVER s OPTIONS (SET host 'x')",
            "CREATE FOREIGN TABLE f (a int) SERVER s",
            "CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p",
            "ALTER SUBSCRIPTION s ENABLE",
            "IMPORT FOREIGN SCHEMA a FROM SERVER s INTO b",
            "CREATE ROLE r",
            "CREATE USER u SUPERUSER",
            "ALTER GROUP g ADD USER u",
            "DROP ROLE r",
            "GRANT app TO u",
            "REVOKE app FROM u",
            "CREATE TABLESPACE x LOCATION '/tmp'",
            "CREATE FUNCTION f() RETURNS int LANGUAGE c AS 'x'",
            "CREATE FUNCTION f() RETURNS int AS $$ $$ LANGUAGE 'plpython3u'",
        ],
    );
}

#[test]
fn a_write_in_a_message_goes_before_what_else_it_does() {
    assert_eq!(
        codes(b"SET ROLE x; CREATE ROLE r; DO ''; INSERT INTO t VALUES (1)")[0],
        "25006"
    );
    assert_eq!(codes(b"DO ''; CHECKPOINT")[2], "42501");
}

#[test]
fn deep_and_long_statements_take_linear_time_and_bounded_memory() {
    let megabytes = 4 << 20;
    let brackets = "(".repeat(megabytes);
    let closed = format!("SELECT {}1{}", "(".repeat(100_000), ")".repeat(100_000));
    let list = format!(
        "SELECT * FROM t WHERE id IN ({}1)",
        "1,".repeat(megabytes / 2)
    );
    let dollars = format!(
        "SELECT $a{}$ {}",
        "a".repeat(1 << 20),
        "$aaaa".repeat(1 << 20)
    );
    let comments = "/*".repeat(megabytes / 2);
    let explains = "EXPLAIN ".repeat(megabytes / 8);
    let started = std::time::Instant::now();
    for sql in [brackets, closed.clone(), list, dollars, comments, explains] {
        assert_eq!(codes(sql.as_bytes()), ["-", "-", "-"]);
    }
    // A quadratic step would take minutes; the bound is loose for a busy machine.
    assert!(started.elapsed() < std::time::Duration::from_secs(60));
    let behind = format!("{closed}; DELETE FROM t");
    assert_eq!(codes(behind.as_bytes()), WRITE);
}

#[test]
fn a_call_needs_no_bracket_behind_its_name() {
    all(
        WRITE,
        &[
            "SELECT (0).lo_creat",
            "SELECT f.lo_creat FROM generate_series(0, 0) f",
            "SELECT $1 . \"lo_unlink\"",
            "SELECT a FROM t WHERE (a).lo_unlink = 1",
        ],
    );
    all(READ_WRITE, &["SELECT ('s'::regclass).nextval"]);
    all(
        DENY,
        &[
            "SELECT ('SELECT 1'::text).ts_stat",
            "SELECT (pid).pg_cancel_backend FROM pg_stat_activity",
            "SELECT s.pid.pg_terminate_backend FROM s",
            "SELECT ts_rewrite('a'::tsquery, CASE WHEN ARRAY[1, 2] IS NULL THEN '' ELSE 'x' END)",
            "SELECT ts_rewrite('a'::tsquery, (ARRAY['x', 'y'])[1])",
        ],
    );
    all(
        NEVER,
        &[
            "SELECT ('PG_VERSION'::text).pg_read_file",
            "SELECT ('dbname=x'::text).dblink_connect",
        ],
    );
}
