//! The rows of a model, made without a server.

use std::collections::BTreeMap;
use std::sync::Arc;

use rules::schema::Name;
use seeder::engine::Engine;
use seeder::plan::{Plan, Request, Shown, TablePlan, Values};
use seeder::value::Value;
use tokio_postgres::Client;

use super::model::Model;

/// Midnight of 2026-01-01 UTC.
const AS_OF_MICROS: i64 = 1_767_225_600_000_000;

/// What a model's tables hold.
pub struct Data {
    /// The plan that it was made by.
    pub plan: Arc<Plan>,
    rows: BTreeMap<String, Vec<Vec<Value>>>,
    shown: Shown,
}

impl Data {
    /// Plans and makes every row.
    ///
    /// # Errors
    /// What keeps the model from being filled.
    pub fn of(model: &Model) -> Result<Self, String> {
        let (schema, rules, seed) = (model.schema(), model.rules(), model.seed());
        let request = Request {
            schema: &schema,
            rules: &rules,
            seed: &seed,
            as_of_micros: AS_OF_MICROS,
        };
        let plan = Plan::make(request, BTreeMap::new()).map_err(|error| error.to_string())?;
        let plan = Arc::new(plan);
        let engine = Engine::new(Arc::clone(&plan));
        let mut rows = BTreeMap::new();
        for (position, table) in plan.tables.iter().enumerate() {
            let own = (0..table.rows).map(|row| engine.row(position, row));
            let own: Result<Vec<_>, _> = own.collect();
            let own = own.map_err(|error| error.to_string())?;
            rows.insert(table.name.name.clone(), own);
        }
        let shown = plan.shown();
        Ok(Self { plan, rows, shown })
    }

    /// The same model's rows as a server holds them: their texts, in the order in which they were written.
    ///
    /// # Errors
    /// When the server cannot be read.
    pub async fn dumped(&self, client: &Client) -> anyhow::Result<Self> {
        let mut rows = BTreeMap::new();
        for table in &self.plan.tables {
            let columns = table.columns.iter();
            let columns: Vec<String> = columns.map(|one| format!("{}::text", one.name)).collect();
            let name = &table.name;
            let sql = format!("SELECT {} FROM {name} ORDER BY ctid", columns.join(", "));
            let read = client.query(&sql, &[]).await?;
            let texts = read.iter().map(|row| {
                let texts = (0..columns.len()).map(|at| row.get::<_, Option<String>>(at));
                texts
                    .map(|text| text.map_or(Value::Null, Value::Text))
                    .collect()
            });
            rows.insert(name.name.clone(), texts.collect());
        }
        Ok(Self {
            plan: Arc::clone(&self.plan),
            rows,
            shown: self.shown.clone(),
        })
    }

    /// The rows of a table; none of one that is not there.
    pub fn rows(&self, table: &str) -> &[Vec<Value>] {
        self.rows.get(table).map_or(&[], Vec::as_slice)
    }

    /// What is planned for a table.
    pub(super) fn planned(&self, table: &str) -> Option<(&TablePlan, &Values)> {
        let position = self.plan.table(&Name::new("public", table))?;
        Some((&self.plan.tables[position], &self.plan.values[position]))
    }

    /// The cell of a row.
    pub(super) fn cell(&self, table: &str, column: &str, row: usize) -> Option<&Value> {
        let (own, _) = self.planned(table)?;
        self.rows(table).get(row)?.get(own.column(column)?)
    }

    /// The number of the row that holds these values in these columns.
    pub(super) fn find(&self, table: &str, columns: &[String], values: &[&Value]) -> Option<usize> {
        let (own, _) = self.planned(table)?;
        let places: Option<Vec<usize>> = columns.iter().map(|column| own.column(column)).collect();
        let places = places?;
        let holds = |row: &Vec<Value>| {
            places
                .iter()
                .zip(values)
                .all(|(&place, value)| row[place] == **value)
        };
        self.rows(table).iter().position(holds)
    }

    /// Whether a column's cells may be others when other tables have more rows: the plan says so.
    pub(super) fn moves(&self, table: &str, column: &str) -> bool {
        let name = format!("public.{table}");
        let own = self.shown.tables.iter().find(|one| one.name == name);
        let column = own.and_then(|own| own.columns.iter().find(|one| one.name == column));
        column.is_some_and(|column| column.moves.is_some())
    }
}
