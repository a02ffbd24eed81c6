//! What is otherwise than an earlier run, or the rules, have it.

use std::collections::{BTreeMap, BTreeSet};

use rules::mask::{Decided, MaskRules, ProblemKind, decide};
use rules::schema::{Schema, TableKind};

use super::propose::{Trial, problems};
use super::report::{Change, ChangeKind};

/// What was before.
#[derive(Debug, Clone, Copy, Default)]
pub struct Since<'a> {
    /// The rules that there are: what they decide about is left alone.
    pub rules: Option<&'a MaskRules>,
    /// Types by table and column, as an earlier report tells them; see
    /// [`Report::types`](super::Report::types).
    pub types: Option<&'a BTreeMap<(String, String), String>>,
}

/// Everything that changed: by types where they are known, by the rules where not.
pub(super) fn changes(schema: &Schema, since: &Since<'_>, trial: &Trial<'_>) -> Vec<Change> {
    let mut changes = BTreeSet::new();
    if let Some(types) = since.types {
        by_types(schema, types, &mut changes);
    }
    if let Some(rules) = since.rules {
        by_rules(schema, rules, since.types.is_none(), &mut changes);
        let mut told = BTreeSet::new();
        for problem in problems(&[], trial) {
            // One reason is enough.
            if !told.insert((problem.table.clone(), problem.column.clone())) {
                continue;
            }
            let kind = match problem.kind {
                ProblemKind::Unknown => ChangeKind::Gone,
                _ => ChangeKind::Unfit {
                    problem: problem.message,
                },
            };
            changes.insert(Change {
                table: problem.table,
                column: problem.column,
                kind,
            });
        }
    }
    changes.into_iter().collect()
}

fn by_types(
    schema: &Schema,
    types: &BTreeMap<(String, String), String>,
    changes: &mut BTreeSet<Change>,
) {
    let known: BTreeSet<&str> = types.keys().map(|(table, _)| table.as_str()).collect();
    let mut there: BTreeMap<(String, String), &str> = BTreeMap::new();
    // A report has no others: what a foreign server has is not copied.
    let roots = schema.tables.iter().filter(|(_, table)| {
        table.partition_of.is_none()
            && table.kind == TableKind::Ordinary
            && !table.columns.is_empty()
    });
    for (name, table) in roots {
        let name = name.to_string();
        if !known.contains(name.as_str()) {
            changes.insert(change(&name, None, ChangeKind::New));
        }
        for column in &table.columns {
            there.insert((name.clone(), column.name.clone()), &column.data_type);
        }
    }
    for ((table, column), now) in &there {
        let before = types.get(&(table.clone(), column.clone()));
        let kind = match before {
            None if known.contains(table.as_str()) => ChangeKind::New,
            Some(before) if before != now => ChangeKind::Retyped {
                before: before.clone(),
                now: (*now).to_owned(),
            },
            _ => continue,
        };
        changes.insert(change(table, Some(column), kind));
    }
    for (table, column) in types.keys().filter(|place| !there.contains_key(*place)) {
        let whole = !there.keys().any(|(other, _)| other == table);
        let column = (!whole).then_some(column.as_str());
        changes.insert(change(table, column, ChangeKind::Gone));
    }
}

/// What the rules do not decide about is new; where nothing of a table is decided, the table is.
fn by_rules(schema: &Schema, rules: &MaskRules, all: bool, changes: &mut BTreeSet<Change>) {
    if !all {
        return;
    }
    for (name, decision) in &decide(schema, rules).tables {
        let open: Vec<&str> = decision
            .columns
            .iter()
            .filter(|column| column.decided == Decided::Not)
            .map(|column| column.column.as_str())
            .collect();
        let name = name.to_string();
        if !open.is_empty() && open.len() == decision.columns.len() {
            changes.insert(change(&name, None, ChangeKind::New));
            continue;
        }
        for column in open {
            changes.insert(change(&name, Some(column), ChangeKind::New));
        }
    }
}

fn change(table: &str, column: Option<&str>, kind: ChangeKind) -> Change {
    Change {
        table: table.to_owned(),
        column: column.map(str::to_owned),
        kind,
    }
}
