//! `[[seed.scenario]]`.

use std::collections::BTreeMap;

use super::link;
use super::question::assertion;
use crate::config::text::{ProblemKind, Report, Table, Value};
use crate::schema::Name;
use crate::seed::{Builtin, Exclusive, Scenario, ScenarioRow, Setting};
use crate::unit::Span;

const COLUMNS_MAX: usize = 1_600;

/// Rows of one scenario at most: it is a situation, not a load.
const ROWS_MAX: usize = 2_000;

/// PostgreSQL's own bound of a name.
const NAME_BYTES_MAX: usize = 63;

/// Longest way from the present that `as_of-…` may go: ten thousand years.
const OFFSET_SECONDS_MAX: u64 = 10_000 * 366 * 86_400;

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
    let name = table.require("name", "name = \"overdue-invoice\"", report);
    let builtin = table.get("builtin", report);
    let tables = table.get("tables", report);
    let rows = table.get("rows", report);
    let exclusive = table.get("exclusive", report);
    let assertions = table.get("assert", report);
    table.finish(&[], report);
    let name = name?;
    let mut scenario = Scenario::new(scenario_name(&name, report)?);
    if let Some(value) = &builtin {
        let words = Builtin::ALL.map(|one| (one.as_str(), one));
        scenario.builtin = value.word(&words, report);
        for alien in [&rows, &exclusive].into_iter().flatten() {
            let message = format!(
                "scenario {:?} is built in and has rows already",
                scenario.name
            );
            let problem = report.key(alien.path(), ProblemKind::Conflict, message);
            problem.hint = Some("give rows of your own a scenario of their own".to_owned());
        }
    }
    apart_from_built_in(&name, &scenario, builtin.is_some(), report);
    if let Some(value) = &tables {
        scenario.tables = listed_tables(value, builtin.is_some(), report);
    }
    if let Some(rows) = &rows {
        read_rows(rows, &mut scenario, report);
    }
    if let Some(value) = &exclusive {
        everywhere(value, &mut scenario, report);
    }
    if let Some(assertions) = &assertions {
        let expected = "questions: [{ sql = \"select count(*) from invoices\", is = 1 }]";
        for value in assertions.array(expected, report).unwrap_or_default() {
            let table = value.table(expected, report);
            let read = table.and_then(|table| assertion(table, &scenario, report));
            scenario.assertions.extend(read);
        }
    }
    if builtin.is_none() && rows.is_none() && assertions.is_none() {
        let message = format!("scenario {:?} adds nothing and asks nothing", scenario.name);
        let problem = report.value(name.path(), ProblemKind::MissingKey, message);
        problem.hint = Some("add rows = […], assert = […] or builtin = \"…\"".to_owned());
    }
    Some(scenario)
}

/// Names stand in keys of snapshots and on command lines.
fn scenario_name(value: &Value<'_, '_>, report: &mut Report<'_>) -> Option<String> {
    let expected = "lowercase letters, digits, - and _, such as \"overdue-invoice\"";
    let name = value.filled(expected, report)?;
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let inner = |byte: u8| plain(byte) || byte == b'-' || byte == b'_';
    let legal = name.bytes().all(inner) && name.bytes().next().is_some_and(plain);
    if !legal || name.len() > NAME_BYTES_MAX {
        value.wrong("is no scenario's name", expected, report);
        return None;
    }
    Some(name.to_owned())
}

/// A scenario of the file that is called like a built-in one is that one, on some tables.
fn apart_from_built_in(
    name: &Value<'_, '_>,
    scenario: &Scenario,
    is_built_in: bool,
    report: &mut Report<'_>,
) {
    let meant = Builtin::named(&scenario.name);
    let mistaken = is_built_in && scenario.builtin.is_none();
    if meant.is_some() && meant != scenario.builtin && !mistaken {
        let message = format!("{:?} is the name of a built-in scenario", scenario.name);
        let problem = report.value(name.path(), ProblemKind::Conflict, message);
        problem.hint = Some("call it otherwise".to_owned());
    }
}

fn listed_tables(value: &Value<'_, '_>, is_built_in: bool, report: &mut Report<'_>) -> Vec<Name> {
    if !is_built_in {
        let message = "\"tables\" belongs to \"builtin\" only".to_owned();
        let problem = report.key(value.path(), ProblemKind::Conflict, message);
        problem.hint = Some("each row names its own table".to_owned());
    }
    let expected = "names of tables: [\"public.customers\"]";
    let values = value.array(expected, report).unwrap_or_default();
    if values.is_empty() && value.as_str().is_none() {
        value.wrong("names no table", expected, report);
    }
    let names = values.iter().filter_map(|value| table_name(value, report));
    names.collect()
}

fn table_name(value: &Value<'_, '_>, report: &mut Report<'_>) -> Option<Name> {
    let text = value.filled("a table's name", report)?;
    let qualified = match text.contains('.') {
        true => text.to_owned(),
        false => format!("public.{text}"),
    };
    let name = qualified.parse::<Name>().ok();
    if name.is_none() {
        let expected = "a name such as \"public.customers\"";
        value.wrong("is no table's name", expected, report);
    }
    name
}

fn read_rows(rows: &Value<'_, '_>, scenario: &mut Scenario, report: &mut Report<'_>) {
    let expected = "rows: [{ handle = \"acme\", table = \"customers\", set = { plan = \"pro\" } }]";
    let mut paths = Vec::new();
    for value in rows.array(expected, report).unwrap_or_default() {
        let table = value.table(expected, report);
        for row in table.map(|table| row(table, report)).unwrap_or_default() {
            paths.push(value.path().to_owned());
            scenario.rows.push(row);
        }
    }
    if scenario.rows.len() > ROWS_MAX {
        let message = format!(
            "scenario {:?} has {} rows",
            scenario.name,
            scenario.rows.len()
        );
        let problem = report.value(rows.path(), ProblemKind::WrongValue, message);
        problem.expected = Some(format!("at most {ROWS_MAX}"));
        problem.hint = Some("`rows` under [seed.tables] is for many".to_owned());
        scenario.rows.clear();
        return;
    }
    link::check(scenario, &paths, report);
}

/// `exclusive = true` of a whole scenario: every row that sets something.
fn everywhere(value: &Value<'_, '_>, scenario: &mut Scenario, report: &mut Report<'_>) {
    if value.boolean(report) != Some(true) {
        return;
    }
    let mut any = false;
    for row in &mut scenario.rows {
        let sets = row.set.values().any(is_value);
        any |= sets;
        if sets && row.exclusive == Exclusive::No {
            row.exclusive = Exclusive::Usual;
        }
    }
    if !any && !report.is_faulty(value.path()) {
        value.wrong(
            "keeps nothing out: no row sets a column to a value",
            "a row with set = { paid_at = \"null\" }",
            report,
        );
    }
}

fn is_value(setting: &Setting) -> bool {
    !matches!(setting, Setting::Handle(_))
}

/// A row, or as many as `count` says: `order_1`, `order_2` …
fn row(mut table: Table<'_, '_>, report: &mut Report<'_>) -> Vec<ScenarioRow> {
    let handle = table
        .require("handle", "handle = \"acme\"", report)
        .and_then(|value| handle(&value, report));
    let name = table
        .require("table", "table = \"customers\"", report)
        .and_then(|value| table_name(&value, report));
    let mut set = BTreeMap::new();
    if let Some(value) = table.get("set", report) {
        let expected = "columns: { plan = \"pro\", due = \"as_of-30d\" }";
        if let Some(columns) = value.table(expected, report) {
            for (column, value) in columns.entries(COLUMNS_MAX, report) {
                if let Some(setting) = setting(&value, report) {
                    set.insert(column.to_owned(), setting);
                }
            }
        }
    }
    let exclusive = table.get("exclusive", report);
    let count = table.get("count", report);
    table.finish(&[], report);
    let count = count.and_then(|value| value.number(1..=ROWS_MAX as u64, report));
    let (Some(handle), Some(name)) = (handle, name) else {
        return Vec::new();
    };
    let one = ScenarioRow {
        handle,
        table: name,
        exclusive: exclusive.map_or(Exclusive::No, |value| only(&value, &set, report)),
        set,
    };
    match count {
        None => vec![one],
        Some(count) => (1..=count)
            .map(|number| ScenarioRow {
                handle: format!("{}_{number}", one.handle),
                ..one.clone()
            })
            .collect(),
    }
}

/// Handles are written behind a colon in SQL.
fn handle(value: &Value<'_, '_>, report: &mut Report<'_>) -> Option<String> {
    let expected = "letters, digits and _, such as \"acme\"";
    let text = value.filled(expected, report)?;
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let legal = text.bytes().all(inner) && !text.starts_with(|c: char| c.is_ascii_digit());
    if !legal || text.len() > NAME_BYTES_MAX {
        value.wrong("is no handle", expected, report);
        return None;
    }
    if text == crate::seed::AS_OF {
        let expected = "another handle: :as_of is the moment that the data is as of";
        value.wrong("is taken", expected, report);
        return None;
    }
    Some(text.to_owned())
}

/// `exclusive` of a row: `true`, or the columns that matter.
fn only(
    value: &Value<'_, '_>,
    set: &BTreeMap<String, Setting>,
    report: &mut Report<'_>,
) -> Exclusive {
    let expected = "true, or columns of \"set\": [\"paid_at\"]";
    if value.is_boolean() {
        return match value.boolean(report) {
            Some(true) => Exclusive::Usual,
            _ => Exclusive::No,
        };
    }
    let mut columns = Vec::new();
    for value in value.array(expected, report).unwrap_or_default() {
        let Some(column) = value.filled("the name of a column", report) else {
            continue;
        };
        match set.get(column) {
            Some(setting) if is_value(setting) => columns.push(column.to_owned()),
            Some(_) => {
                let expected = "a column that is set to a value: no other row refers to that one";
                value.wrong("is a reference", expected, report);
            }
            None => {
                let problem = value.wrong("is not set by this row", "a column of \"set\"", report);
                let known = set.keys().map(String::as_str);
                problem.hint = crate::config::nearest(column, known)
                    .map(|guess| format!("did you mean {guess:?}?"));
            }
        }
    }
    match columns.is_empty() {
        true => Exclusive::No,
        false => Exclusive::Columns(columns),
    }
}

/// What a column is set to: `{ text = "…" }` is a text whatever it looks like.
fn setting(value: &Value<'_, '_>, report: &mut Report<'_>) -> Option<Setting> {
    if let Some(mut table) = value.as_table() {
        let text = table.require("text", "text = \"@home\"", report);
        table.finish(&[], report);
        let text = text?.string("a text", report)?;
        return Some(Setting::Text(text.to_owned()));
    }
    let Some(text) = value.as_str() else {
        return value.literal(report).map(Setting::Text);
    };
    if text == "null" {
        return Some(Setting::Null);
    }
    if let Some(handle) = text.strip_prefix('@') {
        return Some(Setting::Handle(handle.to_owned()));
    }
    let rest = text.strip_prefix(crate::seed::AS_OF).map(str::trim);
    match rest {
        Some("") => Some(Setting::AsOf(0)),
        Some(rest) if rest.starts_with(['+', '-']) => offset(value, rest, report),
        _ => Some(Setting::Text(text.to_owned())),
    }
}

fn offset(value: &Value<'_, '_>, rest: &str, report: &mut Report<'_>) -> Option<Setting> {
    let (sign, amount) = rest.split_at(1);
    match amount.parse::<Span>() {
        Ok(Span(span)) if span.as_secs() <= OFFSET_SECONDS_MAX && span.subsec_nanos() == 0 => {
            let seconds = span.as_secs() as i64;
            Some(Setting::AsOf(if sign == "-" { -seconds } else { seconds }))
        }
        _ => {
            let expected = "as_of with an amount of time: \"as_of-30d\", \"as_of+1d12h\"";
            let problem = value.wrong("is no moment", expected, report);
            problem.hint = Some(
                "units are w, d, h, m and s; a text that looks so is { text = \"…\" }".to_owned(),
            );
            None
        }
    }
}
