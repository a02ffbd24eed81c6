//! Values of cells, the types that they are of, and their text form.

mod copy;
mod kind;
mod read;
mod resolve;
mod scalar;
mod text;

use rust_decimal::Decimal;

pub use copy::{CopyText, write_copy};
pub use kind::Type;
pub use text::{days_since_epoch, write_text};

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// NULL.
    Null,
    /// `boolean`.
    Bool(bool),
    /// `smallint`, `integer`, `bigint`, `oid`.
    Int(i64),
    /// `numeric` and `money`.
    Decimal(Decimal),
    /// `real` and `double precision`.
    Float(f64),
    /// `text`, `varchar`, `char`, `citext`, an enumeration's label, and every type for which the text
    /// form is all that is needed: `json`, `inet`, `bit`, `tsvector` …
    Text(String),
    /// `bytea`.
    Bytes(Vec<u8>),
    /// `date`: days since 1970-01-01.
    Date(i32),
    /// `time`: microseconds since midnight.
    Time(i64),
    /// `timestamp` and `timestamptz`: microseconds since 1970-01-01 00:00 (UTC for the latter).
    Timestamp(i64),
    /// `interval`.
    Interval {
        /// Months.
        months: i32,
        /// Days.
        days: i32,
        /// Microseconds.
        micros: i64,
    },
    /// `uuid`.
    Uuid(u128),
    /// An array of one dimension.
    Array(Vec<Value>),
    /// A range `[lower, upper)`; a NULL bound is open to that side.
    Range(Box<(Value, Value)>),
    /// The empty range.
    EmptyRange,
    /// A multirange: disjoint ranges in order.
    Multirange(Vec<Value>),
    /// A composite's fields in their order.
    Record(Vec<Value>),
}

impl Value {
    /// Whether it is NULL.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }
}
