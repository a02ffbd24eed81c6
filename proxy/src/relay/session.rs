//! One connection from its first byte to its end.

use std::sync::Arc;
use std::time::Duration;

use rules::config::AccessMode;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use super::Shared;
use super::cancel::{self, Key, Target};
use super::greet::{Client, Greeted, Refused, greet};
use super::policy::Policy;
use super::pump::{End, Pump, Remains, Signal};
use super::registry::{Connection, Origin, Registered};
use super::resolve::{Asked, Ending, Refusal, Route};
use super::stream::{Plain, Stream};
use super::upstream::{Begun, LoginError, dial, log_in};
use crate::wire::{Report, backend_key_data, startup_message};

/// Settings of this prefix are for us and never sent on.
const OWN_PREFIX: &str = "standin.";
/// How long a client may take to read its last message before its socket is closed regardless.
/// Closing at once could throw the message away together with what the client still sends.
const LINGER_MAX: Duration = Duration::from_secs(1);

/// A session that stands: both ends, and what holds its place.
struct Established {
    client: Stream,
    server: Stream,
    greeting: Vec<u8>,
    held: Held,
}

/// What a session holds and gives back at its end, in this order.
struct Held {
    key: Key,
    registered: Registered,
    ending: tokio::sync::watch::Receiver<Option<Ending>>,
    /// What the route keeps alive.
    lease: Box<dyn std::any::Any + Send + Sync>,
}

/// Serves one connection.
pub(super) async fn serve(
    shared: Arc<Shared>,
    plain: Plain,
    mut origin: Origin,
    connection: Connection,
) {
    let policy = shared.policy.load_full();
    // Boxed apart, so that the state of a login is gone while the session lives.
    let greeted = Box::pin(timeout(
        policy.limits.login,
        greet(&shared, &policy, plain, &mut origin),
    ))
    .await;
    let established = match greeted {
        Ok(Ok(Greeted::Client(client))) => {
            Box::pin(establish(&shared, &policy, *client, &origin)).await
        }
        Ok(Ok(Greeted::Cancel {
            stream,
            process,
            secret,
        })) => return cancel_for(&shared, stream, process, &secret).await,
        Ok(Err(refused)) => Err(refused),
        Err(_) => Err(Refused::Close("login timeout")),
    };
    match established {
        Ok(established) => carry(&shared, &policy, established).await,
        Err(Refused::Close(reason)) => count_refusal(reason),
        Err(Refused::Tell(stream, report, reason)) => {
            count_refusal(reason);
            write_last(stream, &report.encode()).await;
        }
    }
    drop(connection);
}

fn count_refusal(reason: &'static str) {
    metrics::counter!("relay_refusals_total", "reason" => reason).increment(1);
}

async fn cancel_for(shared: &Shared, stream: Stream, process: i32, secret: &[u8]) {
    let target = shared.keys.find(process, secret);
    let outcome = if target.is_some() { "sent" } else { "unknown" };
    metrics::counter!("relay_cancels_total", "outcome" => outcome).increment(1);
    if let Some(target) = target {
        cancel::forward(&target).await;
    }
    // The client's connection closes only now: libpq takes that for "the cancel was delivered".
    drop(stream);
}

/// Finds the client's server, logs in there and gathers what the client is owed.
async fn establish(
    shared: &Arc<Shared>,
    policy: &Policy,
    client: Client,
    origin: &Origin,
) -> Result<Established, Refused> {
    let (own, settings) = split_settings(&client.startup.settings);
    let asked = Asked {
        database: client
            .startup
            .database
            .clone()
            .unwrap_or_else(|| client.startup.user.clone()),
        user: client.user.clone(),
        door: origin.door.clone(),
        server_name: client.server_name.clone(),
        settings: own,
        peer: origin.peer,
    };
    let route = match find_route(shared, policy, &asked).await {
        Ok(route) => route,
        Err(report) => return Err(Refused::Tell(client.stream, report, "route")),
    };
    let registered =
        match shared
            .registry
            .register((&client.user, &route.place), origin.peer, &policy.limits)
        {
            Ok(registered) => registered,
            Err(report) => return Err(Refused::Tell(client.stream, report, "limit")),
        };
    let begun = match begin(policy, &route, &settings).await {
        Ok(begun) => begun,
        Err(Unreached::Said(raw)) => {
            write_last(client.stream, &raw).await;
            return Err(Refused::Close("server refused"));
        }
        Err(Unreached::Report(report)) => {
            return Err(Refused::Tell(client.stream, report, "server"));
        }
    };
    let target = Target {
        upstream: route.upstream.clone(),
        key: begun.key,
    };
    let key = shared.keys.issue(target, client.startup.negotiated());
    let mut greeting = begun.before_ready;
    greeting.extend(backend_key_data(key.process, &key.secret));
    for notice in &route.notices {
        greeting.extend(Report::notice(notice).encode());
    }
    greeting.extend(begun.ready);
    Ok(Established {
        client: client.stream,
        server: begun.stream,
        greeting,
        held: Held {
            key,
            registered,
            ending: route.ending,
            lease: route.lease,
        },
    })
}

type Settings = Vec<(String, String)>;

/// Parts our own settings, without their prefix, from the server's.
fn split_settings(settings: &[(String, String)]) -> (Settings, Settings) {
    let mut own = Settings::new();
    let mut servers = Settings::new();
    for (name, value) in settings {
        match name.get(..OWN_PREFIX.len()) {
            Some(prefix) if prefix.eq_ignore_ascii_case(OWN_PREFIX) => {
                own.push((name[OWN_PREFIX.len()..].to_ascii_lowercase(), value.clone()));
            }
            _ => servers.push((name.clone(), value.clone())),
        }
    }
    (own, servers)
}

async fn find_route(shared: &Shared, policy: &Policy, asked: &Asked) -> Result<Route, Report> {
    let resolved = timeout(policy.limits.connect_wait, shared.resolve.resolve(asked)).await;
    let route = match resolved {
        Ok(Ok(route)) => route,
        Ok(Err(refusal)) => return Err(refusal.into()),
        Err(_) => {
            let message = format!("database {:?} is not ready yet", asked.database);
            return Err(Report::fatal("57P03", message)
                .hint("It is being built or woken; connect again in a moment."));
        }
    };
    match route.access {
        AccessMode::ReadWrite => Ok(route),
        // Without a guard the only safe answer is none.
        AccessMode::ReadOnly | AccessMode::Append => Err(Report::fatal(
            "0A000",
            format!(
                "{:?} has an access mode that is not available yet",
                route.place
            ),
        )),
    }
}

/// Why a server did not begin a session.
enum Unreached {
    /// The server itself refused the client's settings or database, in these words.
    Said(Vec<u8>),
    Report(Report),
}

async fn begin(policy: &Policy, route: &Route, settings: &Settings) -> Result<Begun, Unreached> {
    let startup = rebuild(route, settings);
    let connect = async {
        let dialled = dial(&route.upstream)
            .await
            .map_err(|error| Unreached::Report(unreachable(&route.place, &error.to_string())))?;
        log_in(dialled, &startup, &route.user, route.password.as_deref())
            .await
            .map_err(|error| refused_login(&route.place, error))
    };
    match timeout(policy.limits.upstream_connect, connect).await {
        Ok(begun) => begun,
        Err(_) => Err(Unreached::Report(unreachable(
            &route.place,
            "the server did not answer in time",
        ))),
    }
}

fn unreachable(place: &str, cause: &str) -> Report {
    Report::fatal(
        "57P03",
        format!("the server of {place:?} cannot be reached"),
    )
    .detail(cause.to_owned())
}

fn refused_login(place: &str, error: LoginError) -> Unreached {
    match error {
        // What class 28 says is about our login, which the client can do nothing about.
        LoginError::Refused {
            authenticated,
            code,
            raw,
            ..
        } if authenticated || !code.starts_with("28") => Unreached::Said(raw),
        error => Unreached::Report(unreachable(place, &error.to_string())),
    }
}

/// The startup message for the server: the route's login, the client's settings, and the route's
/// settings in place of the client's of the same name.
fn rebuild(route: &Route, settings: &Settings) -> Vec<u8> {
    let injected = |name: &str| {
        route
            .inject
            .iter()
            .any(|(other, _)| other.eq_ignore_ascii_case(name))
    };
    let login = [
        ("user", route.user.as_str()),
        ("database", route.database.as_str()),
    ];
    let pair = |(name, value): &'_ (String, String)| (name.clone(), value.clone());
    let settings: Settings = settings
        .iter()
        .filter(|(name, _)| !injected(name))
        .chain(&route.inject)
        .map(pair)
        .collect();
    let settings = settings
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    startup_message(login.into_iter().chain(settings))
}

/// Carries an established session to its end.
async fn carry(shared: &Arc<Shared>, policy: &Policy, established: Established) {
    let Established {
        client,
        server,
        greeting,
        held,
    } = established;
    let signal = signal(shared.clone(), held.ending.clone());
    let entry = held.registered.entry.clone();
    let pump = match Pump::new((client, server), &greeting, entry, &policy.limits, signal) {
        Ok(pump) => pump,
        Err(_) => return,
    };
    drop(greeting);
    let remains = pump.run().await;
    end(held, remains).await;
}

/// Completes when the session must end from outside.
async fn signal(
    shared: Arc<Shared>,
    mut ending: tokio::sync::watch::Receiver<Option<Ending>>,
) -> Signal {
    let mut draining = shared.draining.subscribe();
    let ended = async {
        match ending
            .wait_for(Option::is_some)
            .await
            .map(|end| end.clone())
        {
            Ok(Some(end)) => end,
            // Whoever could end the session is gone; then nothing will.
            _ => std::future::pending().await,
        }
    };
    let drained = async {
        match draining.wait_for(Option::is_some).await.map(|end| *end) {
            Ok(Some(deadline)) => deadline,
            _ => std::future::pending().await,
        }
    };
    tokio::select! {
        biased;
        ending = ended => Signal::End(ending.into()),
        deadline = drained => Signal::Drain(
            Report::fatal("57P01", "terminating connection because standin is stopping"),
            deadline,
        ),
    }
}

/// The one way in which a session ends: key, server, place and lease go, then the client.
async fn end(held: Held, remains: Remains) {
    let Held {
        key,
        registered,
        ending,
        lease,
    } = held;
    let target = key.target.clone();
    drop(key);
    if remains.busy {
        let cancel = async move { cancel::forward(&target).await };
        if remains.end == End::ClientGone {
            cancel.await;
        } else {
            tokio::spawn(cancel);
        }
    }
    drop((registered, ending, lease));
    let reason = match remains.end {
        End::Goodbye => "goodbye",
        End::ClientGone => "client gone",
        End::ServerGone => "server gone",
        End::Told(reason) => reason,
    };
    metrics::counter!("relay_sessions_ended_total", "reason" => reason).increment(1);
    for (side, at) in [("client", 0), ("server", 1)] {
        metrics::counter!("relay_bytes_total", "from" => side).increment(remains.bytes[at]);
        metrics::counter!("relay_messages_total", "from" => side).increment(remains.messages[at]);
    }
    if remains.end != End::ClientGone {
        finish_writing(remains.client).await;
    }
}

/// Writes the last that a client without a session gets, bounded: it may not read.
async fn write_last(mut stream: Stream, bytes: &[u8]) {
    let write = async {
        stream.write_all(bytes).await?;
        stream.flush().await
    };
    if matches!(timeout(LINGER_MAX, write).await, Ok(Ok(()))) {
        finish_writing(stream).await;
    }
}

/// Closes our side and reads what the client still sends until it closes too, bounded.
async fn finish_writing(mut stream: Stream) {
    let linger = async {
        let _ = stream.shutdown().await;
        let mut rest = [0; 1024];
        while matches!(stream.read(&mut rest).await, Ok(1..)) {}
    };
    let _ = timeout(LINGER_MAX, linger).await;
}

impl From<Refusal> for Report {
    fn from(refusal: Refusal) -> Self {
        Report {
            detail: refusal.detail,
            hint: refusal.hint,
            ..Report::fatal(refusal.code, refusal.message)
        }
    }
}

impl From<Ending> for Report {
    fn from(ending: Ending) -> Self {
        Report {
            detail: ending.detail,
            hint: ending.hint,
            ..Report::fatal("57P01", ending.message)
        }
    }
}
