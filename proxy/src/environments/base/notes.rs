//! What is written beside the data of a base, for whoever looks at what came of it.

use masker::manifest::Signed;
use seeder::scenario::ScenarioTold;
use serde::{Deserialize, Serialize};

use super::super::Environments;
use crate::branches::SnapshotId;

/// What is known of a base that its data does not say.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Notes {
    /// The scenarios in it, where there are any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) scenarios: Vec<ScenarioTold>,
    /// What was proved of a masked copy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) masking: Option<Signed>,
}

impl Notes {
    /// Their text, where there is anything to say.
    pub(super) fn text(&self) -> Option<String> {
        let said = !self.scenarios.is_empty() || self.masking.is_some();
        said.then(|| serde_json::to_string(self).expect("notes are names and texts"))
    }
}

impl Environments {
    /// The notes of a base; none where nothing was written.
    pub(super) async fn notes_of(&self, base: &SnapshotId) -> std::io::Result<Notes> {
        match self.inner.pool.notes(base).await? {
            Some(text) => Ok(serde_json::from_str(&text)?),
            None => Ok(Notes::default()),
        }
    }
}
