//! `standin status`, `reload` and `down`.

use super::super::client::Client;
use super::super::failure::Failure;
use super::super::output::{Output, bytes, count, lasting};
use crate::admin::api::{Order, Reloaded, Status};

pub(in super::super) async fn run(client: &Client, output: &Output) -> Result<(), Failure> {
    let status: Status = client.get("/v1/status").await?;
    output.show(&status, text);
    Ok(())
}

pub(in super::super) async fn reload(client: &Client, output: &Output) -> Result<(), Failure> {
    let reached = client.reach().await;
    reached.map_err(|failure| {
        failure.hint(
            "a daemon that was started with another [pool] path serves there until it is restarted",
        )
    })?;
    let reloaded: Reloaded = client.post("/v1/reload", &Order::default()).await?;
    output.show(&reloaded, |reloaded| match reloaded.restart.as_slice() {
        [] => "the configuration was read again".to_owned(),
        keys => format!(
            "the configuration was read again; a restart is needed for {}",
            keys.join(", ")
        ),
    });
    Ok(())
}

pub(in super::super) async fn down(client: &Client, output: &Output) -> Result<(), Failure> {
    client.post::<()>("/v1/stop", &Order::default()).await?;
    output.done("the daemon stops");
    Ok(())
}

fn text(status: &Status) -> String {
    let pool = &status.pool;
    let mut text = format!(
        "standin {} · pid {} · up for {}\nclients: {}\npool: {} · driver {} · {} of {} free · branches hold {} alone\n",
        status.version,
        status.pid,
        lasting(status.since),
        status.endpoints.join(", "),
        pool.path.display(),
        pool.driver,
        bytes(pool.free_bytes),
        bytes(pool.total_bytes),
        bytes(pool.own_bytes),
    );
    for note in pool.notes.iter().chain(&status.problems) {
        text.push_str(&format!("note: {note}\n"));
    }
    text.push_str(&format!(
        "{} · {} · {} · {}\n\n{}",
        count(status.sessions, "session"),
        count(status.branches.len(), "branch"),
        count(status.snapshots.len(), "snapshot"),
        count(status.spares.len(), "warm spare"),
        super::environment::list(&status.environments),
    ));
    text
}
