//! What ends a command early.

use std::process::ExitCode;

use serde::Serialize;

use crate::admin::api::Problem;

/// An error for the person at the terminal.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Failure {
    /// What kind, as the control interface names them; `usage` and `configuration` are ours.
    pub(super) kind: String,
    /// What and where.
    pub(super) error: String,
    /// What to do.
    pub(super) hints: Vec<String>,
}

impl Failure {
    /// Something was tried and failed.
    pub(super) fn failed(error: impl Into<String>) -> Self {
        Self {
            kind: "failed".into(),
            error: error.into(),
            hints: Vec::new(),
        }
    }

    /// The arguments are wrong.
    pub(super) fn usage(error: impl Into<String>) -> Self {
        Self {
            kind: "usage".into(),
            error: error.into(),
            hints: Vec::new(),
        }
    }

    /// The configuration is wrong.
    pub(super) fn configuration(error: impl Into<String>) -> Self {
        Self {
            kind: "configuration".into(),
            error: error.into(),
            hints: Vec::new(),
        }
    }

    /// Adds what to do.
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    pub(super) fn exit_code(&self) -> ExitCode {
        match self.kind.as_str() {
            "usage" | "configuration" | "invalid" => ExitCode::from(2),
            _ => ExitCode::from(1),
        }
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self {
            kind: problem.kind,
            error: problem.error,
            hints: problem.hints,
        }
    }
}
