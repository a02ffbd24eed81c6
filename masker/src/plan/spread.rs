//! What the columns of a domain have in common: the narrowest type, the most rows, whether values
//! must stay apart.

use std::collections::BTreeMap;

use rules::schema::Name;
use seeder::value::Type;

use super::Request;
use super::make::is_unique;

/// What the columns of a domain have in common.
#[derive(Debug, Clone, Default)]
pub(super) struct Spread {
    /// The type into which every replacement must fit; `None` for a domain of one column.
    pub(super) narrowest: Option<Type>,
    /// Rows of its greatest table.
    pub(super) rows: u64,
    /// Whether a unique key of any of its tables depends on it.
    pub(super) unique: bool,
}

pub(super) fn spreads(request: Request<'_>) -> BTreeMap<String, Spread> {
    let mut spreads: BTreeMap<String, Spread> = BTreeMap::new();
    let mut members: BTreeMap<String, Vec<Type>> = BTreeMap::new();
    for (name, decision) in &request.decisions.tables {
        let table = &request.schema.tables[name];
        let rows = rows_of(request, name);
        for column in &decision.columns {
            let Some(found) = table.column(&column.column) else {
                continue;
            };
            let spread = spreads.entry(column.domain.clone()).or_default();
            spread.rows = spread.rows.max(rows);
            spread.unique |= is_unique(table, &column.column);
            let data_type = Type::resolve(&found.data_type, request.schema);
            let of_domain = members.entry(column.domain.clone()).or_default();
            of_domain.push(data_type);
        }
    }
    for (domain, types) in members {
        if let ([_, _, ..], Some(spread)) = (types.as_slice(), spreads.get_mut(&domain)) {
            spread.narrowest = types.into_iter().min_by_key(width);
        }
    }
    spreads
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
