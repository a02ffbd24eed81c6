//! How a literal over one column narrows that column's domain.
//!
//! Every narrowing is sound: what is left satisfies the literal with a definite truth. It need not be
//! complete. A literal whose form is not known becomes a filter, so that candidates are still tried.

mod nested;
mod number;
mod text;

use std::sync::Arc;

use crate::check::domain::{Domain, Nulls, Shape};
use crate::check::eval::{Json, Scene};
use crate::check::node::{Arithmetic, Field, Function, Node, Op};
use crate::check::pattern::Pattern;
use crate::value::Value;

use nested::{
    array_length, bound_nulls, has_elements, json_at, json_type, json_value, range_bound,
};
use number::{through_arithmetic, through_cast, whole_minutes, whole_units, within_unit, year};
use text::{any_case, cased, length_bounds, position, prefix, require, text_length, trimmed};

/// What an expression shall be.
#[derive(Debug, Clone)]
enum Goal {
    Compare(Op, Value),
    Among(Vec<Value>),
    Match(Arc<Pattern>),
    Null(bool),
}

/// Narrows by a literal over column 0; false where NULL is both required and forbidden.
pub(in crate::check) fn narrow(domain: &mut Domain, literal: &Node) -> bool {
    if let Some((field, literal)) = domain.field_mut(literal) {
        return narrow(field, &literal);
    }
    match literal {
        Node::IsNull(inner) if matches!(**inner, Node::Column(_)) => {
            return domain.set_nulls(Nulls::Required);
        }
        Node::Not(inner) => {
            if let Node::IsNull(tested) = &**inner
                && matches!(**tested, Node::Column(_))
            {
                return domain.set_nulls(Nulls::Forbidden);
            }
        }
        _ => {}
    }
    if !captured(domain, literal) {
        domain.filter(literal.clone());
    }
    true
}

/// Whether the domain's shape holds the literal now.
pub(in crate::check) fn captured(domain: &mut Domain, literal: &Node) -> bool {
    match literal {
        Node::Column(_) => domain.compare(Op::Eq, &Value::Bool(true)),
        Node::Not(inner) => match &**inner {
            Node::Column(_) => domain.compare(Op::Eq, &Value::Bool(false)),
            Node::IsNull(tested) => reach(domain, tested, &Goal::Null(false)),
            Node::Call(function, arguments) => refused(domain, function, arguments),
            _ => false,
        },
        Node::IsNull(tested) => reach(domain, tested, &Goal::Null(true)),
        Node::Compare(op, left, right) => match (fixed(domain, left), fixed(domain, right)) {
            (None, Some(value)) => reach(domain, left, &Goal::Compare(*op, value)),
            (Some(value), None) => reach(domain, right, &Goal::Compare(op.mirrored(), value)),
            _ => itself(domain, *op, left, right),
        },
        Node::Distinct(left, right) => match fixed(domain, right) {
            Some(value) => reach(domain, left, &Goal::Compare(Op::Ne, value)),
            None => false,
        },
        Node::Any(Op::Eq, left, array) => match (fixed(domain, array), fixed(domain, left)) {
            (Some(Value::Array(values)), _) => reach(domain, left, &Goal::Among(values)),
            (_, Some(value)) => has_elements(domain, array, &[value]),
            _ => false,
        },
        Node::All(Op::Ne, left, array) => match fixed(domain, array) {
            Some(Value::Array(values)) => values
                .into_iter()
                .all(|value| reach(domain, left, &Goal::Compare(Op::Ne, value))),
            _ => false,
        },
        // `5 >= ALL (array)`: every element is at most 5.
        Node::All(op, left, array) if matches!(**array, Node::Column(_)) => {
            let Some(value) = fixed(domain, left) else {
                return false;
            };
            match domain.shape_mut() {
                Shape::Array(array) => array.element.compare(op.mirrored(), &value),
                _ => false,
            }
        }
        Node::Match(text, pattern) => reach(domain, text, &Goal::Match(Arc::clone(pattern))),
        Node::Each(array, condition) => match (&**array, domain.shape_mut()) {
            (Node::Column(_), Shape::Array(array)) => narrow(&mut array.element, condition),
            _ => false,
        },
        Node::Or(all) => united(domain, all),
        Node::And(all) => all.iter().all(|part| captured(domain, part)),
        Node::Call(function, arguments) => called(domain, function, arguments),
        _ => false,
    }
}

/// The value of an expression without columns; the clock is the domain's.
fn fixed(domain: &Domain, node: &Node) -> Option<Value> {
    if !node.columns().is_empty() {
        return None;
    }
    let scene = Scene {
        row: &[],
        now: domain.now(),
    };
    scene.value(node).ok().map(std::borrow::Cow::into_owned)
}

fn united(domain: &mut Domain, all: &[Node]) -> bool {
    let mut union: Option<Domain> = None;
    for alternative in all {
        let mut narrowed = domain.clone();
        if !captured(&mut narrowed, alternative) {
            return false;
        }
        match &mut union {
            None => union = Some(narrowed),
            Some(union) => {
                if !union.unite(&narrowed) {
                    return false;
                }
            }
        }
    }
    match union {
        Some(union) => {
            *domain = union;
            true
        }
        None => false,
    }
}

/// Brings a goal about an expression down to the column in it.
fn reach(domain: &mut Domain, node: &Node, goal: &Goal) -> bool {
    if let Goal::Compare(_, Value::Null) = goal {
        return false;
    }
    match node {
        Node::Column(_) => apply(domain, goal),
        Node::Cast(inner, to) => through_cast(domain, inner, to, goal),
        Node::Negate(inner) => match goal {
            Goal::Compare(op, value) => {
                let zero = Node::Const(Value::Int(0));
                let value = Node::Arithmetic(
                    Arithmetic::Subtract,
                    Box::new(zero),
                    Box::new(Node::Const(value.clone())),
                    None,
                );
                match fixed(domain, &value) {
                    Some(value) => reach(domain, inner, &Goal::Compare(op.mirrored(), value)),
                    None => false,
                }
            }
            _ => false,
        },
        Node::Arithmetic(op, left, right, _) => {
            through_arithmetic(domain, *op, (left, right), goal)
        }
        Node::Call(function, arguments) => through_call(domain, function, arguments, goal),
        _ => false,
    }
}

fn apply(domain: &mut Domain, goal: &Goal) -> bool {
    match goal {
        Goal::Compare(op, value) => domain.compare(*op, value),
        Goal::Among(values) => {
            domain.among(values);
            true
        }
        Goal::Match(pattern) => match domain.text_mut() {
            Some(text) => {
                text.require(Arc::clone(pattern));
                // Texts are made of ASCII.
                if !pattern.is_ascii() {
                    domain.set_partial();
                }
                true
            }
            None => false,
        },
        Goal::Null(true) => domain.set_nulls(Nulls::Required),
        Goal::Null(false) => domain.set_nulls(Nulls::Forbidden),
    }
}

fn through_call(domain: &mut Domain, function: &Function, arguments: &[Node], goal: &Goal) -> bool {
    let inner = &arguments[0];
    match function {
        Function::CharLength | Function::OctetLength => {
            text_length(domain, inner, goal, *function == Function::OctetLength)
        }
        Function::Cardinality | Function::ArrayLength => array_length(domain, inner, goal),
        Function::Lower | Function::Upper => {
            let lower = *function == Function::Lower;
            if any_case(domain, lower, inner, goal) {
                return false;
            }
            cased(domain, lower);
            reach(domain, inner, goal);
            false
        }
        // What has no blanks at its ends is what it is without them.
        Function::Trim { .. } | Function::Unpad | Function::Pad(_) => {
            trimmed(domain);
            reach(domain, inner, goal);
            false
        }
        Function::JsonTypeof => json_type(domain, inner, goal),
        Function::JsonArrayLength => {
            let Some((min, max)) = length_bounds(goal) else {
                return false;
            };
            if let Some(shape) = json_at(domain, inner, None) {
                shape.narrow_kinds(|kind| kind == "array");
                shape.min = shape.min.max(min);
                shape.max = max.or(shape.max);
            }
            false
        }
        Function::JsonText | Function::JsonField => json_value(domain, arguments, goal),
        Function::Lowest | Function::Highest => {
            range_bound(domain, *function == Function::Highest, goal)
        }
        Function::Extract(Field::Year, _) => year(domain, inner, goal),
        Function::Extract(Field::Second, _) => whole_minutes(domain, inner, goal),
        Function::Truncated(field) => {
            within_unit(domain, *field, inner, goal);
            false
        }
        Function::Left | Function::Right | Function::Substring => {
            prefix(domain, function, arguments, goal)
        }
        Function::Position => position(domain, arguments, goal),
        Function::NullPosition => {
            if let (Goal::Null(true), Shape::Array(array)) = (goal, domain.shape_mut()) {
                return array.element.set_nulls(Nulls::Forbidden);
            }
            false
        }
        _ => false,
    }
}

/// A function that gives a boolean and shall be true.
fn called(domain: &mut Domain, function: &Function, arguments: &[Node]) -> bool {
    let (left, right) = (&arguments[0], arguments.get(1));
    match (function, right) {
        (Function::JsonHasKey, Some(key)) => {
            let _ = json_at(domain, left, Some(key));
            false
        }
        (Function::JsonHasAll | Function::JsonHasAny, Some(keys)) => {
            if let Some(Value::Array(keys)) = fixed(domain, keys) {
                for key in keys {
                    let _ = json_at(domain, left, Some(&Node::Const(key)));
                }
            }
            false
        }
        (Function::JsonContains, Some(part)) => {
            if let Some(Value::Text(part)) = fixed(domain, part)
                && let Some(shape) = json_at(domain, left, None)
            {
                shape.includes = Json::parse(&part);
            }
            false
        }
        (Function::ArrayContains, Some(part)) => match (fixed(domain, left), fixed(domain, part)) {
            // Every element is one of these.
            (Some(Value::Array(whole)), None) => match (part, domain.shape_mut()) {
                (Node::Column(_), Shape::Array(array)) => {
                    array.element.among(&whole);
                    array.element.set_nulls(Nulls::Forbidden)
                }
                _ => false,
            },
            (None, Some(Value::Array(values))) => has_elements(domain, left, &values),
            _ => false,
        },
        (Function::ArrayOverlaps, Some(other)) => {
            let one = fixed(domain, other).or_else(|| fixed(domain, left));
            match one {
                Some(Value::Array(values)) if !values.is_empty() => {
                    let array = if matches!(left, Node::Column(_)) {
                        left
                    } else {
                        other
                    };
                    has_elements(domain, array, &values[..1]);
                    values.len() == 1
                }
                _ => false,
            }
        }
        (Function::StartsWith, Some(prefix)) => match (left, fixed(domain, prefix)) {
            (Node::Column(_), Some(Value::Text(prefix))) => {
                let pattern: String = prefix.chars().flat_map(|c| ['\\', c]).collect();
                let pattern = Pattern::like(&format!("{pattern}%"), Some('\\'), false);
                pattern.is_ok_and(|pattern| apply(domain, &Goal::Match(Arc::new(pattern))))
            }
            _ => false,
        },
        (Function::RangeContains, Some(element)) => match (fixed(domain, left), element) {
            (Some(Value::Range(bounds)), element) => {
                let lower =
                    bounds.0.is_null() || reach(domain, element, &Goal::Compare(Op::Ge, bounds.0));
                lower
                    && (bounds.1.is_null()
                        || reach(domain, element, &Goal::Compare(Op::Lt, bounds.1)))
            }
            _ => false,
        },
        (Function::Unbounded { upper }, _) => bound_nulls(domain, *upper, Nulls::Required),
        (Function::Included { upper: false }, _) => bound_nulls(domain, false, Nulls::Forbidden),
        _ => false,
    }
}

/// A function that gives a boolean and shall not be true.
fn refused(domain: &mut Domain, function: &Function, arguments: &[Node]) -> bool {
    match (function, domain.shape_mut()) {
        (Function::IsEmpty, Shape::Range(range)) => {
            range.filled = true;
            true
        }
        (Function::Unbounded { upper }, Shape::Range(_)) => {
            bound_nulls(domain, *upper, Nulls::Forbidden)
        }
        (Function::JsonHasKey, Shape::Json(_)) => {
            let key = arguments.get(1).and_then(|key| fixed(domain, key));
            if let (Some(Value::Text(key)), Some(shape)) =
                (key, json_at(domain, &arguments[0], None))
            {
                shape.absent.push(key);
            }
            false
        }
        _ => false,
    }
}

/// Both sides read the column: fixed points of a function of it.
fn itself(domain: &mut Domain, op: Op, left: &Node, right: &Node) -> bool {
    let (call, column) = match (left, right) {
        (Node::Call(..), Node::Column(_)) => (left, right),
        (Node::Column(_), Node::Call(..)) => (right, left),
        _ => return false,
    };
    let (Node::Call(function, arguments), Op::Eq, Node::Column(_)) = (call, op, column) else {
        return false;
    };
    match (function, arguments.first()) {
        (Function::Lower | Function::Upper, Some(Node::Column(_))) => {
            cased(domain, *function == Function::Lower);
            false
        }
        (Function::Trim { .. }, Some(Node::Column(_))) => {
            trimmed(domain);
            false
        }
        (Function::Initcap, Some(Node::Column(_))) => {
            let words = "^[^A-Za-z0-9]*([A-Z0-9][a-z0-9]*([^A-Za-z0-9]+|$))*$";
            require(domain, words);
            false
        }
        (Function::Truncated(field), Some(Node::Column(_))) => {
            whole_units(domain, *field);
            false
        }
        (Function::Lower | Function::Upper, Some(Node::Call(Function::Trim { .. }, _)))
        | (Function::Trim { .. }, Some(Node::Call(Function::Lower | Function::Upper, _))) => {
            let lower = matches!(function, Function::Lower)
                || matches!(arguments[0], Node::Call(Function::Lower, _));
            trimmed(domain);
            cased(domain, lower);
            false
        }
        (Function::Round | Function::Truncate | Function::Floor | Function::Ceil, Some(_)) => {
            let scale = match arguments.get(1) {
                None => Some(0),
                Some(Node::Const(Value::Int(scale))) => u32::try_from(*scale).ok(),
                Some(_) => None,
            };
            if let Some(scale) = scale {
                domain.rounded(scale);
            }
            false
        }
        _ => false,
    }
}
