//! Which tables a subset reaches, over references of every shape.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::mask::{Decisions, decide};
use crate::schema::{
    Column, Constraint, MatchType, PartitionOf, ReferentialAction, RowSecurity, Table,
};

/// Tables of which each has a column for each table that it refers to, named so.
fn schema(tables: &[(&str, &[&str])]) -> Schema {
    let mut schema = Schema::default();
    for (name, parents) in tables {
        let mut constraints = BTreeMap::new();
        for parent in *parents {
            let kind = ConstraintKind::ForeignKey {
                columns: vec![(*parent).to_owned()],
                references: public(parent),
                referenced: vec!["id".to_owned()],
                matching: MatchType::Simple,
                on_update: ReferentialAction::NoAction,
                on_delete: ReferentialAction::NoAction,
            };
            let definition = String::new();
            constraints.insert(format!("{parent}_fk"), Constraint { kind, definition });
        }
        let columns = std::iter::once(&"id").chain(*parents);
        let table = Table {
            columns: columns.map(|name| column(name)).collect(),
            constraints,
            ..plain()
        };
        schema.tables.insert(public(name), table);
    }
    schema
}

fn plain() -> Table {
    Table {
        kind: TableKind::Ordinary,
        unlogged: false,
        partition_by: None,
        partition_of: None,
        inherits: Vec::new(),
        row_security: RowSecurity::Off,
        columns: Vec::new(),
        constraints: BTreeMap::new(),
        indexes: BTreeMap::new(),
        triggers: BTreeMap::new(),
        policies: BTreeMap::new(),
    }
}

fn column(name: &str) -> Column {
    Column {
        name: name.to_owned(),
        data_type: "integer".to_owned(),
        nullable: true,
        default: None,
        identity: None,
        generated: None,
        collation: None,
        inherited: false,
    }
}

fn public(name: &str) -> Name {
    Name::new("public", name)
}

fn decided(schema: &Schema, subset: &str) -> Decisions {
    let text = format!(
        "[masking]\nkey = \"env:K\"\n{subset}\n[masking.tables.\"*\"]\n\"*\" = {{ with = \"keep\", why = \"numbers\" }}\n"
    );
    let config = crate::config::parse(&text).expect("legal rules");
    decide(schema, &config.masking.expect("given"))
}

/// What becomes of each table: `whole`, `named`, `none`, or how it is reached.
fn told(reach: &Reach) -> String {
    let names = |names: &BTreeSet<Name>| {
        let names: Vec<&str> = names.iter().map(|name| name.name.as_str()).collect();
        names.join("+")
    };
    let tables = reach.tables.iter().map(|(name, reached)| {
        let how = match reached {
            Reached::Whole { named: true } => "named".to_owned(),
            Reached::Whole { named: false } => "whole".to_owned(),
            Reached::Empty => "none".to_owned(),
            Reached::Part {
                start,
                children_of,
                parents_of,
            } => {
                let start = if *start { "*" } else { "" };
                format!("{start}<{}>{}", names(children_of), names(parents_of))
            }
        };
        format!("{} {how}", name.name)
    });
    tables.collect::<Vec<_>>().join(", ")
}

#[track_caller]
fn reaches(tables: &[(&str, &[&str])], subset: &str, expected: &str) -> Reach {
    let decisions = decided(&schema(tables), subset);
    assert_eq!(decisions.problems, []);
    let reach = decisions.subset.expect("a subset");
    assert_eq!(told(&reach), expected);
    reach
}

const SHOP: &[(&str, &[&str])] = &[
    ("countries", &[]),
    ("customers", &["countries"]),
    ("orders", &["customers"]),
    ("lines", &["orders", "products"]),
    ("products", &[]),
    ("images", &["products"]),
    ("settings", &[]),
    ("log", &["customers"]),
];

const CUSTOMERS: &str = "[[masking.subset.start]]\ntable = \"customers\"\nwhere = \"true\"";

fn steps(reach: &Reach) -> Vec<String> {
    let steps = reach.steps.iter().map(|step| {
        let arrow = if step.down { "<->" } else { "->" };
        format!("{} {arrow} {}", step.from.name, step.to.name)
    });
    steps.collect()
}

#[test]
fn children_are_pulled_parents_are_lifted_and_what_is_lifted_pulls_nothing() {
    let reach = reaches(
        SHOP,
        CUSTOMERS,
        "countries <>customers, customers *<>log+orders, images none, lines <orders>, \
         log <customers>, orders <customers>lines, products <>lines, settings whole",
    );
    assert_eq!(
        steps(&reach),
        [
            "customers -> countries",
            "lines <-> orders",
            "lines -> products",
            "log <-> customers",
            "orders <-> customers"
        ]
    );
}

#[test]
fn references_are_not_followed_and_tables_are_whole_where_the_rules_say_so() {
    let subset = "subset = { start = [{ table = \"customers\", percent = 1 }], \
                  not_followed = [\"log(customers)\"], whole = [\"countries\", \"images\"] }";
    let reach = reaches(
        SHOP,
        subset,
        "countries named, customers *<>orders, images named, lines <orders>, log none, \
         orders <customers>lines, products <>images+lines, settings whole",
    );
    assert_eq!(
        steps(&reach),
        [
            "images -> products",
            "lines <-> orders",
            "lines -> products",
            "orders <-> customers"
        ]
    );
}

#[test]
fn circles_and_tables_that_refer_to_themselves_end() {
    let start = "subset = { start = [{ table = \"a\", where = \"true\" }] }";
    let reach = reaches(
        &[("a", &["a", "b"]), ("b", &["a"]), ("c", &["c", "b"])],
        start,
        "a *<a+b>a+b, b <a>a+c, c <b+c>c",
    );
    assert_eq!(reach.steps.len(), 5);
    assert!(reach.steps.iter().all(|step| step.down));
    reaches(
        &[
            ("a", &[]),
            ("b", &["b"]),
            ("c", &["a"]),
            ("d", &["b", "e"]),
            ("e", &["d"]),
        ],
        start,
        "a *<>c, b whole, c <a>, d whole, e whole",
    );
}

#[test]
fn partitions_are_their_root_and_references_of_the_rules_count() {
    let mut schema = schema(&[("a", &[]), ("b", &[]), ("p", &["a"])]);
    let leaf = Table {
        partition_of: Some(PartitionOf {
            parent: public("p"),
            bound: "DEFAULT".to_owned(),
        }),
        ..schema.tables[&public("p")].clone()
    };
    schema.tables.insert(public("p1"), leaf);
    schema
        .tables
        .get_mut(&public("p"))
        .expect("p")
        .constraints
        .clear();
    let decisions = decided(
        &schema,
        "reference = [{ from = \"b(id)\", to = \"p(id)\" }]\n\
         subset = { start = [{ table = \"a\", newest = 3, by = \"id\" }] }",
    );
    assert_eq!(decisions.problems, []);
    let reach = decisions.subset.expect("a subset");
    assert_eq!(told(&reach), "a *<>p, b <p>, p <a>b");
    assert_eq!(steps(&reach), ["p1 <-> a", "b <-> p"]);
}

#[test]
fn what_is_not_there_is_named() {
    let said = |subset: &str| -> Vec<String> {
        let mut schema = schema(SHOP);
        let of = PartitionOf {
            parent: public("orders"),
            bound: "DEFAULT".to_owned(),
        };
        let partition_of = Some(of);
        let leaf = Table {
            partition_of,
            ..plain()
        };
        schema.tables.insert(public("orders_1"), leaf);
        let foreign = Table {
            kind: TableKind::Foreign,
            ..plain()
        };
        let of = PartitionOf {
            parent: public("log"),
            bound: "DEFAULT".to_owned(),
        };
        let partition_of = Some(of);
        let abroad = Table {
            partition_of,
            ..foreign.clone()
        };
        schema.tables.insert(public("far"), foreign);
        schema.tables.insert(public("log_far"), abroad);
        let decisions = decided(&schema, &format!("subset = {{ {subset} }}"));
        decisions.problems.iter().map(ToString::to_string).collect()
    };
    let start = |table: &str| format!("start = [{{ table = \"{table}\", percent = 1 }}]");
    let one = |subset: &str, expected: &str| assert_eq!(said(subset), [expected], "{subset}");
    one(
        &start("custmers"),
        "public.custmers: `start` in [masking.subset] names it, and it is not there; did you mean \
         \"public.customers\"?",
    );
    one(
        &start("orders_1"),
        "public.orders_1: `start` in [masking.subset] names a partition; name public.orders",
    );
    one(
        &start("far"),
        "public.far: `start` in [masking.subset] names it, and its rows are another server's; a \
         foreign table has no rows in a copy",
    );
    one(
        "start = [{ table = \"log\", newest = 1, by = \"id\" }]",
        "public.log: the newest of its rows may be another server's: it has a foreign partition; \
         choose by `where` or `percent`, or detach public.log_far",
    );
    one(
        "start = [{ table = \"orders\", newest = 1, by = \"at\" }]",
        "public.orders.at: `by` of the subset's start names a column that the table has not; it has \
         id, customers",
    );
    one(
        &format!("{}, not_followed = [\"lines(order)\"]", start("orders")),
        "public.lines(order): `not_followed` names a reference that is not there; the table refers \
         by (orders), (products)",
    );
    one(
        &format!("{}, whole = [\"orders\"]", start("orders")),
        "public.orders: the subset begins with some of its rows, and copies it whole; take it out \
         of `whole` or of `start` in [masking.subset]",
    );
}

/// Random tables with random references, a start, and what is not followed or whole.
fn shapes() -> impl Strategy<Value = (Vec<Vec<usize>>, usize, Vec<usize>)> {
    (1_usize..9).prop_flat_map(|count| {
        let parents = prop::collection::vec(0..count, 0..4);
        let tables = prop::collection::vec(parents, count);
        (tables, 0..count, prop::collection::vec(0..count, 0..2))
    })
}

proptest! {
    /// Whatever the shape: no table that has rows refers to one that may lack them, unless these are
    /// looked up.
    #[test]
    fn no_table_with_rows_refers_to_rows_that_are_not_looked_up((tables, start, whole) in shapes()) {
        let names: Vec<String> = (0..tables.len()).map(|at| format!("t{at}")).collect();
        let parents: Vec<Vec<&str>> = tables
            .iter()
            .map(|parents| parents.iter().map(|at| names[*at].as_str()).collect())
            .collect();
        let listed: Vec<(&str, &[&str])> =
            names.iter().map(String::as_str).zip(parents.iter().map(Vec::as_slice)).collect();
        let whole: Vec<String> = whole
            .iter()
            .filter(|at| **at != start)
            .map(|at| format!("\"t{at}\""))
            .collect();
        let subset = format!(
            "subset = {{ start = [{{ table = \"t{start}\", percent = 1 }}], whole = [{}] }}",
            whole.join(", ")
        );
        let reach = decided(&schema(&listed), &subset).subset.expect("a subset");
        prop_assert_eq!(reach.tables.len(), tables.len());
        for (at, parents) in tables.iter().enumerate() {
            for parent in parents {
                let (child, parent) = (public(&names[at]), public(&names[*parent]));
                let stepped = reach.steps.iter().any(|step| step.from == child && step.to == parent);
                let fits = match (&reach.tables[&child], &reach.tables[&parent]) {
                    (Reached::Empty, _) | (_, Reached::Whole { .. }) => true,
                    (_, Reached::Part { .. }) => stepped,
                    (_, Reached::Empty) => false,
                };
                prop_assert!(fits, "{} refers to {}: {}", child, parent, told(&reach));
            }
        }
    }
}
