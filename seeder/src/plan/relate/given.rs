//! What a column holds beside each value of another: weights or bounds that the configuration gives.

use std::sync::Arc;

use rules::seed::{ColumnRule, Distribution, GivenCase, GivenRule};

use super::{Follow, unlike_any};
use crate::natural::distribution::{self, LogNormal, Normal, Weighted};
use crate::natural::{self, Generate};
use crate::plan::table::{Origin, TablePlan};
use crate::plan::values::Values;
use crate::value::{Type, Value};

/// Cases by the other column's value.
pub struct Given {
    /// The other column.
    pub column: usize,
    cases: Vec<(Value, Case)>,
    other: Option<Case>,
}

/// What a column holds in one case.
pub enum Case {
    /// Values by weight.
    Values(Vec<Value>, Weighted),
    /// What a generator makes.
    Made(Box<dyn Generate>),
}

impl std::fmt::Debug for Given {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Given")
            .field("column", &self.column)
            .field("cases", &self.cases.len())
            .finish_non_exhaustive()
    }
}

impl Given {
    /// The case of a value of the other column; `None` where nothing is said of it.
    pub fn case(&self, value: &Value) -> Option<&Case> {
        let found = self.cases.iter().find(|(own, _)| own == value);
        found.map(|(_, case)| case).or(self.other.as_ref())
    }
}

/// What a rule says; the reason where it cannot be.
pub(super) fn given(
    table: &TablePlan,
    values: &Values,
    column: usize,
    rule: &ColumnRule,
) -> Result<Option<Follow>, String> {
    let Some(asked) = &rule.given else {
        return Ok(None);
    };
    let other = other_column(table, values, column, &asked.column)?;
    let mut found = Given {
        column: other,
        cases: Vec::new(),
        other: None,
    };
    for (text, case) in &asked.cases {
        let case = of_case(table, values, (column, rule.distribution), case)?;
        if text == "*" {
            found.other = Some(case);
            continue;
        }
        let value = Value::read(text, &table.columns[other].data_type);
        let value = value.filter(|value| may_hold(values, other, value));
        let value = value.ok_or_else(|| unread(asked, text))?;
        found.cases.push((value, case));
    }
    Ok(Some(Follow::Given(Arc::new(found))))
}

fn unread(asked: &GivenRule, text: &str) -> String {
    format!("column \"{}\" never holds \"{text}\"", asked.column)
}

/// The position of another column that one depends on, which nothing else may decide.
pub(super) fn other_column(
    table: &TablePlan,
    values: &Values,
    column: usize,
    name: &str,
) -> Result<usize, String> {
    if table.columns[column].origin != Origin::Free {
        return Err("its values are decided by a key or a foreign key".to_owned());
    }
    if values.created == Some(column) {
        return Err("it holds when the row came to be, which other moments begin at".to_owned());
    }
    let other = table.column(name).ok_or_else(|| {
        let names = table.columns.iter().map(|column| column.name.as_str());
        unlike_any(name, names)
    })?;
    match other == column {
        true => Err("it cannot depend on itself".to_owned()),
        false => Ok(other),
    }
}

/// Whether the CHECKs of a column let it hold a value.
fn may_hold(values: &Values, column: usize, value: &Value) -> bool {
    let group = values.makers[column]
        .group
        .map(|group| &values.groups[group]);
    group.is_none_or(|group| group.may_hold(column, value))
}

fn of_case(
    table: &TablePlan,
    values: &Values,
    (column, distribution): (usize, Option<Distribution>),
    case: &GivenCase,
) -> Result<Case, String> {
    let data_type = &table.columns[column].data_type;
    let read = |text: &str| {
        let value = Value::read(text, data_type);
        let value = value.ok_or_else(|| format!("it cannot hold \"{text}\""))?;
        match may_hold(values, column, &value) {
            true => Ok(value),
            false => Err(format!("its CHECKs do not allow \"{text}\"")),
        }
    };
    match case {
        GivenCase::Values(listed) => {
            let own: Result<Vec<Value>, String> =
                listed.iter().map(|(text, _)| read(text)).collect();
            let weights: Vec<u32> = listed.iter().map(|(_, weight)| *weight).collect();
            let choice = Weighted::new(&weights).ok_or("a case has no values")?;
            Ok(Case::Values(own?, choice))
        }
        GivenCase::Between(low, high) => {
            let made = between(&read(low)?, &read(high)?, distribution, data_type);
            made.map(Case::Made)
                .ok_or_else(|| format!("nothing lies between \"{low}\" and \"{high}\""))
        }
    }
}

/// Numbers or moments between two, both among them; `None` for others.
fn between(
    low: &Value,
    high: &Value,
    distribution: Option<Distribution>,
    data_type: &Type,
) -> Option<Box<dyn Generate>> {
    const DAY: i64 = 86_400_000_000;
    match (low, high) {
        (Value::Timestamp(low), Value::Timestamp(high)) if low <= high => {
            natural::moments(*low, *high, data_type)
        }
        (Value::Date(low), Value::Date(high)) if low <= high => {
            let (low, high) = (i64::from(*low) * DAY, i64::from(*high) * DAY);
            natural::moments(low, high, data_type)
        }
        _ => {
            let (low, high) = (super::number(low)?, super::number(high)?);
            if low > high {
                return None;
            }
            // The upper bound itself is reached by rounding down to whole numbers.
            let top = match data_type.base() {
                Type::Int { .. } => high + 1.0,
                _ => high,
            };
            let span = high - low;
            let shape = match distribution {
                None | Some(Distribution::Uniform) => natural::Distribution::Uniform(low, top),
                Some(Distribution::Normal) => natural::Distribution::Normal(Normal {
                    mean: low + span / 2.0,
                    deviation: span / 6.0,
                }),
                Some(Distribution::LogNormal | Distribution::Zipf) => {
                    distribution::Distribution::LogNormal(LogNormal {
                        median: low + span / 6.0,
                        spread: 0.8,
                    })
                }
            };
            natural::numbers(shape, Some((low, high)), data_type)
        }
    }
}
