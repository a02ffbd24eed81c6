//! The role as which code of a database's users is run: what it reads, and that it never rises.

use rules::config::AccessMode;
use server::{
    RolesError, Server, Settings, create_database, databases, ensure_deputy, ensure_login,
};

use crate::roles::enter;
use crate::scratch::{Scratch, installations};

/// What a function of a user's may try in a session of the deputy.
const RISES: [&str; 8] = [
    "RESET ROLE; RESET SESSION AUTHORIZATION; COPY (SELECT 1) TO PROGRAM 'cat'",
    "SET SESSION AUTHORIZATION standin",
    "SET ROLE standin",
    "COPY (SELECT 1) TO '/tmp/standin-deputy'",
    "SELECT pg_catalog.pg_read_file('PG_VERSION')",
    "BEGIN READ WRITE; ALTER ROLE standin_deputy SUPERUSER",
    "BEGIN READ WRITE; GRANT pg_execute_server_program TO shop",
    "ALTER SYSTEM SET work_mem = '1MB'",
];

async fn with_shop(scratch: &Scratch) -> (server::Home, Server) {
    let home = scratch.fresh("b").await;
    let server = scratch.start(&home).await;
    create_database(&server, "shop").await.expect("a database");
    (home, server)
}

#[tokio::test]
async fn the_deputy_reads_what_owners_have_and_rises_to_nobody() {
    let installations = installations();
    for installation in installations.iter() {
        let scratch = Scratch::on(installation);
        let (_, server) = with_shop(&scratch).await;
        let found = databases(&server).await.expect("databases");
        let ada = "ada".parse().expect("a user name");
        ensure_login(&server, &ada, AccessMode::ReadWrite, &found)
            .await
            .expect("a login");
        let client = enter(&server, "ada", &found[0]).await.expect("entry");
        client
            .batch_execute(
                "CREATE TABLE t (i int); INSERT INTO t VALUES (1), (2); \
                 ALTER TABLE t ENABLE ROW LEVEL SECURITY; ALTER TABLE t FORCE ROW LEVEL SECURITY; \
                 CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 7'; \
                 REVOKE EXECUTE ON FUNCTION f FROM PUBLIC",
            )
            .await
            .expect("DDL");
        for _ in 0..2 {
            ensure_deputy(&server, &found).await.expect("a deputy");
        }
        for rise in RISES {
            let deputy = server.deputy("shop").await.expect("a session");
            let refused = deputy.batch_execute(rise).await;
            let refused = refused.expect_err("it rose");
            let code = refused.code().map(|code| code.code());
            // Since 17 that is closed to everybody.
            let closed = rise.starts_with("ALTER SYSTEM") && server.major() >= 17;
            let expected = if closed { "0A000" } else { "42501" };
            assert_eq!(code, Some(expected), "{rise}: {refused:?}");
        }
        let deputy = server.deputy("shop").await.expect("a session");
        let sql = "SELECT count(*), f(), current_setting('is_superuser') FROM t";
        let row = deputy.query_one(sql, &[]).await.expect("a row");
        let told: (i64, i32, String) = (row.get(0), row.get(1), row.get(2));
        assert_eq!(told, (2, 7, "off".to_owned()));
        let refused = deputy.batch_execute("INSERT INTO t VALUES (3)").await;
        assert!(refused.is_err(), "it only reads");
        // Code that it runs may give it away before 15; it is taken back.
        let admin = server.admin("shop").await.expect("our own login");
        let give = "GRANT standin_deputy TO standin_user_ada";
        admin.batch_execute(give).await.expect("a grant");
        ensure_deputy(&server, &found).await.expect("a deputy");
        let sql = "SELECT pg_has_role('standin_user_ada', 'standin_deputy', 'MEMBER')";
        let row = client.query_one(sql, &[]).await.expect("a row");
        assert!(!row.get::<_, bool>(0), "it is somebody's");
        // What an owner may become, the deputy may become too: no farther than the host.
        let grant = "GRANT pg_execute_server_program TO shop";
        admin.batch_execute(grant).await.expect("a grant");
        let rises = ensure_deputy(&server, &found).await;
        let Err(RolesError::DeputyRises { roles }) = rises else {
            panic!("{rises:?}");
        };
        assert_eq!(roles, ["pg_execute_server_program"]);
        let take =
            "REVOKE pg_execute_server_program FROM shop; ALTER ROLE standin_deputy SUPERUSER";
        admin.batch_execute(take).await.expect("a revocation");
        // One that is more than it may be is made what it must be.
        ensure_deputy(&server, &found).await.expect("a deputy");
        let is = "SELECT rolsuper FROM pg_roles WHERE rolname = 'standin_deputy'";
        let row = admin.query_one(is, &[]).await.expect("the role");
        assert!(!row.get::<_, bool>(0));
        server.stop().await.expect("it stops");
    }
}

#[tokio::test]
async fn a_standby_without_a_deputy_says_what_to_do_and_one_with_it_is_read() {
    let scratch = Scratch::new();
    let (home, server) = with_shop(&scratch).await;
    let found = databases(&server).await.expect("databases");
    server.stop().await.expect("it stops");
    let standby = Settings {
        standby: true,
        ..Settings::default()
    };
    let server = scratch.start_with(&home, &standby).await;
    let none = ensure_deputy(&server, &found).await;
    let said = none.expect_err("nothing can be made there").to_string();
    assert!(said.contains("reset it once"), "{said}");
    server.stop().await.expect("it stops");

    let server = scratch.start(&home).await;
    ensure_deputy(&server, &found).await.expect("a deputy");
    server.stop().await.expect("it stops");
    let server = scratch.start_with(&home, &standby).await;
    ensure_deputy(&server, &found).await.expect("it is there");
    server.deputy("shop").await.expect("a session");
    server.stop().await.expect("it stops");
}

/// What an owner may set for all sessions of a database, and every role for its own.
const SETTINGS: [(u16, &str); 6] = [
    (0, "role = shop"),
    (0, "local_preload_libraries = ''"),
    (0, "default_transaction_isolation = serializable"),
    (0, "lock_timeout = '1ms'"),
    (14, "idle_session_timeout = '1ms'"),
    (17, "transaction_timeout = '1ms'"),
];

#[tokio::test]
async fn what_owners_set_for_their_database_changes_no_session_of_ours() {
    let installations = installations();
    for installation in installations.iter() {
        let scratch = Scratch::on(installation);
        let (home, server) = with_shop(&scratch).await;
        let found = databases(&server).await.expect("databases");
        let ada = "ada".parse().expect("a user name");
        ensure_login(&server, &ada, AccessMode::ReadWrite, &found)
            .await
            .expect("a login");
        ensure_deputy(&server, &found).await.expect("a deputy");
        let client = enter(&server, "ada", &found[0]).await.expect("entry");
        let known = SETTINGS
            .iter()
            .filter(|(since, _)| server.major() >= *since);
        for (_, setting) in known {
            let set = format!("ALTER DATABASE shop SET {setting}");
            client.batch_execute(&set).await.expect(&set);
        }
        // Code that the deputy runs can set what the deputy may.
        let (deputy, session) = server
            .deputy_config("shop")
            .connect(tokio_postgres::NoTls)
            .await
            .expect("a session");
        tokio::spawn(session);
        let set = "ALTER ROLE CURRENT_USER SET row_security = off; \
                   ALTER ROLE CURRENT_USER IN DATABASE shop SET work_mem = '64kB'";
        deputy
            .batch_execute(set)
            .await
            .expect("settings of its own");
        server.stop().await.expect("it stops");

        // It starts, which proves its settings in the first database.
        let settings = Settings {
            first_database: Some("shop".to_owned()),
            ..Settings::default()
        };
        let server = scratch.start_with(&home, &settings).await;
        ensure_deputy(&server, &found).await.expect("a deputy");
        let plain = server.admin_plain("shop").await.expect("a session");
        let deputy = server.deputy("shop").await.expect("a session");
        for (client, expected) in [(&plain, "standin"), (&deputy, "standin_deputy")] {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            let row = client.query_one("SELECT current_user::text", &[]).await;
            let user: String = row.expect("it lives").get(0);
            assert_eq!(user, expected);
        }
        let own = "SELECT count(*) FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole \
                   WHERE r.rolname = 'standin_deputy'";
        let row = plain.query_one(own, &[]).await.expect("a count");
        assert_eq!(row.get::<_, i64>(0), 0, "its own settings are gone");
        server.stop().await.expect("it stops");
    }
}
