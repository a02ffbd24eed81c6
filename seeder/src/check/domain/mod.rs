//! What one column may hold: a set of values that can be asked, counted, ranked and drawn from.

mod grid;
mod nested;
mod plain;
mod record;
mod text;

use std::sync::Arc;

use crate::key::Draw;
use crate::value::{Type, Value};

use super::eval::{Scene, order::order};
use super::node::{Node, Op};
use super::pattern::Pattern;

use grid::Grid;
use text::Text;

use plain::BytesShape;
use record::RecordShape;

pub(super) use grid::Axis;
pub(super) use nested::{ArrayShape, JsonShape, RangeShape};

/// Draws until a sample passes what the shape does not capture.
const DRAWS_MAX: u32 = 64;
/// Sets up to this size are listed and filtered instead of drawn from.
const LISTED_MAX: u64 = 4_096;

/// Whether NULL is a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nulls {
    /// NULL is as good as any other member.
    Allowed,
    /// NULL is no member.
    Forbidden,
    /// NULL is the only member.
    Required,
}

/// The values that a column may hold.
#[derive(Debug, Clone)]
pub struct Domain {
    nulls: Nulls,
    shape: Shape,
    /// What the shape does not capture: conditions over column 0, not false for a member.
    filters: Vec<Arc<Node>>,
    /// Whether members may have been left out that satisfy everything as well.
    partial: bool,
    now: i64,
}

#[derive(Debug, Clone)]
pub(super) enum Shape {
    Set(Vec<Value>),
    Grid(Grid),
    Text(Text),
    Json(JsonShape),
    Array(ArrayShape),
    Range(RangeShape),
    Bytes(BytesShape),
    Record(RecordShape),
    /// Everything of a type that has no structure here.
    Plain(Type),
}

impl Domain {
    /// All values of a type, its modifiers obeyed and its domains' CHECKs not yet; `scale` digits
    /// behind the point are needed to meet constants.
    pub(super) fn of(data_type: &Type, scale: u32, now: i64) -> Self {
        let shape = match data_type.base() {
            Type::Bool => Shape::Set(vec![Value::Bool(true), Value::Bool(false)]),
            Type::Enum(labels) => Shape::Set(labels.iter().cloned().map(Value::Text).collect()),
            Type::Text { max, .. } => Shape::Text(Text::new(max.map(|max| max as usize))),
            Type::Json { .. } => Shape::Json(JsonShape::default()),
            Type::Array(element) => Shape::Array(ArrayShape::new(Self::of(element, scale, now))),
            Type::Range(element) => Shape::Range(RangeShape::new(Self::of(element, scale, now))),
            Type::Multirange(element) => {
                Shape::Range(RangeShape::new(Self::of(element, scale, now)).several())
            }
            Type::Bytes => Shape::Bytes(BytesShape::default()),
            Type::Record(fields) => Shape::Record(RecordShape::new(fields, scale, now)),
            other => match Grid::of(other, scale) {
                Some(grid) => Shape::Grid(grid),
                None => Shape::Plain(other.clone()),
            },
        };
        Self {
            nulls: Nulls::Allowed,
            shape,
            filters: Vec::new(),
            partial: false,
            now,
        }
    }

    /// Whether NULL is a member.
    pub fn nulls(&self) -> Nulls {
        self.nulls
    }

    /// Whether a value is a member.
    #[inline]
    pub fn contains(&self, value: &Value) -> bool {
        if value.is_null() {
            return self.nulls != Nulls::Forbidden;
        }
        self.nulls != Nulls::Required && self.holds(value) && self.passes(value)
    }

    fn holds(&self, value: &Value) -> bool {
        match &self.shape {
            Shape::Set(values) => values.iter().any(|own| same(own, value)),
            Shape::Grid(grid) => grid.contains(value),
            Shape::Text(text) => matches!(value, Value::Text(value) if text.contains(value)),
            Shape::Json(_) => matches!(value, Value::Text(_)),
            Shape::Array(array) => array.contains(value),
            Shape::Range(range) => range.contains(value),
            Shape::Bytes(bytes) => bytes.contains(value),
            Shape::Record(record) => record.contains(value),
            Shape::Plain(_) => true,
        }
    }

    fn passes(&self, value: &Value) -> bool {
        if self.filters.is_empty() {
            return true;
        }
        let row = std::slice::from_ref(value);
        let scene = Scene { row, now: self.now };
        let passes = |filter: &Arc<Node>| matches!(scene.truth(filter), Ok(Some(true) | None));
        self.filters.iter().all(passes)
    }

    /// How many values `unrank` tells apart, at most 2⁶⁴ − 1; NULL is not counted.
    pub fn size(&self) -> u64 {
        match (&self.shape, self.nulls) {
            (_, Nulls::Required) => 0,
            (Shape::Set(values), _) => values.len() as u64,
            (Shape::Grid(grid), _) => grid.size(),
            (Shape::Text(text), _) => text.size(),
            (Shape::Json(json), _) => json.size(),
            (Shape::Array(array), _) => array.size(),
            (Shape::Range(range), _) => range.size(),
            (Shape::Bytes(bytes), _) => bytes.size(),
            (Shape::Record(record), _) => record.size(),
            (Shape::Plain(data_type), _) => plain::size(data_type),
        }
    }

    /// Whether every value of `unrank` is a member for certain.
    pub fn exact(&self) -> bool {
        self.filters.is_empty()
    }

    /// The value of a rank below `size`: no two ranks have the same.
    pub fn unrank(&self, rank: u64) -> Value {
        match &self.shape {
            _ if self.nulls == Nulls::Required => Value::Null,
            Shape::Set(values) => values.get(rank as usize).cloned().unwrap_or(Value::Null),
            Shape::Grid(grid) => grid.unrank(rank),
            Shape::Text(text) => Value::Text(text.unrank(rank)),
            Shape::Json(json) => json.unrank(rank),
            Shape::Array(array) => array.unrank(rank),
            Shape::Range(range) => range.unrank(rank),
            Shape::Bytes(bytes) => bytes.unrank(rank),
            Shape::Record(record) => record.unrank(rank),
            Shape::Plain(data_type) => plain::unrank(data_type, rank),
        }
    }

    /// A believable member; NULL only where nothing else is one.
    pub fn sample(&self, draw: Draw) -> Value {
        if self.nulls == Nulls::Required {
            return Value::Null;
        }
        let mut draw = draw;
        let mut value = self.draw(draw);
        let mut draws = 1;
        while !self.filters.is_empty() && !self.passes(&value) && draws < DRAWS_MAX {
            draw = draw.next();
            value = self.draw(draw);
            draws += 1;
        }
        value
    }

    fn draw(&self, draw: Draw) -> Value {
        match &self.shape {
            Shape::Set(values) if values.is_empty() => Value::Null,
            Shape::Set(values) => values[draw.below(values.len() as u64) as usize].clone(),
            Shape::Grid(grid) => grid.sample(draw),
            Shape::Text(text) => Value::Text(text.sample(draw)),
            Shape::Json(json) => json.sample(draw),
            Shape::Array(array) => array.sample(draw),
            Shape::Range(range) => range.sample(draw),
            Shape::Bytes(bytes) => bytes.sample(draw),
            Shape::Record(record) => record.sample(draw),
            Shape::Plain(data_type) => plain::sample(data_type, draw),
        }
    }

    /// Whether no value but NULL is a member.
    pub(super) fn is_empty(&self) -> bool {
        match &self.shape {
            Shape::Set(values) => values.is_empty(),
            Shape::Grid(grid) => grid.is_empty(),
            Shape::Text(text) => text.is_empty(),
            Shape::Json(json) => json.is_empty(),
            Shape::Array(array) => array.is_empty(),
            Shape::Bytes(bytes) => bytes.is_empty(),
            Shape::Record(record) => record.is_empty(),
            Shape::Range(_) | Shape::Plain(_) => false,
        }
    }

    /// Lists small sets through their filters and builds automata; false where that is too much.
    pub(super) fn prepare(&mut self) -> bool {
        if let Shape::Grid(grid) = &self.shape
            && !self.filters.is_empty()
            && grid.size() <= LISTED_MAX
        {
            let size = grid.size();
            self.shape = Shape::Set((0..size).map(|rank| grid.unrank(rank)).collect());
        }
        if let Shape::Set(values) = &mut self.shape
            && !self.filters.is_empty()
        {
            let mut all = std::mem::take(values);
            all.retain(|value| self.passes(value));
            self.shape = Shape::Set(all);
            self.filters.clear();
        }
        match &mut self.shape {
            Shape::Text(text) => text.prepare(),
            Shape::Array(array) => array.element.prepare(),
            Shape::Json(json) => json.prepare(),
            Shape::Range(range) => range.element.prepare(),
            Shape::Record(record) => record.prepare(),
            _ => true,
        }
    }
}

/// How a condition narrows a domain. A member satisfies the condition with a definite truth.
impl Domain {
    /// The moment that `now()` is for it.
    pub(super) fn now(&self) -> i64 {
        self.now
    }

    pub(super) fn shape_mut(&mut self) -> &mut Shape {
        &mut self.shape
    }

    pub(super) fn text_mut(&mut self) -> Option<&mut Text> {
        match &mut self.shape {
            Shape::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Whether its members are texts made letter by letter; those that a schema lists are its own.
    pub(crate) fn is_text(&self) -> bool {
        matches!(self.shape, Shape::Text(_))
    }

    /// Forbids NULL, or requires it; false where the opposite was required before.
    pub(super) fn set_nulls(&mut self, nulls: Nulls) -> bool {
        let conflict = self.nulls != Nulls::Allowed && self.nulls != nulls;
        self.nulls = nulls;
        !conflict
    }

    /// Notes that what was kept is not all that could have been.
    pub(super) fn set_partial(&mut self) {
        self.partial = true;
    }

    /// Whether being empty proves nothing.
    pub(super) fn is_partial(&self) -> bool {
        self.partial
    }

    /// Adds a condition over column 0 that the shape does not capture.
    pub(super) fn filter(&mut self, condition: Node) {
        self.filters.push(Arc::new(condition));
        self.partial = true;
    }

    /// Keeps what compares so with a value; false where that is not captured.
    pub(super) fn compare(&mut self, op: Op, value: &Value) -> bool {
        match (&mut self.shape, op) {
            (Shape::Set(values), op) => {
                values.retain(|own| order(own, value).is_some_and(|order| op.accepts(order)));
                true
            }
            (Shape::Grid(grid), Op::Eq) if !grid.contains(value) => {
                // A value off the grid may be a member of the type all the same.
                if grid.compare(op, value) && grid.is_empty() {
                    self.shape = Shape::Set(Vec::new());
                }
                true
            }
            (Shape::Grid(grid), op) => grid.compare(op, value),
            (_, Op::Eq) => {
                if self.holds(value) {
                    self.shape = Shape::Set(vec![value.clone()]);
                } else {
                    self.shape = Shape::Set(Vec::new());
                }
                true
            }
            (Shape::Text(text), Op::Ne) => {
                let Value::Text(excluded) = value else {
                    return false;
                };
                let pattern = Pattern::like(&escaped(excluded), Some('\\'), false);
                pattern.is_ok_and(|pattern| {
                    text.require(Arc::new(pattern.negation()));
                    true
                })
            }
            _ => false,
        }
    }

    /// Keeps the members of a list.
    pub(super) fn among(&mut self, values: &[Value]) {
        let mut kept: Vec<Value> = Vec::new();
        for value in values {
            if !value.is_null() && self.holds(value) && !kept.iter().any(|own| same(own, value)) {
                kept.push(value.clone());
            }
        }
        self.shape = Shape::Set(kept);
    }

    pub(super) fn congruent(&mut self, modulus: &Value, remainder: &Value) -> bool {
        match &mut self.shape {
            Shape::Grid(grid) => grid.congruent(modulus, remainder),
            _ => false,
        }
    }

    pub(super) fn rounded(&mut self, scale: u32) -> bool {
        match &mut self.shape {
            Shape::Grid(grid) => grid.rounded(scale),
            _ => false,
        }
    }

    pub(super) fn anchor(&mut self, value: &Value) {
        if let Shape::Grid(grid) = &mut self.shape {
            grid.anchor(value);
        }
    }

    /// Adds the members of another domain of the same column; false where that is not captured.
    pub(super) fn unite(&mut self, other: &Self) -> bool {
        if self.nulls != other.nulls || !self.filters.is_empty() || !other.filters.is_empty() {
            return false;
        }
        match (&mut self.shape, &other.shape) {
            (Shape::Grid(own), Shape::Grid(other)) => own.unite(other),
            (Shape::Set(own), Shape::Set(other)) => {
                for value in other {
                    if !own.iter().any(|member| same(member, value)) {
                        own.push(value.clone());
                    }
                }
                true
            }
            _ => false,
        }
    }

    /// The members that are believable, where they are enough for any table; else all of them.
    #[must_use]
    pub fn believable(mut self) -> Self {
        if let Shape::Grid(grid) = &mut self.shape {
            grid.believable();
        }
        self
    }

    /// The axis that its members are points of, where there is one.
    pub(super) fn axis(&self) -> Option<Axis> {
        match &self.shape {
            Shape::Grid(grid) => grid.axis(),
            _ => None,
        }
    }

    /// The place of a value on its axis.
    pub(super) fn place(&self, value: &Value) -> Option<i128> {
        match &self.shape {
            Shape::Grid(grid) => grid.place(value),
            _ => None,
        }
    }

    /// The member at a place of the axis.
    pub(super) fn at_place(&self, place: i128) -> Option<Value> {
        match &self.shape {
            Shape::Grid(grid) => grid.at_place(place),
            _ => None,
        }
    }

    /// Keeps what is a member of another domain after every move between two distances; `None` where
    /// that is nothing or not known.
    pub(super) fn reach(&mut self, other: &Self, distances: (i128, i128)) -> Option<()> {
        match (&mut self.shape, &other.shape) {
            (Shape::Grid(own), Shape::Grid(other)) => own.reach(other, distances),
            _ => None,
        }
    }

    /// The least and the greatest member of an ordered set; `None` for what has no order here.
    pub fn ends(&self) -> Option<(Value, Value)> {
        match &self.shape {
            Shape::Grid(grid) => grid.ends(),
            _ => None,
        }
    }
}

fn same(left: &Value, right: &Value) -> bool {
    left == right || order(left, right).is_some_and(std::cmp::Ordering::is_eq)
}

/// A text as the LIKE pattern of itself.
fn escaped(text: &str) -> String {
    let mut pattern = String::new();
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern
}
