//! How sessions end: by the client, by the server, by what nobody can read.

use super::frames::sync;
use super::script;
use crate::client::{message, query};
use crate::transcripts::{Script, Step};

pub(super) fn scripts() -> Vec<Script> {
    goodbyes().into_iter().chain(broken()).collect()
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
