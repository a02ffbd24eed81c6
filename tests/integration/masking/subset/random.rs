//! Tables that refer to each other at random: what is copied is what a plain fixed point gives.

use std::collections::BTreeMap;
use std::fmt::Write;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rules::mask::Reached;
use rules::schema::Name;

use super::{Origin, copied, key, numbers, rules};

/// Groups of tables that have nothing to do with each other.
const GROUPS: usize = 10;
const TABLES_MAX: usize = 8;
const ROWS: i32 = 40;

/// A reference of a table and, for each of its rows, what it refers to: two columns where the key has
/// two, of which either may be NULL.
struct Edge {
    from: usize,
    to: usize,
    down: bool,
    values: Vec<(Option<i32>, Option<i32>)>,
}

struct Group {
    tables: usize,
    edges: Vec<Edge>,
    start: usize,
    first: i32,
}

fn name(group: usize, table: usize) -> String {
    format!("g{group}_t{table}")
}

/// Tables of an odd number are referred to by two columns.
fn is_double(table: usize) -> bool {
    table % 2 == 1
}

fn group(random: &mut StdRng) -> Group {
    let tables = random.random_range(1..=TABLES_MAX);
    let count = random.random_range(0..=tables * 2);
    let edges = (0..count).map(|_| {
        let values = (0..ROWS).map(|_| {
            let to = random.random_range(0..ROWS);
            let to = Some(to).filter(|_| random.random_range(0..3) > 0);
            (to, to.filter(|_| random.random_range(0..8) > 0))
        });
        let values = values.collect();
        Edge {
            from: random.random_range(0..tables),
            to: random.random_range(0..tables),
            down: random.random_range(0..5) > 0,
            values,
        }
    });
    let edges = edges.collect();
    Group {
        edges,
        start: random.random_range(0..tables),
        first: random.random_range(0..ROWS),
        tables,
    }
}

/// The tables, then their rows, then what they refer to.
fn ddl(groups: &[Group]) -> String {
    let mut sql = String::new();
    for (at, group) in groups.iter().enumerate() {
        for table in 0..group.tables {
            let name = name(at, table);
            write!(
                sql,
                "CREATE TABLE {name} (rid int PRIMARY KEY, twin int, UNIQUE (rid, twin)); "
            )
            .ok();
            write!(
                sql,
                "INSERT INTO {name} SELECT n, n * 7 FROM generate_series(0, {}) n; ",
                ROWS - 1
            )
            .ok();
        }
        for (number, edge) in group.edges.iter().enumerate() {
            let (from, to) = (name(at, edge.from), name(at, edge.to));
            write!(
                sql,
                "ALTER TABLE {from} ADD e{number} int, ADD e{number}_twin int; "
            )
            .ok();
            for (rid, (value, twin)) in edge.values.iter().enumerate() {
                let shown = |value: Option<i32>| value.map_or("NULL".to_owned(), |n| n.to_string());
                let (value, twin) = (shown(*value), shown(twin.map(|n| n * 7)));
                write!(sql, "UPDATE {from} SET e{number} = {value}, e{number}_twin = {twin} WHERE rid = {rid}; ").ok();
            }
            let key = match is_double(edge.to) {
                true => format!("(e{number}, e{number}_twin) REFERENCES {to} (rid, twin)"),
                false => format!("(e{number}) REFERENCES {to}"),
            };
            write!(sql, "ALTER TABLE {from} ADD FOREIGN KEY {key}; ").ok();
        }
    }
    sql.push_str("CREATE ROLE reader LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader");
    sql
}

/// The subset: one row of each group and all before it.
fn subset(groups: &[Group]) -> String {
    let groups = groups.iter().enumerate();
    let (mut start, mut not_followed) = (Vec::new(), Vec::new());
    for (at, group) in groups {
        let table = name(at, group.start);
        let first = group.first;
        start.push(format!(
            "{{ table = \"{table}\", where = \"rid BETWEEN {first} - 2 AND {first}\" }}"
        ));
        for (number, edge) in group
            .edges
            .iter()
            .enumerate()
            .filter(|(_, edge)| !edge.down)
        {
            let twin = match is_double(edge.to) {
                true => format!(", e{number}_twin"),
                false => String::new(),
            };
            not_followed.push(format!("\"{}(e{number}{twin})\"", name(at, edge.from)));
        }
    }
    format!(
        "start = [{}]\nnot_followed = [{}]",
        start.join(", "),
        not_followed.join(", ")
    )
}

impl Group {
    /// Which rows of each table are kept, and whether they pull others in.
    fn closure(&self) -> BTreeMap<(usize, i32), bool> {
        let begin = (self.first - 2).max(0)..=self.first;
        let mut kept: BTreeMap<(usize, i32), bool> =
            begin.map(|row| ((self.start, row), true)).collect();
        loop {
            let before = kept.clone();
            for edge in &self.edges {
                for (child, (value, twin)) in (0_i32..).zip(&edge.values) {
                    let Some(parent) = value.filter(|_| !is_double(edge.to) || twin.is_some())
                    else {
                        continue;
                    };
                    let (child, parent) = ((edge.from, child), (edge.to, parent));
                    if edge.down && kept.get(&parent) == Some(&true) {
                        kept.insert(child, true);
                    }
                    if kept.contains_key(&child) {
                        kept.entry(parent).or_insert(false);
                    }
                }
            }
            if kept == before {
                return kept;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn references_at_random_give_the_rows_of_a_plain_fixed_point() -> anyhow::Result<()> {
    let mut random = StdRng::seed_from_u64(20_261_128);
    let groups: Vec<Group> = (0..GROUPS).map(|_| group(&mut random)).collect();
    let from = Origin::start(15, &ddl(&groups)).await?;
    let rules = rules(&subset(&groups), "");
    let copy = copied(&from.production(), &rules, &key(1), 15).await??;
    let client = copy.server.connect("shop").await?;
    let reach = copy.looked.decisions.subset.as_ref().expect("a subset");
    let (mut parts, mut rows) = (0, 0);
    for (at, group) in groups.iter().enumerate() {
        let closure = group.closure();
        for table in 0..group.tables {
            let name = name(at, table);
            let expected: Vec<i32> = match reach.tables[&Name::new("public", &name)] {
                Reached::Whole { .. } => (0..ROWS).collect(),
                Reached::Empty => Vec::new(),
                Reached::Part { .. } => {
                    let own = closure.keys().filter(|(of, _)| *of == table);
                    own.map(|(_, row)| *row).collect()
                }
            };
            let found = numbers(&client, &format!("SELECT rid FROM {name} ORDER BY 1")).await?;
            assert_eq!(found, expected, "{name}");
            if matches!(
                reach.tables[&Name::new("public", &name)],
                Reached::Part { .. }
            ) {
                parts += 1;
                rows += found.len();
            } else {
                // Nothing that is reached is left out as a table.
                assert!(!closure.keys().any(|(of, _)| *of == table), "{name}");
            }
        }
    }
    assert!(
        parts > GROUPS && rows > parts * 2 && rows < parts * 38,
        "{parts} tables, {rows} rows"
    );
    Ok(())
}
