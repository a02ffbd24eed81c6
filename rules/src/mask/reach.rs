//! Which tables a subset reaches, and by which references: what is decided before any row is looked
//! at.
//!
//! Downwards from the rows that a subset begins with go the rows that refer to them, and to those, and
//! so on; upwards from every row that is copied goes every row that it refers to, so that none is an
//! orphan. What is only reached upwards pulls nothing in.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::schema::{ConstraintKind, Name, Schema, TableKind};

use super::decide::{Problem, ProblemKind, TableDecision};
use super::rule::{MaskRules, Rows};
use super::subset::{Subset, Take};

/// What a subset means for a schema.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Reach {
    /// Tables that would be copied whole if there were no subset; roots only.
    pub tables: BTreeMap<Name, Reached>,
    /// References along which rows are looked for.
    pub steps: Vec<Step>,
}

/// Which rows of a table are copied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reached {
    /// All: the rules name it, or no reference leads from it to a table of which rows are left out.
    Whole {
        /// Whether the rules name it.
        named: bool,
    },
    /// Those that are reached.
    Part {
        /// Whether the subset begins with some of them.
        start: bool,
        /// Tables whose rows pull in those that refer to them.
        children_of: BTreeSet<Name>,
        /// Tables whose rows pull in those that they refer to.
        parents_of: BTreeSet<Name>,
    },
    /// None: it refers to a table of which rows are left out, and nothing leads to it.
    Empty,
}

/// A reference along which rows are looked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The foreign key by name; `None` for a reference of the rules.
    pub constraint: Option<String>,
    /// The table that refers; it may be a partition.
    pub from: Name,
    /// Its columns.
    pub columns: Vec<String>,
    /// The table that is referred to; it may be a partition.
    pub to: Name,
    /// Its columns, in the same order.
    pub referenced: Vec<String>,
    /// Whether rows that refer to rows of the subset are pulled in by it, or only the other way round.
    pub down: bool,
}

/// What a subset means, and what is wrong with it.
pub(super) fn reach(
    schema: &Schema,
    rules: &MaskRules,
    subset: &Subset,
    decided: &BTreeMap<Name, TableDecision>,
) -> (Reach, Vec<Problem>) {
    let mut problems = Vec::new();
    let copied: BTreeSet<&Name> = decided
        .iter()
        .filter(|(name, table)| {
            table.rows == Rows::Copy && schema.tables[*name].kind == TableKind::Ordinary
        })
        .map(|(name, _)| name)
        .collect();
    let known = Known {
        schema,
        copied: &copied,
    };
    for start in &subset.start {
        known.start(start, &mut problems);
    }
    for name in &subset.whole {
        known.table(name, "whole", &mut problems);
        if subset.start.iter().any(|start| start.table == *name) {
            let text = (
                "the subset begins with some of its rows, and copies it whole",
                "take it out of `whole` or of `start` in [masking.subset]".to_owned(),
            );
            problems.push(problem(name, ProblemKind::Conflict, text));
        }
    }
    let edges = edges(schema, rules, subset, &copied, &mut problems);
    (reached(subset, &copied, &edges), problems)
}

/// A reference between tables that are copied.
struct Edge<'a> {
    step: Step,
    from: &'a Name,
    to: &'a Name,
}

fn edges<'a>(
    schema: &'a Schema,
    rules: &'a MaskRules,
    subset: &Subset,
    copied: &BTreeSet<&Name>,
    problems: &mut Vec<Problem>,
) -> Vec<Edge<'a>> {
    let mut edges = Vec::new();
    let mut add = |step: Step, from: &'a Name, to: &'a Name| {
        let (from, to) = (schema.root_of(from), schema.root_of(to));
        edges.push(Edge { step, from, to });
    };
    for (name, table) in &schema.tables {
        for (constraint, body) in &table.constraints {
            let ConstraintKind::ForeignKey {
                columns,
                references,
                referenced,
                ..
            } = &body.kind
            else {
                continue;
            };
            let step = Step {
                constraint: Some(constraint.clone()),
                from: name.clone(),
                columns: columns.clone(),
                to: references.clone(),
                referenced: referenced.clone(),
                down: true,
            };
            add(step, name, references);
        }
    }
    for reference in &rules.references {
        let step = Step {
            constraint: None,
            from: reference.table.clone(),
            columns: reference.columns.clone(),
            to: reference.references.clone(),
            referenced: reference.referenced.clone(),
            down: true,
        };
        add(step, &reference.table, &reference.references);
    }
    for unfollowed in &subset.not_followed {
        let table = schema.root_of(&unfollowed.table);
        let columns: BTreeSet<&String> = unfollowed.columns.iter().collect();
        let mut found = false;
        for edge in edges.iter_mut().filter(|edge| edge.from == table) {
            if edge.step.columns.iter().collect::<BTreeSet<_>>() == columns {
                edge.step.down = false;
                found = true;
            }
        }
        if !found {
            let has = edges.iter().filter(|edge| edge.from == table);
            let has: Vec<String> = has.map(|edge| edge.step.columns.join(", ")).collect();
            let hint = match has.as_slice() {
                [] => "the table refers to nothing: take it out of `not_followed`".to_owned(),
                has => format!("the table refers by ({})", has.join("), (")),
            };
            let text = ("`not_followed` names a reference that is not there", hint);
            let shown = Problem {
                table: unfollowed.to_string(),
                ..problem(&unfollowed.table, ProblemKind::Unknown, text)
            };
            problems.push(shown);
        }
    }
    edges.retain(|edge| copied.contains(edge.from) && copied.contains(edge.to));
    edges
}

fn reached(subset: &Subset, copied: &BTreeSet<&Name>, edges: &[Edge<'_>]) -> Reach {
    let whole: BTreeSet<&Name> = subset.whole.iter().collect();
    let start: BTreeSet<&Name> = subset.start.iter().map(|start| &start.table).collect();
    // Tables with rows that pull others in.
    let mut down: BTreeSet<&Name> = start.difference(&whole).copied().collect();
    grow(&mut down, |down| {
        let pulled = edges
            .iter()
            .filter(|edge| edge.step.down && down.contains(edge.to));
        pulled
            .map(|edge| edge.from)
            .filter(|from| !whole.contains(from))
            .collect()
    });
    let mut kept: BTreeSet<&Name> = down.union(&whole).copied().collect();
    grow(&mut kept, |kept| {
        let lifted = edges.iter().filter(|edge| kept.contains(edge.from));
        lifted.map(|edge| edge.to).collect()
    });
    // Tables that lack rows, and those whose rows would be orphans then.
    let parts: BTreeSet<&Name> = kept.difference(&whole).copied().collect();
    let mut lacking = parts.clone();
    grow(&mut lacking, |lacking| {
        let leading = edges.iter().filter(|edge| lacking.contains(edge.to));
        leading
            .map(|edge| edge.from)
            .filter(|from| !whole.contains(from))
            .collect()
    });
    let mut reach = Reach::default();
    for name in copied {
        let reached = if parts.contains(name) {
            let pulling = edges
                .iter()
                .filter(|edge| edge.from == *name && edge.step.down && down.contains(edge.to));
            let lifting = edges
                .iter()
                .filter(|edge| edge.to == *name && kept.contains(edge.from));
            Reached::Part {
                start: start.contains(name),
                children_of: pulling.map(|edge| edge.to.clone()).collect(),
                parents_of: lifting.map(|edge| edge.from.clone()).collect(),
            }
        } else if lacking.contains(name) {
            Reached::Empty
        } else {
            Reached::Whole {
                named: whole.contains(name),
            }
        };
        reach.tables.insert((*name).clone(), reached);
    }
    for edge in edges {
        if parts.contains(edge.to) && kept.contains(edge.from) {
            let mut step = edge.step.clone();
            step.down &= down.contains(edge.to) && parts.contains(edge.from);
            reach.steps.push(step);
        }
    }
    reach
}

/// Adds what follows until nothing does any more.
fn grow<'a>(set: &mut BTreeSet<&'a Name>, more: impl Fn(&BTreeSet<&'a Name>) -> Vec<&'a Name>) {
    loop {
        let before = set.len();
        let found = more(set);
        set.extend(found);
        if set.len() == before {
            return;
        }
    }
}

/// What may be named.
struct Known<'a> {
    schema: &'a Schema,
    copied: &'a BTreeSet<&'a Name>,
}

impl Known<'_> {
    fn start(&self, start: &super::subset::Start, problems: &mut Vec<Problem>) {
        if !self.table(&start.table, "start", problems) {
            return;
        }
        let Take::Newest { by, .. } = &start.take else {
            return;
        };
        let mut tables = self.schema.tables.iter();
        let abroad = tables.find(|(name, table)| {
            table.kind == TableKind::Foreign && *self.schema.root_of(name) == start.table
        });
        if let Some((partition, _)) = abroad {
            let text = (
                "the newest of its rows may be another server's: it has a foreign partition",
                format!("choose by `where` or `percent`, or detach {partition}"),
            );
            problems.push(problem(&start.table, ProblemKind::Unfit, text));
        }
        let columns = &self.schema.tables[&start.table].columns;
        if !columns.iter().any(|column| column.name == *by) {
            let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
            let text = (
                "`by` of the subset's start names a column that the table has not",
                format!("it has {}", names.join(", ")),
            );
            let mut unknown = problem(&start.table, ProblemKind::Unknown, text);
            unknown.column = Some(by.clone());
            problems.push(unknown);
        }
    }

    /// Whether rows of a table can be chosen; says why not.
    fn table(&self, name: &Name, key: &str, problems: &mut Vec<Problem>) -> bool {
        if self.copied.contains(name) {
            return true;
        }
        let root = self.schema.root_of(name);
        let text = match self.schema.tables.get(name) {
            _ if self.schema.views.contains_key(name) => (
                format!("it is a view, and `{key}` in [masking.subset] names tables"),
                "name the tables that it reads".to_owned(),
            ),
            None => {
                let names = self.copied.iter().map(|name| name.to_string());
                (
                    format!("`{key}` in [masking.subset] names it, and it is not there"),
                    super::decide::near(&name.to_string(), names),
                )
            }
            Some(_) if root != name => (
                format!("`{key}` in [masking.subset] names a partition"),
                format!("name {root}"),
            ),
            Some(table) if table.kind == TableKind::Foreign => (
                format!("`{key}` in [masking.subset] names it, and its rows are another server's"),
                "a foreign table has no rows in a copy".to_owned(),
            ),
            Some(_) => (
                format!("`{key}` in [masking.subset] names it, and its rule drops its rows"),
                "take one of the two out".to_owned(),
            ),
        };
        problems.push(problem(name, ProblemKind::Unknown, (&text.0, text.1)));
        false
    }
}

fn problem(table: &Name, kind: ProblemKind, text: (&str, String)) -> Problem {
    Problem {
        table: table.to_string(),
        column: None,
        kind,
        message: text.0.to_owned(),
        hint: Some(text.1),
    }
}

#[cfg(test)]
mod tests;
