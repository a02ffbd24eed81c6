//! Filling rows: branches, fixed columns, candidates, NULL, and what cannot be filled.

use std::collections::BTreeSet;

use super::*;

fn check<'a>(name: &'a str, expression: &'a str) -> Constraint<'a> {
    Constraint { name, expression }
}

#[test]
fn every_branch_occurs() {
    let rows = rows(&["((status)::text = 'a'::text) OR ((a > 0) AND (b IS NULL)) OR (c = 7)"]);
    let has = |test: &dyn Fn(&[Value]) -> bool| rows.iter().any(|row| test(row));
    assert!(has(
        &|row| row[ordinal("status")] == Value::Text("a".to_owned())
    ));
    assert!(has(&|row| row[ordinal("c")] == Value::Int(7)));
    assert!(has(&|row| row[ordinal("b")].is_null()));
    let rows = self::rows(&["(num_nonnulls(a, b, c) = 1)"]);
    let patterns: BTreeSet<Vec<bool>> = rows
        .iter()
        .map(|row| row[..3].iter().map(Value::is_null).collect())
        .collect();
    assert_eq!(patterns.len(), 3);
    let rows = self::rows(&["((day IS NULL) = (last IS NULL))"]);
    let patterns: BTreeSet<bool> = rows
        .iter()
        .map(|row| row[ordinal("day")].is_null())
        .collect();
    assert_eq!(patterns.len(), 2);
}

#[test]
fn simple_forms_need_one_attempt() {
    for expression in [
        "(a > 3)",
        "(price <= 9.99)",
        "(char_length(name) < 5)",
        "(name ~ '^[A-Z]{2}-\\d+$'::text)",
        "(starts < ends)",
        "((last - day) <= 3)",
        "(b >= ((a * 2) + 1))",
        "(total = (price * (2)::numeric))",
        "((a > 3) AND (a < 5))",
        "((a + b) <= 10)",
    ] {
        with_columns(&[], |columns| {
            let group = Group::new(columns, &[check("c", expression)]).unwrap();
            let key = Key::derive(9, &["n"]);
            let mut row = vec![Value::Null; types().len()];
            for number in 0..100 {
                let of = RowKey { key, row: number };
                let attempts = group.fill(&mut row, &|_| false, &mut |_, _, _| None, of);
                assert_eq!(attempts, Ok(0), "{expression}");
            }
        });
    }
}

#[test]
fn either_side_of_a_difference_is_bound_by_the_other() {
    for (expression, fixed) in [
        ("((b - a) = 3)", 0),
        ("((b - a) = 3)", 1),
        ("((b - a) >= 3)", 1),
        ("((b - a) <= 3)", 0),
        ("(((2 * a) - b) < 0)", 0),
        ("((500 <= a) AND (a <= b) AND (b <= c) AND (c <= a))", 2),
    ] {
        with_columns(&[], |columns| {
            let group = Group::new(columns, &[check("c", expression)]).unwrap();
            let mut row = vec![Value::Null; types().len()];
            row[fixed] = Value::Int(500);
            for number in 0..50 {
                let of = RowKey {
                    key: Key::derive(4, &["n"]),
                    row: number,
                };
                let attempts =
                    group.fill(&mut row, &|column| column == fixed, &mut |_, _, _| None, of);
                assert_eq!(attempts, Ok(0), "{expression} with {fixed} fixed");
            }
        });
    }
}

#[test]
fn a_candidate_is_taken_where_it_may_be_and_a_fixed_column_is_kept() {
    with_columns(&[], |columns| {
        let group = Group::new(columns, &[check("order", "(a < b)")]).unwrap();
        let of = |row| RowKey {
            key: Key::derive(2, &["n"]),
            row,
        };
        let mut row = vec![Value::Null; types().len()];
        let mut natural =
            |column: usize, _: &Domain, _| Some(Value::Int(if column == 0 { 40 } else { 50 }));
        group
            .fill(&mut row, &|_| false, &mut natural, of(0))
            .unwrap();
        assert_eq!(row[..2], [Value::Int(40), Value::Int(50)]);
        // The candidate for a is not below b, so that another one is drawn.
        row[1] = Value::Int(7);
        group
            .fill(&mut row, &|column| column == 1, &mut natural, of(0))
            .unwrap();
        assert_eq!(row[1], Value::Int(7));
        assert!(matches!(row[0], Value::Int(a) if a < 7));
        let kept = group.fill(&mut row, &|_| true, &mut natural, of(0));
        assert!(kept.is_ok());
        row[0] = Value::Int(8);
        let error = group
            .fill(&mut row, &|_| true, &mut natural, of(0))
            .unwrap_err();
        assert_eq!(error.constraints, ["order"]);
    });
}

#[test]
fn null_is_a_way_out_only_where_there_is_no_other() {
    let conflict = [check("high", "(a > 5)"), check("low", "(a < 3)")];
    with_columns(&[], |columns| {
        let group = Group::new(columns, &conflict).unwrap();
        assert_eq!(group.null_escape(), [0]);
        let group = Group::new(columns, &conflict[..1]).unwrap();
        assert_eq!(group.null_escape(), [0; 0]);
    });
    with_columns(&["a"], |columns| {
        Group::new(columns, &conflict).unwrap_err();
    });
    for row in rows(&[
        "((a IS NULL) OR (a > 5))",
        "((a IS NOT NULL) OR (b > 1))",
        "(a < 3)",
    ]) {
        assert!(row[0].is_null());
    }
}

#[test]
fn solve_keeps_apart_what_shares_no_column_and_names_what_it_cannot_do() {
    let constraints = [
        check("positive", "(a > 0)"),
        check("foreign", "(acme_valid(c))"),
        check("order", "(a < b)"),
        check("named", "(name <> ''::text)"),
        check("never", "(false)"),
        check("later", "(starts > now())"),
    ];
    with_columns(&[], |columns| {
        let solved = solve(columns, &constraints);
        let groups: Vec<Vec<&str>> = solved
            .groups
            .iter()
            .map(|g| g.constraints().collect())
            .collect();
        assert_eq!(groups, [vec!["positive", "order"], vec!["named"]]);
        let unsolved: Vec<String> = solved.unsolved.iter().map(ToString::to_string).collect();
        assert_eq!(
            unsolved,
            [
                "foreign: not solved: function acme_valid",
                "no row can satisfy never",
                "later: not solved: rows that satisfy it now do not satisfy it for good",
            ]
        );
    });
}

#[test]
fn a_row_is_a_function_of_its_key_and_number() {
    let expressions = ["((a < b) OR (name ~ '^x'::text))", "(starts < ends)"];
    assert_eq!(rows(&expressions), rows(&expressions));
}

/// A changed row here changes seeded databases: only together with the fingerprint.
#[test]
fn rows_are_the_same_everywhere() {
    let row = &rows(&["((a < b) AND (price > 0.5) AND (name ~ '^[a-z]{5}$'::text))"])[3];
    let cells = [
        &row[0],
        &row[1],
        &row[ordinal("price")],
        &row[ordinal("name")],
    ];
    assert_eq!(format!("{cells:?}"), GOLDEN);
}
const GOLDEN: &str = r#"[Int(731), Int(1216), Decimal(834.96), Text("vaguz")]"#;

#[test]
fn an_emptiness_that_may_come_from_here_is_no_conflict() {
    with_columns(&["name", "a"], |columns| {
        // The set of what is tried for the first has no member that is long enough; there are others.
        let constraints = [
            check("folded", "(left(name, 1) = 'é'::text)"),
            check("ascii", "(name ~ '^[a-z]*$'::text)"),
        ];
        let group = Group::new(columns, &constraints).unwrap();
        assert!(!group.proven());
    });
}

#[test]
fn a_group_whose_own_rows_fail_takes_candidates_that_satisfy_it() {
    // Nothing makes a text whose reverse begins so, but it may be given.
    let expression = "(split_part(reverse(name), 'é'::text, 3) = 'abc'::text)";
    let hard = check("hard", expression);
    with_columns(&["name"], |columns| {
        let solved = solve(columns, &[hard]);
        assert_eq!(solved.unsolved, []);
        let group = &solved.groups[0];
        assert!(!group.proven());
        let mut row = vec![Value::Null; types().len()];
        let key = Key::derive(3, &["n"]);
        let mut natural = |_, _: &Domain, _| Some(Value::Text("cbaéxéy".to_owned()));
        let of = RowKey { key, row: 0 };
        group.fill(&mut row, &|_| false, &mut natural, of).unwrap();
        assert!(group.accepts(&row));
    });
}

#[test]
fn what_conflicts_does_not_take_the_others_with_it() {
    let constraints = [
        check("even", "((a % 2) = 0)"),
        check("high", "(a > 5)"),
        check("low", "(a < 3)"),
        check("pair", "(a < b)"),
    ];
    with_columns(&["a"], |columns| {
        let solved = solve(columns, &constraints);
        let kept: Vec<&str> = solved.groups.iter().flat_map(Group::constraints).collect();
        assert_eq!(kept, ["even", "pair"]);
        assert!(solved.groups.iter().all(Group::proven));
    });
}

#[test]
fn a_year_that_is_given_bounds_the_day() {
    with_columns(&["a", "day"], |columns| {
        let year = check("year", "(EXTRACT(year FROM day) = (a)::numeric)");
        let group = Group::new(columns, &[year]).unwrap();
        let key = Key::derive(6, &["n"]);
        for number in 0..50 {
            let mut row = vec![Value::Null; types().len()];
            row[0] = Value::Int(1_990 + number as i64);
            let of = RowKey { key, row: number };
            let attempts = group.fill(&mut row, &|column| column == 0, &mut |_, _, _| None, of);
            assert_eq!(attempts, Ok(0));
        }
    });
}

#[test]
fn a_month_that_is_given_bounds_the_moment() {
    with_columns(&["starts", "ends"], |columns| {
        let month = check("month", "(date_trunc('month'::text, ends) = starts)");
        let group = Group::new(columns, &[month]).unwrap();
        let (key, starts) = (Key::derive(6, &["n"]), ordinal("starts"));
        let first = jiff::civil::Date::constant(2024, 2, 1);
        let first = i64::from(crate::value::days_since_epoch(first)) * 86_400_000_000;
        for number in 0..50 {
            let mut row = vec![Value::Null; types().len()];
            row[starts] = Value::Timestamp(first);
            let of = RowKey { key, row: number };
            let attempts = group.fill(
                &mut row,
                &|column| column == starts,
                &mut |_, _, _| None,
                of,
            );
            assert_eq!(attempts, Ok(0));
        }
    });
}
