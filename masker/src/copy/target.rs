//! The copy's server: whether production fits into it, and where its rows go.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rules::schema::{Name, quoted};
use seeder::load::Failure;
use tokio_postgres::types::{FromSqlOwned, ToSql};
use tokio_postgres::{Client, Config, NoTls, Row};

use crate::facts::Facts;
use crate::source::dialled;
use crate::wire::{Dial, Wire, dial};

use super::error::CopyError;

const STEP: &str = "look at the copy's server";

const GREETING: &str = "
SELECT current_setting('server_version_num')::int4 AS version, current_setting('server_encoding') AS encoding,
       EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema') AS filled";

const EXTENSIONS: &str = "SELECT name::text AS name FROM pg_available_extensions";

const ROLES: &str = "SELECT rolname::text AS name FROM pg_roles";

/// Every partitioned table of a tree, with its key.
const KEYS: &str = "
WITH RECURSIVE tree AS (
  SELECT c.oid AS root, c.oid FROM unnest($1::text[], $2::text[]) u (schema, name)
    JOIN pg_namespace n ON n.nspname = u.schema
    JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = u.name AND c.relkind = 'p'
  UNION ALL
  SELECT t.root, h.inhrelid FROM tree t JOIN pg_inherits h ON h.inhparent = t.oid)
SELECT n.nspname::text AS schema, r.relname::text AS name, p.partstrat = 'h' AS hashed,
       p.partexprs IS NOT NULL AS computed,
       (SELECT coalesce(array_agg(a.attname::text), '{}') FROM pg_attribute a
         WHERE a.attrelid = p.partrelid AND a.attnum = ANY (p.partattrs::int2[])) AS columns
  FROM tree t JOIN pg_partitioned_table p ON p.partrelid = t.oid
  JOIN pg_class r ON r.oid = t.root JOIN pg_namespace n ON n.oid = r.relnamespace";

/// What holds rows, the largest first.
const FILLED: &str = "
SELECT c.oid, n.nspname::text AS schema, c.relname::text AS name, c.relkind::text AS kind,
       c.relispartition AS partition
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p', 'm') AND (c.relkind <> 'm' OR c.relispopulated)
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid
                      AND e.deptype = 'e')
 ORDER BY coalesce(pg_relation_size(c.oid), 0) DESC, c.oid";

/// How sessions of the copy's server are made.
pub(super) struct Target {
    pub(super) config: Config,
    pub(super) dial: Arc<dyn Dial>,
    client: Client,
}

/// By what a partitioned table tells where a row belongs.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct PartitionKey {
    pub(super) columns: BTreeSet<String>,
    /// Whether the place of a row may be another one in the copy, whatever becomes of the columns.
    pub(super) loose: bool,
}

/// The relations that hold rows now.
#[derive(Debug, Default)]
pub(super) struct Filled {
    /// Object ids of tables.
    pub(super) tables: Vec<u32>,
    /// What is to be vacuumed: partitions by their roots.
    pub(super) vacuum: Vec<Name>,
}

impl Target {
    pub(super) async fn connect(config: &Config) -> Result<Self, CopyError> {
        let mut config = config.clone();
        if config.get_application_name().is_none() {
            config.application_name("standin mask");
        }
        let dial = dial(NoTls);
        let client = dial.client(&config).await;
        let client = client
            .map_err(|error| CopyError::Write(dialled("connect to the copy's server", &error)))?;
        Ok(Self {
            config,
            dial,
            client,
        })
    }

    /// Refuses a server that production does not fit into.
    pub(super) async fn fits(&self, facts: &Facts) -> Result<(), CopyError> {
        let row = self.one(GREETING).await?;
        let version: i32 = field(&row, "version")?;
        let target = u32::try_from(version).unwrap_or(0) / 10_000;
        let production = facts.server.version / 10_000;
        if target < production {
            return Err(CopyError::Older { production, target });
        }
        let encoding: String = field(&row, "encoding")?;
        if encoding != facts.database.encoding {
            return Err(CopyError::Encoding {
                production: facts.database.encoding.clone(),
                target: encoding,
            });
        }
        if field(&row, "filled")? {
            return Err(CopyError::NotEmpty);
        }
        let available = self.names(EXTENSIONS).await?;
        let missing = facts.extensions.difference(&available);
        let missing: Vec<String> = missing.cloned().collect();
        if !missing.is_empty() {
            return Err(CopyError::Extensions(missing));
        }
        Ok(())
    }

    /// Makes the roles that policies name, without any right, and takes away what production lacks;
    /// gives the roles that were made.
    pub(super) async fn prepare(
        &self,
        facts: &Facts,
        has_public: bool,
    ) -> Result<Vec<String>, CopyError> {
        let there = self.names(ROLES).await?;
        let roles: Vec<String> = facts.policy_roles.difference(&there).cloned().collect();
        for role in &roles {
            self.run(&format!("CREATE ROLE {} NOLOGIN", quoted(role)))
                .await?;
        }
        if !has_public {
            self.run("DROP SCHEMA IF EXISTS public").await?;
        }
        Ok(roles)
    }

    /// The partition keys of some tables; those that are not partitioned are not among them.
    pub(super) async fn keys(
        &self,
        tables: &[&Name],
    ) -> Result<BTreeMap<Name, PartitionKey>, CopyError> {
        let schemas: Vec<&str> = tables.iter().map(|name| name.schema.as_str()).collect();
        let names: Vec<&str> = tables.iter().map(|name| name.name.as_str()).collect();
        let mut keys: BTreeMap<Name, PartitionKey> = BTreeMap::new();
        for row in self.query(KEYS, &[&schemas, &names]).await? {
            let key = keys.entry(name(&row)?).or_default();
            key.columns.extend(field::<Vec<String>>(&row, "columns")?);
            key.loose |= field::<bool>(&row, "hashed")? || field::<bool>(&row, "computed")?;
        }
        Ok(keys)
    }

    /// What holds rows.
    pub(super) async fn filled(&self) -> Result<Filled, CopyError> {
        let mut filled = Filled::default();
        for row in self.query(FILLED, &[]).await? {
            let kind: String = field(&row, "kind")?;
            if kind != "m" {
                filled.tables.push(field(&row, "oid")?);
            }
            if !field::<bool>(&row, "partition")? {
                filled.vacuum.push(name(&row)?);
            }
        }
        Ok(filled)
    }

    /// A session that writes rows.
    pub(super) async fn writer(&self) -> Result<Wire, CopyError> {
        const STEP: &str = "open one more session to the copy's server";
        let wire = self.dial.wire(&self.config).await;
        let mut wire = wire.map_err(|error| CopyError::Write(dialled(STEP, &error)))?;
        let set = wire.run(seeder::load::SETTINGS).await;
        set.map_err(|error| CopyError::Write(error.failure("set up a session")))?;
        Ok(wire)
    }

    async fn run(&self, sql: &str) -> Result<(), CopyError> {
        let done = self.client.batch_execute(sql).await;
        done.map_err(|error| CopyError::Write(Failure::new("prepare the copy's server", &error)))
    }

    async fn names(&self, sql: &str) -> Result<BTreeSet<String>, CopyError> {
        let rows = self.query(sql, &[]).await?;
        rows.iter().map(|row| field(row, "name")).collect()
    }

    async fn one(&self, sql: &str) -> Result<Row, CopyError> {
        let row = self.client.query_one(sql, &[]).await;
        row.map_err(|error| CopyError::Write(Failure::new(STEP, &error)))
    }

    async fn query(
        &self,
        sql: &str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, CopyError> {
        let rows = self.client.query(sql, parameters).await;
        rows.map_err(|error| CopyError::Write(Failure::new(STEP, &error)))
    }
}

fn field<T: FromSqlOwned>(row: &Row, name: &str) -> Result<T, CopyError> {
    row.try_get(name)
        .map_err(|error| CopyError::Write(Failure::new(STEP, &error)))
}

fn name(row: &Row) -> Result<Name, CopyError> {
    Ok(Name::new(
        field::<String>(row, "schema")?,
        field::<String>(row, "name")?,
    ))
}
