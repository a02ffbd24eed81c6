//! `given`, `correlate` and `is` of a column: what it has to do with others of its row.

use std::collections::BTreeMap;

use crate::config::text::{ProblemKind, Report, Table, Value, join};
use crate::seed::{ColumnRule, CorrelateRule, GivenCase, GivenRule};

use super::{VALUES_MAX, weights};

/// Reads the keys; `values` is read here too, since `given` says what it looks like.
pub(super) fn relations(table: &mut Table<'_, '_>, rule: &mut ColumnRule, report: &mut Report<'_>) {
    let values = table.get("values", report);
    let between = table.get("between", report);
    let expected = "the name of a column of the same table";
    match table.get("given", report) {
        Some(given) => {
            if let Some(column) = given.filled(expected, report) {
                let cases = cases(&given, (values, between), report);
                let column = column.to_owned();
                rule.given = Some(GivenRule { column, cases });
            }
        }
        None => {
            if let Some(values) = values {
                rule.values = weights(&values, report);
            }
            if let Some(between) = between {
                let message = "this depends on another column, and none is named".to_owned();
                let problem = report.key(between.path(), ProblemKind::Conflict, message);
                problem.hint = Some("add given = \"category\", or use min and max".to_owned());
            }
        }
    }
    if let Some(correlate) = table.get("correlate", report) {
        rule.correlate = correlated(&correlate, report);
    }
    if let Some(of) = table.get("of", report) {
        rule.of = of.filled(expected, report).map(str::to_owned);
        if rule.with.as_deref() != Some("slug") {
            let message = "only a slug is made of another column".to_owned();
            let problem = report.key(of.path(), ProblemKind::Conflict, message);
            problem.hint = Some("add with = \"slug\"".to_owned());
        }
    }
    if let Some(is) = table.get("is", report) {
        let expected = "an expression over columns: \"quantity * unit_price\"";
        rule.is = is.filled(expected, report).map(str::to_owned);
    }
}

/// Of the keys that decide what a column holds beside others there is one.
pub(super) fn alone(rule: &ColumnRule, path: &str, report: &mut Report<'_>) {
    let computed = rule.is.is_some();
    let keys = [
        ("given", rule.given.is_some()),
        ("correlate", rule.correlate.is_some()),
        (
            "path",
            rule.states.as_ref().is_some_and(|own| !own.path.is_empty()),
        ),
        ("with", computed && rule.with.is_some()),
        ("values", computed && !rule.values.is_empty()),
        ("is", computed),
    ];
    let mut there = keys.iter().filter(|(_, there)| *there);
    if let (Some((first, _)), Some((second, _))) = (there.next(), there.next()) {
        let message = format!("\"{first}\" decides what the column holds, and so does this");
        let problem = report.key(&join(path, second), ProblemKind::Conflict, message);
        problem.hint = Some("keep one of the two".to_owned());
    }
}

type Given<'a, 't> = (Option<Value<'a, 't>>, Option<Value<'a, 't>>);

fn cases(
    given: &Value<'_, '_>,
    (values, between): Given<'_, '_>,
    report: &mut Report<'_>,
) -> BTreeMap<String, GivenCase> {
    let mut cases = BTreeMap::new();
    if values.is_none() && between.is_none() {
        let message = "nothing says what the column holds beside each value".to_owned();
        let problem = report.key(given.path(), ProblemKind::MissingKey, message);
        problem.expected = Some("values or between".to_owned());
    }
    if let Some(values) = values {
        let expected = "weights by the other column's value: { DE = { pro = 3, free = 7 }, \"*\" = { free = 1 } }";
        if let Some(table) = values.table(expected, report) {
            for (other, own) in table.entries(VALUES_MAX, report) {
                cases.insert(other.to_owned(), GivenCase::Values(weights(&own, report)));
            }
        }
    }
    if let Some(between) = between {
        let expected = "two bounds by the other column's value: { books = [5, 40] }";
        let Some(table) = between.table(expected, report) else {
            return cases;
        };
        for (other, own) in table.entries(VALUES_MAX, report) {
            let bounds = own.array(expected, report).unwrap_or_default();
            let [low, high] = &bounds[..] else {
                own.wrong("is no two bounds", "two, as in [5, 40]", report);
                continue;
            };
            let (Some(low), Some(high)) = (low.literal(report), high.literal(report)) else {
                continue;
            };
            let case = GivenCase::Between(low, high);
            if cases.insert(other.to_owned(), case).is_some() {
                let message = format!("there are values beside {other:?} already");
                report.key(own.path(), ProblemKind::Conflict, message);
            }
        }
    }
    cases
}

/// `{ with = "age", coefficient = 0.8 }`
fn correlated(value: &Value<'_, '_>, report: &mut Report<'_>) -> Option<CorrelateRule> {
    let expected = "a column and a coefficient: { with = \"age\", coefficient = 0.8 }";
    let mut table = value.table(expected, report)?;
    let with = table
        .require("with", "with = \"age\"", report)
        .and_then(|value| value.filled("the name of a column of the same table", report));
    let coefficient = table.require("coefficient", "coefficient = 0.8", report);
    let coefficient = coefficient.and_then(|value| value.signed_per_mille(1_000, report));
    table.finish(&[], report);
    Some(CorrelateRule {
        with: with?.to_owned(),
        coefficient_per_mille: coefficient?,
    })
}
