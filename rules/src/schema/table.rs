//! Tables and everything that belongs to one.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::name::Name;
use super::program::Trigger;

/// A table of any kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// Where its rows are.
    pub kind: TableKind,
    /// Whether a crash empties it.
    pub unlogged: bool,
    /// Strategy and key of a partitioned table: `RANGE (created_at)`.
    pub partition_by: Option<String>,
    /// The table that this one is a partition of.
    pub partition_of: Option<PartitionOf>,
    /// Parents by plain inheritance, in their order.
    pub inherits: Vec<Name>,
    /// Whether row security policies apply.
    pub row_security: RowSecurity,
    /// Columns in their order.
    pub columns: Vec<Column>,
    /// Constraints by name, without those that a partition has from its parent.
    pub constraints: BTreeMap<String, Constraint>,
    /// Indexes by name, without those of constraints and those that a partition has from its parent.
    pub indexes: BTreeMap<String, Index>,
    /// Triggers by name, without internal ones and those that a partition has from its parent.
    pub triggers: BTreeMap<String, Trigger>,
    /// Row security policies by name.
    pub policies: BTreeMap<String, Policy>,
}

impl Table {
    /// The primary key's columns in key order.
    pub fn primary_key(&self) -> Option<&[String]> {
        self.constraints
            .values()
            .find_map(|constraint| match &constraint.kind {
                ConstraintKind::PrimaryKey { columns } => Some(columns.as_slice()),
                _ => None,
            })
    }

    /// The column of that name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// Where a table's rows are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TableKind {
    /// In the table itself, or in its partitions.
    Ordinary,
    /// On a foreign server.
    Foreign,
}

/// A partition's place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartitionOf {
    /// The partitioned table.
    pub parent: Name,
    /// `FOR VALUES …` or `DEFAULT`.
    pub bound: String,
}

/// Whether policies apply, and to whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RowSecurity {
    /// To nobody.
    Off,
    /// To everybody but the owner.
    Enabled,
    /// To the owner as well.
    Forced,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type with the modifier: `character varying(20)`, `public.mood[]`.
    pub data_type: String,
    /// Whether NULL is allowed by the column (a domain may still refuse it).
    pub nullable: bool,
    /// The default expression; `None` for generated and identity columns.
    pub default: Option<String>,
    /// Whether and how the server numbers it.
    pub identity: Option<Identity>,
    /// Whether and how it is computed from the row.
    pub generated: Option<Generated>,
    /// The collation, where it is not the type's own.
    pub collation: Option<String>,
    /// Whether it only comes from a parent table.
    pub inherited: bool,
}

/// `GENERATED … AS IDENTITY`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Identity {
    /// `ALWAYS`.
    Always,
    /// `BY DEFAULT`.
    ByDefault,
}

/// `GENERATED ALWAYS AS (…)`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Generated {
    /// The expression.
    pub expression: String,
    /// When it is computed.
    pub kind: GeneratedKind,
}

/// When a generated column is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GeneratedKind {
    /// When the row is written.
    Stored,
    /// When the row is read, from PostgreSQL 18 on.
    Virtual,
}

/// A constraint of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Constraint {
    /// What it demands.
    pub kind: ConstraintKind,
    /// The text behind `ADD CONSTRAINT name`, with everything that `kind` leaves out:
    /// deferrability, `NOT VALID`, operator classes, `INCLUDE`.
    pub definition: String,
}

/// What a constraint demands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConstraintKind {
    /// One row per key, no NULL in it.
    PrimaryKey {
        /// In key order.
        columns: Vec<String>,
    },
    /// One row per key.
    Unique {
        /// In key order.
        columns: Vec<String>,
    },
    /// A row of another table for every row.
    ForeignKey {
        /// In key order.
        columns: Vec<String>,
        /// The table that is referred to.
        references: Name,
        /// Its columns, in the same order.
        referenced: Vec<String>,
        /// What NULL in part of the key means.
        matching: MatchType,
        /// `ON UPDATE`.
        on_update: ReferentialAction,
        /// `ON DELETE`.
        on_delete: ReferentialAction,
    },
    /// An expression that is not false.
    Check {
        /// The expression.
        expression: String,
    },
    /// No two rows whose columns compare true by all operators.
    Exclusion {
        /// The columns among its elements; an expression is no column.
        columns: Vec<String>,
    },
}

/// What NULL in part of a foreign key means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MatchType {
    /// The key is not checked.
    Simple,
    /// It is an error.
    Full,
    /// The rest is checked; PostgreSQL parses it and refuses it.
    Partial,
}

/// What happens to a row whose parent changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReferentialAction {
    /// An error, when the constraint is checked.
    NoAction,
    /// An error, at once.
    Restrict,
    /// The same happens to the row.
    Cascade,
    /// Its key turns NULL.
    SetNull,
    /// Its key turns to the defaults.
    SetDefault,
}

/// An index that no constraint owns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Index {
    /// The `CREATE INDEX` statement.
    pub definition: String,
    /// Whether it refuses equal keys.
    pub unique: bool,
    /// Key elements in order: column names or expressions.
    pub keys: Vec<String>,
    /// The `WHERE` of a partial index.
    pub predicate: Option<String>,
    /// Whether queries may use it; false after a failed `CONCURRENTLY`.
    pub valid: bool,
}

/// A row security policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// Whether it widens (`PERMISSIVE`) rather than narrows.
    pub permissive: bool,
    /// `ALL`, `SELECT`, `INSERT`, `UPDATE` or `DELETE`.
    pub command: String,
    /// Roles that it is for, sorted; `public` for everybody.
    pub roles: Vec<String>,
    /// Which rows are seen.
    pub using: Option<String>,
    /// Which rows may be written.
    pub with_check: Option<String>,
}
