//! `[seed.tables]`: what rules of tables and columns are read as, and what is said of wrong ones.

use crate::config::tests::{check, parsed};
use crate::seed::{
    Children, CorrelateRule, Distribution, GivenCase, GivenRule, PerRule, Share, StatesRule,
    TableRules, TriggerPolicy,
};

/// The rules of `public.orders`.
fn orders(lines: &str) -> TableRules {
    let mut config = parsed(&format!("[seed.tables.orders]\n{lines}\n"));
    let name = "public.orders".parse().expect("a name");
    config.seed.tables.remove(&name).expect("rules of orders")
}

/// Checks what is said of rules of `public.orders`, whose first line is the second of the file.
#[track_caller]
fn wrong(lines: &str, expected: &[&str]) {
    check(&format!("[seed.tables.orders]\n{lines}\n"), expected);
}

#[test]
fn triggers_of_one_table_are_another_matter_than_those_of_all() {
    assert_eq!(orders("rows = 1").triggers, None);
    let loud = orders("triggers = \"fire\"");
    assert_eq!(loud.triggers, Some(TriggerPolicy::Fire));
    let expected = "2:12: \"loud\" is unknown; expected \"suppress\" or \"fire\"";
    wrong("triggers = \"loud\"", &[expected]);
}

#[test]
fn children_of_a_parent_are_between_about_fixed_or_weighted() {
    let per = |text: &str| orders(&format!("per = {text}")).per.expect("a rule");
    let customers = || "public.customers".parse().ok();
    assert_eq!(
        per(r#"{ parent = "customers", min = 0, max = 20, distribution = "zipf" }"#),
        PerRule {
            parent: customers(),
            column: None,
            children: Children::Between {
                min: 0,
                max: 20,
                distribution: Distribution::Zipf
            },
        }
    );
    assert_eq!(
        per(r#"{ column = "customer_id", mean = 2.5 }"#),
        PerRule {
            parent: None,
            column: Some("customer_id".to_owned()),
            children: Children::About {
                min: None,
                mean_per_mille: 2_500,
                distribution: Distribution::Zipf
            },
        }
    );
    let share = |low, high, weight| Share { low, high, weight };
    assert_eq!(
        per(r#"{ count = 3 }"#).children,
        Children::Weighted(vec![share(3, 3, 1)])
    );
    assert_eq!(
        per(r#"{ parent = "crm.people", counts = { 0 = 30, "1..4" = 60, "5 .. 90" = 1 } }"#)
            .children,
        Children::Weighted(vec![share(0, 0, 30), share(1, 4, 60), share(5, 90, 1)])
    );
}

#[test]
fn rows_follow_from_one_key_alone() {
    wrong(
        "rows = 5\nper = { max = 3 }",
        &["3:1: \"rows\" decides how many rows there are, and so does this; keep one of the two"],
    );
    wrong(
        "rows = 5\nper_parent = 2",
        &["3:1: \"rows\" decides how many rows there are, and so does this; keep one of the two"],
    );
    wrong(
        "per_parent = 2\nper = { max = 3 }",
        &["3:1: \"per_parent\" decides how many rows there are, and so does this"],
    );
    wrong(
        "per = { parent = \"customers\" }",
        &[
            "2:1: nothing says how many rows each parent gets; expected one of count, counts, \
             mean, max",
        ],
    );
    wrong(
        "per = { count = 3, max = 4 }",
        &["2:1: two keys say how many rows each parent gets"],
    );
    wrong(
        "per = { count = 3, distribution = \"zipf\" }",
        &["2:20: this goes with \"mean\" or \"max\" alone; remove this key"],
    );
}

#[test]
fn wrong_numbers_of_children_and_words_are_named() {
    wrong(
        "per = { min = 4, max = 3 }",
        &["2:24: 3 is below \"min\"; expected 4 or more"],
    );
    wrong(
        "per = { min = 4, mean = 3.5 }",
        &["2:25: 3.5 is below \"min\"; expected an average above it"],
    );
    wrong(
        "per = { max = 3, distribution = \"zpif\" }",
        &[
            "2:33: \"zpif\" is unknown; expected \"uniform\" or \"zipf\" or \"normal\" or \
             \"log-normal\"; did you mean \"zipf\"?",
        ],
    );
    wrong(
        "per = { counts = { few = 3, \"5..2\" = 1 } }",
        &[
            "2:20: \"few\" is no number of rows; expected a number, or two as in \"2..5\"",
            "2:29: \"5..2\" is no number of rows",
        ],
    );
    wrong(
        "per = { counts = {} }",
        &["2:18: {} is empty; expected numbers of rows with their weights"],
    );
    wrong(
        "per = { parnet = \"customers\", max = 3 }",
        &[
            "2:9: unknown key \"parnet\" in [seed.tables.orders.per]; expected one of parent, column, \
           count, counts, mean, min, max, distribution; did you mean \"parent\"?",
        ],
    );
    wrong(
        "per = 3",
        &["2:7: \"seed.tables.orders.per\" is a number; expected how many rows each parent gets"],
    );
    wrong(
        "pre = { max = 3 }",
        &[
            "2:1: unknown key \"pre\" in [seed.tables.orders]; expected one of rows, per_parent, per, \
           triggers, columns; did you mean \"per\"?",
        ],
    );
}

#[test]
fn states_have_a_path_ways_off_it_and_moments() {
    let rules = orders(
        "[seed.tables.orders.columns.status]\npath = [\"new\", \"paid\"]\n\
         leave = { cancelled = [\"new\"], lost = [] }\nat = { paid = \"settled_on\" }",
    );
    let expected = StatesRule {
        path: vec!["new".to_owned(), "paid".to_owned()],
        leave: [
            ("cancelled".to_owned(), vec!["new".to_owned()]),
            ("lost".to_owned(), vec![]),
        ]
        .into(),
        at: [("paid".to_owned(), "settled_on".to_owned())].into(),
    };
    assert_eq!(rules.columns["status"].states, Some(expected));
}

#[test]
fn wrong_states_are_named() {
    let column = |text: &str| format!("columns.status = {text}");
    wrong(
        &column("{ leave = { cancelled = [] } }"),
        &[
            "2:20: this says something about a path, and there is none; add path = [\"pending\", \
           \"paid\", \"shipped\"]",
        ],
    );
    wrong(
        &column("{ path = [\"a\", \"b\", \"a\"] }"),
        &["2:38: state \"a\" is there twice"],
    );
    wrong(
        &column("{ path = [\"new\", \"paid\"], leave = { paid = [], off = [\"piad\"] } }"),
        &[
            "2:54: state \"paid\" is on the path already",
            "2:72: state \"piad\" is not on the path; did you mean \"paid\"?",
        ],
    );
    wrong(
        &column("{ path = [\"new\", \"paid\"], at = { padi = \"paid_at\" } }"),
        &["2:51: state \"padi\" is neither on the path nor leaves it; did you mean \"paid\"?"],
    );
}

#[test]
fn a_column_may_hang_on_another() {
    let column = |text: &str| {
        let mut rules = orders(&format!("columns.level = {text}"));
        rules.columns.remove("level").expect("a rule")
    };
    let given = column(
        r#"{ given = "country", values = { DE = { pro = 3, free = 7 }, "*" = { free = 1 } } }"#,
    );
    let values = |list: &[(&str, u32)]| {
        let list = list
            .iter()
            .map(|(text, weight)| ((*text).to_owned(), *weight));
        GivenCase::Values(list.collect())
    };
    let cases = [
        ("DE".to_owned(), values(&[("pro", 3), ("free", 7)])),
        ("*".to_owned(), values(&[("free", 1)])),
    ];
    let column_of = |name: &str| name.to_owned();
    assert_eq!(
        given.given,
        Some(GivenRule {
            column: column_of("country"),
            cases: cases.into()
        })
    );
    assert!(given.values.is_empty());
    let between = column(
        r#"{ given = "kind", between = { book = [5, 40.5], day = ["2026-01-01", "2026-02-01"] } }"#,
    );
    let bounds = |low: &str, high: &str| GivenCase::Between(low.to_owned(), high.to_owned());
    let cases = [
        ("book".to_owned(), bounds("5", "40.5")),
        ("day".to_owned(), bounds("2026-01-01", "2026-02-01")),
    ];
    assert_eq!(
        between.given,
        Some(GivenRule {
            column: column_of("kind"),
            cases: cases.into()
        })
    );
    for (text, coefficient_per_mille) in [("-0.25", -250), ("1", 1_000), ("0.8", 800)] {
        let rule = column(&format!(
            "{{ correlate = {{ with = \"age\", coefficient = {text} }} }}"
        ));
        let with = column_of("age");
        assert_eq!(
            rule.correlate,
            Some(CorrelateRule {
                with,
                coefficient_per_mille
            })
        );
    }
    assert_eq!(column(r#"{ is = "a * b" }"#).is.as_deref(), Some("a * b"));
}

#[test]
fn wrong_relations_are_named() {
    let column = |text: &str| format!("columns.level = {text}");
    wrong(
        &column("{ given = \"country\" }"),
        &["2:19: nothing says what the column holds beside each value; expected values or between"],
    );
    wrong(
        &column("{ between = { a = [1, 2] } }"),
        &[
            "2:19: this depends on another column, and none is named; add given = \"category\", or use \
           min and max",
        ],
    );
    wrong(
        &column("{ given = \"a\", between = { b = [1] }, values = { c = 3 } }"),
        &[
            "2:48: [1] is no two bounds; expected two, as in [5, 40]",
            "2:70: \"seed.tables.orders.columns.level.values.c\" is a number; expected values with \
             their weights",
        ],
    );
    wrong(
        &column("{ correlate = { with = \"age\", coefficient = 1.5 } }"),
        &["2:61: 1.5 is out of range; expected a number from -1.000 to 1.000"],
    );
    wrong(
        &column("{ given = \"a\", between = { b = [1, 2] }, is = \"a * 2\" }"),
        &["2:58: \"given\" decides what the column holds, and so does this; keep one of the two"],
    );
    wrong(
        &column("{ is = \"a * 2\", with = \"price\" }"),
        &["2:19: \"with\" decides what the column holds, and so does this"],
    );
    wrong(
        &column("{ correlate = { wiht = \"age\" } }"),
        &[
            "2:19: [seed.tables.orders.columns.level.correlate] has no \"coefficient\"; add \
             coefficient = 0.8",
            "2:33: unknown key \"wiht\" in [seed.tables.orders.columns.level.correlate]; expected one \
             of with, coefficient; did you mean \"with\"?",
        ],
    );
}
