//! Groups of constraints that share columns, and rows that satisfy them.

mod atom;
mod branch;
mod composite;
mod fill;
mod narrow;
mod rules;
mod shift;
mod trial;

use crate::key::Key;
use crate::value::Value;

use super::Columns;
use super::domain::{Domain, Nulls};
use super::node::Node;
use super::normal::{Formula, branches};

use branch::{Base, Branch, renumbered};
use composite::{Apart, Composite};
use fill::Request;
use rules::{Rule, domain_rules, partition};

pub use fill::ATTEMPTS_MAX;
pub use shift::Shift;

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
    /// A column for which some tries found nothing but texts that could reach somebody.
    pub reaching: Option<usize>,
}

/// What became of all constraints of a table.
#[derive(Debug, Default)]
pub struct Solved {
    /// Groups in order of their first column; no two share a column.
    pub groups: Vec<Group>,
    /// The rest, each named.
    pub unsolved: Vec<Unsolved>,
}

/// Constraints that share columns, solved together.
#[derive(Debug)]
pub struct Group {
    /// The table's columns, ascending; those of `base` have the fields of composites instead.
    columns: Vec<usize>,
    composites: Vec<Composite>,
    /// Columns of the table with all fields behind them.
    width: usize,
    base: Base,
    rules: Vec<Rule>,
    branches: Vec<Branch>,
    /// What each column of `base` may hold.
    domains: Vec<Domain>,
    escaped: Vec<usize>,
    proven: bool,
}

/// Splits the constraints of a table into groups that share columns, domains' CHECKs among them, and
/// solves each. A constraint that is not solved does not keep the others from being solved.
pub fn solve(columns: &Columns<'_>, constraints: &[Constraint<'_>]) -> Solved {
    let mut solved = Solved::default();
    let mut rules = Vec::new();
    let apart = Apart::new(columns);
    for constraint in constraints {
        match Rule::new(constraint, &apart) {
            Ok(rule) => rules.push(rule),
            Err(unsolved) => solved.unsolved.push(unsolved),
        }
    }
    for (ordinal, column) in columns.columns.iter().enumerate() {
        let (own, unsolved) = domain_rules(&apart, column, ordinal);
        rules.extend(own);
        solved.unsolved.extend(unsolved);
    }
    let mut parts = std::collections::VecDeque::from(partition(rules, &apart));
    while let Some(rules) = parts.pop_front() {
        match Group::of(&apart, rules.clone()) {
            Ok(group) => solved.groups.push(group),
            Err(unsolved) => {
                // The others of the part go on without those.
                let named = |rule: &Rule| unsolved.iter().any(|u| u.names(&rule.name));
                let rest = rules.into_iter().filter(|rule| !named(rule)).collect();
                parts.extend(partition(rest, &apart));
                solved.unsolved.extend(unsolved);
            }
        }
    }
    solved
        .groups
        .sort_by_key(|group| group.columns.first().copied());
    solved
}

impl Group {
    /// Solves constraints together, with the CHECKs of the domains of the columns that they read.
    pub fn new(
        columns: &Columns<'_>,
        constraints: &[Constraint<'_>],
    ) -> Result<Self, Vec<Unsolved>> {
        let (mut rules, mut unsolved) = (Vec::new(), Vec::new());
        let apart = Apart::new(columns);
        for constraint in constraints {
            match Rule::new(constraint, &apart) {
                Ok(rule) => rules.push(rule),
                Err(error) => unsolved.push(error),
            }
        }
        let read: Vec<usize> = rules.iter().flat_map(|r| apart.owners(&r.node)).collect();
        for (ordinal, column) in columns.columns.iter().enumerate() {
            if read.contains(&ordinal) || constraints.is_empty() {
                let (own, errors) = domain_rules(&apart, column, ordinal);
                rules.extend(own);
                unsolved.extend(errors);
            }
        }
        if unsolved.is_empty() {
            Self::of(&apart, rules)
        } else {
            Err(unsolved)
        }
    }

    fn of(apart: &Apart<'_>, rules: Vec<Rule>) -> Result<Self, Vec<Unsolved>> {
        let mut columns: Vec<usize> = rules.iter().flat_map(|r| apart.owners(&r.node)).collect();
        columns.sort_unstable();
        columns.dedup();
        let composites = apart.composites_of(&columns);
        let base = base(apart, (&columns, &composites), &rules);
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
            columns,
            composites,
            width: apart.all.len(),
            base,
            rules,
            branches: found,
            domains: Vec::new(),
            escaped,
            proven: false,
        };
        group.try_branches();
        let count = group.base.columns.len();
        group.domains = (0..count).map(|position| group.joined(position)).collect();
        let passing = group.passing();
        if group.proven || passing.is_empty() {
            Ok(group)
        } else {
            Err(passing)
        }
    }

    /// A column's domain over all branches.
    fn joined(&self, position: usize) -> Domain {
        let each = || self.branches.iter().map(|branch| &branch.domains[position]);
        let mut filled = each().filter(|domain| domain.nulls() != Nulls::Required);
        if let Some(first) = filled.next() {
            let mut joined = first.clone();
            if filled.all(|domain| joined.unite(domain)) {
                return joined;
            }
        }
        // The first of the largest, so that the order of branches does not matter twice.
        let largest = each().reduce(|best, next| match best.size() >= next.size() {
            true => best,
            false => next,
        });
        largest.unwrap_or(&self.base.domains[position]).clone()
    }

    /// Whether all rows on trial were found. Where not, candidates that are asked for may still satisfy
    /// its constraints.
    pub fn proven(&self) -> bool {
        self.proven
    }

    /// The ordinals of its columns, ascending.
    pub fn columns(&self) -> &[usize] {
        &self.columns
    }

    /// The names of its constraints.
    pub fn constraints(&self) -> impl Iterator<Item = &str> {
        self.rules.iter().map(|rule| rule.name.as_str())
    }

    /// Columns for which nothing but NULL satisfies the constraints.
    pub fn null_escape(&self) -> &[usize] {
        &self.escaped
    }

    /// What a column may hold: in any branch, or where that cannot be said in the one that leaves it
    /// most. For a column whose constraints read no other column that is what the constraints allow.
    pub fn domain(&self, column: usize) -> Option<&Domain> {
        Some(&self.domains[self.base.position(column)?])
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
        match self.composites.is_empty() {
            true => self.holds(row),
            false => self.holds(&self.widened(row)),
        }
    }

    /// Whether there may be a row that holds these values in the columns for which `fixed` holds: one way
    /// to satisfy the constraints has room for all of them.
    pub fn has_room(&self, row: &[Value], fixed: &dyn Fn(usize) -> bool) -> bool {
        self.branches.iter().any(|branch| {
            let mut columns = self.base.columns.iter().zip(&branch.domains);
            columns.all(|(&column, domain)| !fixed(column) || domain.contains(&row[column]))
        })
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
        self.within(
            row,
            Request {
                fixed,
                natural,
                of,
                tries: ATTEMPTS_MAX,
                reaching: None,
            },
        )
    }

    /// Whether a row whose other columns are fixed can be filled, in so few tries that this tells what
    /// has a way from what needs luck.
    pub fn completes(&self, row: &mut [Value], fixed: &dyn Fn(usize) -> bool, of: RowKey) -> bool {
        const TRIES: u32 = 4;
        let filled = self.within(
            row,
            Request {
                fixed,
                natural: &mut |_, _, _| None,
                of,
                tries: TRIES,
                reaching: None,
            },
        );
        filled.is_ok()
    }

    /// Whether a literal is over two columns, maybe among others.
    pub fn links(&self, one: usize, other: usize) -> bool {
        let mut atoms = self.branches.iter().flat_map(|branch| &branch.atoms);
        atoms.any(|atom| atom.columns.contains(&one) && atom.columns.contains(&other))
    }

    fn within(&self, row: &mut [Value], mut request: Request<'_>) -> Result<u32, Unfilled> {
        match self.composites.is_empty() {
            true => self.attempts(row, &mut request),
            false => self.fill_apart(row, &mut request),
        }
    }
}

/// Columns with what their types allow; composites have their fields instead.
fn base(apart: &Apart<'_>, (owners, composites): (&[usize], &[Composite]), rules: &[Rule]) -> Base {
    let mut columns = owners.to_vec();
    columns.retain(|column| !composites.iter().any(|c| c.column() == *column));
    columns.extend(composites.iter().flat_map(Composite::leaves));
    columns.sort_unstable();
    let scale = rules
        .iter()
        .map(|rule| scale_in(&rule.node))
        .max()
        .unwrap_or(0);
    let domains = columns.iter().map(|&ordinal| {
        let column = &apart.all[ordinal];
        let mut domain = Domain::of(column.data_type, scale, apart.table.now);
        let own = ordinal < apart.table.columns.len();
        if column.not_null || (own && column.data_type.refuses_null()) {
            domain.set_nulls(Nulls::Forbidden);
        }
        domain
    });
    Base {
        domains: domains.collect(),
        columns,
        now: apart.table.now,
        unsure: std::sync::atomic::AtomicBool::new(false),
    }
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
