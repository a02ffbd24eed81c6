//! What a cluster answers when it is asked whether it is whole.

use server::{AnswerError, create_database, lengths};

use crate::scratch::Scratch;

#[tokio::test]
async fn a_table_that_lost_pages_while_its_server_was_down_is_named() {
    let scratch = Scratch::new();
    let home = scratch.fresh("one").await;
    let server = scratch.start(&home).await;
    create_database(&server, "shop").await.expect("a database");
    let client = server.admin("shop").await.expect("a session");
    let sql = "CREATE TABLE item AS SELECT g AS id, repeat('x', 100) AS filler \
               FROM generate_series(1, 1000) g";
    client.batch_execute(sql).await.expect("a table");
    let row = client
        .query_one("SELECT pg_relation_filepath('item')", &[])
        .await
        .expect("a path");
    let file = home.pgdata().join(row.get::<_, String>(0));
    drop(client);
    let before = lengths(&server).await.expect("lengths");
    before.demand_whole(None).expect("a whole cluster");
    server.stop().await.expect("a stop");

    let server = scratch.start(&home).await;
    let after = lengths(&server).await.expect("lengths");
    after.demand_whole(Some(&before)).expect("a whole cluster");
    server.stop().await.expect("a stop");

    let cut = std::fs::File::options().write(true).open(&file);
    cut.expect("the table").set_len(8192).expect("a cut table");
    let server = scratch.start(&home).await;
    let after = lengths(&server).await.expect("lengths");
    // Without knowing what it was there is nothing to see.
    after.demand_whole(None).expect("it looks whole");
    let refused = after.demand_whole(Some(&before));
    assert!(
        matches!(&refused, Err(AnswerError::Short { count: 1, named }) if named == "shop.public.item"),
        "{refused:?}"
    );
    server.stop().await.expect("a stop");

    std::fs::remove_file(&file).expect("the table");
    let server = scratch.start(&home).await;
    let refused = lengths(&server).await.expect("lengths").demand_whole(None);
    assert!(
        matches!(&refused, Err(AnswerError::Short { count: 1, named }) if named == "shop.public.item"),
        "{refused:?}"
    );
    server.stop().await.expect("a stop");
}
