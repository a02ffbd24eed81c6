//! Makes the databases of a copy belong to roles that may be handed to clients.
//!
//! A database that a superuser owns cannot be given to anyone as it is: its owner may leave the
//! database. And a function that runs with a superuser's rights is a way to them for whoever may
//! call it. So a role without login takes over.

use tokio_postgres::Client;

use super::process::Server;
use super::roles::{OWNER, RolesError, databases_seen_by, doing, quote, see_sessions};

/// Statements per transaction: each holds a lock, and the lock table has room for some thousands.
const BATCH: usize = 500;

/// Every object of a database that has an owner of its own and is neither the system's nor an
/// extension's, with that owner. Not listed: what must belong to a superuser (event triggers,
/// foreign data wrappers, foreign servers), what follows its table (indexes, sequences of columns, row types).
const OWNED: &str = "
    SELECT 'pg_class'::regclass AS class, c.oid, relowner AS owner FROM pg_class c
     WHERE relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND relpersistence <> 't'
       AND NOT (relkind = 'S' AND EXISTS (SELECT FROM pg_depend d
           WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
             AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')))
    UNION ALL SELECT 'pg_type'::regclass, t.oid, typowner FROM pg_type t
     WHERE typtype IN ('b', 'c', 'd', 'e', 'r')
       AND (typrelid = 0 OR (SELECT relkind = 'c' FROM pg_class WHERE oid = typrelid))
       AND NOT EXISTS (SELECT FROM pg_type e WHERE e.typarray = t.oid)
    UNION ALL SELECT 'pg_proc'::regclass, oid, proowner FROM pg_proc
    UNION ALL SELECT 'pg_namespace'::regclass, oid, nspowner FROM pg_namespace
     WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
    UNION ALL SELECT 'pg_operator'::regclass, oid, oprowner FROM pg_operator
    UNION ALL SELECT 'pg_opclass'::regclass, oid, opcowner FROM pg_opclass
    UNION ALL SELECT 'pg_opfamily'::regclass, oid, opfowner FROM pg_opfamily
    UNION ALL SELECT 'pg_collation'::regclass, oid, collowner FROM pg_collation
    UNION ALL SELECT 'pg_conversion'::regclass, oid, conowner FROM pg_conversion
    UNION ALL SELECT 'pg_ts_dict'::regclass, oid, dictowner FROM pg_ts_dict
    UNION ALL SELECT 'pg_ts_config'::regclass, oid, cfgowner FROM pg_ts_config
    UNION ALL SELECT 'pg_statistic_ext'::regclass, oid, stxowner FROM pg_statistic_ext
    UNION ALL SELECT 'pg_largeobject'::regclass, oid, lomowner FROM pg_largeobject_metadata";

/// Closes the ways to other servers that came with a copy: nobody but a superuser may use a foreign data
/// wrapper, a foreign server or dblink, and no password for another server is left.
const CLOSE_WAYS_OUT: &str = "
DO $$
DECLARE f record;
BEGIN
  FOR f IN SELECT srvname,
      CASE umuser WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(umuser)) END AS who
    FROM pg_user_mappings
  LOOP
    EXECUTE format('DROP USER MAPPING FOR %s SERVER %I', f.who, f.srvname);
  END LOOP;
  FOR f IN SELECT srvname FROM pg_foreign_server LOOP
    EXECUTE format('ALTER SERVER %I OWNER TO standin', f.srvname);
  END LOOP;
  FOR f IN
    SELECT 'FOREIGN SERVER' AS kind, quote_ident(s.srvname) AS name, e.grantee
    FROM pg_foreign_server s, aclexplode(s.srvacl) e
    UNION SELECT 'FOREIGN DATA WRAPPER', quote_ident(w.fdwname), e.grantee
    FROM pg_foreign_data_wrapper w, aclexplode(w.fdwacl) e
    UNION SELECT 'ROUTINE', p.oid::regprocedure::text, e.grantee
    FROM pg_proc p JOIN pg_depend d ON d.objid = p.oid AND d.classid = 'pg_proc'::regclass
      JOIN pg_extension x ON x.oid = d.refobjid AND d.deptype = 'e' AND x.extname = 'dblink',
      aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) e
  LOOP
    EXECUTE format('REVOKE ALL ON %s %s FROM %s CASCADE', f.kind, f.name,
      CASE f.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(f.grantee)) END);
  END LOOP;
END $$";

/// Leaves no event trigger that fires for replicas, which is what our own sessions say to be before 17:
/// whoever owns the function of one may replace it. Clients are no replicas, so they meet every event
/// trigger as before (PostgreSQL documentation, "ALTER EVENT TRIGGER", "session_replication_role").
pub(crate) const CALM_EVENT_TRIGGERS: &str = "
DO $$
DECLARE f record;
BEGIN
  IF current_setting('server_version_num')::int >= 170000 THEN
    RETURN;
  END IF;
  FOR f IN SELECT evtname, CASE evtenabled WHEN 'A' THEN 'ENABLE' ELSE 'DISABLE' END AS verb
    FROM pg_event_trigger WHERE evtenabled IN ('A', 'R')
  LOOP
    EXECUTE format('ALTER EVENT TRIGGER %I %s', f.evtname, f.verb);
  END LOOP;
END $$";

/// Gives every database an owner that is no superuser, and that owner what it needs to work there.
///
/// Where the owner is a superuser, `standin_owner` takes over the database and all in it. Where it
/// is not, it takes over what superusers own in it, and becomes a member of the other owners.
/// Changes nothing when run again.
pub async fn take_ownership(server: &Server) -> Result<(), RolesError> {
    let shared = server.admin_plain("template1").await?;
    for database in databases_seen_by(&shared).await? {
        let client = server.admin_plain(&database.name).await?;
        let calmed = client.batch_execute(CALM_EVENT_TRIGGERS).await;
        calmed.map_err(doing("calm event triggers"))?;
        let superuser = "SELECT rolsuper FROM pg_roles WHERE rolname = $1";
        let superuser = client.query_one(superuser, &[&database.owner]).await;
        let superuser: bool = superuser
            .map_err(doing("look at the owner of a database"))?
            .get(0);
        let owner = if superuser { OWNER } else { &database.owner };
        if superuser {
            let (owner, name) = (quote(OWNER), quote(&database.name));
            let statements = format!(
                "DO $$BEGIN CREATE ROLE {owner} NOLOGIN; \
                 EXCEPTION WHEN duplicate_object THEN NULL; END$$; \
                 ALTER DATABASE {name} OWNER TO {owner}"
            );
            let taken = client.batch_execute(&statements).await;
            taken.map_err(doing("take over a database"))?;
        }
        see_sessions(&client, owner).await?;
        let closed = client.batch_execute(CLOSE_WAYS_OUT).await;
        closed.map_err(doing("close the ways to other servers"))?;
        take_objects(&client, owner, superuser).await?;
        if !superuser {
            join_owners(&client, owner).await?;
        }
    }
    Ok(())
}

async fn take_objects(client: &Client, owner: &str, all: bool) -> Result<(), RolesError> {
    // `pg_identify_object` gives the type and the qualified, quoted name of anything.
    let query = format!(
        "SELECT format('ALTER %s %s OWNER TO %I', CASE i.type \
           WHEN 'statistics object' THEN 'STATISTICS' WHEN 'composite type' THEN 'TYPE' \
           WHEN 'function' THEN 'ROUTINE' WHEN 'procedure' THEN 'ROUTINE' \
           WHEN 'aggregate' THEN 'ROUTINE' ELSE upper(i.type) END, i.identity, $1::text) \
         FROM ({OWNED}) o JOIN pg_roles r ON r.oid = o.owner, \
              pg_identify_object(o.class, o.oid, 0) i \
         WHERE (o.oid >= 16384 OR (i.type = 'schema' AND i.identity = 'public' AND r.rolsuper)) \
           AND r.rolname <> $1::text AND ($2 OR r.rolsuper) \
           AND NOT EXISTS (SELECT FROM pg_depend d \
               WHERE d.classid = o.class AND d.objid = o.oid AND d.deptype = 'e')"
    );
    let verb = "take over the objects of a database";
    let rows = client
        .query(&query, &[&owner, &all])
        .await
        .map_err(doing(verb))?;
    let statements: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    for batch in statements.chunks(BATCH) {
        client
            .batch_execute(&batch.join(";"))
            .await
            .map_err(doing(verb))?;
    }
    Ok(())
}

/// Makes the owner of a database a member of the roles that own something in it.
async fn join_owners(client: &Client, owner: &str) -> Result<(), RolesError> {
    let verb = "let the owner of a database work with what others own in it";
    // A role that is a member of the owner already cannot have the owner as a member.
    let query = "SELECT DISTINCT r.rolname FROM pg_shdepend d JOIN pg_roles r ON r.oid = d.refobjid \
                 WHERE d.refclassid = 'pg_authid'::regclass AND d.deptype = 'o' \
                   AND d.dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) \
                   AND NOT r.rolsuper AND NOT pg_has_role($1::name, r.oid, 'USAGE') \
                   AND NOT pg_has_role(r.oid, $1::name::regrole, 'MEMBER')";
    let query = query.replace(
        "$1::name::regrole",
        "(SELECT oid FROM pg_roles WHERE rolname = $1)",
    );
    let rows = client.query(&query, &[&owner]).await.map_err(doing(verb))?;
    for row in rows {
        let grant = format!("GRANT {} TO {}", quote(row.get(0)), quote(owner));
        client.batch_execute(&grant).await.map_err(doing(verb))?;
    }
    Ok(())
}
