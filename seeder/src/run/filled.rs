//! Tables that hold rows already: what others refer to of them.

use std::collections::{BTreeMap, BTreeSet};

use rules::schema::{ConstraintKind, Name, Schema, TableKind};
use tokio_postgres::Client;

use super::SeedError;
use crate::plan::Filled;
use crate::value::{Type, Value};

/// Most rows of a table that somebody else filled of which keys are kept.
const ROWS_MAX: i64 = 1_000_000;

/// The tables that hold rows, with the values of their columns that foreign keys refer to.
pub(super) async fn filled(
    client: &Client,
    schema: &Schema,
) -> Result<BTreeMap<Name, Filled>, SeedError> {
    let mut found = BTreeMap::new();
    for (name, table) in &schema.tables {
        if table.kind == TableKind::Foreign || table.partition_of.is_some() {
            continue;
        }
        let sql = format!("SELECT EXISTS (SELECT FROM {})", name.quoted());
        let row = client.query_one(&sql, &[]).await;
        let any: bool = row.map_err(|error| SeedError::read(name, &error))?.get(0);
        if any {
            found.insert(name.clone(), keys(client, schema, name).await?);
        }
    }
    Ok(found)
}

/// The columns of a table that foreign keys refer to.
fn referred(schema: &Schema, name: &Name) -> BTreeSet<String> {
    let mut columns = BTreeSet::new();
    for table in schema.tables.values() {
        for constraint in table.constraints.values() {
            if let ConstraintKind::ForeignKey {
                references,
                referenced,
                ..
            } = &constraint.kind
                && schema.root_of(references) == name
            {
                columns.extend(referenced.iter().cloned());
            }
        }
    }
    columns
}

async fn keys(client: &Client, schema: &Schema, name: &Name) -> Result<Filled, SeedError> {
    let table = &schema.tables[name];
    let referred = referred(schema, name);
    let positions: Vec<usize> = (0..table.columns.len())
        .filter(|&position| referred.contains(&table.columns[position].name))
        .collect();
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let shown: Vec<String> = positions
        .iter()
        .map(|&position| {
            format!(
                "{}::text COLLATE \"C\"",
                quoted(&table.columns[position].name)
            )
        })
        .collect();
    let not_null: Vec<String> = positions
        .iter()
        .map(|&position| format!("{} IS NOT NULL", quoted(&table.columns[position].name)))
        .collect();
    if shown.is_empty() {
        let sql = format!("SELECT count(*) FROM {}", name.quoted());
        let row = client.query_one(&sql, &[]).await;
        let rows: i64 = row.map_err(|error| SeedError::read(name, &error))?.get(0);
        let rows = vec![Vec::new(); rows.clamp(0, ROWS_MAX) as usize];
        return Ok(Filled {
            columns: positions,
            rows,
        });
    }
    let order: Vec<String> = (1..=shown.len()).map(|number| number.to_string()).collect();
    let sql = format!(
        "SELECT {} FROM {} WHERE {} ORDER BY {} LIMIT {ROWS_MAX}",
        shown.join(", "),
        name.quoted(),
        not_null.join(" AND "),
        order.join(", ")
    );
    let types: Vec<Type> = positions
        .iter()
        .map(|&position| Type::resolve(&table.columns[position].data_type, schema))
        .collect();
    let read = client.query(&sql, &[]).await;
    let mut rows = Vec::new();
    for row in read.map_err(|error| SeedError::read(name, &error))? {
        let mut values = Vec::new();
        for (at, data_type) in types.iter().enumerate() {
            let text: String = row.get(at);
            values.push(Value::read(&text, data_type).unwrap_or(Value::Text(text)));
        }
        rows.push(values);
    }
    Ok(Filled {
        columns: positions,
        rows,
    })
}
