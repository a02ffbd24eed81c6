//! Errors and notices that the relay itself sends to a client.
//!
//! PostgreSQL documentation, "Error and Notice Message Fields".

use bytes::BytesMut;
use pgwire::messages::Message;
use pgwire::messages::response::{ErrorResponse, NoticeResponse};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The statement ends with it.
    Error,
    /// The session ends with it.
    Fatal,
    /// Something to know.
    Notice,
}

/// An error or notice of our own.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Report {
    /// How bad it is.
    pub severity: Severity,
    /// SQLSTATE.
    pub code: &'static str,
    /// Message.
    pub message: String,
    /// Detail.
    pub detail: Option<String>,
    /// Hint.
    pub hint: Option<String>,
}

impl Severity {
    fn as_str(self) -> &'static str {
        match self {
            Self::Error => "ERROR",
            Self::Fatal => "FATAL",
            Self::Notice => "NOTICE",
        }
    }
}

impl Report {
    /// An error that ends the session.
    pub fn fatal(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Fatal,
            code,
            message: message.into(),
            detail: None,
            hint: None,
        }
    }

    /// An error that ends a statement.
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            ..Self::fatal(code, message)
        }
    }

    /// A notice, SQLSTATE 00000.
    pub fn notice(message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Notice,
            ..Self::fatal("00000", message)
        }
    }

    /// The same with a detail.
    #[must_use]
    pub fn detail(self, detail: impl Into<String>) -> Self {
        Self {
            detail: Some(detail.into()),
            ..self
        }
    }

    /// The same with a hint.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self {
            hint: Some(hint.into()),
            ..self
        }
    }

    /// The message as it goes over the wire.
    pub fn encode(&self) -> Vec<u8> {
        self.encode_shown(self.severity.as_str())
    }

    /// The message as it goes over the wire, its severity shown in the words of a server that speaks
    /// another language.
    pub fn encode_shown(&self, shown: &str) -> Vec<u8> {
        let severity = self.severity.as_str();
        // A NUL ends a field on the wire, so what stands behind one could pose as another field.
        let text = |text: &str| text.replace('\0', "\u{fffd}");
        let mut fields = vec![
            (b'S', text(shown)),
            (b'V', severity.to_owned()),
            (b'C', self.code.to_owned()),
            (b'M', text(&self.message)),
        ];
        fields.extend(self.detail.as_deref().map(|detail| (b'D', text(detail))));
        fields.extend(self.hint.as_deref().map(|hint| (b'H', text(hint))));
        let mut bytes = BytesMut::new();
        match self.severity {
            Severity::Error | Severity::Fatal => ErrorResponse::new(fields).encode(&mut bytes),
            Severity::Notice => NoticeResponse::new(fields).encode(&mut bytes),
        }
        .expect("encoding into memory cannot fail");
        bytes.to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nul_in_a_text_cannot_pose_as_a_field() {
        let bytes = Report::fatal("3D000", "a\0Cfake").hint("h").encode();
        assert_eq!(bytes[0], b'E');
        assert_eq!(
            u32::from_be_bytes(bytes[1..5].try_into().unwrap()) as usize,
            bytes.len() - 1
        );
        let fields: Vec<&[u8]> = bytes[5..].split(|&byte| byte == 0).collect();
        let fields: Vec<_> = fields
            .iter()
            .map(|field| String::from_utf8_lossy(field).into_owned())
            .collect();
        assert_eq!(
            fields,
            [
                "SFATAL",
                "VFATAL",
                "C3D000",
                "Ma\u{fffd}Cfake",
                "Hh",
                "",
                ""
            ]
        );
    }
}
