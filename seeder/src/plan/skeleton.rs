//! The tables of a schema as the plan begins: columns with their types, nothing decided.

use std::collections::BTreeMap;

use rules::schema::{Identity, Name, Schema, Sequence, Table};
use rules::seed::{SeedRules, order};

use super::table::{ColumnPlan, Filled, Origin, TablePlan};
use crate::key::Key;
use crate::scenario::AddedRows;
use crate::value::Type;

/// Every table that rows go into, parents first.
pub(super) fn skeleton(
    schema: &Schema,
    rules: &SeedRules,
    seed: u64,
    mut filled: BTreeMap<Name, Filled>,
) -> Vec<TablePlan> {
    let mut tables = Vec::new();
    for component in order(schema) {
        for name in component.tables {
            let filled = filled.remove(&name);
            let mut table = TablePlan {
                key: Key::derive(seed, &[&name.schema, &name.name]),
                rows: filled.as_ref().map_or(0, |filled| filled.rows.len() as u64),
                rows_because: "the migrations filled it".to_owned(),
                level: component.level,
                filled,
                columns: Vec::new(),
                parents: Vec::new(),
                layout: None,
                fan_out: None,
                tuples: Vec::new(),
                slots: Vec::new(),
                added: AddedRows::default(),
                name,
            };
            table.columns = columns(schema, rules, &table);
            number(schema, &mut table);
            tables.push(table);
        }
    }
    tables
}

fn columns(schema: &Schema, rules: &SeedRules, table: &TablePlan) -> Vec<ColumnPlan> {
    let own = rules.tables.get(&table.name);
    let model = &schema.tables[&table.name];
    let columns = model.columns.iter().map(|column| {
        let data_type = Type::resolve(&column.data_type, schema);
        let rule = own.and_then(|own| own.columns.get(&column.name));
        let was = rule.and_then(|rule| rule.was.as_ref());
        let known_as = was.unwrap_or(&column.name);
        ColumnPlan {
            key: table.key.part(known_as),
            known_as: known_as.clone(),
            nullable: column.nullable && !data_type.refuses_null(),
            generated: column.generated.is_some(),
            origin: match column.generated {
                Some(_) => Origin::Generated,
                None => Origin::Free,
            },
            name: column.name.clone(),
            data_type,
        }
    });
    columns.collect()
}

/// Numbers the columns that a sequence numbers, and integer keys that nothing else decides.
fn number(schema: &Schema, table: &mut TablePlan) {
    let model = &schema.tables[&table.name];
    let foreign = |name: &str| {
        model
            .constraints
            .values()
            .any(|constraint| match &constraint.kind {
                rules::schema::ConstraintKind::ForeignKey { columns, .. } => {
                    columns.iter().any(|column| column == name)
                }
                _ => false,
            })
    };
    let key = model.primary_key().unwrap_or_default();
    for position in 0..table.columns.len() {
        let column = &model.columns[position];
        let numeric = matches!(
            table.columns[position].data_type,
            Type::Int { .. }
                | Type::Decimal {
                    scale: None | Some(0),
                    ..
                }
        );
        if !numeric || table.columns[position].generated || foreign(&column.name) {
            continue;
        }
        let sequence = sequence_of(schema, table, model, position);
        let alone = key.len() == 1 && key[0] == column.name;
        let numbered = column.identity.is_some() || sequence.is_some() || alone;
        if numbered {
            let (start, step) = sequence.map_or((1, 1), |own| (own.start, own.increment));
            table.columns[position].origin = Origin::Serial { start, step };
        }
    }
}

/// The sequence that numbers a column: its own, or the one that its default names.
fn sequence_of<'s>(
    schema: &'s Schema,
    table: &TablePlan,
    model: &Table,
    position: usize,
) -> Option<&'s Sequence> {
    let column = &model.columns[position];
    if matches!(
        column.identity,
        Some(Identity::Always | Identity::ByDefault)
    ) {
        return None;
    }
    let default = column.default.as_deref()?;
    let named = default
        .strip_prefix("nextval('")
        .and_then(|rest| rest.split('\'').next())
        .and_then(|name| name.parse::<Name>().ok());
    let named = named.and_then(|name| schema.sequences.get(&name));
    named.or_else(|| {
        let own = format!("{}.{}", table.name, column.name);
        let owned = |sequence: &&Sequence| sequence.owned_by.as_deref() == Some(&own);
        schema
            .sequences
            .values()
            .find(owned)
            .filter(|_| default.starts_with("nextval("))
    })
}
