//! What becomes of each column, as programs and people read it.

use std::collections::BTreeSet;

use rules::mask::{
    By, Choice, ColumnDecision, Decided, Origin, Problem, Reached, Rows, Transformer,
};
use serde::Serialize;

use crate::run::Looked;
use crate::warnings;

/// A plan for people and programs: names only, no value.
#[derive(Debug, Clone, Serialize)]
pub struct Shown {
    /// The key's id.
    pub key_id: String,
    /// Tables in order of their names.
    pub tables: Vec<ShownTable>,
    /// Everything that keeps a copy from being made.
    pub problems: Vec<Problem>,
    /// What a copy lacks as a whole.
    pub warnings: Vec<String>,
}

/// A table of a plan.
#[derive(Debug, Clone, Serialize)]
pub struct ShownTable {
    /// Its name.
    pub name: String,
    /// Whether rows are copied.
    pub rows: Rows,
    /// How many, as production's statistics have it.
    pub estimated: u64,
    /// Which of them a subset has; `None` where there is no subset, or no rows are copied anyway.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subset: Option<Reached>,
    /// Columns in the table's order.
    pub columns: Vec<ShownColumn>,
    /// What keeps no copy from being made, and may keep one from being clean.
    pub warnings: Vec<String>,
}

impl ShownTable {
    /// Whether the copy may have rows of it.
    pub fn has_rows(&self) -> bool {
        self.rows == Rows::Copy && self.subset != Some(Reached::Empty)
    }
}

/// A column of a plan.
#[derive(Debug, Clone, Serialize)]
pub struct ShownColumn {
    /// Its name.
    pub name: String,
    /// Its type.
    pub data_type: String,
    /// `keep`, `drop`, a transformer, or several for a rule with cases.
    pub decision: String,
    /// The domain that it shares with other columns; `None` where it is alone in it.
    pub domain: Option<String>,
    /// What its values depend on.
    pub by: Option<String>,
    /// What a copy still tells of production's values.
    pub preserves: Option<String>,
    /// How the decision came about.
    pub because: String,
    /// The reason that the rule gives for what it keeps.
    pub reason: Option<String>,
}

/// Puts what was looked at into the form for people.
pub fn shown(looked: &Looked, key_id: String) -> Shown {
    let mut tables = Vec::new();
    let reach = looked.decisions.subset.as_ref();
    for (name, decision) in &looked.decisions.tables {
        let table = &looked.schema.tables[name];
        let columns = decision.columns.iter().filter_map(|column| {
            let data_type = table.column(&column.column)?.data_type.clone();
            Some(shown_column(looked, column, data_type))
        });
        let figures = looked.figures.get(name);
        tables.push(ShownTable {
            name: name.to_string(),
            rows: decision.rows,
            estimated: figures.map_or(0, |figures| figures.rows),
            subset: reach.and_then(|reach| reach.tables.get(name)).cloned(),
            columns: columns.collect(),
            warnings: warnings::of_table(looked, name, decision),
        });
    }
    Shown {
        key_id,
        tables,
        problems: looked.plan.as_ref().err().cloned().unwrap_or_default(),
        warnings: warnings::of_all(looked),
    }
}

fn shown_column(looked: &Looked, column: &ColumnDecision, data_type: String) -> ShownColumn {
    let others = looked.decisions.tables.values();
    let sharing = others
        .flat_map(|table| &table.columns)
        .filter(|other| other.domain == column.domain)
        .count();
    let mut shown = ShownColumn {
        name: column.column.clone(),
        data_type,
        decision: String::new(),
        domain: (sharing > 1).then(|| column.domain.clone()),
        by: None,
        preserves: None,
        because: because(&column.origin),
        reason: None,
    };
    let rule = match &column.decided {
        Decided::Rule(rule) => rule,
        Decided::Generated => {
            shown.decision = "computed".to_owned();
            return shown;
        }
        Decided::Not => {
            shown.decision = "undecided".to_owned();
            return shown;
        }
    };
    let cases = rule.cases.iter().map(|case| match &case.when {
        Some(when) => format!("{} when {}", case.choice, when.column),
        None => case.choice.to_string(),
    });
    shown.decision = cases.collect::<Vec<_>>().join(", else ");
    let mut preserved = Vec::new();
    for choice in rule.cases.iter().map(|case| &case.choice) {
        match choice {
            Choice::Keep { why } => {
                preserved.push("everything".to_owned());
                shown.reason.clone_from(why);
            }
            Choice::Drop => {}
            Choice::Mask(mask) => {
                preserved.extend(mask.preserves().into_iter().map(str::to_owned));
                let reasons = [&mask.allow_small_domain, &mask.options.accept_residual];
                if let Some(reason) = reasons.into_iter().flatten().next() {
                    shown.reason = Some(reason.clone());
                }
                let depends = match &mask.by {
                    By::Value => "value".to_owned(),
                    By::Row => "row".to_owned(),
                    By::Subject(subject) => format!("subject {subject}"),
                };
                use Transformer as T;
                let fixed = matches!(mask.with, T::Null | T::Static | T::Shuffle);
                shown.by = (!fixed).then_some(depends);
            }
        }
    }
    let mut told = BTreeSet::new();
    preserved.retain(|what| told.insert(what.clone()));
    shown.preserves = (!preserved.is_empty()).then(|| preserved.join(", "));
    shown
}

fn because(origin: &Origin) -> String {
    match origin {
        Origin::Rule { table, column } => format!("rule {table}: {column}"),
        Origin::Reference { to } => format!("it refers to {to}"),
        Origin::Unlisted => "no rule".to_owned(),
        Origin::NoRows => "the table has no rows in the copy".to_owned(),
        Origin::Schema => "the server computes it".to_owned(),
    }
}
