//! The bounds of partitions as a CHECK of their root: a row must fit into one of them.

use rules::schema::{Name, Schema};

/// The condition that a row of a partitioned table fits into a partition; `None` where any does.
///
/// Its branches are the leaves, so that each of them gets rows.
pub(super) fn condition(schema: &Schema, root: &Name) -> Option<String> {
    let parts = partitions(schema, root);
    if parts.is_empty() {
        return None;
    }
    let conditions: Option<Vec<String>> = parts
        .iter()
        .map(|part| part_condition(schema, root, part))
        .collect();
    conditions.map(|conditions| conditions.join(" OR "))
}

fn partitions<'s>(schema: &'s Schema, parent: &Name) -> Vec<&'s Name> {
    let of = |table: &rules::schema::Table| {
        table
            .partition_of
            .as_ref()
            .is_some_and(|of| of.parent == *parent)
    };
    let found = schema.tables.iter().filter(|(_, table)| of(table));
    found.map(|(name, _)| name).collect()
}

/// The condition of one partition and of those below it; `None` where it takes everything.
fn part_condition(schema: &Schema, parent: &Name, part: &Name) -> Option<String> {
    let bound = &schema.tables[part].partition_of.as_ref()?.bound;
    let by = schema.tables[parent].partition_by.as_deref()?;
    let own = bound_condition(by, bound)?;
    match condition(schema, part) {
        Some(below) => Some(format!("(({own}) AND ({below}))")),
        None => Some(format!("({own})")),
    }
}

/// One bound over the first column of the key, which is enough for rows to be inside.
fn bound_condition(by: &str, bound: &str) -> Option<String> {
    let (strategy, key) = by.split_once(" (")?;
    let key = key.strip_suffix(')')?;
    let several = key.contains(',');
    let column = key.split(',').next()?.trim();
    match strategy {
        "LIST" => list(column, bound),
        "RANGE" => range(column, bound, several),
        _ => None,
    }
}

fn list(column: &str, bound: &str) -> Option<String> {
    let values = bound.strip_prefix("FOR VALUES IN (")?.strip_suffix(')')?;
    let shown: Vec<&str> = values
        .split(", ")
        .filter(|value| *value != "NULL")
        .collect();
    if shown.is_empty() {
        return Some(format!("{column} IS NULL"));
    }
    let equal: Vec<String> = shown
        .iter()
        .map(|value| format!("({column} = {value})"))
        .collect();
    Some(equal.join(" OR "))
}

fn range(column: &str, bound: &str, several: bool) -> Option<String> {
    let bounds = bound.strip_prefix("FOR VALUES FROM (")?.strip_suffix(')')?;
    let (from, to) = bounds.split_once(") TO (")?;
    let first = |list: &str| list.split(", ").next().unwrap_or_default().to_owned();
    let (low, high) = (first(from), first(to));
    // With further columns a row at the lower bound itself may lie before it.
    let above = if several && !from.ends_with("MINVALUE") {
        ">"
    } else {
        ">="
    };
    let mut terms = vec![format!("{column} IS NOT NULL")];
    if low != "MINVALUE" {
        terms.push(format!("{column} {above} {low}"));
    }
    if high != "MAXVALUE" {
        terms.push(format!("{column} < {high}"));
    }
    Some(terms.join(" AND "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_become_conditions() {
        let range = bound_condition(
            "RANGE (at)",
            "FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')",
        );
        let expected = "at IS NOT NULL AND at >= '2024-01-01' AND at < '2025-01-01'";
        assert_eq!(range.as_deref(), Some(expected));
        let list = bound_condition("LIST (region)", "FOR VALUES IN ('eu', 'us')");
        assert_eq!(list.as_deref(), Some("(region = 'eu') OR (region = 'us')"));
        assert_eq!(
            bound_condition("HASH (id)", "FOR VALUES WITH (modulus 4, remainder 0)"),
            None
        );
    }
}
