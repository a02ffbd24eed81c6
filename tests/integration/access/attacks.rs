//! Ways around the roles of an access mode, each tried for real.

use anyhow::Context;
use tests::daemon::Build;
use tests::postgres::{Installation, Scratch};
use tokio_postgres::error::SqlState;

use super::modes::{MODES, denied};
use crate::shop::{ITEMS, Session, Shop};

/// What a read-write user leaves behind for those who may do less.
const GIFTS: &str = "\
CREATE FUNCTION wipe() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'DELETE FROM items; SELECT 1';
GRANT EXECUTE ON FUNCTION wipe() TO PUBLIC, standin_users;
GRANT ALL ON items TO PUBLIC, standin_users;
GRANT UPDATE (name) ON items TO PUBLIC;
GRANT ALL ON SCHEMA public TO standin_users;
ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO PUBLIC;
";

async fn has_only_append(session: &Session) -> anyhow::Result<()> {
    for right in ["UPDATE", "DELETE", "TRUNCATE"] {
        let sql = format!("SELECT has_table_privilege('items', '{right}')");
        assert_eq!(session.text(&sql).await?, "f", "{right}");
    }
    let column = "SELECT has_any_column_privilege('items', 'UPDATE')";
    assert_eq!(session.text(column).await?, "f");
    let create = "SELECT has_schema_privilege('public', 'CREATE')";
    assert_eq!(session.text(create).await?, "f");
    let code = denied(session, "SELECT wipe()").await?;
    assert_eq!(code, SqlState::INSUFFICIENT_PRIVILEGE);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn grants_to_everybody_and_to_our_roles_do_not_outlive_a_promotion() -> anyhow::Result<()> {
    let shop = Shop::open(MODES)?;
    let all = shop.enter("shop@qa").await?;
    all.run(GIFTS).await?;
    drop(all);
    shop.json("environment build ao")?;
    shop.json("environment promote qa ao")?;
    let session = shop.enter("shop@ao").await?;
    has_only_append(&session).await?;
    session.run("INSERT INTO items VALUES (4, 'fig')").await?;
    assert_eq!(session.items().await?, ITEMS + 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rights_are_put_in_place_anew_after_a_time_of_read_write() -> anyhow::Result<()> {
    let shop = Shop::open(MODES)?;
    shop.enter("shop@ao")
        .await?
        .run("INSERT INTO items VALUES (4, 'fig')")
        .await?;
    let turned = |from: &str, to: &str| {
        shop.rewrite(|text| {
            text.replace(
                &format!("access = \"{from}\""),
                &format!("access = \"{to}\""),
            )
        })?;
        shop.json("reload")
    };
    turned("append", "read-write")?;
    // The roles of append are there already, and could be given something by name.
    let by_name = "GRANT ALL ON items TO standin_appenders, standin_appender_app; \
                   GRANT EXECUTE ON FUNCTION wipe() TO standin_appenders, standin_appender_app";
    let all = shop.enter("shop@ao").await?;
    all.run(GIFTS).await?;
    all.run(by_name).await?;
    drop(all);
    turned("read-write", "append")?;
    let session = shop.enter("shop@ao").await?;
    has_only_append(&session).await?;
    assert_eq!(session.items().await?, ITEMS + 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_insert_becomes_nothing_else_through_views_and_parents() -> anyhow::Result<()> {
    let shop = Shop::open(MODES)?;
    shop.write(
        "migrations/002_detours.sql",
        "CREATE FUNCTION wipes() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
           AS 'BEGIN DELETE FROM items; RETURN NEW; END';
         CREATE TABLE audited (a int);
         CREATE TRIGGER t BEFORE INSERT ON audited FOR EACH ROW EXECUTE FUNCTION wipes();
         CREATE VIEW audited_view AS SELECT * FROM audited;
         CREATE VIEW audited_view_of_view AS SELECT * FROM audited_view;
         CREATE TABLE ruled (a int);
         CREATE RULE r AS ON INSERT TO ruled DO ALSO DELETE FROM items;
         CREATE VIEW ruled_view AS SELECT * FROM ruled;
         CREATE TABLE parted (a int) PARTITION BY LIST (a);
         CREATE TABLE part1 PARTITION OF parted FOR VALUES IN (1);
         CREATE TRIGGER t BEFORE INSERT ON part1 FOR EACH ROW EXECUTE FUNCTION wipes();
         CREATE TABLE secret (a int);
         ALTER TABLE secret ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
         CREATE TABLE fine (a int);",
    )?;
    let session = shop.enter("shop@ao").await?;
    for table in [
        "audited",
        "audited_view",
        "audited_view_of_view",
        "ruled",
        "ruled_view",
        "parted",
        "part1",
        "secret",
    ] {
        let code = denied(&session, &format!("INSERT INTO {table} VALUES (1)")).await?;
        assert_eq!(code, SqlState::INSUFFICIENT_PRIVILEGE, "{table}");
    }
    session.run("INSERT INTO fine VALUES (1)").await?;
    let code = denied(&session, "SELECT * FROM secret").await?;
    assert_eq!(code, SqlState::INSUFFICIENT_PRIVILEGE);
    assert_eq!(session.items().await?, ITEMS);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_a_killed_daemon_left_serves_nobody_who_may_do_less() -> anyhow::Result<()> {
    let mut shop = Shop::open(&MODES.replace("[environments.ao]", "[environments.was]"))?;
    let all = shop.enter("shop@was").await?;
    assert_eq!(all.items().await?, ITEMS);
    assert_eq!(shop.items("shop@qa").await?, ITEMS);
    shop.daemon().kill()?;
    // It was read-write when its server was started, and is not any more when the daemon comes back.
    shop.rewrite(|text| {
        text.replace(
            "database = \"shop\" }\nspares = 0",
            "database = \"shop\" }\naccess = \"read-only\"\nspares = 0",
        )
        .replace("access = \"append\"", "access = \"read-only\"")
    })?;
    shop.daemon().start_again(&[])?;
    for place in ["shop@was", "shop@qa"] {
        let session = shop.enter(place).await?;
        assert_eq!(
            session.text("SELECT pg_is_in_recovery()").await?,
            "t",
            "{place}"
        );
        assert_eq!(session.items().await?, ITEMS);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_of_databases_and_users_are_names_and_nothing_else() -> anyhow::Result<()> {
    let database = "it's {readers} $provision$ 100%s";
    let tables = format!(
        "[environments.qa]\nsource = {{ migrations = \"migrations\", database = {database:?} }}\n\
         access = \"append\"\nspares = 0\nport = PORT\n\
         [users.\"a$do$b'c\\\\\"]\npassword = \"file:app.password\"\nenvironments = [\"*\"]\n"
    );
    let port = tests::postgres::free_port()?;
    let mut shop = Shop::closed(Build::Plain, &tables.replace("PORT", &port.to_string()))?;
    shop.daemon().start_again(&[])?;
    for user in ["app", "a$do$b'c\\"] {
        let mut config = tokio_postgres::Config::new();
        config
            .host("127.0.0.1")
            .port(port)
            .user(user)
            .password(crate::shop::PASSWORD)
            .dbname(database);
        let session = Session::begin(&config).await.context(user)?;
        assert_eq!(session.items().await?, ITEMS);
        let code = denied(&session, "DELETE FROM items").await?;
        assert_eq!(code, SqlState::INSUFFICIENT_PRIVILEGE);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_others_than_the_owner_gave_to_everybody_is_taken_back() -> anyhow::Result<()> {
    let production = Scratch::start_with(Installation::of_major(15)?, &[])?;
    let client = production.database("shop").await?;
    client
        .batch_execute(
            "CREATE ROLE app LOGIN; CREATE ROLE other; CREATE ROLE third;
             ALTER DATABASE shop OWNER TO app; ALTER SCHEMA public OWNER TO app;
             CREATE TABLE items (id int, name text);
             INSERT INTO items VALUES (1, 'a'), (2, 'b'), (3, 'c');
             ALTER TABLE items OWNER TO app;
             CREATE FUNCTION wipe() RETURNS int LANGUAGE sql SECURITY DEFINER
               AS 'DELETE FROM items; SELECT 1';
             ALTER FUNCTION wipe() OWNER TO app;
             SET ROLE app; REVOKE EXECUTE ON FUNCTION wipe() FROM PUBLIC;
             GRANT ALL ON items TO other WITH GRANT OPTION;
             GRANT ALL ON SCHEMA public TO other WITH GRANT OPTION;
             GRANT EXECUTE ON FUNCTION wipe() TO other WITH GRANT OPTION;
             SET ROLE other; GRANT ALL ON items TO third WITH GRANT OPTION;
             GRANT UPDATE (name) ON items TO PUBLIC; GRANT ALL ON SCHEMA public TO PUBLIC;
             GRANT EXECUTE ON FUNCTION wipe() TO PUBLIC;
             SET ROLE third; GRANT ALL ON items TO PUBLIC",
        )
        .await?;
    let tables = "[production]\nurl = \"file:production.url\"\n[environments.copy]\n\
                  source = { mirror = \"production\", unmasked = true }\nspares = 0\n\
                  [environments.ao]\nsource = { environment = \"copy\" }\n\
                  access = \"append\"\nspares = 0\n";
    let mut shop = Shop::closed(Build::Plain, tables)?;
    shop.write("production.url", &production.url("shop"))?;
    shop.rewrite(|text| text.replace("[\"*\"]", "[\"copy\", \"ao\"]"))?;
    shop.daemon().start_again(&[])?;
    let session = shop.enter("shop@ao").await?;
    has_only_append(&session).await?;
    session.run("INSERT INTO items VALUES (4, 'fig')").await?;
    assert_eq!(session.items().await?, ITEMS + 1);
    // The others have what they had.
    let has = "SELECT has_table_privilege('third', 'items', 'UPDATE') \
               AND has_function_privilege('other', 'wipe()', 'EXECUTE')";
    assert_eq!(session.text(has).await?, "t");
    Ok(())
}

/// A database whose owner may reach other servers in every way that PostgreSQL has; gives the port.
async fn with_ways_out(production: &Scratch) -> anyhow::Result<u16> {
    let client = production.database("shop").await?;
    let port = production.port();
    client
        .batch_execute(&format!(
            "CREATE ROLE app LOGIN; ALTER DATABASE shop OWNER TO app;
             CREATE EXTENSION dblink; CREATE EXTENSION postgres_fdw;
             GRANT USAGE ON FOREIGN DATA WRAPPER postgres_fdw TO app;
             GRANT EXECUTE ON FUNCTION dblink_connect_u(text) TO app;
             CREATE TABLE items (id int); INSERT INTO items VALUES (1), (2), (3);
             CREATE SERVER other FOREIGN DATA WRAPPER postgres_fdw
               OPTIONS (host '127.0.0.1', port '{port}', dbname 'shop');
             ALTER SERVER other OWNER TO app;
             CREATE USER MAPPING FOR PUBLIC SERVER other OPTIONS (user 'app', password 'secret');
             CREATE FOREIGN TABLE there (id int) SERVER other OPTIONS (table_name 'items');
             CREATE VIEW over_there AS SELECT * FROM there;
             ALTER TABLE there OWNER TO app; ALTER TABLE items OWNER TO app;
             ALTER VIEW over_there OWNER TO app"
        ))
        .await?;
    Ok(port)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_write_copy_of_production_reaches_no_other_server() -> anyhow::Result<()> {
    let production = Scratch::start_with(Installation::of_major(15)?, &[])?;
    let port = with_ways_out(&production).await?;
    let tables = "[production]\nurl = \"file:production.url\"\n[environments.copy]\n\
                  source = { mirror = \"production\", unmasked = true }\nspares = 0\n\
                  [environments.ro]\nsource = { environment = \"copy\" }\n\
                  access = \"read-only\"\nspares = 0\n";
    let mut shop = Shop::closed(Build::Plain, tables)?;
    shop.write("production.url", &production.url("shop"))?;
    shop.rewrite(|text| text.replace("[\"*\"]", "[\"copy\", \"ro\"]"))?;
    shop.daemon().start_again(&[])?;
    let session = shop.enter("shop@copy").await?;
    assert_eq!(session.items().await?, ITEMS);
    assert_eq!(
        session
            .text("SELECT count(*) FROM pg_user_mappings")
            .await?,
        "0"
    );
    // The guard sees no text of these: the database holds.
    let hidden = |sql: &str| format!("DO $do$ BEGIN EXECUTE $sql${sql}$sql$; END $do$");
    for sql in [
        format!("SELECT dblink_connect('host=127.0.0.1 port={port} user=app password=x')"),
        "SELECT dblink_connect_u('dbname=shop')".to_owned(),
        "CREATE SERVER mine FOREIGN DATA WRAPPER postgres_fdw".to_owned(),
        "ALTER SERVER other OPTIONS (SET host 'elsewhere')".to_owned(),
        "CREATE USER MAPPING FOR CURRENT_USER SERVER other OPTIONS (password 'x')".to_owned(),
        format!(
            "CREATE SUBSCRIPTION s CONNECTION 'host=127.0.0.1 port={port} dbname=shop' PUBLICATION p \
             WITH (connect = false)"
        ),
        "CREATE FUNCTION f() RETURNS int LANGUAGE c AS 'libc', 'system'".to_owned(),
        "GRANT pg_execute_server_program TO CURRENT_USER".to_owned(),
        "GRANT pg_write_server_files TO standin_user_app".to_owned(),
        "COPY items TO PROGRAM 'cat'".to_owned(),
    ] {
        let code = denied(&session, &hidden(&sql)).await?;
        assert_eq!(code, SqlState::INSUFFICIENT_PRIVILEGE, "{sql}");
    }
    // Nobody runs it within a function, whatever the rights.
    let code = denied(&session, "CREATE TABLESPACE t LOCATION '/var/tmp'").await?;
    assert_eq!(code, SqlState::INSUFFICIENT_PRIVILEGE);
    assert!(
        session
            .client
            .batch_execute("SELECT * FROM there")
            .await
            .is_err()
    );
    let reader = shop.enter("shop@ro").await?;
    assert_eq!(reader.items().await?, ITEMS);
    for foreign in ["there", "over_there"] {
        let code = denied(&reader, &format!("SELECT * FROM {foreign}")).await?;
        assert_eq!(code, SqlState::INSUFFICIENT_PRIVILEGE, "{foreign}");
    }
    // In clear words the guard says so first.
    let code = denied(&session, "SELECT * FROM dblink('', 'SELECT 1') AS t(i int)").await?;
    assert_eq!(code, SqlState::INSUFFICIENT_PRIVILEGE);
    Ok(())
}
