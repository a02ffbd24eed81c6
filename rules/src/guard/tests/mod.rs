//! What the guard says, by corpus, by lists of evasions and of honest statements, and by property.

mod corpus;
mod evasions;
#[path = "../../../../tests/guard/forms.rs"]
mod forms;
mod honest;
mod inner;
mod lexing;
mod property;
mod tables;

use super::{Kind, Lexer, Rule, Verdict, inspect, judge};
use crate::config::AccessMode;

const MODES: [AccessMode; 3] = [
    AccessMode::ReadOnly,
    AccessMode::Append,
    AccessMode::ReadWrite,
];

/// The SQLSTATEs per mode; `-` passes.
fn codes(sql: &[u8]) -> [&'static str; 3] {
    MODES.map(|mode| match judge(sql, mode) {
        Verdict::Allow => "-",
        Verdict::Deny(denial) => denial.code(),
    })
}

fn rules(sql: &[u8]) -> Vec<&'static str> {
    inspect(sql).rules.iter().map(Rule::id).collect()
}
