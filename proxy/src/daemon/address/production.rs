//! From production's connection string to how it is reached.

use std::path::PathBuf;

use masker::source::Production;
use tokio_postgres::Config;
use tokio_postgres::config::SslMode;

use super::upstream::{SSL_MODES, UrlError};
use crate::branches::{ConnectionString, ConnectionStringError};
use crate::relay::{UpstreamTls, client_config};

/// Reads the URL or the `key=value` pairs of `[production] url`.
pub(in super::super) fn production(text: &str) -> Result<Production, UrlError> {
    let parsed: ConnectionString = text
        .parse()
        .map_err(|error: ConnectionStringError| UrlError::Unreadable(error.to_string()))?;
    let mut config = Config::new();
    config.application_name("standin");
    let mut mode = "prefer";
    let mut roots = None;
    for (key, value) in parsed.options() {
        match key {
            "host" | "hostaddr" => value.split(',').for_each(|host| {
                config.host(host);
            }),
            "port" => {
                for port in value.split(',') {
                    let port = port
                        .parse()
                        .map_err(|_| UrlError::Unreadable("the port is no number".to_owned()))?;
                    config.port(port);
                }
            }
            "user" => drop(config.user(value)),
            "password" => drop(config.password(value)),
            "dbname" => drop(config.dbname(value)),
            "sslmode" if SSL_MODES.contains(&value) => mode = value,
            "sslmode" => return Err(UrlError::SslMode(value.to_owned())),
            "sslrootcert" => roots = Some(PathBuf::from(value)),
            // What else libpq knows concerns libpq itself.
            _ => {}
        }
    }
    let tls = UpstreamTls::of(mode, roots);
    config.ssl_mode(match &tls {
        UpstreamTls::Disable => SslMode::Disable,
        UpstreamTls::Prefer => SslMode::Prefer,
        _ => SslMode::Require,
    });
    let tls = client_config(&tls).map_err(|error| UrlError::Unreadable(error.to_string()))?;
    Ok(Production { config, tls })
}
