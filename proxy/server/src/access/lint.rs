//! What in a schema could do more than the client that calls it: found, named, shown to people.

use serde::{Deserialize, Serialize};
use tokio_postgres::Client;

use super::{AccessError, doing};
use crate::roles::Database;

/// Findings kept of one database; a schema with more of them is not read by anybody.
const FINDINGS_MAX: i64 = 200;

/// Something in a schema that deserves a look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The database.
    pub database: String,
    /// What it is, in a few words.
    pub kind: String,
    /// Its name as SQL, without any value.
    pub object: String,
    /// What was done about it.
    pub effect: String,
}

const FIND: &str = "
WITH schemas AS (
  SELECT oid FROM pg_namespace WHERE nspname NOT IN ('pg_catalog', 'information_schema')
    AND nspname NOT LIKE 'pg\\_toast%' AND nspname NOT LIKE 'pg\\_temp\\_%'),
members AS (SELECT classid, objid FROM pg_depend WHERE deptype = 'e'),
routines AS (
  SELECT p.* FROM pg_proc p WHERE p.pronamespace IN (SELECT oid FROM schemas)
    AND NOT EXISTS (SELECT FROM members m WHERE m.classid = 'pg_proc'::regclass AND m.objid = p.oid)),
callers (oid, effect) AS (
  SELECT p.oid, CASE WHEN count(r.oid) = 0 THEN 'only the owner may call it'
    ELSE 'the owner may call it, and ' || string_agg(quote_ident(r.rolname), ', ' ORDER BY r.rolname) END
  FROM routines p
  LEFT JOIN LATERAL aclexplode(p.proacl) e ON e.privilege_type = 'EXECUTE'
  LEFT JOIN pg_roles r ON r.oid = e.grantee AND r.oid <> p.proowner
    AND r.oid <> (SELECT datdba FROM pg_database WHERE datname = current_database())
  GROUP BY p.oid),
found (kind, object, effect) AS (
  SELECT 'routine with its owner''s rights', oid::regprocedure::text, effect
  FROM routines JOIN callers USING (oid) WHERE prosecdef
  UNION ALL
  SELECT 'aggregate on a routine with its owner''s rights', p.oid::regprocedure::text, effect
  FROM routines p JOIN callers USING (oid) JOIN pg_aggregate a ON a.aggfnoid = p.oid
  WHERE EXISTS (SELECT FROM pg_proc c WHERE c.prosecdef AND c.oid IN
    (a.aggtransfn, a.aggfinalfn, a.aggcombinefn, a.aggserialfn, a.aggdeserialfn,
     a.aggmtransfn, a.aggminvtransfn, a.aggmfinalfn))
  UNION ALL
  SELECT 'routine that sets transactions read-write', oid::regprocedure::text,
    'roles and a standby hold all the same'
  FROM routines WHERE EXISTS (SELECT FROM unnest(proconfig) c WHERE c ILIKE '%transaction_read_only=%')
  UNION ALL
  SELECT 'routine that runs SQL which it is given or makes', p.oid::regprocedure::text,
    'it runs with the rights of the caller'
  FROM routines p JOIN pg_language l ON l.oid = p.prolang
  WHERE l.lanname = 'plpgsql' AND NOT p.prosecdef AND p.prosrc ~* '\\mexecute\\M'
  UNION ALL
  SELECT 'routine in a language that may do anything', p.oid::regprocedure::text, effect
  FROM routines p JOIN callers USING (oid) JOIN pg_language l ON l.oid = p.prolang
  WHERE NOT (l.lanpltrusted OR l.lanname IN ('internal', 'c', 'sql'))
  UNION ALL
  SELECT DISTINCT 'rule on a table', c.oid::regclass::text, 'append takes no INSERT there'
  FROM pg_rewrite w JOIN pg_class c ON c.oid = w.ev_class
  WHERE w.ev_type <> '1' AND c.relnamespace IN (SELECT oid FROM schemas)
  UNION ALL
  SELECT DISTINCT 'trigger with its owner''s rights', c.oid::regclass::text,
    'append takes no INSERT there'
  FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_class c ON c.oid = t.tgrelid
  WHERE p.prosecdef AND NOT t.tgisinternal AND c.relnamespace IN (SELECT oid FROM schemas)
  UNION ALL
  SELECT 'foreign server', quote_ident(srvname), 'nobody but the owner may use it'
  FROM pg_foreign_server
  UNION ALL
  SELECT 'foreign table', oid::regclass::text, 'nobody but the owner may read it'
  FROM pg_class WHERE relkind = 'f'
  UNION ALL
  SELECT 'extension that reaches other servers', quote_ident(extname),
    'nobody but the owner may call its functions'
  FROM pg_extension WHERE extname = 'dblink'
  UNION ALL
  SELECT 'role with memberships', quote_ident(u.rolname),
    'it may do what ' || string_agg(quote_ident(r.rolname), ', ' ORDER BY r.rolname) || ' may'
  FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid JOIN pg_roles u ON u.oid = m.member
  WHERE u.oid >= 16384 AND u.rolname NOT LIKE 'standin%'
    -- What every owner of a database is given.
    AND r.rolname NOT IN ('pg_read_all_stats', 'pg_signal_backend')
  GROUP BY u.rolname
  UNION ALL
  SELECT 'object of a superuser', c.oid::regclass::text, 'it is not the owner''s'
  FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner
  WHERE r.rolsuper AND c.relkind IN ('r', 'p', 'v', 'm')
    AND c.relnamespace IN (SELECT oid FROM schemas)
    AND NOT EXISTS (SELECT FROM members m WHERE m.classid = 'pg_class'::regclass AND m.objid = c.oid))
SELECT kind, object, effect FROM found ORDER BY kind, object LIMIT $1
";

/// Looks through one database.
pub(super) async fn database(
    client: &Client,
    database: &Database,
) -> Result<Vec<Finding>, AccessError> {
    let rows = client.query(FIND, &[&FINDINGS_MAX]).await;
    let rows = rows.map_err(doing(
        "look for what has more rights than its caller",
        database,
    ))?;
    let finding = |row: &tokio_postgres::Row| Finding {
        database: database.name.clone(),
        kind: row.get(0),
        object: row.get(1),
        effect: row.get(2),
    };
    Ok(rows.iter().map(finding).collect())
}
