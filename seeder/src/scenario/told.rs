//! What a scenario came to: the keys of its rows for tests, and its questions for later audits.

use std::collections::BTreeMap;

use rules::schema::Schema;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};

use crate::audit::Assertion;
use crate::engine::row_of;
use crate::plan::Plan;
use crate::value::{Value, write_text};

/// A scenario that rows were added for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScenarioTold {
    /// Its name.
    pub name: String,
    /// Its rows by handle.
    pub handles: BTreeMap<String, HandleRow>,
    /// Built-in rows that the schema does not allow, with the reasons.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
    /// Its questions with the keys of the rows filled in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assertions: Vec<Assertion>,
}

/// Where a row is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandleRow {
    /// Its table.
    pub table: String,
    /// Its primary key; empty for a table that has none.
    pub key: BTreeMap<String, KeyValue>,
}

/// A part of a primary key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum KeyValue {
    /// A whole number.
    Number(i64),
    /// Everything else, in its text form.
    Text(String),
}

impl Plan {
    /// What the scenarios of the plan come to.
    pub fn scenarios_told(&self, schema: &Schema) -> Vec<ScenarioTold> {
        let told = self.scenarios.iter().map(|scenario| {
            let rows = scenario.rows.iter().map(|row| {
                let key = self.key_of(schema, row.table, row.row);
                let table = self.tables[row.table].name.to_string();
                (row.handle.clone(), HandleRow { table, key })
            });
            ScenarioTold {
                name: scenario.name.clone(),
                handles: rows.collect(),
                left_out: scenario.left_out.clone(),
                assertions: scenario.questions.clone(),
            }
        });
        told.collect()
    }

    fn key_of(&self, schema: &Schema, table: usize, row: u64) -> BTreeMap<String, KeyValue> {
        let own = &self.tables[table];
        let names = schema.tables[&own.name].primary_key().unwrap_or_default();
        let Ok(cells) = row_of(self, table, row) else {
            return BTreeMap::new();
        };
        let positions = names.iter().filter_map(|name| own.column(name));
        let key = positions.map(|column| {
            let column_plan = &own.columns[column];
            let value = match &cells[column] {
                Value::Int(number) => KeyValue::Number(*number),
                Value::Decimal(number) if number.is_integer() && number.to_i64().is_some() => {
                    KeyValue::Number(number.to_i64().unwrap_or_default())
                }
                value => {
                    let mut text = Vec::new();
                    write_text(value, &column_plan.data_type, &mut text);
                    KeyValue::Text(String::from_utf8_lossy(&text).into_owned())
                }
            };
            (column_plan.name.clone(), value)
        });
        key.collect()
    }
}
