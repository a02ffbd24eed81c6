//! From a client that is who it says to a session that stands: resolve, dial, log in.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use rules::config::{AccessMode, StatementLimits};
use rules::guard::{self, startup};
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use super::Shared;
use super::cancel::{Key, Target};
use super::denied::Denied;
use super::greet::{Client, Refused, stopping};
use super::policy::Policy;
use super::registry::{Origin, Registered};
use super::resolve::{Asked, Ending, Refusal, Route};
use super::session::write_last;
use super::stream::Stream;
use super::upstream::{Begun, LoginError, dial, log_in};
use wire::{Report, backend_key_data, startup_message};

/// Settings of this prefix are for us and never sent on.
const OWN_PREFIX: &str = "standin.";
/// How long the news that a place has ended may lag behind its server's end: it comes by a task of
/// its own.
const ENDING_LAG_MAX: Duration = Duration::from_millis(100);

/// How soon a server that starts is asked again, at first and at last: recovery takes tens of
/// milliseconds or many seconds, and each question costs the server a process.
const STARTING_PAUSES: (Duration, Duration) =
    (Duration::from_millis(20), Duration::from_millis(250));

/// A session that stands: both ends, and what holds its place.
pub(super) struct Established {
    pub(super) client: Stream,
    pub(super) server: Stream,
    pub(super) greeting: Vec<u8>,
    /// What the client may do, and whether only the guard stands before the data.
    pub(super) access: (AccessMode, bool),
    pub(super) limits: StatementLimits,
    pub(super) held: Held,
}

/// What a session holds and gives back at its end, in this order.
pub(super) struct Held {
    pub(super) key: Key,
    pub(super) registered: Registered,
    pub(super) ending: watch::Receiver<Option<Ending>>,
    /// What the route keeps alive.
    pub(super) lease: Box<dyn Any + Send + Sync>,
}

/// Finds the client's server, logs in there and gathers what the client is owed.
pub(super) async fn establish(
    shared: &Arc<Shared>,
    policy: &Policy,
    client: Client,
    origin: &Origin,
) -> Result<Established, Refused> {
    // The login took its time, and a place may have to be woken: nothing begins at the end.
    if shared.is_draining() {
        return Err(Refused::Tell(client.stream, stopping(), "stopping"));
    }
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
    if let Err(report) = judge_settings(shared, &client, &route) {
        return Err(Refused::Tell(client.stream, report, "guard"));
    }
    let registered =
        match shared
            .registry
            .register((&client.user, &route.place), origin.peer, &policy.limits)
        {
            Ok(registered) => registered,
            Err(report) => return Err(Refused::Tell(client.stream, report, "limit")),
        };
    let begun = match begin_in_place(shared, policy, &route, &settings).await {
        Ok(begun) => begun,
        Err(Unreached::Said(raw) | Unreached::Going(raw) | Unreached::Starting(raw)) => {
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
        access: (route.access, route.is_advisory),
        limits: route.limits,
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
    Ok(route)
}

/// Refuses a client that asks for settings which its access mode does not let it have.
fn judge_settings(shared: &Shared, client: &Client, route: &Route) -> Result<(), Report> {
    let asked = client.startup.settings.iter();
    let mut denials = asked.filter_map(|(name, value)| startup(name, value, route.access));
    let Some(denial) = denials.next() else {
        return Ok(());
    };
    let name = client
        .startup
        .settings
        .iter()
        .find(|(name, _)| name == "application_name");
    shared.denials.put(
        &denial,
        Denied {
            at: std::time::SystemTime::now(),
            place: route.place.clone(),
            user: client.user.clone(),
            application_name: name.map(|(_, value)| value.clone()).unwrap_or_default(),
            mode: denial.mode,
            rule: denial.rule.id(),
            code: denial.code(),
            fingerprint: None,
            tables: Vec::new(),
        },
    );
    Err(Report::fatal(denial.code(), denial.message())
        .detail(denial.detail())
        .hint(denial.hint()))
}

/// Why a server did not begin a session.
enum Unreached {
    /// The server itself refused the client's settings or database, in these words.
    Said(Vec<u8>),
    /// The server itself says that it stops.
    Going(Vec<u8>),
    /// The server itself says that it starts, recovers from a crash, or lets nobody in at present:
    /// all three have one SQLSTATE.
    Starting(Vec<u8>),
    Report(Report),
}

/// Begins a session on the route's server. Where that fails because the place ends, its end is the
/// reason, whatever was left of the server says.
async fn begin_in_place(
    shared: &Shared,
    policy: &Policy,
    route: &Route,
    settings: &Settings,
) -> Result<Begun, Unreached> {
    let begun = begin_when_started(shared, policy, route, settings).await;
    if matches!(begun, Ok(_) | Err(Unreached::Said(_))) {
        return begun;
    }
    let mut ending = route.ending.clone();
    let ended = timeout(ENDING_LAG_MAX, ending.wait_for(Option::is_some)).await;
    match ended.map(|end| end.map(|end| end.clone())) {
        Ok(Ok(Some(end))) => Err(Unreached::Report(end.into())),
        _ => begun,
    }
}

/// Begins a session; a server that starts, or recovers from a crash of one of its processes, gets as
/// long as a place that is woken.
async fn begin_when_started(
    shared: &Shared,
    policy: &Policy,
    route: &Route,
    settings: &Settings,
) -> Result<Begun, Unreached> {
    let deadline = Instant::now() + policy.limits.connect_wait;
    let (mut pause, longest) = STARTING_PAUSES;
    loop {
        let begun = begin(policy, route, settings).await;
        let starting = matches!(begun, Err(Unreached::Starting(_)));
        let ended = route.ending.borrow().is_some() || shared.is_draining();
        if !starting || ended || Instant::now() + pause >= deadline {
            return begun;
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(longest);
    }
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
        LoginError::Refused { code, raw, .. } if code == "57P03" => Unreached::Starting(raw),
        LoginError::Refused { code, raw, .. } if code.starts_with("57P") => Unreached::Going(raw),
        // What class 28 says is about our login, which the client can do nothing about.
        LoginError::Refused {
            authenticated,
            code,
            raw,
            ..
        } if authenticated || !code.starts_with("28") => Unreached::Said(raw),
        error @ LoginError::Cleartext => {
            Unreached::Report(unreachable(place, &error.to_string()).hint(
                "Let the server's pg_hba.conf ask for scram-sha-256, or reach it with \
                 sslmode=verify-full.",
            ))
        }
        error => Unreached::Report(unreachable(place, &error.to_string())),
    }
}

/// The startup message for the server: the route's login, the client's settings, and the route's
/// settings in place of the client's of the same name.
fn rebuild(route: &Route, settings: &Settings) -> Vec<u8> {
    let own = guard::injected(route.access).iter();
    let mut own: Settings = own
        .map(|(name, value)| ((*name).into(), (*value).into()))
        .collect();
    let (encoding, utf8) = guard::ENCODING;
    let asks = settings
        .iter()
        .any(|(name, _)| name.eq_ignore_ascii_case(encoding));
    if route.access != AccessMode::ReadWrite && !asks {
        own.push((encoding.into(), utf8.into()));
    }
    own.extend(route.inject.iter().cloned());
    let injected = |name: &str| {
        own.iter()
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
        .chain(&own)
        .map(pair)
        .collect();
    let settings = settings
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    startup_message(login.into_iter().chain(settings))
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
        Refusal::from(ending).into()
    }
}
