//! From rules and a schema to one decision for every column, or to what keeps one from being made.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::schema::{Name, Schema, Table, TableKind};

use super::domain::{Link, Place, groups, head, links, name_of};
use super::pattern::Pattern;
use super::reach::{Reach, reach};
use super::rule::{Choice, ColumnRule, Mask, MaskRules, Rows, TableRule, Unlisted};
use super::transformer::Transformer;

mod alike;
mod check;

pub use check::reads;

pub(super) use check::near;

/// What becomes of every table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decisions {
    /// Tables that hold rows of their own or in partitions: roots only.
    pub tables: BTreeMap<Name, TableDecision>,
    /// What a subset of rows means for these; `None` where all rows are copied.
    pub subset: Option<Reach>,
    /// What keeps a copy from being made; empty when every column is decided about.
    pub problems: Vec<Problem>,
}

/// What becomes of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableDecision {
    /// Whether rows are copied.
    pub rows: Rows,
    /// Columns in the table's order.
    pub columns: Vec<ColumnDecision>,
}

/// What becomes of a column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnDecision {
    /// The column.
    pub column: String,
    /// What becomes of it.
    pub decided: Decided,
    /// How that came about.
    pub origin: Origin,
    /// The domain's name; columns of one name get equal values for equal ones.
    pub domain: String,
}

/// What becomes of a column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decided {
    /// The server computes it from the masked row.
    Generated,
    /// A rule.
    Rule(ColumnRule),
    /// Nothing decides; there is a problem that says so.
    Not,
}

/// How a decision came about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// A rule: the table's pattern and the column's.
    Rule {
        /// `public.*`
        table: String,
        /// `*_email`
        column: String,
    },
    /// The column that it refers to, or inherits from, decides.
    Reference {
        /// `public.customers.id`
        to: String,
    },
    /// `unlisted`.
    Unlisted,
    /// The table has no rows in the copy, so nothing needs a decision.
    NoRows,
    /// The schema: a generated column.
    Schema,
}

/// What keeps a copy from being made.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Problem {
    /// The table, or the pattern of the rule.
    pub table: String,
    /// The column, where it is about one.
    pub column: Option<String>,
    /// What kind of problem.
    pub kind: ProblemKind,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

/// Kinds of problems.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProblemKind {
    /// Nothing decides about a column.
    Undecided,
    /// A rule names what is not there.
    Unknown,
    /// Two decisions do not go together.
    Conflict,
    /// The transformer does not fit the column.
    Unfit,
    /// Two values of a unique key could become one.
    Unique,
    /// Few values, whose frequencies would tell which is which.
    SmallDomain,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.column {
            Some(column) => write!(f, "{}.{column}: {}", self.table, self.message)?,
            None => write!(f, "{}: {}", self.table, self.message)?,
        }
        match &self.hint {
            Some(hint) => write!(f, "; {hint}"),
            None => Ok(()),
        }
    }
}

/// Decides about every column of every table of a schema.
pub fn decide(schema: &Schema, rules: &MaskRules) -> Decisions {
    let links = links(schema, &rules.references);
    let mut deciding = Deciding {
        schema,
        rules,
        links: &links,
        direct: BTreeMap::new(),
        problems: Vec::new(),
    };
    deciding.by_rules();
    let domains = deciding.domains();
    let mut tables = BTreeMap::new();
    for (name, table) in roots(schema) {
        tables.insert(name.clone(), deciding.table(name, table, &domains));
    }
    let mut decisions = Decisions {
        tables,
        subset: None,
        problems: deciding.problems,
    };
    check::check(schema, rules, &links, &mut decisions);
    if let Some(subset) = &rules.subset {
        let (found, wrong) = reach(schema, rules, subset, &decisions.tables);
        decisions.subset = Some(found);
        decisions.problems.extend(wrong);
    }
    decisions.problems.sort();
    decisions.problems.dedup();
    decisions
}

/// Tables that are no partitions.
fn roots(schema: &Schema) -> impl Iterator<Item = (&Name, &Table)> {
    let tables = schema.tables.iter();
    tables.filter(|(_, table)| table.partition_of.is_none())
}

struct Deciding<'a> {
    schema: &'a Schema,
    rules: &'a MaskRules,
    links: &'a BTreeSet<Link>,
    /// What rules say by themselves.
    direct: BTreeMap<Place, (&'a ColumnRule, Origin)>,
    problems: Vec<Problem>,
}

impl<'a> Deciding<'a> {
    /// Finds the rule that says most for each column.
    fn by_rules(&mut self) {
        for (name, table) in roots(self.schema) {
            let mut matching: Vec<(&TableRule, usize)> = self.rules_of(name).collect();
            matching.sort_by_key(|(rule, at)| (table_rank(rule), std::cmp::Reverse(*at)));
            for column in &table.columns {
                let found = matching.iter().find_map(|(rule, _)| {
                    let columns = rule.columns.iter();
                    let mut columns: Vec<&(Pattern, ColumnRule)> = columns
                        .filter(|(pattern, _)| pattern.matches(&column.name))
                        .collect();
                    columns.sort_by_key(|(pattern, _)| pattern.rank());
                    columns.first().map(|found| (*rule, *found))
                });
                let Some((rule, (pattern, choice))) = found else {
                    continue;
                };
                let origin = Origin::Rule {
                    table: format!("{}.{}", rule.schema, rule.table),
                    column: pattern.to_string(),
                };
                let exact = pattern.is_exact() && rule.schema.is_exact() && rule.table.is_exact();
                if !exact && keeps_without_reason(choice) {
                    self.problem(
                        name,
                        &column.name,
                        ProblemKind::Undecided,
                        (
                            format!(
                                "the pattern \"{}.{}\" keeps it and does not say why",
                                rule.table, pattern
                            ),
                            "a pattern also decides about columns that do not exist yet: name the \
                         column, or write { with = \"keep\", why = \"…\" }",
                        ),
                    );
                }
                self.direct
                    .insert((name.clone(), column.name.clone()), (choice, origin));
            }
        }
    }

    fn rules_of(&self, name: &Name) -> impl Iterator<Item = (&'a TableRule, usize)> {
        let name = name.clone();
        let rules = self.rules.tables.iter().enumerate();
        rules.filter_map(move |(at, rule)| {
            let matches = rule.schema.matches(&name.schema) && rule.table.matches(&name.name);
            matches.then_some((rule, at))
        })
    }

    fn rows_of(&self, name: &Name, table: &Table) -> Rows {
        if table.kind == TableKind::Foreign {
            // Its rows are another server's.
            return Rows::Drop;
        }
        let mut matching: Vec<_> = self.rules_of(name).collect();
        matching.sort_by_key(|(rule, at)| (table_rank(rule), std::cmp::Reverse(*at)));
        matching.first().map_or(Rows::Copy, |(rule, _)| rule.rows)
    }

    /// The name of the domain of each column that is linked to another.
    fn domains(&mut self) -> BTreeMap<Place, String> {
        let mut names = BTreeMap::new();
        for members in groups(self.links).into_values() {
            let declared: BTreeSet<&str> = members
                .iter()
                .filter_map(|place| self.direct.get(place))
                .filter_map(|(rule, _)| declared(rule))
                .collect();
            let first = members.first();
            if let ([_, _, ..], Some((table, column))) =
                (declared.iter().collect::<Vec<_>>().as_slice(), first)
            {
                let list: Vec<&str> = declared.iter().copied().collect();
                self.problem(
                    table,
                    column,
                    ProblemKind::Conflict,
                    (
                        format!("foreign keys join the domains {}", list.join(" and ")),
                        "give all of their columns one domain",
                    ),
                );
            }
            let name = match declared.first() {
                Some(name) => (*name).to_owned(),
                None => head(&members, self.links).map(name_of).unwrap_or_default(),
            };
            names.extend(members.into_iter().map(|place| (place, name.clone())));
        }
        names
    }

    fn table(
        &mut self,
        name: &Name,
        table: &Table,
        domains: &BTreeMap<Place, String>,
    ) -> TableDecision {
        let rows = self.rows_of(name, table);
        let mut columns = Vec::new();
        for column in &table.columns {
            let place = (name.clone(), column.name.clone());
            let (decided, origin) = if column.generated.is_some() {
                (Decided::Generated, Origin::Schema)
            } else if rows == Rows::Drop {
                let drop = ColumnRule::always(Choice::Drop);
                (Decided::Rule(drop), Origin::NoRows)
            } else {
                self.column(&place, column.nullable)
            };
            let own = match &decided {
                Decided::Rule(rule) => declared(rule).map(str::to_owned),
                _ => None,
            };
            let domain = domains.get(&place).cloned().or(own);
            columns.push(ColumnDecision {
                column: column.name.clone(),
                decided,
                origin,
                domain: domain.unwrap_or_else(|| name_of(&place)),
            });
        }
        TableDecision { rows, columns }
    }

    fn column(&mut self, place: &Place, nullable: bool) -> (Decided, Origin) {
        let direct = self.direct.get(place);
        // A pattern says less than the column that this one refers to.
        let vague =
            |origin: &Origin| matches!(origin, Origin::Rule { column, .. } if column.contains('*'));
        if let Some((rule, origin)) = direct.filter(|(_, origin)| !vague(origin)) {
            return (Decided::Rule((*rule).clone()), origin.clone());
        }
        if let Some((rule, to)) = self.by_reference(place) {
            let to = name_of(&to);
            return (Decided::Rule(rule), Origin::Reference { to });
        }
        if let Some((rule, origin)) = direct {
            return (Decided::Rule((*rule).clone()), origin.clone());
        }
        let (table, column) = place;
        match self.rules.unlisted {
            Unlisted::Null if nullable => {
                let null = Choice::Mask(Box::new(Mask::plain(Transformer::Null)));
                return (Decided::Rule(ColumnRule::always(null)), Origin::Unlisted);
            }
            Unlisted::Null => self.problem(
                table,
                column,
                ProblemKind::Undecided,
                (
                    "no rule decides about it, and it must not be NULL".to_owned(),
                    "give it a transformer, or \"keep\" or \"drop\"",
                ),
            ),
            Unlisted::Refuse => self.problem(
                table,
                column,
                ProblemKind::Undecided,
                (
                    "no rule decides about it".to_owned(),
                    "give it a transformer, or \"keep\" or \"drop\", under [masking.tables]",
                ),
            ),
        }
        (Decided::Not, Origin::Unlisted)
    }

    /// What is decided about the nearest column that this one refers to.
    fn by_reference(&self, place: &Place) -> Option<(ColumnRule, Place)> {
        let mut seen = BTreeSet::from([place.clone()]);
        let mut edge = vec![place.clone()];
        while !edge.is_empty() {
            let mut next = Vec::new();
            for from in &edge {
                let targets = self.links.iter().filter(|link| link.from == *from);
                for to in targets.map(|link| &link.to) {
                    if let Some((rule, _)) = self.direct.get(to) {
                        return Some(((*rule).clone(), to.clone()));
                    }
                    if seen.insert(to.clone()) {
                        next.push(to.clone());
                    }
                }
            }
            edge = next;
        }
        None
    }

    fn problem(&mut self, table: &Name, column: &str, kind: ProblemKind, text: (String, &str)) {
        self.problems.push(Problem {
            table: table.to_string(),
            column: Some(column.to_owned()),
            kind,
            message: text.0,
            hint: Some(text.1.to_owned()),
        });
    }
}

fn table_rank(rule: &TableRule) -> impl Ord + use<> {
    (rule.schema.rank(), rule.table.rank())
}

/// The domain that a rule names.
fn declared(rule: &ColumnRule) -> Option<&str> {
    rule.cases.iter().find_map(|case| match &case.choice {
        Choice::Mask(mask) => mask.domain.as_deref(),
        Choice::Keep { .. } | Choice::Drop => None,
    })
}

fn keeps_without_reason(rule: &ColumnRule) -> bool {
    let mut cases = rule.cases.iter();
    cases.any(|case| matches!(&case.choice, Choice::Keep { why: None }))
}
