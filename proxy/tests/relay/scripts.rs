//! The transcript scripts, as tables.

use crate::client::{message, query};
use crate::transcripts::{Script, Step};

/// Every script.
pub(crate) fn scripts() -> Vec<Script> {
    let mut all = Vec::new();
    all.extend(QUERIES.iter().map(|(name, sql)| simple(name, sql)));
    all.extend(TRANSACTIONS.iter().map(|(name, sqls)| several(name, sqls)));
    all.extend(STARTUPS.iter().map(|(name, settings)| Script {
        name: format!("startup {name}"),
        settings: settings.to_vec(),
        steps: vec![Step::Send(query("show all; show role")), Step::Until(b'Z')],
    }));
    // A session that does not begin has nothing behind its error.
    all.extend(FAILING_STARTUPS.iter().map(|(name, settings)| Script {
        name: format!("failing startup {name}"),
        settings: settings.to_vec(),
        steps: vec![Step::Rest],
    }));
    all.extend(extended());
    all.extend(copies());
    all.extend(goodbyes());
    all.extend(broken());
    all
}

fn simple(name: &str, sql: &str) -> Script {
    several(name, &[sql])
}

fn several(name: &str, sqls: &[&str]) -> Script {
    let step = |sql: &&str| [Step::Send(query(sql)), Step::Until(b'Z')];
    Script {
        name: format!("query {name}"),
        settings: Vec::new(),
        steps: sqls.iter().flat_map(step).collect(),
    }
}

/// One simple query each.
const QUERIES: &[(&str, &str)] = &[
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
    (
        "unique violation",
        "create temp table t8 (a int primary key); insert into t8 values (1), (1)",
    ),
    (
        "not null violation",
        "create temp table t9 (a int not null); insert into t9 values (null)",
    ),
    (
        "check violation",
        "create temp table t10 (a int check (a > 0)); insert into t10 values (0)",
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
const TRANSACTIONS: &[(&str, &[&str])] = &[
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

type Settings = &'static [(&'static str, &'static str)];

/// Startup packets that begin a session.
const STARTUPS: &[(&str, Settings)] = &[
    ("application name", &[("application_name", "a name")]),
    (
        "application name not ascii",
        &[("application_name", "näme")],
    ),
    ("upper case name", &[("Work_Mem", "6MB")]),
    ("setting", &[("work_mem", "6MB")]),
    (
        "same key twice",
        &[("work_mem", "6MB"), ("work_mem", "7MB")],
    ),
    (
        "date style",
        &[("datestyle", "ISO, DMY"), ("timezone", "Asia/Tokyo")],
    ),
    ("client encoding", &[("client_encoding", "LATIN1")]),
    ("client encoding quoted", &[("client_encoding", "'utf-8'")]),
    ("role", &[("role", "owner")]),
    ("setting with a dot", &[("my.own", "x y")]),
    ("options", &[("options", "-c work_mem=6MB -c my.own=z")]),
    ("options without a blank", &[("options", "-cwork_mem=6MB")]),
    ("options long", &[("options", "--work-mem=6MB")]),
    ("options escaped", &[("options", "-c my.own=a\\ b\\\\c")]),
    (
        "options twice",
        &[("options", "-c work_mem=6MB -c work_mem=8MB")],
    ),
    (
        "options before key",
        &[("options", "-c work_mem=6MB"), ("work_mem", "9MB")],
    ),
    (
        "options behind key",
        &[("work_mem", "9MB"), ("options", "-c work_mem=6MB")],
    ),
    ("options empty", &[("options", "")]),
    ("replication off", &[("replication", "off")]),
    ("search path", &[("search_path", "pg_catalog, public")]),
    (
        "geqo off",
        &[("options", "-c geqo=off"), ("extra_float_digits", "3")],
    ),
];

/// Startup packets that the server refuses.
const FAILING_STARTUPS: &[(&str, Settings)] = &[
    ("unknown setting", &[("no_such_setting", "1")]),
    (
        "unknown setting in options",
        &[("options", "-c no_such_setting=1")],
    ),
    ("bad value", &[("work_mem", "lots")]),
    ("bad encoding", &[("client_encoding", "klingon")]),
    ("setting of the server", &[("shared_buffers", "1GB")]),
    ("setting of a superuser", &[("log_statement", "all")]),
    ("unknown role", &[("role", "nobody_at_all")]),
];

fn parse(name: &str, sql: &str) -> Vec<u8> {
    message(
        b'P',
        &[name.as_bytes(), b"\0", sql.as_bytes(), b"\0\0\0"].concat(),
    )
}

fn bind(portal: &str, statement: &str, values: &[&str]) -> Vec<u8> {
    let mut body = [portal.as_bytes(), b"\0", statement.as_bytes(), b"\0\0\0"].concat();
    body.extend((values.len() as u16).to_be_bytes());
    for value in values {
        body.extend((value.len() as u32).to_be_bytes());
        body.extend(value.as_bytes());
    }
    body.extend([0, 0]);
    message(b'B', &body)
}

fn describe(kind: u8, name: &str) -> Vec<u8> {
    message(b'D', &[&[kind], name.as_bytes(), b"\0"].concat())
}

fn close(kind: u8, name: &str) -> Vec<u8> {
    message(b'C', &[&[kind], name.as_bytes(), b"\0"].concat())
}

fn execute(portal: &str, rows: u32) -> Vec<u8> {
    message(
        b'E',
        &[portal.as_bytes(), b"\0", &rows.to_be_bytes()].concat(),
    )
}

fn sync() -> Vec<u8> {
    message(b'S', b"")
}

fn flush() -> Vec<u8> {
    message(b'H', b"")
}

fn script(name: &str, steps: Vec<Step>) -> Script {
    Script {
        name: name.to_owned(),
        settings: Vec::new(),
        steps,
    }
}

/// One burst that ends with one ReadyForQuery.
fn burst(name: &str, messages: &[Vec<u8>]) -> Script {
    script(name, vec![Step::Send(messages.concat()), Step::Until(b'Z')])
}

#[allow(clippy::too_many_lines, reason = "a table")]
fn extended() -> Vec<Script> {
    let one = || {
        [
            parse("", "select $1::int"),
            bind("", "", &["1"]),
            execute("", 0),
        ]
        .concat()
    };
    let bad = || {
        [
            parse("", "select 1/$1::int"),
            bind("", "", &["0"]),
            execute("", 0),
        ]
        .concat()
    };
    let mut scripts = vec![
        burst("extended once", &[one(), sync()]),
        burst(
            "extended with describe",
            &[
                parse("", "select 1 a"),
                describe(b'S', ""),
                bind("", "", &[]),
                describe(b'P', ""),
                execute("", 0),
                sync(),
            ],
        ),
        burst("sync alone", &[sync()]),
        burst(
            "parse error",
            &[
                parse("", "selec"),
                bind("", "", &[]),
                execute("", 0),
                sync(),
            ],
        ),
        burst(
            "bind of an unknown statement",
            &[bind("", "nothing", &[]), sync()],
        ),
        burst(
            "execute of an unknown portal",
            &[execute("nothing", 0), sync()],
        ),
        burst(
            "describe of an unknown statement",
            &[describe(b'S', "nothing"), sync()],
        ),
        burst(
            "describe of an unknown portal",
            &[describe(b'P', "nothing"), sync()],
        ),
        burst(
            "too few values",
            &[parse("", "select $1::int"), bind("", "", &[]), sync()],
        ),
        burst(
            "bad value",
            &[
                parse("", "select $1::int"),
                bind("", "", &["x"]),
                execute("", 0),
                sync(),
            ],
        ),
        burst(
            "pipeline with an error inside",
            &[one(), bad(), one(), sync()],
        ),
        burst(
            "pipeline of writes with an error inside",
            &[
                parse("", "create temp table pw (a int)"),
                bind("", "", &[]),
                execute("", 0),
                bad(),
                one(),
                sync(),
            ],
        ),
        burst(
            "named statement and portal of one name",
            &[
                parse("n", "select 1"),
                bind("n", "n", &[]),
                execute("n", 0),
                close(b'P', "n"),
                close(b'S', "n"),
                sync(),
            ],
        ),
        burst(
            "parse of an existing name",
            &[parse("n", "select 1"), parse("n", "select 2"), sync()],
        ),
        burst(
            "close of nothing",
            &[close(b'S', "nothing"), close(b'P', "nothing"), sync()],
        ),
        burst(
            "several statements in a parse",
            &[parse("", "select 1; select 2"), sync()],
        ),
        burst(
            "empty statement",
            &[parse("", ""), bind("", "", &[]), execute("", 0), sync()],
        ),
        burst(
            "insert without rows",
            &[
                parse("", "select 1 where false"),
                bind("", "", &[]),
                describe(b'P', ""),
                execute("", 0),
                sync(),
            ],
        ),
        burst(
            "portal suspended in one burst",
            &[
                parse("", "select id from items order by id limit 5"),
                bind("", "", &[]),
                execute("", 2),
                execute("", 2),
                execute("", 2),
                sync(),
            ],
        ),
        burst(
            "a wide value",
            &[
                parse("", "select length($1::text)"),
                bind("", "", &[&"w".repeat(3_000_000)]),
                execute("", 0),
                sync(),
            ],
        ),
        burst(
            "function call of an unknown function",
            &[message(b'F', b"\0\0\0\x01\0\0\0\0\0\0")],
        ),
        burst(
            "function call",
            &[message(b'F', b"\0\0\x05\x3c\0\0\0\x01\0\0\0\x01\x33\0\0")],
        ),
        burst(
            "extended then simple without sync",
            &[one(), query("select 2")],
        ),
        burst(
            "failed pipeline swallows a simple query",
            &[bad(), query("select 2"), sync()],
        ),
        burst(
            "failed pipeline swallows a function call",
            &[bad(), message(b'F', b"\0\0\0\x01\0\0\0\0\0\0"), sync()],
        ),
        burst(
            "stray copy messages",
            &[
                message(b'd', b"x"),
                message(b'c', b""),
                message(b'f', b"y\0"),
                query("select 1"),
            ],
        ),
        script(
            "parse describe flush waits for the description",
            vec![
                Step::Send([parse("s", "select $1::int a"), describe(b'S', "s"), flush()].concat()),
                Step::Until(b'T'),
                Step::Send([bind("", "s", &["5"]), execute("", 0), sync()].concat()),
                Step::Until(b'Z'),
            ],
        ),
        script(
            "portal suspended across flushes",
            vec![
                Step::Send(
                    [
                        parse("", "select id from items order by id limit 5"),
                        bind("p", "", &[]),
                        execute("p", 2),
                        flush(),
                    ]
                    .concat(),
                ),
                Step::Until(b's'),
                Step::Send([execute("p", 2), flush()].concat()),
                Step::Until(b's'),
                Step::Send([execute("p", 0), sync()].concat()),
                Step::Until(b'Z'),
            ],
        ),
        script(
            "trailing describe behind flush",
            vec![
                Step::Send([one(), flush()].concat()),
                Step::Until(b'C'),
                Step::Send([parse("t", "select 1"), describe(b'S', "t"), sync()].concat()),
                Step::Until(b'Z'),
            ],
        ),
        script(
            "error seen by flush, then sync",
            vec![
                Step::Send([bad(), flush()].concat()),
                Step::Until(b'E'),
                Step::Send(sync()),
                Step::Until(b'Z'),
            ],
        ),
        script(
            "a statement used again and again",
            vec![
                Step::Send([parse("again", "select $1::text"), sync()].concat()),
                Step::Until(b'Z'),
                Step::Send([bind("", "again", &["a"]), execute("", 0), sync()].concat()),
                Step::Until(b'Z'),
                Step::Send([bind("", "again", &["b"]), execute("", 0), sync()].concat()),
                Step::Until(b'Z'),
            ],
        ),
    ];
    let mut steps = vec![Step::Send([one(), sync()].concat().repeat(200))];
    steps.extend(std::iter::repeat_n(Step::Until(b'Z'), 200));
    scripts.push(script("two hundred syncs in one burst", steps));
    let mut steps = vec![Step::Send(
        query("select n from generate_series(1, 100) n").repeat(50),
    )];
    steps.extend(std::iter::repeat_n(Step::Until(b'Z'), 50));
    scripts.push(script("fifty simple queries in one burst", steps));
    scripts
}

#[allow(clippy::too_many_lines, reason = "a table")]
fn copies() -> Vec<Script> {
    let data = |text: &str| message(b'd', text.as_bytes());
    let table = || Step::Send(query("create temp table c (a int, b text)"));
    let copy = |name: &str, sql: &str, bytes: Vec<u8>| {
        script(
            name,
            vec![
                table(),
                Step::Until(b'Z'),
                Step::Send(query(sql)),
                Step::Until(b'G'),
                Step::Send(bytes),
                Step::Until(b'Z'),
                Step::Send(query("select a + 0, b || '' from c")),
                Step::Until(b'Z'),
            ],
        )
    };
    let done = || message(b'c', b"");
    vec![
        copy(
            "copy in",
            "copy c from stdin",
            [data("1\ta\n"), data("2\tb\n"), done()].concat(),
        ),
        copy("copy in of nothing", "copy c from stdin", done()),
        copy(
            "copy in csv",
            "copy c from stdin csv header",
            [data("a,b\n1,\"x,\ny\"\n"), done()].concat(),
        ),
        copy(
            "copy in with rows across messages",
            "copy c from stdin",
            [data("1\t"), data("a\n2"), data("\tb\n"), done()].concat(),
        ),
        copy(
            "copy in that fails",
            "copy c from stdin",
            [data("x\ta\n"), data("2\tb\n"), done()].concat(),
        ),
        copy(
            "copy in that the client ends",
            "copy c from stdin",
            [data("1\ta\n"), message(b'f', b"enough\0")].concat(),
        ),
        copy(
            "copy in with sync and flush inside",
            "copy c from stdin",
            [data("1\ta\n"), sync(), flush(), data("2\tb\n"), done()].concat(),
        ),
        copy(
            "copy in of many rows",
            "copy c from stdin",
            [data("7\tseven\n").repeat(2000), done()].concat(),
        ),
        copy(
            "copy in binary that is none",
            "copy c from stdin binary",
            [data("nonsense"), done()].concat(),
        ),
        simple("copy out", "copy items to stdout"),
        simple(
            "copy out csv",
            "copy (select * from items order by id limit 10) to stdout csv header",
        ),
        simple("copy out binary", "copy items to stdout binary"),
        simple(
            "copy out of much",
            "copy (select n, repeat('z', 100) from generate_series(1, 30000) n) to stdout",
        ),
        simple(
            "copy out that fails inside",
            "copy (select 1/(500 - id) from items order by id) to stdout",
        ),
        simple(
            "copy out and a query behind it",
            "copy (select 1) to stdout; select 2",
        ),
        simple(
            "copy from a file is denied",
            "copy items from '/etc/passwd'",
        ),
        script(
            "copy in extended with sync before done",
            vec![
                table(),
                Step::Until(b'Z'),
                Step::Send(
                    [
                        parse("", "copy c from stdin"),
                        bind("", "", &[]),
                        execute("", 0),
                        flush(),
                    ]
                    .concat(),
                ),
                Step::Until(b'G'),
                Step::Send([data("1\ta\n"), sync(), done(), sync()].concat()),
                Step::Until(b'Z'),
            ],
        ),
        script(
            "copy in extended that fails",
            vec![
                table(),
                Step::Until(b'Z'),
                Step::Send(
                    [
                        parse("", "copy c from stdin"),
                        bind("", "", &[]),
                        execute("", 0),
                        flush(),
                    ]
                    .concat(),
                ),
                Step::Until(b'G'),
                Step::Send([data("bad\n"), done(), sync()].concat()),
                Step::Until(b'Z'),
            ],
        ),
    ]
}

fn goodbyes() -> Vec<Script> {
    let bye = || message(b'X', b"");
    vec![
        script("goodbye at once", vec![Step::Send(bye()), Step::Rest]),
        script(
            "goodbye behind a query",
            vec![Step::Send([query("select 1"), bye()].concat()), Step::Rest],
        ),
        script(
            "goodbye within a transaction",
            vec![Step::Send([query("begin"), bye()].concat()), Step::Rest],
        ),
        script(
            "goodbye behind a large result",
            vec![
                Step::Send([query("select repeat('g', 3000000)"), bye()].concat()),
                Step::Rest,
            ],
        ),
        script(
            "goodbye behind an error",
            vec![
                Step::Send([query("select 1/0"), bye()].concat()),
                Step::Rest,
            ],
        ),
        script(
            "end by the server",
            vec![
                Step::Send(query("select pg_terminate_backend(pg_backend_pid())")),
                Step::Rest,
            ],
        ),
        script(
            "end by the server within a transaction",
            vec![
                Step::Send(query(
                    "begin; select pg_terminate_backend(pg_backend_pid())",
                )),
                Step::Rest,
            ],
        ),
        script(
            "idle in transaction timeout of the server",
            vec![
                Step::Send(query(
                    "set idle_in_transaction_session_timeout = '30ms'; begin",
                )),
                Step::Rest,
            ],
        ),
        script(
            "idle timeout of the server",
            vec![
                Step::Send(query("set idle_session_timeout = '30ms'")),
                Step::Rest,
            ],
        ),
    ]
}

fn broken() -> Vec<Script> {
    vec![
        script(
            "unknown tag",
            vec![Step::Send(message(b'?', b"x")), Step::Rest],
        ),
        script(
            "query without its end",
            vec![Step::Send(message(b'Q', b"select 1")), Step::Until(b'Z')],
        ),
        script(
            "bind that is too short",
            vec![
                Step::Send([message(b'B', b"\0\0"), sync()].concat()),
                Step::Until(b'Z'),
            ],
        ),
        script(
            "describe of an unknown kind",
            vec![
                Step::Send([message(b'D', b"q\0"), sync()].concat()),
                Step::Until(b'Z'),
            ],
        ),
    ]
}
