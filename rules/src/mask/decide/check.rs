//! Whether decisions go together with each other and with the schema's keys.

use std::collections::{BTreeMap, BTreeSet};

use crate::mask::domain::Link;
use crate::mask::rule::{By, Choice, ColumnRule, Mask, MaskRules, Rows};
use crate::mask::transformer::{Transformer, Unique};
use crate::schema::{ConstraintKind, Name, Schema, Table};

use super::{Decided, Decisions, Problem, ProblemKind, alike, roots};

pub(super) fn check(
    schema: &Schema,
    rules: &MaskRules,
    links: &BTreeSet<Link>,
    decisions: &mut Decisions,
) {
    let mut problems = Vec::new();
    unknown(schema, rules, &mut problems);
    unknown_references(schema, rules, &mut problems);
    for (name, table) in roots(schema) {
        if decisions.tables[name].rows == Rows::Drop {
            continue;
        }
        conditions(name, table, decisions, &mut problems);
        keys(name, table, decisions, &mut problems);
    }
    alike::alike(links, decisions, &mut problems);
    decisions.problems.append(&mut problems);
}

/// Rules that name what is not there.
fn unknown(schema: &Schema, rules: &MaskRules, problems: &mut Vec<Problem>) {
    for rule in &rules.tables {
        let pattern = format!("{}.{}", rule.schema, rule.table);
        let mut tables = roots(schema)
            .filter(|(name, _)| rule.schema.matches(&name.schema) && rule.table.matches(&name.name))
            .peekable();
        if tables.peek().is_none() {
            let partition = schema
                .tables
                .keys()
                .find(|name| rule.schema.matches(&name.schema) && rule.table.matches(&name.name));
            let (message, hint) = match partition {
                Some(name) => (
                    "it names a partition, which is masked like its table".to_owned(),
                    format!("write the rule for {}", schema.root_of(name)),
                ),
                None => (
                    "no table of production matches this rule".to_owned(),
                    near(&pattern, roots(schema).map(|(name, _)| name.to_string())),
                ),
            };
            problems.push(problem(
                &pattern,
                None,
                ProblemKind::Unknown,
                (message, hint),
            ));
            continue;
        }
        let tables: Vec<&Table> = tables.map(|(_, table)| table).collect();
        for (column, choice) in &rule.columns {
            let columns = || tables.iter().flat_map(|table| &table.columns);
            let mut matching = columns()
                .filter(|found| column.matches(&found.name))
                .peekable();
            if matching.peek().is_none() {
                let names = columns().map(|column| column.name.clone());
                let text = (
                    "no column of production matches this rule".to_owned(),
                    near(column.as_str(), names),
                );
                problems.push(problem(
                    &pattern,
                    Some(column.as_str()),
                    ProblemKind::Unknown,
                    text,
                ));
            } else if column.is_exact() && matching.all(|found| found.generated.is_some()) {
                let text = (
                    "the server computes this column from the masked row".to_owned(),
                    "take the rule out".to_owned(),
                );
                problems.push(problem(
                    &pattern,
                    Some(column.as_str()),
                    ProblemKind::Unfit,
                    text,
                ));
            }
            debug_assert!(!choice.cases.is_empty(), "the configuration gives a case");
        }
    }
}

/// References that name what is not there.
fn unknown_references(schema: &Schema, rules: &MaskRules, problems: &mut Vec<Problem>) {
    for reference in &rules.references {
        let ends = [
            (&reference.table, &reference.columns),
            (&reference.references, &reference.referenced),
        ];
        for (name, columns) in ends {
            let table = schema.tables.get(name);
            for column in columns {
                if table.and_then(|table| table.column(column)).is_none() {
                    let text = (
                        "a reference names it, and it is not there".to_owned(),
                        "correct [[masking.reference]]".to_owned(),
                    );
                    let name = name.to_string();
                    problems.push(problem(&name, Some(column), ProblemKind::Unknown, text));
                }
            }
        }
    }
}

/// Conditions and subjects name columns of the same table; rows are told apart by a primary key.
fn conditions(name: &Name, table: &Table, decisions: &Decisions, problems: &mut Vec<Problem>) {
    let shown = name.to_string();
    for (column, rule) in rules_of(name, decisions) {
        for case in &rule.cases {
            let named = case.when.as_ref().map(|when| &when.column);
            let subject = mask_of(&case.choice).and_then(|mask| match &mask.by {
                By::Subject(subject) => Some(subject),
                By::Value | By::Row => None,
            });
            for other in named.into_iter().chain(subject) {
                if table.column(other).is_none() {
                    let names = table.columns.iter().map(|column| column.name.clone());
                    let text = (
                        format!("its rule names the column {other:?}, which the table has not"),
                        near(other, names),
                    );
                    problems.push(problem(&shown, Some(column), ProblemKind::Unknown, text));
                }
            }
            let by_row = mask_of(&case.choice).is_some_and(|mask| mask.by == By::Row);
            if by_row && table.primary_key().is_none() {
                let text = (
                    "its values depend on the row, and the table has no primary key".to_owned(),
                    "write by = { subject = \"COLUMN\" }, or by = \"value\"".to_owned(),
                );
                problems.push(problem(&shown, Some(column), ProblemKind::Unfit, text));
            }
        }
    }
}

/// A unique key stays one: each masked column of it is replaced one for one.
fn keys(name: &Name, table: &Table, decisions: &Decisions, problems: &mut Vec<Problem>) {
    let mut keys: Vec<(&str, Vec<&str>, bool)> = Vec::new();
    for (key, constraint) in &table.constraints {
        match &constraint.kind {
            ConstraintKind::PrimaryKey { columns } | ConstraintKind::Unique { columns } => {
                let nulls = !constraint.definition.contains("NULLS NOT DISTINCT");
                keys.push((key, columns.iter().map(String::as_str).collect(), nulls));
            }
            _ => {}
        }
    }
    for (index, body) in table.indexes.iter().filter(|(_, body)| body.unique) {
        let nulls = !body.definition.contains("NULLS NOT DISTINCT");
        let plain = table.columns.iter().map(|column| column.name.as_str());
        // An expression may read any column whose name it holds.
        let read = plain.filter(|column| body.keys.iter().any(|key| reads(key, column)));
        keys.push((index, read.collect(), nulls));
    }
    let rules: BTreeMap<&str, &ColumnRule> = rules_of(name, decisions).collect();
    for (key, columns, nulls_allowed) in keys {
        for column in columns {
            let Some(rule) = rules.get(column) else {
                continue;
            };
            for choice in rule.cases.iter().map(|case| &case.choice) {
                if let Some(message) = breaks(choice, key, nulls_allowed) {
                    let text = (
                        message,
                        "take a transformer that keeps values apart: int, uuid, token, code, \
                         digits, email"
                            .to_owned(),
                    );
                    problems.push(problem(
                        &name.to_string(),
                        Some(column),
                        ProblemKind::Unique,
                        text,
                    ));
                }
            }
            if rule.cases.len() > 1 {
                let text = (
                    format!("{key} is unique, and cases of a rule could give two rows one value"),
                    "give the column one choice without `when`".to_owned(),
                );
                problems.push(problem(
                    &name.to_string(),
                    Some(column),
                    ProblemKind::Unique,
                    text,
                ));
            }
        }
    }
}

/// Whether the text of an expression reads a column: as a word of its own, quoted or not.
pub fn reads(key: &str, column: &str) -> bool {
    let word = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '$';
    let quoted = format!("\"{}\"", column.replace('"', "\"\""));
    key.contains(&quoted)
        || key.match_indices(column).any(|(at, found)| {
            let before = key[..at].chars().next_back();
            let after = key[at + found.len()..].chars().next();
            !before.is_some_and(word) && !after.is_some_and(word)
        })
}

fn breaks(choice: &Choice, key: &str, nulls_allowed: bool) -> Option<String> {
    let mask = match choice {
        Choice::Keep { .. } => return None,
        Choice::Drop => return Some(format!("it would be dropped, and {key} is unique")),
        Choice::Mask(mask) => mask,
    };
    if mask.with == Transformer::Null {
        let message = format!("it would be NULL, and {key} takes only one NULL");
        return (!nulls_allowed).then_some(message);
    }
    let same = mask.with.nature().unique == Unique::No;
    same.then(|| {
        let with = mask.with.name();
        format!("{key} is unique, and {with:?} may give two rows one value")
    })
}

pub(super) fn mask_of(choice: &Choice) -> Option<&Mask> {
    match choice {
        Choice::Mask(mask) => Some(mask),
        Choice::Keep { .. } | Choice::Drop => None,
    }
}

fn rules_of<'d>(
    name: &Name,
    decisions: &'d Decisions,
) -> impl Iterator<Item = (&'d str, &'d ColumnRule)> + use<'d> {
    let columns = decisions.tables[name].columns.iter();
    columns.filter_map(|column| match &column.decided {
        Decided::Rule(rule) => Some((column.column.as_str(), rule)),
        Decided::Generated | Decided::Not => None,
    })
}

pub(in crate::mask) fn near(name: &str, names: impl Iterator<Item = String>) -> String {
    let best = names
        .map(|other| (strsim::damerau_levenshtein(name, &other), other))
        .min()
        .filter(|(distance, _)| *distance <= name.chars().count() / 3);
    match best {
        Some((_, other)) => format!("did you mean {other:?}?"),
        None => "take the rule out".to_owned(),
    }
}

pub(super) fn problem(
    table: &str,
    column: Option<&str>,
    kind: ProblemKind,
    text: (String, String),
) -> Problem {
    Problem {
        table: table.to_owned(),
        column: column.map(str::to_owned),
        kind,
        message: text.0,
        hint: Some(text.1),
    }
}
