//! Which unique keys there are: constraints, unique indexes, and exclusions of equal values.

use rules::schema::{ConstraintKind, Index, Schema};

use crate::plan::exclude;
use crate::plan::problem::Problems;
use crate::plan::table::TablePlan;

/// A unique key.
#[derive(Debug)]
pub(in crate::plan) struct UniqueKey {
    pub(in crate::plan) name: String,
    pub(in crate::plan) columns: Vec<usize>,
    /// Whether two NULLs are equal.
    pub(in crate::plan) nulls_equal: bool,
}

/// Every unique key whose columns are known.
pub(in crate::plan) fn keys_of(schema: &Schema, table: &TablePlan) -> Vec<UniqueKey> {
    let model = &schema.tables[&table.name];
    let mut keys = Vec::new();
    for (name, constraint) in &model.constraints {
        if let ConstraintKind::Exclusion { .. } = &constraint.kind {
            let columns = exclude::distinct_columns(table, &constraint.definition);
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
    for (name, index) in unique_indexes(schema, table) {
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

/// The columns of a unique index; none where it counts the rows without a parent, or where nothing of
/// it is known.
fn index_columns(schema: &Schema, table: &TablePlan, index: &Index) -> Vec<usize> {
    let mut columns = Vec::new();
    if is_of_roots(index, table) {
        return columns;
    }
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
pub(super) fn nameless(schema: &Schema, table: &TablePlan, problems: &mut Problems) {
    for (name, index) in unique_indexes(schema, table) {
        if !is_of_roots(index, table) && index_columns(schema, table, index).is_empty() {
            problems.add(
                &table.name,
                format!("unique index \"{name}\" is over {}", index.keys.join(", ")),
                "no column of it is known: drop it in the seeded environment",
            );
        }
    }
}

fn is_of_roots(index: &Index, table: &TablePlan) -> bool {
    index.keys.iter().any(|key| null_test(key, table).is_some())
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

/// Foreign keys of which at most one row has none, by a unique index over `(parent_id IS NULL)`, have
/// none in the first row of a tree, which nothing comes before.
pub(super) fn only_roots(schema: &Schema, table: &mut TablePlan) {
    for (_, index) in unique_indexes(schema, table) {
        let tested: Vec<usize> = index
            .keys
            .iter()
            .filter_map(|k| null_test(k, table))
            .collect();
        for column in tested {
            for link in &mut table.parents {
                if link.null_columns.contains(&column) {
                    link.nulls_per_million = 0;
                }
            }
        }
    }
}

/// The column of a foreign key that an index element tests for NULL.
fn null_test(element: &str, table: &TablePlan) -> Option<usize> {
    let inner = element.trim_start_matches('(').trim_end_matches(')');
    let name = inner.strip_suffix(" IS NULL")?.trim_matches('"');
    let column = table.column(name)?;
    let mut links = table.parents.iter();
    links
        .any(|link| link.null_columns.contains(&column))
        .then_some(column)
}

fn unique_indexes<'s>(
    schema: &'s Schema,
    table: &TablePlan,
) -> impl Iterator<Item = (&'s String, &'s Index)> + use<'s> {
    let indexes = schema.tables[&table.name].indexes.iter();
    indexes.filter(|(_, index)| index.unique)
}
