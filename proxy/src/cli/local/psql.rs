//! `standin psql TARGET`

use std::io::ErrorKind;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use rules::name::UserName;
use rules::target::{Target, TargetError};

use super::super::args::Psql;
use super::super::client::Client;
use super::super::failure::Failure;
use super::check;
use crate::daemon::{self, Loaded};
use crate::environments::EnvironmentLine;

/// Becomes psql, connected to the daemon as a user of the configuration.
///
/// What Standin can tell beforehand it tells itself, with its own exit codes; from then on they are
/// psql's.
pub(in super::super) fn run(config: &Path, psql: &Psql) -> Result<(), Failure> {
    let target: Result<Target, TargetError> = psql.target.parse();
    let target = target.map_err(|error| {
        Failure::wrong_name(&error).hint("a target is written database@environment[.branch]")
    })?;
    let loaded = daemon::load(config).map_err(check::failure)?;
    let (user, password) = login(&loaded, psql.user.as_deref())?;
    super::super::runtime()?.block_on(look(&loaded, &target))?;
    let mut command = Command::new("psql");
    command
        .env("PGUSER", user.as_str())
        .env("PGPASSWORD", password)
        .env("PGDATABASE", target.to_string());
    let (host, port) = endpoint(&loaded)?;
    command.env("PGHOST", host).env("PGPORT", port.to_string());
    command.args(&psql.arguments);
    let error = command.exec();
    Err(Failure::failed(format!("run psql: {error}"))
        .hint("install the PostgreSQL client: apt-get install postgresql-client"))
}

/// Whether there is a daemon, and the environment in it.
async fn look(loaded: &Loaded, target: &Target) -> Result<(), Failure> {
    let client = Client::at(loaded.pool_path());
    let connected = client.try_connect().await;
    // Who may not ask the daemon may still be its client.
    if connected.is_err_and(|error| error.kind() == ErrorKind::PermissionDenied) {
        return Ok(());
    }
    let path = format!("/v1/environments/{}", target.place.environment);
    client.get::<EnvironmentLine>(&path).await.map(drop)
}

fn endpoint(loaded: &Loaded) -> Result<(String, u16), Failure> {
    let listen = &loaded.config.listen;
    match (&listen.postgres, &listen.unix) {
        (address, Some(directory)) => Ok((
            loaded.directory.join(directory).display().to_string(),
            address.map_or(5432, |address| address.port()),
        )),
        (Some(address), None) => {
            let host = match address.ip() {
                ip if ip.is_unspecified() => "localhost".to_owned(),
                ip => ip.to_string(),
            };
            Ok((host, address.port()))
        }
        (None, None) => Err(Failure::configuration("[listen] names no endpoint")),
    }
}

/// The user that was asked for, or the first whose password can be read.
fn login(loaded: &Loaded, wanted: Option<&str>) -> Result<(UserName, String), Failure> {
    let users = &loaded.config.users;
    let named = |name: &&UserName| wanted.is_none_or(|wanted| wanted == name.as_str());
    for name in users.keys().filter(named) {
        if let Some(password) = loaded.password(name) {
            return Ok((name.clone(), password));
        }
    }
    let readable = "`--user NAME`, with a password from env: or file: in the configuration";
    let Some(wanted) = wanted else {
        let nobody = "no user of the configuration has a readable password";
        return Err(Failure::usage(nobody).hint(readable));
    };
    if users.keys().any(|name| name.as_str() == wanted) {
        let unreadable = format!("the password of user \"{wanted}\" is not readable");
        return Err(Failure::usage(unreadable).hint(readable));
    }
    let unknown = Failure::usage(format!("user \"{wanted}\" is not in the configuration"));
    let names: Vec<&str> = users.keys().map(UserName::as_str).collect();
    Err(match loaded.config.suggest_user(wanted) {
        Some(name) => unknown.hint(format!("did you mean \"{name}\"?")),
        None => unknown.hint(format!("the users are: {}", names.join(", "))),
    })
}
