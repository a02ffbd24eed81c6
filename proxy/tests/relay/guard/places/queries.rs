//! Denied statements in the simple protocol.

use rules::config::AccessMode;

use super::{COUNT, DELETE, Named, burst, each, raw, work};
use crate::client::message;
use crate::guard::play::{Step, denied, fine};

pub(super) fn transactions(mode: AccessMode) -> Vec<Named> {
    let no = || denied(DELETE);
    vec![
        ("alone", each(vec![no(), fine("select 1")])),
        (
            "a transaction whose commit rolls back",
            each(vec![
                fine("begin"),
                fine(work(mode)),
                no(),
                fine("select 1"),
                fine("commit"),
                fine(COUNT),
            ]),
        ),
        (
            "a savepoint",
            each(vec![
                fine("begin"),
                fine(work(mode)),
                fine("savepoint here"),
                no(),
                fine("rollback to here"),
                fine("commit"),
                fine(COUNT),
            ]),
        ),
    ]
}

pub(super) fn several(mode: AccessMode) -> Vec<Named> {
    let no = || denied(DELETE);
    let many = format!("select 1; {}; {DELETE}; select 2", work(mode));
    let whole = format!("begin; {}; {DELETE}; commit", work(mode));
    vec![
        ("among several", each(vec![denied(&many), fine(COUNT)])),
        (
            "a whole transaction",
            each(vec![denied(&whole), fine(COUNT)]),
        ),
        (
            "an aborted transaction",
            each(vec![
                fine("begin"),
                fine("select 1/0"),
                no(),
                fine("commit and chain"),
                no(),
                fine("rollback"),
            ]),
        ),
        (
            "prepared by SQL",
            each(vec![
                denied("prepare p as delete from items"),
                fine("execute p"),
                fine("prepare p as select 1"),
                denied("prepare p as delete from items"),
                fine("execute p"),
            ]),
        ),
        (
            "another encoding",
            each(vec![
                fine("set client_encoding = 'latin1'"),
                no(),
                fine("show client_encoding"),
            ]),
        ),
    ]
}

pub(super) fn bursts() -> Vec<Named> {
    let no = || denied(DELETE);
    vec![
        ("two in one write", burst(vec![no(), no()], 2)),
        (
            "between others in one write",
            burst(
                vec![
                    fine("select 1"),
                    no(),
                    fine("select 2"),
                    no(),
                    fine("select 3"),
                ],
                5,
            ),
        ),
        (
            "a goodbye behind it",
            vec![
                Step::Send(vec![no(), raw(&[message(b'X', b"")])]),
                Step::Rest,
            ],
        ),
        (
            "between large results",
            burst(
                (0..4)
                    .flat_map(|_| {
                        [
                            fine("select repeat('x', 100000) from generate_series(1, 20)"),
                            no(),
                        ]
                    })
                    .collect(),
                8,
            ),
        ),
        (
            "byte by byte",
            vec![
                Step::Bytes(vec![fine("select 1"), no(), fine("select 2")]),
                Step::Until(b'Z'),
                Step::Until(b'Z'),
                Step::Until(b'Z'),
            ],
        ),
    ]
}
