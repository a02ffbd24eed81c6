//! Attacks that turn the session first.

use super::{Attack, Bite::Real, DELETE};
use crate::client::{message, query};
use crate::scripts::frames::{bind, execute, parse, sync};

/// One string, until backslashes escape.
const QUOTED: &[u8] = b"select '\\' || '; delete from scraps; --'";
/// One string, until two bytes are one letter.
const LETTER: &[u8] = b"select E'\x81\\'; delete from scraps; --'";

pub(super) fn turns() -> Vec<Attack> {
    [escapes(), letters(), writes()].concat()
}

fn two(first: &str, second: &[u8]) -> Vec<u8> {
    let second = message(b'Q', &[second, b"\0"].concat());
    [query(first), second].concat()
}

fn escapes() -> Vec<Attack> {
    let parameters = [
        parse("", "select set_config($1, $2, false)"),
        bind("", "", &["standard_conforming_strings", "off"]),
        execute("", 0),
        sync(),
        message(b'Q', &[QUOTED, b"\0"].concat()),
    ];
    vec![
        (
            "strings with escapes",
            Real,
            two("set standard_conforming_strings = off", QUOTED),
        ),
        (
            "strings with escapes for one transaction",
            Real,
            [
                query("begin"),
                two("set local \"Standard_Conforming_Strings\" to 'of'", QUOTED),
                query("commit"),
            ]
            .concat(),
        ),
        (
            "strings with escapes by set_config",
            Real,
            two(
                "select set_config('standard_conforming_strings', '0', false)",
                QUOTED,
            ),
        ),
        (
            "strings with escapes by parameters",
            Real,
            parameters.concat(),
        ),
        (
            "strings with escapes by a view",
            Real,
            two(
                "update pg_settings set setting = 'off' where name = 'standard_conforming_strings'",
                QUOTED,
            ),
        ),
    ]
}

fn letters() -> Vec<Attack> {
    let computed = "set_config(a || b, c, false) \
         from (values ('client_', 'encoding', 'SJIS')) v(a, b, c)";
    vec![
        (
            "letters of two bytes",
            Real,
            two("set client_encoding to 'sjis'", LETTER),
        ),
        (
            "letters of two bytes by NAMES",
            Real,
            two("set names 'S.J.I.S'", LETTER),
        ),
        (
            "letters of two bytes by a computed name",
            Real,
            two(&format!("select {computed}"), LETTER),
        ),
        (
            "letters of two bytes by a name in escapes",
            Real,
            two(
                "select U&\"set_confi\\0067\"('client_encoding', 'GBK', false)",
                LETTER,
            ),
        ),
    ]
}

fn writes() -> Vec<Attack> {
    let named = "set_config('default_transaction_read_only', 'off', false)";
    vec![
        (
            "a session that writes",
            Real,
            two(&format!("select {named}"), DELETE.as_bytes()),
        ),
        (
            "a transaction that writes",
            Real,
            two(
                "begin read only, read write",
                format!("{DELETE}; commit").as_bytes(),
            ),
        ),
        (
            "transactions that write",
            Real,
            two(
                "set session characteristics as transaction read write",
                DELETE.as_bytes(),
            ),
        ),
    ]
}
