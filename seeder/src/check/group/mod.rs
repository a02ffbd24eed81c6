//! Groups of constraints that share columns, and rows that satisfy them.

mod atom;
mod branch;
mod fill;
mod narrow;
mod trial;

use crate::key::Key;
use crate::value::{Type, Value};

use super::domain::{Domain, Nulls, Shape};
use super::node::Node;
use super::normal::{Formula, branches};
use super::{Column, Columns, compile};

use branch::{Base, Branch, renumbered};
use fill::Request;

pub use fill::ATTEMPTS_MAX;

/// What a row's draws are a function of.
#[derive(Debug, Clone, Copy)]
pub struct RowKey {
    /// The key of the group; its parts are used up by the group's columns.
    pub key: Key,
    /// The row's number.
    pub row: u64,
}

/// A CHECK of a table.
#[derive(Debug, Clone, Copy)]
pub struct Constraint<'a> {
    /// The constraint's name.
    pub name: &'a str,
    /// Its expression as `pg_get_expr` writes it.
    pub expression: &'a str,
}

/// Why a constraint, or several together, cannot be satisfied by construction.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unsolved {
    /// No row satisfies these together.
    #[error("no row can satisfy {}", constraints.join(", "))]
    Unsatisfiable {
        /// The smallest set that conflicts, by name.
        constraints: Vec<String>,
    },
    /// One that needs the server's judgement, or a rule.
    #[error("{constraint}: not solved: {reason}")]
    NotUnderstood {
        /// Its name.
        constraint: String,
        /// Its expression.
        expression: String,
        /// What in it is not known here.
        reason: String,
    },
}

impl Unsolved {
    fn names(&self, constraint: &str) -> bool {
        match self {
            Self::Unsatisfiable { constraints } => constraints.iter().any(|own| own == constraint),
            Self::NotUnderstood {
                constraint: own, ..
            } => own == constraint,
        }
    }
}

/// A row that was not filled within `ATTEMPTS_MAX` tries.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no row found that satisfies {}", constraints.join(", "))]
pub struct Unfilled {
    /// Constraints that the last try violated.
    pub constraints: Vec<String>,
}

/// What became of all constraints of a table.
#[derive(Debug, Default)]
pub struct Solved {
    /// Groups in order of their first column; no two share a column.
    pub groups: Vec<Group>,
    /// The rest, each named.
    pub unsolved: Vec<Unsolved>,
}

/// One constraint, compiled.
#[derive(Debug, Clone)]
struct Rule {
    name: String,
    expression: String,
    node: Node,
    reads_clock: bool,
}

/// Constraints that share columns, solved together.
#[derive(Debug)]
pub struct Group {
    base: Base,
    rules: Vec<Rule>,
    branches: Vec<Branch>,
    escaped: Vec<usize>,
    proven: bool,
}

/// Splits the constraints of a table into groups that share columns, domains' CHECKs among them, and
/// solves each. A constraint that is not solved does not keep the others from being solved.
pub fn solve(columns: &Columns<'_>, constraints: &[Constraint<'_>]) -> Solved {
    let mut solved = Solved::default();
    let mut rules = Vec::new();
    for constraint in constraints {
        match Rule::new(constraint, columns) {
            Ok(rule) => rules.push(rule),
            Err(unsolved) => solved.unsolved.push(unsolved),
        }
    }
    for (ordinal, column) in columns.columns.iter().enumerate() {
        let (own, unsolved) = domain_rules(column, ordinal);
        rules.extend(own);
        solved.unsolved.extend(unsolved);
    }
    let mut parts = std::collections::VecDeque::from(partition(rules));
    while let Some(rules) = parts.pop_front() {
        match Group::of(columns, rules.clone()) {
            Ok(group) => solved.groups.push(group),
            Err(unsolved) => {
                // The others of the part go on without those.
                let named = |rule: &Rule| unsolved.iter().any(|u| u.names(&rule.name));
                let rest = rules.into_iter().filter(|rule| !named(rule)).collect();
                parts.extend(partition(rest));
                solved.unsolved.extend(unsolved);
            }
        }
    }
    solved
        .groups
        .sort_by_key(|group| group.base.columns.first().copied());
    solved
}

/// Rules that share columns, directly or through others, in order of their first column.
fn partition(rules: Vec<Rule>) -> Vec<Vec<Rule>> {
    let mut parts: Vec<(Vec<usize>, Vec<Rule>)> = Vec::new();
    for rule in rules {
        let mut columns = rule.node.columns();
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

impl Rule {
    fn new(constraint: &Constraint<'_>, columns: &Columns<'_>) -> Result<Self, Unsolved> {
        let node = compile::compile(constraint.expression, columns).map_err(|error| {
            Unsolved::NotUnderstood {
                constraint: constraint.name.to_owned(),
                expression: constraint.expression.to_owned(),
                reason: error.reason,
            }
        })?;
        Ok(Self {
            name: constraint.name.to_owned(),
            expression: constraint.expression.to_owned(),
            reads_clock: node.reads_clock(),
            node,
        })
    }
}

/// The CHECKs of a column's domains, over the column itself.
fn domain_rules(column: &Column<'_>, ordinal: usize) -> (Vec<Rule>, Vec<Unsolved>) {
    let (mut rules, mut unsolved) = (Vec::new(), Vec::new());
    let mut data_type = column.data_type;
    while let Type::Domain { base, checks, .. } = data_type {
        for (name, expression) in checks {
            let constraint = Constraint { name, expression };
            match Rule::new(&constraint, &value_column(base, column.c_collation)) {
                Ok(mut rule) => {
                    moved_to(&mut rule.node, ordinal);
                    rules.push(rule);
                }
                Err(error) => unsolved.push(error),
            }
        }
        data_type = base;
    }
    (rules, unsolved)
}

fn value_column(data_type: &Type, c_collation: bool) -> Columns<'_> {
    Columns::new(vec![Column {
        name: "VALUE",
        data_type,
        not_null: false,
        c_collation,
    }])
}

/// Column 0 as another column.
fn moved_to(node: &mut Node, ordinal: usize) {
    match node {
        Node::Column(column) => *column = ordinal,
        node => {
            for child in node.children_mut() {
                moved_to(child, ordinal);
            }
        }
    }
}

impl Group {
    /// Solves constraints together, with the CHECKs of the domains of the columns that they read.
    pub fn new(
        columns: &Columns<'_>,
        constraints: &[Constraint<'_>],
    ) -> Result<Self, Vec<Unsolved>> {
        let (mut rules, mut unsolved) = (Vec::new(), Vec::new());
        for constraint in constraints {
            match Rule::new(constraint, columns) {
                Ok(rule) => rules.push(rule),
                Err(error) => unsolved.push(error),
            }
        }
        let read: Vec<usize> = rules.iter().flat_map(|rule| rule.node.columns()).collect();
        for (ordinal, column) in columns.columns.iter().enumerate() {
            if read.contains(&ordinal) || constraints.is_empty() {
                let (own, errors) = domain_rules(column, ordinal);
                rules.extend(own);
                unsolved.extend(errors);
            }
        }
        if unsolved.is_empty() {
            Self::of(columns, rules)
        } else {
            Err(unsolved)
        }
    }

    fn of(columns: &Columns<'_>, rules: Vec<Rule>) -> Result<Self, Vec<Unsolved>> {
        let base = base(columns, &rules)?;
        let found = match assemble(&base, &rules, false) {
            found if found.is_empty() => assemble(&base, &rules, true),
            found => found,
        };
        let found = if found.is_empty() {
            if let Some(unsolved) = conflict(&base, &rules) {
                return Err(vec![unsolved]);
            }
            vec![trial::open_branch(&base, &rules)]
        } else {
            found
        };
        let mut escaped: Vec<usize> = found
            .iter()
            .flat_map(|b| b.escaped.iter().copied())
            .collect();
        escaped.sort_unstable();
        escaped.dedup();
        let mut group = Self {
            base,
            rules,
            branches: found,
            escaped,
            proven: false,
        };
        group.try_branches(columns.columns.len());
        let passing = group.passing();
        if group.proven || passing.is_empty() {
            Ok(group)
        } else {
            Err(passing)
        }
    }

    /// Whether all rows on trial were found. Where not, candidates that are asked for may still satisfy
    /// its constraints.
    pub fn proven(&self) -> bool {
        self.proven
    }

    /// The ordinals of its columns, ascending.
    pub fn columns(&self) -> &[usize] {
        &self.base.columns
    }

    /// The names of its constraints.
    pub fn constraints(&self) -> impl Iterator<Item = &str> {
        self.rules.iter().map(|rule| rule.name.as_str())
    }

    /// Columns for which nothing but NULL satisfies the constraints.
    pub fn null_escape(&self) -> &[usize] {
        &self.escaped
    }

    /// What a column may hold in the branch that leaves it most; for a column whose constraints read
    /// no other column that is what the constraints allow.
    pub fn domain(&self, column: usize) -> Option<&Domain> {
        let position = self.base.position(column)?;
        let domains = self.branches.iter().map(|branch| &branch.domains[position]);
        // The first of the largest, so that the order of branches does not matter twice.
        domains.fold(None, |best: Option<&Domain>, next| match best {
            Some(best) if best.size() >= next.size() => Some(best),
            _ => Some(next),
        })
    }

    /// Whether some branch lets a column hold a value.
    pub fn may_hold(&self, column: usize, value: &Value) -> bool {
        let position = self.base.position(column);
        position.is_none_or(|position| {
            let mut branches = self.branches.iter();
            branches.any(|branch| branch.domains[position].contains(value))
        })
    }

    /// Every value that a column may hold in some branch, where there are `most` of them at most.
    pub fn members(&self, column: usize, most: u64) -> Option<Vec<Value>> {
        let position = self.base.position(column)?;
        let mut members: Vec<Value> = Vec::new();
        for domain in self.branches.iter().map(|branch| &branch.domains[position]) {
            let size = domain.size();
            if size > most {
                return None;
            }
            let own = (0..size).map(|rank| domain.unrank(rank));
            for value in own.filter(|value| domain.contains(value)) {
                if !members.contains(&value) {
                    members.push(value);
                }
            }
        }
        (!members.is_empty()).then_some(members)
    }

    /// Whether no constraint is false on a row.
    pub fn accepts(&self, row: &[Value]) -> bool {
        self.holds(row)
    }

    /// Fills its columns in a row so that no constraint is false, and tells how many tries failed.
    ///
    /// Columns for which `fixed` holds keep their value. For the others `natural` is asked for a
    /// believable value, which is taken where the column may hold it beside the rest of the row; else
    /// one is drawn. All draws are a function of the key, the row's number and the attempt.
    pub fn fill(
        &self,
        row: &mut [Value],
        fixed: &dyn Fn(usize) -> bool,
        natural: &mut dyn FnMut(usize, &Domain, u32) -> Option<Value>,
        of: RowKey,
    ) -> Result<u32, Unfilled> {
        let mut request = Request { fixed, natural, of };
        self.attempts(row, &mut request)
    }
}

/// The columns of some rules with what their types allow.
fn base(columns: &Columns<'_>, rules: &[Rule]) -> Result<Base, Vec<Unsolved>> {
    let mut read: Vec<usize> = rules.iter().flat_map(|rule| rule.node.columns()).collect();
    read.sort_unstable();
    read.dedup();
    let scale = rules
        .iter()
        .map(|rule| scale_in(&rule.node))
        .max()
        .unwrap_or(0);
    let mut domains = Vec::new();
    for &ordinal in &read {
        let column = &columns.columns[ordinal];
        let mut domain = Domain::of(column.data_type, scale, columns.now);
        if column.not_null || column.data_type.refuses_null() {
            domain.set_nulls(Nulls::Forbidden);
        }
        elements(&mut domain, column.data_type)?;
        domains.push(domain);
    }
    Ok(Base {
        columns: read,
        domains,
        now: columns.now,
        unsure: std::sync::atomic::AtomicBool::new(false),
    })
}

/// Digits behind the point of the finest constant.
fn scale_in(node: &Node) -> u32 {
    let own = match node {
        Node::Const(Value::Decimal(number)) => number.normalize().scale() + 1,
        Node::Const(number @ Value::Float(_)) => {
            super::eval::order::to_decimal(number).map_or(0, |n| n.normalize().scale() + 1)
        }
        _ => 0,
    };
    let below = node.children().into_iter().map(scale_in).max();
    own.max(below.unwrap_or(0))
}

/// An array's elements obey the domain that they are of.
fn elements(domain: &mut Domain, data_type: &Type) -> Result<(), Vec<Unsolved>> {
    let (Type::Array(element), Shape::Array(array)) = (data_type.base(), domain.shape_mut()) else {
        return Ok(());
    };
    let column = Column {
        name: "VALUE",
        data_type: element,
        not_null: false,
        c_collation: false,
    };
    let (rules, unsolved) = domain_rules(&column, 0);
    if !unsolved.is_empty() {
        return Err(unsolved);
    }
    array.element.set_nulls(Nulls::Forbidden);
    for rule in rules {
        narrow::narrow(&mut array.element, &rule.node);
    }
    Ok(())
}

/// The branches of some rules that are not empty.
fn assemble<'r>(
    base: &Base,
    rules: impl IntoIterator<Item = &'r Rule>,
    escape: bool,
) -> Vec<Branch> {
    let formulas: Vec<Formula> = rules
        .into_iter()
        .map(|rule| merged(base, Formula::of(&rule.node, true)))
        .collect();
    let feasible = |literals: &[Node]| base.narrowed(literals, escape).is_some();
    branches(&formulas, &feasible)
        .iter()
        .filter_map(|literals| base.branch(literals, escape))
        .collect()
}

/// Alternatives of one column whose union its domain can hold are no choice of branches.
fn merged(base: &Base, formula: Formula) -> Formula {
    match formula {
        Formula::All(all) => Formula::All(all.into_iter().map(|f| merged(base, f)).collect()),
        Formula::Any(all) => {
            let all: Vec<Formula> = all.into_iter().map(|f| merged(base, f)).collect();
            let nodes: Option<Vec<Node>> = all.iter().map(node_of).collect();
            let Some(nodes) = nodes else {
                return Formula::Any(all);
            };
            let whole = Node::Or(nodes);
            let [column] = whole.columns()[..] else {
                return Formula::Any(all);
            };
            let domain = base
                .position(column)
                .map(|position| base.domains[position].clone());
            let united = domain.is_some_and(|mut domain| {
                narrow::captured(&mut domain, &renumbered(&whole, column)) && !domain.is_empty()
            });
            if united {
                Formula::Literal(whole)
            } else {
                Formula::Any(all)
            }
        }
        other => other,
    }
}

/// The formula as an expression, where it has no choice in it.
fn node_of(formula: &Formula) -> Option<Node> {
    match formula {
        Formula::Literal(node) => Some(node.clone()),
        Formula::All(all) => all
            .iter()
            .map(node_of)
            .collect::<Option<_>>()
            .map(Node::And),
        Formula::Holds(_) | Formula::Any(_) => None,
    }
}

/// The smallest set of rules that conflict: each one that is not needed is taken out in turn. None
/// where values were not tried that may satisfy them all.
fn conflict(base: &Base, rules: &[Rule]) -> Option<Unsolved> {
    let mut kept: Vec<&Rule> = rules.iter().collect();
    let mut at = 0;
    while at < kept.len() {
        let mut fewer = kept.clone();
        fewer.remove(at);
        if assemble(base, fewer.iter().copied(), true).is_empty() {
            kept = fewer;
        } else {
            at += 1;
        }
    }
    base.unsure
        .store(false, std::sync::atomic::Ordering::Relaxed);
    assemble(base, kept.iter().copied(), true);
    (!base.unsure.load(std::sync::atomic::Ordering::Relaxed)).then(|| {
        let constraints = kept.into_iter().map(|rule| rule.name.clone()).collect();
        Unsolved::Unsatisfiable { constraints }
    })
}
