//! `standin init`

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rand::Rng;
use rand::distr::Alphanumeric;
use rules::config::Secret;

use super::super::args::Init;
use super::super::failure::Failure;
use super::super::output::Output;

/// Letters of a password that is made up: 128 bits and some.
const PASSWORD_LETTERS: usize = 24;

/// The file that holds the password of the user `app`.
const PASSWORD_FILE: &str = "app.password";

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
        if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            return Err(Failure::usage(
                "a connection URL begins with postgres:// or postgresql://",
            ));
        }
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
    let template = rules::config::template(url.as_ref(), &Secret::File(PASSWORD_FILE.into()));
    std::fs::write(config, template)
        .map_err(|error| Failure::failed(format!("write {}: {error}", config.display())))?;
    let written = serde_json::json!({ "configuration": config, "password": password });
    output.show(&written, |_| {
        format!(
            "wrote {}\nwrote {} (the password of user app)\n\
             next: `standin check`, `standin setup`, `standin up`",
            config.display(),
            password.display()
        )
    });
    Ok(())
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
