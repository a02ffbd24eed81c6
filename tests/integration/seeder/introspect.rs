//! Reading schemas, and telling them apart.

use rules::schema::{Schema, diff, render};
use seeder::IntrospectError;
use tests::postgres::{Installation, Scratch};

const EVERYTHING: &str = include_str!("everything.sql");
const EVERYTHING_READ: &str = include_str!("everything.json");

#[tokio::test]
async fn every_kind_of_object_is_read_alike_on_every_version() -> anyhow::Result<()> {
    let expected: Schema = serde_json::from_str(EVERYTHING_READ)?;
    let installations = Installation::all();
    assert!(!installations.is_empty(), "no PostgreSQL found");
    for installation in installations {
        let server = Scratch::start_with(installation, &[])?;
        let client = server.database("shop").await?;
        client.batch_execute(EVERYTHING).await?;
        let schema = seeder::introspect(&client).await?;
        let major = server.installation().major;
        let text = serde_json::to_string_pretty(&schema)?;
        assert_eq!(
            render(&diff(&expected, &schema)),
            "",
            "on {major}, all:\n{text}"
        );
        assert_eq!(schema, expected, "on {major}");
    }
    Ok(())
}

#[tokio::test]
async fn changes_are_told_in_order_and_backwards_as_their_opposite() -> anyhow::Result<()> {
    let server = Scratch::start()?;
    let client = server.database("shop").await?;
    client.batch_execute(EVERYTHING).await?;
    let before = seeder::introspect(&client).await?;
    client.batch_execute(include_str!("changes.sql")).await?;
    let after = seeder::introspect(&client).await?;
    assert_eq!(
        render(&diff(&before, &after)),
        include_str!("changes.txt"),
        "told:\n{}",
        render(&diff(&before, &after))
    );
    let there = diff(&before, &after).len();
    assert_eq!(diff(&after, &before).len(), there);
    Ok(())
}

#[tokio::test]
async fn members_of_an_extension_and_temporary_objects_are_not_listed() -> anyhow::Result<()> {
    let server = Scratch::start()?;
    let client = server.database("shop").await?;
    let empty = seeder::introspect(&client).await?;
    client
        .batch_execute(
            "CREATE EXTENSION hstore; CREATE EXTENSION btree_gist; CREATE TEMP TABLE t (a int); \
             CREATE TEMP VIEW v AS SELECT 1; CREATE TEMP SEQUENCE s",
        )
        .await?;
    let filled = seeder::introspect(&client).await?;
    assert_eq!(
        render(&diff(&empty, &filled)),
        "+ extension btree_gist\n+ extension hstore\n"
    );
    Ok(())
}

#[tokio::test]
async fn the_session_is_as_before_afterwards() -> anyhow::Result<()> {
    let server = Scratch::start()?;
    let client = server.database("shop").await?;
    client.batch_execute("SET search_path = public").await?;
    seeder::introspect(&client).await?;
    let row = client
        .query_one("SELECT current_setting('search_path')", &[])
        .await?;
    assert_eq!(row.get::<_, String>(0), "public");
    // A transaction left open would refuse this one.
    client
        .batch_execute("CREATE TABLE writable (a int)")
        .await?;
    client.batch_execute("VACUUM writable").await?;
    Ok(())
}

#[tokio::test]
async fn an_unknown_code_is_refused_by_name() -> anyhow::Result<()> {
    let server = Scratch::start()?;
    let client = server.database("shop").await?;
    client.batch_execute(EVERYTHING).await?;
    client
        .batch_execute("UPDATE pg_trigger SET tgenabled = 'Z' WHERE tgname = 'on_event'")
        .await?;
    let error = seeder::introspect(&client).await.expect_err("an error");
    assert_eq!(
        error.to_string(),
        "tgenabled of public.event.on_event has the unknown code \"Z\""
    );
    Ok(())
}

#[tokio::test]
async fn a_broken_connection_is_an_error() -> anyhow::Result<()> {
    let server = Scratch::start()?;
    let client = server.database("shop").await?;
    drop(server);
    let error = seeder::introspect(&client).await.expect_err("an error");
    assert!(matches!(error, IntrospectError::Query { .. }), "{error:?}");
    Ok(())
}
