//! `[listen]`: where clients connect.

use std::net::SocketAddr;
use std::path::PathBuf;

use super::defaults;
use super::secret::{Secret, secret};
use super::text::{Later, ProblemKind, Report, Table, Value};

/// `[listen]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Listen {
    /// TCP address of the PostgreSQL endpoint.
    pub postgres: Option<SocketAddr>,
    /// Directory of a unix socket `.s.PGSQL.<port>` of the same endpoint.
    pub unix: Option<PathBuf>,
    /// Certificate and key; without it TLS is answered with `N`.
    pub tls: Option<Tls>,
    /// Domain under which SNI names environments: `environment[--branch].domain`.
    pub domain: Option<String>,
    /// Whether each connection begins with a PROXY protocol v2 header.
    pub proxy_protocol: bool,
}

/// `[listen] tls`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// Certificate chain, PEM.
    pub cert: Secret,
    /// Private key, PEM.
    pub key: Secret,
    /// Whether a connection in clear is refused (unix sockets excepted).
    pub required: bool,
}

impl Default for Listen {
    fn default() -> Self {
        Self {
            postgres: Some(defaults::LISTEN_POSTGRES),
            unix: None,
            tls: None,
            domain: None,
            proxy_protocol: false,
        }
    }
}

const LATER: [Later; 3] = [
    Later {
        key: "admin",
        today: "the command line reaches the daemon through its control socket; remove this key",
    },
    Later {
        key: "http_proxy",
        today: "applications reach third parties without Standin; remove this key",
    },
    Later {
        key: "smtp",
        today: "applications send mail without Standin; remove this key",
    },
];

pub(super) fn listen(table: Option<Table<'_, '_>>, report: &mut Report<'_>) -> Listen {
    let mut listen = Listen::default();
    let Some(mut table) = table else {
        return listen;
    };
    if let Some(value) = table.get("postgres", report) {
        listen.postgres = address(&value, report);
    }
    listen.unix = table
        .get("unix", report)
        .and_then(|value| value.filled("a directory", report))
        .map(PathBuf::from);
    listen.tls = table
        .get("tls", report)
        .and_then(|value| {
            value.table(
                "a table: { cert = \"file:cert.pem\", key = \"file:key.pem\" }",
                report,
            )
        })
        .and_then(|table| tls(table, report));
    if let Some(value) = table.get("domain", report) {
        listen.domain = domain(&value, report);
    }
    if let Some(value) = table.get("proxy_protocol", report) {
        listen.proxy_protocol = value.boolean(report).unwrap_or_default();
    }
    table.finish(&LATER, report);
    if !report.is_faulty("listen") {
        fits(&listen, report);
    }
    listen
}

/// Reports what cannot stand together in a table whose keys are right one by one.
fn fits(listen: &Listen, report: &mut Report<'_>) {
    if listen.domain.is_some() && listen.tls.is_none() {
        let message = "a domain without \"listen.tls\" names nothing".to_owned();
        let problem = report.value("listen.domain", ProblemKind::Conflict, message);
        problem.hint = Some(
            "a client sends the server name inside TLS; add tls = { cert = \"file:cert.pem\", \
             key = \"file:key.pem\" }"
                .to_owned(),
        );
    }
    if listen.postgres.is_none() && listen.unix.is_none() {
        let message =
            "nothing listens: \"listen.postgres\" is \"off\" and \"listen.unix\" is missing";
        let problem = report.value("listen.postgres", ProblemKind::Conflict, message.to_owned());
        problem.hint = Some("add unix = \"/run/standin\"".to_owned());
    }
}

/// An address and port; `"off"` is none.
fn address(value: &Value<'_, '_>, report: &mut Report<'_>) -> Option<SocketAddr> {
    let expected = "an address and port, such as \"127.0.0.1:6432\", or \"off\"";
    let text = value.string(expected, report)?;
    if text == "off" {
        return None;
    }
    let address = text.parse().ok();
    if address.is_none() {
        let problem = value.wrong("is no address with a port", expected, report);
        if text.starts_with("localhost:") {
            problem.hint = Some(format!(
                "write {:?}",
                text.replacen("localhost", "127.0.0.1", 1)
            ));
        }
    }
    address
}

fn tls(mut table: Table<'_, '_>, report: &mut Report<'_>) -> Option<Tls> {
    let cert = table
        .require("cert", "cert = \"file:cert.pem\"", report)
        .and_then(|value| secret(&value, "cert = \"file:cert.pem\"", report));
    let key = table
        .require("key", "key = \"file:key.pem\"", report)
        .and_then(|value| secret(&value, "key = \"file:key.pem\"", report));
    let required = table
        .get("required", report)
        .and_then(|value| value.boolean(report))
        .unwrap_or_default();
    table.finish(&[], report);
    Some(Tls {
        cert: cert?,
        key: key?,
        required,
    })
}

/// A host name (RFC 1123 §2.1) that leaves room for one more label of 63 bytes.
fn domain(value: &Value<'_, '_>, report: &mut Report<'_>) -> Option<String> {
    const LABEL_BYTES_MAX: usize = 63;
    const DOMAIN_BYTES_MAX: usize = 253 - LABEL_BYTES_MAX - 1;
    let expected = "a host name, such as \"db.example.org\"";
    let text = value.string(expected, report)?;
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let is_label = |label: &str| {
        !label.is_empty()
            && label.len() <= LABEL_BYTES_MAX
            && label.bytes().all(legal)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    if text.len() <= DOMAIN_BYTES_MAX && text.split('.').all(is_label) {
        return Some(text.to_ascii_lowercase());
    }
    value.wrong("is no host name", expected, report);
    None
}
