//! What is: status, sessions, metrics; and the daemon's own verbs.

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use tokio::sync::oneshot;

use super::api::{PoolLine, Problem, Reloaded, SessionLine, Status};
use super::{Command, Control};
use crate::branches::{Pool, PoolFacts, Trouble};

pub(super) fn routes() -> Router<Control> {
    Router::new()
        .route("/status", get(status))
        .route("/sessions", get(sessions))
        .route("/reload", post(reload))
        .route("/stop", post(stop))
}

async fn status(State(control): State<Control>) -> Json<Status> {
    let environments = &control.environments;
    let facts = environments.pool().facts();
    let trouble = |one: &Trouble| format!("{}: {}", one.path.display(), one.why);
    let left: Vec<String> = facts.trouble.iter().map(trouble).collect();
    Json(Status {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        pid: std::process::id(),
        since: control.since,
        endpoints: control.endpoints.load().to_vec(),
        pool: pool_line(environments.pool(), facts),
        sessions: control.relay.sessions().len(),
        environments: environments.environment_lines(),
        branches: environments.branch_lines(),
        spares: environments.spare_lines(),
        snapshots: environments.snapshot_lines(),
        problems: environments.problems().into_iter().chain(left).collect(),
    })
}

fn pool_line(pool: &Pool, facts: PoolFacts) -> PoolLine {
    let (total_bytes, free_bytes) = facts
        .space
        .map_or((0, 0), |space| (space.total_bytes, space.free_bytes));
    PoolLine {
        path: facts.path,
        driver: facts.driver.to_string(),
        total_bytes,
        free_bytes,
        own_bytes: pool.own_bytes(|_| true).bytes,
        notes: facts.notes,
    }
}

async fn sessions(State(control): State<Control>) -> Json<Vec<SessionLine>> {
    let sessions = control.relay.sessions().into_iter();
    Json(sessions.map(SessionLine::from).collect())
}

pub(super) async fn metrics(State(control): State<Control>) -> String {
    control.relay.publish();
    control.metrics.render()
}

async fn reload(State(control): State<Control>) -> Result<Json<Reloaded>, Problem> {
    let (answer, answered) = oneshot::channel();
    let stopping = |_| Problem::invalid("the daemon is stopping");
    control
        .commands
        .send(Command::Reload(answer))
        .await
        .map_err(|_| stopping(()))?;
    answered.await.map_err(|_| stopping(()))?.map(Json)
}

async fn stop(State(control): State<Control>) -> Result<Json<()>, Problem> {
    let sent = control.commands.send(Command::Stop).await;
    sent.map_err(|_| Problem::invalid("the daemon is stopping"))?;
    Ok(Json(()))
}
