//! `standin check`

use std::path::Path;

use super::super::failure::Failure;
use super::super::output::{Output, count};
use super::up;
use crate::admin::api::Mistake;
use crate::daemon::{self, LoadError};
use crate::environments::chain;

pub(in super::super) fn run(config: &Path, output: &Output) -> Result<(), Failure> {
    let loaded = daemon::load(config).map_err(failure)?;
    // What a start would find missing is found here too.
    daemon::verify(&loaded).map_err(up::failure)?;
    let (environments, users) = (loaded.config.environments.len(), loaded.config.users.len());
    let path = loaded.path.display().to_string();
    let warnings: Vec<String> = loaded
        .open_secrets()
        .iter()
        .chain(&loaded.unseen_migrations())
        .map(|problem| format!("{path}:{problem}"))
        .collect();
    for warning in &warnings {
        output.warn(warning);
    }
    let found = serde_json::json!({
        "file": path, "environments": environments, "users": users, "warnings": warnings,
    });
    output.show(&found, |_| {
        let environments = count(environments, "environment");
        format!("{path} is right: {environments}, {}", count(users, "user"))
    });
    Ok(())
}

/// An error of the configuration, each problem with its line and a mark under it.
pub(in super::super) fn failure(error: LoadError) -> Failure {
    match error {
        LoadError::Wrong { path, problems } => {
            let file = path.display().to_string();
            let mistakes = problems.iter().map(|problem| Mistake::of(&file, problem));
            Failure::mistakes(mistakes.collect())
        }
        error @ LoadError::Read { .. } => Failure::configuration(chain(&error))
            .hint("`standin init` writes one, `--config FILE` names another"),
    }
}
