//! What expressions are on given rows: PostgreSQL's answers, written down.

use super::*;

/// Evaluates an expression on a row that is NULL but for some columns.
fn truth(expression: &str, cells: &[(&str, Value)]) -> Truth {
    with_columns(&[], |columns| {
        let check = Check::compile(expression, columns)
            .unwrap_or_else(|error| panic!("{expression}: {error}"));
        let mut row = vec![Value::Null; types().len()];
        for (name, value) in cells {
            row[ordinal(name)] = value.clone();
        }
        check.eval(&row)
    })
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn number(text: &str) -> Value {
    Value::Decimal(text.parse().unwrap())
}

#[test]
fn comparisons_hold_at_their_bound_as_written() {
    for (op, below, at, above) in [
        ("<", Truth::True, Truth::False, Truth::False),
        ("<=", Truth::True, Truth::True, Truth::False),
        (">", Truth::False, Truth::False, Truth::True),
        (">=", Truth::False, Truth::True, Truth::True),
        ("=", Truth::False, Truth::True, Truth::False),
        ("<>", Truth::True, Truth::False, Truth::True),
    ] {
        let expression = format!("(a {op} 5)");
        for (value, expected) in [(4, below), (5, at), (6, above)] {
            let found = truth(&expression, &[("a", Value::Int(value))]);
            assert_eq!(found, expected, "{value} {op} 5");
        }
        assert_eq!(truth(&expression, &[]), Truth::Unknown);
    }
}

#[test]
fn unknown_goes_through_connectives() {
    let flag = |value| [("flag", Value::Bool(value))];
    assert_eq!(truth("(flag AND other)", &flag(true)), Truth::Unknown);
    assert_eq!(truth("(flag AND other)", &flag(false)), Truth::False);
    assert_eq!(truth("(flag OR other)", &flag(true)), Truth::True);
    assert_eq!(truth("(flag OR other)", &flag(false)), Truth::Unknown);
    assert_eq!(truth("(NOT other)", &flag(true)), Truth::Unknown);
    assert_eq!(truth("(other IS TRUE)", &[]), Truth::False);
    assert_eq!(truth("(other IS NOT TRUE)", &[]), Truth::True);
    assert_eq!(truth("(a IS DISTINCT FROM b)", &[]), Truth::False);
    assert_eq!(truth("(a IS DISTINCT FROM 1)", &[]), Truth::True);
    assert_eq!(
        truth(
            "(a <> ALL (ARRAY[1, NULL::integer]))",
            &[("a", Value::Int(2))]
        ),
        Truth::Unknown
    );
    assert_eq!(
        truth(
            "(a = ANY (ARRAY[1, NULL::integer]))",
            &[("a", Value::Int(1))]
        ),
        Truth::True
    );
}

#[test]
fn arithmetic_rounds_as_the_server_does() {
    let a = |value| [("a", Value::Int(value))];
    assert_eq!(truth("((a / 2) = '-3'::integer)", &a(-7)), Truth::True);
    assert_eq!(truth("((a % 3) = '-1'::integer)", &a(-7)), Truth::True);
    assert_eq!(
        truth(
            "(((a)::numeric / (3)::numeric) = 0.66666666666666666667)",
            &a(2)
        ),
        Truth::True
    );
    assert_eq!(
        truth(
            "(((a)::numeric / (3)::numeric) = 6666.6666666666666667)",
            &a(20_000)
        ),
        Truth::True
    );
    assert_eq!(
        truth("((price)::integer = 3)", &[("price", number("2.50"))]),
        Truth::True
    );
    assert_eq!(
        truth("((rate)::integer = 2)", &[("rate", Value::Float(2.5))]),
        Truth::True
    );
    assert_eq!(
        truth("(round(price, 1) = 0.3)", &[("price", number("0.25"))]),
        Truth::True
    );
}

#[test]
fn what_the_server_would_refuse_is_false_even_negated() {
    for expression in [
        "((1 / a) > 0)",
        "(NOT ((1 / a) > 0))",
        "((a + 2147483647) > 0)",
    ] {
        let a = if expression.contains('+') { 1 } else { 0 };
        assert_eq!(
            truth(expression, &[("a", Value::Int(a))]),
            Truth::False,
            "{expression}"
        );
    }
}

#[test]
fn padding_counts_where_the_server_counts_it() {
    let code = [("code", text("AB"))];
    assert_eq!(truth("(code = 'AB'::bpchar)", &code), Truth::True);
    assert_eq!(truth("(char_length(code) = 2)", &code), Truth::True);
    assert_eq!(truth("(octet_length(code) = 3)", &code), Truth::True);
    assert_eq!(truth("(code ~ '^..$'::text)", &code), Truth::False);
    assert_eq!(truth("((code)::text ~ '^..$'::text)", &code), Truth::True);
}

#[test]
fn moments_move_by_months_first() {
    let day = |text: &str| {
        let date: jiff::civil::Date = text.parse().unwrap();
        Value::Date(crate::value::days_since_epoch(date))
    };
    let cells = [("day", day("2024-02-29")), ("last", day("2024-01-31"))];
    assert_eq!(
        truth("((last + '1 mon'::interval) = day)", &cells),
        Truth::True
    );
    assert_eq!(truth("((day - last) = 29)", &cells), Truth::True);
    assert_eq!(
        truth(
            "(date_part('dow'::text, day) = (4)::double precision)",
            &cells
        ),
        Truth::True
    );
    let span = Value::Interval {
        months: 1,
        days: 0,
        micros: 0,
    };
    assert_eq!(
        truth("(span = '30 days'::interval)", &[("span", span)]),
        Truth::True
    );
}

#[test]
fn documents_are_looked_into() {
    let doc = |document| [("doc", text(document))];
    assert_eq!(
        truth("(doc ? 'a'::text)", &doc("{\"a\": null}")),
        Truth::True
    );
    assert_eq!(
        truth("((doc ->> 'a'::text) IS NULL)", &doc("{\"a\": null}")),
        Truth::True
    );
    assert_eq!(
        truth("((doc -> 'a'::text) IS NULL)", &doc("{\"a\": null}")),
        Truth::False
    );
    assert_eq!(
        truth("(doc = '{\"a\": 1.0}'::jsonb)", &doc("{\"a\": 1}")),
        Truth::True
    );
    assert_eq!(truth("(doc @> '[1]'::jsonb)", &doc("[2, 1]")), Truth::True);
}

#[test]
fn what_is_not_known_is_named() {
    with_columns(&[], |columns| {
        for (expression, part) in [
            ("(public.acme_valid(a))", "acme_valid"),
            ("(name < 'm'::text)", "collation"),
            ("(name ~ '^(?=x)'::text)", "look-around"),
            ("(missing > 0)", "missing"),
            ("(a <-> b) > 0", "<->"),
            ("(a >", "parsed"),
            ("(xpath_exists(name, name))", "xpath_exists"),
        ] {
            let reason = Check::compile(expression, columns).unwrap_err().reason;
            assert!(reason.contains(part), "{expression}: {reason}");
        }
    });
}
