//! Values for unique columns that a CHECK ties to something: made one after the other before any row is,
//! each another one.

use std::collections::BTreeSet;

use super::Tied;
use crate::check::{Group, RowKey};
use crate::key::Key;
use crate::plan::table::TablePlan;
use crate::value::{Value, write_copy};

/// Combinations that are listed at most, which bounds the memory of a tie.
pub(super) const LISTED_MAX: u64 = 1 << 16;
/// Values of a column's own that are looked at before one is made for the purpose.
const LOOKED_AT: usize = 1_024;
/// The same where looking has found nothing so far.
const LOOKED_AT_LEAST: usize = 16;
/// Combinations for which nothing was found by looking, after which hardly anything is looked at.
const LOOKED_IN_VAIN: usize = 32;
/// Values that are made for one combination in the hope of a new one.
const MADE: u64 = 16;

/// What combinations are made of.
#[derive(Clone, Copy)]
pub(super) struct Source<'s> {
    pub(super) table: &'s TablePlan,
    pub(super) group: &'s Group,
    /// What columns would hold that nothing ties.
    pub(super) own: &'s Tied,
    pub(super) key: Key,
}

impl Source<'_> {
    /// A row of the group with some of its columns fixed; `None` where that needs luck.
    pub(super) fn filled(&self, fixed: &[(usize, Value)], number: u64) -> Option<Vec<Value>> {
        let mut row = vec![Value::Null; self.table.columns.len()];
        for (column, value) in fixed {
            row[*column] = value.clone();
        }
        let is_fixed = |column: usize| fixed.iter().any(|(own, _)| *own == column);
        let of = RowKey {
            key: self.key,
            row: number,
        };
        self.group.completes(&mut row, &is_fixed, of).then_some(row)
    }
}

/// Finds combinations in which each of some columns has another value every time.
pub(super) struct List<'s> {
    source: Source<'s>,
    columns: Vec<usize>,
    /// The values that each column has had.
    used: Vec<BTreeSet<Vec<u8>>>,
    /// For each column the values of its own that were passed over, and the index of the next.
    waiting: Vec<(Vec<Value>, u64)>,
    /// For each column how often looking at these has helped, and how often not.
    looked: Vec<(usize, usize)>,
}

impl<'s> List<'s> {
    pub(super) fn new(source: Source<'s>, columns: &[usize]) -> Self {
        Self {
            source,
            columns: columns.to_vec(),
            used: vec![BTreeSet::new(); columns.len()],
            waiting: vec![(Vec::new(), 0); columns.len()],
            looked: vec![(0, 0); columns.len()],
        }
    }

    /// Values for the columns beside what is given, which no combination before has had; `None` where there
    /// are none.
    pub(super) fn next(&mut self, given: &[(usize, Value)], number: u64) -> Option<Vec<Value>> {
        let mut fixed = given.to_vec();
        for at in 0..self.columns.len() {
            let value = self
                .waiting(at, &fixed)
                .or_else(|| self.made(at, &fixed, number))?;
            fixed.push((self.columns[at], value));
        }
        self.source.filled(&fixed, number)?;
        let values: Vec<Value> = fixed.drain(given.len()..).map(|(_, value)| value).collect();
        for (at, value) in values.iter().enumerate() {
            let text = self.text(at, value);
            self.used[at].insert(text);
            self.waiting[at].0.retain(|waiting| waiting != value);
        }
        Some(values)
    }

    /// The first of the column's own values that fits and is new.
    fn waiting(&mut self, at: usize, fixed: &[(usize, Value)]) -> Option<Value> {
        let column = self.columns[at];
        let own = self.source.own.get(&column)?;
        let mut row = vec![Value::Null; self.source.table.columns.len()];
        for (column, value) in fixed {
            row[*column] = value.clone();
        }
        let most = match self.looked[at] {
            (0, LOOKED_IN_VAIN..) => LOOKED_AT_LEAST,
            _ => LOOKED_AT,
        };
        for place in 0..most {
            if place == self.waiting[at].0.len() {
                let next = self.waiting[at].1;
                if next >= own.size() {
                    break;
                }
                self.waiting[at].0.push(own.index(next));
                self.waiting[at].1 += 1;
            }
            row[column] = self.waiting[at].0[place].clone();
            if self.source.group.accepts(&row) && self.is_new(at, &row[column]) {
                self.looked[at].0 += 1;
                return Some(row.swap_remove(column));
            }
        }
        self.looked[at].1 += 1;
        None
    }

    /// A new value that the group makes beside the others.
    fn made(&self, at: usize, fixed: &[(usize, Value)], number: u64) -> Option<Value> {
        for attempt in 0..MADE {
            // Where one try finds nothing the others will not.
            let mut row = self.source.filled(fixed, number * MADE + attempt)?;
            let value = row.swap_remove(self.columns[at]);
            if self.is_new(at, &value) {
                return Some(value);
            }
        }
        None
    }

    fn is_new(&self, at: usize, value: &Value) -> bool {
        !value.is_null() && !self.used[at].contains(&self.text(at, value))
    }

    /// A value as keys compare it that do not tell upper from lower case.
    fn text(&self, at: usize, value: &Value) -> Vec<u8> {
        let data_type = &self.source.table.columns[self.columns[at]].data_type;
        let mut text = Vec::new();
        write_copy(value, data_type, &mut text);
        String::from_utf8_lossy(&text).to_lowercase().into_bytes()
    }
}
