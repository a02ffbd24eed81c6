//! `[masking.subset]`: which rows are copied.

use crate::config::text::{Report, Table, Value};
use crate::mask::{EXPRESSION_BYTES_MAX, Expression, PERCENT, Start, Subset, Take, Unfollowed};
use crate::schema::Name;

const EXAMPLE: &str = "start = [{ table = \"customers\", where = \"region = 'EU'\" }]";

const START: &str = "rows of a table: { table = \"customers\", where = \"region = 'EU'\" }, \
                     { table = \"orders\", newest = 1000, by = \"placed_at\" } or \
                     { table = \"events\", percent = 1 }";

/// More rows than a subset may have anyway.
const NEWEST_MAX: u64 = 1_000_000_000;

pub(super) fn subset(value: &Value<'_, '_>, report: &mut Report<'_>) -> Option<Subset> {
    let expected = "a subset of rows: [masking.subset]";
    let mut table = value.table(expected, report)?;
    let start = table.require("start", EXAMPLE, report);
    let not_followed = table.get("not_followed", report);
    let whole = table.get("whole", report);
    table.finish(&[], report);
    let start = start.map(|value| starts(&value, report));
    let not_followed = not_followed.map(|value| unfollowed(&value, report));
    let whole = whole.map(|value| names(&value, report));
    Some(Subset {
        start: start?,
        not_followed: not_followed.unwrap_or_default(),
        whole: whole.unwrap_or_default(),
    })
}

fn starts(value: &Value<'_, '_>, report: &mut Report<'_>) -> Vec<Start> {
    let Some(values) = value.array("an array of rows to begin with", report) else {
        return Vec::new();
    };
    if values.is_empty() {
        value.wrong("begins with no row", EXAMPLE, report);
    }
    let mut found = Vec::new();
    for value in values {
        if let Some(table) = value.table(START, report) {
            found.extend(start(table, &value, report));
        }
    }
    found
}

fn start(
    mut table: Table<'_, '_>,
    whole: &Value<'_, '_>,
    report: &mut Report<'_>,
) -> Option<Start> {
    let name = table.require("table", "table = \"customers\"", report);
    let condition = table.get("where", report);
    let newest = table.get("newest", report);
    let by = table.get("by", report);
    let percent = table.get("percent", report);
    table.finish(&[], report);
    let given = condition.is_some();
    let stray = by.is_some() && newest.is_none();
    let name = name.and_then(|value| self::name(&value, report));
    let condition = condition.map(|value| expression(&value, report));
    let take = match (newest, percent) {
        (None, None) if !given => {
            // A key that is misspelled says so by itself.
            if !report.is_faulty(whole.path()) {
                whole.wrong("does not say which rows", START, report);
            }
            return None;
        }
        (None, None) => Some(Take::All),
        (Some(_), Some(_)) => {
            whole.wrong("has both `newest` and `percent`", START, report);
            return None;
        }
        (Some(newest), None) => {
            let rows = newest.number(1..=NEWEST_MAX, report);
            match by {
                Some(by) => by
                    .filled("a column", report)
                    .map(str::to_owned)
                    .and_then(|by| Some(Take::Newest { rows: rows?, by })),
                None => {
                    whole.wrong("does not say by which column rows are new", START, report);
                    return None;
                }
            }
        }
        (None, Some(percent)) => percent
            .per_mille(1..=100 * PERCENT, report)
            .map(Take::Share),
    };
    if stray {
        whole.wrong("has `by` without `newest`", START, report);
        return None;
    }
    Some(Start {
        table: name?,
        condition: match condition {
            Some(read) => Some(read?),
            None => None,
        },
        take: take?,
    })
}

/// One SQL expression; what is wrong with it is said in words, since the server is not asked yet.
fn expression(value: &Value<'_, '_>, report: &mut Report<'_>) -> Option<Expression> {
    let expected = format!(
        "one SQL expression over the table's columns, of at most {EXPRESSION_BYTES_MAX} bytes"
    );
    let text = value.filled(&expected, report)?;
    match Expression::read(text) {
        Ok(read) => Some(read),
        Err(error) => {
            value.wrong(&error.to_string(), &expected, report);
            None
        }
    }
}

fn unfollowed(value: &Value<'_, '_>, report: &mut Report<'_>) -> Vec<Unfollowed> {
    let expected = "references by the table that refers: [\"audit_log(customer_id)\"]";
    let values = value.array(expected, report).unwrap_or_default();
    let ends = values.iter().filter_map(|value| super::end(value, report));
    ends.map(|(table, columns)| Unfollowed { table, columns })
        .collect()
}

fn names(value: &Value<'_, '_>, report: &mut Report<'_>) -> Vec<Name> {
    let values = value.array("tables: [\"countries\"]", report);
    let values = values.unwrap_or_default();
    values
        .iter()
        .filter_map(|value| name(value, report))
        .collect()
}

/// `customers` is `public.customers`.
fn name(value: &Value<'_, '_>, report: &mut Report<'_>) -> Option<Name> {
    let expected = "a table: \"customers\" or \"crm.customers\"";
    let text = value.filled(expected, report)?.trim();
    let qualified = format!("public.{text}");
    let name = text.parse().or_else(|_| qualified.parse()).ok();
    if name.is_none() {
        value.wrong("names no table", expected, report);
    }
    name
}
