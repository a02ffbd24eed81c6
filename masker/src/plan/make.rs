//! From decisions to plans: which transformer each column gets, and what does not fit.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use rules::mask::{
    By, Case, Choice, ColumnDecision, Decided, Mask, Problem, ProblemKind, Reached, Rows,
    TableDecision, Transformer,
};
use rules::schema::{ConstraintKind, Name, Schema, Table, TableKind};
use seeder::value::Type;

use super::shuffle;
use super::spread::spreads;
use super::{
    Action, Basis, Canonical, CasePlan, ColumnPlan, Derived, Plan, Problems, Request, TablePlan,
    When,
};
use crate::key::Draws;
use crate::transform::{self, Shared, Transform};

/// A column with a smaller number of different values that repeat can be told by their frequencies.
const DISTINCT_MIN: u64 = 10_000;

/// Makes the plan of a copy.
///
/// # Errors
/// Everything that keeps it from being made, the decisions' own problems among them.
pub fn make(request: Request<'_>) -> Result<Plan, Problems> {
    let mut making = Making {
        request,
        spreads: spreads(request),
        made: BTreeMap::new(),
        problems: request.decisions.problems.clone(),
    };
    let mut tables = Vec::new();
    for (name, decision) in &request.decisions.tables {
        let table = &request.schema.tables[name];
        let reach = request.decisions.subset.as_ref();
        let empty = reach.is_some_and(|reach| reach.tables.get(name) == Some(&Reached::Empty));
        if decision.rows == Rows::Copy && table.kind == TableKind::Ordinary && !empty {
            tables.push(making.table(name, table, decision));
        }
    }
    let mut problems = making.problems;
    if problems.is_empty() {
        return Ok(Plan { tables });
    }
    problems.sort();
    problems.dedup();
    Err(problems)
}

struct Making<'a> {
    request: Request<'a>,
    /// What is common to the columns of each domain.
    spreads: BTreeMap<String, Shared>,
    /// Transformers by domain and rule: columns of one domain share one, so that equal values stay
    /// equal whatever the types.
    made: BTreeMap<(String, String), Arc<dyn Transform>>,
    problems: Problems,
}

/// The column that a decision is about.
#[derive(Clone, Copy)]
struct At<'a> {
    name: &'a Name,
    table: &'a Table,
    decision: &'a ColumnDecision,
    data_type: &'a Type,
    nullable: bool,
}

impl<'a> Making<'a> {
    fn table(
        &mut self,
        name: &'a Name,
        table: &'a Table,
        decision: &'a TableDecision,
    ) -> TablePlan {
        let mut plan = TablePlan {
            table: name.clone(),
            leaves: leaves(self.request.schema, name),
            columns: Vec::new(),
            read_only: Vec::new(),
            derived: Vec::new(),
            key: Vec::new(),
            rows: self
                .request
                .figures
                .get(name)
                .map_or(0, |figures| figures.rows),
        };
        let mut copied: Vec<&ColumnDecision> = Vec::new();
        for column in &decision.columns {
            let Decided::Rule(rule) = &column.decided else {
                continue;
            };
            match rule.cases.as_slice() {
                [
                    Case {
                        choice: Choice::Drop,
                        ..
                    },
                ] => self.dropped(name, table, &column.column),
                [
                    Case {
                        choice: Choice::Mask(mask),
                        ..
                    },
                ] if mask.with == Transformer::Derive => {
                    plan.derived.push(Derived {
                        column: column.column.clone(),
                        expression: mask.options.text.clone().unwrap_or_default(),
                    });
                }
                _ => copied.push(column),
            }
        }
        let mut read: Vec<&str> = copied.iter().map(|column| column.column.as_str()).collect();
        for needed in needed(table, &copied) {
            if !read.contains(&needed) {
                read.push(needed);
                plan.read_only.push(needed.to_owned());
            }
        }
        for decision in copied {
            // Decisions are made for the columns of this schema.
            let Some(column) = table.column(&decision.column) else {
                continue;
            };
            let data_type = Type::resolve(&column.data_type, self.request.schema);
            let at = At {
                name,
                table,
                decision,
                data_type: &data_type,
                nullable: column.nullable && !data_type.refuses_null(),
            };
            plan.columns.push(self.column(at, &read));
        }
        let place = |column: &String| read.iter().position(|read| read == column);
        let key = table.primary_key().into_iter().flatten();
        plan.key = key.filter_map(place).collect();
        plan
    }

    /// A column that is not copied gets its default, else NULL.
    fn dropped(&mut self, name: &Name, table: &Table, column: &str) {
        let Some(found) = table.column(column) else {
            return;
        };
        let data_type = Type::resolve(&found.data_type, self.request.schema);
        let fills = found.default.is_some() || found.identity.is_some();
        if !fills && (!found.nullable || data_type.refuses_null()) {
            let message = "it would be dropped, has no default, and must not be NULL".to_owned();
            self.unfit(name, column, message, "give it a transformer");
        }
    }

    fn column(&mut self, at: At<'_>, read: &[&str]) -> ColumnPlan {
        let mut cases = Vec::new();
        let Decided::Rule(rule) = &at.decision.decided else {
            unreachable!("only decided columns are copied");
        };
        for case in &rule.cases {
            let place = |column: &str| read.iter().position(|read| *read == column);
            let when = case.when.as_ref().and_then(|when| {
                let bytes = |value: &Option<String>| value.clone().map(String::into_bytes);
                Some(When {
                    column: place(&when.column)?,
                    is: when.is.iter().map(bytes).collect(),
                    not: when.not,
                })
            });
            let action = match &case.choice {
                Choice::Keep { .. } => Action::Keep,
                Choice::Drop => self.null(at),
                Choice::Mask(mask) => match mask.with {
                    Transformer::Null => self.null(at),
                    Transformer::Shuffle => self.shuffle(at, mask),
                    Transformer::Static => {
                        // Made to see whether the type and its CHECKs take it.
                        self.transform(at, mask);
                        Action::Static(mask.options.text.clone().unwrap_or_default().into_bytes())
                    }
                    _ => self.mask(at, mask, &place),
                },
            };
            cases.push(CasePlan { when, action });
        }
        ColumnPlan {
            column: at.decision.column.clone(),
            cases,
        }
    }

    fn null(&mut self, at: At<'_>) -> Action {
        let key = at.table.primary_key().unwrap_or_default();
        if !at.nullable || key.contains(&at.decision.column) {
            let message = "it would be NULL, which it must not be".to_owned();
            let column = &at.decision.column;
            self.unfit(at.name, column, message, "give it a transformer");
        }
        Action::Null
    }

    fn shuffle(&mut self, at: At<'_>, mask: &Mask) -> Action {
        let (domain, column) = (&at.decision.domain, &at.decision.column);
        let shared = self.spreads.get(domain);
        let shared = shared.is_some_and(|shared| shared.columns > 1);
        let decisions = &self.request.decisions.tables[at.name].columns;
        let mut found = shuffle::obstacles(at.table, decisions, column);
        if shared {
            let message = "other columns share its values, by a reference or by inheritance";
            found.push((message.to_owned(), shuffle::ALIKE));
        }
        for (message, hint) in found {
            self.unfit(at.name, column, message, hint);
        }
        let few = mask.allow_small_domain.is_some();
        if let (Some(values), false) = (self.values(at), few) {
            let message = format!(
                "it has about {values} different values, so that many rows would get the one that they had"
            );
            let hint = "take label or bucket, or say why that may be: allow_small_domain = \"…\"";
            self.problems.push(Problem {
                kind: ProblemKind::SmallDomain,
                ..unfit(at.name, column, message, hint)
            });
        }
        Action::Shuffle {
            draws: Draws::new(self.request.key, domain),
            nullable: at.nullable,
            few,
        }
    }

    fn mask(&mut self, at: At<'_>, mask: &Mask, place: &dyn Fn(&str) -> Option<usize>) -> Action {
        let column = &at.decision.column;
        let canonical = Canonical::of(at.data_type);
        if matches!(at.data_type.base(), Type::Float { .. }) && mask.by == By::Value {
            let message = "a fraction in binary has no form in which equal values are equal bytes";
            let hint = "write by = \"row\", or by = { subject = \"COLUMN\" }";
            self.unfit(at.name, column, message.to_owned(), hint);
        }
        self.small(at, mask);
        let Some(transform) = self.transform(at, mask) else {
            return Action::Null;
        };
        let basis = match &mask.by {
            By::Value => Basis::Value,
            By::Row => Basis::Row,
            // A subject that is not there is a problem of the decisions.
            By::Subject(subject) => place(subject).map_or(Basis::Value, |place| {
                let column = at.table.column(subject);
                let form = column.map_or(canonical, |column| {
                    Canonical::of(&Type::resolve(&column.data_type, self.request.schema))
                });
                Basis::Subject(place, form)
            }),
        };
        let domain = self.drawn_in(at, mask);
        Action::Mask {
            with: mask.with,
            transform,
            draws: Draws::new(self.request.key, &domain),
            basis,
            canonical,
        }
    }

    /// The domain that draws are of.
    fn drawn_in<'d>(&self, at: At<'d>, mask: &Mask) -> Cow<'d, str>
    where
        'a: 'd,
    {
        let own = Cow::Borrowed(at.decision.domain.as_str());
        match &mask.by {
            _ if mask.domain.is_some() => own,
            // What belongs to one subject agrees over tables, so its draws are those of the subject's
            // domain.
            By::Subject(subject) => {
                let columns = &self.request.decisions.tables[at.name].columns;
                let found = columns.iter().find(|other| other.column == *subject);
                found.map_or(own, |other| Cow::Borrowed(other.domain.as_str()))
            }
            // Days of one row move together, else what was shipped would be before it was ordered.
            By::Row if mask.with == Transformer::DateShift => {
                Cow::Owned(format!("rows of {}", at.name))
            }
            By::Row | By::Value => own,
        }
    }

    fn transform(&mut self, at: At<'_>, mask: &Mask) -> Option<Arc<dyn Transform>> {
        let domain = &at.decision.domain;
        let key = (domain.clone(), format!("{mask:?}"));
        // Decisions have a domain for every column.
        let shared = self.spreads.get(domain)?;
        if let (Some(made), true) = (self.made.get(&key), shared.columns > 1) {
            return Some(made.clone());
        }
        let column = transform::Column {
            schema: self.request.schema,
            data_type: &shared.data_type,
            name: &at.decision.column,
            checks: &shared.checks,
            rows: shared.rows,
            unique: shared.unique,
            domain,
            domains: &self.spreads,
            key: self.request.key,
            people: self.request.people,
        };
        match transform::make(mask, &column) {
            Ok(made) => {
                self.made.insert(key, made.clone());
                Some(made)
            }
            Err(unfit) => {
                self.problems.push(Problem {
                    table: at.name.to_string(),
                    column: Some(at.decision.column.clone()),
                    kind: ProblemKind::Unfit,
                    message: unfit.message,
                    hint: (!unfit.hint.is_empty()).then_some(unfit.hint),
                });
                None
            }
        }
    }

    /// Few values that repeat keep their frequencies under any function of the value.
    fn small(&mut self, at: At<'_>, mask: &Mask) {
        let allowed = mask.allow_small_domain.is_some();
        let unique = self.spreads.get(&at.decision.domain);
        let unique = unique.is_some_and(|spread| spread.unique);
        let nothing_left = matches!(
            mask.with,
            Transformer::Password | Transformer::DateTrunc | Transformer::Bucket
        );
        if allowed || unique || mask.by != By::Value || nothing_left {
            return;
        }
        if let Some(values) = self.values(at) {
            let message = format!(
                "it has about {values} different values, and {:?} by value keeps how often each occurs",
                mask.with.name()
            );
            let hint = match mask.with.nature().by_any {
                true => {
                    "write by = \"row\", take label, bucket or null, or say why it may: \
                     allow_small_domain = \"…\""
                }
                // One for one is by value alone.
                false => {
                    "take label, bucket or null, or say why it may: allow_small_domain = \"…\""
                }
            };
            self.problems.push(Problem {
                kind: ProblemKind::SmallDomain,
                ..unfit(at.name, &at.decision.column, message, hint)
            });
        }
    }

    /// How many different values a column has, where they are so few that they repeat.
    fn values(&self, at: At<'_>) -> Option<u64> {
        let possible = match at.data_type.base() {
            Type::Bool => Some(2),
            Type::Enum(labels) => Some(labels.len() as u64),
            Type::Text { max: Some(max), .. } if *max <= 2 => Some(26 * 26),
            _ => None,
        };
        let figures = self.request.figures.get(at.name);
        let observed = figures.and_then(|figures| {
            let distinct = *figures.distinct.get(&at.decision.column)?;
            // Values that hardly repeat have no frequencies; where there are none, nothing has.
            let repeat = 0 < distinct && distinct < figures.rows / 2;
            (repeat && distinct < DISTINCT_MIN).then_some(distinct)
        });
        possible.or(observed)
    }

    fn unfit(&mut self, table: &Name, column: &str, message: String, hint: &str) {
        self.problems.push(unfit(table, column, message, hint));
    }
}

fn unfit(table: &Name, column: &str, message: String, hint: &str) -> Problem {
    Problem {
        table: table.to_string(),
        column: Some(column.to_owned()),
        kind: ProblemKind::Unfit,
        message,
        hint: Some(hint.to_owned()),
    }
}

/// Columns that conditions, subjects and the rows' own draws read.
fn needed<'a>(table: &'a Table, copied: &[&'a ColumnDecision]) -> Vec<&'a str> {
    let mut needed = Vec::new();
    for decision in copied {
        let Decided::Rule(rule) = &decision.decided else {
            continue;
        };
        for case in &rule.cases {
            needed.extend(case.when.as_ref().map(|when| when.column.as_str()));
            let Choice::Mask(mask) = &case.choice else {
                continue;
            };
            match &mask.by {
                By::Value => {}
                By::Row => {
                    let key = table.primary_key().unwrap_or_default();
                    needed.extend(key.iter().map(String::as_str));
                }
                By::Subject(subject) => needed.push(subject),
            }
        }
    }
    needed
}

/// The table itself, or the leaves of its partitions, in order.
fn leaves(schema: &Schema, root: &Name) -> Vec<Name> {
    let is_leaf = |name: &Name| {
        let partitioned = schema.tables[name].partition_by.is_some();
        !partitioned && schema.tables[name].kind == TableKind::Ordinary
    };
    let below = schema
        .tables
        .keys()
        .filter(|name| schema.root_of(name) == root);
    below.filter(|name| is_leaf(name)).cloned().collect()
}

/// Whether a unique key of the table has the column in it.
pub(super) fn is_unique(table: &Table, column: &str) -> bool {
    let mut constraints = table.constraints.values();
    let constraint = constraints.any(|constraint| match &constraint.kind {
        ConstraintKind::PrimaryKey { columns } | ConstraintKind::Unique { columns } => {
            columns.iter().any(|other| other == column)
        }
        _ => false,
    });
    let mut indexes = table.indexes.values();
    constraint
        || indexes.any(|index| {
            // An expression that holds the name may depend on it.
            index.unique && index.keys.iter().any(|key| key.contains(column))
        })
}
