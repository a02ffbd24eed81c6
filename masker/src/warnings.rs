//! What keeps no copy from being made, and whoever reads a plan should know.

use rules::mask::{Choice, ColumnDecision, Decided, Rows, TableDecision, reads};
use rules::schema::{ConstraintKind, Name, Table};

use crate::run::Looked;

/// What a copy lacks as a whole.
pub(crate) fn of_all(looked: &Looked) -> Vec<String> {
    let objects = looked.facts.large_objects;
    let warning = format!("{objects} large objects of production are in no copy");
    (objects > 0).then_some(warning).into_iter().collect()
}

/// What is to be known of a table of which rows are copied.
pub(crate) fn of_table(looked: &Looked, name: &Name, decision: &TableDecision) -> Vec<String> {
    let mut warnings = Vec::new();
    if decision.rows == Rows::Drop {
        return warnings;
    }
    let table = &looked.schema.tables[name];
    let facts = looked.facts.tables.get(name);
    if facts.is_some_and(|facts| facts.rows > 0 && !facts.analysed) {
        warnings.push(
            "it was never analysed: how many rows it has is a guess, how many values is by a sample"
                .to_owned(),
        );
    }
    let masked: Vec<&str> = decision.columns.iter().filter_map(masked).collect();
    warnings.extend(constraints(table, &masked));
    if looked.facts.large_objects > 0 {
        let kept = decision.columns.iter().filter(|column| {
            let found = table.column(&column.column);
            found.is_some_and(|found| points_at_objects(&found.data_type))
                && !masked.contains(&column.column.as_str())
        });
        warnings.extend(kept.map(|column| {
            format!(
                "{} is kept, and the large objects that it may name are in no copy",
                column.column
            )
        }));
    }
    warnings
}

/// A column that has other values in the copy than in production.
fn masked(column: &ColumnDecision) -> Option<&str> {
    let Decided::Rule(rule) = &column.decided else {
        return None;
    };
    let mut choices = rule.cases.iter().map(|case| &case.choice);
    let masked = choices.any(|choice| !matches!(choice, Choice::Keep { .. }));
    masked.then_some(column.column.as_str())
}

/// The type of `lo`, and what it is a domain over.
fn points_at_objects(data_type: &str) -> bool {
    matches!(data_type, "oid" | "lo") || data_type.ends_with(".lo")
}

/// Constraints that the copy may not satisfy: production's rows need not, or masked ones may not.
fn constraints(table: &Table, masked: &[&str]) -> Vec<String> {
    let mut warnings = Vec::new();
    for (name, constraint) in &table.constraints {
        if constraint.definition.ends_with("NOT VALID") {
            warnings.push(format!(
                "{name} is NOT VALID: where production has rows that break it, no copy is clean"
            ));
            continue;
        }
        let (kind, several) = match &constraint.kind {
            ConstraintKind::Check { expression } => {
                let columns = table.columns.iter();
                let read = columns.filter(|column| reads(expression, &column.name));
                ("CHECK", read.count() > 1)
            }
            ConstraintKind::Exclusion { .. } => ("exclusion constraint", true),
            _ => continue,
        };
        let read = masked
            .iter()
            .filter(|column| reads(&constraint.definition, column));
        let read: Vec<&str> = read.copied().collect();
        if several && !read.is_empty() {
            warnings.push(format!(
                "the {kind} {name} reads {}, which masked rows may break: the copy then stops",
                read.join(" and ")
            ));
        }
    }
    warnings
}
