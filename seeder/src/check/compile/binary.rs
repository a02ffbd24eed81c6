//! Operators with two operands.

use sqlparser::ast::{BinaryOperator, Expr};

use crate::value::{Type, Value};

use super::super::NotUnderstood;
use super::super::node::{Arithmetic, Function, Node, Op};
use super::super::pattern::Pattern;
use super::{
    Compiled, Compiler, Typed, folded, pattern_node, refuse, timestamp, unbounded_decimal,
    unbounded_text,
};

impl Compiler<'_> {
    pub(super) fn binary(&self, left: &Expr, op: &BinaryOperator, right: &Expr) -> Compiled {
        match op {
            BinaryOperator::And | BinaryOperator::Or => {
                let all = self.flat(left, right, op)?;
                return Ok(Typed::bool(if *op == BinaryOperator::And {
                    Node::And(all)
                } else {
                    Node::Or(all)
                }));
            }
            _ => {}
        }
        let (left, right) = (self.expression(left)?, self.expression(right)?);
        if let Some(op) = comparison_operator(op) {
            return self.comparison(op, left, right);
        }
        let arithmetic = match op {
            BinaryOperator::Plus => Some(Arithmetic::Add),
            BinaryOperator::Minus => Some(Arithmetic::Subtract),
            BinaryOperator::Multiply => Some(Arithmetic::Multiply),
            BinaryOperator::Divide => Some(Arithmetic::Divide),
            BinaryOperator::Modulo => Some(Arithmetic::Remainder),
            _ => None,
        };
        if let Some(arithmetic) = arithmetic {
            return self.arithmetic(arithmetic, left, right);
        }
        match matching(op) {
            Some(kind) => self.matching(kind, left, &right),
            None => special(op, &left, &right),
        }
    }

    /// The operands of a chain of one connective.
    fn flat(
        &self,
        left: &Expr,
        right: &Expr,
        op: &BinaryOperator,
    ) -> Result<Vec<Node>, NotUnderstood> {
        let mut all = Vec::new();
        for side in [left, right] {
            let node = self.condition(side)?;
            match (node, op) {
                (Node::And(inner), BinaryOperator::And) | (Node::Or(inner), BinaryOperator::Or) => {
                    all.extend(inner);
                }
                (node, _) => all.push(node),
            }
        }
        Ok(all)
    }

    pub(super) fn comparison(&self, op: Op, left: Typed, right: Typed) -> Compiled {
        let c_collation = left.c_collation || right.c_collation;
        let (left, right) = (read_as(left, &right)?, right);
        let right = read_as(right, &left)?;
        let (left, right) = comparable(left, right)?;
        let (mut left, mut right) = (left, right);
        if op.orders() {
            match left.data_type.base().clone() {
                Type::Text { .. } if !c_collation => {
                    // A fixed text that is no number is ordered somehow.
                    let fixed = |node: &Node| matches!(node, Node::Const(_));
                    if fixed(&left.node) || fixed(&right.node) {
                        return Err(refuse("an order of texts under a collation that is not C"));
                    }
                    let both = vec![left.node, right.node.clone()];
                    left.node = Node::Call(Function::Digits, both);
                }
                Type::Json { .. } | Type::Record(_) | Type::Other(_) | Type::Inet | Type::Cidr => {
                    return Err(refuse("an order of values of that type"));
                }
                Type::Enum(labels) => {
                    left.node = Node::Call(Function::Rank(labels.clone()), vec![left.node]);
                    right.node = Node::Call(Function::Rank(labels), vec![right.node]);
                }
                _ => {}
            }
        }
        if let Type::Json { binary } = left.data_type.base() {
            if !binary || !matches!(op, Op::Eq | Op::Ne) {
                return Err(refuse("a comparison of json"));
            }
            return Ok(json_equality(op, left.node, right.node));
        }
        if let (Node::Const(a), Node::Const(b)) = (&left.node, &right.node) {
            let truth = super::super::eval::compare(op, a, b);
            if let Ok(Some(truth)) = truth {
                return Ok(Typed::bool(Node::truth(truth)));
            }
        }
        Ok(Typed::bool(Node::compare(op, left.node, right.node)))
    }

    pub(super) fn quantified(
        &self,
        left: &Expr,
        op: &BinaryOperator,
        right: &Expr,
        any: bool,
    ) -> Compiled {
        let left = self.expression(left)?;
        let right = self.expression(right)?;
        let Type::Array(element) = right.data_type.base().clone() else {
            return Err(refuse("ANY or ALL over something that is no array"));
        };
        // Over fixed elements an order is a chain of comparisons, a pattern one of matches.
        let ordered_by_value = matches!(
            element.base(),
            Type::Int { .. }
                | Type::Decimal { .. }
                | Type::Float { .. }
                | Type::Date
                | Type::Timestamp { .. }
        );
        if let Some(op) = comparison_operator(op)
            && (!op.orders() || ordered_by_value)
        {
            let (left, _) = comparable(left, Typed::new(Node::Const(Value::Null), *element))?;
            let (left, array) = (Box::new(left.node), Box::new(right.node));
            return Ok(Typed::bool(if any {
                Node::Any(op, left, array)
            } else {
                Node::All(op, left, array)
            }));
        }
        let elements: Vec<Node> = match right.node {
            Node::Const(Value::Array(values)) => values.into_iter().map(Node::Const).collect(),
            Node::Array(nodes) => nodes,
            _ => return Err(refuse(format!("{op} over an array that is not fixed"))),
        };
        let mut all = Vec::new();
        for node in elements {
            let element = Typed::new(node, (*element).clone());
            let one = match (comparison_operator(op), matching(op)) {
                (Some(op), _) => self.comparison(op, left.clone(), element)?,
                (None, Some(kind)) => self.matching(kind, left.clone(), &element)?,
                _ => return Err(refuse(format!("operator {op} with ANY or ALL"))),
            };
            all.push(one.node);
        }
        Ok(Typed::bool(if any {
            Node::Or(all)
        } else {
            Node::And(all)
        }))
    }

    fn arithmetic(&self, op: Arithmetic, left: Typed, right: Typed) -> Compiled {
        let (a, b) = (
            left.data_type.base().clone(),
            right.data_type.base().clone(),
        );
        let (data_type, bounds) =
            result_type(op, &a, &b).ok_or_else(|| refuse(format!("{op:?} of {a:?} and {b:?}")))?;
        let node = Node::Arithmetic(op, Box::new(left.node), Box::new(right.node), bounds);
        let node = match &data_type {
            // A quotient of a real and an integer is a double, of two decimals a decimal: the operands
            // say so themselves.
            Type::Float { .. }
                if !matches!(a, Type::Float { .. }) && !matches!(b, Type::Float { .. }) =>
            {
                Node::Cast(Box::new(node), data_type.clone())
            }
            _ => node,
        };
        Ok(Typed::new(node, data_type))
    }

    fn matching(&self, kind: Matching, left: Typed, right: &Typed) -> Compiled {
        let Node::Const(Value::Text(pattern)) = &right.node else {
            return Err(refuse("a pattern that is not fixed"));
        };
        let (caseless, c_collation) = match left.data_type.base() {
            Type::Text { caseless, .. } => (*caseless || kind.caseless, left.c_collation),
            _ => return Err(refuse("a pattern on something that is no text")),
        };
        let text = padded_text(left);
        let pattern = if kind.like {
            Pattern::like(pattern, Some('\\'), caseless)
        } else {
            Pattern::regex(pattern, caseless, c_collation)
        };
        let node = pattern_node(text, pattern)?;
        Ok(Typed::bool(if kind.negated {
            Node::negation(node)
        } else {
            node
        }))
    }
}

/// A text with the blanks that a `char(n)` has.
fn padded_text(typed: Typed) -> Node {
    match typed.data_type.base() {
        Type::Text {
            padded: true,
            max: Some(width),
            ..
        } => Node::Call(Function::Pad(*width), vec![typed.node]),
        _ => typed.node,
    }
}

#[derive(Clone, Copy)]
struct Matching {
    like: bool,
    caseless: bool,
    negated: bool,
}

fn matching(op: &BinaryOperator) -> Option<Matching> {
    let kind = |like, caseless, negated| {
        Some(Matching {
            like,
            caseless,
            negated,
        })
    };
    match op {
        BinaryOperator::PGRegexMatch => kind(false, false, false),
        BinaryOperator::PGRegexIMatch => kind(false, true, false),
        BinaryOperator::PGRegexNotMatch => kind(false, false, true),
        BinaryOperator::PGRegexNotIMatch => kind(false, true, true),
        BinaryOperator::PGLikeMatch => kind(true, false, false),
        BinaryOperator::PGILikeMatch => kind(true, true, false),
        BinaryOperator::PGNotLikeMatch => kind(true, false, true),
        BinaryOperator::PGNotILikeMatch => kind(true, true, true),
        BinaryOperator::PGCustomBinaryOperator(parts) => match parts.last()?.as_str() {
            "~" => kind(false, false, false),
            "~*" => kind(false, true, false),
            "!~" => kind(false, false, true),
            "!~*" => kind(false, true, true),
            "~~" => kind(true, false, false),
            "~~*" => kind(true, true, false),
            "!~~" => kind(true, false, true),
            "!~~*" => kind(true, true, true),
            _ => None,
        },
        _ => None,
    }
}

pub(super) fn comparison_operator(op: &BinaryOperator) -> Option<Op> {
    Some(match op {
        BinaryOperator::Eq => Op::Eq,
        BinaryOperator::NotEq => Op::Ne,
        BinaryOperator::Lt => Op::Lt,
        BinaryOperator::LtEq => Op::Le,
        BinaryOperator::Gt => Op::Gt,
        BinaryOperator::GtEq => Op::Ge,
        BinaryOperator::PGCustomBinaryOperator(parts) => match parts.last()?.as_str() {
            "=" => Op::Eq,
            "<>" => Op::Ne,
            "<" => Op::Lt,
            "<=" => Op::Le,
            ">" => Op::Gt,
            ">=" => Op::Ge,
            _ => return None,
        },
        _ => return None,
    })
}

/// A bare constant is of the type that it is compared with.
fn read_as(typed: Typed, other: &Typed) -> Compiled {
    let Node::Const(Value::Text(text)) = &typed.node else {
        return Ok(typed);
    };
    let own = matches!(typed.data_type.base(), Type::Text { max: None, .. });
    let to = other.data_type.base();
    let other_is_text = matches!(to, Type::Text { .. } | Type::Enum(_) | Type::Other(_));
    if !own || other_is_text {
        return Ok(typed);
    }
    let value = super::literal(text, to);
    let value = value.ok_or_else(|| refuse(format!("constant '{text}' of type {to:?}")))?;
    Ok(Typed::new(Node::Const(value), to.clone()))
}

fn json_equality(op: Op, left: Node, right: Node) -> Typed {
    let both = Node::And(vec![
        Node::Call(Function::JsonContains, vec![left.clone(), right.clone()]),
        Node::Call(Function::JsonContains, vec![right.clone(), left.clone()]),
        Node::compare(
            Op::Eq,
            Node::Call(Function::JsonTypeof, vec![left]),
            Node::Call(Function::JsonTypeof, vec![right]),
        ),
    ]);
    Typed::bool(if op == Op::Eq {
        both
    } else {
        Node::negation(both)
    })
}

/// Both operands as values that compare with each other.
pub(super) fn comparable(left: Typed, right: Typed) -> Result<(Typed, Typed), NotUnderstood> {
    let (a, b) = (
        left.data_type.base().clone(),
        right.data_type.base().clone(),
    );
    let null = |kind: &Type| matches!(kind, Type::Other(name) if name == "null");
    if null(&a) || null(&b) {
        return Ok((left, right));
    }
    let number = |kind: &Type| {
        matches!(
            kind,
            Type::Int { .. } | Type::Decimal { .. } | Type::Float { .. }
        )
    };
    let moment = |kind: &Type| matches!(kind, Type::Date | Type::Timestamp { .. });
    match (&a, &b) {
        (
            Type::Text {
                caseless: x,
                padded: p,
                ..
            },
            Type::Text {
                caseless: y,
                padded: q,
                ..
            },
        ) => {
            if *x && *y {
                return Ok((folded(left), folded(right)));
            }
            if *p || *q {
                return Ok((unpadded(left), unpadded(right)));
            }
            Ok((left, right))
        }
        // A label of a type that the columns' types tell nothing about.
        (Type::Enum(_), Type::Other(_) | Type::Text { .. })
        | (Type::Inet | Type::Cidr, Type::Other(_)) => Ok((
            left,
            Typed {
                data_type: a,
                ..right
            },
        )),
        (Type::Other(_) | Type::Text { .. }, Type::Enum(_)) => Ok((
            Typed {
                data_type: b,
                ..left
            },
            right,
        )),
        (Type::Array(x), Type::Array(y))
            if std::mem::discriminant(x.base()) == std::mem::discriminant(y.base()) =>
        {
            Ok((left, right))
        }
        (Type::Array(x), Type::Array(_)) if matches!(x.base(), Type::Other(_) | Type::Enum(_)) => {
            Ok((left, right))
        }
        (Type::Array(_), Type::Array(y)) if matches!(y.base(), Type::Other(_)) => Ok((left, right)),
        _ if number(&a) && number(&b) || moment(&a) && moment(&b) => Ok((left, right)),
        (Type::Geometry(_) | Type::Xml | Type::SearchVector | Type::HStore, _) => {
            Err(refuse("a comparison of values of that type"))
        }
        (Type::Other(x), Type::Other(y)) if x != y => {
            Err(refuse("a comparison of values of that type"))
        }
        _ if std::mem::discriminant(&a) == std::mem::discriminant(&b) => Ok((left, right)),
        _ => Err(refuse(format!("a comparison of {a:?} and {b:?}"))),
    }
}

fn unpadded(typed: Typed) -> Typed {
    match (&typed.node, typed.data_type.base()) {
        (Node::Const(Value::Text(text)), _) => {
            let text = text.trim_end_matches(' ').to_owned();
            Typed::new(Node::Const(Value::Text(text)), unbounded_text())
        }
        (_, Type::Text { padded: true, .. }) => Typed::new(
            Node::Call(Function::Unpad, vec![typed.node]),
            unbounded_text(),
        ),
        _ => typed,
    }
}

type Bounds = Option<(i64, i64)>;

/// The type of an operation's result, and the bounds of an integer one.
fn result_type(op: Arithmetic, a: &Type, b: &Type) -> Option<(Type, Bounds)> {
    use Arithmetic::{Add, Divide, Multiply, Remainder, Subtract};
    let plain = |data_type: Type| Some((data_type, None));
    let int4 = Type::Int {
        min: i32::MIN.into(),
        max: i32::MAX.into(),
    };
    match (op, a, b) {
        (_, Type::Int { max: x, min: m }, Type::Int { max: y, min: n }) => {
            let (min, max) = ((*m).min(*n), (*x).max(*y));
            Some((Type::Int { min, max }, Some((min, max))))
        }
        (
            Add | Subtract | Multiply | Divide,
            Type::Float { .. },
            Type::Int { .. } | Type::Decimal { .. } | Type::Float { .. },
        )
        | (
            Add | Subtract | Multiply | Divide,
            Type::Int { .. } | Type::Decimal { .. },
            Type::Float { .. },
        ) => {
            // Two reals give a real, whose rounding we do not follow.
            match (a, b) {
                (Type::Float { bits: 32 }, Type::Float { bits: 32 }) => None,
                _ => plain(Type::Float { bits: 64 }),
            }
        }
        (_, Type::Int { .. } | Type::Decimal { .. }, Type::Int { .. } | Type::Decimal { .. }) => {
            plain(unbounded_decimal())
        }
        (Add | Subtract, Type::Date, Type::Int { .. }) | (Add, Type::Int { .. }, Type::Date) => {
            plain(Type::Date)
        }
        (Subtract, Type::Date, Type::Date) => plain(int4),
        (Subtract, Type::Date | Type::Timestamp { .. }, Type::Date | Type::Timestamp { .. })
        | (Subtract, Type::Time { .. }, Type::Time { .. })
        | (Add | Subtract, Type::Interval, Type::Interval)
        | (Multiply, Type::Interval, Type::Int { .. })
        | (Multiply, Type::Int { .. }, Type::Interval) => plain(Type::Interval),
        (Add | Subtract, Type::Date, Type::Interval) | (Add, Type::Interval, Type::Date) => {
            plain(timestamp(false))
        }
        (Add | Subtract, Type::Timestamp { .. }, Type::Interval) => plain(a.clone()),
        (Add, Type::Interval, Type::Timestamp { .. }) => plain(b.clone()),
        (Add | Subtract, Type::Time { .. }, Type::Interval) => plain(a.clone()),
        (Remainder, ..) => None,
        _ => None,
    }
}

/// Operators of json, arrays, ranges and texts.
fn special(op: &BinaryOperator, left: &Typed, right: &Typed) -> Compiled {
    use Function as F;
    let (a, b) = (
        left.data_type.base().clone(),
        right.data_type.base().clone(),
    );
    let name = op.to_string();
    let call = |function, data_type| {
        Ok(Typed::new(
            Node::Call(function, vec![left.node.clone(), right.node.clone()]),
            data_type,
        ))
    };
    let flipped = |function| {
        Ok(Typed::bool(Node::Call(
            function,
            vec![right.node.clone(), left.node.clone()],
        )))
    };
    match (name.as_str(), &a, &b) {
        ("||", Type::Text { .. }, Type::Text { .. }) => call(F::Concat, unbounded_text()),
        ("||", Type::Array(_), Type::Array(_)) => call(F::ArrayConcat, a.clone()),
        ("^", Type::Float { .. }, Type::Float { .. }) => call(F::Power, a.clone()),
        ("^@", Type::Text { .. }, Type::Text { .. }) => call(F::StartsWith, Type::Bool),
        ("&", Type::Int { .. }, Type::Int { .. }) => call(F::BitAnd, a.clone()),
        ("|", Type::Int { .. }, Type::Int { .. }) => call(F::BitOr, a.clone()),
        ("->", Type::Json { .. }, _) => call(F::JsonField, a.clone()),
        ("->>", Type::Json { .. }, _) => call(F::JsonText, unbounded_text()),
        ("?", Type::Json { .. }, _) => call(F::JsonHasKey, Type::Bool),
        ("?&", Type::Json { .. }, _) => call(F::JsonHasAll, Type::Bool),
        ("?|", Type::Json { .. }, _) => call(F::JsonHasAny, Type::Bool),
        ("@>", Type::Json { .. }, Type::Json { .. }) => call(F::JsonContains, Type::Bool),
        ("<@", Type::Json { .. }, Type::Json { .. }) => flipped(F::JsonContains),
        ("@>", Type::Array(_), Type::Array(_)) => call(F::ArrayContains, Type::Bool),
        ("<@", Type::Array(_), Type::Array(_)) => flipped(F::ArrayContains),
        ("&&", Type::Array(_), Type::Array(_)) => call(F::ArrayOverlaps, Type::Bool),
        ("@>", Type::Range(_), _) => call(F::RangeContains, Type::Bool),
        ("<@", _, Type::Range(_)) => flipped(F::RangeContains),
        ("&&", Type::Range(_), Type::Range(_)) => call(F::RangeOverlaps, Type::Bool),
        _ => Err(refuse(format!("operator {name}"))),
    }
}
