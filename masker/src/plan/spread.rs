//! What the columns of a domain have in common: the narrowest type, the most rows, whether values
//! must stay apart, the CHECKs of all of them.

use std::collections::BTreeMap;

use rules::schema::{ConstraintKind, Name, Table};
use seeder::value::Type;

use super::Request;
use super::make::is_unique;
use crate::transform::{ColumnCheck, Shared};

pub(super) fn spreads(request: Request<'_>) -> BTreeMap<String, Shared> {
    let mut spreads: BTreeMap<String, Shared> = BTreeMap::new();
    for (name, decision) in &request.decisions.tables {
        let table = &request.schema.tables[name];
        let rows = rows_of(request, name);
        for column in &decision.columns {
            let Some(found) = table.column(&column.column) else {
                continue;
            };
            let data_type = Type::resolve(&found.data_type, request.schema);
            let spread = spreads
                .entry(column.domain.clone())
                .or_insert_with(|| Shared {
                    data_type: data_type.clone(),
                    columns: 0,
                    rows: 0,
                    unique: false,
                    checks: Vec::new(),
                });
            spread.columns += 1;
            spread.rows = spread.rows.max(rows);
            spread.unique |= is_unique(table, &column.column);
            spread.checks.extend(checks_of(table, &column.column));
            // The first of the narrowest.
            if width(&data_type) < width(&spread.data_type) {
                spread.data_type = data_type;
            }
        }
    }
    for spread in spreads.values_mut() {
        spread.checks.sort();
        spread.checks.dedup();
    }
    spreads
}

/// The CHECKs of a table that may read a column.
fn checks_of(table: &Table, column: &str) -> Vec<ColumnCheck> {
    let constraints = table.constraints.values();
    let checks = constraints.filter_map(|constraint| match &constraint.kind {
        ConstraintKind::Check { expression } if expression.contains(column) => Some(expression),
        _ => None,
    });
    checks
        .map(|expression| ColumnCheck {
            column: column.to_owned(),
            expression: expression.clone(),
        })
        .collect()
}

fn rows_of(request: Request<'_>, name: &Name) -> u64 {
    request.figures.get(name).map_or(0, |figures| figures.rows)
}

/// How much room a type has, within its kind; a domain's CHECKs make it narrower still.
fn width(data_type: &Type) -> (u64, bool) {
    let room = match data_type.base() {
        Type::Int { max, .. } => max.unsigned_abs(),
        Type::Text { max, .. } => max.map_or(u64::MAX, u64::from),
        Type::Decimal { precision, .. } => precision.map_or(u64::MAX, u64::from),
        _ => u64::MAX,
    };
    (room, !matches!(data_type, Type::Domain { .. }))
}
