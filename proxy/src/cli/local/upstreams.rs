//! What the logins of servers that are not ours can do, for `standin doctor`: where it is more than the
//! access that an environment gives, the guard alone stands for that.

use std::time::Duration;

use masker::source::Production;
use rules::config::AccessMode;

use super::super::failure::Failure;
use super::super::runtime;
use super::doctor::Finding;
use crate::daemon::Loaded;
use crate::environments::chain;

const WHAT: &str = "upstreams";
/// What a server gets to answer.
const LOOK_MAX: Duration = Duration::from_secs(10);

/// What a login has beyond reading, in words; `$1` says whether it may insert. What PUBLIC has in every
/// database, as temporary tables and large objects of its own, is none of it: no data that is there
/// changes by it.
const MORE: &str = "
WITH tables AS (
  SELECT c.oid, c.relowner FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
    AND n.nspname NOT LIKE 'pg\\_toast%' AND n.nspname NOT LIKE 'pg\\_temp\\_%'),
login AS (SELECT * FROM pg_roles WHERE rolname = current_user)
SELECT what FROM (
  SELECT 1, 'is a superuser' FROM login WHERE rolsuper
  UNION ALL SELECT 2, 'may make roles, databases or replicas' FROM login
  WHERE rolcreaterole OR rolcreatedb OR rolreplication
  UNION ALL SELECT 3, 'owns the database' FROM pg_database
  WHERE datname = current_database() AND pg_has_role(datdba, 'USAGE')
  UNION ALL SELECT 4, 'owns ' || count(*) || ' tables' FROM tables
  WHERE pg_has_role(relowner, 'USAGE') HAVING count(*) > 0
  UNION ALL SELECT 5, 'may write to ' || count(*) || ' tables' FROM tables
  WHERE has_table_privilege(oid, 'UPDATE, DELETE, TRUNCATE') OR has_any_column_privilege(oid, 'UPDATE')
    OR (NOT $1 AND (has_table_privilege(oid, 'INSERT') OR has_any_column_privilege(oid, 'INSERT')))
  HAVING count(*) > 0
  UNION ALL SELECT 6, 'may create in schema ' || string_agg(quote_ident(nspname), ', ' ORDER BY nspname)
  FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_temp\\_%' AND has_schema_privilege(oid, 'CREATE')
  HAVING count(*) > 0
  UNION ALL SELECT 7, 'may call ' || count(*) || ' routines with their owner''s rights' FROM pg_proc
  WHERE prosecdef AND oid >= 16384 AND has_function_privilege(oid, 'EXECUTE') HAVING count(*) > 0
  UNION ALL SELECT 8, 'is a member of ' || string_agg(quote_ident(r.rolname), ', ' ORDER BY r.rolname)
  FROM pg_roles r WHERE r.rolname <> current_user AND pg_has_role(r.oid, 'MEMBER')
    AND r.rolname <> 'pg_read_all_data'
  HAVING count(*) > 0) AS found (n, what)
WHERE n = 1 OR NOT (SELECT rolsuper FROM login) ORDER BY n";

/// Asks the server of each environment whose access its login may exceed.
pub(super) fn look(loaded: &Loaded) -> Result<Vec<Finding>, Failure> {
    let Ok(upstreams) = loaded.upstreams() else {
        // What is missing is told where files and secrets are.
        return Ok(Vec::new());
    };
    runtime()?.block_on(async {
        let mut findings = Vec::new();
        for (environment, server) in upstreams {
            let access = loaded.config.least_access(environment);
            if access != AccessMode::ReadWrite {
                let name = environment.pattern.to_string();
                findings.push(of_one(&name, access, &server).await);
            }
        }
        Ok::<_, Failure>(findings)
    })
}

async fn of_one(name: &str, access: AccessMode, server: &Production) -> Finding {
    let looked = async {
        let client = server.connect().await?;
        let inserts = access == AccessMode::Append;
        let rows = client.query(MORE, &[&inserts]).await?;
        Ok::<Vec<String>, tokio_postgres::Error>(rows.iter().map(|row| row.get(0)).collect())
    };
    let unseen = |why: &str| {
        let hint = "until the login is looked at, take it for one that can write";
        Finding::unseen(WHAT, format!("{name}: not looked at: {why}"), hint)
    };
    let login = server.config.get_user().unwrap_or_default();
    match tokio::time::timeout(LOOK_MAX, looked).await {
        Err(_) => unseen("the server did not answer in time"),
        Ok(Err(error)) => unseen(&chain(&error)),
        Ok(Ok(more)) if more.is_empty() => {
            let detail = format!("{name}: login \"{login}\" can do no more than {access}");
            Finding::good(WHAT, detail)
        }
        Ok(Ok(more)) => {
            let more = more.join(", ");
            let detail = format!("{name}: {access} is advisory: login \"{login}\" {more}");
            Finding::weak(WHAT, detail, Some(enforced(name, access)))
        }
    }
}

/// What would make the server enforce the access: a login that can do no more.
fn enforced(name: &str, access: AccessMode) -> String {
    let role: String = name
        .chars()
        .map(|letter| {
            if letter.is_ascii_alphanumeric() {
                letter
            } else {
                '_'
            }
        })
        .collect();
    let role = format!("standin_{role}");
    let (tables, sequences) = match access {
        AccessMode::Append => ("SELECT, INSERT", "SELECT, USAGE"),
        AccessMode::ReadOnly | AccessMode::ReadWrite => ("SELECT", "SELECT"),
    };
    format!(
        "a login that the server holds to it, once for each schema and owner of tables: \
         CREATE ROLE {role} LOGIN PASSWORD '...'; \
         GRANT USAGE ON SCHEMA public TO {role}; \
         GRANT {tables} ON ALL TABLES IN SCHEMA public TO {role}; \
         GRANT {sequences} ON ALL SEQUENCES IN SCHEMA public TO {role}; \
         ALTER DEFAULT PRIVILEGES FOR ROLE owner IN SCHEMA public GRANT {tables} ON TABLES TO {role}; \
         REVOKE CREATE ON SCHEMA public FROM PUBLIC; \
         REVOKE EXECUTE ON ALL ROUTINES IN SCHEMA public FROM PUBLIC"
    )
}
