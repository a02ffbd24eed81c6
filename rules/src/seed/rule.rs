//! `[seed]`, as far as it is legal.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{CorrelateRule, GivenRule, PerRule, Scenario, StatesRule};
use crate::schema::Name;

/// Everything that `[seed]` says; a schema alone needs none of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeedRules {
    /// The moment that the data is as of: no time of it lies behind, but by a rule.
    pub as_of: AsOf,
    /// Locales of people with their weights; empty for all that there are.
    pub locales: BTreeMap<String, u32>,
    /// How foreign keys are treated while rows are loaded.
    pub mode: LoadMode,
    /// Whether triggers fire while rows are loaded.
    pub triggers: TriggerPolicy,
    /// Rules of tables.
    pub tables: BTreeMap<Name, TableRules>,
    /// Overlays that an environment may choose by name, in the order of the file.
    pub scenarios: Vec<Scenario>,
}

/// The moment that the data is as of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AsOf {
    /// The beginning of this day, in UTC.
    Day(Date),
    /// The beginning of the day of the run, in UTC: part of what a snapshot depends on.
    Today,
}

/// How foreign keys are treated while rows are loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LoadMode {
    /// Dropped, and made and validated again: many times faster.
    #[default]
    Rebuild,
    /// Checked row by row.
    Live,
}

/// Whether triggers fire while rows are loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TriggerPolicy {
    /// They are silent, and as before afterwards.
    #[default]
    Suppress,
    /// They fire.
    Fire,
}

/// `[seed.tables."schema.table"]`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TableRules {
    /// How many rows, whatever the scale.
    pub rows: Option<u64>,
    /// How many rows for each row of its obvious parent, on average.
    pub per_parent: Option<u64>,
    /// How many rows each row of a parent gets.
    pub per: Option<PerRule>,
    /// Whether its triggers fire, where it is not as of all tables.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub triggers: Option<TriggerPolicy>,
    /// Rules of columns.
    pub columns: BTreeMap<String, ColumnRule>,
}

/// `columns.NAME` of a table: what is left out is inferred.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ColumnRule {
    /// The generator, by its name.
    pub with: Option<String>,
    /// Values in their text form, with weights.
    pub values: Vec<(String, u32)>,
    /// How many of a million are NULL.
    pub nulls_per_million: Option<u32>,
    /// The smallest value in its text form.
    pub min: Option<String>,
    /// The greatest value in its text form.
    pub max: Option<String>,
    /// How numbers and parents are spread.
    pub distribution: Option<Distribution>,
    /// What it holds beside each value of another column.
    pub given: Option<GivenRule>,
    /// Another column that its ranks go with.
    pub correlate: Option<CorrelateRule>,
    /// The column that a slug is made of.
    pub of: Option<String>,
    /// An expression over the row's columns that it is equal to.
    pub is: Option<String>,
    /// The states that rows go through, where the column holds them.
    pub states: Option<StatesRule>,
    /// The name that the column had when its values were first made: they stay.
    pub was: Option<String>,
}

/// How choices are spread over what there is to choose from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Distribution {
    /// Each as often as the other.
    Uniform,
    /// A few very often, most seldom.
    Zipf,
    /// Around the middle.
    Normal,
    /// Many small, few great.
    LogNormal,
}

impl Default for SeedRules {
    fn default() -> Self {
        Self {
            as_of: AsOf::Day(crate::config::defaults::SEED_AS_OF),
            locales: BTreeMap::new(),
            mode: LoadMode::default(),
            triggers: TriggerPolicy::default(),
            tables: BTreeMap::new(),
            scenarios: Vec::new(),
        }
    }
}
