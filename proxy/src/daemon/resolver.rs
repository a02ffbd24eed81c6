//! The answer to the relay's question, from what the environments know.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use rules::config::{AccessMode, Config, Denied, StatementLimits};
use rules::name::UserName;
use rules::target::{Place, Target, place_of_server_name};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::words::for_clients;
use crate::branches::{Database, login_role};
use crate::environments::{
    Cause, Closing, Entered, EnteredUpstream, EnvironmentError, Environments, Kind, Way, chain,
};
use crate::relay::{Asked, Door, Ending, Refusal, Resolve, Route, Upstream, UpstreamTls};

/// Leads clients into environments.
#[derive(Clone)]
pub(super) struct Resolver {
    environments: Environments,
    config: watch::Receiver<Arc<Config>>,
    runtime: Handle,
}

impl Resolve for Resolver {
    fn resolve<'a>(
        &'a self,
        asked: &'a Asked,
    ) -> Pin<Box<dyn Future<Output = Result<Route, Refusal>> + Send + 'a>> {
        let (resolver, asked) = (self.clone(), asked.clone());
        // On the daemon's runtime: a relay worker carries bytes and nothing else. Dropping the
        // future gives the work up, as it would on the worker.
        let task = Given(
            self.runtime
                .spawn(async move { resolver.lead(&asked).await }),
        );
        Box::pin(task)
    }

    fn limits(&self, place: &str) -> Option<StatementLimits> {
        let place: Place = place.parse().ok()?;
        // A reload is here before it is in `config`, and before sessions hear of it.
        let settings = self.environments.settings();
        let table = settings.config.environment_for(&place.environment)?;
        Some(table.limits)
    }
}

/// A task that is given up when nobody waits for it any more.
struct Given(JoinHandle<Result<Route, Refusal>>);

impl Future for Given {
    type Output = Result<Route, Refusal>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context).map(|ended| {
            ended.unwrap_or_else(|error| {
                tracing::error!(%error, "a connection was not led anywhere");
                Err(Refusal {
                    code: "57P03",
                    message: "the connection could not be led anywhere".to_owned(),
                    detail: None,
                    hint: None,
                })
            })
        })
    }
}

impl Drop for Given {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Resolver {
    /// A resolver that works on the runtime it is made on.
    pub(super) fn new(environments: Environments, config: watch::Receiver<Arc<Config>>) -> Self {
        Self {
            environments,
            config,
            runtime: Handle::current(),
        }
    }

    async fn lead(&self, asked: &Asked) -> Result<Route, Refusal> {
        let config = Arc::clone(&self.config.borrow());
        let (database, place) = target(asked, &config)?;
        if let Some((key, _)) = asked.settings.first() {
            return Err(Refusal {
                code: "0A000",
                message: format!("setting \"standin.{key}\" is not available yet"),
                detail: None,
                hint: Some("leave it out of the connection's options".to_owned()),
            });
        }
        may_enter(&config, &asked.user, &place)?;
        // Whoever comes by an environment's own port may call its only database anything.
        let any = matches!(asked.door, Door::Environment(_));
        let wanted = (!any).then_some(database.as_str());
        let way = self.environments.enter(&place, &asked.user, wanted).await;
        match way.map_err(|error| refusal(&error))? {
            Way::Upstream(entered) => {
                let who = (&asked.user, entered.access);
                let ending = self.ending(entered.closing.clone(), who, &place);
                Ok(upstream_route(*entered, database, &place, ending))
            }
            Way::Branch(entered) => {
                let known = database_in(entered.lease.databases(), &database, any);
                let known = known.cloned().ok_or_else(|| {
                    let existing = entered.lease.databases().iter();
                    refusal(&EnvironmentError::UnknownDatabase {
                        database,
                        place: place.to_string(),
                        existing: existing.map(|known| known.name.clone()).collect(),
                    })
                })?;
                self.branch_route(*entered, known, &place, &asked.user)
                    .await
            }
        }
    }

    /// Turns the end of a generation, and of the right to be in it, into what the client is told.
    fn ending(
        &self,
        closing: watch::Receiver<Option<Closing>>,
        (user, access): (&UserName, AccessMode),
        place: &Place,
    ) -> watch::Receiver<Option<Ending>> {
        let (sender, receiver) = watch::channel(None);
        let (config, user, place) = (self.config.clone(), user.clone(), place.clone());
        let environments = self.environments.clone();
        tokio::spawn(async move {
            // A generation whose rights change closes before the new configuration is in `config`.
            let told = |closing: &Closing| {
                let settings = environments.settings();
                let own = (closing.cause == Cause::Access)
                    .then(|| changed(&settings.config, (&user, access), &place));
                own.flatten().unwrap_or_else(|| closed(closing, &place))
            };
            tokio::select! {
                ending = end_of((closing, told), config, (&user, access), &place) => {
                    sender.send_replace(ending);
                }
                // The session is over: nobody listens any more.
                () = sender.closed() => {}
            }
        });
        receiver
    }

    async fn branch_route(
        &self,
        entered: Entered,
        Database { name, owner }: Database,
        place: &Place,
        user: &UserName,
    ) -> Result<Route, Refusal> {
        if let Err(error) = entered.lease.ensure_login(user, entered.access).await {
            // A server that goes with its place takes the login with it.
            if let Some(closing) = &*entered.closing.borrow() {
                return Err(closed(closing, place).into());
            }
            return Err(Refusal {
                code: "57P03",
                message: format!("the login role for \"{user}\" could not be made in \"{place}\""),
                detail: Some(for_clients(&chain(&error)).into_owned()),
                hint: None,
            });
        }
        Ok(Route {
            upstream: Upstream::Unix(entered.lease.socket()),
            user: login_role(user, entered.access),
            password: None,
            database: name,
            // Who may do everything works as the owner; the others have rights of their own.
            inject: match entered.access {
                AccessMode::ReadWrite => vec![("role".to_owned(), owner)],
                AccessMode::ReadOnly | AccessMode::Append => Vec::new(),
            },
            access: entered.access,
            is_advisory: false,
            limits: entered.limits,
            place: place.to_string(),
            ending: self.ending(entered.closing.clone(), (user, entered.access), place),
            notices: entered.notices.clone(),
            lease: Box::new(entered),
        })
    }
}

/// The database of a place that a name means; with `any`, the only one has every name.
fn database_in<'a>(databases: &'a [Database], name: &str, any: bool) -> Option<&'a Database> {
    let named = databases.iter().find(|known| known.name == name);
    match databases {
        [only] if any => Some(only),
        _ => named,
    }
}

/// The database and place that a client asks for: by its database name, its door, or its TLS server
/// name, in this order.
fn target(asked: &Asked, config: &Config) -> Result<(String, Place), Refusal> {
    if let Door::Environment(environment) = &asked.door {
        return Ok((
            asked.database.clone(),
            Place::environment(environment.clone()),
        ));
    }
    match asked.database.parse::<Target>() {
        Ok(target) => return Ok((target.database, target.place)),
        Err(error) if asked.database.contains('@') => return Err(unknown(&chain(&error), config)),
        Err(_) => {}
    }
    let domain = config.listen.domain.as_deref();
    let named = asked.server_name.as_deref().zip(domain);
    match named.and_then(|(name, domain)| place_of_server_name(name, domain)) {
        Some(place) => Ok((asked.database.clone(), place)),
        None => Err(unknown(
            &format!("\"{}\" names no environment", asked.database),
            config,
        )),
    }
}

fn unknown(message: &str, config: &Config) -> Refusal {
    let names: Vec<String> = config
        .environments
        .iter()
        .map(|environment| environment.pattern.to_string())
        .collect();
    Refusal {
        code: "3D000",
        message: message.to_owned(),
        detail: Some(format!("the environments are: {}", names.join(", "))),
        hint: Some(
            "connect to database@environment or database@environment.branch, to an environment's \
             own port, or by TLS to environment[--branch].domain"
                .to_owned(),
        ),
    }
}

fn may_enter(config: &Config, user: &UserName, place: &Place) -> Result<(), Refusal> {
    let allowed = config.may_enter(user, &place.environment);
    let barred = format!(
        "user \"{user}\" may not enter environment \"{}\"",
        place.environment
    );
    allowed.map_err(|denied| match denied {
        Denied::UnknownEnvironment(name) => {
            let meant = config.suggest_environment(name.as_str());
            let meant =
                meant.map_or_else(String::new, |meant| format!("; did you mean \"{meant}\"?"));
            let message = format!("environment \"{name}\" does not exist{meant}");
            unknown(&message, config)
        }
        denied => Refusal {
            code: "42501",
            detail: Some(denied.to_string()).filter(|detail| *detail != barred),
            message: barred,
            hint: Some(format!(
                "add it to users.{user}.environments in the configuration"
            )),
        },
    })
}

fn refusal(error: &EnvironmentError) -> Refusal {
    let code = match error.kind() {
        Kind::NotFound => "3D000",
        Kind::Forbidden => "42501",
        Kind::Busy | Kind::Exists => "55006",
        Kind::Limit => "53400",
        Kind::Full => "53100",
        Kind::Unsupported => "0A000",
        Kind::Failed => "57P03",
    };
    if let EnvironmentError::Step { place, .. } = error {
        let environment = place.split('.').next().unwrap_or(place);
        return Refusal {
            code,
            message: format!("\"{place}\" is not available: {error} failed"),
            // Why production could not be copied names hosts and paths, which are none of a
            // client's business.
            detail: (!error.is_of_production()).then(|| cause(error)).flatten(),
            hint: Some(format!(
                "whoever runs Standin finds more in its log and by `standin environment show \
                 {environment}`"
            )),
        };
    }
    let hints = error.hints();
    Refusal {
        code,
        detail: cause(error),
        message: error.to_string(),
        hint: (!hints.is_empty()).then(|| hints.join("; ")),
    }
}

/// What stands behind an error's own words.
fn cause(error: &EnvironmentError) -> Option<String> {
    let all = chain(error);
    let behind = all.strip_prefix(&error.to_string())?.strip_prefix(": ")?;
    Some(for_clients(behind).into_owned())
}

/// What a client is told when its generation ends.
fn closed(closing: &Closing, place: &Place) -> Ending {
    let what = match closing.cause {
        Cause::Operation(operation) => format!("\"{place}\" was {}", operation.participle()),
        Cause::Access => format!("access to \"{place}\" changed"),
    };
    Ending {
        message: format!("terminating connection because {what}"),
        detail: Some(format!("asked for by {} at {:.0}", closing.by, closing.at)),
        hint: Some("reconnect to get the present state".to_owned()),
    }
}

/// What a client is told when a reload took away its right to be where it is.
fn shut_out(config: &Config, user: &UserName, place: &Place) -> Option<Ending> {
    let refusal = may_enter(config, user, place).err()?;
    Some(Ending {
        message: format!("terminating connection because {}", refusal.message),
        detail: refusal.detail,
        hint: refusal.hint,
    })
}

/// What a client is told when a reload changed what it may do: its session began with other rights.
fn changed(
    config: &Config,
    (user, access): (&UserName, AccessMode),
    place: &Place,
) -> Option<Ending> {
    let table = config.environment_for(&place.environment)?;
    let now = config.access(user, table);
    (now != access).then(|| Ending {
        message: format!("terminating connection because access to \"{place}\" is now {now}"),
        detail: Some(format!("It was {access} when the session began.")),
        hint: Some("reconnect to go on with the access that there is now".to_owned()),
    })
}

/// Completes with the reason when a session of `user` in `place` must end.
async fn end_of(
    (mut closing, told): (
        watch::Receiver<Option<Closing>>,
        impl Fn(&Closing) -> Ending,
    ),
    mut config: watch::Receiver<Arc<Config>>,
    (user, access): (&UserName, AccessMode),
    place: &Place,
) -> Option<Ending> {
    let ended = async {
        let closing = closing.wait_for(Option::is_some).await.ok()?;
        closing.as_ref().map(&told)
    };
    let barred = async {
        loop {
            let read = Arc::clone(&config.borrow_and_update());
            let out = shut_out(&read, user, place);
            if let Some(ending) = out.or_else(|| changed(&read, (user, access), place)) {
                return Some(ending);
            }
            if config.changed().await.is_err() {
                // Nothing is read again any more: the daemon stops.
                return std::future::pending().await;
            }
        }
    };
    tokio::select! {
        biased;
        ending = ended => ending,
        ending = barred => ending,
    }
}

fn upstream_route(
    entered: EnteredUpstream,
    database: String,
    place: &Place,
    ending: watch::Receiver<Option<Ending>>,
) -> Route {
    let address = entered.address.clone();
    let tls = UpstreamTls::of(&address.sslmode, address.sslrootcert);
    let upstream = if address.host.starts_with('/') {
        Upstream::Unix(format!("{}/.s.PGSQL.{}", address.host, address.port).into())
    } else {
        Upstream::Tcp {
            host: address.host,
            port: address.port,
            tls,
        }
    };
    Route {
        upstream,
        user: address.user,
        password: address.password,
        database,
        inject: Vec::new(),
        access: entered.access,
        is_advisory: true,
        limits: entered.limits,
        place: place.to_string(),
        ending,
        notices: Vec::new(),
        lease: Box::new(entered),
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    fn config(users: &str) -> Arc<Config> {
        let text = format!(
            "[pool]\npath = \"pool\"\n[listen]\npostgres = \"127.0.0.1:6432\"\n\
             [environments.qa]\nsource = {{ migrations = \"m\", database = \"shop\" }}\n{users}"
        );
        Arc::new(rules::config::parse(&text).expect("is a configuration"))
    }

    #[test]
    fn a_user_removed_at_a_reload_does_not_stay_connected() {
        let user =
            |name: &str| format!("[users.{name}]\npassword = \"env:P\"\nenvironments = [\"qa\"]\n");
        let (ada, place): (UserName, Place) = ("ada".parse().unwrap(), "qa".parse().unwrap());
        let both = config(&(user("ada") + &user("bob")));
        let reload = watch::Sender::new(both.clone());
        let (_open, closing) = watch::channel(None);
        let who = (&ada, AccessMode::ReadWrite);
        let told = |closing: &Closing| closed(closing, &place);
        let end = end_of((closing, told), reload.subscribe(), who, &place);
        tokio::pin!(end);
        assert_eq!(end.as_mut().now_or_never(), None);
        reload.send_replace(both);
        assert_eq!(end.as_mut().now_or_never(), None);
        reload.send_replace(config(&user("bob")));
        let ending = end.now_or_never().flatten().expect("the session ends");
        let message = ending.message;
        assert!(message.contains("\"ada\" may not enter"), "{message}");
    }
}
