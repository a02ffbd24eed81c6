//! `/v1/snapshots`: list and drop.

use axum::extract::{ConnectInfo, Path, State};
use axum::routing::{get, post};
use axum::{Json, Router};

use super::api::Problem;
use super::{Control, Peer};
use crate::branches::SnapshotId;
use crate::environments::SnapshotLine;

pub(super) fn routes() -> Router<Control> {
    Router::new()
        .route("/", get(list))
        .route("/{id}/drop", post(drop_snapshot))
}

async fn list(State(control): State<Control>) -> Json<Vec<SnapshotLine>> {
    Json(control.environments.snapshot_lines())
}

async fn drop_snapshot(
    State(control): State<Control>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Path(id): Path<String>,
) -> Result<Json<()>, Problem> {
    let id = SnapshotId::try_from(id).map_err(Problem::invalid)?;
    Ok(Json(
        control
            .environments
            .drop_snapshot(&id, &peer.caller())
            .await?,
    ))
}
