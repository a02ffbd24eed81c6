//! `/v1/environments`: list, show, and one path per verb.

use axum::extract::{ConnectInfo, Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use rules::name::EnvironmentName;
use rules::target::{Place, TargetError};

use super::api::{Order, Problem};
use super::branches::verb;
use super::{Control, Peer, reply};
use crate::environments::EnvironmentLine;

pub(super) fn routes() -> Router<Control> {
    Router::new()
        .route("/environments", get(list))
        .route("/environments/{name}", get(show))
        .route("/environments/{name}/{verb}", post(operate))
}

async fn list(State(control): State<Control>) -> Json<Vec<EnvironmentLine>> {
    Json(control.environments.environment_lines())
}

async fn show(
    State(control): State<Control>,
    Path(name): Path<String>,
) -> Result<Json<EnvironmentLine>, Problem> {
    let place = environment(&name)?;
    // Reading the migrations for drift is file work.
    let environments = control.environments.clone();
    let line = tokio::task::spawn_blocking(move || environments.environment(&place)).await;
    Ok(Json(line.map_err(Problem::invalid)??))
}

async fn operate(
    State(control): State<Control>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Path((name, verb_name)): Path<(String, String)>,
    Json(order): Json<Order>,
) -> Result<Response, Problem> {
    let place = environment(&name)?;
    let caller = peer.caller();
    let environments = control.environments.clone();
    match verb_name.as_str() {
        "build" => Ok(reply::stream(&control.environments, |report| async move {
            environments
                .build(&place.environment, &caller, &report)
                .await
        })),
        "reseed" => Ok(reply::stream(&control.environments, |report| async move {
            environments.reseed(&place, &caller, &report).await
        })),
        "seed-plan" => Ok(reply::stream(&control.environments, |report| async move {
            let plan = environments.seed_plan(&place, &order.seed, &caller, &report);
            plan.await
        })),
        "seed-explain" => {
            let missing = || Problem::invalid("`cell` is missing");
            let cell = order.cell.ok_or_else(missing)?;
            Ok(reply::stream(&control.environments, |report| async move {
                let wanted = (&order.seed, &cell);
                environments
                    .seed_explain(&place, wanted, &caller, &report)
                    .await
            }))
        }
        "promote" => {
            let from = order
                .from
                .as_deref()
                .ok_or_else(|| Problem::invalid("`from` is missing"))?;
            let from: Result<Place, TargetError> = from.parse();
            let from = from.map_err(|error| Problem::wrong_name(&error))?;
            Ok(reply::stream(&control.environments, |report| async move {
                environments.promote(&from, &place, &caller, &report).await
            }))
        }
        _ => Ok(verb(&control, &caller, place, &verb_name, order)
            .await?
            .into_response()),
    }
}

fn environment(name: &str) -> Result<Place, Problem> {
    let name: EnvironmentName = name.parse().map_err(Problem::invalid)?;
    Ok(Place::environment(name))
}
