//! Two columns that a constraint orders, both different in every row: one is the other some steps
//! further on.
//!
//! The axis is cut into blocks of equal width. A value keeps its block and changes its place within it
//! by a keyed permutation, and all of that moves by the same distance. So no two values meet, each
//! follows from the other column's value alone, and how far apart they are differs from row to row.

use super::super::domain::{Axis, Domain, Nulls};
use super::super::eval::Scene;
use super::super::node::Op;
use super::Group;
use super::branch::Branch;
use crate::key::{Key, Permutation};
use crate::value::Value;

/// The rank of a value beside the first two at which an expression is tried.
const PROBE: u64 = 100;

/// How far a column is from another.
#[derive(Debug, Clone)]
pub struct Shift {
    /// What the other column may hold so that the result is within bounds.
    from: Domain,
    to: Domain,
    key: Key,
    /// The distance that every value moves.
    distance: i128,
    /// Steps of the axis that stay together.
    step: i128,
    /// Places of a block.
    width: i128,
    ordered: bool,
}

/// The least and the greatest distance.
type Bounds = (Option<i128>, Option<i128>);

/// Whether a literal bounds the distance, beside what it may be.
type Distances = (bool, Vec<Bounds>);

impl Group {
    /// Ways to make `to` of `from`, those first that have more distances to choose from. Whether one
    /// satisfies everything is to be tried.
    pub fn shifts(&self, from: usize, to: usize, key: Key) -> Vec<Shift> {
        let (Some(a), Some(b)) = (self.base.position(from), self.base.position(to)) else {
            return Vec::new();
        };
        let mut found: Vec<Shift> = Vec::new();
        for branch in &self.branches {
            let (own, other) = (&branch.domains[a], &branch.domains[b]);
            let required = |domain: &Domain| domain.nulls() == Nulls::Required;
            let axis = own.axis().filter(|axis| other.axis() == Some(*axis));
            let Some(axis) = axis.filter(|_| !required(own) && !required(other)) else {
                continue;
            };
            let (ordered, distances) = self.distances(branch, (from, to), axis.least());
            for bounds in distances {
                for width in [axis.reach, 1] {
                    let shift = Shift::within(bounds, (axis, width), (own, other), key);
                    found.extend(shift.map(|shift| Shift { ordered, ..shift }));
                }
            }
        }
        found.sort_by_key(|shift| std::cmp::Reverse(shift.width));
        found
    }

    /// Bounds of the distance between two columns, as the literals over both of them say; both
    /// directions where there are none.
    fn distances(&self, branch: &Branch, (from, to): (usize, usize), step: i128) -> Distances {
        let mut both = [from, to];
        both.sort_unstable();
        let (mut least, mut most) = (None, None);
        let mut apart = false;
        for atom in branch.atoms.iter().filter(|atom| atom.columns == both) {
            let Some(bound) = atom.bound(to) else {
                return (false, Vec::new());
            };
            let Some(distance) = self.distance(branch, from, (to, bound)) else {
                return (false, Vec::new());
            };
            let (lower, upper) = match bound.op {
                Op::Eq => (Some(distance), Some(distance)),
                Op::Ge => (Some(distance), None),
                Op::Gt => (Some(distance + step), None),
                Op::Le => (None, Some(distance)),
                Op::Lt => (None, Some(distance - step)),
                Op::Ne => {
                    apart = true;
                    (None, None)
                }
            };
            least = least.max(lower);
            most = match (most, upper) {
                (Some(a), Some(b)) => Some(std::cmp::min::<i128>(a, b)),
                (a, b) => a.or(b),
            };
        }
        let ordered = least.is_some() || most.is_some();
        let bounds = match (least, most) {
            (None, None) => vec![(Some(step), None), (None, Some(-step))],
            (Some(0), _) if apart => vec![(Some(step), most)],
            (_, Some(0)) if apart => vec![(least, Some(-step))],
            bounds => vec![bounds],
        };
        (ordered, bounds)
    }

    /// The distance that a bound's expression keeps from the column it is made of.
    fn distance(
        &self,
        branch: &Branch,
        from: usize,
        (to, bound): (usize, &super::atom::Bound),
    ) -> Option<i128> {
        let (a, b) = (self.base.position(from)?, self.base.position(to)?);
        let (own, other) = (&branch.domains[a], &branch.domains[b]);
        let mut row = vec![Value::Null; self.width];
        let mut known = None;
        for rank in [0, 1, PROBE].map(|rank: u64| rank.min(own.size().saturating_sub(1))) {
            let value = own.unrank(rank);
            let at = own.place(&value)?;
            row[from] = value;
            let now = self.base.now;
            let scene = Scene { row: &row, now };
            let there = scene.value(&bound.expression).ok()?;
            let distance = other.place(&there)?.checked_sub(at)?;
            if *known.get_or_insert(distance) != distance {
                return None;
            }
        }
        known
    }
}

impl Shift {
    /// The shift between these bounds; `None` where no value is left.
    fn within(
        bounds: Bounds,
        (axis, width): (Axis, i128),
        (own, other): (&Domain, &Domain),
        key: Key,
    ) -> Option<Self> {
        // A distance is a whole number of points, and steps are taken within that.
        let (least, most) = (
            bounds.0.map(|least| up(least, axis.least())),
            bounds.1.map(|most| -up(-most, axis.least())),
        );
        let (step, room) = match (least, most) {
            (Some(least), Some(most)) if most < least => return None,
            (Some(least), Some(most)) if most - least < 2 * axis.step => {
                (axis.least(), (most - least) / (2 * axis.least()) + 1)
            }
            (Some(least), Some(most)) => (axis.step, (most - least) / (2 * axis.step) + 1),
            _ => (axis.step, width),
        };
        let width = width.min(room);
        let reach = step * (width - 1);
        let distance = match (least, most) {
            (Some(least), _) => least + reach,
            (None, Some(most)) => most - reach,
            (None, None) => return None,
        };
        let mut from = own.clone();
        from.reach(other, (distance - reach, distance + reach))?;
        Some(Self {
            from,
            to: other.clone(),
            key,
            distance,
            step,
            width,
            ordered: false,
        })
    }

    /// Whether a constraint orders the two columns, beyond forbidding that they are equal.
    pub fn is_ordered(&self) -> bool {
        self.ordered
    }

    /// What the other column may hold.
    pub fn from(&self) -> &Domain {
        &self.from
    }

    /// The value for a value of the other column; no two of these give the same.
    pub fn apply(&self, value: &Value) -> Option<Value> {
        let at = self.from.place(value)?;
        let (place, rest) = (at.div_euclid(self.step), at.rem_euclid(self.step));
        let (block, within) = (place.div_euclid(self.width), place.rem_euclid(self.width));
        let moved = match self.width {
            1 => within,
            width => {
                let key = self.key.part(&block.to_string());
                let order = Permutation::new(key, width as u64);
                i128::from(order.apply(within as u64))
            }
        };
        let place = block * self.width + moved;
        self.to.at_place(place * self.step + rest + self.distance)
    }
}

/// The least multiple of `step` that is not below a distance.
fn up(distance: i128, step: i128) -> i128 {
    -(-distance).div_euclid(step) * step
}
