//! What comes of a judgement, and what the client is told.

use super::rule::{Rule, Rules};
use super::statement::{Command, Finding};
use crate::config::AccessMode;

/// Stands for no command where a denial is two bytes.
const NO_COMMAND: u8 = u8::MAX;

/// Whether a message may go to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It may; what the server makes of it is the server's.
    Allow,
    /// It may not.
    Deny(Denial),
}

/// Why a message may not go to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Denial {
    /// The rule.
    pub rule: Rule,
    /// The access mode in which it denies.
    pub mode: AccessMode,
    /// The command that broke it, where it was a command.
    pub command: Option<Command>,
}

impl Verdict {
    /// The verdict on what was found.
    pub fn of(finding: &Finding, mode: AccessMode) -> Self {
        Self::on(finding.rules, mode, |rule| finding.command(rule))
    }

    fn on(rules: Rules, mode: AccessMode, command: impl Fn(Rule) -> Option<Command>) -> Self {
        match rules.denies(mode) {
            None => Self::Allow,
            Some(rule) => Self::Deny(Denial {
                rule,
                mode,
                command: command(rule),
            }),
        }
    }

    /// The denial, if it is one.
    pub fn denial(self) -> Option<Denial> {
        match self {
            Self::Allow => None,
            Self::Deny(denial) => Some(denial),
        }
    }
}

impl Denial {
    /// A denial of that rule, where the mode denies by it.
    pub fn by(rule: Rule, mode: AccessMode) -> Option<Self> {
        let mut rules = Rules::default();
        rules.insert(rule);
        Verdict::on(rules, mode, |_| None).denial()
    }

    /// Rule and command as two bytes.
    pub fn to_bytes(&self) -> [u8; 2] {
        let command = self.command.map_or(NO_COMMAND, |command| command as u8);
        [self.rule as u8, command]
    }

    /// The denial of that rule and command in `mode`, where there is one.
    pub fn from_bytes([rule, command]: [u8; 2], mode: AccessMode) -> Option<Self> {
        let denial = Self::by(Rule::of(rule)?, mode)?;
        let command = match command {
            NO_COMMAND => None,
            number => Some(Command::of(number)?),
        };
        Some(Self { command, ..denial })
    }

    /// The SQLSTATE.
    pub fn code(&self) -> &'static str {
        // A rule that lets pass makes no denial.
        self.rule.code(self.mode).unwrap_or("42501")
    }

    /// The message.
    pub fn message(&self) -> String {
        let place = match self.mode {
            AccessMode::ReadOnly => "a read-only environment",
            AccessMode::Append => "an append environment",
            AccessMode::ReadWrite => "an environment of Standin",
        };
        match self.command {
            Some(command) => format!("cannot execute {} in {place}", command.as_str()),
            None => format!("cannot {} in {place}", self.rule.what()),
        }
    }

    /// The detail: it names the rule.
    pub fn detail(&self) -> String {
        let (rule, mode) = (self.rule.id(), self.mode);
        format!("Denied by rule \"{rule}\" of access mode \"{mode}\".")
    }

    /// The way to what was wanted.
    pub fn hint(&self) -> &'static str {
        match (self.rule, self.mode) {
            (Rule::Host | Rule::Egress | Rule::RoleAlter, _) => {
                "No environment allows this: it would reach beyond the database. Ask whoever runs \
                 Standin."
            }
            (Rule::LockRow, AccessMode::Append) => {
                "Locking rows needs the right to change them. Read without FOR UPDATE, or connect to \
                 an environment with access = \"read-write\"."
            }
            (Rule::TxReadWrite, _) => {
                "Leave transactions read-only (pgJDBC: readOnlyMode=transaction), or connect to an \
                 environment with access = \"read-write\"."
            }
            (Rule::Fastpath, _) => "Call the function in a statement: SELECT function(...).",
            (Rule::GucDynamic, _) => {
                "Write the name as one plain literal: set_config('search_path', ...)."
            }
            (Rule::GucLex, _) => {
                "Keep standard_conforming_strings on and client_encoding UTF8 or another encoding \
                 that a server may use."
            }
            (Rule::LexUident, _) => "Write the name as it is, without U& and escapes.",
            (Rule::RoleSet, _) => "Connect as the user whose rights you want.",
            (Rule::Statements, _) => "Try again when others have finished.",
            (Rule::Returned, _) => "Ask for less at once, or have the environment's limits raised.",
            (Rule::Size, _) => "Send the statement in parts, or its data by COPY.",
            (Rule::Unknown, _) => {
                "Standin does not know what this statement does, and nothing but the guard stands \
                 before the data here."
            }
            _ => "Connect to an environment with access = \"read-write\", or to a branch of one.",
        }
    }
}
