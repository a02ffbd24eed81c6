//! Simple queries, one by one and in a row.

use super::script;
use crate::client::{message, query};
use crate::transcripts::{Script, Step};

/// One simple query each.
pub(super) const QUERIES: &[(&str, &str)] = &[
    ("constant", "select 1"),
    ("empty", ""),
    ("only blanks", "  \n\t "),
    ("only a comment", "-- nothing"),
    ("only semicolons", ";;;"),
    ("two statements", "select 1; select 2"),
    (
        "ten statements",
        "select 1;select 2;select 3;select 4;select 5;select 6;select 7;select 8;select 9;select 10",
    ),
    ("error in the first of two", "select 1/0; select 2"),
    (
        "error in the second of three",
        "select 1; select 1/0; select 3",
    ),
    ("syntax error", "selec 1"),
    ("syntax error behind a statement", "select 1; selec 2"),
    ("unknown table", "select * from nowhere"),
    ("unknown column with a hint", "select nam from items"),
    ("unknown function", "select no_such_function(1)"),
    ("no columns", "select from items limit 3"),
    ("no rows", "select * from items where false"),
    ("null", "select null, null::int, ''"),
    ("many rows", "select * from items"),
    (
        "many columns",
        "select 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20",
    ),
    ("wide row", "select repeat('x', 100000)"),
    ("very wide row", "select repeat('x', 10000000)"),
    (
        "long result",
        "select n, repeat('y', n % 300) from generate_series(1, 20000) n",
    ),
    (
        "every type",
        "select 1::int2, 2::int4, 3::int8, 1.5::float4, 2.5::float8, 3.14::numeric, true, 'a'::char, 'b'::varchar, '\\x00ff'::bytea, '2020-01-01'::date, '1 day'::interval, '{1,2}'::int[], '{\"a\":1}'::jsonb, '10.0.0.1'::inet",
    ),
    ("not ascii", "select 'äöü€𝄞'"),
    ("notice", "do $$ begin raise notice 'note %', 1; end $$"),
    ("warning", "do $$ begin raise warning 'warn'; end $$"),
    (
        "many notices",
        "do $$ begin for i in 1..500 loop raise notice 'note %', i; end loop; end $$",
    ),
    (
        "notice then error",
        "do $$ begin raise notice 'n'; raise exception 'boom' using detail = 'd', hint = 'h', errcode = 'ZZ001'; end $$",
    ),
    (
        "error with every field",
        "do $$ begin raise exception 'boom' using column = 'c', constraint = 'k', datatype = 't', table = 'tb', schema = 's'; end $$",
    ),
    (
        "debug messages",
        "set client_min_messages = debug1; select 1; reset client_min_messages",
    ),
    ("parameter status", "set application_name = 'other'"),
    (
        "parameter status twice",
        "set timezone = 'UTC'; set timezone = 'Europe/Berlin'",
    ),
    (
        "date style",
        "set datestyle = 'German'; select '2020-02-01'::date",
    ),
    (
        "interval style",
        "set intervalstyle = 'iso_8601'; select '1 day'::interval",
    ),
    (
        "client encoding latin1",
        "set client_encoding = 'LATIN1'; select chr(228)",
    ),
    (
        "client encoding euc_jp",
        "set client_encoding = 'EUC_JP'; select chr(12354)",
    ),
    (
        "standard conforming strings off",
        "set standard_conforming_strings = off; select 'a\\nb'",
    ),
    ("show", "show server_version_num"),
    ("show unknown", "show no_such_setting"),
    ("set a setting with a dot", "set my.own = 'x'; show my.own"),
    (
        "set local outside a transaction",
        "set local work_mem = '1MB'",
    ),
    ("reset all", "reset all"),
    ("discard all", "discard all"),
    (
        "explain",
        "explain (costs off) select * from items where id = 1",
    ),
    ("values", "values (1, 'a'), (2, 'b')"),
    ("table", "table items limit 2"),
    ("with", "with t as (select 1 as a) select a from t"),
    (
        "create and drop",
        "create temp table t (a int); drop table t",
    ),
    (
        "create if not exists",
        "create temp table t2 (a int); create temp table if not exists t2 (a int)",
    ),
    ("drop if exists", "drop table if exists no_such_table"),
    (
        "insert returning",
        "create temp table t3 (a serial, b text); insert into t3 (b) values ('x'), ('y') returning a + 0, b || ''",
    ),
    (
        "update",
        "create temp table t4 (a int); insert into t4 values (1), (2); update t4 set a = a + 1",
    ),
    (
        "delete",
        "create temp table t5 (a int); insert into t5 values (1), (2); delete from t5",
    ),
    ("truncate", "create temp table t6 (a int); truncate t6"),
    (
        "merge",
        "create temp table t7 (a int); merge into t7 using (values (1)) v(a) on t7.a = v.a when not matched then insert values (v.a)",
    ),
    // These name the table's schema, which for a temporary one depends on who else is there. The
    // error rolls the table back.
    (
        "unique violation",
        "create table t8 (a int primary key); insert into t8 values (1), (1)",
    ),
    (
        "not null violation",
        "create table t9 (a int not null); insert into t9 values (null)",
    ),
    (
        "check violation",
        "create table t10 (a int check (a > 0)); insert into t10 values (0)",
    ),
    ("permission denied", "select * from pg_authid"),
    ("cannot be superuser", "set role postgres"),
    (
        "set role",
        "set role owner; select current_user; reset role",
    ),
    (
        "statement timeout",
        "set statement_timeout = '20ms'; select pg_sleep(10)",
    ),
    (
        "lock timeout setting",
        "set lock_timeout = '1s'; show lock_timeout",
    ),
    (
        "prepare and execute",
        "prepare p as select $1::int + 1; execute p(1); deallocate p",
    ),
    (
        "prepare twice",
        "prepare p as select 1; prepare p as select 2",
    ),
    ("execute unknown", "execute nothing"),
    (
        "deallocate all",
        "prepare a as select 1; deallocate all; execute a",
    ),
    (
        "cursor outside a transaction",
        "declare c cursor for select 1",
    ),
    (
        "listen and notify oneself silently",
        "listen a_channel; unlisten a_channel",
    ),
    (
        "advisory lock",
        "select pg_advisory_lock(7); select pg_advisory_unlock(7)",
    ),
    ("large object", "select lo_unlink(lo_creat(-1))"),
    (
        "cancel of oneself",
        "select pg_cancel_backend(pg_backend_pid())",
    ),
    ("division by zero", "select 1/0"),
    ("invalid input", "select 'x'::int"),
    ("out of range", "select 3000000000::int"),
    ("bad encoding", "select convert_from('\\xff', 'UTF8')"),
    ("vacuum inside several", "select 1; vacuum items"),
    (
        "long text",
        "select length($$aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa$$)",
    ),
    ("xid functions", "select pg_current_xact_id_if_assigned()"),
    ("comment around", "/* a */ select /* b */ 1 -- c"),
    ("dollar quotes", "select $tag$ ' ; -- $tag$"),
    ("unterminated quote", "select 'abc"),
    ("unterminated comment", "select 1 /* abc"),
    (
        "identifier too long",
        "select 1 as aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    ),
    ("transaction within a query", "begin; select 1; commit"),
    ("rollback without transaction", "rollback"),
    ("commit without transaction", "commit"),
    ("do with transaction control", "do $$ begin commit; end $$"),
];

/// Several simple queries in a row.
pub(super) const TRANSACTIONS: &[(&str, &[&str])] = &[
    ("committed", &["begin", "select 1", "commit"]),
    ("rolled back", &["begin", "select 1", "rollback"]),
    (
        "failed and rolled back",
        &["begin", "select 1/0", "select 1", "rollback"],
    ),
    ("failed and committed", &["begin", "select 1/0", "commit"]),
    ("begun twice", &["begin", "begin", "commit"]),
    (
        "savepoint",
        &[
            "begin",
            "savepoint a",
            "select 1/0",
            "rollback to a",
            "select 2",
            "commit",
        ],
    ),
    (
        "savepoint released",
        &["begin", "savepoint a", "release a", "commit"],
    ),
    (
        "unknown savepoint",
        &["begin", "rollback to nothing", "rollback"],
    ),
    (
        "read only",
        &[
            "begin read only",
            "create temp table x (a int)",
            "delete from items",
            "rollback",
        ],
    ),
    (
        "serializable",
        &[
            "begin isolation level serializable",
            "select count(*) from items",
            "commit",
        ],
    ),
    (
        "cursor",
        &[
            "begin",
            "declare c cursor for select id from items order by id",
            "fetch 3 from c",
            "fetch all from c",
            "close c",
            "commit",
        ],
    ),
    (
        "held cursor",
        &[
            "begin",
            "declare c cursor with hold for select 1",
            "commit",
            "fetch all from c",
            "close c",
        ],
    ),
    (
        "scrolled cursor",
        &[
            "begin",
            "declare c scroll cursor for select id from items order by id",
            "fetch last from c",
            "fetch first from c",
            "commit",
        ],
    ),
    (
        "chained",
        &["begin", "commit and chain", "select 1", "commit"],
    ),
    (
        "prepared statements across queries",
        &[
            "prepare s as select $1::text",
            "execute s('a')",
            "execute s('b')",
            "deallocate s",
            "execute s('c')",
        ],
    ),
    (
        "temporary table across queries",
        &[
            "create temp table k (a int)",
            "insert into k values (1)",
            "select a + 0 from k",
            "drop table k",
        ],
    ),
    (
        "settings across queries",
        &[
            "set work_mem = '5MB'",
            "show work_mem",
            "reset work_mem",
            "show work_mem",
        ],
    ),
    (
        "local setting",
        &[
            "begin",
            "set local work_mem = '3MB'",
            "show work_mem",
            "commit",
            "show work_mem",
        ],
    ),
    (
        "many short",
        &[
            "select 1", "select 2", "select 3", "select 4", "select 5", "select 6", "select 7",
            "select 8",
        ],
    ),
    (
        "error then success",
        &["select 1/0", "select 1", "select 1/0", "select 1"],
    ),
    (
        "listen and notify oneself rolled back",
        &["listen c", "begin", "notify c", "rollback", "unlisten c"],
    ),
    (
        "two phase is off",
        &["begin", "prepare transaction 'x'", "rollback"],
    ),
];

/// Text that is no UTF-8, both ways: `client_encoding` and the bytes of a literal.
const ENCODED: &[(&str, &[u8])] = &[
    ("LATIN1", b"\xe4\xf6\xfc\xdf"),
    ("EUC_JP", b"\xa4\xa2\xb4\xc1\xbb\xfa"),
    // Its second bytes look like ASCII: a backslash, among others.
    ("SJIS", b"\x82\xa0\x95\x5c\x8a\xbf"),
    ("GB18030", b"\x81\x30\x81\x30\xd6\xd0"),
];

pub(super) fn in_encodings() -> Vec<Script> {
    let one = |(encoding, bytes): &(&str, &[u8])| {
        let text = [&b"select '"[..], bytes, b"', length('", bytes, b"')\0"].concat();
        let value = [
            &b"\0\0\0\0\0\x01"[..],
            &(bytes.len() as u32).to_be_bytes(),
            bytes,
            b"\0\0",
        ]
        .concat();
        script(
            &format!("text in {encoding}"),
            vec![
                Step::Send(query(&format!("set client_encoding = '{encoding}'"))),
                Step::Until(b'Z'),
                Step::Send(message(b'Q', &text)),
                Step::Until(b'Z'),
                Step::Send(message(b'P', b"\0select $1::text\0\0\0")),
                Step::Send(message(b'B', &value)),
                Step::Send(message(b'E', b"\0\0\0\0\0")),
                Step::Send(message(b'S', b"")),
                Step::Until(b'Z'),
            ],
        )
    };
    ENCODED.iter().map(one).collect()
}
