//! Fills a row: a branch, then column by column a candidate within what is left, then the verdict.

use std::borrow::Cow;

use super::super::domain::{Domain, Nulls};
use super::super::eval::Scene;
use super::atom::Bound;
use super::branch::Branch;
use super::{Group, RowKey, Unfilled};
use crate::key::Draw;
use crate::natural::reserved;
use crate::value::Value;

/// Tries for one row.
pub const ATTEMPTS_MAX: u32 = 128;
/// Tries in which a composite's fields are all NULL or none of them is; after these any mixture will do.
const ATTEMPTS_WHOLE: u32 = 32;
/// Columns that are filled later and looked at between one column and those that hold values.
const AHEAD: u32 = 2;
/// The part of a row's draws that chooses the branch; columns have those behind it.
const PART_BRANCH: u32 = 0;
/// A century in microseconds: a row that reads the clock must hold then as well.
const LATER: i64 = 36_525 * 86_400_000_000;

/// What one fill is given beside the row.
pub(super) struct Request<'r> {
    pub(super) fixed: &'r dyn Fn(usize) -> bool,
    pub(super) natural: &'r mut dyn FnMut(usize, &Domain, u32) -> Option<Value>,
    pub(super) of: RowKey,
    /// How many tries there are.
    pub(super) tries: u32,
    /// A column for which a try found nothing but texts that could reach somebody.
    pub(super) reaching: Option<usize>,
}

impl Group {
    pub(super) fn attempts(
        &self,
        row: &mut [Value],
        request: &mut Request<'_>,
    ) -> Result<u32, Unfilled> {
        for attempt in 0..request.tries {
            let Some(branch) = self.choose(row, request, attempt) else {
                break;
            };
            let filled = self.attempt(branch, row, request, attempt) && self.holds(row);
            if filled && (attempt >= ATTEMPTS_WHOLE || self.is_whole(row)) {
                return Ok(attempt);
            }
        }
        Err(Unfilled {
            constraints: self.violated(row),
            reaching: request.reaching,
        })
    }

    /// A branch by keyed weight, of those that the fixed columns allow.
    fn choose(&self, row: &[Value], request: &Request<'_>, attempt: u32) -> Option<&Branch> {
        let count = self.branches.len();
        let start = match count {
            0 => return None,
            1 => 0,
            _ => {
                let draw = request.of.key.draw(request.of.row, attempt, PART_BRANCH);
                draw.below(count as u64) as usize
            }
        };
        let rotated = (0..count).map(|step| &self.branches[(start + step) % count]);
        let mut rotated = rotated.into_iter();
        rotated.find(|branch| {
            let mut columns = self.base.columns.iter().zip(&branch.domains);
            columns
                .all(|(&column, domain)| !(request.fixed)(column) || domain.contains(&row[column]))
        })
    }

    fn attempt(
        &self,
        branch: &Branch,
        row: &mut [Value],
        request: &mut Request<'_>,
        attempt: u32,
    ) -> bool {
        for (place, &position) in branch.order.iter().enumerate() {
            let column = self.base.columns[position];
            if (request.fixed)(column) {
                continue;
            }
            let known = |other: usize| {
                (request.fixed)(other)
                    || branch.order[..place]
                        .iter()
                        .any(|&p| self.base.columns[p] == other)
            };
            let domain = self.cut(branch, position, row, (&known, AHEAD));
            if domain.nulls() == Nulls::Required {
                row[column] = Value::Null;
                continue;
            }
            let candidate = (request.natural)(column, &domain, attempt);
            row[column] = match candidate {
                Some(value) if domain.contains(&value) => value,
                _ if domain.is_empty() => return false,
                other => {
                    let part = PART_BRANCH + 1 + position as u32;
                    let draw = request.of.key.draw(request.of.row, attempt, part);
                    let Some(value) = drawn(&domain, other.as_ref(), draw) else {
                        request.reaching = Some(column);
                        return false;
                    };
                    value
                }
            };
        }
        true
    }

    /// The column's domain, narrowed by literals whose other columns hold values.
    fn cut<'b>(
        &self,
        branch: &'b Branch,
        position: usize,
        row: &[Value],
        (known, ahead): (&dyn Fn(usize) -> bool, u32),
    ) -> Cow<'b, Domain> {
        let column = self.base.columns[position];
        let mut domain = Cow::Borrowed(&branch.domains[position]);
        if domain.nulls() == Nulls::Required {
            return domain;
        }
        let scene = Scene {
            row,
            now: self.base.now,
        };
        for atom in &branch.atoms {
            let Some(bound) = atom.bound(column) else {
                continue;
            };
            let mut unknown = atom.columns.iter().copied();
            let mut unknown = unknown
                .by_ref()
                .filter(|&other| other != column && !known(other));
            match (unknown.next(), unknown.next()) {
                (None, _) => {
                    bound.cut(domain.to_mut(), scene);
                }
                (Some(between), None) if ahead > 0 && bound.monotone => {
                    let Some(position) = self.base.position(between) else {
                        continue;
                    };
                    // What the row leaves of the column between says more than its domain did.
                    let left = self.cut(branch, position, row, (known, ahead - 1));
                    if let Cow::Owned(left) = left {
                        self.look_ahead(bound, (between, &left), domain.to_mut(), row);
                    }
                }
                _ => {}
            }
        }
        domain
    }

    /// Narrows by what is left of another column that is filled later.
    fn look_ahead(
        &self,
        bound: &Bound,
        (between, left): (usize, &Domain),
        domain: &mut Domain,
        row: &[Value],
    ) {
        let Some((low, high)) = left.ends().filter(|_| left.nulls() != Nulls::Required) else {
            return;
        };
        let ends = [low, high].map(|end| {
            let mut seen = vec![Value::Null; row.len()];
            for &column in &bound.reads {
                seen[column].clone_from(&row[column]);
            }
            seen[between] = end;
            seen
        });
        let now = self.base.now;
        let scenes = [Scene { row: &ends[0], now }, Scene { row: &ends[1], now }];
        bound.loosest(domain, scenes);
    }

    /// Whether no constraint is false, now and later.
    pub(super) fn holds(&self, row: &[Value]) -> bool {
        self.rules.iter().all(|rule| rule.holds(row, self.base.now))
            && self.composites.iter().all(|whole| whole.is_sound(row))
    }

    fn violated(&self, row: &[Value]) -> Vec<String> {
        let violated = self
            .rules
            .iter()
            .filter(|rule| !rule.holds(row, self.base.now));
        let mut names: Vec<String> = violated.map(|rule| rule.name.clone()).collect();
        if names.is_empty() {
            names = self.rules.iter().map(|rule| rule.name.clone()).collect();
        }
        names
    }
}

/// A member where the natural value is none: the same in another form, or one that is drawn. `None` where
/// that could reach somebody: a text of an automaton may be a number that rings.
fn drawn(domain: &Domain, natural: Option<&Value>, draw: Draw) -> Option<Value> {
    let told = match natural {
        Some(Value::Text(text)) if domain.is_text() => Some(text.as_str()),
        Some(_) => None,
        // Rows on trial are nobody's.
        None => return Some(domain.sample(draw)),
    };
    let member = |texts: Vec<String>| {
        let mut values = texts.into_iter().map(Value::Text);
        values.find(|value| domain.contains(value))
    };
    if let Some(value) = told.map(reserved::forms).and_then(member) {
        return Some(value);
    }
    let sample = domain.sample(draw);
    let text = match &sample {
        Value::Text(text) if domain.is_text() => text,
        _ => return Some(sample),
    };
    match reserved::reaches(text, told.and_then(reserved::kind)) {
        Some(reach) => member(reserved::spares(reach, draw)),
        None => Some(sample),
    }
}

impl super::Rule {
    fn holds(&self, row: &[Value], now: i64) -> bool {
        let at = |now| {
            let scene = Scene { row, now };
            matches!(scene.truth(&self.node), Ok(Some(true) | None))
        };
        at(now) && (!self.reads_clock || at(now + LATER))
    }
}
