//! What a plan needs to know of production beside its schema, in one consistent read.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use rules::schema::{Name, quoted};
use seeder::load::Failure;
use serde::{Deserialize, Serialize};
use tokio_postgres::types::FromSqlOwned;
use tokio_postgres::{Client, Row};

use crate::source::{Source, SourceError};

/// What is known of production.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// The server.
    pub server: ServerFacts,
    /// The database.
    pub database: DatabaseFacts,
    /// The login that reads it.
    pub login: Login,
    /// Tables that are no partitions, foreign ones left out.
    pub tables: BTreeMap<Name, TableFacts>,
    /// What the login lacks; while there is anything, nothing can be copied.
    pub refused: Vec<Refused>,
    /// Extensions by name.
    pub extensions: BTreeSet<String>,
    /// Roles that policies name.
    pub policy_roles: BTreeSet<String>,
    /// How many large objects there are; none is copied.
    pub large_objects: u64,
}

/// The server of production.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerFacts {
    /// `server_version_num`: 150018.
    pub version: u32,
    /// Whether it is a standby.
    pub standby: bool,
    /// What tells its cluster from others; `None` where the login may not see it.
    pub system: Option<String>,
}

/// The database of production.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatabaseFacts {
    /// Its name.
    pub name: String,
    /// Its encoding: `UTF8`.
    pub encoding: String,
    /// `LC_COLLATE`.
    pub collate: String,
    /// `LC_CTYPE`.
    pub ctype: String,
    /// What collates by itself: `libc`, `icu`, `builtin`.
    pub provider: String,
    /// The provider's locale, where it is not libc.
    pub locale: Option<String>,
    /// ICU's own rules.
    pub rules: Option<String>,
}

/// Who reads production.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Login {
    /// The role.
    pub name: String,
    /// Whether nothing is refused to it.
    pub superuser: bool,
    /// Whether policies do not apply to it.
    pub bypasses_row_security: bool,
}

/// A table of production.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableFacts {
    /// Rows, of all partitions together: by production's statistics, or where there are none, at most
    /// as many as its bytes can hold.
    pub rows: u64,
    /// Whether `rows` is by statistics.
    pub analysed: bool,
    /// Bytes with what is stored out of line, without indexes.
    pub bytes: u64,
    /// What has the rows: the table itself, or the leaves of its partitions; foreign ones left out.
    pub leaves: Vec<Name>,
}

/// A table that the login cannot read as a whole.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Refused {
    /// Which.
    pub table: Name,
    /// What it lacks.
    pub why: Why,
    /// The statement that gives it.
    pub grant: String,
}

/// What a login lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// USAGE of the schema.
    Schema,
    /// SELECT of the whole table.
    Table,
    /// Policies would hide rows of it.
    RowSecurity,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let why = match self.why {
            Why::Schema => "the login may not use its schema",
            Why::Table => "the login may not read it",
            Why::RowSecurity => "row security would hide rows of it from the login",
        };
        write!(f, "{}: {why}; {}", self.table, self.grant)
    }
}

/// Each table that is no partition with its leaves; leaves of a foreign server are not read.
const TABLES: &str = "
WITH RECURSIVE tree AS (
  SELECT c.oid AS root, c.oid, c.relkind, 0 AS depth FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND NOT c.relispartition
     AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
     AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e WHERE e.deptype = 'e'
                        AND e.classid = 'pg_catalog.pg_class'::regclass AND e.objid = c.oid)
  UNION ALL
  SELECT t.root, c.oid, c.relkind, t.depth + 1 FROM tree t
    JOIN pg_catalog.pg_inherits h ON h.inhparent = t.oid AND t.relkind = 'p'
    JOIN pg_catalog.pg_class c ON c.oid = h.inhrelid AND c.relkind IN ('r', 'p'))
SELECT rn.nspname::text AS schema, r.relname::text AS name,
       n.nspname::text AS leaf_schema, c.relname::text AS leaf_name, c.relkind = 'r' AS has_rows,
       c.reltuples::float8 AS tuples, c.relpages AS pages, s.readable, s.usable,
       CASE WHEN s.readable THEN coalesce(pg_table_size(c.oid), 0) ELSE 0 END AS bytes,
       s.readable AND c.relrowsecurity AND row_security_active(c.oid) AS hidden
  FROM tree t JOIN pg_catalog.pg_class c ON c.oid = t.oid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_class r ON r.oid = t.root JOIN pg_catalog.pg_namespace rn ON rn.oid = r.relnamespace
  CROSS JOIN LATERAL (
    SELECT has_schema_privilege(n.oid, 'USAGE') AS usable,
           has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') AS readable) s
 ORDER BY 1, 2, t.depth, 3, 4";

const LOGIN: &str = "
SELECT rolname::text AS name, rolsuper AS superuser, rolsuper OR rolbypassrls AS bypasses
  FROM pg_catalog.pg_roles WHERE rolname = current_user";

const EXTENSIONS: &str = "SELECT extname::text AS name FROM pg_catalog.pg_extension";

const POLICY_ROLES: &str = "
SELECT DISTINCT r.rolname::text AS name
  FROM pg_catalog.pg_policy p JOIN pg_catalog.pg_roles r ON r.oid = ANY(p.polroles)";

const LARGE_OBJECTS: &str = "SELECT count(*) AS count FROM pg_catalog.pg_largeobject_metadata";

const SYSTEM: &str = "
SELECT CASE WHEN has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE')
            THEN (SELECT s.system_identifier::text FROM pg_control_system() s) END AS system";

/// A row takes a line pointer of 4 bytes and a header of 23, aligned (PostgreSQL documentation,
/// "Database Page Layout").
const ROW_BYTES_MIN: u64 = 28;

pub(crate) async fn read(source: &Source) -> Result<Facts, SourceError> {
    let client = source.client();
    let version = source.version();
    let row = one(client, LOGIN).await?;
    let login = Login {
        name: field(&row, "name")?,
        superuser: field(&row, "superuser")?,
        bypasses_row_security: field(&row, "bypasses")?,
    };
    let (mut tables, mut refused) = (BTreeMap::new(), Vec::new());
    for row in query(client, TABLES).await? {
        table(&row, &mut tables)?;
        refused.extend(refusal(&row, &login.name)?);
    }
    let system = one(client, SYSTEM).await?;
    let large_objects: i64 = field(&one(client, LARGE_OBJECTS).await?, "count")?;
    Ok(Facts {
        server: ServerFacts {
            version,
            standby: source.is_standby(),
            system: field(&system, "system")?,
        },
        database: database(client, version).await?,
        login,
        tables,
        refused,
        extensions: names(client, EXTENSIONS).await?,
        policy_roles: names(client, POLICY_ROLES).await?,
        large_objects: u64::try_from(large_objects).unwrap_or(0),
    })
}

fn table(row: &Row, tables: &mut BTreeMap<Name, TableFacts>) -> Result<(), Failure> {
    let facts = tables.entry(name(row, "schema", "name")?);
    let facts = facts.or_insert_with(|| TableFacts {
        rows: 0,
        analysed: true,
        bytes: 0,
        leaves: Vec::new(),
    });
    if !field::<bool>(row, "has_rows")? {
        return Ok(());
    }
    let bytes = u64::try_from(field::<i64>(row, "bytes")?).unwrap_or(0);
    let (tuples, pages): (f64, i32) = (field(row, "tuples")?, field(row, "pages")?);
    // Before 14 a table that was never analysed has 0 rows on 0 pages, since then -1.
    let known = tuples > 0.0 || (tuples == 0.0 && pages > 0) || bytes == 0;
    facts.analysed &= known;
    facts.rows += if known {
        tuples.max(0.0) as u64
    } else {
        bytes / ROW_BYTES_MIN
    };
    facts.bytes += bytes;
    facts.leaves.push(name(row, "leaf_schema", "leaf_name")?);
    Ok(())
}

fn refusal(row: &Row, login: &str) -> Result<Option<Refused>, Failure> {
    let table = name(row, "leaf_schema", "leaf_name")?;
    let login = quoted(login);
    let (why, grant) = if !field::<bool>(row, "usable")? {
        let schema = quoted(&table.schema);
        let grant = format!("GRANT USAGE ON SCHEMA {schema} TO {login}; ");
        let tables = format!("GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {login}");
        (Why::Schema, grant + &tables)
    } else if !field::<bool>(row, "readable")? {
        let grant = format!("GRANT SELECT ON {} TO {login}", table.quoted());
        (Why::Table, grant)
    } else if field::<bool>(row, "hidden")? {
        (Why::RowSecurity, format!("ALTER ROLE {login} BYPASSRLS"))
    } else {
        return Ok(None);
    };
    Ok(Some(Refused { table, why, grant }))
}

async fn database(client: &Client, version: u32) -> Result<DatabaseFacts, Failure> {
    let (provider, locale, rules) = match version {
        170_000.. => ("datlocprovider::text", "datlocale", "daticurules"),
        160_000.. => ("datlocprovider::text", "daticulocale", "daticurules"),
        150_000.. => ("datlocprovider::text", "daticulocale", "NULL::text"),
        _ => ("'c'", "NULL::text", "NULL::text"),
    };
    let sql = format!(
        "SELECT datname::text AS name, pg_encoding_to_char(encoding)::text AS encoding, \
         datcollate::text AS collate, datctype::text AS ctype, {provider} AS provider, \
         {locale} AS locale, {rules} AS rules FROM pg_catalog.pg_database \
         WHERE datname = current_database()"
    );
    let row = one(client, &sql).await?;
    let provider: String = field(&row, "provider")?;
    Ok(DatabaseFacts {
        name: field(&row, "name")?,
        encoding: field(&row, "encoding")?,
        collate: field(&row, "collate")?,
        ctype: field(&row, "ctype")?,
        provider: match provider.as_str() {
            "i" => "icu",
            "b" => "builtin",
            _ => "libc",
        }
        .to_owned(),
        locale: field(&row, "locale")?,
        rules: field(&row, "rules")?,
    })
}

async fn names(client: &Client, sql: &str) -> Result<BTreeSet<String>, Failure> {
    let rows = query(client, sql).await?;
    rows.iter().map(|row| field(row, "name")).collect()
}

const STEP: &str = "read what production is";

async fn query(client: &Client, sql: &str) -> Result<Vec<Row>, Failure> {
    let rows = client.query(sql, &[]).await;
    rows.map_err(|error| Failure::new(STEP, &error))
}

async fn one(client: &Client, sql: &str) -> Result<Row, Failure> {
    let row = client.query_one(sql, &[]).await;
    row.map_err(|error| Failure::new(STEP, &error))
}

fn field<T: FromSqlOwned>(row: &Row, name: &str) -> Result<T, Failure> {
    row.try_get(name)
        .map_err(|error| Failure::new(STEP, &error))
}

fn name(row: &Row, schema: &str, name: &str) -> Result<Name, Failure> {
    Ok(Name::new(
        field::<String>(row, schema)?,
        field::<String>(row, name)?,
    ))
}
