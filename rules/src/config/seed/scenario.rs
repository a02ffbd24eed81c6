//! `[[seed.scenario]]`.

use std::collections::{BTreeMap, BTreeSet};

use crate::config::text::{ProblemKind, Report, Table, Value};
use crate::schema::Name;
use crate::seed::{Assertion, Scenario, ScenarioRow};

const COLUMNS_MAX: usize = 1_600;

pub(super) fn scenarios(value: &Value<'_, '_>, report: &mut Report<'_>) -> Vec<Scenario> {
    let expected = "scenarios: [[seed.scenario]]";
    let mut found: Vec<Scenario> = Vec::new();
    for value in value.array(expected, report).unwrap_or_default() {
        let Some(table) = value.table(expected, report) else {
            continue;
        };
        let Some(scenario) = scenario(table, report) else {
            continue;
        };
        if found.iter().any(|other| other.name == scenario.name) {
            let message = format!("two scenarios are called {:?}", scenario.name);
            report.value(value.path(), ProblemKind::Conflict, message);
            continue;
        }
        found.push(scenario);
    }
    found
}

fn scenario(mut table: Table<'_, '_>, report: &mut Report<'_>) -> Option<Scenario> {
    let name = table
        .require("name", "name = \"overdue-invoice\"", report)
        .and_then(|value| value.filled("a name", report));
    let rows = table.get("rows", report);
    let assertions = table.get("assert", report);
    table.finish(&[], report);
    let mut scenario = Scenario {
        name: name?.to_owned(),
        rows: Vec::new(),
        assertions: Vec::new(),
    };
    if let Some(rows) = rows {
        let expected =
            "rows: [{ handle = \"acme\", table = \"customers\", set = { plan = \"pro\" } }]";
        for value in rows.array(expected, report).unwrap_or_default() {
            let table = value.table(expected, report);
            scenario
                .rows
                .extend(table.and_then(|table| row(table, report)));
        }
        handles(&scenario, &rows, report);
    }
    if let Some(assertions) = assertions {
        let expected = "questions: [{ sql = \"select count(*) from invoices\", is = 1 }]";
        for value in assertions.array(expected, report).unwrap_or_default() {
            let table = value.table(expected, report);
            scenario
                .assertions
                .extend(table.and_then(|table| assertion(table, report)));
        }
    }
    Some(scenario)
}

/// Every handle is given once, and rows refer to rows before them.
fn handles(scenario: &Scenario, rows: &Value<'_, '_>, report: &mut Report<'_>) {
    let mut known: BTreeSet<&str> = BTreeSet::new();
    for row in &scenario.rows {
        for (column, text) in &row.set {
            let Some(handle) = text.strip_prefix('@') else {
                continue;
            };
            if !known.contains(handle) {
                let message = format!(
                    "row {:?} of scenario {:?} sets {column:?} to \"@{handle}\", which no row before \
                     it is called",
                    row.handle, scenario.name
                );
                report.value(rows.path(), ProblemKind::UnknownReference, message);
            }
        }
        if !known.insert(&row.handle) {
            let message = format!(
                "two rows of scenario {:?} are called {:?}",
                scenario.name, row.handle
            );
            report.value(rows.path(), ProblemKind::Conflict, message);
        }
    }
}

fn row(mut table: Table<'_, '_>, report: &mut Report<'_>) -> Option<ScenarioRow> {
    let handle = table
        .require("handle", "handle = \"acme\"", report)
        .and_then(|value| value.filled("a handle", report));
    let name = table
        .require("table", "table = \"customers\"", report)
        .and_then(|value| {
            let text = value.filled("a table's name", report)?;
            let qualified = match text.contains('.') {
                true => text.to_owned(),
                false => format!("public.{text}"),
            };
            let name = qualified.parse::<Name>().ok();
            if name.is_none() {
                value.wrong(
                    "is no table's name",
                    "a name such as \"public.customers\"",
                    report,
                );
            }
            name
        });
    let mut set = BTreeMap::new();
    if let Some(value) = table.get("set", report) {
        let expected = "columns: { plan = \"pro\", due = \"as_of-30d\" }";
        if let Some(columns) = value.table(expected, report) {
            for (column, value) in columns.entries(COLUMNS_MAX, report) {
                if let Some(text) = value.literal(report) {
                    set.insert(column.to_owned(), text);
                }
            }
        }
    }
    table.finish(&[], report);
    Some(ScenarioRow {
        handle: handle?.to_owned(),
        table: name?,
        set,
    })
}

fn assertion(mut table: Table<'_, '_>, report: &mut Report<'_>) -> Option<Assertion> {
    let sql = table
        .require("sql", "sql = \"select count(*) from invoices\"", report)
        .and_then(|value| value.filled("a query of one value", report));
    let is = table
        .require("is", "is = 1", report)
        .and_then(|value| value.literal(report));
    table.finish(&[], report);
    Some(Assertion {
        sql: sql?.to_owned(),
        is: is?,
    })
}
