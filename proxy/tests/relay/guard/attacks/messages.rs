//! Attacks of several messages, and of messages that are not as they should be.

use super::{Attack, Bite::None as Harmless, Bite::Real, DELETE};
use crate::client::{message, query};
use crate::guard::call;
use crate::guard::database::OBJECT;
use crate::scripts::frames::{bind, close, describe, execute, flush, parse, sync};

/// `lo_unlink`, `setval`
const LO_UNLINK: u32 = 964;
const SETVAL: u32 = 1576;

pub(super) fn messages() -> Vec<Attack> {
    [
        names(),
        names_again(),
        pipelines(),
        malformed_parses(),
        malformed_queries(),
        calls(),
        sizes(),
    ]
    .concat()
}

fn run(name: &str) -> Vec<u8> {
    [bind("", name, &[]), execute("", 0)].concat()
}

/// Several messages, and messages that are not as they should be.
fn names() -> Vec<Attack> {
    let long = "n".repeat(70);
    let under_names = |sql: &str| [parse("", sql), run(""), sync()].concat();
    vec![
        ("Parse", Real, under_names(DELETE)),
        (
            "a named Parse",
            Real,
            [parse("s", DELETE), run("s"), sync()].concat(),
        ),
        (
            "a name that passes before SQL that does not",
            Real,
            [parse("select 1", DELETE), run("select 1"), sync()].concat(),
        ),
        (
            "a name of SQL",
            Harmless,
            [parse(DELETE, "select 1"), run(DELETE), sync()].concat(),
        ),
        (
            "a name longer than names are",
            Real,
            [parse(&long, DELETE), run(&long[..63]), run(&long), sync()].concat(),
        ),
    ]
}

fn names_again() -> Vec<Attack> {
    vec![
        (
            "a name that was denied",
            Real,
            [
                parse("s", DELETE),
                sync(),
                run("s"),
                sync(),
                run("s"),
                sync(),
            ]
            .concat(),
        ),
        (
            "a name that stood for something else",
            Real,
            [
                parse("s", "select 1"),
                close(b'S', "s"),
                parse("s", DELETE),
                sync(),
                run("s"),
                sync(),
            ]
            .concat(),
        ),
        (
            "a name that is taken",
            Harmless,
            [
                parse("s", "select 1"),
                sync(),
                parse("s", DELETE),
                sync(),
                run("s"),
                sync(),
            ]
            .concat(),
        ),
        (
            "the unnamed statement of before",
            Real,
            [
                parse("", "select 1"),
                sync(),
                parse("", DELETE),
                sync(),
                run(""),
                sync(),
            ]
            .concat(),
        ),
    ]
}

fn pipelines() -> Vec<Attack> {
    vec![
        (
            "Flush in place of Sync",
            Real,
            [
                parse("", DELETE),
                describe(b'S', ""),
                flush(),
                run(""),
                flush(),
                sync(),
            ]
            .concat(),
        ),
        (
            "no Sync",
            Real,
            [parse("", DELETE), run(""), query("select 1")].concat(),
        ),
        (
            "a name of the guard's",
            Real,
            [
                parse("standin_denied_", DELETE),
                run("standin_denied_"),
                sync(),
            ]
            .concat(),
        ),
        (
            "EXECUTE of what was parsed",
            Real,
            [parse("s", DELETE), sync(), query("execute s")].concat(),
        ),
        (
            "Bind of what was prepared",
            Real,
            [query(&format!("prepare s as {DELETE}")), run("s"), sync()].concat(),
        ),
    ]
}

fn malformed_parses() -> Vec<Attack> {
    let body = |tag, body: &[u8]| message(tag, body);
    vec![
        (
            "SQL behind a Parse's own",
            Harmless,
            [
                body(b'P', format!("\0select 1\0{DELETE}\0\0\0").as_bytes()),
                run(""),
                sync(),
            ]
            .concat(),
        ),
        (
            "SQL behind a Parse's types",
            Harmless,
            [
                body(b'P', format!("\0select 1\0\0\0{DELETE}\0").as_bytes()),
                run(""),
                sync(),
            ]
            .concat(),
        ),
        (
            "a Parse without a NUL",
            Harmless,
            [body(b'P', DELETE.as_bytes()), sync()].concat(),
        ),
        (
            "a Parse whose SQL has no NUL",
            Harmless,
            [
                body(b'P', format!("\0{DELETE}").as_bytes()),
                run(""),
                sync(),
            ]
            .concat(),
        ),
        (
            "an empty Parse",
            Harmless,
            [body(b'P', b""), run(""), sync()].concat(),
        ),
    ]
}

fn malformed_queries() -> Vec<Attack> {
    let body = |tag, body: &[u8]| message(tag, body);
    let delete = query(DELETE);
    vec![
        (
            "a Query without a NUL",
            Harmless,
            body(b'Q', DELETE.as_bytes()),
        ),
        ("an empty Query", Harmless, body(b'Q', b"")),
        (
            "a Query behind a NUL",
            Harmless,
            body(b'Q', format!("select 1\0{DELETE}\0").as_bytes()),
        ),
        (
            "a Query that begins with a NUL",
            Harmless,
            body(b'Q', format!("\0{DELETE}\0").as_bytes()),
        ),
        ("a Query within CopyData", Harmless, body(b'd', &delete)),
        (
            "a Query within Bind",
            Harmless,
            [body(b'B', &delete), sync()].concat(),
        ),
        (
            "a Query within COPY",
            Harmless,
            [
                query("copy journal from stdin"),
                delete.clone(),
                message(b'f', b"\0"),
            ]
            .concat(),
        ),
        (
            "a password",
            Harmless,
            body(b'p', format!("{DELETE}\0").as_bytes()),
        ),
    ]
}

fn calls() -> Vec<Attack> {
    let body = |tag, body: &[u8]| message(tag, body);
    vec![
        ("a FunctionCall", Real, call(LO_UNLINK, &[OBJECT])),
        (
            "a FunctionCall in a pipeline",
            Real,
            [parse("", "select 1"), call(SETVAL, &["counter", "9"])].concat(),
        ),
        (
            "a FunctionCall without a number",
            Harmless,
            body(b'F', b"\0\0"),
        ),
        ("an empty FunctionCall", Harmless, body(b'F', b"")),
    ]
}

fn sizes() -> Vec<Attack> {
    let delete = query(DELETE);
    vec![
        (
            "white space of more than a buffer",
            Real,
            query(&format!("{}{DELETE}", " \n".repeat(5_000))),
        ),
        (
            "a comment of more than is remembered",
            Real,
            query(&format!("/*{}*/{DELETE}", "*".repeat(70_000))),
        ),
        (
            "a statement behind a thousand",
            Real,
            [query("select 1").repeat(1000), delete].concat(),
        ),
    ]
}
