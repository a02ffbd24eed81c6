//! How many rows each table gets.

mod fan_out;
mod room;

use rules::config::Seed;
use rules::seed::SeedRules;

use super::problem::Problems;
use super::table::{Choice, TablePlan};
use fan_out::PARENTS_MIN;

pub(super) use fan_out::{fan_out, keep};
pub(super) use room::Room;

/// Rows of a table that refers to nothing, at scale 1.
const ROOT_ROWS: u64 = 1_000;
/// Rows of a table whose name says that it is a short list.
const LIST_ROWS: u64 = 20;
/// Rows for each row of the largest parent.
const PER_PARENT: u64 = 3;
/// Rows that a table of many levels gets at scale 1 at most.
const ROWS_MAX: u64 = 30_000;

/// Words that name short lists, in the singular.
const LISTS: [&str; 24] = [
    "status",
    "state",
    "type",
    "kind",
    "role",
    "permission",
    "category",
    "currency",
    "country",
    "language",
    "locale",
    "unit",
    "priority",
    "level",
    "plan",
    "setting",
    "config",
    "region",
    "department",
    "genre",
    "color",
    "size",
    "tax",
    "feature",
];

/// Decides the rows of every table, parents first.
pub(super) fn count(tables: &mut [TablePlan], rules: &SeedRules, seed: &Seed) {
    for position in 0..tables.len() {
        if tables[position].filled.is_none() {
            count_one(tables, position, rules, seed);
        }
    }
}

/// Decides the rows of a table, as far as they do not follow from numbers of children, after its parents' are known.
pub(super) fn count_one(tables: &mut [TablePlan], position: usize, rules: &SeedRules, seed: &Seed) {
    let (rows, because) = rows_of(tables, position, rules, seed);
    tables[position].rows = rows;
    tables[position].rows_because = because;
    if let Some(layout) = tables[position].layout {
        let parent_rows = tables[tables[position].parents[layout].parent].rows;
        let table = &mut tables[position];
        if table.rows < parent_rows && !table.rows_because.contains("configuration") {
            table.rows = parent_rows;
            "one for each of its block's parents".clone_into(&mut table.rows_because);
        }
    }
}

/// How many rows of a table others count on that are decided before it, in a circle of foreign keys:
/// those that refer to each of its rows once, or to each in a key.
pub(super) fn promised(tables: &[TablePlan], position: usize) -> u64 {
    let mut links = tables[..position].iter().flat_map(|table| &table.parents);
    let counts = links.any(|link| {
        link.parent == position && matches!(link.choice, Choice::Once(_) | Choice::Digit(_))
    });
    if counts { tables[position].rows } else { 0 }
}

/// Gives a table the rows that were promised, where it would have fewer.
pub(super) fn hold(table: &mut TablePlan, promised: u64) {
    if table.rows < promised && !table.rows_because.contains("configuration") {
        table.fan_out = None;
        table.rows = promised;
        "tables that come before it in a circle refer to so many"
            .clone_into(&mut table.rows_because);
    }
}

/// Names a table that has fewer rows than were promised after all.
pub(super) fn held(table: &TablePlan, promised: u64, problems: &mut Problems) {
    if table.rows < promised {
        problems.add(
            &table.name,
            format!(
                "there are {} rows ({}), and tables that come before it in a circle of foreign keys \
                 refer to {promised}",
                table.rows, table.rows_because
            ),
            "ask for so few rows of the table under [seed.tables]",
        );
    }
}

fn rows_of(tables: &[TablePlan], position: usize, rules: &SeedRules, seed: &Seed) -> (u64, String) {
    let table = &tables[position];
    let own = rules.tables.get(&table.name);
    if let Some(rows) = own.and_then(|own| own.rows) {
        return (rows, "the configuration says so".to_owned());
    }
    let scaled = |rows: u64| scaled(rows, seed);
    let parents = || table.parents.iter().filter(|link| link.parent != position);
    let largest = parents()
        .filter(|link| tables[link.parent].level < table.level)
        .max_by_key(|link| tables[link.parent].rows);
    let Some(largest) = largest else {
        return match is_list(&table.name.name) {
            true => (
                LIST_ROWS.min(scaled(LIST_ROWS)),
                "its name is that of a short list".to_owned(),
            ),
            false => (scaled(ROOT_ROWS), "it refers to nothing".to_owned()),
        };
    };
    let name = &tables[largest.parent].name;
    let parent_rows = tables[largest.parent].rows;
    let unsaid = own.is_none_or(is_unsaid) && !is_list(&table.name.name);
    if unsaid && is_short_list(tables, largest.parent) {
        return (
            scaled(ROOT_ROWS),
            "it refers to short lists only".to_owned(),
        );
    }
    if let Some(factor) = own.and_then(|own| own.per_parent) {
        let rows = parent_rows.saturating_mul(factor);
        return (rows, format!("{factor} for each row of {name}"));
    }
    let rows = parent_rows.saturating_mul(PER_PARENT);
    let most = scaled(ROWS_MAX).max(parent_rows);
    if rows > most {
        (most, "no table gets more by itself".to_owned())
    } else {
        (rows, format!("{PER_PARENT} for each row of {name}"))
    }
}

/// Rows at scale 1 in proportion, one at least.
fn scaled(rows: u64, seed: &Seed) -> u64 {
    (rows.saturating_mul(seed.scale_per_mille) / 1_000).max(1)
}

/// Whether a table is a short list that others choose from.
fn is_short_list(tables: &[TablePlan], position: usize) -> bool {
    let table = &tables[position];
    let alone = table.parents.iter().all(|link| link.parent == position);
    let listed = table.filled.is_some() || alone && is_list(&table.name.name);
    table.rows <= LIST_ROWS && listed
}

/// Whether a table's rules leave the number of its rows open.
fn is_unsaid(own: &rules::seed::TableRules) -> bool {
    own.per.is_none() && own.per_parent.is_none()
}

fn is_list(name: &str) -> bool {
    let word = name.rsplit('_').next().unwrap_or(name).to_lowercase();
    let singular = [
        word.strip_suffix("ies").map(|stem| format!("{stem}y")),
        word.strip_suffix("es").map(str::to_owned),
        word.strip_suffix('s').map(str::to_owned),
        Some(word.clone()),
    ];
    singular
        .into_iter()
        .flatten()
        .any(|word| LISTS.contains(&word.as_str()))
}

/// Spreads the choice of parents that nothing else decides: some have many children, most few.
pub(super) fn spread(tables: &mut [TablePlan], position: usize, rules: &SeedRules) {
    {
        for link in 0..tables[position].parents.len() {
            let table = &tables[position];
            let plan = &table.parents[link];
            if !matches!(plan.choice, Choice::Uniform) {
                continue;
            }
            let all = tables[plan.parent].rows;
            let parents = plan.eligible.as_ref().map_or(all, |some| some.len() as u64);
            let own = rules.tables.get(&table.name);
            let first = &table.columns[plan.columns[0].0].name;
            let asked = own
                .and_then(|own| own.columns.get(first))
                .and_then(|rule| rule.distribution);
            let choice = if plan.parent == position {
                Choice::Earlier
            } else {
                match asked {
                    None if parents < PARENTS_MIN || table.rows < 2 * parents => Choice::Uniform,
                    None => spread_over(plan, rules::seed::Distribution::Zipf, parents),
                    Some(rules::seed::Distribution::Uniform) => Choice::Uniform,
                    Some(other) => spread_over(plan, other, parents.max(1)),
                }
            };
            tables[position].parents[link].choice = choice;
        }
    }
}

fn spread_over(
    link: &super::table::ParentPlan,
    distribution: rules::seed::Distribution,
    parents: u64,
) -> Choice {
    let permutation = crate::key::Permutation::new(link.key.part("order"), parents);
    Choice::Spread(distribution, permutation)
}
