//! What a branch changed: its schema and its rows beside those of the snapshot that it came from.

use rules::schema::Name;
use rules::target::Place;
use seeder::compare;
use serde::{Deserialize, Serialize};

use super::super::error::chain;
use super::super::pointer::Operation;
use super::super::turn::{Caller, Report, Turn};
use super::super::{EnvironmentError, Environments};
use crate::branches::{Lease, Origin};

/// What to compare.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiffRequest {
    /// The database; `None` is the only one there is.
    pub database: Option<String>,
    /// Name the keys of changed rows, at most this many per table.
    pub rows: Option<usize>,
}

/// What differs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Difference {
    /// The database that was compared.
    pub database: String,
    /// Changes of the schema, in order.
    pub schema: Vec<rules::schema::Change>,
    /// Changes of the rows, by table.
    pub tables: Vec<compare::TableDelta>,
    /// Changed rows by their keys, table by table, where they were asked for.
    pub rows: Vec<(Name, Vec<compare::RowDelta>)>,
}

impl Environments {
    /// Compares the present state of a place with its snapshot.
    ///
    /// # Errors
    /// When the place or database does not exist, or a server does not start.
    pub async fn diff(
        &self,
        place: &Place,
        request: &DiffRequest,
        caller: &Caller,
        report: &Report,
    ) -> Result<Difference, EnvironmentError> {
        let missing = || EnvironmentError::missing(place);
        let pointer = self
            .known(place)
            .and_then(|state| state.pointer.load_full());
        let pointer = pointer.ok_or_else(missing)?;
        let mut turn = self.turn(place, Operation::Diff, caller, report).await?;
        turn.hold_snapshot(&pointer.base);
        let settings = self.settings();
        let spec = self.spec_of(&settings, place, Operation::Diff);
        turn.step("clone");
        let origin = Origin::Snapshot(pointer.base.clone());
        let before = self.inner.pool.create_awake(origin, spec).await;
        let create = |source| EnvironmentError::Create {
            place: place.to_string(),
            source,
        };
        let before = before.map_err(create)?;
        let parent = before.branch().clone();
        turn.hold_branch(&parent);
        let wake = |source| EnvironmentError::Wake {
            place: place.to_string(),
            source,
        };
        let after = self
            .inner
            .pool
            .enter(&pointer.current.branch)
            .await
            .map_err(wake)?;
        let compared = self.compare(&mut turn, request, &before, &after).await;
        drop(before);
        drop(turn);
        if let Err(error) = self.inner.pool.drop_branch(&parent).await {
            tracing::warn!(branch = %parent, error = chain(&error), "a compared copy stays");
        }
        compared
    }

    async fn compare(
        &self,
        turn: &mut Turn,
        request: &DiffRequest,
        before: &Lease,
        after: &Lease,
    ) -> Result<Difference, EnvironmentError> {
        let database = self.one_database(turn, request.database.as_deref(), after)?;
        // A table may become a view of its user's while a session waits for it.
        let old = before.deputy(&database).await;
        let old = old.map_err(turn.failed("connect"))?;
        let new = after.deputy(&database).await;
        let new = new.map_err(turn.failed("connect"))?;
        turn.step("compare the schema");
        let old_schema = seeder::introspect(&old)
            .await
            .map_err(turn.failed("read the schema"))?;
        let new_schema = seeder::introspect(&new)
            .await
            .map_err(turn.failed("read the schema"))?;
        turn.step("compare the rows");
        let first = compare::Database {
            client: &old,
            schema: &old_schema,
        };
        let second = compare::Database {
            client: &new,
            schema: &new_schema,
        };
        let tables = compare::tables(first, second).await;
        let tables = tables.map_err(turn.failed("compare the rows"))?;
        let mut rows = Vec::new();
        if let Some(limit) = request.rows {
            let keyed = |delta: &&compare::TableDelta| {
                let in_both = delta.before.is_some() && delta.after.is_some();
                !delta.is_same() && in_both && delta.by == compare::RowIdentity::PrimaryKey
            };
            for delta in tables.iter().filter(keyed) {
                let found = compare::rows(first, second, &delta.table, limit).await;
                let found = found.map_err(turn.failed("compare the rows"))?;
                rows.push((delta.table.clone(), found));
            }
        }
        let schema = rules::schema::diff(&old_schema, &new_schema);
        Ok(Difference {
            database,
            schema,
            tables,
            rows,
        })
    }

    /// The database that is asked for, or the only one.
    pub(in super::super) fn one_database(
        &self,
        turn: &Turn,
        wanted: Option<&str>,
        lease: &Lease,
    ) -> Result<String, EnvironmentError> {
        let names: Vec<String> = lease
            .databases()
            .iter()
            .map(|one| one.name.clone())
            .collect();
        match wanted {
            None if names.len() == 1 => Ok(names[0].clone()),
            Some(wanted) if names.iter().any(|name| name == wanted) => Ok(wanted.to_owned()),
            wanted => Err(EnvironmentError::UnknownDatabase {
                database: wanted.unwrap_or_default().to_owned(),
                place: turn.place.to_string(),
                existing: names,
            }),
        }
    }
}
