//! Columns whose ranks go together: each keeps the values that it would have alone.

use std::sync::Arc;

use rules::seed::ColumnRule;

use super::Follow;
use super::given::other_column;
use crate::engine::{Programs, Rows};
use crate::key::Draw;
use crate::natural::distribution::quantile;
use crate::plan::Plan;
use crate::plan::problem::Problems;
use crate::plan::table::TablePlan;
use crate::value::Value;

/// The first rows of a table, whose values stand for all of a column's: from so many rows on, more of
/// them change no value.
const SAMPLE: u64 = 4_096;

/// Fewer values that can be told apart by size do not say how a column is spread.
const VALUES_MIN: usize = 2;

/// How two columns go together.
#[derive(Debug)]
pub struct Correlated {
    /// The other column.
    pub column: usize,
    /// The coefficient of the normal scores.
    coefficient: f64,
    /// What the other column holds, ascending.
    others: Vec<f64>,
    /// What the column itself holds, ascending.
    own: Vec<(f64, Value)>,
}

impl Correlated {
    /// The value beside one of the other column; `None` where that is no number.
    ///
    /// Both columns' values are ranked in a sample; the ranks are those of two normal distributions
    /// with the coefficient (a Gaussian copula).
    pub fn value(&self, other: &Value, draw: Draw) -> Option<Value> {
        let number = super::number(other)?;
        let below = self.others.partition_point(|own| *own < number);
        let until = self.others.partition_point(|own| *own <= number);
        let within = draw.next().fraction();
        let place = below as f64 + within * ((until - below) as f64).max(1.0);
        let score = quantile(place / (self.others.len() + 1) as f64);
        let noise = quantile(draw.fraction());
        let rest = libm::sqrt((1.0 - self.coefficient * self.coefficient).max(0.0));
        let share = cumulative(self.coefficient * score + rest * noise);
        let at = (share * self.own.len() as f64) as usize;
        Some(self.own[at.min(self.own.len() - 1)].1.clone())
    }
}

/// The standard normal distribution.
fn cumulative(x: f64) -> f64 {
    0.5 * libm::erfc(-x / std::f64::consts::SQRT_2)
}

/// Puts the correlations that the configuration asks for into a table that is decided otherwise.
pub(in crate::plan) fn correlate(
    plan: &mut Plan,
    position: usize,
    columns: &[(usize, ColumnRule)],
    problems: &mut Problems,
) {
    for (column, rule) in columns {
        match correlated(plan, position, *column, rule) {
            Ok(Some(found)) => {
                let other = plan.tables[position].columns[found.column].name.clone();
                let reason =
                    format!("its ranks go with those of \"{other}\", as the configuration says");
                super::set(
                    &mut plan.values[position],
                    *column,
                    Follow::Correlated(Arc::new(found)),
                    reason,
                );
            }
            Ok(None) => {}
            Err(reason) => {
                let table: &TablePlan = &plan.tables[position];
                let name = &table.columns[*column].name;
                problems.add(
                    &table.name,
                    format!("column \"{name}\": {reason}"),
                    "correct its rule under [seed.tables]",
                );
            }
        }
    }
}

fn correlated(
    plan: &Plan,
    position: usize,
    column: usize,
    rule: &ColumnRule,
) -> Result<Option<Correlated>, String> {
    let Some(asked) = &rule.correlate else {
        return Ok(None);
    };
    let table = &plan.tables[position];
    let values = &plan.values[position];
    let other = other_column(table, values, column, &asked.with)?;
    if super::leads_back(values, other, column) {
        return Err(format!("column \"{}\" depends on it already", asked.with));
    }
    let programs = Programs::new(plan.tables.len());
    let mut rows = Rows::new(plan, &programs);
    let (mut others, mut own) = (Vec::new(), Vec::new());
    for row in 0..SAMPLE.min(table.rows) {
        let mut cell = |column| rows.cell(position, column, row).ok();
        others.extend(cell(other).as_ref().and_then(super::number));
        own.extend(cell(column).and_then(|value| Some((super::number(&value)?, value))));
    }
    if table.rows == 0 {
        return Ok(None);
    }
    for (name, count) in [
        (&asked.with, others.len()),
        (&table.columns[column].name, own.len()),
    ] {
        if count < VALUES_MIN {
            return Err(format!("column \"{name}\" holds no numbers and no moments"));
        }
    }
    others.sort_by(f64::total_cmp);
    own.sort_by(|a, b| a.0.total_cmp(&b.0));
    let ranks = f64::from(asked.coefficient_per_mille) / 1_000.0;
    Ok(Some(Correlated {
        column: other,
        // Between the coefficient of ranks and that of the scores (Pearson 1907, "On further methods of
        // determining correlation").
        coefficient: 2.0 * libm::sin(std::f64::consts::FRAC_PI_6 * ranks),
        others,
        own,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::Key;

    /// Spearman's coefficient of pairs without equal values.
    fn of_ranks(pairs: &[(f64, f64)]) -> f64 {
        let ranks = |of: &dyn Fn(&(f64, f64)) -> f64| {
            let mut order: Vec<usize> = (0..pairs.len()).collect();
            order.sort_by(|a, b| of(&pairs[*a]).total_cmp(&of(&pairs[*b])));
            let mut ranks = vec![0.0; pairs.len()];
            for (rank, at) in order.into_iter().enumerate() {
                ranks[at] = rank as f64;
            }
            ranks
        };
        let (first, second) = (ranks(&|pair| pair.0), ranks(&|pair| pair.1));
        let gaps: f64 = first
            .iter()
            .zip(&second)
            .map(|(a, b)| (a - b) * (a - b))
            .sum();
        let count = pairs.len() as f64;
        1.0 - 6.0 * gaps / (count * (count * count - 1.0))
    }

    #[test]
    fn ranks_go_together_as_declared_and_values_stay_what_they_are() {
        for ranks in [-0.9, -0.3, 0.0, 0.5, 0.8, 1.0] {
            let own: Vec<(f64, Value)> = (0..4_000)
                .map(|at| {
                    let number = f64::from(at) * f64::from(at);
                    (number, Value::Float(number))
                })
                .collect();
            let correlated = Correlated {
                column: 0,
                coefficient: 2.0 * libm::sin(std::f64::consts::FRAC_PI_6 * ranks),
                others: (0..4_000).map(f64::from).collect(),
                own,
            };
            let key = Key::derive(3, &["pairs"]);
            let pairs: Vec<(f64, f64)> = (0..4_000_u32)
                .map(|other| {
                    let draw = key.draw(u64::from(other), 0, 0);
                    let value = correlated.value(&Value::Int(i64::from(other)), draw);
                    (
                        f64::from(other),
                        super::super::number(&value.expect("a number")).expect("a float"),
                    )
                })
                .collect();
            let found = of_ranks(&pairs);
            assert!((found - ranks).abs() < 0.03, "{ranks}: {found}");
            let mean: f64 = pairs.iter().map(|pair| pair.1).sum::<f64>() / 4_000.0;
            let alone: f64 = correlated.own.iter().map(|own| own.0).sum::<f64>() / 4_000.0;
            assert!((mean / alone - 1.0).abs() < 0.05, "{mean} {alone}");
        }
    }
}
