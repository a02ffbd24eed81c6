//! Where the values of each column come from: rules, generators, CHECKs.

mod finish;
mod room;

use rules::seed::ColumnRule;

use super::Request;
use super::conditions;
use super::problem::Problems;
use super::relate::{Follow, Story};
use super::table::{ColumnPlan, TablePlan};
use super::time::Moment;
use super::unlike::Unlike;
use crate::check::Group;
use crate::key::Key;
use crate::natural::distribution::Weighted;
use crate::natural::{self, Generate};
use crate::person::{Locales, People};
use crate::value::{Type, Value};

pub(super) use finish::finish;
pub(super) use room::{accepts, places, room, unnumber};

/// How many of a million cells are NULL where a column allows it and nothing says more.
const NULLS: u32 = 100_000;

/// Where the values of a table's columns come from.
pub struct Values {
    /// One for each column.
    pub makers: Vec<Maker>,
    /// Columns in the order in which they are filled: what others build upon first.
    pub order: Vec<usize>,
    /// Columns that CHECKs tie together.
    pub groups: Vec<Group>,
    /// Columns that are NULL in every row since nothing else satisfies their CHECKs, with these.
    pub contradicted: Vec<(usize, String)>,
    /// What rows go through.
    pub stories: Vec<Story>,
    /// The same for rows of scenarios, where generated rows are kept from being like one of them.
    pub added_groups: Option<Vec<Group>>,
    /// Whose data a row would hold.
    pub person: PersonOf,
    /// Whether a generator of a column reads it.
    pub personal: bool,
    /// The key of when a row came to be.
    pub birth: Key,
    /// The column that holds that, so that rows of other tables are not earlier.
    pub created: Option<usize>,
    /// Whether parents depend on CHECKs, so that a row's are known with the whole row only.
    pub retries: bool,
}

/// Whose data a row holds, whether or not it has a column for it.
pub enum PersonOf {
    /// Each row's own person's.
    Own(People),
    /// That of the person of the parent, by position in the table's `parents`; where there is none, each
    /// row's own person's.
    Via(usize, People),
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

impl Values {
    /// Whether rows hold a person's data, or what follows from a person.
    pub fn hold_person(&self) -> bool {
        let follows = |maker: &Maker| {
            matches!(
                maker.follow,
                Some(Follow::Country(_) | Follow::Placed(_) | Follow::Money(_))
            )
        };
        self.personal || self.makers.iter().any(follows)
    }

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

/// Chooses generators and solves CHECKs of a table.
pub(super) fn begin(request: Request<'_>, table: &TablePlan, problems: &mut Problems) -> Values {
    let rules = request.rules;
    let own = rules.tables.get(&table.name);
    let mut makers = Vec::new();
    for column in &table.columns {
        let rule = own.and_then(|own| own.columns.get(&column.name));
        makers.push(maker(table, column, rule, problems));
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
        contradicted: Vec::new(),
        stories: Vec::new(),
        added_groups: None,
        person: PersonOf::Own(People::new(&table.key, Locales::default())),
        personal: false,
        birth: table.key.part("birth"),
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
    problems: &mut Problems,
) -> Maker {
    // Nothing but its own name, table and type: other columns come and go.
    let inferred = natural::infer(&table.name.name, &column.known_as, &column.data_type);
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

/// Types for which the server alone knows what a value is.
pub(super) fn unknown_type(column: &ColumnPlan) -> Option<&str> {
    match column.data_type.base() {
        Type::Other(name) => Some(name),
        _ => None,
    }
}
