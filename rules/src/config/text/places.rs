//! Where everything stands in a text that was right, for who finds out later that something that it
//! names is not there.

use std::collections::BTreeMap;
use std::fmt;

use super::problem::{Problem, ProblemKind};
use super::report::{Bytes, Report, join};

/// The text of a configuration and the places of its keys.
#[derive(Clone, Default)]
pub struct Places {
    pub(super) text: String,
    pub(super) places: BTreeMap<String, (Bytes, Bytes)>,
    pub(super) values: Vec<Bytes>,
    pub(super) secrets: Vec<Bytes>,
}

/// What was found out about a value after the text was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The parts of its key, for example `["users", "app", "password"]`.
    pub key: Vec<String>,
    /// What was found: a lowercase fact.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

impl Places {
    /// The findings as problems of the text, in its order.
    pub fn problems(&self, findings: Vec<Finding>) -> Vec<Problem> {
        let mut report = Report::again(self);
        for finding in findings {
            let key = finding.key.iter();
            let key = key.fold(String::new(), |path, key| join(&path, key));
            report
                .value(&key, ProblemKind::NotThere, finding.message)
                .hint = finding.hint;
        }
        report.into_problems()
    }
}

impl fmt::Debug for Places {
    /// Keys only: a comment may hold a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.places.keys()).finish()
    }
}
