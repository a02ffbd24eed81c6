//! Makes sessions: the driver's own, and wires whose login the driver has made.

use std::any::TypeId;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio_postgres::config::{Host, SslMode, SslNegotiation};
use tokio_postgres::tls::{MakeTlsConnect, NoTls, TlsConnect};
use tokio_postgres::{CancelToken, Client, Config, Socket};

use super::lent::{Duplex, Lent, Secured};
use super::{Cancel, Wire};

/// `SSLRequest` (PostgreSQL documentation, "Message Formats").
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// Why there is no session.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DialError {
    /// The driver, or the server by way of it.
    #[error(transparent)]
    Driver(#[from] tokio_postgres::Error),
    /// The socket.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// A session on its way.
pub(crate) type Dialling<'a, T> = Pin<Box<dyn Future<Output = Result<T, DialError>> + Send + 'a>>;

/// Makes sessions, whatever speaks TLS.
pub(crate) trait Dial: Send + Sync {
    /// A session of the driver's; it ends with the client.
    fn client<'a>(&'a self, config: &'a Config) -> Dialling<'a, Client>;

    /// A session whose bytes are ours.
    fn wire<'a>(&'a self, config: &'a Config) -> Dialling<'a, Wire>;
}

/// Makes sessions whose TLS is `tls`'s.
pub(crate) fn dial<T>(tls: T) -> Arc<dyn Dial>
where
    T: MakeTlsConnect<Socket> + Clone + Send + Sync + 'static,
    T::Stream: Send + 'static,
    T::TlsConnect: Send,
    <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
{
    Arc::new(Dialler(tls))
}

struct Dialler<T>(T);

impl<T> Dial for Dialler<T>
where
    T: MakeTlsConnect<Socket> + Clone + Send + Sync + 'static,
    T::Stream: Send + 'static,
    T::TlsConnect: Send,
    <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
{
    fn client<'a>(&'a self, config: &'a Config) -> Dialling<'a, Client> {
        Box::pin(async {
            let (client, connection) = config.connect(self.0.clone()).await?;
            // An error of the connection shows in the client's next call.
            tokio::spawn(connection);
            Ok(client)
        })
    }

    fn wire<'a>(&'a self, config: &'a Config) -> Dialling<'a, Wire> {
        match config.get_hosts().first() {
            Some(Host::Unix(directory)) => {
                let port = config.get_ports().first().copied().unwrap_or(5432);
                let socket = directory.join(format!(".s.PGSQL.{port}"));
                Box::pin(async { by_socket(config, socket).await })
            }
            _ => Box::pin(self.by_network(config)),
        }
    }
}

async fn by_socket(config: &Config, socket: std::path::PathBuf) -> Result<Wire, DialError> {
    let lent = Lent::default();
    lent.put(Box::new(UnixStream::connect(&socket).await?));
    let mut config = config.clone();
    config.ssl_mode(SslMode::Disable);
    let (client, connection) = config.connect_raw(lent.clone(), NoTls).await?;
    let token = client.cancel_token();
    drop((client, connection));
    let cancel = async move {
        if let Ok(stream) = UnixStream::connect(&socket).await {
            // Nothing is left to do where it does not arrive: the stream is closed anyway.
            token.cancel_query_raw(stream, NoTls).await.ok();
        }
    };
    taken(&lent, Box::new(|| Box::pin(cancel)))
}

impl<T> Dialler<T>
where
    T: MakeTlsConnect<Socket> + Clone + Send + Sync + 'static,
    T::Stream: Send + 'static,
    T::TlsConnect: Send,
    <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
{
    async fn by_network(&self, config: &Config) -> Result<Wire, DialError> {
        let lender = Lender {
            tls: self.0.clone(),
            mode: config.get_ssl_mode(),
            negotiation: config.get_ssl_negotiation(),
            lent: Lent::default(),
        };
        // The driver hands its socket over at once then, and the lender asks for TLS or not.
        let mut config = config.clone();
        config.ssl_mode(SslMode::Require);
        config.ssl_negotiation(SslNegotiation::Direct);
        let (client, connection) = config.connect(lender.clone()).await?;
        let token = client.cancel_token();
        drop((client, connection));
        let lent = lender.lent.clone();
        taken(&lent, cancel(token, lender))
    }
}

fn cancel<T>(token: CancelToken, mut lender: Lender<T>) -> Cancel
where
    T: MakeTlsConnect<Socket> + Clone + Send + Sync + 'static,
    T::Stream: Send + 'static,
    T::TlsConnect: Send,
    <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
{
    lender.lent = Lent::default();
    Box::new(move || {
        Box::pin(async move {
            // Nothing is left to do where it does not arrive: the stream is closed anyway.
            token.cancel_query(lender).await.ok();
        })
    })
}

fn taken(lent: &Lent, cancel: Cancel) -> Result<Wire, DialError> {
    let taken = lent.take();
    let (stream, heard) = taken.ok_or_else(|| io::Error::other("the login left no stream"))?;
    Ok(Wire::new(stream, &heard, cancel)?)
}

/// A connector that lends the driver what the real one makes.
#[derive(Clone)]
struct Lender<T> {
    tls: T,
    mode: SslMode,
    negotiation: SslNegotiation,
    lent: Lent,
}

impl<T> MakeTlsConnect<Socket> for Lender<T>
where
    T: MakeTlsConnect<Socket> + 'static,
    T::Stream: Send + 'static,
    T::TlsConnect: Send,
    <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
{
    type Stream = Lent;
    type TlsConnect = Lending<T::TlsConnect>;
    type Error = T::Error;

    fn make_tls_connect(&mut self, domain: &str) -> Result<Self::TlsConnect, T::Error> {
        let none = TypeId::of::<T>() == TypeId::of::<NoTls>();
        Ok(Lending {
            tls: self.tls.make_tls_connect(domain)?,
            mode: match self.mode {
                SslMode::Prefer if none => SslMode::Disable,
                mode => mode,
            },
            negotiation: self.negotiation,
            lent: self.lent.clone(),
        })
    }
}

/// One address on the way to being lent.
struct Lending<C> {
    tls: C,
    mode: SslMode,
    negotiation: SslNegotiation,
    lent: Lent,
}

impl<C> TlsConnect<Socket> for Lending<C>
where
    C: TlsConnect<Socket> + Send + 'static,
    C::Stream: Send + 'static,
    C::Future: Send,
{
    type Stream = Lent;
    type Error = Box<dyn std::error::Error + Send + Sync>;
    type Future = Pin<Box<dyn Future<Output = Result<Lent, Self::Error>> + Send>>;

    fn connect(self, mut socket: Socket) -> Self::Future {
        Box::pin(async move {
            let asks = self.negotiation == SslNegotiation::Postgres;
            let secured = match self.mode {
                SslMode::Disable => false,
                _ if !asks => true,
                mode => {
                    socket.write_all(&SSL_REQUEST).await?;
                    let mut answer = [0];
                    socket.read_exact(&mut answer).await?;
                    if answer != *b"S" && mode != SslMode::Prefer {
                        return Err("server does not support TLS".into());
                    }
                    answer == *b"S"
                }
            };
            let stream: Box<dyn Duplex> = if secured {
                let stream = self.tls.connect(socket).await.map_err(Into::into)?;
                Box::new(Secured(stream))
            } else {
                Box::new(socket)
            };
            self.lent.put(stream);
            Ok(self.lent)
        })
    }
}
