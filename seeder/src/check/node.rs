//! The compiled form of an expression: a tree over column ordinals, with every type decided.
//!
//! What differs between types has become a node of its own (the padding of `char(n)`, the case of
//! `citext`, the order of an enumeration's labels), so that evaluation looks at values only.

use std::sync::Arc;

use crate::value::{Type, Value};

use super::pattern::Pattern;

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

impl Op {
    /// The comparison that holds exactly where this one does not, NULL aside.
    pub(super) fn negated(self) -> Self {
        match self {
            Self::Eq => Self::Ne,
            Self::Ne => Self::Eq,
            Self::Lt => Self::Ge,
            Self::Le => Self::Gt,
            Self::Gt => Self::Le,
            Self::Ge => Self::Lt,
        }
    }

    /// The comparison with its sides exchanged.
    pub(super) fn mirrored(self) -> Self {
        match self {
            Self::Lt => Self::Gt,
            Self::Le => Self::Ge,
            Self::Gt => Self::Lt,
            Self::Ge => Self::Le,
            same => same,
        }
    }

    /// Whether it needs more than equality.
    pub(super) fn orders(self) -> bool {
        !matches!(self, Self::Eq | Self::Ne)
    }

    /// Whether it accepts that order of its left side relative to its right one.
    pub(super) fn accepts(self, order: std::cmp::Ordering) -> bool {
        match self {
            Self::Eq => order.is_eq(),
            Self::Ne => order.is_ne(),
            Self::Lt => order.is_lt(),
            Self::Le => order.is_le(),
            Self::Gt => order.is_gt(),
            Self::Ge => order.is_ge(),
        }
    }
}

/// An operator of arithmetic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

/// A field of a point in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Year,
    Quarter,
    Month,
    Week,
    Day,
    /// Sunday is 0.
    DayOfWeek,
    /// Monday is 1, Sunday 7.
    IsoDayOfWeek,
    DayOfYear,
    Hour,
    Minute,
    Second,
    Epoch,
}

/// A function whose value depends on its arguments alone and which gives NULL for any NULL.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Function {
    Lower,
    Upper,
    /// The first letter of each word in upper case, the others in lower case.
    Initcap,
    /// Characters of a text; the text is already without a `char(n)`'s padding.
    CharLength,
    OctetLength,
    /// Pads with blanks to that many characters: what a `char(n)` holds.
    Pad(u32),
    /// Takes blanks off the end: what a `char(n)` is as `text`.
    Unpad,
    /// Takes characters of the second argument off.
    Trim {
        start: bool,
        end: bool,
    },
    Left,
    Right,
    Substring,
    Replace,
    Concat,
    Position,
    StartsWith,
    Reverse,
    SplitPart,
    Abs,
    Sign,
    Round,
    Floor,
    Ceil,
    Truncate,
    Scale,
    Cardinality,
    ArrayLength,
    /// `array_ndims`: 1, or NULL for an empty one.
    ArrayDimensions,
    /// Position of a label in its enumeration.
    Rank(Vec<String>),
    /// `left @> right` over arrays.
    ArrayContains,
    ArrayOverlaps,
    ArrayElement,
    /// Position of the first NULL among the elements; NULL without one.
    NullPosition,
    ArrayConcat,
    JsonTypeof,
    JsonArrayLength,
    JsonHasKey,
    JsonHasAll,
    JsonHasAny,
    /// `->`
    JsonField,
    /// `->>`
    JsonText,
    JsonContains,
    Extract(Field, bool),
    Truncated(Field),
    Lowest,
    Highest,
    IsEmpty,
    /// `lower_inf`, or `upper_inf`.
    Unbounded {
        upper: bool,
    },
    /// `lower_inc`, or `upper_inc`.
    Included {
        upper: bool,
    },
    RangeContains,
    RangeOverlaps,
    /// `family(inet)`
    Family,
    /// `masklen(inet)`
    MaskLength,
    /// `radius(circle)`
    Radius,
    /// `point[0]`, `point[1]`
    Coordinate,
    /// A power of doubles.
    Power,
    /// The first of two texts where every collation orders them alike; elsewhere an error.
    Digits,
    /// A composite's field.
    Part(usize),
    BitAnd,
    BitOr,
}

/// An expression.
#[derive(Debug, Clone)]
pub(super) enum Node {
    Const(Value),
    Column(usize),
    /// The moment that the expression is evaluated at, as a date or a timestamp.
    Now(Type),
    Not(Box<Node>),
    And(Vec<Node>),
    Or(Vec<Node>),
    Compare(Op, Box<Node>, Box<Node>),
    /// `IS DISTINCT FROM`
    Distinct(Box<Node>, Box<Node>),
    IsNull(Box<Node>),
    /// `IS TRUE`, `IS FALSE`
    Is(Box<Node>, bool),
    /// With the bounds of an integer result.
    Arithmetic(Arithmetic, Box<Node>, Box<Node>, Option<(i64, i64)>),
    Negate(Box<Node>),
    Call(Function, Vec<Node>),
    Case(Vec<(Node, Node)>, Box<Node>),
    Coalesce(Vec<Node>),
    /// `GREATEST` (true) and `LEAST`.
    Extreme(bool, Vec<Node>),
    Cast(Box<Node>, Type),
    Array(Vec<Node>),
    /// A composite of its fields; NULL where all of them are.
    Record(Vec<Node>),
    /// Whether no element of an array is one of which the condition, over column 0, is false.
    Each(Box<Node>, Arc<Node>),
    /// `left op ANY (array)`, or `ALL`.
    Any(Op, Box<Node>, Box<Node>),
    All(Op, Box<Node>, Box<Node>),
    /// A text that matches a fixed pattern.
    Match(Box<Node>, Arc<Pattern>),
}

impl Node {
    pub(super) fn truth(value: bool) -> Self {
        Self::Const(Value::Bool(value))
    }

    pub(super) fn compare(op: Op, left: Self, right: Self) -> Self {
        Self::Compare(op, Box::new(left), Box::new(right))
    }

    pub(super) fn is_null(node: Self) -> Self {
        Self::IsNull(Box::new(node))
    }

    pub(super) fn negation(node: Self) -> Self {
        Self::Not(Box::new(node))
    }

    /// The nodes directly below.
    pub(super) fn children(&self) -> Vec<&Self> {
        match self {
            Self::Const(_) | Self::Column(_) | Self::Now(_) => Vec::new(),
            Self::Not(a) | Self::IsNull(a) | Self::Is(a, _) | Self::Negate(a) => vec![a],
            Self::Cast(a, _) | Self::Match(a, _) | Self::Each(a, _) => vec![a],
            Self::And(all) | Self::Or(all) | Self::Coalesce(all) | Self::Array(all) => {
                all.iter().collect()
            }
            Self::Extreme(_, all) | Self::Call(_, all) | Self::Record(all) => all.iter().collect(),
            Self::Compare(_, a, b) | Self::Any(_, a, b) | Self::All(_, a, b) => vec![a, b],
            Self::Distinct(a, b) | Self::Arithmetic(_, a, b, _) => vec![a, b],
            Self::Case(arms, otherwise) => arms
                .iter()
                .flat_map(|(condition, result)| [condition, result])
                .chain([&**otherwise])
                .collect(),
        }
    }

    /// The nodes directly below, to change them.
    pub(super) fn children_mut(&mut self) -> Vec<&mut Self> {
        match self {
            Self::Const(_) | Self::Column(_) | Self::Now(_) => Vec::new(),
            Self::Not(a) | Self::IsNull(a) | Self::Is(a, _) | Self::Negate(a) => vec![a],
            Self::Cast(a, _) | Self::Match(a, _) | Self::Each(a, _) => vec![a],
            Self::And(all) | Self::Or(all) | Self::Coalesce(all) | Self::Array(all) => {
                all.iter_mut().collect()
            }
            Self::Extreme(_, all) | Self::Call(_, all) | Self::Record(all) => {
                all.iter_mut().collect()
            }
            Self::Compare(_, a, b) | Self::Any(_, a, b) | Self::All(_, a, b) => vec![a, b],
            Self::Distinct(a, b) | Self::Arithmetic(_, a, b, _) => vec![a, b],
            Self::Case(arms, otherwise) => arms
                .iter_mut()
                .flat_map(|(condition, result)| [condition, result])
                .chain([&mut **otherwise])
                .collect(),
        }
    }

    /// Adds the columns that it reads, in order of their first appearance.
    pub(super) fn collect_columns(&self, columns: &mut Vec<usize>) {
        if let Self::Column(column) = self
            && !columns.contains(column)
        {
            columns.push(*column);
        }
        for child in self.children() {
            child.collect_columns(columns);
        }
    }

    /// The columns that it reads, in order of their ordinals.
    pub(super) fn columns(&self) -> Vec<usize> {
        let mut columns = Vec::new();
        self.collect_columns(&mut columns);
        columns.sort_unstable();
        columns
    }

    /// How often it reads a column.
    pub(super) fn mentions(&self, column: usize) -> usize {
        let below: usize = self.children().iter().map(|c| c.mentions(column)).sum();
        below + usize::from(matches!(self, Self::Column(c) if *c == column))
    }

    /// Whether it reads the clock.
    pub(super) fn reads_clock(&self) -> bool {
        let own = match self {
            Self::Now(_) => true,
            Self::Each(_, condition) => condition.reads_clock(),
            _ => false,
        };
        own || self.children().iter().any(|child| child.reads_clock())
    }
}
