//! Puts the rows of scenarios into a plan, those that others refer to first.

use std::collections::{BTreeMap, BTreeSet};

use rules::config::nearest;
use rules::schema::Name;
use rules::seed::{Scenario, ScenarioRow, Setting};

use super::link::{self, Reference};
use super::unique::{self, Conflict};
use super::value::{self, Fixed};
use super::{Planned, PlannedRow, built_in};
use crate::engine::{self, SCENARIO_ROWS, Unfillable};
use crate::key::Key;
use crate::plan::{Plan, Problems, Request, Unplannable};
use crate::scenario::AddedRow;
use crate::value::Value;

/// Built-in rows that are refused: scenario and handle, with the reason.
pub(super) type Refused = BTreeMap<(String, String), String>;

/// Columns of a row that are taken out one by one to find those that conflict.
const SUSPECTS_MAX: usize = 6;

/// Puts all rows of the scenarios into a plan, in place of those that are there; built-in ones whose keys
/// others have come back.
pub(super) fn all(
    plan: &mut Plan,
    request: Request<'_>,
    scenarios: &[Scenario],
    refused: &Refused,
) -> Result<Refused, Unplannable> {
    for table in &mut plan.tables {
        table.added.clear();
    }
    plan.scenarios.clear();
    let mut problems = Problems::default();
    for scenario in scenarios {
        let mut placing = Placing {
            plan: &mut *plan,
            request,
            scenario,
            planned: Planned {
                name: scenario.name.clone(),
                ..Planned::default()
            },
            failed: BTreeSet::new(),
            problems: &mut problems,
        };
        for row in in_order(&scenario.rows) {
            placing.row(row);
        }
        if let Some(kind) = scenario.builtin {
            placing.built_in(kind, refused);
        }
        let planned = placing.planned;
        plan.scenarios.push(planned);
    }
    let mut more = Refused::new();
    for conflict in unique::conflicts(plan, request.schema) {
        let scenario = scenarios.iter().find(|own| own.name == conflict.scenario);
        if scenario.is_some_and(|own| own.builtin.is_some()) {
            more.insert((conflict.scenario, conflict.handle), conflict.reason);
            continue;
        }
        let Conflict {
            scenario, handle, ..
        } = conflict;
        problems.add(
            &conflict.table,
            format!(
                "scenario \"{scenario}\", row \"{handle}\": {}",
                conflict.reason
            ),
            "set it to another value; where it is not set, the key has no room left",
        );
    }
    problems.finish().map(|()| more)
}

/// The rows, each behind those that it refers to; configurations with a circle are refused.
fn in_order(rows: &[ScenarioRow]) -> Vec<&ScenarioRow> {
    let handles: BTreeSet<&str> = rows.iter().map(|row| row.handle.as_str()).collect();
    let mut order: Vec<&ScenarioRow> = Vec::new();
    while order.len() < rows.len() {
        let before = order.len();
        let placed: BTreeSet<&str> = order.iter().map(|row| row.handle.as_str()).collect();
        let known = |handle: &str| placed.contains(handle) || !handles.contains(handle);
        let free = |row: &&ScenarioRow| {
            let mut set = row.set.values();
            set.all(|setting| !matches!(setting, Setting::Handle(handle) if !known(handle)))
        };
        let next = rows
            .iter()
            .filter(|row| !placed.contains(row.handle.as_str()));
        order.extend(next.filter(free).collect::<Vec<_>>());
        if order.len() == before {
            break;
        }
    }
    order
}

/// The number of a row: a function of its scenario's name and its handle.
pub(super) fn number(scenario: &str, handle: &str) -> u64 {
    let key = Key::derive(0, &["scenario", scenario, handle]);
    SCENARIO_ROWS + key.draw(0, 0, 0).below(SCENARIO_ROWS)
}

/// One scenario on its way into a plan.
pub(super) struct Placing<'p, 'r> {
    pub(super) plan: &'p mut Plan,
    pub(super) request: Request<'r>,
    scenario: &'r Scenario,
    pub(super) planned: Planned,
    /// Handles of rows that could not be placed: what refers to them is not told again.
    failed: BTreeSet<&'r str>,
    problems: &'p mut Problems,
}

impl<'r> Placing<'_, 'r> {
    fn row(&mut self, row: &'r ScenarioRow) {
        let depends = |setting: &Setting| matches!(setting, Setting::Handle(handle) if self.failed.contains(handle.as_str()));
        let lost = row.set.values().any(depends);
        if lost || self.place(row).is_none() {
            self.failed.insert(&row.handle);
        }
    }

    /// Places one row; `None` after a problem was told.
    fn place(&mut self, row: &'r ScenarioRow) -> Option<()> {
        let table = self.table(&row.table, &row.handle)?;
        let mut added = AddedRow {
            row: number(&self.scenario.name, &row.handle),
            ..AddedRow::default()
        };
        let mut references = Vec::new();
        let mut right = true;
        for (name, setting) in &row.set {
            let Some(column) = self.column(row, table, name) else {
                right = false;
                continue;
            };
            if let Setting::Handle(handle) = setting {
                let target = self
                    .planned
                    .rows
                    .iter()
                    .find(|other| other.handle == *handle)?;
                references.push(Reference {
                    column,
                    handle,
                    target: (target.table, target.row),
                });
                continue;
            }
            let own = &self.plan.tables[table].columns[column];
            match value::of(setting, own, self.plan.as_of_micros) {
                Ok(Fixed::Value(value)) => added.set.push((column, value)),
                Ok(Fixed::Text(value)) => added.texts.push((column, value)),
                Err(reason) => {
                    self.tell(
                        row,
                        Some(name),
                        &reason,
                        "write values as PostgreSQL shows them",
                    );
                    right = false;
                }
            }
        }
        right.then_some(())?;
        if let Err(faults) = link::resolve(self.plan, table, &mut added, &references) {
            for fault in faults {
                let name = self.plan.tables[table].columns[fault.column].name.clone();
                self.tell(row, Some(&name), &fault.reason, fault.hint);
            }
            return None;
        }
        match self.add(table, &row.handle, added) {
            Ok(()) => Some(()),
            Err(refusal) => {
                self.told(row, table, refusal);
                None
            }
        }
    }

    /// Adds a row to the plan, if it can be made whole.
    pub(super) fn add(
        &mut self,
        table: usize,
        handle: &str,
        mut added: AddedRow,
    ) -> Result<(), Refusal> {
        let own = &mut self.plan.tables[table];
        while own.added.is_taken(added.row) {
            added.row += 1;
        }
        let row = added.row;
        own.added.push(added.clone());
        let ordinal = engine::ordinal_of(self.plan, table, row);
        self.plan.tables[table].added.set_ordinal(ordinal);
        let made = engine::row_of(self.plan, table, row).map_err(Refusal::Constraints);
        let whole = made.and_then(|cells| match missing(self.plan, table, &cells) {
            Some(column) => Err(Refusal::Missing(column)),
            None => Ok(()),
        });
        if let Err(refusal) = whole {
            self.plan.tables[table].added.pop();
            return Err(match refusal {
                Refusal::Constraints(failed) => self.suspects(table, &added, failed),
                other => other,
            });
        }
        self.planned.rows.push(PlannedRow {
            handle: handle.to_owned(),
            table,
            row,
        });
        Ok(())
    }

    /// Which of the set columns the constraints do not allow: those without which the row can be made.
    fn suspects(&mut self, table: usize, added: &AddedRow, failed: Unfillable) -> Refusal {
        let groups = self.plan.values[table].groups_of(added.row).iter();
        let tied: BTreeSet<usize> = groups
            .filter(|group| {
                group
                    .constraints()
                    .any(|name| failed.constraints.iter().any(|own| own == name))
            })
            .flat_map(|group| group.columns().to_vec())
            .collect();
        let set = added.set.iter().map(|(column, _)| *column);
        let suspects: Vec<usize> = set.filter(|column| tied.contains(column)).collect();
        let mut guilty = Vec::new();
        if suspects.len() > 1 && suspects.len() <= SUSPECTS_MAX {
            for &suspect in &suspects {
                let mut without = added.clone();
                without.set.retain(|(column, _)| *column != suspect);
                let row = without.row;
                self.plan.tables[table].added.push(without);
                if engine::row_of(self.plan, table, row).is_ok() {
                    guilty.push(suspect);
                }
                self.plan.tables[table].added.pop();
            }
        }
        let columns = if guilty.is_empty() { suspects } else { guilty };
        Refusal::Set(columns, failed)
    }

    fn told(&mut self, row: &ScenarioRow, table: usize, refusal: Refusal) {
        let own = &self.plan.tables[table];
        let name = |column: usize| own.columns[column].name.clone();
        let (column, reason, hint) = match refusal {
            Refusal::Missing(column) => (
                Some(name(column)),
                "must not be NULL, and nothing gives it a value".to_owned(),
                "set it to a value, or to the handle of a row",
            ),
            Refusal::Set(columns, failed) if !columns.is_empty() => {
                let names: Vec<String> = columns.into_iter().map(name).collect();
                let satisfied = failed.constraints.join(", ");
                (
                    Some(names.join("\", \"")),
                    format!("as it is set, no row satisfies {satisfied}"),
                    "set it otherwise, or leave it out",
                )
            }
            Refusal::Set(_, failed) | Refusal::Constraints(failed) => (
                None,
                format!("no row satisfies {}", failed.constraints.join(", ")),
                "set the columns of these constraints",
            ),
        };
        self.tell(row, column.as_deref(), &reason, hint);
    }

    fn table(&mut self, name: &Name, handle: &str) -> Option<usize> {
        let root = self.request.schema.root_of(name);
        let found = self.plan.table(root);
        let filled = found.is_some_and(|table| self.plan.tables[table].filled.is_some());
        let (reason, hint) = match found {
            Some(table) if !filled => return Some(table),
            Some(_) => (
                "the table is filled by the migrations".to_owned(),
                "scenarios add rows to tables that seed data fills: add this one by a migration"
                    .to_owned(),
            ),
            None => {
                let wanted = name.to_string();
                let names: Vec<String> = self
                    .plan
                    .tables
                    .iter()
                    .map(|table| table.name.to_string())
                    .collect();
                let names = names.iter().map(String::as_str);
                let guess =
                    nearest(&wanted, names).map(|guess| format!("did you mean \"{guess}\"?"));
                (
                    "there is no such table".to_owned(),
                    guess.unwrap_or_else(|| "`standin seed plan` lists tables".to_owned()),
                )
            }
        };
        let reason = format!(
            "scenario \"{}\", row \"{handle}\": {reason}",
            self.scenario.name
        );
        self.problems.add(name, reason, &hint);
        None
    }

    fn column(&mut self, row: &ScenarioRow, table: usize, name: &str) -> Option<usize> {
        let own = &self.plan.tables[table];
        match own.column(name) {
            Some(column) if !own.columns[column].generated => return Some(column),
            Some(_) => {
                let hint = "set the columns that it is computed from";
                self.tell(row, Some(name), "is computed by the server", hint);
            }
            None => {
                let names = own.columns.iter().map(|column| column.name.as_str());
                let hint = match nearest(name, names) {
                    Some(guess) => format!("did you mean \"{guess}\"?"),
                    None => {
                        let names = own.columns.iter().map(|column| column.name.as_str());
                        format!("its columns are {}", names.collect::<Vec<_>>().join(", "))
                    }
                };
                self.tell(row, Some(name), "is not there", &hint);
            }
        }
        None
    }

    fn tell(&mut self, row: &ScenarioRow, column: Option<&str>, reason: &str, hint: &str) {
        let scenario = &self.scenario.name;
        let handle = &row.handle;
        let reason = match column {
            Some(column) => {
                format!("scenario \"{scenario}\", row \"{handle}\": column \"{column}\" {reason}")
            }
            None => format!("scenario \"{scenario}\", row \"{handle}\": {reason}"),
        };
        self.problems.add(&row.table, reason, hint);
    }

    fn built_in(&mut self, kind: rules::seed::Builtin, refused: &Refused) {
        let scenario = self.scenario;
        for name in &scenario.tables {
            self.table(name, kind.as_str());
        }
        let chosen = |name: &Name| {
            let mut tables = scenario.tables.iter();
            scenario.tables.is_empty() || tables.any(|own| self.request.schema.root_of(own) == name)
        };
        let tables = (0..self.plan.tables.len()).filter(|&table| {
            let own = &self.plan.tables[table];
            own.filled.is_none() && chosen(&own.name)
        });
        for table in tables.collect::<Vec<_>>() {
            built_in::rows(self, kind, (table, refused));
        }
    }
}

/// Why a row could not be made.
#[derive(Debug)]
pub(super) enum Refusal {
    /// A column that must not be NULL is.
    Missing(usize),
    /// Constraints that nothing satisfies.
    Constraints(Unfillable),
    /// The same, with the set columns that they do not allow.
    Set(Vec<usize>, Unfillable),
}

impl Refusal {
    /// Why, as a sentence of its own.
    pub(super) fn reason(&self) -> String {
        match self {
            Self::Missing(_) => "a column that must not be NULL gets no value".to_owned(),
            Self::Constraints(failed) | Self::Set(_, failed) => {
                format!("no row satisfies {}", failed.constraints.join(", "))
            }
        }
    }
}

/// The first column that is NULL and must not be.
fn missing(plan: &Plan, table: usize, cells: &[Value]) -> Option<usize> {
    let columns = &plan.tables[table].columns;
    (0..columns.len()).find(|&column| {
        let own = &columns[column];
        cells[column].is_null() && !own.nullable && !own.generated
    })
}
