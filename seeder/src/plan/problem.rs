//! What keeps a schema from being filled, all of it at once and before a row is written.

use rules::schema::Name;

/// Why a table cannot be filled as it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{table}: {reason}; {hint}")]
pub struct Problem {
    /// The table.
    pub table: Name,
    /// What is in the way: names the constraint or column, and its expression.
    pub reason: String,
    /// What to do.
    pub hint: String,
}

/// Everything that keeps a schema from being filled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct Unplannable(pub Vec<Problem>);

/// Collects problems.
#[derive(Debug, Default)]
pub(crate) struct Problems(Vec<Problem>);

impl Problems {
    pub(crate) fn add(&mut self, table: &Name, reason: String, hint: &str) {
        let problem = Problem {
            table: table.clone(),
            reason,
            hint: hint.to_owned(),
        };
        // The same cause may be met by several constraints.
        if !self.0.contains(&problem) {
            self.0.push(problem);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn finish(self) -> Result<(), Unplannable> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Unplannable(self.0))
        }
    }
}
