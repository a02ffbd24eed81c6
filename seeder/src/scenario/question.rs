//! The questions of scenarios with their placeholders filled in.

use rules::config::nearest;
use rules::seed::{AS_OF, Placeholder, Scenario, placeholders};

use super::{PlannedRow, ScenarioError};
use crate::audit::Assertion;
use crate::engine::row_of;
use crate::plan::{Plan, Request};
use crate::value::{Type, Value, write_text};

/// Fills in the questions of every scenario that is part of the plan.
pub(super) fn fill(
    plan: &mut Plan,
    request: Request<'_>,
    scenarios: &[Scenario],
) -> Result<(), ScenarioError> {
    let mut wrong = Vec::new();
    for (position, scenario) in scenarios.iter().enumerate() {
        let rows = &plan.scenarios[position].rows;
        let mut questions = Vec::new();
        for assertion in &scenario.assertions {
            let asking = Asking {
                plan,
                request,
                rows,
            };
            let name = format!("scenario \"{}\": {}", scenario.name, assertion.sql.trim());
            match asking.filled(&assertion.sql) {
                Ok(sql) => questions.push(Assertion {
                    name,
                    sql,
                    expected: assertion.is.clone(),
                }),
                Err(reason) => wrong.push(format!("{name}: {reason}")),
            }
        }
        plan.scenarios[position].questions = questions;
    }
    match wrong.is_empty() {
        true => Ok(()),
        false => Err(ScenarioError::Impossible(wrong)),
    }
}

struct Asking<'p> {
    plan: &'p Plan,
    request: Request<'p>,
    rows: &'p [PlannedRow],
}

impl Asking<'_> {
    fn filled(&self, sql: &str) -> Result<String, String> {
        let mut filled = String::new();
        let mut end = 0;
        for one in placeholders(sql) {
            filled.push_str(&sql[end..one.span.start]);
            end = one.span.end;
            filled.push_str(&self.value(&one)?);
        }
        filled.push_str(&sql[end..]);
        Ok(filled)
    }

    /// A literal of the placeholder's type.
    fn value(&self, one: &Placeholder<'_>) -> Result<String, String> {
        if one.name == AS_OF && one.column.is_none() {
            let data_type = Type::Timestamp {
                zone: true,
                precision: 6,
            };
            let moment = Value::Timestamp(self.plan.as_of_micros);
            return Ok(literal(&moment, &data_type, "timestamptz"));
        }
        let Some(row) = self.rows.iter().find(|row| row.handle == one.name) else {
            let names = self.rows.iter().map(|row| row.handle.as_str());
            let hint = match nearest(one.name, names) {
                Some(guess) => format!("did you mean \":{guess}\"?"),
                None => "`standin seed scenarios` lists handles".to_owned(),
            };
            return Err(format!("no row is called \"{}\"; {hint}", one.name));
        };
        let table = &self.plan.tables[row.table];
        let model = &self.request.schema.tables[&table.name];
        let names: Vec<&str> = match one.column {
            Some(column) => vec![column],
            None => match model.primary_key() {
                Some(key) => key.iter().map(String::as_str).collect(),
                None => {
                    let name = one.name;
                    return Err(format!(
                        "\":{name}\" is a row of {}, which has no primary key; name a column of it: \
                         \":{name}.column\"",
                        table.name
                    ));
                }
            },
        };
        let cells = row_of(self.plan, row.table, row.row).map_err(|error| error.to_string())?;
        let mut literals = Vec::new();
        for name in names {
            let known = table
                .column(name)
                .filter(|column| !table.columns[*column].generated);
            let Some(column) = known else {
                let columns = table.columns.iter().map(|column| column.name.as_str());
                let hint = match nearest(name, columns) {
                    Some(guess) => format!("did you mean \"{guess}\"?"),
                    None => "name a column that is not computed by the server".to_owned(),
                };
                return Err(format!(
                    "\":{}.{name}\" is no column that rows of {} are given; {hint}",
                    one.name, table.name
                ));
            };
            let data_type = &table.columns[column].data_type;
            literals.push(literal(
                &cells[column],
                data_type,
                &model.columns[column].data_type,
            ));
        }
        Ok(match literals.as_slice() {
            [one] => one.clone(),
            several => format!("ROW({})", several.join(", ")),
        })
    }
}

/// A constant of SQL, with its type.
fn literal(value: &Value, data_type: &Type, named: &str) -> String {
    if value.is_null() {
        return format!("NULL::{named}");
    }
    let mut text = Vec::new();
    write_text(value, data_type, &mut text);
    let text = String::from_utf8_lossy(&text);
    // Whatever `standard_conforming_strings` says.
    let text = text.replace('\\', "\\\\").replace('\'', "''");
    let mark = if text.contains('\\') { " E" } else { "" };
    format!("{mark}'{text}'::{named}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_literal_cannot_end_early() {
        let text = Type::Text {
            max: None,
            padded: false,
            caseless: false,
        };
        let check = |value: &str, expected: &str| {
            let found = literal(&Value::Text(value.to_owned()), &text, "text");
            assert_eq!(found, expected);
        };
        check("O'Brien", "'O''Brien'::text");
        check("a\\'; --", " E'a\\\\''; --'::text");
        assert_eq!(literal(&Value::Null, &text, "text"), "NULL::text");
    }
}
