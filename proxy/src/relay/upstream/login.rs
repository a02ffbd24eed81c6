//! Logging in at a server, up to its first ReadyForQuery.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{Dialled, Secrecy};
use crate::relay::stream::Stream;
use wire::{
    ClientExchange, FrameError, HEADER_BYTES, Reply, ReplyError, ScramError, body_bytes,
    md5_password, parse_reply, password_message, sasl_initial_response, sasl_response,
};

/// What a server may send before it is ready: settings and notices, a few hundred bytes each.
const GREETING_BYTES_MAX: usize = 256 * 1024;
/// Bytes asked of the socket at once.
const READ_BYTES: usize = 4096;

/// A session that the server has begun.
pub(crate) struct Begun {
    pub(crate) stream: Stream,
    /// Everything from behind AuthenticationOk on, as the server sent it, without its key.
    pub(crate) before_ready: Vec<u8>,
    /// ReadyForQuery and what came behind it.
    pub(crate) ready: Vec<u8>,
    /// The server's cancel key.
    pub(crate) key: Option<(i32, Vec<u8>)>,
}

/// Why a login failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoginError {
    /// The server refused before it asked for or after it checked our password.
    #[error("server refused the login: {message}")]
    Refused {
        /// SQLSTATE.
        code: String,
        /// Message.
        message: String,
        /// Whether the login itself had succeeded, so that the error is the client's business.
        authenticated: bool,
        /// The server's message as it stands.
        raw: Vec<u8>,
    },
    #[error("server asks for a password, but none is configured")]
    NoPassword,
    #[error(
        "server asks for the password in clear, which is sent only through a unix socket or under \
         TLS with a verified certificate"
    )]
    Cleartext,
    #[error("server offers no authentication mechanism that is supported")]
    Mechanism,
    #[error("server sent more than {GREETING_BYTES_MAX} bytes before it was ready")]
    Greeting,
    #[error(transparent)]
    Scram(#[from] ScramError),
    #[error(transparent)]
    Reply(#[from] ReplyError),
    #[error(transparent)]
    Frame(#[from] FrameError),
    #[error("connection to the server: {0}")]
    Io(#[from] io::Error),
}

/// Who logs in.
#[derive(Clone, Copy)]
pub(crate) struct Who<'a> {
    pub(crate) user: &'a str,
    pub(crate) password: Option<&'a str>,
}

struct Conversation<'a> {
    stream: Stream,
    end_point: Option<Vec<u8>>,
    secrecy: Secrecy,
    who: Who<'a>,
    scram: Option<ClientExchange>,
    authenticated: bool,
}

/// Sends the startup message and goes through with the login.
pub(crate) async fn log_in(
    dialled: Dialled,
    startup: &[u8],
    user: &str,
    password: Option<&str>,
) -> Result<Begun, LoginError> {
    let mut talk = Conversation {
        stream: dialled.stream,
        end_point: dialled.end_point,
        secrecy: dialled.secrecy,
        who: Who { user, password },
        scram: None,
        authenticated: false,
    };
    talk.send(startup).await?;
    let mut bytes = Vec::with_capacity(READ_BYTES);
    let mut before_ready = Vec::new();
    let mut key = None;
    let mut at = 0;
    loop {
        let length = talk.message(&mut bytes, at).await?;
        let message = &bytes[at..at + length];
        let (tag, body) = (message[0], &message[HEADER_BYTES..]);
        match parse_reply(tag, body)? {
            Reply::Ready if talk.authenticated => {
                bytes.drain(..at);
                return Ok(Begun {
                    stream: talk.stream,
                    before_ready,
                    ready: bytes,
                    key,
                });
            }
            Reply::Key { process, secret } => key = Some((process, secret.to_vec())),
            Reply::Error {
                code,
                message: text,
            } => {
                return Err(LoginError::Refused {
                    code: code.to_owned(),
                    message: text,
                    authenticated: talk.authenticated,
                    raw: message.to_vec(),
                });
            }
            Reply::Ready | Reply::Other => before_ready.extend_from_slice(message),
            reply => talk.answer(reply).await?,
        }
        at += length;
    }
}

impl Conversation<'_> {
    async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await?;
        self.stream.flush().await
    }

    /// Reads until a whole message stands at `at` and returns its length with the header.
    async fn message(&mut self, bytes: &mut Vec<u8>, at: usize) -> Result<usize, LoginError> {
        loop {
            let rest = &bytes[at..];
            if rest.len() >= HEADER_BYTES {
                let length = HEADER_BYTES + body_bytes(rest)? as usize;
                if length > GREETING_BYTES_MAX {
                    return Err(LoginError::Greeting);
                }
                if rest.len() >= length {
                    return Ok(length);
                }
            }
            if bytes.len() > GREETING_BYTES_MAX {
                return Err(LoginError::Greeting);
            }
            bytes.reserve(READ_BYTES);
            if self.stream.read_buf(bytes).await? == 0 {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
            }
        }
    }

    async fn answer(&mut self, reply: Reply<'_>) -> Result<(), LoginError> {
        let password = || self.who.password.ok_or(LoginError::NoPassword);
        let answer = match reply {
            Reply::Cleartext if self.secrecy == Secrecy::Unsure => {
                return Err(LoginError::Cleartext);
            }
            Reply::Cleartext => password_message(password()?),
            Reply::Md5(salt) => password_message(&md5_password(self.who.user, password()?, salt)),
            Reply::Sasl(offered) => {
                let end_point = self.end_point.take();
                let scram = ClientExchange::new(&offered, password()?, end_point)
                    .ok_or(LoginError::Mechanism)?;
                let first = sasl_initial_response(scram.mechanism, &scram.first());
                self.scram = Some(scram);
                first
            }
            Reply::SaslContinue(text) => {
                let scram = self.scram.as_mut().ok_or(LoginError::Mechanism)?;
                sasl_response(&scram.prove(text)?)
            }
            Reply::SaslFinal(text) => {
                self.scram
                    .take()
                    .ok_or(LoginError::Mechanism)?
                    .finish(text)?;
                return Ok(());
            }
            // A server that says Ok in the middle of SCRAM has not shown that it knows the password.
            Reply::Ok if self.scram.is_some() => return Err(ScramError::Signature.into()),
            _ => {
                self.authenticated = true;
                return Ok(());
            }
        };
        Ok(self.send(&answer).await?)
    }
}
