//! The catalogues of a copy, in single-user mode: what acts is neutralised in the first session, in
//! the catalogues that all databases share, before anything is dropped by name.

use super::pins;
use super::{QuarantineError, QuarantineReport};
use crate::cluster::SingleUser;
use crate::deputy::DEPUTY;
use crate::installation::Version;
use crate::roles::{USERS, quote};

/// The database of the shared work.
const TEMPLATE: &str = "template1";
/// A server that is not there: dropping a subscription with unfinished tables dials its publisher,
/// whatever its slot is set to.
const NOWHERE: &str = "host=/nonexistent port=1 connect_timeout=1";

/// Settings of roles and databases that load code, or tell an extension whom to call, besides those
/// that are pinned: what a role or a database says of a setting outranks the command line.
const DANGEROUS_SETTINGS: &str = "shared_preload_libraries|role\
    |session_authorization|(http|net|pg_net|cron|aws_lambda|aws_s3|azure_ai|azure_storage\
    |google_ml_integration|ai|dblink|pljava|plperl|plpython|plpython3|pltcl|plr|plsh|plrust|plv8\
    |amqp|kafka|pgsodium|vault|timescaledb|citus|pglogical|spock|bdr|postgis|pg_tde)\\..*";

/// Roles of PostgreSQL whose members reach past the database.
const REACHING_ROLES: &str = "'pg_execute_server_program', 'pg_read_server_files', \
    'pg_write_server_files', 'pg_create_subscription', 'pg_maintain', 'pg_checkpoint', \
    'pg_signal_backend'";

/// A database and something in it.
type Within = (String, String);

pub(super) async fn clear(
    single: &SingleUser<'_>,
    report: &mut QuarantineReport,
) -> Result<(), QuarantineError> {
    let first = first_session(single.installation.version);
    let rows = single.run(TEMPLATE, &first).await?;
    let found = Found::read(&rows)?;
    report.passwords = found.passwords;
    report.settings = found.settings;
    single
        .run(TEMPLATE, &second_session(found.superuser))
        .await?;

    let mut databases: Vec<&String> = found.subscriptions.iter().map(|(name, _)| name).collect();
    databases.extend(found.prepared.iter().map(|(name, _)| name));
    databases.sort_unstable();
    databases.dedup();
    for database in databases {
        let of_this = |all: &[Within]| -> Vec<String> {
            let here = all.iter().filter(|(name, _)| name == database);
            here.map(|(_, object)| object.clone()).collect()
        };
        let rolled_back = of_this(&found.prepared);
        let dropped = of_this(&found.subscriptions);
        let literal = |text: &String| format!("'{}'", text.replace('\'', "''"));
        let statements = rolled_back
            .iter()
            .map(|gid| format!("ROLLBACK PREPARED {}", literal(gid)))
            .chain(
                dropped
                    .iter()
                    .map(|name| format!("DROP SUBSCRIPTION {}", quote(name))),
            );
        single
            .run(database, &statements.collect::<Vec<_>>())
            .await?;
        report
            .prepared
            .extend(rolled_back.iter().map(|gid| format!("{database}: {gid}")));
        report
            .subscriptions
            .extend(dropped.iter().map(|name| format!("{database}.{name}")));
    }
    // What a subscription had of origins went with it; these are of other replication.
    let origins = "SELECT roname AS origin, pg_replication_origin_drop(roname) \
                   FROM pg_replication_origin";
    let origins = single.run(TEMPLATE, &[origins.to_owned()]).await?;
    report.origins = origins
        .iter()
        .filter(|(column, _)| column == "origin")
        .count();
    Ok(())
}

/// Looks at everything, then takes away in one go what needs no name.
fn first_session(version: Version) -> Vec<String> {
    let dangerous = dangerous(version);
    let mut statements = vec![
        format!(
            "SELECT {} AS subscription FROM pg_subscription s JOIN pg_database d ON d.oid = subdbid",
            pair("d.datname", "s.subname")
        ),
        format!(
            "SELECT {} AS prepared FROM pg_prepared_xacts",
            pair("database", "gid")
        ),
        "SELECT count(*) AS passwords FROM pg_authid WHERE rolpassword IS NOT NULL".to_owned(),
        format!(
            "SELECT {} AS setting FROM (SELECT DISTINCT split_part(c, '=', 1) AS name \
             FROM pg_db_role_setting, unnest(setconfig) c) x WHERE lower(name) ~ \
             '{dangerous}'",
            hex("name")
        ),
        "SELECT count(*) AS superuser FROM pg_authid WHERE rolname = 'standin'".to_owned(),
        "SELECT count(*) AS template FROM pg_database WHERE datname = 'template1'".to_owned(),
        format!(
            "UPDATE pg_subscription SET subenabled = false, subslotname = NULL, \
             subconninfo = '{NOWHERE}'"
        ),
        "UPDATE pg_authid SET rolpassword = NULL".to_owned(),
        // Up to 15 a role with CREATEROLE can make itself a member of almost any other.
        "UPDATE pg_authid SET rolcreaterole = false, rolreplication = false WHERE NOT rolsuper"
            .to_owned(),
        format!(
            "UPDATE pg_db_role_setting SET setconfig = ARRAY(SELECT c FROM unnest(setconfig) c \
             WHERE lower(split_part(c, '=', 1)) !~ '{dangerous}')"
        ),
        "DELETE FROM pg_db_role_setting WHERE setconfig = '{}'".to_owned(),
        format!(
            "DELETE FROM pg_auth_members m USING pg_authid r WHERE r.oid = m.roleid \
             AND (r.rolsuper OR r.rolname IN ({REACHING_ROLES}, '{USERS}', '{DEPUTY}'))"
        ),
        "UPDATE pg_database SET datallowconn = true WHERE datname = 'template1'".to_owned(),
    ];
    if version.major >= 15 {
        statements.push("DELETE FROM pg_parameter_acl".to_owned());
        statements.push(orphaned_dependencies("pg_parameter_acl"));
    }
    if version.major >= 16 {
        statements.push(orphaned_dependencies("pg_auth_members"));
    }
    statements
}

/// The names of settings that no role and no database may have, as a regular expression.
fn dangerous(version: Version) -> String {
    let pinned = pins::pinned(version).map(|(name, _)| name);
    let pinned: Vec<&str> = pinned.collect();
    format!("^({}|{DANGEROUS_SETTINGS})$", pinned.join("|"))
}

/// Rows of a shared catalogue were deleted: what says whom they depended on goes as well.
fn orphaned_dependencies(catalogue: &str) -> String {
    format!(
        "DELETE FROM pg_shdepend WHERE classid = '{catalogue}'::regclass \
         AND objid NOT IN (SELECT oid FROM {catalogue})"
    )
}

/// Makes our own superuser, whatever a role of that name was before.
fn second_session(exists: bool) -> Vec<String> {
    let verb = if exists { "ALTER" } else { "CREATE" };
    vec![
        format!(
            "{verb} ROLE standin SUPERUSER LOGIN CONNECTION LIMIT -1 PASSWORD NULL \
             VALID UNTIL 'infinity'"
        ),
        "ALTER ROLE standin RESET ALL".to_owned(),
    ]
}

/// Names come out of single-user mode in hexadecimal: it quotes nothing.
fn hex(expression: &str) -> String {
    format!("encode(decode(replace({expression}::text, '\\', '\\\\'), 'escape'), 'hex')")
}

fn pair(first: &str, second: &str) -> String {
    format!("{} || ':' || {}", hex(first), hex(second))
}

#[derive(Default)]
struct Found {
    subscriptions: Vec<Within>,
    prepared: Vec<Within>,
    passwords: usize,
    settings: Vec<String>,
    superuser: bool,
}

impl Found {
    fn read(rows: &[(String, String)]) -> Result<Self, QuarantineError> {
        let mut found = Self::default();
        let mut template = false;
        for (column, value) in rows {
            match column.as_str() {
                "subscription" => found.subscriptions.push(read_pair(value)?),
                "prepared" => found.prepared.push(read_pair(value)?),
                "setting" => found.settings.push(read_name(value)?),
                "passwords" => found.passwords = value.parse().unwrap_or_default(),
                "superuser" => found.superuser = value != "0",
                "template" => template = value != "0",
                _ => {}
            }
        }
        found.settings.sort_unstable();
        if template {
            Ok(found)
        } else {
            Err(QuarantineError::NoTemplate)
        }
    }
}

fn read_pair(value: &str) -> Result<Within, QuarantineError> {
    let (first, second) = value.split_once(':').unwrap_or((value, ""));
    Ok((read_name(first)?, read_name(second)?))
}

/// A statement ends at a semicolon before an empty line, so no name may bring one along.
fn read_name(hex: &str) -> Result<String, QuarantineError> {
    let bytes: Option<Vec<u8>> = (0..hex.len() / 2)
        .map(|at| u8::from_str_radix(hex.get(2 * at..2 * at + 2)?, 16).ok())
        .collect();
    let name = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    match name {
        Some(name) if !name.contains(['\n', '\r']) => Ok(name),
        Some(name) => Err(QuarantineError::Name { name }),
        None => Err(QuarantineError::Name {
            name: hex.to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::{QuarantineError, read_pair};

    #[test]
    fn a_name_that_could_end_a_statement_stops_the_quarantine() {
        assert_eq!(
            read_pair("61:622063").expect("a pair"),
            ("a".to_owned(), "b c".to_owned())
        );
        let refused = read_pair("61:3b0a0a");
        assert!(matches!(refused, Err(QuarantineError::Name { .. })));
    }
}
