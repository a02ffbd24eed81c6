//! Rows of scenarios in plans that no server has seen.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use rules::config::{Seed, parse};
use rules::schema::{
    Column, Constraint, ConstraintKind, MatchType, Name, ReferentialAction, RowSecurity, Schema,
    Table, TableKind,
};
use rules::seed::{Scenario, SeedRules};

use super::place::{self, Refused};
use crate::check::{Check, Truth};
use crate::engine::{Engine, SCENARIO_ROWS};
use crate::plan::{Plan, Request, columns_of};
use crate::value::Value;

/// Columns as `name type`, `?` behind what may be NULL.
fn table(columns: &[&str], constraints: Vec<(&str, ConstraintKind)>) -> Table {
    let columns = columns.iter().map(|column| {
        let (name, data_type) = column.split_once(' ').expect("a name and a type");
        Column {
            name: name.to_owned(),
            data_type: data_type.trim_end_matches('?').to_owned(),
            nullable: data_type.ends_with('?'),
            default: None,
            identity: None,
            generated: None,
            collation: None,
            inherited: false,
        }
    });
    let constraints = constraints.into_iter().map(|(name, kind)| {
        let definition = String::new();
        (name.to_owned(), Constraint { kind, definition })
    });
    Table {
        kind: TableKind::Ordinary,
        unlogged: false,
        partition_by: None,
        partition_of: None,
        inherits: Vec::new(),
        row_security: RowSecurity::Off,
        columns: columns.collect(),
        constraints: constraints.collect(),
        indexes: BTreeMap::new(),
        triggers: BTreeMap::new(),
        policies: BTreeMap::new(),
    }
}

fn names(columns: &[&str]) -> Vec<String> {
    columns.iter().map(|column| (*column).to_owned()).collect()
}

fn primary(columns: &[&str]) -> ConstraintKind {
    ConstraintKind::PrimaryKey {
        columns: names(columns),
    }
}

fn foreign(columns: &[&str], to: &str, referenced: &[&str]) -> ConstraintKind {
    ConstraintKind::ForeignKey {
        columns: names(columns),
        references: Name::new("public", to),
        referenced: names(referenced),
        matching: MatchType::Simple,
        on_update: ReferentialAction::NoAction,
        on_delete: ReferentialAction::NoAction,
    }
}

const PRICE: &str = "((low > 0) AND (low < high) AND ((kind = 'gift'::text) OR (high < 1000)))";

/// Tenants with users of their own, and orders of users within a tenant.
fn schema() -> Schema {
    let tenants = table(
        &["id integer", "name text"],
        vec![("tenants_pkey", primary(&["id"]))],
    );
    let users = table(
        &[
            "tenant_id integer",
            "id integer",
            "email text",
            "boss integer?",
        ],
        vec![
            ("users_pkey", primary(&["tenant_id", "id"])),
            (
                "users_email",
                ConstraintKind::Unique {
                    columns: names(&["email"]),
                },
            ),
            ("users_tenant", foreign(&["tenant_id"], "tenants", &["id"])),
            (
                "users_boss",
                foreign(&["tenant_id", "boss"], "users", &["tenant_id", "id"]),
            ),
        ],
    );
    let orders = table(
        &[
            "id integer",
            "tenant_id integer",
            "user_id integer",
            "kind text",
            "low integer",
            "high integer",
        ],
        vec![
            ("orders_pkey", primary(&["id"])),
            ("orders_tenant", foreign(&["tenant_id"], "tenants", &["id"])),
            (
                "orders_user",
                foreign(&["tenant_id", "user_id"], "users", &["tenant_id", "id"]),
            ),
            (
                "orders_price",
                ConstraintKind::Check {
                    expression: PRICE.to_owned(),
                },
            ),
            (
                "orders_kind",
                ConstraintKind::Check {
                    expression: "(kind = ANY (ARRAY['gift'::text, 'sale'::text]))".to_owned(),
                },
            ),
        ],
    );
    let mut schema = Schema::default();
    for (name, table) in [("tenants", tenants), ("users", users), ("orders", orders)] {
        schema.tables.insert(Name::new("public", name), table);
    }
    schema
}

/// A plan with the scenarios of a configuration's text, or what keeps it from being one.
fn planned(toml: &str, chosen: &[&str]) -> Result<Plan, String> {
    let config = parse(toml).unwrap_or_else(|problems| panic!("{problems:?}"));
    let seed = Seed {
        seed: 7,
        scale_per_mille: 50,
        scenarios: chosen.iter().map(|name| (*name).to_owned()).collect(),
    };
    with(&config.seed, &seed)
}

fn with(rules: &SeedRules, seed: &Seed) -> Result<Plan, String> {
    let schema = schema();
    let request = Request {
        schema: &schema,
        rules,
        seed,
        as_of_micros: 1_767_225_600_000_000,
    };
    let mut plan = Plan::make(request, BTreeMap::new()).map_err(|problems| problems.to_string())?;
    let scenarios: Vec<Scenario> = super::chosen(rules, seed).map_err(|error| error.to_string())?;
    let left = place::all(&mut plan, request, &scenarios, &Refused::new());
    left.map(|_| plan).map_err(|problems| problems.to_string())
}

/// The cells of a row by its handle.
fn row(plan: &Plan, handle: &str) -> BTreeMap<String, Value> {
    let mut rows = plan.scenarios.iter().flat_map(|scenario| &scenario.rows);
    let found = rows
        .find(|row| row.handle == handle)
        .expect("a row of this handle");
    let cells = crate::engine::row_of(plan, found.table, found.row).expect("a row that was made");
    let names = plan.tables[found.table]
        .columns
        .iter()
        .map(|column| column.name.clone());
    names.zip(cells).collect()
}

const TEAM: &str = r#"
[[seed.scenario]]
name = "team"
rows = [
  { handle = "order", table = "orders", set = { user_id = "@ann", kind = "gift" } },
  { handle = "ann", table = "users", set = { tenant_id = "@own", boss = "@bob" } },
  { handle = "bob", table = "users", set = { tenant_id = "@own", boss = "null" } },
  { handle = "own", table = "tenants" },
]
[[seed.scenario]]
name = "other"
rows = [{ handle = "one", table = "orders", set = { low = 5 } }, { handle = "two", table = "tenants" }]
"#;

#[test]
fn a_reference_brings_every_column_of_its_key() {
    let plan = planned(TEAM, &["team"]).expect("a plan");
    let (own, ann, bob, order) = (
        row(&plan, "own"),
        row(&plan, "ann"),
        row(&plan, "bob"),
        row(&plan, "order"),
    );
    assert_eq!(ann["tenant_id"], own["id"]);
    assert_eq!(bob["tenant_id"], own["id"]);
    assert_eq!(ann["boss"], bob["id"]);
    assert_eq!(bob["boss"], Value::Null);
    assert_eq!(
        (&order["tenant_id"], &order["user_id"]),
        (&own["id"], &ann["id"])
    );
    // The tenants are fifty, numbered from 1.
    assert_eq!(own["id"], Value::Int(51));
}

#[test]
fn no_generated_row_knows_of_them() {
    let (without, with) = (planned(TEAM, &[]), planned(TEAM, &["team", "other"]));
    let (without, with) = (without.expect("a plan"), with.expect("a plan"));
    for (position, table) in without.tables.iter().enumerate() {
        assert_eq!(table.rows, with.tables[position].rows);
        for row in 0..table.rows {
            let cells = |plan: &Plan| crate::engine::row_of(plan, position, row).expect("a row");
            assert_eq!(cells(&without), cells(&with), "{} {row}", table.name);
        }
    }
    let chunk = |plan: Plan, table: usize| {
        let mut out = Vec::new();
        let engine = Engine::new(Arc::new(plan));
        engine.write_chunk(table, 1, &mut out).expect("a chunk");
        String::from_utf8(out).expect("text").lines().count()
    };
    let tenants = with
        .table(&Name::new("public", "tenants"))
        .expect("a table");
    assert_eq!(chunk(with, tenants), 2);
    assert_eq!(chunk(without, tenants), 0);
}

#[test]
fn a_row_is_the_same_whatever_else_is_chosen_but_for_its_number() {
    let alone = row(&planned(TEAM, &["other"]).expect("a plan"), "one");
    let beside = row(&planned(TEAM, &["team", "other"]).expect("a plan"), "one");
    for (column, value) in &alone {
        match column.as_str() {
            "id" => assert_ne!(value, &beside[column]),
            _ => assert_eq!(value, &beside[column], "{column}"),
        }
    }
    let number = place::number("team", "own");
    assert!((SCENARIO_ROWS..2 * SCENARIO_ROWS).contains(&number));
    assert_ne!(number, place::number("tea", "mown"));
}

#[test]
fn tenants_that_do_not_fit_together_are_told_apart() {
    let check = |rows: &str, expected: &str| {
        let text = format!("[[seed.scenario]]\nname = \"s\"\nrows = [{rows}]");
        let error = planned(&text, &["s"]).expect_err("an impossible scenario");
        assert!(error.contains(expected), "{error}");
    };
    let users = "{ handle = \"t\", table = \"tenants\" }, { handle = \"u\", table = \"users\" }, ";
    check(
        &format!(
            "{users} {{ handle = \"o\", table = \"orders\", set = {{ tenant_id = \"@t\", user_id = \"@u\" }} }}"
        ),
        "row \"o\": column \"tenant_id\" is set to another value than foreign key",
    );
    check(
        &format!(
            "{users} {{ handle = \"o\", table = \"orders\", set = {{ tenant_id = \"@t\" }} }}"
        ),
        "column \"user_id\" must refer to a row of public.users with the same \"tenant_id\", and none has it",
    );
    check(
        "{ handle = \"o\", table = \"orders\", set = { tenant_id = 1, user_id = 999 } }",
        "is set to a key that no row of public.users has (foreign key \"orders_user\")",
    );
    check(
        "{ handle = \"o\", table = \"orders\", set = { kind = \"sale\", high = 2000 } }",
        "column \"kind\", \"high\" as it is set, no row satisfies orders_price",
    );
    check(
        "{ handle = \"o\", table = \"orders\", set = { id = 3 } }",
        "column \"id\" is what a generated row has already in unique key \"orders_pkey\"",
    );
}

#[test]
fn what_is_set_in_part_finds_a_generated_parent() {
    let text = "[[seed.scenario]]\nname = \"s\"\nrows = [{ handle = \"o\", table = \"orders\", set = { tenant_id = 3 } }]";
    let plan = planned(text, &["s"]).expect("a plan");
    let order = row(&plan, "o");
    let users = plan.table(&Name::new("public", "users")).expect("a table");
    let mut rows = 0..plan.tables[users].rows;
    let there = rows.any(|row| {
        let cells = crate::engine::row_of(&plan, users, row).expect("a row");
        cells[0] == Value::Int(3) && cells[1] == order["user_id"]
    });
    assert!(there, "{order:?}");
}

#[test]
fn generated_rows_are_kept_from_being_like_an_exclusive_one() {
    let text = "[[seed.scenario]]\nname = \"s\"\nexclusive = true\nrows = [{ handle = \"o\", table = \"orders\", set = { kind = \"gift\", low = 400 } }]";
    let kinds = |text: &str| {
        let plan = planned(text, &["s"]).expect("a plan");
        let orders = plan.table(&Name::new("public", "orders")).expect("a table");
        let rows = 0..plan.tables[orders].rows;
        let gift = Value::Text("gift".to_owned());
        let gifts = rows.filter(|row| {
            let cells = crate::engine::row_of(&plan, orders, *row).expect("a row");
            cells[3] == gift
        });
        (gifts.count(), row(&plan, "o"))
    };
    let (gifts, own) = kinds(text);
    assert_eq!((gifts, &own["kind"]), (0, &Value::Text("gift".to_owned())));
    let (gifts, same) = kinds(&text.replace("exclusive = true\n", ""));
    assert!(gifts > 10, "{gifts}");
    assert_eq!(own, same);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Whatever is set: the row has it and satisfies every CHECK, or columns and constraint are named.
    #[test]
    fn a_row_is_as_it_is_set_or_the_conflict_is_named(
        kind in prop::option::of(prop::sample::select(vec!["gift", "sale", "loan"])),
        low in prop::option::of(-3_i64..1_200),
        high in prop::option::of(-3_i64..1_200),
    ) {
        let mut set = Vec::new();
        set.extend(kind.map(|kind| format!("kind = \"{kind}\"")));
        set.extend(low.map(|low| format!("low = {low}")));
        set.extend(high.map(|high| format!("high = {high}")));
        let text = format!(
            "[[seed.scenario]]\nname = \"s\"\nrows = [{{ handle = \"o\", table = \"orders\", set = {{ {} }} }}]",
            set.join(", ")
        );
        let possible = kind != Some("loan")
            && low.is_none_or(|low| low > 0)
            && high.is_none_or(|high| high > 1 && (high < 1_000 || kind != Some("sale")))
            && low.zip(high).is_none_or(|(low, high)| low < high)
            && !(kind == Some("sale") && low.is_some_and(|low| low > 998));
        match planned(&text, &["s"]) {
            Ok(plan) => {
                prop_assert!(possible, "{}", text);
                let order = row(&plan, "o");
                if let Some(low) = low {
                    prop_assert_eq!(&order["low"], &Value::Int(low));
                }
                if let Some(high) = high {
                    prop_assert_eq!(&order["high"], &Value::Int(high));
                }
                let orders = plan.table(&Name::new("public", "orders")).expect("a table");
                let schema = schema();
                let model = &schema.tables[&plan.tables[orders].name];
                let columns = columns_of(plan.as_of_micros, &plan.tables[orders], model);
                let check = Check::compile(PRICE, &columns).expect("understood");
                let added = plan.tables[orders].added.get(0).expect("one row").row;
                let cells = crate::engine::row_of(&plan, orders, added).expect("a row");
                prop_assert_eq!(check.eval(&cells), Truth::True);
            }
            Err(error) => {
                prop_assert!(!possible, "{}: {}", text, error);
                prop_assert!(error.contains("scenario \"s\", row \"o\": column \""), "{}", error);
                prop_assert!(error.contains("orders_price") || error.contains("orders_kind"), "{}", error);
            }
        }
    }
}
