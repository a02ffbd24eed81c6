//! What ends a command early.

use std::process::ExitCode;

use serde::Serialize;

use crate::admin::api::{Mistake, Problem};
use crate::environments::chain;

/// An error for the person at the terminal.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Failure {
    /// What kind, as the control interface names them; `usage` and `configuration` are ours.
    pub(super) kind: String,
    /// What and where.
    pub(super) error: String,
    /// What to do.
    pub(super) hints: Vec<String>,
    /// Of a configuration: each mistake with its place.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) problems: Vec<Mistake>,
}

impl Failure {
    /// Something was tried and failed.
    pub(super) fn failed(error: impl Into<String>) -> Self {
        Self::of("failed", error)
    }

    /// The arguments are wrong.
    pub(super) fn usage(error: impl Into<String>) -> Self {
        Self::of("usage", error)
    }

    /// The configuration is wrong.
    pub(super) fn configuration(error: impl Into<String>) -> Self {
        Self::of("configuration", error)
    }

    fn of(kind: &str, error: impl Into<String>) -> Self {
        Self {
            kind: kind.to_owned(),
            error: error.into(),
            hints: Vec::new(),
            problems: Vec::new(),
        }
    }

    /// Each mistake of a configuration.
    pub(super) fn mistakes(problems: Vec<Mistake>) -> Self {
        let count = super::output::count(problems.len(), "problem");
        Self {
            problems,
            ..Self::configuration(format!("the configuration has {count}"))
        }
    }

    /// A name among the arguments is wrong; its reason is told too.
    pub(super) fn wrong_name(error: &(dyn std::error::Error + 'static)) -> Self {
        Self::usage(chain(error))
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
        let failure = match problem.problems {
            mistakes if mistakes.is_empty() => Self::of(&problem.kind, problem.error),
            mistakes => Self::mistakes(mistakes),
        };
        problem.hints.into_iter().fold(failure, Self::hint)
    }
}
