//! The rights of access modes: put in place again they are the same, and the proof refuses whatever
//! goes beyond them.

use server::{AccessError, Database, Server, create_database, databases, provision};
use tokio_postgres::Client;

use crate::scratch::{Scratch, installations};

/// A schema with one of everything that has rights.
const SCHEMA: &str = "
CREATE TABLE items (id serial PRIMARY KEY, name text);
CREATE VIEW named AS SELECT name FROM items;
CREATE FUNCTION wipe() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'DELETE FROM items; SELECT 1';
CREATE FUNCTION wipes(int, int) RETURNS int LANGUAGE sql SECURITY DEFINER
  AS 'DELETE FROM items; SELECT 1';
CREATE AGGREGATE wiped (int) (SFUNC = wipes, STYPE = int, INITCOND = '0');
CREATE SCHEMA more; CREATE TABLE more.items (id int);
GRANT ALL ON items TO PUBLIC; GRANT ALL ON SCHEMA more TO PUBLIC;
SELECT lo_create(4711);
CREATE FOREIGN DATA WRAPPER somewhere; CREATE SERVER else_where FOREIGN DATA WRAPPER somewhere;
CREATE ROLE other;
";

/// Every access list and default of a database, of its schemas and of what is in them.
const RIGHTS: &str = "
SELECT string_agg(line, E'\\n' ORDER BY line) FROM (
  SELECT 'class ' || oid || coalesce(relacl::text, '-') FROM pg_class
  UNION ALL SELECT 'column ' || attrelid || attname || attacl::text FROM pg_attribute
    WHERE attacl IS NOT NULL
  UNION ALL SELECT 'routine ' || oid || coalesce(proacl::text, '-') FROM pg_proc
  UNION ALL SELECT 'schema ' || oid || coalesce(nspacl::text, '-') FROM pg_namespace
  UNION ALL SELECT 'language ' || oid || coalesce(lanacl::text, '-') FROM pg_language
  UNION ALL SELECT 'database ' || oid || coalesce(datacl::text, '-') FROM pg_database
  UNION ALL SELECT 'object ' || oid || coalesce(lomacl::text, '-') FROM pg_largeobject_metadata
  UNION ALL SELECT 'server ' || oid || coalesce(srvacl::text, '-') FROM pg_foreign_server
  UNION ALL SELECT 'default ' || defaclrole || ' ' || defaclnamespace || ' ' || defaclobjtype::text || defaclacl::text
    FROM pg_default_acl
  UNION ALL SELECT 'member ' || roleid || ' ' || member FROM pg_auth_members
  UNION ALL SELECT 'role ' || rolname FROM pg_roles) AS lines (line)";

async fn rights(ours: &Client) -> String {
    let row = ours.query_one(RIGHTS, &[]).await.expect("access lists");
    let text: String = row.get(0);
    // The entries of a list stand in the order in which they were given.
    let line = |line: &str| {
        let (of, list) = line.split_once('{').unwrap_or((line, ""));
        let mut entries: Vec<&str> = list.trim_end_matches('}').split(',').collect();
        entries.sort_unstable();
        format!("{of} {}\n", entries.join(","))
    };
    text.lines().map(line).collect()
}

async fn shop(server: &Server) -> (Vec<Database>, Client) {
    create_database(server, "shop").await.expect("a database");
    let ours = server.admin("shop").await.expect("our own login");
    ours.batch_execute(SCHEMA).await.expect("a schema");
    (databases(server).await.expect("databases"), ours)
}

#[tokio::test]
async fn rights_that_are_put_in_place_again_are_the_same() {
    for installation in installations().iter() {
        let scratch = Scratch::on(installation);
        let home = scratch.fresh("b").await;
        let server = scratch.start(&home).await;
        let (found, ours) = shop(&server).await;
        let before = rights(&ours).await;
        let mut seen = Vec::new();
        for _ in 0..3 {
            provision(&server, &found, &[]).await.expect("rights");
            seen.push(rights(&ours).await);
        }
        assert_ne!(before, seen[0]);
        assert_eq!(seen[0], seen[1]);
        assert_eq!(seen[1], seen[2]);
        server.stop().await.expect("it stops");
    }
}

/// What is given to a group by way of another role, and what the proof says of it.
const PLANTED: [(&str, &str); 9] = [
    (
        "GRANT pg_write_all_data TO standin_readers",
        "INSERT on public.items",
    ),
    ("GRANT DELETE ON items TO other", "DELETE on public.items"),
    (
        "GRANT DELETE ON items TO other",
        "\"EXPLAIN DELETE FROM public.items\" succeeds",
    ),
    (
        "GRANT UPDATE ON items TO other",
        "\"EXPLAIN UPDATE public.items SET id = DEFAULT\" succeeds",
    ),
    (
        "GRANT INSERT ON items TO other",
        "\"EXPLAIN INSERT INTO public.items DEFAULT VALUES\" succeeds",
    ),
    (
        "GRANT EXECUTE ON FUNCTION wipe() TO other",
        "EXECUTE of public.wipe()",
    ),
    (
        "GRANT EXECUTE ON FUNCTION wiped(int) TO other",
        "EXECUTE of public.wiped(integer)",
    ),
    (
        "GRANT UPDATE ON LARGE OBJECT 4711 TO other",
        "UPDATE on large object 4711",
    ),
    (
        "GRANT USAGE ON FOREIGN SERVER else_where TO other",
        "USAGE on foreign server else_where",
    ),
];

#[tokio::test]
async fn a_group_that_has_more_than_its_mode_is_found_out() {
    let scratch = Scratch::new();
    let home = scratch.fresh("b").await;
    let server = scratch.start(&home).await;
    let (found, ours) = shop(&server).await;
    provision(&server, &found, &[]).await.expect("rights");
    for (given, said) in PLANTED {
        let grant = format!("{given}; GRANT other TO standin_readers");
        ours.batch_execute(&grant).await.expect("a grant");
        let refused = provision(&server, &found, &[]).await;
        let Err(AccessError::Excess { found: more, .. }) = refused else {
            panic!("{given}: {refused:?}");
        };
        assert!(more.iter().any(|one| one == said), "{given}: {more:?}");
        let taken = "REVOKE pg_write_all_data, other FROM standin_readers; DROP OWNED BY other";
        ours.batch_execute(taken).await.expect("a revocation");
        provision(&server, &found, &[]).await.expect("rights");
    }
    server.stop().await.expect("it stops");
}

/// One of each thing that could do more than its caller, as a superuser of production could have made
/// it; what is made by the owner stands behind.
const TRAPS: &str = "
ALTER SCHEMA public OWNER TO shop;
CREATE ROLE part; CREATE ROLE whole; GRANT whole TO part;
CREATE LANGUAGE anything HANDLER plpgsql_call_handler;
CREATE FUNCTION free() RETURNS int LANGUAGE anything AS 'BEGIN RETURN 1; END';
ALTER FUNCTION free() OWNER TO shop;
CREATE FOREIGN DATA WRAPPER somewhere; CREATE SERVER else_where FOREIGN DATA WRAPPER somewhere;
CREATE FOREIGN TABLE there (id int) SERVER else_where; ALTER TABLE there OWNER TO shop;
CREATE TABLE high (id int);
SET ROLE shop;
CREATE TABLE items (id int);
CREATE FUNCTION wipe() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'DELETE FROM items; SELECT 1';
CREATE FUNCTION wipes(int, int) RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
GRANT EXECUTE ON FUNCTION wipes(int, int) TO part;
CREATE AGGREGATE wiped (int) (SFUNC = wipes, STYPE = int, INITCOND = '0');
CREATE FUNCTION turned() RETURNS int LANGUAGE sql SET transaction_read_only = off AS 'SELECT 1';
CREATE FUNCTION run(sql text) RETURNS void LANGUAGE plpgsql AS 'BEGIN EXECUTE sql; END';
CREATE TABLE ruled (id int); CREATE RULE r AS ON INSERT TO ruled DO ALSO DELETE FROM items;
CREATE FUNCTION audit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN RETURN NEW; END';
CREATE TABLE audited (id int);
CREATE TRIGGER t BEFORE INSERT ON audited FOR EACH ROW EXECUTE FUNCTION audit();
RESET ROLE";

const FOUND: [[&str; 3]; 13] = [
    [
        "aggregate on a routine with its owner's rights",
        "public.wiped(integer)",
        "only the owner may call it",
    ],
    [
        "foreign server",
        "else_where",
        "nobody but the owner may use it",
    ],
    [
        "foreign table",
        "public.there",
        "nobody but the owner may read it",
    ],
    [
        "object of a superuser",
        "public.high",
        "it is not the owner's",
    ],
    ["role with memberships", "part", "it may do what whole may"],
    [
        "routine in a language that may do anything",
        "public.free()",
        "only the owner may call it",
    ],
    [
        "routine that runs SQL which it is given or makes",
        "public.run(text)",
        "it runs with the rights of the caller",
    ],
    [
        "routine that sets transactions read-write",
        "public.turned()",
        "roles and a standby hold all the same",
    ],
    [
        "routine with its owner's rights",
        "public.audit()",
        "only the owner may call it",
    ],
    [
        "routine with its owner's rights",
        "public.wipe()",
        "only the owner may call it",
    ],
    [
        "routine with its owner's rights",
        "public.wipes(integer,integer)",
        "the owner may call it, and part",
    ],
    [
        "rule on a table",
        "public.ruled",
        "append takes no INSERT there",
    ],
    [
        "trigger with its owner's rights",
        "public.audited",
        "append takes no INSERT there",
    ],
];

#[tokio::test]
async fn what_could_do_more_than_its_caller_is_found_once_each() {
    let scratch = Scratch::new();
    let home = scratch.fresh("b").await;
    let server = scratch.start(&home).await;
    create_database(&server, "shop").await.expect("a database");
    let all = databases(&server).await.expect("databases");
    let clean = provision(&server, &all, &[]).await.expect("rights");
    assert!(clean.is_empty(), "{clean:?}");
    let ours = server.admin("shop").await.expect("our own login");
    ours.batch_execute(TRAPS).await.expect("traps");
    let found = provision(&server, &all, &[]).await.expect("rights");
    let found: Vec<[&str; 3]> = found
        .iter()
        .map(|one| [one.kind.as_str(), one.object.as_str(), one.effect.as_str()])
        .collect();
    assert_eq!(found, FOUND);
    // Contributed extensions are not everywhere.
    if ours
        .batch_execute("CREATE EXTENSION dblink SCHEMA public")
        .await
        .is_ok()
    {
        let found = provision(&server, &all, &[]).await.expect("rights");
        let kind = "extension that reaches other servers";
        let dblink = found
            .iter()
            .filter(|one| one.kind == kind && one.object == "dblink");
        assert_eq!((dblink.count(), found.len()), (1, FOUND.len() + 1));
    }
    server.stop().await.expect("it stops");
}
