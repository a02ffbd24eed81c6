//! Composites as elements of arrays: a domain for each field.

use crate::check::node::{Function, Node};
use crate::key::Draw;
use crate::value::{Type, Value};

use super::{Domain, Nulls, Shape};

/// Ranks beyond this are not told apart.
const SIZE_MAX: u64 = 1 << 62;

/// A composite: its fields.
#[derive(Debug, Clone)]
pub(in crate::check) struct RecordShape {
    fields: Vec<Domain>,
}

impl RecordShape {
    pub(super) fn new(fields: &[(String, Type)], scale: u32, now: i64) -> Self {
        let fields = fields.iter().map(|(_, data_type)| {
            let mut domain = Domain::of(data_type, scale, now);
            if data_type.refuses_null() {
                domain.set_nulls(Nulls::Forbidden);
            }
            domain
        });
        Self {
            fields: fields.collect(),
        }
    }

    pub(super) fn contains(&self, value: &Value) -> bool {
        match value {
            Value::Record(values) if values.len() == self.fields.len() => {
                let mut each = self.fields.iter().zip(values);
                each.all(|(field, value)| field.contains(value))
            }
            _ => false,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        let empty = |field: &Domain| field.nulls() != Nulls::Required && field.is_empty();
        self.fields.iter().any(empty)
    }

    pub(super) fn prepare(&mut self) -> bool {
        self.fields.iter_mut().all(Domain::prepare)
    }

    pub(super) fn size(&self) -> u64 {
        let product = |size: u64, field: &Domain| size.saturating_mul(field.size().max(1));
        self.fields.iter().fold(1, product).min(SIZE_MAX)
    }

    pub(super) fn unrank(&self, rank: u64) -> Value {
        let mut rest = rank;
        let each = self.fields.iter().map(|field| {
            let size = field.size();
            if size == 0 {
                return Value::Null;
            }
            let value = field.unrank(rest % size);
            rest /= size;
            value
        });
        Value::Record(each.collect())
    }

    pub(super) fn sample(&self, draw: Draw) -> Value {
        let mut draw = draw;
        let each = self.fields.iter().map(|field| {
            draw = draw.next();
            field.sample(draw)
        });
        Value::Record(each.collect())
    }
}

impl Domain {
    /// The domain of the one field that a literal over column 0 reads, and the literal over that field.
    pub(in crate::check) fn field_mut(&mut self, literal: &Node) -> Option<(&mut Self, Node)> {
        let Shape::Record(record) = self.shape_mut() else {
            return None;
        };
        let mut literal = literal.clone();
        let mut read = None;
        over_field(&mut literal, &mut read).then_some(())?;
        Some((record.fields.get_mut(read?)?, literal))
    }
}

/// Makes what a literal reads of one field what it reads of column 0; false where it reads more.
fn over_field(node: &mut Node, read: &mut Option<usize>) -> bool {
    if let Node::Call(Function::Part(field), whole) = node
        && matches!(whole[..], [Node::Column(_)])
    {
        let field = *field;
        *node = Node::Column(0);
        return *read.get_or_insert(field) == field;
    }
    !matches!(node, Node::Column(_))
        && node
            .children_mut()
            .into_iter()
            .all(|child| over_field(child, read))
}
