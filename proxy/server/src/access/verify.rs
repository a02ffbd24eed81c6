//! The proof: what the groups may do by the catalogue, and what happens when they try.

use rules::config::AccessMode;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use super::{APPENDERS, AccessError, READERS, doing};
use crate::roles::{Database, quote};

/// Rights that are named in an error; there may be thousands.
const NAMED_MAX: usize = 5;

/// Every right of a role that its mode does not give; `$1` is the role, `$2` whether it may insert, `$3`
/// the groups that it may be of.
const EXCESS: &str = "
WITH RECURSIVE reached (oid) AS (
  SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname NOT IN ('pg_catalog', 'information_schema')
    AND (EXISTS (SELECT FROM pg_rewrite w WHERE w.ev_class = c.oid AND w.ev_type <> '1')
      OR EXISTS (SELECT FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
                 WHERE t.tgrelid = c.oid AND NOT t.tgisinternal AND p.prosecdef))
  UNION
  SELECT up.oid FROM reached r CROSS JOIN LATERAL (
    SELECT w.ev_class AS oid FROM pg_depend d JOIN pg_rewrite w ON w.oid = d.objid
    WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass
      AND d.refobjid = r.oid
    UNION ALL SELECT inhparent FROM pg_inherits WHERE inhrelid = r.oid) up),
tables AS (
  SELECT c.oid, c.relkind FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
    AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_toast%'
    AND n.nspname NOT LIKE 'pg\\_temp\\_%')
SELECT right_ || ' on ' || oid::regclass::text FROM tables,
  unnest(ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) right_
WHERE relkind <> 'S' AND has_table_privilege($1::name, oid, right_) AND NOT ($2 AND right_ = 'INSERT')
UNION ALL SELECT right_ || ' on a column of ' || oid::regclass::text FROM tables,
  unnest(ARRAY['INSERT', 'UPDATE', 'REFERENCES']) right_
WHERE relkind <> 'S' AND has_any_column_privilege($1::name, oid, right_)
  AND NOT has_table_privilege($1::name, oid, right_) AND NOT ($2 AND right_ = 'INSERT')
UNION ALL SELECT 'SELECT on foreign table ' || oid::regclass::text FROM tables
WHERE relkind = 'f' AND has_table_privilege($1::name, oid, 'SELECT')
UNION ALL SELECT right_ || ' on sequence ' || oid::regclass::text FROM tables,
  unnest(ARRAY['USAGE', 'UPDATE']) right_
WHERE relkind = 'S' AND has_sequence_privilege($1::name, oid, right_) AND NOT ($2 AND right_ = 'USAGE')
UNION ALL SELECT 'CREATE in schema ' || nspname FROM pg_namespace
WHERE has_schema_privilege($1::name, oid, 'CREATE')
UNION ALL SELECT right_ || ' in the database' FROM unnest(ARRAY['CREATE', 'TEMPORARY']) right_
WHERE has_database_privilege($1::name, current_database(), right_)
UNION ALL SELECT 'EXECUTE of ' || p.oid::regprocedure::text
FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang LEFT JOIN pg_aggregate a ON a.aggfnoid = p.oid
WHERE has_function_privilege($1::name, p.oid, 'EXECUTE')
  AND ((p.oid >= 16384 AND (p.prosecdef OR p.proname LIKE 'dblink%'
         OR NOT (l.lanpltrusted OR l.lanname IN ('internal', 'c', 'sql'))
         OR EXISTS (SELECT FROM pg_proc c WHERE c.prosecdef AND c.oid IN
              (a.aggtransfn, a.aggfinalfn, a.aggcombinefn, a.aggserialfn, a.aggdeserialfn,
               a.aggmtransfn, a.aggminvtransfn, a.aggmfinalfn))))
    OR (p.pronamespace = 'pg_catalog'::regnamespace AND p.proname IN
        ('lo_creat', 'lo_create', 'lo_from_bytea', 'lo_put', 'lowrite', 'lo_unlink', 'lo_truncate',
         'lo_truncate64', 'pg_logical_emit_message', 'lo_import', 'lo_export', 'pg_read_file'))
    OR (NOT $2 AND p.pronamespace = 'pg_catalog'::regnamespace AND p.proname = 'pg_notify'))
UNION ALL SELECT 'UPDATE on large object ' || m.oid FROM pg_largeobject_metadata m
WHERE pg_has_role($1::name, m.lomowner, 'USAGE') OR EXISTS (
  SELECT FROM aclexplode(m.lomacl) e WHERE e.privilege_type = 'UPDATE'
    AND CASE e.grantee WHEN 0 THEN true ELSE pg_has_role($1::name, e.grantee, 'USAGE') END)
UNION ALL SELECT 'USAGE on foreign server ' || quote_ident(srvname) FROM pg_foreign_server
WHERE has_server_privilege($1::name, oid, 'USAGE')
UNION ALL SELECT 'membership in ' || r.rolname
FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid
JOIN pg_roles u ON u.oid = m.member WHERE u.rolname = $1 AND r.rolname <> ALL ($3::text[])
UNION ALL SELECT 'INSERT where it becomes something else, into ' || oid::regclass::text FROM reached
WHERE has_table_privilege($1::name, oid, 'INSERT')
UNION ALL SELECT 'ownership of ' || c.oid::regclass::text
FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner WHERE pg_has_role($1::name, r.oid, 'USAGE')
UNION ALL SELECT 'rights of ' || rolname FROM pg_roles
WHERE rolname = $1 AND (rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication)
";

/// What a group must fail to do, whatever the catalogue says.
const ATTEMPTS: [&str; 5] = [
    "CREATE TEMPORARY TABLE standin_attempt (a int)",
    "CREATE TABLE public.standin_attempt (a int)",
    "DO $$ BEGIN END $$",
    "SELECT pg_catalog.lo_create(0)",
    "SELECT pg_catalog.pg_read_file('PG_VERSION')",
];

/// A table of the database's own, and a column of it.
const TABLE: &str = "
SELECT c.oid::regclass::text, quote_ident(a.attname)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND c.oid >= 16384
  AND n.nspname NOT IN ('pg_catalog', 'information_schema')
ORDER BY c.oid, a.attnum LIMIT 1
";

/// Proves that roles have in one database what their modes give and no more.
pub(super) async fn database(
    client: &mut Client,
    database: &Database,
    roles: &[(String, AccessMode)],
) -> Result<(), AccessError> {
    let table = client.query_opt(TABLE, &[]).await;
    let table = table.map_err(doing("find a table to try", database))?;
    let table: Option<(String, String)> = table.map(|row| (row.get(0), row.get(1)));
    for (role, mode) in roles.iter().map(|(role, mode)| (role.as_str(), *mode)) {
        let inserts = mode == AccessMode::Append;
        let group = if inserts { APPENDERS } else { READERS };
        let groups: &[&str] = if role == group { &[] } else { &[group] };
        let rows = client.query(EXCESS, &[&role, &inserts, &groups]).await;
        let rows = rows.map_err(doing("look at the rights of access modes", database))?;
        let mut found: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        let mut attempts = ATTEMPTS.map(str::to_owned).to_vec();
        attempts.extend(table.iter().flat_map(|table| writes(table, inserts)));
        found.extend(attempt(client, role, &attempts, database).await?);
        if !found.is_empty() {
            let more = found.len().saturating_sub(NAMED_MAX);
            found.truncate(NAMED_MAX);
            if more > 0 {
                found.push(format!("and {more} more"));
            }
            return Err(AccessError::Excess {
                database: database.name.clone(),
                mode,
                found,
            });
        }
    }
    Ok(())
}

/// What would write to a table, where the mode forbids it. The server asks for the right to before it
/// explains, and runs nothing.
fn writes((table, column): &(String, String), inserts: bool) -> impl Iterator<Item = String> {
    let insert = (!inserts).then(|| format!("EXPLAIN INSERT INTO {table} DEFAULT VALUES"));
    let change = [
        format!("EXPLAIN UPDATE {table} SET {column} = DEFAULT"),
        format!("EXPLAIN DELETE FROM {table}"),
    ];
    insert.into_iter().chain(change)
}

/// Tries as the role, and rolls back whatever comes of it.
async fn attempt(
    client: &mut Client,
    role: &str,
    attempts: &[String],
    database: &Database,
) -> Result<Vec<String>, AccessError> {
    let verb = "try the rights of access modes";
    let mut succeeded = Vec::new();
    for sql in attempts {
        let transaction = client.transaction().await.map_err(doing(verb, database))?;
        let set = format!("SET LOCAL ROLE {}", quote(role));
        let set = transaction.batch_execute(&set).await;
        set.map_err(doing(verb, database))?;
        match transaction.batch_execute(sql).await {
            Ok(()) => succeeded.push(format!("{sql:?} succeeds")),
            Err(error) => {
                let denied = [
                    SqlState::INSUFFICIENT_PRIVILEGE,
                    // A schema "public" that was dropped lets nobody create in it either.
                    SqlState::INVALID_SCHEMA_NAME,
                ];
                if !error.code().is_some_and(|code| denied.contains(code)) {
                    return Err(doing(verb, database)(error));
                }
            }
        }
        transaction
            .rollback()
            .await
            .map_err(doing(verb, database))?;
    }
    Ok(succeeded)
}
