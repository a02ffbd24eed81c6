//! The first packet of a connection: SSLRequest, GSSENCRequest, CancelRequest or StartupMessage.
//!
//! PostgreSQL documentation, "Message Formats". A StartupMessage is taken apart here and never sent
//! on; [`super::startup_message`] writes a new one.

use super::options::{OptionsError, settings_of_options};

/// The longest first packet: PostgreSQL's own `MAX_STARTUP_PACKET_LENGTH`.
pub const FIRST_BYTES_MAX: usize = 10_000;

/// Protocol 3.0 as its number on the wire.
pub const PROTOCOL_3_0: u32 = 3 << 16;
/// Protocol 3.2, the newest that we speak: cancel keys of up to 256 bytes.
pub const PROTOCOL_3_2: u32 = (3 << 16) | 2;

const SSL_REQUEST: u32 = (1234 << 16) | 5679;
const GSSENC_REQUEST: u32 = (1234 << 16) | 5680;
const CANCEL_REQUEST: u32 = (1234 << 16) | 5678;
/// A cancel key's length, protocol 3.2.
const CANCEL_SECRET_BYTES: std::ops::RangeInclusive<usize> = 4..=256;

/// A connection's first packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum First {
    /// The client asks for TLS.
    Ssl,
    /// The client asks for GSSAPI encryption.
    Gss,
    /// The client asks to cancel what another session runs.
    Cancel {
        /// Process id of the key.
        process: i32,
        /// Secret of the key.
        secret: Vec<u8>,
    },
    /// The client wants a session.
    Startup(Startup),
}

/// A StartupMessage, taken apart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Startup {
    /// The protocol's number as the client sent it; the major part is 3.
    pub protocol: u32,
    /// `user`.
    pub user: String,
    /// `database`, where the client sent one.
    pub database: Option<String>,
    /// `replication`, where the client sent one.
    pub replication: Option<String>,
    /// Names of the `_pq_.*` protocol options.
    pub protocol_options: Vec<String>,
    /// Every other setting, those of `options` first; a later one beats an earlier one of the same
    /// name, whatever its case.
    pub settings: Vec<(String, String)>,
}

/// Why a first packet was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StartupError {
    /// The length word is out of bounds.
    #[error("invalid length of startup packet")]
    Length,
    /// The packet is no list of NUL-ended pairs with a NUL behind it.
    #[error("invalid startup packet layout: expected terminator as last byte")]
    Layout,
    /// A name or value is not UTF-8, the encoding in which names are configured.
    #[error("startup packet holds text that is not UTF-8")]
    Encoding,
    /// A protocol that we do not speak.
    #[error("unsupported frontend protocol {major}.{minor}: server supports 3.0 to 3.2")]
    Protocol {
        /// Major number.
        major: u32,
        /// Minor number.
        minor: u32,
    },
    /// No `user`, or an empty one.
    #[error("no PostgreSQL user name specified in startup packet")]
    NoUser,
    /// A setting is named like a word of the packet itself.
    #[error("unrecognized configuration parameter {0:?}")]
    Parameter(String),
    /// `options` does not parse.
    #[error(transparent)]
    Options(#[from] OptionsError),
}

/// How many bytes follow the length word of a first packet.
pub fn first_bytes(length: [u8; 4]) -> Result<usize, StartupError> {
    let length = u32::from_be_bytes(length) as usize;
    if (8..=FIRST_BYTES_MAX).contains(&length) {
        Ok(length - 4)
    } else {
        Err(StartupError::Length)
    }
}

/// Reads what follows the length word of a first packet.
pub fn parse_first(body: &[u8]) -> Result<First, StartupError> {
    let Some((code, rest)) = body.split_first_chunk::<4>() else {
        return Err(StartupError::Length);
    };
    match u32::from_be_bytes(*code) {
        SSL_REQUEST if rest.is_empty() => Ok(First::Ssl),
        GSSENC_REQUEST if rest.is_empty() => Ok(First::Gss),
        SSL_REQUEST | GSSENC_REQUEST => Err(StartupError::Length),
        CANCEL_REQUEST => {
            let Some((process, secret)) = rest.split_first_chunk::<4>() else {
                return Err(StartupError::Length);
            };
            if !CANCEL_SECRET_BYTES.contains(&secret.len()) {
                return Err(StartupError::Length);
            }
            Ok(First::Cancel {
                process: i32::from_be_bytes(*process),
                secret: secret.to_vec(),
            })
        }
        protocol if protocol >> 16 == 3 => startup(protocol, rest).map(First::Startup),
        protocol => Err(StartupError::Protocol {
            major: protocol >> 16,
            minor: protocol & 0xffff,
        }),
    }
}

fn startup(protocol: u32, bytes: &[u8]) -> Result<Startup, StartupError> {
    let mut startup = Startup {
        protocol,
        ..Startup::default()
    };
    let mut keys = Vec::new();
    for (name, value) in pairs(bytes)? {
        match name {
            "user" => value.clone_into(&mut startup.user),
            "database" => startup.database = Some(value.to_owned()),
            "options" => startup.settings = settings_of_options(value)?,
            "replication" => startup.replication = Some(value.to_owned()),
            _ if name.starts_with("_pq_.") => startup.protocol_options.push(name.to_owned()),
            _ => keys.push((name.to_owned(), value.to_owned())),
        }
    }
    if startup.user.is_empty() {
        return Err(StartupError::NoUser);
    }
    startup.database = startup.database.filter(|name| !name.is_empty());
    startup.settings.append(&mut keys);
    match startup.settings.iter().find(|(name, _)| is_word(name)) {
        Some((name, _)) => Err(StartupError::Parameter(name.clone())),
        None => Ok(startup),
    }
}

/// Whether the packet itself has a word of this name.
///
/// Settings become keys of the packet that is built anew. There, one of such a name would name
/// another login, database or kind of session; PostgreSQL knows no setting of these names.
fn is_word(name: &str) -> bool {
    let words = ["user", "database", "options", "replication"];
    let option = name
        .get(..5)
        .is_some_and(|start| start.eq_ignore_ascii_case("_pq_."));
    option || words.iter().any(|word| word.eq_ignore_ascii_case(name))
}

/// Pairs of NUL-ended strings up to an empty name, which must be the packet's last byte.
fn pairs(bytes: &[u8]) -> Result<Vec<(&str, &str)>, StartupError> {
    let mut pairs = Vec::new();
    let mut rest = bytes;
    loop {
        let name;
        (name, rest) = string(rest)?;
        if name.is_empty() {
            break;
        }
        let value;
        (value, rest) = string(rest)?;
        pairs.push((name, value));
    }
    if rest.is_empty() {
        Ok(pairs)
    } else {
        Err(StartupError::Layout)
    }
}

fn string(bytes: &[u8]) -> Result<(&str, &[u8]), StartupError> {
    let end = bytes
        .iter()
        .position(|&byte| byte == 0)
        .ok_or(StartupError::Layout)?;
    let text = std::str::from_utf8(&bytes[..end]).map_err(|_| StartupError::Encoding)?;
    Ok((text, &bytes[end + 1..]))
}

impl Startup {
    /// The protocol that the session speaks: the client's or ours, whichever is older.
    pub fn negotiated(&self) -> u32 {
        self.protocol.min(PROTOCOL_3_2)
    }

    /// Whether the client must be told what was negotiated.
    pub fn needs_negotiation(&self) -> bool {
        self.protocol > PROTOCOL_3_2 || !self.protocol_options.is_empty()
    }
}

#[cfg(test)]
#[path = "startup_tests.rs"]
mod tests;
