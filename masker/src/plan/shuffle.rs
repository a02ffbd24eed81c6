//! What keeps a column from being shuffled: whatever goes by the row that a value stands in.

use rules::mask::{By, Choice, ColumnDecision, Decided, reads};
use rules::schema::{Column, Constraint, ConstraintKind, Table};

/// What to take where values have to stay with their rows.
pub(super) const ALIKE: &str = "take a transformer that gives equal values equal ones, or label";

/// Everything that keeps a column from being shuffled, each with what to do about it. Unique keys are
/// looked at with the other rules.
pub(super) fn obstacles(
    table: &Table,
    decisions: &[ColumnDecision],
    column: &str,
) -> Vec<(String, &'static str)> {
    let mut found = Vec::new();
    for decision in decisions {
        let Decided::Rule(rule) = &decision.decided else {
            continue;
        };
        if decision.column == column && rule.cases.len() > 1 {
            found.push((
                "some of its rows would be shuffled with each other, and others not".to_owned(),
                "give the column one choice without `when`",
            ));
        }
        let by_it = rule.cases.iter().any(|case| {
            let subject = match &case.choice {
                Choice::Mask(mask) => matches!(&mask.by, By::Subject(other) if other == column),
                _ => false,
            };
            subject || case.when.as_ref().is_some_and(|when| when.column == column)
        });
        if by_it {
            found.push((
                format!(
                    "the rule of {:?} goes by it, and would tell what stood here",
                    decision.column
                ),
                "let no `when` and no subject of the table read the column",
            ));
        }
    }
    if table
        .partition_by
        .as_ref()
        .is_some_and(|key| reads(key, column))
    {
        found.push(("partitions go by it".to_owned(), ALIKE));
    }
    let tied = table
        .constraints
        .values()
        .find_map(|constraint| tied(table, constraint, column));
    found.extend(tied.map(|what| (format!("{what} holds for what stands in one row"), ALIKE)));
    found
}

/// The constraint, where it reads the column and something else of the row.
fn tied(table: &Table, constraint: &Constraint, column: &str) -> Option<String> {
    let expression = match &constraint.kind {
        ConstraintKind::Check { expression } => expression,
        ConstraintKind::Exclusion { .. } => {
            let own = reads(&constraint.definition, column);
            return own.then(|| "an exclusion constraint".to_owned());
        }
        _ => return None,
    };
    // A whole row.
    let whole = expression.contains(".*");
    let (mut read, mut more) = (whole || reads(expression, column), whole);
    let is_other = |other: &&Column| other.name != column;
    for other in table.columns.iter().filter(is_other) {
        if !reads(expression, &other.name) {
            continue;
        }
        match &other.generated {
            // What is computed from the column alone is the column.
            Some(generated) if reads(&generated.expression, column) => {
                let mut rest = table.columns.iter().filter(is_other);
                read = true;
                more |= rest.any(|one| reads(&generated.expression, &one.name));
            }
            _ => more = true,
        }
    }
    (read && more).then(|| format!("CHECK ({expression})"))
}
