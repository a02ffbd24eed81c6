//! Goals about numbers and moments: through casts, arithmetic and fields.

use rust_decimal::Decimal;

use super::{Arithmetic, Field, Function, Goal, Node, Op, apply, fixed, nested::json_at, reach};
use crate::check::domain::{Domain, Shape};
use crate::check::eval::order::{DAY, to_float, to_int};
use crate::check::eval::{cast, civil};
use crate::value::{Type, Value, days_since_epoch};

pub(super) fn through_cast(domain: &mut Domain, inner: &Node, to: &Type, goal: &Goal) -> bool {
    let is_json = matches!(inner, Node::Call(Function::JsonText, _));
    match (to.base(), goal) {
        _ if is_json => {
            let Node::Call(_, arguments) = inner else {
                return false;
            };
            let scale = scale_of(goal);
            let member = match (arguments.as_slice(), domain.now()) {
                ([document, key], now) => (document, key, now),
                _ => return false,
            };
            let Some(shape) = json_at(domain, member.0, Some(member.1)) else {
                return false;
            };
            let mut scalar = Domain::of(to, scale, member.2);
            // Kept small so that the text form is the number.
            let done = apply(&mut scalar, goal);
            shape.scalar = Some(Box::new(scalar));
            // The text must still read as that type everywhere: evaluation says so.
            let _ = done;
            false
        }
        // Only widening casts keep what a comparison says; the others are tried.
        (
            Type::Decimal {
                precision: None, ..
            }
            | Type::Float { bits: 64 }
            | Type::Int { .. },
            Goal::Compare(..),
        ) => {
            let numeric = matches!(domain.shape_mut(), Shape::Grid(_));
            let exact = !matches!(to.base(), Type::Int { .. });
            numeric && reach(domain, inner, goal) && exact
        }
        (Type::Timestamp { .. }, Goal::Compare(..)) => reach(domain, inner, goal),
        (Type::Date, Goal::Compare(op, Value::Date(day))) => {
            // A moment is on a day from its midnight to the next.
            let next = Value::Date(day.saturating_add(1));
            let day = Value::Date(*day);
            let mut at =
                |op, value: &Value| reach(domain, inner, &Goal::Compare(op, value.clone()));
            match op {
                Op::Ge => at(Op::Ge, &day),
                Op::Gt => at(Op::Ge, &next),
                Op::Lt => at(Op::Lt, &day),
                Op::Le => at(Op::Lt, &next),
                Op::Eq => at(Op::Ge, &day) && at(Op::Lt, &next),
                Op::Ne => false,
            }
        }
        (Type::Text { .. }, Goal::Match(_) | Goal::Compare(..) | Goal::Among(_)) => {
            matches!(domain.shape_mut(), Shape::Text(_)) && reach(domain, inner, goal)
        }
        _ => false,
    }
}

pub(super) fn scale_of(goal: &Goal) -> u32 {
    match goal {
        Goal::Compare(_, Value::Decimal(number)) => number.scale(),
        _ => 0,
    }
}

pub(super) fn through_arithmetic(
    domain: &mut Domain,
    op: Arithmetic,
    sides: (&Node, &Node),
    goal: &Goal,
) -> bool {
    let Goal::Compare(comparison, value) = goal else {
        return false;
    };
    let (left, right) = sides;
    let (inner, known, left_known) = match (fixed(domain, left), fixed(domain, right)) {
        (None, Some(known)) => (left, known, false),
        (Some(known), None) => (right, known, true),
        _ => return false,
    };
    if op == Arithmetic::Remainder {
        let positive = !left_known && *comparison == Op::Eq && widened(inner);
        return positive && domain.congruent(&known, value);
    }
    if let (Arithmetic::Divide, false, Value::Int(divisor), Value::Int(quotient)) =
        (op, left_known, &known, value)
    {
        return cut_off(domain, inner, *divisor, (*comparison, *quotient));
    }
    let (inverse, first, second, mirrored) = match (op, left_known) {
        (Arithmetic::Add, _) => (Arithmetic::Subtract, value, &known, false),
        (Arithmetic::Subtract, false) => (Arithmetic::Add, value, &known, false),
        (Arithmetic::Subtract, true) => (Arithmetic::Subtract, &known, value, true),
        // A product of whole numbers is divided as decimals; a quotient of them is cut off, so tried.
        (Arithmetic::Multiply, _) => (Arithmetic::Divide, value, &known, negative(&known)),
        (Arithmetic::Divide, false) => (Arithmetic::Multiply, value, &known, negative(&known)),
        _ => return false,
    };
    let as_decimal = |value: &Value| match (op, value) {
        (Arithmetic::Multiply, Value::Int(n)) => Value::Decimal(Decimal::from(*n)),
        (_, value) => value.clone(),
    };
    let moved = Node::Arithmetic(
        inverse,
        Box::new(Node::Const(as_decimal(first))),
        Box::new(Node::Const(as_decimal(second))),
        None,
    );
    let Some(moved) = fixed(domain, &moved) else {
        return false;
    };
    let comparison = if mirrored {
        comparison.mirrored()
    } else {
        *comparison
    };
    let exact = matches!(op, Arithmetic::Add | Arithmetic::Subtract);
    reach(domain, inner, &Goal::Compare(comparison, moved)) && exact
}

/// Whether it is the column, as a number that holds all its values.
fn widened(node: &Node) -> bool {
    match node {
        Node::Column(_) => true,
        Node::Cast(inner, Type::Decimal { precision, .. }) => precision.is_none() && widened(inner),
        Node::Cast(inner, Type::Int { max, .. }) => *max == i64::MAX && widened(inner),
        _ => false,
    }
}

/// A quotient of whole numbers, which is cut off towards zero.
fn cut_off(domain: &mut Domain, inner: &Node, divisor: i64, bound: (Op, i64)) -> bool {
    let (op, quotient) = bound;
    if divisor <= 0 {
        return false;
    }
    let mut at = |op, number: Option<i64>| {
        number.is_some_and(|n| reach(domain, inner, &Goal::Compare(op, Value::Int(n))))
    };
    // The least and the greatest dividend with a quotient.
    let least = |q: i64| {
        let first = q.checked_mul(divisor)?;
        if q > 0 {
            Some(first)
        } else {
            first.checked_sub(divisor - 1)
        }
    };
    let most = |q: i64| {
        let last = q.checked_mul(divisor)?;
        if q < 0 {
            Some(last)
        } else {
            last.checked_add(divisor - 1)
        }
    };
    match op {
        Op::Ge => at(Op::Ge, least(quotient)),
        Op::Gt => at(Op::Gt, most(quotient)),
        Op::Le => at(Op::Le, most(quotient)),
        Op::Lt => at(Op::Lt, least(quotient)),
        Op::Eq => at(Op::Ge, least(quotient)) && at(Op::Le, most(quotient)),
        Op::Ne => false,
    }
}

fn negative(value: &Value) -> bool {
    to_float(value).is_some_and(|number| number < 0.0)
}

/// `EXTRACT(year FROM x)`: from new year to new year.
pub(super) fn year(domain: &mut Domain, inner: &Node, goal: &Goal) -> bool {
    let Goal::Compare(op, value) = goal else {
        return false;
    };
    let Some(year) = to_int(value).or_else(|| whole_float(value)) else {
        return false;
    };
    let new_year = |year: i64| {
        let date = jiff::civil::Date::new(i16::try_from(year).ok()?, 1, 1).ok()?;
        let days = days_since_epoch(date);
        civil(i64::from(days)).map(|_| Value::Date(days))
    };
    let (Some(first), Some(next)) = (new_year(year), new_year(year + 1)) else {
        return false;
    };
    let mut at = |op, value: &Value| reach(domain, inner, &Goal::Compare(op, value.clone()));
    match op {
        Op::Ge => at(Op::Ge, &first),
        Op::Gt => at(Op::Ge, &next),
        Op::Lt => at(Op::Lt, &first),
        Op::Le => at(Op::Lt, &next),
        Op::Eq => at(Op::Ge, &first) && at(Op::Lt, &next),
        Op::Ne => false,
    }
}

/// `EXTRACT(second FROM x) = 0`: a minute begins.
pub(super) fn whole_minutes(domain: &mut Domain, inner: &Node, goal: &Goal) -> bool {
    let zero = matches!(goal, Goal::Compare(Op::Eq, value) if to_int(value) == Some(0));
    zero && matches!(inner, Node::Column(_))
        && domain.congruent(&Value::Timestamp(60_000_000), &Value::Timestamp(0))
}

/// `date_trunc('month', x) = …`: from that moment until the next unit begins. Whether a unit begins
/// there is left to a filter.
pub(super) fn within_unit(domain: &mut Domain, field: Field, inner: &Node, goal: &Goal) {
    let Goal::Compare(Op::Eq, start) = goal else {
        return;
    };
    let (months, days, micros) = match field {
        Field::Year => (12, 0, 0),
        Field::Quarter => (3, 0, 0),
        Field::Month => (1, 0, 0),
        Field::Week => (0, 7, 0),
        Field::Day => (0, 1, 0),
        Field::Hour => (0, 0, 3_600_000_000),
        Field::Minute => (0, 0, 60_000_000),
        Field::Second => (0, 0, 1_000_000),
        _ => return,
    };
    let unit = Value::Interval {
        months,
        days,
        micros,
    };
    let next = Node::Arithmetic(
        Arithmetic::Add,
        Box::new(Node::Const(start.clone())),
        Box::new(Node::Const(unit)),
        None,
    );
    if let Some(next) = fixed(domain, &next) {
        reach(domain, inner, &Goal::Compare(Op::Ge, start.clone()));
        reach(domain, inner, &Goal::Compare(Op::Lt, next));
    }
}

pub(super) fn whole_float(value: &Value) -> Option<i64> {
    match value {
        Value::Float(number) if libm::trunc(*number) == *number => Some(*number as i64),
        _ => cast(
            value,
            &Type::Int {
                min: i64::MIN,
                max: i64::MAX,
            },
        )
        .ok()
        .and_then(|v| to_int(&v)),
    }
}

/// Years in which the starts of longer units are listed.
const YEARS: std::ops::Range<i16> = 2010..2030;

/// Moments at which a unit of time begins.
pub(super) fn whole_units(domain: &mut Domain, field: Field) {
    let micros = match field {
        Field::Second => 1_000_000,
        Field::Minute => 60_000_000,
        Field::Hour => 3_600_000_000,
        Field::Day => DAY,
        Field::Week => {
            // 1970-01-05 was a Monday.
            domain.congruent(&Value::Timestamp(7 * DAY), &Value::Timestamp(4 * DAY));
            return;
        }
        Field::Year | Field::Quarter | Field::Month => {
            let months: &[i8] = match field {
                Field::Year => &[1],
                Field::Quarter => &[1, 4, 7, 10],
                _ => &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
            };
            let starts = YEARS.flat_map(|year| months.iter().map(move |&month| (year, month)));
            let starts = starts.filter_map(|(year, month)| {
                let date = jiff::civil::Date::new(year, month, 1).ok()?;
                Some(Value::Timestamp(i64::from(days_since_epoch(date)) * DAY))
            });
            domain.among(&starts.collect::<Vec<_>>());
            return;
        }
        _ => return,
    };
    domain.congruent(&Value::Timestamp(micros), &Value::Timestamp(0));
}
