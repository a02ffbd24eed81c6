//! The plan for people and programs: order, rows, and where every column comes from, with reasons.

mod moving;

use serde::{Deserialize, Serialize};

use super::relate::Follow;
use super::table::{Choice, Origin, TablePlan};
use super::unlike::Unlike;
use super::values::{Maker, PersonOf, Values};
use super::{Moment, Plan};
use crate::scenario::{Planned, PlannedRow};

/// A plan as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// The seed.
    pub seed: u64,
    /// The moment that the data is as of, in microseconds since 1970.
    pub as_of_micros: i64,
    /// Tables in the order in which they are filled.
    pub tables: Vec<ShownTable>,
    /// Columns that stay empty although nothing says that they should, with the reasons.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub empty: Vec<String>,
    /// Scenarios on top of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scenarios: Vec<ShownScenario>,
}

/// A scenario as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownScenario {
    /// Its name.
    pub name: String,
    /// Handle and table of each row.
    pub rows: Vec<(String, String)>,
    /// How many questions it asks.
    pub assertions: usize,
    /// Built-in rows that the schema does not allow, with the reasons.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
}

/// A table as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownTable {
    /// Its name.
    pub name: String,
    /// Tables of one level are filled side by side.
    pub level: usize,
    /// Rows.
    pub rows: u64,
    /// Why so many.
    pub because: String,
    /// Whether it holds rows already and is left as it is.
    pub filled: bool,
    /// Columns in the table's order.
    pub columns: Vec<ShownColumn>,
}

/// A column as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownColumn {
    /// Its name.
    pub name: String,
    /// What its values are.
    pub from: String,
    /// Why.
    pub because: String,
    /// Share of NULLs in thousandths.
    pub nulls_per_mille: u32,
    /// How many distinct values there are for a unique key, where it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distinct: Option<u64>,
    /// Tables whose growth gives rows that were there before another choice here; those below keep
    /// theirs, or take a new parent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moves: Option<String>,
}

impl Plan {
    /// The plan for people and programs.
    pub fn shown(&self) -> Shown {
        let tables = self.tables.iter().zip(&self.values);
        Shown {
            seed: self.seed,
            as_of_micros: self.as_of_micros,
            tables: tables
                .map(|(table, values)| self.table_shown(table, values))
                .collect(),
            empty: self.empty_shown(),
            scenarios: self
                .scenarios
                .iter()
                .map(|one| self.scenario_shown(one))
                .collect(),
        }
    }

    fn empty_shown(&self) -> Vec<String> {
        let tables = self.tables.iter().zip(&self.values);
        let each = tables.flat_map(|(table, values)| {
            let columns = values.contradicted.iter();
            columns.map(|(column, why)| {
                let column = &table.columns[*column].name;
                format!("{}.{column}: {why}", table.name)
            })
        });
        each.collect()
    }

    fn scenario_shown(&self, scenario: &Planned) -> ShownScenario {
        let table = |row: &PlannedRow| self.tables[row.table].name.to_string();
        let rows = scenario
            .rows
            .iter()
            .map(|row| (row.handle.clone(), table(row)));
        ShownScenario {
            name: scenario.name.clone(),
            rows: rows.collect(),
            assertions: scenario.questions.len(),
            left_out: scenario.left_out.clone(),
        }
    }

    fn table_shown(&self, table: &TablePlan, values: &Values) -> ShownTable {
        let columns =
            (0..table.columns.len()).map(|column| self.column_shown(table, values, column));
        ShownTable {
            name: table.name.to_string(),
            level: table.level,
            rows: table.rows,
            because: table.rows_because.clone(),
            filled: table.filled.is_some(),
            columns: if table.filled.is_some() {
                Vec::new()
            } else {
                columns.collect()
            },
        }
    }

    fn column_shown(&self, table: &TablePlan, values: &Values, column: usize) -> ShownColumn {
        let own = &table.columns[column];
        let maker = &values.makers[column];
        let mut contradicted = values.contradicted.iter();
        if let Some((_, why)) = contradicted.find(|(own, _)| *own == column) {
            return ShownColumn {
                name: own.name.clone(),
                from: "NULL".to_owned(),
                because: why.clone(),
                nulls_per_mille: 1_000,
                distinct: None,
                moves: None,
            };
        }
        let (from, because) = self.origin_shown(table, maker, &own.origin);
        let tied = maker.group.map(|group| {
            values.groups[group]
                .constraints()
                .collect::<Vec<_>>()
                .join(", ")
        });
        let because = match tied {
            Some(checks) => format!("{because}; within {checks}"),
            None => because,
        };
        let nulls = match own.origin {
            Origin::Free => maker.nulls_per_million,
            Origin::Parent(link) if table.parents[link].null_columns.contains(&column) => {
                table.parents[link].nulls_per_million
            }
            _ => 0,
        };
        ShownColumn {
            name: own.name.clone(),
            from,
            because,
            nulls_per_mille: nulls / 1_000,
            distinct: maker.unlike.as_ref().map(Unlike::size),
            moves: moving::moves(&self.tables, (table, values), column),
        }
    }

    /// What a column's values are, and why.
    fn origin_shown(&self, table: &TablePlan, maker: &Maker, origin: &Origin) -> (String, String) {
        let generator = || {
            let name = maker.generator.as_ref().map(|generator| generator.name());
            name.unwrap_or("NULL").to_owned()
        };
        match origin {
            Origin::Generated => ("the server".to_owned(), "a generated column".to_owned()),
            Origin::Serial { start, step } => (
                format!("numbers from {start}, step {step}"),
                "a numbered key".to_owned(),
            ),
            Origin::Parent(link) => {
                let link = &table.parents[*link];
                let parent = &self.tables[link.parent].name;
                (
                    format!("a row of {parent}, {}", choice_shown(table, &link.choice)),
                    format!("foreign key \"{}\"", link.constraint),
                )
            }
            Origin::Ordinal { start, step } => (
                format!("numbers from {start}, step {step}, for each parent"),
                "its name, and a unique key".to_owned(),
            ),
            Origin::Slot(slot, _) => {
                let constraint = &table.slots[*slot].constraint;
                let because = format!("exclusion constraint \"{constraint}\"");
                ("places that do not overlap".to_owned(), because)
            }
            Origin::Digit(tuple) => {
                let key = &table.tuples[*tuple].constraint;
                (
                    generator(),
                    format!("unique key \"{key}\" with other columns; {}", maker.reason),
                )
            }
            Origin::Tied(first) => {
                let first = &table.columns[*first].name;
                let from = match &maker.unlike {
                    Some(Unlike::Shifted(_)) => format!("steps from \"{first}\", all different"),
                    _ => format!("{}, with \"{first}\", all different", generator()),
                };
                (from, format!("a unique key that CHECKs tie to \"{first}\""))
            }
            Origin::Distinct => (
                format!("{}, all different", generator()),
                maker.reason.clone(),
            ),
            Origin::Free if let Some(follow) = &maker.follow => {
                let from = match follow {
                    Follow::State(_) => "a state".to_owned(),
                    Follow::Stage(..) | Follow::After(_) => "a moment".to_owned(),
                    Follow::Flag { .. } => "a flag".to_owned(),
                    Follow::Given(_) => "given values".to_owned(),
                    Follow::Country(_) => "a country".to_owned(),
                    Follow::Slug(_) => "a slug".to_owned(),
                    Follow::With(_)
                    | Follow::Correlated(_)
                    | Follow::Placed(_)
                    | Follow::Money(_) => generator(),
                };
                (from, maker.reason.clone())
            }
            Origin::Free => match (&maker.moment, &maker.weighted) {
                (Some(Moment::Created), _) => ("created".to_owned(), maker.reason.clone()),
                (Some(_), _) => ("a moment".to_owned(), maker.reason.clone()),
                (None, Some(_)) => ("given values".to_owned(), maker.reason.clone()),
                (None, None) => (generator(), maker.reason.clone()),
            },
        }
    }

    /// Whose data the rows of a table hold, for people.
    pub fn person_shown(&self, table: usize) -> Option<String> {
        match &self.values[table].person {
            _ if !self.values[table].hold_person() => None,
            PersonOf::Own(_) => Some("a person of its own".to_owned()),
            PersonOf::Via(link, _) => {
                let parent = self.tables[table].parents[*link].parent;
                Some(format!("the person of {}", self.tables[parent].name))
            }
        }
    }
}

fn choice_shown(table: &TablePlan, choice: &Choice) -> String {
    let counts = table
        .fan_out
        .as_ref()
        .map(|fan_out| fan_out.counts().ends());
    let words = match choice {
        Choice::Layout if let Some((least, most)) = counts => {
            return format!("in their order, each {least} to {most} times");
        }
        Choice::Uniform => "each as often as the other",
        Choice::Spread(..) => "some often, most seldom",
        Choice::Layout => "in their order",
        Choice::Once(_) => "each at most once",
        Choice::Previous => "the row before",
        Choice::Earlier => "an earlier row",
        Choice::Within { .. } => "among those with the same ancestor",
        Choice::Digit(_) => "each pair once",
        Choice::Same(_) => "the same as another foreign key's",
    };
    words.to_owned()
}
