//! Errors and notices that the relay itself sends to a client.
//!
//! PostgreSQL documentation, "Error and Notice Message Fields".

use super::encode::error_or_notice;

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
        self.encode_shown(self.severity.as_str().as_bytes())
    }

    /// The message as it goes over the wire, its severity shown in the words of a server that may speak
    /// another language in another encoding.
    pub fn encode_shown(&self, shown: &[u8]) -> Vec<u8> {
        let severity = self.severity.as_str().as_bytes();
        let mut fields = vec![
            (b'S', shown),
            (b'V', severity),
            (b'C', self.code.as_bytes()),
            (b'M', self.message.as_bytes()),
        ];
        let more = [(b'D', &self.detail), (b'H', &self.hint)];
        for (name, value) in more {
            fields.extend(value.as_ref().map(|value| (name, value.as_bytes())));
        }
        let tag = match self.severity {
            Severity::Error | Severity::Fatal => b'E',
            Severity::Notice => b'N',
        };
        error_or_notice(tag, &fields)
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
