//! The model of a schema: what introspection reads and what a diff compares.
//!
//! Objects are known by name and never by OID, so two clusters with the same migrations have equal
//! models. Text of expressions and definitions is PostgreSQL's own deparsed form, read with an empty
//! search path, so every name in it is qualified. Never holds a row's value.

mod diff;
mod name;
mod object;
mod program;
mod table;
mod types;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub use diff::{Change, Difference, diff, render};
pub use name::{Name, NameError, quoted};
pub use object::{Kind, Object, Part};
pub use program::{Extension, Routine, RoutineKind, Sequence, Trigger, TriggerState, View};
pub use table::{
    Column, Constraint, ConstraintKind, Generated, GeneratedKind, Identity, Index, MatchType,
    PartitionOf, Policy, ReferentialAction, RowSecurity, Table, TableKind,
};
pub use types::{CompositeField, Domain, DomainCheck, RangeType};

/// Everything that a database's user schemas hold, except rows.
///
/// Members of extensions are not listed: the extension stands for them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schema {
    /// Namespaces, `public` among them.
    pub schemas: BTreeSet<String>,
    /// Extensions by name.
    pub extensions: BTreeMap<String, Extension>,
    /// Domains.
    pub domains: BTreeMap<Name, Domain>,
    /// Enumerations: their labels in sort order.
    pub enums: BTreeMap<Name, Vec<String>>,
    /// Composite types made by `CREATE TYPE … AS`, not the row types of tables.
    pub composites: BTreeMap<Name, Vec<CompositeField>>,
    /// Range types.
    pub ranges: BTreeMap<Name, RangeType>,
    /// Sequences, except those behind identity columns.
    pub sequences: BTreeMap<Name, Sequence>,
    /// Tables of every kind, partitions too.
    pub tables: BTreeMap<Name, Table>,
    /// Views and materialised views.
    pub views: BTreeMap<Name, View>,
    /// Functions, procedures and aggregates: by name, then by identity arguments.
    pub routines: BTreeMap<Name, BTreeMap<String, Routine>>,
}

impl Schema {
    /// The table through which rows get into this one: the root of its partitions, or itself.
    pub fn root_of<'n>(&'n self, name: &'n Name) -> &'n Name {
        let mut root = name;
        // Each step goes up one level of partitioning, which the catalogue keeps free of circles.
        for _ in 0..self.tables.len() {
            match self
                .tables
                .get(root)
                .and_then(|table| table.partition_of.as_ref())
            {
                Some(of) => root = &of.parent,
                None => break,
            }
        }
        root
    }
}
