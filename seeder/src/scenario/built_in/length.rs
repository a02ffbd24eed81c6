//! Texts of exactly the length that their columns allow.

use super::{Wishes, texts};
use crate::plan::Plan;
use crate::value::{Type, Value};

/// Characters of a text without a bound: longer than a page of a table, so that it is stored apart.
const UNBOUNDED: usize = 10_000;

/// Letters of three bytes each in the second row: a bound counts characters, not bytes.
const WIDE: &str = "界";

/// A row of plain letters, and one of wide ones.
pub(super) fn wishes(plan: &Plan, table: usize) -> Vec<Wishes> {
    let columns: Vec<usize> = texts(plan, table).collect();
    if columns.is_empty() {
        return Vec::new();
    }
    let row = |letter: &str| -> Wishes {
        let wish = |&column: &usize| {
            let own = &plan.tables[table].columns[column];
            let most = match own.data_type.base() {
                Type::Text { max: Some(max), .. } => *max as usize,
                _ => UNBOUNDED,
            };
            let group = plan.values[table].makers[column].group;
            let group = group.map(|group| &plan.values[table].groups[group]);
            let fits = |length: usize| {
                let text = Value::Text(letter.repeat(length));
                group
                    .and_then(|group| group.domain(column))
                    .is_none_or(|domain| domain.contains(&text))
            };
            (column, Value::Text(letter.repeat(longest(most, fits))))
        };
        columns.iter().map(wish).collect()
    };
    vec![row("W"), row(WIDE)]
}

/// The greatest length up to `most` that fits, where all shorter ones down to the least do.
fn longest(most: usize, fits: impl Fn(usize) -> bool) -> usize {
    if fits(most) {
        return most;
    }
    // A least length may forbid the shortest: begin at the first power of two that fits.
    let powers = std::iter::successors(Some(1_usize), |power| Some(power * 2));
    let mut powers = powers.take_while(|power| *power < most);
    let Some(mut low) = powers.find(|power| fits(*power)) else {
        return most;
    };
    let mut high = most;
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        match fits(middle) {
            true => low = middle,
            false => high = middle,
        }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::longest;

    #[test]
    fn the_longest_text_is_found_between_two_bounds() {
        let check = |most: usize, low: usize, high: usize, expected: usize| {
            let fits = |length: usize| (low..=high).contains(&length);
            assert_eq!(longest(most, fits), expected, "{low}..={high}");
        };
        check(50, 0, 100, 50);
        check(10_000, 0, 37, 37);
        check(10_000, 5, 120, 120);
        // Nothing is known to fit: the constraint says so when the row is tried.
        check(100, 3, 3, 100);
    }
}
