//! Where the values of each column come from: rules, generators, CHECKs.

mod finish;

use rules::seed::ColumnRule;

use super::Request;
use super::conditions;
use super::problem::Problems;
use super::relate::{Follow, Story};
use super::table::{ColumnPlan, Origin, TablePlan};
use super::time::Moment;
use crate::check::{Domain, Group};
use crate::key::{Key, Permutation};
use crate::natural::distribution::Weighted;
use crate::natural::{self, Generate, Hints, Ranked};
use crate::person::People;
use crate::value::{Type, Value};

pub(super) use finish::finish;

/// How many of a million cells are NULL where a column allows it and nothing says more.
const NULLS: u32 = 100_000;

/// How many ranks are tried before a generator's distinct values are taken for valid.
const RANKS_TRIED: u64 = 256;

/// How many ranks of a domain are looked at where not every one of them is a member.
const RANKS_LISTED: u64 = 1 << 16;

/// Where the values of a table's columns come from.
pub struct Values {
    /// One for each column.
    pub makers: Vec<Maker>,
    /// Columns in the order in which they are filled: what others build upon first.
    pub order: Vec<usize>,
    /// Columns that CHECKs tie together.
    pub groups: Vec<Group>,
    /// What rows go through.
    pub stories: Vec<Story>,
    /// The same for rows of scenarios, where generated rows are kept from being like one of them.
    pub added_groups: Option<Vec<Group>>,
    /// Whose data a row holds.
    pub person: PersonOf,
    /// The column that holds when a row came to be.
    pub created: Option<usize>,
    /// Whether parents depend on CHECKs, so that a row's are known with the whole row only.
    pub retries: bool,
}

/// Whose data a row holds.
pub enum PersonOf {
    /// Nobody's.
    Nobody,
    /// Each row's own person's.
    Own(People),
    /// That of the person of the parent: position in the table's `parents`.
    Via(usize),
}

/// Makes the values of a column.
pub struct Maker {
    /// Believable values; `None` where only the rules or CHECKs say what there is.
    pub generator: Option<Box<dyn Generate>>,
    /// Why this one.
    pub reason: String,
    /// Which moment of the row's life it holds.
    pub moment: Option<Moment>,
    /// What it follows from within its row.
    pub follow: Option<Follow>,
    /// How many of a million are NULL.
    pub nulls_per_million: u32,
    /// The values that the configuration gives.
    pub weighted: Option<(Vec<Value>, Weighted)>,
    /// Values that are all different.
    pub unlike: Option<Unlike>,
    /// The group of CHECKs that it belongs to.
    pub group: Option<usize>,
}

/// Values that are all different.
pub enum Unlike {
    /// A generator's own.
    Ranked(Ranked),
    /// Those of a domain.
    Domain(Domain, Permutation),
    /// The row's person makes them different.
    Person,
}

impl Values {
    /// The groups that a row is filled by.
    pub fn groups_of(&self, row: u64) -> &[Group] {
        match &self.added_groups {
            Some(groups) if row >= crate::engine::SCENARIO_ROWS => groups,
            _ => &self.groups,
        }
    }

    /// Whether a column of a row is filled by a group.
    pub fn is_tied(&self, column: usize, row: u64) -> bool {
        match &self.added_groups {
            Some(groups) if row >= crate::engine::SCENARIO_ROWS => {
                let mut groups = groups.iter();
                groups.any(|group| group.columns().contains(&column))
            }
            _ => self.makers[column].group.is_some(),
        }
    }
}

impl Unlike {
    /// How many there are.
    pub fn size(&self) -> u64 {
        match self {
            Self::Ranked(ranked) => ranked.size(),
            Self::Domain(_, order) => order.size(),
            Self::Person => crate::engine::SCENARIO_ROWS,
        }
    }

    /// The value of an index, in a keyed order; NULL past the last.
    pub fn index(&self, index: u64) -> Value {
        match self {
            Self::Ranked(ranked) => ranked.value(index).unwrap_or(Value::Null),
            Self::Domain(domain, order) if index < order.size() => {
                domain.unrank(order.apply(index))
            }
            Self::Domain(..) | Self::Person => Value::Null,
        }
    }

    /// The value of a rank that is in a keyed order already.
    pub fn rank(&self, rank: u64) -> Value {
        self.index(rank)
    }
}

/// Chooses generators and solves CHECKs of a table.
pub(super) fn begin(request: Request<'_>, table: &TablePlan, problems: &mut Problems) -> Values {
    let rules = request.rules;
    let own = rules.tables.get(&table.name);
    let siblings: Vec<&str> = table
        .columns
        .iter()
        .map(|column| column.name.as_str())
        .collect();
    let mut makers = Vec::new();
    for column in &table.columns {
        let rule = own.and_then(|own| own.columns.get(&column.name));
        makers.push(maker(table, column, rule, &siblings, problems));
    }
    if let Some(own) = own {
        for name in own
            .columns
            .keys()
            .filter(|name| table.column(name).is_none())
        {
            problems.add(
                &table.name,
                format!("the configuration has rules for column \"{name}\", which is not there"),
                "correct the name under [seed.tables]",
            );
        }
    }
    let mut values = Values {
        makers,
        order: Vec::new(),
        groups: Vec::new(),
        stories: Vec::new(),
        added_groups: None,
        person: PersonOf::Nobody,
        created: None,
        retries: false,
    };
    if table.filled.is_none() {
        conditions::solve(request, table, &mut values, problems);
    }
    values
}

fn maker(
    table: &TablePlan,
    column: &ColumnPlan,
    rule: Option<&ColumnRule>,
    siblings: &[&str],
    problems: &mut Problems,
) -> Maker {
    let inferred = natural::infer(
        &table.name.name,
        &column.name,
        &column.data_type,
        &Hints { siblings },
    );
    let (mut generator, mut reason) = match inferred {
        Some(choice) => (Some(choice.generator), choice.reason),
        None => (None, "nobody here knows the type".to_owned()),
    };
    let mut weighted = None;
    if let Some(rule) = rule {
        if let Some(name) = &rule.with {
            match natural::named(name, &column.data_type) {
                Ok(named) => {
                    generator = Some(named);
                    "the configuration names it".clone_into(&mut reason);
                }
                Err(error) => problems.add(
                    &table.name,
                    format!("column \"{}\": {error}", column.name),
                    "`standin seed generators` lists what there is",
                ),
            }
        }
        weighted = weighted_values(table, column, rule, problems);
        if let Some(is) = &rule.is {
            reason = format!("the configuration computes it: {is}");
        }
        if weighted.is_some() {
            "the configuration gives its values".clone_into(&mut reason);
        }
    }
    let nulls = match rule.and_then(|rule| rule.nulls_per_million) {
        Some(nulls) if nulls > 0 && !column.nullable => {
            problems.add(
                &table.name,
                format!(
                    "column \"{}\" is to be NULL at times and refuses it",
                    column.name
                ),
                "remove nulls from its rule",
            );
            0
        }
        Some(nulls) => nulls,
        // What is computed is there wherever its parts are.
        None if rule.is_some_and(|rule| rule.is.is_some()) => 0,
        None if column.nullable => NULLS,
        None => 0,
    };
    Maker {
        nulls_per_million: if generator.is_none() && weighted.is_none() {
            1_000_000
        } else {
            nulls
        },
        generator,
        reason,
        moment: None,
        follow: None,
        weighted,
        unlike: None,
        group: None,
    }
}

fn weighted_values(
    table: &TablePlan,
    column: &ColumnPlan,
    rule: &ColumnRule,
    problems: &mut Problems,
) -> Option<(Vec<Value>, Weighted)> {
    let mut values = Vec::new();
    let mut weights = Vec::new();
    for (text, weight) in &rule.values {
        match Value::read(text, &column.data_type) {
            Some(value) => {
                values.push(value);
                weights.push(*weight);
            }
            None => problems.add(
                &table.name,
                format!(
                    "column \"{}\" cannot hold one of the values of its rule",
                    column.name
                ),
                "write values as PostgreSQL shows them",
            ),
        }
    }
    Some((values, Weighted::new(&weights)?))
}

/// Takes the numbers from a key column whose CHECKs do not let all of them pass.
pub(super) fn unnumber(table: &mut TablePlan, values: &Values) {
    for column in 0..table.columns.len() {
        let Origin::Serial { start, step } = table.columns[column].origin else {
            continue;
        };
        let domain = values.makers[column]
            .group
            .and_then(|group| values.groups[group].domain(column));
        let last = (table.rows.saturating_sub(1) as i64)
            .saturating_mul(step)
            .saturating_add(start);
        let fits = domain.is_none_or(|domain| {
            [start, last].into_iter().all(|number| {
                domain.contains(&crate::engine::number(
                    number,
                    &table.columns[column].data_type,
                ))
            })
        });
        if !fits {
            table.columns[column].origin = Origin::Free;
        }
    }
}

/// Where places among siblings begin, and their step, so that the first of them pass.
pub(super) fn places(data_type: &Type, values: &Values, column: usize) -> Option<(i64, i64)> {
    const PLACES: [(i64, i64); 6] = [(1, 1), (0, 1), (2, 1), (10, 10), (100, 10), (100, 100)];
    let group = values.makers[column]
        .group
        .map(|group| &values.groups[group]);
    let Some(domain) = group.and_then(|group| group.domain(column)) else {
        return Some(PLACES[0]);
    };
    PLACES.into_iter().find(|(start, step)| {
        (0..5).all(|place| domain.contains(&crate::engine::number(start + place * step, data_type)))
    })
}

/// Whether a column of whole numbers may hold one, by its type and CHECKs.
pub(super) fn accepts(data_type: &Type, values: &Values, column: usize, number: i64) -> bool {
    let group = values.makers[column]
        .group
        .map(|group| &values.groups[group]);
    let domain = group.and_then(|group| group.domain(column));
    let fits = match data_type.base() {
        Type::Int { min, max } => (*min..=*max).contains(&number),
        _ => true,
    };
    fits && domain.is_none_or(|domain| domain.contains(&crate::engine::number(number, data_type)))
}

/// How many distinct values a column of that key can have.
pub(super) fn capacity(key: &Key, values: &Values, column: usize) -> Option<u64> {
    let unlike = unlike(key, values, column)?;
    Some(unlike.size())
}

fn unlike(key: &Key, values: &Values, column: usize) -> Option<Unlike> {
    let maker = &values.makers[column];
    let key = key.part("unlike");
    let group = maker.group.map(|group| &values.groups[group]);
    if let Some((listed, _)) = &maker.weighted {
        let listed = listed.clone();
        let size = listed.len() as u64;
        let distinct = natural::Distinct::new(size, move |rank| listed[rank as usize].clone());
        return Some(Unlike::Ranked(distinct.under(&key)));
    }
    let domain = group.and_then(|group| group.domain(column));
    if let Some(distinct) = maker
        .generator
        .as_ref()
        .and_then(|generator| generator.distinct())
    {
        let ranked = distinct.under(&key);
        let fits = |domain: &Domain| {
            let tried = RANKS_TRIED.min(ranked.size());
            (0..tried).all(|index| {
                ranked
                    .value(index)
                    .is_some_and(|value| domain.contains(&value))
            })
        };
        if group.is_none() || domain.is_some_and(fits) {
            return Some(Unlike::Ranked(ranked));
        }
    }
    let domain = domain?.clone();
    let size = domain.size().min(1 << 62);
    if size > 0 && !domain.exact() {
        return listed(&domain, size, key);
    }
    (size > 0).then(|| Unlike::Domain(domain, Permutation::new(key, size)))
}

/// The members of a domain of which not every rank is one, as far as they are looked for.
fn listed(domain: &Domain, size: u64, key: Key) -> Option<Unlike> {
    let order = Permutation::new(key, size);
    let found: Vec<Value> = (0..size.min(RANKS_LISTED))
        .map(|index| domain.unrank(order.apply(index)))
        .filter(|value| domain.contains(value))
        .collect();
    let count = found.len() as u64;
    let distinct = natural::Distinct::new(count, move |rank| found[rank as usize].clone());
    (count > 0).then(|| Unlike::Ranked(distinct.under(&key)))
}

/// Types for which the server alone knows what a value is.
pub(super) fn unknown_type(column: &ColumnPlan) -> Option<&str> {
    match column.data_type.base() {
        Type::Other(name) => Some(name),
        _ => None,
    }
}
