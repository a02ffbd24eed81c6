//! `standin guard`: what the guard says to a message of SQL, without a daemon.

mod explain;
mod source;

use std::process::ExitCode;

use comfy_table::Table;
use rules::config::AccessMode;
use rules::guard::{self, Denial, Rule, SQL_BYTES_MAX, Verdict};
use serde::Serialize;

use self::explain::Explanation;
use super::super::args::{ACCESS_MODES, Guard as Asked};
use super::super::failure::Failure;
use super::super::output::{Output, facts, table};

/// What the guard makes of one message.
#[derive(Debug, Serialize)]
struct Answer {
    /// The verdict of the mode that was asked for, or of each.
    verdicts: Vec<Said>,
    #[serde(flatten)]
    explanation: Option<Explanation>,
}

/// What one access mode says.
#[derive(Debug, Serialize)]
struct Said {
    access: &'static str,
    allowed: bool,
    #[serde(flatten)]
    denied: Option<Denied>,
}

/// A denial as a client is told it, and its rule.
#[derive(Debug, Serialize)]
struct Denied {
    code: &'static str,
    rule: &'static str,
    message: String,
    detail: String,
    hint: &'static str,
}

/// Judges the SQL; the exit code says whether the mode that was asked for lets it pass.
pub(in super::super) fn run(asked: &Asked, output: &Output) -> Result<ExitCode, Failure> {
    let sql = source::read(asked)?;
    let modes = match asked.mode {
        Some(mode) => vec![mode],
        None => ACCESS_MODES.to_vec(),
    };
    let said = |mode: &AccessMode| Said::of(judge(&sql, *mode, asked.advisory), *mode);
    let answer = Answer {
        verdicts: modes.iter().map(said).collect(),
        explanation: asked.explain.then(|| Explanation::of(&sql)),
    };
    output.show(&answer, |answer| answer.text(asked.mode.is_some()));
    let denied = answer.verdicts.iter().any(|said| !said.allowed);
    Ok(ExitCode::from(u8::from(asked.mode.is_some() && denied)))
}

/// Judges as a session would, which does not read a message of more than [`SQL_BYTES_MAX`].
fn judge(sql: &[u8], mode: AccessMode, alone: bool) -> Verdict {
    match alone {
        _ if is_too_long(sql) => Denial::by(Rule::Size, mode).map_or(Verdict::Allow, Verdict::Deny),
        true => guard::judge_alone(sql, mode),
        false => guard::judge(sql, mode),
    }
}

/// Whether a message of this SQL, which ends with a NUL, is not read.
fn is_too_long(sql: &[u8]) -> bool {
    sql.len() >= SQL_BYTES_MAX
}

impl Said {
    fn of(verdict: Verdict, mode: AccessMode) -> Self {
        let denied = verdict.denial().map(|denial| Denied {
            code: denial.code(),
            rule: denial.rule.id(),
            message: denial.message(),
            detail: denial.detail(),
            hint: denial.hint(),
        });
        Self {
            access: mode.as_str(),
            allowed: denied.is_none(),
            denied,
        }
    }

    /// One verdict with all that a client is told.
    fn facts(&self) -> Table {
        let Some(denied) = &self.denied else {
            return facts("verdict", "allowed");
        };
        let mut facts = facts("verdict", "denied");
        facts
            .add_row(["code", denied.code])
            .add_row(["rule", denied.rule])
            .add_row(["message", &denied.message])
            .add_row(["detail", &denied.detail])
            .add_row(["hint", denied.hint]);
        facts
    }
}

impl Answer {
    fn text(&self, one_mode: bool) -> String {
        let verdicts = match self.verdicts.as_slice() {
            [said] if one_mode => said.facts(),
            all => compared(all),
        };
        match &self.explanation {
            None => verdicts.to_string(),
            Some(explanation) => format!("{verdicts}\n\n{}", explanation.text()),
        }
    }
}

/// The verdicts of several modes, a line each.
fn compared(verdicts: &[Said]) -> Table {
    let mut lines = table(&["access", "verdict", "code", "rule", "message"]);
    for said in verdicts {
        match &said.denied {
            None => lines.add_row([said.access, "allowed"]),
            Some(denied) => lines.add_row([
                said.access,
                "denied",
                denied.code,
                denied.rule,
                &denied.message,
            ]),
        };
    }
    lines
}
