//! Compares what two living databases hold: how many rows of each table were added, removed,
//! changed, and on request which ones.
//!
//! Two passes. The first reads each table once on both sides and compares a count and a sum of row
//! hashes, whatever the order of rows. Only tables that differ get the second pass: both sides
//! stream `(key, hash)` in the same order through cursors and are merged, in constant memory here;
//! the servers sort within `work_mem` and spill to disk. No value but that of a key leaves a server.

mod merge;
mod side;

use std::collections::BTreeSet;
use std::future::Future;

use rules::schema::{Name, Schema, Table, TableKind};
use serde::{Deserialize, Serialize};
use tokio_postgres::Client;

use side::{Plan, Side};

/// How the rows of one table differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableDelta {
    /// The table; a partitioned one stands for its partitions.
    pub table: Name,
    /// Rows before; `None` where the table does not exist there.
    pub before: Option<u64>,
    /// Rows after; `None` where the table does not exist there.
    pub after: Option<u64>,
    /// Rows that only the second database has.
    pub added: u64,
    /// Rows that only the first database has.
    pub removed: u64,
    /// Rows that both have under one key with other values; without a primary key a changed row
    /// counts as one removed and one added.
    pub changed: u64,
    /// What told rows apart.
    pub by: RowIdentity,
}

impl TableDelta {
    /// Whether both databases hold the same rows.
    pub fn is_same(&self) -> bool {
        self.before == self.after && self.added + self.removed + self.changed == 0
    }
}

/// What tells one row from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RowIdentity {
    /// The primary key, the same on both sides.
    PrimaryKey,
    /// All of its values: there is no primary key, or not the same.
    WholeRow,
}

/// One row that differs, by its key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowDelta {
    /// The primary key's values as PostgreSQL writes a row: `(7,acme)`.
    pub key: String,
    /// How it differs.
    pub change: RowChange,
}

/// How a row differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RowChange {
    /// Only the second database has it.
    Added,
    /// Only the first database has it.
    Removed,
    /// Both have it, with other values.
    Changed,
}

/// Why two databases could not be compared.
#[derive(Debug, thiserror::Error)]
pub enum CompareError {
    /// One of the servers refused or a connection broke.
    #[error("read table {table} of the {side} database")]
    Read {
        /// Which table.
        table: Name,
        /// `first` or `second`.
        side: &'static str,
        /// What the server said; rows are not in it.
        #[source]
        source: tokio_postgres::Error,
    },
    /// A statement does not end, whatever was to end it.
    #[error(
        "table {table} of the {side} database is read for {} minutes, and what was to end that was caught: a view, a \
         function or an operator there never ends",
        side::ENDS_WITHIN.as_secs() / 60
    )]
    Endless {
        /// Which table.
        table: Name,
        /// `first` or `second`.
        side: &'static str,
    },
    /// A transaction could not be opened.
    #[error("open a snapshot of the {side} database")]
    Begin {
        /// `first` or `second`.
        side: &'static str,
        /// What the server said.
        #[source]
        source: tokio_postgres::Error,
    },
    /// Rows were asked for of a table that no key tells apart.
    #[error("table {table} has no primary key that is the same in both databases")]
    NoKey {
        /// Which table.
        table: Name,
    },
    /// Rows were asked for of a table that one database does not have.
    #[error("table {table} is not in both databases")]
    NotInBoth {
        /// Which table.
        table: Name,
    },
}

/// A database to compare: a session that may read every table, and its schema.
///
/// The session must not be in a transaction. When the future of a comparison is dropped, its
/// transaction stays open and the session should be closed.
#[derive(Clone, Copy)]
pub struct Database<'a> {
    /// The session.
    pub client: &'a Client,
    /// What [`crate::introspect`] read from it.
    pub schema: &'a Schema,
}

/// Compares all tables, in the order of their names; each side is one consistent moment.
///
/// Columns that only one side has are left out of the comparison: `rules::schema::diff` tells them.
pub async fn tables(
    before: Database<'_>,
    after: Database<'_>,
) -> Result<Vec<TableDelta>, CompareError> {
    let (first, second) = (Side::new("first", before), Side::new("second", after));
    let work = async {
        let mut deltas = Vec::new();
        for name in comparable(before.schema, after.schema) {
            deltas.push(one_table(&first, &second, &name).await?);
        }
        Ok(deltas)
    };
    in_snapshots(&first, &second, Box::pin(work)).await
}

/// Tells which rows of one table differ, in the order of their keys' text, at most `limit` of them.
pub async fn rows(
    before: Database<'_>,
    after: Database<'_>,
    table: &Name,
    limit: usize,
) -> Result<Vec<RowDelta>, CompareError> {
    let (first, second) = (Side::new("first", before), Side::new("second", after));
    let (Some(old), Some(new)) = (
        before.schema.tables.get(table),
        after.schema.tables.get(table),
    ) else {
        let table = table.clone();
        return Err(CompareError::NotInBoth { table });
    };
    let plan = Plan::new(table, old, new);
    if plan.identity() != RowIdentity::PrimaryKey {
        let table = table.clone();
        return Err(CompareError::NoKey { table });
    }
    let work = async {
        let mut found = Vec::new();
        if limit > 0 {
            merge::differences(&first, &second, &plan, |key, change| {
                found.push(RowDelta {
                    key: key.to_owned(),
                    change,
                });
                found.len() < limit
            })
            .await?;
        }
        Ok(found)
    };
    in_snapshots(&first, &second, Box::pin(work)).await
}

async fn in_snapshots<T>(
    first: &Side<'_>,
    second: &Side<'_>,
    work: impl Future<Output = Result<T, CompareError>>,
) -> Result<T, CompareError> {
    let begun = tokio::try_join!(first.begin(), second.begin());
    let result = match begun {
        Ok(_) => work.await,
        Err(error) => Err(error),
    };
    // What never ends would be waited for again; the caller closes the sessions.
    if matches!(result, Err(CompareError::Endless { .. })) {
        return result;
    }
    let (one, two) = tokio::join!(first.end(), second.end());
    let value = result?;
    one.and(two).map(|()| value)
}

async fn one_table(
    first: &Side<'_>,
    second: &Side<'_>,
    name: &Name,
) -> Result<TableDelta, CompareError> {
    let of = |side: &Side<'_>| side.schema().tables.get(name).cloned();
    let mut delta = TableDelta {
        table: name.clone(),
        before: None,
        after: None,
        added: 0,
        removed: 0,
        changed: 0,
        by: RowIdentity::WholeRow,
    };
    match (of(first), of(second)) {
        (Some(old), Some(new)) => {
            let plan = Plan::new(name, &old, &new);
            delta.by = plan.identity();
            let (old, new) = tokio::try_join!(first.digest(&plan), second.digest(&plan))?;
            (delta.before, delta.after) = (Some(old.rows), Some(new.rows));
            if old != new {
                let totals = merge::totals(first, second, &plan).await?;
                (delta.added, delta.removed, delta.changed) =
                    (totals.added, totals.removed, totals.changed);
            }
        }
        (Some(old), None) => {
            let rows = first.digest(&Plan::new(name, &old, &old)).await?.rows;
            (delta.before, delta.removed) = (Some(rows), rows);
        }
        (None, Some(new)) => {
            let rows = second.digest(&Plan::new(name, &new, &new)).await?.rows;
            (delta.after, delta.added) = (Some(rows), rows);
        }
        (None, None) => {}
    }
    Ok(delta)
}

/// Tables whose rows are their own: no partitions, their root stands for them, and no foreign ones.
fn comparable(before: &Schema, after: &Schema) -> BTreeSet<Name> {
    let own = |table: &Table| table.kind == TableKind::Ordinary && table.partition_of.is_none();
    [before, after]
        .into_iter()
        .flat_map(|schema| &schema.tables)
        .filter(|(_, table)| own(table))
        .map(|(name, _)| name.clone())
        .collect()
}
