//! One way to satisfy a group: a domain for every column, and the literals that join columns.

use std::sync::atomic::{AtomicBool, Ordering};

use super::super::domain::{Domain, Nulls};
use super::super::eval::Scene;
use super::super::node::{Node, Op};
use super::atom::Atom;
use super::narrow::narrow;
use crate::value::Value;

/// Rounds in which bounds go from column to column.
const ROUNDS: usize = 3;

/// A branch. Positions are places in the group's list of columns.
#[derive(Debug, Clone)]
pub(super) struct Branch {
    pub(super) domains: Vec<Domain>,
    pub(super) atoms: Vec<Atom>,
    /// Positions in the order in which they are filled.
    pub(super) order: Vec<usize>,
    /// Columns that are NULL because no other value is left.
    pub(super) escaped: Vec<usize>,
}

/// The columns of a group with what their types allow.
#[derive(Debug)]
pub(super) struct Base {
    pub(super) columns: Vec<usize>,
    pub(super) domains: Vec<Domain>,
    pub(super) now: i64,
    /// Set where a branch was given up although there may be values that were not tried.
    pub(super) unsure: AtomicBool,
}

impl Base {
    pub(super) fn position(&self, column: usize) -> Option<usize> {
        self.columns.binary_search(&column).ok()
    }

    /// The domains narrowed by every literal over one column; `None` where one of them is empty, and
    /// NULL is no way out (`escape`) either.
    pub(super) fn narrowed(
        &self,
        literals: &[Node],
        escape: bool,
    ) -> Option<(Vec<Domain>, Vec<usize>)> {
        let mut domains = self.domains.clone();
        for literal in literals {
            let [column] = literal.columns()[..] else {
                continue;
            };
            let position = self.position(column)?;
            if !narrow(&mut domains[position], &renumbered(literal, column)) {
                return None;
            }
        }
        let mut escaped = Vec::new();
        for (position, domain) in domains.iter_mut().enumerate() {
            if domain.nulls() != Nulls::Required && domain.is_empty() {
                self.doubt(domain.is_partial());
                if !escape || !domain.set_nulls(Nulls::Required) {
                    return None;
                }
                escaped.push(self.columns[position]);
            }
        }
        Some((domains, escaped))
    }

    fn doubt(&self, doubtful: bool) {
        self.unsure.fetch_or(doubtful, Ordering::Relaxed);
    }

    /// The branch of some literals, as `narrowed` has it.
    pub(super) fn branch(&self, literals: &[Node], escape: bool) -> Option<Branch> {
        let (mut domains, mut escaped) = self.narrowed(literals, escape)?;
        let atoms: Vec<Atom> = literals
            .iter()
            .filter(|literal| literal.columns().len() > 1)
            .map(Atom::new)
            .collect();
        self.propagate(&mut domains, &atoms);
        for (position, domain) in domains.iter_mut().enumerate() {
            let prepared = domain.prepare();
            if domain.nulls() == Nulls::Required || (prepared && !domain.is_empty()) {
                continue;
            }
            self.doubt(!prepared || domain.is_partial());
            if !escape || !domain.set_nulls(Nulls::Required) {
                return None;
            }
            escaped.push(self.columns[position]);
        }
        let order = self.fill_order(&atoms);
        Some(Branch {
            domains,
            atoms,
            order,
            escaped,
        })
    }

    /// Bounds between two columns hold for the ends of the other's domain already.
    fn propagate(&self, domains: &mut [Domain], atoms: &[Atom]) {
        let width = self.columns.last().map_or(0, |last| last + 1);
        let pairs = || atoms.iter().filter(|atom| atom.columns.len() == 2);
        for _ in 0..ROUNDS {
            let bounds = pairs().flat_map(|atom| &atom.bounds);
            for bound in bounds.filter(|bound| bound.monotone) {
                let [other] = bound.reads[..] else { continue };
                let (Some(at), Some(from)) = (self.position(bound.column), self.position(other))
                else {
                    continue;
                };
                let nullable = domains[from].nulls() == Nulls::Required;
                let Some((low, high)) = domains[from].ends().filter(|_| !nullable) else {
                    continue;
                };
                let mut rows = [vec![Value::Null; width], vec![Value::Null; width]];
                rows[0][other] = low;
                rows[1][other] = high;
                let now = self.now;
                let scenes = [Scene { row: &rows[0], now }, Scene { row: &rows[1], now }];
                bound.loosest(&mut domains[at], scenes);
            }
        }
    }

    /// Columns in their order, but each equation's result last and no literal's last column one on
    /// which it cannot be a bound.
    fn fill_order(&self, atoms: &[Atom]) -> Vec<usize> {
        let mut order: Vec<usize> = self.columns.clone();
        for _ in 0..atoms.len() + 1 {
            let mut moved = false;
            for atom in atoms {
                let place = |column: &usize| order.iter().position(|own| own == column);
                let Some(last) = atom.columns.iter().max_by_key(|column| place(column)) else {
                    continue;
                };
                let result = atom.bounds.iter().find(|b| b.alone && b.op == Op::Eq);
                let wanted = match (result, atom.bound(*last)) {
                    (Some(result), _) if result.expression.columns().len() > 1 => result.column,
                    (_, Some(_)) => continue,
                    (_, None) => match atom.bounds.last() {
                        Some(bound) => bound.column,
                        None => continue,
                    },
                };
                if wanted == *last {
                    continue;
                }
                let (Some(from), Some(to)) = (place(&wanted), place(last)) else {
                    continue;
                };
                let column = order.remove(from);
                order.insert(to, column);
                moved = true;
            }
            if !moved {
                break;
            }
        }
        order
            .iter()
            .filter_map(|&column| self.position(column))
            .collect()
    }
}

/// The literal with its one column as column 0.
pub(super) fn renumbered(literal: &Node, column: usize) -> Node {
    let mut literal = literal.clone();
    renumber(&mut literal, column);
    literal
}

fn renumber(node: &mut Node, column: usize) {
    match node {
        Node::Column(own) if *own == column => *own = 0,
        node => {
            for child in node.children_mut() {
                renumber(child, column);
            }
        }
    }
}
