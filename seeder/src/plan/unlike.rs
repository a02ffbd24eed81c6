//! Values that are all different: where a unique column's come from, and how many there are.

use std::sync::Arc;

use super::values::Values;
use crate::check::{Domain, Shift};
use crate::key::{Key, Permutation};
use crate::natural::reserved::{self, Reach};
use crate::natural::{Distinct, Ranked};
use crate::value::Value;

/// How many ranks are tried before a generator's distinct values are taken for valid.
const RANKS_TRIED: u64 = 256;

/// How many ranks of a domain are looked at where not every one of them is a member.
const RANKS_LISTED: u64 = 1 << 16;

/// Values that are all different.
pub enum Unlike {
    /// A generator's own.
    Ranked(Ranked),
    /// Those of a domain.
    Domain(Domain, Permutation),
    /// The row's person makes them different.
    Person,
    /// A column that others are tied to, or one of those: its position in every combination.
    Listed(Arc<Vec<Vec<Value>>>, usize),
    /// One for each row, made beside what the row's parents are.
    Given(Vec<Value>),
    /// What another column holds, some steps further on.
    Shifted(Box<Shift>),
}

impl Unlike {
    /// How many there are.
    pub fn size(&self) -> u64 {
        match self {
            Self::Ranked(ranked) => ranked.size(),
            Self::Domain(_, order) => order.size(),
            Self::Person => crate::engine::SCENARIO_ROWS,
            Self::Listed(listed, _) => listed.len() as u64,
            Self::Given(values) => values.len() as u64,
            Self::Shifted(shift) => shift.from().size(),
        }
    }

    /// The value of an index, in a keyed order; NULL past the last.
    pub fn index(&self, index: u64) -> Value {
        match self {
            Self::Ranked(ranked) => ranked.value(index).unwrap_or(Value::Null),
            Self::Domain(domain, order) if index < order.size() => {
                domain.unrank(order.apply(index))
            }
            Self::Listed(listed, at) => {
                let combination = usize::try_from(index).ok().and_then(|i| listed.get(i));
                combination.map_or(Value::Null, |values| values[*at].clone())
            }
            Self::Given(values) => {
                let value = usize::try_from(index).ok().and_then(|i| values.get(i));
                value.cloned().unwrap_or(Value::Null)
            }
            Self::Domain(..) | Self::Person | Self::Shifted(_) => Value::Null,
        }
    }
}

/// How many distinct values a column of that key can have.
pub(super) fn capacity(key: &Key, values: &Values, column: usize) -> Option<u64> {
    let unlike = unlike(key, values, column)?;
    Some(unlike.size())
}

/// The distinct values of a column of that key that nothing ties to others.
pub(super) fn unlike(key: &Key, values: &Values, column: usize) -> Option<Unlike> {
    let maker = &values.makers[column];
    let key = key.part("unlike");
    let group = maker.group.map(|group| &values.groups[group]);
    if let Some((listed, _)) = &maker.weighted {
        let listed = listed.clone();
        let size = listed.len() as u64;
        let distinct = Distinct::new(size, move |rank| listed[rank as usize].clone());
        return Some(Unlike::Ranked(distinct.under(&key)));
    }
    let domain = group.and_then(|group| group.domain(column));
    let fitting = |distinct: Distinct| {
        let ranked = distinct.under(&key);
        let fits = |domain: &Domain| {
            let tried = RANKS_TRIED.min(ranked.size());
            (0..tried).all(|index| {
                ranked
                    .value(index)
                    .is_some_and(|value| domain.contains(&value))
            })
        };
        (group.is_none() || domain.is_some_and(fits)).then_some(Unlike::Ranked(ranked))
    };
    let generator = maker.generator.as_ref();
    let own = generator.and_then(|generator| generator.distinct());
    if let Some(found) = own.and_then(fitting) {
        return Some(found);
    }
    // Texts of an automaton may be numbers that ring.
    if let Some(reach) = reaching(values, column) {
        return reserved::apart(reach).into_iter().find_map(fitting);
    }
    let domain = domain?.clone().believable();
    let size = domain.size().min(1 << 62);
    if size > 0 && !domain.exact() {
        return listed(&domain, size, key);
    }
    (size > 0).then(|| Unlike::Domain(domain, Permutation::new(key, size)))
}

/// How the distinct values of a column could reach somebody, if they were those that its CHECKs leave.
pub(super) fn reaching(values: &Values, column: usize) -> Option<Reach> {
    let maker = &values.makers[column];
    let domain = values.groups[maker.group?].domain(column)?;
    let generator = maker.generator.as_ref();
    let told = generator
        .and_then(|generator| generator.distinct())
        .and_then(|distinct| match distinct.unrank(0) {
            Value::Text(text) => reserved::kind(&text),
            _ => None,
        });
    if !domain.is_text() {
        return None;
    }
    // Spread over all of them, since neighbours are alike.
    let order = Permutation::new(
        Key::derive(0, &["reaching"]),
        domain.size().clamp(1, 1 << 62),
    );
    let texts = (0..RANKS_TRIED.min(order.size())).map(|index| domain.unrank(order.apply(index)));
    let reaches = |value: Value| match value {
        Value::Text(text) => reserved::reaches(&text, told),
        _ => None,
    };
    let mut found = texts.filter_map(reaches);
    // Any code of digits may pass the check of a card.
    found.find(|reach| *reach != Reach::Card || told == Some(Reach::Card))
}

/// The members of a domain of which not every rank is one, as far as they are looked for.
fn listed(domain: &Domain, size: u64, key: Key) -> Option<Unlike> {
    let order = Permutation::new(key, size);
    let found: Vec<Value> = (0..size.min(RANKS_LISTED))
        .map(|index| domain.unrank(order.apply(index)))
        .filter(|value| domain.contains(value))
        .collect();
    let count = found.len() as u64;
    let distinct = Distinct::new(count, move |rank| found[rank as usize].clone());
    (count > 0).then(|| Unlike::Ranked(distinct.under(&key)))
}
