//! Cells of generators and of CHECKs.

use super::moment;
use super::program::group_key;
use super::row::Rows;
use crate::check::{ATTEMPTS_MAX, Domain, Nulls, RowKey};
use crate::key::Key;
use crate::natural::Cell;
use crate::person::Person;
use crate::plan::{Maker, Moment, Origin, Start};
use crate::value::{CopyText, Type, Value};

impl<'p> Rows<'p> {
    /// Fills a column that neither a parent nor a key decides; what CHECKs tie waits for its group.
    pub(super) fn free(
        &mut self,
        (table, column): (usize, usize),
        row: u64,
        person: Option<&Person>,
        cells: &mut [Value],
    ) {
        if self.is_set((table, column), row) {
            return;
        }
        cells[column] = match self.plan.values[table].is_tied(column, row) {
            true => Value::Null,
            false => {
                let start = self.start((table, column), row, cells);
                self.natural((table, column), (row, 0), person, start)
            }
        };
    }

    /// The moment at which that of a column begins, whether another column holds it or not.
    pub(super) fn start(
        &mut self,
        (table, column): (usize, usize),
        row: u64,
        cells: &[Value],
    ) -> Option<i64> {
        match self.program(table, row).starts[column]? {
            Start::Created => Some(self.created(table, row)),
            Start::Span(key) => {
                let set = self.begun((table, row), key);
                Some(set.unwrap_or_else(|| {
                    let created = self.created(table, row);
                    moment::after(key.draw(row, 0, 0), created)
                }))
            }
            Start::Column(other) => moment::micros(&cells[other]),
        }
    }

    /// When a span of a scenario's row begins by the scenario.
    fn begun(&self, (table, row): (usize, u64), span: Key) -> Option<i64> {
        let added = self.added(table, row)?;
        let mut makers = self.plan.values[table].makers.iter();
        let begins =
            |maker: &Maker| matches!(maker.moment, Some(Moment::Begins(key, _)) if key == span);
        moment::micros(added.value(makers.position(begins)?)?)
    }

    /// What a column would hold if nothing else mattered, where its moment begins at `start`.
    fn natural(
        &mut self,
        (table, column): (usize, usize),
        (row, attempt): (u64, u32),
        person: Option<&Person>,
        start: Option<i64>,
    ) -> Value {
        match self.is_null((table, column), (row, attempt)) {
            true => Value::Null,
            false => self.valued((table, column), (row, attempt), person, start),
        }
    }

    /// The same where it is not NULL.
    fn valued(
        &mut self,
        (table, column): (usize, usize),
        (row, attempt): (u64, u32),
        person: Option<&Person>,
        start: Option<i64>,
    ) -> Value {
        let own = &self.plan.tables[table].columns[column];
        match self.moment((table, column), (row, attempt), start) {
            Some(micros) => moment::value(micros, &own.data_type),
            None => self.present((table, column), (row, attempt), person),
        }
    }

    /// Writes the same in the first try.
    pub(super) fn write_natural(
        &mut self,
        (table, column): (usize, usize),
        row: u64,
        (person, start): (Option<&Person>, Option<i64>),
        out: &mut CopyText<'_>,
    ) {
        let own = &self.plan.tables[table].columns[column];
        if self.is_null((table, column), (row, 0)) {
            return out.null();
        }
        match self.moment((table, column), (row, 0), start) {
            Some(micros) => out.value(&moment::value(micros, &own.data_type), &own.data_type),
            None => {
                let cell = self.told((table, column), (row, 0), person);
                let maker = &self.plan.values[table].makers[column];
                maker.write(&cell, &own.data_type, out);
            }
        }
    }

    /// The moment that a column holds, in microseconds since 1970; `None` where its generator decides.
    fn moment(
        &mut self,
        (table, column): (usize, usize),
        (row, attempt): (u64, u32),
        start: Option<i64>,
    ) -> Option<i64> {
        let key = &self.plan.tables[table].columns[column].key;
        let as_of = self.plan.as_of_micros;
        let draw = || key.draw(row, attempt, 0);
        match (self.plan.values[table].makers[column].moment?, start) {
            (Moment::Created, _) if attempt == 0 => Some(self.created(table, row)),
            (Moment::Created, _) => Some(moment::created(draw(), None, as_of)),
            (Moment::Begins(key, _), start) => {
                start.map(|start| moment::after(key.draw(row, attempt, 0), start))
            }
            (Moment::Since(_), start) => start.map(|start| moment::since(draw(), start, as_of)),
            (Moment::After(_), start) => start.map(|start| moment::after(draw(), start)),
        }
    }

    /// What a generator is told of a cell.
    pub(super) fn told<'a>(
        &self,
        (table, column): (usize, usize),
        (row, attempt): (u64, u32),
        person: Option<&'a Person>,
    ) -> Cell<'a>
    where
        'p: 'a,
    {
        let plan = self.plan;
        Cell {
            attempt,
            person,
            ordinal: self.ancestry.ordinal(table, row),
            ..Cell::new(
                &plan.tables[table].columns[column].key,
                row,
                plan.as_of_micros,
            )
        }
    }

    /// A column that follows from others, or begins at one of them.
    pub(super) fn related(
        &mut self,
        (table, column): (usize, usize),
        (row, attempt): (u64, u32),
        person: Option<&Person>,
        cells: &[Value],
    ) -> Value {
        let follow = self.follow((table, column), (row, attempt), person, cells);
        follow.unwrap_or_else(|| {
            let start = self.start((table, column), row, cells);
            self.natural(
                (table, column),
                (row, attempt * ATTEMPTS_MAX),
                person,
                start,
            )
        })
    }

    /// Whether a column is NULL by its share of NULLs.
    pub(super) fn is_null(
        &self,
        (table, column): (usize, usize),
        (row, attempt): (u64, u32),
    ) -> bool {
        let key = &self.plan.tables[table].columns[column].key;
        let nulls = self.plan.values[table].makers[column].nulls_per_million;
        nulls > 0 && key.draw(row, attempt, u32::MAX).chance(nulls)
    }

    /// What a generator makes of a cell that is not NULL.
    pub(super) fn present(
        &self,
        (table, column): (usize, usize),
        (row, attempt): (u64, u32),
        person: Option<&Person>,
    ) -> Value {
        let cell = self.told((table, column), (row, attempt), person);
        self.plan.values[table].makers[column].natural(&cell)
    }

    /// Fills what CHECKs tie together; what could not be satisfied comes back.
    pub(super) fn group(
        &mut self,
        (table, number): (usize, usize),
        (row, attempt): (u64, u32),
        person: Option<&Person>,
        cells: &mut [Value],
    ) -> Result<(), Vec<String>> {
        let tie = &self.program(table, row).ties[number];
        for tried in [&tie.proposed, &tie.states] {
            if tried.is_empty() {
                continue;
            }
            for &column in tried {
                if !self.is_set((table, column), row) {
                    cells[column] = self.related((table, column), (row, attempt), person, cells);
                }
            }
            let filled = self.filled((table, number), (row, attempt), (person, tried), cells);
            if filled.is_ok() {
                return filled;
            }
            for &column in self.plan.values[table].groups_of(row)[number].columns() {
                let free = self.plan.tables[table].columns[column].origin == Origin::Free;
                if free && !self.is_set((table, column), row) {
                    cells[column] = Value::Null;
                }
            }
        }
        self.filled((table, number), (row, attempt), (person, &[]), cells)
    }

    /// Fills a group around columns that keep what they hold.
    fn filled(
        &mut self,
        (table, number): (usize, usize),
        (row, attempt): (u64, u32),
        (person, told): (Option<&Person>, &[usize]),
        cells: &mut [Value],
    ) -> Result<(), Vec<String>> {
        let plan = self.plan;
        let own = &plan.tables[table];
        let added = self.added(table, row);
        let set = |column: usize| {
            added.is_some_and(|added| added.set.iter().any(|(own, _)| *own == column))
        };
        let fixed = |column: usize| {
            let free = own.columns[column].origin == Origin::Free;
            !free || told.contains(&column) || set(column)
        };
        let tie = &self.program(table, row).ties[number];
        let key = match attempt {
            0 => tie.key,
            _ => group_key(&self.program(table, row).tries, number, attempt),
        };
        // Moments begin at what stood there before the group was filled.
        let starts: Vec<(usize, Option<i64>)> = tie
            .started
            .iter()
            .map(|&column| (column, self.start((table, column), row, cells)))
            .collect();
        let mut natural = |column: usize, domain: &Domain, again: u32| {
            let again = attempt * ATTEMPTS_MAX + again;
            let start = starts.iter().find(|(own, _)| *own == column);
            let start = start.and_then(|(_, start)| *start);
            let (cell, row) = ((table, column), (row, again));
            Some(match domain.nulls() == Nulls::Forbidden {
                true => self.valued(cell, row, person, start),
                false => self.natural(cell, row, person, start),
            })
        };
        plan.values[table].groups_of(row)[number]
            .fill(cells, &fixed, &mut natural, RowKey { key, row })
            .map_err(|unfilled| {
                let column = unfilled.reaching.map(|column| &own.columns[column].name);
                let reaching = column.map(|name| format!("values of \"{name}\" that reach nobody"));
                unfilled
                    .constraints
                    .into_iter()
                    .chain(reaching)
                    .collect::<Vec<_>>()
            })?;
        let mut required = tie.required.iter();
        match required.find(|&&column| cells[column].is_null()) {
            Some(&column) => Err(vec![format!(
                "NOT NULL of \"{}\"",
                own.columns[column].name
            )]),
            None => Ok(()),
        }
    }
}

impl Maker {
    /// What the column's rule or generator makes of a cell.
    pub(super) fn natural(&self, cell: &Cell<'_>) -> Value {
        if let Some((values, weights)) = &self.weighted {
            return values[weights.pick(cell.draw(0))].clone();
        }
        match &self.generator {
            Some(generator) => generator.value(cell),
            None => Value::Null,
        }
    }

    /// Writes the same.
    pub(super) fn write(&self, cell: &Cell<'_>, data_type: &Type, out: &mut CopyText<'_>) {
        if let Some((values, weights)) = &self.weighted {
            return out.value(&values[weights.pick(cell.draw(0))], data_type);
        }
        match &self.generator {
            Some(generator) => generator.write(cell, data_type, out),
            None => out.null(),
        }
    }
}
