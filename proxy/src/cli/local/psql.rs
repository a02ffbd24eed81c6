//! `standin psql TARGET`

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use rules::config::Password;
use rules::name::UserName;
use rules::target::Target;

use super::super::args::Psql;
use super::super::failure::Failure;
use super::check;
use crate::daemon;

/// Becomes psql, connected to the daemon as a user of the configuration.
pub(in super::super) fn run(config: &Path, psql: &Psql) -> Result<(), Failure> {
    let target: Target = psql
        .target
        .parse()
        .map_err(|error: rules::target::TargetError| {
            Failure::usage(error.to_string())
                .hint("a target is written database@environment[.branch]")
        })?;
    let loaded = daemon::load(config).map_err(check::failure)?;
    let (user, password) = login(&loaded, psql.user.as_deref())?;
    let mut command = Command::new("psql");
    command
        .env("PGUSER", user.as_str())
        .env("PGPASSWORD", password);
    command.env("PGDATABASE", target.to_string());
    match (&loaded.config.listen.postgres, &loaded.config.listen.unix) {
        (_, Some(directory)) => {
            command.env("PGHOST", loaded.directory.join(directory));
            let port = loaded
                .config
                .listen
                .postgres
                .map_or(5432, |address| address.port());
            command.env("PGPORT", port.to_string());
        }
        (Some(address), None) => {
            let host = match address.ip() {
                ip if ip.is_unspecified() => "localhost".to_owned(),
                ip => ip.to_string(),
            };
            command
                .env("PGHOST", host)
                .env("PGPORT", address.port().to_string());
        }
        (None, None) => return Err(Failure::configuration("[listen] names no endpoint")),
    }
    command.args(&psql.arguments);
    let error = command.exec();
    Err(Failure::failed(format!("run psql: {error}"))
        .hint("install the PostgreSQL client: apt-get install postgresql-client"))
}

/// The user that was asked for, or the first whose password can be read.
fn login(loaded: &daemon::Loaded, wanted: Option<&str>) -> Result<(UserName, String), Failure> {
    let users = loaded.config.users.iter();
    let named = |name: &UserName| wanted.is_none_or(|wanted| wanted == name.as_str());
    for (name, user) in users.filter(|(name, _)| named(name)) {
        if let Password::Secret(secret) = &user.password
            && let Ok(password) = loaded.secret("password", secret)
        {
            return Ok((name.clone(), password));
        }
    }
    Err(match wanted {
        Some(wanted) => {
            Failure::usage(format!("the password of user \"{wanted}\" is not readable"))
        }
        None => Failure::usage("no user of the configuration has a readable password"),
    }
    .hint("`--user NAME`, with a password from env: or file: in the configuration"))
}
