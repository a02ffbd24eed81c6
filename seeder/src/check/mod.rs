//! CHECK constraints: read, evaluated and solved.
//!
//! `Check` is one constraint that was understood, `solve` turns the constraints of a table into
//! groups that fill rows, `Domain` is what one column may hold. What is not understood is named with
//! its reason, never guessed.
//!
//! Pure: no I/O, no clock, no order of a hash table in a result, no floating point of the platform.
//! Every value is a function of the arguments.

mod compile;
mod domain;
mod eval;
mod group;
mod node;
mod normal;
mod pattern;
#[cfg(test)]
mod tests;

use crate::value::{Type, Value};

pub use domain::{Domain, Nulls};
pub use group::{
    ATTEMPTS_MAX, Constraint, Group, RowKey, Shift, Solved, Unfilled, Unsolved, solve,
};

use eval::Scene;
use node::Node;

/// Midnight of 2025-01-01 UTC in microseconds since 1970: what `now()` is unless said otherwise.
const NOW_DEFAULT: i64 = 1_735_689_600_000_000;

/// A column as an expression sees it.
#[derive(Debug, Clone)]
pub struct Column<'a> {
    /// Its name; `VALUE` in a domain's CHECK.
    pub name: &'a str,
    /// Its type; a domain's CHECKs are part of it.
    pub data_type: &'a Type,
    /// Whether the column refuses NULL (its domain may refuse it as well).
    pub not_null: bool,
    /// Whether its texts are ordered by bytes: the C collation.
    pub c_collation: bool,
}

/// The columns of a table in the order of a row's values.
#[derive(Debug, Clone)]
pub struct Columns<'a> {
    columns: Vec<Column<'a>>,
    now: i64,
}

impl<'a> Columns<'a> {
    /// The columns in order; an expression's column ordinals count from 0 in it.
    pub fn new(columns: Vec<Column<'a>>) -> Self {
        let now = NOW_DEFAULT;
        Self { columns, now }
    }

    /// Sets the moment that `now()` is, in microseconds since 1970: the server's must not be earlier.
    #[must_use]
    pub fn at(mut self, now: i64) -> Self {
        self.now = now;
        self
    }

    fn find(&self, name: &str) -> Option<(usize, &Column<'a>)> {
        let mut columns = self.columns.iter().enumerate();
        columns.find(|(_, column)| column.name == name)
    }

    /// The type below the domain of that name, where a column is of it.
    fn type_named(&self, name: &str) -> Type {
        let mut types: Vec<&Type> = self.columns.iter().map(|c| c.data_type).collect();
        while let Some(data_type) = types.pop() {
            match data_type {
                Type::Domain {
                    name: own, base, ..
                } => {
                    if own.to_string() == name {
                        return base.base().clone();
                    }
                    types.push(base);
                }
                Type::Array(element) => types.push(element),
                Type::Record(fields) => types.extend(fields.iter().map(|(_, field)| field)),
                _ => {}
            }
        }
        Type::Other(name.to_owned())
    }
}

/// Why an expression was not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not understood: {reason}")]
pub struct NotUnderstood {
    /// The function, operator, constant or type that is not known here.
    pub reason: String,
}

/// What a condition is on a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Truth {
    /// True.
    True,
    /// False; also where the server would raise an error instead.
    False,
    /// NULL, with which a CHECK passes.
    Unknown,
}

/// Whether two values are equal, as the server's `=` says; numbers of different types can be.
pub(crate) fn equal(left: &Value, right: &Value) -> bool {
    let order = eval::order::order(left, right);
    left == right || order.is_some_and(std::cmp::Ordering::is_eq)
}

/// A CHECK's expression, compiled.
#[derive(Debug, Clone)]
pub struct Check {
    node: Node,
    columns: Vec<usize>,
    now: i64,
}

impl Check {
    /// Compiles an expression as `pg_get_expr` writes it.
    pub fn compile(expression: &str, columns: &Columns<'_>) -> Result<Self, NotUnderstood> {
        let node = compile::compile(expression, columns)?;
        Ok(Self::of(node, columns.now))
    }

    fn of(node: Node, now: i64) -> Self {
        Self {
            columns: node.columns(),
            node,
            now,
        }
    }

    /// The ordinals of the columns that it reads, ascending.
    pub fn columns(&self) -> &[usize] {
        &self.columns
    }

    /// What it is on a row: the CHECK passes unless it is false.
    pub fn eval(&self, row: &[Value]) -> Truth {
        let scene = Scene { row, now: self.now };
        match scene.truth(&self.node) {
            Ok(Some(true)) => Truth::True,
            Ok(None) => Truth::Unknown,
            Ok(Some(false)) | Err(_) => Truth::False,
        }
    }
}
