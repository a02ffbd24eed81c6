//! Answers: JSON, errors with their status, and streams of events.

use axum::Json;
use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::StreamExt;
use serde::Serialize;
use tokio::sync::mpsc;

use super::api::{Event, Problem};
use crate::environments::{EnvironmentError, Environments, Kind, Report, chain};

/// Progress lines that may wait for a reader; more are dropped, the outcome never is.
const EVENTS_MAX: usize = 64;

impl From<EnvironmentError> for Problem {
    fn from(error: EnvironmentError) -> Self {
        let kind = match error.kind() {
            Kind::NotFound => "not-found",
            Kind::Forbidden => "forbidden",
            Kind::Exists => "exists",
            Kind::Busy => "busy",
            Kind::Limit => "limit",
            Kind::Full => "full",
            Kind::Unsupported => "unsupported",
            Kind::Failed => "failed",
        };
        Self {
            kind: kind.to_owned(),
            error: chain(&error),
            hints: error.hints(),
            problems: Vec::new(),
        }
    }
}

impl Problem {
    /// The request itself is wrong.
    pub fn invalid(error: impl std::fmt::Display) -> Self {
        Self {
            kind: "invalid".to_owned(),
            error: error.to_string(),
            hints: Vec::new(),
            problems: Vec::new(),
        }
    }

    /// A name in the request is wrong; its reason is told too.
    pub(super) fn wrong_name(error: &(dyn std::error::Error + 'static)) -> Self {
        Self::invalid(chain(error))
    }

    fn status(&self) -> StatusCode {
        match self.kind.as_str() {
            "not-found" => StatusCode::NOT_FOUND,
            "forbidden" => StatusCode::FORBIDDEN,
            "busy" | "exists" => StatusCode::CONFLICT,
            "limit" => StatusCode::TOO_MANY_REQUESTS,
            "full" => StatusCode::INSUFFICIENT_STORAGE,
            "unsupported" => StatusCode::UNPROCESSABLE_ENTITY,
            "invalid" | "configuration" => StatusCode::BAD_REQUEST,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        (self.status(), Json(self)).into_response()
    }
}

/// Answers a request for a path that is not there.
pub(super) async fn no_such_route() -> Problem {
    Problem {
        kind: "not-found".to_owned(),
        error: "no such path".to_owned(),
        hints: vec!["GET /v1/status is a good beginning".to_owned()],
        problems: Vec::new(),
    }
}

/// Runs an operation to its end, whether or not the client stays, and streams what it says.
pub(super) fn stream<T, F>(
    environments: &Environments,
    operation: impl FnOnce(Report) -> F,
) -> Response
where
    T: Serialize,
    F: Future<Output = Result<T, EnvironmentError>> + Send + 'static,
{
    let (sender, receiver) = mpsc::channel::<Event>(EVENTS_MAX);
    let progress = sender.clone();
    let report = Report::to(move |line| {
        // A slow reader loses lines of progress, not the operation its speed.
        let _ = progress.try_send(Event::Progress(line));
    });
    let running = operation(report);
    let _streamed = environments.spawn(async move {
        let last = match running.await {
            Ok(value) => match serde_json::to_value(value) {
                Ok(value) => Event::Done(value),
                Err(error) => Event::Problem(Problem::invalid(error)),
            },
            Err(error) => Event::Problem(error.into()),
        };
        let _ = sender.send(last).await;
    });
    let lines = tokio_stream(receiver).map(|event| {
        let mut line = serde_json::to_vec(&event).map_err(std::io::Error::other)?;
        line.push(b'\n');
        Ok::<Bytes, std::io::Error>(line.into())
    });
    (
        [(header::CONTENT_TYPE, "application/x-ndjson")],
        Body::from_stream(lines),
    )
        .into_response()
}

fn tokio_stream(receiver: mpsc::Receiver<Event>) -> impl futures_util::Stream<Item = Event> {
    futures_util::stream::unfold(receiver, |mut receiver| async move {
        receiver.recv().await.map(|event| (event, receiver))
    })
}
