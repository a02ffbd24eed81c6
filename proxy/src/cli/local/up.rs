//! `standin up`

use std::path::Path;

use super::super::failure::Failure;
use super::super::output::Output;
use super::check;
use crate::daemon::{self, DaemonError, Served, UsersError};
use crate::environments::chain;

pub(in super::super) fn run(config: &Path, output: &Output) -> Result<(), Failure> {
    daemon::log_to_stderr(output.is_json(), daemon::LOG_SERVING);
    let loaded = daemon::load(config).map_err(check::failure)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let runtime =
        runtime.map_err(|error| Failure::failed(format!("start the runtime: {error}")))?;
    let served = |served: &Served| output.show(served, announce);
    runtime
        .block_on(daemon::run(loaded, served, None))
        .map_err(failure)
}

/// An error that kept the daemon from serving.
pub(in super::super) fn failure(error: DaemonError) -> Failure {
    match error {
        DaemonError::Load(error) | DaemonError::Policy(UsersError::Load(error)) => {
            check::failure(error)
        }
        error => {
            let hints = error.hints();
            let failure = Failure::failed(chain(&error));
            hints.into_iter().fold(failure, Failure::hint)
        }
    }
}

fn announce(served: &Served) -> String {
    let mut text = format!("standin is up: {}", served.endpoints.join(", "));
    for note in &served.notes {
        text.push_str(&format!("\nnote: {note}"));
    }
    text
}
