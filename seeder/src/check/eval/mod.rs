//! Evaluates compiled expressions on a row, in three-valued logic as PostgreSQL does.
//!
//! Where the server would raise an error (overflow, division by zero, a text that is no number) the
//! result is a `Fault`: such a row is never acceptable, whatever stands around the expression.

mod arithmetic;
mod call;
mod cast;
mod json;
pub(super) mod order;

use std::borrow::Cow;

use crate::value::Value;

use super::node::{Node, Op};

pub(super) use arithmetic::civil;
pub(super) use cast::cast;
pub(super) use json::Json;

/// The server would raise an error here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fault;

/// A row and the moment that `now()` is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scene<'a> {
    pub(super) row: &'a [Value],
    pub(super) now: i64,
}

const NULL: Value = Value::Null;

impl<'a> Scene<'a> {
    /// The truth of a condition; `None` is unknown.
    pub(super) fn truth(self, node: &Node) -> Result<Option<bool>, Fault> {
        match node {
            Node::And(all) => self.connective(all, false),
            Node::Or(all) => self.connective(all, true),
            Node::Not(inner) => Ok(self.truth(inner)?.map(|truth| !truth)),
            Node::IsNull(inner) => Ok(Some(self.value(inner)?.is_null())),
            Node::Is(inner, expected) => Ok(Some(self.truth(inner)? == Some(*expected))),
            Node::Distinct(left, right) => {
                let (left, right) = (self.value(left)?, self.value(right)?);
                let distinct = match (left.is_null(), right.is_null()) {
                    (true, true) => false,
                    (false, false) => order::order(&left, &right).ok_or(Fault)?.is_ne(),
                    _ => true,
                };
                Ok(Some(distinct))
            }
            Node::Compare(op, left, right) => {
                let left = self.value(left)?;
                let right = self.value(right)?;
                compare(*op, &left, &right)
            }
            Node::Any(op, left, array) => self.quantified(*op, left, array, true),
            Node::All(op, left, array) => self.quantified(*op, left, array, false),
            Node::Match(text, pattern) => match &*self.value(text)? {
                Value::Null => Ok(None),
                Value::Text(text) => Ok(Some(pattern.accepts(text))),
                _ => Err(Fault),
            },
            Node::Each(array, condition) => self.each(array, condition),
            other => match &*self.value(other)? {
                Value::Null => Ok(None),
                Value::Bool(truth) => Ok(Some(*truth)),
                _ => Err(Fault),
            },
        }
    }

    /// The first `decisive` truth decides; then an unknown one makes the whole unknown.
    fn connective(self, all: &[Node], decisive: bool) -> Result<Option<bool>, Fault> {
        let mut result = Some(!decisive);
        for node in all {
            match self.truth(node)? {
                Some(truth) if truth == decisive => return Ok(Some(decisive)),
                Some(_) => {}
                None => result = None,
            }
        }
        Ok(result)
    }

    /// Whether no element is one of which the condition is false.
    fn each(self, array: &Node, condition: &Node) -> Result<Option<bool>, Fault> {
        let array = self.value(array)?;
        let Value::Array(elements) = &*array else {
            return if array.is_null() {
                Ok(None)
            } else {
                Err(Fault)
            };
        };
        for element in elements {
            let row = std::slice::from_ref(element);
            let scene = Scene { row, now: self.now };
            if scene.truth(condition)? == Some(false) {
                return Ok(Some(false));
            }
        }
        Ok(Some(true))
    }

    fn quantified(
        self,
        op: Op,
        left: &Node,
        array: &Node,
        decisive: bool,
    ) -> Result<Option<bool>, Fault> {
        let left = self.value(left)?;
        let array = self.value(array)?;
        let Value::Array(elements) = &*array else {
            return if array.is_null() {
                Ok(None)
            } else {
                Err(Fault)
            };
        };
        let mut result = Some(!decisive);
        for element in elements {
            match compare(op, &left, element)? {
                Some(truth) if truth == decisive => return Ok(Some(decisive)),
                Some(_) => {}
                None => result = None,
            }
        }
        Ok(result)
    }

    /// The value of an expression.
    pub(super) fn value<'n>(self, node: &'n Node) -> Result<Cow<'n, Value>, Fault>
    where
        'a: 'n,
    {
        Ok(match node {
            Node::Const(value) => Cow::Borrowed(value),
            Node::Column(column) => Cow::Borrowed(self.row.get(*column).unwrap_or(&NULL)),
            Node::Now(data_type) => Cow::Owned(cast(&Value::Timestamp(self.now), data_type)?),
            Node::Arithmetic(op, left, right, bounds) => {
                let (left, right) = (self.value(left)?, self.value(right)?);
                if left.is_null() || right.is_null() {
                    return Ok(Cow::Owned(Value::Null));
                }
                Cow::Owned(arithmetic::apply(*op, &left, &right, *bounds)?)
            }
            Node::Negate(inner) => Cow::Owned(negate(&*self.value(inner)?)?),
            Node::Call(function, arguments) => {
                let mut values = Vec::with_capacity(arguments.len());
                for argument in arguments {
                    let value = self.value(argument)?;
                    if value.is_null() {
                        return Ok(Cow::Owned(Value::Null));
                    }
                    values.push(value);
                }
                Cow::Owned(call::call(function, &values)?)
            }
            Node::Case(arms, otherwise) => {
                for (condition, result) in arms {
                    if self.truth(condition)? == Some(true) {
                        return self.value(result);
                    }
                }
                return self.value(otherwise);
            }
            Node::Coalesce(all) => {
                for node in all {
                    let value = self.value(node)?;
                    if !value.is_null() {
                        return Ok(value);
                    }
                }
                Cow::Owned(Value::Null)
            }
            Node::Extreme(greatest, all) => self.extreme(*greatest, all)?,
            Node::Cast(inner, data_type) => {
                let value = self.value(inner)?;
                // `(status)::text` stands in most CHECKs of a varchar.
                match cast::keeps(&value, data_type) {
                    true => value,
                    false => Cow::Owned(cast(&value, data_type)?),
                }
            }
            Node::Array(all) => {
                let elements: Result<Vec<_>, Fault> = all
                    .iter()
                    .map(|node| self.value(node).map(Cow::into_owned))
                    .collect();
                Cow::Owned(Value::Array(elements?))
            }
            Node::Record(all) => {
                let fields: Result<Vec<_>, Fault> = all
                    .iter()
                    .map(|node| self.value(node).map(Cow::into_owned))
                    .collect();
                let fields = fields?;
                Cow::Owned(match fields.iter().all(Value::is_null) {
                    true => Value::Null,
                    false => Value::Record(fields),
                })
            }
            condition => Cow::Owned(self.truth(condition)?.map_or(Value::Null, Value::Bool)),
        })
    }

    fn extreme<'n>(self, greatest: bool, all: &'n [Node]) -> Result<Cow<'n, Value>, Fault>
    where
        'a: 'n,
    {
        let mut best: Option<Cow<'n, Value>> = None;
        for node in all {
            let value = self.value(node)?;
            if value.is_null() {
                continue;
            }
            let better = match &best {
                None => true,
                Some(best) => {
                    let order = order::order(&value, best).ok_or(Fault)?;
                    if greatest {
                        order.is_gt()
                    } else {
                        order.is_lt()
                    }
                }
            };
            if better {
                best = Some(value);
            }
        }
        Ok(best.unwrap_or(Cow::Owned(Value::Null)))
    }
}

/// A comparison's truth; unknown where a side is NULL.
pub(super) fn compare(op: Op, left: &Value, right: &Value) -> Result<Option<bool>, Fault> {
    if left.is_null() || right.is_null() {
        return Ok(None);
    }
    order::order(left, right)
        .map(|order| Some(op.accepts(order)))
        .ok_or(Fault)
}

fn negate(value: &Value) -> Result<Value, Fault> {
    Ok(match value {
        Value::Null => Value::Null,
        Value::Int(number) => Value::Int(number.checked_neg().ok_or(Fault)?),
        Value::Decimal(number) => Value::Decimal(-*number),
        Value::Float(number) => Value::Float(-*number),
        Value::Interval {
            months,
            days,
            micros,
        } => Value::Interval {
            months: months.checked_neg().ok_or(Fault)?,
            days: days.checked_neg().ok_or(Fault)?,
            micros: micros.checked_neg().ok_or(Fault)?,
        },
        _ => return Err(Fault),
    })
}
