//! Frames of the protocol (PostgreSQL documentation, "Message Formats"), as far as a copy meets them.

use std::io;

use seeder::load::{Failure, Fault, Told};

use super::HEADER;

/// What is read from the stream at once.
const READ_BYTES: usize = 256 * 1024;

/// No frame but one of data is longer: the context of an error may hold a whole function.
const FRAME_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Why a statement on a wire did not succeed.
#[derive(Debug)]
pub(crate) enum WireError {
    /// The server said no.
    Told(Box<ServerError>),
    /// The stream broke.
    Io(io::Error),
    /// The server spoke something else.
    Protocol(&'static str),
}

impl WireError {
    /// Leaves out what may quote a row.
    pub(crate) fn failure(&self, step: impl Into<String>) -> Failure {
        let step = step.into();
        match self {
            Self::Told(error) => Failure::Refused {
                step,
                fault: Box::new(error.fault()),
            },
            Self::Io(error) => Failure::Connection {
                step,
                reason: error.to_string(),
            },
            Self::Protocol(what) => Failure::Connection {
                step,
                reason: (*what).to_owned(),
            },
        }
    }

    /// The server's error.
    pub(crate) fn told(&self) -> Option<&ServerError> {
        match self {
            Self::Told(error) => Some(error),
            Self::Io(_) | Self::Protocol(_) => None,
        }
    }
}

/// An error response. Its message and context may quote rows, so nothing prints them.
#[derive(Clone, Default)]
pub(crate) struct ServerError {
    fields: Vec<(u8, String)>,
}

impl std::fmt::Debug for ServerError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ServerError({})", self.field(b'C').unwrap_or_default())
    }
}

impl ServerError {
    /// Reads the fields of an error response's body.
    pub(super) fn read(body: &[u8]) -> Self {
        let fields = body.split(|byte| *byte == 0);
        let fields = fields.filter_map(|field| {
            let (kind, text) = field.split_first()?;
            Some((*kind, String::from_utf8_lossy(text).into_owned()))
        });
        Self {
            fields: fields.collect(),
        }
    }

    fn field(&self, kind: u8) -> Option<&str> {
        let mut fields = self.fields.iter();
        let found = fields.find(|(known, _)| *known == kind);
        found.map(|(_, text)| text.as_str())
    }

    /// What may be passed on of it.
    pub(crate) fn fault(&self) -> Fault {
        Fault::of(&Told {
            code: self.field(b'C').unwrap_or_default(),
            message: self.field(b'M').unwrap_or_default(),
            table: self.field(b's').zip(self.field(b't')),
            column: self.field(b'c'),
            constraint: self.field(b'n'),
        })
    }

    /// Where it happened: `COPY t, line 3, column a: "…"`. Quotes rows.
    pub(crate) fn context(&self) -> Option<&str> {
        self.field(b'W')
    }
}

/// The header of a frame whose content has this length.
pub(super) fn header(kind: u8, length: usize) -> Result<[u8; HEADER], WireError> {
    let length = u32::try_from(length + 4);
    let length = length.map_err(|_| WireError::Protocol("a frame of more than 4 GiB"))?;
    let [a, b, c, d] = length.to_be_bytes();
    Ok([kind, a, b, c, d])
}

/// The count in `COPY 5` or `INSERT 0 5`; 0 where there is none.
pub(super) fn count(tag: &[u8]) -> u64 {
    let tag = tag.strip_suffix(&[0]).unwrap_or(tag);
    let word = tag.rsplit(|byte| *byte == b' ').next().unwrap_or_default();
    let digits = std::str::from_utf8(word).ok();
    digits.and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

/// What the server said from the end of the login to its being ready, and what came behind that.
pub(super) fn greeting(heard: &[u8]) -> io::Result<(&[u8], &[u8])> {
    let (mut at, mut from, mut to) = (0, None, 0);
    while let Some(header) = heard.get(at..at + HEADER) {
        let length = u32::from_be_bytes([header[1], header[2], header[3], header[4]]);
        let end = at + 1 + length as usize;
        let Some(body) = heard.get(at + HEADER..end) else {
            break;
        };
        if header[0] == b'R' && body == [0; 4] {
            from = Some(at);
        }
        if header[0] == b'Z' {
            to = end;
        }
        at = end;
    }
    match from {
        Some(from) if to > from => Ok((&heard[from..to], &heard[to..])),
        _ => Err(io::Error::other("the server's greeting has no end")),
    }
}

/// Bytes that were read and not used yet.
pub(super) struct Input {
    bytes: Vec<u8>,
    from: usize,
    to: usize,
    /// What is still to come of the frame of data that was begun.
    data: usize,
}

impl Input {
    pub(super) fn holding(rest: &[u8]) -> Self {
        let mut bytes = rest.to_vec();
        bytes.resize(READ_BYTES.max(rest.len()), 0);
        Self {
            bytes,
            from: 0,
            to: rest.len(),
            data: 0,
        }
    }

    /// Where the next bytes go.
    pub(super) fn room(&mut self) -> &mut [u8] {
        if self.from == self.to {
            (self.from, self.to) = (0, 0);
            // Only a long error has made it longer.
            self.bytes.truncate(READ_BYTES);
        }
        if self.to == self.bytes.len() {
            self.bytes.copy_within(self.from..self.to, 0);
            (self.from, self.to) = (0, self.to - self.from);
            if self.to == self.bytes.len() {
                self.bytes.resize(self.to * 2, 0);
            }
        }
        &mut self.bytes[self.to..]
    }

    pub(super) fn filled(&mut self, length: usize) {
        self.to += length;
    }

    /// Kind and length of the content of the next frame, once they are there.
    pub(super) fn header(&self) -> Result<Option<(u8, usize)>, WireError> {
        let Some(header) = self.bytes[self.from..self.to].get(..HEADER) else {
            return Ok(None);
        };
        let length = u32::from_be_bytes([header[1], header[2], header[3], header[4]]);
        let length = (length as usize).checked_sub(4);
        let length = length.ok_or(WireError::Protocol("a frame shorter than its length"))?;
        if header[0] != b'd' && length > FRAME_BYTES_MAX {
            return Err(WireError::Protocol("a frame that is too long"));
        }
        Ok(Some((header[0], length)))
    }

    /// The content of the next frame, once it is there.
    pub(super) fn frame(&self, length: usize) -> Option<&[u8]> {
        self.bytes[self.from..self.to].get(HEADER..HEADER + length)
    }

    pub(super) fn consume(&mut self, length: usize) {
        self.from += HEADER + length;
    }

    /// Goes into the frame of data that comes next.
    pub(super) fn begin_data(&mut self) {
        if let Ok(Some((_, length))) = self.header() {
            self.from += HEADER;
            self.data = length;
        }
    }

    /// Appends what is there of a frame of data, up to `most` bytes in `out`; whether there was any.
    pub(super) fn take_data(&mut self, out: &mut Vec<u8>, most: usize) -> bool {
        let there = self.data.min(self.to - self.from);
        let taken = there.min(most - out.len());
        out.extend_from_slice(&self.bytes[self.from..self.from + taken]);
        self.from += taken;
        self.data -= taken;
        taken > 0
    }
}
