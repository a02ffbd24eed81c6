//! What must hold of the configuration as a whole.

mod accepted;
mod conflicts;
mod generated;
mod later;
mod lookup;
mod masking;
mod property;
mod scenarios;
mod secrets;
mod template;
mod wrong;

use crate::config::{Config, Problem, parse};

/// Parses, or fails the test with what people would see.
pub(in crate::config) fn parsed(text: &str) -> Config {
    parse(text).unwrap_or_else(|problems| panic!("{}", rendered(&problems)))
}

/// Every problem as people would see it.
fn rendered(problems: &[Problem]) -> String {
    let all: Vec<String> = problems
        .iter()
        .map(|problem| problem.rendered("standin.toml").to_string())
        .collect();
    all.join("\n\n")
}

/// Checks that exactly these problems are found, each as `line:column: message; expected ...; hint`.
///
/// An expectation may stop early, after a whole word.
#[track_caller]
pub(in crate::config) fn check(text: &str, expected: &[&str]) {
    let problems = parse(text).expect_err("a wrong configuration");
    let found: Vec<String> = problems.iter().map(Problem::to_string).collect();
    let begins = |(found, expected): (&String, &&str)| {
        found
            .strip_prefix(*expected)
            .is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
    };
    assert!(
        found.len() == expected.len() && found.iter().zip(expected).all(begins),
        "expected {expected:#?}\nfound {found:#?}"
    );
}
