//! What becomes of each column, as people read it.

use std::collections::BTreeSet;

use masker::run::{PreviewColumn, PreviewTable};
use masker::shown::ShownTable;
use rules::mask::{Problem, Reached, Rows};
use rules::schema::Name;

use super::super::output::{count, facts, table};
use super::{Explained, Listed, Planned};

/// Tables with their columns, then what is missing.
pub(super) fn plan(planned: &Planned, undecided: bool) -> String {
    let shown = &planned.shown;
    let copied = shown.tables.iter().filter(|table| table.has_rows());
    let columns: usize = shown.tables.iter().map(|table| table.columns.len()).sum();
    let mut text = format!(
        "key {} · {} with rows, {} without · {}",
        shown.key_id,
        count(copied.clone().count(), "table"),
        shown.tables.len() - copied.count(),
        count(columns, "column"),
    );
    if !undecided {
        for one in &shown.tables {
            text.push_str(&format!("\n\n{}", heading(one)));
            if one.has_rows() {
                text.push_str(&format!("\n{}", columns_of(one)));
                for warning in &one.warnings {
                    text.push_str(&format!("\nnote: {warning}"));
                }
            }
        }
    }
    for one in &planned.preview {
        text.push_str(&format!("\n\n{}", preview(one)));
    }
    text.push_str("\n\n");
    for warning in &shown.warnings {
        text.push_str(&format!("note: {warning}\n"));
    }
    text.push_str(&problems(&shown.problems));
    text
}

/// What was there, by its shape, beside what would be.
fn preview(one: &PreviewTable) -> String {
    let mut rows = table(&["column", "shape in production", "in a copy"]);
    let mut of = |column: &PreviewColumn| {
        for (before, after) in &column.pairs {
            let after = after.as_deref().unwrap_or("NULL");
            rows.add_row([&column.column, before, after]);
        }
    };
    one.columns.iter().for_each(&mut of);
    format!("{}, its first values\n{rows}", one.table)
}

fn heading(one: &ShownTable) -> String {
    match one.rows {
        Rows::Copy => {
            let of = format!("{} · about {} rows", one.name, one.estimated);
            match &one.subset {
                Some(reached) => format!("{of} · {}", subset(reached)),
                None => of,
            }
        }
        Rows::Drop => format!("{} · no rows in the copy", one.name),
    }
}

/// Which rows of a table a subset has. How many is only known once they are collected.
fn subset(reached: &Reached) -> String {
    let list = |names: &BTreeSet<Name>| {
        let names: Vec<String> = names.iter().map(Name::to_string).collect();
        names.join(", ")
    };
    match reached {
        Reached::Whole { named: true } => "whole, as the rules say".to_owned(),
        Reached::Whole { named: false } => "whole: it refers to nothing that is cut".to_owned(),
        Reached::Empty => "none: it refers to what is cut, and nothing leads to it; name it in \
                           `start` or `whole` of [masking.subset]"
            .to_owned(),
        Reached::Part {
            start,
            children_of,
            parents_of,
        } => {
            let mut parts = Vec::new();
            if *start {
                parts.push("the subset begins here".to_owned());
            }
            if !children_of.is_empty() {
                parts.push(format!("rows that refer to {}", list(children_of)));
            }
            if !parents_of.is_empty() {
                parts.push(format!("rows that {} refers to", list(parents_of)));
            }
            parts.join("; ")
        }
    }
}

fn columns_of(one: &ShownTable) -> String {
    let mut columns = table(&[
        "column",
        "type",
        "becomes",
        "by",
        "domain",
        "still tells",
        "why",
    ]);
    for column in &one.columns {
        columns.add_row([
            column.name.clone(),
            column.data_type.clone(),
            column.decision.clone(),
            column.by.clone().unwrap_or_default(),
            column.domain.clone().unwrap_or_default(),
            column.preserves.clone().unwrap_or_default(),
            column.because.clone(),
        ]);
    }
    columns.to_string()
}

fn problems(problems: &[Problem]) -> String {
    if problems.is_empty() {
        return "every column is decided about; a copy can be made".to_owned();
    }
    let mut rows = table(&["where", "what", "what to do"]);
    for problem in problems {
        let place = match &problem.column {
            Some(column) => format!("{}.{column}", problem.table),
            None => problem.table.clone(),
        };
        rows.add_row([
            place,
            problem.message.clone(),
            problem.hint.clone().unwrap_or_default(),
        ]);
    }
    let number = count(problems.len(), "problem");
    format!("no copy can be made: {number}\n{rows}")
}

/// One column.
pub(super) fn explained(explained: &Explained) -> String {
    let column = &explained.column;
    let name = format!("{}.{}", explained.table, column.name);
    let mut rows = facts("column", &name);
    rows.add_row(["type", &column.data_type]);
    rows.add_row(["becomes", &column.decision]);
    rows.add_row(["because", &column.because]);
    if let Some(by) = &column.by {
        rows.add_row(["depends on", by]);
    }
    rows.add_row([
        "still tells",
        column.preserves.as_deref().unwrap_or("nothing"),
    ]);
    if let Some(domain) = &column.domain {
        rows.add_row(["domain", domain]);
        rows.add_row(["shared with", &explained.sharing.join(", ")]);
    }
    for problem in &explained.problems {
        let hint = problem.hint.as_deref().unwrap_or_default();
        rows.add_row(["problem", &format!("{}; {hint}", problem.message)]);
    }
    rows.to_string()
}

/// Every transformer.
pub(super) fn transformers(all: &[Listed]) -> String {
    let mut rows = table(&[
        "transformer",
        "what it does",
        "takes",
        "by",
        "keeps values apart",
        "a copy still tells",
    ]);
    for one in all {
        rows.add_row([
            one.name,
            one.does,
            one.takes,
            &one.by,
            one.unique,
            &one.preserves,
        ]);
    }
    rows.to_string()
}
