//! Literals over several columns, turned into a bound on one of them.

use super::super::domain::{Domain, Shape};
use super::super::eval::{Scene, order::to_int};
use super::super::node::{Arithmetic, Function, Node, Op};
use super::branch::renumbered;
use super::narrow::narrow;
use crate::value::{Type, Value};

/// A literal over several columns.
#[derive(Debug, Clone)]
pub(super) struct Atom {
    pub(super) columns: Vec<usize>,
    pub(super) bounds: Vec<Bound>,
}

/// The literal as `column op expression`.
#[derive(Debug, Clone)]
pub(super) struct Bound {
    pub(super) column: usize,
    pub(super) op: Op,
    pub(super) expression: Node,
    /// The columns that the expression reads.
    pub(super) reads: Vec<usize>,
    via: Via,
    /// Whether it stands alone on its side, so that an equation computes it.
    pub(super) alone: bool,
    /// Whether the bound moves one way as the other column does: only sums of it do for certain.
    pub(super) monotone: bool,
}

/// What of the column is bound.
#[derive(Debug, Clone)]
enum Via {
    Itself,
    /// An expression over column 0.
    Part(Node),
    /// Characters of a text, elements of an array.
    Length,
}

impl Atom {
    pub(super) fn new(literal: &Node) -> Self {
        let columns = literal.columns();
        let bounds = match literal {
            Node::Compare(op, left, right) => columns
                .iter()
                .filter_map(|&column| isolate(column, *op, left, right))
                .collect(),
            _ => Vec::new(),
        };
        Self { columns, bounds }
    }

    pub(super) fn bound(&self, column: usize) -> Option<&Bound> {
        self.bounds.iter().find(|bound| bound.column == column)
    }
}

impl Bound {
    /// Narrows the column's domain to what the bound allows beside the values of a row; false where
    /// nothing is known.
    pub(super) fn cut(&self, domain: &mut Domain, scene: Scene<'_>) -> bool {
        let Ok(value) = scene.value(&self.expression) else {
            return false;
        };
        if value.is_null() {
            return false;
        }
        match (&self.via, domain.shape_mut()) {
            (Via::Part(part), _) => {
                let value = Node::Const(value.into_owned());
                narrow(domain, &Node::compare(self.op, part.clone(), value)) && domain.prepare()
            }
            // An automaton for one value that is not wanted would be dear.
            (Via::Itself, Shape::Text(_)) if self.op == Op::Ne => {
                let value = Node::Const(value.into_owned());
                domain.filter(Node::compare(Op::Ne, Node::Column(0), value));
                true
            }
            (Via::Itself, _) => {
                let done = domain.compare(self.op, &value);
                if done && matches!(self.op, Op::Gt | Op::Ge) {
                    domain.anchor(&value);
                }
                done
            }
            (Via::Length, Shape::Text(text)) => {
                let Some((min, max)) = lengths(self.op, &value) else {
                    return false;
                };
                text.bound(min, max);
                domain.prepare()
            }
            (Via::Length, Shape::Array(array)) => {
                let Some((min, max)) = lengths(self.op, &value) else {
                    return false;
                };
                array.min = array.min.max(min);
                array.max = max.or(array.max);
                true
            }
            _ => false,
        }
    }

    /// Narrows by the loosest bound that a value between two ends of the other column gives.
    pub(super) fn loosest(&self, domain: &mut Domain, scenes: [Scene<'_>; 2]) {
        if !matches!(self.via, Via::Itself) || !self.op.orders() {
            return;
        }
        let values: Vec<Value> = scenes
            .iter()
            .filter_map(|scene| scene.value(&self.expression).ok())
            .map(std::borrow::Cow::into_owned)
            .collect();
        let [first, second] = values.as_slice() else {
            return;
        };
        let Some(order) = super::super::eval::order::order(first, second) else {
            return;
        };
        let upward = matches!(self.op, Op::Lt | Op::Le);
        let looser = if order.is_gt() == upward {
            first
        } else {
            second
        };
        domain.compare(self.op, looser);
    }
}

fn sums(node: &Node) -> bool {
    match node {
        Node::Arithmetic(Arithmetic::Add | Arithmetic::Subtract, a, b, _) => sums(a) && sums(b),
        // A fixed factor keeps or turns the order, and both ends are tried.
        Node::Arithmetic(Arithmetic::Multiply, a, b, _) => {
            let fixed = a.columns().is_empty() || b.columns().is_empty();
            fixed && sums(a) && sums(b)
        }
        Node::Cast(inner, _) | Node::Negate(inner) => sums(inner),
        Node::Const(_) | Node::Column(_) | Node::Now(_) => true,
        _ => false,
    }
}

fn lengths(op: Op, value: &Value) -> Option<(usize, Option<usize>)> {
    let n = usize::try_from(to_int(value)?.max(0)).ok()?;
    Some(match op {
        Op::Eq => (n, Some(n)),
        Op::Ge => (n, None),
        Op::Gt => (n + 1, None),
        Op::Le => (0, Some(n)),
        Op::Lt => (0, Some(n.checked_sub(1)?)),
        Op::Ne => return None,
    })
}

fn isolate(column: usize, op: Op, left: &Node, right: &Node) -> Option<Bound> {
    let (mut side, mut expression, mut op) = match (left.mentions(column), right.mentions(column)) {
        (1, 0) => (left, right.clone(), op),
        (0, 1) => (right, left.clone(), op.mirrored()),
        _ => return None,
    };
    let mut via = Via::Itself;
    let mut alone = true;
    loop {
        match side {
            Node::Column(_) => break,
            Node::Cast(inner, to) => {
                let widening = matches!(
                    to.base(),
                    Type::Decimal { .. }
                        | Type::Float { .. }
                        | Type::Timestamp { .. }
                        | Type::Date
                        | Type::Int { .. }
                );
                if !widening {
                    return None;
                }
                side = inner;
            }
            Node::Negate(inner) => {
                expression = Node::Negate(Box::new(expression));
                op = op.mirrored();
                side = inner;
            }
            Node::Arithmetic(arithmetic, a, b, _) => {
                alone = false;
                (side, expression, op) = peel(column, *arithmetic, (a, b), expression, op)?;
            }
            Node::Call(
                Function::CharLength | Function::Cardinality | Function::ArrayLength,
                arguments,
            ) if matches!(arguments[0], Node::Column(_)) => {
                alone = false;
                via = Via::Length;
                break;
            }
            // Fixed points of the function are tried; evaluation has the last word.
            Node::Call(Function::Unpad | Function::Trim { .. } | Function::Pad(_), arguments) => {
                side = &arguments[0];
            }
            Node::Call(..) => {
                alone = false;
                via = Via::Part(renumbered(side, column));
                break;
            }
            _ => return None,
        }
    }
    Some(Bound {
        column,
        op,
        reads: expression.columns(),
        monotone: sums(&expression),
        expression,
        via,
        alone,
    })
}

type Peeled<'n> = (&'n Node, Node, Op);

/// Moves what stands beside the column to the other side.
fn peel<'n>(
    column: usize,
    arithmetic: Arithmetic,
    sides: (&'n Node, &'n Node),
    expression: Node,
    op: Op,
) -> Option<Peeled<'n>> {
    let (a, b) = sides;
    let make =
        |op, left: Node, right: Node| Node::Arithmetic(op, Box::new(left), Box::new(right), None);
    let decimal = |node: Node| {
        let to = Type::Decimal {
            precision: None,
            scale: None,
        };
        Node::Cast(Box::new(node), to)
    };
    let in_left = a.mentions(column) == 1;
    Some(match (arithmetic, in_left) {
        (Arithmetic::Add, true) => (a, make(Arithmetic::Subtract, expression, b.clone()), op),
        (Arithmetic::Add, false) => (b, make(Arithmetic::Subtract, expression, a.clone()), op),
        (Arithmetic::Subtract, true) => (a, make(Arithmetic::Add, expression, b.clone()), op),
        (Arithmetic::Subtract, false) => (
            b,
            make(Arithmetic::Subtract, a.clone(), expression),
            op.mirrored(),
        ),
        // The factor is taken for positive: where it is not, evaluation refuses and another row is tried.
        (Arithmetic::Multiply, _) => {
            let (inner, factor) = if in_left { (a, b) } else { (b, a) };
            (
                inner,
                make(Arithmetic::Divide, decimal(expression), factor.clone()),
                op,
            )
        }
        (Arithmetic::Divide, true) => (a, make(Arithmetic::Multiply, expression, b.clone()), op),
        _ => return None,
    })
}
