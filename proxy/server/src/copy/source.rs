//! How to reach the server that is copied, kept so that its password never shows.
//!
//! libpq's programs get all of it through a service file of mode 0600: command lines and
//! environments of processes can be read by others.

use std::fmt;
use std::str::FromStr;

/// A connection string of PostgreSQL, URL or `key=value`, taken apart.
#[derive(Clone, PartialEq, Eq)]
pub struct ConnectionString {
    options: Vec<(String, String)>,
}

/// Why a connection string was refused. Never says what stands in it: that may be a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ConnectionStringError {
    /// Neither `postgres://…` nor `key=value …`.
    #[error("the connection string is neither \"postgres://…\" nor \"key=value …\"")]
    Form,
    /// A `%` without two hexadecimal digits, or bytes that are no UTF-8.
    #[error("the connection URL holds a \"%\" that stands for no character")]
    Percent,
    /// A quote or backslash without its end.
    #[error("the connection string ends within a quoted value")]
    Quote,
    /// Part of it cannot be written to a service file.
    #[error("a value of the connection string holds a line break, or ends in a blank")]
    Value,
    /// It points at further configuration, which the servers' user would not find.
    #[error("the connection string may not name a service")]
    Service,
}

impl ConnectionString {
    /// The value of an option, `host` or `dbname` for example.
    pub fn option(&self, name: &str) -> Option<&str> {
        let mut options = self.options.iter().rev();
        options
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// Every option in the order of the text; of one that is given twice, the last holds.
    pub fn options(&self) -> impl Iterator<Item = (&str, &str)> {
        let options = self.options.iter();
        options.map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// Host and port for messages.
    pub fn address(&self) -> String {
        let host = self
            .option("host")
            .or(self.option("hostaddr"))
            .unwrap_or("localhost");
        format!("{host}:{}", self.option("port").unwrap_or("5432"))
    }

    /// A service file with one service of this name (PostgreSQL documentation, "The Connection
    /// Service File"); the database is `postgres` where none is named.
    pub(super) fn service_file(&self, service: &str) -> String {
        let default = [("dbname".to_owned(), "postgres".to_owned())];
        let default = default.iter().filter(|_| self.option("dbname").is_none());
        let options = self.options.iter().chain(default);
        options.fold(format!("[{service}]\n"), |file, (key, value)| {
            format!("{file}{key}={value}\n")
        })
    }

    fn checked(options: Vec<(String, String)>) -> Result<Self, ConnectionStringError> {
        for (key, value) in &options {
            if key == "service" || key == "servicefile" {
                return Err(ConnectionStringError::Service);
            }
            let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            if key.is_empty() || !key.chars().all(word) {
                return Err(ConnectionStringError::Form);
            }
            if value.contains(['\n', '\r', '\0']) || value.ends_with(char::is_whitespace) {
                return Err(ConnectionStringError::Value);
            }
        }
        Ok(Self { options })
    }
}

impl fmt::Debug for ConnectionString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ConnectionString({})", self.address())
    }
}

impl FromStr for ConnectionString {
    type Err = ConnectionStringError;

    fn from_str(text: &str) -> Result<Self, ConnectionStringError> {
        let url = text
            .strip_prefix("postgres://")
            .or(text.strip_prefix("postgresql://"));
        Self::checked(match url {
            Some(rest) => from_url(rest)?,
            None => from_pairs(text)?,
        })
    }
}

/// `[user[:password]@][host[:port][,…]][/database][?key=value[&…]]`.
fn from_url(rest: &str) -> Result<Vec<(String, String)>, ConnectionStringError> {
    let mut options = Vec::new();
    let mut add = |key: &str, value: &str| -> Result<(), ConnectionStringError> {
        if !value.is_empty() {
            options.push((key.to_owned(), percent_decoded(value)?));
        }
        Ok(())
    };
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, database) = rest.split_once('/').unwrap_or((rest, ""));
    let (login, hosts) = authority.rsplit_once('@').unwrap_or(("", authority));
    let (user, password) = login.split_once(':').unwrap_or((login, ""));
    add("user", user)?;
    add("password", password)?;
    let (mut names, mut ports) = (Vec::new(), Vec::new());
    for host in hosts.split(',') {
        // An address of version 6 stands in brackets because of its colons.
        let (name, port) = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((name, port)) => (name, port.strip_prefix(':').unwrap_or("")),
            None => host.split_once(':').unwrap_or((host, "")),
        };
        names.push(name);
        ports.push(port);
    }
    if names.iter().any(|name| !name.is_empty()) {
        add("host", &names.join(","))?;
    }
    if ports.iter().any(|port| !port.is_empty()) {
        add("port", &ports.join(","))?;
    }
    add("dbname", database)?;
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').ok_or(ConnectionStringError::Form)?;
        match (key, value) {
            // As JDBC writes it; libpq knows both.
            ("ssl", "true") => add("sslmode", "require")?,
            _ => add(key, value)?,
        }
    }
    Ok(options)
}

fn percent_decoded(text: &str) -> Result<String, ConnectionStringError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        rest = match first {
            b'%' => {
                let digits = tail
                    .get(..2)
                    .and_then(|digits| std::str::from_utf8(digits).ok());
                let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
                bytes.push(byte.ok_or(ConnectionStringError::Percent)?);
                &tail[2..]
            }
            byte => {
                bytes.push(byte);
                tail
            }
        };
    }
    String::from_utf8(bytes).map_err(|_| ConnectionStringError::Percent)
}

/// `key = value` pairs; values in single quotes may hold blanks, backslash quotes one character.
fn from_pairs(text: &str) -> Result<Vec<(String, String)>, ConnectionStringError> {
    let mut options = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (key, after) = rest.split_once('=').ok_or(ConnectionStringError::Form)?;
        let after = after.trim_start();
        let (quoted, mut characters) = match after.strip_prefix('\'') {
            Some(inside) => (true, inside.chars()),
            None => (false, after.chars()),
        };
        let mut value = String::new();
        loop {
            match characters.next() {
                Some('\\') => value.push(characters.next().ok_or(ConnectionStringError::Quote)?),
                Some('\'') if quoted => break,
                Some(c) if !quoted && c.is_whitespace() => break,
                Some(c) => value.push(c),
                None if quoted => return Err(ConnectionStringError::Quote),
                None => break,
            }
        }
        options.push((key.trim_end().to_owned(), value));
        rest = characters.as_str().trim_start();
    }
    if options.is_empty() {
        Err(ConnectionStringError::Form)
    } else {
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::{ConnectionString, ConnectionStringError};

    fn check(text: &str, expected: &[(&str, &str)]) {
        let parsed: ConnectionString = text.parse().expect("a connection string");
        let found: Vec<_> = parsed
            .options
            .iter()
            .map(|(k, v)| (k.as_str(), v.as_str()))
            .collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn a_url_is_taken_apart_as_libpq_does() {
        check(
            "postgres://ada:p%40ss@db.example:5433/shop?sslmode=require",
            &[
                ("user", "ada"),
                ("password", "p@ss"),
                ("host", "db.example"),
                ("port", "5433"),
                ("dbname", "shop"),
                ("sslmode", "require"),
            ],
        );
        check(
            "postgresql:///shop?host=/run/pg",
            &[("dbname", "shop"), ("host", "/run/pg")],
        );
        check(
            "postgres://[::1]:1,b:2/",
            &[("host", "::1,b"), ("port", "1,2")],
        );
        check(
            "postgres://u@a,b/d",
            &[("user", "u"), ("host", "a,b"), ("dbname", "d")],
        );
    }

    #[test]
    fn pairs_are_taken_apart_as_libpq_does() {
        check(
            r"host=/run  user = 'a b' password='it\'s' port=1",
            &[
                ("host", "/run"),
                ("user", "a b"),
                ("password", "it's"),
                ("port", "1"),
            ],
        );
    }

    #[test]
    fn nothing_gets_into_the_service_file_but_values() {
        for (text, reason) in [
            (
                "postgres://u:a%0Ahost=evil@h/d",
                ConnectionStringError::Value,
            ),
            ("postgres://u:p%20@h/d", ConnectionStringError::Value),
            ("postgres://u:%ZZ@h/d", ConnectionStringError::Percent),
            ("postgres://h/d?service=x", ConnectionStringError::Service),
            ("postgres://h/d?[x]=y", ConnectionStringError::Form),
            ("host='x", ConnectionStringError::Quote),
            ("shop", ConnectionStringError::Form),
            ("", ConnectionStringError::Form),
        ] {
            assert_eq!(text.parse::<ConnectionString>(), Err(reason), "{text}");
        }
    }

    #[test]
    fn a_password_never_shows_in_what_is_printed_for_people() {
        let parsed: ConnectionString = "postgres://u:secret@h/d".parse().expect("a URL");
        assert!(!format!("{parsed:?}{}", parsed.address()).contains("secret"));
        assert!(parsed.service_file("s").contains("password=secret"));
    }
}
