//! How many different values a column has room for: numbers of a key, places among siblings, members
//! of what CHECKs leave.

use rules::schema::{ConstraintKind, Schema};

use super::Values;
use crate::engine::SCENARIO_ROWS;
use crate::plan::table::{Origin, TablePlan};
use crate::value::Type;

/// Takes the numbers from a column whose CHECKs do not let the first of them pass, or not enough of
/// them: a key's then ends where they do.
pub(in crate::plan) fn unnumber(schema: &Schema, table: &mut TablePlan, values: &Values) {
    for column in 0..table.columns.len() {
        let Some(room) = room(table, values, column) else {
            continue;
        };
        let name = &table.columns[column].name;
        let mut constraints = schema.tables[&table.name].constraints.values();
        let keyed = constraints.any(|constraint| match &constraint.kind {
            ConstraintKind::PrimaryKey { columns } | ConstraintKind::Unique { columns } => {
                columns.contains(name)
            }
            _ => false,
        });
        if room == 0 || room < table.rows && !keyed {
            table.columns[column].origin = Origin::Free;
        }
    }
}

/// How many rows the numbers of a column are enough for, by its type and CHECKs; `None` for one that
/// is not numbered.
pub(in crate::plan) fn room(table: &TablePlan, values: &Values, column: usize) -> Option<u64> {
    let own = &table.columns[column];
    let Origin::Serial { start, step } = own.origin else {
        return None;
    };
    let fits = |row: u64| {
        let number = start.saturating_add((row as i64).saturating_mul(step));
        accepts(&own.data_type, values, column, number)
    };
    // Numbers that pass are taken for a run from the first on.
    let (mut room, mut over) = (0, SCENARIO_ROWS);
    if fits(over - 1) && fits(0) {
        return Some(over);
    }
    while room < over {
        let middle = room.midpoint(over);
        match fits(middle) {
            true => room = middle + 1,
            false => over = middle,
        }
    }
    Some(if fits(0) { room } else { 0 })
}

/// Where places among siblings begin, and their step, so that the first of them pass.
pub(in crate::plan) fn places(
    data_type: &Type,
    values: &Values,
    column: usize,
) -> Option<(i64, i64)> {
    const PLACES: [(i64, i64); 6] = [(1, 1), (0, 1), (2, 1), (10, 10), (100, 10), (100, 100)];
    let group = values.makers[column]
        .group
        .map(|group| &values.groups[group]);
    let Some(domain) = group.and_then(|group| group.domain(column)) else {
        return Some(PLACES[0]);
    };
    PLACES.into_iter().find(|(start, step)| {
        (0..5).all(|place| domain.contains(&crate::engine::number(start + place * step, data_type)))
    })
}

/// Whether a column of whole numbers may hold one, by its type and CHECKs.
pub(in crate::plan) fn accepts(
    data_type: &Type,
    values: &Values,
    column: usize,
    number: i64,
) -> bool {
    let group = values.makers[column].group;
    let domain = group.and_then(|group| values.groups[group].domain(column));
    let in_type = match data_type.base() {
        Type::Int { min, max } => (*min..=*max).contains(&number),
        _ => true,
    };
    let value = crate::engine::number(number, data_type);
    in_type && domain.is_none_or(|domain| domain.contains(&value))
}
