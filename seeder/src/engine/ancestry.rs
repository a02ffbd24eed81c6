//! Which row of another table a row refers to, by arithmetic: nothing is looked up, and what is
//! remembered only saves counting.

use std::cell::{Cell, RefCell};

use rules::seed::Distribution;

use super::Child;
use super::memo::{Memo, Place};
use crate::key::{Draw, Permutation};
use crate::natural::distribution::Family;
use crate::plan::{Choice, Digit, ParentPlan, TablePlan, TuplePlan};

/// Rows of scenarios are numbered from here on, so that they shift no generated one.
pub const SCENARIO_ROWS: u64 = 1 << 40;

/// The tables of a plan, as far as choosing parents needs them.
pub(super) struct Ancestry<'p> {
    tables: &'p [TablePlan],
    /// Digits of rows, by tuple: each of a tuple's columns asks for them.
    digits: RefCell<Memo<Option<Digits>, 64>>,
    /// The order of tuples among the rows of an ancestor.
    orders: RefCell<Memo<Permutation, 16>>,
    /// The family that was found last among the children of each table: the next row's mostly.
    last: Vec<Cell<Family>>,
}

/// The numbers of a tuple's digits.
type Digits = Vec<u64>;

impl<'p> Ancestry<'p> {
    pub(super) fn new(tables: &'p [TablePlan]) -> Self {
        Self {
            tables,
            digits: RefCell::new(Memo::new()),
            orders: RefCell::new(Memo::new()),
            last: vec![Cell::default(); tables.len()],
        }
    }

    /// The row that a foreign key of a row refers to; `None` where it refers to nothing.
    pub(super) fn parent(&self, table: usize, link: usize, row: u64, attempt: u32) -> Option<u64> {
        let own = &self.tables[table];
        let plan = &own.parents[link];
        if let Some(set) = own.added(row).and_then(|added| added.parent(link)) {
            return set;
        }
        if self.tables[plan.parent].rows == 0 {
            return None;
        }
        if is_none(own, plan, row, attempt) {
            return None;
        }
        let eligible = plan.eligible.as_deref();
        let count = eligible.map_or(self.tables[plan.parent].rows, |some| some.len() as u64);
        if count == 0 {
            return None;
        }
        let chosen = |index: u64| eligible.map_or(index, |some| some[index as usize]);
        match &plan.choice {
            Choice::Uniform => Some(chosen(uniform(plan, count, row, attempt))),
            Choice::Spread(distribution, order) => {
                let draw = plan.key.draw(row, attempt, 0);
                let rank = spread(*distribution, draw, count);
                Some(chosen(order.apply(rank)))
            }
            Choice::Layout => Some(self.layout_parent(table, row)),
            Choice::Once(order) => {
                let place = own.place(row);
                (place < order.size()).then(|| chosen(order.apply(place)))
            }
            Choice::Previous => self.earlier(table, link, row, Some(row.wrapping_sub(1))),
            Choice::Earlier => {
                let earlier = row.min(own.rows);
                let chosen = (earlier > 0).then(|| plan.key.draw(row, attempt, 0).below(earlier));
                self.earlier(table, link, row, chosen)
            }
            Choice::Within { up, down } => self.within(table, link, (row, attempt), (*up, *down)),
            Choice::Digit(tuple) => self.digit(table, *tuple, &Digit::Parent(link), row),
            Choice::Same(first) => self.parent(table, *first, row, attempt),
        }
    }

    /// The number of a digit in a row's tuple.
    pub(super) fn digit(&self, table: usize, tuple: usize, digit: &Digit, row: u64) -> Option<u64> {
        let plan = &self.tables[table].tuples[tuple];
        let at = plan.digits.iter().position(|other| other == digit)?;
        self.digit_at(table, tuple, row, at)
    }

    /// A row's place among the rows of its layout's parent, from 0 on.
    pub(super) fn ordinal(&self, table: usize, row: u64) -> u64 {
        let own = &self.tables[table];
        if let Some(added) = own.added(row) {
            return added.ordinal;
        }
        if own.layout.is_none() || row >= own.rows {
            return row;
        }
        if let Some(fan_out) = &self.tables[table].fan_out {
            return row - fan_out.family(row, &self.last[table]).first;
        }
        let (start, _) = self.block(table, self.layout_parent(table, row), 1);
        row - start
    }

    /// The place of a row below its layout's parent.
    pub(super) fn child(&self, table: usize, row: u64) -> Child {
        let parent = self.layout_parent(table, row);
        let ordinal = self.ordinal(table, row);
        Child {
            parent,
            ordinal,
            // Rows of scenarios come behind the generated ones.
            siblings: self.siblings(table, parent).max(ordinal + 1),
        }
    }

    /// How many generated rows of a table are laid out below a parent.
    pub(super) fn siblings(&self, table: usize, parent: u64) -> u64 {
        let own = &self.tables[table];
        match own.layout {
            Some(link) if parent < self.tables[own.parents[link].parent].rows => {
                let (start, end) = self.block(table, parent, 1);
                end - start
            }
            _ => 0,
        }
    }

    /// Without an earlier row the first refers to itself where it must refer to something.
    fn earlier(&self, table: usize, link: usize, row: u64, chosen: Option<u64>) -> Option<u64> {
        let own = &self.tables[table];
        match chosen {
            Some(earlier) if earlier < own.rows => Some(earlier),
            _ if own.parents[link].null_columns.is_empty() => Some(row),
            _ => None,
        }
    }

    /// The parent of a row in the order of the layout.
    fn layout_parent(&self, table: usize, row: u64) -> u64 {
        let own = &self.tables[table];
        let layout = own.layout.expect("a layout has been chosen");
        let link = &own.parents[layout];
        let parents = self.tables[link.parent].rows.max(1);
        if let Some(Some(set)) = own.added(row).and_then(|added| added.parent(layout)) {
            return set;
        }
        if row >= own.rows {
            let draw = link.key.draw(row, 0, 0);
            return match own.fan_out.is_some() {
                true => link.nth(draw.below(link.choices(parents))),
                false => draw.below(parents),
            };
        }
        if let Some(fan_out) = &own.fan_out {
            return link.nth(fan_out.family(row, &self.last[table]).parent);
        }
        (u128::from(row) * u128::from(parents) / u128::from(own.rows)) as u64
    }

    /// The rows of a table whose ancestor, `steps` layouts up, is a row: from, and to before.
    fn block(&self, table: usize, ancestor: u64, steps: usize) -> (u64, u64) {
        if steps == 0 {
            return (ancestor, ancestor + 1);
        }
        let own = &self.tables[table];
        let link = &own.parents[own.layout.expect("a layout has been chosen")];
        let (start, end) = self.block(link.parent, ancestor, steps - 1);
        if let Some(fan_out) = &own.fan_out {
            let first = |parent: u64| {
                let first = fan_out.first(link.place_of(parent), &self.last[table]);
                first.min(own.rows)
            };
            return (first(start), first(end));
        }
        let parents = u128::from(self.tables[link.parent].rows.max(1));
        let first =
            |parent: u64| (u128::from(parent) * u128::from(own.rows)).div_ceil(parents) as u64;
        (first(start), first(end))
    }

    /// The ancestor of a row, `steps` layouts up.
    fn ancestor(&self, table: usize, row: u64, steps: usize) -> u64 {
        if steps == 0 {
            return row;
        }
        let own = &self.tables[table];
        let link = &own.parents[own.layout.expect("a layout has been chosen")];
        self.ancestor(link.parent, self.layout_parent(table, row), steps - 1)
    }

    fn within(
        &self,
        table: usize,
        link: usize,
        (row, attempt): (u64, u32),
        (up, down): (usize, usize),
    ) -> Option<u64> {
        let own = &self.tables[table];
        let plan = &own.parents[link];
        let tuple = own.tuples.iter().position(|tuple| {
            tuple.within.is_some() && tuple.digits.contains(&Digit::Parent(link))
        });
        let ancestor = self.ancestor(table, row, up);
        // Nothing generated is laid out below a row of a scenario.
        if ancestor >= SCENARIO_ROWS {
            return None;
        }
        let (start, end) = self.block(plan.parent, ancestor, down);
        if let Some(tuple) = tuple {
            let digit = self.digit(table, tuple, &Digit::Parent(link), row)?;
            return Some(start + digit);
        }
        let end = if plan.parent == table {
            end.min(row)
        } else {
            end
        };
        if start < end {
            return Some(start + plan.key.draw(row, attempt, 0).below(end - start));
        }
        (plan.parent == table && plan.null_columns.is_empty()).then_some(row)
    }

    /// Sizes of a tuple's digits for the rows of one ancestor, or for all.
    fn sizes(&self, table: usize, tuple: &TuplePlan, ancestor: Option<u64>) -> Digits {
        let own = &self.tables[table];
        let size = |digit: &Digit| match digit {
            Digit::Column { size, .. } => *size,
            Digit::Parent(link) => {
                let link = &own.parents[*link];
                match (&link.choice, ancestor) {
                    (Choice::Layout, Some(_)) => 1,
                    (Choice::Within { down, .. }, Some(ancestor)) => {
                        let (start, end) = self.block(link.parent, ancestor, *down);
                        end - start
                    }
                    _ => self.tables[link.parent].rows,
                }
            }
        };
        tuple.digits.iter().map(size).collect()
    }

    /// One of the digits of a row's tuple.
    fn digit_at(&self, table: usize, tuple: usize, row: u64, at: usize) -> Option<u64> {
        let place = Place {
            table,
            part: tuple,
            row,
        };
        if let Some(digits) = self.digits.borrow().find(place) {
            return digits.as_ref()?.get(at).copied();
        }
        let digits = self.digits(table, tuple, row);
        let digit = digits.as_ref().and_then(|digits| digits.get(at).copied());
        self.digits.borrow_mut().keep(place, digits);
        digit
    }

    /// The order of the tuples of an ancestor's rows, or of all.
    fn order(
        &self,
        (table, tuple): (usize, usize),
        ancestor: Option<u64>,
        size: u64,
    ) -> Permutation {
        let plan = &self.tables[table].tuples[tuple];
        let place = Place {
            table,
            part: tuple,
            row: ancestor.unwrap_or(u64::MAX),
        };
        if let Some(order) = self
            .orders
            .borrow()
            .find(place)
            .filter(|order| order.size() == size)
        {
            return order.clone();
        }
        let key = ancestor.map_or(plan.key, |ancestor| plan.key.part(&ancestor.to_string()));
        let order = Permutation::new(key, size);
        self.orders.borrow_mut().keep(place, order.clone());
        order
    }

    /// The digits of a row's tuple: the row's index, in a keyed order, in the mixed radix of the sizes.
    fn digits(&self, table: usize, tuple: usize, row: u64) -> Option<Digits> {
        let own = &self.tables[table];
        let number = tuple;
        let tuple = &own.tuples[number];
        let (index, ancestor, rows) = match tuple.within {
            Some(up) if row < own.rows => {
                let ancestor = self.ancestor(table, row, up);
                let (start, end) = self.block(table, ancestor, up);
                (row - start, Some(ancestor), end - start)
            }
            Some(up) => (0, Some(self.ancestor(table, row, up)), 1),
            None => (row, None, own.rows),
        };
        let mut sizes = self.sizes(table, tuple, ancestor);
        if tuple.apart {
            // Both parents come first and are one digit until the end.
            let pairs = sizes[0].checked_mul(sizes[0].checked_sub(1)?)? / 2;
            sizes.splice(..2, [pairs]);
        }
        let product = sizes.iter().fold(1_u64, |product, size| {
            product.saturating_mul(*size).min(1 << 62)
        });
        // Rows of scenarios are counted from the end.
        let index = match own.nth_added(row) {
            Some(number) => product.checked_sub(number as u64 + 1)?,
            None => index,
        };
        if index >= product || rows > product {
            return None;
        }
        let mut rest = self.order((table, number), ancestor, product).apply(index);
        let mut digits: Digits = sizes
            .iter()
            .map(|size| {
                let digit = rest % size;
                rest /= size;
                digit
            })
            .collect();
        if tuple.apart {
            let later_first = tuple.key.draw(row, 0, 1).bits() & 1 == 0;
            let first = tuple.ascends.map_or(later_first, |ascends| !ascends);
            let others = digits.split_off(1);
            digits = pair(digits[0], first);
            digits.extend(others);
        }
        Some(digits)
    }
}

/// Whether a row refers to nothing: by chance, and in later tries by the next pattern.
fn is_none(own: &TablePlan, plan: &ParentPlan, row: u64, attempt: u32) -> bool {
    match plan.pattern {
        Some(place) if attempt > 0 => {
            let first = own.key.draw(row, 0, u32::MAX).bits() as u32;
            first.wrapping_add(attempt) >> (place % u32::BITS) & 1 == 1
        }
        _ => {
            let draw = || plan.key.draw(row, attempt, u32::MAX);
            plan.nulls_per_million > 0 && draw().chance(plan.nulls_per_million)
        }
    }
}

/// Jump consistent hash (Lamping and Veach, "A fast, minimal memory, consistent hash algorithm"):
/// one more parent moves one in that many children.
fn uniform(plan: &ParentPlan, buckets: u64, row: u64, attempt: u32) -> u64 {
    let mut key = plan.key.draw(row, attempt, 0).bits() as u64;
    let (mut bucket, mut next) = (0, 0);
    while next < buckets {
        bucket = next;
        key = key.wrapping_mul(2_862_933_555_777_941_757).wrapping_add(1);
        let scale = (1_u64 << 31) as f64 / ((key >> 33) + 1) as f64;
        next = ((bucket + 1) as f64 * scale) as u64;
    }
    bucket
}

/// The pair of a rank among all pairs of different numbers, ordered by the greater one.
fn pair(rank: u64, later_first: bool) -> Digits {
    let mut greater = ((8 * u128::from(rank) + 1).isqrt() as u64)
        .div_ceil(2)
        .max(1);
    while greater * (greater - 1) / 2 > rank {
        greater -= 1;
    }
    while (greater + 1) * greater / 2 <= rank {
        greater += 1;
    }
    let lesser = rank - greater * (greater - 1) / 2;
    match later_first {
        true => vec![greater, lesser],
        false => vec![lesser, greater],
    }
}

/// A rank below `count`: 0 is the most frequent.
fn spread(distribution: Distribution, draw: Draw, count: u64) -> u64 {
    let count_f = count as f64;
    let rank = match distribution {
        // Half by Zipf's law with exponent 1, by the inverse of its continuous distribution, half
        // evenly: few parents are hot, and hardly any has no child.
        Distribution::Zipf => {
            let even = draw.bits() & 1 == 0;
            if even {
                return draw.below(count);
            }
            libm::exp2(draw.fraction() * libm::log2(count_f + 1.0)) - 1.0
        }
        Distribution::LogNormal => draw.fraction() * draw.fraction() * count_f,
        Distribution::Normal => {
            let second = draw.next().fraction();
            (draw.fraction() + second) / 2.0 * count_f
        }
        Distribution::Uniform => return draw.below(count),
    };
    (rank as u64).min(count - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_has_one_rank() {
        let mut seen = std::collections::BTreeSet::new();
        for rank in 0..1_000 {
            let digits = pair(rank, false);
            assert!(digits[0] < digits[1]);
            assert!(seen.insert(digits));
        }
        // The first 45 ranks are the pairs of ten numbers.
        assert!((0..45).all(|rank| pair(rank, true)[0] < 10));
        let far = pair((1 << 62) - 1, false);
        assert!(far[0] < far[1]);
    }
}
