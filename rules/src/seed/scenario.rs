//! Scenarios: rows to be found by name on top of seed data, and what must then be true.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::rule::SeedRules;
use crate::schema::Name;

/// `[[seed.scenario]]`: rows that are added to the generated ones, and what must then be true.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scenario {
    /// Its name.
    pub name: String,
    /// Rows that are made from the schema alone.
    pub builtin: Option<Builtin>,
    /// The tables that those are made in; empty for every one.
    pub tables: Vec<Name>,
    /// Rows in the order of the file.
    pub rows: Vec<ScenarioRow>,
    /// What is asked of the filled database.
    pub assertions: Vec<Assertion>,
}

/// Scenarios that a schema alone is enough for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Builtin {
    /// Names in many scripts, with marks, joiners, apostrophes and signs outside the first plane.
    UnicodeNames,
    /// Texts of exactly the length that their columns allow.
    MaxLengthText,
    /// NULL wherever it is allowed.
    NullHeavy,
    /// Dates and moments that lie ahead.
    FutureDates,
    /// Moments at which clocks are turned, and local times that there are twice or never.
    DstEdge,
}

/// A row of a scenario.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScenarioRow {
    /// What assertions and other rows call it.
    pub handle: String,
    /// The table.
    pub table: Name,
    /// What columns are set to; the others are generated.
    pub set: BTreeMap<String, Setting>,
    /// Whether generated rows of the table are kept from being like it.
    pub exclusive: Exclusive,
}

/// Whether generated rows are kept from being like a scenario's row.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Exclusive {
    /// They may be like it.
    #[default]
    No,
    /// In the columns that are set to NULL, to times or to one of few values.
    Usual,
    /// In these columns.
    Columns(Vec<String>),
}

/// What a scenario sets a column to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Setting {
    /// NULL.
    Null,
    /// The key of another row of the scenario, by its handle.
    Handle(String),
    /// So many seconds after the moment that the data is as of; before it where negative.
    AsOf(i64),
    /// A value in its text form.
    Text(String),
}

/// A question to the filled database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assertion {
    /// One value, with `:as_of` and `:handle` filled in.
    pub sql: String,
    /// What it must be, in its text form.
    pub is: String,
}

impl Builtin {
    /// Every one, in alphabetical order.
    pub const ALL: [Self; 5] = [
        Self::DstEdge,
        Self::FutureDates,
        Self::MaxLengthText,
        Self::NullHeavy,
        Self::UnicodeNames,
    ];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UnicodeNames => "unicode-names",
            Self::MaxLengthText => "max-length-text",
            Self::NullHeavy => "null-heavy",
            Self::FutureDates => "future-dates",
            Self::DstEdge => "dst-edge",
        }
    }

    /// One line about it.
    pub fn about(self) -> &'static str {
        match self {
            Self::UnicodeNames => {
                "names in many scripts, with marks, joiners, apostrophes and emoji"
            }
            Self::MaxLengthText => "texts of exactly the length that their columns allow",
            Self::NullHeavy => "NULL wherever it is allowed",
            Self::FutureDates => "dates and moments that lie ahead",
            Self::DstEdge => "moments at which clocks are turned",
        }
    }

    /// The one of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == name)
    }
}

impl Scenario {
    /// A scenario without rows.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            builtin: None,
            tables: Vec::new(),
            rows: Vec::new(),
            assertions: Vec::new(),
        }
    }
}

impl SeedRules {
    /// The scenario of this name: of the file, else a built-in one on every table.
    pub fn scenario(&self, name: &str) -> Option<Scenario> {
        let own = self.scenarios.iter().find(|own| own.name == name);
        own.cloned().or_else(|| {
            Some(Scenario {
                builtin: Some(Builtin::named(name)?),
                ..Scenario::new(name)
            })
        })
    }

    /// Every name that an environment may choose: those of the file, then the built-in ones.
    pub fn scenario_names(&self) -> impl Iterator<Item = &str> {
        let own = self.scenarios.iter().map(|own| -> &str { &own.name });
        own.chain(Builtin::ALL.iter().map(|one| one.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_built_in_scenario_is_chosen_by_its_name_unless_the_file_has_one_of_it() {
        let mut rules = SeedRules::default();
        let built_in = rules.scenario("null-heavy").expect("a built-in one");
        assert_eq!(built_in.builtin, Some(Builtin::NullHeavy));
        assert_eq!(rules.scenario("overdue"), None);
        rules.scenarios.push(Scenario::new("overdue"));
        assert_eq!(rules.scenario("overdue"), Some(Scenario::new("overdue")));
        assert_eq!(rules.scenario_names().next(), Some("overdue"));
    }
}
