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

#[test]
fn geometry_bits_and_multiranges_are_looked_into() {
    let range = |lower, upper| Value::Range(Box::new((Value::Int(lower), Value::Int(upper))));
    let zones = |ranges| [("zones", Value::Multirange(ranges))];
    let two = || zones(vec![range(1, 3), range(5, 9)]);
    assert_eq!(truth("(lower(zones) = 1)", &two()), Truth::True);
    assert_eq!(truth("(upper(zones) = 9)", &two()), Truth::True);
    assert_eq!(truth("(isempty(zones))", &zones(vec![])), Truth::True);
    assert_eq!(truth("(lower(zones) = 1)", &zones(vec![])), Truth::Unknown);
    let circle = [("round", text("<(1,2),3.5>"))];
    assert_eq!(
        truth("(radius(round) = (3.5)::double precision)", &circle),
        Truth::True
    );
    let spot = [("spot", text("(1,-2)"))];
    assert_eq!(
        truth("(spot[1] = ('-2'::integer)::double precision)", &spot),
        Truth::True
    );
    assert_eq!(
        truth("(spot[0] > (1)::double precision)", &spot),
        Truth::False
    );
    let bits = [("bits", text("0101"))];
    assert_eq!(truth("(length((bits)::\"bit\") = 4)", &bits), Truth::True);
    assert_eq!(truth("(bits > B'01'::\"bit\")", &bits), Truth::True);
    let tags = |tags| [("tags", Value::Array(tags))];
    assert_eq!(
        truth("(array_ndims(tags) = 1)", &tags(vec![text("x")])),
        Truth::True
    );
    assert_eq!(
        truth("(array_ndims(tags) = 1)", &tags(vec![])),
        Truth::Unknown
    );
}

#[test]
fn words_and_numbers_are_read_as_the_server_reads_them() {
    for (name, expected) in [("Ab Cd-Ef 1x", Truth::True), ("Ab cd", Truth::False)] {
        let cells = [("name", text(name))];
        assert_eq!(truth("(name = initcap(name))", &cells), expected);
    }
    // Digits of equal number are ordered alike everywhere; of others nothing is said.
    for (name, status, expected) in [
        ("1234", "2000", Truth::True),
        ("2000", "1234", Truth::False),
        ("123", "2000", Truth::False),
        ("aaaa", "bbbb", Truth::False),
    ] {
        let cells = [("name", text(name)), ("status", text(status))];
        assert_eq!(truth("(name < (status)::text)", &cells), expected);
    }
    let power = "((a)::double precision = ((2)::double precision ^ (10)::double precision))";
    assert_eq!(truth(power, &[("a", Value::Int(1_024))]), Truth::True);
}
