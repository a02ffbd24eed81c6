//! Composites taken apart: while a group is solved every field is a column of its own, numbered behind
//! the table's, so that `(price).amount > 0` is solved as `amount > 0` would be.
//!
//! A composite all of whose fields are NULL is NULL where its column allows it, which is what
//! `IS NULL` says of either.

use super::super::domain::Domain;
use super::super::node::{Function, Node, Op};
use super::super::{Column, Columns};
use super::fill::Request;
use super::{Group, Unfilled};
use crate::value::{Type, Value};

/// The columns of a table, and behind them the fields of its composites.
pub(super) struct Apart<'a> {
    pub(super) table: Columns<'a>,
    /// The table's columns, then the fields; a composite's own place stays and nobody reads it.
    pub(super) all: Vec<Column<'a>>,
    composites: Vec<Composite>,
}

/// A composite column and where its fields are.
#[derive(Debug, Clone)]
pub(super) struct Composite {
    column: usize,
    not_null: bool,
    whole: Field,
    /// Fields that are not NULL unless everything is.
    strict: Vec<usize>,
}

#[derive(Debug, Clone)]
enum Field {
    /// A column behind the table's.
    Leaf(usize),
    /// A composite.
    Whole(Vec<Field>),
}

impl<'a> Apart<'a> {
    pub(super) fn new(table: &Columns<'a>) -> Self {
        let mut apart = Self {
            table: table.clone(),
            all: table.columns.clone(),
            composites: Vec::new(),
        };
        for (ordinal, column) in table.columns.iter().enumerate() {
            if let Type::Record(fields) = column.data_type.base() {
                let not_null = column.not_null || column.data_type.refuses_null();
                let mut strict = Vec::new();
                let composite = Composite {
                    column: ordinal,
                    not_null,
                    whole: apart.open(fields, not_null, &mut strict),
                    strict,
                };
                apart.composites.push(composite);
            }
        }
        apart
    }

    fn open(
        &mut self,
        fields: &'a [(String, Type)],
        present: bool,
        strict: &mut Vec<usize>,
    ) -> Field {
        let each = fields.iter().map(|(name, data_type)| {
            if let Type::Record(inner) = data_type.base() {
                return self.open(inner, false, strict);
            }
            let ordinal = self.all.len();
            if data_type.refuses_null() {
                strict.push(ordinal);
            }
            self.all.push(Column {
                name,
                data_type,
                not_null: present && data_type.refuses_null(),
                c_collation: false,
            });
            Field::Leaf(ordinal)
        });
        Field::Whole(each.collect())
    }

    /// The table's columns that an expression reads, by themselves or by their fields.
    pub(super) fn owners(&self, node: &Node) -> Vec<usize> {
        let mut owners: Vec<usize> = node.columns();
        for owner in &mut owners {
            let mut composites = self.composites.iter();
            if let Some(composite) = composites.find(|c| c.whole.leaves().contains(owner)) {
                *owner = composite.column;
            }
        }
        owners.sort_unstable();
        owners.dedup();
        owners
    }

    /// The composites among some columns of the table.
    pub(super) fn composites_of(&self, owners: &[usize]) -> Vec<Composite> {
        let among = |composite: &&Composite| owners.contains(&composite.column);
        self.composites.iter().filter(among).cloned().collect()
    }

    /// An expression over the table's columns as one over their fields.
    pub(super) fn opened(&self, node: &Node) -> Node {
        let differences = |left: &Node, right: &Node| self.differences(left, right);
        match node {
            Node::IsNull(inner) if self.at(inner).is_some() => self.is_null(inner),
            Node::Compare(op @ (Op::Eq | Op::Ne), left, right) => match differences(left, right) {
                Some(differ) if *op == Op::Eq => Node::negation(differ),
                Some(differ) => differ,
                None => Node::compare(*op, self.opened(left), self.opened(right)),
            },
            Node::Distinct(left, right) => differences(left, right).unwrap_or_else(|| {
                Node::Distinct(Box::new(self.opened(left)), Box::new(self.opened(right)))
            }),
            node => match self.at(node) {
                Some(field) => field.node(),
                None => {
                    let mut node = node.clone();
                    for child in node.children_mut() {
                        *child = self.opened(child);
                    }
                    node
                }
            },
        }
    }

    fn is_null(&self, node: &Node) -> Node {
        let mut composites = self.composites.iter();
        let present = composites.any(|composite| match node {
            Node::Column(column) => composite.column == *column && composite.not_null,
            _ => false,
        });
        let leaves = self.at(node).map(Field::leaves).unwrap_or_default();
        let each = |leaf: usize| Node::is_null(Node::Column(leaf));
        match leaves[..] {
            _ if present => Node::truth(false),
            [leaf] => each(leaf),
            _ => Node::And(leaves.into_iter().map(each).collect()),
        }
    }

    /// When two composites differ: one of their fields does, NULL being a value like any other.
    fn differences(&self, left: &Node, right: &Node) -> Option<Node> {
        let (Some(left @ Field::Whole(_)), Some(right)) = (self.at(left), self.at(right)) else {
            return None;
        };
        let (left, right) = (left.leaves(), right.leaves());
        let column = |leaf: usize| Box::new(Node::Column(leaf));
        (left.len() == right.len()).then(|| {
            let pairs = left.into_iter().zip(right);
            Node::Or(
                pairs
                    .map(|(a, b)| Node::Distinct(column(a), column(b)))
                    .collect(),
            )
        })
    }

    /// The field or the composite that an expression is.
    fn at(&self, node: &Node) -> Option<&Field> {
        match node {
            Node::Column(column) => {
                let mut composites = self.composites.iter();
                let composite = composites.find(|composite| composite.column == *column)?;
                Some(&composite.whole)
            }
            Node::Call(Function::Part(position), whole) => match self.at(whole.first()?)? {
                Field::Whole(fields) => fields.get(*position),
                Field::Leaf(_) => None,
            },
            _ => None,
        }
    }
}

impl Composite {
    pub(super) fn column(&self) -> usize {
        self.column
    }

    /// The columns that its fields are.
    pub(super) fn leaves(&self) -> Vec<usize> {
        self.whole.leaves()
    }

    /// Whether no field is NULL that its type refuses to be, as it may be where everything is.
    pub(super) fn is_sound(&self, row: &[Value]) -> bool {
        let null = |leaf: &usize| row[*leaf].is_null();
        !self.strict.iter().any(null) || (!self.not_null && self.leaves().iter().all(null))
    }

    /// Whether its fields are all NULL or none of them is.
    fn is_whole(&self, row: &[Value]) -> bool {
        let leaves = self.leaves();
        let nulls = leaves.iter().filter(|leaf| row[**leaf].is_null()).count();
        nulls == 0 || (nulls == leaves.len() && !self.not_null)
    }

    /// Puts the fields of a row's composite behind the row.
    fn take_apart(&self, row: &mut [Value]) {
        let value = row[self.column].clone();
        self.whole.scatter(&value, row);
    }

    /// Makes the composite of the fields behind a row.
    fn put_together(&self, row: &mut [Value]) {
        let made = match (self.whole.gather(row), &self.whole) {
            (Value::Null, Field::Whole(fields)) if self.not_null => {
                Value::Record(vec![Value::Null; fields.len()])
            }
            (made, _) => made,
        };
        row[self.column] = made;
    }
}

impl Field {
    fn leaves(&self) -> Vec<usize> {
        match self {
            Self::Leaf(column) => vec![*column],
            Self::Whole(fields) => fields.iter().flat_map(Self::leaves).collect(),
        }
    }

    fn node(&self) -> Node {
        match self {
            Self::Leaf(column) => Node::Column(*column),
            Self::Whole(fields) => Node::Record(fields.iter().map(Self::node).collect()),
        }
    }

    fn scatter(&self, value: &Value, row: &mut [Value]) {
        match self {
            Self::Leaf(column) => row[*column] = value.clone(),
            Self::Whole(fields) => {
                for (position, field) in fields.iter().enumerate() {
                    let part = match value {
                        Value::Record(values) => values.get(position).unwrap_or(&Value::Null),
                        _ => &Value::Null,
                    };
                    field.scatter(part, row);
                }
            }
        }
    }

    fn gather(&self, row: &[Value]) -> Value {
        match self {
            Self::Leaf(column) => row[*column].clone(),
            Self::Whole(fields) => {
                let values: Vec<Value> = fields.iter().map(|field| field.gather(row)).collect();
                match values.iter().all(Value::is_null) {
                    true => Value::Null,
                    false => Value::Record(values),
                }
            }
        }
    }
}

impl Group {
    /// Whether no composite of a row has NULL beside other fields.
    pub(super) fn is_whole(&self, row: &[Value]) -> bool {
        self.composites.iter().all(|whole| whole.is_whole(row))
    }

    /// The row with the fields of its composites behind it.
    pub(super) fn widened(&self, row: &[Value]) -> Vec<Value> {
        let mut wide = row.to_vec();
        wide.resize(self.width, Value::Null);
        for composite in &self.composites {
            composite.take_apart(&mut wide);
        }
        wide
    }

    /// Fills a row with composites: the candidate for a composite gives those for its fields.
    pub(super) fn fill_apart(
        &self,
        row: &mut [Value],
        request: &mut Request<'_>,
    ) -> Result<u32, Unfilled> {
        let owner = |column: usize| {
            let mut composites = self.composites.iter();
            composites.find(|composite| composite.leaves().contains(&column))
        };
        let fixed = |column: usize| {
            let owner = owner(column).map_or(column, Composite::column);
            (request.fixed)(owner)
        };
        let mut made: Option<((usize, u32), Vec<Value>)> = None;
        let natural = &mut *request.natural;
        let mut natural = |column: usize, domain: &Domain, attempt: u32| {
            let Some(composite) = owner(column) else {
                return natural(column, domain, attempt);
            };
            let of = (composite.column, attempt);
            if made.as_ref().is_none_or(|(known, _)| *known != of) {
                let mut fields = vec![Value::Null; self.width];
                fields[composite.column] = natural(composite.column, domain, attempt)?;
                composite.take_apart(&mut fields);
                made = Some((of, fields));
            }
            made.as_ref().map(|(_, fields)| fields[column].clone())
        };
        let mut wide = self.widened(row);
        let mut inner = Request {
            fixed: &fixed,
            natural: &mut natural,
            of: request.of,
            tries: request.tries,
            reaching: None,
        };
        let filled = self.attempts(&mut wide, &mut inner);
        let attempts = filled.map_err(|mut unfilled| {
            let reaching = unfilled.reaching;
            unfilled.reaching = reaching.map(|own| owner(own).map_or(own, Composite::column));
            unfilled
        })?;
        for composite in &self.composites {
            if !(request.fixed)(composite.column) {
                composite.put_together(&mut wide);
            }
        }
        wide.truncate(row.len());
        for (cell, value) in row.iter_mut().zip(wide) {
            *cell = value;
        }
        Ok(attempts)
    }
}
