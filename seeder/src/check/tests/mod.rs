//! Forms of CHECKs, evaluated and solved.

mod domains;
mod groups;
mod truths;

use super::*;
use crate::key::Key;

fn types() -> Vec<(&'static str, Type)> {
    let int = |min: i64, max: i64| Type::Int { min, max };
    let int4 = || int(i32::MIN.into(), i32::MAX.into());
    let text = |max, padded| Type::Text {
        max,
        padded,
        caseless: false,
    };
    let labels = ["new", "paid", "sent"].map(str::to_owned).to_vec();
    let timestamp = || Type::Timestamp {
        zone: true,
        precision: 6,
    };
    vec![
        ("a", int4()),
        ("b", int4()),
        ("c", int4()),
        ("small", int(-32_768, 32_767)),
        ("price", decimal()),
        ("total", decimal()),
        ("rate", Type::Float { bits: 64 }),
        ("name", text(None, false)),
        ("status", text(Some(20), false)),
        ("code", text(Some(3), true)),
        ("day", Type::Date),
        ("last", Type::Date),
        ("starts", timestamp()),
        ("ends", timestamp()),
        ("flag", Type::Bool),
        ("other", Type::Bool),
        ("mood", Type::Enum(labels)),
        ("doc", Type::Json { binary: true }),
        ("tags", Type::Array(Box::new(text(None, false)))),
        ("during", Type::Range(Box::new(Type::Date))),
        ("span", Type::Interval),
        ("round", Type::Geometry("circle".to_owned())),
        ("spot", Type::Geometry("point".to_owned())),
        ("zones", Type::Multirange(Box::new(int4()))),
        (
            "bits",
            Type::Bits {
                length: Some(16),
                varying: true,
            },
        ),
        ("scores", Type::Array(Box::new(int4()))),
    ]
}

fn decimal() -> Type {
    Type::Decimal {
        precision: Some(10),
        scale: Some(2),
    }
}

fn with_columns<R>(not_null: &[&str], run: impl FnOnce(&Columns<'_>) -> R) -> R {
    let types = types();
    let columns = types.iter().map(|(name, data_type)| Column {
        name,
        data_type,
        not_null: not_null.contains(name),
        c_collation: false,
    });
    run(&Columns::new(columns.collect()))
}

fn ordinal(name: &str) -> usize {
    types().iter().position(|(own, _)| *own == name).unwrap()
}

/// Fills rows for some CHECKs and gives them back.
fn rows(checks: &[&str]) -> Vec<Vec<Value>> {
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
        let key = Key::derive(1, &["t"]);
        let compiled: Vec<Check> = checks
            .iter()
            .map(|check| Check::compile(check, columns).unwrap())
            .collect();
        let fill = |number| {
            let mut row = vec![Value::Null; types().len()];
            group
                .fill(
                    &mut row,
                    &|_| false,
                    &mut |_, _, _| None,
                    RowKey { key, row: number },
                )
                .unwrap_or_else(|error| panic!("{checks:?}: {error}"));
            for check in &compiled {
                assert_ne!(check.eval(&row), Truth::False, "{checks:?}: {row:?}");
            }
            row
        };
        (0..200).map(fill).collect()
    })
}

#[test]
fn typical_forms_are_solved() {
    for check in FORMS {
        let rows = rows(&[check]);
        let read = with_columns(&[], |columns| {
            Check::compile(check, columns).unwrap().columns().to_vec()
        });
        assert!(!rows.is_empty() && !read.is_empty());
    }
}

const FORMS: &[&str] = &[
    "(a > 0)",
    "((a >= 1) AND (a <= 5))",
    "((status)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[]))",
    "(name ~* '^[^@]+@[^@]+$'::text)",
    "(lower(name) = name)",
    "(char_length(name) <= 255)",
    "(num_nonnulls(a, b) = 1)",
    "(jsonb_typeof(doc) = 'object'::text)",
    "(doc ? 'key'::text)",
    "(name IS DISTINCT FROM 'x'::text)",
    "(EXTRACT(year FROM day) >= (2000)::numeric)",
    "((upper(during) - lower(during)) <= 30)",
    "(cardinality(tags) > 0)",
    "(array_length(tags, 1) = 2)",
    "((a % 2) = 0)",
    "(starts < ends)",
    "((ends - starts) <= '1 day'::interval)",
    "(total = (price * (a)::numeric))",
    "((day IS NULL) = (last IS NULL))",
    "(((status)::text <> 'paid'::text) OR (day IS NOT NULL))",
    "((price >= (0)::numeric) AND (price <= total))",
    "((rate >= (0)::double precision) AND (rate <= (1)::double precision))",
    "(code ~ '^[A-Z]{3}$'::text)",
    "(b >= ((a * 2) + 1))",
    "(((a + b) + c) = 100)",
    "CASE WHEN flag THEN (a > 0) ELSE (a < 0) END",
    "(NOT (flag AND other))",
    "(mood <> 'new'::public.mood)",
    "(length(btrim(name)) > 0)",
    "(name ~~ 'http%'::text)",
    "(tags <@ ARRAY['x'::text, 'y'::text])",
    "(span > '00:00:00'::interval)",
    "(day <= CURRENT_DATE)",
    "(NOT isempty(during))",
    "((a > 10) OR (a < '-10'::integer))",
    "((((a IS NOT NULL))::integer + ((b IS NOT NULL))::integer) = 1)",
    "((price >= (0)::numeric) AND ((price % (100)::numeric) = (0)::numeric))",
    "((name ~ '^[0-9a-f]{2}$'::text) AND (status ~ '^[0-9a-f]{2}$'::text) AND (name <> (status)::text))",
    "((strpos(name, '@'::text) > 1) AND (length(name) <= 254))",
    "((name = lower(name)) AND (POSITION(('@'::text) IN (name)) > 1))",
    "((array_length(tags, 1) >= 2) AND (a >= 1) AND (a <= b) AND (b <= cardinality(tags)))",
    "((\"left\"(name, 1) = '/'::text) AND (name <> (status)::text))",
    "((code ~~ 'C__'::text) AND (substr((code)::text, 2) ~ '^\\d+$'::text))",
    "((code ~ '^[A-Z]{3}$'::text) AND (name ~ '^[A-Z]{2}$'::text) AND (\"left\"((code)::text, 1) = \"left\"(name, 1)))",
    "((EXTRACT(year FROM last) - EXTRACT(year FROM day)) >= (18)::numeric)",
    "(doc IS DISTINCT FROM '{}'::jsonb)",
    "(a IS DISTINCT FROM b)",
    "(EXTRACT(year FROM day) = (a)::numeric)",
    "(date_trunc('month'::text, starts) = starts)",
    "(name ~~ '<p>%</p>'::text)",
    "((char_length(name) <= 140) AND (name !~ '[<>&]'::text))",
    "(name !~ '[[:cntrl:]]'::text)",
    "((status)::text ~ similar_to_escape('[A-Z]{2}-[0-9]{6}'::text))",
    "(name ~ similar_to_escape('image/(jpeg|png|gif)'::text))",
    "(name = initcap(name))",
    "((array_ndims(tags) = 1) OR (tags = '{}'::text[]))",
    "(radius(round) > (0)::double precision)",
    "(((spot[0] >= ('-180'::integer)::double precision) AND (spot[0] <= (180)::double precision)) AND ((spot[1] >= ('-90'::integer)::double precision) AND (spot[1] <= (90)::double precision)))",
    "(NOT isempty(zones))",
    "(lower(zones) >= 1)",
    "(NOT upper_inf(zones))",
    "(length((bits)::\"bit\") >= 4)",
    "(bits <> B'0000'::\"bit\")",
    "((a >= 1) AND ((a)::double precision <= ((100)::double precision * ((1024)::double precision ^ (2)::double precision))))",
    "(0 <= ALL (scores))",
    "((code ~ '^[1-9][0-9]{2}$'::text) AND (name ~ '^[1-9][0-9]{2}$'::text) AND ((name IS NULL) OR (name < (code)::text)))",
    "((status)::text IN ('north', 'south'))",
    "(a NOT IN (1, 2))",
    "(day IN ('2024-01-01', '2024-01-02'))",
];

#[test]
fn conflicts_are_named_by_their_smallest_set() {
    let check = |name, expression| Constraint { name, expression };
    with_columns(&["a"], |columns| {
        let constraints = [
            check("even", "((a % 2) = 0)"),
            check("high", "(a > 5)"),
            check("low", "(a < 3)"),
            check("pair", "(a < b)"),
        ];
        let error = Group::new(columns, &constraints).unwrap_err();
        let constraints = vec!["high".to_owned(), "low".to_owned()];
        assert_eq!(error, [Unsolved::Unsatisfiable { constraints }]);
    });
}
