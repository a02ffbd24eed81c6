//! `assert = [{ sql = "…", is = … }]` of a scenario.

use crate::config::AccessMode;
use crate::config::text::{ProblemKind, Report, Table, Value};
use crate::guard::{Kind, Lexer, judge};
use crate::seed::{AS_OF, Assertion, Scenario, placeholders};

pub(super) fn assertion(
    mut table: Table<'_, '_>,
    scenario: &Scenario,
    report: &mut Report<'_>,
) -> Option<Assertion> {
    let sql = table
        .require("sql", "sql = \"select count(*) from invoices\"", report)
        .and_then(|value| question(&value, scenario, report));
    let is = match table.get("is", report) {
        Some(value) => value.literal(report),
        None => Some("true".to_owned()),
    };
    table.finish(&[], report);
    Some(Assertion { sql: sql?, is: is? })
}

fn question(value: &Value<'_, '_>, scenario: &Scenario, report: &mut Report<'_>) -> Option<String> {
    let expected = "one query: \"select count(*) from invoices where id = :inv\"";
    let sql = value.filled(expected, report)?;
    let mut right = true;
    let mut judged = String::new();
    let mut end = 0;
    for one in placeholders(sql) {
        judged.push_str(&sql[end..one.span.start]);
        judged.push_str(" NULL ");
        end = one.span.end;
        let handles = || scenario.rows.iter().map(|row| row.handle.as_str());
        let is_moment = one.name == AS_OF && one.column.is_none();
        // The rows of a built-in scenario are known once the schema is.
        if is_moment || scenario.builtin.is_some() || handles().any(|own| own == one.name) {
            continue;
        }
        right = false;
        let message = format!(
            "no row of scenario {:?} is called {:?}",
            scenario.name, one.name
        );
        let problem = report.value(value.path(), ProblemKind::UnknownReference, message);
        let guess = crate::config::nearest(one.name, handles().chain([AS_OF]));
        problem.hint = Some(match guess {
            Some(guess) => format!("did you mean \":{guess}\"?"),
            None => ":as_of is the moment that the data is as of, :handle the key of a row, \
                     a[1: n] a part of an array"
                .to_owned(),
        });
    }
    judged.push_str(&sql[end..]);
    if !is_one_query(&judged) {
        value.wrong("is not one query", expected, report);
        return None;
    }
    if let Some(denial) = judge(judged.as_bytes(), AccessMode::ReadOnly).denial() {
        let message = format!("an assertion only reads: {}", denial.message());
        let problem = report.value(value.path(), ProblemKind::WrongValue, message);
        problem.expected = Some(expected.to_owned());
        return None;
    }
    right.then(|| sql.to_owned())
}

/// Whether there is a query, and nothing behind its end.
fn is_one_query(sql: &str) -> bool {
    const BEGINNINGS: [&str; 5] = ["select", "with", "values", "table", "("];
    let mut lexer = Lexer::new(sql.as_bytes());
    let first = lexer.advance();
    let first = &sql[first.start..first.end];
    if !BEGINNINGS
        .iter()
        .any(|word| first.eq_ignore_ascii_case(word))
    {
        return false;
    }
    let mut ended = false;
    loop {
        match lexer.advance().kind {
            Kind::End => return true,
            Kind::Broken => return false,
            Kind::Semicolon => ended = true,
            _ if ended => return false,
            _ => {}
        }
    }
}
