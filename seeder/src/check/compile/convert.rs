//! Casts, as far as they change a value.

use super::{Compiled, Typed, refuse, unbounded_text};
use crate::check::eval::cast;
use crate::check::node::{Function, Node};
use crate::value::Type;

/// A cast; none where it changes nothing.
pub(super) fn convert(typed: Typed, to: Type) -> Compiled {
    let from = typed.data_type.base().clone();
    let c_collation = typed.c_collation;
    let node = match typed.node {
        node if keeps(&from, to.base()) => node,
        node if unpads(&from, to.base()) => Node::Call(Function::Unpad, vec![node]),
        Node::Const(value) => {
            let cast = cast(&value, &to);
            Node::Const(cast.map_err(|_| refuse("a constant's cast fails"))?)
        }
        node => {
            if let Some(reason) = unknown(&from, to.base()) {
                return Err(refuse(reason));
            }
            Node::Cast(Box::new(node), to.clone())
        }
    };
    Ok(Typed {
        node,
        data_type: to,
        c_collation,
    })
}

/// Whether the values of a type are the same as another.
fn keeps(from: &Type, to: &Type) -> bool {
    match (from, to) {
        (Type::Other(name), _) if name == "null" => true,
        (Type::Text { padded: false, .. }, Type::Text { max: None, .. })
        | (
            Type::Text { padded: true, .. },
            Type::Text {
                padded: true,
                max: None,
                ..
            },
        )
        | (
            Type::Enum(_) | Type::Json { .. },
            Type::Text {
                max: None,
                padded: false,
                ..
            },
        )
        | (Type::Bits { .. }, Type::Bits { length: None, .. })
        | (Type::Timestamp { .. }, Type::Timestamp { precision: 6, .. }) => true,
        (
            Type::Int { min, max },
            Type::Int {
                min: low,
                max: high,
            },
        ) => low <= min && max <= high,
        (Type::Array(_), Type::Array(element)) => {
            matches!(**element, Type::Text { max: None, .. }) || from == to
        }
        (from, to) => from == to,
    }
}

/// Whether a `char(n)` becomes a text without its blanks.
fn unpads(from: &Type, to: &Type) -> bool {
    matches!(
        (from, to),
        (
            Type::Text { padded: true, .. },
            Type::Text {
                max: None,
                padded: false,
                ..
            }
        )
    )
}

/// Why a cast is not understood.
fn unknown(from: &Type, to: &Type) -> Option<String> {
    match (from, to) {
        (_, Type::Other(name)) => Some(format!("a cast to {name}")),
        (Type::Inet | Type::Cidr | Type::Other(_) | Type::Array(_), Type::Text { .. })
        | (Type::Geometry(_) | Type::Multirange(_), _)
        | (Type::Record(_) | Type::Range(_) | Type::Bytes, _)
        | (Type::Float { .. } | Type::Interval, Type::Text { .. }) => {
            Some(format!("a cast from {from:?} to {to:?}"))
        }
        _ => None,
    }
}

/// Takes the case away, for an operand of a type whose values are equal in any case.
pub(super) fn folded(typed: Typed) -> Typed {
    Typed::new(
        Node::Call(Function::Lower, vec![typed.node]),
        unbounded_text(),
    )
}
