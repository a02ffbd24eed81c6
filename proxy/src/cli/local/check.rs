//! `standin check`

use std::path::Path;

use super::super::failure::Failure;
use super::super::output::Output;
use crate::daemon::{self, LoadError};
use crate::environments::chain;

pub(in super::super) fn run(config: &Path, output: &Output) -> Result<(), Failure> {
    let loaded = daemon::load(config).map_err(failure)?;
    // What a start would find missing is found here too.
    loaded.environment_settings().map_err(failure)?;
    loaded.passwords().map_err(failure)?;
    let (environments, users) = (loaded.config.environments.len(), loaded.config.users.len());
    output.show(
        &serde_json::json!({ "file": loaded.path, "environments": environments, "users": users }),
        |_| {
            let path = loaded.path.display();
            format!("{path} is right: {environments} environments, {users} users")
        },
    );
    Ok(())
}

/// An error of the configuration, each problem with its line and a mark under it.
pub(in super::super) fn failure(error: LoadError) -> Failure {
    match error {
        LoadError::Wrong { path, problems } => {
            let path = path.display().to_string();
            let rendered: Vec<String> = problems
                .iter()
                .map(|problem| problem.rendered(&path).to_string())
                .collect();
            Failure::configuration(format!(
                "the configuration has {} problem(s)\n\n{}",
                problems.len(),
                rendered.join("\n")
            ))
        }
        error @ LoadError::Read { .. } => Failure::configuration(chain(&error))
            .hint("`standin init` writes one, `--config FILE` names another"),
        error => Failure::configuration(chain(&error)),
    }
}
