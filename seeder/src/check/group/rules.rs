//! Constraints as compiled conditions: those of the table, and those of the domains that its columns,
//! their elements and their fields are of.

use std::sync::Arc;

use super::composite::Apart;
use super::{Constraint, Unsolved};
use crate::check::compile;
use crate::check::node::{Function, Node};
use crate::check::{Column, Columns};
use crate::value::Type;

/// One constraint, compiled; composites in it are taken apart.
#[derive(Debug, Clone)]
pub(super) struct Rule {
    pub(super) name: String,
    pub(super) expression: String,
    pub(super) node: Node,
    pub(super) reads_clock: bool,
}

impl Rule {
    /// A CHECK of the table.
    pub(super) fn new(constraint: &Constraint<'_>, apart: &Apart<'_>) -> Result<Self, Unsolved> {
        let node = compiled(constraint, &apart.table)?;
        Ok(Self::of(constraint, apart.opened(&node)))
    }

    fn of(constraint: &Constraint<'_>, node: Node) -> Self {
        Self {
            name: constraint.name.to_owned(),
            expression: constraint.expression.to_owned(),
            reads_clock: node.reads_clock(),
            node,
        }
    }
}

fn compiled(constraint: &Constraint<'_>, columns: &Columns<'_>) -> Result<Node, Unsolved> {
    compile::compile(constraint.expression, columns).map_err(|error| Unsolved::NotUnderstood {
        constraint: constraint.name.to_owned(),
        expression: constraint.expression.to_owned(),
        reason: error.reason,
    })
}

/// The CHECKs of the domains that a column of the table is made of, and those that are not understood.
pub(super) fn domain_rules(
    apart: &Apart<'_>,
    column: &Column<'_>,
    ordinal: usize,
) -> (Vec<Rule>, Vec<Unsolved>) {
    let mut found = Found::default();
    found.below(column.data_type, &Node::Column(ordinal), column.c_collation);
    let opened = found.conditions.into_iter().map(|mut rule| {
        rule.node = apart.opened(&rule.node);
        rule
    });
    (opened.collect(), found.unsolved)
}

#[derive(Default)]
struct Found {
    conditions: Vec<Rule>,
    unsolved: Vec<Unsolved>,
}

impl Found {
    /// Adds what the domains on the way down say of a value of this type.
    fn below(&mut self, data_type: &Type, value: &Node, c_collation: bool) {
        match data_type {
            Type::Domain { base, checks, .. } => {
                for (name, expression) in checks {
                    let constraint = Constraint { name, expression };
                    match compiled(&constraint, &value_column(base, c_collation)) {
                        Ok(mut node) => {
                            put(&mut node, value);
                            self.conditions.push(Rule::of(&constraint, node));
                        }
                        Err(unsolved) => self.unsolved.push(unsolved),
                    }
                }
                self.below(base, value, c_collation);
            }
            Type::Record(fields) => {
                for (position, (_, field)) in fields.iter().enumerate() {
                    let part = Node::Call(Function::Part(position), vec![value.clone()]);
                    self.below(field, &part, false);
                }
            }
            Type::Array(element) => {
                let mut elements = Self::default();
                elements.below(element, &Node::Column(0), false);
                self.unsolved.append(&mut elements.unsolved);
                for mut rule in elements.conditions {
                    rule.node = Node::Each(Box::new(value.clone()), Arc::new(rule.node));
                    self.conditions.push(rule);
                }
            }
            _ => {}
        }
    }
}

fn value_column(data_type: &Type, c_collation: bool) -> Columns<'_> {
    Columns::new(vec![Column {
        name: "VALUE",
        data_type,
        not_null: false,
        c_collation,
    }])
}

/// Puts an expression where column 0 is.
fn put(node: &mut Node, value: &Node) {
    match node {
        Node::Column(_) => *node = value.clone(),
        node => {
            for child in node.children_mut() {
                put(child, value);
            }
        }
    }
}

/// Rules that share columns, directly or through others, in order of their first column; a composite
/// is one column.
pub(super) fn partition(rules: Vec<Rule>, apart: &Apart<'_>) -> Vec<Vec<Rule>> {
    let mut parts: Vec<(Vec<usize>, Vec<Rule>)> = Vec::new();
    for rule in rules {
        let mut columns = apart.owners(&rule.node);
        let mut joined = Vec::new();
        let mut rest = Vec::new();
        for (own, rules) in parts {
            if own.iter().any(|column| columns.contains(column)) {
                columns.extend(own);
                joined.extend(rules);
            } else {
                rest.push((own, rules));
            }
        }
        joined.push(rule);
        rest.push((columns, joined));
        parts = rest;
    }
    parts.sort_by_key(|(columns, _)| columns.iter().min().copied());
    parts.into_iter().map(|(_, rules)| rules).collect()
}
