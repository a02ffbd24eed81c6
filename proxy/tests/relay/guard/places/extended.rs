//! Denied statements in the extended protocol.

use rules::config::AccessMode;

use super::{COUNT, DELETE, Named, burst, dialogue, each, once, raw, work};
use crate::client::message;
use crate::guard::play::{Part, Step, denied, denied_parse, fine};
use crate::scripts::frames::{bind, close, describe, execute, flush, parse, sync};

pub(super) fn statements() -> Vec<Named> {
    let no = |name| denied_parse(name, DELETE);
    let run = |name: &str| raw(&[bind("", name, &[]), execute("", 0), sync()]);
    let end = || raw(&[sync()]);
    vec![
        (
            "an unnamed Parse",
            dialogue(vec![vec![no(""), run("")], vec![run("")]]),
        ),
        (
            "an unnamed Parse over another",
            dialogue(vec![
                vec![raw(&[parse("", "select 1"), sync()])],
                vec![run("")],
                vec![no(""), end()],
                vec![run("")],
            ]),
        ),
        (
            "a named Parse",
            dialogue(vec![vec![no("s"), run("s")], vec![run("s")]]),
        ),
        (
            "a named Parse beside the unnamed one",
            dialogue(vec![
                vec![raw(&[parse("", "select 1"), sync()])],
                vec![no("s"), end()],
                vec![run("")],
            ]),
        ),
        (
            "a named Parse over another",
            dialogue(vec![
                vec![raw(&[parse("s", "select 1"), sync()])],
                vec![no("s"), end()],
                vec![run("s")],
                vec![raw(&[close(b'S', "s"), sync()])],
                vec![no("s"), end()],
                vec![run("s")],
            ]),
        ),
    ]
}

pub(super) fn parses(mode: AccessMode) -> Vec<Named> {
    let no = |name| denied_parse(name, DELETE);
    let run = |name: &str| raw(&[bind("", name, &[]), execute("", 0), sync()]);
    let end = || raw(&[sync()]);
    let typed = message(
        b'P',
        b"t\0delete from items where id = $1\0\0\x01\0\0\0\x17",
    );
    vec![
        (
            "a Parse with types",
            burst(
                vec![
                    Part::Parse("t".into(), "delete from items where id = $1".into(), typed),
                    raw(&[
                        describe(b'S', "t"),
                        bind("", "t", &["1"]),
                        execute("", 0),
                        sync(),
                    ]),
                ],
                1,
            ),
        ),
        (
            "a Parse byte by byte",
            vec![
                Step::Bytes(vec![once("select 1"), no("s"), run("s"), fine("select 2")]),
                Step::Until(b'Z'),
                Step::Until(b'Z'),
            ],
        ),
        (
            "a Parse in a transaction",
            dialogue(vec![
                vec![fine("begin")],
                vec![once(work(mode)), end()],
                vec![no(""), end()],
                vec![once("select 1"), end()],
                vec![fine("commit")],
                vec![fine(COUNT)],
            ]),
        ),
        (
            "a Parse with Close and Describe behind it",
            burst(
                vec![
                    no("s"),
                    raw(&[
                        describe(b'S', "s"),
                        close(b'S', "s"),
                        bind("", "s", &[]),
                        sync(),
                    ]),
                ],
                1,
            ),
        ),
    ]
}

pub(super) fn pipelines(mode: AccessMode) -> Vec<Named> {
    let no = |name| denied_parse(name, DELETE);
    let end = || raw(&[sync()]);
    vec![
        (
            "a pipeline",
            dialogue(vec![
                vec![once(work(mode)), no(""), once("select 2"), end()],
                vec![fine(COUNT)],
            ]),
        ),
        (
            "a pipeline that failed before",
            burst(
                vec![
                    once("select 1/0"),
                    no(""),
                    denied(DELETE),
                    end(),
                    fine("select 1"),
                ],
                2,
            ),
        ),
        (
            "a pipeline that is flushed",
            vec![
                Step::Send(vec![once(work(mode)), no(""), raw(&[flush()])]),
                Step::Until(b'E'),
                Step::Send(vec![once("select 1"), raw(&[flush(), sync()])]),
                Step::Until(b'Z'),
                Step::Send(vec![fine(COUNT)]),
                Step::Until(b'Z'),
            ],
        ),
        (
            "a Query behind a pipeline without Sync",
            dialogue(vec![
                vec![once(work(mode)), denied(DELETE)],
                vec![fine(COUNT)],
            ]),
        ),
        (
            "a Query and a Parse in turn",
            burst(
                vec![
                    denied(DELETE),
                    no("a"),
                    end(),
                    denied(DELETE),
                    no(""),
                    end(),
                ],
                4,
            ),
        ),
    ]
}

pub(super) fn portals() -> Vec<Named> {
    let no = |name| denied_parse(name, DELETE);
    let end = || raw(&[sync()]);
    vec![
        (
            "an open portal",
            dialogue(vec![
                vec![fine("begin")],
                vec![raw(&[
                    parse("s", "select id from items order by id limit 9"),
                    bind("p", "s", &[]),
                    execute("p", 2),
                    sync(),
                ])],
                vec![fine("savepoint here")],
                vec![denied(DELETE)],
                vec![raw(&[execute("p", 2), sync()])],
                vec![fine("rollback to here")],
                vec![raw(&[execute("p", 2), sync()])],
                vec![no("s"), end()],
                vec![fine("rollback to here")],
                vec![raw(&[
                    execute("p", 2),
                    bind("", "s", &[]),
                    execute("", 1),
                    sync(),
                ])],
                vec![fine("commit")],
            ]),
        ),
        (
            "an open cursor",
            each(vec![
                fine("begin"),
                fine("declare c cursor for select id from items order by id"),
                fine("fetch 2 from c"),
                denied("delete from items where current of c"),
                fine("fetch 2 from c"),
                fine("commit"),
            ]),
        ),
    ]
}
