//! Copies of production.

use super::{Pair, dump, token};

#[tokio::test]
async fn a_table_is_copied_masked() -> anyhow::Result<()> {
    let ddl = "CREATE TABLE customer (id int PRIMARY KEY, email text UNIQUE, note text);
               INSERT INTO customer SELECT n, 'user' || n || '@corp.example', E'line\\n' || n
                 FROM generate_series(1, 10000) n";
    let pair = Pair::start(15, 15, ddl).await?;
    let report = pair
        .copied(&[("public.customer.email", token("email"))])
        .await?;
    assert_eq!(report.rows(), 10_000);
    let (before, after) = pair.sessions().await?;
    let kept = "SELECT id, note FROM public.customer ORDER BY id";
    assert_eq!(dump(&before, kept).await?, dump(&after, kept).await?);
    let left = dump(
        &after,
        "SELECT count(*) FROM public.customer WHERE email LIKE '%@%'",
    )
    .await?;
    assert_eq!(left, "0\n");
    let distinct = dump(&after, "SELECT count(DISTINCT email) FROM public.customer").await?;
    assert_eq!(distinct, "10000\n");
    Ok(())
}
