//! Goals about the parts of arrays, documents and ranges.

use super::text::{TEXT, length_bounds};
use super::{Function, Goal, Node, Op, apply, fixed};
use crate::check::domain::{Domain, JsonShape, Nulls, Shape};
use crate::value::Value;

pub(super) fn array_length(domain: &mut Domain, inner: &Node, goal: &Goal) -> bool {
    if let (Goal::Null(null), Shape::Array(array)) = (goal, domain.shape_mut()) {
        match null {
            true => array.max = Some(0),
            false => array.min = array.min.max(1),
        }
        return true;
    }
    let Some((min, max)) = length_bounds(goal) else {
        return false;
    };
    match (inner, domain.shape_mut()) {
        (Node::Column(_), Shape::Array(array)) => {
            array.min = array.min.max(min);
            array.max = match (array.max, max) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            };
            true
        }
        _ => false,
    }
}

pub(super) fn has_elements(domain: &mut Domain, array: &Node, values: &[Value]) -> bool {
    match (array, domain.shape_mut()) {
        (Node::Column(_), Shape::Array(array)) => {
            array.required.extend(values.iter().cloned());
            true
        }
        _ => false,
    }
}

/// The shape of the document that an expression is, a member of it where `key` says so.
pub(super) fn json_at<'d>(
    domain: &'d mut Domain,
    node: &Node,
    key: Option<&Node>,
) -> Option<&'d mut JsonShape> {
    let key = match key.map(|key| fixed(domain, key)) {
        None => None,
        Some(Some(Value::Text(key))) => Some(key),
        Some(_) => return None,
    };
    let shape = match node {
        Node::Column(_) => match domain.shape_mut() {
            Shape::Json(shape) => shape,
            _ => return None,
        },
        Node::Call(Function::JsonField, arguments) => {
            json_at(domain, &arguments[0], arguments.get(1))?
        }
        _ => return None,
    };
    match key {
        None => Some(shape),
        Some(key) => {
            shape.narrow_kinds(|kind| kind == "object");
            Some(shape.members.entry(key).or_default())
        }
    }
}

pub(super) fn json_type(domain: &mut Domain, inner: &Node, goal: &Goal) -> bool {
    let Some(shape) = json_at(domain, inner, None) else {
        return false;
    };
    let among = |values: &[Value], kind: &str| {
        values
            .iter()
            .any(|value| matches!(value, Value::Text(text) if text == kind))
    };
    match goal {
        Goal::Compare(op @ (Op::Eq | Op::Ne), Value::Text(wanted)) => {
            shape.narrow_kinds(|kind| (kind == wanted) == (*op == Op::Eq));
        }
        Goal::Among(values) => shape.narrow_kinds(|kind| among(values, kind)),
        _ => {}
    }
    false
}

/// `->>` and `->`: what a member is.
pub(super) fn json_value(domain: &mut Domain, arguments: &[Node], goal: &Goal) -> bool {
    if let Goal::Null(true) = goal {
        if let (Some(Value::Text(key)), Some(shape)) = (
            fixed(domain, &arguments[1]),
            json_at(domain, &arguments[0], None),
        ) {
            shape.absent.push(key);
        }
        return false;
    }
    let now = domain.now();
    let Some(member) = json_at(domain, &arguments[0], arguments.get(1)) else {
        return false;
    };
    if !matches!(goal, Goal::Null(false)) {
        let scalar = member
            .scalar
            .get_or_insert_with(|| Box::new(Domain::of(&TEXT, 0, now)));
        apply(scalar, goal);
    }
    false
}

/// `lower(range)` and `upper(range)`.
pub(super) fn range_bound(domain: &mut Domain, upper: bool, goal: &Goal) -> bool {
    let Shape::Range(range) = domain.shape_mut() else {
        return false;
    };
    match goal {
        Goal::Null(null) => {
            let nulls = if *null {
                Nulls::Required
            } else {
                Nulls::Forbidden
            };
            range.filled = true;
            if upper {
                range.upper = nulls;
            } else {
                range.lower = nulls;
            }
            true
        }
        goal => {
            let slot = if upper {
                &mut range.to
            } else {
                &mut range.from
            };
            let bound = slot.get_or_insert_with(|| range.element.clone());
            apply(bound, goal);
            range.filled = true;
            false
        }
    }
}

pub(super) fn bound_nulls(domain: &mut Domain, upper: bool, nulls: Nulls) -> bool {
    match domain.shape_mut() {
        Shape::Range(range) => {
            range.filled = true;
            if upper {
                range.upper = nulls;
            } else {
                range.lower = nulls;
            }
            true
        }
        _ => false,
    }
}
