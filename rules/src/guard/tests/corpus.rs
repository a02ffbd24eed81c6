//! The measured corpus: what the guard alone must say of each case in each mode.

use toml::{Table, Value};

use crate::config::AccessMode;
use crate::guard::{Denial, Rule, judge, startup, tripwire};

const CORPUS: &str = include_str!("../../../../tests/guard/corpus.toml");

pub(super) fn cases() -> Vec<Table> {
    let corpus: Table = CORPUS.parse().expect("the corpus is TOML");
    let cases = corpus["case"].as_array().expect("a list of cases");
    cases.iter().filter_map(Value::as_table).cloned().collect()
}

fn messages(case: &Table) -> Vec<Vec<u8>> {
    if let Some(steps) = case.get("steps").and_then(Value::as_array) {
        let texts = steps.iter().filter_map(Value::as_str);
        return texts.map(|text| text.as_bytes().to_vec()).collect();
    }
    if let Some(hex) = case.get("sql_hex").and_then(Value::as_str) {
        let byte = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).expect("hexadecimal");
        return vec![(0..hex.len()).step_by(2).map(byte).collect()];
    }
    let sql = case.get("sql").and_then(Value::as_str);
    sql.map(|sql| sql.as_bytes().to_vec()).into_iter().collect()
}

/// The messages of a case that are text.
pub(super) fn texts(case: &Table) -> Vec<String> {
    let messages = messages(case).into_iter();
    messages
        .filter_map(|sql| String::from_utf8(sql).ok())
        .collect()
}

/// The first denial that the guard has for a case.
fn denied(case: &Table, mode: AccessMode) -> Option<Denial> {
    let asked = case.get("startup").and_then(Value::as_table);
    for (name, value) in asked.into_iter().flatten() {
        let value = value.as_str().unwrap_or_default();
        let (name, value) = match value
            .strip_prefix("-c ")
            .and_then(|pair| pair.split_once('='))
        {
            Some(pair) => pair,
            None => (name.as_str(), value),
        };
        if let Some(denial) = startup(name, value, mode) {
            return Some(denial);
        }
    }
    if case.contains_key("fastpath") {
        return Denial::by(Rule::Fastpath, mode);
    }
    let mut messages = messages(case).into_iter();
    let judged = messages.find_map(|sql| judge(&sql, mode).denial());
    let rules = case["rules"].as_array().into_iter().flatten();
    let trips = rules
        .filter_map(Value::as_str)
        .any(|rule| rule == "tripwire");
    // What the server reports after such a case.
    let reported = || tripwire("default_transaction_read_only", "off", mode);
    judged.or_else(|| trips.then(reported).flatten())
}

#[test]
fn every_case_gets_the_verdict_of_its_mode() {
    let modes = [
        ("read_only", AccessMode::ReadOnly),
        ("append", AccessMode::Append),
        ("read_write", AccessMode::ReadWrite),
    ];
    let (mut wrong, mut judged) = (Vec::new(), 0);
    for case in cases() {
        for (column, mode) in modes {
            let expected = case["guard"][column].as_str().expect("an expectation");
            let found = denied(&case, mode);
            let code = found.map_or("pass", |denial| denial.code());
            judged += 1;
            if code != expected {
                let rule = found.map(|denial| denial.rule.id());
                wrong.push(format!(
                    "{} {column}: {code} {rule:?}, not {expected}",
                    case["id"]
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(judged, 3 * 193);
}

#[test]
fn every_case_fires_the_rules_that_it_names() {
    for case in cases() {
        let found: Vec<&str> = messages(&case)
            .iter()
            .flat_map(|sql| super::rules(sql))
            .collect();
        let by_text = case.get("startup").is_none() && case.get("fastpath").is_none();
        for rule in case["rules"].as_array().into_iter().flatten() {
            let rule = rule.as_str().unwrap_or_default();
            let seen = found.contains(&rule) || rule == "tripwire" || !by_text;
            assert!(seen, "{}: {rule} is not among {found:?}", case["id"]);
        }
    }
}
