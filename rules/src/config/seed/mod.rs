//! `[seed]`: rules of seed data, none of which a schema needs.

mod fan_out;
mod link;
mod question;
mod relation;
mod scenario;
mod states;
#[cfg(test)]
mod tests;

use jiff::civil::Date;

use crate::schema::Name;
use crate::seed::{AsOf, ColumnRule, Distribution, LoadMode, SeedRules, TableRules, TriggerPolicy};

use super::defaults;
use super::text::{Report, Table, Value, nearest};

/// Bounds of what people write by hand.
const TABLES_MAX: usize = 2_000;
const COLUMNS_MAX: usize = 1_600;
const VALUES_MAX: usize = 1_000;
const LOCALES_MAX: usize = 100;

/// More rows than a table of PostgreSQL has room for at 32 TB and 24 bytes each are a mistake.
const ROWS_MAX: u64 = 1 << 40;

const MODES: [(&str, LoadMode); 2] = [("rebuild", LoadMode::Rebuild), ("live", LoadMode::Live)];

const TRIGGERS: [(&str, TriggerPolicy); 2] = [
    ("suppress", TriggerPolicy::Suppress),
    ("fire", TriggerPolicy::Fire),
];

const DISTRIBUTIONS: [(&str, Distribution); 4] = [
    ("uniform", Distribution::Uniform),
    ("zipf", Distribution::Zipf),
    ("normal", Distribution::Normal),
    ("log-normal", Distribution::LogNormal),
];

impl SeedRules {
    /// The scenario's name that a mistyped one may have meant.
    pub fn suggest_scenario(&self, name: &str) -> Option<&str> {
        nearest(name, self.scenario_names())
    }
}

pub(super) fn seed(table: Option<Table<'_, '_>>, report: &mut Report<'_>) -> SeedRules {
    let mut rules = SeedRules::default();
    let Some(mut table) = table else {
        return rules;
    };
    if let Some(value) = table.get("as_of", report) {
        rules.as_of = as_of(&value, report).unwrap_or(rules.as_of);
    }
    if let Some(value) = table.get("locales", report) {
        let expected = "locales with their weights: { en_us = 3, de_de = 1 }";
        if let Some(locales) = value.table(expected, report) {
            for (name, weight) in locales.entries(LOCALES_MAX, report) {
                let weight = weight.number(1..=1_000_000, report).unwrap_or(1);
                rules.locales.insert(name.to_owned(), weight as u32);
            }
        }
    }
    if let Some(value) = table.get("mode", report) {
        rules.mode = value.word(&MODES, report).unwrap_or_default();
    }
    if let Some(value) = table.get("triggers", report) {
        rules.triggers = value.word(&TRIGGERS, report).unwrap_or_default();
    }
    if let Some(value) = table.get("tables", report) {
        tables(&value, &mut rules, report);
    }
    if let Some(value) = table.get("scenario", report) {
        rules.scenarios = scenario::scenarios(&value, report);
    }
    table.finish(&[], report);
    rules
}

fn as_of(value: &Value<'_, '_>, report: &mut Report<'_>) -> Option<AsOf> {
    let expected = "a day such as \"2026-01-01\", or \"today\"";
    match value.string(expected, report)? {
        "today" => Some(AsOf::Today),
        text => match text.parse::<Date>() {
            Ok(day) if (1_900..=9_000).contains(&day.year()) => Some(AsOf::Day(day)),
            _ => {
                value.wrong("is no day", expected, report);
                None
            }
        },
    }
}

fn tables(value: &Value<'_, '_>, rules: &mut SeedRules, report: &mut Report<'_>) {
    let expected = "tables by name: [seed.tables.\"public.orders\"]";
    let Some(tables) = value.table(expected, report) else {
        return;
    };
    for (name, value) in tables.entries(TABLES_MAX, report) {
        let Some(name) = table_name(name) else {
            value.wrong("belongs to no table's name", expected, report);
            continue;
        };
        if let Some(table) = value.table(expected, report) {
            rules.tables.insert(name, table_rules(table, report));
        }
    }
}

/// A table's name, in `public` where no schema is named.
fn table_name(text: &str) -> Option<Name> {
    let qualified = match text.contains('.') {
        true => text.to_owned(),
        false => format!("public.{text}"),
    };
    qualified.parse().ok()
}

fn table_rules(mut table: Table<'_, '_>, report: &mut Report<'_>) -> TableRules {
    let mut rules = TableRules::default();
    if let Some(value) = table.get("rows", report) {
        rules.rows = value.number(0..=ROWS_MAX, report);
    }
    fan_out::per(&mut table, &mut rules, report);
    if let Some(value) = table.get("triggers", report) {
        rules.triggers = value.word(&TRIGGERS, report);
    }
    if let Some(value) = table.get("columns", report) {
        let expected = "columns by name: columns = { email = { with = \"email\" } }";
        if let Some(columns) = value.table(expected, report) {
            for (name, value) in columns.entries(COLUMNS_MAX, report) {
                if let Some(rule) = column_rule(&value, report) {
                    rules.columns.insert(name.to_owned(), rule);
                }
            }
        }
    }
    table.finish(&[], report);
    rules
}

/// A generator's name alone is short for `{ with = NAME }`.
fn column_rule(value: &Value<'_, '_>, report: &mut Report<'_>) -> Option<ColumnRule> {
    let expected = "a generator's name, or a table such as { values = { paid = 8, open = 2 } }";
    let mut rule = ColumnRule::default();
    let Some(mut table) = value.as_table() else {
        rule.with = Some(value.filled(expected, report)?.to_owned());
        return Some(rule);
    };
    if let Some(with) = table.get("with", report) {
        rule.with = with
            .filled("the name of a generator", report)
            .map(str::to_owned);
    }
    relation::relations(&mut table, &mut rule, report);
    if let Some(nulls) = table.get("nulls", report) {
        let parts = nulls.per_mille(0..=1_000, report);
        rule.nulls_per_million = parts.map(|parts| parts as u32 * 1_000);
    }
    for (key, bound) in [("min", &mut rule.min), ("max", &mut rule.max)] {
        if let Some(value) = table.get(key, report) {
            let expected = "a bound in text form: \"0\", \"2026-01-31\"";
            *bound = value.filled(expected, report).map(str::to_owned);
        }
    }
    if let Some(value) = table.get("distribution", report) {
        rule.distribution = value.word(&DISTRIBUTIONS, report);
    }
    rule.states = states::states(&mut table, report);
    if let Some(value) = table.get("was", report) {
        rule.was = value
            .filled("the name that the column had", report)
            .map(str::to_owned);
    }
    table.finish(&[], report);
    relation::alone(&rule, value.path(), report);
    Some(rule)
}

/// Values with their weights.
fn weights(values: &Value<'_, '_>, report: &mut Report<'_>) -> Vec<(String, u32)> {
    let mut found = Vec::new();
    let expected = "values with their weights: { paid = 8, open = 2 }";
    if let Some(values) = values.table(expected, report) {
        for (text, weight) in values.entries(VALUES_MAX, report) {
            let weight = weight.number(1..=1_000_000, report).unwrap_or(1);
            found.push((text.to_owned(), weight as u32));
        }
    }
    found
}

/// `scale` of a source, in thousandths.
pub(super) fn scale(value: Option<&Value<'_, '_>>, report: &mut Report<'_>) -> Option<u64> {
    // A thousand rows a table, ten million fold, are more than a table can hold.
    const SCALE_PER_MILLE_MAX: u64 = 10_000_000 * 1_000;
    match value {
        Some(value) => value.per_mille(1..=SCALE_PER_MILLE_MAX, report),
        None => Some(defaults::SEED_SCALE_PER_MILLE),
    }
}
