//! Values of rows stay where they are: in no error that is printed and in no log.

use std::path::Path;

use proxy::branches::Origin;
use proxy::branches::setup::FileSystem;
use proxy::environments::{EnvironmentError, chain};

use crate::place::{Place, base, spec};

const PLANTED: &str = "ada.planted@example.org";

/// All that files below `directory` hold, as text.
fn text_below(directory: &Path) -> String {
    let entries = std::fs::read_dir(directory).expect("a directory");
    let texts = entries.map(|entry| {
        let bytes = std::fs::read(entry.expect("an entry").path()).expect("a file");
        String::from_utf8_lossy(&bytes).into_owned()
    });
    texts.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_value_of_a_row_reaches_an_error_or_a_log() {
    let place = Place::make(Some(FileSystem::Btrfs));
    let pool = place.open().await;
    let origin = Origin::Snapshot(base(&pool).await);
    let lease = pool.create_awake(origin, spec()).await.expect("a branch");
    let client = lease.admin("shop").await.expect("a session");
    let insert = format!("INSERT INTO person VALUES ('{PLANTED}')");
    let sql = format!("CREATE TABLE person (mail text PRIMARY KEY); {insert}");
    client.batch_execute(&sql).await.expect("a row");
    let refused = client
        .batch_execute(&insert)
        .await
        .expect_err("a key twice");
    let detail = refused.as_db_error().and_then(|error| error.detail());
    assert!(
        detail.is_some_and(|detail| detail.contains(PLANTED)),
        "{detail:?}"
    );
    let error = EnvironmentError::Step {
        step: "migrate",
        place: "qa".to_owned(),
        source: Box::new(refused),
    };
    let printed = chain(&error);
    assert!(printed.contains("person_pkey"), "{printed}");
    assert!(printed.contains("(23505)"), "{printed}");
    assert!(!printed.contains(PLANTED), "{printed}");

    let directory = pool.branch_directory(lease.branch());
    let logged = text_below(&directory.join("log"));
    assert!(logged.contains("person_pkey"), "{logged}");
    assert!(!logged.contains(PLANTED), "{logged}");
    let manifest = std::fs::read_to_string(directory.join("branch.toml")).expect("a manifest");
    assert!(!manifest.contains(PLANTED), "{manifest}");
    drop((client, lease));
    pool.shutdown().await;
}
