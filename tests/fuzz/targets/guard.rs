//! Any bytes are judged without panic and in linear time, and what they would do does not depend on
//! how they are spelled nor on what stands before and behind them.

#![no_main]

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use libfuzzer_sys::fuzz_target;
use rules::config::AccessMode;
use rules::guard::{
    Cache, Denial, Fingerprint, Kind, Lexer, Rule, Rules, Token, Verdict, inspect, judge, startup,
    tripwire,
};

const MODES: [AccessMode; 3] = [
    AccessMode::ReadOnly,
    AccessMode::Append,
    AccessMode::ReadWrite,
];

/// What a byte beyond ASCII stands for, so that a few bytes are a statement.
const FRAGMENTS: &str = "select |insert |into |update |delete |from |merge |using |truncate |with |\
    recursive |as |materialized |values |table |where |for |share |no |key |of |set |session |local |\
    reset |role |to |default |transaction |read |write |only |begin |start |commit |rollback |prepared |\
    prepare |execute |explain |analyze |verbose |declare |cursor |copy |stdin |stdout |program |lock |\
    in |access |exclusive |mode |row |create |alter |drop |grant |revoke |on |function |language |\
    user |mapping |server |foreign |subscription |system |security |label |import |do |call |notify |\
    checkpoint |load |vacuum |comment |authorization |characteristics |names |conflict |search |cycle |\
    set_config(|nextval(|setval(|lo_unlink(|ts_rewrite(|dblink(|pg_catalog.|pg_read_file(|pg_notify(|\
    transaction_read_only|default_transaction_read_only|standard_conforming_strings|client_encoding|\
    sjis|off|on|none|plpython3u|'a'|\"a\"|E'\\''|U&\"a\"|U&'a'|$$|$a$|$1|1.5e3|--|/*|*/|\n|;|,|(|)|\
    = |:=|::|a|t|public";

/// One for all runs, so that what another run left in it is asked for too.
static CACHE: LazyLock<Cache> = LazyLock::new(|| Cache::new([7; 4]));

/// What a long message may take: a linear one takes milliseconds, a quadratic one minutes.
const LONG_TIME_MAX: Duration = Duration::from_secs(5);
const LONG_BYTES: usize = 256 << 10;

fuzz_target!(|bytes: &[u8]| {
    let spelled = spelled(bytes);
    for sql in [bytes, &spelled] {
        holds(sql);
        // SQL holds no NUL, so it parts what is put together again here.
        let mut parts = sql.splitn(2, |&byte| byte == 0);
        let one = parts.next().unwrap_or_default();
        let two = parts.next().unwrap_or(b"DELETE FROM t");
        stands_beside(one, two);
        settings(one, two);
    }
    // Few inputs, so that the others stay quick.
    let sum = bytes.iter().fold(0u8, |sum, &byte| sum.wrapping_add(byte));
    if sum == u8::MAX {
        is_linear(&spelled);
    }
});

fn spelled(bytes: &[u8]) -> Vec<u8> {
    static PARTS: LazyLock<Vec<&str>> = LazyLock::new(|| FRAGMENTS.split('|').collect());
    let mut sql = Vec::new();
    for &byte in bytes {
        match byte.checked_sub(0x80) {
            None => sql.push(byte),
            Some(at) => sql.extend(PARTS[usize::from(at) % PARTS.len()].bytes()),
        }
    }
    sql
}

/// Reads a long message that repeats some SQL.
fn is_linear(sql: &[u8]) {
    let long: Vec<u8> = sql.iter().copied().cycle().take(LONG_BYTES).collect();
    let began = Instant::now();
    inspect(&long);
    Fingerprint::of(&long);
    assert!(began.elapsed() < LONG_TIME_MAX, "is not linear");
}

/// What is true of every message.
fn holds(sql: &[u8]) {
    let found = inspect(sql).rules;
    for mode in MODES {
        let verdict = judge(sql, mode);
        assert_eq!(CACHE.judge(sql, mode), verdict);
        assert_eq!(CACHE.judge(sql, mode), verdict);
        let denies = |rule: Rule| rule.code(mode).is_some();
        assert_eq!(verdict != Verdict::Allow, found.iter().any(denies));
        if let Some(denial) = verdict.denial() {
            assert!(found.contains(denial.rule) && denies(denial.rule));
            assert_eq!(Denial::from_bytes(denial.to_bytes(), mode), Some(denial));
            assert_eq!(Some(denial.code()), denial.rule.code(mode));
        }
    }
    let tokens = tokens(sql);
    if is_whole(&tokens) {
        let again = respelled(sql, &tokens);
        assert_eq!(inspect(&again).rules, found);
        assert_eq!(Fingerprint::of(&again), Fingerprint::of(sql));
    }
}

/// The tokens but for the end: none is empty, none lies over another, and nothing that PostgreSQL
/// would read lies between them.
fn tokens(sql: &[u8]) -> Vec<Token> {
    let mut lexer = Lexer::new(sql);
    let (mut tokens, mut behind) = (Vec::new(), 0);
    loop {
        let token = lexer.advance();
        assert!(behind <= token.start && token.start <= token.end && token.end <= sql.len());
        assert!(is_blank(&sql[behind..token.start]), "between tokens");
        behind = token.end;
        if token.kind == Kind::End {
            assert_eq!((token.start, token.end), (sql.len(), sql.len()));
            assert_eq!(lexer.advance(), token);
            return tokens;
        }
        assert!(token.start < token.end);
        tokens.push(token);
    }
}

/// Whether it is white space and comments, read in another way than the lexer does.
fn is_blank(text: &[u8]) -> bool {
    let mut rest = text;
    while let Some((&first, behind)) = rest.split_first() {
        if rest.starts_with(b"--") {
            let mut parts = rest.splitn(2, |byte| matches!(byte, b'\n' | b'\r'));
            parts.next();
            rest = parts.next().unwrap_or_default();
        } else if rest.starts_with(b"/*") {
            let mut depth = 0;
            while let Some((&first, behind)) = rest.split_first() {
                (depth, rest) = match (first, behind.first()) {
                    (b'/', Some(b'*')) => (depth + 1, &behind[1..]),
                    (b'*', Some(b'/')) => (depth - 1, &behind[1..]),
                    _ => (depth, behind),
                };
                if depth == 0 {
                    break;
                }
            }
            if depth > 0 {
                return false;
            }
        } else if first.is_ascii_whitespace() || first == 0x0b {
            rest = behind;
        } else {
            return false;
        }
    }
    true
}

/// Whether the SQL ends outside of strings and comments; so any other SQL may follow it.
fn is_whole(tokens: &[Token]) -> bool {
    tokens.iter().all(|token| token.kind != Kind::Broken)
}

/// The same SQL in capitals, with a comment in place of what stood between its tokens.
fn respelled(sql: &[u8], tokens: &[Token]) -> Vec<u8> {
    let mut again = Vec::new();
    for token in tokens {
        let text = &sql[token.start..token.end];
        again.extend_from_slice(b"/*/*;*/'*/");
        match token.kind {
            Kind::Word => again.extend(text.to_ascii_uppercase()),
            _ => again.extend_from_slice(text),
        }
    }
    again
}

/// Two messages sent as one do what each of them does, no less and no more: brackets that are still
/// open hide nothing, and no statement sees another.
fn stands_beside(one: &[u8], two: &[u8]) {
    if !is_whole(&tokens(one)) {
        return;
    }
    // The line break ends a comment that may stand last.
    let both = inspect(&[one, b"\n;", two].concat());
    let (one, two) = (inspect(one), inspect(two));
    let mut each = Rules::default();
    one.rules
        .iter()
        .chain(two.rules.iter())
        .for_each(|rule| each.insert(rule));
    assert_eq!(both.rules, each);
    assert_eq!(both.is_known, one.is_known && two.is_known);
    for rule in each.iter() {
        let first = if one.rules.contains(rule) { &one } else { &two };
        assert_eq!(both.command(rule), first.command(rule));
    }
}

/// A setting of a startup message that is denied is one that the server's report would trip over, or
/// one of the rules that a report says nothing about.
fn settings(name: &[u8], value: &[u8]) {
    let (Ok(name), Ok(value)) = (str::from_utf8(name), str::from_utf8(value)) else {
        return;
    };
    for mode in MODES {
        let asked = startup(name, value, mode).map(|denial| denial.rule);
        let reported = tripwire(name, value, mode).map(|denial| denial.rule);
        match asked {
            Some(Rule::TxReadWrite) => assert_eq!(reported, Some(Rule::Tripwire)),
            Some(Rule::GucLex) => assert_eq!(reported, Some(Rule::GucLex)),
            Some(rule) => assert_eq!((rule, reported), (Rule::RoleSet, None)),
            None => assert_eq!(reported, None),
        }
    }
}
