//! `path`, `leave` and `at` of a column: the states that its rows go through.

use crate::config::text::{ProblemKind, Report, Table, Value, join, nearest};
use crate::seed::StatesRule;

use super::VALUES_MAX;

/// Reads the keys; `None` where none of them is there.
pub(super) fn states(table: &mut Table<'_, '_>, report: &mut Report<'_>) -> Option<StatesRule> {
    let path = table.get("path", report);
    let leave = table.get("leave", report);
    let at = table.get("at", report);
    let Some(path) = path else {
        for value in [leave, at].into_iter().flatten() {
            let message = "this says something about a path, and there is none".to_owned();
            let problem = report.key(value.path(), ProblemKind::Conflict, message);
            problem.hint = Some("add path = [\"pending\", \"paid\", \"shipped\"]".to_owned());
        }
        return None;
    };
    let expected = "states in their order: [\"pending\", \"paid\", \"shipped\"]";
    let mut rule = StatesRule::default();
    for state in path.array(expected, report).unwrap_or_default() {
        let Some(text) = state.filled(expected, report) else {
            continue;
        };
        if rule.path.iter().any(|known| known == text) {
            let message = format!("state {text:?} is there twice");
            report.value(state.path(), ProblemKind::Conflict, message);
        } else {
            rule.path.push(text.to_owned());
        }
    }
    if let Some(leave) = leave {
        leaves(&leave, &mut rule, report);
    }
    if let Some(at) = at {
        moments(&at, &mut rule, report);
    }
    Some(rule)
}

fn leaves(value: &Value<'_, '_>, rule: &mut StatesRule, report: &mut Report<'_>) {
    let expected = "states with those before them: { cancelled = [\"pending\", \"paid\"] }";
    let Some(table) = value.table(expected, report) else {
        return;
    };
    for (state, from) in table.entries(VALUES_MAX, report) {
        if rule.path.iter().any(|known| known == state) {
            let message = format!("state {state:?} is on the path already");
            report.key(&join(value.path(), state), ProblemKind::Conflict, message);
            continue;
        }
        let mut before = Vec::new();
        for from in from.array(expected, report).unwrap_or_default() {
            let Some(text) = from.filled(expected, report) else {
                continue;
            };
            let known = rule.path.iter().map(String::as_str);
            if known.clone().any(|known| known == text) {
                before.push(text.to_owned());
            } else {
                unknown(from.path(), text, known, report);
            }
        }
        rule.leave.insert(state.to_owned(), before);
    }
}

fn moments(value: &Value<'_, '_>, rule: &mut StatesRule, report: &mut Report<'_>) {
    let expected = "columns of moments by state: { paid = \"paid_at\" }";
    let Some(table) = value.table(expected, report) else {
        return;
    };
    for (state, column) in table.entries(VALUES_MAX, report) {
        let known = rule.path.iter().chain(rule.leave.keys());
        let known = known.map(String::as_str);
        if !known.clone().any(|known| known == state) {
            unknown_key(&join(value.path(), state), state, known, report);
        } else if let Some(column) = column.filled("the name of a column", report) {
            rule.at.insert(state.to_owned(), column.to_owned());
        }
    }
}

fn unknown<'a>(
    path: &str,
    state: &str,
    known: impl Iterator<Item = &'a str>,
    report: &mut Report<'_>,
) {
    let message = format!("state {state:?} is not on the path");
    let problem = report.value(path, ProblemKind::UnknownReference, message);
    problem.hint = nearest(state, known).map(|guess| format!("did you mean {guess:?}?"));
}

fn unknown_key<'a>(
    path: &str,
    state: &str,
    known: impl Iterator<Item = &'a str>,
    report: &mut Report<'_>,
) {
    let message = format!("state {state:?} is neither on the path nor leaves it");
    let problem = report.key(path, ProblemKind::UnknownReference, message);
    problem.hint = nearest(state, known).map(|guess| format!("did you mean {guess:?}?"));
}
