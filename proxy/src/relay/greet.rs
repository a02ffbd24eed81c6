//! From the first byte to a client that is who it says: PROXY header, TLS, startup, SCRAM.

use std::io;
use std::sync::Arc;

use rules::name::UserName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use super::Shared;
use super::policy::{ALPN, Policy, TlsPolicy};
use super::registry::Origin;
use super::stream::{Plain, Stream};
use wire::{
    First, Outcome, PROXY_FIXED_BYTES, Report, SASL_BYTES_MAX, ScramError, ServerBinding,
    ServerExchange, Startup, StartupError, authentication_ok, authentication_sasl,
    authentication_sasl_continue, authentication_sasl_final, body_bytes, first_bytes,
    negotiate_protocol_version, parse_first, proxy_body_bytes, proxy_source,
};

/// First byte of a TLS record that holds a ClientHello (RFC 8446 §5.1).
const TLS_HANDSHAKE: u8 = 0x16;
/// SSLRequest and GSSENCRequest may each come once.
const REQUESTS_MAX: usize = 2;

/// What a connection turned out to want.
pub(super) enum Greeted {
    /// To cancel a session's statement.
    Cancel {
        stream: Stream,
        process: i32,
        secret: Vec<u8>,
    },
    /// A session, for a client that has proven who it is.
    Client(Box<Client>),
}

/// A client that has proven who it is; AuthenticationOk is still owed.
pub(super) struct Client {
    pub(super) stream: Stream,
    pub(super) user: UserName,
    pub(super) startup: Startup,
    pub(super) server_name: Option<String>,
}

/// Why a connection goes no further.
pub(super) enum Refused {
    /// It is closed without a word.
    Close(&'static str),
    /// It is told why.
    Tell(Stream, Report, &'static str),
}

impl From<io::Error> for Refused {
    fn from(_: io::Error) -> Self {
        Self::Close("connection lost")
    }
}

/// Takes a connection up to authentication.
pub(super) async fn greet(
    shared: &Shared,
    policy: &Arc<Policy>,
    mut plain: Plain,
    origin: &mut Origin,
) -> Result<Greeted, Refused> {
    if origin.proxied
        && let Plain::Tcp(socket) = &mut plain
    {
        origin.peer = proxy_header(socket).await?.or(origin.peer);
    }
    let (mut stream, first) = negotiate(policy, plain).await?;
    let (tls, required) = match &policy.tls {
        Some(tls) => (Some(tls), tls.required),
        None => (None, false),
    };
    let startup = match first {
        Ok(First::Startup(startup)) => startup,
        Ok(First::Cancel { process, secret }) => {
            return Ok(Greeted::Cancel {
                stream,
                process,
                secret,
            });
        }
        Ok(First::Ssl | First::Gss) => return Err(Refused::Close("protocol")),
        Err(error) => return Err(refuse_startup(stream, &error)),
    };
    // One check for every version, before anything of the packet is acted on.
    if required && matches!(stream, Stream::Plain(Plain::Tcp(_))) {
        let report = Report::fatal("28000", "this server requires TLS")
            .hint("Connect with sslmode=require.");
        return Err(Refused::Tell(stream, report, "tls required"));
    }
    if startup.needs_negotiation() {
        let message = negotiate_protocol_version(startup.negotiated(), &startup.protocol_options);
        stream.write_all(&message).await?;
    }
    if shared.is_draining() {
        return Err(Refused::Tell(stream, stopping(), "stopping"));
    }
    if let Err(report) = replication(startup.replication.as_deref()) {
        return Err(Refused::Tell(stream, report, "replication"));
    }
    let user = UserName::try_from(startup.user.clone()).ok();
    if let Err(report) = shared.registry.admit(user.as_ref(), &policy.limits) {
        return Err(Refused::Tell(stream, report, "limit"));
    }
    let binding = match (&stream, tls) {
        (Stream::Tls(_), Some(tls)) => tls.binding.clone(),
        _ => ServerBinding::None,
    };
    let (mut stream, user) = authenticate(policy, stream, (&startup.user, user), binding).await?;
    stream.flush().await?;
    let server_name = match &stream {
        Stream::Tls(tls) => match &**tls {
            tokio_rustls::TlsStream::Server(tls) => {
                tls.get_ref().1.server_name().map(str::to_owned)
            }
            tokio_rustls::TlsStream::Client(_) => None,
        },
        Stream::Plain(_) => None,
    };
    Ok(Greeted::Client(Box::new(Client {
        stream,
        user,
        startup,
        server_name,
    })))
}

async fn proxy_header(socket: &mut TcpStream) -> Result<Option<std::net::SocketAddr>, Refused> {
    let bad = |_| Refused::Close("proxy header");
    let mut fixed = [0; PROXY_FIXED_BYTES];
    socket.read_exact(&mut fixed).await?;
    let mut body = vec![0; proxy_body_bytes(&fixed).map_err(bad)?];
    socket.read_exact(&mut body).await?;
    proxy_source(&fixed, &body).map_err(bad)
}

/// Answers requests for encryption until the connection says what it wants.
async fn negotiate(
    policy: &Policy,
    mut plain: Plain,
) -> Result<(Stream, Result<First, StartupError>), Refused> {
    let tls = match &plain {
        // As in PostgreSQL, a unix socket has no TLS.
        Plain::Unix(_) => None,
        Plain::Tcp(socket) => {
            let mut byte = [0];
            let direct = socket.peek(&mut byte).await? == 1 && byte[0] == TLS_HANDSHAKE;
            match &policy.tls {
                Some(tls) if direct => return under_tls(tls, plain, true).await,
                None if direct => return Err(Refused::Close("tls")),
                tls => tls.as_ref(),
            }
        }
    };
    for _ in 0..=REQUESTS_MAX {
        let first = read_first(&mut plain).await?;
        let accepted = match first {
            Ok(First::Ssl) => tls,
            Ok(First::Gss) => None,
            first => return Ok((Stream::Plain(plain), first)),
        };
        // Whatever already stands behind the request was sent before the answer: no client does
        // that, someone in between does (CVE-2021-3935).
        if plain.has_bytes() {
            return Err(Refused::Close("stuffing"));
        }
        let Some(tls) = accepted else {
            plain.write_all(b"N").await?;
            continue;
        };
        plain.write_all(b"S").await?;
        return under_tls(tls, plain, false).await;
    }
    Err(Refused::Close("protocol"))
}

async fn under_tls(
    tls: &TlsPolicy,
    plain: Plain,
    direct: bool,
) -> Result<(Stream, Result<First, StartupError>), Refused> {
    let mut stream = TlsAcceptor::from(tls.config.clone())
        .accept(plain)
        .await
        .map_err(|_| Refused::Close("tls"))?;
    if direct && stream.get_ref().1.alpn_protocol() != Some(ALPN) {
        return Err(Refused::Close("alpn"));
    }
    let first = read_first(&mut stream).await?;
    Ok((Stream::Tls(Box::new(stream.into())), first))
}

/// Reads exactly one packet, so that nothing behind it is ever held here.
async fn read_first(
    stream: &mut (impl tokio::io::AsyncRead + Unpin),
) -> io::Result<Result<First, StartupError>> {
    let mut length = [0; 4];
    stream.read_exact(&mut length).await?;
    let mut body = match first_bytes(length) {
        Ok(bytes) => vec![0; bytes],
        Err(error) => return Ok(Err(error)),
    };
    stream.read_exact(&mut body).await?;
    Ok(parse_first(&body))
}

fn refuse_startup(stream: Stream, error: &StartupError) -> Refused {
    let code = match error {
        // A length that is out of bounds may be no PostgreSQL client at all.
        StartupError::Length => return Refused::Close("startup"),
        StartupError::Layout | StartupError::Encoding => "08P01",
        StartupError::Protocol { .. } => "0A000",
        StartupError::NoUser => "28000",
        StartupError::Options(_) => "42601",
        StartupError::Parameter(_) => "42704",
    };
    Refused::Tell(stream, Report::fatal(code, error.to_string()), "startup")
}

/// What who comes too late is told.
pub(super) fn stopping() -> Report {
    Report::fatal("57P03", "standin is stopping").hint("Connect again once it has started.")
}

/// Refuses connections for replication; `false` in any spelling asks for none.
fn replication(value: Option<&str>) -> Result<(), Report> {
    let Some(value) = value else { return Ok(()) };
    let lower = value.to_ascii_lowercase();
    // PostgreSQL's `parse_bool`: unique prefixes of the words, and 0 and 1.
    let prefix = |word: &str, least: usize| lower.len() >= least && word.starts_with(&lower);
    if lower == "0" || prefix("false", 1) || prefix("no", 1) || prefix("off", 2) {
        return Ok(());
    }
    let yes = lower == "1" || prefix("true", 1) || prefix("yes", 1) || prefix("on", 2);
    if yes || value == "database" {
        return Err(
            Report::fatal("42501", "replication connections are not relayed")
                .detail("A replica of an environment would outlive the data that it copies.")
                .hint("Connect without the parameter \"replication\"."),
        );
    }
    Err(Report::fatal(
        "22023",
        format!("invalid value for parameter \"replication\": {value:?}"),
    )
    .hint("Valid values are: \"false\", 0, \"true\", 1, \"database\"."))
}

async fn authenticate(
    policy: &Policy,
    mut stream: Stream,
    (name, user): (&str, Option<UserName>),
    binding: ServerBinding,
) -> Result<(Stream, UserName), Refused> {
    let known = user
        .as_ref()
        .and_then(|user| policy.users.get(user))
        .cloned();
    let verifier = known.clone().unwrap_or_else(|| policy.mock(name));
    let offer = authentication_sasl(binding.mechanisms());
    send(&mut stream, &offer).await?;
    let outcome = exchange(&mut stream, ServerExchange::new(verifier, binding)).await?;
    match (outcome, known, user) {
        (Ok(Outcome::Proven(last)), Some(_), Some(user)) => {
            let mut bytes = authentication_sasl_final(&last);
            bytes.extend(authentication_ok());
            send(&mut stream, &bytes).await?;
            Ok((stream, user))
        }
        (Err(error), ..) => {
            let code = match error {
                ScramError::Downgrade | ScramError::Binding => "28000",
                ScramError::Identity => "0A000",
                _ => "08P01",
            };
            let report = Report::fatal(code, error.to_string());
            Err(Refused::Tell(stream, report, "scram"))
        }
        _ => {
            metrics::counter!("relay_auth_failures_total").increment(1);
            let message = format!("password authentication failed for user \"{name}\"");
            Err(Refused::Tell(
                stream,
                Report::fatal("28P01", message),
                "password",
            ))
        }
    }
}

async fn exchange(
    stream: &mut Stream,
    server: ServerExchange,
) -> Result<Result<Outcome, ScramError>, Refused> {
    let initial = read_sasl(stream).await?;
    let parts = initial_response(&initial);
    let first = match parts.and_then(|(mechanism, data)| server.client_first(mechanism, data)) {
        Ok(first) => first,
        Err(error) => return Ok(Err(error)),
    };
    send(stream, &authentication_sasl_continue(&first.message)).await?;
    let last = read_sasl(stream).await?;
    Ok(std::str::from_utf8(&last)
        .map_err(|_| ScramError::Malformed("not text"))
        .and_then(|last| first.client_final(last)))
}

/// The mechanism and data of a SASLInitialResponse.
fn initial_response(body: &[u8]) -> Result<(&str, &str), ScramError> {
    let parse = || {
        let end = body.iter().position(|&byte| byte == 0)?;
        let (length, data) = body[end + 1..].split_first_chunk::<4>()?;
        if u32::from_be_bytes(*length) as usize != data.len() {
            return None;
        }
        let text = |bytes| std::str::from_utf8(bytes).ok();
        Some((text(&body[..end])?, text(data)?))
    };
    parse().ok_or(ScramError::Malformed("initial response"))
}

async fn read_sasl(stream: &mut Stream) -> Result<Vec<u8>, Refused> {
    let mut header = [0; 5];
    stream.read_exact(&mut header).await?;
    let length = match body_bytes(&header) {
        Ok(length) if header[0] == b'p' && length as usize <= SASL_BYTES_MAX => length,
        _ => return Err(Refused::Close("protocol")),
    };
    let mut body = vec![0; length as usize];
    stream.read_exact(&mut body).await?;
    Ok(body)
}

async fn send(stream: &mut Stream, bytes: &[u8]) -> io::Result<()> {
    stream.write_all(bytes).await?;
    stream.flush().await
}
