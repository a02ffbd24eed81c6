//! Rewriting a statement without changing what it means changes no verdict.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::{codes, corpus};
use crate::guard::{Cache, Fingerprint, Kind, Lexer, inspect, judge};

const STATEMENTS: [&str; 24] = [
    "SELECT * FROM t WHERE a = 'x' AND b IN (1, 2)",
    "WITH d AS (DELETE FROM t RETURNING *) SELECT * FROM d",
    "INSERT INTO t (a) VALUES ($1) ON CONFLICT (a) DO UPDATE SET a = 2",
    "INSERT INTO t SELECT * FROM u",
    "SELECT set_config('transaction_read_only', 'off', false)",
    "SELECT set_config('search_path', '', false)",
    "SELECT set_config('a' || 'b', 'off', false)",
    "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE",
    "SET default_transaction_read_only = off",
    "SET TIME ZONE 'UTC'",
    "EXPLAIN (ANALYZE, BUFFERS) SELECT 1 INTO t",
    "EXPLAIN DELETE FROM t",
    "COPY t (a, b) FROM STDIN",
    "COPY (SELECT 1) TO STDOUT",
    "LOCK TABLE a, b IN ROW EXCLUSIVE MODE",
    "LOCK TABLE a IN ACCESS SHARE MODE",
    "DECLARE c CURSOR FOR SELECT * FROM t FOR NO KEY UPDATE",
    "PREPARE p (int) AS DELETE FROM t WHERE a = $1",
    "BEGIN ISOLATION LEVEL READ COMMITTED, READ WRITE",
    "GRANT a TO b",
    "CREATE USER MAPPING FOR a SERVER s",
    "ALTER SYSTEM SET a = 1",
    "SELECT pg_catalog.lo_unlink(5), dblink('', '')",
    "SELECT ts_rewrite(a, b), ts_rewrite(a, b, c) FROM t",
];

/// The statements above, and every message of the corpus.
static ALL: LazyLock<Vec<String>> = LazyLock::new(|| {
    let measured = corpus::cases();
    let measured = measured.iter().flat_map(corpus::texts);
    STATEMENTS
        .map(str::to_owned)
        .into_iter()
        .chain(measured)
        .collect()
});

/// Beginnings of functions of the server that the guard knows, by which they are told from keywords.
const FUNCTIONS: [&str; 9] = [
    "pg_",
    "lo_",
    "lowrite",
    "set_config",
    "nextval",
    "setval",
    "query_to_xml",
    "ts_",
    "dblink",
];
/// Settings that the guard knows and that no grammar of their own surrounds.
const SETTINGS: [&str; 4] = [
    "default_transaction_read_only",
    "transaction_read_only",
    "standard_conforming_strings",
    "client_encoding",
];

/// Something that may stand between any two tokens. A line break after a string would continue it,
/// but only before another string.
fn between() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        " ",
        "\t",
        "\n",
        "\r",
        "\u{c}",
        "/**/",
        "/*/*x*/;*/",
        "--;DELETE FROM t\n",
        "--\r",
        " /*'*/ ",
    ])
}

fn rewritten(sql: &str, between: &[&str], flips: &[bool]) -> String {
    let mut lexer = Lexer::new(sql.as_bytes());
    let mut text = String::new();
    let (mut between, mut flips) = (between.iter().cycle(), flips.iter().cycle());
    loop {
        let token = lexer.advance();
        if token.kind == Kind::End {
            return text;
        }
        let part = &sql[token.start..token.end];
        text.push_str(between.next().expect("is not empty"));
        if token.kind == Kind::Word {
            let flip = |letter: char| match flips.next() {
                Some(true) => letter.to_ascii_uppercase(),
                _ => letter.to_ascii_lowercase(),
            };
            text.extend(part.chars().map(flip));
        } else {
            text.push_str(part);
        }
    }
}

/// The same with names qualified and quoted, as the choices say.
fn respelled(sql: &str, choices: &[u8]) -> String {
    let mut lexer = Lexer::new(sql.as_bytes());
    let mut tokens = Vec::new();
    loop {
        let token = lexer.advance();
        if token.kind == Kind::End {
            break;
        }
        tokens.push(token);
    }
    let (mut text, mut at) = (String::new(), 0);
    let mut choices = choices.iter().cycle();
    for (index, token) in tokens.iter().enumerate() {
        let word = sql[token.start..token.end].to_ascii_lowercase();
        let before = index.checked_sub(1).map(|before| tokens[before]);
        let is_call = tokens
            .get(index + 1)
            .is_some_and(|next| next.kind == Kind::Open)
            && before.is_none_or(|before| before.kind != Kind::Dot)
            && FUNCTIONS.iter().any(|known| word.starts_with(known));
        let is_set = SETTINGS.contains(&word.as_str())
            && before.is_some_and(|before| before.kind == Kind::Word);
        let choice = choices.next().expect("is not empty") % 5;
        text.push_str(&sql[at..token.start]);
        at = token.end;
        match choice {
            1 | 3 if token.kind == Kind::Word && is_set => text.push_str(&format!("\"{word}\"")),
            1 if token.kind == Kind::Word && is_call => {
                text.push_str(&format!("pg_catalog.{word}"));
            }
            2 if token.kind == Kind::Word && is_call => text.push_str(&format!("\"{word}\"")),
            3 if token.kind == Kind::Word && is_call => {
                text.push_str(&format!("PG_CATALOG . \"{word}\""));
            }
            4 if token.kind == Kind::Word && is_call => {
                text.push_str(&format!("\"pg_catalog\".{word}"));
            }
            _ => text.push_str(&sql[token.start..token.end]),
        }
    }
    text + &sql[at..]
}

/// Whether it is one query, which may stand in brackets.
fn is_query(sql: &str) -> bool {
    let mut lexer = Lexer::new(sql.as_bytes());
    let first = lexer.advance();
    let mut last = first;
    let begins = ["select", "values", "table"];
    let begins = begins.contains(&sql[first.start..first.end].to_ascii_lowercase().as_str());
    loop {
        match lexer.advance() {
            token if token.kind == Kind::End => return begins && last.kind != Kind::Broken,
            token if token.kind == Kind::Semicolon => return false,
            token => last = token,
        }
    }
}

proptest! {
    #[test]
    fn names_that_are_qualified_or_quoted_change_no_verdict(
        index in 0..ALL.len(),
        choices in prop::collection::vec(0..5_u8, 1..40),
    ) {
        let sql = &ALL[index];
        let other = respelled(sql, &choices);
        prop_assert_eq!(codes(other.as_bytes()), codes(sql.as_bytes()), "{:?}", other);
    }

    #[test]
    fn brackets_around_a_query_change_no_verdict(index in 0..ALL.len(), depth in 1..40_usize) {
        let sql = &ALL[index];
        if is_query(sql) {
            // A comment to the end of the line would take the bracket in.
            let other = format!("{}{sql}\n{}", "(".repeat(depth), ")".repeat(depth));
            prop_assert_eq!(codes(other.as_bytes()), codes(sql.as_bytes()), "{:?}", other);
        }
    }

    #[test]
    fn case_white_space_and_comments_change_no_verdict(
        index in 0..ALL.len(),
        between in prop::collection::vec(between(), 1..40),
        flips in prop::collection::vec(any::<bool>(), 1..40),
    ) {
        let sql = &ALL[index];
        let other = rewritten(sql, &between, &flips);
        prop_assert_eq!(codes(other.as_bytes()), codes(sql.as_bytes()), "{:?}", other);
        prop_assert_eq!(Fingerprint::of(other.as_bytes()), Fingerprint::of(sql.as_bytes()));
    }

    #[test]
    fn a_message_is_denied_for_each_of_its_statements(
        one in 0..STATEMENTS.len(),
        two in 0..STATEMENTS.len(),
    ) {
        let both = format!("{};{}", STATEMENTS[one], STATEMENTS[two]);
        let rules = |sql: &str| inspect(sql.as_bytes()).rules;
        for rule in rules(STATEMENTS[one]).iter().chain(rules(STATEMENTS[two]).iter()) {
            prop_assert!(rules(&both).contains(rule), "{} lost {:?}", both, rule);
        }
    }

    #[test]
    fn any_bytes_are_judged_without_panic_and_the_same_from_the_cache(
        sql in prop::collection::vec(prop::sample::select(
            b"'\"$$EeUu&/*-\n\r;(),.ab1 setconfig\xc4\xb0\xdd\0".to_vec()), 0..80),
    ) {
        let cache = Cache::new([7; 4]);
        for mode in super::MODES {
            let verdict = judge(&sql, mode);
            prop_assert_eq!(cache.judge(&sql, mode), verdict);
            prop_assert_eq!(cache.judge(&sql, mode), verdict);
        }
    }
}

#[test]
fn fingerprints_hold_no_values_and_tell_statements_apart() {
    let of = |sql: &str| Fingerprint::of(sql.as_bytes()).to_string();
    assert_eq!(
        of("SELECT * FROM t WHERE a = 'x'"),
        of("select * from T where a = 'y'")
    );
    assert_ne!(
        of("SELECT * FROM t WHERE a = 1"),
        of("SELECT * FROM t WHERE b = 1")
    );
    assert_ne!(of("SELECT ab"), of("SELECT a b"));
}

#[test]
fn the_cache_keeps_at_most_its_bound_and_stays_right() {
    let cache = Cache::new([1; 4]);
    let mode = crate::config::AccessMode::ReadOnly;
    for number in 0..200_000 {
        let read = format!("SELECT {number}");
        let write = format!("DELETE FROM t WHERE a = {number}");
        assert!(cache.judge(read.as_bytes(), mode).denial().is_none());
        assert!(cache.judge(write.as_bytes(), mode).denial().is_some());
    }
    assert!(cache.len() <= crate::guard::VERDICTS_MAX);
    assert!(cache.len() > crate::guard::VERDICTS_MAX / 2);
}
