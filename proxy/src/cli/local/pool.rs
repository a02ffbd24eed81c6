//! What the daemon found in its pool and leaves alone, for `standin doctor`.

use super::super::client::Client;
use super::super::failure::Failure;
use super::super::runtime;
use super::doctor::Finding;
use crate::admin::api::Status;

const WHAT: &str = "pool";
const HINT: &str = "it is left alone, and so is all that it may refer to: look after the disk, put back what \
                    was there or move it out of the pool, and start the daemon anew";

/// One finding for each thing that could not be read; none where no daemon runs, for only that one
/// reads the pool.
pub(super) fn look(client: &Client) -> Result<Vec<Finding>, Failure> {
    let status = runtime()?.block_on(client.get::<Status>("/v1/status"));
    let problems = status.map_or_else(|_| Vec::new(), |status| status.problems);
    let hint = |number: usize| (number == 0).then(|| HINT.to_owned());
    let found = problems.into_iter().enumerate();
    Ok(found
        .map(|(number, problem)| Finding::wrong(WHAT, problem, hint(number)))
        .collect())
}
