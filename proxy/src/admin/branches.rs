//! `/v1/branches`: list, show, create, drop, and the verbs that branches and environments share.

use axum::extract::{ConnectInfo, Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use jiff::{SignedDuration, Timestamp, Unit};
use rules::target::{Place, TargetError};

use super::api::{Order, Problem, Taken};
use super::{Control, Peer, reply};
use crate::branches::SnapshotId;
use crate::environments::{
    BranchLine, Caller, DiffRequest, EnvironmentError, From, Protection, Suspect,
};

pub(super) fn routes() -> Router<Control> {
    Router::new()
        .route("/", get(list))
        .route("/{place}", get(show))
        .route("/{place}/{verb}", post(operate))
}

async fn list(State(control): State<Control>) -> Json<Vec<BranchLine>> {
    Json(control.environments.branch_lines())
}

async fn show(
    State(control): State<Control>,
    Path(place): Path<String>,
) -> Result<Json<BranchLine>, Problem> {
    Ok(Json(control.environments.branch(&branch(&place)?)?))
}

async fn operate(
    State(control): State<Control>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Path((place, verb_name)): Path<(String, String)>,
    Json(order): Json<Order>,
) -> Result<Response, Problem> {
    let place = branch(&place)?;
    let caller = peer.caller();
    if verb_name == "create" {
        let from = match (order.from.as_deref(), order.scenarios.is_empty()) {
            (None, true) => None,
            (Some(from), true) => Some(origin(from)?),
            (None, false) => Some(From::Scenarios(order.scenarios)),
            (Some(_), false) => {
                return Err(Problem::invalid(
                    "`from` and `scenarios` are two beginnings",
                ));
            }
        };
        let environments = control.environments.clone();
        return Ok(reply::stream(&control.environments, |report| async move {
            environments
                .create_branch(&place, from, &caller, &report)
                .await
        }));
    }
    verb(&control, &caller, place, &verb_name, order).await
}

/// The verbs that environments and branches share.
pub(super) async fn verb(
    control: &Control,
    caller: &Caller,
    place: Place,
    verb: &str,
    order: Order,
) -> Result<Response, Problem> {
    let (environments, caller) = (control.environments.clone(), caller.clone());
    match verb {
        "reset" => Ok(reply::stream(&control.environments, |report| async move {
            environments.reset(&place, &caller, &report).await
        })),
        "refresh" => Ok(reply::stream(&control.environments, |report| async move {
            environments.refresh(&place, &caller, &report).await
        })),
        "undo" => Ok(reply::stream(&control.environments, |report| async move {
            environments.undo(&place, order.to, &caller, &report).await
        })),
        "drop" => Ok(reply::stream(&control.environments, |report| async move {
            environments.drop_place(&place, &caller, &report).await
        })),
        "snapshot" => Ok(reply::stream(&control.environments, |report| async move {
            let taken = environments.snapshot(&place, order.check, &caller, &report);
            let (id, record) = taken.await?;
            Ok::<_, EnvironmentError>(Taken { id, record })
        })),
        "diff" => Ok(reply::stream(&control.environments, |report| async move {
            let request = DiffRequest {
                database: order.database,
                rows: order.rows,
            };
            environments.diff(&place, &request, &caller, &report).await
        })),
        "seed-audit" => Ok(reply::stream(&control.environments, |report| async move {
            environments
                .seed_audit(&place, order.database.as_deref(), &caller, &report)
                .await
        })),
        "seed-scenarios" => Ok(Json(environments.scenarios(&place).await?).into_response()),
        "mask-verify" => Ok(reply::stream(&control.environments, |report| async move {
            environments.mask_verify(&place, &caller, &report).await
        })),
        "sleep" => Ok(Json(environments.sleep(&place).await?).into_response()),
        "wake" => {
            let suspect = match order.accept_suspect {
                true => Suspect::Accept,
                false => Suspect::Refuse,
            };
            Ok(Json(environments.wake(&place, suspect).await?).into_response())
        }
        "protect" => {
            let until = order.for_seconds.map(until).transpose()?;
            let protection = Protection {
                by: caller.name.clone(),
                until,
            };
            environments
                .protect(&place, Some(protection.clone()), &caller)
                .await?;
            Ok(Json(protection).into_response())
        }
        "unprotect" => {
            environments.protect(&place, None, &caller).await?;
            Ok(Json(()).into_response())
        }
        other => Err(Problem {
            kind: "not-found".to_owned(),
            hints: vec!["see `standin --help`".to_owned()],
            ..Problem::invalid(format!("there is no verb {other:?}"))
        }),
    }
}

fn until(seconds: u64) -> Result<Timestamp, Problem> {
    let seconds = i64::try_from(seconds).map_err(Problem::invalid)?;
    let until = Timestamp::now().checked_add(SignedDuration::from_secs(seconds));
    // Whole seconds: nobody protects by the nanosecond, and people read it.
    until
        .and_then(|until| until.round(Unit::Second))
        .map_err(Problem::invalid)
}

fn branch(text: &str) -> Result<Place, Problem> {
    let place: Place = text
        .parse()
        .map_err(|error: TargetError| Problem::wrong_name(&error))?;
    if place.branch.is_some() {
        return Ok(place);
    }
    Err(Problem {
        hints: vec![format!("a branch is written {text}.name")],
        ..Problem::invalid(format!("{text:?} names an environment, not a branch"))
    })
}

/// What a branch is made of: a snapshot's id or a place.
fn origin(text: &str) -> Result<From, Problem> {
    match SnapshotId::try_from(text.to_owned()) {
        Ok(snapshot) => Ok(From::Snapshot(snapshot)),
        Err(_) => Ok(From::Place(
            text.parse()
                .map_err(|error: TargetError| Problem::wrong_name(&error))?,
        )),
    }
}
