//! The control interface: HTTP with JSON on a unix socket that only the daemon's user can open.
//!
//! Never decides anything itself: it reads a request, asks `environments` or the daemon, and writes
//! the answer. Long operations answer with a stream of JSON lines, progress first, outcome last.

pub mod api;
mod branches;
mod environments;
mod reply;
mod snapshots;
mod status;

use std::sync::Arc;

use axum::Router;
use axum::extract::connect_info::Connected;
use axum::routing::get;
use axum::serve::IncomingStream;
use tokio::net::UnixListener;
use tokio::sync::{mpsc, oneshot};

use crate::environments::{Caller, Environments};
use crate::relay::Relay;

/// What only the daemon can do.
pub enum Command {
    /// Read the configuration again; answers with what changed or why it was refused.
    Reload(oneshot::Sender<Result<api::Reloaded, api::Problem>>),
    /// Stop.
    Stop,
}

/// Commands that may wait for the daemon: people press buttons, programs wait for answers.
pub const COMMANDS_MAX: usize = 16;

/// Everything that a request may need.
#[derive(Clone)]
pub struct Control {
    /// Places and their operations.
    pub environments: Environments,
    /// Sessions.
    pub relay: Arc<Relay>,
    /// What only the daemon can do.
    pub commands: mpsc::Sender<Command>,
    /// Metrics in Prometheus' text format.
    pub metrics: metrics_exporter_prometheus::PrometheusHandle,
    /// When the daemon started.
    pub since: jiff::Timestamp,
    /// Where clients connect, for listings.
    pub endpoints: Arc<arc_swap::ArcSwap<Vec<String>>>,
}

/// Serves until the task is dropped.
///
/// # Errors
/// When the listener fails for good.
pub async fn serve(listener: UnixListener, control: Control) -> std::io::Result<()> {
    let app = Router::new()
        .route("/metrics", get(status::metrics))
        .nest("/v1", status::routes().merge(environments::routes()))
        .nest("/v1/branches", branches::routes())
        .nest("/v1/snapshots", snapshots::routes())
        .fallback(reply::no_such_route)
        .with_state(control);
    axum::serve(listener, app.into_make_service_with_connect_info::<Peer>()).await
}

/// Who is at the other end of the socket, as the kernel says.
#[derive(Debug, Clone)]
pub(crate) struct Peer {
    name: String,
}

impl Connected<IncomingStream<'_, UnixListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, UnixListener>) -> Self {
        let uid = stream.io().peer_cred().map(|peer| peer.uid()).ok();
        let user = uid.and_then(|uid| nix::unistd::User::from_uid(uid.into()).ok().flatten());
        let name = match (user, uid) {
            (Some(user), _) => user.name,
            (None, Some(uid)) => format!("uid {uid}"),
            (None, None) => "unknown".to_owned(),
        };
        Self { name }
    }
}

impl Peer {
    fn caller(&self) -> Caller {
        Caller {
            name: self.name.clone(),
        }
    }
}
