//! Unique keys: which column or which columns together make every row another.

mod find;
mod given;
mod list;
mod pair;
mod shared;
mod ties;
mod tuple;

use std::collections::BTreeSet;

use rules::schema::Schema;

use super::problem::Problems;
use super::table::{Choice, Digit, Origin, TablePlan};
use super::unlike;
use super::values::Values;
use crate::key::Permutation;
use crate::value::Type;

use find::{nameless, only_roots};
use tuple::{fit, refit, tuple};

pub(crate) use find::columns_in;
pub(super) use find::{UniqueKey, keys_of};
pub(super) use given::give;
pub(super) use ties::Tied;

/// Words that name a row's place among its siblings.
const ORDINALS: [&str; 12] = [
    "position", "ordinal", "line", "seq", "sequence", "rank", "number", "no", "nr", "version",
    "revision", "idx",
];

/// How many distinct values a column can have; `None` where it cannot be told apart by equality.
pub(super) type Capacity<'a> = dyn Fn(usize) -> Option<u64> + 'a;

/// Where a row's places among its siblings begin, and their step: what CHECKs allow of a column.
pub(super) type Places<'a> = dyn Fn(usize) -> Option<(i64, i64)> + 'a;

/// Decides what carries each unique key of a table, and takes rows away that do not fit. Gives the
/// distinct values of columns that CHECKs tie to one another.
pub(super) fn carry(
    schema: &Schema,
    tables: &mut [TablePlan],
    (position, values): (usize, &Values),
    (capacity, places): (&Capacity<'_>, &Places<'_>),
    problems: &mut Problems,
) -> Tied {
    only_roots(schema, &mut tables[position]);
    nameless(schema, &tables[position], problems);
    let mut keys = keys_of(schema, &tables[position]);
    // Places among siblings lay rows out, which other keys then build upon.
    keys.sort_by_key(|key| {
        let table = &tables[position];
        let places = key.columns.iter().any(|&column| is_ordinal(table, column));
        (key.columns.len(), !places, key.name.clone())
    });
    let mut tied = Tied::new();
    let alone: Vec<usize> = keys
        .iter()
        .filter(|key| key.columns.len() == 1)
        .map(|key| key.columns[0])
        .collect();
    for key in keys {
        let serial = |column: &&usize| {
            matches!(
                tables[position].columns[**column].origin,
                Origin::Serial { .. }
            )
        };
        let room = key.columns.iter().find(serial);
        if let Some(room) = room.and_then(|own| capacity(*own)) {
            fit(&mut tables[position], &key.name, room, problems);
        }
        if is_carried(&tables[position], &key) {
            continue;
        }
        let way = ordinal(tables, position, &key, places);
        let way = way.unwrap_or_else(|| ways(tables, position, &key, capacity));
        let wanted = way.columns();
        let of = (&key, wanted.as_slice(), alone.as_slice());
        match ties::follow(&mut tables[position], values, of, &mut tied) {
            Some(lead) => refit(tables, position, (&key, lead, &tied), problems),
            None => {
                let way = match way {
                    Way::Tuple(digits) => {
                        let table = &mut tables[position];
                        Way::Tuple(ties::combine(table, values, digits, &mut tied))
                    }
                    other => other,
                };
                let table = &tables[position];
                match reaching(values, &key).filter(|_| matches!(way, Way::None)) {
                    Some(column) => name_reaching(table, (&key, column), problems),
                    None => take(tables, position, &key, way, problems),
                }
            }
        }
    }
    tied
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

impl Way {
    /// Columns that would be different by themselves.
    fn columns(&self) -> Vec<usize> {
        match self {
            Self::Column(column, _) => vec![*column],
            Self::Tuple(digits) => digits.iter().filter_map(Digit::column).collect(),
            _ => Vec::new(),
        }
    }
}

/// A column of the key whose CHECKs leave nothing but texts that could reach somebody.
fn reaching(values: &Values, key: &UniqueKey) -> Option<usize> {
    let mut columns = key.columns.iter().copied();
    columns.find(|column| unlike::reaching(values, *column).is_some())
}

fn name_reaching(table: &TablePlan, (key, column): (&UniqueKey, usize), problems: &mut Problems) {
    let name = &table.columns[column].name;
    let reason = format!(
        "no values of \"{name}\" that reach nobody satisfy its CHECKs and unique key \"{}\"",
        key.name
    );
    problems.add(
        &table.name,
        reason,
        "give the column values under [seed.tables]",
    );
}

/// Whether a part of the key is another in every row already.
fn is_carried(table: &TablePlan, key: &UniqueKey) -> bool {
    let within = |columns: &[usize]| columns.iter().all(|column| key.columns.contains(column));
    let by_column = key.columns.iter().any(|&column| {
        let mut origin = &table.columns[column].origin;
        while let Origin::Tied(first) = origin {
            origin = &table.columns[*first].origin;
        }
        match origin {
            Origin::Serial { .. } | Origin::Distinct => true,
            // Every row has a place of its own.
            Origin::Slot(slot, _) => !table.slots[*slot].by_parent,
            _ => false,
        }
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
        let columns = link.columns.iter().map(|(column, _)| column);
        let mut alone = columns
            .filter(|column| links_of(table, **column) == 1)
            .peekable();
        let inside = match link.choice {
            Choice::Within { .. } => alone.peek().is_some() && alone.all(own),
            Choice::Layout if implies(table, link) => alone.peek().is_some() && alone.all(own),
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

/// Whether another foreign key follows from one: its parent is an ancestor of this one's.
fn implies(table: &TablePlan, link: &super::table::ParentPlan) -> bool {
    let has = |column: usize| link.columns.iter().any(|(own, _)| *own == column);
    table.parents.iter().any(|other| {
        matches!(other.choice, Choice::Within { down: 0, .. })
            && other.columns.iter().all(|(own, _)| has(*own))
    })
}

fn links_of(table: &TablePlan, column: usize) -> usize {
    let with =
        |link: &&super::table::ParentPlan| link.columns.iter().any(|(own, _)| *own == column);
    table.parents.iter().filter(with).count()
}

pub(super) fn is_ordinal(table: &TablePlan, column: usize) -> bool {
    let column = &table.columns[column];
    let name = &column.known_as;
    let last = name.rsplit('_').next().unwrap_or(name);
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
            fit(&mut tables[position], &key.name, size, problems);
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
                fit(&mut tables[position], &key.name, parents, problems);
            }
        }
        Way::Ordered(link) => {
            let parents = tables[tables[position].parents[link].parent].rows;
            fit(&mut tables[position], &key.name, parents, problems);
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
