//! The plan: which tables in which order, how many rows, and where each column's values come from,
//! with the reason for each choice.
//!
//! A schema alone is enough; rules only make it nicer. What cannot be solved is named here, before a
//! row is written. Pure: what must be read from the database comes as an argument.

mod bounds;
mod conditions;
mod exclude;
mod keys;
mod parents;
mod problem;
mod relate;
mod rows;
mod show;
mod skeleton;
mod table;
mod time;
mod tries;
mod unlike;
mod values;

use std::cell::OnceCell;
use std::collections::BTreeMap;

use rules::config::Seed;
use rules::schema::{Name, Schema};
use rules::seed::{ColumnRule, SeedRules};

use crate::engine::Programs;
use crate::key::Key;
use crate::person::Locales;
use crate::scenario::Planned;
use crate::value::Type;
pub(crate) use conditions::columns_of;
pub(crate) use keys::columns_in;
pub(crate) use problem::Problems;

pub use problem::{Problem, Unplannable};
pub use relate::{Case, Correlated, Follow, Given, Slug, Stage, State, Story};
pub use show::{Shown, ShownColumn, ShownScenario, ShownTable};
pub use table::{
    Choice, ColumnPlan, Digit, Filled, Origin, ParentPlan, SlotPart, SlotPlan, TablePlan, TuplePlan,
};
pub(crate) use time::CREATED;
pub use time::{Moment, Start};
pub use tries::Tries;
pub use unlike::Unlike;
pub use values::{Maker, PersonOf, Values};

/// Everything that rows are made from.
pub struct Plan {
    /// Everything random follows from it.
    pub seed: u64,
    /// The present, in microseconds since 1970.
    pub as_of_micros: i64,
    /// Tables, parents first.
    pub tables: Vec<TablePlan>,
    /// Where the values of each table's columns come from, in the same order.
    pub values: Vec<Values>,
    /// Scenarios whose rows are in the tables.
    pub scenarios: Vec<Planned>,
    /// What follows for the rows of each table, once everything is decided.
    pub(crate) programs: Programs,
}

impl std::fmt::Debug for Plan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Plan")
            .field("seed", &self.seed)
            .field("as_of_micros", &self.as_of_micros)
            .field("tables", &self.tables)
            .finish_non_exhaustive()
    }
}

/// What a plan is made from.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The schema.
    pub schema: &'a Schema,
    /// The rules of the configuration.
    pub rules: &'a SeedRules,
    /// Seed and scale.
    pub seed: &'a Seed,
    /// The present, in microseconds since 1970.
    pub as_of_micros: i64,
}

impl Plan {
    /// Plans how to fill a schema; `filled` are the tables that hold rows already.
    ///
    /// # Errors
    /// Everything that keeps rows from being valid, all at once.
    pub fn make(request: Request<'_>, filled: BTreeMap<Name, Filled>) -> Result<Self, Unplannable> {
        let Request {
            schema,
            rules,
            seed,
            as_of_micros,
        } = request;
        let mut problems = Problems::default();
        let mut tables = skeleton::skeleton(schema, rules, seed.seed, filled);
        unknown_tables(rules, &tables, &mut problems);
        let locales = locales(rules, &tables, &mut problems);
        parents::link(schema, &mut tables, &mut problems);
        parents::overlap(&mut tables, &mut problems);
        parents_of_columns(&mut tables);
        for table in tables.iter_mut().filter(|table| table.filled.is_none()) {
            exclude::exclude(schema, table, &mut problems);
        }
        let values: Vec<Values> = tables
            .iter()
            .map(|table| values::begin(request, table, &mut problems))
            .collect();
        rows::count(&mut tables, rules, seed);
        let programs = Programs::new(tables.len());
        let mut plan = Self {
            seed: seed.seed,
            as_of_micros,
            tables,
            values,
            scenarios: Vec::new(),
            programs,
        };
        for position in 0..plan.tables.len() {
            if plan.tables[position].filled.is_none() {
                plan.decide(request, position, &locales, &mut problems);
            }
        }
        problems.finish()?;
        Ok(plan)
    }

    /// Decides everything about one table, after its parents.
    fn decide(
        &mut self,
        request: Request<'_>,
        position: usize,
        locales: &Locales,
        problems: &mut Problems,
    ) {
        parents::fill_blocks(&mut self.tables, position);
        let promised = rows::promised(&self.tables, position);
        rows::count_one(&mut self.tables, position, request.rules, request.seed);
        parents::restrict(self, position, problems);
        let (tables, values) = (&mut self.tables, &mut self.values);
        values::unnumber(request.schema, &mut tables[position], &values[position]);
        let named: Vec<Key> = tables[position]
            .columns
            .iter()
            .map(|column| column.key)
            .collect();
        // To count the values of a CHECK may mean to list them, and few columns are part of a key.
        let counted: Vec<OnceCell<Option<u64>>> = vec![OnceCell::new(); named.len()];
        let rooms: Vec<Option<u64>> = (0..named.len())
            .map(|column| values::room(&tables[position], &values[position], column))
            .collect();
        let capacity = |column: usize| {
            let unlike = || unlike::capacity(&named[column], &values[position], column);
            let count = || rooms[column].or_else(unlike);
            *counted[column].get_or_init(count)
        };
        let types: Vec<Type> = tables[position]
            .columns
            .iter()
            .map(|column| column.data_type.clone())
            .collect();
        let places = |column: usize| values::places(&types[column], &values[position], column);
        let accepts = |column: usize, number: i64| {
            values::accepts(&types[column], &values[position], column, number)
        };
        let has_group = |column: usize| values[position].makers[column].group.is_some();
        let room = rows::Room {
            tied: &has_group,
            schema: request.schema,
            capacity: &capacity,
            places: &places,
            accepts: &accepts,
        };
        rows::fan_out(request, tables, position, &room, problems);
        rows::hold(&mut tables[position], promised);
        let tied = keys::carry(
            request.schema,
            tables,
            (position, &values[position]),
            (&capacity, &places),
            problems,
        );
        rows::keep(&mut tables[position]);
        rows::spread(tables, position, request.rules);
        values::finish(tables, values, (position, tied), locales);
        keys::give(self, position, problems);
        rows::held(&self.tables[position], promised, problems);
        let (tables, values) = (&self.tables, &mut self.values);
        relate::relate(request, &tables[position], &mut values[position], problems);
        self.correlate(request, position, problems);
        empty_columns(&self.tables[position], &self.values[position], problems);
    }

    /// Lets ranks of columns go together, where the configuration asks for it: the last thing about a
    /// table, for it looks at rows.
    fn correlate(&mut self, request: Request<'_>, position: usize, problems: &mut Problems) {
        let table = &self.tables[position];
        let rules = request.rules.tables.get(&table.name);
        let columns = rules.into_iter().flat_map(|rules| &rules.columns);
        let asked: Vec<(usize, ColumnRule)> = columns
            .filter(|(_, rule)| rule.correlate.is_some())
            .filter_map(|(name, rule)| Some((table.column(name)?, rule.clone())))
            .collect();
        // Rows cannot be looked at where something is wrong with them already.
        if !asked.is_empty() && problems.is_empty() {
            relate::correlate(self, position, &asked, problems);
        }
    }

    /// The position of a table.
    pub fn table(&self, name: &Name) -> Option<usize> {
        self.tables.iter().position(|table| table.name == *name)
    }
}

fn unknown_tables(rules: &SeedRules, tables: &[TablePlan], problems: &mut Problems) {
    for name in rules.tables.keys() {
        if !tables.iter().any(|table| table.name == *name) {
            problems.add(
                name,
                "the configuration has rules for a table that is not there".to_owned(),
                "correct the name under [seed.tables]",
            );
        }
    }
}

fn locales(rules: &SeedRules, tables: &[TablePlan], problems: &mut Problems) -> Locales {
    let shares: Vec<(&str, u32)> = rules
        .locales
        .iter()
        .map(|(tag, weight)| (tag.as_str(), *weight))
        .collect();
    Locales::weighted(&shares).unwrap_or_else(|unknown| {
        if let Some(table) = tables.first() {
            let known: Vec<&str> = crate::words::locales()
                .iter()
                .map(|locale| locale.tag)
                .collect();
            let hint = format!("locales are {}", known.join(", "));
            problems.add(&table.name, format!("[seed] locales: {unknown}"), &hint);
        }
        Locales::default()
    })
}

/// Columns of foreign keys come from the first one that always chooses, else from the first.
fn parents_of_columns(tables: &mut [TablePlan]) {
    for table in tables {
        for position in 0..table.columns.len() {
            let with = |link: &ParentPlan| {
                let inside = link.columns.iter().any(|(own, _)| *own == position);
                inside && !link.own_columns.contains(&position)
            };
            let surest = |link: &&ParentPlan| with(link) && !link.null_columns.contains(&position);
            let chosen = table
                .parents
                .iter()
                .position(|link| surest(&link))
                .or_else(|| table.parents.iter().position(with));
            if let Some(link) = chosen {
                table.columns[position].origin = Origin::Parent(link);
            }
        }
    }
}

/// Columns for which there is neither a value nor NULL.
fn empty_columns(table: &TablePlan, values: &Values, problems: &mut Problems) {
    if table.filled.is_some() || table.rows == 0 {
        return;
    }
    for (column, maker) in table.columns.iter().zip(&values.makers) {
        let made = maker.generator.is_some() || maker.weighted.is_some() || maker.group.is_some();
        if column.origin == Origin::Free && !made && !column.nullable {
            let data_type = values::unknown_type(column).unwrap_or("its type");
            problems.add(
                &table.name,
                format!(
                    "column \"{}\": nobody here knows values of {data_type}",
                    column.name
                ),
                "give it values under [seed.tables]",
            );
        }
    }
}
