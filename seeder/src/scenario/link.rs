//! Which rows a scenario's row refers to: by handle, by the keys that it is set to, and by columns that
//! several foreign keys share.

use std::collections::BTreeMap;

use super::find::{self, Found, is_same};
use crate::engine::cell_of;
use crate::plan::{ParentPlan, Plan};
use crate::scenario::AddedRow;
use crate::value::Value;

/// A column that is set to a handle, and the row that it means.
pub(super) struct Reference<'s> {
    /// The column's position.
    pub(super) column: usize,
    /// What the row is called.
    pub(super) handle: &'s str,
    /// Position of the row's table, and its number.
    pub(super) target: (usize, u64),
}

/// Why a column cannot be what it is set to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// The column's position.
    pub(super) column: usize,
    /// The end of a sentence about it.
    pub(super) reason: String,
    /// What to do.
    pub(super) hint: &'static str,
}

const SET_HANDLE: &str = "add the row that it refers to, and set the column to its handle";
const SET_OTHER: &str = "set one of the columns otherwise";

/// Decides the parents of a row whose columns are set, as far as what is set leaves no choice.
pub(super) fn resolve(
    plan: &Plan,
    table: usize,
    added: &mut AddedRow,
    references: &[Reference<'_>],
) -> Result<(), Vec<Fault>> {
    let mut links = Links {
        plan,
        table,
        known: added.set.iter().cloned().collect(),
        chosen: vec![None; plan.tables[table].parents.len()],
        faults: Vec::new(),
    };
    for reference in references {
        links.refer(reference);
    }
    links.take();
    while links.faults.is_empty() && links.follow() {}
    if !links.faults.is_empty() {
        return Err(links.faults);
    }
    let chosen = links.chosen.iter().enumerate();
    added.parents = chosen
        .filter_map(|(link, parent)| Some((link, (*parent)?)))
        .collect();
    // Another foreign key of the same columns must not take them away again.
    added.set = links.known.into_iter().collect();
    Ok(())
}

struct Links<'p> {
    plan: &'p Plan,
    table: usize,
    /// Values of columns that are decided.
    known: BTreeMap<usize, Value>,
    /// The rows that foreign keys refer to, where that is decided.
    chosen: Vec<Option<Option<u64>>>,
    faults: Vec<Fault>,
}

impl<'p> Links<'p> {
    fn parents(&self) -> &'p [ParentPlan] {
        &self.plan.tables[self.table].parents
    }

    /// Leads every foreign key that a reference can mean to its row.
    fn refer(&mut self, reference: &Reference<'_>) {
        let (target, row) = reference.target;
        let with = |link: &ParentPlan| {
            let inside = link.columns.iter().any(|(own, _)| *own == reference.column);
            inside && !link.own_columns.contains(&reference.column)
        };
        let mut any = false;
        for (link, plan) in self.parents().iter().enumerate() {
            if !with(plan) || plan.parent != target {
                continue;
            }
            any = true;
            match self.chosen[link] {
                Some(Some(other)) if other != row => self.faults.push(Fault {
                    column: reference.column,
                    reason: format!(
                        "is set to another row than the other columns of foreign key \"{}\"",
                        plan.constraint
                    ),
                    hint: SET_OTHER,
                }),
                _ => self.chosen[link] = Some(Some(row)),
            }
        }
        if any {
            return;
        }
        let tables = &self.plan.tables;
        let others: Vec<String> = self
            .parents()
            .iter()
            .filter(|link| with(link))
            .map(|link| tables[link.parent].name.to_string())
            .collect();
        let reason = match others.as_slice() {
            [] => format!(
                "is set to \"@{}\" and is in no foreign key",
                reference.handle
            ),
            others => format!(
                "refers to {}, and \"@{}\" is a row of {}",
                others.join(" or "),
                reference.handle,
                tables[target].name
            ),
        };
        self.faults.push(Fault {
            column: reference.column,
            reason,
            hint: "a handle stands for the key of its row, in a column of a foreign key to its table",
        });
    }

    /// Takes the columns of every chosen parent.
    fn take(&mut self) {
        for link in 0..self.chosen.len() {
            if let Some(Some(parent)) = self.chosen[link] {
                self.take_from(link, parent);
            }
        }
    }

    fn take_from(&mut self, link: usize, parent: u64) {
        let plan = &self.parents()[link];
        for &(own, there) in &plan.columns {
            if plan.own_columns.contains(&own) {
                continue;
            }
            let Ok(value) = cell_of(self.plan, plan.parent, there, parent) else {
                continue;
            };
            let data_type = &self.plan.tables[self.table].columns[own].data_type;
            match self.known.get(&own) {
                Some(known) if !is_same(known, &value, data_type) => {
                    let reason = format!(
                        "is set to another value than foreign key \"{}\" gives it",
                        plan.constraint
                    );
                    self.faults.push(Fault {
                        column: own,
                        reason,
                        hint: SET_OTHER,
                    });
                }
                Some(_) => {}
                None => {
                    self.known.insert(own, value);
                }
            }
        }
    }

    /// Decides one more foreign key whose columns are known in part; false where there is none.
    fn follow(&mut self) -> bool {
        for (link, plan) in self.parents().iter().enumerate() {
            let mut columns = plan.columns.iter();
            let touched = columns.any(|(own, _)| self.known.contains_key(own));
            let owns = !plan.own_columns.is_empty();
            if self.chosen[link].is_some() || !(touched || owns) {
                continue;
            }
            self.decide(link, plan);
            return true;
        }
        false
    }

    fn decide(&mut self, link: usize, plan: &ParentPlan) {
        let mut wanted = Vec::new();
        let mut open = Vec::new();
        for &(own, there) in &plan.columns {
            match self.known.get(&own) {
                Some(value) => wanted.push((own, there, value.clone())),
                None => open.push(own),
            }
        }
        let columns = &self.plan.tables[self.table].columns;
        let may_be_null = open.iter().any(|&own| columns[own].nullable);
        if wanted.iter().any(|(_, _, value)| value.is_null()) {
            self.chosen[link] = Some(None);
            return;
        }
        let there: Vec<(usize, Value)> = wanted
            .iter()
            .map(|(_, there, value)| (*there, value.clone()))
            .collect();
        // A row's own key is not known to any row that was there before it.
        let found = match plan.own_columns.is_empty() {
            true => find::row(self.plan, plan.parent, &there),
            false => Found::Nothing,
        };
        let parent = &self.plan.tables[plan.parent].name;
        match found {
            Found::Row(row) => {
                self.chosen[link] = Some(Some(row));
                self.take_from(link, row);
            }
            Found::Unknown if open.is_empty() => self.chosen[link] = Some(None),
            Found::Nothing | Found::Unknown if may_be_null => self.chosen[link] = Some(None),
            Found::Nothing if open.is_empty() => self.faults.push(Fault {
                column: wanted[0].0,
                reason: format!(
                    "is set to a key that no row of {parent} has (foreign key \"{}\")",
                    plan.constraint
                ),
                hint: "set the column to the handle of a row, or leave it out",
            }),
            Found::Nothing | Found::Unknown => {
                let shared: Vec<String> = wanted
                    .iter()
                    .map(|(own, _, _)| format!("\"{}\"", columns[*own].name))
                    .collect();
                let reason = match shared.as_slice() {
                    [] => format!("must refer to {parent}, which has no row for it yet"),
                    shared => format!(
                        "must refer to a row of {parent} with the same {}, and none has it \
                         (foreign key \"{}\")",
                        shared.join(", "),
                        plan.constraint
                    ),
                };
                self.faults.push(Fault {
                    column: open[0],
                    reason,
                    hint: SET_HANDLE,
                });
            }
        }
    }
}
