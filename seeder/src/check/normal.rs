//! Conditions as a bounded choice of branches, each a list of literals that shall hold together.
//!
//! "Not false" goes through AND and OR as in two-valued logic, and through NOT as "not true", so the
//! negation normal form is sound for NULL as well. CASE, COALESCE, absolute values and booleans that
//! are counted are lifted out of literals, so that what is left compares plain expressions.

use crate::value::Value;

use super::eval::Scene;
use super::node::{Arithmetic, Function, Node, Op};

/// More branches than this are not told apart; the rest is left to evaluation.
pub(super) const BRANCHES_MAX: usize = 64;
/// Choices that are lifted out of one literal.
const LIFTS_MAX: u32 = 8;

/// A condition without negations above its literals.
#[derive(Debug, Clone)]
pub(super) enum Formula {
    Holds(bool),
    Literal(Node),
    All(Vec<Formula>),
    Any(Vec<Formula>),
}

impl Formula {
    /// The formula of "not false", or of "not true" where `positive` is not set.
    pub(super) fn of(node: &Node, positive: bool) -> Self {
        Self::lifted(node, positive, LIFTS_MAX)
    }

    fn lifted(node: &Node, positive: bool, lifts: u32) -> Self {
        let below = |all: &[Node]| {
            all.iter()
                .map(|n| Self::lifted(n, positive, lifts))
                .collect()
        };
        let one = |node: Node, positive: bool| Self::lifted(&node, positive, lifts);
        match node {
            Node::Const(Value::Bool(truth)) => Self::Holds(*truth == positive),
            Node::Const(Value::Null) => Self::Holds(true),
            Node::And(all) if positive => all_of(below(all)),
            Node::And(all) => any_of(below(all)),
            Node::Or(all) if positive => any_of(below(all)),
            Node::Or(all) => all_of(below(all)),
            Node::Not(inner) => Self::lifted(inner, !positive, lifts),
            Node::Is(inner, expected) => one((**inner).clone(), *expected == positive),
            Node::Case(arms, otherwise) => {
                let outcome = |result: &Node| Self::lifted(result, positive, lifts);
                cases(arms, otherwise, lifts, &outcome)
            }
            Node::Compare(op @ (Op::Eq | Op::Ne), left, right)
                if is_condition(left) || is_condition(right) =>
            {
                equivalence(left, right, (*op == Op::Eq) == positive, lifts)
            }
            Node::Distinct(left, right) if is_condition(left) || is_condition(right) => {
                equivalence(left, right, !positive, lifts)
            }
            Node::Any(..) | Node::All(..) => Self::quantified(node, positive, lifts),
            Node::Match(text, pattern) if !positive => {
                let negated = std::sync::Arc::new(pattern.negation());
                Self::literal(Node::Match(text.clone(), negated), lifts)
            }
            Node::Compare(op, left, right) if !positive => Self::literal(
                Node::Compare(op.negated(), left.clone(), right.clone()),
                lifts,
            ),
            Node::Distinct(left, right) if !positive => same(left, right, lifts),
            Node::Distinct(left, right)
                if !left.columns().is_empty() && !right.columns().is_empty() =>
            {
                different(left, right, lifts)
            }
            Node::IsNull(inner) if is_condition(inner) && !matches!(**inner, Node::Column(_)) => {
                Self::Literal(if positive {
                    node.clone()
                } else {
                    Node::negation(node.clone())
                })
            }
            node if positive => Self::literal(node.clone(), lifts),
            node => Self::literal(Node::negation(node.clone()), lifts),
        }
    }

    /// `ANY` and `ALL`: over elements that are listed as many comparisons, else as a literal.
    fn quantified(node: &Node, positive: bool, lifts: u32) -> Self {
        let (op, left, array, any) = match node {
            Node::Any(op, left, array) => (*op, left, array, true),
            Node::All(op, left, array) => (*op, left, array, false),
            other => return Self::literal(other.clone(), lifts),
        };
        if let Node::Array(elements) = &**array {
            let each = elements
                .iter()
                .map(|e| Node::compare(op, (**left).clone(), e.clone()));
            let each = each.collect();
            let listed = if any { Node::Or(each) } else { Node::And(each) };
            return Self::lifted(&listed, positive, lifts);
        }
        let negated = (op.negated(), left.clone(), array.clone());
        let literal = match (positive, any) {
            (true, _) => node.clone(),
            (false, true) => Node::All(negated.0, negated.1, negated.2),
            (false, false) => Node::Any(negated.0, negated.1, negated.2),
        };
        Self::literal(literal, lifts)
    }

    fn literal(node: Node, lifts: u32) -> Self {
        if node.columns().is_empty() && !node.reads_clock() {
            let scene = Scene { row: &[], now: 0 };
            return Self::Holds(matches!(scene.truth(&node), Ok(Some(true) | None)));
        }
        let Some(lift) = (lifts > 0).then(|| lift(&node)).flatten() else {
            return Self::Literal(node);
        };
        let outcome = |result: &Node| {
            let mut replaced = node.clone();
            replace_first(&mut replaced, result);
            Self::lifted(&replaced, true, lifts - 1)
        };
        match lift {
            Lift::Case(arms, otherwise) => cases(&arms, &otherwise, lifts - 1, &outcome),
            Lift::Coalesce(all) => any_of(
                (0..all.len())
                    .map(|chosen| {
                        let mut parts: Vec<Self> = all[..chosen]
                            .iter()
                            .map(|earlier| Self::of(&Node::is_null(earlier.clone()), true))
                            .collect();
                        if chosen + 1 < all.len() {
                            parts.push(Self::of(&Node::is_null(all[chosen].clone()), false));
                        }
                        parts.push(outcome(&all[chosen]));
                        all_of(parts)
                    })
                    .collect(),
            ),
        }
    }
}

/// One of them NULL, or not equal.
fn different(left: &Node, right: &Node, lifts: u32) -> Formula {
    let null =
        |node: &Node, positive| Formula::lifted(&Node::is_null(node.clone()), positive, lifts);
    let unequal = Node::compare(Op::Ne, left.clone(), right.clone());
    any_of(vec![
        all_of(vec![
            null(left, false),
            null(right, false),
            Formula::literal(unequal, lifts),
        ]),
        all_of(vec![null(left, true), null(right, false)]),
        all_of(vec![null(left, false), null(right, true)]),
    ])
}

/// Both NULL, or equal.
fn same(left: &Node, right: &Node, lifts: u32) -> Formula {
    let null =
        |node: &Node, positive| Formula::lifted(&Node::is_null(node.clone()), positive, lifts);
    if let Node::Const(Value::Null) = right {
        return null(left, true);
    }
    let equal = Node::Compare(Op::Eq, Box::new(left.clone()), Box::new(right.clone()));
    let both = all_of(vec![
        null(left, false),
        null(right, false),
        Formula::literal(equal, lifts),
    ]);
    any_of(vec![
        both,
        all_of(vec![null(left, true), null(right, true)]),
    ])
}

fn all_of(all: Vec<Formula>) -> Formula {
    let mut kept = Vec::new();
    for formula in all {
        match formula {
            Formula::Holds(true) => {}
            Formula::Holds(false) => return Formula::Holds(false),
            Formula::All(inner) => kept.extend(inner),
            other => kept.push(other),
        }
    }
    match kept.len() {
        0 => Formula::Holds(true),
        1 => kept.remove(0),
        _ => Formula::All(kept),
    }
}

fn any_of(all: Vec<Formula>) -> Formula {
    let mut kept = Vec::new();
    for formula in all {
        match formula {
            Formula::Holds(false) => {}
            Formula::Holds(true) => return Formula::Holds(true),
            Formula::Any(inner) => kept.extend(inner),
            other => kept.push(other),
        }
    }
    match kept.len() {
        0 => Formula::Holds(false),
        1 => kept.remove(0),
        _ => Formula::Any(kept),
    }
}

fn cases(
    arms: &[(Node, Node)],
    otherwise: &Node,
    lifts: u32,
    outcome: &dyn Fn(&Node) -> Formula,
) -> Formula {
    let mut choices = Vec::new();
    let mut before = Vec::new();
    for (condition, result) in arms {
        let mut parts = before.clone();
        parts.push(Formula::lifted(condition, true, lifts));
        parts.push(outcome(result));
        choices.push(all_of(parts));
        before.push(Formula::lifted(condition, false, lifts));
    }
    before.push(outcome(otherwise));
    choices.push(all_of(before));
    any_of(choices)
}

/// Two conditions that are the same (`equal`), or are not.
fn equivalence(left: &Node, right: &Node, equal: bool, lifts: u32) -> Formula {
    let both = |a: bool, b: bool| {
        all_of(vec![
            Formula::lifted(left, a, lifts),
            Formula::lifted(right, b, lifts),
        ])
    };
    any_of(vec![both(true, equal), both(false, !equal)])
}

/// Whether a node is a condition by its form; a boolean column is one to its partner only.
fn is_condition(node: &Node) -> bool {
    matches!(
        node,
        Node::Not(_)
            | Node::And(_)
            | Node::Or(_)
            | Node::Compare(..)
            | Node::Distinct(..)
            | Node::IsNull(_)
            | Node::Is(..)
            | Node::Any(..)
            | Node::All(..)
            | Node::Match(..)
            | Node::Each(..)
            | Node::Const(Value::Bool(_))
    )
}

enum Lift {
    Case(Vec<(Node, Node)>, Node),
    Coalesce(Vec<Node>),
}

fn liftable(node: &Node) -> Option<Lift> {
    match node {
        Node::Case(arms, otherwise) => Some(Lift::Case(arms.clone(), (**otherwise).clone())),
        Node::Coalesce(all) => Some(Lift::Coalesce(all.clone())),
        Node::Call(Function::Abs, arguments) => {
            let inner = arguments[0].clone();
            let zero = Node::Const(Value::Int(0));
            let positive = Node::compare(Op::Ge, inner.clone(), zero);
            let negated = Node::Negate(Box::new(inner.clone()));
            Some(Lift::Case(vec![(positive, inner)], negated))
        }
        Node::Cast(inner, crate::value::Type::Int { .. }) if is_condition(inner) => {
            let number = |n| Node::Const(Value::Int(n));
            Some(Lift::Case(vec![((**inner).clone(), number(1))], number(0)))
        }
        _ => None,
    }
}

/// The first choice within a literal, in the order in which `replace_first` meets it.
fn lift(node: &Node) -> Option<Lift> {
    liftable(node).or_else(|| node.children().into_iter().find_map(lift))
}

fn replace_first(node: &mut Node, by: &Node) -> bool {
    if liftable(node).is_some() {
        *node = by.clone();
        return true;
    }
    let done = node
        .children_mut()
        .into_iter()
        .any(|child| replace_first(child, by));
    if done {
        fold(node);
    }
    done
}

/// Counts what became constant.
fn fold(node: &mut Node) {
    if let Node::Arithmetic(Arithmetic::Add, left, right, _) = node
        && let (Node::Const(Value::Int(a)), Node::Const(Value::Int(b))) = (&**left, &**right)
    {
        *node = Node::Const(Value::Int(a + b));
    }
}

/// The formula's branches; conjuncts that would make too many of them are left out, and so are left
/// to evaluation. `feasible` says whether the literals of a branch can still hold together.
pub(super) fn branches(formulas: &[Formula], feasible: &dyn Fn(&[Node]) -> bool) -> Vec<Vec<Node>> {
    let mut flat = Vec::new();
    for formula in formulas {
        match formula {
            Formula::All(inner) => flat.extend(inner.iter()),
            other => flat.push(other),
        }
    }
    // What has no choice comes first: it prunes the choices.
    flat.sort_by_key(|formula| width(formula));
    let mut found = vec![Vec::new()];
    for formula in flat {
        let Some(choices) = choices(formula) else {
            continue;
        };
        let mut next: Vec<Vec<Node>> = Vec::new();
        for branch in &found {
            for choice in &choices {
                let mut joined = branch.clone();
                joined.extend(choice.iter().cloned());
                if feasible(&joined) {
                    next.push(joined);
                }
            }
        }
        if next.len() > BRANCHES_MAX {
            continue;
        }
        found = next;
    }
    found
}

fn width(formula: &Formula) -> usize {
    match formula {
        Formula::Holds(_) | Formula::Literal(_) => 1,
        Formula::All(all) => all.iter().map(width).fold(1, usize::saturating_mul),
        Formula::Any(all) => all.iter().map(width).fold(0, usize::saturating_add),
    }
}

/// The alternatives of one conjunct; `None` where they are more than `BRANCHES_MAX`.
fn choices(formula: &Formula) -> Option<Vec<Vec<Node>>> {
    match formula {
        Formula::Holds(true) => Some(vec![Vec::new()]),
        Formula::Holds(false) => Some(Vec::new()),
        Formula::Literal(node) => Some(vec![vec![node.clone()]]),
        Formula::Any(all) => {
            let mut found = Vec::new();
            for part in all {
                found.extend(choices(part)?);
            }
            (found.len() <= BRANCHES_MAX).then_some(found)
        }
        Formula::All(all) => {
            let mut found: Vec<Vec<Node>> = vec![Vec::new()];
            for part in all {
                let more = choices(part)?;
                if found.len() * more.len() > BRANCHES_MAX {
                    return None;
                }
                let joined = found
                    .iter()
                    .flat_map(|left| more.iter().map(|right| [left.as_slice(), right].concat()));
                found = joined.collect();
            }
            Some(found)
        }
    }
}
