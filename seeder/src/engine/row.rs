//! One row: parents first, then keys, then everything else, then what CHECKs tie together.

use super::ancestry::Ancestry;
use super::{Unfillable, moment, slot};
use crate::check::{ATTEMPTS_MAX, Domain, Nulls};
use crate::natural::Cell;
use crate::person::Person;
use crate::plan::{Choice, Digit, Maker, Moment, Origin, PersonOf, Plan, TablePlan, Unlike};
use crate::scenario::AddedRow;
use crate::value::{Type, Value};

/// Tries of a whole row, with other parents each time.
const ROW_ATTEMPTS_MAX: u32 = 64;

/// Moments of rows that have been computed for the present row; more ancestors are computed again.
const MEMO_MAX: usize = 64;

/// Steps along foreign keys from one row; schemas of hundreds of tables have chains of a dozen.
const DEPTH_MAX: usize = 100;

/// Makes rows; holds what one row's ancestors have in common.
pub(super) struct Rows<'p> {
    plan: &'p Plan,
    ancestry: Ancestry<'p>,
    moments: Vec<((usize, u64), i64)>,
    depth: usize,
}

impl<'p> Rows<'p> {
    pub(super) fn new(plan: &'p Plan) -> Self {
        Self {
            plan,
            ancestry: Ancestry {
                tables: &plan.tables,
            },
            moments: Vec::new(),
            depth: 0,
        }
    }

    /// A whole row.
    pub(super) fn row(&mut self, table: usize, row: u64) -> Result<Vec<Value>, Unfillable> {
        self.moments.clear();
        self.fill(table, row)
    }

    fn fill(&mut self, table: usize, row: u64) -> Result<Vec<Value>, Unfillable> {
        let plan = self.plan;
        let own = &plan.tables[table];
        let mut cells = vec![Value::Null; own.columns.len()];
        let person = self.person(table, row);
        let mut failed = Vec::new();
        for attempt in 0..ROW_ATTEMPTS_MAX {
            self.parents(table, row, attempt, &mut cells)?;
            self.keys(table, row, person.as_ref(), &mut cells);
            self.free(table, row, person.as_ref(), &mut cells);
            match self.groups(table, (row, attempt), person.as_ref(), &mut cells) {
                Ok(()) => {
                    for (column, value) in own.added(row).iter().flat_map(|added| &added.texts) {
                        cells[*column] = value.clone();
                    }
                    return Ok(cells);
                }
                Err(constraints) => failed = constraints,
            }
        }
        Err(Unfillable {
            table: own.name.clone(),
            row,
            constraints: failed,
        })
    }

    /// One cell of a row: only as much of the row as it needs.
    pub(super) fn cell(
        &mut self,
        table: usize,
        column: usize,
        row: u64,
    ) -> Result<Value, Unfillable> {
        let plan = self.plan;
        let own = &plan.tables[table];
        if let Some(filled) = &own.filled {
            let at = filled.columns.iter().position(|known| *known == column);
            let value = at.and_then(|at| filled.rows.get(row as usize)?.get(at));
            return Ok(value.cloned().unwrap_or(Value::Null));
        }
        if let Some(value) = own.added(row).and_then(|added| added.value(column)) {
            return Ok(value.clone());
        }
        if let Origin::Parent(link) = own.columns[column].origin
            && !plan.values[table].retries
            && let Some(parent) = self.ancestry.parent(table, link, row, 0)
        {
            let link = &own.parents[link];
            let pair = link.columns.iter().find(|(own, _)| *own == column);
            let (_, there) = pair.expect("the column is part of its foreign key");
            return self.deeper(table, row, |rows| rows.cell(link.parent, *there, parent));
        }
        let person = match own.columns[column].origin {
            Origin::Distinct => self.person(table, row),
            _ => None,
        };
        match self.key_cell(table, column, row, person.as_ref()) {
            Some(value) => Ok(value),
            None => self.deeper(table, row, |rows| {
                rows.fill(table, row)
                    .map(|mut cells| cells.swap_remove(column))
            }),
        }
    }

    /// Goes one step along foreign keys; keys that are each other's parents would never end.
    fn deeper<T>(
        &mut self,
        table: usize,
        row: u64,
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
        let done = step(self);
        self.depth -= 1;
        done
    }

    fn parents(
        &mut self,
        table: usize,
        row: u64,
        attempt: u32,
        cells: &mut [Value],
    ) -> Result<(), Unfillable> {
        let plan = self.plan;
        let own = &plan.tables[table];
        let mut decided = vec![false; cells.len()];
        for (position, link) in own.parents.iter().enumerate() {
            let parent = self.ancestry.parent(table, position, row, attempt);
            for &(column, there) in &link.columns {
                if decided[column] || link.own_columns.contains(&column) {
                    continue;
                }
                match parent {
                    // Its own key is not there yet when a row refers to itself.
                    Some(parent) if link.parent == table && parent == row => {
                        cells[column] = self.own_key(table, there, row)?;
                    }
                    Some(parent) => {
                        cells[column] = self.cell(link.parent, there, parent)?;
                    }
                    None if link.null_columns.contains(&column) => cells[column] = Value::Null,
                    None => continue,
                }
                decided[column] = true;
            }
        }
        Ok(())
    }

    /// A key column of the row itself, for a foreign key that points at its own row.
    fn own_key(&mut self, table: usize, column: usize, row: u64) -> Result<Value, Unfillable> {
        match self.plan.tables[table].columns[column].origin {
            Origin::Serial { .. } | Origin::Distinct | Origin::Ordinal { .. } => {
                self.cell(table, column, row)
            }
            Origin::Parent(link) => {
                let own = &self.plan.tables[table];
                let parent = self.ancestry.parent(table, link, row, 0);
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

    fn keys(&mut self, table: usize, row: u64, person: Option<&Person>, cells: &mut [Value]) {
        for (column, cell) in cells.iter_mut().enumerate() {
            if let Some(value) = self.key_cell(table, column, row, person) {
                *cell = value;
            }
        }
        for (column, value) in self.added(table, row).iter().flat_map(|added| &added.set) {
            cells[*column] = value.clone();
        }
    }

    /// A row of a scenario, where it is one.
    fn added(&self, table: usize, row: u64) -> Option<&'p AddedRow> {
        self.plan.tables[table].added(row)
    }

    /// A cell that follows from the row's number alone; `None` for every other.
    fn key_cell(
        &self,
        table: usize,
        column: usize,
        row: u64,
        person: Option<&Person>,
    ) -> Option<Value> {
        let own = &self.plan.tables[table];
        let data_type = &own.columns[column].data_type;
        Some(match own.columns[column].origin {
            Origin::Serial { start, step } => self.serial(table, column, row, (start, step)),
            Origin::Distinct => self.distinct(table, column, row, person),
            Origin::Ordinal { start, step } => {
                let place = self.ancestry.ordinal(table, row) as i64;
                number(start.saturating_add(place.saturating_mul(step)), data_type)
            }
            Origin::Slot(slot, part) => {
                let plan = &own.slots[slot];
                let place = match plan.by_parent {
                    true => self.ancestry.ordinal(table, row),
                    false => own.place(row),
                };
                let line = slot::Line {
                    by_parent: plan.by_parent,
                    as_of_micros: self.plan.as_of_micros,
                    factor: plan.factor,
                };
                line.value(place, plan.key.draw(row, 0, 0), part, data_type)
            }
            Origin::Digit(tuple) => {
                let digits = &own.tuples[tuple].digits;
                let digit = digits.iter().find(
                    |digit| matches!(digit, Digit::Column { column: other, .. } if *other == column),
                );
                let rank = digit.and_then(|digit| self.ancestry.digit(table, tuple, digit, row));
                let unlike = self.plan.values[table].makers[column].unlike.as_ref();
                match (rank, unlike) {
                    (Some(rank), Some(unlike)) => unlike.rank(rank),
                    _ => Value::Null,
                }
            }
            Origin::Generated | Origin::Parent(_) | Origin::Free => return None,
        })
    }

    fn serial(&self, table: usize, column: usize, row: u64, (start, step): (i64, i64)) -> Value {
        let own = &self.plan.tables[table];
        let value = start.saturating_add((own.place(row) as i64).saturating_mul(step));
        number(value, &own.columns[column].data_type)
    }

    fn distinct(&self, table: usize, column: usize, row: u64, person: Option<&Person>) -> Value {
        let maker = &self.plan.values[table].makers[column];
        match &maker.unlike {
            Some(Unlike::Person) => {
                let key = self.plan.tables[table].columns[column].key;
                let cell = Cell {
                    person,
                    ..Cell::new(&key, row, self.plan.as_of_micros)
                };
                maker.natural(&cell)
            }
            Some(unlike) => unlike.index(self.plan.tables[table].place(row)),
            None => Value::Null,
        }
    }

    /// The person of a row, or of the row that it belongs to.
    fn person(&mut self, table: usize, row: u64) -> Option<Person> {
        match &self.plan.values[table].person {
            PersonOf::Nobody => None,
            PersonOf::Own(people) => Some(people.person(self.plan.tables[table].person(row))),
            PersonOf::Via(link) => {
                let parent = self.ancestry.parent(table, *link, row, 0)?;
                self.person(self.plan.tables[table].parents[*link].parent, parent)
            }
        }
    }

    fn free(&mut self, table: usize, row: u64, person: Option<&Person>, cells: &mut [Value]) {
        let plan = self.plan;
        let own = &plan.tables[table];
        let added = own.added(row);
        for &column in &plan.values[table].order {
            if added.is_some_and(|added| added.value(column).is_some()) {
                continue;
            }
            if !plan.values[table].is_tied(column, row) {
                cells[column] = self.natural((table, column), (row, 0), person, cells);
            } else if own.columns[column].origin == Origin::Free {
                cells[column] = Value::Null;
            }
        }
    }

    /// What a column would hold if nothing else mattered.
    fn natural(
        &mut self,
        (table, column): (usize, usize),
        (row, attempt): (u64, u32),
        person: Option<&Person>,
        cells: &[Value],
    ) -> Value {
        let own = &self.plan.tables[table].columns[column];
        let maker = &self.plan.values[table].makers[column];
        let null = maker.nulls_per_million > 0
            && own
                .key
                .draw(row, attempt, u32::MAX)
                .chance(maker.nulls_per_million);
        if null {
            return Value::Null;
        }
        self.filled((table, column), (row, attempt), person, cells)
    }

    /// The same where it is not NULL.
    fn filled(
        &mut self,
        (table, column): (usize, usize),
        (row, attempt): (u64, u32),
        person: Option<&Person>,
        cells: &[Value],
    ) -> Value {
        let own = &self.plan.tables[table].columns[column];
        let maker = &self.plan.values[table].makers[column];
        let draw = own.key.draw(row, attempt, 0);
        let as_of = self.plan.as_of_micros;
        let made = match maker.moment {
            Some(Moment::Created) if attempt == 0 => Some(self.created(table, row)),
            Some(Moment::Created) => Some(moment::created(draw, None, as_of)),
            Some(Moment::Since(other)) => {
                moment::micros(&cells[other]).map(|start| moment::since(draw, start, as_of))
            }
            Some(Moment::After(other)) => {
                moment::micros(&cells[other]).map(|start| moment::after(draw, start))
            }
            None => None,
        };
        if let Some(micros) = made {
            return moment::value(micros, &own.data_type);
        }
        let cell = Cell {
            attempt,
            person,
            ordinal: self.ancestry.ordinal(table, row),
            ..Cell::new(&own.key, row, as_of)
        };
        maker.natural(&cell)
    }

    /// When a row came to be, not before what it refers to came to be.
    fn created(&mut self, table: usize, row: u64) -> i64 {
        let plan = self.plan;
        let known = self.moments.iter().find(|(at, _)| *at == (table, row));
        if let Some((_, micros)) = known {
            return *micros;
        }
        let own: &TablePlan = &plan.tables[table];
        let values = &plan.values[table];
        let set = own.added(row).zip(values.created);
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
            let parent = self.ancestry.parent(table, position, row, 0);
            if let Some(parent) = parent.filter(|parent| link.parent != table || *parent < row) {
                floor = floor.max(Some(self.created(link.parent, parent)));
            }
        }
        let micros = match values.created {
            Some(column) => {
                let draw = own.columns[column].key.draw(row, 0, 0);
                let micros = moment::created(draw, floor, self.present(table, row));
                // A date forgets the time of the day, and what follows compares with what is left.
                moment::micros(&moment::value(micros, &own.columns[column].data_type))
                    .unwrap_or(micros)
            }
            None => floor.unwrap_or(i64::MIN),
        };
        if self.moments.len() < MEMO_MAX {
            self.moments.push(((table, row), micros));
        }
        micros
    }

    /// Until when a row may have come to be: for a scenario's, before what is said of it happened.
    fn present(&self, table: usize, row: u64) -> i64 {
        let set = self
            .added(table, row)
            .into_iter()
            .flat_map(|added| &added.set);
        let makers = &self.plan.values[table].makers;
        let later = set.filter(|(column, _)| makers[*column].moment.is_some());
        let moments = later.filter_map(|(_, value)| moment::micros(value));
        moments.fold(self.plan.as_of_micros, i64::min)
    }

    /// Fills what CHECKs tie together; what could not be satisfied comes back.
    fn groups(
        &mut self,
        table: usize,
        (row, attempt): (u64, u32),
        person: Option<&Person>,
        cells: &mut [Value],
    ) -> Result<(), Vec<String>> {
        let plan = self.plan;
        let own = &plan.tables[table];
        let set = |column: usize| {
            let added = own.added(row);
            added.is_some_and(|added| added.set.iter().any(|(own, _)| *own == column))
        };
        let fixed = |column: usize| own.columns[column].origin != Origin::Free || set(column);
        for (number, group) in plan.values[table].groups_of(row).iter().enumerate() {
            let key = own.key.part(&format!("group {number}/{attempt}"));
            let before = cells.to_vec();
            let mut natural = |column: usize, domain: &Domain, again: u32| {
                let again = attempt * ATTEMPTS_MAX + again;
                let (cell, row) = ((table, column), (row, again));
                // What keeps rows from being like a scenario's takes away a NULL here and there.
                let must =
                    plan.values[table].added_groups.is_some() && domain.nulls() == Nulls::Forbidden;
                Some(match must {
                    true => self.filled(cell, row, person, &before),
                    false => self.natural(cell, row, person, &before),
                })
            };
            group
                .fill(
                    cells,
                    &fixed,
                    &mut natural,
                    crate::check::RowKey { key, row },
                )
                .map_err(|unfilled| unfilled.constraints)?;
            let missing = group.columns().iter().find(|&&column| {
                let own = &own.columns[column];
                cells[column].is_null() && !own.nullable && !own.generated
            });
            if let Some(&column) = missing {
                return Err(vec![format!(
                    "NOT NULL of \"{}\"",
                    own.columns[column].name
                )]);
            }
        }
        Ok(())
    }
}

/// A whole number as a value of an integer or decimal type.
pub(crate) fn number(value: i64, data_type: &Type) -> Value {
    match data_type.base() {
        Type::Decimal { .. } | Type::Money => Value::Decimal(value.into()),
        Type::Text { .. } => Value::Text(value.to_string()),
        _ => Value::Int(value),
    }
}

impl Maker {
    /// What the column's rule or generator makes of a cell.
    fn natural(&self, cell: &Cell<'_>) -> Value {
        if let Some((values, weights)) = &self.weighted {
            return values[weights.pick(cell.draw(0))].clone();
        }
        match &self.generator {
            Some(generator) => generator.value(cell),
            None => Value::Null,
        }
    }
}
