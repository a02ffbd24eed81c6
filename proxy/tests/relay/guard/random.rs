//! Denied statements in random company.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use rules::config::AccessMode;

use super::database::Database;
use super::play::{Part, Step, compare, denied, denied_call, denied_parse, fine};
use super::{GUARDED, relay};
use crate::client::{message, query};
use crate::scripts::frames::{bind, close, describe, execute, flush, parse, sync};

/// Scripts of each mode.
const SCRIPTS: u32 = 32;
/// The longest script.
const MOVES_MAX: usize = 24;
const NAMES: [&str; 3] = ["", "a", "b"];

/// Pass in each mode, some of them to fail on the server.
const FINE: [&str; 9] = [
    "select 1",
    "select count(*) from journal",
    "select n from generate_series(1, 3) n",
    "",
    "select 1/0",
    "nonsense",
    "select * from nowhere",
    "show transaction_isolation",
    "select escape('select 1')",
];
/// Of transactions.
const CONTROL: [&str; 6] = [
    "begin",
    "commit",
    "rollback",
    "savepoint s",
    "rollback to s",
    "commit and chain",
];
/// Denied in each guarded mode.
const DENIED: [&str; 8] = [
    "delete from items",
    "update items set name = 'x' where id = 2",
    "select 1; truncate items",
    "drop table items",
    "select set_config('role', 'app', false)",
    "select id from items where id = 1 for update",
    "do 'begin end'",
    "commit; delete from items; begin",
];

fn any_of(all: &'static [&'static str]) -> impl Strategy<Value = &'static str> {
    prop::sample::select(all)
}

fn raw(messages: &[Vec<u8>]) -> Part {
    Part::Fine(messages.concat())
}

fn run(sql: &str, name: &str) -> Part {
    raw(&[
        parse(name, sql),
        bind("", name, &[]),
        describe(b'P', ""),
        execute("", 0),
    ])
}

/// What adds a row where the mode lets it be added.
fn adds(mode: AccessMode) -> impl Strategy<Value = Part> {
    let sql = "insert into journal values (7)";
    let copy = "copy journal from stdin";
    let data = || [message(b'd', b"3\n"), message(b'c', b"")].concat();
    let passes = mode == AccessMode::Append;
    let simple = move |sql: &str| if passes { fine(sql) } else { denied(sql) };
    let copied = move || {
        let (fine, denied) = (raw(&[query(copy), data()]), denied(copy));
        if passes { fine } else { denied }
    };
    let parsed = move || {
        if passes {
            run(sql, "")
        } else {
            denied_parse("", sql)
        }
    };
    prop_oneof![
        Just(()).prop_map(move |()| simple(sql)),
        Just(()).prop_map(move |()| copied()),
        Just(()).prop_map(move |()| parsed()),
    ]
}

fn part(mode: AccessMode) -> impl Strategy<Value = Part> {
    let name = || any_of(&NAMES);
    prop_oneof![
        3 => any_of(&FINE).prop_map(fine),
        2 => any_of(&CONTROL).prop_map(fine),
        3 => any_of(&DENIED).prop_map(denied),
        3 => (name(), any_of(&DENIED)).prop_map(|(name, sql)| denied_parse(name, sql)),
        3 => (name(), any_of(&FINE)).prop_map(|(name, sql)| run(sql, name)),
        1 => any_of(&CONTROL).prop_map(|sql| run(sql, "")),
        2 => adds(mode),
        2 => name().prop_map(|name| raw(&[bind("", name, &[]), execute("", 1)])),
        1 => name().prop_map(|name| raw(&[describe(b'S', name)])),
        1 => name().prop_map(|name| raw(&[close(b'S', name)])),
        1 => Just(denied_call(957, &["-1"])),
        1 => Just(raw(&[message(b'd', b"4\n"), message(b'c', b"")])),
        1 => Just(raw(&[flush()])),
        4 => Just(raw(&[sync()])),
    ]
}

#[test]
fn random_scripts_with_denied_statements_bring_back_what_syntax_errors_would() {
    for mode in GUARDED {
        let harness = relay(mode);
        let name = format!("random_{mode}").replace('-', "_");
        let database = std::sync::Mutex::new(Database::new(&name));
        let scripts = prop::collection::vec(part(mode), 1..MOVES_MAX);
        let config = Config {
            cases: SCRIPTS,
            max_shrink_iters: 200,
            failure_persistence: None,
            ..Config::default()
        };
        let ran = TestRunner::new(config).run(&scripts, |mut parts| {
            parts.extend([raw(&[sync()]), fine("select count(*) from journal")]);
            parts.push(raw(&[message(b'X', b"")]));
            let steps = [Step::Send(parts), Step::Rest];
            let mut database = database.lock().unwrap_or_else(|broken| broken.into_inner());
            compare("random", (&harness, mode), &mut database, &steps);
            Ok(())
        });
        if let Err(error) = ran {
            panic!("{mode}: {error}");
        }
        harness.wait_until_empty();
    }
}
