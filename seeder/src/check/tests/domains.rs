//! What one column may hold, to the last value.

use std::collections::BTreeSet;

use super::*;

/// The domain of one column under some CHECKs.
fn domain(column: &str, checks: &[&str]) -> Domain {
    let constraints: Vec<Constraint<'_>> = checks
        .iter()
        .map(|expression| Constraint {
            name: "c",
            expression,
        })
        .collect();
    with_columns(&[], |columns| {
        let group = Group::new(columns, &constraints)
            .unwrap_or_else(|error| panic!("{checks:?}: {error:?}"));
        group.domain(ordinal(column)).expect("it is read").clone()
    })
}

fn shown(domain: &Domain) -> Vec<String> {
    let values = (0..domain.size()).map(|rank| domain.unrank(rank));
    let mut shown: Vec<String> = values
        .map(|value| match value {
            Value::Int(number) => number.to_string(),
            Value::Decimal(number) => number.to_string(),
            Value::Text(text) => text,
            other => format!("{other:?}"),
        })
        .collect();
    shown.sort();
    shown
}

#[test]
fn a_small_domain_has_exactly_its_members() {
    for &(column, check, expected) in SMALL {
        assert_eq!(shown(&domain(column, &[check])), expected, "{check}");
    }
}

const SMALL: &[(&str, &str, &[&str])] = &[
    ("a", "(((10 - a) >= 7) AND (a > 1))", &["2", "3"]),
    ("a", "((a > 3) AND (a < 6))", &["4", "5"]),
    ("a", "((a >= 3) AND (a <= 4))", &["3", "4"]),
    ("a", "((a >= 3) AND (a <= 5) AND (a <> 4))", &["3", "5"]),
    ("a", "((a = 1) OR ((a > 7) AND (a < 10)))", &["1", "8", "9"]),
    (
        "a",
        "(((a % 4) = 1) AND (a >= 0) AND (a < 10))",
        &["1", "5", "9"],
    ),
    ("a", "(((a * 3) >= 10) AND ((a + 1) <= 6))", &["4", "5"]),
    (
        "a",
        "(((- a) >= 2) AND (a >= '-3'::integer))",
        &["-2", "-3"],
    ),
    ("a", "((abs(a) < 2))", &["-1", "0", "1"]),
    (
        "a",
        "(((a / 10) = 3) AND (a > 36) AND (a < 45))",
        &["37", "38", "39"],
    ),
    (
        "a",
        "((abs(a) >= 2) AND (a < 0) AND (a > '-4'::integer))",
        &["-2", "-3"],
    ),
    ("a", "(((a / 2) = 0))", &["-1", "0", "1"]),
    ("a", "(((a / 2) >= 1) AND ((a / 2) < 2))", &["2", "3"]),
    (
        "a",
        "(((a / 2) <= '-1'::integer) AND ((a / 2) > '-2'::integer))",
        &["-2", "-3"],
    ),
    ("small", "(small > 32765)", &["32766", "32767"]),
    (
        "price",
        "((price > 0.02) AND (price < 0.05))",
        &["0.03", "0.04"],
    ),
    (
        "price",
        "((price > 0.025) AND (price <= 0.045))",
        &["0.03", "0.04"],
    ),
    (
        "status",
        "((status)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[]))",
        &["a", "b"],
    ),
    (
        "name",
        "(name ~ '^(a|b)c?$'::text)",
        &["a", "ac", "b", "bc"],
    ),
    (
        "name",
        "((name ~ '^[ab]{1,2}$'::text) AND (name <> 'ab'::text))",
        &["a", "aa", "b", "ba", "bb"],
    ),
    (
        "name",
        "((name ~ '^[0-2]$'::text) AND (name !~ '1'::text))",
        &["0", "2"],
    ),
    (
        "name",
        "((name ~~ 'x_'::text) AND (name ~ '[yz]$'::text))",
        &["xy", "xz"],
    ),
    (
        "name",
        "((lower(name) = name) AND (name ~* '^[AB]$'::text))",
        &["a", "b"],
    ),
    ("mood", "(mood > 'new'::public.mood)", &["paid", "sent"]),
    ("flag", "(flag IS NOT TRUE)", &["Bool(false)"]),
];

#[test]
fn a_rank_has_a_value_of_its_own_that_passes() {
    for (column, check) in [
        ("a", "(a > 0)"),
        ("name", "(name ~ '^[a-z]+@[a-z]+(\\.[a-z]+)*$'::text)"),
        (
            "name",
            "((char_length(name) >= 8) AND (char_length(name) <= 9))",
        ),
        ("status", "((status)::text ~~ '%x%'::text)"),
        ("day", "(day >= '2020-01-01'::date)"),
        (
            "starts",
            "(starts > '2020-01-01 00:00:00+00'::timestamp with time zone)",
        ),
        ("price", "(price > (0)::numeric)"),
        (
            "rate",
            "((rate > (0)::double precision) AND (rate < (1)::double precision))",
        ),
        ("doc", "(doc ? 'k'::text)"),
        ("tags", "(cardinality(tags) = 2)"),
        ("during", "(NOT isempty(during))"),
    ] {
        let domain = domain(column, &[check]);
        let size = domain.size();
        let step = (size / 5_000).max(1);
        let mut seen = BTreeSet::new();
        for rank in (0..5_000).map(|n| n * step).filter(|rank| *rank < size) {
            let value = domain.unrank(rank);
            assert!(domain.contains(&value), "{check}: {value:?}");
            assert!(
                seen.insert(format!("{value:?}")),
                "{check}: {value:?} twice"
            );
        }
    }
}

#[test]
fn a_length_bound_is_met_exactly() {
    let bounded = domain(
        "name",
        &["((char_length(name) >= 3) AND (char_length(name) <= 4))"],
    );
    for (text, expected) in [
        ("ab", false),
        ("abc", true),
        ("abcd", true),
        ("abcde", false),
        ("äöü", true),
    ] {
        assert_eq!(
            bounded.contains(&Value::Text(text.to_owned())),
            expected,
            "{text}"
        );
    }
}

#[test]
fn samples_are_of_a_usual_size() {
    let key = Key::derive(1, &["s"]);
    let sample = |column, check, row| domain(column, &[check]).sample(key.draw(row, 0, 0));
    for row in 0..20 {
        let Value::Int(number) = sample("a", "(a >= 0)", row) else {
            panic!("an integer")
        };
        assert!((0..=1_000).contains(&number));
        let Value::Text(text) = sample("name", "(name <> ''::text)", row) else {
            panic!("a text")
        };
        assert!(
            (1..20).contains(&text.len()) && text.chars().all(char::is_alphanumeric),
            "{text}"
        );
    }
}
