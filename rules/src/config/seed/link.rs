//! References between the rows of a scenario: `@handle` names a row, and no row refers to itself by
//! way of others.

use std::collections::BTreeMap;

use crate::config::text::{ProblemKind, Report, join};
use crate::seed::{Scenario, ScenarioRow, Setting};

/// Rows of a circle that an error shows.
const WAY_SHOWN_MAX: usize = 8;

/// Checks handles and references; `paths` are the keys of the rows.
pub(super) fn check(scenario: &Scenario, paths: &[String], report: &mut Report<'_>) {
    let mut known: BTreeMap<&str, usize> = BTreeMap::new();
    for (position, row) in scenario.rows.iter().enumerate() {
        if known.contains_key(row.handle.as_str()) {
            let message = format!(
                "two rows of scenario {:?} are called {:?}",
                scenario.name, row.handle
            );
            let path = join(&paths[position], "handle");
            report.value(&path, ProblemKind::Conflict, message);
        } else {
            known.insert(&row.handle, position);
        }
    }
    let mut whole = true;
    for (row, path) in scenario.rows.iter().zip(paths) {
        for (column, handle) in references(row) {
            if !known.contains_key(handle) {
                whole = false;
                // One of many rows of a count says it for all.
                if report.is_faulty(&join(&join(path, "set"), column)) {
                    continue;
                }
                unknown(scenario, (column, handle), path, report);
            }
        }
    }
    if whole && let Some(way) = circle(scenario, &known) {
        let first = *way.first().expect("a circle has rows");
        let shown = way.iter().chain([&first]).take(WAY_SHOWN_MAX);
        let mut shown: Vec<&str> = shown
            .map(|&position| scenario.rows[position].handle.as_str())
            .collect();
        if way.len() >= WAY_SHOWN_MAX {
            shown.push("…");
        }
        let message = format!(
            "rows of scenario {:?} refer to each other in a circle: {}",
            scenario.name,
            shown.join(" -> ")
        );
        let next = way.get(1).copied().unwrap_or(first);
        let (column, _) = references(&scenario.rows[first])
            .find(|(_, handle)| known.get(handle) == Some(&next))
            .expect("the way goes along references");
        let path = join(&join(&paths[first], "set"), column);
        let problem = report.value(&path, ProblemKind::Conflict, message);
        problem.hint = Some("leave one of the columns out: it is generated then".to_owned());
    }
}

fn references(row: &ScenarioRow) -> impl Iterator<Item = (&str, &str)> {
    row.set
        .iter()
        .filter_map(|(column, setting)| match setting {
            Setting::Handle(handle) => Some((column.as_str(), handle.as_str())),
            _ => None,
        })
}

fn unknown(
    scenario: &Scenario,
    (column, handle): (&str, &str),
    path: &str,
    report: &mut Report<'_>,
) {
    let message = format!(
        "no row of scenario {:?} is called {handle:?}",
        scenario.name
    );
    let path = join(&join(path, "set"), column);
    let problem = report.value(&path, ProblemKind::UnknownReference, message);
    let mut handles = scenario.rows.iter().map(|row| row.handle.as_str());
    let first = format!("{handle}_1");
    let counted = handles.clone().find(|own| *own == first);
    let guess = counted.or_else(|| crate::config::nearest(handle, handles.by_ref()));
    problem.hint = Some(match guess {
        Some(guess) => format!("did you mean \"@{guess}\"?"),
        None => "add the row, or write a text that begins so as { text = \"@…\" }".to_owned(),
    });
}

/// Rows that lead back to the first of them, one reference after the other.
fn circle(scenario: &Scenario, known: &BTreeMap<&str, usize>) -> Option<Vec<usize>> {
    #[derive(Clone, Copy, PartialEq)]
    enum Seen {
        Not,
        OnTheWay,
        Done,
    }
    let next = |position: usize| -> Vec<usize> {
        let rows = references(&scenario.rows[position]);
        rows.filter_map(|(_, handle)| known.get(handle).copied())
            .collect()
    };
    let mut seen = vec![Seen::Not; scenario.rows.len()];
    for start in 0..scenario.rows.len() {
        let mut way = vec![(start, next(start))];
        while let Some((position, open)) = way.last_mut() {
            let position = *position;
            seen[position] = Seen::OnTheWay;
            match open.pop() {
                Some(to) if seen[to] == Seen::OnTheWay => {
                    let from = way.iter().position(|(at, _)| *at == to)?;
                    return Some(way[from..].iter().map(|(at, _)| *at).collect());
                }
                Some(to) if seen[to] == Seen::Not => way.push((to, next(to))),
                Some(_) => {}
                None => {
                    seen[position] = Seen::Done;
                    way.pop();
                }
            }
        }
    }
    None
}
