//! Start, stop, adoption, and what is left after a kill.

use proxy::branches::server::{ClusterState, adopt, control_data};

use crate::scratch::Scratch;

#[tokio::test]
async fn a_fresh_cluster_starts_answers_and_stops_cleanly() {
    let scratch = Scratch::new();
    let began = std::time::Instant::now();
    let home = scratch.fresh("b").await;
    eprintln!("initialise {:?}", began.elapsed());
    for _ in 0..5 {
        let began = std::time::Instant::now();
        let server = scratch.start(&home).await;
        eprintln!("start {:?}", began.elapsed());
        let client = server.admin("template1").await.expect("a session");
        let row = client.query_one("SELECT 1", &[]).await.expect("an answer");
        assert_eq!(row.get::<_, i32>(0), 1);
        eprintln!("memory {:?}", server.memory_bytes());
        let stopped = server.stop().await.expect("it stops");
        eprintln!("stop {:?}", stopped.took);
        assert!(stopped.clean);
    }
    let data = control_data(&scratch.installation, &scratch.account, &home.pgdata()).await;
    assert_eq!(data.expect("control data").state, ClusterState::ShutDown);
    assert!(
        adopt(&scratch.account, &home)
            .await
            .expect("looked")
            .is_none()
    );
}
