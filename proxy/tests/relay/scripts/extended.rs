//! The extended protocol: statements, portals, pipelines, flushes.

use super::frames::{bind, close, describe, execute, flush, parse, sync};
use super::{burst, script};
use crate::client::{message, query};
use crate::transcripts::{Script, Step};

pub(super) fn scripts() -> Vec<Script> {
    [statements(), mistakes(), pipelines(), flushes(), bursts()]
        .into_iter()
        .flatten()
        .collect()
}

fn one() -> Vec<u8> {
    [
        parse("", "select $1::int"),
        bind("", "", &["1"]),
        execute("", 0),
    ]
    .concat()
}

fn bad() -> Vec<u8> {
    [
        parse("", "select 1/$1::int"),
        bind("", "", &["0"]),
        execute("", 0),
    ]
    .concat()
}

fn statements() -> Vec<Script> {
    vec![
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
            "close of nothing",
            &[close(b'S', "nothing"), close(b'P', "nothing"), sync()],
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
    ]
}

fn mistakes() -> Vec<Script> {
    vec![
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
            "parse of an existing name",
            &[parse("n", "select 1"), parse("n", "select 2"), sync()],
        ),
        burst(
            "several statements in a parse",
            &[parse("", "select 1; select 2"), sync()],
        ),
    ]
}

fn pipelines() -> Vec<Script> {
    vec![
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
    ]
}

fn flushes() -> Vec<Script> {
    vec![
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
    ]
}

fn bursts() -> Vec<Script> {
    let mut steps = vec![Step::Send([one(), sync()].concat().repeat(200))];
    steps.extend(std::iter::repeat_n(Step::Until(b'Z'), 200));
    let syncs = script("two hundred syncs in one burst", steps);
    let mut steps = vec![Step::Send(
        query("select n from generate_series(1, 100) n").repeat(50),
    )];
    steps.extend(std::iter::repeat_n(Step::Until(b'Z'), 50));
    vec![syncs, script("fifty simple queries in one burst", steps)]
}
