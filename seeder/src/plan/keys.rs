//! Unique keys: which column or which columns together make every row another.

use std::collections::BTreeSet;

use rules::schema::{ConstraintKind, Index, Schema};

use super::problem::Problems;
use super::table::{Choice, Digit, Origin, TablePlan, TuplePlan};
use crate::key::Permutation;
use crate::value::Type;

/// Products of digits beyond this need no more digits: no table has as many rows.
const PRODUCT_MAX: u64 = 1 << 62;

/// Words that name a row's place among its siblings.
const ORDINALS: [&str; 12] = [
    "position", "ordinal", "line", "seq", "sequence", "rank", "number", "no", "nr", "version",
    "revision", "idx",
];

/// How many distinct values a column can have; `None` where it cannot be told apart by equality.
pub(super) type Capacity<'a> = dyn Fn(usize) -> Option<u64> + 'a;

/// Where a row's places among its siblings begin, and their step: what CHECKs allow of a column.
pub(super) type Places<'a> = dyn Fn(usize) -> Option<(i64, i64)> + 'a;

/// A unique key.
#[derive(Debug)]
pub(super) struct UniqueKey {
    pub(super) name: String,
    pub(super) columns: Vec<usize>,
    /// Whether two NULLs are equal.
    nulls_equal: bool,
}

/// Decides what carries each unique key of a table, and takes rows away that do not fit.
pub(super) fn carry(
    schema: &Schema,
    tables: &mut [TablePlan],
    position: usize,
    (capacity, places): (&Capacity<'_>, &Places<'_>),
    problems: &mut Problems,
) {
    nameless(schema, &tables[position], problems);
    let mut keys = keys_of(schema, &tables[position]);
    // Places among siblings lay rows out, which other keys then build upon.
    keys.sort_by_key(|key| {
        let table = &tables[position];
        let places = key.columns.iter().any(|&column| is_ordinal(table, column));
        (key.columns.len(), !places, key.name.clone())
    });
    for key in keys {
        if !is_carried(&tables[position], &key) {
            let way = ordinal(tables, position, &key, places);
            let way = way.unwrap_or_else(|| ways(tables, position, &key, capacity));
            take(tables, position, &key, way, problems);
        }
    }
}

/// What a unique key can be carried by.
enum Way {
    Column(usize, u64),
    Ordinal(usize, usize, (i64, i64)),
    Once(usize),
    Ordered(usize),
    Tuple(Vec<Digit>),
    None,
}

/// Every unique key whose columns are known.
pub(super) fn keys_of(schema: &Schema, table: &TablePlan) -> Vec<UniqueKey> {
    let model = &schema.tables[&table.name];
    let mut keys = Vec::new();
    for (name, constraint) in &model.constraints {
        if let ConstraintKind::Exclusion { .. } = &constraint.kind {
            let columns = super::exclude::distinct_columns(table, &constraint.definition);
            if !columns.is_empty() {
                keys.push(UniqueKey {
                    name: name.clone(),
                    columns,
                    nulls_equal: false,
                });
            }
            continue;
        }
        let columns = match &constraint.kind {
            ConstraintKind::PrimaryKey { columns } | ConstraintKind::Unique { columns } => columns,
            _ => continue,
        };
        keys.push(UniqueKey {
            name: name.clone(),
            columns: columns
                .iter()
                .filter_map(|column| table.column(column))
                .collect(),
            nulls_equal: constraint.definition.contains("NULLS NOT DISTINCT"),
        });
    }
    for (name, index) in model.indexes.iter().filter(|(_, index)| index.unique) {
        let columns = index_columns(schema, table, index);
        if !columns.is_empty() {
            keys.push(UniqueKey {
                name: name.clone(),
                columns,
                nulls_equal: index.definition.contains("NULLS NOT DISTINCT"),
            });
        }
    }
    keys
}

fn index_columns(schema: &Schema, table: &TablePlan, index: &Index) -> Vec<usize> {
    let mut columns = Vec::new();
    for element in &index.keys {
        // Two documents may differ and hold the same there.
        if !element.contains("->") {
            let named = columns_in(element, table);
            let names = named
                .iter()
                .map(|&column| table.columns[column].name.as_str());
            columns.extend(names.flat_map(|name| behind(schema, table, name)));
        }
    }
    columns.sort_unstable();
    columns.dedup();
    columns
}

/// Names unique indexes over nothing that is known here.
fn nameless(schema: &Schema, table: &TablePlan, problems: &mut Problems) {
    let model = &schema.tables[&table.name];
    for (name, index) in model.indexes.iter().filter(|(_, index)| index.unique) {
        if index_columns(schema, table, index).is_empty() {
            problems.add(
                &table.name,
                format!("unique index \"{name}\" is over {}", index.keys.join(", ")),
                "no column of it is known: drop it in the seeded environment",
            );
        }
    }
}

/// A column, or those that a generated one is computed from.
fn behind(schema: &Schema, table: &TablePlan, name: &str) -> Vec<usize> {
    let model = schema.tables[&table.name].column(name);
    match model.and_then(|column| column.generated.as_ref()) {
        Some(generated) => columns_in(&generated.expression, table),
        None => table.column(name).into_iter().collect(),
    }
}

/// The columns that an index element names: itself, or those within an expression.
pub(crate) fn columns_in(element: &str, table: &TablePlan) -> Vec<usize> {
    let mut found = Vec::new();
    let mut rest = element;
    while let Some(start) = rest.find(|c: char| c == '"' || c == '_' || c.is_alphabetic()) {
        rest = &rest[start..];
        let (word, tail) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => {
                let end = rest
                    .find(|c: char| c != '_' && c != '$' && !c.is_alphanumeric())
                    .unwrap_or(rest.len());
                rest.split_at(end)
            }
        };
        rest = tail;
        if tail.starts_with('(') {
            continue;
        }
        found.extend(table.column(word).filter(|column| !found.contains(column)));
    }
    found
}

/// Whether a part of the key is another in every row already.
fn is_carried(table: &TablePlan, key: &UniqueKey) -> bool {
    let within = |columns: &[usize]| columns.iter().all(|column| key.columns.contains(column));
    let by_column = key.columns.iter().any(|&column| {
        matches!(
            table.columns[column].origin,
            Origin::Serial { .. } | Origin::Distinct
        )
    });
    let by_parent = table.parents.iter().any(|link| {
        let own: Vec<usize> = link.columns.iter().map(|(own, _)| *own).collect();
        matches!(link.choice, Choice::Once(_) | Choice::Previous) && within(&own)
    });
    let by_tuple = table.tuples.iter().any(|tuple| {
        let columns: Vec<usize> = tuple
            .digits
            .iter()
            .flat_map(|digit| match digit {
                Digit::Column { column, .. } => vec![*column],
                Digit::Parent(link) => {
                    let columns = &table.parents[*link].columns;
                    columns.iter().map(|(own, _)| *own).collect()
                }
            })
            .collect();
        tuple.within.is_none() && within(&columns)
    });
    by_column || by_parent || by_tuple
}

/// A number within each parent, such as a line of an order.
fn ordinal(
    tables: &[TablePlan],
    position: usize,
    key: &UniqueKey,
    places: &Places<'_>,
) -> Option<Way> {
    let table = &tables[position];
    let free = |column: &&usize| table.columns[**column].origin == Origin::Free;
    let column = *key.columns.iter().find(free)?;
    let alone = key.columns.iter().filter(free).count() == 1;
    let [link] = links_in(table, key)[..] else {
        return None;
    };
    let plan = &table.parents[link];
    let fits = alone
        && is_ordinal(table, column)
        && table.layout.is_none_or(|laid| laid == link)
        && matches!(plan.choice, Choice::Uniform | Choice::Layout)
        && plan.eligible.is_none()
        && plan.parent != position
        && tables[plan.parent].rows > 0;
    let places = places(column).filter(|_| fits)?;
    Some(Way::Ordinal(link, column, places))
}

fn ways(tables: &[TablePlan], position: usize, key: &UniqueKey, capacity: &Capacity<'_>) -> Way {
    let table = &tables[position];
    let free: Vec<usize> = key
        .columns
        .iter()
        .copied()
        .filter(|&column| table.columns[column].origin == Origin::Free)
        .collect();
    let links = links_in(table, key);
    let widest = free
        .iter()
        .filter_map(|&column| Some((column, capacity(column)?)))
        .max_by_key(|&(column, size)| (size, std::cmp::Reverse(column)));
    if let Some((column, size)) = widest
        && (size >= table.rows || links.is_empty() && free.len() == 1)
    {
        return Way::Column(column, size);
    }
    let mut digits: Vec<Digit> = links.iter().map(|&link| Digit::Parent(link)).collect();
    digits.extend(free.iter().filter_map(|&column| {
        let size = capacity(column)?;
        Some(Digit::Column { column, size })
    }));
    if digits.is_empty() {
        return part_of_link(table, key).map_or(Way::None, Way::Once);
    }
    match digits[..] {
        [] => Way::None,
        [Digit::Parent(link)] if matches!(table.parents[link].choice, Choice::Uniform) => {
            Way::Once(link)
        }
        [Digit::Parent(link)] if matches!(table.parents[link].choice, Choice::Layout) => {
            Way::Ordered(link)
        }
        _ => Way::Tuple(digits),
    }
}

/// A foreign key that decides a whole unique key and more: each of its parents once is enough, since
/// the parent is known by the key alone or with what a CHECK fixes.
fn part_of_link(table: &TablePlan, key: &UniqueKey) -> Option<usize> {
    table.parents.iter().position(|link| {
        let has = |column: &usize| link.columns.iter().any(|(own, _)| own == column);
        matches!(link.choice, Choice::Uniform) && key.columns.iter().all(has)
    })
}

/// Foreign keys all of whose columns are in the key, or, of one that shares columns with others,
/// those that it alone has.
fn links_in(table: &TablePlan, key: &UniqueKey) -> Vec<usize> {
    let mut covered: BTreeSet<usize> = BTreeSet::new();
    let mut found = Vec::new();
    for (position, link) in table.parents.iter().enumerate() {
        let own = |column: &usize| key.columns.contains(column);
        let inside = match link.choice {
            Choice::Within { .. } => link
                .columns
                .iter()
                .filter(|(column, _)| links_of(table, *column) == 1)
                .all(|(column, _)| own(column)),
            Choice::Same(_) => false,
            _ => link.columns.iter().all(|(column, _)| own(column)),
        };
        let new = link
            .columns
            .iter()
            .any(|(column, _)| !covered.contains(column));
        if inside && new {
            covered.extend(link.columns.iter().map(|(column, _)| *column));
            found.push(position);
        }
    }
    found
}

fn links_of(table: &TablePlan, column: usize) -> usize {
    let with =
        |link: &&super::table::ParentPlan| link.columns.iter().any(|(own, _)| *own == column);
    table.parents.iter().filter(with).count()
}

pub(super) fn is_ordinal(table: &TablePlan, column: usize) -> bool {
    let column = &table.columns[column];
    let last = column.name.rsplit('_').next().unwrap_or(&column.name);
    matches!(column.data_type, Type::Int { .. }) && ORDINALS.contains(&last.to_lowercase().as_str())
}

fn take(
    tables: &mut [TablePlan],
    position: usize,
    key: &UniqueKey,
    way: Way,
    problems: &mut Problems,
) {
    match way {
        Way::Column(column, size) => {
            tables[position].columns[column].origin = Origin::Distinct;
            fit(&mut tables[position], key, size, problems);
        }
        Way::Ordinal(link, column, (start, step)) => {
            tables[position].layout = Some(link);
            tables[position].parents[link].choice = Choice::Layout;
            tables[position].parents[link].nulls_per_million = 0;
            tables[position].columns[column].origin = Origin::Ordinal { start, step };
        }
        Way::Once(link) => {
            let parent = &tables[position].parents[link];
            let all = tables[parent.parent].rows;
            let parents = parent
                .eligible
                .as_ref()
                .map_or(all, |some| some.len() as u64);
            let itself = parent.parent == position;
            let permutation = Permutation::new(parent.key.part("once"), parents.max(1));
            let plan = &mut tables[position].parents[link];
            plan.choice = if itself {
                Choice::Previous
            } else {
                Choice::Once(permutation)
            };
            if key.nulls_equal {
                plan.nulls_per_million = 0;
            }
            if !itself {
                fit(&mut tables[position], key, parents, problems);
            }
        }
        Way::Ordered(link) => {
            let parents = tables[tables[position].parents[link].parent].rows;
            fit(&mut tables[position], key, parents, problems);
        }
        Way::Tuple(digits) => tuple(tables, position, key, digits, problems),
        Way::None => problems.add(
            &tables[position].name.clone(),
            format!(
                "nothing can make unique key \"{}\" different in every row",
                key.name
            ),
            "give one of its columns a generator with distinct values",
        ),
    }
}

fn tuple(
    tables: &mut [TablePlan],
    position: usize,
    key: &UniqueKey,
    digits: Vec<Digit>,
    problems: &mut Problems,
) {
    let table = &tables[position];
    let up = digits.iter().find_map(|digit| match digit {
        Digit::Parent(link) => match table.parents[*link].choice {
            Choice::Within { up, .. } => Some(up),
            Choice::Layout => Some(1),
            _ => None,
        },
        Digit::Column { .. } => None,
    });
    let parents: Vec<usize> = digits
        .iter()
        .filter_map(|digit| match digit {
            Digit::Parent(link) => Some(table.parents[*link].parent),
            Digit::Column { .. } => None,
        })
        .collect();
    let twins = up.is_none() && parents.len() == 2 && parents[0] == parents[1];
    let product = |size: &dyn Fn(&super::table::ParentPlan) -> u64| {
        digits.iter().fold(1, |product: u64, digit| {
            product.saturating_mul(match digit {
                Digit::Parent(link) => size(&table.parents[*link]),
                Digit::Column { size, .. } => *size,
            })
        })
    };
    let size = match up {
        // Blocks of equal size, the smallest of them: a tuple must fit into every one.
        Some(up) => {
            let blocks = tables[ancestor(tables, position, up)].rows.max(1);
            let in_block = |link: &super::table::ParentPlan| match link.choice {
                Choice::Layout => 1,
                Choice::Within { .. } => tables[link.parent].rows / blocks,
                _ => tables[link.parent].rows,
            };
            product(&in_block).saturating_mul(blocks)
        }
        None => product(&|link| tables[link.parent].rows),
    };
    let size = match twins {
        true => twins_size(tables[parents[0]].rows, &digits),
        false => size,
    };
    let number = table.tuples.len();
    let plan = TuplePlan {
        constraint: key.name.clone(),
        key: table.key.part(&key.name),
        digits: digits.clone(),
        within: up,
        apart: twins,
        ascends: None,
    };
    let table = &mut tables[position];
    for digit in digits {
        match digit {
            Digit::Parent(link) => {
                let link = &mut table.parents[link];
                link.nulls_per_million = 0;
                if matches!(link.choice, Choice::Uniform) {
                    link.choice = Choice::Digit(number);
                }
            }
            Digit::Column { column, .. } => table.columns[column].origin = Origin::Digit(number),
        }
    }
    table.tuples.push(plan);
    fit(table, key, size.min(PRODUCT_MAX), problems);
}

/// Half of the ordered pairs of a table's rows, times the other digits.
fn twins_size(rows: u64, digits: &[Digit]) -> u64 {
    let pairs = rows.saturating_mul(rows.saturating_sub(1)) / 2;
    digits
        .iter()
        .fold(pairs, |product: u64, digit| match digit {
            Digit::Column { size, .. } => product.saturating_mul(*size),
            Digit::Parent(_) => product,
        })
}

/// The table that is `steps` layouts above another.
fn ancestor(tables: &[TablePlan], position: usize, steps: usize) -> usize {
    (0..steps).fold(position, |at, _| match tables[at].layout {
        Some(layout) => tables[at].parents[layout].parent,
        None => at,
    })
}

/// Takes rows away that a unique key has no room for; those that were asked for are refused.
fn fit(table: &mut TablePlan, key: &UniqueKey, size: u64, problems: &mut Problems) {
    if table.rows <= size {
        return;
    }
    if table.rows_because.contains("configuration") {
        problems.add(
            &table.name.clone(),
            format!(
                "{} rows are asked for, and unique key \"{}\" has room for {size}",
                table.rows, key.name
            ),
            "ask for fewer rows, or give a column of the key more values",
        );
    } else {
        table.rows = size;
        table.rows_because = format!("unique key \"{}\" has room for no more", key.name);
    }
}
