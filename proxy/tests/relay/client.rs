//! A client that sends and receives nothing but bytes.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use wire::{
    ClientExchange, MECHANISM, Reply, parse_reply, sasl_initial_response, sasl_response,
    startup_message,
};

/// No answer of a test takes longer; a hang fails instead of blocking.
const READ_MAX: Duration = Duration::from_secs(20);

/// The tag of a message that did not come whole; no message has it.
pub(crate) const TORN: u8 = 0;

pub(crate) trait Socket: Read + Write + Send {}
impl<T: Read + Write + Send> Socket for T {}

/// A connection.
pub(crate) struct Client {
    pub(crate) socket: Box<dyn Socket>,
}

/// One message.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) tag: u8,
    pub(crate) body: Vec<u8>,
}

impl std::fmt::Debug for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let shown = &self.body[..self.body.len().min(120)];
        write!(f, "{}({})", char::from(self.tag), shown.escape_ascii())
    }
}

impl Message {
    /// A field of an error or notice.
    pub(crate) fn field(&self, name: u8) -> Option<String> {
        self.body
            .split(|&byte| byte == 0)
            .find(|field| field.first() == Some(&name))
            .map(|field| String::from_utf8_lossy(&field[1..]).into_owned())
    }
}

/// A message of a client.
pub(crate) fn message(tag: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![tag];
    bytes.extend((body.len() as u32 + 4).to_be_bytes());
    bytes.extend(body);
    bytes
}

/// A simple query.
pub(crate) fn query(sql: &str) -> Vec<u8> {
    message(b'Q', &[sql.as_bytes(), b"\0"].concat())
}

impl Client {
    pub(crate) fn unix(path: &Path) -> Self {
        let socket = UnixStream::connect(path).unwrap();
        socket.set_read_timeout(Some(READ_MAX)).unwrap();
        Self {
            socket: Box::new(socket),
        }
    }

    pub(crate) fn tcp(address: std::net::SocketAddr) -> Self {
        Self::tcp_and_socket(address).0
    }

    /// The same with the socket itself, to close one side of it.
    pub(crate) fn tcp_and_socket(address: std::net::SocketAddr) -> (Self, TcpStream) {
        let socket = TcpStream::connect(address).unwrap();
        socket.set_read_timeout(Some(READ_MAX)).unwrap();
        socket.set_nodelay(true).unwrap();
        let client = Self {
            socket: Box::new(socket.try_clone().unwrap()),
        };
        (client, socket)
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) {
        self.socket.write_all(bytes).unwrap();
    }

    /// The next message; `None` when the other side closed, one with the tag `TORN` when it did so
    /// within a message.
    pub(crate) fn receive(&mut self) -> Option<Message> {
        let mut header = [0; 5];
        match self.socket.read_exact(&mut header) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return None,
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return None,
            read => read.unwrap(),
        }
        let length = u32::from_be_bytes(header[1..].try_into().unwrap()) as usize;
        let mut body = vec![0; length - 4];
        let tag = match self.socket.read_exact(&mut body) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => TORN,
            read => read.map(|()| header[0]).unwrap(),
        };
        Some(Message { tag, body })
    }

    /// Messages up to and with one of this tag, or up to the end.
    pub(crate) fn until(&mut self, tag: u8) -> Vec<Message> {
        let mut messages = Vec::new();
        while let Some(message) = self.receive() {
            let last = message.tag == tag;
            messages.push(message);
            if last {
                break;
            }
        }
        messages
    }

    /// Messages up to the end of the connection.
    pub(crate) fn rest(&mut self) -> Vec<Message> {
        std::iter::from_fn(|| self.receive()).collect()
    }

    /// Asks for a session and returns what came behind AuthenticationOk, up to the first
    /// ReadyForQuery or error.
    pub(crate) fn start(&mut self, pairs: &[(&str, &str)], password: &str) -> Vec<Message> {
        self.send(&startup_message(pairs.iter().copied()));
        self.authenticate(password)
    }

    pub(crate) fn authenticate(&mut self, password: &str) -> Vec<Message> {
        let mut scram = None;
        let mut messages = Vec::new();
        let mut authenticated = false;
        loop {
            let Some(message) = self.receive() else {
                return messages;
            };
            let reply = parse_reply(message.tag, &message.body).unwrap();
            match reply {
                Reply::Sasl(offered) => {
                    let exchange = ClientExchange::new(&offered, password, None).unwrap();
                    assert_eq!(exchange.mechanism, MECHANISM);
                    self.send(&sasl_initial_response(MECHANISM, &exchange.first()));
                    scram = Some(exchange);
                }
                Reply::SaslContinue(text) => {
                    let proof = scram.as_mut().unwrap().prove(text).unwrap();
                    self.send(&sasl_response(&proof));
                }
                Reply::SaslFinal(text) => scram.as_mut().unwrap().finish(text).unwrap(),
                Reply::Ok => authenticated = true,
                Reply::Ready | Reply::Error { .. } => {
                    messages.push(message);
                    return messages;
                }
                _ if authenticated || message.tag == b'v' => messages.push(message),
                reply => panic!("{reply:?} before authentication"),
            }
        }
    }

    /// Takes the offer of mechanisms, proves the password and reads no further.
    pub(crate) fn log_in(&mut self, offer: &Message, password: &str) {
        let Ok(Reply::Sasl(offered)) = parse_reply(offer.tag, &offer.body) else {
            panic!("{offer:?}")
        };
        let mut scram = ClientExchange::new(&offered, password, None).unwrap();
        self.send(&sasl_initial_response(MECHANISM, &scram.first()));
        let first = self.receive().unwrap();
        let Ok(Reply::SaslContinue(text)) = parse_reply(first.tag, &first.body) else {
            panic!("{first:?}")
        };
        let proof = scram.prove(text).unwrap();
        self.send(&sasl_response(&proof));
    }

    /// Runs a query and returns its answer up to ReadyForQuery.
    pub(crate) fn ask(&mut self, sql: &str) -> Vec<Message> {
        self.send(&query(sql));
        self.until(b'Z')
    }
}
