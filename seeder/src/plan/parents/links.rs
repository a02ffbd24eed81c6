//! Foreign keys as positions in the plan.

use std::collections::BTreeMap;

use rules::schema::{ConstraintKind, MatchType, Name, Schema};

use crate::plan::problem::Problems;
use crate::plan::table::{Choice, ParentPlan, TablePlan};

/// A million is the unit of shares.
const MILLION: u32 = 1_000_000;
/// Rows whose reference may be NULL and is.
const NULLS: u32 = MILLION / 10;
/// Rows of a tree that are roots.
const ROOTS: u32 = MILLION / 6;

/// Puts the foreign keys of every table into the plan; each begins as `Uniform`.
pub(in crate::plan) fn link(schema: &Schema, tables: &mut [TablePlan], problems: &mut Problems) {
    let positions: BTreeMap<Name, usize> = tables
        .iter()
        .enumerate()
        .map(|(position, table)| (table.name.clone(), position))
        .collect();
    for position in 0..tables.len() {
        if tables[position].filled.is_some() {
            continue;
        }
        let links = links_of(schema, tables, position, &positions, problems);
        tables[position].parents = links;
    }
}

fn links_of(
    schema: &Schema,
    tables: &[TablePlan],
    position: usize,
    positions: &BTreeMap<Name, usize>,
    problems: &mut Problems,
) -> Vec<ParentPlan> {
    let table = &tables[position];
    let mut links: Vec<ParentPlan> = Vec::new();
    let constraints = &schema.tables[&table.name].constraints;
    for (name, constraint) in constraints {
        let ConstraintKind::ForeignKey {
            columns,
            references,
            referenced,
            matching,
            ..
        } = &constraint.kind
        else {
            continue;
        };
        let Some(&parent) = positions.get(schema.root_of(references)) else {
            problems.add(
                &table.name,
                format!(
                    "foreign key \"{name}\" refers to {references}, which holds no rows of its own"
                ),
                "give its columns values that are there, or leave the table empty with rows = 0",
            );
            continue;
        };
        let pairs: Option<Vec<(usize, usize)>> = columns
            .iter()
            .zip(referenced)
            .map(|(own, other)| Some((table.column(own)?, tables[parent].column(other)?)))
            .collect();
        let Some(columns) = pairs else {
            problems.add(
                &table.name,
                format!("foreign key \"{name}\" names a column that is not there"),
                "look at the schema again",
            );
            continue;
        };
        let same = links
            .iter()
            .any(|other| other.parent == parent && other.columns == columns);
        if !same {
            let link = ParentPlan {
                constraint: name.clone(),
                key: table.key.part(name),
                parent,
                columns,
                choice: Choice::Uniform,
                eligible: None,
                own_columns: Vec::new(),
                nulls_per_million: 0,
                null_columns: Vec::new(),
                pattern: None,
            };
            links.push(with_nulls(table, position, link, *matching));
        }
    }
    // The widest first: it decides the columns that narrower ones share.
    links.sort_by(|a, b| {
        let key = |link: &ParentPlan| (usize::MAX - link.columns.len(), link.constraint.clone());
        key(a).cmp(&key(b))
    });
    links
}

/// Which columns may be NULL, and how often: with MATCH FULL all or none, else those that can.
fn with_nulls(
    table: &TablePlan,
    position: usize,
    mut link: ParentPlan,
    matching: MatchType,
) -> ParentPlan {
    let nullable: Vec<usize> = link
        .columns
        .iter()
        .map(|(own, _)| *own)
        .filter(|&own| table.columns[own].nullable)
        .collect();
    let all = nullable.len() == link.columns.len();
    if nullable.is_empty() || (matching == MatchType::Full && !all) {
        return link;
    }
    link.nulls_per_million = if link.parent == position {
        ROOTS
    } else {
        NULLS
    };
    link.null_columns = nullable;
    link
}
