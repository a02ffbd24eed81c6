//! What long work says while it goes on.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::branches;

/// One line of progress.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// What is being done.
    pub step: String,
    /// Bytes done so far, where they are counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done_bytes: Option<u64>,
    /// Bytes in all, where they are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_bytes: Option<u64>,
}

impl Progress {
    /// A step without a count.
    pub fn step(step: impl Into<String>) -> Self {
        Self {
            step: step.into(),
            done_bytes: None,
            total_bytes: None,
        }
    }
}

impl From<branches::Progress> for Progress {
    fn from(progress: branches::Progress) -> Self {
        Self {
            step: progress.phase.to_owned(),
            done_bytes: Some(progress.done_bytes).filter(|done| *done > 0),
            total_bytes: progress.total_bytes,
        }
    }
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.step)?;
        let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
        match (self.done_bytes, self.total_bytes) {
            (Some(done), Some(total)) => write!(f, " {:.1} of {:.1} MiB", mib(done), mib(total)),
            (Some(done), None) => write!(f, " {:.1} MiB", mib(done)),
            (None, _) => Ok(()),
        }
    }
}
