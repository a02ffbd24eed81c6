//! Databases, their owners, and the roles as which clients come.

use rules::config::AccessMode;
use rules::name::UserName;
use server::{Database, RolesError, Server, create_database, databases, ensure_login, login_role};
use tokio_postgres::{Client, NoTls};

use crate::scratch::Scratch;

fn user(name: &str) -> UserName {
    name.parse().expect("a user name")
}

/// Logs in as clients are logged in: as the role of the user, which becomes the owner.
pub(crate) async fn enter(
    server: &Server,
    name: &str,
    database: &Database,
) -> Result<Client, tokio_postgres::Error> {
    let stream = tokio::net::UnixStream::connect(server.socket())
        .await
        .expect("the socket");
    // `options` is split at blanks that no backslash precedes.
    let owner = database.owner.replace('\\', "\\\\").replace(' ', "\\ ");
    let (client, connection) = tokio_postgres::Config::new()
        .user(login_role(&user(name), AccessMode::ReadWrite))
        .dbname(&database.name)
        .options(format!("-c role={owner}"))
        .connect_raw(stream, NoTls)
        .await?;
    tokio::spawn(async move { connection.await.ok() });
    Ok(client)
}

#[tokio::test]
async fn a_client_works_as_the_owner_of_its_database_and_as_nobody_else() {
    let scratch = Scratch::new();
    let home = scratch.fresh("b").await;
    let server = scratch.start(&home).await;
    create_database(&server, "shop").await.expect("a database");
    let found = databases(&server).await.expect("databases");
    let shop = Database {
        name: "shop".to_owned(),
        owner: "shop".to_owned(),
    };
    assert_eq!(found, std::slice::from_ref(&shop));
    ensure_login(&server, &user("ada"), AccessMode::ReadWrite, &found)
        .await
        .expect("a login");
    ensure_login(&server, &user("ada"), AccessMode::ReadWrite, &found)
        .await
        .expect("a login that is there already");

    let client = enter(&server, "ada", &shop).await.expect("entry");
    client
        .batch_execute("CREATE TABLE t (i int); INSERT INTO t VALUES (1)")
        .await
        .expect("DDL");
    let row = client
        .query_one("SELECT current_user, session_user", &[])
        .await
        .expect("a row");
    let names: (String, String) = (row.get(0), row.get(1));
    assert_eq!(names, ("shop".to_owned(), "standin_user_ada".to_owned()));
    for forbidden in [
        "CREATE ROLE other",
        "SET ROLE standin",
        "COPY t TO PROGRAM 'cat'",
        "ALTER SYSTEM SET work_mem = '1MB'",
        "ALTER DATABASE shop SET session_preload_libraries = 'x'",
    ] {
        let refused = client.batch_execute(forbidden).await;
        assert!(refused.is_err(), "{forbidden} was allowed");
    }
    assert!(enter(&server, "nobody", &shop).await.is_err());
    server.stop().await.expect("it stops");
}

#[tokio::test]
async fn a_client_sees_and_ends_the_sessions_of_its_user_and_never_ours() {
    let scratch = Scratch::new();
    let home = scratch.fresh("b").await;
    let server = scratch.start(&home).await;
    create_database(&server, "shop").await.expect("a database");
    let found = databases(&server).await.expect("databases");
    ensure_login(&server, &user("ada"), AccessMode::ReadWrite, &found)
        .await
        .expect("a login");
    let one = enter(&server, "ada", &found[0]).await.expect("entry");
    let two = enter(&server, "ada", &found[0]).await.expect("entry");
    let seen =
        "SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND query = 'SELECT 7'";
    two.batch_execute("SELECT 7").await.expect("a statement");
    let pid: i32 = one.query_one(seen, &[]).await.expect("a session").get(0);
    let end = "SELECT pg_terminate_backend($1)";
    one.query_one(end, &[&pid]).await.expect("the right to");
    assert!(two.batch_execute("SELECT 1").await.is_err());

    let ours = server.admin("shop").await.expect("our own login");
    let row = ours.query_one("SELECT pg_backend_pid()", &[]).await;
    let pid: i32 = row.expect("a process").get(0);
    let refused = one.query_one(end, &[&pid]).await.expect_err("a refusal");
    assert_eq!(refused.code().map(|code| code.code()), Some("42501"));
    server.stop().await.expect("it stops");
}

#[tokio::test]
async fn names_of_our_own_roles_are_no_names_of_databases() {
    let scratch = Scratch::new();
    let home = scratch.fresh("b").await;
    let server = scratch.start(&home).await;
    for name in ["standin", "standin_users", "standin_user_ada"] {
        let refused = create_database(&server, name).await;
        assert!(
            matches!(refused, Err(RolesError::Reserved { .. })),
            "{name} was accepted"
        );
    }
    create_database(&server, "a \"b\" 'c'")
        .await
        .expect("an odd name");
    let again = create_database(&server, "a \"b\" 'c'").await;
    assert!(matches!(again, Err(RolesError::Exists { .. })));
    let found = databases(&server).await.expect("databases");
    ensure_login(&server, &user("a'b\"c"), AccessMode::ReadWrite, &found)
        .await
        .expect("an odd login");
    enter(&server, "a'b\"c", &found[0])
        .await
        .expect("entry under odd names");
    server.stop().await.expect("it stops");
}

#[tokio::test]
async fn two_sessions_may_make_the_same_login_at_once() {
    let scratch = Scratch::new();
    let home = scratch.fresh("b").await;
    let server = scratch.start(&home).await;
    create_database(&server, "shop").await.expect("a database");
    let found = databases(&server).await.expect("databases");
    let ada = user("ada");
    let one = || ensure_login(&server, &ada, AccessMode::ReadWrite, &found);
    let all = tokio::join!(one(), one(), one(), one());
    for made in [all.0, all.1, all.2, all.3] {
        made.expect("a login");
    }
    server.stop().await.expect("it stops");
}
