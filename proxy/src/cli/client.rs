//! The other end of the control socket.

use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use tokio::net::UnixStream;

use super::failure::Failure;
use super::output::Bar;
use crate::admin::api::{Event, Order, Problem};
use crate::daemon;

/// The longest line of an answer: a diff of a large schema is the longest thing there is.
const LINE_BYTES_MAX: usize = 256 << 20;

/// Asks the daemon of one configuration.
pub(super) struct Client {
    pool: PathBuf,
}

impl Client {
    /// Finds the daemon that serves `config`.
    pub(super) fn of(config: &Path) -> Result<Self, Failure> {
        Ok(Self {
            pool: daemon::load(config)
                .map_err(super::local::check::failure)?
                .pool_path(),
        })
    }

    /// Asks the daemon that serves a pool.
    pub(super) fn at(pool: PathBuf) -> Self {
        Self { pool }
    }

    /// Connects to the daemon's socket.
    pub(super) async fn try_connect(&self) -> std::io::Result<UnixStream> {
        // Through the directory's descriptor: a socket's path may be 107 bytes long, a pool's longer.
        let directory = std::fs::File::open(&self.pool)?;
        let path = format!(
            "/proc/self/fd/{}/{}",
            directory.as_raw_fd(),
            daemon::CONTROL_SOCKET
        );
        UnixStream::connect(path).await
    }

    /// Whether a daemon is there to be asked.
    pub(super) async fn reach(&self) -> Result<(), Failure> {
        self.connect().await.map(drop)
    }

    async fn connect(&self) -> Result<UnixStream, Failure> {
        let pool = self.pool.display();
        self.try_connect()
            .await
            .map_err(|error| match error.kind() {
                std::io::ErrorKind::PermissionDenied => {
                    Failure::failed(format!("the daemon of {pool} may not be asked: {error}"))
                        .hint("only the user who runs `standin up` (and root) may ask it")
                }
                // A daemon that was killed leaves its socket.
                std::io::ErrorKind::NotFound | std::io::ErrorKind::ConnectionRefused => {
                    Failure::failed(format!("no daemon runs for {pool}"))
                        .hint("`standin up` starts it")
                }
                _ => Failure::failed(format!("the daemon of {pool} does not answer: {error}")),
            })
    }

    async fn send(&self, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, Failure> {
        let stream = TokioIo::new(self.connect().await?);
        let broken = |error: hyper::Error| Failure::failed(format!("ask the daemon: {error}"));
        let handshake = hyper::client::conn::http1::handshake(stream).await;
        let (mut sender, connection) = handshake.map_err(broken)?;
        tokio::spawn(connection);
        sender.send_request(request).await.map_err(broken)
    }

    /// Asks for a value.
    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        let response = self.send(request(Method::GET, path, Bytes::new())).await?;
        answer(response).await
    }

    /// Gives an order that is answered at once.
    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        order: &Order,
    ) -> Result<T, Failure> {
        let body = serde_json::to_vec(order).map_err(|error| Failure::failed(error.to_string()))?;
        answer(self.send(request(Method::POST, path, body.into())).await?).await
    }

    /// Gives an order and follows its progress to the end.
    pub(super) async fn follow<T: DeserializeOwned>(
        &self,
        path: &str,
        order: &Order,
        mut bar: Bar,
    ) -> Result<T, Failure> {
        let body = serde_json::to_vec(order).map_err(|error| Failure::failed(error.to_string()))?;
        let response = self.send(request(Method::POST, path, body.into())).await?;
        if !response.status().is_success() {
            return answer(response).await;
        }
        let mut lines = Lines {
            body: response.into_body(),
            rest: Vec::new(),
        };
        while let Some(line) = lines.next().await? {
            let event = serde_json::from_slice(&line).map_err(unreadable)?;
            match event {
                Event::Progress(progress) => bar.line(&progress),
                Event::Done(value) => return serde_json::from_value(value).map_err(unreadable),
                Event::Problem(problem) => return Err(problem.into()),
            }
        }
        Err(Failure::failed(
            "the daemon stopped before the operation ended",
        ))
    }
}

fn request(method: Method, path: &str, body: Bytes) -> Request<Full<Bytes>> {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", "standin");
    let request = request.header("content-type", "application/json");
    request
        .body(Full::new(body))
        .expect("paths are made of names that need no escape")
}

#[allow(clippy::needless_pass_by_value, reason = "handed to map_err by name")]
fn unreadable(error: serde_json::Error) -> Failure {
    Failure::failed(format!("the daemon's answer is unreadable: {error}"))
        .hint("is the daemon of another version? `standin down`, then `standin up`")
}

async fn answer<T: DeserializeOwned>(response: Response<Incoming>) -> Result<T, Failure> {
    let good = response.status().is_success();
    let body = response.into_body().collect().await;
    let body = body
        .map_err(|error| Failure::failed(format!("ask the daemon: {error}")))?
        .to_bytes();
    if good {
        return serde_json::from_slice(&body).map_err(unreadable);
    }
    match serde_json::from_slice::<Problem>(&body) {
        Ok(problem) => Err(problem.into()),
        Err(_) => Err(Failure::failed(String::from_utf8_lossy(&body).into_owned())),
    }
}

/// The lines of an answer as they come.
struct Lines {
    body: Incoming,
    rest: Vec<u8>,
}

impl Lines {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        loop {
            if let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
                let rest = self.rest.split_off(end + 1);
                let mut line = std::mem::replace(&mut self.rest, rest);
                line.truncate(end);
                return Ok(Some(line));
            }
            if self.rest.len() > LINE_BYTES_MAX {
                return Err(Failure::failed("the daemon's answer is too long"));
            }
            match self.body.frame().await {
                None => return Ok(None),
                Some(Err(error)) => {
                    return Err(Failure::failed(format!("ask the daemon: {error}")));
                }
                Some(Ok(frame)) => {
                    if let Some(data) = frame.data_ref() {
                        self.rest.extend_from_slice(data);
                    }
                }
            }
        }
    }
}
