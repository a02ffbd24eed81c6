//! Seed data as people read it.

use jiff::Timestamp;
use seeder::audit::{Findings, Kind};
use seeder::load::Report;
use seeder::natural;
use seeder::plan::{Shown, ShownTable};
use seeder::run::Explained;

use super::super::output::{bytes, count, facts, table};
use super::database::Ran;
use super::scenarios;

/// The order with its reasons, then the columns of each table.
pub(super) fn plan(shown: &Shown) -> String {
    let rows: u64 = own(shown).map(|table| table.rows).sum();
    let as_of = Timestamp::from_microsecond(shown.as_of_micros);
    let as_of = as_of.map_or_else(|_| String::new(), |moment| format!(" · as of {moment:.0}"));
    let tables = count(own(shown).count(), "table");
    let mut order = table(&["order", "table", "rows", "why"]);
    for one in &shown.tables {
        let why = if one.filled {
            "they are there already and stay".to_owned()
        } else {
            one.because.clone()
        };
        order.add_row([
            (one.level + 1).to_string(),
            one.name.clone(),
            one.rows.to_string(),
            why,
        ]);
    }
    let mut text = format!(
        "seed {}{as_of} · {tables}, {rows} rows\n\n{order}",
        shown.seed
    );
    for line in &shown.empty {
        text.push_str(&format!("\n\nempty: {line}"));
    }
    if !shown.scenarios.is_empty() {
        text.push_str(&format!("\n\n{}", on_top(shown)));
    }
    for one in own(shown) {
        text.push_str(&format!("\n\n{}\n{}", one.name, columns(one)));
    }
    text
}

/// The rows of scenarios by table.
fn on_top(shown: &Shown) -> String {
    let mut rows = table(&["scenario", "handle", "table"]);
    for scenario in &shown.scenarios {
        for (handle, table) in &scenario.rows {
            rows.add_row([&scenario.name, handle, table]);
        }
    }
    let mut text = rows.to_string();
    for line in shown
        .scenarios
        .iter()
        .flat_map(|scenario| &scenario.left_out)
    {
        text.push_str(&format!("\nleft out: {line}"));
    }
    text
}

fn own(shown: &Shown) -> impl Iterator<Item = &ShownTable> {
    shown.tables.iter().filter(|table| !table.filled)
}

fn columns(shown: &ShownTable) -> String {
    let mut columns = table(&["column", "from", "nulls", "distinct", "why"]);
    for column in &shown.columns {
        columns.add_row([
            column.name.clone(),
            column.from.clone(),
            share(column.nulls_per_mille),
            column
                .distinct
                .map_or_else(String::new, |size| size.to_string()),
            column.because.clone(),
        ]);
    }
    columns.to_string()
}

/// `12.5 %`, or nothing where there are none.
fn share(per_mille: u32) -> String {
    match per_mille {
        0 => String::new(),
        per_mille => format!("{} %", f64::from(per_mille) / 10.0),
    }
}

/// What a run did, with the rows of scenarios that it added.
pub(super) fn ran(ran: &Ran) -> String {
    match ran.scenarios.is_empty() {
        true => filled(&ran.load),
        false => format!(
            "{}\n\n{}",
            filled(&ran.load),
            scenarios::rows(&ran.scenarios)
        ),
    }
}

/// What a run did, table by table.
fn filled(report: &Report) -> String {
    if report.tables.is_empty() {
        return "nothing to fill: there is no table without rows".to_owned();
    }
    let mut tables = table(&["table", "rows", "size"]);
    for one in &report.tables {
        tables.add_row([
            one.table.to_string(),
            one.rows.to_string(),
            bytes(one.bytes),
        ]);
    }
    format!(
        "{tables}\n\n{} rows in {} ({}), {:.1} s",
        report.rows(),
        count(report.tables.len(), "table"),
        bytes(report.bytes()),
        report.seconds
    )
}

/// Figures, what was checked, and what is wrong.
pub(super) fn findings(found: &Findings) -> String {
    let mut tables = table(&["table", "rows", "size"]);
    for one in &found.tables {
        tables.add_row([
            one.table.to_string(),
            one.rows.to_string(),
            bytes(one.bytes),
        ]);
    }
    let mut text = format!("{tables}\n");
    if !found.findings.is_empty() {
        let mut wrong = table(&["found", "where", "count", ""]);
        for one in &found.findings {
            let place = match &one.table {
                Some(table) => format!("{table}.{}", one.name),
                None => one.name.clone(),
            };
            let weight = if one.kind.is_violation() {
                "violation"
            } else {
                "for information"
            };
            wrong.add_row([
                kind(one.kind),
                match (&one.expected, &one.got) {
                    (Some(expected), Some(got)) => {
                        format!("{place}: expected {expected}, got {got}")
                    }
                    _ => place,
                },
                one.count.to_string(),
                weight.to_owned(),
            ]);
        }
        text.push_str(&format!("\n{wrong}\n"));
    }
    let checked = found.checked.iter();
    let checked: Vec<String> = checked
        .map(|(one, number)| format!("{} {number}", kind(*one)))
        .collect();
    let violations = match found.violations().count() {
        0 => "no violation".to_owned(),
        number => count(number, "violation"),
    };
    format!(
        "{text}\nchecked: {}\n{} rows, {violations}",
        checked.join(", "),
        found.rows()
    )
}

/// The name that programs read.
fn kind(kind: Kind) -> String {
    let name = serde_json::to_value(kind).ok();
    let name = name.and_then(|name| name.as_str().map(|name| name.replace('-', " ")));
    name.unwrap_or_default()
}

/// A cell, its origin, and the row around it.
pub(super) fn explained(explained: &Explained) -> String {
    let null = || "NULL".to_owned();
    let mut facts = facts(
        "cell",
        &format!(
            "{}.{} of row {} (of {})",
            explained.table, explained.column, explained.row, explained.rows
        ),
    );
    let mut fact = |name: &str, value: String| {
        facts.add_row([name.to_owned(), value]);
    };
    fact("value", explained.value.clone().unwrap_or_else(null));
    fact("from", explained.from.clone());
    fact("why", explained.because.clone());
    if explained.nulls_per_mille > 0 {
        fact("nulls", share(explained.nulls_per_mille));
    }
    if let Some(person) = &explained.person {
        fact("person", person.clone());
    }
    if let Some(place) = &explained.place {
        fact("place", place.clone());
    }
    fact("key", explained.key.join(" · "));
    fact("draw", explained.draw.clone());
    let mut row = table(&["column", "value"]);
    for (column, value) in &explained.cells {
        row.add_row([column.clone(), value.clone().unwrap_or_else(null)]);
    }
    format!("{facts}\n\n{row}")
}

/// The generators with a line about each.
pub(super) fn generators() -> String {
    let mut names = table(&["generator", "makes"]);
    for (name, about) in natural::names() {
        names.add_row([name, about]);
    }
    names.to_string()
}
