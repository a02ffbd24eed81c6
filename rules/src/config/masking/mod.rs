//! `[masking]`: what becomes of production's columns in a copy.

mod column;
mod subset;

use crate::mask::{MaskRules, Pattern, Reference, Rows, TableRule, Unlisted};
use crate::schema::Name;

use super::secret::secret;
use super::text::{Report, Table, Value};

/// Bounds of what people write by hand.
const TABLES_MAX: usize = 5_000;
const COLUMNS_MAX: usize = 1_600;
const LOCALES_MAX: usize = 100;
/// Columns of a key (PostgreSQL documentation, "PostgreSQL Limits": index columns).
const KEY_COLUMNS_MAX: usize = 32;

const UNLISTED: [(&str, Unlisted); 2] = [("refuse", Unlisted::Refuse), ("null", Unlisted::Null)];

const ROWS: [(&str, Rows); 2] = [("copy", Rows::Copy), ("drop", Rows::Drop)];

pub(super) fn masking(table: Option<Table<'_, '_>>, report: &mut Report<'_>) -> Option<MaskRules> {
    let mut table = table?;
    let example = "key = \"file:masking.key\"";
    let key = table
        .require("key", example, report)
        .and_then(|value| secret(&value, example, report));
    let unlisted = table
        .get("unlisted", report)
        .and_then(|value| value.word(&UNLISTED, report))
        .unwrap_or_default();
    let mut locales = std::collections::BTreeMap::new();
    if let Some(value) = table.get("locales", report) {
        let expected = "locales with their weights: { en_us = 3, de_de = 1 }";
        if let Some(given) = value.table(expected, report) {
            for (name, weight) in given.entries(LOCALES_MAX, report) {
                let weight = weight.number(1..=1_000_000, report).unwrap_or(1);
                locales.insert(name.to_owned(), weight as u32);
            }
        }
    }
    let tables = match table.get("tables", report) {
        Some(value) => tables(&value, report),
        None => Vec::new(),
    };
    let references = match table.get("reference", report) {
        Some(value) => references(&value, report),
        None => Vec::new(),
    };
    let subset = table
        .get("subset", report)
        .and_then(|value| subset::subset(&value, report));
    table.finish(&[], report);
    Some(MaskRules {
        key: key?,
        unlisted,
        locales,
        tables,
        references,
        subset,
    })
}

fn tables(value: &Value<'_, '_>, report: &mut Report<'_>) -> Vec<TableRule> {
    let expected = "tables by name: [masking.tables.\"public.customers\"]";
    let mut rules = Vec::new();
    let Some(tables) = value.table(expected, report) else {
        return rules;
    };
    for (name, value) in tables.entries(TABLES_MAX, report) {
        let (schema, table) = patterns(name);
        let mut rule = TableRule {
            schema,
            table,
            rows: Rows::Copy,
            columns: Vec::new(),
        };
        if value.as_str() == Some("drop") {
            rule.rows = Rows::Drop;
            rules.push(rule);
            continue;
        }
        let expected = "columns with what becomes of each, or \"drop\" for a table without rows";
        let Some(columns) = value.table(expected, report) else {
            continue;
        };
        for (name, value) in columns.entries(COLUMNS_MAX, report) {
            // A column may have that name too; it is quoted then, as a column of a pattern is.
            if name == "rows"
                && value
                    .as_str()
                    .is_some_and(|text| ROWS.iter().any(|(word, _)| *word == text))
            {
                rule.rows = value.word(&ROWS, report).unwrap_or_default();
            } else if let Some(choice) = column::rule(&value, report) {
                rule.columns.push((Pattern::new(name), choice));
            }
        }
        rules.push(rule);
    }
    rules
}

/// `customers` is `public.customers`; quotes around a part are for dots in it.
fn patterns(text: &str) -> (Pattern, Pattern) {
    if let Ok(name) = text.parse::<Name>() {
        return (Pattern::new(name.schema), Pattern::new(name.name));
    }
    match text.split_once('.') {
        Some((schema, table)) => (Pattern::new(schema), Pattern::new(table)),
        None => (Pattern::new("public"), Pattern::new(text)),
    }
}

fn references(value: &Value<'_, '_>, report: &mut Report<'_>) -> Vec<Reference> {
    let expected = "references: [[masking.reference]]";
    let mut found = Vec::new();
    for value in value.array(expected, report).unwrap_or_default() {
        let Some(mut table) = value.table(expected, report) else {
            continue;
        };
        let from = table.require("from", "from = \"public.orders(customer)\"", report);
        let to = table.require("to", "to = \"public.customers(id)\"", report);
        table.finish(&[], report);
        let (Some(from), Some(to)) = (from, to) else {
            continue;
        };
        let (Some(one), Some(other)) = (end(&from, report), end(&to, report)) else {
            continue;
        };
        if one.1.len() != other.1.len() {
            let expected = format!("{} columns, as many as \"from\" has", one.1.len());
            to.wrong("has another number of columns", &expected, report);
            continue;
        }
        found.push(Reference {
            table: one.0,
            columns: one.1,
            references: other.0,
            referenced: other.1,
        });
    }
    found
}

/// `public.orders(customer, region)`
fn end(value: &Value<'_, '_>, report: &mut Report<'_>) -> Option<(Name, Vec<String>)> {
    let expected = "a table and its columns: \"public.orders(customer)\"";
    let text = value.filled(expected, report)?;
    let parsed = text
        .strip_suffix(')')
        .and_then(|text| text.split_once('('))
        .and_then(|(table, columns)| {
            let table = match table.contains('.') {
                true => table.trim().to_owned(),
                false => format!("public.{}", table.trim()),
            };
            let columns: Vec<String> = columns
                .split(',')
                .map(|column| column.trim().trim_matches('"').to_owned())
                .collect();
            let usable = columns.len() <= KEY_COLUMNS_MAX && columns.iter().all(|c| !c.is_empty());
            usable.then(|| Some((table.parse().ok()?, columns)))?
        });
    if parsed.is_none() {
        value.wrong("names no columns of a table", expected, report);
    }
    parsed
}
