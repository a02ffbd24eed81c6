//! COPY in, out, within the extended protocol, and ended by either side.

use super::frames::{bind, execute, flush, parse, sync};
use super::{script, simple};
use crate::client::{message, query};
use crate::transcripts::{Script, Step};

pub(super) fn scripts() -> Vec<Script> {
    [copies_in(), copies_out(), copies_extended()]
        .into_iter()
        .flatten()
        .collect()
}

fn data(text: &str) -> Vec<u8> {
    message(b'd', text.as_bytes())
}

fn done() -> Vec<u8> {
    message(b'c', b"")
}

fn table() -> Step {
    Step::Send(query("create temp table c (a int, b text)"))
}

fn copy(name: &str, sql: &str, bytes: Vec<u8>) -> Script {
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
}

fn copies_in() -> Vec<Script> {
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
    ]
}

fn copies_out() -> Vec<Script> {
    vec![
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
    ]
}

fn copies_extended() -> Vec<Script> {
    vec![
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
