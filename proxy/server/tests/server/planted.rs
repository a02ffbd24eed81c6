//! Code of clients that sessions of our superuser meet: event triggers that came with a copy, of which
//! a client may replace what they call, and functions of indexes that are checked.

use rules::config::AccessMode;
use server::{amcheck, create_database, databases, ensure_login, provision, take_ownership};

use crate::roles::enter;
use crate::scratch::{Scratch, installations};

/// As a superuser of production made them: for everybody, also for replicas, and for replicas alone.
const CAME: &str = "
CREATE FUNCTION noted() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE EVENT TRIGGER one ON ddl_command_start EXECUTE FUNCTION noted();
CREATE EVENT TRIGGER two ON ddl_command_end EXECUTE FUNCTION noted();
CREATE EVENT TRIGGER three ON sql_drop EXECUTE FUNCTION noted();
ALTER EVENT TRIGGER two ENABLE ALWAYS;
ALTER EVENT TRIGGER three ENABLE REPLICA";

/// As a client replaces what they call.
const PLANTED: &str = "
CREATE OR REPLACE FUNCTION noted() RETURNS event_trigger LANGUAGE plpgsql AS $$BEGIN
  PERFORM set_config('planted.fired', 'yes', false);
  BEGIN
    ALTER ROLE shop SUPERUSER;
  EXCEPTION WHEN insufficient_privilege THEN NULL; END;
END$$";

#[tokio::test]
async fn an_event_trigger_whose_function_a_client_replaced_never_runs_with_our_rights() {
    let installations = installations();
    for installation in installations.iter() {
        let scratch = Scratch::on(installation);
        let home = scratch.fresh("b").await;
        let server = scratch.start(&home).await;
        create_database(&server, "shop").await.expect("a database");
        let ours = server.admin("shop").await.expect("our own login");
        ours.batch_execute(CAME).await.expect("event triggers");
        take_ownership(&server).await.expect("an owner");
        let found = databases(&server).await.expect("databases");
        let ada = "ada".parse().expect("a user name");
        let login = ensure_login(&server, &ada, AccessMode::ReadWrite, &found);
        login.await.expect("a login");
        let client = enter(&server, "ada", &found[0]).await.expect("entry");
        client.batch_execute(PLANTED).await.expect("a new body");

        let entrants = [(ada, AccessMode::ReadWrite)];
        let risen = async |after: &str| {
            let sql = "SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = 'shop'";
            let row = ours.query_one(sql, &[]).await.expect("the owner");
            let major = server.major();
            assert!(!row.get::<_, bool>(0), "it rose by {after} of {major}");
        };
        provision(&server, &found, &entrants).await.expect("rights");
        risen("the rights").await;
        amcheck(&server).await.expect("a check");
        risen("a check").await;
        take_ownership(&server).await.expect("an owner");
        risen("taking over").await;

        // Clients meet them as in production.
        let sql = "CREATE TABLE made (i int)";
        client.batch_execute(sql).await.expect("DDL of a client");
        let fired = "SELECT current_setting('planted.fired', true)";
        let row = client.query_one(fired, &[]).await.expect("a setting");
        assert_eq!(row.get::<_, Option<&str>>(0), Some("yes"));
        server.stop().await.expect("it stops");
    }
}

/// An index whose function tries to rise whenever it is evaluated, and leaves a mark that no ROLLBACK
/// takes away.
const INDEXED: &str = "
CREATE SEQUENCE evaluated;
CREATE TABLE t (i int);
INSERT INTO t VALUES (1);
CREATE FUNCTION planted(i int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN i; END';
CREATE INDEX ON t (planted(i));
CREATE OR REPLACE FUNCTION planted(i int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$BEGIN
  PERFORM pg_catalog.nextval('public.evaluated');
  BEGIN
    RESET ROLE;
    ALTER ROLE shop SUPERUSER;
  EXCEPTION WHEN OTHERS THEN NULL; END;
  BEGIN
    ALTER ROLE shop SUPERUSER;
  EXCEPTION WHEN OTHERS THEN NULL; END;
  RETURN i;
END$$";

#[tokio::test]
async fn a_check_of_an_index_evaluates_its_function_without_our_rights() {
    let installations = installations();
    let mut evaluations = 0;
    for installation in installations.iter() {
        let scratch = Scratch::on(installation);
        let home = scratch.fresh("b").await;
        let server = scratch.start(&home).await;
        create_database(&server, "shop").await.expect("a database");
        let found = databases(&server).await.expect("databases");
        let ada = "ada".parse().expect("a user name");
        let login = ensure_login(&server, &ada, AccessMode::ReadWrite, &found);
        login.await.expect("a login");
        let client = enter(&server, "ada", &found[0]).await.expect("entry");
        client.batch_execute(INDEXED).await.expect("an index");

        let checked = amcheck(&server).await.expect("a check");
        // Not every installation has the extension.
        let is_checked = checked.skipped.is_empty();
        let sql = "SELECT is_called, (SELECT bool_or(rolsuper) FROM pg_roles \
                   WHERE rolname IN ('shop', 'standin_user_ada')) FROM evaluated";
        let row = client.query_one(sql, &[]).await.expect("a row");
        let (evaluated, risen): (bool, bool) = (row.get(0), row.get(1));
        let major = server.major();
        assert_eq!((evaluated, risen), (is_checked, false), "{major}");
        evaluations += usize::from(evaluated);
        server.stop().await.expect("it stops");
    }
    assert!(evaluations > 0, "nothing was checked");
}
