//! `standin init`

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rand::RngExt;
use rand::distr::Alphanumeric;
use rules::config::Secret;

use super::super::args::Init;
use super::super::failure::Failure;
use super::super::output::Output;

/// Letters of a password that is made up: 128 bits and some.
const PASSWORD_LETTERS: usize = 24;

/// The file that holds the password of the user `app`.
const PASSWORD_FILE: &str = "app.password";

/// Where the template looks for migrations.
const MIGRATIONS: &str = "db/migrations";

/// The file that holds production's connection URL.
const URL_FILE: &str = "production.url";

pub(in super::super) fn run(config: &Path, init: &Init, output: &Output) -> Result<(), Failure> {
    if config.exists() && !init.force {
        return Err(
            Failure::failed(format!("{} is there already", config.display()))
                .hint("`--force` replaces it, `--config FILE` writes another"),
        );
    }
    let directory = config.parent().unwrap_or(Path::new("."));
    if let Some(url) = &init.production {
        is_complete(url)?;
        write_secret(&directory.join(URL_FILE), url)?;
    }
    let password = directory.join(PASSWORD_FILE);
    if !password.exists() {
        write_secret(&password, &made_up_password())?;
    }
    let url = init
        .production
        .as_ref()
        .map(|_| Secret::File(URL_FILE.into()));
    let migrations = init
        .production
        .is_none()
        .then(|| directory.join(MIGRATIONS));
    if let Some(migrations) = &migrations {
        std::fs::create_dir_all(migrations)
            .map_err(|error| Failure::failed(format!("make {}: {error}", migrations.display())))?;
    }
    let template = rules::config::template(url.as_ref(), &Secret::File(PASSWORD_FILE.into()));
    std::fs::write(config, template)
        .map_err(|error| Failure::failed(format!("write {}: {error}", config.display())))?;
    let written = serde_json::json!({
        "configuration": config, "password": password, "migrations": migrations,
    });
    output.show(&written, |_| {
        let migrations = migrations.map_or_else(String::new, |directory| {
            let directory = directory.display();
            format!("\n{directory} is for migrations: .sql files, run in the order of their names")
        });
        format!(
            "wrote {}\nwrote {} (the password of user app){migrations}\n\
             next: `standin check`, `standin setup`, `standin up`",
            config.display(),
            password.display()
        )
    });
    Ok(())
}

/// Refuses a connection URL that leads nowhere; says nothing of its text, which may hold a password.
fn is_complete(url: &str) -> Result<(), Failure> {
    let example = "postgres://reader:secret@db.example.org/shop";
    let rest = url
        .strip_prefix("postgres://")
        .or_else(|| url.strip_prefix("postgresql://"));
    let Some(rest) = rest else {
        let scheme = "a connection URL begins with postgres:// or postgresql://";
        return Err(Failure::usage(scheme).hint(format!("for example {example}")));
    };
    let (address, parameters) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, database) = address.split_once('/').unwrap_or((address, ""));
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    let given = |names: &[&str]| {
        let mut keys = parameters.split('&').filter_map(|one| one.split_once('='));
        keys.any(|(key, value)| names.contains(&key) && !value.is_empty())
    };
    let missing = match (host, database) {
        ("", _) if !given(&["host", "hostaddr", "service"]) => "host",
        (_, "") if !given(&["dbname", "service"]) => "database",
        _ => return Ok(()),
    };
    Err(
        Failure::usage(format!("the connection URL names no {missing}"))
            .hint(format!("for example {example}")),
    )
}

/// A password that nobody has to remember.
pub(in super::super) fn made_up_password() -> String {
    rand::rng()
        .sample_iter(Alphanumeric)
        .take(PASSWORD_LETTERS)
        .map(char::from)
        .collect()
}

/// Writes a file that only its owner can read, from its first byte on.
pub(in super::super) fn write_secret(path: &Path, secret: &str) -> Result<(), Failure> {
    let failed = |error| Failure::failed(format!("write {}: {error}", path.display()));
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    let file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    file.and_then(|mut file| writeln!(file, "{secret}"))
        .map_err(failed)
}
