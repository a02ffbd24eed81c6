//! What a server says while a login of ours is under way.

/// A server's message during login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply<'a> {
    /// AuthenticationOk.
    Ok,
    /// The password in clear is asked for.
    Cleartext,
    /// The password hashed with this salt is asked for.
    Md5([u8; 4]),
    /// SASL with one of these mechanisms is asked for.
    Sasl(Vec<&'a str>),
    /// SASL goes on with this.
    SaslContinue(&'a str),
    /// SASL ends with this.
    SaslFinal(&'a str),
    /// An error.
    Error {
        /// SQLSTATE, empty where the server gave none.
        code: &'a str,
        /// Message.
        message: String,
    },
    /// A cancel key.
    Key {
        /// Process id.
        process: i32,
        /// Secret.
        secret: &'a [u8],
    },
    /// ReadyForQuery.
    Ready,
    /// Anything else: settings, notices.
    Other,
}

/// Why a server's message was not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReplyError {
    /// An authentication method that we do not speak.
    #[error("server asks for authentication method {0}, which is not supported")]
    Method(u32),
    /// A body that is too short or no text.
    #[error("server sent a malformed message {:?}", char::from(*tag))]
    Malformed {
        /// The message's tag.
        tag: u8,
    },
}

/// Reads one message of a server.
pub fn parse_reply(tag: u8, body: &[u8]) -> Result<Reply<'_>, ReplyError> {
    let malformed = || ReplyError::Malformed { tag };
    match tag {
        b'R' => authentication(body),
        b'E' => Ok(error(body)),
        b'K' => {
            let (process, secret) = body.split_first_chunk::<4>().ok_or_else(malformed)?;
            Ok(Reply::Key {
                process: i32::from_be_bytes(*process),
                secret,
            })
        }
        b'Z' => Ok(Reply::Ready),
        _ => Ok(Reply::Other),
    }
}

fn authentication(body: &[u8]) -> Result<Reply<'_>, ReplyError> {
    let malformed = || ReplyError::Malformed { tag: b'R' };
    let (method, rest) = body.split_first_chunk::<4>().ok_or_else(malformed)?;
    let text = || std::str::from_utf8(rest).map_err(|_| malformed());
    Ok(match u32::from_be_bytes(*method) {
        0 => Reply::Ok,
        3 => Reply::Cleartext,
        5 => Reply::Md5(rest.try_into().map_err(|_| malformed())?),
        10 => Reply::Sasl(
            text()?
                .split('\0')
                .filter(|name| !name.is_empty())
                .collect(),
        ),
        11 => Reply::SaslContinue(text()?),
        12 => Reply::SaslFinal(text()?),
        method => return Err(ReplyError::Method(method)),
    })
}

fn error(body: &[u8]) -> Reply<'_> {
    let mut code = "";
    let mut message = String::new();
    for field in body.split(|&byte| byte == 0) {
        match field.split_first() {
            Some((b'C', value)) => code = std::str::from_utf8(value).unwrap_or_default(),
            Some((b'M', value)) => message = String::from_utf8_lossy(value).into_owned(),
            _ => {}
        }
    }
    Reply::Error { code, message }
}
