//! The tables of production: which there are, which are held, how large they are.

use std::collections::{BTreeMap, BTreeSet};

use rules::schema::Name;
use tokio_postgres::{Client, Row};

use super::error::step;
use super::{Source, SourceError};

/// Tables with rows of their own or in partitions; members of extensions are the extension's, and
/// temporary ones a session's.
///
/// Rights are as they are now, whatever the snapshot: a table that is gone by now has none.
const TABLES: &str = "
SELECT c.oid, n.nspname::text AS schema, c.relname::text AS name,
       coalesce(has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT'), false) AS readable
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e WHERE e.classid = 'pg_catalog.pg_class'::regclass
                      AND e.objid = c.oid AND e.deptype = 'e')
 ORDER BY c.oid";

/// Only exclusive locks keep readers out.
const LOCKED: &str = "
SELECT DISTINCT n.nspname::text AS schema, c.relname::text AS name
  FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_class c ON c.oid = l.relation
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE l.locktype = 'relation' AND l.granted AND l.mode = 'AccessExclusiveLock' AND c.relkind IN ('r', 'p')
   AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = current_database())
 ORDER BY 1, 2 LIMIT 20";

const LEAVES: &str = "
SELECT n.nspname::text AS schema, c.relname::text AS name, c.relkind::text AS kind,
       coalesce(am.amname = 'heap', false) AS heap,
       coalesce(pg_relation_size(c.oid), 0) / current_setting('block_size')::int8 AS blocks,
       coalesce(pg_table_size(c.oid), 0) AS bytes,
       (SELECT coalesce(array_agg(a.attname::text ORDER BY a.attnum), '{}')
          FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0
           AND NOT a.attisdropped AND a.attgenerated = '') AS columns
  FROM unnest($1::text[], $2::text[]) u (schema, name)
  JOIN pg_catalog.pg_namespace n ON n.nspname = u.schema
  JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = u.name
  LEFT JOIN pg_catalog.pg_am am ON am.oid = c.relam";

/// Materialised views that read a foreign table, straight or by way of other views.
const FOREIGN_VIEWS: &str = "
WITH RECURSIVE reads AS (
  SELECT DISTINCT r.ev_class AS view, d.refobjid AS source
    FROM pg_catalog.pg_rewrite r JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::regclass
     AND d.objid = r.oid AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid <> r.ev_class),
reached AS (
  SELECT r.view FROM reads r JOIN pg_catalog.pg_class c ON c.oid = r.source AND c.relkind = 'f'
  UNION
  SELECT r.view FROM reads r JOIN reached o ON o.view = r.source)
SELECT c.oid FROM reached o JOIN pg_catalog.pg_class c ON c.oid = o.view WHERE c.relkind = 'm'";

/// A table that may be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    oid: u32,
    pub(super) name: Name,
    /// Whether the login may read it.
    pub(super) readable: bool,
}

/// A table that is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Leaf {
    pub(crate) name: Name,
    /// Whether it has rows of its own.
    pub(crate) has_rows: bool,
    /// Whether it is a heap, of which a range of blocks can be read.
    pub(crate) heap: bool,
    /// Blocks of the heap.
    pub(crate) blocks: u64,
    /// Bytes, with what is stored out of line.
    pub(crate) bytes: u64,
    /// Its columns but for generated ones.
    pub(crate) columns: Vec<String>,
}

/// The tables that there are.
pub(super) async fn all(client: &Client) -> Result<Vec<Listed>, SourceError> {
    let rows = client.query(TABLES, &[]).await;
    let rows = rows.map_err(|error| step("list production's tables", &error))?;
    let listed = |row: &Row| {
        Ok(Listed {
            oid: row.try_get("oid")?,
            name: name(row)?,
            readable: row.try_get("readable")?,
        })
    };
    let read: Result<_, tokio_postgres::Error> = rows.iter().map(listed).collect();
    read.map_err(|error| step("list production's tables", &error))
}

/// Tables that somebody keeps readers out of.
pub(super) async fn locked(client: &Client) -> Result<Vec<Name>, SourceError> {
    let rows = client.query(LOCKED, &[]).await;
    let rows = rows.map_err(|error| step("list production's locks", &error))?;
    let read: Result<_, tokio_postgres::Error> = rows.iter().map(name).collect();
    read.map_err(|error| step("list production's locks", &error))
}

/// What is known of some tables; those that are not there are left out.
pub(super) async fn leaves(source: &Source, names: &[&Name]) -> Result<Vec<Leaf>, SourceError> {
    const STEP: &str = "measure production's tables";
    let schemas: Vec<&str> = names.iter().map(|name| name.schema.as_str()).collect();
    let tables: Vec<&str> = names.iter().map(|name| name.name.as_str()).collect();
    let rows = source.client.query(LEAVES, &[&schemas, &tables]).await;
    let rows = rows.map_err(|error| step(STEP, &error))?;
    let leaf = |row: &Row| {
        let size = |of: &str| -> Result<u64, tokio_postgres::Error> {
            Ok(u64::try_from(row.try_get::<_, i64>(of)?).unwrap_or(0))
        };
        Ok(Leaf {
            name: name(row)?,
            has_rows: row.try_get::<_, String>("kind")? == "r",
            heap: row.try_get("heap")?,
            blocks: size("blocks")?,
            bytes: size("bytes")?,
            columns: row.try_get("columns")?,
        })
    };
    let read: Result<Vec<Leaf>, tokio_postgres::Error> = rows.iter().map(leaf).collect();
    let mut found: BTreeMap<Name, Leaf> = read
        .map_err(|error| step(STEP, &error))?
        .into_iter()
        .map(|leaf| (leaf.name.clone(), leaf))
        .collect();
    Ok(names
        .iter()
        .filter_map(|name| found.remove(*name))
        .collect())
}

/// Materialised views whose rows are another server's, by object id.
pub(super) async fn foreign_views(client: &Client) -> Result<BTreeSet<u32>, SourceError> {
    const STEP: &str = "list views over foreign tables";
    let rows = client.query(FOREIGN_VIEWS, &[]).await;
    let rows = rows.map_err(|error| step(STEP, &error))?;
    let read: Result<_, tokio_postgres::Error> = rows.iter().map(|row| row.try_get(0)).collect();
    read.map_err(|error| step(STEP, &error))
}

/// The qualified name in the columns `schema` and `name`.
pub(super) fn name(row: &Row) -> Result<Name, tokio_postgres::Error> {
    Ok(Name {
        schema: row.try_get("schema")?,
        name: row.try_get("name")?,
    })
}
