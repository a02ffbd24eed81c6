//! The connection URL of a server that is not ours.

use std::path::PathBuf;

use tokio_postgres::config::Host;

use crate::environments::UpstreamAddress;

/// Why a URL was refused. Says nothing of the URL's text, which may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(in super::super) enum UrlError {
    /// It does not begin with `postgres://` or `postgresql://`.
    #[error("a connection URL begins with postgres:// or postgresql://")]
    Scheme,
    /// It cannot be read.
    #[error("the connection URL cannot be read: {0}")]
    Unreadable(String),
    /// It names no host, or several.
    #[error("the connection URL must name exactly one host")]
    Host,
    /// It names no user.
    #[error("the connection URL must name a user")]
    User,
    /// The mode is none of libpq's.
    #[error("sslmode {0:?} is none of disable, allow, prefer, require, verify-ca, verify-full")]
    SslMode(String),
}

pub(in super::super) const SSL_MODES: [&str; 6] = [
    "disable",
    "allow",
    "prefer",
    "require",
    "verify-ca",
    "verify-full",
];

/// PostgreSQL's port where the URL names none.
const DEFAULT_PORT: u16 = 5432;

/// Reads a connection URL: libpq's form, of which host, port, user, password, `sslmode` and
/// `sslrootcert` are used.
pub(in super::super) fn parse(url: &str) -> Result<UpstreamAddress, UrlError> {
    if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
        return Err(UrlError::Scheme);
    }
    let (address, parameters) = url.split_once('?').unwrap_or((url, ""));
    let mut sslmode = "prefer".to_owned();
    let mut sslrootcert = None;
    let mut rest = Vec::new();
    for parameter in parameters
        .split('&')
        .filter(|parameter| !parameter.is_empty())
    {
        match parameter.split_once('=') {
            Some(("sslmode", mode)) if SSL_MODES.contains(&mode) => mode.clone_into(&mut sslmode),
            Some(("sslmode", mode)) => return Err(UrlError::SslMode(mode.to_owned())),
            Some(("sslrootcert", path)) => sslrootcert = Some(PathBuf::from(path)),
            Some(("host" | "port" | "user" | "password", _)) => rest.push(parameter),
            // What else libpq knows concerns libpq itself.
            _ => {}
        }
    }
    let plain = format!("{address}?{}", rest.join("&"));
    let config: tokio_postgres::Config = plain
        .parse()
        .map_err(|error: tokio_postgres::Error| UrlError::Unreadable(error.to_string()))?;
    let host = match config.get_hosts() {
        [Host::Tcp(host)] => host.clone(),
        [Host::Unix(path)] => path.display().to_string(),
        _ => return Err(UrlError::Host),
    };
    let password = config.get_password();
    Ok(UpstreamAddress {
        host,
        port: config.get_ports().first().copied().unwrap_or(DEFAULT_PORT),
        user: config.get_user().ok_or(UrlError::User)?.to_owned(),
        password: password.map(|password| String::from_utf8_lossy(password).into_owned()),
        sslmode,
        sslrootcert,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_gives_its_parts() {
        let url = "postgresql://ada:s%20ecret@db.example.org:5433/shop?sslmode=verify-full\
                   &sslrootcert=/etc/ca.pem&application_name=x";
        let address = parse(url).expect("is a url");
        assert_eq!(
            (address.host.as_str(), address.port),
            ("db.example.org", 5433)
        );
        assert_eq!(address.user, "ada");
        assert_eq!(address.password.as_deref(), Some("s ecret"));
        assert_eq!(address.sslmode, "verify-full");
        assert_eq!(address.sslrootcert, Some("/etc/ca.pem".into()));
    }

    #[test]
    fn a_socket_directory_is_a_host() {
        let address = parse("postgres://ada@/shop?host=/run/postgresql").expect("is a url");
        assert_eq!(
            (address.host.as_str(), address.port),
            ("/run/postgresql", 5432)
        );
    }

    #[test]
    fn wrong_urls_say_what_is_wrong_and_never_the_password() {
        let refused = |url| parse(url).map(|_| ()).expect_err("is refused");
        assert_eq!(refused("mysql://x"), UrlError::Scheme);
        assert_eq!(refused("postgres://ada@a,b/shop"), UrlError::Host);
        assert_eq!(refused("postgres://host/shop"), UrlError::User);
        assert_eq!(
            refused("postgres://ada@h/x?sslmode=on"),
            UrlError::SslMode("on".into())
        );
        for url in [
            "postgres://ada:hunter2@h:x/db",
            "postgres://ada:hunter2@h/db?port=zz",
        ] {
            assert!(!refused(url).to_string().contains("hunter2"));
        }
    }
}
