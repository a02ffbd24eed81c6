//! The cells that differ between two versions of a schema, judged.

use seeder::value::Value;

use super::allowed::{Allowed, Pair, Reach};
use super::change::Change;
use super::data::Data;
use super::model::{Foreign, Model, Table};

/// Steps up from a row; models have no longer chains.
const STEPS_MAX: usize = 8;

/// Violations that are told of one column; more say nothing new.
const TOLD_MAX: usize = 3;

/// What became of the cells.
#[derive(Debug, Default)]
pub struct Verdict {
    /// Cells that differ although nothing lets them.
    pub violations: Vec<String>,
    /// Cells that were compared.
    pub compared: usize,
    /// Cells that nothing lets differ.
    pub bound: usize,
    /// Cells that differ.
    pub differ: usize,
}

/// Compares the rows that a model has before and after a change; `None` where the change has nothing
/// to change, or the model cannot be filled after it.
pub fn judge(before: &Model, old: &Data, change: &Change) -> Option<Verdict> {
    let after = change.apply(before)?;
    let new = Data::of(&after).ok()?;
    compare((before, old), change, (&after, &new))
}

/// Compares the rows of a model with those after a change.
pub fn compare(
    (before, old): (&Model, &Data),
    change: &Change,
    (after, new): (&Model, &Data),
) -> Option<Verdict> {
    let mut named = after.clone();
    if let Change::RenameColumn(table, from, to) = change {
        let back = Change::RenameColumn(table.clone(), to.clone(), from.clone());
        named = back.apply(after)?;
    }
    let pair = Pair {
        before,
        after: &named,
        old,
        new,
    };
    let allowed = Allowed::of(&pair);
    let mut verdict = Verdict::default();
    for (was, is) in pair.tables() {
        for column in was
            .columns
            .iter()
            .filter(|column| is.column(&column.name).is_some())
        {
            pair.column(&allowed, (was, is), &column.name, &mut verdict);
        }
    }
    Some(verdict)
}

impl Pair<'_> {
    fn column(
        &self,
        allowed: &Allowed,
        (was, is): (&Table, &Table),
        column: &str,
        verdict: &mut Verdict,
    ) {
        let table = &was.name;
        let rows = self.old.rows(table).len().min(self.new.rows(table).len());
        let now = self.now(table, column);
        let place = (table.clone(), column.to_owned());
        let reaches = allowed.columns.get(&place);
        verdict.compared += rows;
        verdict.bound += if reaches.is_none() { rows } else { 0 };
        let mut told = 0;
        for row in 0..rows {
            let cells = (
                self.old.cell(table, column, row),
                self.new.cell(table, now, row),
            );
            let (Some(before), Some(after)) = cells else {
                continue;
            };
            if before == after {
                continue;
            }
            verdict.differ += 1;
            let mut reaches = reaches.into_iter().flatten();
            let fine = reaches.any(|reach| match reach {
                Reach::All => true,
                Reach::Nulls => before.is_null() || after.is_null(),
                Reach::Newer(foreign) => self.newer((was, is), *foreign, row),
                Reach::Copied(foreign) => self.copied((was, is), *foreign, row),
                Reach::Follows => self.has_moved(allowed, table, row, 0),
            });
            if !fine && told < TOLD_MAX {
                told += 1;
                let violation = format!("{table}.{column} row {row}: {before:?} is now {after:?}");
                verdict.violations.push(violation);
            }
        }
    }

    /// The rows that a foreign key of a row referred to and refers to.
    fn parents(
        &self,
        (was, is): (&Table, &Table),
        foreign: usize,
        row: usize,
    ) -> Option<(Option<usize>, Option<usize>)> {
        let foreign = was.foreign.get(foreign)?;
        is.foreign.contains(foreign).then_some(())?;
        let before = self.parent(self.old, foreign, &was.name, row);
        let after = self.parent(self.new, foreign, &was.name, row);
        Some((before, after))
    }

    fn parent(&self, data: &Data, foreign: &Foreign, table: &str, row: usize) -> Option<usize> {
        let name = |table: &str, column: &str| -> String {
            let there = data
                .planned(table)
                .is_some_and(|(own, _)| own.column(column).is_some());
            if there {
                column.to_owned()
            } else {
                self.now(table, column).to_owned()
            }
        };
        let own = foreign
            .columns
            .iter()
            .map(|column| data.cell(table, &name(table, column), row));
        let own: Option<Vec<&Value>> = own.collect();
        let there: Vec<String> = foreign
            .referenced
            .iter()
            .map(|column| name(&foreign.table, column))
            .collect();
        data.find(&foreign.table, &there, &own?)
    }

    /// Whether the parent is the same, or one that was not there before or is not there any more.
    fn newer(&self, tables: (&Table, &Table), foreign: usize, row: usize) -> bool {
        let Some((before, after)) = self.parents(tables, foreign, row) else {
            return false;
        };
        let table = &tables.0.foreign[foreign].table;
        let (old, new) = (self.old.rows(table).len(), self.new.rows(table).len());
        before == after
            || after.is_some_and(|after| after >= old)
            || before.is_some_and(|before| before >= new)
    }

    fn copied(&self, tables: (&Table, &Table), foreign: usize, row: usize) -> bool {
        let parents = self.parents(tables, foreign, row);
        parents.is_some_and(|(before, after)| before.is_some() && before == after)
    }

    /// Whether a row's parents are others, or those further up.
    fn has_moved(&self, allowed: &Allowed, table: &str, row: usize, steps: usize) -> bool {
        if allowed.moved.contains(table) {
            return true;
        }
        let (Some(was), Some(is)) = (self.before.table(table), self.after.table(table)) else {
            return true;
        };
        steps < STEPS_MAX
            && was.foreign.iter().enumerate().any(|(position, foreign)| {
                match self.parents((was, is), position, row) {
                    None => true,
                    Some((before, after)) if before != after => true,
                    Some((Some(parent), _)) => {
                        self.has_moved(allowed, &foreign.table, parent, steps + 1)
                    }
                    Some((None, _)) => false,
                }
            })
    }
}
