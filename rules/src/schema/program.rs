//! What computes rather than stores: views, routines, triggers, sequences, extensions.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// An installed extension; its members are not listed anywhere else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extension {
    /// The installed version.
    pub version: String,
    /// The namespace that it was put into.
    pub schema: String,
}

/// A sequence's settings; its position is data and no part of the schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sequence {
    /// `smallint`, `integer` or `bigint`.
    pub data_type: String,
    /// First value.
    pub start: i64,
    /// Smallest value.
    pub minimum: i64,
    /// Greatest value.
    pub maximum: i64,
    /// Step.
    pub increment: i64,
    /// Values that a session takes at once.
    pub cache: i64,
    /// Whether it begins again at its end.
    pub cycle: bool,
    /// `schema.table.column` that drops it when dropped.
    pub owned_by: Option<String>,
}

/// A view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    /// Whether its rows are stored.
    pub materialized: bool,
    /// The query.
    pub definition: String,
    /// Storage options such as `security_barrier=true`, sorted.
    pub options: Vec<String>,
    /// `CREATE INDEX` statements of a materialised view, sorted.
    pub indexes: Vec<String>,
    /// Triggers by name.
    pub triggers: BTreeMap<String, Trigger>,
}

/// One function, procedure or aggregate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Routine {
    /// What it is.
    pub kind: RoutineKind,
    /// What it returns; `None` for a procedure.
    pub returns: Option<String>,
    /// The language that it is written in.
    pub language: String,
    /// SHA-256 of its whole definition, body and settings, in hexadecimal.
    pub body_sha256: String,
}

/// The kinds of routine (`pg_proc.prokind`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RoutineKind {
    /// A function.
    Function,
    /// A procedure.
    Procedure,
    /// An aggregate function.
    Aggregate,
    /// A window function.
    Window,
}

/// A trigger on a table or view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trigger {
    /// The `CREATE TRIGGER` statement.
    pub definition: String,
    /// When it fires.
    pub state: TriggerState,
}

/// When a trigger fires (`pg_trigger.tgenabled`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TriggerState {
    /// In the roles `origin` and `local`, which is usual.
    Origin,
    /// Never.
    Disabled,
    /// In the role `replica` only.
    Replica,
    /// In every role.
    Always,
}
