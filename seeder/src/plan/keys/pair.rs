//! Two unique columns that a CHECK ties: one leads and the other follows.

use std::sync::Arc;

use super::Tied;
use super::list::{LISTED_MAX, List, Source};
use super::ties::KEY;
use crate::check::{Group, Shift};
use crate::key::{Key, Permutation};
use crate::plan::table::{Origin, TablePlan};
use crate::plan::unlike::{Unlike, unlike};
use crate::plan::values::Values;
use crate::value::Value;

/// Rows on trial before values are taken to fit together.
const TRIALS: u64 = 256;
/// Sets up to this size are tried to the last value.
const TRIED_WHOLE: u64 = 4_096;
/// Combinations beyond the rows that are there now, for rows of scenarios.
const SPARE: u64 = 256;
/// Combinations for a digit, which meets every one of its parents.
const LISTED_DIGIT: u64 = 4_096;
/// Combinations that are enough to see that an order of columns is a good one.
const PROBED: u64 = 8;
/// Values of the lead that are given up one after the other.
const GIVEN_UP: u32 = 64;

/// A column that leads and one that is to follow it.
pub(super) struct Pair<'p> {
    table: &'p TablePlan,
    group: &'p Group,
    lead: usize,
    follower: usize,
    /// Columns that are to be unique by themselves and are not decided yet.
    alone: Vec<usize>,
    tied: &'p Tied,
    /// What columns would hold that nothing ties.
    own: Tied,
    key: Key,
}

impl<'p> Pair<'p> {
    pub(super) fn new(
        (table, values, group): (&'p TablePlan, &'p Values, &'p Group),
        (lead, follower, alone): (usize, usize, &[usize]),
        tied: &'p Tied,
    ) -> Self {
        let pending = |column: &&usize| {
            let free = table.columns[**column].origin == Origin::Free;
            free && **column != follower && group.columns().contains(column)
        };
        let alone: Vec<usize> = alone.iter().filter(pending).copied().collect();
        let decided = |column: &usize| {
            let origin = &table.columns[*column].origin;
            matches!(
                origin,
                Origin::Distinct | Origin::Digit(_) | Origin::Tied(_)
            )
        };
        let mut needed: Vec<usize> = group.columns().to_vec();
        needed.retain(|column| decided(column) || alone.contains(column) || *column == follower);
        let own = needed.into_iter().filter_map(|column| {
            Some((column, unlike(&table.columns[column].key, values, column)?))
        });
        Self {
            own: own.collect(),
            key: table.columns[follower].key.part(KEY),
            table,
            group,
            lead,
            follower,
            alone,
            tied,
        }
    }

    /// The distinct values of both, where they do not fit together by themselves.
    pub(super) fn tie(&self) -> Option<Tied> {
        let shifts = self.group.shifts(self.lead, self.follower, self.key);
        // What is only not to be equal hardly ever is.
        let ordered = shifts.iter().any(Shift::is_ordered);
        if !ordered && self.is_apart() {
            return None;
        }
        let size = self.size(self.lead);
        let shifted = shifts
            .into_iter()
            .find_map(|shift| self.shifted(shift, size));
        if shifted.is_some() || (ordered && self.is_apart()) {
            return shifted;
        }
        self.listed()
    }

    /// Whether both fit together by themselves in every row.
    fn is_apart(&self) -> bool {
        let lead = |index| self.value(self.lead, index);
        self.own.get(&self.follower).is_some_and(|own| {
            let value = |index: u64, _: &Value| {
                let index = index.wrapping_mul(self.stride()) % own.size().max(1);
                Some(own.index(index))
            };
            let tried = match self.stride() {
                // For few rows alike, so that more of them seldom change those that are there.
                1 => self.table.rows.clamp(TRIED_WHOLE, LISTED_MAX),
                _ => TRIALS,
            };
            self.fits(tried, &lead, &value)
        })
    }

    /// The follower as a function of the lead; the lead's own values, or those that leave it room.
    fn shifted(&self, shift: Shift, size: u64) -> Option<Tied> {
        let moved = |_: u64, lead: &Value| shift.apply(lead);
        let tried = |size: u64| if size <= TRIED_WHOLE { size } else { TRIALS };
        let lead = |index| self.value(self.lead, index);
        let chosen = matches!(
            self.table.columns[self.lead].origin,
            Origin::Distinct | Origin::Digit(_)
        );
        let chosen = chosen && !self.tied.contains_key(&self.lead);
        // A lead near an end has no follower, and few of so many would show among those that are tried.
        let looked_at = TRIED_WHOLE + 1..=LISTED_MAX;
        let each = !chosen
            || !looked_at.contains(&size)
            || (0..size).all(|index| moved(index, &lead(index)).is_some());
        if each && self.fits(tried(size), &lead, &moved) {
            let follower = Unlike::Shifted(Box::new(shift));
            return Some(Tied::from([(self.follower, follower)]));
        }
        if !chosen {
            return None;
        }
        let size = shift.from().size().min(1 << 62);
        let order = Permutation::new(self.table.columns[self.lead].key.part("unlike"), size);
        let lead = Unlike::Domain(shift.from().clone(), order);
        let fits = self.fits(tried(size), &|index| lead.index(index % size), &moved);
        let follower = Unlike::Shifted(Box::new(shift));
        fits.then(|| Tied::from([(self.lead, lead), (self.follower, follower)]))
    }

    /// Where the follower has a tuple of its own, its values meet each one of the lead's.
    fn stride(&self) -> u64 {
        match self.table.columns[self.lead].origin {
            Origin::Distinct | Origin::Serial { .. } => 1,
            _ => 17,
        }
    }

    fn size(&self, column: usize) -> u64 {
        let known = self.tied.get(&column).or_else(|| self.own.get(&column));
        match self.table.columns[column].origin {
            Origin::Distinct | Origin::Digit(_) => known.map_or(TRIALS, Unlike::size),
            _ => u64::MAX,
        }
    }

    /// What a column holds that leads.
    fn value(&self, column: usize, index: u64) -> Value {
        let own = &self.table.columns[column];
        let known = self.tied.get(&column).or_else(|| self.own.get(&column));
        match (&own.origin, known) {
            (Origin::Serial { start, step } | Origin::Ordinal { start, step }, _) => {
                let place = (index as i64).saturating_mul(*step);
                crate::engine::number(start.saturating_add(place), &own.data_type)
            }
            (Origin::Tied(first), Some(Unlike::Shifted(shift))) => {
                let first = self.value(*first, index);
                shift.apply(&first).unwrap_or(Value::Null)
            }
            (_, Some(known)) => known.index(index % known.size().max(1)),
            (_, None) => Value::Null,
        }
    }

    /// Whether the group is satisfied with the first values of both.
    fn fits(
        &self,
        tried: u64,
        lead: &dyn Fn(u64) -> Value,
        follower: &dyn Fn(u64, &Value) -> Option<Value>,
    ) -> bool {
        (0..tried).all(|index| {
            let lead = lead(index);
            let follower = follower(index, &lead);
            let fixed = |follower| {
                let mut fixed = vec![(self.lead, lead), (self.follower, follower)];
                fixed.extend(self.beside(index));
                fixed
            };
            follower.is_some_and(|follower| self.is_filled(&fixed(follower), index))
        })
    }

    /// What other columns of the group hold where the lead has the value of an index.
    fn beside(&self, index: u64) -> Vec<(usize, Value)> {
        let of_row = |column: usize| {
            let origin = &self.table.columns[self.root(column)].origin;
            matches!(origin, Origin::Distinct | Origin::Serial { .. })
        };
        let others = self.group.columns().iter().copied();
        let others = others.filter(|column| ![self.lead, self.follower].contains(column));
        let known = others.filter(|&column| {
            let same = self.root(column) == self.root(self.lead);
            same || (of_row(column) && of_row(self.lead))
        });
        known
            .map(|column| (column, self.value(column, index)))
            .collect()
    }

    fn is_filled(&self, fixed: &[(usize, Value)], number: u64) -> bool {
        let whole = fixed.iter().all(|(_, value)| !value.is_null());
        whole && self.source().filled(fixed, number).is_some()
    }
}

impl Pair<'_> {
    /// The combinations of some columns that the group allows, as far as they are looked for; `None` where
    /// it allows every one.
    pub(super) fn allowed(&self, members: &[usize]) -> Option<Vec<Vec<Value>>> {
        let each = members.iter().map(|column| self.own.get(column));
        let each: Vec<&Unlike> = each.collect::<Option<_>>()?;
        let product = |product: u64, values: &&Unlike| product.saturating_mul(values.size());
        let size = each.iter().fold(1, product).min(1 << 62);
        let order = Permutation::new(self.key, size.max(1));
        let mut combinations = Vec::new();
        let looked_at = size.min(LISTED_MAX);
        for rank in 0..looked_at {
            let mut rest = order.apply(rank);
            let values = each.iter().map(|values| {
                let value = values.index(rest % values.size());
                rest /= values.size();
                value
            });
            let values: Vec<Value> = values.collect();
            let fixed: Vec<_> = members
                .iter()
                .copied()
                .zip(values.iter().cloned())
                .collect();
            if self.source().filled(&fixed, rank).is_some() {
                combinations.push(values);
            }
        }
        let found = combinations.len() as u64;
        (found > 0 && found < looked_at).then_some(combinations)
    }

    /// Combinations in which every column has another value each time, in the order of the values of the
    /// column for which the others are found best.
    fn listed(&self) -> Option<Tied> {
        let root = self.root(self.lead);
        let wanted = match self.table.columns[root].origin {
            Origin::Distinct | Origin::Serial { .. } => {
                self.table.rows.saturating_add(SPARE).min(LISTED_MAX)
            }
            Origin::Digit(_) | Origin::Ordinal { .. } => LISTED_DIGIT,
            _ => return None,
        };
        let mut members = vec![root, self.follower];
        for (&column, values) in self.tied {
            let listed = matches!(values, Unlike::Listed(..));
            if listed && !members.contains(&column) && self.root(column) == root {
                members.push(column);
            }
        }
        if matches!(self.table.columns[root].origin, Origin::Distinct) {
            members.extend(&self.alone);
        }
        let firsts = members
            .iter()
            .filter(|first| !self.is_counted(root) || **first == root);
        let orders = firsts.filter_map(|&first| self.linked(first, &members));
        let found = |order: &Vec<usize>| self.combinations(order, PROBED).len();
        // The first of the best.
        let best = orders.fold(
            None,
            |best: Option<(usize, Vec<usize>)>, order| match best {
                Some(best) if best.0 as u64 == PROBED || best.0 >= found(&order) => Some(best),
                _ => Some((found(&order), order)),
            },
        );
        let (_, order) = best?;
        let combinations = self.combinations(&order, wanted);
        if combinations.is_empty() {
            return None;
        }
        let combinations = Arc::new(combinations);
        let each = order.into_iter().enumerate();
        let each = each.map(|(at, column)| (column, Unlike::Listed(Arc::clone(&combinations), at)));
        Some(each.collect())
    }

    /// Columns from one on, each linked to one before it where that can be.
    fn linked(&self, first: usize, members: &[usize]) -> Option<Vec<usize>> {
        if !self.is_counted(first) {
            self.own.get(&first)?;
        }
        let mut order = vec![first];
        while order.len() < members.len() {
            let rest = || members.iter().filter(|column| !order.contains(column));
            let links = |column: &&usize| order.iter().any(|&own| self.group.links(own, **column));
            let next = *rest().find(links).or_else(|| rest().next())?;
            order.push(next);
        }
        Some(order)
    }

    /// As many combinations as are found until so many values of the first member had none in a row;
    /// more of them never change the first ones.
    fn combinations(&self, members: &[usize], wanted: u64) -> Vec<Vec<Value>> {
        // Numbers come as they are: none of them is given up.
        let counted = self.is_counted(members[0]);
        let (size, given_up_max) = match self.own.get(&members[0]) {
            _ if counted => (wanted, 1),
            Some(lead) => (lead.size(), GIVEN_UP),
            None => return Vec::new(),
        };
        let mut list = List::new(self.source(), &members[1..]);
        let mut combinations = Vec::new();
        let (mut index, mut given_up) = (0, 0);
        while (combinations.len() as u64) < wanted && given_up < given_up_max && index < size {
            let lead = match self.own.get(&members[0]) {
                Some(lead) if !counted => lead.index(index),
                _ => self.value(members[0], index),
            };
            match list.next(&[(members[0], lead.clone())], index) {
                Some(others) => {
                    combinations.push([vec![lead], others].concat());
                    given_up = 0;
                }
                None => given_up += 1,
            }
            index += 1;
        }
        combinations
    }

    fn source(&self) -> Source<'_> {
        Source {
            table: self.table,
            group: self.group,
            own: &self.own,
            key: self.key,
        }
    }

    /// Whether a column counts rows.
    fn is_counted(&self, column: usize) -> bool {
        let origin = &self.table.columns[column].origin;
        matches!(origin, Origin::Serial { .. } | Origin::Ordinal { .. })
    }

    /// The column at the beginning of those that follow one another.
    pub(super) fn root(&self, column: usize) -> usize {
        match self.table.columns[column].origin {
            Origin::Tied(first) => self.root(first),
            _ => column,
        }
    }
}
