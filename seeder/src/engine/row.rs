//! One row: parents first, then keys, then everything else, then what CHECKs tie together.

use super::ancestry::Ancestry;
use super::memo::{Memo, Place};
use super::program::{Part, Program, Programs, Steps, Task, Want};
use super::{Unfillable, moment};
use crate::person::Person;
use crate::plan::{Choice, Follow, Origin, PersonOf, Plan, TablePlan};
use crate::scenario::AddedRow;
use crate::value::Value;

/// Tries of a whole row, with other parents each time.
const ROW_ATTEMPTS_MAX: u32 = 64;

/// Steps along foreign keys from one row; schemas of hundreds of tables have chains of a dozen.
const DEPTH_MAX: usize = 100;

/// Makes rows; remembers what they have in common, which changes none of them.
pub(crate) struct Rows<'p> {
    pub(super) plan: &'p Plan,
    pub(super) programs: &'p Programs,
    pub(super) ancestry: Ancestry<'p>,
    /// When rows came to be.
    moments: Memo<i64, 1_024>,
    /// Parents in the first try, by foreign key.
    parents: Memo<Option<u64>, 256>,
    /// Rows that others refer to, as far as they are kept.
    kept: Memo<Kept, 64>,
    /// Vectors that are not in use.
    spare: Vec<Vec<Value>>,
    depth: usize,
    deepest: usize,
}

/// What is kept of a row.
struct Kept {
    cells: Vec<Value>,
    /// Steps along foreign keys that it took.
    height: usize,
}

impl<'p> Rows<'p> {
    pub(crate) fn new(plan: &'p Plan, programs: &'p Programs) -> Self {
        Self {
            plan,
            programs,
            ancestry: Ancestry::new(&plan.tables),
            moments: Memo::new(),
            parents: Memo::new(),
            kept: Memo::new(),
            spare: Vec::new(),
            depth: 0,
            deepest: 0,
        }
    }

    pub(super) fn program(&self, table: usize, row: u64) -> &'p Program {
        self.programs.of(self.plan, table, row)
    }

    /// A row of a scenario, where it is one.
    pub(super) fn added(&self, table: usize, row: u64) -> Option<&'p AddedRow> {
        self.plan.tables[table].added(row)
    }

    /// Whether a scenario sets a cell.
    pub(super) fn is_set(&self, (table, column): (usize, usize), row: u64) -> bool {
        let added = self.added(table, row);
        added.is_some_and(|added| added.value(column).is_some())
    }

    /// A whole row.
    pub(super) fn row(&mut self, table: usize, row: u64) -> Result<Vec<Value>, Unfillable> {
        let mut cells = Vec::new();
        let person = self.person(table, row);
        self.fill((table, row), Want::Whole, person.as_ref(), &mut cells)?;
        Ok(cells)
    }

    /// Fills as much of a row as is wanted; the others of its cells are NULL.
    pub(super) fn fill(
        &mut self,
        (table, row): (usize, u64),
        want: Want,
        person: Option<&Person>,
        cells: &mut Vec<Value>,
    ) -> Result<(), Unfillable> {
        let own = &self.plan.tables[table];
        cells.clear();
        cells.resize(own.columns.len(), Value::Null);
        let program = self.program(table, row);
        let steps = program.steps(want);
        let added = self.added(table, row);
        let mut tries = vec![0; program.tries.count];
        loop {
            for &column in &steps.parents {
                if let Some(value) = self.of_parent((table, column), row, &tries)? {
                    cells[column] = value;
                }
            }
            for &column in &steps.keys {
                cells[column] = self.key_cell(table, column, row, person);
            }
            for (column, value) in added.iter().flat_map(|added| &added.set) {
                cells[*column] = value.clone();
            }
            for &column in &steps.free {
                self.free((table, column), row, person, cells);
            }
            let made = self.tasks((table, row), (steps, &tries), person, cells);
            let Err((count, constraints)) = made else {
                for (column, value) in added.iter().flat_map(|added| &added.texts) {
                    cells[*column] = value.clone();
                }
                return Ok(());
            };
            tries[count] += 1;
            if tries[count] == ROW_ATTEMPTS_MAX {
                return Err(Unfillable {
                    table: own.name.clone(),
                    row,
                    constraints,
                });
            }
        }
    }

    /// Makes what reads other columns; what could not be satisfied comes back, with the count of its
    /// tries.
    fn tasks(
        &mut self,
        (table, row): (usize, u64),
        (steps, tries): (&Steps, &[u32]),
        person: Option<&Person>,
        cells: &mut [Value],
    ) -> Result<(), (usize, Vec<String>)> {
        let program = self.program(table, row);
        for &task in &program.tasks {
            match task {
                Task::Group(group) => {
                    let count = program.tries.groups[group];
                    self.group((table, group), (row, tries[count]), person, cells)
                        .map_err(|constraints| (count, constraints))?;
                }
                // No CHECK reads it: it is the same in every try.
                Task::Column(column)
                    if steps.late[column] && !self.is_set((table, column), row) =>
                {
                    cells[column] = self.related((table, column), (row, 0), person, cells);
                }
                Task::Column(_) => {}
            }
        }
        Ok(())
    }

    /// One cell of a row: only as much of the row as it needs.
    pub(crate) fn cell(
        &mut self,
        table: usize,
        column: usize,
        row: u64,
    ) -> Result<Value, Unfillable> {
        let own = &self.plan.tables[table];
        if let Some(filled) = &own.filled {
            let at = filled.columns.iter().position(|known| *known == column);
            let value = at.and_then(|at| filled.rows.get(row as usize)?.get(at));
            return Ok(value.cloned().unwrap_or(Value::Null));
        }
        if let Some(value) = own.added(row).and_then(|added| added.value(column)) {
            return Ok(value.clone());
        }
        let follows = self.plan.values[table].makers[column].follow.is_some();
        match own.columns[column].origin {
            Origin::Parent(link) if !self.plan.values[table].retries => {
                if let Some(parent) = self.parent(table, link, row, 0) {
                    let link = &own.parents[link];
                    let pair = link.columns.iter().find(|(own, _)| *own == column);
                    let (_, there) = pair.expect("the column is part of its foreign key");
                    return self
                        .deeper((table, row), |rows| rows.cell(link.parent, *there, parent));
                }
            }
            Origin::Distinct if !follows => {
                let person = self.person(table, row);
                return Ok(self.key_cell(table, column, row, person.as_ref()));
            }
            Origin::Serial { .. }
            | Origin::Ordinal { .. }
            | Origin::Slot(..)
            | Origin::Digit(_)
            | Origin::Tied(_)
                if !follows =>
            {
                return Ok(self.key_cell(table, column, row, None));
            }
            _ => {}
        }
        self.of_row(table, column, row)
    }

    /// A cell that only its row tells.
    fn of_row(&mut self, table: usize, column: usize, row: u64) -> Result<Value, Unfillable> {
        let keeps = self.program(table, row).keeps(column);
        let place = Place {
            table,
            part: 0,
            row,
        };
        if let Some(kept) = self.kept.find(place).filter(|_| keeps)
            // What would have failed for its depth fails although it is known.
            && self.depth + kept.height <= DEPTH_MAX
        {
            self.deepest = self.deepest.max(self.depth + kept.height);
            return Ok(kept.cells[column].clone());
        }
        let (depth, deepest) = (self.depth, self.deepest);
        self.deepest = depth;
        let mut cells = self.spare.pop().unwrap_or_default();
        let person = self.person(table, row);
        let want = if keeps { Want::Kept } else { Want::Whole };
        self.deeper((table, row), |rows| {
            rows.fill((table, row), want, person.as_ref(), &mut cells)
        })?;
        let height = self.deepest - depth;
        self.deepest = self.deepest.max(deepest);
        let value = cells[column].clone();
        let former = match keeps {
            true => self
                .kept
                .keep(place, Kept { cells, height })
                .map(|kept| kept.cells),
            false => Some(cells),
        };
        self.spare.extend(former);
        Ok(value)
    }

    /// Goes one step along foreign keys; keys that are each other's parents would never end.
    fn deeper<T>(
        &mut self,
        (table, row): (usize, u64),
        step: impl FnOnce(&mut Self) -> Result<T, Unfillable>,
    ) -> Result<T, Unfillable> {
        if self.depth == DEPTH_MAX {
            return Err(Unfillable {
                table: self.plan.tables[table].name.clone(),
                row,
                constraints: vec!["foreign keys that are each other's parents".to_owned()],
            });
        }
        self.depth += 1;
        self.deepest = self.deepest.max(self.depth);
        let done = step(self);
        self.depth -= 1;
        done
    }

    /// The row that a foreign key of a row refers to.
    pub(crate) fn parent(
        &mut self,
        table: usize,
        link: usize,
        row: u64,
        attempt: u32,
    ) -> Option<u64> {
        if attempt > 0 {
            return self.ancestry.parent(table, link, row, attempt);
        }
        let place = Place {
            table,
            part: link,
            row,
        };
        if let Some(parent) = self.parents.find(place) {
            return *parent;
        }
        let parent = self.ancestry.parent(table, link, row, attempt);
        self.parents.keep(place, parent);
        parent
    }

    /// A cell of a foreign key's column; `None` where none of its foreign keys decides it.
    pub(super) fn of_parent(
        &mut self,
        (table, column): (usize, usize),
        row: u64,
        tries: &[u32],
    ) -> Result<Option<Value>, Unfillable> {
        let own = &self.plan.tables[table];
        for &Part {
            link,
            there,
            nullable,
            count,
        } in &self.program(table, row).links[column]
        {
            let above = own.parents[link].parent;
            let attempt = count.map_or(0, |count| tries[count]);
            match self.parent(table, link, row, attempt) {
                // Its own key is not there yet when a row refers to itself.
                Some(parent) if above == table && parent == row => {
                    return self.own_key(table, there, row).map(Some);
                }
                Some(parent) => return self.cell(above, there, parent).map(Some),
                None if nullable => return Ok(Some(Value::Null)),
                None => {}
            }
        }
        Ok(None)
    }

    /// A key column of the row itself, for a foreign key that points at its own row.
    fn own_key(&mut self, table: usize, column: usize, row: u64) -> Result<Value, Unfillable> {
        match self.plan.tables[table].columns[column].origin {
            Origin::Serial { .. } | Origin::Distinct | Origin::Tied(_) | Origin::Ordinal { .. } => {
                self.cell(table, column, row)
            }
            Origin::Parent(link) => {
                let own = &self.plan.tables[table];
                let parent = self.parent(table, link, row, 0);
                let pair = own.parents[link]
                    .columns
                    .iter()
                    .find(|(own, _)| *own == column);
                match (parent, pair) {
                    (Some(parent), Some(&(_, there))) if own.parents[link].parent != table => {
                        self.cell(own.parents[link].parent, there, parent)
                    }
                    _ => Ok(Value::Null),
                }
            }
            _ => Ok(Value::Null),
        }
    }

    /// The person whose data a row holds, where it holds any.
    pub(super) fn person(&mut self, table: usize, row: u64) -> Option<Person> {
        let personal = self.program(table, row).personal;
        personal.then(|| self.person_of(table, row))
    }

    /// The person of a row, or of the row that it belongs to.
    fn person_of(&mut self, table: usize, row: u64) -> Person {
        let plan = self.plan;
        let own = plan.tables[table].person(row);
        match &plan.values[table].person {
            PersonOf::Own(people) => people.person(own),
            PersonOf::Via(link, people) => match self.parent(table, *link, row, 0) {
                Some(parent) => self.person_of(plan.tables[table].parents[*link].parent, parent),
                None => people.person(own),
            },
        }
    }

    /// When a row came to be, not before what it refers to came to be.
    pub(super) fn created(&mut self, table: usize, row: u64) -> i64 {
        let plan = self.plan;
        let place = Place {
            table,
            part: 0,
            row,
        };
        if let Some(micros) = self.moments.find(place) {
            return *micros;
        }
        let own: &TablePlan = &plan.tables[table];
        let set = own.added(row).zip(plan.values[table].created);
        if let Some(set) = set.and_then(|(added, column)| moment::micros(added.value(column)?)) {
            return set;
        }
        let mut floor = None;
        for position in 0..own.parents.len() {
            let link = &own.parents[position];
            let above = plan.tables[link.parent].level < own.level;
            let earlier = link.parent == table
                && matches!(link.choice, Choice::Earlier | Choice::Within { .. });
            if !(above || earlier) || plan.values[link.parent].created.is_none() {
                continue;
            }
            let parent = self.parent(table, position, row, 0);
            if let Some(parent) = parent.filter(|parent| link.parent != table || *parent < row) {
                floor = floor.max(Some(self.created(link.parent, parent)));
            }
        }
        let draw = plan.values[table].birth.draw(row, 0, 0);
        let micros = moment::created(draw, floor, self.latest(table, row));
        self.moments.keep(place, micros);
        micros
    }

    /// Until when a row may have come to be: for a scenario's, before what is said of it happened.
    fn latest(&self, table: usize, row: u64) -> i64 {
        let added = self.added(table, row).into_iter();
        let makers = &self.plan.values[table].makers;
        let later = added.flat_map(|added| &added.set).filter(|(column, _)| {
            let maker = &makers[*column];
            let reached = matches!(maker.follow, Some(Follow::Stage(..) | Follow::After(_)));
            maker.moment.is_some() || reached
        });
        let moments = later.filter_map(|(_, value)| moment::micros(value));
        moments.fold(self.plan.as_of_micros, i64::min)
    }
}
